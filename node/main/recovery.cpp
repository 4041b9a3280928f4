// Both halves of a recovery: the draft that one surviving node makes from its store, and what every
// surviving node does with the signed record. Each step is safe to repeat after a crash: what is
// done already is found on disk and left as it is. The node's lock is held for all of it.
#include "node/main/recovery.h"

#include <algorithm>
#include <cstdlib>

#include "consensus/values/codec.h"
#include "files/durable_file.h"
#include "files/key_file.h"
#include "files/party_file.h"
#include "files/paths.h"
#include "ledger/validators.h"
#include "node/chain/chain.h"
#include "node/config/genesis_file.h"
#include "node/main/operator_file.h"
#include "node/store/store.h"
#include "node/store/vote_store.h"
#include "node/validator/node_keys.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

// A node that does not run, held.
struct Held {
  std::unique_ptr<FileSystem> files = make_posix_file_system();
  std::unique_ptr<FileLock> lock;
};

Result<Held> hold(const NodeConfig& config) {
  Held held;
  TM_TRY_STATUS(check_owner(config.data_dir));
  TM_TRY_STATUS(held.files->create_directory(config.data_dir.string()));
  auto lock = held.files->lock((config.data_dir / "lock").string());
  if (!lock.ok()) return error("stop the node first: " + lock.message());
  held.lock = std::move(lock).value();
  return held;
}

// The store of a backup in a directory of its own that goes with this object.
class OpenedBackup {
 public:
  OpenedBackup() = default;
  OpenedBackup(const OpenedBackup&) = delete;
  OpenedBackup& operator=(const OpenedBackup&) = delete;
  ~OpenedBackup() {
    std::error_code ignored;
    if (!directory_.empty()) fs::remove_all(directory_, ignored);
  }
  Result<fs::path> restore(const fs::path& backup, const std::optional<Height>& height) {
    std::error_code failure;
    std::string pattern = (fs::temp_directory_path(failure) / "testamur-recovery-XXXXXX").string();
    if (failure || ::mkdtemp(pattern.data()) == nullptr)
      return error("no temporary directory can be made");
    directory_ = pattern;
    TM_TRY_STATUS(restore_backup(backup.string(), (directory_ / "store").string(), height));
    return directory_ / "store";
  }

 private:
  fs::path directory_;
};

Result<std::unique_ptr<Store>> open_store(const fs::path& directory) {
  if (!is_there(directory)) return error("there is no store in " + directory.string());
  return Store::open(directory.string(), StoreOptions{});
}

// The highest block that the journal proves final.
Result<Height> last_final(Held& held, const fs::path& directory) {
  Height highest;
  if (!is_there(directory)) return highest;
  auto note = [&highest](const JournalPosition&, std::uint8_t type, ByteView bytes) -> Status {
    if (static_cast<consensus::RecordKind>(type) != consensus::RecordKind::kFinality) return {};
    if (auto record = consensus::decode_finality_record(bytes))
      highest = std::max(highest, record->height);
    return {};
  };
  TM_TRY(auto journal, Journal::open(*held.files, directory.string(), {}, note));
  return highest;
}

Result<ledger::Checkpoint> checkpoint_at(const Snapshot& state, Height height) {
  auto header = state.header(height);
  auto certificate = state.certificate(height);
  if (!header || !certificate || certificate->empty()) {
    return error(
        "block " + std::to_string(height.value) +
        " is the first of its ledger and has no certificate: there is nothing to continue");
  }
  Bytes joined = *header;
  joined.insert(joined.end(), certificate->begin(), certificate->end());
  return ledger::decode_checkpoint(joined);
}

Status add_seats(ledger::GenesisInput& input, const std::vector<InstitutionId>& keep) {
  const auto& set = input.continues->set();
  for (const auto& institution : keep) {
    const auto seat =
        std::ranges::find(set.members(), institution, &ledger::CertifyingSet::Member::institution);
    if (seat == set.members().end()) {
      return error(to_text(institution) +
                   " is no validator of the ledger's last set: it cannot be kept");
    }
    input.validators.push_back({institution, ledger::consensus_key_id(*seat)});
  }
  return {};
}

}  // namespace

