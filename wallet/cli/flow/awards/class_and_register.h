// What the registers of a home and the ledger say against a class list: told before anybody is
// asked whether to issue. `known`: the awards of all registers (award_targets.h). One thread.
#pragma once

#include <string>
#include <vector>

#include "wallet/cli/context.h"
#include "wallet/cli/flow/awards/award_targets.h"
#include "wallet/cli/flow/awards/places_elsewhere.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/credential/class_list.h"

namespace testamur::wallet {

// Fails where the first place that is free, by the node's word, lies too far out to be true. Call
// it under the home's lock.
Attempt<void> expect_near(const Context& context, std::uint64_t next_free);

// What the ledger has of this institution and no register here (places_elsewhere.h).
struct IssuedElsewhere {
  std::vector<Places> places;
  std::uint64_t unknown = 0;  // of them, those that nobody has agreed to before
  std::string warning;        // empty: there are none
};
Attempt<IssuedElsewhere> issued_elsewhere(const Context& context, const IssuerKeys& vault,
                                          const std::vector<Places>& used);

// Those of `awards` that their learners hold, with names and dates: what was revoked or superseded
// is what a new award corrects, and what is void nobody takes. Fails where no node says so.
Attempt<std::vector<AwardRecord>> still_held(Context& context,
                                             std::span<const age::Identity> identities,
                                             const std::vector<AwardRecord>& awards);

// Awards of `held` whose learner is in the class under a reference that is nearly the same, with
// the same name: one learner, whose reference a program has changed. Pure.
std::vector<AwardRecord> by_near_reference(const std::vector<AwardRecord>& held,
                                           const std::vector<ClassRow>& rows);

// References of this class that look like each other's or like one that this office has used
// before, but for learners of `held`: those of whom it is said already that they hold the award.
std::vector<std::string> near_references(const std::vector<AwardRecord>& known,
                                         const std::vector<ClassRow>& rows,
                                         const std::vector<AwardRecord>& held);

// Learners whom this office has awarded under another name: a column that was sorted by itself
// gives everybody somebody else's. People change their names too, so that a person has to say.
// Awards that are over, as a node says, tell nothing of who their learners are.
struct OtherNames {
  std::vector<std::string> sentences;  // the first few
  std::size_t strangers = 0;           // who share neither given nor family name with the register
};
Attempt<OtherNames> other_names(Context& context, const IssuerKeys& vault,
                                const std::vector<AwardRecord>& known,
                                const std::vector<ClassRow>& rows);

// A question where the row of a correction has the name of another learner of the batch, and not
// the one that the award has; else empty.
Attempt<std::string> about_namesake(const Context& context, const IssuerKeys& vault,
                                    const AwardRecord& corrected, const ClassRow& row);

}  // namespace testamur::wallet
