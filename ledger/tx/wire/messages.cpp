// The messages that are read for more than one kind, or are long: facts, achievements, successions,
// statements.
#include "ledger/tx/wire/messages.h"

#include "common/check.h"

namespace testamur::ledger::tx::wire {

namespace {

template <class Field>
std::vector<InstitutionId> read_institutions(FormCheck& check, std::string_view name,
                                             const Field& field) {
  std::vector<InstitutionId> ids;
  for (const auto& bytes : field) {
    check.length(FormCheck::element(name, ids.size()), bytes.size(), InstitutionId::kSize,
                 Presence::kRequired);
    ids.push_back(fixed_from<InstitutionId>(bytes));
  }
  return ids;
}

template <class Field>
void write_institutions(const std::vector<InstitutionId>& ids, Field* field) {
  for (const auto& id : ids) *field->Add() = to_string(id.view());
}

trust::FieldMask read_mask(const std::string& bytes) {
  trust::FieldMask mask;
  for (unsigned i = 0; i < 8; ++i) {
    mask.low |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
    mask.high |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[8 + i])) << (8 * i);
  }
  return mask;
}

std::string write_mask(const trust::FieldMask& mask) {
  std::string bytes(16, '\0');
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(mask.low >> (8 * i));
    bytes[8 + i] = static_cast<char>(mask.high >> (8 * i));
  }
  return bytes;
}

trust::Scope read_scope(FormCheck& check, const v1::Scope& message) {
  trust::Scope scope;
  if (!message.isced_fields().empty()) {
    check.length("scope.isced_fields", message.isced_fields().size(), 16, Presence::kRequired);
    if (!check.failed()) scope.fields = read_mask(message.isced_fields());
  }
  if (message.eqf_levels() != 0) {
    scope.levels = narrow<std::uint8_t>(check, "scope.eqf_levels", message.eqf_levels());
  }
  if (message.award_types() != 0) {
    scope.award_types = narrow<std::uint16_t>(check, "scope.award_types", message.award_types());
  }
  if (message.purposes() != 0) {
    scope.purposes = narrow<std::uint8_t>(check, "scope.purposes", message.purposes());
  }

  if (message.achievements_size() == 0) return scope;
  scope.achievements.emplace();
  for (const auto& entry : message.achievements()) {
    const auto path = FormCheck::element("scope.achievements", scope.achievements->size());
    check.length(path + ".institution", entry.institution().size(), InstitutionId::kSize,
                 Presence::kRequired);
    check.require(entry.number() != 0, RejectionCode::kFieldMissing, path + ".number");
    scope.achievements->push_back({fixed_from<InstitutionId>(entry.institution()), entry.number()});
  }
  return scope;
}

void write_scope(const trust::Scope& scope, v1::Scope& message) {
  if (scope.fields) message.set_isced_fields(write_mask(*scope.fields));
  if (scope.levels) message.set_eqf_levels(*scope.levels);
  if (scope.award_types) message.set_award_types(*scope.award_types);
  if (scope.purposes) message.set_purposes(*scope.purposes);
  if (!scope.achievements) return;
  for (const auto& achievement : *scope.achievements) {
    auto* entry = message.add_achievements();
    entry->set_institution(to_string(achievement.institution.view()));
    entry->set_number(achievement.number);
  }
}

