#include "wallet/cli/flow/viewpoint_decision.h"

#include <algorithm>

namespace testamur::wallet {
namespace {

constexpr std::string_view kAtAnchor = "at anchor";
constexpr std::string_view kToday = "today";
constexpr std::string_view kAtClaim = "at the claimed date";
constexpr const char* kAssessorRule = "assessor";
constexpr const char* kClaimRule = "claim";
constexpr const char* kClaimMissing = "claim_missing";

std::string path_text(const PathAnswer& path) {
  std::string text;
  for (const auto& hop : path.hops) {
    if (text.empty()) text = hop.truster.name_now;
    text += " > " + hop.subject.name_now;
  }
  return text + " (" + std::to_string(path.amount) + ")";
}

// A point that only the node's own decision is about, or whose time is not known.
DecisionRecord not_asked(const DecisionRecord& own, const Viewpoint& viewpoint) {
  DecisionRecord record;
  record.point = own.point;
  record.governs = own.governs;
  record.viewpoint = viewpoint.name;
  record.explanation = own.outcome == Acceptance::kUnknown && !own.explanation.empty()
                           ? own.explanation
                           : "the time \"" + own.point + "\" is not known here";
  return record;
}

// The same point, decided for another viewpoint; unknown, with the cause, where no node decides it.
DecisionRecord decided(Client& client, const DecideQuery& query, const DecisionRecord& own,
                       const Viewpoint& viewpoint) {
  DecisionRecord record;
  record.point = own.point;
  record.governs = own.governs;
  record.viewpoint = viewpoint.name;

  auto called = client.decide(query);
  if (const auto* failure = std::get_if<CallError>(&called)) {
    record.explanation = failure->message;
    return record;
  }

  const auto& answer = std::get<DecisionAnswer>(called);
  record.outcome = answer.outcome;
  record.policy_digest = answer.policy_digest;
  record.explanation = answer.explanation;
  for (const auto& path : answer.paths) record.paths.push_back(path_text(path));
  return record;
}

// What fails for whoever looks: who assesses, and when the award was claimed to be made. A node of
// an earlier version does not say it by itself; its judgement names the first rule that fails, and
// where that is an earlier one, or the award is its own, nobody asked.
std::optional<std::string> common_rule(const AcceptanceRecord& own, bool own_award) {
  if (own.common_rule) return own.common_rule;
  if (own.failed_rule == kAssessorRule || own.failed_rule == kClaimRule) return own.failed_rule;
  if (own.outcome == Acceptance::kUnknown) return kClaimMissing;
  const bool passed = own.outcome == Acceptance::kAccept && own.failed_rule.empty() && !own_award;
  return passed ? std::optional<std::string>("") : std::nullopt;
}

void refuse(AcceptanceRecord& acceptance, const AcceptanceRecord& own, const std::string& rule) {
  acceptance.outcome = Acceptance::kRefuse;
  acceptance.failed_rule = rule;
  acceptance.explanation = own.explanation;
  if (own.failed_rule == rule) return;
  acceptance.explanation = rule == kClaimRule
                               ? "refused: the claimed date does not fit the anchor"
                               : "refused: who teaches and who assesses are not separate";
}

// The viewpoint recognises the issuer, and whether the common rules hold is not known here.
void leave_unknown(AcceptanceRecord& acceptance, const AcceptanceRecord& own,
                   const std::optional<std::string>& rule) {
  acceptance.outcome = Acceptance::kUnknown;
  if (rule == kClaimMissing) {
    acceptance.explanation = own.outcome == Acceptance::kUnknown
                                 ? own.explanation
                                 : "the policy wants the date of the award, which is not shown";
  } else {
    acceptance.explanation =
        "it recognises the issuer; whether the rules on claims and assessors hold, this node does "
        "not say: ask the institution's own node";
  }
}

// A viewpoint that recognises the issuer accepts no award that breaks a common rule.
void apply_common_rule(AcceptanceRecord& acceptance, const AcceptanceRecord& own, bool own_award) {
  const auto rule = common_rule(own, own_award);
  if (rule == "") return;
  if (rule == kClaimRule || rule == kAssessorRule) return refuse(acceptance, own, *rule);
  leave_unknown(acceptance, own, rule);
}

// The worst of the decisions that count; none where the node does not say which time governs.
const DecisionRecord* worst_that_counts(const std::vector<DecisionRecord>& decisions) {
  const DecisionRecord* worst = nullptr;
  for (const auto& decision : decisions) {
    // Blocked today is blocked, whatever governs.
    const bool blocks_now = decision.point == kToday && decision.outcome == Acceptance::kBlocked;
    if (!decision.governs && !blocks_now) continue;
    if (worst == nullptr || worse(worst->outcome, decision.outcome) != worst->outcome)
      worst = &decision;
  }
  return worst;
}

}  // namespace

AcceptanceRecord accepted_by(const std::vector<DecisionRecord>& decisions,
                             const AcceptanceRecord& own, bool own_award, bool viewpoint_issued) {
  AcceptanceRecord acceptance;
  acceptance.governs = own.governs;
  acceptance.by_word_of = own.by_word_of;
  acceptance.as_of = own.as_of;

  const DecisionRecord* worst = worst_that_counts(decisions);
  if (worst == nullptr || !own.joint.empty()) {
    acceptance.explanation = worst == nullptr
                                 ? "the node does not say which time governs"
                                 : "of a joint award only trust explain judges each body";
    return acceptance;
  }

  acceptance.outcome = worst->outcome;
  acceptance.explanation = worst->explanation;
  acceptance.policy_digest = worst->policy_digest;

  // Nobody needs a policy to know its own awards again.
  if (acceptance.outcome == Acceptance::kAccept && !viewpoint_issued)
    apply_common_rule(acceptance, own, own_award);
  return acceptance;
}

void decide_for(Client& client, const Viewpoint& viewpoint, const std::string& purpose,
                RegistryFacts& facts, const std::optional<std::uint64_t>& claimed_ms) {
  const bool is_own = viewpoint.id == viewpoint.node;
  const bool is_decidable =
      facts.acceptance && facts.decisions && facts.slots && facts.slots->size() == 1;
  if (is_own || !is_decidable) return name_policy(viewpoint, facts);

  const SlotRecord& slot = facts.slots->front();
  std::vector<DecisionRecord> decisions;
  for (const auto& own : *facts.decisions) {
    DecideQuery query;
    query.issuer = slot.issuer;
    query.viewpoint = viewpoint.id;
    query.achievement = slot.achievement;
    query.purpose = purpose;

    // 0 would ask about today, and the answer would pass for one about the anchor.
    const bool at_anchor = own.point == kAtAnchor && slot.anchor_time_ms != 0;
    const bool at_claim = own.point == kAtClaim && claimed_ms.value_or(0) != 0;
    if (!at_anchor && !at_claim && own.point != kToday) {
      decisions.push_back(not_asked(own, viewpoint));
      continue;
    }
    if (at_anchor) query.at_time_ms = slot.anchor_time_ms;
    if (at_claim) query.at_time_ms = *claimed_ms;
    decisions.push_back(decided(client, query, own, viewpoint));
  }

  facts.acceptance = accepted_by(decisions, *facts.acceptance, slot.issuer == viewpoint.node,
                                 slot.issuer == viewpoint.id);
  facts.decisions = std::move(decisions);
  name_policy(viewpoint, facts);
}

}  // namespace testamur::wallet
