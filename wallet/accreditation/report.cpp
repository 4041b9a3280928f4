// From cells to reports. Every value goes through RowReader, which knows its column and notes a
// mistake under the column's name, so that a row is refused with all its mistakes and what nobody
// reads can be named. What is wrong is told once: a value that cannot be taken is not missing too.
// Values are numbers and words in one spelling from here on.
#include "wallet/accreditation/report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "common/check.h"
#include "common/text.h"
#include "common/visible.h"
#include "ledger/meaning/facts_meaning.h"
#include "trust/scope.h"
#include "wallet/accreditation/report_cells.h"
#include "wallet/accreditation/report_dates.h"
#include "wallet/accreditation/report_digest.h"
#include "wallet/credential/spreadsheet_damage.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMostOfOne =
    64;  // providers or programmes of a report, outcomes of a programme
constexpr std::size_t kMostNameBytes = 256;  // as the ledger's
constexpr std::size_t kMostUrlBytes = 512;
constexpr unsigned kOpenYears = 6;  // of a report that says no end
constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::string_view kEsco = "http://data.europa.eu/esco/skill/";

// The part before the first "[" or ".", and what follows the number: "programme[2].country[1]" ->
// "programme.country".
std::string without_positions(std::string_view name) {
  std::string plain;
  bool inside = false;
  for (const char c : name) {
    inside = c == '[' || (inside && c != ']');
    if (!inside && c != ']') plain.push_back(c);
  }
  return plain;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return text;
}

// What a cell with a number, a word or both chooses. Where both stand and do not mean the same,
// nobody can tell which of them was meant: "1 - negative" is no positive decision.
struct Choice {
  std::optional<unsigned> meant;
  std::optional<unsigned> by_number;  // where the word says otherwise
};

// "2 - voluntary", "2" and "voluntary" are the same; nothing where none of the words is meant.
template <std::size_t N>
Choice choice(const std::string& text, unsigned first,
              const std::array<std::string_view, N>& words) {
  const std::string low = lower(text);
  const auto word_of = [&](std::string_view word) -> std::optional<unsigned> {
    const auto found = std::ranges::find(words, word);
    if (found == words.end()) return std::nullopt;
    return static_cast<unsigned>(found - words.begin());
  };

  unsigned number = 0;
  const auto [end, failed] = std::from_chars(low.data(), low.data() + low.size(), number);
  if (failed != std::errc{}) return {word_of(low), {}};
  if (number < first || number - first >= N) return {};

  std::string_view word(end);
  if (!word.empty() && word.front() != ' ') return {};
  word.remove_prefix(std::min(word.find_first_not_of(" -"), word.size()));
  if (word.empty() || word_of(word) == number - first) return {number - first, {}};
  return {std::nullopt, number - first};
}

constexpr std::array<std::string_view, 4> kTypes = {"institutional", "institutional/programme",
                                                    "programme", "joint programme"};
constexpr std::array<std::string_view, 2> kStatuses = {"part of obligatory eqa system",
                                                       "voluntary"};
constexpr std::array<std::string_view, 4> kDecisions = {
    "positive", "positive with conditions or restrictions", "negative", "not applicable"};
constexpr std::array<std::string_view, 4> kCycles = {"short cycle", "first cycle", "second cycle",
                                                     "third cycle"};
constexpr std::array<std::string_view, 3> kCertificates = {
    "attendance certificate", "assessment based certificate", "no assessment and no certificate"};
constexpr std::array<std::string_view, 2> kYesNo = {"yes", "no"};

// Reads the cells of one report; what is wrong is noted by its column.
class RowReader {
 public:
  RowReader(const ReportCells& cells, ReportReading& reading) : cells_(cells), reading_(reading) {}

