// A table is read to its end and the first mistake told by line; keys that nobody asked for are
// mistakes (CeremonyReader::finish). A value is used only after finish() has said that all were
// there.
#include "wallet/cli/files/ceremony_files.h"

#include <algorithm>
#include <set>

#include "common/address.h"
#include "common/toml_text.h"
#include "ledger/protocol.h"
#include "ledger/tx/facts_meaning.h"
#include "wallet/cli/dates.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::size_t kMaxFileBytes = 1 << 20;

// Reads a table key by key and keeps the first mistake; finish() also refuses keys that nobody
// asked for.
class CeremonyReader {
 public:
  CeremonyReader(const toml::table& table, std::string file)
      : table_(table), file_(std::move(file)) {}

  std::string text(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return {};
    if (!node->is_string()) mistake(key, "must be a text");
    return node->value_or(std::string{});
  }
  // A day as a text; empty where there is none, or it is told.
  std::string day(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return {};
    if (auto date = toml_date_text(*node)) return *std::move(date);
    if (!node->is_string())
      mistake(key, "must be a day, as 2026-11-30, or milliseconds since 1970 as a number");
    return node->value_or(std::string{});
  }
  bool holds(std::string_view key, toml::node_type type) const {
    const auto* node = table_.get(key);
    return node != nullptr && node->type() == type;
  }
  std::uint64_t number(std::string_view key, std::uint64_t otherwise, std::uint64_t most) {
    const auto* node = take(key);
    if (node == nullptr) return otherwise;
    const auto value = node->is_integer() ? node->value_or(std::int64_t{-1}) : -1;
    if (value < 0 || static_cast<std::uint64_t>(value) > most) {
      mistake(key, "must be a number from 0 to " + std::to_string(most));
      return otherwise;
    }
    return static_cast<std::uint64_t>(value);
  }
  bool flag(std::string_view key, bool otherwise) {
    const auto* node = take(key);
    if (node == nullptr) return otherwise;
    if (!node->is_boolean()) mistake(key, "must be true or false");
    return node->value_or(otherwise);
  }
  const toml::table* table(std::string_view key) {
    const auto* node = take(key);
    if (node != nullptr && !node->is_table()) mistake(key, "must be a table");
    return node == nullptr ? nullptr : node->as_table();
  }
  std::vector<const toml::table*> tables(std::string_view key) {
    std::vector<const toml::table*> found;

    const auto* node = take(key);
    const auto* array = node == nullptr ? nullptr : node->as_array();
    if (node != nullptr && array == nullptr)
      mistake(key, "must be tables ([[" + std::string(key) + "]])");

    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      if (const auto* table = (*array)[i].as_table()) {
        found.push_back(table);
      } else {
        mistake(key, "must be tables");
      }
    }

    return found;
  }
  bool has(std::string_view key) const { return table_.contains(key); }
  void mistake(std::string_view key, const std::string& what) {
    const auto* node = table_.get(key);
    mistake_at(node == nullptr ? table_.source() : node->source(), key, what);
  }
  // Where the mistake lies below the key, in a table of its own.
  void mistake_at(const toml::source_region& place, std::string_view key, const std::string& what) {
    if (!wrong_.empty()) return;
    const auto line = place.begin.line;
    wrong_ = file_ + ":" + std::to_string(line) + ": " + std::string(key) + " " + what;
  }
  Status finish() {
    for (const auto& [key, node] : table_) {
      if (!taken_.contains(std::string(key.str()))) mistake(key.str(), "is not a known key");
    }
    if (!wrong_.empty()) return error(wrong_);
    return {};
  }

 private:
  const toml::node* take(std::string_view key) {
    taken_.insert(std::string(key));
    return table_.get(key);
  }
  const toml::table& table_;
  std::string file_;
  std::string wrong_;
  std::set<std::string> taken_;
};

struct KeyInput {
  KeyPurpose purpose = KeyPurpose::kRoot;
  PublicKey key;
  Signature possession;
};

