// Decoding a body on its own: shared by decode() and by the builders, so that both obey the same
// rules. Private.
#pragma once

#include <memory>
#include <optional>

#include "common/bytes.h"
#include "ledger/tx/kind_rules.h"
#include "testamur/v1/transaction.pb.h"

namespace testamur::ledger::tx {

struct DecodedBody {
  std::unique_ptr<v1::TransactionBody> message;
  const KindRules* rules = nullptr;
  ByteView payload;  // the encoded message of the kind, within the body
};

// The body, or the first rule that it breaks: wire form, envelope fields, kind, the kind's own
// form.
std::optional<Rejection> decode_body(ByteView bytes, DecodedBody& body);

}  // namespace testamur::ledger::tx
