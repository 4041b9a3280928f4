// One function a doubt. The lists are short on purpose: what is asked about too often is answered
// unread.
#include "wallet/credential/class_doubts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <functional>

#include "common/day.h"
#include "common/text.h"
#include "common/visible.h"
#include "wallet/credential/grades.h"
#include "wallet/credential/spreadsheet_damage.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMostNamed = 5;

const std::string* text_of(const ClassRow& row, ClaimId id) {
  const auto claim = row.claims.find(id);
  return claim == row.claims.end() ? nullptr : std::get_if<std::string>(&claim->second);
}

// "S501 (line 3), S502 (line 9) and 4 more"; empty where `is_meant` holds of nobody.
std::string learners(const std::vector<ClassRow>& rows,
                     const std::function<bool(const ClassRow&)>& is_meant) {
  std::string text;
  std::size_t count = 0;
  for (const auto& row : rows) {
    if (!is_meant(row)) continue;
    if (++count > kMostNamed) continue;
    text += (text.empty() ? "" : ", ") + in_quotes(row.student) + " (line " +
            std::to_string(row.line) + ")";
  }
  if (count > kMostNamed) text += " and " + std::to_string(count - kMostNamed) + " more";
  return text;
}

// ---- grades

std::vector<std::string_view> grades_of(const std::vector<ClassRow>& rows) {
  std::vector<std::string_view> grades;
  for (const auto& row : rows) {
    if (const auto* grade = text_of(row, ClaimId::kGrade)) grades.push_back(*grade);
  }
  return grades;
}

std::string doubt_of_grades(const std::vector<ClassRow>& rows) {
  const auto grades = grades_of(rows);
  // A class has few grades, and each is looked at against all.
  std::map<std::string_view, bool> is_failure;
  for (const auto grade : grades) is_failure.emplace(grade, false);
  std::vector<std::string_view> different;
  for (const auto& [grade, _] : is_failure) different.push_back(grade);
  for (auto& [grade, failed] : is_failure) failed = may_say_failed(grade, different);

  const auto who = learners(rows, [&is_failure](const ClassRow& row) {
    const auto* grade = text_of(row, ClaimId::kGrade);
    return grade != nullptr && is_failure.at(*grade);
  });
  return who.empty() ? who
                     : "is that a grade of who has passed? " + who +
                           ". Whoever has not earns no award: remove those rows";
}

std::string doubt_of_remarks(const std::vector<ClassRow>& rows) {
  const auto who = learners(rows, [](const ClassRow& row) {
    const auto* text = text_of(row, ClaimId::kFurtherInformation);
    return text != nullptr && (speaks_of_failure(*text) || may_say_failed(*text, {}));
  });
  return who.empty() ? who
                     : "the further_information of " + who +
                           " speaks of who has not passed: whoever has not earns no award";
}

// ---- days

std::optional<std::chrono::sys_days> day_of(const std::string* text) {
  return text == nullptr ? std::nullopt : parse_calendar_day(*text);
}

// A column of birth dates under the name of another one, or a year with a slip in it.
std::string doubt_of_award_days(const std::vector<ClassRow>& rows) {
  static constexpr std::chrono::days kYear{366};
  std::optional<std::chrono::sys_days> newest;
  for (const auto& row : rows) {
    const auto day = day_of(text_of(row, ClaimId::kAwardDate));
    if (day && (!newest || *day > *newest)) newest = day;
  }
  const auto who = learners(rows, [&newest](const ClassRow& row) {
    const auto day = day_of(text_of(row, ClaimId::kAwardDate));
    return day && *day + kYear < *newest;
  });
  return who.empty() ? who
                     : "the award_date of " + who +
                           " is more than a year before that of others: is the year right, and "
                           "the column?";
}

// A list of American days that is read in the European form is read without a mistake where no day
// is above 12, and the other way round.
std::string doubt_of_order(const std::vector<ClassRow>& rows, const std::string& form) {
  const bool has_two_orders =
      !form.empty() && form.find("DD") < form.find("YYYY") && form.find("MM") < form.find("YYYY");
  if (!has_two_orders) return {};
  const std::string* example = nullptr;
  for (const auto& row : rows) {
    for (const auto id : {ClaimId::kAwardDate, ClaimId::kBirthDate}) {
      const auto* day = text_of(row, id);
      if (day == nullptr) continue;
      if (day->substr(8, 2) > "12") return {};
      if (day->substr(8, 2) != day->substr(5, 2)) example = day;
    }
  }
  if (example == nullptr) return {};
  return "every day of the list could be read with day and month exchanged; by " + form +
         " one of them is " + *example + ": is that right?";
}

