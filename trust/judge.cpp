// The three decisions of one case and which of them governs. Invariants: each decision is made by
// `decide` and only combined here; the earliest rule that failed is the one reported; the flags
// that a decision had a say are set wherever its outcome is taken.
#include "trust/judge.h"

#include <algorithm>

#include "trust/statement_resolver.h"

namespace testamur::trust {
namespace {

Query query_of(const Case& asked, std::uint64_t at_time_ms) {
  Query query;
  query.viewpoint = asked.viewpoint;
  query.issuer = asked.issuer;
  query.point = asked.point;
  query.at_time_ms = at_time_ms;
  query.as_of = asked.as_of;
  query.work_limit = asked.work_limit;
  return query;
}

// Takes the earliest rule that failed. *Own* stays only while nothing failed.
class Verdict {
 public:
  void take(Outcome outcome, Rule rule) {
    if (outcome == Outcome::kAccept) {
      if (!failed_ && rule == Rule::kOwn) rule_ = Rule::kOwn;
      return;
    }
    if (!failed_ || rule < rule_) {
      rule_ = rule;
      outcome_ = outcome;
    }
    failed_ = true;
  }
  void take(const Decision& decision) { take(decision.outcome, decision.rule); }
  Outcome outcome() const { return failed_ ? outcome_ : Outcome::kAccept; }
  Rule rule() const { return rule_; }

 private:
  bool failed_ = false;
  Outcome outcome_ = Outcome::kAccept;
  Rule rule_ = Rule::kNone;
};

std::optional<InstitutionId> parent_of(const History& history, const InstitutionId& id,
                                       Height height) {
  const auto party = history.find(id);
  if (!party) return std::nullopt;
  const auto visible = history.visible_blocks(height);
  const auto& events = history.party(*party).parents;
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (event->block >= visible) continue;
    return event->parent == kNoIndex ? std::nullopt : std::optional(history.id_of(event->parent));
  }
  return std::nullopt;
}

// ISO/IEC 17024: who assesses is neither who teaches, nor its parent or child, nor a child of the
// same parent.
bool kept_apart(const History& history, const AwardParties& parties, Height height) {
  if (parties.teach.empty() || parties.assess.empty()) return false;
  for (const auto& teacher : parties.teach) {
    const auto parent = parent_of(history, teacher, height);
    for (const auto& assessor : parties.assess) {
      const auto other = parent_of(history, assessor, height);
      if (teacher == assessor || parent == assessor || other == teacher ||
          (parent && parent == other))
        return false;
    }
  }
  return true;
}

}  // namespace

// The rules in order (docs/trust.md): what a later rule says is not asked once an earlier one has
// answered.
Judgement judge(const History& history, const Case& asked, const Policy& policy) {
  Judgement judgement;
  judgement.at_anchor = decide(history, query_of(asked, asked.anchor_ms), policy);
  judgement.today = decide(history, query_of(asked, asked.as_of.today_ms), policy);
  if (asked.claimed_ms)
    judgement.at_claim = decide(history, query_of(asked, *asked.claimed_ms), policy);

  // A claimed date that fits the anchor must be acceptable as well, and so must the anchor.
  const bool claim_counts = policy.max_anchor_lag_ms > 0 && asked.claimed_ms;
  const bool claim_fits = claim_counts && *asked.claimed_ms <= asked.anchor_ms &&
                          asked.anchor_ms - *asked.claimed_ms <= policy.max_anchor_lag_ms;
  judgement.anchor_governs = policy.governs != Governs::kToday || claim_fits;
  judgement.today_governs = policy.governs != Governs::kAnchor;
  judgement.claim_governs = claim_fits;

  Verdict verdict;
  if (judgement.anchor_governs) verdict.take(judgement.at_anchor);
  if (judgement.today_governs) verdict.take(judgement.today);
  if (judgement.claim_governs) verdict.take(*judgement.at_claim);

  // Nobody needs a policy to know its own awards again: neither their lag nor who assessed them is
  // asked.
  if (verdict.rule() == Rule::kOwn) {
    judgement.outcome = verdict.outcome();
    judgement.rule = verdict.rule();
    return judgement;
  }

  // Blocked today is blocked, whatever governs.
  if (judgement.today.outcome == Outcome::kBlocked) {
    judgement.today_governs = true;
    verdict.take(judgement.today);
  }

  if (claim_counts && !claim_fits) {
    judgement.claim_governs = true;
    verdict.take(Outcome::kRefuse, Rule::kClaim);
  }
  if (policy.separate_assessor &&
      !(asked.parties && kept_apart(history, *asked.parties, asked.as_of.height))) {
    verdict.take(Outcome::kRefuse, Rule::kAssessor);
  }
  judgement.outcome = verdict.outcome();
  judgement.rule = verdict.rule();
  return judgement;
}

JointJudgement judge_joint(const History& history, const Case& asked,
                           const std::vector<InstitutionId>& bodies, const Policy& policy) {
  JointJudgement joint;

  // The issuer stands first, and once, whether or not the list of bodies names it.
  const auto add = [&](const InstitutionId& body) {
    Case one = asked;
    one.issuer = body;
    joint.bodies.emplace_back(body, judge(history, one, policy));
    if (joint.bodies.back().second.outcome == Outcome::kAccept) ++joint.accepted;
  };

  add(asked.issuer);
  for (const auto& body : bodies) {
    if (body != asked.issuer) add(body);
  }

  const auto& issuer = joint.bodies.front().second;
  Verdict verdict;
  const bool any =
      policy.joint == Joint::kAny && issuer.outcome != Outcome::kBlocked && joint.accepted > 0;

  // Under "any" the bodies that fail have no say once one is accepted.
  for (const auto& [body, judged] : joint.bodies) {
    if (!any || judged.outcome == Outcome::kAccept) verdict.take(judged.outcome, judged.rule);
  }

  // Acceptance of a partner never outweighs a block of the issuer (decision 0970).
  joint.outcome = issuer.outcome == Outcome::kBlocked ? Outcome::kBlocked : verdict.outcome();
  joint.rule = issuer.outcome == Outcome::kBlocked ? issuer.rule : verdict.rule();
  return joint;
}

}  // namespace testamur::trust
