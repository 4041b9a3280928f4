// The forms of single values. Part of validity: these rules never change, also where common/text.h
// has a better one, because what was valid replays (docs/formats/text.md). Invariant: after the
// first failure nothing is looked at any more, so that the answer is the first rule that is broken.
#include "ledger/tx/form_check.h"

#include <algorithm>

#include "ledger/tx/wire/scanner.h"

namespace testamur::ledger::tx {

namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }

// The code point at `at` of valid UTF-8.
std::uint32_t code_point(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(at);
  if (lead < 0x80) return lead;
  if (lead < 0xE0) return (lead & 0x1FU) << 6U | (byte(at + 1) & 0x3FU);
  if (lead < 0xF0)
    return (lead & 0x0FU) << 12U | (byte(at + 1) & 0x3FU) << 6U | (byte(at + 2) & 0x3FU);
  return (lead & 0x07U) << 18U | (byte(at + 1) & 0x3FU) << 12U | (byte(at + 2) & 0x3FU) << 6U |
         (byte(at + 3) & 0x3FU);
}

bool is_hidden(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x200E || point == 0x200F ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
         point == 0xFEFF;
}

// "-Latn", whatever follows.
bool begins_with_script(std::string_view text) {
  return text.size() >= 5 && text[0] == '-' && is_upper(text[1]) &&
         std::ranges::all_of(text.substr(2, 3), is_lower);
}

// "-AT" or "-419".
bool is_region(std::string_view text) {
  if (!text.starts_with('-')) return false;
  const auto code = text.substr(1);
  return (code.size() == 2 && std::ranges::all_of(code, is_upper)) ||
         (code.size() == 3 && std::ranges::all_of(code, is_digit));
}

}  // namespace

bool is_printable(std::string_view text) {
  if (!wire::is_utf8(as_bytes(text))) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool continuation = (static_cast<std::uint8_t>(text[i]) & 0xC0U) == 0x80U;
    if (!continuation && is_hidden(code_point(text, i))) return false;
  }
  return true;
}

bool is_language_tag(std::string_view tag) {
  // language ["-" Script] ["-" region], in canonical case (RFC 5646 section 2.1.1)
  std::size_t end = 0;
  while (end < tag.size() && is_lower(tag[end])) ++end;
  if (end < 2 || end > 3) return false;

  auto rest = tag.substr(end);
  if (begins_with_script(rest)) rest = rest.substr(5);
  return rest.empty() || is_region(rest);
}

bool is_domain(std::string_view text) {
  if (text.size() > 253) return false;

  std::size_t labels = 0;
  while (true) {
    const auto dot = text.find('.');
    const auto label = text.substr(0, dot);
    const bool well_formed =
        !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
        std::ranges::all_of(label, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
    if (!well_formed) return false;

    // A single label is no name of the public name system.
    ++labels;
    if (dot == std::string_view::npos) return labels >= 2;
    text.remove_prefix(dot + 1);
  }
}

std::string FormCheck::element(std::string_view field, std::size_t index) {
  return std::string(field) + "[" + std::to_string(index) + "]";
}

FormCheck& FormCheck::require(bool condition, RejectionCode code, std::string_view field,
                              std::string_view detail) {
  if (!condition && !failure_)
    failure_ = Rejection{code, std::string(field), std::string(detail), {}};
  return *this;
}

FormCheck& FormCheck::number(std::string_view field, std::uint64_t value, std::uint64_t least,
                             std::uint64_t most) {
  if (failure_ || (value >= least && value <= most)) return *this;
  return require(false, RejectionCode::kFieldRange, field,
                 std::to_string(value) + " is not within " + std::to_string(least) + " and " +
                     std::to_string(most));
}

FormCheck& FormCheck::length(std::string_view field, std::size_t actual, std::size_t size,
                             Presence presence) {
  if (failure_) return *this;
  if (actual == 0) {
    return require(presence == Presence::kOptional, RejectionCode::kFieldMissing, field);
  }
  return require(actual == size, RejectionCode::kFieldLength, field,
                 std::to_string(actual) + " bytes instead of " + std::to_string(size));
}

FormCheck& FormCheck::hash_list(std::string_view field, ByteView list, std::size_t unit,
                                std::size_t least, std::size_t most) {
  if (failure_) return *this;
  const auto count = list.size() / unit;
  const bool fits = list.size() % unit == 0 && count >= least && count <= most;
  return require(fits, RejectionCode::kHashListLength, field,
                 fits ? std::string{}
                      : std::to_string(list.size()) + " bytes are not " + std::to_string(least) +
                            " to " + std::to_string(most) + " values of " + std::to_string(unit));
}

FormCheck& FormCheck::text(std::string_view field, std::string_view value, std::size_t limit,
                           Presence presence) {
  if (failure_) return *this;
  if (value.empty())
    return require(presence == Presence::kOptional, RejectionCode::kFieldMissing, field);
  number(field, value.size(), 1, limit);
  const bool trimmed = value.front() != ' ' && value.back() != ' ';
  return require(trimmed && is_printable(value), RejectionCode::kTextForm, field,
                 "printable text without spaces at its ends");
}

FormCheck& FormCheck::texts(std::string_view field, const LocalizedTexts& values, std::size_t limit,
                            Presence presence) {
  if (failure_) return *this;
  if (values.empty())
    return require(presence == Presence::kOptional, RejectionCode::kFieldMissing, field);

  number(field, values.size(), 1, kLanguagesLimit);
  for (std::size_t i = 0; i < values.size() && !failure_; ++i) {
    const auto path = element(field, i);
    language(path + ".language", values[i].language);
    text(path + ".text", values[i].text, limit, Presence::kRequired);

    // One order of languages, each once: another would be a second encoding of the same facts.
    require(i == 0 || values[i - 1].language < values[i].language, RejectionCode::kNotSorted,
            path + ".language", "languages ascend, each once");
  }
  return *this;
}

FormCheck& FormCheck::url(std::string_view field, std::string_view value) {
  if (failure_ || value.empty()) return *this;
  number(field, value.size(), 1, kUrlLimitBytes);
  const bool well_formed = (value.starts_with("https://") || value.starts_with("http://")) &&
                           std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7F; });
  return require(well_formed, RejectionCode::kTextForm, field,
                 "an http or https address in printable ASCII");
}

FormCheck& FormCheck::identifier(std::string_view field, std::string_view value) {
  if (failure_ || value.empty()) return *this;
  number(field, value.size(), 1, 64);
  const bool well_formed =
      std::ranges::all_of(value, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; });
  return require(well_formed, RejectionCode::kTextForm, field, "letters, digits, hyphens and dots");
}

FormCheck& FormCheck::language(std::string_view field, std::string_view tag) {
  if (failure_) return *this;
  return require(is_language_tag(tag), RejectionCode::kTextForm, field,
                 "a language tag such as en or de-AT");
}

}  // namespace testamur::ledger::tx
