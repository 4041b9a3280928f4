// Whom this node has reported for what: each validator once in a view. Owns what was reported above
// the last committed view, and the count since start. Private to consensus/. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <tuple>

#include "consensus/engine_context.h"

namespace testamur::consensus {

struct SignedStatement {
  Statement statement;
  Signature signature;
};

class EvidenceLog {
 public:
  explicit EvidenceLog(const EngineContext& context) : context_(context) {}

  bool has_reported(View view, std::uint8_t validator) const;
  // Precondition: both signatures hold, and the statements contradict each other.
  void report(std::uint8_t validator, const SignedStatement& first, const SignedStatement& second);

  void forget_through(View view);
  void begin_epoch() { reported_.clear(); }

  std::uint64_t count() const { return count_; }  // since start
  std::size_t size() const { return reported_.size(); }

 private:
  const EngineContext& context_;
  std::set<std::tuple<View, std::uint8_t>> reported_;
  std::uint64_t count_ = 0;
};

}  // namespace testamur::consensus
