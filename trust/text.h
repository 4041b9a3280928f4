// Small text functions that several files of this folder share. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace testamur::trust {

// ASCII letters only.
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace testamur::trust
