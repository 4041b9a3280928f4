// Names are compared by their letters alone, so that a name is judged the same however it is spelt:
// "valid_to", "VALID_TO", "Valid To", "validTo" and "valid.to" are one. What words of other
// languages say of a column is a guess, which a person confirms or takes away by another name.
#include "wallet/accreditation/misnamed_columns.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/near_names.h"
#include "common/text.h"
#include "common/visible.h"

namespace testamur::wallet {
namespace {

// The letters of a name in small ones and without marks above or below them: "Gültig bis" is
// "gultigbis". Digits go too: a position may be written "programme_1_field_study".
std::string letters_of(std::string_view name) {
  if (!is_utf8(name)) return std::string(name);
  std::string letters;
  const std::string decomposed = nfd(skeleton(name));
  for (std::size_t at = 0; at < decomposed.size();) {
    const auto begin = at;
    const auto code = next_code_point(decomposed, at);
    if (!code) break;
    const bool is_mark_above = *code >= 0x300 && *code <= 0x36f;
    const bool is_letter = (*code >= 'a' && *code <= 'z') || *code > 0x7f;
    if (is_letter && !is_mark_above) letters.append(decomposed, begin, at - begin);
  }
  return letters;
}

bool has_any(std::string_view letters, const auto& parts) {
  return std::ranges::any_of(
      parts, [&](std::string_view part) { return letters.find(part) != std::string_view::npos; });
}

// "…_bis", "…_til": too short to be looked for within a word.
bool ends_as_until(std::string_view letters) {
  constexpr std::string_view kEnds[] = {"bis", "til", "till", "tot", "fino", "hasta"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return letters.ends_with(end); });
}

// Parts of what a last day is called in the languages of the register's agencies.
constexpr std::string_view kLastDay[] = {
    "until",    "expir",  "dateto",   "todate",    "enddate",  "dateend",  "validity", "validend",
    "lastday",  "gultig", "gueltig",  "laufzeit",  "ablauf",   "frist",    "valable",  "validite",
    "echeance", "jusqu",  "finvalid", "datefin",   "hasta",    "vigencia", "vigente",  "vencim",
    "caduc",    "scaden", "validoa",  "validofin", "validade", "geldig",   "einddat",  "verval",
    "wazn",     "giltig", "gyldig",   "gildir",    "slutdat",  "sluttdat", "udlob",    "utlop",
    "voimassa", "paatty", "platn",    "ervenyes",  "lejarat",  "valabil",  "expira",   "derig",
    "galioj",   "kehti",  "veljav",   "vazido",    "vaziod",   "valjan",   "gecerli",  "bitis"};

// A programme's field, and its level, likewise.
constexpr std::string_view kField[] = {"field", "isced", "study",   "subject", "fach",
                                       "disci", "studi", "domaine", "ambito",  "campo"};
constexpr std::string_view kLevel[] = {"level", "eqf", "niveau", "nivel", "livello", "abschluss"};
constexpr std::string_view kProgramme[] = {"prog",    "degree",  "curso",
                                           "carrera", "filiere", "corso"};

std::string in_file(const ReportReading& reading, const std::string& column) {
  return "the column " + in_quotes(reading.first_names.at(column)) + " is read by nobody";
}

// "valid_too" would leave the report without a last day, and that for good.
Status refuse_near(const ReportReading& reading, const std::string& column) {
  std::vector<std::string> letters;
  std::map<std::string, std::string> names;
  for (const auto& name : report_columns()) {
    letters.push_back(letters_of(name));
    names.emplace(letters.back(), name);
  }

  const auto own = letters_of(column);
  std::vector<std::string> near;
  if (const auto same = names.find(own); same != names.end()) near.push_back(same->second);
  if (near.empty()) near = near_names(column, report_columns());
  if (near.empty()) {
    for (const auto& each : near_names(own, letters)) near.push_back(names.at(each));
  }
  if (near.empty()) return {};
  return error(in_file(reading, column) + did_you_mean(near) +
               " If it is meant for others, leave it out or call it otherwise; nothing was sent");
}

// A last day that stands in a column of another name would be lost, and six years taken.
Status refuse_other_last_day(const ReportReading& reading, const std::string& column) {
  const auto letters = letters_of(column);
  const bool is_known = reading.first_names.contains("valid_to");
  if (is_known || (!has_any(letters, kLastDay) && !ends_as_until(letters))) return {};
  return error(in_file(reading, column) +
               ", and no column is called valid_to: is it the last day? Call it valid_to; if it is "
               "something else, leave it out; nothing was sent");
}

// What a programme is about, in a column of another name, would be lost, and the whole institution
// accredited, or every field or level of it.
Status refuse_other_programme(const ReportReading& reading, const std::string& column) {
  const auto letters = letters_of(column);
  const bool is_field = has_any(letters, kField), is_level = has_any(letters, kLevel);

  const bool is_whole = std::ranges::any_of(
      reading.reports, [](const Report& report) { return report.programmes.empty(); });
  if (is_whole && (is_field || is_level || has_any(letters, kProgramme))) {
    return error(in_file(reading, column) +
                 ", and without a programme the whole institution is accredited: is it about one? "
                 "Call it programme[1].name_primary, programme[1].qf_ehea_level or "
                 "programme[1].field_study; if it is something else, leave it out; nothing was "
                 "sent");
  }

  const auto some_programme = [&](auto lacks) {
    return std::ranges::any_of(reading.reports, [&](const Report& report) {
      return std::ranges::any_of(report.programmes, lacks);
    });
  };
  const bool is_of_programme = column.starts_with("programme.");
  if (is_of_programme && is_field &&
      some_programme([](const ReportProgramme& each) { return !each.fields; })) {
    return error(in_file(reading, column) +
                 ", and a programme without a field counts for every field: call it "
                 "programme[1].field_study; if it is something else, leave it out; nothing was "
                 "sent");
  }
  if (is_of_programme && is_level &&
      some_programme([](const ReportProgramme& each) { return each.eqf_level == 0; })) {
    return error(in_file(reading, column) +
                 ", and a programme without a level counts for every level: call it "
                 "programme[1].qf_ehea_level; if it is something else, leave it out; nothing was "
                 "sent");
  }
  return {};
}

}  // namespace

Status refuse_misnamed_columns(const ReportReading& reading) {
  for (const auto refuse : {refuse_near, refuse_other_programme, refuse_other_last_day}) {
    for (const auto& column : reading.not_read) TM_TRY_STATUS(refuse(reading, column));
  }
  return {};
}

}  // namespace testamur::wallet
