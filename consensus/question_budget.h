// How often one node may ask another for blocks and certificates.
//
// Both sides keep the same account: who is asked refuses what goes beyond
// (node/chain/peers/request_budgets.h), and who asks keeps to a part of it, so that an honest node
// is never refused, nor one of a few nodes of one institution, which share its account (fetcher.h).
// Values; one thread.
#pragma once

#include <algorithm>
#include <cstdint>

namespace testamur::consensus {

struct QuestionRate {
  std::uint64_t burst;       // blocks at once
  std::uint64_t per_second;  // blocks a second
  QuestionRate part(std::uint64_t divisor) const { return {burst / divisor, per_second / divisor}; }
};
// A member of the validator set, and everybody else.
inline constexpr QuestionRate kMemberQuestions{64, 32};
inline constexpr QuestionRate kOtherQuestions{8, 4};
// An asker keeps to this part of the rate.
inline constexpr std::uint64_t kAskedPart = 2;

// In thousandths of a block.
inline constexpr std::uint64_t kBlockQuestion = 1'000;
inline constexpr std::uint64_t kOtherQuestion = 200;

class QuestionBudget {
 public:
  QuestionBudget(QuestionRate rate, std::uint64_t now_ms)
      : milli_(rate.burst * 1'000), filled_at_ms_(now_ms) {}

  // Whether something of this cost may be asked now; it is then charged. `rate`: as it is now.
  bool take(QuestionRate rate, std::uint64_t cost, std::uint64_t now_ms) {
    const std::uint64_t passed_ms =
        std::min(now_ms - std::min(now_ms, filled_at_ms_), kFullAgainMs);
    milli_ = std::min(rate.burst * 1'000, milli_ + passed_ms * rate.per_second);
    filled_at_ms_ = now_ms;
    if (milli_ < cost) return false;
    milli_ -= cost;
    return true;
  }
  // Nothing was asked for so long that the whole budget is there.
  bool is_full(std::uint64_t now_ms) const {
    return now_ms - std::min(now_ms, filled_at_ms_) > kFullAgainMs;
  }

 private:
  static constexpr std::uint64_t kFullAgainMs = 60'000;

  std::uint64_t milli_;
  std::uint64_t filled_at_ms_;
};

}  // namespace testamur::consensus
