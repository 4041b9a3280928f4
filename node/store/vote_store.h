// Whether this node's consensus key may vote with the journal that it finds: the identity of a vote
// store and the quarantine flag (docs/consensus.md "Quarantine").
//
// A consensus key and its vote store are made together. The identity file in the journal's
// directory names the key and says whether anything was ever written; a key that finds no identity,
// another key's identity, or a used identity without its journal, has lost votes that it may have
// cast and must not vote until quarantine has ended.
//
// Thread rule: one thread at a time, before the journal is open; end_quarantine() also later. All
// changes are durable when a call returns.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/result.h"
#include "node/store/file.h"

namespace testamur::node {

using JournalId = FixedBytes<16, struct JournalIdTag>;
using ConsensusPublicKey = FixedBytes<32, struct ConsensusPublicKeyTag>;

// Stored values; append-only.
enum class QuarantineReason : std::uint8_t {
  kNoVoteStore = 1,       // the key came without its vote store
  kOtherKey = 2,          // the vote store belongs to another key
  kVoteStoreEmptied = 3,  // the identity says used, the journal is gone
  kRestored = 4,          // restored from a backup
  kImportedKey = 5,       // the key was imported
  kOwnVoteSeen = 6,       // a peer showed a vote of this key that the store lacks
  kBehindStore = 7,       // the ledger beside it is newer than the journal can be
  kOlderCopy = 8,         // the key voted later than this vote store knows, or with another one
};
std::string_view to_text(QuarantineReason reason);

struct VoteStoreIdentity {
  JournalId journal;
  ConsensusPublicKey key;
  bool used = false;  // false: fresh, nothing was ever written
};

// Makes the directory and a fresh identity. `journal` is random, chosen by the caller. Fails where
// an identity exists. With a `reason` the store starts in quarantine (a key that was imported or
// whose store was lost). `further`: keys that are as much its own as `key`.
Status create_vote_store(FileSystem& files, const std::string& directory, const JournalId& journal,
                         const ConsensusPublicKey& key,
                         std::optional<QuarantineReason> reason = std::nullopt,
                         std::span<const ConsensusPublicKey> further = {});

// A further key made fresh beside this vote store, which remembers everything that the node ever
// said: the key may vote with it. Call before the key itself is kept anywhere. Fails where there is
// no vote store.
Status adopt_key(FileSystem& files, const std::string& directory, const ConsensusPublicKey& key);

// Keys that are named beside the vote store of a node that only followed, so that no vote of any
// other key is there: from now on they are this store's, in quarantine. Nothing is done beside a
// vote store that has a key.
Status take_up_keys(FileSystem& files, const std::string& directory,
                    std::span<const ConsensusPublicKey> keys);

// Nothing when there is none; a failure when it is damaged.
Result<std::optional<VoteStoreIdentity>> read_vote_store_identity(FileSystem& files,
                                                                  const std::string& directory);
// Called by the journal before its first group.
Status mark_vote_store_used(FileSystem& files, const std::string& directory);

// Why the holder of `key` may not vote with this store; nothing when it may. Looks at the flag, the
// identity and whether the journal is there.
Result<std::optional<QuarantineReason>> quarantine(FileSystem& files, const std::string& directory,
                                                   const ConsensusPublicKey& key);
// Whether the quarantine flag is set, whatever the key.
Result<bool> is_quarantined(FileSystem& files, const std::string& directory);
Status begin_quarantine(FileSystem& files, const std::string& directory, QuarantineReason reason);
// Precondition: the floor that the exchange found is in the journal, synced.
Status end_quarantine(FileSystem& files, const std::string& directory);

}  // namespace testamur::node
