// The ids and counters of the ledger, and their text forms.
//
// Text form: bech32m (BIP-350) with prefixes tmn (chain), tmi (institution), tmk (key), tmx
// (transaction); a mistyped id fails its checksum and is never taken for another. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/result.h"

namespace testamur::inline common {

using ChainId = FixedBytes<32, struct ChainIdTag>;
using TransactionId = FixedBytes<32, struct TransactionIdTag>;
using BlockId = FixedBytes<32, struct BlockIdTag>;
using InstitutionId = FixedBytes<16, struct InstitutionIdTag>;
using KeyId = FixedBytes<16, struct KeyIdTag>;

using Height = StrongU64<struct HeightTag>;
using View = StrongU64<struct ViewTag>;
using Epoch = StrongU64<struct EpochTag>;
using LogIndex = StrongU64<struct LogIndexTag>;      // position of a transaction in the log
using PageNumber = StrongU64<struct PageNumberTag>;  // position of a page in the page tree
using IssuerIndex =
    StrongU64<struct IssuerIndexTag>;  // an issuer's own numbering of its credentials

// institution id (16) + number u32 + version u16.
struct AchievementId {
  InstitutionId institution;
  std::uint32_t number = 0;
  std::uint16_t version = 0;
  auto operator<=>(const AchievementId&) const = default;
};

// `prefix` is lower-case ASCII and `data` short enough for 200 characters in all: decode_bech32m
// refuses more.
std::string encode_bech32m(std::string_view prefix, ByteView data);
// The data bytes. Fails on another prefix, upper case, a character that bech32 does not have, a
// wrong checksum, padding that is not zero, or more than 200 characters.
Result<Bytes> decode_bech32m(std::string_view prefix, std::string_view text);

std::string to_text(const ChainId& id);
std::string to_text(const InstitutionId& id);
std::string to_text(const KeyId& id);
std::string to_text(const TransactionId& id);
// ACHIEVEMENT text: <institution>/<number>.<version>
std::string to_text(const AchievementId& id);

Result<ChainId> parse_chain_id(std::string_view text);
Result<InstitutionId> parse_institution_id(std::string_view text);
Result<KeyId> parse_key_id(std::string_view text);
Result<TransactionId> parse_transaction_id(std::string_view text);
Result<AchievementId> parse_achievement_id(std::string_view text);

// urn:testamur:1:<chain>:<issuer>:<index>; chain = bech32m of the first 10 bytes of the chain id.
struct Reference {
  std::array<std::uint8_t, 10> chain_prefix{};
  InstitutionId issuer;
  IssuerIndex index;
  auto operator<=>(const Reference&) const = default;
  bool is_of_chain(const ChainId& chain) const;
};
Reference make_reference(const ChainId& chain, const InstitutionId& issuer, IssuerIndex index);
std::string to_text(const Reference& reference);
Result<Reference> parse_reference(std::string_view text);

}  // namespace testamur::inline common