  void mistake(const std::string& column, std::string why) {
    good_ = false;
    // A cell is wrong once, however often and for whatever it is read.
    const bool told = std::ranges::any_of(reading_.mistakes, [&](const auto& each) {
      return each.row == cells_.row && each.column == column;
    });
    if (!told) reading_.mistakes.push_back({cells_.row, column, std::move(why)});
  }
  std::string text(const std::string& name, std::size_t most_bytes = kMostCellBytes) {
    const auto found = cells_.text.find(name);
    if (found != cells_.text.end()) digested_[name] = found->second;
    return newer_text(name, most_bytes);
  }
  // A cell that the first form of the digest does not know: columns that the register has added
  // since.
  std::string newer_text(const std::string& name, std::size_t most_bytes = kMostCellBytes) {
    TM_CHECK(std::ranges::binary_search(report_columns(), without_positions(name)),
             "report_columns() lacks", name);
    const auto found = cells_.text.find(name);
    if (found == cells_.text.end()) return {};
    if (found->second.size() > most_bytes) {
      mistake(name, "is longer than " + std::to_string(most_bytes) + " bytes");
      return {};
    }
    std::string value{trimmed(found->second)};
    if (const auto fault = find_fault(value)) mistake(name, "holds " + to_text(*fault));
    if (const auto damage = spreadsheet_damage(value, use_of(name)); !damage.empty())
      mistake(name, damage);
    return value;
  }
  std::string required(const std::string& name, const char* what) {
    std::string value = text(name);
    if (value.empty()) mistake(name, std::string("is missing: ") + what);
    return value;
  }
  template <std::size_t N>
  std::optional<unsigned> choose(const std::string& name, unsigned first,
                                 const std::array<std::string_view, N>& words, const char* what) {
    const std::string value = text(name);
    if (value.empty()) return std::nullopt;
    const auto chosen = choice(value, first, words);
    if (chosen.by_number) {
      mistake(name, in_quotes(value) + " says two things: its number means " +
                        in_quotes(words[*chosen.by_number]) + ", its word does not");
    } else if (!chosen.meant) {
      mistake(name, in_quotes(value) + " is none of: " + what);
    }
    return chosen.meant;
  }
  // "institution[1]", "institution[2]", … as far as they reach.
  std::vector<std::string> groups(const std::string& name) {
    std::set<unsigned> numbers;
    for (auto at = cells_.text.lower_bound(name + "[");
         at != cells_.text.end() && at->first.starts_with(name + "["); ++at) {
      unsigned number = 0;
      const char* begin = at->first.data() + name.size() + 1;
      if (std::from_chars(begin, at->first.data() + at->first.size(), number).ec == std::errc{})
        numbers.insert(number);
    }

    // The file is somebody else's; without a bound one row could ask for any number of
    // accreditations.
    if (numbers.size() > kMostOfOne) {
      mistake(name, "stands more than 64 times in one report");
      return {};
    }

    std::vector<std::string> all;
    for (const auto number : numbers) all.push_back(name + "[" + std::to_string(number) + "]");
    return all;
  }
  bool good() const { return good_; }
  Hash256 cells_digest() const {
    std::string lines;
    for (const auto& [name, value] : digested_) lines += name + "=" + value + "\n";
    return sha256(as_bytes(lines));
  }

 private:
  static CellUse use_of(std::string_view name) {
    const auto plain = without_positions(name);
    return plain.ends_with("_id") || plain.ends_with("identifier") ? CellUse::kIdentifier
                                                                   : CellUse::kText;
  }

  const ReportCells& cells_;
  ReportReading& reading_;
  std::map<std::string, std::string> digested_;
  bool good_ = true;
};

// A number of a register in its one spelling. One that is none is told where it stands, before
// anybody looks for whose it is.
std::string read_number(RowReader& row, const std::string& column, std::string_view field) {
  auto number = ledger::canonical_identifier(field, row.text(column, 64));
  if (auto problem = ledger::identifier_problem(field, number)) row.mistake(column, *problem);
  return number;
}

