#include "wallet/client/message_json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <string>

#include "common/bytes.h"

namespace testamur::wallet {
namespace {

namespace pb = google::protobuf;

std::string bytes_text(const std::string& bytes) { return to_hex(as_bytes(bytes)); }

Json repeated_element(const pb::Message& message, const pb::FieldDescriptor& field, int at) {
  const pb::Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_BOOL: return reflection.GetRepeatedBool(message, &field, at);
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetRepeatedInt32(message, &field, at);
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetRepeatedInt64(message, &field, at);
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetRepeatedUInt32(message, &field, at);
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return reflection.GetRepeatedUInt64(message, &field, at);
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetRepeatedDouble(message, &field, at);
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.GetRepeatedFloat(message, &field, at);
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return enumerator_text(*reflection.GetRepeatedEnum(message, &field, at));
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return to_json(reflection.GetRepeatedMessage(message, &field, at));
    case pb::FieldDescriptor::CPPTYPE_STRING: break;
  }
  const std::string text = reflection.GetRepeatedString(message, &field, at);
  return field.type() == pb::FieldDescriptor::TYPE_BYTES ? bytes_text(text) : text;
}

Json single_value(const pb::Message& message, const pb::FieldDescriptor& field) {
  const pb::Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_BOOL: return reflection.GetBool(message, &field);
    case pb::FieldDescriptor::CPPTYPE_INT32: return reflection.GetInt32(message, &field);
    case pb::FieldDescriptor::CPPTYPE_INT64: return reflection.GetInt64(message, &field);
    case pb::FieldDescriptor::CPPTYPE_UINT32: return reflection.GetUInt32(message, &field);
    case pb::FieldDescriptor::CPPTYPE_UINT64: return reflection.GetUInt64(message, &field);
    case pb::FieldDescriptor::CPPTYPE_DOUBLE: return reflection.GetDouble(message, &field);
    case pb::FieldDescriptor::CPPTYPE_FLOAT: return reflection.GetFloat(message, &field);
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return enumerator_text(*reflection.GetEnum(message, &field));
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return to_json(reflection.GetMessage(message, &field));
    case pb::FieldDescriptor::CPPTYPE_STRING: break;
  }
  const std::string text = reflection.GetString(message, &field);
  return field.type() == pb::FieldDescriptor::TYPE_BYTES ? bytes_text(text) : text;
}

}  // namespace

std::string enumerator_text(const pb::EnumValueDescriptor& value) {
  std::string prefix;
  for (char c : std::string(value.type()->name())) {
    if (c >= 'A' && c <= 'Z' && !prefix.empty()) prefix.push_back('_');
    prefix.push_back(static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
  }
  std::string text{value.name()};
  if (text.starts_with(prefix + "_")) text.erase(0, prefix.size() + 1);
  std::ranges::transform(text, text.begin(), [](char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return text;
}

Json to_json(const pb::Message& message) {
  const pb::Descriptor& type = *message.GetDescriptor();
  const pb::Reflection& reflection = *message.GetReflection();
  Json object = Json::object();
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    const std::string name{field.name()};
    if (field.is_repeated()) {
      Json list = Json::array();
      for (int at = 0; at < reflection.FieldSize(message, &field); ++at)
        list.push_back(repeated_element(message, field, at));
      object[name] = std::move(list);
    } else if (!field.has_presence() || reflection.HasField(message, &field)) {
      object[name] = single_value(message, field);
    }
  }
  return object;
}

}  // namespace testamur::wallet
