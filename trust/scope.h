// Scopes: for which fields of study, levels, award types, purposes and achievements a statement
// holds, and the point in that space about which a decision is asked.
//
// Fields are the 80 proper detailed codes of ISCED-F 2013 (UNESCO-UIS 2014) in ascending order: bit
// i is the i-th. Broad (2 digits) and narrow (3 digits) codes expand to their detailed fields, "not
// further defined" and "not elsewhere classified" codes to their narrow field (or broad field where
// they are of a broad one), interdisciplinary codes (xx88) to their broad field. All tables are
// append-only: bits are hashed and stored. Pure; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/result.h"

namespace testamur::trust {

inline constexpr unsigned kFieldCount = 80;
inline constexpr std::uint8_t kMaxLevel = 8;  // EQF 1..8

// 128 bits, of which 80 are used. `low` holds bits 0-63.
struct FieldMask {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const FieldMask&) const = default;

  static constexpr FieldMask bit(unsigned index) {
    return index < 64 ? FieldMask{std::uint64_t{1} << index, 0}
                      : FieldMask{0, std::uint64_t{1} << (index - 64)};
  }
  constexpr bool empty() const { return low == 0 && high == 0; }
  constexpr bool contains(unsigned index) const { return !(*this & bit(index)).empty(); }
  constexpr bool contains(FieldMask other) const { return (*this & other) == other; }
  constexpr bool meets(FieldMask other) const { return !(*this & other).empty(); }
  constexpr FieldMask operator&(FieldMask other) const {
    return {low & other.low, high & other.high};
  }
  constexpr FieldMask operator|(FieldMask other) const {
    return {low | other.low, high | other.high};
  }
  constexpr FieldMask without(FieldMask other) const {
    return {low & ~other.low, high & ~other.high};
  }
};
// Whether only the bits of proper fields are set.
bool is_valid(FieldMask mask);
// "0613 Software and applications development and analysis"; `index` < kFieldCount.
std::string_view field_code(unsigned index);
std::string_view field_name(unsigned index);
// The fields that a code of two to four digits, or a name of a broad, narrow or detailed field (any
// case), stands for. A code may be followed by its own name, as lists show it ("061 Information and
// communication technologies"); any other text behind it is refused, for who wrote it meant either
// the code or the text.
Result<FieldMask> parse_field(std::string_view code_or_name);
// The same for what people and files say: only fields with a place of their own in the table. A
// code for the rest of a field, or across it ("0610", "0699", "0788"), would stand for all of it,
// which nobody who wrote it said: refused with the code to write if that is meant.
Result<FieldMask> parse_own_field(std::string_view code_or_name);
// Codes, shortened to narrow and broad ones where they are complete: "06 0541".
std::string to_text(FieldMask mask);

// Bit numbers of the 16-bit award type mask. Append-only.
enum class AwardType : std::uint8_t {
  kMicrocredential = 0,
  kCourse = 1,
  kShortCycle = 2,
  kBachelor = 3,
  kMaster = 4,
  kDoctorate = 5,
  kVocational = 6,
  kCertificate = 7,
  kDiploma = 8,
  kPriorLearning = 9,
  kMobility = 10,
  kParticipation = 11,
};
inline constexpr unsigned kAwardTypeCount = 12;
// Bit numbers of the 8-bit purpose mask. Append-only.
enum class Purpose : std::uint8_t {
  kCredit = 0,
  kAccess = 1,
  kExemption = 2,
  kEmployment = 3,
  kProfession = 4
};
inline constexpr unsigned kPurposeCount = 5;
// Accreditation schemes. Append-only.
enum class Scheme : std::uint8_t {
  kNone = 0,
  kEsg = 1,
  kEqavet = 2,
  kIso9001 = 3,
  kIso17024 = 4,
  kOther = 5
};
inline constexpr unsigned kSchemeCount = 6;

std::string_view to_text(AwardType type);
std::string_view to_text(Purpose purpose);
std::string_view to_text(Scheme scheme);
// By name ("bachelor") or number ("3").
Result<AwardType> parse_award_type(std::string_view text);
Result<Purpose> parse_purpose(std::string_view text);
Result<Scheme> parse_scheme(std::string_view text);

// An achievement of any version.
struct AchievementName {
  InstitutionId institution;
  std::uint32_t number = 0;
  auto operator<=>(const AchievementName&) const = default;
};

// An absent part means all, and is the only unrestricted one. A part that is present and empty is
// invalid.
struct Scope {
  std::optional<FieldMask> fields;
  std::optional<std::uint8_t> levels;  // bit level - 1
  std::optional<std::uint16_t> award_types;
  std::optional<std::uint8_t> purposes;
  std::optional<std::vector<AchievementName>> achievements;  // ascending, unique
  auto operator<=>(const Scope&) const = default;
};

enum class ScopeError : std::uint8_t { kEmptyPart = 1, kUnknownBit = 2, kAchievementOrder = 3 };
std::optional<ScopeError> check(const Scope& scope);

// What is asked about. A part left out is "lacking": only an absent mask covers it, and every mask
// touches it.
struct ScopePoint {
  FieldMask fields;        // all fields of the achievement; empty = lacking
  std::uint8_t level = 0;  // 1..8; 0 = lacking
  std::optional<AwardType> award_type;
  std::optional<Purpose> purpose;
  std::optional<AchievementName> achievement;
  auto operator<=>(const ScopePoint&) const = default;
};

// The parts of a scope, for diagnosis: which part keeps a statement from covering a point.
enum class ScopePart : std::uint8_t {
  kFields = 0,
  kLevel = 1,
  kAwardType = 2,
  kPurpose = 3,
  kAchievement = 4
};
inline constexpr unsigned kScopePartCount = 5;
inline constexpr std::uint8_t bit_of(ScopePart part) {
  return static_cast<std::uint8_t>(1U << unsigned(part));
}
std::string_view to_text(ScopePart part);

// Trust and accredit apply only where they cover the whole point. `ignore` is a set of parts taken
// as covered.
bool covers(const Scope& scope, const ScopePoint& point, std::uint8_t ignore = 0);
// Whether the outer scope covers every point that the inner one covers.
bool contains(const Scope& outer, const Scope& inner);
// A distrust applies as soon as it touches the point in every part.
bool touches(const Scope& scope, const ScopePoint& point);

// Canonical bytes, used inside digests: docs/formats/statement.md.
void encode(Encoder& out, const Scope& scope);
void encode(Encoder& out, const ScopePoint& point);
// "fields 061; EQF 6-7; bachelor" or "everything".
std::string to_text(const Scope& scope);
std::string to_text(const ScopePoint& point);

}  // namespace testamur::trust
