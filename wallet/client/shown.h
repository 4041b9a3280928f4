// An answer as it came, to be printed with --json and for nothing else: no decision reads it. It is
// printed by its descriptor, so that a person who scripts sees every field of the API. Pure value;
// any thread.
#pragma once

#include <memory>

#include "wallet/keystore/strict_json.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace testamur::wallet {

class Shown {
 public:
  Shown() = default;
  // Keeps a copy.
  explicit Shown(const google::protobuf::Message& answer);

  // The form of wallet/client/message_json.h; an empty object where nothing was answered. What only
  // serves to ask for the next page is left out.
  Json json() const;

 private:
  std::shared_ptr<const google::protobuf::Message> answer_;
};

}  // namespace testamur::wallet
