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
constexpr int kMarks[] = {FieldDescriptor::kMaxNumber, FieldDescriptor::kMaxNumber - 1,
                          FieldDescriptor::kMaxNumber - 2};

class Walk {
 public:
  explicit Walk(google::protobuf::io::CodedInputStream& in) : in_(in) {}

  std::optional<Undecoded::Why> too_much() const { return too_much_; }

  // False where there is too much. Malformed bytes end the walk: whoever decodes them refuses.
  bool walk(const Descriptor& type) {
    while (const auto tag = in_.ReadTag()) {
      if (!count(1)) return false;
      // No request has groups, which hold fields without a length of their own.
      if (WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_START_GROUP)
        return stop(Undecoded::Why::kTooManyFields);
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
  bool stop(Undecoded::Why why) {
    too_much_ = why;
    return false;
  }
  bool count(int fields) {
    // A list may claim any length.
    if (fields > kMaxRequestFields - count_) return stop(Undecoded::Why::kTooManyFields);
    count_ += fields;
    return true;
  }

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
    if (packed && !count(length)) return false;
    if (field.type() == FieldDescriptor::TYPE_STRING && length > kMaxTextBytes)
      return stop(Undecoded::Why::kLongText);
    in_.Skip(length);
    return true;
  }

  google::protobuf::io::CodedInputStream& in_;
  int count_ = 0;
  std::optional<Undecoded::Why> too_much_;
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

std::optional<Undecoded::Why> too_much(const google::protobuf::MessageLite& message,
                                       grpc::ByteBuffer& bytes) {
  // What is as short as a text may be has neither: a field takes a byte at least.
  static_assert(kMaxTextBytes <= kMaxRequestFields);
  if (bytes.Length() <= std::size_t{kMaxTextBytes}) return std::nullopt;
  if (!is_request_of_ours(message)) return std::nullopt;

  grpc::ProtoBufferReader reader(&bytes);
  if (!reader.status().ok()) return std::nullopt;
  google::protobuf::io::CodedInputStream in(&reader);
  const auto& type = *static_cast<const google::protobuf::Message&>(message).GetDescriptor();
  Walk walk(in);
  (void)walk.walk(type);
  return walk.too_much();
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
