// The transactions that wait for a block: bounded, one entry an id, fair among authors.
//
// What comes in has passed Admission: its author is known and its signatures hold. So an id in here
// stands for a copy that was genuine when it came, and no forged copy can keep a genuine one out.
// An entry is *ready*, or *deferred*: valid by its signatures and not by the last finalized state.
// Of what peers brought, deferred entries have a deadline and a small share.
//
// Full is never for good. An author has a share of bytes and of entries; within it a ready
// transaction always gets in as long as somebody else holds more: deferred entries of peers go
// first, then the newest of the author with the most bytes. What was submitted here is never thrown
// out: the node has promised to bring it to an end. Issues whose indexes are claimed by another
// entry of their author can not all commit; of these rivals an author has few.
//
// Belongs to the chain's strand, except find_encoded(), which any thread may call.
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
  enum class Fit : std::uint8_t { kReady, kDeferred };
  static constexpr std::uint64_t kDeferredLifeMs = 120'000;  // of what peers brought
  static constexpr std::size_t kRivals = 8;                  // an author
  // What a visitor says of the transaction it was shown.
  enum class Pick { kNext, kStop };

  explicit Mempool(const Limits& limits) : limits_(limits) {}

  // A copy that is ready takes the place of one that is deferred. kAuthorFull: the share of its
  // author is used up.
  Added add(const ledger::tx::SharedTransaction& transaction, std::uint64_t now_ms, bool local,
            Fit fit = Fit::kReady);
  bool contains(const TransactionId& id) const { return entries_.contains(id); }
  ledger::tx::SharedTransaction find(const TransactionId& id) const;
  void erase(const TransactionId& id);

  // Shows transactions in fair order: one of each author in turn, an author's own in the order of
  // arrival. Each round of turns starts with the next author. Entries that are deferred are left
  // out.
  void select(const std::function<Pick(const ledger::tx::SharedTransaction&)>& visit);

  // Defer: not valid in the last finalized state, may become so. Marked for a recheck are those
  // that a build refused since the last call.
  void mark_for_recheck(const TransactionId& id) { to_recheck_.insert(id); }
  std::vector<ledger::tx::SharedTransaction> take_for_recheck(std::size_t at_most);
  void defer(const TransactionId& id, std::uint64_t now_ms);
  void undefer(const TransactionId& id);
  // Up to `at_most` of those deferred, another part each time.
  std::vector<ledger::tx::SharedTransaction> next_deferred(std::size_t at_most);

  // Those whose validity ended before `header_time_ms`.
  std::vector<TransactionId> expired(std::uint64_t header_time_ms) const;
  // Drops what peers brought and what is deferred since longer than kDeferredLifeMs; how many.
  std::size_t drop_overdue(std::uint64_t now_ms);
  enum class Which : std::uint8_t { kAll, kReady };
  std::vector<ledger::tx::SharedTransaction> oldest(std::size_t at_most, std::size_t at_most_bytes,
                                                    Which which = Which::kAll) const;
  // When it came here, if it was submitted here.
  std::optional<std::uint64_t> submitted_ms(const TransactionId& id) const;

  // Whether anything waits that is not deferred.
  bool any_ready() const { return entries_.size() > deferred_ids_.size(); }
  std::size_t size() const { return entries_.size(); }
  std::size_t size_bytes() const { return bytes_; }
  std::size_t deferred() const { return deferred_ids_.size(); }
  const Limits& limits() const { return limits_; }
  std::optional<std::uint64_t> oldest_arrival_ms() const;

  // The transaction with exactly these carried bytes, so that it is not decoded twice. Any thread.
  ledger::tx::SharedTransaction find_encoded(ByteView carried) const;

 private:
  struct Entry {
    ledger::tx::SharedTransaction transaction;
    std::uint64_t sequence = 0;
    std::uint64_t arrival_ms = 0;
    bool local = false;
    bool deferred = false;
    bool rival = false;  // its indexes were claimed when it came
    std::uint64_t deferred_since_ms = 0;
    std::size_t size() const { return transaction->encoded().size(); }
  };
  struct Author {
    std::map<std::uint64_t, Entry*> queue;  // by arrival
    std::set<std::uint64_t> foreign;        // of these, what peers brought
    std::map<std::uint64_t, std::uint64_t>
        claims;  // index runs of entries that are no rivals: first -> last
    std::size_t bytes = 0;
    std::size_t rivals = 0;
    std::size_t deferred_bytes = 0;
  };
  using Authors = std::map<InstitutionId, Author>;

  Added take(const ledger::tx::SharedTransaction& transaction, std::uint64_t now_ms, bool local,
             Fit fit);
  Added check_share(const ledger::tx::Transaction& transaction, bool local, Fit fit) const;
  bool make_room(const InstitutionId& author, std::size_t size);
  bool fits(std::size_t size) const;
  const Entry* heaviest_foreign(const InstitutionId& author, std::size_t size) const;
  bool is_claimed(const ledger::tx::Transaction& transaction) const;
  void insert(const ledger::tx::SharedTransaction& transaction, std::uint64_t now_ms, bool local);
  void set_bytes(const InstitutionId& id, Author& author, std::size_t bytes);
  void make_local(Entry& entry, std::uint64_t now_ms);
  std::size_t author_bytes(bool local) const;
  std::size_t deferred_bytes_limit() const { return limits_.bytes / 8; }

  const Limits limits_;
  std::unordered_map<TransactionId, Entry> entries_;
  std::map<std::uint64_t, Entry*> by_arrival_;
  Authors by_author_;
  std::set<std::pair<std::size_t, InstitutionId>> by_bytes_;
  std::set<std::pair<std::uint64_t, TransactionId>> by_end_;
  std::set<TransactionId> to_recheck_;
  std::set<TransactionId> deferred_ids_;
  std::set<std::pair<std::uint64_t, TransactionId>> deferred_foreign_;  // by since when
  TransactionId last_deferred_;  // where next_deferred() goes on
  InstitutionId last_first_;     // the author that the last round began with
  std::size_t deferred_bytes_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t next_sequence_ = 1;

  mutable std::mutex encoded_mutex_;
  std::unordered_map<std::uint64_t, ledger::tx::SharedTransaction> encoded_;
};

}  // namespace testamur::node
