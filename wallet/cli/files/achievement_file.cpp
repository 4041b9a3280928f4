// One reader for the whole file, so that the first mistake in it is the one that is told, and a key
// that nobody asked for is a mistake too: a misspelt key would otherwise publish its default for
// good. What the values may be is said by ledger/tx/build.h.
#include "wallet/cli/files/achievement_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <sstream>
#include <type_traits>

#include "common/text.h"
#include "common/toml_text.h"
#include "common/visible.h"
#include "ledger/meaning/language_meaning.h"
#include "ledger/tx/content.h"
#include "ledger/tx/form_check.h"
#include "trust/scope.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::size_t kMaxFileBytes = 256 * 1024;

// As it was typed, and not as the machine holds it: 78.1 is no 78.099999999999994.
std::string shortest(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

// Reads the keys of one table; the first mistake is kept, and at the end keys that nobody asked for
// are a mistake too.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string file) : table_(table), file_(std::move(file)) {}

  std::string text(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return {};
    if (!node->is_string()) fail_value(*node, key, "is a text");
    return checked(*node, key);
  }
  // A text, or a whole number; a floating-point number may not be the one that was typed.
  std::string credits(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return {};
    if (const auto* whole = node->as_integer()) return std::to_string(whole->get());
    if (!node->is_string()) fail_value(*node, key, "is credits in quotes, like \"1.5\"");
    return checked(*node, key);
  }
  std::uint64_t number(std::string_view key, std::uint64_t max) {
    const auto* node = take(key);
    if (node == nullptr) return 0;
    const auto value = node->value_or(std::int64_t{-1});
    if (!node->is_integer() || value < 0 || static_cast<std::uint64_t>(value) > max) {
      fail_value(*node, key, "is a number from 0 to " + std::to_string(max));
      return 0;
    }
    return static_cast<std::uint64_t>(value);
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    const auto* node = take(key);
    if (node == nullptr) return out;
    if (node->is_string()) return {checked(*node, key)};
    const auto* array = node->as_array();
    if (array == nullptr) fail_value(*node, key, "is a list of texts");
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      if (!(*array)[i].is_string()) fail_value((*array)[i], key, "is a list of texts");
      out.push_back(checked((*array)[i], key));
    }
    std::ranges::sort(out);
    return out;
  }
  std::vector<std::string> languages(std::string_view key) {
    const auto* node = table_.get(key);
    auto out = texts(key);
    for (const auto& tag : out) {
      if (!tx::is_language_tag(tag))
        fail(
            *node, key,
            "holds " + in_quotes(tag) + ", which is no tag of a language like \"en\" or \"de-AT\"");
      if (const auto problem = ledger::language_problem(tag))
        fail(*node, key, "is not right: " + *problem);
    }
    return out;
  }
  // A table language = text, or one text, which is English.
  tx::LocalizedTexts localized(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return {};
    if (node->is_string()) return {{"en", checked(*node, key)}};
    const auto* table = node->as_table();
    if (table == nullptr) {
      fail_value(*node, key, "is a text or a table of texts by language");
      return {};
    }
    return localized_of(*table, key, {});
  }
  // The members of a table that are texts by language, but for `others`.
  tx::LocalizedTexts localized_of(const toml::table& table, std::string_view key,
                                  std::span<const std::string_view> others) {
    tx::LocalizedTexts texts;
    for (const auto& [language, value] : table) {
      if (std::ranges::find(others, language.str()) != others.end()) continue;
      if (!value.is_string()) fail_value(value, key, "is a table of texts by language");
      if (const auto problem = ledger::language_problem(language.str()))
        fail(value, key, "has a text in a language that is none: " + *problem);
      texts.push_back({std::string(language.str()), checked(value, key)});
    }
    std::ranges::sort(texts);
    return texts;
  }
  // One of `names`; its position is the number on the ledger.
  std::uint8_t choice(std::string_view key, std::span<const std::string_view> names) {
    const std::string name = text(key);
    return name.empty() ? 0 : number_of(key, name, names);
  }
  std::uint8_t number_of(std::string_view key, const std::string& name,
                         std::span<const std::string_view> names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!names[i].empty() && names[i] == name) return static_cast<std::uint8_t>(i);
    }
    std::string known;
    for (auto each : names) {
      if (!each.empty()) known += (known.empty() ? "" : ", ") + std::string(each);
    }
    fail_key(key, "knows no \"" + name + "\" (known: " + known + ")");
    return 0;
  }
  // What is published stays: a text with a mark that nobody sees is refused while it can be mended.
  std::string checked(const toml::node& node, std::string_view key) {
    std::string value = node.value_or(std::string{});
    if (node.is_string() && value.empty())
      fail(node, key, "holds an empty text: write it, or leave it out");
    if (const auto fault = find_fault(value)) fail(node, key, "holds " + to_text(*fault));
    return value;
  }
  const toml::node* take(std::string_view key) {
    taken_.push_back(key);
    return table_.get(key);
  }
  // A value that is none of those that may stand there, with the value.
  void fail_value(const toml::node& node, std::string_view key, const std::string& what) {
    constexpr std::size_t kMost = 40;
    std::ostringstream written;
    node.visit([&](const auto& value) {
      using Kind = std::decay_t<decltype(value)>;
      if constexpr (std::is_same_v<Kind, toml::value<double>>) {
        written << shortest(value.get());
      } else if constexpr (toml::is_value<Kind>) {
        written << value;
      }
    });
    const auto text = written.str();
    const bool short_enough = !text.empty() && text.size() <= kMost;
    fail(node, key, short_enough ? what + ", not " + text : what);
  }
  void fail(const toml::node& node, std::string_view key, const std::string& what) {
    if (failure_.empty()) {
      failure_ = file_ + ", line " + std::to_string(node.source().begin.line) + ": " +
                 one_line(key) + " " + what;
    }
  }
  void fail_key(std::string_view key, const std::string& what) {
    const auto* node = table_.get(key);
    fail(node != nullptr ? *node : static_cast<const toml::node&>(table_), key, what);
  }
  // The keys of a table within this one are read by a reader of its own, whose mistake is one of
  // the file.
  void adopt_failure(const TableReader& inner) {
    if (failure_.empty()) failure_ = inner.failure_;
  }
  std::string finish() {
    for (const auto& [key, value] : table_) {
      if (std::ranges::find(taken_, key.str()) == taken_.end())
        fail(value, key.str(), "is not a key of an achievement");
    }
    return failure_;
  }

 private:
  const toml::table& table_;
  std::string file_;
  std::string failure_;
  std::vector<std::string_view> taken_;
};

