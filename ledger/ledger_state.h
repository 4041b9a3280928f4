// The writing side of one block: everything a transaction may do to the three authenticated
// structures.
//
// Thin over log.h, pages.h and registry.h, it adds what the block knows (height, time). All writes
// go to the overlay, so its savepoints undo them; nothing is kept besides. Hashing waits for
// seal(), so that many changes of one page or one registry entry cost one update. Belongs to one
// thread at a time.
#pragma once

#include <cstdint>
#include <span>

#include "common/ids.h"
#include "ledger/header.h"
#include "ledger/log.h"
#include "ledger/pages.h"
#include "ledger/registry.h"
#include "ledger/state.h"

namespace testamur::ledger {

class LedgerState {
 public:
  // `overlay` is borrowed and has no own writes yet.
  LedgerState(Overlay& overlay, Height height, std::uint64_t time_ms);

  Height height() const { return height_; }
  std::uint64_t time_ms() const { return time_ms_; }
  Overlay& overlay() { return overlay_; }
  // The state with what this block wrote so far. Roots and proofs are those of before until seal().
  Log log() const { return Log{overlay_}; }
  Pages pages() const { return Pages{overlay_}; }
  Registry registry() const { return Registry{overlay_}; }

  // The index that the next transaction gets.
  LogIndex next_log_index() const { return LogIndex{log().size()}; }
  bool is_committed(const TransactionId& id) const { return log().find(id).has_value(); }
  // Records a transaction in the log and returns its index, which its effects name. Called once for
  // each transaction, in the order of the block; before or after its effects are written.
  LogIndex append_log(std::uint16_t kind, const InstitutionId& author, const KeyId& key,
                      const TransactionId& id);

  // Takes the indexes and appends the pages. False, with nothing changed, when the issuer would get
  // more separate ranges than `max_intervals`. Precondition:
  // pages().used_ranges(issuer).first_overlap(run) is nothing.
  bool issue_listed(const BatchOrigin& origin, std::span<const Commitment> commitments,
                    std::size_t max_intervals = UsedRanges::kMaxIntervals);
  bool issue_anchored(const BatchOrigin& origin, std::uint64_t count,
                      std::span<const Hash256> page_roots,
                      std::size_t max_intervals = UsedRanges::kMaxIntervals);
  // The origin of a batch whose transaction is the next of the log.
  BatchOrigin origin(const InstitutionId& issuer, const KeyId& key,
                     const AchievementId& achievement, IssuerIndex first_index) const;

  void set_status(const StatusPlan& plan, LogIndex log_index, std::uint8_t reason);

  // Adds a record that holds from this block's height and time on. Returns its number among the
  // records of its name, from 1.
  std::uint64_t put_record(const RecordName& name, Bytes body);

  // Hashes what the block changed and returns the roots after it. Called once, at the end.
  Roots seal();

 private:
  Overlay& overlay_;
  Height height_;
  std::uint64_t time_ms_;
  std::uint64_t log_size_before_;
  std::uint64_t page_count_before_;
};

// The roots of a sealed state.
Roots read_roots(const StateReader& state);

}  // namespace testamur::ledger
