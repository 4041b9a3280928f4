// A stream of answers: each message is made in a turn of the workers, and only when the one before
// has been taken.
//
// A derived class says what comes next; wake() tells that something may have changed. Whoever wakes
// a stream from elsewhere holds its Link, which outlives it. No lock is held while gRPC is called.
#pragma once

#include <memory>
#include <mutex>

#include "node/rpc/call.h"

namespace testamur::node {

// How others reach a stream that may be gone.
class StreamLink {
 public:
  void wake() {
    std::lock_guard lock(mutex_);
    if (wake_) wake_();
  }
  void connect(std::function<void()> wake) {
    std::lock_guard lock(mutex_);
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
    sent_bytes_ = {};
    std::unique_lock lock(mutex_);
    writing_ = false;
    if (!ok || cancelled_) return finish(std::move(lock), gone());
    schedule(std::move(lock));
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
    std::lock_guard lock(mutex_);
    return cancelled_;
  }
  void connect() {
    link_->connect([this] { wake(); });
  }

  CallParts& parts_;
  const CallerKey caller_;
  CallGate::Holding open_, place_;
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
    message_.Clear();
    grpc::Status status;
    auto step = cancelled() ? Step::kEnd : next(message_, status);
    const auto bytes = step == Step::kMessage ? message_.ByteSizeLong() : 0;
    if (step == Step::kMessage) {
      parts_.gate.charge(caller_, bytes / kBytesForOneCall);
      const auto memory = memory_of(message_, true);
      if (memory != 0) status = parts_.gate.hold(caller_, Held::kAnswerBytes, memory, sent_bytes_);
      if (!status.ok()) step = Step::kEnd;
    }

    std::unique_lock lock(mutex_);
    preparing_ = false;
    if (cancelled_) return finish(std::move(lock), gone());
    if (step == Step::kEnd) return finish(std::move(lock), status);
    if (step == Step::kWait) {
      if (again_) schedule(std::move(lock));
      return;
    }
    writing_ = true;
    lock.unlock();
    entry_.sending(bytes);
    this->StartWrite(&message_);
  }

  void finish(std::unique_lock<std::mutex> lock, const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    lock.unlock();
    this->Finish(status);
  }

  OpenCalls::Entry entry_;
  CallGate::Holding sent_bytes_;
  Response message_;
  std::mutex mutex_;  // of what follows
  bool started_ = false, preparing_ = false, writing_ = false, again_ = false, cancelled_ = false,
       finished_ = false;
};

}  // namespace testamur::node