// The report's country in the letters of ISO 3166-1; registers of the Union write EL and UK, others
// three letters.
std::string read_country(RowReader& row, const std::string& column) {
  std::string at = column + ".country";
  std::string typed = row.text(at, 64);
  for (const char* other : {".country[1]", ".locations[1].country"}) {
    if (!typed.empty()) break;
    at = column + other;
    typed = row.text(at, 64);
  }
  if (typed.empty() || ledger::is_assigned_country(typed)) return typed;
  if (auto meant = ledger::meant_country(typed)) return *meant;
  row.mistake(at, "\"" + typed + "\" is no country of ISO 3166-1: write its two letters, like AT");
  return {};
}

// An ETER number begins with its country, in the letters of the Union's registers.
void check_country_of_number(RowReader& row, const ReportProvider& provider) {
  if (provider.eter.size() < 2 || provider.country.empty()) return;
  std::string country = provider.eter.substr(0, 2);
  if (auto meant = ledger::meant_country(country)) country = *meant;
  if (country == provider.country) return;
  row.mistake(provider.column + ".eter_id", provider.eter + " is a number of " + country +
                                                ", and the country of this row is " +
                                                provider.country);
}

ReportProvider read_provider(RowReader& row, const std::string& column) {
  ReportProvider provider;
  provider.column = column;

  provider.deqar = read_number(row, column + ".deqar_id", "deqar");
  provider.eter = read_number(row, column + ".eter_id", "eter");
  provider.name = row.text(column + ".name_official", kMostNameBytes);
  if (provider.name.empty()) provider.name = row.text(column + ".name_primary", kMostNameBytes);
  provider.english_name = row.text(column + ".name_english", kMostNameBytes);
  provider.country = read_country(row, column);

  provider.domain = domain_of_website(row.text(column + ".website_link", kMostUrlBytes));

  const std::string kind = lower(row.text(column + ".provider_type", 64));
  provider.other_provider = kind == "other provider" || kind == "alternative provider";

  check_country_of_number(row, provider);

  if (!kind.empty() && !provider.other_provider && kind != "higher education institution") {
    row.mistake(column + ".provider_type",
                "must be \"higher education institution\" or \"other provider\"");
  }

  // A number is enough for an institution that the ledger knows; what else it takes to list one is
  // asked for in the plan.
  if (provider.deqar.empty() && provider.eter.empty() && provider.name.empty()) {
    row.mistake(column, "names nobody: give deqar_id, eter_id, or name_official with country");
  }

  return provider;
}

// The national level stands in for the cycle where that is left out, and only if it is one of the
// European eight: "6", "level 6", "EQF 6". Beside a cycle it is the country's own affair, whose
// levels may have other numbers.
void read_national_level(RowReader& row, ReportProgramme& programme) {
  const std::string column = programme.column + ".nqf_level";
  const std::string typed = row.text(column, 64);
  if (programme.eqf_level != 0 || typed.empty()) return;
  std::string_view digit = typed;
  digit.remove_prefix(std::min(digit.find_first_of("0123456789"), digit.size()));
  const std::string before = lower(typed.substr(0, typed.size() - digit.size()));
  constexpr std::array<std::string_view, 6> kBefore = {"",           "level ", "eqf ",
                                                       "eqf level ", "nqf ",   "nqf level "};
  const bool good = digit.size() == 1 && digit[0] >= '1' && digit[0] <= '8' &&
                    std::ranges::find(kBefore, before) != kBefore.end();
  if (!good)
    return row.mistake(
        column, in_quotes(typed) + " is no level of the EQF, 1 to 8; give qf_ehea_level instead");
  programme.eqf_level = static_cast<std::uint8_t>(digit[0] - '0');
}

void read_level(RowReader& row, ReportProgramme& programme) {
  const std::string column = programme.column + ".qf_ehea_level";
  if (const auto cycle =
          row.choose(column, 0, kCycles, "0 short cycle, 1 first, 2 second, 3 third cycle")) {
    programme.eqf_level = static_cast<std::uint8_t>(5 + *cycle);
  }
  read_national_level(row, programme);
}