constexpr std::string_view kAwardKinds[] = {"", "participation", "knowledge", "skill"};
constexpr std::string_view kParticipation[] = {"", "onsite", "online", "blended", "work_based"};
constexpr std::string_view kSchemes[] = {"", "esg", "eqavet", "iso9001", "iso17024", "other"};
constexpr std::string_view kIdentityChecks[] = {"", "unsupervised_unverified",
                                                "unsupervised_verified", "supervised_online",
                                                "supervised_onsite"};
constexpr std::string_view kStackability[] = {"", "stand_alone", "stackable"};
constexpr std::string_view kAssessments[] = {"",
                                             "none",
                                             "written_examination",
                                             "oral_examination",
                                             "practical_examination",
                                             "project",
                                             "portfolio",
                                             "continuous",
                                             "thesis",
                                             "prior_learning",
                                             "automated_test"};

template <class Value>
std::string_view word_in(std::span<const std::string_view> names, Value value) {
  const auto number = static_cast<std::size_t>(value);
  return number < names.size() ? names[number] : std::string_view{};
}

// "3", "1.5" or "2.25" as hundredths.
std::optional<std::uint32_t> parse_ects(const std::string& text) {
  const auto dot = text.find('.');
  std::string digits = text.substr(0, dot);
  std::string fraction = dot == std::string::npos ? "" : text.substr(dot + 1);
  if (digits.empty() || fraction.size() > 2) return std::nullopt;
  fraction.resize(2, '0');
  digits += fraction;
  std::uint32_t value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

void read_fields(TableReader& reader, tx::AchievementContent& content) {
  for (const auto& text : reader.texts("fields")) {
    auto mask = trust::parse_own_field(text);
    if (!mask.ok()) {
      reader.fail_key("fields", mask.message());
      return;
    }

    for (unsigned i = 0; i < trust::kFieldCount; ++i) {
      if (!mask->contains(i)) continue;
      std::uint16_t code = 0;
      const auto digits = trust::field_code(i);
      std::from_chars(digits.data(), digits.data() + digits.size(), code);

      content.isced_fields.push_back(code);
    }
  }
  // A broad field given beside one of its detailed ones names that one twice.
  std::ranges::sort(content.isced_fields);
  const auto repeated = std::ranges::unique(content.isced_fields);
  content.isced_fields.erase(repeated.begin(), repeated.end());
}

void read_bodies(TableReader& reader, std::string_view key, std::vector<InstitutionId>& bodies) {
  for (const auto& text : reader.texts(key)) {
    auto id = parse_institution_id(text);
    if (!id.ok()) {
      reader.fail_key(key, id.message());
      return;
    }
    bodies.push_back(*id);
  }
  std::ranges::sort(bodies);
}

void read_outcomes(TableReader& reader, const std::string& file, tx::AchievementContent& content) {
  const auto* node = reader.take("outcomes");
  if (node == nullptr) return;

  const auto* array = node->as_array();
  if (array == nullptr) {
    reader.fail(*node, "outcomes", "is a list of tables: [[outcomes]]");
    return;
  }

  for (const auto& item : *array) {
    const auto* table = item.as_table();
    if (table == nullptr) {
      reader.fail(item, "outcomes", "is a list of tables: [[outcomes]]");
      return;
    }

    constexpr std::string_view kOthers[] = {"esco"};
    TableReader inner(*table, file);
    content.outcomes.push_back(
        {reader.localized_of(*table, "outcomes", kOthers), inner.texts("esco")});
    reader.adopt_failure(inner);
  }
}

tx::AchievementContent read_content(TableReader& reader, const std::string& file) {
  tx::AchievementContent content;

  content.number = static_cast<std::uint32_t>(reader.number("number", 0xffffffff));
  content.version = static_cast<std::uint16_t>(reader.number("version", 0xffff));

  content.titles = reader.localized("titles");
  content.descriptions = reader.localized("descriptions");
  content.award_kind = static_cast<tx::AwardKind>(reader.choice("award_kind", kAwardKinds));

  if (const std::string type = reader.text("award_type"); !type.empty()) {
    auto parsed = trust::parse_award_type(type);
    if (parsed.ok())
      content.award_type = static_cast<std::uint8_t>(1 + static_cast<unsigned>(*parsed));
    else
      reader.fail_key("award_type", parsed.message());
  }

  if (const std::string ects = reader.credits("ects"); !ects.empty()) {
    const auto value = parse_ects(ects);
    if (value)
      content.ects_hundredths = *value;
    else
      reader.fail_key("ects", "is credits like \"3\" or \"1.5\", not \"" + ects + "\"");
  }

  content.workload_hours = static_cast<std::uint32_t>(reader.number("workload_hours", 100'000));
  content.eqf_level = static_cast<std::uint8_t>(reader.number("eqf", 8));
  read_fields(reader, content);
  read_outcomes(reader, file, content);

  for (const auto& name : reader.texts("assessment")) {
    content.assessment_types.push_back(
        static_cast<tx::AssessmentType>(reader.number_of("assessment", name, kAssessments)));
  }
  std::ranges::sort(content.assessment_types);
  content.assessments = reader.localized("assessment_text");

  content.participation =
      static_cast<tx::Participation>(reader.choice("participation", kParticipation));
  content.quality_scheme =
      static_cast<tx::QualityScheme>(reader.choice("quality_assurance", kSchemes));
  content.quality_texts = reader.localized("quality_text");
  content.quality_url = reader.text("quality_url");

  read_bodies(reader, "teaches", content.teaches);
  read_bodies(reader, "assesses", content.assesses);
  read_bodies(reader, "awarding_bodies", content.awarding_bodies);

  content.languages = reader.languages("languages");
  content.prerequisites = reader.localized("prerequisites");
  content.identity_check =
      static_cast<tx::IdentityCheck>(reader.choice("identity_check", kIdentityChecks));
  content.grading = reader.localized("grading");
  content.stackability =
      static_cast<tx::Stackability>(reader.choice("stackability", kStackability));
  content.information_url = reader.text("information_url");

  return content;
}

// The key of the file that gives a field of the transaction.
std::string_view key_of(std::string_view field) {
  constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
      {"eqf_level", "eqf"},
      {"ects_hundredths", "ects"},
      {"isced_fields", "fields"},
      {"assessment_types", "assessment"},
      {"assessments", "assessment_text"},
      {"quality_assurance.texts", "quality_text"},
      {"quality_assurance.url", "quality_url"}};
  for (const auto& [name, key] : kKeys) {
    if (field.starts_with(name)) return key;
  }
  return field.substr(0, field.find_first_of(".["));
}

// What the ledger would refuse is a mistake of a line of this file, for whoever mends it. What is
// not in the file is no mistake of one: that is said where it is published.
void check_form(TableReader& reader, const toml::table& table, tx::AchievementContent content) {
  if (!table.contains("number")) content.number = 1;
  if (!table.contains("version")) content.version = 1;
  if (!table.contains("titles")) content.titles = {{"en", "?"}};
  const auto refused = tx::form_error(content);
  if (!refused) return;

  const std::string key(key_of(refused->field));
  if (refused->code == tx::RejectionCode::kNotSorted)
    return reader.fail_key(key, "names one value twice");
  if (refused->code == tx::RejectionCode::kFieldMissing)
    return reader.fail_key(key, "holds nothing: write it, or leave it out");
  reader.fail_key(
      key, "is not right: " +
               (refused->detail.empty() ? std::string(tx::rule(refused->code)) : refused->detail));
}

}  // namespace

std::string_view word_of(tx::AwardKind kind) { return word_in(kAwardKinds, kind); }
std::string_view word_of(tx::Participation participation) {
  return word_in(kParticipation, participation);
}
std::string_view word_of(tx::QualityScheme scheme) { return word_in(kSchemes, scheme); }
std::string_view word_of(tx::IdentityCheck check) { return word_in(kIdentityChecks, check); }
std::string_view word_of(tx::Stackability stackability) {
  return word_in(kStackability, stackability);
}
std::string_view word_of(tx::AssessmentType assessment) {
  return word_in(kAssessments, assessment);
}

Result<tx::AchievementContent> read_achievement_file(const std::string& file) {
  TM_TRY(const auto raw, read_file(file, kMaxFileBytes));
  TM_TRY(const auto table, parse_toml(as_text(raw), file));
  TableReader reader(table, file);
  tx::AchievementContent content = read_content(reader, file);
  check_form(reader, table, content);
  if (const std::string failure = reader.finish(); !failure.empty()) return error(failure);
  return content;
}

}  // namespace testamur::wallet
