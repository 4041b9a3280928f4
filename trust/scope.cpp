// Tables of ISCED-F and the other parts of a scope, their texts and bytes. The tables are
// append-only: a position is a bit that is hashed and stored. `covers` and `touches` differ in what
// a missing part of the point means: nothing covers it but an absent mask, and everything touches
// it.
#include "trust/scope.h"

#include <algorithm>

#include "common/near_names.h"
#include "trust/text.h"

namespace testamur::trust {
namespace {

struct NamedCode {
  std::string_view code;
  std::string_view name;
};

constexpr std::array<NamedCode, 11> kBroad{{
    {"00", "Generic programmes and qualifications"},
    {"01", "Education"},
    {"02", "Arts and humanities"},
    {"03", "Social sciences, journalism and information"},
    {"04", "Business, administration and law"},
    {"05", "Natural sciences, mathematics and statistics"},
    {"06", "Information and communication technologies"},
    {"07", "Engineering, manufacturing and construction"},
    {"08", "Agriculture, forestry, fisheries and veterinary"},
    {"09", "Health and welfare"},
    {"10", "Services"},
}};

constexpr std::array<NamedCode, 29> kNarrow{{
    {"001", "Basic programmes and qualifications"},
    {"002", "Literacy and numeracy"},
    {"003", "Personal skills and development"},
    {"011", "Education"},
    {"021", "Arts"},
    {"022", "Humanities (except languages)"},
    {"023", "Languages"},
    {"031", "Social and behavioural sciences"},
    {"032", "Journalism and information"},
    {"041", "Business and administration"},
    {"042", "Law"},
    {"051", "Biological and related sciences"},
    {"052", "Environment"},
    {"053", "Physical sciences"},
    {"054", "Mathematics and statistics"},
    {"061", "Information and communication technologies"},
    {"071", "Engineering and engineering trades"},
    {"072", "Manufacturing and processing"},
    {"073", "Architecture and construction"},
    {"081", "Agriculture"},
    {"082", "Forestry"},
    {"083", "Fisheries"},
    {"084", "Veterinary"},
    {"091", "Health"},
    {"092", "Welfare"},
    {"101", "Personal services"},
    {"102", "Hygiene and occupational health services"},
    {"103", "Security services"},
    {"104", "Transport services"},
}};

// The proper detailed fields of ISCED-F 2013 in ascending order. The position is the bit: never
// reordered.
constexpr std::array<NamedCode, kFieldCount> kDetailed{{
    {"0011", "Basic programmes and qualifications"},
    {"0021", "Literacy and numeracy"},
    {"0031", "Personal skills and development"},
    {"0111", "Education science"},
    {"0112", "Training for pre-school teachers"},
    {"0113", "Teacher training without subject specialisation"},
    {"0114", "Teacher training with subject specialisation"},
    {"0211", "Audio-visual techniques and media production"},
    {"0212", "Fashion, interior and industrial design"},
    {"0213", "Fine arts"},
    {"0214", "Handicrafts"},
    {"0215", "Music and performing arts"},
    {"0221", "Religion and theology"},
    {"0222", "History and archaeology"},
    {"0223", "Philosophy and ethics"},
    {"0231", "Language acquisition"},
    {"0232", "Literature and linguistics"},
    {"0311", "Economics"},
    {"0312", "Political sciences and civics"},
    {"0313", "Psychology"},
    {"0314", "Sociology and cultural studies"},
    {"0321", "Journalism and reporting"},
    {"0322", "Library, information and archival studies"},
    {"0411", "Accounting and taxation"},
    {"0412", "Finance, banking and insurance"},
    {"0413", "Management and administration"},
    {"0414", "Marketing and advertising"},
    {"0415", "Secretarial and office work"},
    {"0416", "Wholesale and retail sales"},
    {"0417", "Work skills"},
    {"0421", "Law"},
    {"0511", "Biology"},
    {"0512", "Biochemistry"},
    {"0521", "Environmental sciences"},
    {"0522", "Natural environments and wildlife"},
    {"0531", "Chemistry"},
    {"0532", "Earth sciences"},
    {"0533", "Physics"},
    {"0541", "Mathematics"},
    {"0542", "Statistics"},
    {"0611", "Computer use"},
    {"0612", "Database and network design and administration"},
    {"0613", "Software and applications development and analysis"},
    {"0711", "Chemical engineering and processes"},
    {"0712", "Environmental protection technology"},
    {"0713", "Electricity and energy"},
    {"0714", "Electronics and automation"},
    {"0715", "Mechanics and metal trades"},
    {"0716", "Motor vehicles, ships and aircraft"},
    {"0721", "Food processing"},
    {"0722", "Materials (glass, paper, plastic and wood)"},
    {"0723", "Textiles (clothes, footwear and leather)"},
    {"0724", "Mining and extraction"},
    {"0731", "Architecture and town planning"},
    {"0732", "Building and civil engineering"},
    {"0811", "Crop and livestock production"},
    {"0812", "Horticulture"},
    {"0821", "Forestry"},
    {"0831", "Fisheries"},
    {"0841", "Veterinary"},
    {"0911", "Dental studies"},
    {"0912", "Medicine"},
    {"0913", "Nursing and midwifery"},
    {"0914", "Medical diagnostic and treatment technology"},
    {"0915", "Therapy and rehabilitation"},
    {"0916", "Pharmacy"},
    {"0917", "Traditional and complementary medicine and therapy"},
    {"0921", "Care of the elderly and of disabled adults"},
    {"0922", "Child care and youth services"},
    {"0923", "Social work and counselling"},
    {"1011", "Domestic services"},
    {"1012", "Hair and beauty services"},
    {"1013", "Hotel, restaurants and catering"},
    {"1014", "Sports"},
    {"1015", "Travel, tourism and leisure"},
    {"1021", "Community sanitation"},
    {"1022", "Occupational health and safety"},
    {"1031", "Military and defence"},
    {"1032", "Protection of persons and property"},
    {"1041", "Transport services"},
}};

constexpr std::array<std::string_view, kAwardTypeCount> kAwardTypes{
    "microcredential", "course",      "short-cycle", "bachelor",       "master",   "doctorate",
    "vocational",      "certificate", "diploma",     "prior-learning", "mobility", "participation"};
constexpr std::array<std::string_view, kPurposeCount> kPurposes{"credit", "access", "exemption",
                                                                "employment", "profession"};
constexpr std::array<std::string_view, kSchemeCount> kSchemes{"none",     "esg",           "eqavet",
                                                              "iso-9001", "iso-iec-17024", "other"};

FieldMask with_prefix(std::string_view prefix) {
  FieldMask mask;
  for (unsigned i = 0; i < kFieldCount; ++i) {
    if (kDetailed[i].code.starts_with(prefix)) mask = mask | FieldMask::bit(i);
  }
  return mask;
}

// 0-based position, by name in any case or by decimal number.
template <std::size_t N>
std::optional<unsigned> find_name(const std::array<std::string_view, N>& names,
                                  std::string_view text) {
  for (unsigned i = 0; i < N; ++i) {
    if (equal_ignoring_case(names[i], text) || std::to_string(i) == text) return i;
  }
  return std::nullopt;
}

std::optional<FieldMask> field_by_code(std::string_view code) {
  if (code.size() < 2 || code.size() > 4) return std::nullopt;
  FieldMask mask = with_prefix(code);
  if (!mask.empty() || code.size() < 3) return mask;
  const char last = code.back();
  // xx88 and x88: interdisciplinary; xx00, xx0, xx99, xx9: not further defined or not elsewhere
  // classified.
  const bool of_broad = code.substr(2) == "88" || code.substr(2) == "8" || code.substr(2) == "00" ||
                        code.substr(2) == "0" || code.substr(2) == "99" || code.substr(2) == "9";
  if (of_broad) return with_prefix(code.substr(0, 2));
  if (code.size() == 4 && (last == '0' || last == '9')) return with_prefix(code.substr(0, 3));
  return std::nullopt;
}

template <std::size_t N>
std::optional<std::string_view> name_by_code(const std::array<NamedCode, N>& table,
                                             std::string_view code) {
  for (const auto& entry : table) {
    if (entry.code == code) return entry.name;
  }
  return std::nullopt;
}

std::optional<std::string_view> name_of_code(std::string_view code) {
  if (auto name = name_by_code(kDetailed, code)) return name;
  if (auto name = name_by_code(kNarrow, code)) return name;
  return name_by_code(kBroad, code);
}

// The name of a code in the lists of ISCED-F. A code that expands (0610, 0619, 0688) is named after
// the field that it expands to, which field_by_code knows as well.
std::string own_name(std::string_view code) {
  if (const auto name = name_of_code(code)) return std::string(*name);

  const std::string_view rest = code.substr(2);
  const bool of_broad = rest.size() == 1 || rest == "88" || rest == "00" || rest == "99";
  const auto name = name_of_code(of_broad ? code.substr(0, 2) : code.substr(0, 3));
  if (!name) return {};

  switch (code.back()) {
    case '8':
      return "Inter-disciplinary programmes and qualifications involving " + std::string(*name);
    case '9': return std::string(*name) + " not elsewhere classified";
    default: return std::string(*name) + " not further defined";
  }
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

template <std::size_t N>
std::optional<FieldMask> field_by_name(const std::array<NamedCode, N>& table,
                                       std::string_view name) {
  for (const auto& entry : table) {
    if (equal_ignoring_case(entry.name, name)) return with_prefix(entry.code);
  }
  return std::nullopt;
}

template <class Mask>
bool part_covers(const std::optional<Mask>& mask, std::optional<unsigned> bit) {
  return !mask || (bit && ((*mask >> *bit) & 1U) != 0);
}
template <class Mask>
bool part_touches(const std::optional<Mask>& mask, std::optional<unsigned> bit) {
  return !mask || !bit || ((*mask >> *bit) & 1U) != 0;
}

// A level that does not exist is lacking as well: no mask has a bit for it.
std::optional<unsigned> level_bit(const ScopePoint& point) {
  const bool known = point.level >= 1 && point.level <= kMaxLevel;
  return known ? std::optional<unsigned>(point.level - 1U) : std::nullopt;
}
template <class Enum>
std::optional<unsigned> bit_number(const std::optional<Enum>& value) {
  return value ? std::optional<unsigned>(static_cast<unsigned>(*value)) : std::nullopt;
}

bool listed(const Scope& scope, const AchievementName& name) {
  return std::binary_search(scope.achievements->begin(), scope.achievements->end(), name);
}

template <std::size_t N>
std::string names_of(std::uint32_t mask, const std::array<std::string_view, N>& names) {
  std::string text;
  for (unsigned i = 0; i < N; ++i) {
    if ((mask >> i) & 1U) text += (text.empty() ? "" : " ") + std::string(names[i]);
  }
  return text;
}

std::string levels_text(std::uint8_t mask) {
  std::string text;
  for (unsigned level = 1; level <= kMaxLevel; ++level) {
    if ((mask >> (level - 1)) & 1U) text += (text.empty() ? "" : ",") + std::to_string(level);
  }
  return text;
}

void add_part(std::string& text, const std::string& part) {
  text += (text.empty() ? "" : "; ") + part;
}

}  // namespace

bool is_valid(FieldMask mask) { return (mask.high >> (kFieldCount - 64)) == 0; }
std::string_view field_code(unsigned index) { return kDetailed[index].code; }
std::string_view field_name(unsigned index) { return kDetailed[index].name; }

namespace {

Result<FieldMask> parse_code(std::string_view code, std::string_view text_behind) {
  const auto mask = field_by_code(code);
  if (!mask || mask->empty()) {
    return error("'" + std::string(code) +
                 "' is not a code of ISCED-F 2013 (two to four digits, for example 061)");
  }

  // Whether the code or the text is the slip nobody knows: "061 Medicine" would be read as
  // informatics.
  const std::string name = own_name(code);
  if (text_behind.empty() || equal_ignoring_case(text_behind, name)) return *mask;
  return error("'" + std::string(code) + "' is the code of '" + name +
               "' in ISCED-F 2013, not of '" + std::string(text_behind) +
               "': write the code alone, or the field that is meant");
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Code and name of fields that somebody may have meant: what is typed is a part of the name
// ("Management"), or the name with a slip in it.
std::vector<std::string> fields_like(std::string_view text) {
  constexpr std::size_t kShortest = 4;
  constexpr std::size_t kMost = 3;
  const std::string typed = lower_case(trimmed(text));
  if (typed.size() < kShortest) return {};

  std::vector<NamedCode> all(kDetailed.begin(), kDetailed.end());
  all.insert(all.end(), kNarrow.begin(), kNarrow.end());
  all.insert(all.end(), kBroad.begin(), kBroad.end());
  std::vector<std::string> names;
  for (const auto& field : all) names.push_back(lower_case(field.name));

  const auto fields_whose = [&](const auto& name_fits) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < all.size() && found.size() < kMost; ++i) {
      if (name_fits(names[i]))
        found.push_back("'" + std::string(all[i].code) + " " + std::string(all[i].name) + "'");
    }
    return found;
  };
  const auto found =
      fields_whose([&](const std::string& name) { return name.find(typed) != std::string::npos; });
  if (!found.empty()) return found;
  const auto near = near_names(typed, names);
  return fields_whose(
      [&](const std::string& name) { return std::ranges::find(near, name) != near.end(); });
}

}  // namespace

Result<FieldMask> parse_field(std::string_view text) {
  const auto space = text.find(' ');
  const auto code = text.substr(0, space);
  const bool numeric = !code.empty() && std::all_of(code.begin(), code.end(),
                                                    [](char c) { return c >= '0' && c <= '9'; });
  if (numeric) return parse_code(code, trimmed(text.substr(code.size())));

  // Several names stand at two levels ("Education", "Law"): the narrowest field is meant.
  if (auto mask = field_by_name(kDetailed, text)) return *mask;
  if (auto mask = field_by_name(kNarrow, text)) return *mask;
  if (auto mask = field_by_name(kBroad, text)) return *mask;

  return error("'" + std::string(text) +
               "' is neither a code nor a name of a field of ISCED-F 2013" +
               did_you_mean(fields_like(text)));
}

Result<FieldMask> parse_own_field(std::string_view text) {
  TM_TRY(const auto mask, parse_field(text));
  const auto code = text.substr(0, text.find(' '));
  const bool is_code = !code.empty() && code.front() >= '0' && code.front() <= '9';
  if (!is_code || name_of_code(code)) return mask;

  const auto covered = to_text(mask);
  return error("'" + std::string(code) +
               "' has no place of its own in ISCED-F 2013 and would stand for all of " + covered +
               ": write " + covered + " if that is meant, or the fields that are");
}

std::string to_text(FieldMask mask) {
  std::string text;
  const auto take = [&](std::string_view code) {
    const FieldMask part = with_prefix(code);
    if (!part.empty() && mask.contains(part)) {
      text += (text.empty() ? "" : " ") + std::string(code);
      mask = mask.without(part);
    }
  };

  // From broad to detailed: what a wider code has taken is gone from the mask and not named again.
  for (const auto& broad : kBroad) {
    take(broad.code);
    for (const auto& narrow : kNarrow) {
      if (narrow.code.starts_with(broad.code)) take(narrow.code);
    }
    for (const auto& detailed : kDetailed) {
      if (detailed.code.starts_with(broad.code)) take(detailed.code);
    }
  }
  return text;
}

std::string_view to_text(AwardType type) { return kAwardTypes[static_cast<unsigned>(type)]; }
std::string_view to_text(Purpose purpose) { return kPurposes[static_cast<unsigned>(purpose)]; }
std::string_view to_text(Scheme scheme) { return kSchemes[static_cast<unsigned>(scheme)]; }

Result<AwardType> parse_award_type(std::string_view text) {
  if (auto bit = find_name(kAwardTypes, text)) return static_cast<AwardType>(*bit);
  return error("'" + std::string(text) +
               "' is not an award type; known: " + names_of(~0U, kAwardTypes));
}
Result<Purpose> parse_purpose(std::string_view text) {
  if (auto bit = find_name(kPurposes, text)) return static_cast<Purpose>(*bit);
  return error("'" + std::string(text) + "' is not a purpose; known: " + names_of(~0U, kPurposes));
}
Result<Scheme> parse_scheme(std::string_view text) {
  auto bit = find_name(kSchemes, text);
  if (bit && *bit != 0) return static_cast<Scheme>(*bit);
  return error("'" + std::string(text) +
               "' is not an accreditation scheme; known: " + names_of(~1U, kSchemes));
}

namespace {

bool has_empty_part(const Scope& scope) {
  const auto is_empty = [](const auto& bits) { return bits && *bits == 0; };
  return (scope.fields && scope.fields->empty()) || is_empty(scope.levels) ||
         is_empty(scope.award_types) || is_empty(scope.purposes) ||
         (scope.achievements && scope.achievements->empty());
}

// Every bit of the levels has a meaning.
bool has_unknown_bit(const Scope& scope) {
  return (scope.fields && !is_valid(*scope.fields)) ||
         (scope.award_types && (*scope.award_types >> kAwardTypeCount) != 0) ||
         (scope.purposes && (*scope.purposes >> kPurposeCount) != 0);
}

bool is_ascending(const std::vector<AchievementName>& list) {
  return std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) == list.end();
}

}  // namespace