void read_field(RowReader& row, ReportProgramme& programme) {
  const std::string column = programme.column + ".field_study";
  std::string code = row.text(column, kMostUrlBytes);
  if (code.empty()) return;
  if (const auto slash = code.rfind('/'); slash != std::string::npos) code.erase(0, slash + 1);
  auto mask = trust::parse_own_field(code);
  if (mask.ok()) {
    programme.fields = *mask;
  } else {
    row.mistake(column, mask.message());
  }
}

constexpr std::uint32_t kMostEcts = 1'000;

// ECTS in hundredths: "5", "7.5".
void read_workload(RowReader& row, ReportProgramme& programme) {
  const std::string column = programme.column + ".workload_ects";
  const std::string text = row.text(column, 16);
  if (text.empty()) return;

  // By hand and not as a floating-point number: 7.5 must be 750 hundredths on every machine.
  std::uint32_t whole = 0, part = 0;
  const char* end = text.data() + text.size();
  auto [at, failed] = std::from_chars(text.data(), end, whole);

  bool good = failed == std::errc{};
  if (good && at != end) {
    const char* digits = at + 1;
    const auto [stop, wrong] = std::from_chars(digits, end, part);
    const auto length = end - digits;
    good = *at == '.' && wrong == std::errc{} && stop == end && length >= 1 && length <= 2;
    if (length == 1) part *= 10;
  }

  if (!good || (whole == 0 && part == 0))
    return row.mistake(column, "must be a number of ECTS above 0, like 5 or 7.5");
  if (whole >= kMostEcts + (part == 0 ? 1 : 0))
    return row.mistake(column, "is more than 1,000 ECTS, which no programme has");
  programme.ects_hundredths = whole * 100 + part;
}

// "learning_outcome" in the register's present template, "learning_outcome_esco" before.
void read_outcomes(RowReader& row, ReportProgramme& programme) {
  auto columns = row.groups(programme.column + ".learning_outcome_esco");
  const std::size_t older = columns.size();
  for (auto& column : row.groups(programme.column + ".learning_outcome"))
    columns.push_back(std::move(column));

  // Columns that the register added later are no part of the first form of the digest, which older
  // statements carry.
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& column = columns[i];
    std::string uri =
        i < older ? row.text(column, kMostUrlBytes) : row.newer_text(column, kMostUrlBytes);

    if (uri.empty()) continue;
    if (uri.starts_with(kEsco) && uri.size() > kEsco.size()) {
      programme.esco_uris.push_back(std::move(uri));
    } else {
      row.mistake(column, "is no URI of an ESCO skill (" + std::string(kEsco) + "…)");
    }
  }

  // Sorted and each once, because the digest must not depend on the order of the columns.
  std::ranges::sort(programme.esco_uris);
  const auto repeated = std::ranges::unique(programme.esco_uris);
  programme.esco_uris.erase(repeated.begin(), repeated.end());
}

// Without field and level a degree programme would accredit whatever the institution awards, as a
// report on the institution as a whole does: one sheet without two columns, and a bakery teaches
// medicine.
void check_some_scope(RowReader& row, const ReportProgramme& programme) {
  const std::string field = programme.column + ".field_study";
  const bool stated = programme.fields || programme.eqf_level != 0 || !row.text(field).empty() ||
                      !row.text(programme.column + ".qf_ehea_level").empty();
  if (stated) return;
  row.mistake(field,
              "is missing, and so is the level: the programme would count for every field and "
              "every level. Give field_study, qf_ehea_level, or both");
}

