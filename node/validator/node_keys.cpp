#include "node/validator/node_keys.h"

#include "files/durable_file.h"
#include "files/key_file.h"
#include "files/paths.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

fs::path next_of(const fs::path& file) { return file.string() + ".next"; }

ConsensusPublicKey consensus_public(const SecretKey& key) {
  return *ConsensusPublicKey::from(key.public_key().bytes);
}

}  // namespace

NodeKeys::NodeKeys(FileSystem& files, const NodeConfig& config)
    : files_(files), config_(config), journal_(journal_directory(config.data_dir).string()) {}

fs::path NodeKeys::file_of(KeyPurpose purpose) const {
  return purpose == KeyPurpose::kConsensus ? config_.consensus_key : config_.transport_key;
}

Result<std::vector<SecretKey>> NodeKeys::read_consensus() const {
  std::vector<SecretKey> keys;
  const auto file = file_of(KeyPurpose::kConsensus);
  if (file.empty()) return keys;  // a node that only follows
  for (const auto& path : {file, next_of(file)}) {
    if (!is_there(path)) continue;
    TM_TRY(auto key, read_key_file(path, KeyPurpose::kConsensus));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::vector<SecretKey>> NodeKeys::consensus_keys() const {
  const std::lock_guard lock(mutex_);
  return read_consensus();
}

Result<NodeKeys::Consensus> NodeKeys::open_consensus() {
  const std::lock_guard lock(mutex_);
  Consensus opened;
  if (const auto file = file_of(KeyPurpose::kConsensus); !file.empty()) {
    for (const auto& path : {file, next_of(file)}) TM_TRY_STATUS(finish_erasing(path));
  }
  TM_TRY(opened.keys, read_consensus());
  std::vector<ConsensusPublicKey> own;
  for (const auto& key : opened.keys) own.push_back(consensus_public(key));
  TM_TRY(auto identity, read_vote_store_identity(files_, journal_));
  if (identity) {
    TM_TRY_STATUS(take_up_keys(files_, journal_, own));
  } else {
    // Keys without their vote store may have voted: they start in quarantine, all together, so that
    // none of them begins another one later.
    std::optional<QuarantineReason> reason;
    if (!own.empty()) reason = QuarantineReason::kNoVoteStore;
    const auto first = own.empty() ? ConsensusPublicKey{} : own.front();
    const auto further = std::span(own).subspan(own.empty() ? 0 : 1);
    TM_TRY_STATUS(
        create_vote_store(files_, journal_, random_fixed<JournalId>(), first, reason, further));
  }
  for (const auto& key : own) {
    TM_TRY(auto reason, quarantine(files_, journal_, key));
    if (!opened.quarantine) opened.quarantine = reason;
  }
  return opened;
}

Result<std::optional<QuarantineReason>> NodeKeys::later_votes(std::uint64_t groups) const {
  const std::lock_guard lock(mutex_);
  TM_TRY(const auto keys, read_consensus());
  std::optional<QuarantineReason> reason;
  if (keys.empty()) return reason;
  TM_TRY(const auto note, read_vote_note(vote_note_of(file_of(KeyPurpose::kConsensus))));
  TM_TRY(const auto identity, read_vote_store_identity(files_, journal_));
  if (!note || !identity) return reason;
  for (const auto& key : keys) {
    if (contradicts(*note, consensus_public(key), identity->journal, groups))
      reason = QuarantineReason::kOlderCopy;
  }
  return reason;
}

Result<std::optional<VoteNote>> NodeKeys::note_of_votes(std::uint64_t groups) const {
  const std::lock_guard lock(mutex_);
  TM_TRY(const auto keys, read_consensus());
  TM_TRY(const auto identity, read_vote_store_identity(files_, journal_));
  if (keys.empty() || !identity) return std::optional<VoteNote>{};
  VoteNote note{identity->journal, groups, {}};
  for (const auto& key : keys) note.keys.push_back(consensus_public(key));
  return std::optional(note);
}

// The strand asks for the keys: it does not wait for a disk that syncs a note.
Status NodeKeys::note_votes(std::uint64_t groups) {
  const auto note = note_of_votes(groups);
  Status noted;
  if (!note.ok()) {
    noted = error(note.message());
  } else if (*note) {
    noted = write_vote_note(vote_note_of(file_of(KeyPurpose::kConsensus)), **note);
  }

  const std::lock_guard lock(mutex_);
  votes_not_noted_ = noted.ok() ? "" : noted.message();
  return noted;
}

std::string NodeKeys::votes_not_noted() const {
  const std::lock_guard lock(mutex_);
  return votes_not_noted_;
}

Result<NodeKeys::Fresh> NodeKeys::make(KeyPurpose purpose) {
  const std::lock_guard lock(mutex_);
  const auto file = file_of(purpose);
  if (file.empty()) {
    return error(
        "keys.consensus is empty: this node only follows. Name a file there first; while the "
        "institution has a seat whose key is lost, the others vote that away before "
        "(docs/operating.md, \"A seat whose key is lost\")");
  }

  // A key in use keeps its file; the new one waits beside it until the ledger knows it.
  const auto path = is_there(file) ? next_of(file) : file;
  // Asked twice, the same key is shown: the operator may have registered it already.
  if (is_there(path)) {
    TM_TRY(auto key, read_key_file(path, purpose));
    return Fresh{std::move(key), true};
  }

  const bool consensus = purpose == KeyPurpose::kConsensus;
  auto key =
      SecretKey::generate(consensus ? SignatureAlgorithm::kBip340 : SignatureAlgorithm::kEd25519);

  // Adopted before it has a file: a key file that the vote store does not know is in quarantine.
  if (consensus) TM_TRY_STATUS(adopt_key(files_, journal_, consensus_public(key)));
  TM_TRY_STATUS(write_key_file(path, purpose, key));

  return Fresh{std::move(key), false};
}

Status NodeKeys::erase_consensus(const PublicKey& public_key) {
  const std::lock_guard lock(mutex_);
  const auto file = file_of(KeyPurpose::kConsensus);
  if (file.empty()) return {};
  for (const auto& path : {file, next_of(file)}) {
    if (!is_there(path)) continue;
    TM_TRY(auto key, read_key_file(path, KeyPurpose::kConsensus));
    if (key.public_key() == public_key) TM_TRY_STATUS(erase_key_file(path));
  }
  if (!is_there(file) && is_there(next_of(file))) {
    TM_TRY_STATUS(files_.rename(next_of(file).string(), file.string()));
  }
  return sync_directory_of(file);
}

Result<SecretKey> NodeKeys::open_transport(const std::function<Known(const PublicKey&)>& ledger) {
  const std::lock_guard lock(mutex_);
  const auto file = file_of(KeyPurpose::kTransport);
  TM_TRY_STATUS(finish_erasing(file));
  if (!is_there(next_of(file))) return read_key_file(file, KeyPurpose::kTransport);

  TM_TRY(auto next, read_key_file(next_of(file), KeyPurpose::kTransport));
  const auto known = ledger(next.public_key());
  if (known == Known::kValid) {
    if (is_there(file)) TM_TRY_STATUS(erase_key_file(file));
    TM_TRY_STATUS(files_.rename(next_of(file).string(), file.string()));
    TM_TRY_STATUS(sync_directory_of(file));
    return next;
  }

  TM_TRY(auto present, read_key_file(file, KeyPurpose::kTransport));
  const bool refused = ledger(present.public_key()) == Known::kRetired;
  return refused && known == Known::kNot ? std::move(next) : std::move(present);
}

}  // namespace testamur::node
