#include "node/rpc/open_calls.h"

namespace testamur::node {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr std::size_t kBytesASecond = 32u << 10;

}  // namespace

OpenCalls::Entry::Entry(OpenCalls& calls, grpc::CallbackServerContext& context,
                        const CallerKey& caller)
    : calls_(calls), context_(context), caller_(caller) {
  const std::lock_guard lock(calls_.mutex_);
  place_ = calls_.entries_.insert(calls_.entries_.end(), this);
}

OpenCalls::Entry::~Entry() {
  const std::lock_guard lock(calls_.mutex_);
  calls_.entries_.erase(place_);
}

void OpenCalls::Entry::sending(std::size_t bytes) {
  const std::lock_guard lock(calls_.mutex_);
  waits_ = true;
  since_ = Clock::now();
  bytes_ = bytes;
}

void OpenCalls::Entry::sent() {
  const std::lock_guard lock(calls_.mutex_);
  waits_ = false;
}

void OpenCalls::end_stalled(Clock::time_point now) {
  const bool crowded = gate_.is_crowded(Held::kAnswerBytes);
  const std::lock_guard lock(mutex_);
  for (auto* entry : entries_) {
    if (!entry->waits_) continue;
    const auto more = std::chrono::seconds(crowded ? 0 : entry->bytes_ / kBytesASecond);
    if (now < entry->since_ + kPatience + more) continue;

    // Once is enough: what is cancelled ends by itself.
    entry->waits_ = false;
    entry->context_.TryCancel();
    gate_.overload().note(Limit::kStalled, entry->caller_, Overload::now_ms());
  }
}

}  // namespace testamur::node
