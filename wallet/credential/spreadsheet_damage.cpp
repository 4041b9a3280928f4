// One function a kind of damage; each says whether the text has the form, and the sentence is made
// in one place. The forms are narrow on purpose: there is no option to issue such a value all the
// same.
#include "wallet/credential/spreadsheet_damage.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/text.h"
#include "common/visible.h"
#include "wallet/credential/windows_1252.h"

namespace testamur::wallet {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (static_cast<std::uint8_t>(c) & 0x80);
}
bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}
std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

// ---- #NAME?, #WERT!, #DIV/0!, #NV, Err:508, ####

// The value of a formula that failed, in whatever language the program speaks: all of them begin
// with a number sign, and end with a mark but for those of "not available".
bool is_error_value(std::string_view text) {
  constexpr std::array<std::string_view, 10> kNotAvailable = {
      "#N/A", "#NV", "#N/D", "#N/B", "#I/T", "#N/V", "#NA", "#YOK", "#Н/Д", "#HIÁNYZIK"};
  const std::string word = upper(text);
  if (word.starts_with("ERR:")) return is_number(std::string_view(word).substr(4));
  if (!word.starts_with('#') || word.size() < 3) return false;
  if (std::ranges::find(kNotAvailable, word) != kNotAvailable.end()) return true;

  // A column that is too narrow is saved as it is shown.
  if (std::ranges::all_of(word, [](char c) { return c == '#'; })) return true;
  const bool is_word = std::ranges::all_of(word.substr(1, word.size() - 2), [](char c) {
    return is_letter(c) || c == '/' || c == '0' || c == '_';
  });
  return is_word && (word.back() == '!' || word.back() == '?');
}

// ---- NULL, n/a, -, TRUE

// What stands for no value, or for yes or no. Case counts: there are families called Null and True.
bool is_no_value(std::string_view text) {
  constexpr std::array<std::string_view, 26> kNoValue = {
      "NULL",  "null", "(null)", "<NULL>",    "N/A",   "n/a",  "n.a.",   "N.A.", "k.A.",
      "k. A.", "NaN",  "nan",    "undefined", "-",     "--",   "---",    "–",    "—",
      "?",     "??",   "???",    "TRUE",      "FALSE", "WAHR", "FALSCH", "."};
  return std::ranges::find(kNoValue, text) != kNoValue.end();
}

// ---- 12345.0, '00123

// A number that a program took for one to calculate with, or the mark of a text that it left there.
bool is_number_in_disguise(std::string_view text) {
  if (text.size() > 2 && text.ends_with(".0")) return is_number(text.substr(0, text.size() - 2));
  return text.size() > 1 && text.front() == '\'' && is_number(text.substr(1));
}

// ---- 46023

// A day as spreadsheets count them, from 2000 to 2099.
bool is_day_count(std::string_view text) {
  if (!is_number(text) || text.size() != 5) return false;
  const int days = std::stoi(std::string(text));
  return days >= 36'526 && days < 73'051;
}

// ---- 1,23E+11

// Never "4E12", which may be somebody's reference: programs write the sign of the exponent.
bool is_scientific(std::string_view text) {
  const auto mark = text.find_first_of("eE");
  if (mark == std::string_view::npos || mark + 2 >= text.size()) return false;
  const char sign = text[mark + 1];
  const auto exponent = text.substr(mark + 2);
  auto digits = text.substr(0, mark);
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  const auto point = digits.find_first_of(".,");
  const bool has_fraction = point != std::string_view::npos;
  if (!is_number(digits.substr(0, point)) || !is_number(exponent)) return false;
  if (has_fraction && !is_number(digits.substr(point + 1))) return false;
  return sign == '+' || (sign == '-' && has_fraction && exponent.size() >= 2);
}

// ---- 02. Jan, 01.03.2026

constexpr std::string_view kDayMarks = " .-/";

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(kDayMarks);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(kDayMarks), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return parts;
}

