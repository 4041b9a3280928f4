// Party files: what an institution brings to a genesis, written by `testamurd init` and read by
// whoever makes the genesis (decision 0804). They are sent from one institution to another, so
// every text is escaped when written and checked when read.
#include "node/config/party_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "common/access.h"
#include "common/address.h"
#include "common/check.h"
#include "files/durable_file.h"
#include "files/paths.h"
#include "node/config/toml_reader.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr mode_t kMode = 0644;                   // all of these files are public
constexpr std::size_t kAddressLimitBytes = 262;  // a name of 255, a colon and a port

// host:port or [v6]:port as far as its letters go; it ends up in the configuration of other nodes.
std::string read_address(const TomlReader& reader, std::string_view key) {
  auto text = reader.text(key, "");
  const bool known = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view(".:-_[]").find(c) != std::string_view::npos;
  });
  const bool formed = known && text.size() <= kAddressLimitBytes;
  if (!formed) reader.mistake(key, "must be host:port");
  // Whoever wrote it listens there; for everybody else it is no address.
  if (formed && !text.empty()) {
    if (const auto problem = dialling_problem(text)) reader.mistake(key, *problem);
  }
  return text;
}

constexpr std::pair<std::string_view, tx::InstitutionClass> kClasses[] = {
    {"listed", tx::InstitutionClass::kListed},
    {"issuer", tx::InstitutionClass::kIssuer},
    {"accreditor", tx::InstitutionClass::kAccreditor},
    {"validator", tx::InstitutionClass::kValidator},
};

template <class Value>
std::optional<Value> named(std::string_view name, std::optional<Value> (*from)(std::uint8_t)) {
  for (std::uint8_t value = 1; from(value); ++value)
    if (to_text(*from(value)) == name) return from(value);
  return std::nullopt;
}

// Facts and keys as far as they name the institution; a mistake where one has no such form.
ledger::GenesisParty read_party(const TomlReader& reader, TomlErrors& errors) {
  ledger::GenesisParty party;
  party.institution_class = tx::InstitutionClass::kValidator;
  const auto wanted = reader.text("class", "validator");
  const auto found =
      std::ranges::find_if(kClasses, [&](const auto& each) { return each.first == wanted; });
  if (found == std::end(kClasses)) reader.mistake("class", "is not known");
  if (found != std::end(kClasses)) party.institution_class = found->second;

  auto& facts = party.facts;
  for (const auto& [key, fact] :
       {std::pair("country", &facts.country), std::pair("domain", &facts.domain),
        std::pair("ror", &facts.ror), std::pair("eter", &facts.eter), std::pair("lei", &facts.lei),
        std::pair("deqar", &facts.deqar)})
    *fact = reader.text(key, "");
  facts.parent =
      reader.parsed<InstitutionId>("parent", parse_institution_id).value_or(InstitutionId{});
  if (const auto* names = reader.table("legal_names")) {
    for (const auto& [language, text] : *names)
      facts.legal_names.push_back({std::string(language.str()), text.value_or(std::string{})});
  }

  const bool listed = party.institution_class == tx::InstitutionClass::kListed;
  party.root_threshold =
      static_cast<std::uint8_t>(reader.number("root_threshold", listed ? 0 : 1, 0, 255));
  for (const auto* table : reader.tables("key")) {
    const TomlReader key(*table, "key", errors);
    const auto purpose = named(key.text("purpose", ""), purpose_from);
    const auto algorithm = named(key.text("algorithm", ""), algorithm_from);
    const auto bytes = from_hex(key.text("public_key", ""));
    if (!purpose) key.mistake("purpose", "is not known");
    if (!algorithm) key.mistake("algorithm", "is not known");
    if (!bytes) key.mistake("public_key", "must be hexadecimal digits");
    if (purpose && algorithm && bytes) party.keys.push_back({*purpose, {*algorithm, *bytes}, {}});
  }
  return party;
}

