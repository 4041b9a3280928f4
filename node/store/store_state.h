// What a Store consists of. Private to node/store; thread rule as in store.h.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "node/store/snapshot.h"

namespace testamur::node {

struct Store::State {
  std::unique_ptr<Database> database;
  std::unique_ptr<CommitmentIndex> index;
  mutable std::mutex mutex;
  std::shared_ptr<const Snapshot> latest;  // under mutex

  ~State() {
    latest.reset();
    index.reset();
  }

  void publish(std::optional<Height> height) {
    auto next = std::make_shared<const DatabaseSnapshot>(*database, *index, height);
    std::shared_ptr<const Snapshot> previous;  // its last owner releases it outside the lock
    const std::lock_guard hold(mutex);
    previous = std::exchange(latest, std::move(next));
  }
};

}  // namespace testamur::node
