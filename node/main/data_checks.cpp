// A start that finds half of a vote store or of a store must say which part is gone, before RocksDB
// or the journal says it in words of its own. Whatever may hold the only votes of a key is left as
// it is: every cure moves it aside.
#include "node/main/data_checks.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/access.h"
#include "files/key_file.h"
#include "files/paths.h"
#include "node/store/file.h"
#include "node/store/vote_store.h"
#include "node/validator/vote_note.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

void damaged(Preflight& found, std::string what) {
  found.problems.push_back(std::move(what));
  found.disk = true;
}

bool is_forbidden(const fs::path& path, int how) {
  return ::access(path.c_str(), how) != 0 && errno == EACCES;
}

// False, and told, where the system refuses it to this user.
bool check_access(Preflight& found, const fs::path& path, int how) {
  if (!is_forbidden(path, how)) return true;
  found.problems.push_back(path.string() + " cannot be used: " + std::strerror(EACCES) +
                           access_cure(EACCES, path.string()));
  return false;
}

// The names in a folder; none where there is no such folder.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  if (!is_folder(folder)) return names;
  auto listed = make_posix_file_system()->list(folder.string());
  return listed.ok() ? std::move(*listed) : names;
}

bool any_ends_with(const std::vector<std::string>& names, std::string_view end) {
  return std::ranges::any_of(names, [end](const auto& name) { return name.ends_with(end); });
}

// Whether it can be used at all: a file in its place, or one that root has made.
bool check_folder(Preflight& found, const fs::path& folder) {
  std::error_code failure;
  const auto kind = fs::status(folder, failure);
  if (fs::exists(kind) && !fs::is_directory(kind)) {
    found.problems.push_back(folder.string() +
                             " is a file, and the node keeps a folder of that name in "
                             "node.data_dir: move the file away, or name another data directory");
    return false;
  }

  if (!check_access(found, folder, R_OK | W_OK | X_OK)) return false;
  bool usable = true;
  for (const auto& name : names_in(folder))
    usable = check_access(found, folder / name, R_OK | W_OK) && usable;
  return usable;
}

// False where nothing more can be said of its votes.
bool check_vote_store_parts(Preflight& found, const fs::path& journal) {
  const std::string cure = ": put it back from where it was moved, or move " + journal.string() +
                           " aside and keep it; the node then begins in quarantine";
  const auto names = names_in(journal);
  const auto files = make_posix_file_system();
  const auto identity = read_vote_store_identity(*files, journal.string());

  if (!identity.ok()) {
    damaged(found, identity.message());
    return false;
  }
  if (!*identity && any_ends_with(names, ".seg")) {
    damaged(found, "the vote store lacks " + (journal / "identity").string() +
                       ", which says whose votes these are" + cure);
    return false;
  }
  if (*identity && (*identity)->used && !any_ends_with(names, ".seg")) {
    damaged(found, "the vote store in " + journal.string() +
                       " says that votes were journaled, and its segments (*.seg) are gone" + cure);
    return false;
  }
  return true;
}

// Without CURRENT RocksDB would begin a new store over what is left of this one.
void check_store_parts(Preflight& found, const fs::path& store) {
  const auto names = names_in(store);
  if (!any_ends_with(names, ".sst") || std::ranges::find(names, "CURRENT") != names.end()) return;
  damaged(found, "the store lacks " + (store / "CURRENT").string() +
                     ", which says which of its files count: put it back, or move " +
                     store.string() +
                     " aside and let the node fetch the ledger again from its peers, or restore a "
                     "backup");
}

// A key that votes beside the votes of another node: its own would be missing, and that one's be
// taken for its own.
Status check_votes_of(const NodeConfig& config, const ConsensusPublicKey& key) {
  const auto files = make_posix_file_system();
  TM_TRY(const auto reason, quarantine(*files, journal_directory(config.data_dir).string(), key));
  if (reason != QuarantineReason::kOtherKey) return {};
  return error("node.data_dir = " + config.data_dir.string() +
               " is that of another node: its votes are of another key than " +
               config.consensus_key.string() +
               ". Does another node still run with this key? Two nodes with one key sign twice: a "
               "second node of the institution has keys.consensus = \"\" (testamurd init "
               "--second-node-of). Else name the data of this key; where they are lost for good, a "
               "folder that is not there yet: the node then begins in quarantine");
}

