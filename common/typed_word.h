// Words of a command line that a message advises, as a person can type or paste them: in quotes
// where a shell would cut or expand them, and joined to the option where they would be taken for
// another one. Pure; any thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace testamur::inline common {

// "S1"; "\"Family Name\"" where a shell would make two words of it. Nobody can type what cannot be
// seen: such a word is to be named otherwise.
inline std::string typed_word(std::string_view word) {
  constexpr std::string_view kPlain = "+,-./:=@_";
  const auto is_plain = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (static_cast<unsigned char>(c) & 0x80) != 0 || kPlain.find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return std::string(word);

  // Within double quotes a shell still expands some marks, within single ones none.
  if (word.find_first_of("\"\\$`!") == std::string_view::npos)
    return "\"" + std::string(word) + "\"";
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// "--student S1", "--student \"S 1\"", "--student=-rf".
inline std::string typed_option(std::string_view option, std::string_view value) {
  return std::string(option) + (value.starts_with('-') ? "=" : " ") + typed_word(value);
}

}  // namespace testamur::inline common
