// Work that waits for one worker, by who caused it: a line for each institution, members of the
// validator set before all others, and among equals the one that has cost least so far.
//
// Among lines of one rank the order is that of start-time fair queueing: each line has a virtual
// time, serving an item moves it on by the item's cost, and the line that is furthest behind is
// served next. So of two lines that always have something, neither gets more than one item's cost
// ahead of the other, however many items the other queues; a line that was idle begins where the
// others are and saves nothing up. Nothing of a lower rank is given while a higher one waits.
// Everybody but the members together is served no faster than `pace` says, so that their number
// buys them nothing.
//
// Bounds: entries and bytes a line; what exceeds is refused. One thread at a time (owners lock).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/check.h"
#include "node/net/network.h"

namespace testamur::node::net {

template <class Item>
class FairQueue {
 public:
  struct Limits {
    std::size_t entries = 16u << 10;    // a line
    std::size_t bytes = 16u << 20;      // a line
    std::uint64_t pace_per_second = 0;  // units for all who are no members; 0: no limit
    std::uint64_t pace_burst = 0;
  };
  struct Source {
    InstitutionId institution;
    Rank rank = Rank::kStranger;
  };
  // No line falls behind by more than this, so that a mistake is forgiven in bounded time.
  static constexpr std::uint64_t kMostDebt = 5'000'000;

  explicit FairQueue(const Limits& limits)
      : limits_(limits), tokens_(static_cast<std::int64_t>(limits.pace_burst)) {}

  // False: the line is full, and nothing has changed. What must not be lost is not bounded, and is
  // seldom.
  enum class Bound : std::uint8_t { kBounded, kAlways };
  bool push(const Source& source, std::uint64_t units, std::size_t bytes, Item item,
            Bound bound = Bound::kBounded) {
    auto& line = lines_[source.institution];
    if (bound == Bound::kBounded && !line.entries.empty() &&
        (line.entries.size() >= limits_.entries || line.bytes + bytes > limits_.bytes)) {
      return false;
    }

    take_out(source.institution, line);
    line.rank = source.rank;
    line.entries.push_back({units, bytes, std::move(item)});
    line.bytes += bytes;
    ++size_;
    put_in(source.institution, line);
    return true;
  }

  // What is to be done next. Nothing when all is empty, or when the pace of the others says to
  // wait.
  std::optional<Item> pop(std::uint64_t now_ms) {
    refill(now_ms);
    for (std::size_t rank = 0; rank < kRanks; ++rank) {
      auto& ready = ready_[rank];
      if (ready.empty()) continue;
      if (rank != 0 && paced() && tokens_ <= 0) return std::nullopt;

      const auto [start, institution] = *ready.begin();
      auto& line = lines_.at(institution);
      take_out(institution, line);
      auto entry = std::move(line.entries.front());
      line.entries.pop_front();
      line.bytes -= entry.bytes;
      --size_;
      clock_[rank] = std::max(clock_[rank], start);
      line.time = start + entry.units;
      if (rank != 0) spend(entry.units);
      put_in(institution, line);
      return std::move(entry.item);
    }
    return std::nullopt;
  }

  // How long pop() has to wait before it gives something; nothing when it is empty.
  std::optional<std::uint64_t> wait_ms(std::uint64_t now_ms) {
    if (size_ == 0) return std::nullopt;
    refill(now_ms);
    if (!ready_[0].empty() || !paced() || tokens_ > 0) return 0;
    return static_cast<std::uint64_t>(1 - tokens_) * 1000 / limits_.pace_per_second + 1;
  }

  // What an item turned out to cost beyond what was declared.
  void charge(const InstitutionId& institution, std::uint64_t units) {
    const auto found = lines_.find(institution);
    if (found == lines_.end()) return;
    auto& line = found->second;
    take_out(institution, line);
    line.time = std::min(line.time + units, clock_[index(line.rank)] + kMostDebt);
    if (line.rank != Rank::kMember) spend(units);
    put_in(institution, line);
  }

  // Drops the entries of an institution for which `gone` is true; how many.
  template <class Gone>
  std::size_t erase_if(const InstitutionId& institution, const Gone& gone) {
    const auto found = lines_.find(institution);
    if (found == lines_.end()) return 0;
    auto& line = found->second;
    // The set of lines that are ready names a line only while it holds something.
    take_out(institution, line);

    const auto before = line.entries.size();
    std::erase_if(line.entries, [&](const Entry& entry) {
      if (!gone(entry.item)) return false;
      line.bytes -= entry.bytes;
      return true;
    });

    const auto dropped = before - line.entries.size();
    size_ -= dropped;
    put_in(institution, line);
    return dropped;
  }

  std::size_t size() const { return size_; }
  std::size_t size_of(const InstitutionId& institution) const {
    const auto found = lines_.find(institution);
    return found == lines_.end() ? 0 : found->second.entries.size();
  }

 private:
  struct Entry {
    std::uint64_t units;
    std::size_t bytes;
    Item item;
  };
  struct Line {
    Rank rank = Rank::kStranger;
    std::uint64_t time = 0;  // virtual: where its next item starts
    std::size_t bytes = 0;
    std::deque<Entry> entries;
  };
  static constexpr std::size_t kForgetFrom = 256;  // lines

  static std::size_t index(Rank rank) { return static_cast<std::size_t>(rank); }
  bool paced() const { return limits_.pace_per_second != 0; }

  void take_out(const InstitutionId& institution, const Line& line) {
    if (!line.entries.empty()) ready_[index(line.rank)].erase({line.time, institution});
  }

  void put_in(const InstitutionId& institution, Line& line) {
    if (!line.entries.empty()) {
      line.time = std::max(line.time, clock_[index(line.rank)]);
      ready_[index(line.rank)].emplace(line.time, institution);
      return;
    }
    // An idle line is only kept while it still has something to pay.
    if (lines_.size() > kForgetFrom && line.time <= clock_[index(line.rank)])
      lines_.erase(institution);
  }

  // What one caused must not keep all others waiting for long.
  void spend(std::uint64_t units) {
    const auto floor = -static_cast<std::int64_t>(limits_.pace_burst);
    tokens_ = std::max(tokens_ - static_cast<std::int64_t>(std::min(units, kMostDebt)), floor);
  }

  void refill(std::uint64_t now_ms) {
    if (!paced()) return;
    const auto elapsed_ms =
        std::min<std::uint64_t>(now_ms - std::min(now_ms, filled_at_ms_), 60'000);
    const auto gained = elapsed_ms * limits_.pace_per_second / 1000;
    if (gained == 0) return;
    filled_at_ms_ = now_ms;
    tokens_ = std::min(static_cast<std::int64_t>(limits_.pace_burst),
                       tokens_ + static_cast<std::int64_t>(gained));
  }

  const Limits limits_;
  std::map<InstitutionId, Line> lines_;
  std::array<std::set<std::pair<std::uint64_t, InstitutionId>>, kRanks> ready_;
  std::array<std::uint64_t, kRanks> clock_{};
  std::size_t size_ = 0;
  std::int64_t tokens_;
  std::uint64_t filled_at_ms_ = 0;
};

}  // namespace testamur::node::net