// A data directory that was named wrongly looks like a new one: the node would begin empty, and
// miss its votes.
void note_missing_votes(Preflight& found, const NodeConfig& config) {
  const auto journal = journal_directory(config.data_dir);
  found.notes.push_back(journal.string() + (is_there(journal) ? " is empty" : " is not there") +
                        ", and the consensus key " + config.consensus_key.string() +
                        " is there: the node begins empty and in quarantine. Where it has run "
                        "before, node.data_dir names another folder than then. Never while "
                        "another node runs with this key: two nodes with one key sign twice");
}

// As the second node of an institution is, whose voting key is never copied to it.
void note_imported_key(Preflight& found, const NodeConfig& config, const ConsensusPublicKey& key) {
  const auto journal = journal_directory(config.data_dir);
  const auto reason = quarantine(*make_posix_file_system(), journal.string(), key);
  if (!reason.ok() || *reason != QuarantineReason::kImportedKey) return;
  found.notes.push_back("the data in " + config.data_dir.string() +
                        " were followed without a key, and " + config.consensus_key.string() +
                        " is named now: the node is in quarantine until the others have told it "
                        "what the key may have voted for. Never while another node runs with this "
                        "key: two nodes with one key sign twice");
}

void note_other_votes(Preflight& found, const NodeConfig& config, const ConsensusPublicKey& key) {
  const auto file = vote_note_of(config.consensus_key);
  const auto note = read_vote_note(file);
  if (!note.ok()) found.problems.push_back(note.message());
  if (!note.ok() || !*note) return;

  const auto files = make_posix_file_system();
  const auto identity =
      read_vote_store_identity(*files, journal_directory(config.data_dir).string());
  if (!identity.ok() || !*identity) return;
  // How far it has got is known when it is opened.
  if (!contradicts(**note, key, (*identity)->journal, (*note)->groups)) return;
  found.notes.push_back("the key " + config.consensus_key.string() +
                        " voted last with another vote store than " +
                        journal_directory(config.data_dir).string() + " (" + file.string() +
                        "): the node begins in quarantine. Where node.data_dir is not the folder "
                        "with which it ran last, name that one");
}

// What a restore that was ended in the middle has left: as large as a ledger, and of no use.
void note_unfinished_restore(Preflight& found, const fs::path& store) {
  for (const char* ending : {".unchecked", ".unchecked.restoring"}) {
    const auto left = fs::path(store.string() + ending);
    if (!is_there(left)) continue;
    const std::string cure = is_there(store) ? "remove it"
                                             : "run testamurd restore again; without it the node "
                                               "begins empty and fetches the ledger from its peers";
    found.notes.push_back(left.string() +
                          " is left of a restore that did not come to its end: " + cure);
  }
}

// False where nothing more can be said of what lies in them.
bool check_folders(Preflight& found, const NodeConfig& config) {
  bool usable = check_access(found, config.data_dir, R_OK | W_OK | X_OK) &&
                check_access(found, config.data_dir / "lock", R_OK | W_OK);
  if (!usable) return false;

  for (const auto& folder : {journal_directory(config.data_dir), store_directory(config.data_dir),
                             config.data_dir / "evidence", decisions_directory(config.data_dir)})
    usable = check_folder(found, folder) && usable;
  return usable;
}

// What is here of the votes that the key has given.
void check_votes(Preflight& found, const NodeConfig& config, const SecretKey& key) {
  const auto journal = journal_directory(config.data_dir);
  if (!is_there(journal)) return note_missing_votes(found, config);

  const auto own = *ConsensusPublicKey::from(key.public_key().bytes);
  if (!check_vote_store_parts(found, journal)) return;
  const auto identity = read_vote_store_identity(*make_posix_file_system(), journal.string());
  if (identity.ok() && !*identity) return note_missing_votes(found, config);

  const auto votes = check_votes_of(config, own);
  if (!votes.ok()) return found.problems.push_back(votes.message());
  note_imported_key(found, config, own);
  note_other_votes(found, config, own);
}

}  // namespace

void check_data(Preflight& found, const NodeConfig& config) {
  if (!check_folders(found, config)) return;

  const auto store = store_directory(config.data_dir);
  check_store_parts(found, store);
  note_unfinished_restore(found, store);

  if (config.consensus_key.empty() || !is_there(config.consensus_key)) return;
  const auto key = read_key_file(config.consensus_key, KeyPurpose::kConsensus);
  if (key.ok()) check_votes(found, config, *key);  // else told already
}

}  // namespace testamur::node
