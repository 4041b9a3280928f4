#include "node/config/genesis_file.h"

#include <algorithm>

#include "node/config/toml_reader.h"

namespace testamur::node {
namespace {

void read_parameters(const toml::table& table, TomlErrors& errors, GenesisFile& genesis) {
  TomlReader reader(table, "parameters", errors);
  for (const auto& [key, node] : table) {
    const auto* row = ledger::find_parameter(key.str());
    if (row == nullptr) {
      reader.mistake(key.str(), "is not a known parameter");
      continue;
    }
    auto most = std::min<std::uint64_t>(row->most, INT64_MAX);
    genesis.parameters.emplace_back(std::string(key.str()), reader.number(key.str(), row->standard, row->least, most));
  }
}

void read_signature(const TomlReader& reader, GenesisFile& genesis) {
  reader.only({"root_key", "signature"});
  auto key = reader.parsed<KeyId>("root_key", parse_key_id);
  auto bytes = from_hex(reader.text("signature", ""));
  auto signature = bytes ? Signature::from(*bytes) : std::nullopt;
  if (!key) reader.mistake("root_key", "is missing");
  if (!signature) reader.mistake("signature", "must be 128 hexadecimal digits");
  if (key && signature) genesis.signatures.push_back({*key, *signature});
}

}  // namespace

std::string genesis_text(const GenesisFile& genesis) {
  std::string out =
      "# The genesis of a ledger, before it becomes a record. Everybody who signs sees the same chain id.\n"
      "time_ms = " +
      std::to_string(genesis.time_ms) + "\n\n[parameters]\n";
  for (const auto& [name, value] : genesis.parameters) out += name + " = " + std::to_string(value) + "\n";
  for (const auto& party : genesis.parties) out += "\n[[party]]\n" + party_text(party, "party");
  for (const auto& signature : genesis.signatures) {
    out += "\n[[signature]]\nroot_key = \"" + to_text(signature.root_key) + "\"\nsignature = \"" +
           signature.signature.hex() + "\"\n";
  }
  return out;
}

Result<GenesisFile> parse_genesis(std::string_view text, const std::string& file) {
  TM_TRY(auto root, parse_toml(text, file));
  TomlErrors errors(file);
  TomlReader reader(root, "", errors);
  reader.only({"time_ms", "parameters", "party", "signature"});
  GenesisFile genesis;
  genesis.time_ms = reader.number("time_ms", 0, 1, INT64_MAX);
  if (!reader.has("time_ms")) reader.mistake("time_ms", "is missing");
  if (const auto* table = reader.table("parameters")) read_parameters(*table, errors, genesis);
  for (const auto* table : reader.tables("party")) {
    genesis.parties.push_back(read_party_table(TomlReader(*table, "party", errors), errors));
  }
  for (const auto* table : reader.tables("signature")) read_signature(TomlReader(*table, "signature", errors), genesis);
  if (genesis.parties.empty()) reader.mistake("party", "there is no party");
  if (!errors.empty()) return errors.take();
  return genesis;
}

Result<GenesisFile> read_genesis_file(const std::filesystem::path& file) {
  TM_TRY(auto text, read_text(file));
  return parse_genesis(text, file.string());
}

Result<ledger::Genesis> to_genesis(const GenesisFile& file) {
  ledger::GenesisInput input;
  input.time_ms = file.time_ms;
  for (const auto& [name, value] : file.parameters) {
    const auto* row = ledger::find_parameter(name);
    if (row == nullptr) return error("no parameter is called " + name);
    TM_TRY_STATUS(input.parameters.set(row->id, value));
  }
  for (const auto& party : file.parties) {
    input.parties.push_back(party.party);
    if (!party.validator) continue;
    auto key = std::find_if(party.party.keys.begin(), party.party.keys.end(),
                            [](const ledger::GenesisKey& k) { return k.purpose == KeyPurpose::kConsensus; });
    auto id = ledger::party_id(party.party);
    if (key == party.party.keys.end()) return error(to_text(id) + " is a validator without a consensus key");
    input.validators.push_back({id, key_id(key->purpose, key->key)});
  }
  TM_TRY(auto genesis, ledger::make_genesis(std::move(input)));
  genesis.signatures = file.signatures;
  std::sort(genesis.signatures.begin(), genesis.signatures.end(),
            [](const auto& a, const auto& b) { return a.root_key < b.root_key; });
  return genesis;
}

Result<ledger::Genesis> load_genesis(const std::filesystem::path& file) {
  TM_TRY(auto record, read_text(file));
  auto genesis = ledger::decode_genesis(as_bytes(record));
  if (!genesis.ok()) return error(file.string() + " is no genesis record: " + genesis.message());
  return genesis;
}

}  // namespace testamur::node
