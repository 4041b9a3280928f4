// One form for whoever reads a party file: what differs is which parts are asked for, and whether
// the facts are judged by their meaning, which only counts before they are on a ledger.
#include "files/party_file.h"

#include <algorithm>

#include "common/address.h"
#include "common/check.h"
#include "files/durable_file.h"
#include "files/toml_reader.h"
#include "ledger/meaning/facts_meaning.h"

namespace testamur::inline files {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kAddressLimitBytes = 262;  // a name of 255, a colon and a port
constexpr std::size_t kMaxKeys = 256;

constexpr std::pair<std::string_view, tx::InstitutionClass> kClasses[] = {
    {"listed", tx::InstitutionClass::kListed},
    {"issuer", tx::InstitutionClass::kIssuer},
    {"accreditor", tx::InstitutionClass::kAccreditor},
    {"validator", tx::InstitutionClass::kValidator},
};

// Each text of the facts with the key that it has in a file, for reading and for writing.
constexpr std::pair<std::string_view, std::string tx::InstitutionFacts::*> kFactTexts[] = {
    {"country", &tx::InstitutionFacts::country}, {"domain", &tx::InstitutionFacts::domain},
    {"ror", &tx::InstitutionFacts::ror},         {"eter", &tx::InstitutionFacts::eter},
    {"lei", &tx::InstitutionFacts::lei},         {"deqar", &tx::InstitutionFacts::deqar},
};

// ---- reading

// host:port or [v6]:port as far as its letters go; it ends up in the configuration of other nodes.
std::string read_address(const TomlReader& reader, std::string_view key) {
  auto text = reader.text(key, "");
  const bool known = std::ranges::all_of(text, [](char c) {
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

tx::InstitutionClass read_class(const TomlReader& reader) {
  const auto wanted = reader.text("class", "validator");
  const auto* found = std::ranges::find(kClasses, wanted,
                                        &std::pair<std::string_view, tx::InstitutionClass>::first);
  if (found != std::end(kClasses)) return found->second;
  reader.mistake("class", "must be listed, issuer, accreditor or validator");
  return tx::InstitutionClass::kValidator;
}

tx::InstitutionFacts read_facts(const TomlReader& reader, TomlErrors& errors) {
  tx::InstitutionFacts facts;
  for (const auto& [key, fact] : kFactTexts) facts.*fact = reader.text(key, "");
  facts.parent =
      reader.parsed<InstitutionId>("parent", parse_institution_id).value_or(InstitutionId{});

  if (!reader.has("legal_names"))
    reader.mistake("legal_names", "is missing: [legal_names], then en = \"…\" for each language");
  if (const auto* names = reader.table("legal_names")) {
    const TomlReader by_language(*names, "legal_names", errors);
    for (const auto& [language, text] : *names)
      facts.legal_names.push_back(
          {std::string(language.str()), by_language.text(language.str(), "")});
  }
  std::ranges::sort(facts.legal_names);
  return facts;
}

// What is on the ledger stays there, so that form and meaning are judged while there is a line of a
// file to point at. A text of a wrong kind was told already and would be told again as missing.
void judge_facts(const TomlReader& reader, const tx::InstitutionFacts& facts,
                 const tx::InstitutionFacts& standing, const TomlErrors& errors) {
  if (!errors.empty()) return;
  // The cause by meaning knows more than that of the form.
  if (const auto problem = ledger::meaning_problem(facts, standing))
    return reader.mistake(problem->field, problem->why);
  const auto broken = tx::form_error(facts);
  if (!broken) return;
  const auto key = broken->field.substr(0, broken->field.find_first_of("[."));
  reader.mistake_in(key, std::string_view(broken->field).substr(key.size()),
                    std::string(tx::rule(broken->code)) +
                        (broken->detail.empty() ? "" : " (" + broken->detail + ")"));
}

// False where the key is no public key; told.
bool read_public_key(const TomlReader& reader, ledger::GenesisKey& key) {
  const auto purpose = purpose_named(reader.text("purpose", ""));
  if (!purpose) {
    reader.mistake("purpose",
                   "must be root, issue, govern, consensus, transport, credential or cosign");
    return false;
  }
  const auto algorithm = algorithm_named(reader.text("algorithm", ""));
  if (!algorithm || !allowed(*purpose, *algorithm)) {
    reader.mistake("algorithm",
                   "is not one that a " + std::string(to_text(*purpose)) + " key can have");
    return false;
  }
  key = {*purpose, {*algorithm, from_hex(reader.text("public_key", "")).value_or(Bytes{})}, {}};
  if (is_valid(key.key)) return true;
  reader.mistake("public_key", "is no public key of this algorithm, in hexadecimal digits");
  return false;
}

std::vector<ledger::GenesisKey> read_keys(const TomlReader& reader, Possession possession,
                                          TomlErrors& errors) {
  std::vector<ledger::GenesisKey> keys;
  const auto tables = reader.tables("key");
  if (tables.size() > kMaxKeys) {
    reader.mistake("key", "there are more than " + std::to_string(kMaxKeys));
    return keys;
  }

  for (const auto* table : tables) {
    const TomlReader each(*table, "key", errors);
    each.only({"purpose", "algorithm", "public_key", "possession"});
    ledger::GenesisKey key;
    if (!read_public_key(each, key)) continue;
    if (possession == Possession::kRead) {
      const auto bytes = from_hex(each.text("possession", ""));
      const auto proof = bytes ? Signature::from(*bytes) : std::nullopt;
      if (!proof) each.mistake("possession", "must be 128 hexadecimal digits");
      key.possession = proof.value_or(Signature{});
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

ledger::GenesisParty read_party(const TomlReader& reader, Possession possession,
                                TomlErrors& errors) {
  ledger::GenesisParty party;
  party.institution_class = read_class(reader);
  party.facts = read_facts(reader, errors);
  const bool listed = party.institution_class == tx::InstitutionClass::kListed;
  const std::uint64_t least = listed ? 0 : 1;
  party.root_threshold =
      static_cast<std::uint8_t>(reader.number("root_threshold", least, least, 255));
  party.keys = read_keys(reader, possession, errors);
  return party;
}

void check_id(const TomlReader& reader, const ledger::GenesisParty& party,
              const std::optional<InstitutionId>& stated, TomlErrors& errors) {
  if (!stated || !errors.empty()) return;
  const auto id = ledger::party_id(party);
  if (id == *stated) return;
  reader.mistake("institution",
                 "is not the id of these facts and keys, which is " + to_text(id) +
                     ": the file was changed. Ask for it again; where a registration gave another "
                     "id, a file with institution and peer_address alone names it");
}

// ---- writing

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

  for (const auto& [key, fact] : kFactTexts) put(key, party.facts.*fact);
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

Result<PartyFile> parse_party_file(std::string_view text, const std::string& file,
                                   Possession possession) {
  TM_TRY(const auto root, parse_toml(text, file));
  TomlErrors errors(file);
  const TomlReader reader(root, "", errors);
  reader.only({"institution", "class", "validator", "country", "domain", "ror", "eter", "lei",
               "deqar", "parent", "root_threshold", "peer_address", "api_address", "legal_names",
               "key"});

  PartyFile read;
  read.party = read_party(reader, possession, errors);
  read.validator =
      reader.flag("validator", read.party.institution_class == tx::InstitutionClass::kValidator);
  read.peer_address = read_address(reader, "peer_address");
  read.api_address = read_address(reader, "api_address");

  judge_facts(reader, read.party.facts, {}, errors);
  // Whoever registers is given an id by the ledger, whatever the file says.
  if (possession == Possession::kRead)
    check_id(reader, read.party, reader.parsed<InstitutionId>("institution", parse_institution_id),
             errors);
  if (!errors.empty()) return errors.take();
  return read;
}

Result<tx::InstitutionFacts> parse_facts_file(std::string_view text, const std::string& file,
                                              const tx::InstitutionFacts& standing) {
  TM_TRY(const auto root, parse_toml(text, file));
  TomlErrors errors(file);
  const TomlReader reader(root, "", errors);
  for (const auto* key : {"institution", "class", "validator", "root_threshold", "peer_address",
                          "api_address", "key"}) {
    if (reader.has(key)) reader.mistake(key, "has no place here: only a registration has keys");
  }
  if (errors.empty())
    reader.only({"country", "domain", "ror", "eter", "lei", "deqar", "parent", "legal_names"});

  auto facts = read_facts(reader, errors);
  judge_facts(reader, facts, standing, errors);
  if (!errors.empty()) return errors.take();
  return facts;
}

Result<NodeKeysFile> parse_node_keys_file(std::string_view text, const std::string& file) {
  TM_TRY(const auto root, parse_toml(text, file));
  TomlErrors errors(file);
  const TomlReader reader(root, "", errors);
  reader.only({"chain", "institution", "key"});

  NodeKeysFile read;
  const auto chain = reader.parsed<ChainId>("chain", parse_chain_id);
  const auto institution = reader.parsed<InstitutionId>("institution", parse_institution_id);
  for (const auto* key : {"chain", "institution"}) {
    if (reader.text(key, "").empty()) reader.mistake(key, "is missing");
  }
  const auto keys = read_keys(reader, Possession::kRead, errors);
  if (!errors.empty()) return errors.take();

  read.chain = *chain;
  for (const auto& key : keys)
    read.keys.push_back({*institution, key.purpose, key.key, key.possession});
  return read;
}

Result<PartyAddress> read_party_address(const std::filesystem::path& file) {
  TM_TRY(const auto text, read_text(file));
  TM_TRY(const auto root, parse_toml(text, file.string()));
  TomlErrors errors(file.string());
  const TomlReader reader(root, "", errors);

  const auto institution = reader.parsed<InstitutionId>("institution", parse_institution_id);
  // A wrong id was told by parsed().
  if (!institution && !reader.has("institution")) reader.mistake("institution", "is missing");
  PartyAddress address{
      institution.value_or(InstitutionId{}), read_address(reader, "peer_address"), {}};
  for (const auto* key : reader.tables("key"))
    address.keys.push_back(TomlReader(*key, "key", errors).text("public_key", ""));

  if (reader.has("legal_names"))
    check_id(reader, read_party(reader, Possession::kIgnored, errors), institution, errors);
  if (!errors.empty()) return errors.take();
  return address;
}

}  // namespace testamur::inline files