std::optional<ScopeError> check(const Scope& scope) {
  // Present and empty would cover nothing: somebody who meant "all" must leave the part out.
  if (has_empty_part(scope)) return ScopeError::kEmptyPart;

  // A bit without a meaning today would get one when the table grows, in statements signed before.
  if (has_unknown_bit(scope)) return ScopeError::kUnknownBit;

  // Ascending and unique: scopes are hashed, and `listed` searches by halves.
  if (scope.achievements && !is_ascending(*scope.achievements))
    return ScopeError::kAchievementOrder;
  return std::nullopt;
}

std::string_view to_text(ScopePart part) {
  constexpr std::array<std::string_view, kScopePartCount> kNames{
      "field of study", "level", "award type", "purpose", "achievement"};
  return kNames[static_cast<unsigned>(part)];
}

bool covers(const Scope& scope, const ScopePoint& point, std::uint8_t ignore) {
  const auto ignored = [&](ScopePart part) { return (ignore & bit_of(part)) != 0; };

  if (scope.fields && !ignored(ScopePart::kFields)) {
    if (point.fields.empty() || !scope.fields->contains(point.fields)) return false;
  }

  if (!ignored(ScopePart::kLevel) && !part_covers(scope.levels, level_bit(point))) return false;
  if (!ignored(ScopePart::kAwardType) &&
      !part_covers(scope.award_types, bit_number(point.award_type)))
    return false;
  if (!ignored(ScopePart::kPurpose) && !part_covers(scope.purposes, bit_number(point.purpose)))
    return false;

  if (scope.achievements && !ignored(ScopePart::kAchievement)) {
    return point.achievement && listed(scope, *point.achievement);
  }
  return true;
}

