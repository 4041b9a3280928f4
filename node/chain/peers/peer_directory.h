// Which transport keys the registry lists, of whom, and whether they are admitted.
//
// Read once from a state at start, and from then on from what each block changed: the work of a
// block follows from the block, not from the number of institutions and keys. find() may be called
// by any thread; the rest is the strand's.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "ledger/state.h"
#include "node/net/network.h"

namespace testamur::node {

class PeerDirectory {
 public:
  PeerDirectory();

  net::Admission find(const net::Pin& pin) const;

  // Of a listed institution a key that is not retired, if there is one.
  std::optional<net::Pin> pin_of(const InstitutionId& institution) const;

  // Everything anew. `members`: the institutions with a seat in the current or the next validator
  // set.
  void read(const ledger::StateReader& state, std::set<InstitutionId> members);
  // What `delta` changed; `state` is the one after it. Returns whether anybody is admitted
  // otherwise than before.
  bool follow(const ledger::StateReader& state, const ledger::Delta& delta,
              std::set<InstitutionId> members);

 private:
  static constexpr std::size_t kShards = 64;  // one change copies one of them
  using Shard = std::map<net::Pin, net::Admission>;
  struct Known {
    bool good_standing = false;
    std::map<net::Pin, bool> retired;  // its transport keys
  };

  void read_institution(const ledger::StateReader& state, const InstitutionId& id);
  // Returns whose key it is; nothing for a key of another purpose.
  std::optional<InstitutionId> read_key(const ledger::StateReader& state, const KeyId& id);
  bool publish(const std::set<InstitutionId>& touched);

  std::map<InstitutionId, Known> known_;
  std::set<InstitutionId> members_;
  std::array<std::atomic<std::shared_ptr<const Shard>>, kShards> shards_;
};

}  // namespace testamur::node
