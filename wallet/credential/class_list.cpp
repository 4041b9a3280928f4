// From the table of a student system to rows of typed claims. Every problem is noted with its cell
// and the reading goes on, so that a registrar mends a list once and not ten times; rows come out
// only when there was none. Everything here works on texts in NFC or compares by keys, because two
// programs may write one reference in two ways.
#include "wallet/credential/class_list.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <span>

#include "common/text.h"
#include "common/typed_word.h"
#include "common/visible.h"
#include "wallet/credential/class_doubts.h"
#include "wallet/credential/csv.h"
#include "wallet/credential/problems.h"
#include "wallet/credential/spreadsheet_damage.h"

namespace testamur::wallet {
namespace {

constexpr std::string_view kCreditsColumn = "ects";
constexpr std::size_t kMaxStudentBytes = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name(ClaimId id) { return id == ClaimId::kGivenName || id == ClaimId::kFamilyName; }

struct Columns {
  std::size_t student = 0;
  std::vector<const ClaimKind*> claims;  // by column; nullptr for the student's
  std::optional<std::size_t> credits;    // the column `ects`, which gives the claim ects_hundredths
};

std::string known_columns() {
  std::string text = std::string(kStudentColumn) + ", " + std::string(kCreditsColumn);
  for (const auto& kind : claim_kinds()) text += ", " + std::string(kind.name);
  return text;
}

// "Birth_Date" and "birth date" are "birthdate" in another spelling.
std::string bare(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') text += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || is_digit(c)) text += c;
  }
  return text;
}

// The known column whose name this one is, but for case and signs; nothing where it is none.
std::string column_like(std::string_view name) {
  const auto typed = bare(name);
  if (typed.empty()) return {};
  for (const auto known : {kStudentColumn, kCreditsColumn}) {
    if (bare(known) == typed) return std::string(known);
  }
  const auto kinds = claim_kinds();
  const auto found =
      std::ranges::find_if(kinds, [&](const ClaimKind& kind) { return bare(kind.name) == typed; });
  return found == kinds.end() ? std::string{} : std::string(found->name);
}

// Why the list cannot have a column of this name, and what to do: whatever is advised can be typed.
std::string unknown_column(const std::string& name, std::size_t number) {
  if (const auto fault = find_fault(name)) {
    return "the name of column " + std::to_string(number) + ", " + in_quotes(name) + ", holds " +
           to_text(*fault) + ": type the name again in the file";
  }
  const auto meant = column_like(name);
  return "the column " + in_quotes(name) + " is not known" +
         (meant.empty() ? ""
                        : ": is \"" + meant + "\" meant? --map " + typed_word(name + "=" + meant)) +
         " (known: " + known_columns() + "; --map " + typed_word(name + "=OURS") +
         " gives it one of these names, --map " + typed_word(name + "=-") + " leaves it out)";
}

Columns read_header(const std::vector<CsvCell>& header, Problems& problems) {
  Columns columns;
  std::set<std::string> seen;
  bool has_student = false;

  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto& [name, place] = header[i];

    // Two columns may give one claim, so that `ects` counts as the claim behind it.
    const bool credits = name == kCreditsColumn;
    const ClaimKind* kind = credits ? &kind_of(ClaimId::kEctsHundredths) : find_claim_kind(name);
    columns.claims.push_back(kind);
    if (credits) columns.credits = i;

    if (!seen.insert(name).second) problems.add(place, "the column \"" + name + "\" occurs twice");
    if (name == kStudentColumn) {
      columns.student = i;
      has_student = true;
    } else if (kind == nullptr) {
      problems.add(place, unknown_column(name, i + 1));
    }
  }

  // No rule could say which of the two counts, and they differ by a factor of one hundred.
  if (columns.credits && seen.contains(std::string(kind_of(ClaimId::kEctsHundredths).name))) {
    problems.add(header[*columns.credits].place,
                 "the columns \"ects\" and \"ects_hundredths\" say the same: keep one of them");
  }

  if (!has_student && !problems.any()) problems.add({1, 1}, "the column \"student\" is missing");
  return columns;
}

Result<ClaimValue> read_credits(std::string_view typed) {
  const auto hundredths = parse_credits(typed);
  if (!hundredths)
    return error("ects " + in_quotes(typed) + " is no number of credits like 3 or 7.5");
  const ClaimValue value = *hundredths;
  TM_TRY_STATUS(check_claim(kind_of(ClaimId::kEctsHundredths), value));
  return value;
}

