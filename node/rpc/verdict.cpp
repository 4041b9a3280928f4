#include "node/rpc/verdict.h"

#include "ledger/receipt.h"
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
  if (!options.omit_decisions()) view_ = context_.recognition.view(context_.chain.head());
}

trust::Query Verdicts::query(const InstitutionId& issuer, const AchievementId& achievement,
                             std::uint64_t time_ms) const {
  trust::Query query;
  query.viewpoint = context_.recognition.viewpoint();
  query.issuer = issuer;
  if (auto found = reader_.achievement(achievement)) query.point = point_of(achievement, found->published.content);
  query.point.purpose = purpose_;
  query.at_time_ms = time_ms;
  query.as_of = view_->as_of();
  return query;
}

void Verdicts::decide(const InstitutionId& issuer, const AchievementId& achievement, std::uint64_t time_ms,
                      v1::DecisionPoint point, v1::Decision& out) {
  auto asked = query(issuer, achievement, time_ms);
  auto decision = view_->decide_cached(asked, context_.recognition.policy());
  node::fill(reader_, asked, context_.recognition.policy(), *decision, point, !options_.omit_paths(), out);
}

v1::DecisionOutcome Verdicts::outcome_at(const InstitutionId& issuer, const AchievementId& achievement,
                                         std::uint64_t time_ms) {
  if (!view_) return v1::DECISION_OUTCOME_UNSPECIFIED;
  auto decision = view_->decide_cached(query(issuer, achievement, time_ms), context_.recognition.policy());
  return static_cast<v1::DecisionOutcome>(decision->outcome);
}

void Verdicts::fill(ledger::Slot slot, const std::optional<Hash256>& commitment, v1::SlotVerdict& verdict) {
  if (!reader_.fill_slot(slot, commitment, verdict) || !view_) return;
  auto page = ledger::Pages(reader_.state()).page(slot.page);
  // A view may be a second behind: what was anchored after it has no "then" of its own yet.
  auto anchor_ms = std::min(page->time_ms, view_->as_of().today_ms);
  decide(page->issuer, page->achievement, anchor_ms, v1::DECISION_POINT_AT_ANCHOR, *verdict.add_decisions());
  decide(page->issuer, page->achievement, today_ms(), v1::DECISION_POINT_TODAY, *verdict.add_decisions());
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
           name_of(slot.issuer()) + " anchored it at height " + std::to_string(slot.anchor().height()) + ", on " +
               trust::date_text(slot.anchor().time_ms()));
  auto status = "the status is " + status_word(slot.status().status());
  if (slot.status().effective_status() != slot.status().status()) {
    status += ", in effect " + status_word(slot.status().effective_status()) + " because of its " +
              slot.status().effective_cause();
  }
  add_line(response, "status", slot.status().effective_cause(), status);
  if (slot.key().state() != v1::KEY_STATE_ACTIVE) {
    add_line(response, "key", "",
             "the key that issued it was retired at height " + std::to_string(slot.key().retired().height()));
  }
  if (!view_) return;
  auto issuer = fixed_from<InstitutionId>(slot.issuer().id());
  auto body = fixed_from<InstitutionId>(slot.achievement().institution_id());
  if (!issuer || !body) return;
  AchievementId achievement{*body, slot.achievement().number(),
                            static_cast<std::uint16_t>(slot.achievement().version())};
  auto explanation =
      trust::explain(view_->history(), query(*issuer, achievement, today_ms()), context_.recognition.policy());
  auto text = trust::to_text(explanation, [this](const InstitutionId& id) {
    auto record = reader_.institution(id);
    return record ? std::string(tx::best_text(record->facts.legal_names)) : std::string();
  });
  add_line(response, "recognition", std::string(to_text(explanation.decision.rule)), text);
}

void Verdicts::explain(v1::ExplainResponse& response) {
  if (response.slots().empty()) {
    add_line(response, "ledger", "not_listed", "this node's ledger does not list it; that proves nothing");
  }
  for (const auto& slot : response.slots()) explain_slot(slot, response);
}

BulkTables::BulkTables(Verdicts& verdicts, v1::CheckBulkResponse& response) : verdicts_(verdicts), response_(response) {
  if (verdicts_.options().omit_decisions()) return;
  verdicts_.reader().fill_name(verdicts_.recognition().viewpoint(), std::nullopt, *response_.mutable_viewpoint());
  put(*response_.mutable_policy_digest(), trust::digest(verdicts_.recognition().policy()));
}

std::uint32_t BulkTables::issuer_row(const InstitutionId& id) {
  auto [found, fresh] = issuers_.try_emplace(id, static_cast<std::uint32_t>(response_.issuers_size()));
  if (fresh) verdicts_.reader().fill_name(id, std::nullopt, *response_.add_issuers());
  return found->second;
}

std::uint32_t BulkTables::achievement_row(const AchievementId& id) {
  auto [found, fresh] = achievements_.try_emplace(id, static_cast<std::uint32_t>(response_.achievements_size()));
  if (fresh) verdicts_.reader().fill_name(id, *response_.add_achievements());
  return found->second;
}

const BulkTables::PageFacts* BulkTables::page(PageNumber number) {
  auto [found, fresh] = pages_.try_emplace(number);
  if (fresh) {
    ledger::Pages pages(verdicts_.reader().state());
    if (auto stored = pages.page(number)) {
      auto& facts = found->second.emplace(PageFacts{*stored, pages.statuses(number), {}});
      auto& common = facts.common;
      common.set_issuer(issuer_row(stored->issuer));
      common.set_achievement(achievement_row(stored->achievement));
      common.set_anchor_height(stored->height.value);
      common.set_anchor_time_ms(stored->time_ms);
      auto today = verdicts_.today_ms();
      common.set_at_anchor(verdicts_.outcome_at(stored->issuer, stored->achievement, std::min(stored->time_ms, today)));
      common.set_today(verdicts_.outcome_at(stored->issuer, stored->achievement, today));
    }
  }
  return found->second ? &*found->second : nullptr;
}

void BulkTables::add(const Hash256& commitment, v1::BulkVerdict& verdict) {
  verdict.set_finding(v1::FINDING_NOT_LISTED);
  for (const auto& slot : verdicts_.reader().state().find_commitment(commitment)) {
    const auto* facts = page(slot.page);
    if (facts == nullptr) continue;
    verdict.set_finding(v1::FINDING_FOUND);
    auto& out = *verdict.add_slots();
    out = facts->common;
    out.set_issuer_index((facts->page.first_index + slot.position).value);
    v1::SlotStatus status;
    verdicts_.reader().fill_effective(facts->page, facts->statuses.get(slot.position), status);
    out.set_status(status.status());
    out.set_effective_status(status.effective_status());
  }
}

bool fill_receipt(const Reader& reader, ledger::Slot slot, const std::vector<KeyId>& keys, v1::SlotReceipt& out) {
  ledger::Pages pages(reader.state());
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
    ledger::RecordName name{static_cast<std::uint16_t>(kind), std::move(id)};
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
