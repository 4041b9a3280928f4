// One call of any method of the API, by its descriptor, over messages as bytes: unary and streams
// are driven alike. Nothing waits longer than it says.
//
// One thread.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <optional>
#include <string>

namespace testamur::node {

class ApiCall {
 public:
  using Clock = std::chrono::system_clock;

  ApiCall(grpc::GenericStub& stub, const std::string& path, std::chrono::milliseconds deadline);
  ~ApiCall();
  ApiCall(const ApiCall&) = delete;
  ApiCall& operator=(const ApiCall&) = delete;

  // False: the call has ended, or is not written to any more.
  bool write(const std::string& message, bool last);
  // The next message, if one comes within this time. After a time without one a later read() goes
  // on with the same.
  std::optional<std::string> read(std::chrono::milliseconds within);
  // The messages have ended; the status is there.
  bool has_ended() const { return ended_; }
  void cancel() { context_.TryCancel(); }
  // Reads what is left, then the status; nothing when it does not end within this time.
  std::optional<grpc::Status> finish(std::chrono::milliseconds within);

 private:
  enum class Event : std::uintptr_t { kStart = 1, kWrite, kRead, kFinish };
  static void* tag(Event event) { return reinterpret_cast<void*>(event); }
  // Handles what happens until `event` has; false when it has not by then.
  bool wait_for(Event event, Clock::time_point until);

  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer incoming_;
  grpc::Status status_;
  bool writable_ = true, reading_ = false, ended_ = false, finishing_ = false, finished_ = false;
  bool ok_ = false;  // of the newest event
};

}  // namespace testamur::node
