#include "ledger/tx/facts.h"

#include <algorithm>

#include "ledger/tx/form_check.h"

namespace testamur::ledger::tx {

namespace {

using Presence = FormCheck::Presence;

constexpr std::uint32_t kEctsLimitHundredths = 100'000;
constexpr std::uint32_t kWorkloadLimitHours = 100'000;

bool is_country(std::string_view text) {
  return text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_isced_code(std::uint16_t code) {
  if (code > 9999) return false;
  std::string digits = std::to_string(code);
  digits.insert(0, 4 - digits.size(), '0');
  return trust::parse_field(digits).ok();
}

void check_uris(FormCheck& check, const std::string& field, const std::vector<std::string>& uris) {
  check.ascending(field, uris, kListLimit);
  for (std::size_t i = 0; i < uris.size() && !check.failed(); ++i) {
    check.require(!uris[i].empty(), RejectionCode::kFieldMissing, FormCheck::element(field, i));
    check.url(FormCheck::element(field, i), uris[i]);
  }
}

void check_outcomes(FormCheck& check, const std::vector<LearningOutcome>& outcomes) {
  check.number("outcomes", outcomes.size(), 0, kListLimit);
  for (std::size_t i = 0; i < outcomes.size() && !check.failed(); ++i) {
    const auto path = FormCheck::element("outcomes", i);
    check.texts(path + ".texts", outcomes[i].texts, kTextLimitBytes, Presence::kRequired);
    check_uris(check, path + ".esco_uris", outcomes[i].esco_uris);
  }
}

void check_classification(FormCheck& check, const AchievementContent& content) {
  check.number("award_type", content.award_type, 0, trust::kAwardTypeCount)
      .number("ects_hundredths", content.ects_hundredths, 0, kEctsLimitHundredths)
      .number("workload_hours", content.workload_hours, 0, kWorkloadLimitHours)
      .number("eqf_level", content.eqf_level, 0, trust::kMaxLevel)
      .ascending("isced_fields", content.isced_fields, kListLimit);
  for (std::size_t i = 0; i < content.isced_fields.size() && !check.failed(); ++i) {
    check.require(is_isced_code(content.isced_fields[i]), RejectionCode::kFieldRange,
                  FormCheck::element("isced_fields", i), "not a detailed field of ISCED-F 2013");
  }
}

void check_scope(FormCheck& check, const trust::Scope& scope) {
  check.require(!scope.fields || !scope.fields->empty(), RejectionCode::kEmptyMask,
                "scope.isced_fields", "leave the mask out to mean all");
  if (scope.achievements) check.ascending("scope.achievements", *scope.achievements, kListLimit);
  const auto wrong = check.failed() ? std::nullopt : trust::check(scope);
  if (!wrong) return;
  const bool empty = *wrong == trust::ScopeError::kEmptyPart;
  check.require(false, empty ? RejectionCode::kEmptyMask : RejectionCode::kMaskBits, "scope",
                empty ? "leave a mask out to mean all" : "a bit without a meaning");
}

void check_names(FormCheck& check, const StatementContent& content) {
  const bool may_name = content.kind == StatementKind::kEnd || content.kind == StatementKind::kVoid;
  const bool must_name = content.kind == StatementKind::kVoid ||
                         (content.kind == StatementKind::kEnd && content.accreditation);
  check.require(may_name || content.names.empty(), RejectionCode::kFieldConflict, "statement_ids")
      .require(!must_name || !content.names.empty(), RejectionCode::kFieldMissing, "statement_ids")
      .ascending("statement_ids", content.names, kNamedStatementsLimit)
      .require(content.names.empty() || content.slot == 0, RejectionCode::kFieldConflict, "slot",
               "an end or void that names statements has no slot");
}

}  // namespace

std::string_view best_text(const LocalizedTexts& texts, std::string_view language) {
  for (const auto tag : {language, std::string_view("en")}) {
    for (const auto& entry : texts) {
      if (entry.language == tag) return entry.text;
    }
  }
  return texts.empty() ? std::string_view{} : std::string_view(texts.front().text);
}

std::optional<Rejection> form_error(const InstitutionFacts& facts) {
  FormCheck check;
  check.texts("legal_names", facts.legal_names, kNameLimitBytes, Presence::kRequired)
      .require(is_country(facts.country), RejectionCode::kTextForm, "country",
               "two letters of ISO 3166-1, upper case")
      .require(is_domain(facts.domain), RejectionCode::kTextForm, "domain", "a lower-case DNS name")
      .identifier("ror", facts.ror)
      .identifier("eter", facts.eter)
      .identifier("lei", facts.lei)
      .identifier("deqar", facts.deqar);
  return check.result();
}

std::optional<Rejection> form_error(const AchievementContent& content) {
  FormCheck check;
  check.number("number", content.number, 1, 0xFFFF'FFFF)
      .number("version", content.version, 1, 0xFFFF)
      .texts("titles", content.titles, kNameLimitBytes, Presence::kRequired)
      .texts("descriptions", content.descriptions, kTextLimitBytes, Presence::kOptional);
  check_classification(check, content);
  check_outcomes(check, content.outcomes);
  check.ascending("assessment_types", content.assessment_types, kListLimit)
      .texts("assessments", content.assessments, kTextLimitBytes, Presence::kOptional)
      .texts("quality_assurance.texts", content.quality_texts, kTextLimitBytes, Presence::kOptional)
      .url("quality_assurance.url", content.quality_url)
      .ascending("teaches", content.teaches, kListLimit)
      .ascending("assesses", content.assesses, kListLimit)
      .ascending("awarding_bodies", content.awarding_bodies, kListLimit)
      .ascending("languages", content.languages, kLanguagesLimit);
  for (std::size_t i = 0; i < content.languages.size() && !check.failed(); ++i) {
    check.language(FormCheck::element("languages", i), content.languages[i]);
  }
  check.texts("prerequisites", content.prerequisites, kTextLimitBytes, Presence::kOptional)
      .texts("grading", content.grading, kTextLimitBytes, Presence::kOptional)
      .url("information_url", content.information_url);
  return check.result();
}

std::vector<InstitutionId> SuccessionContent::parties() const {
  std::vector<InstitutionId> all = predecessors;
  all.insert(all.end(), successors.begin(), successors.end());
  std::ranges::sort(all);
  return all;
}

std::optional<Rejection> form_error(const SuccessionContent& content) {
  using enum SuccessionKind;
  const auto most = [&](bool many) { return many ? kSuccessionPartiesLimit : std::size_t{1}; };
  const auto has = [](const auto& list, const InstitutionId& id) {
    return std::ranges::find(list, id) != list.end();
  };
  const bool inherits = !content.heir.is_zero();
  const bool any_heir = content.kind == kSplit;
  const bool must_inherit = content.kind == kMerge || content.kind == kRename;
  FormCheck check;
  check.number("predecessors", content.predecessors.size(), 1, most(content.kind == kMerge))
      .ascending("predecessors", content.predecessors, kSuccessionPartiesLimit)
      .number("successors", content.successors.size(), 1, most(content.kind == kSplit))
      .ascending("successors", content.successors, kSuccessionPartiesLimit)
      .require(content.closes || content.kind == kSplit, RejectionCode::kFieldConflict, "closes")
      .require(any_heir || inherits == must_inherit, RejectionCode::kFieldConflict, "heir")
      .require(!inherits || content.closes, RejectionCode::kFieldConflict, "heir",
               "only a predecessor that closes has an heir")
      .require(!inherits || has(content.successors, content.heir), RejectionCode::kFieldConflict,
               "heir", "the heir is one of the successors");
  for (const auto& id : content.parties()) {
    check.require(!id.is_zero(), RejectionCode::kFieldMissing, "party")
        .require(!has(content.predecessors, id) || !has(content.successors, id),
                 RejectionCode::kAboutItself, "party", "nobody succeeds itself");
  }
  return check.result();
}

std::optional<Rejection> form_error(const PolicyContent& content) {
  FormCheck check;
  check.require(!content.digest.is_zero(), RejectionCode::kFieldMissing, "digest")
      .url("url", content.url);
  return check.result();
}

std::optional<Rejection> form_error(const RuleContent& content) {
  FormCheck check;
  check.number("number", content.number, 1, 0xFFFF'FFFF)
      .number("version", content.version, 1, 0xFFFF)
      .texts("titles", content.titles, kNameLimitBytes, Presence::kRequired)
      .require(!content.digest.is_zero(), RejectionCode::kFieldMissing, "digest")
      .url("url", content.url);
  return check.result();
}

std::optional<Rejection> form_error(const StatementContent& content, const InstitutionId& truster) {
  FormCheck check;
  const bool states = content.kind != StatementKind::kEnd && content.kind != StatementKind::kVoid;
  check.require(!content.subject.is_zero(), RejectionCode::kFieldMissing, "subject")
      .require(content.subject != truster, RejectionCode::kAboutItself, "subject")
      .number("amount", content.amount, 0, StatementContent::kFullAmount)
      .number("depth", content.depth, 0, StatementContent::kMaxDepth);
  check_scope(check, content.scope);
  check_names(check, content);
  check
      .require(
          !states || content.valid_until_ms == 0 || content.valid_until_ms > content.valid_from_ms,
          RejectionCode::kIntervalEmpty, "valid_until_ms", "it is not after valid_from_ms")
      .require(
          (content.kind == StatementKind::kAccredit) == (content.scheme != QualityScheme::kNone),
          RejectionCode::kFieldMissing, "scheme",
          "an accreditation, and nothing else, has a scheme")
      .url("report_url", content.report_url);
  return check.result();
}

}  // namespace testamur::ledger::tx