// As `testamur genesis add` asks. A file that gives an id and an address alone has nothing to fit.
void check_fits(const TomlReader& reader, const std::optional<InstitutionId>& stated,
                TomlErrors& errors) {
  if (!stated || !reader.has("legal_names")) return;
  const auto party = read_party(reader, errors);
  if (!errors.empty()) return;
  const auto id = ledger::party_id(party);
  if (id == *stated) return;
  reader.mistake("institution",
                 "is not the id of these facts and keys, which is " + to_text(id) +
                     ": the file was changed. Ask for it again; where a registration gave another "
                     "id, a file with institution and peer_address alone names it");
}

std::string key_text(KeyPurpose purpose, const PublicKey& key, const Signature& possession) {
  return "\n[[key]]\npurpose = " + toml_text(to_text(purpose)) +
         "\nalgorithm = " + toml_text(to_text(key.algorithm)) +
         "\npublic_key = " + toml_text(to_hex(key.bytes)) +
         "\npossession = " + toml_text(possession.hex()) + "\n";
}

}  // namespace

std::string toml_text(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // TOML forbids control characters in a text.
    if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
      continue;
    }

    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string party_text(const PartyFile& file) {
  const auto& party = file.party;
  std::string out =
      "# What this institution brings to the genesis of a ledger. Public: it may be sent to "
      "anybody.\n";

  auto put = [&out](std::string_view key, std::string_view value) {
    if (!value.empty()) out += std::string(key) + " = " + toml_text(value) + "\n";
  };

  put("institution", to_text(ledger::party_id(party)));
  for (const auto& [name, value] : kClasses) {
    if (value == party.institution_class) put("class", name);
  }
  out += std::string("validator = ") + (file.validator ? "true" : "false") + "\n";

  put("country", party.facts.country);
  put("domain", party.facts.domain);
  put("ror", party.facts.ror);
  put("eter", party.facts.eter);
  put("lei", party.facts.lei);
  put("deqar", party.facts.deqar);
  if (!party.facts.parent.is_zero()) put("parent", to_text(party.facts.parent));
  out += "root_threshold = " + std::to_string(party.root_threshold) + "\n";

  put("peer_address", file.peer_address);
  put("api_address", file.api_address);

  out += "\n[legal_names]\n";
  for (const auto& name : party.facts.legal_names) put(toml_text(name.language), name.text);
  for (const auto& key : party.keys) out += key_text(key.purpose, key.key, key.possession);
  return out;
}

std::string node_keys_text(const ChainId& chain, const std::vector<ledger::ReplacedKey>& keys) {
  TM_CHECK(!keys.empty());
  std::string out =
      "# Fresh keys for the node of an institution that lost its own, for `testamur genesis add`. "
      "Public.\n"
      "chain = " +
      toml_text(to_text(chain)) +
      "\ninstitution = " + toml_text(to_text(keys.front().institution)) + "\n";
  for (const auto& key : keys) out += key_text(key.purpose, key.key, key.possession);
  return out;
}

Result<PartyAddress> read_party_address(const std::filesystem::path& file) {
  TM_TRY(auto text, read_text(file));
  TM_TRY(auto root, parse_toml(text, file.string()));
  TomlErrors errors(file.string());
  TomlReader reader(root, "", errors);
  auto institution = reader.parsed<InstitutionId>("institution", parse_institution_id);
  // A wrong id was told by parsed().
  if (!institution && !reader.has("institution")) reader.mistake("institution", "is missing");
  PartyAddress address{
      institution.value_or(InstitutionId{}), read_address(reader, "peer_address"), {}};
  for (const auto* key : reader.tables("key"))
    address.keys.push_back(TomlReader(*key, "key", errors).text("public_key", ""));
  check_fits(reader, institution, errors);
  if (!errors.empty()) return errors.take();
  return address;
}

Result<std::string> read_text(const std::filesystem::path& file) {
  TM_TRY_STATUS(check_regular("", file));
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const int refused = errno;
    return error(file.string() + " cannot be read: " + std::strerror(refused) +
                 access_cure(refused, file.string()));
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Status write_file(const std::filesystem::path& file, ByteView content, bool replace) {
  return replace ? overwrite_file(file, content, kMode) : create_file(file, content, kMode);
}

}  // namespace testamur::node
