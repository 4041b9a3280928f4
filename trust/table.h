// Cached decisions: for one viewpoint, policy and scope point, the outcome for every issuer at
// every time from `covers_from` to `today`, as the ledger stood at one height. A look-up is a load
// and a comparison.
//
// Making one is bounded in work: what was too much to compute is not in it, and decide() answers.
// A DecisionTable is immutable: the node builds the next one beside its readers and swaps a
// pointer. Readers need no lock. A TableMaker belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "trust/sweep.h"

namespace testamur::trust {

class DecisionTable {
 public:
  // Nothing: outside of what the table covers, or not known to it. Ask decide().
  std::optional<Outcome> find(PartyIndex issuer, std::uint64_t at_ms) const {
    if (at_ms < covers_from_ms_ || at_ms > as_of_.today_ms || issuer >= latest_.size())
      return std::nullopt;
    const std::uint64_t entry = latest_[issuer];
    if (at_ms >= entry >> 2) return outcome_of(entry);
    return find_older(issuer, at_ms);
  }
  const AsOf& as_of() const { return as_of_; }
  std::uint64_t covers_from_ms() const { return covers_from_ms_; }
  const Hash256& policy_digest() const { return policy_digest_; }
  std::size_t memory_bytes() const;

 private:
  friend class TableMaker;
  // An entry is start << 2 | outcome; 0 in the place of the outcome: not known.
  static std::optional<Outcome> outcome_of(std::uint64_t entry) {
    return (entry & 3U) == 0 ? std::nullopt : std::optional(static_cast<Outcome>(entry & 3U));
  }
  struct Older {
    std::uint64_t entry;
    std::uint32_t next;
  };
  std::optional<Outcome> find_older(PartyIndex issuer, std::uint64_t at_ms) const;

  AsOf as_of_;
  std::uint64_t covers_from_ms_ = 0;
  Hash256 policy_digest_;
  std::vector<std::uint64_t> latest_;  // the interval that reaches today
  std::vector<std::uint32_t> older_;   // first of the earlier intervals, newest first
  std::vector<Older> intervals_;
};

// Compiled graphs of the present refresh, shared by the viewpoints of a node.
class GraphCache {
 public:
  const GraphSet& get(const History& history, const AsOf& as_of, std::uint64_t at_ms,
                      const ScopePoint& point, const Policy& policy);
  // Forgets everything; call when the height changes.
  void clear() { sets_.clear(); }

 private:
  struct Key {
    Height height;
    std::uint64_t today_ms;
    std::uint64_t at_ms;
    ScopePoint point;
    std::uint32_t days;
    std::vector<AccreditationRequirement> accreditation;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, GraphSet> sets_;
};

class TableMaker {
 public:
  // The steps of one refresh beside what is linear in the history: some seconds on one thread.
  static constexpr std::uint64_t kRefreshWork = 10 * kDefaultWork;

  TableMaker(InstitutionId viewpoint, ScopePoint point, Policy policy,
             std::uint64_t refresh_work = kRefreshWork);

  // The table as of now. The intervals of the last table are continued where nothing that is new
  // speaks about the past; otherwise the new table covers only today onwards. `history` must be the
  // same, possibly longer, and nobody may append meanwhile.
  std::shared_ptr<const DecisionTable> refresh(const History& history, const AsOf& as_of,
                                               GraphCache& graphs);

 private:
  Query query_at(const AsOf& as_of, std::uint64_t at_ms) const;
  bool speaks_of_past(const History& history, const Row& row) const;
  // Takes in what was appended since the last refresh; false where it speaks of the past.
  bool take_news(const History& history, const AsOf& as_of);
  std::vector<std::uint64_t> moments(std::uint64_t from_ms, std::uint64_t until_ms) const;
  void continue_with(DecisionTable& table, const std::vector<std::optional<Outcome>>& outcomes,
                     std::uint64_t at_ms) const;

  InstitutionId viewpoint_;
  ScopePoint point_;
  Policy policy_;
  std::uint64_t refresh_work_;
  Sweep sweep_;
  std::shared_ptr<const DecisionTable> last_;
  std::vector<PartyIndex> blocked_today_;
  std::size_t rows_seen_ = 0;
  PartyIndex parties_seen_ = 0;
  std::uint64_t events_seen_ = 0;
  std::vector<std::uint64_t>
      boundaries_;  // times at which a statement starts or ends, or a succession's window does
};

}  // namespace testamur::trust
