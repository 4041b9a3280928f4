// The bound on the work of one answer: a graph built to be slow gets "too large", never a slow
// node.
#pragma once

#include <cstdint>

namespace testamur::trust {

// A limit of so many questions of one; the largest number where that is more.
constexpr std::uint64_t times(std::uint64_t steps, std::uint64_t questions) {
  return steps > ~std::uint64_t{0} / questions ? ~std::uint64_t{0} : questions * steps;
}

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
