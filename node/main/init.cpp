// A node's directory, from nothing, from a genesis or from a backup. Nothing here overwrites keys,
// votes or a store; a key is made together with the vote store that says what it has signed, fresh
// or in quarantine, so that no key ever votes beside a record of its votes that does not hold.
#include "node/main/init.h"

#include <algorithm>

#include "common/address.h"
#include "files/durable_file.h"
#include "files/key_file.h"
#include "files/party_file.h"
#include "files/paths.h"
#include "ledger/protocol.h"
#include "node/config/config.h"
#include "node/config/genesis_file.h"
#include "node/config/named_files.h"
#include "node/main/operator_file.h"
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
  if (failure)
    return error("the directory " + directory.string() + " cannot be made: " + failure.message());

  // Keys and votes lie here: others must not even list it.
  fs::permissions(directory, fs::perms::owner_all, failure);
  if (failure)
    return error("the directory " + directory.string() +
                 " cannot be closed to others: " + failure.message());
  return sync_directory_of(whole_path(directory));
}

// Fresh keys in files; their public halves join the party.
Status make_keys(const fs::path& directory, std::span<const NamedKey> wanted, OwnKeys& keys) {
  TM_TRY_STATUS(make_directory(directory));
  for (const auto& [purpose, algorithm] : wanted) {
    auto key = SecretKey::generate(algorithm);
    TM_TRY_STATUS(
        write_key_file(directory / (std::string(to_text(purpose)) + ".key"), purpose, key));
    keys.emplace_back(purpose, std::move(key));
  }
  return {};
}

void prove_possession(ledger::GenesisParty& party, const OwnKeys& keys) {
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

// The public file and the configuration are written last: keys without them, and without a ledger,
// are those of an init that was cut off.
Status refuse_present(const fs::path& config, const fs::path& directory, const fs::path& file) {
  const fs::path last[] = {config, directory / "party.toml", directory / "node-keys.toml",
                           store_directory(directory / "data")};
  if (std::ranges::any_of(last, [](const auto& each) { return is_there(each); })) {
    return error(file.parent_path().string() + " holds a node already (" +
                 file.filename().string() + "); init never overwrites");
  }
  return error(file.parent_path().string() + " holds an unfinished init (" +
               file.filename().string() + ", but no " + config.filename().string() +
               "): its keys are on no ledger. Move the folder away and run init again");
}

Status check_free(const InitOptions& options) {
  // All that it is about to write, before the first key is made.
  const auto config = whole_path(config_path(options));
  const fs::path directory = options.directory;
  TM_TRY_STATUS(check_owner(directory));
  TM_TRY_STATUS(check_owner(config));
  for (const auto& file : {config, directory / "party.toml", directory / "node-keys.toml",
                           directory / "keys", journal_directory(directory / "data")}) {
    if (is_there(file)) return refuse_present(config, directory, file);
  }
  if (!options.issuer_keys.empty() && (is_same_file(options.issuer_keys, directory / "keys") ||
                                       is_same_file(options.issuer_keys, directory))) {
    return error(options.issuer_keys.string() +
                 " is where the node keeps its own keys, which it needs at every start; the root "
                 "key must not lie there. Name another folder (--with-issuer-keys)");
  }
  for (const auto& key : kIssuerKeys) {
    const auto file = options.issuer_keys / (std::string(to_text(key.purpose)) + ".key");
    if (options.issuer_keys.empty() || !is_there(file)) continue;
    return error(file.string() +
                 " is there already, of another node or an unfinished init; init never overwrites "
                 "keys. Name another folder for them (--with-issuer-keys)");
  }

  if (!options.config.empty() && !is_folder(config.parent_path())) {
    return error("--config " + options.config.string() + ": there is no folder " +
                 config.parent_path().string() + "; make it first");
  }
  return {};
}

// A configuration beside the files that it names says where they are from there; one that lies
// elsewhere by their whole paths.
void name_files(const InitOptions& options,
                std::vector<std::pair<std::string, std::string>>& values) {
  constexpr std::pair<const char*, const char*> kFiles[] = {
      {"node.data_dir", "data"},
      {"node.genesis", "genesis.bin"},
      {"keys.consensus", "keys/consensus.key"},
      {"keys.transport", "keys/transport.key"},
      {"api.admin_socket", "admin.sock"}};
  if (options.config.empty()) return;
  const auto directory = whole_path(options.directory);
  for (const auto& [key, file] : kFiles) {
    // Without a voting key none is named.
    const auto said = std::ranges::find(values, key, [](const auto& each) { return each.first; });
    if (said == values.end()) values.emplace_back(key, toml_text((directory / file).string()));
  }
}

// The keys of the node itself, and the vote store that belongs to them.
Status make_node_keys(const fs::path& directory, OwnKeys& keys) {
  TM_TRY_STATUS(make_keys(directory / "keys", kNodeKeys, keys));
  TM_TRY_STATUS(make_directory(directory / "data"));
  auto consensus = std::find_if(keys.begin(), keys.end(),
                                [](const auto& k) { return k.first == KeyPurpose::kConsensus; });
  return make_vote_store(journal_directory(directory / "data"), consensus->second);
}

Status write_config(const InitOptions& options, const InstitutionId& id,
                    std::vector<std::pair<std::string, std::string>> values = {}) {
  values.emplace_back("node.institution", toml_text(to_text(id)));
  if (!options.peer_address.empty())
    values.emplace_back("peers.listen", toml_text(options.peer_address));
  if (!options.api_address.empty())
    values.emplace_back("api.listen", toml_text(options.api_address));
  if (!options.metrics_address.empty())
    values.emplace_back("metrics.listen", toml_text(options.metrics_address));
  name_files(options, values);
  return write_file(config_path(options), as_bytes(config_text(values)));
}

}  // namespace

