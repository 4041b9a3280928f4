// Whom a change of status hits that somebody else drafted: by this home's registers, because what
// travels names indexes and never learners. One thread.
#pragma once

#include <string>

#include "ledger/tx/content.h"
#include "wallet/cli/context.h"

namespace testamur::wallet {

// A line for each award, and for the indexes that no register of this home has. Opens the issue
// vault; where this home has none, or nobody can give its passphrase and `may_skip`, a sentence
// says so.
Attempt<std::string> drafted_awards(Context& context, const ledger::tx::StatusChangeContent& change,
                                    bool may_skip);

}  // namespace testamur::wallet
