// One function a doubt. The lists are short on purpose: what is asked about too often is answered
// unread.
#include "wallet/credential/class_doubts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <functional>

#include "common/text.h"
#include "common/visible.h"
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

// A failure, or a remark, in the scales of many countries, and a pass in others.
bool may_be_failed(std::string_view grade) {
  constexpr std::array<std::string_view, 14> kDoubtful = {"f",  "i",  "w",  "x",  "u",  "np", "ng",
                                                          "ns", "na", "nc", "nr", "nt", "0",  "0%"};
  const auto word = bare_word(grade);
  return std::ranges::find(kDoubtful, word) != kDoubtful.end();
}

std::string doubt_of_grades(const std::vector<ClassRow>& rows) {
  const auto who = learners(rows, [](const ClassRow& row) {
    const auto* grade = text_of(row, ClaimId::kGrade);
    return grade != nullptr && may_be_failed(*grade);
  });
  return who.empty() ? who
                     : "is that a grade of who has passed? " + who +
                           ". Whoever has not earns no award: remove those rows";
}

// ---- days

std::optional<std::chrono::sys_days> day_of(const std::string* text) {
  if (text == nullptr || text->size() != 10) return std::nullopt;
  const auto number = [text](std::size_t from, std::size_t length) {
    int value = 0;
    std::from_chars(text->data() + from, text->data() + from + length, value);
    return value;
  };
  return std::chrono::sys_days(std::chrono::year(number(0, 4)) /
                               std::chrono::month(static_cast<unsigned>(number(5, 2))) /
                               std::chrono::day(static_cast<unsigned>(number(8, 2))));
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
  const bool marks = text.find_first_of("0123456789,;:#*_<>[]{}|\\/=+^~\"") != text.npos;
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

}  // namespace

std::string bare_word(std::string_view text) {
  std::string word;
  for (const char c : skeleton(text)) {
    if (c != '.' && c != '-' && c != '_') word += c;
  }
  return word;
}

std::vector<std::string> doubts_about(const std::vector<ClassRow>& rows,
                                      const std::string& date_form) {
  std::vector<std::string> doubts = {doubt_of_grades(rows),           doubt_of_award_days(rows),
                                     doubt_of_order(rows, date_form), doubt_of_names(rows),
                                     doubt_of_examples(rows),         doubt_of_references(rows)};
  std::ranges::move(doubts_of_namesakes(rows), std::back_inserter(doubts));
  std::erase(doubts, "");
  return doubts;
}

}  // namespace testamur::wallet
