// A node's own keys on disk: the consensus key with which it votes, the one that is to follow it,
// and the transport key.
//
// Files: keys.consensus and keys.transport of the configuration; a key that is not in use yet lies
// beside them under the same name with ".next". A consensus key and its vote store belong together
// (node/store/vote_store.h): a fresh key is adopted by the vote store before it is written
// anywhere. Thread-safe after open_consensus().
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "common/keys.h"
#include "node/config/config.h"
#include "node/store/vote_store.h"
#include "node/validator/vote_note.h"

namespace testamur::node {

class NodeKeys {
 public:
  NodeKeys(FileSystem& files, const NodeConfig& config);

  struct Consensus {
    std::vector<SecretKey> keys;                 // none: an observer
    std::optional<QuarantineReason> quarantine;  // why they may not vote yet
  };
  // Reads the consensus keys that are there, and makes the vote store where there is none.
  Result<Consensus> open_consensus();

  // Why the keys may not vote with the vote store that is here and holds this many groups: what
  // lies beside them speaks of another one, or of more (vote_note.h). Nothing where nothing does.
  Result<std::optional<QuarantineReason>> later_votes(std::uint64_t groups) const;
  // Notes beside the keys that they may vote with the vote store that is here, which holds this
  // many groups, synced. Call before they do, while they do, and when the node has stopped; one
  // thread at a time (vote_note_writer.h). Nothing is done where there are no keys.
  Status note_votes(std::uint64_t groups);
  // Why the last one could not be written; empty: it was.
  std::string votes_not_noted() const;

  struct Fresh {
    SecretKey key;
    bool already_there = false;  // made earlier, not in use yet
  };
  // A fresh key in its file (".next" where the other name is taken); an earlier one that waits
  // there is given again.
  Result<Fresh> make(KeyPurpose purpose);
  // Those that are there, for `ready`.
  Result<std::vector<SecretKey>> consensus_keys() const;
  // The key has signed for the last time. What waited under ".next" takes its name.
  Status erase_consensus(const PublicKey& key);
  // What the ledger says of a key, as far as this node has it.
  enum class Known : std::uint8_t { kNot, kValid, kRetired };
  // The transport key. The one that waits, once the ledger knows it, in the place of the other; and
  // without taking its place also when the other one is retired: nobody admits that any more, so
  // that the node would never receive the block which says that the new one is registered.
  Result<SecretKey> open_transport(const std::function<Known(const PublicKey&)>& ledger);

 private:
  std::filesystem::path file_of(KeyPurpose purpose) const;
  Result<std::vector<SecretKey>> read_consensus() const;
  Result<std::optional<VoteNote>> note_of_votes(std::uint64_t groups) const;

  FileSystem& files_;
  const NodeConfig& config_;
  const std::string journal_;
  mutable std::mutex mutex_;
  std::string votes_not_noted_;
};

}  // namespace testamur::node