// Names that are words of a grade too ("Set 1") are left out.
bool is_month(const std::string& part) {
  constexpr std::array<std::string_view, 50> kMonths = {
      "JAN",      "JÄN",     "FEB",      "MAR",       "MÄR",   "MRZ",    "APR",     "MAY",
      "MAI",      "JUN",     "JUL",      "AUG",       "SEP",   "SEPT",   "OCT",     "OKT",
      "NOV",      "DEC",     "DEZ",      "JANUARY",   "JUNE",  "JULY",   "JANUAR",  "FEBRUAR",
      "MÄRZ",     "JUNI",    "JULI",     "JANV",      "FÉVR",  "MARS",   "AVR",     "JUIN",
      "JUIL",     "AOÛT",    "DÉC",      "ENE",       "ABR",   "DIC",    "MRT",     "MEI",
      "FEV",      "APRIL",   "FEBRUARY", "SEPTEMBER", "MARCH", "AUGUST", "OCTOBER", "OKTOBER",
      "NOVEMBER", "DECEMBER"};
  // Only the letters of ASCII change their case in upper(), so the others are taken as they come.
  std::string name = upper(part);
  constexpr std::array<std::array<std::string_view, 2>, 4> kSmall = {
      {{"ä", "Ä"}, {"é", "É"}, {"û", "Û"}, {"è", "È"}}};
  for (const auto& [small, capital] : kSmall) {
    if (const auto at = name.find(small); at != std::string::npos)
      name.replace(at, small.size(), capital);
  }
  return name == "DEZEMBER" || std::ranges::find(kMonths, name) != kMonths.end();
}

bool is_day_or_year(const std::string& part) {
  return is_number(part) && (part.size() <= 2 || part.size() == 4);
}

// Three numbers of which one is a year of four digits, and two may be a day of a month. With a year
// of two digits it is a day only where a zero was put before a number: nobody grades so.
bool are_day_month_year(const std::vector<std::string>& parts) {
  if (!std::ranges::all_of(parts, is_day_or_year)) return false;
  const auto has = [&](const auto& what) { return std::ranges::count_if(parts, what); };
  const auto years = has([](const std::string& part) { return part.size() == 4; });
  const auto pairs = has([](const std::string& part) { return part.size() == 2; });
  const auto filled = has([](const std::string& part) { return part.starts_with('0'); });
  if (years != 1 && (pairs != 3 || filled == 0)) return false;

  const auto at_most = [&](std::size_t i, int most) {
    const int value = std::stoi(parts[i]);
    return value >= 1 && value <= most;
  };
  if (parts[0].size() == 4) return at_most(1, 12) && at_most(2, 31);
  return (at_most(0, 31) && at_most(1, 12)) || (at_most(0, 12) && at_most(1, 31));
}

bool is_day(std::string_view text) {
  // A day may have kept its midnight.
  if (const auto time = text.find(" 00:00"); time != std::string_view::npos)
    text = text.substr(0, time);
  const auto parts = parts_of(text);
  const auto months = std::ranges::count_if(parts, is_month);
  const auto numbers = std::ranges::count_if(parts, is_day_or_year);
  if (parts.size() == 2) return months == 1 && numbers == 1;
  if (parts.size() != 3) return false;
  return (months == 1 && numbers == 2) || are_day_month_year(parts);
}

// ---- MÃ¼ller

// Letters of Latin, Greek and Cyrillic, and the marks of a text: what UTF-8 in a wrong code holds.
bool is_usual(std::uint32_t point) {
  return point < 0x180 || (point >= 0x370 && point < 0x500) ||
         (point >= 0x1e00 && point < 0x1f00) || (point >= 0x2010 && point < 0x2040) ||
         point == 0x20ac;
}

// The text before it was decoded a second time; nothing where it was not.
std::optional<std::string> decoded_once(std::string_view text) {
  auto bytes = to_windows_1252(text);
  if (!bytes || !is_utf8(*bytes)) return std::nullopt;
  bool is_ascii = true;
  for (std::size_t at = 0; at < bytes->size();) {
    const auto point = next_code_point(*bytes, at);
    if (!point || !is_usual(*point)) return std::nullopt;
    is_ascii = is_ascii && *point < 0x80;
  }
  return is_ascii ? std::nullopt : bytes;
}

// ---- 1900-01-01

bool begins_a_calendar(std::string_view day) {
  constexpr std::array<std::string_view, 6> kFirstDays = {"1899-12-30", "1899-12-31", "1900-01-01",
                                                          "1904-01-01", "1904-01-02", "1970-01-01"};
  return std::ranges::find(kFirstDays, day) != kFirstDays.end();
}

// ---- the sentences

bool is_formula(std::string_view text) { return text.starts_with('='); }
bool is_mail_address(std::string_view text) { return text.find('@') != std::string_view::npos; }
bool has_become_a_day(std::string_view text) { return is_day(text) || is_day_count(text); }