Result<ledger::Genesis> draft_recovery(const NodeConfig& config,
                                       const RecoveryDraftOptions& options) {
  TM_TRY(auto held, hold(config));

  OpenedBackup opened;
  fs::path directory = store_directory(config.data_dir);
  if (!options.backup.empty()) {
    TM_TRY(directory, opened.restore(options.backup, options.height));
  }

  TM_TRY(auto store, open_store(directory));
  auto state = store->snapshot();
  auto height = state->height();
  if (!height) return error("the store in " + directory.string() + " is empty");

  // What the journal proves final and the store lacks would be cut off from the ledger.
  if (options.backup.empty()) {
    TM_TRY(auto final, last_final(held, journal_directory(config.data_dir)));
    if (final > *height) {
      return error("the store holds block " + std::to_string(height->value) +
                   " and the journal proves block " + std::to_string(final.value) +
                   " final: start the node once and stop it, then repeat");
    }
  }

  TM_TRY(auto last, checkpoint_at(*state, *height));
  auto certified_by = ledger::validators_of_epoch(*state, last.header.epoch);
  if (!certified_by) return error("the store does not know the validators of its last block");

  ledger::GenesisInput input;
  // A block's time never goes back, whatever the clock of this machine says.
  input.time_ms = std::max(options.time_ms, last.header.time_ms);
  input.protocol_version = last.header.protocol_version;
  input.parameters = ledger::read_parameters(*state);

  TM_TRY(input.continues,
         ledger::make_continues(*state, std::move(last), std::move(*certified_by)));

  TM_TRY_STATUS(add_seats(input, options.keep));
  return ledger::draft_genesis(std::move(input));
}

namespace {

// Where the store stands with regard to the recovery: before it (false) or behind it already
// (true). `backup`: what it was made from just now, empty for the node's own.
Result<bool> is_recovered(const Snapshot& state, const ledger::Genesis& genesis,
                          const fs::path& backup) {
  const auto& last = genesis.content.continues->last.header;

  auto height = state.height();
  if (!height || *height < last.height) {
    const auto holds = " holds block " + std::to_string(height.value_or(Height{}).value) +
                       ", the recovery continues block " + std::to_string(last.height.value);
    if (!backup.empty())
      return error("the backup in " + backup.string() + holds + ": take a later one");
    return error("the store" + holds +
                 ": move the store away and take a backup of a node that has it (--from)");
  }

  // Height alone says nothing: another ledger has a block of that height too.
  auto stored = state.header(last.height);
  if (!stored || ledger::block_id(ByteView(*stored)) != ledger::block_id(last)) {
    return error("block " + std::to_string(last.height.value) + " of the " +
                 (backup.empty() ? "store" : "backup in " + backup.string()) +
                 " is another than the one that the recovery continues: it is of "
                 "another ledger");
  }

  // The store ends with the last block that the recovery keeps: it is still to be done.
  if (*height == last.height) return false;
  auto next = state.header(last.height.next());
  auto header =
      next ? ledger::decode_header(*next) : Result<ledger::Header>(error("it is missing"));

  // Above that block only blocks of the recovered ledger may stand.
  if (!header.ok() || header->chain != genesis.chain) {
    return error("the store holds final blocks above " + std::to_string(last.height.value) +
                 ", which the recovery would cut off: make the record from this node's store");
  }
  return true;
}

// Whether the node has already gone on in the recovered ledger.
Result<bool> apply_recovery(Store& store, const ledger::Genesis& genesis, const fs::path& backup) {
  auto state = store.snapshot();
  TM_TRY(const bool done, is_recovered(*state, genesis, backup));
  if (done) return *state->height() > genesis.content.continues->last.header.height.next();
  TM_TRY(auto built, ledger::build_recovery_state(genesis, *state));
  const auto header = ledger::encode(built.header);
  TM_TRY_STATUS(store.apply({built.header.height, header, {}, {}, *built.delta}));
  TM_TRY_STATUS(store.sync_wal());
  return false;
}

std::string name_of(const ChainId& chain) { return to_text(chain).substr(0, 16); }

// Of a store that names the key and was never used, what was true of the old one.
QuarantineReason of_fresh_store(QuarantineReason old) {
  if (old == QuarantineReason::kOtherKey) return QuarantineReason::kImportedKey;
  return old == QuarantineReason::kVoteStoreEmptied ? QuarantineReason::kNoVoteStore : old;
}

// A fresh vote store for the consensus keys that are here: under the new chain id none of them has
// signed anything, as long as the votes of the old ledger are still here to show that this is where
// they were used.
Status renew_vote_store(Held& held, const NodeConfig& config, const ChainId& old) {
  const auto directory = journal_directory(config.data_dir);
  const auto aside = fs::path(directory.string() + "." + name_of(old));

  if (is_there(aside) && is_there(directory)) return {};  // done before a crash

  std::vector<ConsensusPublicKey> keys;
  for (const auto& file :
       {config.consensus_key, fs::path(config.consensus_key.string() + ".next")}) {
    if (!is_there(file)) continue;
    TM_TRY(auto key, read_key_file(file, KeyPurpose::kConsensus));
    keys.push_back(*ConsensusPublicKey::from(key.public_key().bytes));
  }

  // The old votes, here or set aside already, show that this is where the keys were used. A key
  // that they do not know, or that waited beside them for its quarantine's end, may be a copy: the
  // node that used it may vote as well.
  std::optional<QuarantineReason> reason;
  for (const auto& key : keys) {
    const auto& old_votes = is_there(directory) ? directory : aside;
    TM_TRY(const auto why, quarantine(*held.files, old_votes.string(), key));
    if (!reason && why) reason = of_fresh_store(*why);
  }

  // Set aside and never removed: the old ledger's votes stay what they were.
  if (is_there(directory)) {
    std::error_code failure;
    fs::rename(directory, aside, failure);
    if (failure) return error("cannot rename " + directory.string() + ": " + failure.message());
  }

  TM_TRY_STATUS(held.files->create_directory(directory.string()));
  const auto first = keys.empty() ? ConsensusPublicKey{} : keys.front();
  const auto further = std::span(keys).subspan(keys.empty() ? 0 : 1);
  TM_TRY_STATUS(create_vote_store(*held.files, directory.string(), random_fixed<JournalId>(), first,
                                  reason, further));

  return held.files->sync_directory(config.data_dir.string());
}

// What lies beside the keys speaks of the votes of the old ledger, which no longer count.
Status note_fresh_votes(Held& held, const NodeConfig& config) {
  TM_TRY(const bool waits,
         is_quarantined(*held.files, journal_directory(config.data_dir).string()));
  return waits ? Status{} : NodeKeys(*held.files, config).note_votes(0);
}

Status install_record(const NodeConfig& config, const ledger::Genesis& genesis,
                      const ChainId& old) {
  const auto record = ledger::encode(genesis);
  auto present = read_text(config.genesis);
  if (present.ok() && !equal(as_bytes(*present), record)) {
    const auto aside = config.genesis.string() + "." + name_of(old);
    TM_TRY_STATUS(write_file(aside, as_bytes(*present), true));
  }
  return write_file(config.genesis, record, true);
}

}  // namespace

