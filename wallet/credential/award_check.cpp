// The checks of award_check.h, one function a kind of fault. Every finding keeps the cell that it
// is about, or line 0 where the batch as a whole is at fault, so that a table can mark it. The
// functions read claims that check_claim() has accepted: a date has ten characters, and a number is
// a number.
#include "wallet/credential/award_check.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "common/text.h"
#include "wallet/credential/grades.h"
#include "wallet/credential/last_day.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kHourMs = 3'600'000;
// The day begins fourteen hours before UTC at the eastern end of the world: an award of today there
// is no mistake.
constexpr std::uint64_t kEarliestZoneMs = 14 * kHourMs;
// How far a clock may be behind the ledger's newest block before it is called wrong.
constexpr std::uint64_t kClockToleranceMs = 10 * 60 * 1000;
constexpr unsigned kOldestYears = 120;
constexpr unsigned kYoungestYears = 5;

// Days since 0000-03-01 of a date that check_claim() has accepted ("YYYY-MM-DD"); for comparing and
// for the start of the day. By the civil calendar, whose year begins in March here, so that the
// leap day is its last.
std::int64_t day_number(const std::string& date) {
  const auto number = [&date](std::size_t at, std::size_t size) {
    std::int64_t value = 0;
    for (const char c : date.substr(at, size)) value = value * 10 + (c - '0');
    return value;
  };
  const std::int64_t month = number(5, 2);
  const std::int64_t year = number(0, 4) - (month <= 2 ? 1 : 0);
  const std::int64_t from_march = (month + 9) % 12;
  return year * 365 + year / 4 - year / 100 + year / 400 + (from_march * 153 + 2) / 5 +
         number(8, 2) - 1;
}

constexpr std::int64_t kEpochDay = 719'468;  // day_number("1970-01-01")