// One notice for each learner whose reference, or number, is nearly that of an earlier one.
void warn_of_near_references(ClassList& list) {
  std::map<std::string, const ClassRow*> first_of;
  std::map<std::string, std::pair<std::string, std::size_t>> numbers;
  for (const auto& row : list.rows) {
    const auto line = "line " + std::to_string(row.line);
    const auto [first, fresh] = first_of.emplace(reference_key(row.student), &row);
    if (!fresh)
      list.notices.push_back(line + ": the student \"" + row.student + "\" is nearly \"" +
                             first->second->student + "\" of line " +
                             std::to_string(first->second->line) + ": two learners?");

    const auto claim = row.claims.find(ClaimId::kStudentNumber);
    if (claim == row.claims.end()) continue;
    const auto& number = std::get<std::string>(claim->second);
    const auto [other, is_new] =
        numbers.emplace(reference_key(number), std::pair{number, row.line});
    if (!is_new) {
      list.notices.push_back(
          line + ": the student_number \"" + number + "\" is " +
          (other->second.first == number ? "" : "nearly \"" + other->second.first + "\", ") +
          "that of line " + std::to_string(other->second.second) + ": two learners?");
    }
  }
}

// Which values a column has, and how often: a wrong column, a wrong term, or who has not passed, is
// seen here.
void count_values(ClassList& list, ClaimId id, const char* what, const char* where_none) {
  constexpr std::size_t kMost = 12;
  std::map<std::string, std::size_t> counts;
  std::size_t without = 0;
  for (const auto& row : list.rows) {
    const auto claim = row.claims.find(id);
    if (claim == row.claims.end()) {
      ++without;
    } else {
      ++counts[std::get<std::string>(claim->second)];
    }
  }
  if (counts.empty()) return;
  std::string text;
  std::size_t shown = 0;
  for (const auto& [value, count] : counts) {
    if (++shown > kMost) break;
    text += (text.empty() ? "" : ", ") + in_quotes(value) +
            (count == 1 ? "" : " (" + std::to_string(count) + " times)");
  }
  if (counts.size() > kMost)
    text += " and " + std::to_string(counts.size() - kMost) + " other ones";
  if (without != 0)
    text += "; " + std::to_string(without) + (without == 1 ? " learner has" : " learners have") +
            " none" + where_none;
  list.notices.push_back("the " + std::string(what) + " are " + text);
}

// Where some rows have the day of the award, one without it was forgotten: without it a verifier is
// shown when it was issued.
void expect_all_award_days(const ClassList& list, Problems& problems) {
  const auto lacks_day = [](const ClassRow& row) {
    return !row.claims.contains(ClaimId::kAwardDate);
  };
  if (std::ranges::all_of(list.rows, lacks_day)) return;
  for (const auto& row : list.rows) {
    if (lacks_day(row))
      problems.add({row.line, 1}, "the award_date is missing, and other rows have one: fill it in");
  }
}

bool is_letter_of_form(char c) { return c == 'D' || c == 'M' || c == 'Y'; }

std::size_t length_of_part(char letter) { return letter == 'Y' ? 4 : 2; }

// Takes day, month or year off the front of what is typed, and fills it up with a zero; nothing
// where it is not there.
std::optional<std::string> take_part(std::string_view& typed, char letter, bool is_form) {
  const auto length = length_of_part(letter);
  std::string digits;
  while (!typed.empty() && digits.size() < length &&
         (is_form ? typed.front() == letter : is_digit(typed.front()))) {
    digits += is_form ? '1' : typed.front();
    typed.remove_prefix(1);
  }

  // People drop a leading zero of day and month; a year of two digits could be of two centuries.
  if (digits.empty() || (letter == 'Y' && digits.size() != length)) return std::nullopt;
  return digits.size() == 1 ? "0" + digits : digits;
}

// The forms of a date are few: digits of day, month and year, each once, with one mark between.
// `is_form`: `typed` is a form itself, and its letters stand for digits.
std::optional<std::string> read_day_parts(std::string_view typed, std::string_view form,
                                          bool is_form) {
  std::map<char, std::string> parts;
  for (std::size_t at = 0; at < form.size();) {
    const char letter = form[at];

    if (!is_letter_of_form(letter)) {
      if (typed.empty() || typed.front() != letter) return std::nullopt;
      typed.remove_prefix(1);
      ++at;
      continue;
    }

    // A form in which a letter stands twice, or in another number than DD, MM and YYYY, could read
    // one text as two days.
    const auto length = std::min(form.find_first_not_of(letter, at), form.size()) - at;
    if (length != length_of_part(letter) || parts.contains(letter)) return std::nullopt;

    auto part = take_part(typed, letter, is_form);
    if (!part) return std::nullopt;
    parts[letter] = std::move(*part);
    at += length;
  }

  if (!typed.empty() || parts.size() != 3) return std::nullopt;
  return parts['Y'] + "-" + parts['M'] + "-" + parts['D'];
}

