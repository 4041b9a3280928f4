// What one peer may cost this node: signatures and bodies that turn out false, and answers that it
// asks for.
//
// A false certificate, signature or body is paid with a pause in which nothing of this peer is
// checked; each pause is twice as long as the one before, until the peer has behaved for as long as
// its last one. Votes and presence are not affected: they cost nothing before a quorum needs them.
// Private to consensus/. Values.
#pragma once

#include <algorithm>
#include <cstdint>

#include "consensus/limits.h"

namespace testamur::consensus {

class PeerCredit {
 public:
  bool trusted(std::uint64_t now_ms) const { return now_ms >= paused_until_ms_; }

  void punish(std::uint64_t now_ms, std::uint64_t first_pause_ms) {
    if (!trusted(now_ms)) return;  // one pause for everything that was under way
    const std::uint64_t last_pause_ms = first_pause_ms << doublings_;
    const bool again = offended_ && now_ms < paused_until_ms_ + last_pause_ms;
    doublings_ = again ? std::min(doublings_ + 1, kMaxPauseDoublings) : 0;
    paused_until_ms_ = now_ms + (first_pause_ms << doublings_);
    offended_ = true;
  }

  // Whether an answer of this size may be given now; it is then charged.
  bool charge(std::uint64_t now_ms, std::uint64_t bytes) {
    refill(now_ms);
    if (answer_bytes_ < bytes) return false;
    answer_bytes_ -= bytes;
    return true;
  }

 private:
  void refill(std::uint64_t now_ms) {
    const std::uint64_t passed_ms =
        std::min<std::uint64_t>(now_ms - std::min(now_ms, refilled_ms_), 10'000);
    answer_bytes_ =
        std::min(kAnswerBurstBytes, answer_bytes_ + passed_ms * kAnswerBytesPerSecond / 1'000);
    refilled_ms_ = now_ms;
  }

  std::uint64_t paused_until_ms_ = 0;
  unsigned doublings_ = 0;
  bool offended_ = false;
  std::uint64_t answer_bytes_ = kAnswerBurstBytes;
  std::uint64_t refilled_ms_ = 0;
};

}  // namespace testamur::consensus
