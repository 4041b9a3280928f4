// The few files that say whether a key may vote with the journal that is found: identity, adopted
// keys, quarantine flag (docs/formats/journal.md). What is damaged, missing or of another journal
// never lets a key vote: the node does not start, or begins in quarantine.
#include "node/store/vote_store.h"

#include <algorithm>

namespace testamur::node {
namespace {

constexpr char kIdentityName[] = "identity";
constexpr char kFlagName[] = "quarantine";
constexpr char kAdoptedName[] = "adopted";
constexpr std::uint8_t kIdentityMagic[4] = {'T', 'M', 'V',
                                            1};  // the last byte is the format version
constexpr std::uint8_t kAdoptedMagic[4] = {'T', 'M', 'A', 1};
constexpr std::size_t kAdoptedKeys = 64;  // the newest ones

std::string path_of(const std::string& directory, const char* name) {
  return directory + "/" + name;
}

Bytes encode(const VoteStoreIdentity& identity) {
  Encoder fields;
  fields.raw(kIdentityMagic).fixed(identity.journal).fixed(identity.key).u8(identity.used ? 1 : 0);
  fields.fixed(tags::kJournal(fields.bytes()));
  return fields.take();
}

std::optional<VoteStoreIdentity> decode(ByteView bytes) {
  if (bytes.size() < Hash256::kSize) return std::nullopt;
  Decoder fields(bytes);
  VoteStoreIdentity identity;
  const bool is_magic = equal(fields.raw(sizeof kIdentityMagic), kIdentityMagic);
  identity.journal = fields.fixed<JournalId>();
  identity.key = fields.fixed<ConsensusPublicKey>();
  const auto used = fields.u8();
  const auto digest = fields.fixed<Hash256>();
  if (!fields.finished() || !is_magic || used > 1) return std::nullopt;
  if (digest != tags::kJournal(bytes.first(bytes.size() - Hash256::kSize))) return std::nullopt;
  identity.used = used == 1;
  return identity;
}

// Further keys of a vote store, oldest first: magic || journal || u32 n || n * key || digest.
Bytes encode_adopted(const JournalId& journal, const std::vector<ConsensusPublicKey>& keys) {
  Encoder fields;
  fields.raw(kAdoptedMagic).fixed(journal).u32(static_cast<std::uint32_t>(keys.size()));
  for (const auto& key : keys) fields.fixed(key);
  fields.fixed(tags::kJournal(fields.bytes()));
  return fields.take();
}

Result<std::vector<ConsensusPublicKey>> read_adopted(FileSystem& files,
                                                     const std::string& directory,
                                                     const JournalId& journal) {
  std::vector<ConsensusPublicKey> keys;
  const auto path = path_of(directory, kAdoptedName);

  if (!files.exists(path)) return keys;
  TM_TRY(const auto content, read_whole_file(files, path));

  Decoder fields(content);
  const bool is_magic = equal(fields.raw(sizeof kAdoptedMagic), kAdoptedMagic);
  const auto of = fields.fixed<JournalId>();
  const auto count = fields.u32();
  // The count comes from disk and is bounded, so that a damaged file takes no memory.
  for (std::uint32_t i = 0; i < count && count <= kAdoptedKeys && fields.ok(); ++i) {
    keys.push_back(fields.fixed<ConsensusPublicKey>());
  }

  const auto digest = fields.fixed<Hash256>();
  if (!fields.finished() || !is_magic ||
      digest != tags::kJournal(ByteView(content).first(content.size() - Hash256::kSize))) {
    return error(path + " is damaged: remove it; a key that it named then begins in quarantine");
  }

  if (of != journal) keys.clear();  // copied from another vote store
  return keys;
}

// One line of text, so that an operator can read it: the number, a space, what it means.
std::string flag_text(QuarantineReason reason) {
  return std::to_string(static_cast<int>(reason)) + " " + std::string(to_text(reason)) + "\n";
}

Result<std::optional<QuarantineReason>> read_flag(FileSystem& files, const std::string& directory) {
  const auto path = path_of(directory, kFlagName);
  if (!files.exists(path)) return std::optional<QuarantineReason>{};
  TM_TRY(const auto content, read_whole_file(files, path));
  for (int value = 1; value <= static_cast<int>(QuarantineReason::kOlderCopy); ++value) {
    const auto reason = static_cast<QuarantineReason>(value);
    if (as_text(content) == flag_text(reason)) return std::optional(reason);
  }
  return error(path + " is damaged: write into it the line \"" +
               flag_text(QuarantineReason::kNoVoteStore).substr(0, 1) +
               " no vote store\" to keep this node from voting until its quarantine has ended");
}

bool has_segments(FileSystem& files, const std::string& directory) {
  auto names = files.list(directory);
  return names.ok() && std::any_of(names->begin(), names->end(),
                                   [](const auto& name) { return name.ends_with(".seg"); });
}

}  // namespace

std::string_view to_text(QuarantineReason reason) {
  switch (reason) {
    case QuarantineReason::kNoVoteStore: return "no vote store";
    case QuarantineReason::kOtherKey: return "vote store of another key";
    case QuarantineReason::kVoteStoreEmptied: return "vote store emptied";
    case QuarantineReason::kRestored: return "restored from a backup";
    case QuarantineReason::kImportedKey: return "imported key";
    case QuarantineReason::kOwnVoteSeen: return "an own vote was shown that the vote store lacks";
    case QuarantineReason::kBehindStore: return "the vote store is older than the ledger beside it";
    case QuarantineReason::kOlderCopy:
      return "this key voted later than the vote store knows, or with another one";
  }
  return "unknown";
}

Status create_vote_store(FileSystem& files, const std::string& directory, const JournalId& journal,
                         const ConsensusPublicKey& key, std::optional<QuarantineReason> reason,
                         std::span<const ConsensusPublicKey> further) {
  TM_TRY_STATUS(files.create_directory(directory));
  if (files.exists(path_of(directory, kIdentityName)) || has_segments(files, directory)) {
    return error(directory + " already holds a vote store; it is never overwritten");
  }
  // The flag first: whatever a crash leaves, no identity without its flag is seen.
  if (reason) TM_TRY_STATUS(begin_quarantine(files, directory, *reason));
  // Then the further keys: they are read only beside the identity that they name.
  if (!further.empty()) {
    TM_TRY_STATUS(replace_file(files, directory, kAdoptedName,
                               encode_adopted(journal, {further.begin(), further.end()})));
  }
  TM_TRY_STATUS(replace_file(files, directory, kIdentityName, encode({journal, key, false})));
  const auto parent = directory.find_last_of('/');
  return files.sync_directory(parent == std::string::npos ? "."
                              : parent == 0               ? "/"
                                                          : directory.substr(0, parent));
}

Result<std::optional<VoteStoreIdentity>> read_vote_store_identity(FileSystem& files,
                                                                  const std::string& directory) {
  const auto path = path_of(directory, kIdentityName);
  if (!files.exists(path)) return std::optional<VoteStoreIdentity>{};
  TM_TRY(const auto content, read_whole_file(files, path));
  auto identity = decode(content);
  if (!identity) {
    return error(
        path + " is damaged (offset 0, " + std::to_string(content.size()) +
        " bytes): move the directory aside and start again; the node then begins in quarantine");
  }
  return identity;
}

Status adopt_key(FileSystem& files, const std::string& directory, const ConsensusPublicKey& key) {
  TM_TRY(const auto identity, read_vote_store_identity(files, directory));
  if (!identity) return error(directory + " holds no vote store");
  TM_TRY(auto keys, read_adopted(files, directory, identity->journal));
  if (keys.size() >= kAdoptedKeys) keys.erase(keys.begin());
  keys.push_back(key);
  return replace_file(files, directory, kAdoptedName, encode_adopted(identity->journal, keys));
}

Status take_up_keys(FileSystem& files, const std::string& directory,
                    std::span<const ConsensusPublicKey> keys) {
  TM_TRY(const auto identity, read_vote_store_identity(files, directory));
  if (!identity) return error(directory + " holds no vote store");
  TM_TRY(const auto adopted, read_adopted(files, directory, identity->journal));
  const bool is_followers = identity->key == ConsensusPublicKey{} && adopted.empty();
  if (!is_followers || keys.empty()) return {};

  // The flag first: whatever a crash leaves, no key is seen without it. All in one write: after the
  // first the store has a key.
  TM_TRY_STATUS(begin_quarantine(files, directory, QuarantineReason::kImportedKey));
  return replace_file(files, directory, kAdoptedName,
                      encode_adopted(identity->journal, {keys.begin(), keys.end()}));
}

Status mark_vote_store_used(FileSystem& files, const std::string& directory) {
  TM_TRY(auto identity, read_vote_store_identity(files, directory));
  if (!identity) return error(directory + " holds no vote store");
  if (identity->used) return {};
  identity->used = true;
  return replace_file(files, directory, kIdentityName, encode(*identity));
}

Result<std::optional<QuarantineReason>> quarantine(FileSystem& files, const std::string& directory,
                                                   const ConsensusPublicKey& key) {
  TM_TRY(auto identity, read_vote_store_identity(files, directory));
  if (!identity) return std::optional(QuarantineReason::kNoVoteStore);
  TM_TRY(const auto adopted, read_adopted(files, directory, identity->journal));
  if (identity->key != key && std::find(adopted.begin(), adopted.end(), key) == adopted.end()) {
    const bool is_followers = identity->key == ConsensusPublicKey{} && adopted.empty();
    return std::optional(is_followers ? QuarantineReason::kImportedKey
                                      : QuarantineReason::kOtherKey);
  }
  if (identity->used && !has_segments(files, directory))
    return std::optional(QuarantineReason::kVoteStoreEmptied);
  return read_flag(files, directory);
}

Result<bool> is_quarantined(FileSystem& files, const std::string& directory) {
  TM_TRY(const auto flag, read_flag(files, directory));
  return flag.has_value();
}

Status begin_quarantine(FileSystem& files, const std::string& directory, QuarantineReason reason) {
  return replace_file(files, directory, kFlagName, as_bytes(flag_text(reason)));
}

Status end_quarantine(FileSystem& files, const std::string& directory) {
  const auto path = path_of(directory, kFlagName);
  if (files.exists(path)) TM_TRY_STATUS(files.remove(path));
  return files.sync_directory(directory);
}

}  // namespace testamur::node