ReportProgramme read_programme(RowReader& row, const std::string& column,
                               bool only_other_providers) {
  ReportProgramme programme;
  programme.column = column;
  programme.name = row.required(column + ".name_primary", "the name of the programme");

  read_level(row, programme);
  read_field(row, programme);
  read_workload(row, programme);
  read_outcomes(row, programme);

  // Left out, the column means what the provider can award: other providers award no degrees.
  const auto degree = row.choose(column + ".degree_outcome", 1, kYesNo, "1 yes, 2 no");
  programme.full_degree = degree ? *degree == 0 : !only_other_providers;

  const auto certificate =
      row.choose(column + ".assessment_certification", 1, kCertificates,
                 "1 attendance certificate, 2 assessment based certificate, 3 neither");

  if (programme.full_degree) {
    if (only_other_providers)
      row.mistake(column + ".degree_outcome", "cannot be yes: no other provider awards degrees");
    if (certificate)
      row.mistake(column + ".assessment_certification", "must be empty for a full degree");
    if (!only_other_providers) check_some_scope(row, programme);
    return programme;
  }

  const auto need = [&](bool there, const std::string& name) {
    if (!there && row.text(name).empty())
      row.mistake(name, "is missing: needed without a full degree");
  };
  need(programme.eqf_level != 0, column + ".qf_ehea_level");
  need(programme.ects_hundredths != 0, column + ".workload_ects");
  need(certificate.has_value(), column + ".assessment_certification");

  return programme;
}

void read_validity(RowReader& row, Report& report) {
  std::string format = row.text("date_format", 32);
  if (format.empty()) format = "%Y-%m-%d";
  const std::string from = row.required("valid_from", "the first day");
  const std::string until = row.text("valid_to");

  // A format that is none would make every date look wrong.
  if (auto problem = date_format_problem(format)) return row.mistake("date_format", *problem);

  const auto day = [&](const std::string& name, const std::string& text, const char* advice,
                       std::uint64_t& out) {
    if (text.empty()) return false;
    const auto read = read_report_date(text, format);
    if (!read.ok()) row.mistake(name, read.message() + advice);
    out = read.ok() ? *read : 0;
    return read.ok();
  };

  if (!day("valid_from", from, "", report.valid_from_ms)) return;

  std::uint64_t last = 0;

  // The register allows an open end; an accreditation on the ledger has one.
  report.ends_open = until.empty();
  if (report.ends_open) {
    report.valid_until_ms = years_later(report.valid_from_ms, kOpenYears);

  } else if (day("valid_to", until, "; leave valid_to empty where the end is open", last)) {
    report.valid_until_ms = last + kDayMs;
    if (last < report.valid_from_ms) row.mistake("valid_to", "lies before valid_from");
  }
}

void check_structure(RowReader& row, const Report& report) {
  const auto providers = report.providers.size(), programmes = report.programmes.size();
  if (providers == 0)
    row.mistake("institution[1]", "is missing: a report is about at least one provider");

  switch (report.type) {
    case ActivityType::kInstitutional:
      if (programmes != 0)
        row.mistake("programme[1]", "does not belong in an institutional report");
      break;
    case ActivityType::kInstitutionalProgramme:
    case ActivityType::kProgramme:
      if (providers > 1) row.mistake("institution[2]", "a report on programmes has one provider");
      if (programmes == 0)
        row.mistake("programme[1]", "is missing: a report of this type names programmes");
      break;
    case ActivityType::kJointProgramme:
      if (providers < 2)
        row.mistake("institution[2]", "is missing: a joint programme has at least two providers");
      if (programmes == 0)
        row.mistake("programme[1]", "is missing: a report of this type names programmes");
      break;
  }
}

// "activity[1].id", "activity[2].id" of the register's present template, or the activities
// themselves.
std::string listed_activities(RowReader& row) {
  std::string all;
  for (const auto& column : row.groups("activity")) {
    std::string one = row.newer_text(column + ".id", kMostNameBytes);
    for (const char* other : {"", ".local_identifier", ".activity", ".name"}) {
      if (one.empty()) one = row.newer_text(column + other, kMostNameBytes);
    }
    if (!one.empty()) all += (all.empty() ? "" : ", ") + one;
  }
  return all;
}

