// The answer has the form of a node's, so that a verdict shows both alike: decisions by the times
// they are made for, and one acceptance that says which of them governs. Whose policy it was is
// always in it.
#include "wallet/cli/flow/own_decision.h"

#include <algorithm>

#include "trust/judge.h"
#include "wallet/client/facts.h"

namespace testamur::wallet {
namespace {

constexpr const char* kToday = "today";
constexpr const char* kAtAnchor = "at anchor";

Acceptance to_acceptance(trust::Outcome outcome) {
  switch (outcome) {
    case trust::Outcome::kAccept: return Acceptance::kAccept;
    case trust::Outcome::kBlocked: return Acceptance::kBlocked;
    case trust::Outcome::kRefuse: return Acceptance::kRefuse;
  }
  return Acceptance::kUnknown;
}

std::string rule_text(trust::Outcome outcome, trust::Rule rule) {
  return outcome == trust::Outcome::kAccept ? std::string{} : std::string(to_text(rule));
}

std::string path_text(const trust::Path& path, const LocalView& view) {
  std::string text;
  for (const auto& arc : path.arcs) {
    // Under another's viewpoint it would read as if that institution had said it.
    if (text.empty()) text = arc.local ? "this policy" : view.name_of(arc.truster);
    text += " > " + view.name_of(arc.subject);
  }
  return text + " (" + std::to_string(path.amount) + ")";
}

// What of the award a rule was about, for the cause.
struct AwardDays {
  std::uint64_t anchor_ms = 0;
  std::optional<std::uint64_t> claimed_ms;
};

std::string claim_sentence(const AwardDays& days, const trust::Policy& policy) {
  constexpr std::uint64_t kDayMs = 86'400'000;
  const std::string accepts = "your policy accepts " +
                              std::to_string(policy.max_anchor_lag_ms / kDayMs) +
                              " (max_anchor_lag_days)";
  if (!days.claimed_ms) return "how long before its anchor it was awarded does not fit: " + accepts;
  if (*days.claimed_ms > days.anchor_ms)
    return "awarded after it was anchored, by the date that its issuer signed: ask the issuer";
  // A day that has begun is one more than was accepted.
  const auto lag = (days.anchor_ms - *days.claimed_ms + kDayMs - 1) / kDayMs;
  return "awarded " + std::to_string(lag) + " days before it was anchored; " + accepts;
}

// Cause and, where one is in the policy, the key that cures it.
std::string rule_sentence(trust::Rule rule, const AwardDays& days, const trust::Policy& policy) {
  switch (rule) {
    case trust::Rule::kOwn: return "it is the viewpoint's own award";
    case trust::Rule::kUnknown: return "the issuer was not on the ledger at that time";
    case trust::Rule::kFuture: return "the time that is asked about lies after the newest block";
    case trust::Rule::kBlock: return "somebody whose distrust counts distrusts the issuer";
    case trust::Rule::kClaim: return claim_sentence(days, policy);
    case trust::Rule::kAccreditation:
      return "no accreditation covers it that is as large as your policy asks for "
             "([[policy.accreditation]])";
    case trust::Rule::kAssessor:
      return "who teaches and who assesses it are not separate, and your policy asks for that "
             "(separate_assessor)";
    case trust::Rule::kTooLarge:
      return "the recognitions around it are too many to be searched, so that there is no answer";
    case trust::Rule::kNone:
    case trust::Rule::kAmount: return "too little recognition for your policy (threshold)";
    case trust::Rule::kPaths: return "too few independent paths for your policy";
  }
  return "for a cause that this program does not know";
}

std::string sentence(const trust::Decision& decision, const trust::Policy& policy) {
  if (decision.outcome == trust::Outcome::kBlocked)
    return rule_sentence(trust::Rule::kBlock, {}, policy);
  switch (decision.rule) {
    case trust::Rule::kNone:
    case trust::Rule::kAmount:
      return "amount " + std::to_string(decision.amount) + " of " +
             std::to_string(policy.threshold);
    case trust::Rule::kPaths:
      return std::to_string(decision.independent_paths) + " independent paths of " +
             std::to_string(policy.independent_paths);
    default: return rule_sentence(decision.rule, {}, policy);
  }
}

struct Recording {
  const LocalView& view;
  const trust::Policy& policy;
  std::string who;