// ---- names

// Who stands in the examples of forms, in several languages, and what people type to try.
bool is_example(const ClassRow& row) {
  constexpr std::array<std::string_view, 20> kNames = {
      "maxmustermann", "erikamustermann",  "erikamusterfrau", "maxmusterfrau", "johndoe",
      "janedoe",       "johnsmithtest",    "jankowalski",     "mariorossi",    "jeandupont",
      "juanpérez",     "juandelospalotes", "testtest",        "testuser",      "usertest",
      "teststudent",   "studenttest",      "asdfasdf",        "foobar",        "xxxxxx"};
  const auto name = bare_word(full_name(row.claims));
  const bool all_same =
      name.size() > 1 && std::ranges::all_of(name, [&name](char c) { return c == name.front(); });
  return all_same || name == "test" || std::ranges::find(kNames, name) != kNames.end();
}

// Signs of a wrong code, and marks that stand in no person's name.
bool has_signs(std::string_view text) {
  const bool marks = text.find_first_of("0123456789,;:#*_<>[]{}()&|\\/=+^~\"") != text.npos;
  return has_signs_of_wrong_code(text) || marks || text.starts_with('\'') ||
         text.find("«") != text.npos || text.find("»") != text.npos;
}

std::string doubt_of_names(const std::vector<ClassRow>& rows) {
  const auto who = learners(rows, [](const ClassRow& row) {
    const auto is_odd = [&row](ClaimId id) {
      const auto* name = text_of(row, id);
      return name != nullptr && has_signs(*name);
    };
    return is_odd(ClaimId::kGivenName) || is_odd(ClaimId::kFamilyName);
  });
  return who.empty() ? who
                     : "the name of " + who +
                           " holds a sign that names do not: did a program lose a letter "
                           "(--encoding), or is it another column?";
}

std::string doubt_of_examples(const std::vector<ClassRow>& rows) {
  const auto who = learners(rows, is_example);
  return who.empty() ? who : who + " has the name of an example: is that a learner?";
}

// Two references of one person are two learners to every command.
std::vector<std::string> doubts_of_namesakes(const std::vector<ClassRow>& rows) {
  std::map<std::string, const ClassRow*> first_of;
  std::vector<std::string> doubts;
  for (const auto& row : rows) {
    const auto name = full_name(row.claims);
    const auto* born = text_of(row, ClaimId::kBirthDate);
    const auto [first, fresh] =
        first_of.emplace(skeleton(name) + (born == nullptr ? "" : *born), &row);
    if (fresh || doubts.size() == kMostNamed) continue;
    doubts.push_back(in_quotes(name) + " stands in line " + std::to_string(first->second->line) +
                     " as " + in_quotes(first->second->student) + " and in line " +
                     std::to_string(row.line) + " as " + in_quotes(row.student) +
                     ": one learner, or two of one name?");
  }
  return doubts;
}

// ---- references

// 1, 2, 3 in the order of the rows is the number of the row, which next term is somebody else's.
std::string doubt_of_references(const std::vector<ClassRow>& rows) {
  if (rows.size() < 2) return {};
  const auto number = [](const std::string& text) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
  };
  const auto first = number(rows.front().student);
  if (!first || *first > 1) return {};
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (number(rows[i].student) != *first + i) return {};
  return "the references are the numbers of the rows: the next class has the same ones, for other "
         "people. Is there a column with the learners' own?";
}

// ---- a table in another code than Windows-1252

// The words of a name, each as code points.
std::vector<std::u32string> words_of(std::string_view name) {
  std::vector<std::u32string> words(1);
  for (std::size_t at = 0; at < name.size();) {
    const auto point = next_code_point(name, at);
    if (!point) break;
    if (*point == ' ' || *point == '-' || *point == '\'') {
      words.emplace_back();
    } else {
      words.back() += static_cast<char32_t>(*point);
    }
  }
  std::erase(words, U"");
  return words;
}

bool has_any(const std::u32string& text, std::u32string_view letters) {
  return text.find_first_of(letters) != std::u32string::npos;
}

// Greek and Cyrillic letters are all among the accented ones: no language of Windows-1252 has a
// word of these alone.
bool is_all_accented(const std::u32string& word) {
  return word.size() > 2 && std::ranges::all_of(word, [](char32_t c) { return c >= 0xc0; });
}