// A kind of damage by its form, and what is said of it behind the cell in quotes.
struct Damage {
  bool (*has_form)(std::string_view text);
  const char* what;
};
constexpr std::array<Damage, 3> kInAnyColumn = {
    {{is_error_value, " is what a spreadsheet shows where it has no value: write the value"},
     {is_no_value, " is no value: leave the cell empty where there is none"},
     {is_formula, " is a formula, which the program has not computed: write the value"}}};

// What is damage in one column is a good value in another.
struct ColumnDamage {
  CellUse use;
  Damage damage;
};
constexpr std::array<ColumnDamage, 6> kInOneColumn = {
    {{CellUse::kIdentifier,
      {is_scientific,
       " is a number that a spreadsheet has shortened: its last digits are lost. Format the "
       "column as text, and export it again"}},
     {CellUse::kIdentifier,
      {is_number_in_disguise,
       " is a number with what a program put beside it: format the column as text, and export it "
       "again"}},
     {CellUse::kName, {is_mail_address, " is an address of mail and no name"}},
     {CellUse::kName, {is_number, " is a number and no name"}},
     {CellUse::kGrade,
      {has_become_a_day,
       " is a day and no grade: a spreadsheet makes 1.3 into one. Format the column as text, and "
       "type the grade again"}},
     {CellUse::kAwardDay,
      {begins_a_calendar, " is the first day of a program's calendar: was the cell empty?"}}}};

}  // namespace

std::string spreadsheet_damage(std::string_view cell, CellUse use) {
  const auto text = trimmed(cell);
  for (const auto& damage : kInAnyColumn) {
    if (damage.has_form(text)) return in_quotes(text) + damage.what;
  }

  if (const auto meant = decoded_once(text))
    return in_quotes(text) +
           " was decoded twice, as if UTF-8 were Windows-1252: " + in_quotes(*meant) +
           " is meant? Export the list again, as \"CSV UTF-8\"";

  for (const auto& [column, damage] : kInOneColumn) {
    if (use == column && damage.has_form(text)) return in_quotes(text) + damage.what;
  }
  return {};
}

bool may_lack_letters(std::string_view text) {
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    if (text[at] == '?' && is_letter(text[at - 1]) && is_letter(text[at + 1])) return true;
  }
  return false;
}

bool has_signs_of_wrong_code(std::string_view text) {
  constexpr std::array<std::string_view, 33> kSigns = {
      "…", "†", "‡", "•", "‰", "‹", "›", "¡", "¢", "£", "¤", "¥", "¦", "§", "¨", "©",           "¬",
      "®", "¯", "°", "±", "²", "³", "¶", "¸", "¹", "¼", "½", "¾", "¿", "€", "™", "\xef\xbf\xbd"};
  const bool has_sign = std::ranges::any_of(
      kSigns, [text](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
  const auto odd = text.find("Ÿ");
  const bool within = odd != std::string_view::npos && odd > 0 && text[odd - 1] >= 'A';
  return has_sign || within || may_lack_letters(text);
}

namespace {

// What stands before the sums of a row that adds up the others, with or without its number, or
// before what is said below a list.
constexpr std::array<std::string_view, 42> kTotals = {
    "total",         "totals",         "sum",          "summe",      "gesamt",
    "insgesamt",     "somme",          "suma",         "totale",     "average",
    "mean",          "moyenne",        "durchschnitt", "mittelwert", "count",
    "anzahl",        "toplam",         "genel toplam", "ara toplam", "ortalama",
    "teilergebnis",  "gesamtergebnis", "gesamtsumme",  "gesamtzahl", "gesamtanzahl",
    "zwischensumme", "grand total",    "subtotal",     "sub total",  "sous-total",
    "total général", "effectif",       "celkem",       "součet",     "razem",
    "összesen",      "totaal",         "yhteensä",     "summa",      "legende",
    "legend",        "légende"};

}  // namespace

// Each label has one spelling, which is made once for all cells.
bool is_total_label(std::string_view text) {
  static const auto kLabels = [] {
    std::set<std::string, std::less<>> labels;
    for (const auto each : kTotals) labels.insert(skeleton(each));
    return labels;
  }();
  return kLabels.contains(total_label(text));
}

std::string total_label(std::string_view text) {
  std::string word = skeleton(text);
  if (const auto colon = word.find(':'); colon != std::string::npos) word.resize(colon);
  return word;
}

}  // namespace testamur::wallet
