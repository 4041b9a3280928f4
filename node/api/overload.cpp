#include "node/api/overload.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace testamur::node {
namespace {

constexpr std::uint64_t kRecentMs = 60'000;

constexpr std::array<std::string_view, kLimitCount> kNames = {
    "api_connections", "metrics_connections", "descriptors",
    "rate_limit",      "open_calls",          "queued_calls",
    "streams",         "awaited_ids",         "unread_answers",
    "stalled",         "api_streams",         "request_bytes",
    "request_headers"};
constexpr std::array<std::string_view, kLimitCount> kWords = {
    "connections to the API are turned away",
    "connections to the metrics are turned away",
    "no more files can be opened: connections wait",
    "calls are refused: too many a second from one address",
    "calls are refused: too many are open",
    "calls are refused: too many wait for their turn",
    "streams are refused: too many are open",
    "waiting for transactions is refused: too many are waited for",
    "answers are refused: too much was not taken by its caller yet",
    "calls were ended whose answer was not taken",
    "connections wait or were ended: too many requests have begun or were given up lately",
    "calls are refused: too many bytes of requests are at work",
    "connections were ended: the headers of a request were too long"};

constexpr std::array<std::string_view, kLimitCount> kRules = {
    "connections to the API",
    "connections to the metrics",
    "open files",
    "calls a second of one address",
    "calls open at once",
    "calls that wait for their turn",
    "streams open at once",
    "transactions waited for at once",
    "bytes of answers that their caller has not taken yet",
    "seconds for taking an answer",
    "bytes that requests which have begun take",
    "bytes of requests that are at work",
    "bytes of the headers of a request"};

}  // namespace

std::string_view rule_of(Limit limit) { return kRules.at(static_cast<std::size_t>(limit)); }

std::string_view name_of(Limit limit) { return kNames.at(static_cast<std::size_t>(limit)); }

std::uint64_t Overload::now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

void Overload::note(Limit limit, const CallerKey& caller, std::uint64_t now_ms) {
  std::uint64_t refused = 0;
  CallerKey mostly{};
  {
    const std::lock_guard lock(mutex_);
    auto& entry = entries_.at(static_cast<std::size_t>(limit));

    ++entry.total;
    if (now_ms > entry.last_ms + kRecentMs) {
      entry.recent = entry.votes = 0;
      entry.since_ms = now_ms;
    }
    entry.last_ms = now_ms;
    ++entry.recent;

    if (entry.votes == 0) entry.candidate = caller;
    entry.votes = entry.candidate == caller ? entry.votes + 1 : entry.votes - 1;

    // The first of a flood is told at once, and the rest by its number: a line for each of them
    // would fill the disk of whoever is flooded.
    ++entry.unreported;
    if (!entry.reported_ms || now_ms >= *entry.reported_ms + kRecentMs) {
      entry.reported_ms = now_ms;
      refused = std::exchange(entry.unreported, 0);
      mostly = entry.candidate;
    }
  }
  if (refused != 0 && report_) report_(limit, refused, mostly);
}

std::vector<std::string> Overload::obstacles(std::uint64_t now_ms) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < kLimitCount; ++i) {
    const auto& entry = entries_.at(i);
    if (entry.recent == 0 || now_ms > entry.last_ms + kRecentMs) continue;
    all.push_back("overload (" + std::string(kNames.at(i)) + "): " + std::string(kWords.at(i)) +
                  ", " + std::to_string(entry.recent) + " in the last " +
                  std::to_string((now_ms - std::min(now_ms, entry.since_ms)) / 1000 + 1) +
                  " s, mostly of " + to_text(entry.candidate));
  }
  return all;
}

std::vector<std::pair<std::string_view, std::uint64_t>> Overload::totals() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string_view, std::uint64_t>> all;
  for (std::size_t i = 0; i < kLimitCount; ++i)
    all.emplace_back(kNames.at(i), entries_.at(i).total);
  return all;
}

}  // namespace testamur::node