// The fields that several kinds of statements have. A message that lacks one has no accessor of
// that name.
template <class Message>
void read_common(FormCheck& check, const Message& message, StatementContent& content) {
  check.length("subject", message.subject().size(), InstitutionId::kSize, Presence::kRequired);
  content.subject = fixed_from<InstitutionId>(message.subject());
  if constexpr (requires { message.slot(); })
    content.slot = narrow<std::uint16_t>(check, "slot", message.slot());
  if constexpr (requires { message.amount(); }) {
    content.amount = narrow<std::uint8_t>(check, "amount", message.amount());
    content.depth = narrow<std::uint8_t>(check, "depth", message.depth());
  }
  if constexpr (requires { message.scope(); }) content.scope = read_scope(check, message.scope());
  if constexpr (requires { message.valid_from_ms(); })
    content.valid_from_ms = message.valid_from_ms();
  if constexpr (requires { message.valid_until_ms(); })
    content.valid_until_ms = message.valid_until_ms();
  if constexpr (requires { message.reason(); })
    content.reason = static_cast<StatementReason>(message.reason());

  // A recognition's evidence and an accreditation's report are the same field of the content.
  if constexpr (requires { message.evidence_digest(); }) {
    check.length("evidence_digest", message.evidence_digest().size(), Hash256::kSize,
                 Presence::kOptional);
    content.evidence_digest = fixed_from<Hash256>(message.evidence_digest());
    check.require(message.evidence_digest().empty() || !content.evidence_digest.is_zero(),
                  RejectionCode::kExplicitDefault, "evidence_digest",
                  "a digest of zeros says nothing");
  }

  if constexpr (requires { message.scheme(); }) {
    content.scheme = static_cast<QualityScheme>(message.scheme());
    check.length("report_digest", message.report_digest().size(), Hash256::kSize,
                 Presence::kOptional);
    content.evidence_digest = fixed_from<Hash256>(message.report_digest());
    check.require(message.report_digest().empty() || !content.evidence_digest.is_zero(),
                  RejectionCode::kExplicitDefault, "report_digest",
                  "a digest of zeros says nothing");
    content.report_url = message.report_url();
  }

  if constexpr (requires { message.statement_ids(); }) {
    const auto ids = as_bytes(message.statement_ids());
    check.hash_list("statement_ids", ids, TransactionId::kSize, 0, kNamedStatementsLimit);
    for (std::size_t at = 0; !check.failed() && at < ids.size(); at += TransactionId::kSize) {
      content.names.push_back(TransactionId::prefix_of(ids.subspan(at, TransactionId::kSize)));
    }
  }
}

template <class Message>
void write_common(const StatementContent& content, Message& message) {
  message.set_subject(to_string(content.subject.view()));
  if constexpr (requires { message.slot(); }) message.set_slot(content.slot);
  if constexpr (requires { message.amount(); }) {
    message.set_amount(content.amount);
    message.set_depth(content.depth);
  }
  if constexpr (requires { message.scope(); }) {
    if (content.scope != trust::Scope{}) write_scope(content.scope, *message.mutable_scope());
  }
  if constexpr (requires { message.valid_from_ms(); })
    message.set_valid_from_ms(content.valid_from_ms);
  if constexpr (requires { message.valid_until_ms(); })
    message.set_valid_until_ms(content.valid_until_ms);
  if constexpr (requires { message.reason(); }) {
    message.set_reason(static_cast<v1::RecognitionReason>(content.reason));
  }

  if constexpr (requires { message.evidence_digest(); }) {
    if (!content.evidence_digest.is_zero())
      message.set_evidence_digest(to_string(content.evidence_digest.view()));
  }
  if constexpr (requires { message.scheme(); }) {
    message.set_scheme(static_cast<v1::QualityAssuranceScheme>(content.scheme));
    if (!content.evidence_digest.is_zero())
      message.set_report_digest(to_string(content.evidence_digest.view()));
    message.set_report_url(content.report_url);
  }

  if constexpr (requires { message.statement_ids(); }) {
    std::string ids;
    for (const auto& id : content.names) ids += to_string(id.view());
    message.set_statement_ids(ids);
  }
}

void read_achievement_lists(FormCheck& check, const v1::AchievementPublish& message,
                            AchievementContent& content) {
  for (const auto code : message.isced_fields()) {
    content.isced_fields.push_back(narrow<std::uint16_t>(
        check, FormCheck::element("isced_fields", content.isced_fields.size()), code));
  }
  for (const auto& outcome : message.outcomes()) {
    content.outcomes.push_back(
        {read_texts(outcome.texts()), {outcome.esco_uris().begin(), outcome.esco_uris().end()}});
  }
  for (const auto type : message.assessment_types()) {
    check.require(type != 0, RejectionCode::kFieldRange, "assessment_types");
    content.assessment_types.push_back(static_cast<AssessmentType>(type));
  }

  content.teaches = read_institutions(check, "teaches", message.teaches());
  content.assesses = read_institutions(check, "assesses", message.assesses());
  content.awarding_bodies = read_institutions(check, "awarding_bodies", message.awarding_bodies());
  content.languages.assign(message.languages().begin(), message.languages().end());
}

}  // namespace

