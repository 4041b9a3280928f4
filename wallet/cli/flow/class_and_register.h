// What the registers of a home and the ledger say against a class list: told before anybody is
// asked whether to issue. `known`: the awards of all registers (award_targets.h). One thread.
#pragma once

#include <string>
#include <vector>

#include "wallet/cli/context.h"
#include "wallet/cli/flow/award_targets.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/credential/class_list.h"

namespace testamur::wallet {

// What the ledger has of this institution and no register here: another home of it issues too, or
// this one has lost registers, and who holds the achievement by them cannot be seen. Empty where it
// has no more; `next_free`: the first place that is free, by the node's word. Fails where that lies
// too far out to be true. Call it under the home's lock.
Attempt<std::string> issued_elsewhere(const Context& context, std::uint64_t next_free);

// References of this class that look like each other's or like one that this office has used
// before.
std::vector<std::string> near_references(const std::vector<AwardRecord>& known,
                                         const std::vector<ClassRow>& rows);

// Learners whom this office has awarded under another name: a column that was sorted by itself
// gives everybody somebody else's. People change their names too, so that a person has to say.
Attempt<std::vector<std::string>> other_names(const Context& context, const IssuerKeys& vault,
                                              const std::vector<AwardRecord>& known,
                                              const std::vector<ClassRow>& rows);

}  // namespace testamur::wallet
