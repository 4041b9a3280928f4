// The scan walks a message and its shape together; every rule of the strict form is one comparison
// in message(), value(), scalar() or packed(). What passed it can be walked without further checks:
// StrictFields.
#include "ledger/tx/wire/scanner.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <limits>

#include "common/check.h"
#include "common/text.h"

namespace testamur::ledger::tx::wire {

namespace pb = google::protobuf;

namespace {

enum class FieldType : std::uint8_t { kBool, kUint32, kUint64, kEnum, kBytes, kString, kMessage };

enum WireType : std::uint32_t { kWireVarint = 0, kWireLength = 2 };

bool is_scalar(FieldType type) { return type <= FieldType::kEnum; }

struct FieldShape {
  std::uint32_t number = 0;
  FieldType type = FieldType::kBytes;
  bool repeated = false;
  int oneof = -1;  // ordinal within the message, or -1
  const MessageShape* message = nullptr;
  std::vector<std::int32_t> enum_values;  // ascending
  std::string name;
};

}  // namespace

struct MessageShape {
  const pb::Descriptor* descriptor = nullptr;
  std::vector<FieldShape> fields;          // ascending by number
  std::vector<std::uint16_t> position_of;  // field number -> position + 1 in `fields`, 0 = unknown
  const FieldShape* find(std::uint32_t number) const {
    if (number >= position_of.size() || position_of[number] == 0) return nullptr;
    return &fields[position_of[number] - 1U];
  }
};

namespace {

FieldType type_of(const pb::FieldDescriptor& field) {
  switch (field.type()) {
    case pb::FieldDescriptor::TYPE_BOOL: return FieldType::kBool;
    case pb::FieldDescriptor::TYPE_UINT32: return FieldType::kUint32;
    case pb::FieldDescriptor::TYPE_UINT64: return FieldType::kUint64;
    case pb::FieldDescriptor::TYPE_ENUM: return FieldType::kEnum;
    case pb::FieldDescriptor::TYPE_BYTES: return FieldType::kBytes;
    case pb::FieldDescriptor::TYPE_STRING: return FieldType::kString;
    case pb::FieldDescriptor::TYPE_MESSAGE: return FieldType::kMessage;
    default:
      TM_CHECK(false, "the strict form has no fields of the type of", field.full_name());
      return FieldType::kBytes;
  }
}

// Reads a minimal varint of at most 64 bits. Nothing, and `code`, when it is not one.
std::optional<std::uint64_t> read_varint(ByteView& rest, RejectionCode& code) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    if (i >= rest.size()) {
      code = RejectionCode::kTruncated;
      return std::nullopt;
    }
    const std::uint8_t byte = rest[i];

    // Ten times seven bits are more than 64: of the tenth byte one bit is left.
    if (i == 9 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if ((byte & 0x80) == 0) {
      if (byte == 0 && i > 0) {
        code = RejectionCode::kVarintNotMinimal;
        return std::nullopt;
      }
      rest = rest.subspan(i + 1);
      return value;
    }
  }
  code = RejectionCode::kVarintTooLarge;
  return std::nullopt;
}

// A singular scalar stands as one number; everything else, packed lists of scalars included, behind
// its length.
bool stands_as_varint(const FieldShape& field) { return is_scalar(field.type) && !field.repeated; }

std::optional<RejectionCode> wire_type_fault(const FieldShape& field, std::uint32_t wire_type) {
  if (wire_type == (stands_as_varint(field) ? kWireVarint : kWireLength)) return std::nullopt;
  const bool unpacked = is_scalar(field.type) && field.repeated && wire_type == kWireVarint;
  return unpacked ? RejectionCode::kNotPacked : RejectionCode::kWireType;
}

// What has stood in a message so far, and so which fields may follow.
class SeenFields {
 public:
  // Ascending numbers leave one order of fields; only messages, bytes and strings of a list repeat.
  std::optional<RejectionCode> add(const FieldShape& field) {
    if (field.number < previous_) return RejectionCode::kFieldOrder;
    const bool again = field.number == previous_;
    if (again && (!field.repeated || is_scalar(field.type))) return RejectionCode::kFieldRepeated;
    element_ = again ? element_ + 1 : 0;
    previous_ = field.number;
    return std::nullopt;
  }

