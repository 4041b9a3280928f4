// Plain values of the ledger as messages of the API.
#include <charconv>

#include "node/rpc/reader.h"

namespace testamur::node {

namespace tx = ledger::tx;

void fill(const tx::LocalizedTexts& texts,
          google::protobuf::RepeatedPtrField<v1::LocalizedText>& out) {
  for (const auto& text : texts) {
    auto& added = *out.Add();
    added.set_language(text.language);
    added.set_text(text.text);
  }
}

void fill(const tx::InstitutionFacts& facts, v1::InstitutionFacts& out) {
  fill(facts.legal_names, *out.mutable_legal_names());
  out.set_country(facts.country);
  out.set_domain(facts.domain);
  out.set_ror(facts.ror);
  out.set_eter(facts.eter);
  out.set_lei(facts.lei);
  out.set_deqar(facts.deqar);
  if (!facts.parent.is_zero()) put(*out.mutable_parent(), facts.parent);
}

namespace {

void fill_quality(const tx::AchievementContent& content, v1::AchievementPublish& out) {
  if (content.quality_scheme == tx::QualityScheme::kNone && content.quality_texts.empty() &&
      content.quality_url.empty()) {
    return;
  }
  auto& quality = *out.mutable_quality_assurance();
  quality.set_scheme(static_cast<v1::QualityAssuranceScheme>(content.quality_scheme));
  fill(content.quality_texts, *quality.mutable_texts());
  quality.set_url(content.quality_url);
}

void fill_ids(const std::vector<InstitutionId>& ids,
              google::protobuf::RepeatedPtrField<std::string>& out) {
  for (const auto& id : ids) put(*out.Add(), id);
}

}  // namespace

void fill(const tx::AchievementContent& content, v1::AchievementPublish& out) {
  out.set_number(content.number);
  out.set_version(content.version);
  fill(content.titles, *out.mutable_titles());
  fill(content.descriptions, *out.mutable_descriptions());
  out.set_award_kind(static_cast<v1::AwardKind>(content.award_kind));
  out.set_award_type(content.award_type);
  out.set_ects_hundredths(content.ects_hundredths);
  out.set_workload_hours(content.workload_hours);
  out.set_eqf_level(content.eqf_level);
  for (auto field : content.isced_fields) out.add_isced_fields(field);
  for (const auto& outcome : content.outcomes) {
    auto& added = *out.add_outcomes();
    fill(outcome.texts, *added.mutable_texts());
    for (const auto& uri : outcome.esco_uris) added.add_esco_uris(uri);
  }
  for (auto type : content.assessment_types)
    out.add_assessment_types(static_cast<v1::AssessmentType>(type));
  fill(content.assessments, *out.mutable_assessments());
  out.set_participation(static_cast<v1::ParticipationForm>(content.participation));
  fill_quality(content, out);
  fill_ids(content.teaches, *out.mutable_teaches());
  fill_ids(content.assesses, *out.mutable_assesses());
  fill_ids(content.awarding_bodies, *out.mutable_awarding_bodies());
  out.set_review_due_ms(content.review_due_ms);
  for (const auto& language : content.languages) out.add_languages(language);
  fill(content.prerequisites, *out.mutable_prerequisites());
  out.set_identity_check(static_cast<v1::IdentityCheck>(content.identity_check));
  fill(content.grading, *out.mutable_grading());
  out.set_stackability(static_cast<v1::Stackability>(content.stackability));
  out.set_information_url(content.information_url);
}

namespace {

// A reader who misses a list must not take it for "everything".
void count_entries(v1::ScopeView& out) {
  out.set_entries(static_cast<std::uint32_t>(out.fields_size() + out.levels_size() +
                                             out.award_types_size() + out.purposes_size() +
                                             out.achievements_size()));
}

}  // namespace

void fill(const trust::Scope& scope, v1::ScopeView& out) {
  // What a scope does not name it does not restrict.
  if (scope.fields) {
    for (unsigned i = 0; i < trust::kFieldCount; ++i) {
      if (scope.fields->contains(i)) out.add_fields(std::string(trust::field_code(i)));
    }
  }

  for (unsigned level = 1; scope.levels && level <= trust::kMaxLevel; ++level) {
    if (*scope.levels & (1u << (level - 1))) out.add_levels(level);
  }

  for (unsigned i = 0; scope.award_types && i < trust::kAwardTypeCount; ++i) {
    if (*scope.award_types & (1u << i))
      out.add_award_types(std::string(to_text(static_cast<trust::AwardType>(i))));
  }

  for (unsigned i = 0; scope.purposes && i < trust::kPurposeCount; ++i) {
    if (*scope.purposes & (1u << i))
      out.add_purposes(std::string(to_text(static_cast<trust::Purpose>(i))));
  }

  const auto achievements = scope.achievements
                                ? std::span<const trust::AchievementName>(*scope.achievements)
                                : std::span<const trust::AchievementName>();
  for (const auto& achievement : achievements) {
    auto& added = *out.add_achievements();
    put(*added.mutable_institution_id(), achievement.institution);
    added.set_number(achievement.number);
  }
  count_entries(out);
}

trust::ScopePoint point_of(const AchievementId& id, const tx::AchievementContent& content) {
  trust::ScopePoint point;

  // The mask counts fields by position, the registry by their ISCED-F code.
  for (auto code : content.isced_fields) {
    for (unsigned i = 0; i < trust::kFieldCount; ++i) {
      auto text = trust::field_code(i);
      unsigned number = 0;
      std::from_chars(text.data(), text.data() + text.size(), number);
      if (number == code) point.fields = point.fields | trust::FieldMask::bit(i);
    }
  }

  point.level = content.eqf_level;
  if (content.award_type != 0)
    point.award_type = static_cast<trust::AwardType>(content.award_type - 1);

  point.achievement = trust::AchievementName{id.institution, id.number};
  return point;
}

void fill(const trust::ScopePoint& point, v1::ScopeView& out) {
  for (unsigned i = 0; i < trust::kFieldCount; ++i) {
    if (point.fields.contains(i)) out.add_fields(std::string(trust::field_code(i)));
  }
  if (point.level != 0) out.add_levels(point.level);
  if (point.award_type) out.add_award_types(std::string(to_text(*point.award_type)));
  if (point.purpose) out.add_purposes(std::string(to_text(*point.purpose)));
  if (point.achievement) {
    auto& added = *out.add_achievements();
    put(*added.mutable_institution_id(), point.achievement->institution);
    added.set_number(point.achievement->number);
  }
  count_entries(out);
}

}  // namespace testamur::node