Result<Height> recover_node(const NodeConfig& config, const fs::path& genesis_file,
                            const fs::path& backup, const std::optional<Height>& backup_height) {
  TM_TRY(auto genesis, load_genesis(genesis_file));
  if (!genesis.content.continues) {
    return error(genesis_file.string() +
                 " continues no ledger: a new one is followed with `testamurd join`");
  }
  const auto old = genesis.content.continues->chain();
  // The folder of another ledger's node has nothing that is to be moved away.
  // One that missed a recovery before this follows an earlier ledger still, and takes a backup.
  if (const auto followed = load_genesis(config.genesis);
      backup.empty() && followed.ok() && followed->chain != old && followed->chain != genesis.chain)
    return error("this is a node of the ledger " + to_text(followed->chain) + ", and " +
                 genesis_file.string() + " continues " + to_text(old) +
                 ": name the configuration of a node of that one; nothing was changed");
  TM_TRY(auto held, hold(config));
  const auto directory = store_directory(config.data_dir);
  if (!backup.empty()) {
    if (is_there(directory)) {
      return error(directory.string() +
                   " is still there: move it away first, a backup never overwrites");
    }
    TM_TRY_STATUS(restore_backup(backup.string(), directory.string(), backup_height));
  }
  const auto ran = [&]() -> Result<bool> {
    TM_TRY(auto store, open_store(directory));
    return apply_recovery(*store, genesis, backup);
  }();
  // A backup of another ledger is no store of this node: the right one would find its place taken.
  std::error_code ignored;
  if (!ran.ok() && !backup.empty()) fs::remove_all(directory, ignored);
  if (!ran.ok()) return error(ran.message());
  // A node that has run may have voted: its vote store, or the lack of one, stays what it is.
  if (!*ran) TM_TRY_STATUS(renew_vote_store(held, config, old));
  if (!*ran) TM_TRY_STATUS(note_fresh_votes(held, config));
  TM_TRY_STATUS(install_record(config, genesis, old));
  return genesis.content.continues->last.header.height.next();
}

Status make_replacement(const InitOptions& init, const ChainId& chain,
                        const InstitutionId& institution) {
  TM_TRY(auto keys, init_replacement(init, institution));
  std::vector<ledger::ReplacedKey> replaced;
  for (const auto& [purpose, key] : keys) {
    const auto message = possession_message(chain, institution, purpose, key.public_key());
    replaced.push_back({institution, purpose, key.public_key(), key.sign(message.view())});
  }
  return write_file(init.directory / "node-keys.toml", as_bytes(node_keys_text(chain, replaced)));
}

}  // namespace testamur::node