// The names of the student system become ours, and what is not wanted goes. Each is looked for
// among the names of the list, so that two may change their places.
void rename_columns(CsvTable& table, const ClassListReading& reading, Problems& problems) {
  const auto header = table.header;
  std::vector<std::size_t> left_out;
  for (const auto& [theirs, ours] : reading.columns) {
    const auto found = std::ranges::find(header, theirs, &CsvCell::text);
    if (found == header.end()) {
      problems.add({1, 1}, "--map names a column \"" + theirs + "\", which the list does not have");
      continue;
    }

    const auto at = static_cast<std::size_t>(found - header.begin());
    if (ours != "-") {
      table.header[at].text = ours;
      continue;
    }
    left_out.push_back(at);
    table.notices.push_back("column \"" + theirs + "\": left out, as --map says");
  }

  std::ranges::sort(left_out, std::greater{});
  const auto twice = std::ranges::unique(left_out);
  left_out.erase(twice.begin(), twice.end());
  for (const auto at : left_out) {
    const auto place = static_cast<std::ptrdiff_t>(at);
    table.header.erase(table.header.begin() + place);
    for (auto& row : table.rows) row.erase(row.begin() + place);
  }
}

// How the days of a list are written.
struct DayForm {
  std::string form;     // as ClassListReading has it
  bool is_iso = false;  // no form was named, and some rows have YYYY-MM-DD
};

// Six digits and nothing else but the marks of a date.
bool has_year_of_two_digits(std::string_view typed) {
  const auto is_of_date = [](char c) {
    return is_digit(c) || c == '.' || c == '/' || c == '-' || c == ' ';
  };
  return std::ranges::count_if(typed, is_digit) == 6 && std::ranges::all_of(typed, is_of_date);
}

// Another form than that of the list, in which the text is a day; empty where there is none.
std::string other_form(std::string_view typed, const std::string& form_of_list) {
  constexpr std::array<std::string_view, 6> kForms = {"YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY",
                                                      "DD/MM/YYYY", "DD-MM-YYYY", "YYYY/MM/DD"};
  const auto fits = [&](std::string_view form) {
    const auto day = read_day(typed, form);
    return form != form_of_list && day && day->substr(5, 2) <= "12";
  };
  const auto found = std::ranges::find_if(kForms, fits);
  return found == kForms.end() ? std::string{} : std::string(*found);
}

// Why a cell is no day in the form, where it can be told by what it looks like, with what to do:
// naming another form helps in none of these cases. Empty where it cannot.
std::string cause_of_no_day(std::string_view typed, const DayForm& days) {
  if (typed.size() == 5 && std::ranges::all_of(typed, is_digit))
    return "spreadsheets count days by such a number: format the column as a date, and export it "
           "again";
  if (typed.find(':') != std::string_view::npos)
    return "it has a time of day: format the column as a date without one";
  if (has_year_of_two_digits(typed))
    return "its year has two digits, and could be of two centuries: write all four";

  const auto other = other_form(typed, days.form);
  const bool is_in_form = !days.form.empty() && read_day(typed, days.form);
  if (is_in_form || other.empty()) return {};
  if (days.is_iso)
    return "it is in the form " + other + ", and other rows are not: a column has one form";
  return days.form.empty() ? ""
                           : "it is in the form " + other +
                                 ": is --date-format right, or has the column two forms?";
}

Result<ClaimValue> read_claim(const ClaimKind& kind, const std::string& typed,
                              const std::string& date_form) {
  if (kind.type != ClaimType::kDate || date_form.empty()) return parse_claim(kind, typed);
  const std::string shown = std::string(kind.name) + " " + in_quotes(typed);
  const auto day = read_day(typed, date_form);
  if (!day) return error(shown + " is not a date in the form " + date_form);

  // The day as we write it stands nowhere in the file, so that no message is about it.
  auto value = parse_claim(kind, *day);
  if (!value.ok())
    return error(shown + " is no day of the calendar in the form " + date_form +
                 ": is --date-format right?");
  return value;
}