bool contains(const Scope& outer, const Scope& inner) {
  const auto part = [](const auto& out, const auto& in, const auto& holds) {
    return !out || (in && holds(*out, *in));
  };
  const auto bits = [](auto out, auto in) { return (out & in) == in; };
  const auto names = [](const auto& out, const auto& in) { return std::ranges::includes(out, in); };
  return part(outer.fields, inner.fields, bits) && part(outer.levels, inner.levels, bits) &&
         part(outer.award_types, inner.award_types, bits) &&
         part(outer.purposes, inner.purposes, bits) &&
         part(outer.achievements, inner.achievements, names);
}

bool touches(const Scope& scope, const ScopePoint& point) {
  if (scope.fields && !point.fields.empty() && !scope.fields->meets(point.fields)) return false;
  if (!part_touches(scope.levels, level_bit(point))) return false;
  if (!part_touches(scope.award_types, bit_number(point.award_type))) return false;
  if (!part_touches(scope.purposes, bit_number(point.purpose))) return false;
  return !scope.achievements || !point.achievement || listed(scope, *point.achievement);
}

void encode(Encoder& out, const Scope& scope) {
  const unsigned present = (scope.fields ? 1U : 0U) | (scope.levels ? 2U : 0U) |
                           (scope.award_types ? 4U : 0U) | (scope.purposes ? 8U : 0U) |
                           (scope.achievements ? 16U : 0U);
  out.u8(static_cast<std::uint8_t>(present));
  if (scope.fields) out.u64(scope.fields->high).u64(scope.fields->low);
  if (scope.levels) out.u8(*scope.levels);
  if (scope.award_types) out.u16(*scope.award_types);
  if (scope.purposes) out.u8(*scope.purposes);
  if (scope.achievements) {
    out.u32(static_cast<std::uint32_t>(scope.achievements->size()));
    for (const auto& name : *scope.achievements) out.fixed(name.institution).u32(name.number);
  }
}

