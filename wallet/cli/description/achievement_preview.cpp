#include "wallet/cli/description/achievement_preview.h"

#include <cstdio>

#include "common/visible.h"
#include "trust/scope.h"
#include "wallet/cli/files/achievement_file.h"
#include "wallet/cli/joined.h"
#include "wallet/credential/claims.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

// Facts in the order in which they are read. One that says nothing has no line, and is absent where
// it is recommended.
class Facts {
 public:
  explicit Facts(AchievementPreview& preview) : preview_(preview) {}

  void add(const char* label, const std::string& value) {
    if (value.empty()) return;
    char head[40];
    std::snprintf(head, sizeof head, "  %-16s", label);
    preview_.text += head + one_line(value) + "\n";
  }
  void add(const char* label, const std::vector<std::string>& values) {
    for (const auto& value : values) add(label, value);
  }
  // The fact of a key of the file, for whoever reads by program.
  template <class Value>
  void keep(const char* key, const Value& value, bool is_stated) {
    if (is_stated) preview_.facts[key] = value;
  }
  void recommend(const char* key, bool is_stated) {
    if (!is_stated) preview_.absent.emplace_back(key);
  }

 private:
  AchievementPreview& preview_;
};

std::vector<std::string> by_language(const tx::LocalizedTexts& texts) {
  std::vector<std::string> lines;
  for (const auto& each : texts) lines.push_back(each.text + " (" + each.language + ")");
  return lines;
}

Json json_of(const tx::LocalizedTexts& texts) {
  Json json = Json::object();
  for (const auto& each : texts) json[each.language] = each.text;
  return json;
}

std::vector<std::string> field_codes(const tx::AchievementContent& content) {
  std::vector<std::string> codes;
  for (const auto field : content.isced_fields) {
    char code[8];
    std::snprintf(code, sizeof code, "%04u", unsigned{field});
    codes.emplace_back(code);
  }
  return codes;
}

