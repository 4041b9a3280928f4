// What a transaction says, for people: the body's contents as JSON (wallet/client/message_json.h).
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/result.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

struct BodyView {
  std::string kind;  // "key_retire"
  Json content;      // the message of that kind; ids, keys and digests in hexadecimal
  InstitutionId author;
  std::uint64_t valid_until_ms = 0;
};

// Fails when the bytes are no body. That they have the strict form is somebody else's check
// (ledger/tx/build.h, reopen): what is shown here is what any reader of these bytes sees.
Result<BodyView> view_body(ByteView body);

}  // namespace testamur::wallet
