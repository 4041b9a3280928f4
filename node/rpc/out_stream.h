// A stream of answers: messages are made in a turn of the workers, and only when those before have
// been taken.
//
// A turn makes as many as fill a few packets, or one that is larger: a stream of many small ones
// costs a turn and a write of the socket for some dozens, not for each. A derived class says what
// comes next; wake() tells that something may have changed. Whoever wakes a stream from elsewhere
// holds its Link, which outlives it. No lock is held while gRPC is called.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "node/rpc/call.h"

namespace testamur::node {

// How others reach a stream that may be gone.
class StreamLink {
 public:
  void wake() {
    const std::lock_guard lock(mutex_);
    if (wake_) wake_();
  }
  void connect(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  void cut() { connect(nullptr); }

 private:
  std::mutex mutex_;
  std::function<void()> wake_;
};

template <class Response>
class OutStream : public grpc::ServerWriteReactor<Response> {
 public:
  OutStream(CallParts& parts, grpc::CallbackServerContext& context)
      : parts_(parts), caller_(caller_of(context.peer())), entry_(parts.open, context, caller_) {}

  void OnWriteDone(bool ok) override {
    entry_.sent();
    std::unique_lock lock(mutex_);
    writing_ = false;
    made_.pop_front();
    if (!ok || cancelled_) return finish(std::move(lock), gone());
    go_on(std::move(lock));
  }
  void OnCancel() override {
    std::unique_lock lock(mutex_);
    cancelled_ = true;
    if (!writing_ && !preparing_ && !finished_) finish(std::move(lock), gone());
  }
  void OnDone() override {
    link_->cut();
    delete this;
  }

  // Something may have come. Any thread; before start() nothing is made.
  void wake() {
    std::unique_lock lock(mutex_);
    again_ = true;
    if (started_ && !writing_ && !preparing_ && !finished_) schedule(std::move(lock));
  }

 protected:
  // How many messages a turn makes at most: 1 where one costs more than its bytes.
  virtual std::size_t at_once() const { return kAtOnce; }
  enum class Step { kMessage, kWait, kEnd };
  // In a turn of the workers, one at a time: what comes next. kEnd: `status` says how it ends.
  virtual Step next(Response& message, grpc::Status& status) = 0;

  // Takes what the call needs; on refusal the stream ends with the refusal. To be called once, last
  // in making one.
  void start(grpc::Status admitted) {
    std::unique_lock lock(mutex_);
    started_ = true;
    if (!admitted.ok()) return finish(std::move(lock), admitted);
    if (cancelled_) return finish(std::move(lock), gone());
    schedule(std::move(lock));
  }
  bool cancelled() {
    const std::lock_guard lock(mutex_);
    return cancelled_;
  }
  void connect() {
    link_->connect([this] { wake(); });
  }

  // What every stream takes before anything else: its place, and the request, until it ends.
  grpc::Status enter(const google::protobuf::Message& request, std::uint64_t calls) {
    const auto status = parts_.gate.hold(caller_, Held::kCalls, 1, open_);
    return status.ok() ? take_request(parts_.gate, caller_, calls, request, request_) : status;
  }

  CallParts& parts_;
  const CallerKey caller_;
  CallGate::Holding open_, place_, request_;
  const std::shared_ptr<StreamLink> link_ = std::make_shared<StreamLink>();

 private:
  void schedule(std::unique_lock<std::mutex> lock) {
    preparing_ = true;
    again_ = false;
    lock.unlock();
    parts_.queue.post(caller_, [this] { turn(); });
  }

  // While preparing_ is set nobody else ends the stream.
  void turn() {
    make();
    std::unique_lock lock(mutex_);
    preparing_ = false;
    if (cancelled_) return finish(std::move(lock), gone());
    if (!made_.empty() || end_) return go_on(std::move(lock));
    if (again_) schedule(std::move(lock));
  }

  // Fills made_, and end_ when nothing comes after it.
  void make() {
    std::size_t bytes = 0;
    while (!end_ && made_.size() < at_once() && bytes < kBytesAtOnce) {
      if (cancelled()) return;
      Made next_one;
      grpc::Status status;
      const auto step = next(next_one.message, status);
      if (step == Step::kWait) return;
      if (step == Step::kMessage) status = take_room(next_one);
      if (step == Step::kEnd || !status.ok()) {
        end_ = status;
        return;
      }
      bytes += next_one.bytes;
      made_.push_back(std::move(next_one));
    }
  }

  struct Made {
    Response message;
    std::size_t bytes = 0;
    CallGate::Holding memory;
  };
  grpc::Status take_room(Made& made) {
    made.bytes = made.message.ByteSizeLong();
    parts_.gate.charge(caller_, made.bytes / kBytesForOneCall);
    // Beside others of its turn a small one counts too: together they are no small answer.
    const auto memory =
        made_.empty() ? memory_of(made.message, true) : made.message.SpaceUsedLong() + made.bytes;
    if (memory == 0) return grpc::Status::OK;
    return parts_.gate.hold(caller_, Held::kAnswerBytes, memory, made.memory);
  }

  // Writes what is made, then ends or has more made.
  void go_on(std::unique_lock<std::mutex> lock) {
    if (made_.empty()) {
      if (end_) return finish(std::move(lock), *end_);
      return schedule(std::move(lock));
    }

    writing_ = true;
    lock.unlock();
    const auto& first = made_.front();
    entry_.sending(first.bytes);
    // gRPC may keep a message for as long as another one follows at once. Not the first one: the
    // head of the answer would be kept with it, and for that no write is ever done.
    grpc::WriteOptions options;
    if (made_.size() > 1 && has_written_) options.set_buffer_hint();
    has_written_ = true;
    this->StartWrite(&first.message, options);
  }

  void finish(std::unique_lock<std::mutex> lock, const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    lock.unlock();
    this->Finish(status);
  }

  // Made in one turn: what fits into small messages (call_costs.h) twice over.
  static constexpr std::size_t kAtOnce = 64;
  static constexpr std::size_t kBytesAtOnce = 2 * kSmallAnswer;

  OpenCalls::Entry entry_;
  // By the turn while preparing_ is set, by the write while writing_ is.
  std::deque<Made> made_;
  std::optional<grpc::Status> end_;
  bool has_written_ = false;
  std::mutex mutex_;  // of what follows
  bool started_ = false, preparing_ = false, writing_ = false, again_ = false, cancelled_ = false,
       finished_ = false;
};

}  // namespace testamur::node
