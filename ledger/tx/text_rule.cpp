#include "ledger/tx/text_rule.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "common/text.h"
#include "testamur/v1/transaction.pb.h"

namespace testamur::ledger::tx {
namespace {

namespace pb = google::protobuf;

std::optional<Rejection> fault_of(const std::string& text, const std::string& path) {
  const auto fault = find_fault(text);
  if (!fault) return std::nullopt;
  return Rejection{RejectionCode::kTextForm, path, to_text(*fault), {}};
}

std::optional<Rejection> fault_in(const pb::Message& message);

// One value of a field: a text, or a message with texts below it.
std::optional<Rejection> fault_at(const pb::Message& message, const pb::FieldDescriptor& field,
                                  int element) {
  const auto& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  const std::string path = field.name() + (repeated ? "[" + std::to_string(element) + "]" : "");
  if (field.type() == pb::FieldDescriptor::TYPE_STRING) {
    std::string held;
    const std::string& text =
        repeated ? reflection.GetRepeatedStringReference(message, &field, element, &held)
                 : reflection.GetStringReference(message, &field, &held);
    return fault_of(text, path);
  }
  auto inner = fault_in(repeated ? reflection.GetRepeatedMessage(message, &field, element)
                                 : reflection.GetMessage(message, &field));
  if (inner) inner->field = path + "." + inner->field;
  return inner;
}

// In the order of field numbers, which is that of the bytes. The strict form bounds how deep
// messages are.
std::optional<Rejection> fault_in(const pb::Message& message) {
  const auto& reflection = *message.GetReflection();
  std::vector<const pb::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    const bool holds_texts = field->type() == pb::FieldDescriptor::TYPE_STRING ||
                             field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
    const int count = !holds_texts           ? 0
                      : field->is_repeated() ? reflection.FieldSize(message, field)
                                             : 1;
    for (int i = 0; i < count; ++i) {
      if (auto fault = fault_at(message, *field, i)) return fault;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> find_text_fault(const Transaction& transaction) {
  return fault_in(transaction.message());
}

}  // namespace testamur::ledger::tx