std::vector<std::string> field_lines(const tx::AchievementContent& content) {
  std::vector<std::string> lines;
  for (const auto& code : field_codes(content)) {
    std::string line = code;
    for (unsigned i = 0; i < trust::kFieldCount; ++i) {
      if (trust::field_code(i) == code) line += " " + std::string(trust::field_name(i));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> party_lines(const std::vector<InstitutionId>& parties,
                                     const Names& names) {
  std::vector<std::string> lines;
  for (const auto& id : parties) {
    const auto name = names.find(to_text(id));
    lines.push_back(name == names.end() ? to_text(id) : name->second + " (" + to_text(id) + ")");
  }
  return lines;
}

void add_award(Facts& facts, const tx::AchievementContent& content) {
  const std::string number = std::to_string(content.number) + "." + std::to_string(content.version);
  facts.add("number", number);
  facts.keep("number", number, true);
  facts.add("title", by_language(content.titles));
  facts.keep("titles", json_of(content.titles), true);
  facts.add("description", by_language(content.descriptions));
  facts.keep("descriptions", json_of(content.descriptions), !content.descriptions.empty());

  const std::string kind(word_of(content.award_kind));
  const std::string type =
      content.award_type == 0
          ? ""
          : std::string(trust::to_text(static_cast<trust::AwardType>(content.award_type - 1)));
  facts.add("kind of award", kind + (kind.empty() || type.empty() ? "" : ", ") + type);
  facts.keep("award_kind", kind, !kind.empty());
  facts.keep("award_type", type, !type.empty());

  const bool has_credits = content.ects_hundredths != 0;
  const std::string credits = to_display(kind_of(ClaimId::kEctsHundredths),
                                         ClaimValue{std::uint64_t{content.ects_hundredths}});
  facts.add("credits", has_credits ? credits + " ECTS" : "");
  facts.keep("ects", credits, has_credits);
  facts.recommend("ects", has_credits);

  const bool has_hours = content.workload_hours != 0;
  facts.add("workload", has_hours ? std::to_string(content.workload_hours) + " hours" : "");
  facts.keep("workload_hours", content.workload_hours, has_hours);
  facts.recommend("workload_hours", has_hours);

  const bool has_level = content.eqf_level != 0;
  facts.add("level", has_level ? "EQF " + std::to_string(content.eqf_level) : "");
  facts.keep("eqf", unsigned{content.eqf_level}, has_level);
  facts.recommend("eqf", has_level);

  facts.add("field", field_lines(content));
  facts.keep("fields", field_codes(content), !content.isced_fields.empty());
  facts.recommend("fields", !content.isced_fields.empty());
}

void add_learning(Facts& facts, const tx::AchievementContent& content) {
  Json outcomes = Json::array();
  for (const auto& outcome : content.outcomes) {
    facts.add("outcome", by_language(outcome.texts));
    facts.add("  ESCO", outcome.esco_uris);
    outcomes.push_back(Json{{"texts", json_of(outcome.texts)}, {"esco", outcome.esco_uris}});
  }
  facts.keep("outcomes", outcomes, !outcomes.empty());
  facts.recommend("outcomes", !outcomes.empty());

  std::vector<std::string> types;
  for (const auto type : content.assessment_types) types.emplace_back(word_of(type));
  facts.add("assessment", joined(types));
  facts.add("assessment", by_language(content.assessments));
  facts.keep("assessment", types, !types.empty());
  facts.keep("assessment_text", json_of(content.assessments), !content.assessments.empty());
  facts.recommend("assessment", !types.empty() || !content.assessments.empty());

  const std::string participation(word_of(content.participation));
  facts.add("participation", participation);
  facts.keep("participation", participation, !participation.empty());
  facts.recommend("participation", !participation.empty());

  const std::string identity(word_of(content.identity_check));
  facts.add("identity check", identity);
  facts.keep("identity_check", identity, !identity.empty());
  facts.recommend("identity_check", !identity.empty());

  facts.add("grading scheme", by_language(content.grading));
  facts.keep("grading", json_of(content.grading), !content.grading.empty());
  facts.recommend("grading", !content.grading.empty());

  facts.add("prerequisites", by_language(content.prerequisites));
  facts.keep("prerequisites", json_of(content.prerequisites), !content.prerequisites.empty());
  facts.add("language", joined(content.languages));
  facts.keep("languages", content.languages, !content.languages.empty());
}

void add_quality(Facts& facts, const tx::AchievementContent& content) {
  const std::string scheme(word_of(content.quality_scheme));
  facts.add("quality", scheme);
  facts.add("quality", by_language(content.quality_texts));
  facts.add("quality", content.quality_url);
  facts.keep("quality_assurance", scheme, !scheme.empty());
  facts.keep("quality_text", json_of(content.quality_texts), !content.quality_texts.empty());
  facts.keep("quality_url", content.quality_url, !content.quality_url.empty());
  facts.recommend("quality_assurance", !scheme.empty());

  const std::string stackability(word_of(content.stackability));
  facts.add("stackability", stackability);
  facts.keep("stackability", stackability, !stackability.empty());
  facts.add("information", content.information_url);
  facts.keep("information_url", content.information_url, !content.information_url.empty());
}

void add_parties(Facts& facts, const tx::AchievementContent& content, const std::string& author,
                 const Names& names) {
  if (content.awarding_bodies.empty()) facts.add("awarding body", author + ", alone");
  const auto add = [&](const char* label, const char* key,
                       const std::vector<InstitutionId>& parties) {
    facts.add(label, party_lines(parties, names));
    Json ids = Json::array();
    for (const auto& id : parties) ids.push_back(to_text(id));
    facts.keep(key, ids, !parties.empty());
  };
  add("awarding body", "awarding_bodies", content.awarding_bodies);
  add("teaches", "teaches", content.teaches);
  add("assesses", "assesses", content.assesses);
}

}  // namespace

AchievementPreview preview_achievement(const tx::AchievementContent& content,
                                       const std::string& author, const Names& names) {
  AchievementPreview preview;
  Facts facts(preview);
  add_award(facts, content);
  add_learning(facts, content);
  add_quality(facts, content);
  add_parties(facts, content, author, names);
  return preview;
}

}  // namespace testamur::wallet
