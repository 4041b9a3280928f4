// The claims about the learner and the award that a credential may carry, each selectively
// disclosable. A closed list: what else the EU elements ask for stands in the public records of
// institution and achievement. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/result.h"

namespace testamur::wallet {

// The order is that of display.
enum class ClaimId : std::uint8_t {
  kGivenName,
  kFamilyName,
  kBirthDate,
  kStudentNumber,
  kTitle,
  kAwardDate,
  kEctsHundredths,
  kEqfLevel,
  kGrade,
  kGradingScheme,
  kIdentityCheck,
  kFurtherInformation,
};
enum class ClaimType : std::uint8_t { kText, kDate, kInteger };

struct ClaimKind {
  ClaimId id;
  std::string_view name;   // in the SD-JWT and as a CSV column
  std::string_view label;  // for people
  ClaimType type;
  std::size_t max_bytes;  // of a text; kInteger: the largest value
  bool of_the_person;     // false: describes the award and may be compared with the registry
};
std::span<const ClaimKind> claim_kinds();
const ClaimKind& kind_of(ClaimId id);
const ClaimKind* find_claim_kind(std::string_view name);

using ClaimValue = std::variant<std::string, std::uint64_t>;
using Claims = std::map<ClaimId, ClaimValue>;

// The value that a person typed: a text by the rule of common/text.h, YYYY-MM-DD, or a decimal
// number. The failure says what is expected, or which code point stands where.
Result<ClaimValue> parse_claim(const ClaimKind& kind, std::string_view typed);
// Type, bounds and calendar of a value from outside, as credentials of all times have them.
Status check_claim(const ClaimKind& kind, const ClaimValue& value);
// For people; ECTS hundredths as credits (750 is 7.5).
std::string to_display(const ClaimKind& kind, const ClaimValue& value);
// Given and family name as they are said of a person; empty where there is neither.
std::string full_name(const Claims& claims);

}  // namespace testamur::wallet
