// What every call of the API has in common: who may call how often, and how errors are told.
//
// Every failed call carries an ErrorDetail (docs/api.md): canonical code, stable name, rule, field, limit. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "ledger/tx/rejection.h"
#include "testamur/v1/types.pb.h"

namespace testamur::node {

grpc::Status fail(grpc::StatusCode code, const v1::ErrorDetail& detail, const std::string& message);
// The usual errors; `field` names what in the request was wrong.
grpc::Status invalid_argument(const std::string& field, const std::string& message);
grpc::Status not_found(const std::string& field, const std::string& message);
grpc::Status over_limit(const std::string& field, std::uint64_t limit, std::uint64_t actual);
grpc::Status unavailable(const std::string& code, const std::string& message);
grpc::Status rejected(const ledger::tx::Rejection& rejection);

// The detail that a rejection is told by.
void fill(const ledger::tx::Rejection& rejection, v1::ErrorDetail& detail);

// A token bucket for each calling address. Bounded: when it is full the idle ones go.
class CallGate {
 public:
  // `rate_per_second` 0: no limit.
  CallGate(std::uint64_t rate_per_second, std::uint64_t burst) : rate_(rate_per_second), burst_(burst) {}
  // OK, or RESOURCE_EXHAUSTED with when to try again. `cost`: how many calls this one counts for.
  grpc::Status admit(const std::string& peer, std::uint64_t cost = 1);

 private:
  struct Bucket {
    double tokens = 0;
    std::chrono::steady_clock::time_point filled;
  };
  const std::uint64_t rate_;
  const std::uint64_t burst_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

// The address of a caller without its port.
std::string address_of(const std::string& peer);

// Answers a unary call: admits it, runs `answer` (-> grpc::Status), turns what it throws into INTERNAL.
template <class Answer>
grpc::ServerUnaryReactor* unary(CallGate& gate, grpc::CallbackServerContext* context, Answer answer) {
  auto* reactor = context->DefaultReactor();
  auto status = gate.admit(context->peer());
  if (status.ok()) {
    try {
      status = answer();
    } catch (const std::exception& failure) {
      status = grpc::Status(grpc::StatusCode::INTERNAL, failure.what());
    }
  }
  reactor->Finish(status);
  return reactor;
}

}  // namespace testamur::node
