// CHECK: a condition that only a bug in this program can break. Always compiled in; prints the
// condition, the place and the values, then aborts. Never used for input from outside.
#pragma once

#include <sstream>
#include <string>

namespace testamur::inline common {

[[noreturn]] void check_failed(const char* condition, const char* file, int line,
                               const std::string& values);

inline std::string describe_values() { return {}; }
template <class First, class... Values>
std::string describe_values(const First& first, const Values&... values) {
  std::ostringstream text;
  text << ' ' << first;
  ((text << ' ' << values), ...);
  return text.str();
}

}  // namespace testamur::inline common

#define TM_CHECK_FAILED(condition, ...) \
  ::testamur::check_failed(#condition, __FILE__, __LINE__, ::testamur::describe_values(__VA_ARGS__))

// TM_CHECK(x > 0, "x:", x): further arguments are printed when the condition is false. (The plain
// name CHECK belongs to the test framework.)
#define TM_CHECK(condition, ...)                             \
  do {                                                       \
    if (!(condition)) [[unlikely]] {                         \
      TM_CHECK_FAILED(condition __VA_OPT__(, ) __VA_ARGS__); \
    }                                                        \
  } while (false)
