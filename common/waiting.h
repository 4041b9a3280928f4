// What a program is waiting for just now, so that whoever sits before it can be told. Any thread;
// whoever waits says so and need not know who shows it, or whether anybody does.
#pragma once

#include <string>

namespace testamur::inline common {

// For as long as it lives. Of several the eldest says it: what it waits for is why the others wait.
class Waiting {
 public:
  explicit Waiting(std::string what);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  // Empty while nothing is waited for that anybody has named.
  static std::string for_what();

 private:
  std::string what_;
};

}  // namespace testamur::inline common