fs::path config_path(const InitOptions& options) {
  return options.config.empty() ? options.directory / "testamurd.toml" : options.config;
}

Result<ledger::GenesisParty> init_node(const InitOptions& options) {
  TM_TRY_STATUS(check_free(options));
  if (auto broken = ledger::tx::form_error(options.facts))
    return error("the facts: " + to_text(*broken));
  TM_TRY_STATUS(make_directory(options.directory));
  OwnKeys keys;
  TM_TRY_STATUS(make_keys(options.issuer_keys, kIssuerKeys, keys));
  TM_TRY_STATUS(make_node_keys(options.directory, keys));

  PartyFile file;
  using Class = ledger::tx::InstitutionClass;
  file.party.institution_class = options.accreditor ? Class::kAccreditor
                                 : options.observer ? Class::kIssuer
                                                    : Class::kValidator;
  file.party.facts = options.facts;
  file.validator = !options.observer;
  file.peer_address = options.peer_address;
  // What is listened on everywhere is no address for others.
  if (!dialling_problem(options.api_address)) file.api_address = options.api_address;
  prove_possession(file.party, keys);
  auto id = ledger::party_id(file.party);
  TM_TRY_STATUS(write_file(options.directory / "party.toml", as_bytes(party_text(file))));

  TM_TRY_STATUS(write_config(options, id));
  return file.party;
}

Result<OwnKeys> init_replacement(const InitOptions& options, const InstitutionId& institution) {
  TM_TRY_STATUS(check_free(options));
  TM_TRY_STATUS(make_directory(options.directory));
  OwnKeys keys;
  TM_TRY_STATUS(make_node_keys(options.directory, keys));
  TM_TRY_STATUS(write_config(options, institution));
  return Result<OwnKeys>(std::move(keys));
}

Result<SecretKey> init_follower(const InitOptions& options, const InstitutionId& institution) {
  TM_TRY_STATUS(check_free(options));
  TM_TRY_STATUS(make_directory(options.directory));
  constexpr NamedKey kKey[] = {{KeyPurpose::kTransport, SignatureAlgorithm::kEd25519}};
  OwnKeys keys;
  TM_TRY_STATUS(make_keys(options.directory / "keys", kKey, keys));
  TM_TRY_STATUS(make_directory(options.directory / "data"));
  TM_TRY_STATUS(write_config(options, institution, {{"keys.consensus", toml_text("")}}));
  return std::move(keys.front().second);
}

