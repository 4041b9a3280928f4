// Where a node's time goes, and what it did: plain counters, which only grow, and gauges,
// exposed as metrics.
//
// Thread-safe; relaxed, because each number is read for itself.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace testamur::node {

class Counter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A figure that goes up and down.
class Gauge {
 public:
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Nanoseconds spent and how often.
struct Stopwatch {
  Counter nanoseconds;
  Counter count;
};

class TimedSection {
 public:
  explicit TimedSection(Stopwatch& watch)
      : watch_(watch), start_(std::chrono::steady_clock::now()) {}
  TimedSection(const TimedSection&) = delete;
  TimedSection& operator=(const TimedSection&) = delete;
  ~TimedSection() {
    auto spent = std::chrono::steady_clock::now() - start_;
    watch_.nanoseconds.add(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count()));
    watch_.count.add();
  }

 private:
  Stopwatch& watch_;
  std::chrono::steady_clock::time_point start_;
};

struct Counters {
  Stopwatch build;      // choosing and executing transactions for an own block
  Stopwatch validate;   // executing another's block
  Stopwatch decode;     // strict decoding of transactions from the network and from blocks
  Stopwatch verify;     // signature verifications that were not in the cache
  Stopwatch sync;       // journal writes with their sync
  Stopwatch apply;      // writing finalized blocks to the store
  Stopwatch check;      // checks of submitted transactions
  Stopwatch consensus;  // the engine, without build, validate and apply
  Stopwatch encode;     // encoding of messages to peers
  Counter verify_cached;
  Counter sync_bytes;
  Counter frames_out, bytes_out, frames_in;
  Counter transactions_submitted, transactions_refused, transactions_from_peers;
  Counter transactions_committed, commitments_listed, blocks_committed, blocks_built;
  Counter transactions_rejected, transactions_expired;
  Counter commit_latency_ms, commit_latency_count;  // of locally submitted transactions
  Counter misbehaviour;
  Gauge votes;  // 1: this node votes in the view in which it is
};

}  // namespace testamur::node