CellUse use_of(const ClaimKind* claim) {
  if (claim == nullptr || claim->id == ClaimId::kStudentNumber) return CellUse::kIdentifier;
  if (claim->id == ClaimId::kGrade) return CellUse::kGrade;
  if (is_name(claim->id)) return CellUse::kName;
  return claim->id == ClaimId::kAwardDate ? CellUse::kAwardDay : CellUse::kText;
}

// A value that nobody typed is named as such, before any rule of its claim.
Result<ClaimValue> read_cell(const ClaimKind& kind, const CsvCell& cell, bool credits,
                             const DayForm& days) {
  const auto& date_form = days.form;
  if (const auto damage = spreadsheet_damage(cell.text, use_of(&kind)); !damage.empty())
    return error(std::string(kind.name) + " " + damage);
  auto value = credits ? read_credits(cell.text) : read_claim(kind, cell.text, date_form);
  if (!value.ok() && kind.type == ClaimType::kDate) {
    if (const auto cause = cause_of_no_day(trimmed(cell.text), days); !cause.empty())
      return error(std::string(kind.name) + " " + in_quotes(cell.text) + " is not a date" +
                   (date_form.empty() ? " like 2026-07-31" : " in the form " + date_form) + ": " +
                   cause);
  }
  const bool is_other_form = kind.type == ClaimType::kDate && date_form.empty() &&
                             std::ranges::any_of(cell.text, is_digit);
  if (!value.ok() && is_other_form)
    return error(value.message() +
                 " (or say how the list writes its days: --date-format DD.MM.YYYY)");
  if (!value.ok() || kind.id != ClaimId::kAwardDate) return value;

  // In the form of the list a day may have looked like any other.
  const auto& day = std::get<std::string>(*value);
  const auto damage = spreadsheet_damage(day, CellUse::kAwardDay);
  if (damage.empty()) return value;
  return error(std::string(kind.name) + " " + in_quotes(cell.text) + ": " + damage);
}

// Those that are names of families too, or words of a text.
constexpr std::array<std::string_view, 11> kTotalsOrNames = {"sum",     "suma",   "mean",   "count",
                                                             "total",   "somme",  "summa",  "razem",
                                                             "legende", "legend", "légende"};

bool is_total_and_no_name(std::string_view text) {
  if (!is_total_label(text)) return false;
  const auto is_it = [label = total_label(text)](std::string_view each) {
    return skeleton(each) == label;
  };
  return std::ranges::none_of(kTotalsOrNames, is_it);
}

// "Toplam öğrenci", "Anzahl Teilnehmer": a label that begins or ends with such a word.
bool is_total_of_words(std::string_view text) {
  const auto words = trimmed(text);
  const auto first = words.substr(0, words.find(' '));
  const auto last = words.substr(words.rfind(' ') + 1);
  return is_total_label(text) || is_total_and_no_name(first) || is_total_and_no_name(last);
}

// Two exports that were joined: the header stands among the rows.
bool repeats_header(const std::vector<CsvCell>& cells, const std::vector<CsvCell>& header) {
  std::size_t same = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto text = trimmed(cells[i].text);
    same += !text.empty() && skeleton(text) == skeleton(header[i].text) ? 1 : 0;
  }
  return same * 2 > cells.size();
}

constexpr const char* kSumsUp = " is the label of a row that sums up the others: remove the row";

// Families are called Sum and Mean, but each of them has a given name as well. No other text of a
// learner is such a label alone.
void check_labels(const std::vector<const CsvCell*>& names,
                  const std::vector<const CsvCell*>& texts, Problems& problems) {
  if (names.size() == 1 && is_total_of_words(names.front()->text))
    return problems.add(names.front()->place, in_quotes(names.front()->text) + kSumsUp);
  for (const auto* text : texts) {
    if (is_total_and_no_name(text->text))
      return problems.add(text->place, in_quotes(text->text) + kSumsUp);
  }
}

void check_reference(const CsvCell& cell, const std::string& student, Problems& problems) {
  if (is_total_of_words(cell.text)) {
    problems.add(cell.place, "student " + in_quotes(cell.text) + kSumsUp);
  } else if (const auto text = trimmed(cell.text);
             text.ends_with(':') || text.find(": ") != std::string_view::npos) {
    problems.add(cell.place, "student " + in_quotes(cell.text) +
                                 " is the label of a line below the list and no learner: remove "
                                 "the row");
  }
  if (const auto damage = spreadsheet_damage(cell.text, CellUse::kIdentifier); !damage.empty()) {
    problems.add(cell.place, "student " + damage);
  } else if (const auto status = check_student(student); !status.ok()) {
    problems.add(cell.place, status.message());
  }
}