namespace {

// In the text of a configuration, so that its comments stay.
Status put_institution(std::string& text, const NodeConfig& config, const InstitutionId& id) {
  if (config.institution == id) return {};
  const std::string now = config.institution ? to_text(*config.institution) : "";
  const std::string before = "\ninstitution = " + toml_text(now);
  const auto at = text.find(before);
  if (at == std::string::npos || text.find(before, at + 1) != std::string::npos) {
    return error(config.file.string() + ": write node.institution = " + toml_text(to_text(id)) +
                 " there yourself: its line is not as init wrote it");
  }
  text.replace(at, before.size(), "\ninstitution = " + toml_text(to_text(id)));
  return {};
}

// Public keys of this node as party files write them; what cannot be read is told by a start.
std::vector<std::string> own_keys(const NodeConfig& config) {
  std::vector<std::string> keys;
  const std::pair<fs::path, KeyPurpose> files[] = {{config.consensus_key, KeyPurpose::kConsensus},
                                                   {config.transport_key, KeyPurpose::kTransport}};
  for (const auto& [file, purpose] : files) {
    const auto key = read_key_file(file, purpose);
    if (key.ok()) keys.push_back(to_hex(key->public_key().bytes));
  }
  return keys;
}

bool holds_one_of(const std::vector<std::string>& keys, const std::vector<std::string>& own) {
  return std::ranges::any_of(
      own, [&keys](const auto& key) { return std::ranges::find(keys, key) != keys.end(); });
}

Status refuse_member(const InstitutionId& institution, const NodeConfig& config) {
  return error("--institution " + to_text(institution) +
               " is another member, whose keys are not "
               "those in " +
               config.transport_key.parent_path().string() +
               ": nothing was changed. Give the id that the registration of this node's own keys "
               "printed");
}

// A registration gives a new id, so that one which founders or the others' files have is theirs.
Status check_is_own(const InstitutionId& institution, const NodeConfig& config,
                    const std::vector<std::string>& own, const ledger::Genesis& genesis,
                    const std::vector<PartyAddress>& parties) {
  if (own.empty()) return {};
  for (const auto& party : genesis.content.parties) {
    if (ledger::party_id(party) != institution || party.keys.empty()) continue;
    std::vector<std::string> keys;
    for (const auto& key : party.keys) keys.push_back(to_hex(key.key.bytes));
    if (!holds_one_of(keys, own)) return refuse_member(institution, config);
  }
  for (const auto& party : genesis.content.parties) {
    std::vector<std::string> keys;
    for (const auto& key : party.keys) keys.push_back(to_hex(key.key.bytes));
    if (!holds_one_of(keys, own) || ledger::party_id(party) == institution) continue;
    return error("--institution " + to_text(institution) +
                 ": the keys of this node founded the ledger as " +
                 to_text(ledger::party_id(party)) +
                 ": nothing was changed. Leave the option out; it is for an institution that was "
                 "registered later");
  }
  for (const auto& party : parties) {
    if (party.institution == institution && !holds_one_of(party.keys, own))
      return refuse_member(institution, config);
  }
  return {};
}

// Keys that found a ledger are good for no other node, so that a founder who took the record of
// another ledger by a slip may take its own, as long as nothing was kept under the first: neither
// blocks nor votes. Empty: it may.
std::string other_record_advice(const NodeConfig& config, const ledger::Genesis& present,
                                const ledger::Genesis& next) {
  if (is_founder(present, config.institution) || !is_founder(next, config.institution))
    return "For another ledger make another node (testamurd init)";
  const auto journal = journal_directory(config.data_dir).string();
  const auto votes = read_vote_store_identity(*make_posix_file_system(), journal);
  if (!votes.ok() || (*votes && (*votes)->used))
    return "For another ledger make another node (testamurd init)";
  const auto store = store_directory(config.data_dir);
  if (!is_there(store)) return {};
  return "The node has not voted yet, and it founds the ledger of that record: where the first one "
         "was a slip, stop the node, move " +
         store.string() + " away and run this again";
}

// A node follows one ledger for good: its store and votes are of no other.
Status check_follows(const NodeConfig& config, const fs::path& record,
                     const ledger::Genesis& genesis, std::vector<std::string>* notes) {
  if (!is_there(config.genesis)) return {};
  const auto present = load_genesis(config.genesis);
  if (!present.ok()) {
    return error(
        "node.genesis names " + config.genesis.string() +
        ", which is there and is no genesis record: nothing was changed. Name another file "
        "there");
  }
  if (present->chain == genesis.chain) return {};
  const bool recovery =
      genesis.content.continues && genesis.content.continues->chain() == present->chain;
  const std::string advice = recovery
                                 ? "It continues the node's ledger: take it with testamurd recover"
                                 : other_record_advice(config, *present, genesis);
  if (advice.empty()) {
    if (notes != nullptr) {
      notes->push_back("the record of " + to_text(present->chain) +
                       " is replaced by that of the ledger which this node founds; what was "
                       "written of the other's nodes ([[peer]]) stays in " +
                       config.file.string());
    }
    return {};
  }
  return error("this node follows " + to_text(present->chain) + ", and " + record.string() +
               " is the record of " + to_text(genesis.chain) + ": nothing was changed. " + advice);
}

// Ourselves (a registration changes the id) and nodes that nobody can reach are no peers. The first
// node of its institution is one of a node that only follows.
bool is_peer(const PartyAddress& party, const NodeConfig& config,
             const std::vector<std::string>& own, const std::optional<InstitutionId>& founder,
             bool registered) {
  const bool own_id = !config.consensus_key.empty() &&
                      (party.institution == config.institution || party.institution == founder);
  const bool own_address = registered && party.peer_address == config.peer_listen;
  return !own_id && !own_address && !holds_one_of(party.keys, own) && !party.peer_address.empty();
}

}  // namespace

