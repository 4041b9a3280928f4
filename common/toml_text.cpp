#include "common/toml_text.h"

#include <algorithm>
#include <sstream>

namespace testamur::inline common {
namespace {

// Where the string that begins at `at` ends, or the text does. One that is never closed ends with
// its line: the parser goes no further than that.
std::size_t behind_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool is_long = text.substr(at).starts_with(std::string(3, quote));
  const std::string close(is_long ? 3 : 1, quote);
  for (at += close.size(); at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (text.substr(at).starts_with(close)) {
      // A long string may itself end with one or two quotes.
      at += close.size();
      for (int i = 0; is_long && i < 2 && at < text.size() && text[at] == quote; ++i) ++at;
      return at;
    } else if (text[at] == '\n' && !is_long) {
      return at;
    }
  }
  return text.size();
}

// The line of a key of too many parts; 0: none.
std::size_t line_of_a_long_key(std::string_view text) {
  constexpr std::string_view kAroundKeys = "=[]{},\n";
  std::size_t parts = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = behind_string(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (kAroundKeys.find(c) != std::string_view::npos) parts = 1;
    if (c == '.' && ++parts > kMaxTomlKeyParts)
      return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, at), '\n'));
    ++at;
  }
  return 0;
}

}  // namespace

Result<toml::table> parse_toml(std::string_view text, const std::string& file) {
  if (const auto line = line_of_a_long_key(text); line != 0)
    return error(file + ":" + std::to_string(line) + ": a key has more than " +
                 std::to_string(kMaxTomlKeyParts) + " parts");
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& failure) {
    const auto& place = failure.source().begin;
    return error(file + ":" + std::to_string(place.line) + ": not TOML at column " +
                 std::to_string(place.column) + ": " + std::string(failure.description()));
  }
}

std::optional<std::string> toml_date_text(const toml::node& node) {
  const auto* date = node.as_date();
  if (date == nullptr) return std::nullopt;
  std::ostringstream text;
  text << date->get();
  return text.str();
}

}  // namespace testamur::inline common
