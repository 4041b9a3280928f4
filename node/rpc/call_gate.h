// How much each caller may ask of the API: calls a second, and what it may hold at once.
//
// A caller is an address (caller.h). Its rate is a bucket of calls: a call takes its declared cost
// (call_costs.h) before it begins and what its answer cost afterwards, so that a large answer
// delays the next call. What it holds (open calls, streams, awaited ids, answers that it has not
// taken yet) is bounded for itself and for all together; no caller may hold more than half of what
// all may. The table of callers is bounded: those that hold nothing and have a full bucket go, and
// beyond that strangers share one entry.
//
// A refusal is RESOURCE_EXHAUSTED with the limit's name, its value and retry_after_ms, and is noted
// for the status. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <array>
#include <chrono>
#include <map>
#include <mutex>

#include "node/api/caller.h"
#include "node/api/overload.h"

namespace testamur::node {

// What a caller holds until it is done.
// Bytes are those of memory: a message as it is kept, and for an answer its encoding too.
enum class Held : std::uint8_t { kCalls, kQueued, kStreams, kAwaited, kAnswerBytes, kRequestBytes };
inline constexpr std::size_t kHeldCount = 6;

struct CallLimits {
  std::uint64_t rate_per_second = 0;  // 0: no limit
  std::uint64_t burst = 2'000;
  struct Bound {
    std::uint64_t per_caller;
    std::uint64_t total;
  };
  // By Held.
  std::array<Bound, kHeldCount> held = {
      Bound{1'024, 3'072},    Bound{512, 1'024},           Bound{16, 64},
      Bound{65'536, 131'072}, Bound{24u << 20, 48u << 20}, Bound{16u << 20, 32u << 20}};
};

class CallGate {
 public:
  using Clock = std::chrono::steady_clock;

  CallGate(const CallLimits& limits, Overload& overload) : limits_(limits), overload_(overload) {}

  // Takes `cost` calls from the caller's rate: OK, or when to try again. No call costs more than
  // the burst.
  grpc::Status admit(const CallerKey& caller, std::uint64_t cost);
  // Takes them afterwards: what is missing delays the caller's next calls.
  void charge(const CallerKey& caller, std::uint64_t cost);

  // A part of a bound, given back when it goes.
  class Holding {
   public:
    Holding() = default;
    Holding(Holding&& other) noexcept { swap(other); }
    Holding& operator=(Holding&& other) noexcept {
      Holding moved(std::move(other));
      swap(moved);
      return *this;
    }
    ~Holding();
    // What the caller held of the same kind when this was taken, with it.
    std::uint64_t of_caller() const { return of_caller_; }

   private:
    friend class CallGate;
    void swap(Holding& other) noexcept {
      std::swap(gate_, other.gate_);
      std::swap(caller_, other.caller_);
      std::swap(what_, other.what_);
      std::swap(amount_, other.amount_);
      std::swap(of_caller_, other.of_caller_);
    }
    CallGate* gate_ = nullptr;
    CallerKey caller_{};
    Held what_ = Held::kCalls;
    std::uint64_t amount_ = 0;
    std::uint64_t of_caller_ = 0;
  };
  grpc::Status hold(const CallerKey& caller, Held what, std::uint64_t amount, Holding& holding);

  // Whether more than half of what all may hold is taken.
  bool is_crowded(Held what) const;
  std::size_t callers() const;
  Overload& overload() { return overload_; }

  static constexpr std::size_t kMaxCallers = 4'096;

 private:
  struct Caller {
    double calls = 0;  // below zero: charged afterwards
    Clock::time_point filled;
    std::array<std::uint64_t, kHeldCount> held{};
  };
  Caller& find(CallerKey& caller, Clock::time_point now);
  void forget_idle(Clock::time_point now);
  void refill(Caller& caller, Clock::time_point now) const;
  void release(const Holding& holding);
  grpc::Status refuse(Limit limit, const CallerKey& caller, std::uint64_t bound,
                      std::uint64_t retry_after_ms);

  const CallLimits limits_;
  Overload& overload_;
  mutable std::mutex mutex_;
  std::map<CallerKey, Caller> callers_;
  std::array<std::uint64_t, kHeldCount> held_{};  // by all
  Clock::time_point forgotten_;
};

}  // namespace testamur::node
