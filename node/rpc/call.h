// What every call of the API has in common: its cost and its turn, how its answer is bounded, and
// how errors are told.
//
// Every failed call carries an ErrorDetail (docs/api.md): canonical code, stable name, rule, field,
// limit. Thread-safe.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "common/check.h"
#include "ledger/tx/rejection.h"
#include "node/api/call_queue.h"
#include "node/rpc/call_costs.h"
#include "node/rpc/call_gate.h"
#include "node/rpc/open_calls.h"
#include "testamur/v1/types.pb.h"

namespace testamur::node {

// Every error is made by this one, which cuts each of its texts: nothing of a request comes back
// longer than a few lines.
grpc::Status fail(grpc::StatusCode code, const v1::ErrorDetail& detail, const std::string& message);
// The usual errors; `field` names what in the request was wrong.
grpc::Status invalid_argument(const std::string& field, const std::string& message);
grpc::Status not_found(const std::string& field, const std::string& message);
// The version of an achievement is 16 bits wide, its field of a request 32: cut, it would name
// another version.
std::optional<std::uint16_t> version_from(std::uint32_t field);
grpc::Status version_out_of_range(const std::string& field);
grpc::Status over_limit(const std::string& field, std::uint64_t limit, std::uint64_t actual);
grpc::Status unavailable(const std::string& code, const std::string& message);
grpc::Status rejected(const ledger::tx::Rejection& rejection);
grpc::Status exhausted(Limit limit, std::uint64_t bound, std::uint64_t retry_after_ms);
grpc::Status gone();                           // the caller has hung up
grpc::Status failed(const std::string& what);  // by no fault of the caller

// The detail that a rejection is told by.
void fill(const ledger::tx::Rejection& rejection, v1::ErrorDetail& detail);

// A page token is the ordinal to go on from, in decimal; nothing when no service gave it.
std::optional<std::uint64_t> ordinal_from(const std::string& token);

// What a message takes in memory when it is more than a small one, else 0. With `encoded`: and its
// encoding.
std::uint64_t memory_of(const google::protobuf::Message& message, bool encoded);

// What every request pays and holds, whichever way it came: `calls`, and what it takes in memory
// for as long as gRPC keeps it. It has been decoded already: that is paid for, whether there is
// room or not.
grpc::Status take_request(CallGate& gate, const CallerKey& caller, std::uint64_t calls,
                          const google::protobuf::Message& request, CallGate::Holding& room);

// What serves calls; borrowed by all of them.
struct CallParts {
  CallGate& gate;
  CallQueue& queue;
  OpenCalls& open;
};

// Counts the bytes of an answer of several parts while it is made. The first part is always room
// for.
class AnswerRoom {
 public:
  explicit AnswerRoom(std::size_t bytes = kFullAnswerBytes) : left_(bytes) {}
  // Whether the part belongs to the answer; when not, take it out and name it as the next one.
  bool take(const google::protobuf::MessageLite& part) { return take(part.ByteSizeLong()); }
  bool take(std::size_t bytes) {
    if (bytes > left_ && !first_) return false;
    first_ = false;
    left_ -= std::min(left_, bytes);
    return true;
  }
  bool is_full() const { return left_ == 0; }

 private:
  std::size_t left_;
  bool first_ = true;
};

// One unary call: admitted, in its lane, answered once.
//
// The body runs once, on one thread (twice after take_turn()); request, response and context live
// until the call has been finished.
class Call final : public grpc::ServerUnaryReactor {
 public:
  using Done = std::function<void(const grpc::Status&)>;
  using Body = std::function<void(Call&, Done)>;

  // The reactor that gRPC wants; it deletes itself.
  static grpc::ServerUnaryReactor* begin(CallParts& parts, grpc::CallbackServerContext* context,
                                         const CallCost& cost,
                                         const google::protobuf::Message& request,
                                         google::protobuf::Message& response, Body body);

  const CallerKey& caller() const { return caller_; }
  // The caller has hung up or its deadline has passed: whatever takes long looks here now and then.
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  // Takes more calls of the caller's rate for what the request turned out to ask for, before that
  // is done.
  grpc::Status spend(std::uint64_t calls) { return parts_.gate.admit(caller_, calls); }
  // Goes on with `task` in a turn of the workers.
  void continue_beside(std::function<void()> task);
  // Of a call in the lane kShort, on gRPC's thread: what may be read there is not enough. What is
  // answered so far is dropped, and the body runs once more in a turn of the workers.
  bool is_in_turn() const { return in_turn_; }
  grpc::Status take_turn() {
    TM_CHECK(!in_turn_, "a turn within a turn");
    wants_turn_ = true;
    return grpc::Status::OK;
  }

  // Runs `then` when the caller hangs up before the call has ended; at once when it has hung up
  // already.
  void when_cancelled(std::function<void()> then);

  void OnCancel() override;
  void OnDone() override { delete this; }

 private:
  Call(CallParts& parts, grpc::CallbackServerContext& context, const CallCost& cost,
       google::protobuf::Message& response, Body body);
  void enter(const google::protobuf::Message& request);
  void run();
  void run_in_turn();
  void finish(grpc::Status status);

  CallParts& parts_;
  const CallerKey caller_;
  const CallCost& cost_;
  google::protobuf::Message& response_;
  Body body_;
  OpenCalls::Entry entry_;
  CallGate::Holding open_, request_, answer_;
  bool in_turn_ = false, wants_turn_ = false;
  std::atomic<bool> cancelled_ = false;
  std::mutex mutex_;  // of the next
  std::function<void()> when_cancelled_;
};

// A call whose body answers before it returns: `answer` is (Call&) -> grpc::Status. It must own
// what it uses beside request and response: it may run after the service's method has returned.
template <class Answer>
grpc::ServerUnaryReactor* unary(CallParts& parts, grpc::CallbackServerContext* context,
                                const CallCost& cost, const google::protobuf::Message& request,
                                google::protobuf::Message& response, Answer answer) {
  return Call::begin(parts, context, cost, request, response,
                     [answer = std::move(answer)](Call& call, const Call::Done& done) {
                       grpc::Status status;
                       try {
                         status = answer(call);
                       } catch (const std::exception& failure) {
                         status = failed(failure.what());
                       }
                       done(status);
                     });
}

// A stream that was refused.
template <class Response>
class RefusedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedStream(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace testamur::node