ClassRow read_row(const std::vector<CsvCell>& cells, const Columns& columns, const DayForm& days,
                  Problems& problems) {
  ClassRow row;
  row.line = cells.front().place.line;
  row.student = canonical_reference(cells[columns.student].text);
  check_reference(cells[columns.student], row.student, problems);

  row.is_in_credits = columns.credits.has_value();
  std::vector<const CsvCell*> names;
  std::vector<const CsvCell*> texts;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (columns.claims[i] == nullptr || cells[i].text.empty()) continue;
    if (is_name(columns.claims[i]->id)) names.push_back(&cells[i]);
    // "Average" is a grade of some scales.
    const bool is_grade = columns.claims[i]->id == ClaimId::kGrade;
    if (columns.claims[i]->type == ClaimType::kText && !is_grade) texts.push_back(&cells[i]);
    auto value = read_cell(*columns.claims[i], cells[i], columns.credits == i, days);

    if (value.ok()) {
      row.claims[columns.claims[i]->id] = std::move(*value);
      row.places[columns.claims[i]->id] = cells[i].place;
    } else {
      problems.add(cells[i].place, value.message());
    }
  }

  check_labels(names, texts, problems);
  if (names.empty())
    problems.add(cells.front().place, "the learner has neither given_name nor family_name");
  return row;
}

bool has_iso_day(const CsvTable& table, const Columns& columns) {
  const auto is_iso = [&columns](const std::vector<CsvCell>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto* kind = columns.claims[i];
      if (kind != nullptr && kind->type == ClaimType::kDate &&
          read_day(cells[i].text, "YYYY-MM-DD"))
        return true;
    }
    return false;
  };
  return std::ranges::any_of(table.rows, is_iso);
}

bool has_day(const ClassRow& row) {
  return std::ranges::any_of(
      row.claims, [](const auto& claim) { return kind_of(claim.first).type == ClaimType::kDate; });
}

// The header as the list has it, of the columns that are left.
std::vector<CsvCell> kept_columns(std::vector<CsvCell> theirs, const std::vector<CsvCell>& header) {
  std::erase_if(theirs, [&header](const CsvCell& cell) {
    return std::ranges::none_of(header, [&cell](const CsvCell& kept) {
      return kept.place.column == cell.place.column && kept.place.line == cell.place.line;
    });
  });
  return theirs;
}

Status check_class_size(std::size_t size) {
  if (size == 0) return error("the list has a header and no learner");
  if (size > kMaxClassSize) {
    return error("the list has " + std::to_string(size) + " learners; a batch holds at most " +
                 std::to_string(kMaxClassSize));
  }
  return {};
}

// Each row but a header that stands there once more; `theirs` is the header as the list has it.
std::vector<ClassRow> read_rows(const CsvTable& table, const std::vector<CsvCell>& theirs,
                                const Columns& columns, const DayForm& days, Problems& problems) {
  std::vector<ClassRow> rows;
  std::map<std::string, std::size_t> lines;

  for (const auto& cells : table.rows) {
    if (repeats_header(cells, theirs)) {
      problems.add(cells.front().place, "the row is the header once more: remove it");
      continue;
    }

    rows.push_back(read_row(cells, columns, days, problems));
    const ClassRow& row = rows.back();
    const auto [first, fresh] = lines.emplace(row.student, row.line);
    if (!fresh) {
      problems.add(cells[columns.student].place, "the student \"" + row.student +
                                                     "\" stands in line " +
                                                     std::to_string(first->second) + " already");
    }
  }

  return rows;
}

// A list without a problem may be wrong all the same: what people should look at.
void add_notices_and_doubts(ClassList& list, const ClassListReading& reading) {
  warn_of_near_references(list);
  count_values(list, ClaimId::kGrade, "grades", ": have they passed?");
  count_values(list, ClaimId::kAwardDate, "award days", "");

  list.doubts = doubts_about(list.rows, reading.date_form);
  if (reading.csv.windows_1252) {
    if (auto doubt = doubt_of_windows_1252(list.rows); !doubt.empty())
      list.doubts.push_back(std::move(doubt));
  }
}

}  // namespace