// Of an activity that says no type: whether its name is that of one programme's review.
bool speaks_of_a_programme(const std::string& activity) {
  constexpr std::array<std::string_view, 7> kWords = {
      "program", "studiengang", "curriculum", "degree", "course", "module", "formation"};
  const std::string words = skeleton(activity);
  const auto has = [&words](std::string_view word) {
    return words.find(word) != std::string::npos;
  };
  return std::ranges::any_of(kWords, has) && !has("institution");
}

void read_kind(RowReader& row, Report& report) {
  report.activity = row.text("activity", kMostNameBytes);
  if (report.activity.empty())
    report.activity = row.text("activity_local_identifier", kMostNameBytes);
  if (report.activity.empty()) report.activity = listed_activities(row);

  if (report.activity.empty())
    row.mistake("activity",
                "is missing: what the agency did (activity[1].id in the register's template)");

  const auto type =
      row.choose("activity_type", 1, kTypes,
                 "institutional, institutional/programme, programme, joint programme");
  const auto status =
      row.choose("status", 1, kStatuses, "1 part of obligatory EQA system, 2 voluntary");

  const auto decision = row.choose(
      "decision", 1, kDecisions,
      "1 positive, 2 positive with conditions or restrictions, 3 negative, 4 not applicable");

  if (status) report.status = static_cast<ReportStatus>(*status + 1);
  if (decision) report.decision = static_cast<ReportDecision>(*decision + 1);
  if (row.text("status").empty()) row.mistake("status", "is missing");
  if (row.text("decision").empty()) row.mistake("decision", "is missing");

  // Where the type is left out it follows from who and what is named.
  if (type) {
    report.type = static_cast<ActivityType>(*type);
  } else if (report.programmes.empty()) {
    report.type = ActivityType::kInstitutional;
    // What is left out must not widen what is accredited.
    if (speaks_of_a_programme(report.activity)) {
      row.mistake("programme[1].name_primary",
                  "is missing, though the activity " + in_quotes(report.activity) +
                      " is that of a programme: the whole institution would be accredited. Name "
                      "the programme, or write activity_type institutional");
    }
  } else {
    report.type =
        report.providers.size() > 1 ? ActivityType::kJointProgramme : ActivityType::kProgramme;
  }
}

void read_link(RowReader& row, Report& report) {
  std::string column = "link";
  report.link = row.text(column);
  for (const char* other : {"link[1]", "file[1].original_location"}) {
    if (!report.link.empty()) break;
    column = other;
    report.link = row.text(column);
  }
  if (report.link.empty()) return;
  const bool web = report.link.starts_with("https://") || report.link.starts_with("http://");
  if (!web || report.link.size() > kMostUrlBytes) {
    row.mistake(column,
                "must be an address of at most 512 bytes that begins with https:// or http://");
    return;
  }
  // The ledger takes no other letters; which of two ways to write them is meant is not for us.
  if (!std::ranges::all_of(report.link, [](char c) { return c > 0x20 && c < 0x7f; }))
    row.mistake(
        column,
        "holds a space or a letter beyond ASCII: write it as browsers copy it (%20, %C3%BC)");
}

std::optional<Report> read_report(RowReader& row, const ReportCells& cells) {
  if (!cells.broken.empty()) {
    row.mistake(cells.broken_at, cells.broken);
    return std::nullopt;
  }

  Report report;
  report.row = cells.row;
  report.agency = row.required("agency", "acronym or number of the agency");
  report.identifier = row.text("report_id", 64);
  if (report.identifier.empty()) report.identifier = row.text("local_identifier", kMostNameBytes);

  read_validity(row, report);
  read_link(row, report);

  for (const auto& column : row.groups("institution"))
    report.providers.push_back(read_provider(row, column));

  const bool only_others =
      !report.providers.empty() &&
      std::ranges::all_of(report.providers, [](const auto& each) { return each.other_provider; });
  for (const auto& column : row.groups("programme")) {
    report.programmes.push_back(read_programme(row, column, only_others));
  }

  read_kind(row, report);

  if (only_others && report.status == ReportStatus::kObligatory) {
    row.mistake("status", "must be voluntary where only other providers are named");
  }

  check_structure(row, report);

  report.cells_digest = row.cells_digest();
  report.digest = report_digest(report);
  report.second_digest = second_report_digest(report);
  if (!row.good()) return std::nullopt;

  return report;
}

}  // namespace

