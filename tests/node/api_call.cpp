#include "tests/node/api_call.h"

namespace testamur::node {

namespace {

constexpr auto kAtOnce = std::chrono::seconds(20);

std::string bytes_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const auto& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

}  // namespace

ApiCall::ApiCall(grpc::GenericStub& stub, const std::string& path,
                 std::chrono::milliseconds deadline) {
  context_.set_deadline(Clock::now() + deadline);
  stream_ = stub.PrepareCall(&context_, path, &queue_);
  stream_->StartCall(tag(Event::kStart));
  writable_ = wait_for(Event::kStart, Clock::now() + kAtOnce) && ok_;
}

ApiCall::~ApiCall() {
  cancel();
  (void)finish(kAtOnce);
  queue_.Shutdown();
  void* got = nullptr;
  while (queue_.Next(&got, &ok_)) {
  }
}

bool ApiCall::wait_for(Event event, Clock::time_point until) {
  for (;;) {
    void* got = nullptr;
    if (queue_.AsyncNext(&got, &ok_, until) != grpc::CompletionQueue::GOT_EVENT) return false;
    if (got == tag(Event::kRead)) {
      reading_ = false;
      ended_ = !ok_;
    }
    if (got == tag(Event::kFinish)) finished_ = true;
    if (got == tag(event)) return true;
  }
}

bool ApiCall::write(const std::string& message, bool last) {
  if (!writable_ || ended_) return false;
  const grpc::Slice slice(message);
  const grpc::ByteBuffer buffer(&slice, 1);
  if (last) {
    stream_->WriteLast(buffer, {}, tag(Event::kWrite));
  } else {
    stream_->Write(buffer, tag(Event::kWrite));
  }
  const bool written = wait_for(Event::kWrite, Clock::now() + kAtOnce) && ok_;
  writable_ = written && !last;
  return written;
}

std::optional<std::string> ApiCall::read(std::chrono::milliseconds within) {
  if (ended_) return std::nullopt;
  if (!reading_) {
    reading_ = true;
    stream_->Read(&incoming_, tag(Event::kRead));
  }
  if (!wait_for(Event::kRead, Clock::now() + within) || ended_) return std::nullopt;
  return bytes_of(incoming_);
}

std::optional<grpc::Status> ApiCall::finish(std::chrono::milliseconds within) {
  const auto until = Clock::now() + within;
  while (!ended_) {
    (void)read(std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()));
    if (!ended_ && Clock::now() >= until) return std::nullopt;
  }
  if (!finishing_) {
    finishing_ = true;
    stream_->Finish(&status_, tag(Event::kFinish));
  }
  if (!finished_ && !wait_for(Event::kFinish, until)) return std::nullopt;
  return status_;
}

}  // namespace testamur::node