Status check_student(const std::string& student) {
  if (const auto fault = find_fault(student)) return error("student holds " + to_text(*fault));
  const ClaimKind as_text{ClaimId::kStudentNumber, kStudentColumn,   kStudentColumn,
                          ClaimType::kText,        kMaxStudentBytes, true};
  return check_claim(as_text, student);
}

std::string canonical_reference(std::string_view typed) {
  return is_utf8(typed) ? nfc(typed) : std::string(typed);
}

std::string reference_key(std::string_view reference) {
  std::string key;
  for (const char c : skeleton(reference)) {
    if (c == '-' || c == '.' || c == '/' || c == '_') continue;

    // A spreadsheet drops the zeros before a number wherever it begins; a number that is zero keeps
    // one.
    const bool after_leading_zero =
        !key.empty() && key.back() == '0' && (key.size() == 1 || !is_digit(key[key.size() - 2]));
    if (is_digit(c) && after_leading_zero) key.pop_back();
    key += c;
  }
  return key;
}

std::optional<std::uint64_t> parse_credits(std::string_view typed) {
  const auto point = typed.find_first_of(".,");
  const std::string_view whole = typed.substr(0, point);
  std::string fraction{point == std::string_view::npos ? "" : typed.substr(point + 1)};
  const auto is_number = [](std::string_view text) { return std::ranges::all_of(text, is_digit); };

  // Three digits behind the mark would be thousands to some readers and thousandths to others.
  const bool ends_well =
      point == std::string_view::npos || (!fraction.empty() && fraction.size() <= 2);
  if (whole.empty() || whole.size() > 4 || !ends_well || !is_number(whole) || !is_number(fraction))
    return std::nullopt;

  fraction.resize(2, '0');
  std::uint64_t hundredths = 0;
  for (const char c : std::string(whole) + fraction)
    hundredths = hundredths * 10 + static_cast<unsigned>(c - '0');
  return hundredths;
}

Result<std::pair<std::string, std::string>> parse_column_map(const std::string& typed) {
  const auto at = typed.rfind('=');
  const std::string theirs =
      at == std::string::npos ? "" : std::string(trimmed(std::string_view(typed).substr(0, at)));
  const std::string ours =
      at == std::string::npos ? "" : std::string(trimmed(std::string_view(typed).substr(at + 1)));
  const bool known = ours == "-" || ours == kStudentColumn || ours == kCreditsColumn ||
                     find_claim_kind(ours) != nullptr;
  if (theirs == ours) return error("--map: " + in_quotes(typed) + " changes no name: leave it out");
  if (!theirs.empty() && known) return std::pair{theirs, ours};
  return error("--map: " + in_quotes(typed) +
               " is no pair like \"Matrikelnummer=student\" (known: " + known_columns() +
               ", or - to leave the column out)");
}

Status check_date_form(const std::string& form) {
  if (form.empty() || read_day_parts(form, form, true)) return {};
  return error("--date-format: " + in_quotes(form) +
               " is no form of a date: write DD.MM.YYYY or MM/DD/YYYY");
}

std::optional<std::string> read_day(std::string_view typed, std::string_view form) {
  return read_day_parts(typed, form, false);
}

Result<ClassList> read_class_list(std::string_view csv, const ClassListReading& reading) {
  TM_TRY_STATUS(check_date_form(reading.date_form));
  TM_TRY(auto table, parse_csv(csv, reading.csv));
  Problems problems;

  auto header = table.header;
  rename_columns(table, reading, problems);
  const auto theirs = kept_columns(std::move(header), table.header);
  if (problems.any()) return problems.failure();

  const Columns columns = read_header(table.header, problems);
  if (problems.any()) return problems.failure();
  TM_TRY_STATUS(check_class_size(table.rows.size()));

  const DayForm days{reading.date_form, reading.date_form.empty() && has_iso_day(table, columns)};

  ClassList list;
  list.notices = std::move(table.notices);
  list.rows = read_rows(table, theirs, columns, days, problems);
  if (!problems.any()) expect_all_award_days(list, problems);
  if (problems.any()) return problems.failure();

  // Whoever says how days are written means days: they may stand in a column that is called
  // otherwise, or is left out.
  if (!reading.date_form.empty() && std::ranges::none_of(list.rows, has_day))
    return error(
        "--date-format would have no effect: the list has no day (birthdate, award_date). Leave it "
        "out, or name the column by --map");

  add_notices_and_doubts(list, reading);
  return list;
}

}  // namespace testamur::wallet
