// Words as a list within a line: "a, b, c". Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testamur::wallet {

inline std::string joined(const std::vector<std::string>& words, std::string_view between = ", ") {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

}  // namespace testamur::wallet
