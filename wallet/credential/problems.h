// The problems of a table, by line and column; the first ten in full, each with what was typed. One
// thread.
#pragma once

#include <string>

#include "common/result.h"
#include "common/visible.h"
#include "wallet/credential/csv.h"

namespace testamur::wallet {

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