  std::optional<RejectionCode> add_to_oneof(const FieldShape& field) {
    if (field.oneof < 0) return std::nullopt;
    const auto bit = std::uint64_t{1} << static_cast<unsigned>(field.oneof);
    if ((oneofs_ & bit) != 0) return RejectionCode::kOneofConflict;
    oneofs_ |= bit;
    return std::nullopt;
  }

  // The place of the last field in its list.
  std::uint64_t element() const { return element_; }

 private:
  std::uint32_t previous_ = 0;
  std::uint64_t element_ = 0;
  std::uint64_t oneofs_ = 0;  // of which a member has stood, as bits
};

class Scan {
 public:
  explicit Scan(ByteView whole) : whole_(whole) {}

  std::optional<Rejection> message(const MessageShape& shape, ByteView content, unsigned depth);

 private:
  std::optional<Rejection> value(const FieldShape& field, ByteView& rest, unsigned depth,
                                 std::uint64_t element);
  std::optional<Rejection> length_value(const FieldShape& field, ByteView content, unsigned depth,
                                        std::uint64_t element);
  std::optional<Rejection> packed(const FieldShape& field, ByteView content);
  std::optional<Rejection> scalar(const FieldShape& field, std::uint64_t number, ByteView at);
  Rejection refuse(RejectionCode code, const std::string& field, ByteView at) const {
    const auto offset = static_cast<std::size_t>(at.data() - whole_.data());
    return {code, field, "at byte " + std::to_string(offset), {}};
  }

  ByteView whole_;
};

std::optional<Rejection> Scan::scalar(const FieldShape& field, std::uint64_t number, ByteView at) {
  // A parser would cut such numbers off or keep them as unknown: two encodings of one value.
  switch (field.type) {
    case FieldType::kBool:
      if (number > 1) return refuse(RejectionCode::kVarintTooLarge, field.name, at);
      break;
    case FieldType::kUint32:
      if (number > std::numeric_limits<std::uint32_t>::max()) {
        return refuse(RejectionCode::kVarintTooLarge, field.name, at);
      }
      break;
    case FieldType::kEnum:
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max()) ||
          !std::ranges::binary_search(field.enum_values, static_cast<std::int32_t>(number))) {
        return refuse(RejectionCode::kEnumUnknown, field.name, at);
      }
      break;
    default: break;
  }
  return std::nullopt;
}

std::optional<Rejection> Scan::packed(const FieldShape& field, ByteView content) {
  auto rest = content;
  while (!rest.empty()) {
    const auto at = rest;
    RejectionCode code{};
    const auto number = read_varint(rest, code);
    if (!number) return refuse(code, field.name, at);
    if (auto rejection = scalar(field, *number, at)) return rejection;
  }
  return std::nullopt;
}

std::optional<Rejection> Scan::length_value(const FieldShape& field, ByteView content,
                                            unsigned depth, std::uint64_t element) {
  const bool says_nothing = content.empty() && !(field.repeated && !is_scalar(field.type)) &&
                            !(field.type == FieldType::kMessage && field.oneof >= 0);
  if (says_nothing) return refuse(RejectionCode::kExplicitDefault, field.name, content);

  if (is_scalar(field.type)) return packed(field, content);
  if (field.type == FieldType::kString && !is_utf8(content)) {
    return refuse(RejectionCode::kNotUtf8, field.name, content);
  }

  if (field.type != FieldType::kMessage) return std::nullopt;
  auto rejection = message(*field.message, content, depth + 1);
  if (rejection) {
    auto path = field.name;
    if (field.repeated) path += "[" + std::to_string(element) + "]";
    rejection->field = rejection->field.empty() ? path : path + "." + rejection->field;
  }
  return rejection;
}