namespace {

// What a party file does not do, whoever wrote it.
void note_party(std::vector<std::string>& notes, const fs::path& file, const PartyAddress& party,
                const ledger::Genesis& genesis) {
  if (party.peer_address.empty()) {
    notes.push_back(file.string() + " has no peer_address: nothing was written for it. Ask " +
                    to_text(party.institution) + " where its node is reached");
    return;
  }
  if (is_founder(genesis, party.institution) || genesis.content.continues) return;
  notes.push_back(file.string() + " is of " + to_text(party.institution) +
                  ", which founded another ledger or joined later: its node is dialled only if "
                  "this ledger knows that institution. A registration gives an id that the file "
                  "may lack");
}

// Where a peer is reached now is for its operator to say, and which of two addresses is the newer
// one no file tells. An entry that nobody changed would be dialled for ever.
Status check_known_address(const fs::path& file, const PartyAddress& party,
                           const NodeConfig& config) {
  const auto is_of = [&party](const PeerEntry& peer) {
    return peer.institution == party.institution;
  };
  const auto known = std::ranges::find_if(config.peers, is_of);
  const bool same = std::ranges::any_of(config.peers, [&](const PeerEntry& peer) {
    return is_of(peer) && peer.address == party.peer_address;
  });
  if (known == config.peers.end() || same) return {};
  return error(file.string() + " says that " + to_text(party.institution) + " is reached at " +
               party.peer_address + ", and [[peer]] in " + config.file.string() + " has " +
               known->address +
               ": nothing was changed. Where it has moved, write the new address there (SIGHUP "
               "makes a node that runs read it); where not, leave this file out");
}

}  // namespace

