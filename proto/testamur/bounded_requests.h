// How many fields a request may have. gRPC decodes a request before any handler sees it, and an
// empty entry of a list takes two bytes of the wire and some sixty of memory: without a bound a few
// connections take hundreds of megabytes before anybody is asked to pay for it. The fields are
// counted on the wire, without decoding; a message that is not a testamur.v1 request is decoded as
// ever.
//
// Takes effect in the source files that see it before they instantiate gRPC's handlers: the
// generated services and those that read a stream of requests. There it comes with the precompiled
// header. Any thread.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <concepts>

namespace testamur::proto {

// Twice the longest list that a request has use for: the ids of AwaitCommits.
inline constexpr int kMaxRequestFields = 131'072;

// Ok, or why the bytes must not be decoded as this message.
grpc::Status check_request_fields(const google::protobuf::MessageLite& message,
                                  grpc::ByteBuffer& bytes);

}  // namespace testamur::proto

namespace grpc {

// More constrained than gRPC's own, so that it is chosen.
template <std::derived_from<protobuf::MessageLite> T>
class SerializationTraits<
    T,
    typename std::enable_if<std::is_base_of<grpc::protobuf::MessageLite, T>::value>::type> {
 public:
  static Status Serialize(const protobuf::MessageLite& message, ByteBuffer* bytes,
                          bool* own_buffer) {
    return GenericSerialize<ProtoBufferWriter, T>(message, bytes, own_buffer);
  }

  static Status Deserialize(ByteBuffer* bytes, protobuf::MessageLite* message) {
    if (bytes != nullptr) {
      auto refused = testamur::proto::check_request_fields(*message, *bytes);
      if (!refused.ok()) {
        bytes->Clear();
        return refused;
      }
    }
    return GenericDeserialize<ProtoBufferReader, T>(bytes, message);
  }
};

}  // namespace grpc
