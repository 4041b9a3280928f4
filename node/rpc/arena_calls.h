// Requests and answers of a call in one arena: an answer of thousands of small parts takes a few
// blocks of memory instead of thousands, and goes at once. For methods whose answers have many
// parts. Any thread.
#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/support/message_allocator.h>

namespace testamur::node {

template <class Request, class Response>
class ArenaMessages final : public grpc::MessageAllocator<Request, Response> {
 public:
  grpc::MessageHolder<Request, Response>* AllocateMessages() override { return new Holder; }

 private:
  class Holder final : public grpc::MessageHolder<Request, Response> {
   public:
    Holder() : arena_(options()) {
      this->set_request(google::protobuf::Arena::CreateMessage<Request>(&arena_));
      this->set_response(google::protobuf::Arena::CreateMessage<Response>(&arena_));
    }
    // gRPC calls it once, after the answer has been sent.
    void Release() override { delete this; }

   private:
    static google::protobuf::ArenaOptions options() {
      constexpr std::size_t kMostBlockBytes = 64 * 1024;
      google::protobuf::ArenaOptions made;
      made.max_block_size = kMostBlockBytes;
      return made;
    }
    google::protobuf::Arena arena_;
  };
};

}  // namespace testamur::node