std::string minute_of(std::uint64_t time_ms) { return moment_text(time_ms - time_ms % 60'000); }

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string listed(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& each : texts) all += (all.empty() ? "" : ", ") + quoted(each);
  return all;
}

// Free text in any spelling: case and spaces go with the skeleton, hyphens here.
std::string in_one_spelling(std::string_view said) {
  std::string words;
  for (const char c : skeleton(said)) {
    if (c != '_' && c != '-') words += c;
  }
  return words;
}

bool has(std::string_view words, std::string_view word) {
  return words.find(word) != std::string_view::npos;
}

// What stands for nothing, or for yes or no, does not say what the achievement says.
bool is_bare(std::string_view words) {
  constexpr std::array<std::string_view, 16> kBare = {"",   "none", "no", "nein", "non",   "nee",
                                                      "ei", "n/a",  "na", "null", "false", "yes",
                                                      "ja", "oui",  "si", "true"};
  if (std::ranges::find(kBare, words) != kBare.end()) return true;
  return std::ranges::none_of(words, [](unsigned char c) { return c >= 0x80 || std::isalpha(c); });
}

// "unsupervised" and "not supervised" hold the word "supervised", so the negative forms are told
// apart first.
bool contradicts_supervision(std::string_view words, std::string_view stated) {
  const bool states_supervised = stated.starts_with("supervised");
  const bool unsupervised =
      has(words, "unsupervised") || has(words, "notsupervised") || has(words, "nosupervision");
  return unsupervised ? states_supervised : has(words, "supervised") && !states_supervised;
}

// The same of "unverified" and "verified".
bool contradicts_verification(std::string_view words, std::string_view stated) {
  const bool states_unverified = stated == "unsupervised_unverified";
  const bool unverified = has(words, "unverified") || has(words, "notverified");
  return unverified ? !states_unverified : has(words, "verified") && states_unverified;
}

// A text that names no place contradicts none.
bool contradicts_place(std::string_view words, std::string_view stated) {
  return (has(words, "online") && stated == "supervised_onsite") ||
         (has(words, "onsite") && stated == "supervised_online");
}

// What a text about supervision says against what the achievement states.
bool contradicts(std::string_view said, std::string_view stated) {
  const std::string words = in_one_spelling(said);
  return is_bare(words) || contradicts_supervision(words, stated) ||
         contradicts_verification(words, stated) || contradicts_place(words, stated);
}

class Checking {
 public:
  Checking(const AwardTerms& terms, const AwardCalendar& calendar)
      : terms_(terms), calendar_(calendar) {}

  void check_clock() {
    if (calendar_.proven_block_ms > calendar_.now_ms + kClockToleranceMs) {
      whole(minute_of(calendar_.now_ms), minute_of(calendar_.proven_block_ms),
            "this machine's clock says " + minute_of(calendar_.now_ms) +
                "; the ledger's newest block is of " + minute_of(calendar_.proven_block_ms) +
                ": set the clock");
    }
    if (calendar_.expires_ms != 0 &&
        calendar_.expires_ms <= std::max(calendar_.now_ms, calendar_.proven_block_ms)) {
      whole(last_day(), day_text(calendar_.now_ms),
            "the credentials would be over before they are issued: their last day is " +
                last_day() + ", and today is " + day_text(calendar_.now_ms) + " (UTC)");
    }
  }

  void check(const ClassRow& row) {
    row_ = &row;
    check_title();
    check_number(ClaimId::kEctsHundredths, terms_.ects_hundredths);
    check_number(ClaimId::kEqfLevel, terms_.eqf_level);
    check_conditions();
    check_grade();
    check_days();
  }

  std::vector<AwardFinding> take() { return std::move(findings_); }

 private:
  const std::string* text_of(ClaimId id) const {
    const auto found = row_->claims.find(id);
    return found == row_->claims.end() ? nullptr : std::get_if<std::string>(&found->second);
  }

  void whole(std::string value, std::string expected, std::string text) {
    findings_.push_back(
        {CsvPlace{0, 0}, "", std::move(value), std::move(expected), std::move(text)});
  }
  void add(ClaimId id, std::string value, std::string expected, const std::string& text) {
    const auto place = row_->places.find(id);
    const CsvPlace at = place == row_->places.end() ? CsvPlace{row_->line, 1} : place->second;
    const std::string column(
        id == ClaimId::kEctsHundredths && row_->is_in_credits ? "ects" : kind_of(id).name);
    findings_.push_back({at, column, std::move(value), std::move(expected),
                         to_text(at) + ": " + column + ": " + text});
  }

  // Verifiers compare byte by byte, so that letters in another form are another title to them.
  void check_title() {
    const auto* title = text_of(ClaimId::kTitle);
    if (title == nullptr || std::ranges::find(terms_.titles, *title) != terms_.titles.end()) return;

    // The nearest cause comes first, so that the text says what to change.
    for (const auto& known : terms_.titles) {
      if (nfc(known) != nfc(*title)) continue;
      return add(ClaimId::kTitle, *title, known,
                 quoted(*title) + " has the letters of " + quoted(known) +
                     " in another form (NFD): save the list in NFC, or leave the column out");
    }

    for (const auto& known : terms_.titles) {
      if (skeleton(known) != skeleton(*title)) continue;
      return add(ClaimId::kTitle, *title, known,
                 quoted(*title) + " differs from " + quoted(known) +
                     " by case, spaces or marks: it must be the same");
    }

    add(ClaimId::kTitle, *title, listed(terms_.titles),
        quoted(*title) + " is none of the achievement's titles: " + listed(terms_.titles));
  }

  void check_number(ClaimId id, std::uint64_t stated) {
    const auto found = row_->claims.find(id);
    if (found == row_->claims.end()) return;
    const auto said = std::get<std::uint64_t>(found->second);
    if (said == stated) return;

    // In the unit of the column that stands in the list.
    if (id == ClaimId::kEctsHundredths && row_->is_in_credits) {
      const auto is = to_display(kind_of(id), found->second);
      const auto wanted = to_display(kind_of(id), ClaimValue{stated});
      return add(
          id, is, wanted,
          is + " ECTS; the achievement says " + (stated == 0 ? "nothing" : wanted + " ECTS"));
    }

    // Credits are stored in hundredths, so that 6 typed for 600 is the likely slip: the text shows
    // both readings.
    const bool credits = id == ClaimId::kEctsHundredths;
    const std::string shown = to_display(kind_of(id), found->second) + (credits ? " ECTS" : "");
    const std::string is = std::to_string(said) + (credits ? " is " + shown : "");

    std::string text =
        is + "; the achievement says " + (stated == 0 ? "nothing" : std::to_string(stated));
    if (credits && stated != 0) {
      text += " (" + to_display(kind_of(id), ClaimValue{stated}) + " ECTS)";
      if (said * 100 == stated) text += ": for whole credits call the column ects";
    }

    add(id, std::to_string(said), std::to_string(stated), text);
  }

  // Whoever has not passed has earned nothing that could be awarded.
  void check_grade() {
    const auto* grade = text_of(ClaimId::kGrade);
    if (grade == nullptr || !says_failed(*grade)) return;
    add(ClaimId::kGrade, *grade, "",
        quoted(*grade) + " is no grade of who has passed: remove the row");
  }

  void check_conditions() {
    const auto* identity = text_of(ClaimId::kIdentityCheck);
    if (identity != nullptr && !terms_.identity_check.empty() &&
        contradicts(*identity, terms_.identity_check)) {
      add(ClaimId::kIdentityCheck, *identity, terms_.identity_check,
          quoted(*identity) + " contradicts the achievement, which says " + terms_.identity_check);
    }

    // No verifier compares the scheme, unlike the title: its case and spaces do not matter.
    const auto* scheme = text_of(ClaimId::kGradingScheme);
    if (scheme == nullptr || terms_.grading.empty()) return;
    const auto same = [&](const std::string& known) {
      return skeleton(known) == skeleton(*scheme);
    };

    if (std::ranges::any_of(terms_.grading, same)) return;
    add(ClaimId::kGradingScheme, *scheme, listed(terms_.grading),
        quoted(*scheme) + " is another scheme than the achievement's: " + listed(terms_.grading));
  }

  void check_days() {
    const auto now_day =
        static_cast<std::int64_t>((calendar_.now_ms + kEarliestZoneMs) / kDayMs) + kEpochDay;
    const std::string today = day_text(calendar_.now_ms);
    const auto* birth = text_of(ClaimId::kBirthDate);
    const auto* award = text_of(ClaimId::kAwardDate);
    if (award != nullptr && day_number(*award) > now_day)
      add(ClaimId::kAwardDate, *award, today, *award + " is to come; today is " + today + " (UTC)");
    if (award != nullptr && calendar_.expires_ms != 0 && *award > last_day()) {
      add(ClaimId::kAwardDate, *award, last_day(),
          *award + " is after the last day of the credential, " + last_day() + " (UTC)");
    }
    if (birth == nullptr) return;

    if (day_number(*birth) > now_day)
      return add(ClaimId::kBirthDate, *birth, today,
                 *birth + " is to come; today is " + today + " (UTC)");
    if (award != nullptr && *birth >= *award)
      return add(ClaimId::kBirthDate, *birth, *award,
                 *birth + " is not before the award on " + *award);
    if (now_day - day_number(*birth) < std::int64_t{kYoungestYears} * 365) {
      add(ClaimId::kBirthDate, *birth, today,
          *birth + " is less than " + std::to_string(kYoungestYears) + " years ago; today is " +
              today);
    }
    if (now_day - day_number(*birth) > std::int64_t{kOldestYears} * 366) {
      add(ClaimId::kBirthDate, *birth, today,
          *birth + " is more than " + std::to_string(kOldestYears) + " years ago; today is " +
              today);
    }
  }

  std::string last_day() const {
    return day_text(calendar_.expires_ms == 0 ? 0 : calendar_.expires_ms - 1);
  }

  const AwardTerms& terms_;
  const AwardCalendar& calendar_;
  const ClassRow* row_ = nullptr;
  std::vector<AwardFinding> findings_;
};

}  // namespace

std::vector<AwardFinding> check_awards(const std::vector<ClassRow>& rows, const AwardTerms& terms,
                                       const AwardCalendar& calendar) {
  Checking checking(terms, calendar);
  checking.check_clock();
  for (const auto& row : rows) checking.check(row);
  return checking.take();
}

std::vector<std::string> columns_to_fill(const AwardTerms& terms) {
  std::vector<std::string> columns{std::string(kStudentColumn)};

  for (const auto& kind : claim_kinds()) {
    // A verifier compares these with the registry: a row can only repeat them, or be refused.
    const bool is_fixed = kind.id == ClaimId::kEctsHundredths || kind.id == ClaimId::kEqfLevel ||
                          (kind.id == ClaimId::kTitle && terms.titles.size() < 2);
    if (!is_fixed) columns.emplace_back(kind.name);
  }
  return columns;
}

std::string to_text(const std::vector<AwardFinding>& findings) {
  constexpr std::size_t kMost = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(findings.size(), kMost); ++i)
    text += (text.empty() ? "" : "\n") + findings[i].text;
  if (findings.size() > kMost) text += "\nand " + std::to_string(findings.size() - kMost) + " more";
  return text;
}

}  // namespace testamur::wallet
