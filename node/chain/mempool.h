// The transactions that wait for a block: bounded, one entry an id, fair among authors.
//
// Belongs to the chain's strand, except find_carried(), which any thread may call. What is in here was decoded and has
// verified signatures; whether it fits the state is decided when a block is built and after each finalized block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "ledger/tx/transaction.h"

namespace testamur::node {

class Mempool {
 public:
  struct Limits {
    std::size_t bytes = 128u << 20;
    std::size_t transactions = 200'000;
    std::size_t per_author = 100'000;
  };
  enum class Added { kNew, kKnown, kFull, kAuthorFull };
  // What a visitor says of the transaction it was shown.
  enum class Pick { kNext, kStop };

  explicit Mempool(const Limits& limits) : limits_(limits) {}

  Added add(const ledger::tx::SharedTransaction& transaction, std::uint64_t now_ms, bool local);
  bool contains(const TransactionId& id) const { return entries_.contains(id); }
  ledger::tx::SharedTransaction find(const TransactionId& id) const;
  void erase(const TransactionId& id);

  // Shows transactions in fair order: one of each author in turn, an author's own in the order of arrival. Each round
  // of turns starts with the next author. Entries that are held back are left out.
  void select(const std::function<Pick(const ledger::tx::SharedTransaction&)>& visit);

  // Hold back: not valid in the last finalized state, may become so. `suspects` are those that a build refused since
  // the last call.
  void suspect(const TransactionId& id) { suspects_.insert(id); }
  std::vector<ledger::tx::SharedTransaction> take_suspects(std::size_t at_most);
  void hold(const TransactionId& id);
  void release(const TransactionId& id);
  // Up to `at_most` of those held back, another part each time.
  std::vector<ledger::tx::SharedTransaction> next_held(std::size_t at_most);

  // Those whose validity ended before `header_time_ms`.
  std::vector<TransactionId> expired(std::uint64_t header_time_ms) const;
  std::vector<ledger::tx::SharedTransaction> oldest(std::size_t at_most, std::size_t at_most_bytes) const;
  // When it came here, if it was submitted here.
  std::optional<std::uint64_t> submitted_ms(const TransactionId& id) const;

  // Whether anything waits that is not held back.
  bool any_ready() const { return entries_.size() > held_; }
  std::size_t size() const { return entries_.size(); }
  std::size_t size_bytes() const { return bytes_; }
  const Limits& limits() const { return limits_; }
  std::optional<std::uint64_t> oldest_arrival_ms() const;

  // The transaction with exactly these carried bytes, so that it is not decoded twice. Any thread.
  ledger::tx::SharedTransaction find_carried(ByteView carried) const;

 private:
  struct Entry {
    ledger::tx::SharedTransaction transaction;
    std::uint64_t sequence = 0;
    std::uint64_t arrival_ms = 0;
    bool local = false;
    bool held = false;
  };

  const Limits limits_;
  std::unordered_map<TransactionId, Entry> entries_;
  std::map<std::uint64_t, Entry*> by_arrival_;
  std::map<InstitutionId, std::map<std::uint64_t, Entry*>> by_author_;
  std::set<std::pair<std::uint64_t, TransactionId>> by_end_;
  std::set<TransactionId> suspects_;
  std::set<TransactionId> held_ids_;
  TransactionId last_held_;   // where next_held() goes on
  InstitutionId last_first_;  // the author that the last round began with
  std::size_t held_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t next_sequence_ = 1;

  mutable std::mutex carried_mutex_;
  std::unordered_map<std::uint64_t, ledger::tx::SharedTransaction> carried_;
};

}  // namespace testamur::node