Result<KeyInput> read_key(const toml::table& table, const std::string& file) {
  CeremonyReader reader(table, file);
  KeyInput input;

  const auto purpose = reader.text("purpose");
  const auto algorithm = reader.text("algorithm");
  const auto key = from_hex(reader.text("public_key"));
  const auto possession = from_hex(reader.text("possession"));

  bool known = false;
  for (std::uint8_t value = 1; purpose_from(value); ++value) {
    if (to_text(*purpose_from(value)) != purpose) continue;
    input.purpose = *purpose_from(value);
    known = true;
  }

  if (!known)
    reader.mistake("purpose",
                   "must be root, issue, govern, consensus, transport, credential or cosign");

  known = false;
  for (std::uint8_t value = 1; algorithm_from(value); ++value) {
    if (to_text(*algorithm_from(value)) != algorithm) continue;
    input.key.algorithm = *algorithm_from(value);
    known = true;
  }

  if (!known) reader.mistake("algorithm", "is not known");

  if (!key) reader.mistake("public_key", "must be hexadecimal digits");

  const auto proof = possession ? Signature::from(*possession) : std::nullopt;
  if (!proof) reader.mistake("possession", "must be 128 hexadecimal digits");

  TM_TRY_STATUS(reader.finish());
  // Only finish() has made sure that both are there.
  input.key.bytes = *key;
  input.possession = *proof;
  return input;
}

Result<std::vector<KeyInput>> read_keys(CeremonyReader& reader, const std::string& file) {
  std::vector<KeyInput> keys;
  for (const auto* table : reader.tables("key")) {
    TM_TRY(auto key, read_key(*table, file));
    keys.push_back(std::move(key));
  }
  return keys;
}

constexpr std::pair<std::string_view, tx::InstitutionClass> kClasses[] = {
    {"listed", tx::InstitutionClass::kListed},
    {"issuer", tx::InstitutionClass::kIssuer},
    {"accreditor", tx::InstitutionClass::kAccreditor},
    {"validator", tx::InstitutionClass::kValidator},
};

void read_class(CeremonyReader& reader, ledger::GenesisParty& party) {
  const auto text = reader.text("class");
  if (text.empty()) party.institution_class = tx::InstitutionClass::kValidator;
  bool known = text.empty();
  for (const auto& [name, value] : kClasses) {
    if (name != text) continue;
    party.institution_class = value;
    known = true;
  }
  if (!known) reader.mistake("class", "must be listed, issuer, accreditor or validator");
}

void read_facts(CeremonyReader& reader, tx::InstitutionFacts& facts) {
  facts.country = reader.text("country");
  facts.domain = reader.text("domain");
  facts.ror = reader.text("ror");
  facts.eter = reader.text("eter");
  facts.lei = reader.text("lei");
  facts.deqar = reader.text("deqar");

  if (const auto parent = reader.text("parent"); !parent.empty()) {
    auto id = parse_institution_id(parent);
    if (!id.ok()) reader.mistake("parent", id.message());
    if (id.ok()) facts.parent = *id;
  }

  if (const auto* names = reader.table("legal_names")) {
    for (const auto& [language, node] : *names) {
      if (!node.is_string()) reader.mistake("legal_names", "must be texts by language");
      facts.legal_names.push_back({std::string(language.str()), node.value_or(std::string{})});
    }
  }

  // The ledger's rules are asked here too, while there is a line of a file to point at.
  if (const auto problem = tx::meaning_problem(facts))
    reader.mistake(problem->field, "cannot stand: " + problem->why);
  if (const auto broken = tx::form_error(facts))
    reader.mistake("legal_names", "and other facts: " + to_text(*broken));
}

Result<PartyInput> read_party(CeremonyReader& reader, const std::string& file) {
  PartyInput input;
  auto& party = input.party;

  const auto stated = reader.text("institution");
  read_class(reader, party);
  read_facts(reader, party.facts);

  const bool listed = party.institution_class == tx::InstitutionClass::kListed;
  party.root_threshold =
      static_cast<std::uint8_t>(reader.number("root_threshold", listed ? 0 : 1, 255));
  input.validator =
      reader.flag("validator", party.institution_class == tx::InstitutionClass::kValidator);
  // A genesis has no addresses, only the nodes' configurations have: but who joins with this file
  // writes them there.
  for (const auto* key : {"peer_address", "api_address"}) {
    const auto address = reader.text(key);
    if (address.empty()) continue;
    if (const auto problem = dialling_problem(address)) reader.mistake(key, *problem);
  }

  TM_TRY(auto keys, read_keys(reader, file));
  for (auto& key : keys) party.keys.push_back({key.purpose, std::move(key.key), key.possession});

  const auto id = to_text(ledger::party_id(party));
  if (!stated.empty() && stated != id) {
    reader.mistake("institution", "is not the id of these facts and keys, which is " + id +
                                      ": the file was changed");
  }

  TM_TRY_STATUS(reader.finish());
  return input;
}

