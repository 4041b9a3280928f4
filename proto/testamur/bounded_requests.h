// How many fields a request may have, and how long a text in it may be. gRPC decodes a request
// before any handler sees it, and an empty entry of a list takes two bytes of the wire and some
// sixty of memory: without a bound a few connections take hundreds of megabytes before anybody is
// asked to pay for it. A text is a name, an id, a domain, a reference, a token: a long one is none,
// and whoever looked for it and said that there is no such thing would keep it several times. Both
// are looked at on the wire, without decoding. A message that is no request to a service of ours is
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

// Four times the longest that any of them is: a domain of 253 characters. Fields of bytes (ids,
// commitments, transactions) have lengths of their own.
inline constexpr int kMaxTextBytes = 1'024;

bool is_request_of_ours(const google::protobuf::MessageLite& message);

// gRPC gives a request that is not decoded no name, and its caller no bill. So it arrives as an
// empty one that says so, for whoever admits calls.
struct Undecoded {
  enum class Why : std::uint8_t { kTooManyFields, kMalformed, kLongText };
  Why why = Why::kTooManyFields;
  std::uint64_t size_bytes = 0;
};
// What these bytes, as this message, have too much of. A message that is no request to a service of
// ours is never asked.
std::optional<Undecoded::Why> too_much(const google::protobuf::MessageLite& message,
                                       grpc::ByteBuffer& bytes);
void mark_undecoded(google::protobuf::MessageLite& message, const Undecoded& what);
// Nothing where it was decoded.
std::optional<Undecoded> undecoded(const google::protobuf::Message& message);

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
    using testamur::proto::Undecoded;
    const std::uint64_t size = bytes == nullptr ? 0 : bytes->Length();
    if (bytes != nullptr) {
      if (const auto why = testamur::proto::too_much(*message, *bytes)) {
        testamur::proto::mark_undecoded(*message, {*why, size});
        bytes->Clear();
        return Status::OK;
      }
    }
    const auto status = GenericDeserialize<ProtoBufferReader, T>(bytes, message);
    if (status.ok() || !testamur::proto::is_request_of_ours(*message)) return status;
    testamur::proto::mark_undecoded(*message, {Undecoded::Why::kMalformed, size});
    return Status::OK;
  }
};

}  // namespace grpc