std::optional<Rejection> Scan::value(const FieldShape& field, ByteView& rest, unsigned depth,
                                     std::uint64_t element) {
  const auto at = rest;
  RejectionCode code{};
  const auto number = read_varint(rest, code);
  if (!number) return refuse(code, field.name, at);

  // A field that carries its default could as well be absent: that would be two encodings.
  if (stands_as_varint(field)) {
    if (*number == 0) return refuse(RejectionCode::kExplicitDefault, field.name, at);
    return scalar(field, *number, at);
  }

  if (*number > rest.size()) return refuse(RejectionCode::kTruncated, field.name, at);
  const auto content = rest.first(static_cast<std::size_t>(*number));
  rest = rest.subspan(content.size());
  return length_value(field, content, depth, element);
}

std::optional<Rejection> Scan::message(const MessageShape& shape, ByteView content,
                                       unsigned depth) {
  if (depth > kMaxDepth) return refuse(RejectionCode::kTooDeep, "", content);
  auto rest = content;
  SeenFields seen;
  while (!rest.empty()) {
    const auto at = rest;
    RejectionCode code{};
    const auto tag = read_varint(rest, code);
    if (!tag) return refuse(code, "", at);
    if (*tag > std::numeric_limits<std::uint32_t>::max())
      return refuse(RejectionCode::kVarintTooLarge, "", at);

    const auto number = static_cast<std::uint32_t>(*tag >> 3U);
    const auto wire_type = static_cast<std::uint32_t>(*tag & 7U);
    const FieldShape* field = shape.find(number);
    if (field == nullptr) return refuse(RejectionCode::kUnknownField, std::to_string(number), at);

    auto fault = seen.add(*field);
    if (!fault) fault = wire_type_fault(*field, wire_type);
    if (!fault) fault = seen.add_to_oneof(*field);
    if (fault) return refuse(*fault, field->name, at);

    if (auto rejection = value(*field, rest, depth, seen.element())) return rejection;
  }
  return std::nullopt;
}

std::optional<Rejection> text_fault(const MessageShape& shape, ByteView message) {
  std::uint32_t previous = 0;
  std::uint64_t element = 0;
  StrictFields fields(message);
  while (const auto field = fields.next()) {
    element = field->number == previous ? element + 1 : 0;
    previous = field->number;

    const FieldShape* known = shape.find(field->number);
    TM_CHECK(known != nullptr, "texts are looked for in scanned messages only");
    if (known->type != FieldType::kString && known->type != FieldType::kMessage) continue;
    const auto path = known->name + (known->repeated ? "[" + std::to_string(element) + "]" : "");
    if (known->type == FieldType::kMessage) {
      if (auto inner = text_fault(*known->message, field->bytes))
        return prefixed(path, std::move(inner));
    } else if (const auto fault = find_fault(as_text(field->bytes))) {
      return Rejection{RejectionCode::kTextForm, path, to_text(*fault), {}};
    }
  }
  return std::nullopt;
}

FieldShape shape_of(const pb::FieldDescriptor& field) {
  FieldShape shape;
  shape.number = static_cast<std::uint32_t>(field.number());
  shape.type = type_of(field);
  shape.repeated = field.is_repeated();
  shape.name = field.name();
  TM_CHECK(!field.is_map(), "the strict form has no maps:", field.full_name());
  TM_CHECK(!field.has_optional_keyword(),
           "the strict form has no optional fields:", field.full_name());

  if (const auto* oneof = field.real_containing_oneof()) {
    TM_CHECK(!is_scalar(shape.type), "a oneof of scalars could not carry zero:", field.full_name());
    shape.oneof = oneof->index();
  }
  if (shape.type == FieldType::kEnum) {
    for (int i = 0; i < field.enum_type()->value_count(); ++i) {
      shape.enum_values.push_back(field.enum_type()->value(i)->number());
    }
    std::ranges::sort(shape.enum_values);
  }
  return shape;
}

}  // namespace

