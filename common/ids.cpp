// The texts of ids. Invariants: what to_text writes, the parser of the same
// type reads back; no other type's parser does, because each has a prefix of its own; and a text
// from outside is cut to 80 characters before a message repeats it.
#include "common/ids.h"

#include <algorithm>
#include <charconv>

#include "common/bech32.h"
#include "common/visible.h"

namespace testamur::inline common {
namespace {

constexpr std::size_t kMaxTextSize = 200;
constexpr std::string_view kUrnPrefix = "urn:testamur:1:";

template <class Id>
Result<Id> parse_id(std::string_view prefix, std::string_view what, std::string_view text) {
  TM_TRY(auto data, decode_bech32m(prefix, text));
  auto id = Id::from(data);
  if (!id)
    return error(std::string(what) + " has " + std::to_string(data.size()) + " bytes, not " +
                 std::to_string(Id::kSize));
  return *id;
}

// A decimal number without sign or leading zeros.
template <class Integer>
std::optional<Integer> parse_decimal(std::string_view text) {
  Integer value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

}  // namespace

std::string encode_bech32m(std::string_view prefix, ByteView data) {
  return encode_bech32(Bech32::kModified, prefix, data);
}

Result<Bytes> decode_bech32m(std::string_view prefix, std::string_view text) {
  const std::string shown = "\"" + std::string(text.substr(0, 80)) + "\"";
  if (text.size() > kMaxTextSize) return error("an id is at most 200 characters long");

  const auto no_id_has = [&](std::size_t at) {
    return error(shown + " has a character that no id has: '" + std::string(1, text[at]) + "'");
  };
  const auto other_kind = [&] {
    return error(shown + " is not an id that begins with " + std::string(prefix) + "1");
  };
  // Two spellings of one id would be two ids to whoever compares texts.
  if (!text.starts_with(prefix)) return other_kind();
  const auto upper = std::ranges::find_if(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (upper != text.end()) return no_id_has(static_cast<std::size_t>(upper - text.begin()));

  auto decoded = decode_bech32(Bech32::kModified, prefix, text);
  if (auto* data = std::get_if<Bytes>(&decoded)) return std::move(*data);

  const auto fault = std::get<Bech32Fault>(decoded);
  switch (fault.kind) {
    case Bech32Fault::Kind::kMixedCase:
    case Bech32Fault::Kind::kPrefix: break;
    case Bech32Fault::Kind::kCharacter: return no_id_has(fault.at);
    case Bech32Fault::Kind::kChecksum:
      return error(shown + " is mistyped: its checksum does not match");
    case Bech32Fault::Kind::kPadding:
      return error(shown + " has bits that do not form whole bytes");
  }
  return other_kind();
}

std::string to_text(const ChainId& id) { return encode_bech32m("tmn", id.view()); }
std::string to_text(const InstitutionId& id) { return encode_bech32m("tmi", id.view()); }
std::string to_text(const KeyId& id) { return encode_bech32m("tmk", id.view()); }
std::string to_text(const TransactionId& id) { return encode_bech32m("tmx", id.view()); }
std::string to_text(const AchievementId& id) {
  return to_text(id.institution) + "/" + std::to_string(id.number) + "." +
         std::to_string(id.version);
}

Result<ChainId> parse_chain_id(std::string_view text) {
  return parse_id<ChainId>("tmn", "a chain id", text);
}
Result<InstitutionId> parse_institution_id(std::string_view text) {
  return parse_id<InstitutionId>("tmi", "an institution id", text);
}
Result<KeyId> parse_key_id(std::string_view text) {
  return parse_id<KeyId>("tmk", "a key id", text);
}
Result<TransactionId> parse_transaction_id(std::string_view text) {
  return parse_id<TransactionId>("tmx", "a transaction id", text);
}

Result<AchievementId> parse_achievement_id(std::string_view text) {
  const auto slash = text.find('/');
  const auto dot = text.find('.', slash == std::string_view::npos ? 0 : slash);
  if (slash == std::string_view::npos || dot == std::string_view::npos) {
    return error("an achievement is written <institution>/<number>.<version>");
  }
  TM_TRY(auto institution, parse_institution_id(text.substr(0, slash)));
  auto number = parse_decimal<std::uint32_t>(text.substr(slash + 1, dot - slash - 1));
  auto version = parse_decimal<std::uint16_t>(text.substr(dot + 1));
  if (!number || !version)
    return error("the number or version of " + in_quotes(text) + " is not a number");
  return AchievementId{institution, *number, *version};
}

bool Reference::is_of_chain(const ChainId& chain) const {
  return std::ranges::equal(chain_prefix, chain.view().first(10));
}

Reference make_reference(const ChainId& chain, const InstitutionId& issuer, IssuerIndex index) {
  Reference reference{{}, issuer, index};
  std::ranges::copy(chain.view().first(10), reference.chain_prefix.begin());
  return reference;
}

std::string to_text(const Reference& reference) {
  return std::string(kUrnPrefix) + encode_bech32m("tmn", reference.chain_prefix) + ":" +
         to_text(reference.issuer) + ":" + std::to_string(reference.index.value);
}

Result<Reference> parse_reference(std::string_view text) {
  const auto malformed = error("a reference is written urn:testamur:1:<chain>:<issuer>:<index>");
  if (!text.starts_with(kUrnPrefix)) return malformed;
  text.remove_prefix(kUrnPrefix.size());

  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) return malformed;

  TM_TRY(auto chain, decode_bech32m("tmn", text.substr(0, first)));
  if (chain.size() != 10)
    return error("the chain of a reference is the first 10 bytes of the chain id");

  TM_TRY(auto issuer, parse_institution_id(text.substr(first + 1, second - first - 1)));
  auto index = parse_decimal<std::uint64_t>(text.substr(second + 1));
  if (!index) return error("the index of a reference is a decimal number without leading zeros");

  Reference reference{{}, issuer, IssuerIndex{*index}};
  std::ranges::copy(chain, reference.chain_prefix.begin());
  return reference;
}

}  // namespace testamur::inline common