void encode(Encoder& out, const ScopePoint& point) {
  out.u64(point.fields.high).u64(point.fields.low).u8(point.level);
  out.u16(point.award_type ? static_cast<std::uint16_t>(1U << unsigned(*point.award_type))
                           : std::uint16_t{0});
  out.u8(point.purpose ? static_cast<std::uint8_t>(1U << unsigned(*point.purpose))
                       : std::uint8_t{0});
  out.u8(point.achievement ? 1 : 0);
  if (point.achievement) out.fixed(point.achievement->institution).u32(point.achievement->number);
}

std::string to_text(const Scope& scope) {
  std::string text;
  if (scope.fields) add_part(text, "fields " + to_text(*scope.fields));
  if (scope.levels) add_part(text, "EQF " + levels_text(*scope.levels));
  if (scope.award_types) add_part(text, names_of(*scope.award_types, kAwardTypes));
  if (scope.purposes) add_part(text, "for " + names_of(*scope.purposes, kPurposes));
  if (scope.achievements)
    add_part(text, std::to_string(scope.achievements->size()) + " named achievements");
  return text.empty() ? "everything" : text;
}

std::string to_text(const ScopePoint& point) {
  std::string text;
  if (!point.fields.empty()) add_part(text, "fields " + to_text(point.fields));
  if (point.level != 0) add_part(text, "EQF " + std::to_string(point.level));
  if (point.award_type) add_part(text, std::string(to_text(*point.award_type)));
  if (point.purpose) add_part(text, "for " + std::string(to_text(*point.purpose)));
  if (point.achievement) {
    add_part(text, to_text(point.achievement->institution) + "/" +
                       std::to_string(point.achievement->number));
  }
  return text.empty() ? "nothing in particular" : text;
}

}  // namespace testamur::trust