std::optional<Rejection> read(const v1::InstitutionFacts& message, InstitutionFacts& facts) {
  FormCheck check;
  check.length("parent", message.parent().size(), InstitutionId::kSize, Presence::kOptional);

  facts = {read_texts(message.legal_names()),
           message.country(),
           message.domain(),
           message.ror(),
           message.eter(),
           message.lei(),
           message.deqar(),
           fixed_from<InstitutionId>(message.parent())};

  // Two encodings of "no parent" would be two ids of one registration.
  check.require(message.parent().empty() || !facts.parent.is_zero(),
                RejectionCode::kExplicitDefault, "parent", "an id of zeros says nothing");
  return check.failed() ? check.result() : form_error(facts);
}

void write(const InstitutionFacts& facts, v1::InstitutionFacts& message) {
  write_texts(facts.legal_names, message.mutable_legal_names());
  message.set_country(facts.country);
  message.set_domain(facts.domain);
  message.set_ror(facts.ror);
  message.set_eter(facts.eter);
  message.set_lei(facts.lei);
  message.set_deqar(facts.deqar);
  if (!facts.parent.is_zero()) message.set_parent(to_string(facts.parent.view()));
}

std::optional<Rejection> read(const v1::AchievementPublish& message, AchievementContent& content) {
  FormCheck check;
  content.number = message.number();
  content.version = narrow<std::uint16_t>(check, "version", message.version());
  content.titles = read_texts(message.titles());
  content.descriptions = read_texts(message.descriptions());
  content.award_kind = static_cast<AwardKind>(message.award_kind());
  content.award_type = narrow<std::uint8_t>(check, "award_type", message.award_type());
  content.ects_hundredths = message.ects_hundredths();
  content.workload_hours = message.workload_hours();
  content.eqf_level = narrow<std::uint8_t>(check, "eqf_level", message.eqf_level());

  read_achievement_lists(check, message, content);

  content.assessments = read_texts(message.assessments());
  content.participation = static_cast<Participation>(message.participation());
  content.quality_scheme = static_cast<QualityScheme>(message.quality_assurance().scheme());
  content.quality_texts = read_texts(message.quality_assurance().texts());
  content.quality_url = message.quality_assurance().url();

  content.review_due_ms = message.review_due_ms();
  content.prerequisites = read_texts(message.prerequisites());
  content.identity_check = static_cast<IdentityCheck>(message.identity_check());
  content.grading = read_texts(message.grading());
  content.stackability = static_cast<Stackability>(message.stackability());
  content.information_url = message.information_url();
  return check.failed() ? check.result() : form_error(content);
}

