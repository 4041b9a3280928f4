// Driven by descriptors alone, so that a field which is added to the API needs no code here. What
// to_json() writes, read_message() reads back and nothing else: a member that is missing, unknown
// or of another kind is an error, because a graph file that lost a limit would widen what is
// trusted.
#include "wallet/client/message_json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <string>

#include "common/bytes.h"
#include "common/visible.h"

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

namespace {

Error another_form(const std::string& name, const std::string& what) {
  return error("\"" + name + "\" has another form: " + what);
}

// Adds to a list, or sets.
template <class Add, class Set>
void put(const pb::FieldDescriptor& field, const Add& add, const Set& set) {
  if (field.is_repeated()) {
    add();
  } else {
    set();
  }
}

Status read_number(const Json& json, const pb::FieldDescriptor& field, pb::Message& message) {
  const std::string name(field.name());
  const auto& reflection = *message.GetReflection();
  if (!json.is_number_unsigned()) return another_form(name, "it is no whole number");
  const auto value = json.get<std::uint64_t>();

  if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_UINT64) {
    put(
        field, [&] { reflection.AddUInt64(&message, &field, value); },
        [&] { reflection.SetUInt64(&message, &field, value); });
    return {};
  }

  if (value > UINT32_MAX) return another_form(name, "the number is too large");
  const auto small = static_cast<std::uint32_t>(value);
  put(
      field, [&] { reflection.AddUInt32(&message, &field, small); },
      [&] { reflection.SetUInt32(&message, &field, small); });
  return {};
}

Status read_word(const Json& json, const pb::FieldDescriptor& field, pb::Message& message) {
  const std::string name(field.name());
  if (!json.is_string()) return another_form(name, "it is no text");
  const auto text = json.get<std::string>();
  const auto& type = *field.enum_type();

  for (int i = 0; i < type.value_count(); ++i) {
    if (enumerator_text(*type.value(i)) != text) continue;
    const auto& reflection = *message.GetReflection();
    put(
        field, [&] { reflection.AddEnum(&message, &field, type.value(i)); },
        [&] { reflection.SetEnum(&message, &field, type.value(i)); });
    return {};
  }

  return another_form(name,
                      "this program does not know " + in_quotes(text) + "; use a newer testamur");
}

Status read_text(const Json& json, const pb::FieldDescriptor& field, pb::Message& message) {
  const std::string name(field.name());
  if (!json.is_string()) return another_form(name, "it is no text");
  auto text = json.get<std::string>();

  if (field.type() == pb::FieldDescriptor::TYPE_BYTES) {
    const auto bytes = from_hex(text);
    if (!bytes) return another_form(name, "it is not hexadecimal");
    text = std::string(as_text(*bytes));
  }

  const auto& reflection = *message.GetReflection();
  put(
      field, [&] { reflection.AddString(&message, &field, text); },
      [&] { reflection.SetString(&message, &field, text); });
  return {};
}

Status read_value(const Json& json, const pb::FieldDescriptor& field, pb::Message& message) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_UINT32:
    case pb::FieldDescriptor::CPPTYPE_UINT64: return read_number(json, field, message);
    case pb::FieldDescriptor::CPPTYPE_ENUM: return read_word(json, field, message);
    case pb::FieldDescriptor::CPPTYPE_STRING: return read_text(json, field, message);
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      if (!json.is_boolean())
        return another_form(std::string(field.name()), "it is neither true nor false");
      reflection.SetBool(&message, &field, json.get<bool>());
      return {};
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return read_message(json, field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                                    : *reflection.MutableMessage(&message, &field));
    default: return another_form(std::string(field.name()), "no message has such a number");
  }
}

}  // namespace

Status read_message(const Json& json, pb::Message& message) {
  const pb::Descriptor& type = *message.GetDescriptor();
  if (!json.is_object()) return another_form(std::string(type.name()), "it is no object");

  std::size_t taken = 0;
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    const std::string name(field.name());
    const auto member = json.find(name);

    // to_json() always writes a field without presence: where it is missing it was lost.
    if (member == json.end()) {
      if (field.has_presence()) continue;
      return error("\"" + name + "\" is missing");
    }

    ++taken;
    if (!field.is_repeated()) {
      TM_TRY_STATUS(read_value(*member, field, message));
      continue;
    }
    if (!member->is_array()) return another_form(name, "it is no list");
    for (const auto& element : *member) TM_TRY_STATUS(read_value(element, field, message));
  }

  // A member that this program does not know may limit what stands beside it.
  if (taken == json.size()) return {};
  return error(std::string(type.name()) +
               " has members that this program does not know: use a newer testamur");
}

std::string enumerator_text(const pb::EnumValueDescriptor& value) {
  std::string prefix;
  for (const char c : std::string(value.type()->name())) {
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
