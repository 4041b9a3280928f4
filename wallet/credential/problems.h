// The problems of a table, by line and column; the first ten in full, each with what was typed. One
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "wallet/credential/csv.h"

namespace testamur::wallet {

// What was typed, so that nobody has to look it up; of a long text its beginning.
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 40;
  if (text.size() <= kMost) return "\"" + std::string(text) + "\"";

  std::size_t end = kMost;
  while ((static_cast<std::uint8_t>(text[end]) & 0xC0U) == 0x80U) --end;  // not within a character
  return "\"" + std::string(text.substr(0, end)) + "\u2026\"";
}

class Problems {
 public:
  static constexpr std::size_t kMostProblems = 10;

  void add(const CsvPlace& place, const std::string& what) {
    if (count_++ < kMostProblems)
      text_ += (text_.empty() ? "" : "\n") + to_text(place) + ": " + what;
  }
  bool any() const { return count_ > 0; }
  Error failure() const {
    const std::string more =
        count_ > kMostProblems ? "\nand " + std::to_string(count_ - kMostProblems) + " more" : "";
    return error(text_ + more);
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace testamur::wallet
