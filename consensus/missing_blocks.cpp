#include "consensus/missing_blocks.h"

#include <algorithm>

namespace testamur::consensus {
namespace {

// The one of `candidates` with the fewest failures; the first after `from` among equals, so that
// turns rotate.
std::size_t best_of(ValidatorBits candidates, std::size_t from,
                    const std::vector<unsigned>& failures) {
  std::size_t best = failures.size();
  for (std::size_t i = 0; i < failures.size(); ++i) {
    const std::size_t next = (from + i) % failures.size();
    if ((candidates >> next & 1) == 0) continue;
    if (best == failures.size() || failures[next] < failures[best]) best = next;
  }
  return best;
}

}  // namespace

void MissingBlocks::begin_round() {
  for (auto& [id, missing] : blocks_) missing.needed = false;
}

void MissingBlocks::need(const BlockId& block, View view, bool certain, ValidatorBits holders,
                         std::uint64_t ask_at_ms) {
  auto found = blocks_.find(block);
  if (found == blocks_.end()) {
    if (blocks_.size() >= kMaxMissingBlocks) return;
    found = blocks_.emplace(block, MissingBlock{.view = view, .ask_at_ms = ask_at_ms}).first;
  }
  MissingBlock& missing = found->second;
  missing.needed = true;
  if (missing.times_asked == 0) missing.ask_at_ms = std::min(missing.ask_at_ms, ask_at_ms);
  // Who only votes for a block may have invented it; from its certificate on it is asked for as if
  // nobody had spoken.
  if (certain && !missing.certain) {
    missing.certain = true;
    missing.view = view;
    missing.asked = missing.holders = 0;
  }
  missing.holders |= holders;
}

void MissingBlocks::end_round() {
  std::erase_if(blocks_, [](const auto& entry) { return !entry.second.needed; });
}

void MissingBlocks::false_copy(const BlockId& block, View view, ValidatorBits liar,
                               std::uint64_t now_ms) {
  need(block, view, false, 0, now_ms);
  const auto found = blocks_.find(block);
  if (found == blocks_.end()) return;
  found->second.liars |= liar;
  found->second.ask_at_ms = now_ms;
}

const MissingBlock* MissingBlocks::find(const BlockId& block) const {
  const auto found = blocks_.find(block);
  return found == blocks_.end() ? nullptr : &found->second;
}

void MissingBlocks::ask_due(std::uint64_t now_ms, std::uint64_t patience_ms, ValidatorBits askable,
                            std::vector<unsigned>& failures,
                            const std::function<void(const BlockId&, View, std::size_t)>& ask) {
  for (auto& [id, missing] : blocks_) {
    if (now_ms < missing.ask_at_ms) continue;
    missing.ask_at_ms = now_ms + patience_ms;
    for (std::size_t i = 0; i < failures.size(); ++i) {
      if (missing.just_asked >> i & 1) ++failures[i];
    }
    missing.just_asked = 0;

    const unsigned count = missing.times_asked == 0 ? 1 : 2;
    for (unsigned turn = 0; turn < count; ++turn) {
      const ValidatorBits honest = askable & ~missing.liars;
      ValidatorBits candidates = honest & missing.holders & ~missing.asked;
      // A block that only votes name is asked of those voters alone.
      if (candidates == 0 && (missing.certain || missing.holders == 0))
        candidates = honest & ~missing.asked;
      if (candidates == 0) missing.asked = 0;  // everybody was asked: again from the beginning
      if (candidates == 0) break;
      const std::size_t next =
          best_of(candidates, missing.view.value + 1 + missing.times_asked, failures);
      missing.asked |= ValidatorBits{1} << next;
      missing.just_asked |= ValidatorBits{1} << next;
      ++missing.times_asked;
      ask(id, missing.view, next);
    }
  }
}

std::uint64_t MissingBlocks::wake_at_ms(std::uint64_t otherwise) const {
  for (const auto& [id, missing] : blocks_) otherwise = std::min(otherwise, missing.ask_at_ms);
  return otherwise;
}

}  // namespace testamur::consensus