  DecisionRecord operator()(const char* point, const trust::Decision& decision,
                            bool governs) const {
    DecisionRecord record;
    record.point = point;
    record.outcome = to_acceptance(decision.outcome);
    record.governs = governs;
    record.viewpoint = who;
    record.own_policy = true;
    record.policy_digest = trust::digest(policy).hex();
    record.explanation = sentence(decision, policy);
    record.failed_rule = rule_text(decision.outcome, decision.rule);
    for (const auto& path : decision.paths) record.paths.push_back(path_text(path, view));
    return record;
  }
};

// When the ledger took it in, by the slot that the credential names.
std::optional<std::uint64_t> anchor_of(const RegistryFacts& facts, const Reference& reference) {
  if (!facts.slots) return std::nullopt;
  for (const auto& slot : *facts.slots) {
    if (slot.issuer == reference.issuer && slot.index == reference.index)
      return slot.anchor_time_ms;
  }
  return std::nullopt;
}

// The decision by which it ended as it did, so that the sentence is about the one that decided: of
// those that had a say, the one with this outcome and rule. Nothing where another rule or another
// body decided.
const trust::Decision* deciding(const trust::Judgement& own, trust::Outcome outcome,
                                trust::Rule rule) {
  const auto decided = [&](const trust::Decision& decision) {
    return decision.outcome == outcome && decision.rule == rule;
  };
  if (own.anchor_governs && decided(own.at_anchor)) return &own.at_anchor;
  if (own.today_governs && decided(own.today)) return &own.today;
  if (own.claim_governs && own.at_claim && decided(*own.at_claim)) return &*own.at_claim;
  return nullptr;
}

// Why it ended as it did: by the issuer's decision that decided, or by that of another body, which
// is named.
std::string cause_of(const trust::JointJudgement& judged, const AwardDays& days,
                     const Recording& record) {
  const bool is_of_award =
      judged.rule == trust::Rule::kClaim || judged.rule == trust::Rule::kAssessor;
  for (const auto& [body, each] : judged.bodies) {
    const auto* shown = deciding(each, judged.outcome, judged.rule);
    if (shown == nullptr || is_of_award) continue;
    const bool is_issuer = &each == &judged.bodies.front().second;
    return (is_issuer ? "" : record.view.name_of(body) + ": ") + sentence(*shown, record.policy);
  }
  return rule_sentence(judged.rule, days, record.policy);
}

AcceptanceRecord acceptance_of(const trust::JointJudgement& judged, const AwardDays& days,
                               const Recording& record) {
  const auto& own = judged.bodies.front().second;
  AcceptanceRecord acceptance;

  acceptance.outcome = judged.claim_open ? Acceptance::kUnknown : to_acceptance(judged.outcome);
  acceptance.failed_rule = rule_text(judged.outcome, judged.rule);

  acceptance.governs = std::string(to_text(record.policy.governs));
  acceptance.claim_governs = own.claim_governs;
  acceptance.viewpoint = record.who;
  acceptance.own_policy = true;
  acceptance.policy_of = PolicyOf::kCaller;
  acceptance.policy_digest = trust::digest(record.policy).hex();

  if (judged.claim_open) {
    acceptance.explanation =
        "the award date was not shown, and this policy lets it decide (max_anchor_lag_days): ask "
        "for award_date";
  } else if (judged.outcome == trust::Outcome::kAccept &&
             deciding(own, judged.outcome, judged.rule) == nullptr) {
    acceptance.explanation =
        sentence(own.anchor_governs ? own.at_anchor : own.today, record.policy);
  } else {
    acceptance.explanation = cause_of(judged, days, record);
  }

  if (judged.bodies.size() < 2) return acceptance;
  acceptance.joint = std::string(to_text(record.policy.joint));

  for (const auto& [body, each] : judged.bodies) {
    acceptance.bodies.push_back(
        {record.view.name_of(body),
         each.claim_open ? Acceptance::kUnknown : to_acceptance(each.outcome),
         rule_text(each.outcome, each.rule)});
  }
  return acceptance;
}

// They say nothing of the time that decides, neither for nor against.
std::string before_anchor(const LocalView& view) {
  return "the recognitions end with block " + std::to_string(view.as_of.height.value) +
         ", before the award was anchored: take newer ones (testamur trust graph)";
}

// A yes of then is no yes of today, and neither is a no that only today could give; what was
// refused by an earlier time stays so.
void leave_open(const char* point, const std::string& why, bool governs, RegistryFacts& facts) {
  for (auto& decision : *facts.decisions) {
    if (decision.point != point) continue;
    decision.outcome = Acceptance::kUnknown;
    decision.failed_rule.clear();
    decision.explanation = why;
    decision.paths.clear();
  }
  auto& acceptance = *facts.acceptance;
  if (acceptance.outcome != Acceptance::kAccept && !governs) return;
  acceptance.outcome = Acceptance::kUnknown;
  acceptance.failed_rule.clear();
  acceptance.explanation = why;
  for (auto& body : acceptance.bodies) body.outcome = Acceptance::kUnknown;
}

}  // namespace

std::string why_old(const trust::AsOf& as_of, std::uint64_t now_ms, std::uint64_t max_age_ms,
                    const std::string& otherwise) {
  constexpr std::uint64_t kHourMs = 3'600'000;
  constexpr std::uint64_t kClockToleranceMs = 600'000;
  const std::uint64_t made_ms = as_of.today_ms;
  // No age can be told of what is still to come.
  if (made_ms > now_ms && made_ms - now_ms > kClockToleranceMs)
    return "the recognitions are said to be of a time that is still to come by this machine's "
           "clock: take others (testamur trust graph)";
  const std::uint64_t age_ms = now_ms > made_ms ? now_ms - made_ms : 0;
  if (age_ms <= max_age_ms) return {};
  return "the recognitions are those of block " + std::to_string(as_of.height.value) + ", " +
         std::to_string(age_ms / kHourMs) +
         " h ago, and who distrusts the issuer since is not in "
         "them: take newer ones (testamur trust graph), or " +
         otherwise;
}

Result<AwardQuestion> award_question(const AchievementAnswer& answer) {
  if (!answer.point_known)
    return error("what the achievement " + to_text(answer.record.id) + " is about is not known");
  AwardQuestion question{answer.point, std::nullopt, answer.awarding_bodies};
  const auto awarding =
      question.bodies.empty() ? std::vector{answer.record.id.institution} : question.bodies;
  question.parties = trust::AwardParties{answer.teaches.empty() ? awarding : answer.teaches,
                                         answer.assesses.empty() ? awarding : answer.assesses};
  return question;
}

Status decide_by_own_policy(GraphSource& source, const OwnDecision& asked,
                            const AwardQuestion& question, const CredentialView& credential,
                            RegistryFacts& facts) {
  const auto& reading = asked.files.reading;

  trust::Case what;

  what.viewpoint = asked.viewpoint.value_or(reading.viewpoint.value_or(trust::local_viewpoint()));
  what.issuer = credential.head.reference.issuer;
  what.point = question.point;
  if (!asked.purpose.empty()) {
    TM_TRY(what.point.purpose, trust::parse_purpose(asked.purpose));
  }
  what.parties = question.parties;

  auto issuers = question.bodies;
  issuers.push_back(what.issuer);
  TM_TRY(const auto view, fetch_local_view(source, what.viewpoint, issuers, reading.policy));

  what.as_of = view.as_of;

  // A graph file may be older than the anchor: it says nothing of what came after its block.
  const auto anchor = anchor_of(facts, credential.head.reference);
  what.anchor_ms = std::min(anchor.value_or(view.as_of.today_ms), view.as_of.today_ms);
  what.claimed_ms = claimed_date_ms(credential);

  const auto judged = trust::judge_joint(view.history, what, question.bodies, reading.policy);
  const auto& own = judged.bodies.front().second;
  const Recording record{view, reading.policy, view.name_of(what.viewpoint)};

  facts.decisions.emplace();
  facts.acceptance.reset();
  if (anchor) facts.decisions->push_back(record(kAtAnchor, own.at_anchor, own.anchor_governs));
  facts.decisions->push_back(record(kToday, own.today, own.today_governs));
  if (own.at_claim) {
    facts.decisions->push_back(record("at the claimed date", *own.at_claim, own.claim_governs));
  } else {
    facts.decisions->push_back(undecided_claim(own.claim_governs));
    facts.decisions->back().viewpoint = record.who;
    facts.decisions->back().own_policy = true;
  }

  // Without its anchor a decision stands only where that time has no say in it.
  const bool decided = anchor || own.today.outcome == trust::Outcome::kBlocked ||
                       (reading.policy.governs == trust::Governs::kToday && !own.claim_governs);

  if (decided) {
    facts.acceptance = acceptance_of(judged, {what.anchor_ms, what.claimed_ms}, record);
    if (what.viewpoint != trust::local_viewpoint()) facts.acceptance->viewpoint_id = what.viewpoint;
    facts.acceptance->by_word_of = source.name();
    facts.acceptance->policy_owner = asked.files.policy_file;
    facts.acceptance->as_of = AsOf{view.as_of.height, view.as_of.today_ms, {}, Basis::kSaid};
    if (const auto old = why_old(view.as_of, asked.now_ms, asked.max_age_ms,
                                 "accept that age (--max-graph-age)");
        !old.empty())
      leave_open(kToday, old, own.today_governs, facts);
    if (anchor && *anchor > view.as_of.today_ms)
      leave_open(kAtAnchor, before_anchor(view), own.anchor_governs, facts);

    // The caller's file is then the very policy that the viewpoint has on the ledger.
    if (asked.viewpoint && asked.published == facts.acceptance->policy_digest) {
      facts.acceptance->own_policy = false;
      facts.acceptance->policy_of = PolicyOf::kPublished;
    }
  } else if (facts.problem.empty()) {
    facts.problem = "when the ledger took it in is not known, and the policy lets that time decide";
  }

  return {};
}

}  // namespace testamur::wallet