void write(const AchievementContent& content, v1::AchievementPublish& message) {
  message.set_number(content.number);
  message.set_version(content.version);
  write_texts(content.titles, message.mutable_titles());
  write_texts(content.descriptions, message.mutable_descriptions());
  message.set_award_kind(static_cast<v1::AwardKind>(content.award_kind));
  message.set_award_type(content.award_type);
  message.set_ects_hundredths(content.ects_hundredths);
  message.set_workload_hours(content.workload_hours);
  message.set_eqf_level(content.eqf_level);

  for (const auto code : content.isced_fields) message.add_isced_fields(code);
  for (const auto& outcome : content.outcomes) {
    auto* entry = message.add_outcomes();
    write_texts(outcome.texts, entry->mutable_texts());
    for (const auto& uri : outcome.esco_uris) entry->add_esco_uris(uri);
  }
  for (const auto type : content.assessment_types) {
    message.add_assessment_types(static_cast<v1::AssessmentType>(type));
  }
  write_texts(content.assessments, message.mutable_assessments());
  message.set_participation(static_cast<v1::ParticipationForm>(content.participation));

  // A message that says nothing is left out: the strict form has no empty ones.
  if (content.quality_scheme != QualityScheme::kNone || !content.quality_texts.empty() ||
      !content.quality_url.empty()) {
    auto* quality = message.mutable_quality_assurance();
    quality->set_scheme(static_cast<v1::QualityAssuranceScheme>(content.quality_scheme));
    write_texts(content.quality_texts, quality->mutable_texts());
    quality->set_url(content.quality_url);
  }

  write_institutions(content.teaches, message.mutable_teaches());
  write_institutions(content.assesses, message.mutable_assesses());
  write_institutions(content.awarding_bodies, message.mutable_awarding_bodies());
  message.set_review_due_ms(content.review_due_ms);
  for (const auto& language : content.languages) message.add_languages(language);
  write_texts(content.prerequisites, message.mutable_prerequisites());
  message.set_identity_check(static_cast<v1::IdentityCheck>(content.identity_check));
  write_texts(content.grading, message.mutable_grading());
  message.set_stackability(static_cast<v1::Stackability>(content.stackability));
  message.set_information_url(content.information_url);
}

std::optional<Rejection> read(const v1::KeyDescription& message, KeyPurpose& purpose,
                              PublicKey& key) {
  const auto known_purpose = message.purpose() <= 0xFF
                                 ? purpose_from(static_cast<std::uint8_t>(message.purpose()))
                                 : std::nullopt;
  const auto known_algorithm = message.algorithm() <= 0xFF
                                   ? algorithm_from(static_cast<std::uint8_t>(message.algorithm()))
                                   : std::nullopt;
  FormCheck check;
  check.require(known_purpose.has_value(), RejectionCode::kFieldRange, "purpose")
      .require(known_algorithm.has_value(), RejectionCode::kFieldRange, "algorithm");
  if (check.failed()) return check.result();

  purpose = *known_purpose;
  key = {*known_algorithm, to_bytes(as_bytes(message.public_key()))};
  check.require(allowed(purpose, key.algorithm), RejectionCode::kKeyPurposeForm, "algorithm")
      .require(is_valid(key), RejectionCode::kBadPublicKey, "public_key");
  return check.result();
}

void write(KeyPurpose purpose, const PublicKey& key, v1::KeyDescription& message) {
  message.set_purpose(static_cast<std::uint32_t>(purpose));
  message.set_algorithm(static_cast<std::uint32_t>(key.algorithm));
  message.set_public_key(to_string(key.bytes));
}

namespace {

InstitutionId read_institution(FormCheck& check, std::string_view name, const std::string& bytes) {
  check.length(name, bytes.size(), InstitutionId::kSize, Presence::kRequired);
  return fixed_from<InstitutionId>(bytes);
}

}  // namespace

std::optional<Rejection> read(const v1::SuccessionMerge& message, SuccessionContent& content) {
  FormCheck check;
  content = {SuccessionKind::kMerge,
             true,
             {},
             read_institutions(check, "predecessors", message.predecessors()),
             {}};
  content.heir = read_institution(check, "heir", message.heir());
  content.successors = {content.heir};
  return check.failed() ? check.result() : form_error(content);
}

std::optional<Rejection> read(const v1::SuccessionSplit& message, SuccessionContent& content) {
  FormCheck check;

  content = {SuccessionKind::kSplit,
             message.closes(),
             {},
             {read_institution(check, "predecessor", message.predecessor())},
             {}};

  content.successors = read_institutions(check, "successors", message.successors());

  // Only of a split may the heir be left open: an empty field and an id of zeros would say the
  // same.
  if (!message.heir().empty()) {
    content.heir = read_institution(check, "heir", message.heir());
    check.require(!content.heir.is_zero(), RejectionCode::kExplicitDefault, "heir",
                  "an id of zeros says nothing");
  }

  return check.failed() ? check.result() : form_error(content);
}

