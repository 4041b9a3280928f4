// Walks the wire by the message's descriptor, so that what lies in nested messages counts too.
#include "testamur/bounded_requests.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <string>

namespace testamur::proto {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

// Those whose requests this node answers itself.
constexpr const char* kPackages[] = {"testamur.v1.", "grpc.reflection.v1."};
constexpr char kSuffix[] = "Request";
// The largest numbers of a field, which no request has. Who sends them is refused likewise.
constexpr int kMarks[] = {FieldDescriptor::kMaxNumber, FieldDescriptor::kMaxNumber - 1};

class FieldCount {
 public:
  explicit FieldCount(google::protobuf::io::CodedInputStream& in) : in_(in) {}

  // False where there are too many. Malformed bytes end the count: whoever decodes them refuses.
  bool walk(const Descriptor& type) {
    while (const auto tag = in_.ReadTag()) {
      if (++count_ > kMaxRequestFields) return false;
      const auto* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
      const bool has_length =
          WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
      if (field == nullptr || !has_length) {
        if (!WireFormatLite::SkipField(&in_, tag)) return true;
      } else if (!walk_length_delimited(*field)) {
        return false;
      }
    }
    return true;
  }

 private:
  bool walk_length_delimited(const FieldDescriptor& field) {
    int length = 0;
    if (!in_.ReadVarintSizeAsInt(&length)) return true;

    if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
      // As deep as the decoder goes, which refuses what is deeper.
      const auto [limit, depth_left] = in_.IncrementRecursionDepthAndPushLimit(length);
      const bool few = depth_left < 0 || walk(*field.message_type());
      in_.DecrementRecursionDepthAndPopLimit(limit);
      return few;
    }

    // A list of numbers comes packed, a byte or more each.
    const bool packed = field.is_repeated() && field.is_packable();
    if (packed) count_ += length;
    return count_ <= kMaxRequestFields && in_.Skip(length);
  }

  google::protobuf::io::CodedInputStream& in_;
  int count_ = 0;
};

google::protobuf::Message& whole(google::protobuf::MessageLite& message) {
  return static_cast<google::protobuf::Message&>(message);
}

}  // namespace

bool is_request_of_ours(const google::protobuf::MessageLite& message) {
  const std::string name = message.GetTypeName();
  return name.ends_with(kSuffix) && std::ranges::any_of(kPackages, [&name](const char* package) {
           return name.starts_with(package);
         });
}

bool has_too_many_fields(const google::protobuf::MessageLite& message, grpc::ByteBuffer& bytes) {
  // Two bytes a field at least, one where they come packed.
  if (bytes.Length() <= std::size_t{kMaxRequestFields}) return false;
  if (!is_request_of_ours(message)) return false;

  grpc::ProtoBufferReader reader(&bytes);
  if (!reader.status().ok()) return false;
  google::protobuf::io::CodedInputStream in(&reader);
  const auto& type = *static_cast<const google::protobuf::Message&>(message).GetDescriptor();
  return !FieldCount(in).walk(type);
}

void mark_undecoded(google::protobuf::MessageLite& message, const Undecoded& what) {
  message.Clear();
  auto& marked = whole(message);
  marked.GetReflection()->MutableUnknownFields(&marked)->AddVarint(
      kMarks[static_cast<std::size_t>(what.why)], what.size_bytes);
}

std::optional<Undecoded> undecoded(const google::protobuf::Message& message) {
  const auto& unknown = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    const auto& field = unknown.field(i);
    const auto* mark = std::ranges::find(kMarks, field.number());
    if (mark != std::end(kMarks) && field.type() == google::protobuf::UnknownField::TYPE_VARINT)
      return Undecoded{static_cast<Undecoded::Why>(mark - kMarks), field.varint()};
  }
  return std::nullopt;
}

}  // namespace testamur::proto
