// What a change of a whole batch, or of an award that was replaced, does not reach, and what
// somebody may take for changed: awards of learners who were erased, and the new award in the place
// of an old one. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "wallet/cli/flow/awards/award_targets.h"

namespace testamur::wallet {

// A sentence for each, of an award with the command that changes it too: `verb` of issuer status.
// `changed`: what the change is about, `replaced`: those of them that are superseded, `whole`: the
// batches that were named without a learner.
std::vector<std::string> awards_left_alone(const std::vector<AwardRecord>& known,
                                           const std::vector<AwardRecord>& changed,
                                           const std::vector<AwardRecord>& replaced,
                                           const std::vector<BatchIndexes>& whole,
                                           const std::string& verb);

}  // namespace testamur::wallet