const std::vector<std::string>& report_columns() {
  static const std::vector<std::string> columns = {"activity",
                                                   "activity.activity",
                                                   "activity.id",
                                                   "activity.local_identifier",
                                                   "activity.name",
                                                   "activity_local_identifier",
                                                   "activity_type",
                                                   "agency",
                                                   "date_format",
                                                   "decision",
                                                   "file.original_location",
                                                   "institution.country",
                                                   "institution.deqar_id",
                                                   "institution.eter_id",
                                                   "institution.locations.country",
                                                   "institution.name_english",
                                                   "institution.name_official",
                                                   "institution.name_primary",
                                                   "institution.provider_type",
                                                   "institution.website_link",
                                                   "link",
                                                   "local_identifier",
                                                   "programme.assessment_certification",
                                                   "programme.degree_outcome",
                                                   "programme.field_study",
                                                   "programme.learning_outcome",
                                                   "programme.learning_outcome_esco",
                                                   "programme.name_primary",
                                                   "programme.nqf_level",
                                                   "programme.qf_ehea_level",
                                                   "programme.workload_ects",
                                                   "report_id",
                                                   "status",
                                                   "valid_from",
                                                   "valid_to"};
  return columns;
}

std::string domain_of_website(std::string url) {
  url = lower(std::move(url));
  if (const auto scheme = url.find("://"); scheme != std::string::npos) url.erase(0, scheme + 3);
  url.erase(std::min(url.find_first_of("/?#"), url.size()));
  // A port goes; a user stays, for domain_problem() to name.
  if (std::ranges::count(url, ':') == 1) url.erase(url.find(':'));
  if (url.ends_with('.')) url.pop_back();
  const bool below = url.starts_with("www.") && url.find('.', 4) != std::string::npos;
  return below ? url.substr(4) : url;
}

std::string canonical_deqar(std::string_view typed) {
  return ledger::canonical_identifier("deqar", typed);
}

std::string_view to_text(ActivityType type) { return kTypes[static_cast<std::size_t>(type)]; }
std::string_view to_text(ReportStatus status) {
  return kStatuses[static_cast<std::size_t>(status) - 1];
}
std::string_view to_text(ReportDecision decision) {
  return kDecisions[static_cast<std::size_t>(decision) - 1];
}

Result<ReportReading> read_reports(std::string_view text) {
  TM_TRY(const auto file, read_report_cells(text));
  ReportReading reading;
  reading.notices = file.notices;
  std::set<std::string> seen;
  for (const auto& cells : file.reports) {
    ++reading.rows;
    RowReader row(cells, reading);
    if (auto report = read_report(row, cells)) reading.reports.push_back(std::move(*report));
    for (const auto& [name, value] : cells.text) {
      if (name == "agency") reading.agencies.emplace(trimmed(value));
      const auto plain = without_positions(name);
      seen.insert(plain);
      reading.first_names.emplace(plain, name);
    }
  }
  if (reading.rows == 0) return error("it holds no report");

  const auto& known = report_columns();
  const bool is_register = std::ranges::any_of(
      seen, [&](const auto& name) { return std::ranges::binary_search(known, name); });
  if (!is_register && !seen.empty())
    return error(
        "it is no register of reports: none of its columns is known (agency, decision, valid_from, "
        "institution[1].deqar_id, …)");

  std::ranges::set_difference(seen, known, std::back_inserter(reading.not_read));
  return reading;
}

}  // namespace testamur::wallet
