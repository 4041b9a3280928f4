#include "node/rpc/check_stream.h"

#include "node/rpc/verdict.h"

namespace testamur::node {
namespace {

// gRPC's reactions and the worker's turn follow each other: a read, a turn, a write. Only a
// cancellation comes between.
class CheckStream final
    : public grpc::ServerBidiReactor<v1::CheckStreamRequest, v1::CheckStreamResponse> {
 public:
  CheckStream(ServiceContext& context, grpc::CallbackServerContext& call)
      : context_(context),
        caller_(caller_of(call.peer())),
        entry_(context.calls.open, call, caller_) {
    auto& gate = context_.calls.gate;
    auto status = gate.hold(caller_, Held::kCalls, 1, open_);
    if (status.ok()) status = gate.hold(caller_, Held::kStreams, 1, place_);
    if (status.ok()) {
      StartRead(&request_);
    } else {
      Finish(status);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    // It counts from here on: it may wait for its turn.
    const auto status =
        take_request(context_.calls.gate, caller_, cost_of("VerifyService", "CheckStream").calls,
                     request_, request_bytes_);
    if (!status.ok()) return Finish(status);
    context_.calls.queue.post(caller_, [this] { turn(); });
  }
  void OnWriteDone(bool ok) override {
    entry_.sent();
    bytes_ = {};
    if (!ok) return Finish(gone());
    StartRead(&request_);
  }
  void OnCancel() override { cancelled_ = true; }
  void OnDone() override { delete this; }

 private:
  void turn() {
    response_.Clear();
    auto& gate = context_.calls.gate;
    auto status = check_bulk(
        context_, request_.commitments(), request_.issuer_id(), request_.options(),
        [this] { return cancelled_.load(); }, caller_, *response_.mutable_answer());
    const auto size = response_.ByteSizeLong();
    const auto memory = memory_of(response_, true);
    if (status.ok() && memory != 0) status = gate.hold(caller_, Held::kAnswerBytes, memory, bytes_);
    // Cleared, it would keep the room of what was sent.
    v1::CheckStreamRequest().Swap(&request_);
    request_bytes_ = {};
    if (!status.ok()) return Finish(status);

    gate.charge(caller_, size / kBytesForOneCall);
    entry_.sending(size);
    StartWrite(&response_);
  }

  ServiceContext& context_;
  const CallerKey caller_;
  OpenCalls::Entry entry_;
  CallGate::Holding open_, place_, request_bytes_, bytes_;
  std::atomic<bool> cancelled_ = false;
  v1::CheckStreamRequest request_;
  v1::CheckStreamResponse response_;
};

}  // namespace

grpc::ServerBidiReactor<v1::CheckStreamRequest, v1::CheckStreamResponse>* check_stream(
    ServiceContext& context, grpc::CallbackServerContext* call) {
  lower_priority_of_this_thread();
  return new CheckStream(context, *call);
}

}  // namespace testamur::node
