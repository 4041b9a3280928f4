// One mutex guards the table of callers and what all hold together. A refusal is told and noted
// without it. The table is bounded: beyond that, callers that are not known yet share one entry, so
// a flood of addresses takes no memory and no place from those that are known.
#include "node/rpc/call_gate.h"

#include <algorithm>

#include "common/check.h"
#include "node/rpc/call.h"

namespace testamur::node {
namespace {

constexpr auto kForgetEvery = std::chrono::seconds(1);
constexpr std::uint64_t kRetryMs = 200;
// Of all that do not fit the table any more.
constexpr CallerKey kStrangers = {0xff};

constexpr std::array<Limit, kHeldCount> kLimitOf = {Limit::kOpenCalls,     Limit::kQueuedCalls,
                                                    Limit::kStreams,       Limit::kAwaited,
                                                    Limit::kUnreadAnswers, Limit::kRequestBytes};

}  // namespace

void CallGate::refill(Caller& caller, Clock::time_point now) const {
  const double seconds = std::chrono::duration<double>(now - caller.filled).count();
  caller.filled = now;
  caller.calls = std::min(static_cast<double>(limits_.burst),
                          caller.calls + seconds * static_cast<double>(limits_.rate_per_second));
}

// Precondition: mutex_ is held. `caller` becomes the key that counts.
CallGate::Caller& CallGate::find(CallerKey& caller, Clock::time_point now) {
  auto found = callers_.find(caller);
  // Nobody who is known is forgotten for a stranger, as long as it holds something.
  if (found == callers_.end() && callers_.size() >= kMaxCallers) {
    forget_idle(now);
    if (callers_.size() >= kMaxCallers) {
      caller = kStrangers;
      found = callers_.find(caller);
    }
  }

  if (found == callers_.end()) {
    found = callers_.try_emplace(caller, Caller{static_cast<double>(limits_.burst), now, {}}).first;
  }

  refill(found->second, now);
  return found->second;
}

// At most once a second: a flood of new addresses must not make every call walk the table.
void CallGate::forget_idle(Clock::time_point now) {
  if (now - forgotten_ < kForgetEvery) return;
  forgotten_ = now;
  std::erase_if(callers_, [&](auto entry) {
    refill(entry.second, now);
    const bool full =
        limits_.rate_per_second == 0 || entry.second.calls >= static_cast<double>(limits_.burst);
    return full && entry.second.held == decltype(entry.second.held){};
  });
}

grpc::Status CallGate::admit(const CallerKey& caller, std::uint64_t cost) {
  if (limits_.rate_per_second == 0) return grpc::Status::OK;

  // What costs more than a full bucket could never be paid: a full bucket is enough for it.
  auto key = caller;
  const auto wanted = static_cast<double>(std::min(cost, limits_.burst));

  std::uint64_t wait_ms = 0;
  {
    const std::lock_guard lock(mutex_);
    auto& entry = find(key, Clock::now());
    if (entry.calls >= wanted) {
      entry.calls -= wanted;
      return grpc::Status::OK;
    }

    wait_ms = static_cast<std::uint64_t>(1000.0 * (wanted - entry.calls) /
                                         static_cast<double>(limits_.rate_per_second)) +
              1;
  }

  // Without the lock: a refusal is noted for the status, which has a lock of its own.
  return refuse(Limit::kRate, key, limits_.rate_per_second, wait_ms);
}

void CallGate::charge(const CallerKey& caller, std::uint64_t cost) {
  if (limits_.rate_per_second == 0 || cost == 0) return;
  auto key = caller;
  const std::lock_guard lock(mutex_);
  auto& entry = find(key, Clock::now());
  // Nobody is put off for longer than it takes to fill the bucket.
  entry.calls =
      std::max(entry.calls - static_cast<double>(cost), -static_cast<double>(limits_.burst));
}

grpc::Status CallGate::hold(const CallerKey& caller, Held what, std::uint64_t amount,
                            Holding& holding) {
  const auto index = static_cast<std::size_t>(what);
  const auto& bound = limits_.held.at(index);
  auto key = caller;
  std::uint64_t passed = 0, of_caller = 0;
  {
    const std::lock_guard lock(mutex_);
    auto& entry = find(key, Clock::now());
    if (entry.held.at(index) + amount > bound.per_caller) passed = bound.per_caller;
    if (held_.at(index) + amount > bound.total) passed = bound.total;
    if (passed == 0) {
      entry.held.at(index) += amount;
      held_.at(index) += amount;
      of_caller = entry.held.at(index);
    }
  }
  if (passed != 0) return refuse(kLimitOf.at(index), key, passed, kRetryMs);

  Holding taken;
  taken.gate_ = this;
  taken.caller_ = key;
  taken.what_ = what;
  taken.amount_ = amount;
  taken.of_caller_ = of_caller;
  holding = std::move(taken);
  return grpc::Status::OK;
}

CallGate::Holding::~Holding() {
  if (gate_ != nullptr) gate_->release(*this);
}

void CallGate::release(const Holding& holding) {
  const auto index = static_cast<std::size_t>(holding.what_);
  const std::lock_guard lock(mutex_);
  const auto found = callers_.find(holding.caller_);
  TM_CHECK(found != callers_.end() && found->second.held.at(index) >= holding.amount_,
           "more given back than held");
  found->second.held.at(index) -= holding.amount_;
  held_.at(index) -= holding.amount_;
}

bool CallGate::is_crowded(Held what) const {
  const auto index = static_cast<std::size_t>(what);
  const std::lock_guard lock(mutex_);
  return 2 * held_.at(index) > limits_.held.at(index).total;
}

std::size_t CallGate::callers() const {
  const std::lock_guard lock(mutex_);
  return callers_.size();
}

grpc::Status CallGate::refuse(Limit limit, const CallerKey& caller, std::uint64_t bound,
                              std::uint64_t retry_after_ms) {
  overload_.note(limit, caller, Overload::now_ms());
  return exhausted(limit, bound, retry_after_ms);
}

}  // namespace testamur::node
