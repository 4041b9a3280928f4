// A store in memory with the crash semantics of the real one: a crash keeps a prefix of the applied
// blocks, at least those below the last sync. Every value is kept with the height that wrote it, so
// a snapshot is a height.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "node/store/store.h"
#include "tests/sim/random.h"

namespace testamur::sim {

class MemoryStore final : public node::BlockStore {
 public:
  Status apply(const node::FinalizedBlock& block) override;
  Status sync_wal() override;
  std::optional<Height> applied_height() const override;
  std::shared_ptr<const node::Snapshot> snapshot() const override;

  void crash(Random& random);
  // What a restored backup holds: all of it on the disk.
  std::unique_ptr<MemoryStore> copy() const {
    auto made = std::make_unique<MemoryStore>(*this);
    made->synced_ = made->blocks_.size();
    return made;
  }

 private:
  class View;
  struct Version {
    std::uint64_t height = 0;
    std::optional<Bytes> value;
  };
  using Versions = std::vector<Version>;
  using Rows = std::map<Bytes, Versions, ledger::KeyLess>;
  struct Block {
    Bytes header, body, certificate;
    std::vector<std::pair<ledger::Table, Bytes>> written;
  };
  static const std::optional<Bytes>* at_height(const Versions& versions, std::uint64_t height);

  std::vector<Block> blocks_;  // by height
  std::size_t synced_ = 0;     // that many survive a crash
  std::array<Rows, ledger::kTableLimit> tables_;
};

}  // namespace testamur::sim
