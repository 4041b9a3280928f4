#include "node/main/init.h"

#include <algorithm>

#include "node/config/config.h"
#include "node/config/key_file.h"
#include "node/net/network.h"
#include "node/store/store.h"
#include "node/store/vote_store.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

struct NamedKey {
  KeyPurpose purpose;
  SignatureAlgorithm algorithm;
};
constexpr NamedKey kIssuerKeys[] = {{KeyPurpose::kRoot, SignatureAlgorithm::kBip340},
                                    {KeyPurpose::kIssue, SignatureAlgorithm::kBip340},
                                    {KeyPurpose::kGovern, SignatureAlgorithm::kBip340},
                                    {KeyPurpose::kCredential, SignatureAlgorithm::kEcdsaP256}};
constexpr NamedKey kNodeKeys[] = {{KeyPurpose::kConsensus, SignatureAlgorithm::kBip340},
                                  {KeyPurpose::kTransport, SignatureAlgorithm::kEd25519}};

Status make_directory(const fs::path& directory) {
  std::error_code failure;
  fs::create_directories(directory, failure);
  if (failure) return error("the directory " + directory.string() + " cannot be made: " + failure.message());
  fs::permissions(directory, fs::perms::owner_all, failure);
  return {};
}

// Fresh keys in files; their public halves join the party.
Status make_keys(const fs::path& directory, std::span<const NamedKey> wanted,
                 std::vector<std::pair<KeyPurpose, SecretKey>>& keys) {
  TM_TRY_STATUS(make_directory(directory));
  for (const auto& [purpose, algorithm] : wanted) {
    auto key = SecretKey::generate(algorithm);
    TM_TRY_STATUS(write_key_file(directory / (std::string(to_text(purpose)) + ".key"), purpose, key));
    keys.emplace_back(purpose, std::move(key));
  }
  return {};
}

void prove_possession(ledger::GenesisParty& party, const std::vector<std::pair<KeyPurpose, SecretKey>>& keys) {
  for (const auto& [purpose, key] : keys) party.keys.push_back({purpose, key.public_key(), {}});
  auto id = ledger::party_id(party);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto message = possession_message(ChainId{}, id, keys[i].first, keys[i].second.public_key());
    party.keys[i].possession = keys[i].second.sign(message.view());
  }
}

Status make_vote_store(const fs::path& directory, const SecretKey& consensus,
                       std::optional<QuarantineReason> reason = std::nullopt) {
  auto files = make_posix_file_system();
  TM_TRY_STATUS(files->create_directory(directory.string()));
  return create_vote_store(*files, directory.string(), random_fixed<JournalId>(),
                           *ConsensusPublicKey::from(consensus.public_key().bytes), reason);
}

}  // namespace

Result<InstitutionId> init_node(const InitOptions& options) {
  if (fs::exists(options.directory / "testamurd.toml")) {
    return error(options.directory.string() + " holds a node already; init never overwrites");
  }
  if (auto broken = ledger::tx::form_error(options.facts)) return error("the facts: " + to_text(*broken));
  TM_TRY_STATUS(make_directory(options.directory));
  std::vector<std::pair<KeyPurpose, SecretKey>> keys;
  TM_TRY_STATUS(make_keys(options.issuer_keys, kIssuerKeys, keys));
  TM_TRY_STATUS(make_keys(options.directory / "keys", kNodeKeys, keys));
  TM_TRY_STATUS(make_directory(options.directory / "data"));
  auto consensus =
      std::find_if(keys.begin(), keys.end(), [](const auto& k) { return k.first == KeyPurpose::kConsensus; });
  TM_TRY_STATUS(make_vote_store(journal_directory(options.directory / "data"), consensus->second));

  PartyFile file;
  using Class = ledger::tx::InstitutionClass;
  file.party.institution_class = options.accreditor ? Class::kAccreditor
                                 : options.observer ? Class::kIssuer
                                                    : Class::kValidator;
  file.party.facts = options.facts;
  file.validator = !options.observer;
  file.peer_address = options.peer_address;
  file.api_address = options.api_address;
  prove_possession(file.party, keys);
  auto id = ledger::party_id(file.party);
  TM_TRY_STATUS(write_file(options.directory / "party.toml", as_bytes(party_text(file))));

  std::vector<std::pair<std::string, std::string>> values = {{"node.institution", toml_text(to_text(id))}};
  if (!options.peer_address.empty()) values.emplace_back("peers.listen", toml_text(options.peer_address));
  if (!options.api_address.empty()) values.emplace_back("api.listen", toml_text(options.api_address));
  if (!options.metrics_address.empty()) values.emplace_back("metrics.listen", toml_text(options.metrics_address));
  TM_TRY_STATUS(write_file(options.directory / "testamurd.toml", as_bytes(config_text(values))));
  return id;
}

