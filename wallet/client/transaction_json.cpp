#include "wallet/client/transaction_json.h"

#include "testamur/v1/transaction.pb.h"
#include "wallet/client/message_json.h"

namespace testamur::wallet {

Result<BodyView> view_body(ByteView body) {
  v1::TransactionBody message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return error("these are no transaction");
  const auto* kinds = v1::TransactionBody::descriptor()->FindOneofByName("kind");
  const auto* kind = message.GetReflection()->GetOneofFieldDescriptor(message, kinds);
  const auto author = InstitutionId::from(as_bytes(message.author()));
  if (kind == nullptr || !author) return error("the transaction names no kind or no author");
  return BodyView{std::string(kind->name()),
                  to_json(message.GetReflection()->GetMessage(message, kind)), *author,
                  message.valid_until_ms()};
}

}  // namespace testamur::wallet
