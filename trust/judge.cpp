// The three decisions of one case and which of them governs. Invariants: each decision is made by
// `decide` and only combined here; the earliest rule that failed is the one reported; the flags
// that a decision had a say are set wherever its outcome is taken.
#include "trust/judge.h"

#include <algorithm>
#include <set>

#include "trust/statement_resolver.h"
#include "trust/work.h"

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
// same parent. Both lists are the award's: they are not compared pair by pair.
bool kept_apart(const History& history, const AwardParties& parties, Height height) {
  if (parties.teach.empty() || parties.assess.empty()) return false;

  std::set<InstitutionId> teachers;
  std::set<InstitutionId> parents_of_teachers;
  for (const auto& teacher : parties.teach) {
    teachers.insert(teacher);
    if (const auto parent = parent_of(history, teacher, height))
      parents_of_teachers.insert(*parent);
  }

  for (const auto& assessor : parties.assess) {
    if (teachers.contains(assessor) || parents_of_teachers.contains(assessor)) return false;
    const auto parent = parent_of(history, assessor, height);
    if (parent && (teachers.contains(*parent) || parents_of_teachers.contains(*parent)))
      return false;
  }
  return true;
}

std::uint64_t steps_of(const Judgement& judged) {
  return judged.at_anchor.steps + judged.today.steps +
         (judged.at_claim ? judged.at_claim->steps : 0);
}

// What becomes of the date that the issuer claims. kIgnored: the policy lets none count.
enum class ClaimedDate : std::uint8_t { kIgnored, kMissing, kFitsAnchor, kDoesNotFit };

ClaimedDate claimed_date_of(const Case& asked, const Policy& policy) {
  if (policy.max_anchor_lag_ms == 0) return ClaimedDate::kIgnored;
  if (!asked.claimed_ms) return ClaimedDate::kMissing;
  const bool fits = *asked.claimed_ms <= asked.anchor_ms &&
                    asked.anchor_ms - *asked.claimed_ms <= policy.max_anchor_lag_ms;
  return fits ? ClaimedDate::kFitsAnchor : ClaimedDate::kDoesNotFit;
}

// The decisions at all three dates, and which of them governs; no outcome yet.
Judgement decide_at_each_date(const History& history, const Case& asked, const Policy& policy,
                              ClaimedDate claimed) {
  Judgement judgement;
  judgement.at_anchor = decide(history, query_of(asked, asked.anchor_ms), policy);
  judgement.today = decide(history, query_of(asked, asked.as_of.today_ms), policy);
  if (asked.claimed_ms)
    judgement.at_claim = decide(history, query_of(asked, *asked.claimed_ms), policy);

  // A claimed date that fits the anchor must be acceptable as well, and so must the anchor.
  const bool claim_fits = claimed == ClaimedDate::kFitsAnchor;
  judgement.anchor_governs = policy.governs != Governs::kToday || claim_fits;
  judgement.today_governs = policy.governs != Governs::kAnchor;
  judgement.claim_governs = claim_fits;
  judgement.claim_is_missing = claimed == ClaimedDate::kMissing;
  return judgement;
}

Verdict verdict_of_what_governs(const Judgement& judgement) {
  Verdict verdict;
  if (judgement.anchor_governs) verdict.take(judgement.at_anchor);
  if (judgement.today_governs) verdict.take(judgement.today);
  if (judgement.claim_governs) verdict.take(*judgement.at_claim);
  return verdict;
}

// Without the parties of the award nobody can say that they are kept apart.
bool assessor_fails(const History& history, const Case& asked, const Policy& policy) {
  return policy.separate_assessor &&
         !(asked.parties && kept_apart(history, *asked.parties, asked.as_of.height));
}

// Whether a decision that could have found a block has no answer.
bool block_is_unknown(const Judgement& judged) {
  const auto unknown = [](const Decision& decision) { return decision.rule == Rule::kTooLarge; };
  return unknown(judged.today) || (judged.anchor_governs && unknown(judged.at_anchor)) ||
         (judged.claim_governs && judged.at_claim && unknown(*judged.at_claim));
}

}  // namespace

// The rules in order (docs/trust.md): what a later rule says is not asked once an earlier one has
// answered.
Judgement judge(const History& history, const Case& asked, const Policy& policy) {
  const ClaimedDate claimed = claimed_date_of(asked, policy);
  const bool claim_fails = claimed == ClaimedDate::kDoesNotFit;
  Judgement judgement = decide_at_each_date(history, asked, policy, claimed);
  const bool not_kept_apart = assessor_fails(history, asked, policy);
  if (not_kept_apart) judgement.common_rule = Rule::kAssessor;
  if (claim_fails) judgement.common_rule = Rule::kClaim;

  Verdict verdict = verdict_of_what_governs(judgement);

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

  if (claim_fails) {
    judgement.claim_governs = true;
    verdict.take(Outcome::kRefuse, Rule::kClaim);
  }
  if (not_kept_apart) verdict.take(Outcome::kRefuse, Rule::kAssessor);
  judgement.outcome = verdict.outcome();
  judgement.rule = verdict.rule();
  judgement.claim_open = judgement.outcome == Outcome::kAccept && judgement.claim_is_missing;
  judgement.claim_governs = judgement.claim_governs || judgement.claim_open;
  return judgement;
}

JointJudgement judge_joint(const History& history, const Case& asked,
                           const std::vector<InstitutionId>& bodies, const Policy& policy) {
  JointJudgement joint;

  // The issuer stands first, and once, whether or not the list of bodies names it.
  std::set<InstitutionId> seen;
  std::uint64_t left = times(asked.work_limit, 3);
  const auto add = [&](const InstitutionId& body) {
    if (!seen.insert(body).second) return;
    Case one = asked;
    one.issuer = body;
    one.work_limit = std::min(asked.work_limit, left);
    joint.bodies.emplace_back(body, judge(history, one, policy));
    const Judgement& judged = joint.bodies.back().second;
    left -= std::min(left, steps_of(judged));
    if (judged.outcome == Outcome::kAccept) ++joint.accepted;
  };

  add(asked.issuer);
  for (const auto& body : bodies) add(body);

  const auto& issuer = joint.bodies.front().second;

  // Acceptance of a partner never outweighs a block of the issuer (decision 0970).
  if (issuer.outcome == Outcome::kBlocked) {
    joint.outcome = Outcome::kBlocked;
    joint.rule = issuer.rule;
    return joint;
  }

  // Under "any" the bodies that fail have no say once one is accepted, unless a block of the issuer
  // could not be looked for.
  Verdict verdict;
  const bool may_be_blocked = issuer.outcome != Outcome::kAccept && block_is_unknown(issuer);
  const bool any = policy.joint == Joint::kAny && joint.accepted > 0 && !may_be_blocked;
  for (const auto& [body, judged] : joint.bodies) {
    if (!any || judged.outcome == Outcome::kAccept) verdict.take(judged.outcome, judged.rule);
  }
  joint.outcome = verdict.outcome();
  joint.rule = verdict.rule();
  if (joint.outcome != Outcome::kAccept) return joint;

  // Under "any" one body whose acceptance hangs on no date is enough.
  const auto open =
      std::ranges::count_if(joint.bodies, [](const auto& body) { return body.second.claim_open; });
  joint.claim_open = any ? static_cast<std::size_t>(open) == joint.accepted : open > 0;
  return joint;
}

}  // namespace testamur::trust
