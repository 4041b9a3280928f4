#include "consensus/missing_blocks.h"

#include <algorithm>
#include <utility>

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

std::optional<std::size_t> MissingBlocks::next_to_ask(MissingBlock& missing, ValidatorBits askable,
                                                      ValidatorBits refused,
                                                      const std::vector<unsigned>& failures) {
  const ValidatorBits honest = askable & ~missing.liars;
  ValidatorBits candidates = honest & missing.holders & ~missing.asked;
  // A block that only votes name is asked of those voters alone.
  if ((candidates & ~refused) == 0 && (missing.certain || missing.holders == 0))
    candidates = honest & ~missing.asked;
  if (candidates == 0) missing.asked = 0;  // everybody was asked: again from the beginning
  if ((candidates & ~refused) == 0) return std::nullopt;
  return best_of(candidates & ~refused, missing.view.value + 1 + missing.times_asked, failures);
}

void MissingBlocks::ask_due(std::uint64_t now_ms, std::uint64_t patience_ms, ValidatorBits askable,
                            std::vector<unsigned>& failures,
                            const std::function<bool(const BlockId&, View, std::size_t)>& ask) {
  std::vector<std::pair<const BlockId*, MissingBlock*>> due;
  for (auto& [id, missing] : blocks_) {
    if (now_ms >= missing.ask_at_ms) due.emplace_back(&id, &missing);
  }

  // What nobody has must not use up what may be asked for.
  std::stable_sort(due.begin(), due.end(), [](const auto& a, const auto& b) {
    return a.second->times_asked < b.second->times_asked;
  });

  ValidatorBits refused = 0;
  for (const auto& [id, missing] : due) {
    missing->ask_at_ms = now_ms + patience_ms;
    for (std::size_t i = 0; i < failures.size(); ++i) {
      if (missing->just_asked >> i & 1) ++failures[i];
    }
    missing->just_asked = 0;

    unsigned left = missing->times_asked == 0 ? 1 : 2;
    while (left > 0) {
      const auto next = next_to_ask(*missing, askable, refused, failures);
      if (!next) break;
      const ValidatorBits bit = ValidatorBits{1} << *next;
      if (!ask(*id, missing->view, *next)) {
        refused |= bit;
        continue;
      }
      missing->asked |= bit;
      missing->just_asked |= bit;
      ++missing->times_asked;
      --left;
    }
  }
}

std::uint64_t MissingBlocks::wake_at_ms(std::uint64_t otherwise) const {
  for (const auto& [id, missing] : blocks_) otherwise = std::min(otherwise, missing.ask_at_ms);
  return otherwise;
}

}  // namespace testamur::consensus
