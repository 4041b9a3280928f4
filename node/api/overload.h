// What was refused because somebody asked for too much: for the node's status, metrics and log.
//
// Remembers for each limit how often it refused, and who was refused most of late, and says so at
// the first refusal and at most once a minute after it. Constant memory.
// Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/api/caller.h"

namespace testamur::node {

enum class Limit : std::uint8_t {
  kApiConnections,
  kMetricsConnections,
  kDescriptors,  // the process may open no more files
  kRate,
  kOpenCalls,
  kQueuedCalls,
  kStreams,
  kAwaited,
  kUnreadAnswers,
  kStalled,     // calls whose answer was not taken: ended
  kApiStreams,  // requests that have begun: their connections wait
  kRequestBytes,
  kRequestHeaders,  // headers of a request: their connection was ended
};
inline constexpr std::size_t kLimitCount = 13;
// Its stable name: ErrorDetail.code, the metric testamur_refused_<name>_total, docs/limits.md.
std::string_view name_of(Limit limit);
// What it bounds, in a few words.
std::string_view rule_of(Limit limit);

class Overload {
 public:
  // `refused` since the last report of this limit, mostly of `caller`. Called by whoever notes the
  // refusal, without a lock.
  using Report = std::function<void(Limit limit, std::uint64_t refused, const CallerKey& caller)>;
  explicit Overload(Report report = {}) : report_(std::move(report)) {}

  // The clock that the functions below expect; it does not go back.
  static std::uint64_t now_ms();

  void note(Limit limit, const CallerKey& caller, std::uint64_t now_ms);

  // A sentence for each limit that has refused something within the last minute.
  std::vector<std::string> obstacles(std::uint64_t now_ms) const;
  std::vector<std::pair<std::string_view, std::uint64_t>> totals() const;

 private:
  struct Entry {
    std::uint64_t total = 0;
    std::uint64_t recent = 0;  // since `since_ms`, which begins anew after a quiet minute
    std::uint64_t since_ms = 0;
    std::uint64_t last_ms = 0;
    std::uint64_t unreported = 0;
    std::optional<std::uint64_t> reported_ms;
    // Boyer and Moore's vote: whoever was refused more often than all others together stands here.
    CallerKey candidate{};
    std::uint64_t votes = 0;
  };
  const Report report_;
  mutable std::mutex mutex_;
  std::array<Entry, kLimitCount> entries_;
};

}  // namespace testamur::node
