#include "node/main/restore.h"

#include "files/durable_file.h"
#include "files/key_file.h"
#include "files/paths.h"
#include "ledger/header.h"
#include "ledger/validators.h"
#include "node/config/genesis_file.h"
#include "node/main/operator_file.h"
#include "node/store/store.h"
#include "node/store/vote_store.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

// A folder for what is not known yet to be of use; what is in it goes with this object, and so does
// the folder above where that was not there before.
class Unchecked {
 public:
  explicit Unchecked(fs::path store)
      : path_(store.string() + ".unchecked"),
        above_(is_there(store.parent_path()) ? "" : store.parent_path()) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Unchecked(const Unchecked&) = delete;
  Unchecked& operator=(const Unchecked&) = delete;
  ~Unchecked() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    if (!above_.empty()) fs::remove(above_, ignored);  // as long as it is empty
  }
  const fs::path& path() const { return path_; }

 private:
  const fs::path path_, above_;
};

Status check_lost(const NodeConfig& config) {
  // A store or journal that is there may hold the only votes of this key.
  for (const auto& directory :
       {store_directory(config.data_dir), journal_directory(config.data_dir)}) {
    if (!is_there(directory)) continue;
    return error(directory.string() +
                 " is still there: restore is for a node whose data are lost, and never "
                 "overwrites. If they are damaged, move the whole data directory aside and keep "
                 "it: the votes of this node's key are in it");
  }
  return {};
}

Result<ledger::Header> newest_header(const Snapshot& state, const std::string& what) {
  const auto height = state.height();
  if (!height) return error(what + " holds no block");
  const auto bytes = state.header(*height);
  if (!bytes) return error(what + " lacks its newest block");
  return ledger::decode_header(*bytes);
}

Result<RestoredBackup> look_into(const NodeConfig& config, const ledger::Genesis& genesis,
                                 const fs::path& store, const fs::path& backup) {
  TM_TRY(const auto opened, Store::open(store.string(), StoreOptions{}));
  const auto state = opened->snapshot();
  const std::string what = "the backup in " + backup.string();
  TM_TRY(const auto header, newest_header(*state, what));
  if (header.chain != genesis.chain) {
    return error(what + " is of the ledger " + to_text(header.chain) + ", and this node follows " +
                 to_text(genesis.chain) +
                 ": nothing was changed. Name a backup of this ledger, or start the node without "
                 "one: it fetches the ledger from the others");
  }

  const auto set = ledger::read_validators(*state);
  const bool alone =
      set.members().size() == 1 && set.members().front().institution == config.institution;
  return RestoredBackup{header.height, header.time_ms, false, alone};
}

}  // namespace

Result<RestoredBackup> restore_node(const NodeConfig& config, const fs::path& backup,
                                    const std::optional<Height>& height) {
  const auto store = store_directory(config.data_dir);
  TM_TRY_STATUS(check_owner(config.data_dir));
  TM_TRY(const auto genesis, load_genesis(config.genesis));
  TM_TRY_STATUS(check_lost(config));

  // Keys may lie beside: others must not even list it.
  const Unchecked unchecked(store);
  const auto files = make_posix_file_system();
  TM_TRY_STATUS(files->create_directory(config.data_dir.string()));
  std::error_code failure;
  fs::permissions(config.data_dir, fs::perms::owner_all, failure);
  if (failure)
    return error("the directory " + config.data_dir.string() +
                 " cannot be closed to others: " + failure.message());

  TM_TRY_STATUS(restore_backup(backup.string(), unchecked.path().string(), height));
  TM_TRY(auto restored, look_into(config, genesis, unchecked.path(), backup));
  fs::rename(unchecked.path(), store, failure);
  if (failure)
    return error("cannot rename " + unchecked.path().string() + ": " + failure.message());
  TM_TRY_STATUS(sync_directory_of(store));

  const auto key = read_key_file(config.consensus_key, KeyPurpose::kConsensus);
  if (!key.ok()) return restored;  // an observer has no votes to lose

  // What the node voted after the backup is not in it (decision 0605).
  restored.votes = true;
  const auto journal = journal_directory(config.data_dir);
  TM_TRY_STATUS(files->create_directory(journal.string()));
  TM_TRY_STATUS(create_vote_store(*files, journal.string(), random_fixed<JournalId>(),
                                  *ConsensusPublicKey::from(key->public_key().bytes),
                                  QuarantineReason::kRestored));
  return restored;
}

}  // namespace testamur::node
