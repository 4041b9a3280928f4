// A stream of questions and answers: each question is a turn of the workers, in order, and the next
// one is read when the answer to the one before has been taken.
//
// gRPC's reactions and the worker's turn follow each other: a read, a turn, a write. Only a
// cancellation comes between. Deletes itself.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>

#include "node/rpc/call.h"

namespace testamur::node {

// What the body of a turn may ask of its stream.
struct Turn {
  const CallerKey& caller;
  std::function<bool()> is_gone;  // whatever takes long looks here now and then
};

template <class Request, class Response>
class TurnStream final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  // Fills the response from the request; a status that is not OK ends the stream.
  using Answer = std::function<grpc::Status(const Turn&, const Request&, Response&)>;

  TurnStream(CallParts& parts, grpc::CallbackServerContext& call, const CallCost& cost,
             Answer answer)
      : parts_(parts),
        cost_(cost),
        answer_(std::move(answer)),
        caller_(caller_of(call.peer())),
        entry_(parts.open, call, caller_) {
    auto status = parts_.gate.hold(caller_, Held::kCalls, 1, open_);
    if (status.ok()) status = parts_.gate.hold(caller_, Held::kStreams, 1, place_);
    if (status.ok()) {
      this->StartRead(&request_);
    } else {
      this->Finish(status);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) return this->Finish(grpc::Status::OK);
    // It counts from here on: it may wait for its turn.
    const auto status = take_request(parts_.gate, caller_, cost_.calls, request_, request_bytes_);
    if (!status.ok()) return this->Finish(status);
    parts_.queue.post(caller_, [this] { turn(); });
  }
  void OnWriteDone(bool ok) override {
    entry_.sent();
    bytes_ = {};
    if (!ok) return this->Finish(gone());
    this->StartRead(&request_);
  }
  void OnCancel() override { cancelled_ = true; }
  void OnDone() override { delete this; }

 private:
  void turn() {
    response_.Clear();
    auto& gate = parts_.gate;
    auto status = answer_({caller_, [this] { return cancelled_.load(); }}, request_, response_);
    const auto size = response_.ByteSizeLong();
    const auto memory = memory_of(response_, true);
    if (status.ok() && memory != 0) status = gate.hold(caller_, Held::kAnswerBytes, memory, bytes_);
    // Cleared, it would keep the room of what was sent.
    Request().Swap(&request_);
    request_bytes_ = {};
    if (!status.ok()) return this->Finish(status);

    gate.charge(caller_, size / kBytesForOneCall);
    entry_.sending(size);
    this->StartWrite(&response_);
  }

  CallParts& parts_;
  const CallCost& cost_;
  const Answer answer_;
  const CallerKey caller_;
  OpenCalls::Entry entry_;
  CallGate::Holding open_, place_, request_bytes_, bytes_;
  std::atomic<bool> cancelled_ = false;
  Request request_;
  Response response_;
};

}  // namespace testamur::node
