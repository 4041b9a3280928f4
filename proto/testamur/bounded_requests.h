// How many fields a request may have. gRPC decodes a request before any handler sees it, and an
// empty entry of a list takes two bytes of the wire and some sixty of memory: without a bound a few
// connections take hundreds of megabytes before anybody is asked to pay for it. The fields are
// counted on the wire, without decoding. A message that is no request to a service of ours is
// decoded as ever.
//
// Takes effect in the source files that see it before they instantiate gRPC's handlers: the
// generated services and those that read a stream of requests. There it comes with the precompiled
// header. Any thread.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <concepts>
#include <cstdint>
#include <optional>

namespace testamur::proto {

// Twice the longest list that a request has use for: the ids of AwaitCommits.
inline constexpr int kMaxRequestFields = 131'072;

// Whether the bytes hold more fields than that as this message. A message that is no request to
// a service of ours is never asked.
bool has_too_many_fields(const google::protobuf::MessageLite& message, grpc::ByteBuffer& bytes);

// gRPC gives a request that cannot be decoded no name, and its caller no bill. So one with too many
// fields is decoded as an empty one that says so, for whoever admits calls.
void mark_refused(google::protobuf::MessageLite& message, std::uint64_t size_bytes);
// What it had in bytes; nothing where it was not refused.
std::optional<std::uint64_t> refused_bytes(const google::protobuf::Message& message);

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
    if (bytes != nullptr && testamur::proto::has_too_many_fields(*message, *bytes)) {
      testamur::proto::mark_refused(*message, bytes->Length());
      bytes->Clear();
      return Status::OK;
    }
    return GenericDeserialize<ProtoBufferReader, T>(bytes, message);
  }
};

}  // namespace grpc