Result<NodeKeysInput> read_node_keys(CeremonyReader& reader, const std::string& file) {
  NodeKeysInput input;
  auto chain = parse_chain_id(reader.text("chain"));
  if (!chain.ok()) reader.mistake("chain", chain.message());
  auto institution = parse_institution_id(reader.text("institution"));
  if (!institution.ok()) reader.mistake("institution", institution.message());
  TM_TRY(auto keys, read_keys(reader, file));
  TM_TRY_STATUS(reader.finish());
  input.chain = *chain;
  for (auto& key : keys)
    input.keys.push_back({*institution, key.purpose, std::move(key.key), key.possession});
  return input;
}

// Milliseconds as a number, or a day, with or without quotes.
void read_time(CeremonyReader& reader, ledger::GenesisInput& input) {
  if (reader.holds("time", toml::node_type::integer)) {
    input.time_ms = reader.number("time", 0, INT64_MAX);
    return;
  }
  const auto date = parse_date_or(reader.day("time"), 0);
  if (!date.ok()) reader.mistake("time", date.message());
  if (date.ok()) input.time_ms = *date;
}

}  // namespace

Result<ledger::GenesisInput> parse_genesis_settings(std::string_view text,
                                                    const std::string& file) {
  TM_TRY(auto table, parse_toml(text, file));
  CeremonyReader reader(table, file);
  ledger::GenesisInput input;

  const auto version = reader.number("protocol_version", ledger::kNewestProtocol, INT64_MAX);
  if (version == 0 || version > ledger::kNewestProtocol) {
    reader.mistake("protocol_version", "is " + std::to_string(version) +
                                           ", and this program knows 1 to " +
                                           std::to_string(ledger::kNewestProtocol) +
                                           ": write one of these, or leave it out for the newest");
  }
  input.protocol_version = static_cast<std::uint16_t>(version);
  read_time(reader, input);

  if (const auto* parameters = reader.table("parameters")) {
    for (const auto& [key, node] : *parameters) {
      const auto* row = ledger::find_parameter(key.str());
      const auto value = node.is_integer() ? node.value_or(std::int64_t{-1}) : -1;
      if (row == nullptr) {
        reader.mistake_at(node.source(), "parameters",
                          "has no parameter called " + std::string(key.str()));
      } else if (value < 0) {
        reader.mistake_at(node.source(), "parameters",
                          "gives " + std::string(key.str()) + " no number");
      } else if (auto set = input.parameters.set(row->id, static_cast<std::uint64_t>(value));
                 !set.ok()) {
        reader.mistake_at(node.source(), "parameters", set.message());
      }
    }
  }

  TM_TRY_STATUS(reader.finish());
  return input;
}

Result<ledger::GenesisInput> read_genesis_settings(const std::string& file) {
  TM_TRY(auto text, read_file(file, kMaxFileBytes));
  return parse_genesis_settings(as_text(text), file);
}

Result<CeremonyFile> parse_ceremony_file(std::string_view text, const std::string& file) {
  TM_TRY(auto table, parse_toml(text, file));
  CeremonyReader reader(table, file);
  CeremonyFile read;
  if (reader.has("chain")) {
    TM_TRY(read.node_keys, read_node_keys(reader, file));
  } else {
    TM_TRY(read.party, read_party(reader, file));
  }
  return read;
}

Result<CeremonyFile> read_ceremony_file(const std::string& file) {
  TM_TRY(auto text, read_file(file, kMaxFileBytes));
  return parse_ceremony_file(as_text(text), file);
}

}  // namespace testamur::wallet
