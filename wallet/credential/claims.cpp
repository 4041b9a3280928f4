// The closed list of claims and the rules of their values. Two rules are kept apart: check_claim()
// says what a credential of any time may hold, parse_claim() says what may be typed today and is
// never wider.
#include "wallet/credential/claims.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/check.h"
#include "common/day.h"
#include "common/text.h"
#include "wallet/credential/problems.h"

namespace testamur::wallet {
namespace {

constexpr std::array<ClaimKind, 12> kKinds = {{
    {ClaimId::kGivenName, "given_name", "given name", ClaimType::kText, 256, true},
    {ClaimId::kFamilyName, "family_name", "family name", ClaimType::kText, 256, true},
    {ClaimId::kBirthDate, "birthdate", "date of birth", ClaimType::kDate, 10, true},
    {ClaimId::kStudentNumber, "student_number", "student number", ClaimType::kText, 128, true},
    {ClaimId::kTitle, "title", "title", ClaimType::kText, 256, false},
    {ClaimId::kAwardDate, "award_date", "date of award", ClaimType::kDate, 10, false},
    {ClaimId::kEctsHundredths, "ects_hundredths", "ECTS credits", ClaimType::kInteger, 100'000,
     false},
    {ClaimId::kEqfLevel, "eqf_level", "EQF level", ClaimType::kInteger, 8, false},
    {ClaimId::kGrade, "grade", "grade", ClaimType::kText, 128, true},
    {ClaimId::kGradingScheme, "grading_scheme", "grading scheme", ClaimType::kText, 512, false},
    {ClaimId::kIdentityCheck, "identity_check", "supervision and identity check", ClaimType::kText,
     512, false},
    {ClaimId::kFurtherInformation, "further_information", "further information", ClaimType::kText,
     2048, false},
}};

// What a credential that was issued at any time may hold. Narrower rules bind what is issued now
// (parse_claim), never what was: a name with an invisible mark is a flaw, and no reason to call an
// award invalid.
bool is_forbidden(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

Status check_text(const ClaimKind& kind, std::string_view text) {
  const std::string name{kind.name};
  if (text.empty()) return error(name + " is empty");
  if (text.size() > kind.max_bytes)
    return error(name + " is longer than " + std::to_string(kind.max_bytes) + " bytes");
  if (text.front() == ' ' || text.back() == ' ')
    return error(name + " begins or ends with a space");
  for (std::size_t at = 0; at < text.size();) {
    const auto code_point = next_code_point(text, at);
    if (!code_point) return error(name + " is not UTF-8 text");
    if (is_forbidden(*code_point)) return error(name + " holds a control character");
  }
  return {};
}

template <class Integer>
std::optional<Integer> parse_decimal(std::string_view text) {
  Integer value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status check_date(const ClaimKind& kind, std::string_view text) {
  constexpr std::chrono::year kEarliest{1800};  // nobody who was born before that is awarded
  const std::string name = std::string(kind.name) + " " + in_quotes(text);
  if (!has_day_form(text)) return error(name + " is not a date like 2026-07-31");

  const auto day = parse_calendar_day(text);
  if (!day || std::chrono::year_month_day(*day).year() < kEarliest)
    return error(name + " is not a date of the calendar");
  return {};
}

Status check_integer(const ClaimKind& kind, std::uint64_t value) {
  if (value < 1 || value > kind.max_bytes)
    return error(std::string(kind.name) + " " + std::to_string(value) +
                 " is not a whole number from 1 to " + std::to_string(kind.max_bytes));
  return {};
}

}  // namespace

std::span<const ClaimKind> claim_kinds() { return kKinds; }

const ClaimKind& kind_of(ClaimId id) {
  const auto found = std::ranges::find(kKinds, id, &ClaimKind::id);
  TM_CHECK(found != kKinds.end(), static_cast<int>(id));
  return *found;
}

const ClaimKind* find_claim_kind(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, &ClaimKind::name);
  return found == kKinds.end() ? nullptr : &*found;
}

Result<ClaimValue> parse_claim(const ClaimKind& kind, std::string_view typed) {
  ClaimValue value = std::string(typed);
  if (const auto fault = find_fault(typed); fault && kind.type != ClaimType::kInteger)
    return error(std::string(kind.name) + " holds " + to_text(*fault));
  if (kind.type == ClaimType::kInteger) {
    const auto number = parse_decimal<std::uint64_t>(typed);
    if (!number)
      return error(std::string(kind.name) + " " + in_quotes(typed) +
                   " is not a whole number from 1 to " + std::to_string(kind.max_bytes));
    value = *number;
  }
  TM_TRY_STATUS(check_claim(kind, value));
  return value;
}

Status check_claim(const ClaimKind& kind, const ClaimValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (kind.type == ClaimType::kInteger) {
    if (text != nullptr) return error(std::string(kind.name) + " is not a number");
    return check_integer(kind, std::get<std::uint64_t>(value));
  }
  if (text == nullptr) return error(std::string(kind.name) + " is not a text");
  return kind.type == ClaimType::kDate ? check_date(kind, *text) : check_text(kind, *text);
}

std::string to_display(const ClaimKind& kind, const ClaimValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto number = std::get<std::uint64_t>(value);
  if (kind.id != ClaimId::kEctsHundredths) return std::to_string(number);
  std::string text = std::to_string(number / 100);
  const auto hundredths = number % 100;
  if (hundredths == 0) return text;
  text += hundredths < 10 ? ".0" : ".";
  text += std::to_string(hundredths);
  if (text.back() == '0') text.pop_back();
  return text;
}

std::string full_name(const Claims& claims) {
  std::string name;
  for (const auto id : {ClaimId::kGivenName, ClaimId::kFamilyName}) {
    const auto claim = claims.find(id);
    const auto* part = claim == claims.end() ? nullptr : std::get_if<std::string>(&claim->second);
    if (part != nullptr && !part->empty()) name += (name.empty() ? "" : " ") + *part;
  }
  return name;
}

}  // namespace testamur::wallet
