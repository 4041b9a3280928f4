#include "tests/sim/laws.h"

#include <algorithm>

namespace testamur::sim {

namespace {

constexpr std::uint64_t kLookUs = 50'000;
constexpr std::uint64_t kBaseMs = 250;
constexpr std::uint64_t kCapMs = 8'000;
constexpr std::uint64_t kLeastGapMs = 2'000;

template <class Each>
void for_each_kind(Each each) {
  using consensus::Holdings;
  each("views", &Holdings::views);
  each("blocks", &Holdings::blocks);
  each("bytes of blocks", &Holdings::block_bytes);
  each("wanted blocks", &Holdings::wanted);
  each("votes", &Holdings::votes);
  each("claims", &Holdings::claims);
}

}  // namespace

std::size_t liars_in_a_row(const std::vector<std::size_t>& seats,
                           const std::set<std::size_t>& liars) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (std::size_t i = 0; i < 2 * seats.size(); ++i) {
    run = liars.contains(seats[i % seats.size()]) ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::min(longest, seats.size());
}

std::uint64_t timeouts_ms(std::size_t liars_in_a_row) {
  std::uint64_t sum = 0;
  for (std::size_t i = 1; i <= liars_in_a_row; ++i) {
    sum += 3 * std::min(kBaseMs << std::min<std::size_t>(i > 2 ? i - 2 : 0, 10), kCapMs);
  }
  return sum;
}

std::uint64_t longest_gap_ms(std::size_t liars_in_a_row, std::uint64_t delta_ms) {
  return std::max(kLeastGapMs, timeouts_ms(liars_in_a_row) + 5 * delta_ms + kBaseMs);
}

void Measured::add(const Measured& other) {
  gap_ms = std::max(gap_ms, other.gap_ms);
  final_ms = std::max(final_ms, other.final_ms);
  transactions += other.transactions;
  blocks += other.blocks;
  for_each_kind(
      [&](const char*, auto kind) { most.*kind = std::max(most.*kind, other.most.*kind); });
}

Laws::Laws(Simulation& simulation, Bounds bounds, bool binding)
    : simulation_(simulation), bounds_(bounds), binding_(binding) {
  for (std::size_t i = 0; i < simulation_.size(); ++i) {
    if (simulation_.is_faulty(i)) continue;
    honest_.push_back(i);
    simulation_.node(i).on_committed = [this, i] { committed(i); };
  }
}

void Laws::begin() {
  watching_ = true;
  const std::uint64_t now_ms = simulation_.timeline().now_ms();
  for (const std::size_t node : honest_) {
    last_ms_[node] = now_ms;
    if (simulation_.node(node).is_up()) heights_[node] = simulation_.node(node).height();
    first_height_ = std::max(first_height_, heights_[node].value);
  }
  look();
}

void Laws::submitted(TransactionNumber number) {
  waiting_[number] = {simulation_.timeline().now_ms(), {honest_.begin(), honest_.end()}};
}

void Laws::breach(const std::string& what) {
  if (binding_) simulation_.checker().violated(what + simulation_.where_everybody_is());
}

void Laws::note_gap(std::size_t node, std::uint64_t now_ms) {
  for (const auto& [number, waiting] : waiting_) {
    if (!waiting.lacking.contains(node)) continue;
    const std::uint64_t from_ms = std::max(last_ms_[node], waiting.since_ms);
    const std::uint64_t gap_ms = now_ms > from_ms ? now_ms - from_ms : 0;
    measured_.gap_ms = std::max(measured_.gap_ms, gap_ms);
    if (gap_ms > bounds_.gap_ms) {
      breach("node " + std::to_string(node) + " has no new block for " + std::to_string(gap_ms) +
             " ms, at most " + std::to_string(bounds_.gap_ms) + " are allowed");
    }
    return;  // numbers grow with time: the first one waits longest
  }
}

void Laws::committed(std::size_t node) {
  if (!watching_) return;
  const auto& there = simulation_.node(node);
  if (there.height() == heights_[node]) return;
  const std::uint64_t now_ms = simulation_.timeline().now_ms();
  note_gap(node, now_ms);
  heights_[node] = there.height();
  last_ms_[node] = now_ms;
  if (counting_)
    measured_.blocks = std::max(measured_.blocks, there.height().value - first_height_);
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    auto& [number, waiting] = *at;
    if (waiting.lacking.contains(node) && there.is_committed(number)) waiting.lacking.erase(node);
    if (!waiting.lacking.empty()) {
      ++at;
      continue;
    }
    measured_.final_ms = std::max(measured_.final_ms, now_ms - waiting.since_ms);
    if (counting_) ++measured_.transactions;
    at = waiting_.erase(at);
  }
}

void Laws::look_at(std::size_t node, std::uint64_t now_ms) {
  const auto& there = simulation_.node(node);
  if (!there.is_up()) {
    last_ms_[node] = now_ms;
    return;
  }
  note_gap(node, now_ms);
  const auto status = there.status();
  const auto& held = status.holdings;
  for_each_kind([&](const char* kind_name, auto kind) {
    measured_.most.*kind = std::max(measured_.most.*kind, held.*kind);
    if (bounds_.holdings.*kind == 0 || held.*kind <= bounds_.holdings.*kind) return;
    breach("node " + std::to_string(node) + " holds " + std::to_string(held.*kind) + " " +
           kind_name + ", at most " + std::to_string(bounds_.holdings.*kind) + " are allowed");
  });
}

void Laws::look() {
  if (!watching_) return;
  const std::uint64_t now_ms = simulation_.timeline().now_ms();
  for (const std::size_t node : honest_) look_at(node, now_ms);
  for (const auto& [number, waiting] : waiting_) {
    const std::uint64_t waited_ms = now_ms - waiting.since_ms;
    measured_.final_ms = std::max(measured_.final_ms, waited_ms);
    if (waited_ms <= bounds_.final_ms) break;
    breach("transaction " + std::to_string(number) +
           " of an honest node is not final everywhere after " + std::to_string(waited_ms) + " ms");
  }
  simulation_.timeline().after(kLookUs, [this] { look(); });
}

}  // namespace testamur::sim