Grammar::Grammar(const pb::Descriptor& root) {
  const auto shape_for = [this](const pb::Descriptor* descriptor) -> MessageShape* {
    for (const auto& known : shapes_) {
      if (known->descriptor == descriptor) return known.get();
    }
    shapes_.push_back(std::make_unique<MessageShape>());
    shapes_.back()->descriptor = descriptor;
    return shapes_.back().get();
  };
  shape_for(&root);

  // Message types may contain each other, so each is entered once, before its fields are read.
  for (std::size_t next = 0; next < shapes_.size(); ++next) {
    const auto* descriptor = shapes_[next]->descriptor;
    std::vector<FieldShape> fields;
    for (int i = 0; i < descriptor->field_count(); ++i) {
      fields.push_back(shape_of(*descriptor->field(i)));
      if (fields.back().type == FieldType::kMessage) {
        fields.back().message = shape_for(descriptor->field(i)->message_type());
      }
    }
    std::ranges::sort(fields, {}, &FieldShape::number);

    // Numbers are small: an array finds a field faster than a search.
    auto& shape = *shapes_[next];
    if (!fields.empty()) shape.position_of.resize(fields.back().number + 1U);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      shape.position_of[fields[i].number] = static_cast<std::uint16_t>(i + 1);
    }
    shape.fields = std::move(fields);
  }
}

Grammar::~Grammar() = default;

std::optional<Rejection> Grammar::scan(ByteView message) const {
  return Scan(message).message(*shapes_.front(), message, 1);
}

std::optional<Rejection> Grammar::find_text_fault(ByteView message) const {
  return text_fault(*shapes_.front(), message);
}

std::optional<StrictFields::Field> StrictFields::next() {
  if (rest_.empty()) return std::nullopt;
  RejectionCode code{};
  const auto tag = read_varint(rest_, code);
  TM_CHECK(tag, "StrictFields walks scanned messages only");
  Field field;
  field.number = static_cast<std::uint32_t>(*tag >> 3U);
  const auto value = read_varint(rest_, code);
  TM_CHECK(value, "StrictFields walks scanned messages only");

  if ((*tag & 7U) == kWireVarint) {
    field.varint = *value;
    return field;
  }

  TM_CHECK(*value <= rest_.size(), "StrictFields walks scanned messages only");
  field.bytes = rest_.first(static_cast<std::size_t>(*value));
  rest_ = rest_.subspan(field.bytes.size());
  return field;
}

namespace {

// After these first bytes the second one shows whether the code point is one that UTF-8 writes.
bool may_follow(std::uint8_t lead, std::uint8_t second) {
  switch (lead) {
    case 0xE0: return second >= 0xA0;  // below: overlong
    case 0xED: return second <= 0x9F;  // above: surrogates
    case 0xF0: return second >= 0x90;  // below: overlong
    case 0xF4: return second <= 0x8F;  // above: beyond U+10FFFF
    default: return true;
  }
}

// How many bytes the first code point of the text has; 0 where it begins with none. Precondition:
// the text is not empty.
std::size_t first_code_point_size(ByteView text) {
  const std::uint8_t lead = text[0];
  if (lead < 0x80) return 1;

  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
  for (std::size_t k = 1; k < size; ++k) {
    if ((text[k] & 0xC0) != 0x80) return 0;
  }
  return may_follow(lead, text[1]) ? size : 0;
}

}  // namespace

bool is_utf8(ByteView text) {
  while (!text.empty()) {
    const std::size_t size = first_code_point_size(text);
    if (size == 0) return false;
    text = text.subspan(size);
  }
  return true;
}

}  // namespace testamur::ledger::tx::wire
