// The institutions that a transaction is about, so that their names can be asked for. Pure; any
// thread.
#pragma once

#include <set>

#include "ledger/tx/content.h"

namespace testamur::wallet {

// Without zeros, which stand for nobody; who speaks is not among them unless it is named.
std::set<InstitutionId> named_parties(const ledger::tx::Content& content);

}  // namespace testamur::wallet