// ı ş ğ of Turkish came as ý þ ð, which are letters of Iceland and, at the end of a word, of
// Czech names that somebody typed here.
bool is_turkish(const std::u32string& word) {
  const bool is_icelandic =
      has_any(word, U"áéíóúæÁÉÍÓÚÆ") || word.ends_with(U"son") || word.ends_with(U"dóttir");
  if (is_icelandic) return false;
  return has_any(word, U"þðÞÐÝ") || has_any(word.substr(0, word.size() - 1), U"ý");
}

// ř of Czech came as ø and ě as ì, ů as ù. Denmark has no accents beside the first, Italy has the
// others at the end of words alone.
bool is_czech(const std::u32string& word) {
  const bool has_r = has_any(word, U"øØ") && has_any(word, U"áíýúìùèÁÍÝÈ");
  return has_r || has_any(word.substr(0, word.size() - 1), U"ìù");
}

// ő of Hungarian came as õ, which Estonia has beside other accents and Portugal before an e.
bool is_hungarian(const std::vector<std::u32string>& name) {
  bool has_o = false;
  bool has_accent = false;
  for (const auto& word : name) {
    for (std::size_t i = 0; i < word.size(); ++i) {
      const bool is_o = word[i] == U'õ' || word[i] == U'Õ';
      has_o = has_o || (is_o && (i + 1 == word.size() || word[i + 1] != U'e'));
    }
    has_accent = has_accent || has_any(word, U"áéíóúûÁÉÓ");
  }
  return has_o && has_accent;
}

bool may_be_of_another_code(const ClassRow& row) {
  std::vector<std::u32string> name;
  for (const auto id : {ClaimId::kGivenName, ClaimId::kFamilyName}) {
    if (const auto* text = text_of(row, id))
      std::ranges::copy(words_of(*text), std::back_inserter(name));
  }
  return is_hungarian(name) || std::ranges::any_of(name, [](const std::u32string& word) {
           return is_all_accented(word) || is_turkish(word) || is_czech(word);
         });
}

}  // namespace

std::vector<std::string> doubts_of_calendar(const std::vector<ClassRow>& rows, std::uint64_t now_ms,
                                            std::uint64_t expires_ms) {
  using std::chrono::days;
  static constexpr days kOldAward{10 * 366}, kYoung{14 * 365};
  const auto today = std::chrono::floor<days>(std::chrono::sys_time<std::chrono::milliseconds>(
      std::chrono::milliseconds(static_cast<std::int64_t>(now_ms))));
  std::vector<std::string> doubts;

  auto who = learners(rows, [today](const ClassRow& row) {
    const auto day = day_of(text_of(row, ClaimId::kAwardDate));
    return day && *day + kOldAward < today;
  });
  if (!who.empty())
    doubts.push_back("the award_date of " + who +
                     " is more than ten years ago: is the year right, and the column?");

  who = learners(rows, [today](const ClassRow& row) {
    const auto day = day_of(text_of(row, ClaimId::kBirthDate));
    return day && *day + kYoung > today;
  });
  if (!who.empty())
    doubts.push_back("by the birthdate " + who +
                     " is less than fourteen years old: is the year right, and the column?");

  if (expires_ms > now_ms && expires_ms - now_ms <= kDayMs)
    doubts.push_back("the credentials end today: is --expires right?");
  return doubts;
}

std::string doubt_of_windows_1252(const std::vector<ClassRow>& rows) {
  const auto who = learners(rows, may_be_of_another_code);
  return who.empty() ? who
                     : "by --encoding windows-1252 the name of " + who +
                           " holds letters that stand for others in a Turkish, Central European, "
                           "Greek or Cyrillic table: read it, and if it is wrong export the list "
                           "again, as \"CSV UTF-8\"";
}

std::vector<std::string> doubts_about(const std::vector<ClassRow>& rows,
                                      const std::string& date_form) {
  std::vector<std::string> doubts = {doubt_of_grades(rows),     doubt_of_remarks(rows),
                                     doubt_of_award_days(rows), doubt_of_order(rows, date_form),
                                     doubt_of_names(rows),      doubt_of_examples(rows),
                                     doubt_of_references(rows)};
  std::ranges::move(doubts_of_namesakes(rows), std::back_inserter(doubts));
  std::erase(doubts, "");
  return doubts;
}

}  // namespace testamur::wallet
