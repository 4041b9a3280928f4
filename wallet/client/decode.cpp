// Every switch over an enumerator ends in *unknown*, also for numbers that a later version may
// send, and every id is read whole or not at all. Fields that only together make sense (the state
// of a key and its dates) are unknown where they contradict each other.
#include "wallet/client/decode.h"

#include <algorithm>

#include "trust/policy_text.h"
#include "wallet/client/decode_parts.h"

namespace testamur::wallet {

using namespace parts;

namespace {

std::string english(const google::protobuf::RepeatedPtrField<v1::LocalizedText>& texts) {
  for (const auto& text : texts) {
    if (text.language() == "en") return text.text();
  }
  return texts.empty() ? std::string{} : texts[0].text();
}

InstitutionStanding standing_from(v1::InstitutionStanding standing) {
  switch (standing) {
    case v1::INSTITUTION_STANDING_GOOD: return InstitutionStanding::kGood;
    case v1::INSTITUTION_STANDING_SUSPENDED: return InstitutionStanding::kSuspended;
    case v1::INSTITUTION_STANDING_CLOSED:
    case v1::INSTITUTION_STANDING_LEFT: return InstitutionStanding::kClosed;
    default: return InstitutionStanding::kUnknown;
  }
}

std::optional<KeyPurpose> purpose_from(v1::KeyPurposeView purpose) {
  switch (purpose) {
    case v1::KEY_PURPOSE_VIEW_ROOT: return KeyPurpose::kRoot;
    case v1::KEY_PURPOSE_VIEW_ISSUE: return KeyPurpose::kIssue;
    case v1::KEY_PURPOSE_VIEW_GOVERN: return KeyPurpose::kGovern;
    case v1::KEY_PURPOSE_VIEW_CONSENSUS: return KeyPurpose::kConsensus;
    case v1::KEY_PURPOSE_VIEW_TRANSPORT: return KeyPurpose::kTransport;
    case v1::KEY_PURPOSE_VIEW_CREDENTIAL: return KeyPurpose::kCredential;
    case v1::KEY_PURPOSE_VIEW_COSIGN: return KeyPurpose::kCosign;
    default: return std::nullopt;
  }
}

std::optional<SignatureAlgorithm> algorithm_from(v1::KeyAlgorithmView algorithm) {
  switch (algorithm) {
    case v1::KEY_ALGORITHM_VIEW_BIP340: return SignatureAlgorithm::kBip340;
    case v1::KEY_ALGORITHM_VIEW_ECDSA_P256: return SignatureAlgorithm::kEcdsaP256;
    case v1::KEY_ALGORITHM_VIEW_ECDSA_SECP256K1: return SignatureAlgorithm::kEcdsaSecp256k1;
    case v1::KEY_ALGORITHM_VIEW_ED25519: return SignatureAlgorithm::kEd25519;
    default: return std::nullopt;
  }
}

// Whether state and dates tell one story.
bool fate_is_known(const v1::KeyView& view) {
  const bool retired = view.has_retired() && view.retired().time_ms() != 0;
  const bool compromised = view.compromised_since_ms() != 0;
  switch (view.state()) {
    case v1::KEY_STATE_ACTIVE: return !retired && !compromised;
    case v1::KEY_STATE_RETIRED: return retired && !compromised;
    case v1::KEY_STATE_COMPROMISED: return retired && compromised;
    default: return false;
  }
}

std::string point_words(v1::DecisionPoint point) {
  switch (point) {
    case v1::DECISION_POINT_AT_ANCHOR: return "at anchor";
    case v1::DECISION_POINT_TODAY: return "today";
    case v1::DECISION_POINT_AT_CLAIM: return "at the claimed date";
    case v1::DECISION_POINT_AT_TIME: return "at a time asked for";
    default: return "at an unknown time";
  }
}

DecisionRecord decision_from(const v1::Decision& decision) {
  DecisionRecord record;

  record.point = point_words(decision.point());
  record.outcome = outcome_from(decision.outcome());
  record.governs = decision.governs();

  record.viewpoint = decision.viewpoint().name_now();
  record.policy_digest = to_hex(as_bytes(decision.policy_digest()));
  record.explanation = decision.explanation();
  record.failed_rule = decision.failed_rule();

  for (const auto& path : decision.paths()) {
    std::string text;
    for (const auto& hop : path.hops()) {
      if (text.empty()) text = hop.truster().name_now();
      text += " > " + hop.subject().name_now();
    }
    record.paths.push_back(text + " (" + std::to_string(path.amount()) + ")");
  }
  return record;
}

AcceptanceRecord acceptance_from(const v1::Acceptance& acceptance, const v1::SlotVerdict& of) {
  AcceptanceRecord record;

  record.outcome = outcome_from(acceptance.outcome());
  record.failed_rule = acceptance.failed_rule();
  if (acceptance.has_common_rule()) record.common_rule = acceptance.common_rule();
  record.explanation = acceptance.explanation();
  record.governs = acceptance.governs();
  record.claim_governs = acceptance.claim_governs();

  if (of.decisions_size() > 0) {
    const auto& viewpoint = of.decisions(0).viewpoint();
    record.viewpoint = viewpoint.name_now();
    record.viewpoint_id = id_or_zero<InstitutionId>(viewpoint.id());
  }
  // A yes of nobody may be the issuer's own.
  if (record.viewpoint_id.is_zero() && record.outcome == Acceptance::kAccept) {
    record.outcome = Acceptance::kUnknown;
    record.explanation = "the node does not say whose recognition it is";
  }
  record.policy_digest = to_hex(as_bytes(acceptance.policy_digest()));
  record.joint = acceptance.joint();

  for (const auto& body : acceptance.bodies())
    record.bodies.push_back(
        {body.body().name_now(), outcome_from(body.outcome()), body.failed_rule()});
  return record;
}

SlotAnswer slot_from(const v1::SlotVerdict& verdict) {
  SlotAnswer answer;
  SlotRecord& slot = answer.slot;
  slot.commitment = id_or_zero<Hash256>(verdict.commitment());
  slot.issuer = id_or_zero<InstitutionId>(verdict.issuer().id());
  slot.index = IssuerIndex{verdict.issuer_index()};
  slot.achievement = achievement_from(verdict.achievement());
  slot.issue_key = id_or_zero<KeyId>(verdict.key().id());
  slot.anchor_height = Height{verdict.anchor().height()};
  slot.anchor_time_ms = verdict.anchor().time_ms();
  slot.status = status_from(verdict.status().status());
  slot.since_ms = verdict.status().since().time_ms();
  slot.log_index = verdict.status().since().log_index();
  slot.reason = word(verdict.status().reason(), *v1::StatusReason_descriptor());

  for (const auto& decision : verdict.decisions())
    answer.decisions.push_back(decision_from(decision));
  if (verdict.has_acceptance()) answer.acceptance = acceptance_from(verdict.acceptance(), verdict);
  return answer;
}

std::optional<CheckpointAnswer> checkpoint_from(bool present, const v1::Checkpoint& checkpoint) {
  if (!present) return std::nullopt;
  CheckpointAnswer answer{
      to_bytes(as_bytes(checkpoint.header())), {}, to_bytes(as_bytes(checkpoint.certificate()))};
  for (const auto& link : checkpoint.link_headers())
    answer.link_headers.push_back(to_bytes(as_bytes(link)));
  return answer;
}

void append_word(std::string& list, const std::string& more) {
  if (more.empty()) return;
  list += (list.empty() ? "" : ", ") + more;
}

AchievementRecord record_from(const v1::AchievementView& view) {
  AchievementRecord record;

  const auto& published = view.record();
  record.id = achievement_from(view.name());
  for (const auto& title : published.titles())
    record.titles.push_back({title.language(), title.text()});

  record.ects_hundredths = published.ects_hundredths();
  record.eqf_level =
      published.eqf_level() > 0xff ? 0 : static_cast<std::uint8_t>(published.eqf_level());

  for (const auto& outcome : published.outcomes())
    record.learning_outcomes.push_back(english(outcome.texts()));

  for (const auto type : published.assessment_types())
    append_word(record.assessment, word_of(static_cast<v1::AssessmentType>(type)));
  append_word(record.assessment, english(published.assessments()));

  record.participation = word_of(published.participation());
  record.quality_assurance = word_of(published.quality_assurance().scheme());
  append_word(record.quality_assurance, english(published.quality_assurance().texts()));
  record.prerequisites = english(published.prerequisites());

  record.identity_check = word_of(published.identity_check());
  record.grading = english(published.grading());
  record.stackability = word_of(published.stackability());
  record.information = published.information_url();
  return record;
}

// False where a list may have been lost on the way.
bool is_whole(const v1::ScopeView& view) {
  const auto entries = view.fields_size() + view.levels_size() + view.award_types_size() +
                       view.purposes_size() + view.achievements_size();
  return view.has_entries() && view.entries() == static_cast<std::uint32_t>(entries);
}

// False where a word of the scope is not understood: a point that lost one would be another
// question.
bool read_point(const v1::ScopeView& view, trust::ScopePoint& point) {
  if (view.levels_size() > 1 || view.award_types_size() > 1) return false;
  for (const auto& code : view.fields()) {
    const auto field = trust::parse_own_field(code);
    if (!field.ok()) return false;
    point.fields = point.fields | *field;
  }

  for (const auto level : view.levels()) {
    if (level == 0 || level > trust::kMaxLevel) return false;
    point.level = static_cast<std::uint8_t>(level);
  }

  for (const auto& name : view.award_types()) {
    const auto type = trust::parse_award_type(name);
    if (!type.ok()) return false;
    point.award_type = *type;
  }

  return true;
}

std::vector<InstitutionId> ids_from(const google::protobuf::RepeatedPtrField<std::string>& list,
                                    bool& whole) {
  std::vector<InstitutionId> ids;
  for (const auto& bytes : list) {
    const auto id = id_of<InstitutionId>(bytes);
    whole = whole && id.has_value();
    if (id) ids.push_back(*id);
  }
  return ids;
}

}  // namespace

std::string word_of(v1::AssessmentType value) {
  return word(value, *v1::AssessmentType_descriptor());
}
std::string word_of(v1::ParticipationForm value) {
  return word(value, *v1::ParticipationForm_descriptor());
}
std::string word_of(v1::IdentityCheck value) {
  return word(value, *v1::IdentityCheck_descriptor());
}
std::string word_of(v1::Stackability value) { return word(value, *v1::Stackability_descriptor()); }
std::string word_of(v1::QualityAssuranceScheme value) {
  return word(value, *v1::QualityAssuranceScheme_descriptor());
}

CheckAnswer decode(const v1::CheckHashResponse& answer) {
  CheckAnswer check;
  for (const auto& slot : answer.slots()) check.slots.push_back(slot_from(slot));
  check.listing = listing_from(answer.finding(), !check.slots.empty());
  check.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  check.checkpoint = checkpoint_from(answer.has_checkpoint(), answer.checkpoint());
  check.shown = Shown(answer);
  return check;
}

CheckAnswer decode(const v1::CheckReferenceResponse& answer) {
  CheckAnswer check;
  if (answer.has_slot()) check.slots.push_back(slot_from(answer.slot()));
  check.listing = listing_from(answer.finding(), !check.slots.empty());
  check.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  check.checkpoint = checkpoint_from(answer.has_checkpoint(), answer.checkpoint());
  check.shown = Shown(answer);
  return check;
}

// Institutions and achievements stand once in the answer; a slot names them by position.
BulkAnswer decode(const v1::CheckBulkResponse& answer) {
  BulkAnswer bulk;
  for (const auto& verdict : answer.verdicts()) {
    BulkVerdictAnswer one;
    for (const auto& slot : verdict.slots()) {
      BulkSlotAnswer& added = one.slots.emplace_back();
      // A position beyond the list names nobody: the id stays zero.
      if (slot.issuer() < static_cast<std::uint32_t>(answer.issuers_size()))
        added.issuer = party_from(answer.issuers(static_cast<int>(slot.issuer())));
      if (slot.achievement() < static_cast<std::uint32_t>(answer.achievements_size()))
        added.achievement =
            achievement_from(answer.achievements(static_cast<int>(slot.achievement())));

      added.index = IssuerIndex{slot.issuer_index()};

      added.status = status_from(slot.status());
      added.effective_status = status_from(slot.effective_status());
      added.is_void = slot.effective_status() == v1::CREDENTIAL_STATUS_VOID;

      added.anchor_time_ms = slot.anchor_time_ms();
      added.outcome = outcome_from(slot.outcome());
    }

    one.listing = listing_from(verdict.finding(), !one.slots.empty());
    one.other_slots = verdict.other_slots();
    bulk.verdicts.push_back(std::move(one));
  }

  bulk.viewpoint = party_from(answer.viewpoint());
  bulk.policy_digest = to_hex(as_bytes(answer.policy_digest()));
  bulk.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  bulk.shown = Shown(answer);
  return bulk;
}

KeyRecord decode(const v1::KeyView& view) {
  KeyRecord key;

  key.id = id_or_zero<KeyId>(view.id());
  key.owner = id_or_zero<InstitutionId>(view.institution_id());
  key.purpose = purpose_from(view.purpose());
  if (const auto algorithm = algorithm_from(view.algorithm()))
    key.key = PublicKey{*algorithm, to_bytes(as_bytes(view.public_key()))};

  if (view.added().time_ms() != 0) key.added_at_ms = view.added().time_ms();
  if (view.retired().time_ms() != 0) key.retired_at_ms = view.retired().time_ms();
  if (view.compromised_since_ms() != 0) key.compromised_since_ms = view.compromised_since_ms();

  key.fate_known = fate_is_known(view);
  return key;
}

IssuerAnswer decode_issuer(const v1::GetInstitutionResponse& answer) {
  IssuerAnswer issuer;

  if (!answer.has_institution()) return issuer;
  const auto& view = answer.institution();

  const auto id = id_of<InstitutionId>(view.name().id());
  if (!id) return issuer;

  const auto& name = view.name();
  issuer.issuer = IssuerRecord{*id,
                               name.name_now(),
                               name.name_now(),
                               name.country(),
                               name.domain(),
                               standing_from(view.standing()),
                               Basis::kSaid};

  for (const auto& key : view.keys()) issuer.keys.push_back(decode(key));
  return issuer;
}

AchievementAnswer decode(const v1::AchievementView& view) {
  AchievementAnswer achievement;
  achievement.record = record_from(view);
  for (const auto& outcome : view.record().outcomes()) {
    for (const auto& text : outcome.texts())
      achievement.outcomes.push_back({text.language(), text.text()});
  }
  for (const auto& text : view.record().grading()) achievement.gradings.push_back(text.text());
  achievement.issuable = view.issuable() && !view.has_retired();
  achievement.retired = anchor_from(view.has_retired(), view.retired());
  for (const auto& name : view.cosigned_by()) achievement.cosigned_by.push_back(party_from(name));

  bool whole =
      view.has_point() && is_whole(view.point()) && read_point(view.point(), achievement.point);
  achievement.point.achievement =
      trust::AchievementName{achievement.record.id.institution, achievement.record.id.number};
  achievement.teaches = ids_from(view.record().teaches(), whole);
  achievement.assesses = ids_from(view.record().assesses(), whole);
  achievement.awarding_bodies = ids_from(view.record().awarding_bodies(), whole);
  achievement.point_known = whole;
  return achievement;
}

AchievementAnswer decode(const v1::GetAchievementResponse& answer) {
  auto achievement = decode(answer.achievement());
  achievement.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  achievement.shown = Shown(answer);
  return achievement;
}
AchievementsAnswer decode(const v1::ListAchievementsResponse& answer) {
  AchievementsAnswer list;
  for (const auto& view : answer.achievements()) list.achievements.push_back(decode(view));
  list.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  list.shown = Shown(answer);
  return list;
}

std::vector<Bytes> decode(const v1::GetReceiptResponse& answer) {
  std::vector<Bytes> receipts;
  for (const auto& receipt : answer.receipts()) {
    // The first block of a ledger has no certificate, and what stands there no receipt yet.
    if (!receipt.receipt().empty()) receipts.push_back(to_bytes(as_bytes(receipt.receipt())));
  }
  return receipts;
}

namespace {

std::optional<ledger::merkle::Path> path_from(
    const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  ledger::merkle::Path path;
  for (const auto& bytes : hashes) {
    const auto hash = id_of<Hash256>(bytes);
    if (!hash) return std::nullopt;
    path.push_back(*hash);
  }
  return path;
}

}  // namespace

std::optional<ledger::merkle::Path> decode(const v1::GetConsistencyProofResponse& answer) {
  return path_from(answer.path());
}

InclusionAnswer decode(const v1::GetInclusionProofResponse& answer) {
  InclusionAnswer shown;
  auto leaf = ledger::decode_log_leaf(as_bytes(answer.leaf()));
  auto path = path_from(answer.path());
  if (!leaf.ok() || !path) return shown;
  shown.leaf = *leaf;
  shown.path = std::move(*path);
  shown.checkpoint = checkpoint_from(answer.has_checkpoint(), answer.checkpoint());
  return shown;
}

}  // namespace testamur::wallet
