// What a transaction says as JSON, for people to look at and never read back: the message of its
// kind (message_json.h). Pure; any thread.
#pragma once

#include "ledger/tx/transaction.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

Json fields_of(const ledger::tx::DecodedBody& body);

}  // namespace testamur::wallet
