// Moments as operators read them. Pure; any thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace testamur::node {

// "2026-12-01 12:00 UTC".
inline std::string minute_text(std::uint64_t time_ms) {
  const auto seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &fields));
  return text;
}

}  // namespace testamur::node