Status join_ledger(const fs::path& config_file, const fs::path& genesis,
                   const std::vector<fs::path>& parties,
                   const std::optional<InstitutionId>& institution,
                   std::vector<std::string>* notes) {
  TM_TRY(auto checked, load_genesis(genesis));
  TM_TRY(auto config, load_config(config_file));
  TM_TRY_STATUS(check_owner(config.file));
  TM_TRY(auto text, read_text(config.file));
  std::vector<PartyAddress> others;
  for (const auto& path : parties) {
    TM_TRY(auto party, read_party_address(path));
    others.push_back(std::move(party));
  }

  // All of it before anything is written.
  TM_TRY_STATUS(check_follows(config, genesis, checked, notes));
  const auto founder = config.institution;
  const auto own = own_keys(config);
  if (institution) {
    TM_TRY_STATUS(check_is_own(*institution, config, own, checked, others));
    TM_TRY_STATUS(put_institution(text, config, *institution));
    config.institution = *institution;
  }

  const auto may_be_peer = [&](const PartyAddress& party) {
    return is_peer(party, config, own, founder, institution.has_value());
  };
  for (std::size_t at = 0; at < others.size(); ++at) {
    if (may_be_peer(others[at]))
      TM_TRY_STATUS(check_known_address(parties[at], others[at], config));
  }

  TM_TRY_STATUS(write_file(config.genesis, ledger::encode(checked), true));

  for (std::size_t at = 0; at < others.size(); ++at) {
    const auto& party = others[at];
    const bool ours = holds_one_of(party.keys, own) || party.institution == founder;
    if (notes != nullptr && !ours) note_party(*notes, parties[at], party, checked);
    if (!may_be_peer(party)) continue;

    // Repeating the command, or a file, adds nobody twice.
    const bool there = std::ranges::any_of(config.peers, [&party](const PeerEntry& peer) {
      return peer.institution == party.institution;
    });
    if (there) continue;

    config.peers.push_back({party.institution, party.peer_address, {}});
    text += "\n[[peer]]\ninstitution = " + toml_text(to_text(party.institution)) +
            "\naddress = " + toml_text(party.peer_address) + "\n";
  }

  return write_file(config.file, as_bytes(text), true);
}

Result<ledger::Genesis> found_ledger(std::vector<ledger::GenesisParty> parties,
                                     const std::vector<const SecretKey*>& roots,
                                     std::uint64_t time_ms, const ledger::Parameters& parameters) {
  ledger::GenesisInput input;
  input.time_ms = time_ms;
  input.protocol_version =
      ledger::kNewestProtocol;  // a new ledger has no blocks that older rules made

  input.parameters = parameters;

  // Only validators have a seat; an observer may bring a consensus key for later.
  for (const auto& party : parties) {
    for (const auto& key : party.keys) {
      if (key.purpose != KeyPurpose::kConsensus) continue;
      if (party.institution_class != ledger::tx::InstitutionClass::kValidator) continue;
      input.validators.push_back({ledger::party_id(party), key_id(key.purpose, key.key)});
    }
  }

  input.parties = std::move(parties);
  TM_TRY(auto genesis, ledger::make_genesis(std::move(input)));
  const auto message = ledger::founder_message(genesis.chain);

  // The signatures are part of no id and have one order, so that a record has one encoding.
  for (const auto* root : roots) {
    genesis.signatures.push_back(
        {key_id(KeyPurpose::kRoot, root->public_key()), root->sign(message.view())});
  }
  std::ranges::sort(genesis.signatures, {}, &ledger::FounderSignature::root_key);

  // Read again as everybody will read it: what is given out is a valid genesis.
  return ledger::decode_genesis(ledger::encode(genesis));
}

Result<InstitutionId> make_single_node(const InitOptions& options, std::uint64_t time_ms) {
  TM_TRY(auto party, init_node(options));
  const auto id = ledger::party_id(party);
  TM_TRY(auto root, read_key_file(options.issuer_keys / "root.key", KeyPurpose::kRoot));
  TM_TRY(auto genesis, found_ledger({std::move(party)}, {&root}, time_ms, {}));
  TM_TRY_STATUS(write_file(options.directory / "genesis.bin", ledger::encode(genesis)));
  return id;
}

}  // namespace testamur::node
