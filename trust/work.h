// The bound on the work of one answer: a graph built to be slow gets "too large", never a slow
// node.
#pragma once

#include <cstdint>

namespace testamur::trust {

class Work {
 public:
  explicit Work(std::uint64_t steps) : left_(steps) {}
  // False once the steps are used up; the caller then returns early, with any value.
  bool spend(std::uint64_t steps = 1) {
    if (steps > left_) {
      exhausted_ = true;
      left_ = 0;
      return false;
    }
    left_ -= steps;
    return true;
  }
  bool exhausted() const { return exhausted_; }
  std::uint64_t left() const { return left_; }

 private:
  std::uint64_t left_;
  bool exhausted_ = false;
};

}  // namespace testamur::trust