std::optional<Rejection> read(const v1::SuccessionRename& message, SuccessionContent& content) {
  FormCheck check;
  content = {SuccessionKind::kRename,
             true,
             {},
             {read_institution(check, "predecessor", message.predecessor())},
             {}};
  content.heir = read_institution(check, "successor", message.successor());
  content.successors = {content.heir};
  return check.failed() ? check.result() : form_error(content);
}

std::optional<Rejection> read(const v1::SuccessionCustody& message, SuccessionContent& content) {
  FormCheck check;
  content = {SuccessionKind::kCustody,
             true,
             {},
             {read_institution(check, "predecessor", message.predecessor())},
             {}};
  content.successors = {read_institution(check, "custodian", message.custodian())};
  return check.failed() ? check.result() : form_error(content);
}

void write(const SuccessionContent& content, v1::SuccessionMerge& message) {
  write_institutions(content.predecessors, message.mutable_predecessors());
  message.set_heir(to_string(content.heir.view()));
}

void write(const SuccessionContent& content, v1::SuccessionSplit& message) {
  message.set_predecessor(to_string(content.predecessors.front().view()));
  write_institutions(content.successors, message.mutable_successors());
  if (!content.heir.is_zero()) message.set_heir(to_string(content.heir.view()));
  message.set_closes(content.closes);
}

void write(const SuccessionContent& content, v1::SuccessionRename& message) {
  message.set_predecessor(to_string(content.predecessors.front().view()));
  message.set_successor(to_string(content.successors.front().view()));
}

void write(const SuccessionContent& content, v1::SuccessionCustody& message) {
  message.set_predecessor(to_string(content.predecessors.front().view()));
  message.set_custodian(to_string(content.successors.front().view()));
}

std::optional<Rejection> read_statement(const v1::TransactionBody& body,
                                        const InstitutionId& author, StatementContent& content) {
  using Body = v1::TransactionBody;
  FormCheck check;
  const auto take = [&](StatementKind kind, bool accreditation, const auto& message) {
    content.kind = kind;
    content.accreditation = accreditation;
    read_common(check, message, content);
  };

  switch (body.kind_case()) {
    case Body::kRecognitionTrust:
      take(StatementKind::kTrust, false, body.recognition_trust());
      break;
    case Body::kRecognitionDistrust:
      take(StatementKind::kDistrust, false, body.recognition_distrust());
      break;
    case Body::kRecognitionEnd: take(StatementKind::kEnd, false, body.recognition_end()); break;
    case Body::kRecognitionVoid: take(StatementKind::kVoid, false, body.recognition_void()); break;
    case Body::kAccreditationAccredit:
      take(StatementKind::kAccredit, true, body.accreditation_accredit());
      break;
    case Body::kAccreditationEnd: take(StatementKind::kEnd, true, body.accreditation_end()); break;
    case Body::kAccreditationVoid:
      take(StatementKind::kVoid, true, body.accreditation_void());
      break;
    default: TM_CHECK(false, "not a statement:", body.kind_case());
  }

  if (check.failed()) return check.result();
  return form_error(content, author);
}

void write_statement(const StatementContent& content, v1::TransactionBody& body) {
  switch (content.kind) {
    case StatementKind::kTrust: return write_common(content, *body.mutable_recognition_trust());
    case StatementKind::kDistrust:
      return write_common(content, *body.mutable_recognition_distrust());
    case StatementKind::kAccredit:
      return write_common(content, *body.mutable_accreditation_accredit());
    case StatementKind::kEnd:
      if (content.accreditation) return write_common(content, *body.mutable_accreditation_end());
      return write_common(content, *body.mutable_recognition_end());
    case StatementKind::kVoid:
      if (content.accreditation) return write_common(content, *body.mutable_accreditation_void());
      return write_common(content, *body.mutable_recognition_void());
  }
}

}  // namespace testamur::ledger::tx::wire