Result<GenesisFile> assemble_genesis(const std::vector<fs::path>& parties, std::uint64_t time_ms,
                                     const std::vector<std::pair<std::string, std::uint64_t>>& parameters) {
  GenesisFile file;
  file.time_ms = time_ms;
  file.parameters = parameters;
  for (const auto& path : parties) {
    TM_TRY(auto party, read_party(path));
    file.parties.push_back(std::move(party));
  }
  std::sort(file.parties.begin(), file.parties.end(), [](const PartyFile& a, const PartyFile& b) {
    return ledger::party_id(a.party) < ledger::party_id(b.party);
  });
  return file;
}

Status sign_genesis(GenesisFile& file, const SecretKey& root) {
  auto id = key_id(KeyPurpose::kRoot, root.public_key());
  bool known = false;
  for (const auto& party : file.parties) {
    for (const auto& key : party.party.keys) known |= key_id(key.purpose, key.key) == id;
  }
  if (!known) return error("no party of this genesis has the root key " + to_text(id));
  TM_TRY(auto genesis, to_genesis(file));
  auto message = ledger::founder_message(genesis.chain);
  std::erase_if(file.signatures, [&id](const auto& signature) { return signature.root_key == id; });
  file.signatures.push_back({id, root.sign(message.view())});
  return {};
}

Status join_ledger(const fs::path& directory, const fs::path& genesis, const std::vector<fs::path>& parties) {
  TM_TRY(auto checked, load_genesis(genesis));
  TM_TRY(auto config, load_config(directory / "testamurd.toml"));
  TM_TRY_STATUS(write_file(config.genesis, ledger::encode(checked), true));
  TM_TRY(auto text, read_text(config.file));
  for (const auto& path : parties) {
    TM_TRY(auto party, read_party(path));
    auto id = ledger::party_id(party.party);
    if (id == config.institution || party.peer_address.empty()) continue;
    bool there = std::any_of(config.peers.begin(), config.peers.end(),
                             [&id](const PeerEntry& peer) { return peer.institution == id; });
    if (there) continue;
    text +=
        "\n[[peer]]\ninstitution = " + toml_text(to_text(id)) + "\naddress = " + toml_text(party.peer_address) + "\n";
    for (const auto& key : party.party.keys) {
      if (key.purpose == KeyPurpose::kTransport) text += "pin = " + toml_text(net::pin_of(key.key).hex()) + "\n";
    }
  }
  return write_file(config.file, as_bytes(text), true);
}

Status restore_node(const NodeConfig& config, const fs::path& backup) {
  auto store = store_directory(config.data_dir);
  auto journal = journal_directory(config.data_dir);
  for (const auto& directory : {store, journal}) {
    if (fs::exists(directory)) {
      return error(directory.string() + " is still there: move it away first, restore never overwrites");
    }
  }
  TM_TRY_STATUS(make_directory(config.data_dir));
  TM_TRY_STATUS(restore_backup(backup.string(), store.string()));
  auto key = read_key_file(config.consensus_key, KeyPurpose::kConsensus);
  if (!key.ok()) return {};  // an observer has no votes to lose
  return make_vote_store(journal, *key, QuarantineReason::kRestored);
}

Result<InstitutionId> make_single_node(const InitOptions& options, std::uint64_t time_ms) {
  TM_TRY(auto id, init_node(options));
  TM_TRY(auto file, assemble_genesis({options.directory / "party.toml"}, time_ms, {}));
  TM_TRY(auto root, read_key_file(options.issuer_keys / "root.key", KeyPurpose::kRoot));
  TM_TRY_STATUS(sign_genesis(file, root));
  TM_TRY(auto genesis, to_genesis(file));
  TM_TRY_STATUS(write_file(options.directory / "genesis.bin", ledger::encode(genesis)));
  return id;
}

}  // namespace testamur::node
