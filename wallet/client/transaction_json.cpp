#include "wallet/client/transaction_json.h"

#include <google/protobuf/message.h>

#include <memory>

#include "common/check.h"
#include "testamur/v1/transaction.pb.h"
#include "wallet/client/message_json.h"

namespace testamur::wallet {

Json fields_of(const ledger::tx::DecodedBody& body) {
  // The number of a kind is that of its field.
  const auto* field =
      v1::TransactionBody::descriptor()->FindFieldByNumber(static_cast<int>(body.kind));
  TM_CHECK(field != nullptr, "a decoded kind has no message:", static_cast<int>(body.kind));

  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(field->message_type())
          ->New());
  TM_CHECK(message->ParseFromArray(body.payload.data(), static_cast<int>(body.payload.size())),
           "a decoded body was not parsed");
  return to_json(*message);
}

}  // namespace testamur::wallet
