// The calls whose answer is on its way out, so that one which is not taken ends.
//
// A caller that opens its hand and does not read keeps an answer in memory. It has ten seconds, and
// a second more for each 32 KiB; ten seconds flat while the answers of all together fill more than
// half of their bound. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <list>
#include <mutex>

#include "node/rpc/call_gate.h"

namespace testamur::node {

class OpenCalls {
 public:
  using Clock = std::chrono::steady_clock;

  explicit OpenCalls(CallGate& gate) : gate_(gate) {}

  // One call; registered from begin() to its destruction. The context must live as long.
  class Entry {
   public:
    Entry(OpenCalls& calls, grpc::CallbackServerContext& context, const CallerKey& caller);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    // An answer of so many bytes leaves now.
    void sending(std::size_t bytes);
    // It has been taken.
    void sent();

   private:
    friend class OpenCalls;
    OpenCalls& calls_;
    grpc::CallbackServerContext& context_;
    const CallerKey caller_;
    bool waits_ = false;
    Clock::time_point since_;
    std::size_t bytes_ = 0;
    std::list<Entry*>::iterator place_;
  };

  // Cancels what has waited for too long. To be called about once a second.
  void end_stalled(Clock::time_point now);

 private:
  CallGate& gate_;
  std::mutex mutex_;
  std::list<Entry*> entries_;
};

}  // namespace testamur::node
