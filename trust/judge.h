// judge: the decisions at anchor, today and at the claimed award date, and which of them governs.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "trust/decide.h"

namespace testamur::trust {

// Facts of the achievement that a policy may ask about (ISO/IEC 17024).
struct AwardParties {
  std::vector<InstitutionId> teach;
  std::vector<InstitutionId> assess;
};

struct Case {
  InstitutionId viewpoint;
  InstitutionId issuer;
  ScopePoint point;
  std::uint64_t anchor_ms = 0;
  std::optional<std::uint64_t> claimed_ms;  // as the issuer claims
  std::optional<AwardParties> parties;  // without them a policy with `separate_assessor` refuses
  AsOf as_of;
  std::uint64_t work_limit = kDefaultWork;  // of each decision
};

struct Judgement {
  Outcome outcome = Outcome::kRefuse;
  Rule rule = Rule::kNone;
  Decision at_anchor;
  Decision today;
  std::optional<Decision> at_claim;
  bool claim_governs = false;
  // Accepted so far, and the policy lets the claimed date count (`max_anchor_lag`), which nobody
  // gave: whoever withholds it could slip past the rule, so that this is no acceptance.
  bool claim_open = false;
  // Of the rules that ask for no statement, and so fail for every viewpoint but the issuer's own:
  // the first one that fails (claim, assessor), whatever failed before it.
  Rule common_rule = Rule::kNone;
  bool claim_is_missing = false;  // the policy lets the claimed date count, and nobody gave it
  // Whether the decision at this point had a say in the outcome; today's also has one when it
  // blocks.
  bool anchor_governs = false;
  bool today_governs = false;
};

// Precondition: `policy` passes check().
Judgement judge(const History& history, const Case& asked, const Policy& policy);

// An award and all who award it: the issuer and, for a joint award, the other awarding bodies, each
// judged as if it had issued alone. Policy::joint says whether all or any of them must be accepted;
// a blocked issuer stays blocked, and one of which it was too much work to find out whether it is
// blocked is not accepted for its partners' sake. Of several that fail, the earliest rule is
// reported. All bodies together cost no more than the three decisions of one case may: the issuer
// of an award chooses how many there are.
struct JointJudgement {
  Outcome outcome = Outcome::kRefuse;
  Rule rule = Rule::kNone;
  std::vector<std::pair<InstitutionId, Judgement>> bodies;  // the issuer first, each once
  std::size_t accepted = 0;
  bool claim_open = false;  // it hangs on the claimed date of a body, which nobody gave
};
// `bodies`: the awarding bodies; the issuer may be among them or not.
JointJudgement judge_joint(const History& history, const Case& asked,
                           const std::vector<InstitutionId>& bodies, const Policy& policy);

}  // namespace testamur::trust
