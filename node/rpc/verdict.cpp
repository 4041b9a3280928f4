// Facts of the ledger and decisions about them, never mixed: the status of a slot does not depend
// on the policy. Where tables of decisions know all that is asked they answer; judge() decides what
// they do not know, and both must agree (from_tables()).
#include "node/rpc/verdict.h"

#include "ledger/proofs/receipt.h"
#include "trust/explain.h"

namespace testamur::node {

namespace tx = ledger::tx;

Verdicts::Verdicts(ServiceContext& context, const v1::CheckOptions& options)
    : context_(context), options_(options), reader_(context.reader()) {
  if (!options.purpose().empty()) {
    auto purpose = trust::parse_purpose(options.purpose());
    purpose_known_ = purpose.ok();
    if (purpose.ok()) purpose_ = *purpose;
  }
  if (!options.omit_decisions()) view_ = context_.recognition.view();
}

Verdicts::Asked Verdicts::ask(const InstitutionId& issuer, const AchievementId& achievement,
                              std::uint64_t anchor_ms) const {
  Asked asked;
  auto& question = asked.question;
  question.viewpoint = context_.recognition.viewpoint();
  question.issuer = issuer;
  question.as_of = view_->as_of();
  // A view may be a second behind: what was anchored after it has no "then" of its own yet.
  question.anchor_ms = std::min(anchor_ms, question.as_of.today_ms);
  if (options_.claimed_ms() != 0) question.claimed_ms = options_.claimed_ms();
  if (auto found = reader_.achievement(achievement)) {
    const auto& content = found->published.content;
    question.point = point_of(achievement, content);
    asked.bodies = content.awarding_bodies;
    const auto awarding = asked.bodies.empty() ? std::vector{found->published.actor} : asked.bodies;
    question.parties = trust::AwardParties{content.teaches.empty() ? awarding : content.teaches,
                                           content.assesses.empty() ? awarding : content.assesses};
  }
  question.point.purpose = purpose_;
  return asked;
}

namespace {

trust::Query query_of(const trust::Case& asked, const InstitutionId& issuer, std::uint64_t at_ms) {
  trust::Query query;
  query.viewpoint = asked.viewpoint;
  query.issuer = issuer;
  query.point = asked.point;
  query.at_time_ms = at_ms;
  query.as_of = asked.as_of;
  return query;
}

v1::DecisionOutcome to_proto(trust::Outcome outcome) {
  return static_cast<v1::DecisionOutcome>(outcome);
}
// What hangs on a date that nobody showed is not decided (docs/trust.md, max_anchor_lag).
v1::DecisionOutcome to_proto(trust::Outcome outcome, bool claim_open) {
  return claim_open ? v1::DECISION_OUTCOME_UNSPECIFIED : to_proto(outcome);
}

// The decisions of a judgement that are there, with their times.
template <class Visit>
void each_decision(const trust::Case& asked, const trust::Judgement& judged, Visit visit) {
  visit(v1::DECISION_POINT_AT_ANCHOR, DecisionKind::kAnchor, asked.anchor_ms, judged.at_anchor,
        judged.anchor_governs);
  visit(v1::DECISION_POINT_TODAY, DecisionKind::kToday, asked.as_of.today_ms, judged.today,
        judged.today_governs);
  if (judged.at_claim) {
    visit(v1::DECISION_POINT_AT_CLAIM, DecisionKind::kClaim, *asked.claimed_ms, *judged.at_claim,
          judged.claim_governs);
  }
}

// The decision that the outcome comes from: the governing one that failed, else the governing one.
const trust::Decision& deciding(const trust::Judgement& judged) {
  if (judged.anchor_governs && judged.at_anchor.rule == judged.rule) return judged.at_anchor;
  if (judged.today_governs && judged.today.rule == judged.rule) return judged.today;
  if (judged.claim_governs && judged.at_claim && judged.at_claim->rule == judged.rule)
    return *judged.at_claim;
  return judged.anchor_governs ? judged.at_anchor : judged.today;
}

std::string acceptance_sentence(const trust::JointJudgement& judged, const trust::Policy& policy) {
  const auto& issuer = judged.bodies.front().second;

  std::string joint;
  if (judged.bodies.size() > 1) {
    joint = "; of " + std::to_string(judged.bodies.size()) + " awarding bodies " +
            std::to_string(judged.accepted) + " are accepted, " +
            std::string(to_text(policy.joint)) + " must be";
  }

  // These two rules are about the award and not about one body.
  if (judged.rule == trust::Rule::kClaim) {
    return "refused: the claimed date of award lies after the anchor or too long before it" + joint;
  }
  if (judged.rule == trust::Rule::kAssessor)
    return "refused: who teaches and who assesses are not separate" + joint;

  if (judged.claim_open)
    return "undecided: the award date was not shown, and this policy lets it decide "
           "(max_anchor_lag): ask for award_date" +
           joint;

  // The issuer's own decision explains the whole where it agrees; otherwise the first body's that
  // does.
  const bool by_issuer = issuer.outcome == judged.outcome && issuer.rule == judged.rule;
  for (const auto& [body, each] : judged.bodies) {
    if (by_issuer ? &each == &issuer : each.outcome == judged.outcome && each.rule == judged.rule) {
      return one_sentence(deciding(each), policy) + joint;
    }
  }

  return std::string(to_text(judged.outcome)) + joint;
}

}  // namespace

void Verdicts::fill_decisions(const Asked& asked, const InstitutionId& issuer,
                              const trust::Judgement& judgement, bool paths,
                              google::protobuf::RepeatedPtrField<v1::Decision>& out) const {
  each_decision(asked.question, judgement,
                [&](v1::DecisionPoint point, DecisionKind, std::uint64_t at_ms,
                    const trust::Decision& decision, bool governs) {
                  auto& added = *out.Add();
                  const auto query = query_of(asked.question, issuer, at_ms);
                  node::fill(reader_, {query, context_.recognition.policy(), decision}, point,
                             paths, added);
                  added.set_governs(governs);
                });
}

// A rule that fails weighs more than a date that is missing.
std::string common_rule(const trust::Judgement& judged) {
  if (judged.common_rule != trust::Rule::kNone) return std::string(to_text(judged.common_rule));
  return judged.claim_is_missing ? "claim_missing" : "";
}

void Verdicts::fill_acceptance(const Asked& asked, const trust::JointJudgement& judged,
                               v1::Acceptance& out) const {
  const auto& policy = context_.recognition.policy();

  out.set_outcome(to_proto(judged.outcome, judged.claim_open));
  if (judged.outcome != trust::Outcome::kAccept)
    out.set_failed_rule(std::string(to_text(judged.rule)));
  out.set_explanation(acceptance_sentence(judged, policy));

  out.set_governs(std::string(to_text(policy.governs)));
  out.set_claim_governs(judged.bodies.front().second.claim_governs);
  out.set_common_rule(common_rule(judged.bodies.front().second));
  out.set_max_anchor_lag_ms(policy.max_anchor_lag_ms);
  put(*out.mutable_policy_digest(), context_.recognition.policy_digest());

  // One body alone is shown by the acceptance itself.
  if (judged.bodies.size() < 2) return;
  out.set_joint(std::string(to_text(policy.joint)));

  for (const auto& [body, each] : judged.bodies) {
    auto& added = *out.add_bodies();
    reader_.fill_name(body, std::nullopt, *added.mutable_body());
    added.set_outcome(to_proto(each.outcome, each.claim_open));
    if (each.outcome != trust::Outcome::kAccept)
      added.set_failed_rule(std::string(to_text(each.rule)));
    if (body != asked.question.issuer)
      fill_decisions(asked, body, each, false, *added.mutable_decisions());
  }
}

DecisionEntry Verdicts::entry_of(const Asked& asked) const {
  DecisionEntry entry;
  entry.viewpoint = asked.question.viewpoint;
  entry.issuer = asked.question.issuer;
  entry.point = asked.question.point;
  entry.at_time_ms = asked.question.anchor_ms;
  entry.policy_digest = context_.recognition.policy_digest();
  return entry;
}

void Verdicts::log(const Asked& asked, const trust::JointJudgement& judged) {
  if (context_.decisions == nullptr) return;

  const auto add = [&](DecisionEntry entry, DecisionKind kind, trust::Outcome outcome,
                       trust::Rule rule, std::uint32_t amount) {
    entry.kind = kind;
    entry.outcome = outcome;
    entry.rule = rule;
    entry.amount = amount;
    context_.decisions->add(entry, asked.question.as_of.height);
  };

  // What was left undecided is no verdict to count.
  if (!judged.claim_open)
    add(entry_of(asked), DecisionKind::kVerdict, judged.outcome, judged.rule,
        deciding(judged.bodies.front().second).amount);

  for (const auto& [body, each] : judged.bodies) {
    each_decision(asked.question, each,
                  [&, of = body](v1::DecisionPoint, DecisionKind kind, std::uint64_t at_ms,
                                 const trust::Decision& decision, bool) {
                    auto entry = entry_of(asked);
                    entry.issuer = of;
                    entry.at_time_ms = at_ms;
                    add(std::move(entry), kind, decision.outcome, decision.rule, decision.amount);
                  });
  }
}

void Verdicts::log(const InstitutionId& issuer, const AchievementId& achievement,
                   std::uint64_t anchor_ms, v1::DecisionOutcome outcome, std::uint64_t count) {
  if (context_.decisions == nullptr || !view_ || count == 0) return;
  const auto asked = ask(issuer, achievement, anchor_ms);
  auto entry = entry_of(asked);
  entry.kind = DecisionKind::kVerdict;
  entry.outcome = static_cast<trust::Outcome>(outcome);
  context_.decisions->add(entry, asked.question.as_of.height, count);
}

// The same as judge(), as far as outcomes go, where no more is asked than the issuer's at two
// times.
std::optional<Verdicts::Outcomes> Verdicts::from_tables(const Asked& asked) const {
  const auto& policy = context_.recognition.policy();
  const auto& question = asked.question;

  // A table knows an issuer at a time and nothing of claims, assessors or further bodies.
  if (policy.separate_assessor || asked.bodies.size() > 1 || question.claimed_ms)
    return std::nullopt;

  const auto find = [&](std::uint64_t at_ms) {
    return context_.recognition.find(*view_, question.viewpoint, question.point, question.issuer,
                                     at_ms);
  };

  const auto at_anchor = find(question.anchor_ms), today = find(question.as_of.today_ms);
  if (!at_anchor || !today) return std::nullopt;

  auto verdict = policy.governs == trust::Governs::kToday ? *today : *at_anchor;
  if (policy.governs == trust::Governs::kBoth && verdict == trust::Outcome::kAccept)
    verdict = *today;

  // Blocked today is blocked, whatever governs (trust/judge.cpp).
  if (*today == trust::Outcome::kBlocked) verdict = *today;

  // No date was claimed (above), and only one's own award needs none.
  const bool claim_open = policy.max_anchor_lag_ms > 0 && verdict == trust::Outcome::kAccept &&
                          question.issuer != question.viewpoint;
  return Outcomes{to_proto(*at_anchor), to_proto(*today), to_proto(verdict, claim_open)};
}

// Null with only_known(), where there is no judgement yet.
std::shared_ptr<const trust::JointJudgement> Verdicts::judge(const Asked& asked) {
  if (!only_known_)
    return view_->judge_cached(asked.question, asked.bodies, context_.recognition.policy(), cold_);
  auto known = view_->find_judgement(asked.question, asked.bodies);
  would_judge_ = would_judge_ || !known;
  return known;
}

Verdicts::Outcomes Verdicts::outcomes(const InstitutionId& issuer, const AchievementId& achievement,
                                      std::uint64_t anchor_ms) {
  if (!view_) return {};
  const auto asked = ask(issuer, achievement, anchor_ms);
  if (const auto known = from_tables(asked)) return *known;
  const auto judged = judge(asked);
  if (!judged) return {};
  const auto& own = judged->bodies.front().second;
  return {to_proto(own.at_anchor.outcome), to_proto(own.today.outcome),
          to_proto(judged->outcome, judged->claim_open)};
}

void Verdicts::fill(ledger::Slot slot, const std::optional<Hash256>& commitment,
                    v1::SlotVerdict& verdict) {
  if (!reader_.fill_slot(slot, commitment, verdict) || !view_) return;
  auto page = ledger::Pages(reader_.state()).page(slot.page);
  const auto asked = ask(page->issuer, page->achievement, page->time_ms);
  const auto judged = judge(asked);
  if (!judged) return;
  fill_decisions(asked, page->issuer, judged->bodies.front().second, !options_.omit_paths(),
                 *verdict.mutable_decisions());
  fill_acceptance(asked, *judged, *verdict.mutable_acceptance());
  log(asked, *judged);
}

namespace {

std::string name_of(const v1::InstitutionName& name) {
  return name.name_now().empty() ? name.id_text() : name.name_now();
}

std::string status_word(v1::CredentialStatus status) {
  switch (status) {
    case v1::CREDENTIAL_STATUS_VALID: return "valid";
    case v1::CREDENTIAL_STATUS_REVOKED: return "revoked";
    case v1::CREDENTIAL_STATUS_SUSPENDED: return "suspended";
    case v1::CREDENTIAL_STATUS_SUPERSEDED: return "superseded";
    case v1::CREDENTIAL_STATUS_VOID: return "void";
    default: return "unknown";
  }
}

void add_line(v1::ExplainResponse& response, const std::string& topic, const std::string& rule,
              const std::string& text) {
  auto& line = *response.add_lines();
  line.set_topic(topic);
  line.set_rule(rule);
  line.set_text(text);
}

}  // namespace

void Verdicts::explain_slot(const v1::SlotVerdict& slot, v1::ExplainResponse& response) {
  add_line(response, "issuer", "",
           name_of(slot.issuer()) + " anchored it at height " +
               std::to_string(slot.anchor().height()) + ", on " +
               trust::date_text(slot.anchor().time_ms()));
  auto status = "the status is " + status_word(slot.status().status());
  if (slot.status().effective_status() != slot.status().status()) {
    status += ", in effect " + status_word(slot.status().effective_status()) + " because of its " +
              slot.status().effective_cause();
  }
  add_line(response, "status", slot.status().effective_cause(), status);
  if (slot.key().state() != v1::KEY_STATE_ACTIVE) {
    add_line(response, "key", "",
             "the key that issued it was retired at height " +
                 std::to_string(slot.key().retired().height()));
  }
  if (!view_) return;
  auto issuer = fixed_from<InstitutionId>(slot.issuer().id());
  auto body = fixed_from<InstitutionId>(slot.achievement().institution_id());
  if (!issuer || !body) return;
  const AchievementId achievement{*body, slot.achievement().number(),
                                  static_cast<std::uint16_t>(slot.achievement().version())};
  // What is explained is the time that decides.
  const auto asked = ask(*issuer, achievement, slot.anchor().time_ms());
  const bool today = context_.recognition.policy().governs == trust::Governs::kToday ||
                     slot.acceptance().failed_rule() == to_text(trust::Rule::kBlock);
  const auto at_ms = today ? asked.question.as_of.today_ms : asked.question.anchor_ms;
  auto explanation = trust::explain(view_->history(), query_of(asked.question, *issuer, at_ms),
                                    context_.recognition.policy());
  auto text = trust::to_text(explanation, [this](const InstitutionId& id) {
    auto record = reader_.institution(id);
    return record ? std::string(tx::best_text(record->facts.legal_names)) : std::string();
  });
  add_line(response, "acceptance", slot.acceptance().failed_rule(),
           "by the policy (" + slot.acceptance().governs() +
               " governs): " + slot.acceptance().explanation());
  add_line(response, "recognition", std::string(to_text(explanation.decision.rule)), text);
}

void Verdicts::explain(v1::ExplainResponse& response) {
  if (response.slots().empty()) {
    add_line(response, "ledger", "not_listed",
             "this node's ledger does not list it; that proves nothing");
  }
  for (const auto& slot : response.slots()) explain_slot(slot, response);
}

namespace {

// Over all commitments of a bulk answer: twice what the largest one needs when each is listed once.
constexpr std::size_t kBulkPages = 2 * kSlotPages;

}  // namespace

BulkTables::BulkTables(Verdicts& verdicts, const std::optional<InstitutionId>& issuer,
                       v1::CheckBulkResponse& response)
    : verdicts_(verdicts),
      issuer_(issuer),
      response_(response),
      finder_(verdicts.reader(), kBulkPages) {
  if (verdicts_.options().omit_decisions()) return;
  verdicts_.reader().fill_name(verdicts_.recognition().viewpoint(), std::nullopt,
                               *response_.mutable_viewpoint());
  put(*response_.mutable_policy_digest(), verdicts_.recognition().policy_digest());
}

std::uint32_t BulkTables::issuer_row(const InstitutionId& id) {
  auto [found, fresh] =
      issuers_.try_emplace(id, static_cast<std::uint32_t>(response_.issuers_size()));
  if (!fresh) return found->second;
  verdicts_.reader().fill_name(id, std::nullopt, *response_.add_issuers());
  bytes_ += response_.issuers().rbegin()->ByteSizeLong();
  return found->second;
}

std::uint32_t BulkTables::achievement_row(const AchievementId& id) {
  auto [found, fresh] =
      achievements_.try_emplace(id, static_cast<std::uint32_t>(response_.achievements_size()));
  if (!fresh) return found->second;
  verdicts_.reader().fill_name(id, *response_.add_achievements());
  bytes_ += response_.achievements().rbegin()->ByteSizeLong();
  return found->second;
}

BulkTables::Row& BulkTables::row(PageNumber number, const PageFacts& facts) {
  auto [found, fresh] = rows_.try_emplace(number);
  if (!fresh) return found->second;

  const auto& page = facts.page;
  auto& common = found->second.common;
  common.set_issuer(issuer_row(page.issuer));
  common.set_achievement(achievement_row(page.achievement));
  common.set_anchor_height(page.height.value);
  common.set_anchor_time_ms(page.time_ms);
  const auto outcomes = verdicts_.outcomes(page.issuer, page.achievement, page.time_ms);
  common.set_at_anchor(outcomes.at_anchor);
  common.set_today(outcomes.today);
  common.set_outcome(outcomes.verdict);
  return found->second;
}

bool BulkTables::add(const Hash256& commitment) {
  const auto [answered, fresh] = answered_.try_emplace(commitment, response_.verdicts_size());
  auto& verdict = *response_.add_verdicts();
  if (!fresh) {
    verdict = response_.verdicts(answered->second);
    bytes_ += verdict.ByteSizeLong();
    return true;
  }

  const auto slots = finder_.find(commitment, issuer_, kSlotsShownInBulk);
  if (!slots.complete) return false;
  verdict.set_finding(slots.slots.empty() ? v1::FINDING_NOT_LISTED : v1::FINDING_FOUND);
  verdict.set_other_slots(slots.others);
  for (const auto& slot : slots.slots) {
    const auto* facts = finder_.page(slot.page);
    auto& common = row(slot.page, *facts);
    ++common.asked;
    auto& out = *verdict.add_slots();
    out = common.common;
    out.set_issuer_index((facts->page.first_index + slot.position).value);
    v1::SlotStatus status;
    verdicts_.reader().fill_effective(facts->page, facts->statuses.get(slot.position), status);
    out.set_status(status.status());
    out.set_effective_status(status.effective_status());
  }
  bytes_ += verdict.ByteSizeLong();
  return true;
}

void BulkTables::log() {
  if (verdicts_.options().omit_decisions()) return;
  for (const auto& [number, row] : rows_) {
    const auto* facts = finder_.page(number);
    verdicts_.log(facts->page.issuer, facts->page.achievement, facts->page.time_ms,
                  row.common.outcome(), row.asked);
  }
}

bool fill_receipt(const Reader& reader, ledger::Slot slot, const std::vector<KeyId>& keys,
                  v1::SlotReceipt& out) {
  const ledger::Pages pages(reader.state());
  auto proof = ledger::prove_slot(pages, slot);
  auto listed = pages.commitments(slot.page);
  if (!proof || !listed) return false;
  put(*out.mutable_page_static(), ByteView(ledger::encode(proof->page_static)));
  put(*out.mutable_statuses(), ByteView(proof->statuses.bytes));
  out.set_page(slot.page.value);
  out.set_position(slot.position);
  for (const auto& hash : proof->path_in_page) put(*out.add_path_in_page(), hash);
  for (const auto& hash : proof->path) put(*out.add_path_to_root(), hash);
  const auto& header = reader.head().header;
  reader.fill_checkpoint(header.height, *out.mutable_checkpoint());
  auto certificate = reader.state().certificate(header.height);
  if (!certificate || certificate->empty()) return true;

  ledger::Receipt receipt;
  receipt.commitment = (*listed)[slot.position];
  receipt.slot = *proof;
  receipt.checkpoint.header = header;
  Decoder in(*certificate);
  receipt.checkpoint.proof = ledger::decode_finality_proof(in);
  if (!in.finished()) return true;
  auto add_history = [&](tx::RegistryKind kind, Bytes id) {
    const ledger::RecordName name{static_cast<std::uint16_t>(kind), std::move(id)};
    receipt.histories.push_back({name, ledger::prove_history(reader.state(), name)});
  };
  add_history(tx::RegistryKind::kInstitution, tx::registry_id(proof->page_static.issuer));
  add_history(tx::RegistryKind::kKey, tx::registry_id(proof->page_static.key));
  add_history(tx::RegistryKind::kAchievement, tx::registry_id(proof->page_static.achievement));
  for (const auto& key : keys) {
    if (key != proof->page_static.key) add_history(tx::RegistryKind::kKey, tx::registry_id(key));
  }
  put(*out.mutable_receipt(), ByteView(ledger::encode(receipt)));
  return true;
}

}  // namespace testamur::node
