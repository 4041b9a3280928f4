// Calls that arrive while an event is being handled (from inside the driver) are queued: the core
// is never re-entered.
#include "consensus/engine.h"

#include <deque>
#include <functional>
#include <utility>

#include "common/check.h"
#include "consensus/core.h"

namespace testamur::consensus {

class Engine::Queue {
 public:
  template <class Event>
  void handle(Event&& event) {
    if (running_) {
      waiting_.emplace_back(std::forward<Event>(event));
      return;
    }
    running_ = true;
    event();
    while (!waiting_.empty()) {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      next();
    }
    running_ = false;
  }
  bool running() const { return running_; }

 private:
  bool running_ = false;
  std::deque<std::function<void()>> waiting_;
};

Engine::Engine(EngineConfig config, Tip tip, Driver& driver)
    : core_(std::make_unique<Core>(std::move(config), std::move(tip), driver)),
      queue_(std::make_unique<Queue>()) {}

Engine::~Engine() = default;

Status Engine::restore(RecordKind kind, ByteView bytes) { return core_->restore(kind, bytes); }

Status Engine::start(bool quarantine, std::uint64_t now_ms) {
  TM_CHECK(!queue_->running());
  Status result;
  queue_->handle([&] { result = core_->start(quarantine, now_ms); });
  return result;
}

void Engine::on_message(const InstitutionId& from, const Message& message) {
  if (queue_->running()) {
    queue_->handle([this, from, message] { core_->on_message(from, message); });
  } else {
    queue_->handle([&] { core_->on_message(from, message); });
  }
}

void Engine::on_tick(std::uint64_t now_ms) {
  queue_->handle([this, now_ms] { core_->on_tick(now_ms); });
}

void Engine::on_built(std::uint64_t request_id, std::optional<BuiltBlock> block) {
  queue_->handle(
      [this, request_id, block = std::move(block)] { core_->on_built(request_id, block); });
}

void Engine::on_validated(const BlockId& block, Validation validation) {
  queue_->handle([this, block, validation] { core_->on_validated(block, validation); });
}

void Engine::on_synced(std::uint64_t sequence) {
  queue_->handle([this, sequence] { core_->on_synced(sequence); });
}

void Engine::on_pending_changed(bool transactions, bool heartbeat_due) {
  queue_->handle([=, this] { core_->on_pending_changed(transactions, heartbeat_due); });
}

Status Engine::on_finalized_externally(const FinalizedChain& chain) {
  if (queue_->running()) {
    queue_->handle([this, chain] { (void)core_->on_finalized_externally(chain); });
    return {};
  }
  Status result;
  queue_->handle([&] { result = core_->on_finalized_externally(chain); });
  return result;
}

void Engine::set_keys(std::vector<ConsensusKey> keys) {
  queue_->handle([this, keys = std::move(keys)] { core_->set_keys(keys); });
}

void Engine::resume_voting() {
  queue_->handle([this] { core_->resume_voting(); });
}

std::uint64_t Engine::wake_at_ms() const { return core_->wake_at_ms(); }
EngineStatus Engine::status() const { return core_->status(); }
VotingState Engine::voting_state() const { return core_->voting_state(); }
std::vector<Record> Engine::live_records() const { return core_->live_records(); }

}  // namespace testamur::consensus
