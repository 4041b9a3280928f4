#include "wallet/client/shown.h"

#include <google/protobuf/message.h>

#include "wallet/client/message_json.h"

namespace testamur::wallet {

Shown::Shown(const google::protobuf::Message& answer) {
  const std::shared_ptr<google::protobuf::Message> copy(answer.New());
  copy->CopyFrom(answer);
  answer_ = copy;
}

Json Shown::json() const {
  if (!answer_) return Json::object();
  Json json = to_json(*answer_);
  json.erase("next_page_token");
  return json;
}

}  // namespace testamur::wallet
