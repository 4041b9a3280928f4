// StatementResolver: a history as one viewpoint sees it at a height, for one scope point and
// policy: which statements govern, who is in good standing, what passes to successors, who is
// blocked. The only place that knows these rules; for the engine, not for callers. Every list that
// it walks is charged to `work`; once that is used up its answers are of any value, and whoever
// asked must say "too large" instead. One thread; nobody may append to the history meanwhile.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "trust/decide.h"
#include "trust/work.h"

namespace testamur::trust {

// A ledger row, or beyond kLocalBase a local statement, or beyond kAssumeBase an assumption.
using Source = std::uint32_t;
inline constexpr Source kLocalBase = 0xC000'0000;
inline constexpr Source kAssumeBase = 0xE000'0000;
inline constexpr std::uint16_t kAnyScheme = 0xffff;

// The largest amount among the statements of depth >= r, and the statement that has it, for r =
// 0..7.
struct Caps {
  std::array<std::uint8_t, kMaxDepth + 1> amount{};
  std::array<Source, kMaxDepth + 1> by{};
  void raise(std::uint8_t to, std::uint8_t depth, Source source);
};

// Everything one party effectively says of another.
struct Relation {
  Caps trust;
  Caps accredit;
  bool distrusted = false;  // then both caps are zero
  Source distrusted_by = 0;
};

class StatementResolver {
 public:
  // `query`, `policy` and `history` must outlive the resolver.
  StatementResolver(const History& history, const Query& query, const Policy& policy, Work& work);

  PartyIndex viewpoint() const { return viewpoint_; }
  // Charges what a caller does with the answers. False once the work is used up.
  bool spend(std::uint64_t steps = 1) { return work_.spend(steps); }
  // Whether the party was registered at or below the height. The viewpoint always is.
  bool is_visible(PartyIndex party) const;
  bool in_good_standing(PartyIndex party, std::uint64_t at) const;
  bool holds_role(PartyIndex party) const;

  // What u says of v at `at`; u != v. `schemes`: which accreditations count.
  Relation relation(PartyIndex u, PartyIndex v, std::uint64_t at,
                    std::uint16_t schemes = kAnyScheme);
  // Whether anything at all was ever said along u -> v, predecessors included. Cheap.
  bool may_be_related(PartyIndex u, PartyIndex v) const;
  // Whether the party is in B = B(at) and B(today). `blocks` receives the distrusts that do it.
  bool is_blocked(PartyIndex party, std::uint64_t at, std::vector<Arc>* blocks = nullptr);

  // The parties that u may have said something of, and those that may have said something of t;
  // each once, without the party itself, in no particular order.
  std::vector<PartyIndex> targets(PartyIndex u);
  std::vector<PartyIndex> authors(PartyIndex t);
  std::uint64_t out_degree(PartyIndex u) const;
  std::uint64_t in_degree(PartyIndex t) const;

  // The statements of u about v on the ledger that govern their slot and are effective at `at`,
  // whatever their scope. Every other question about statements is answered from these.
  std::vector<RowIndex> governing(PartyIndex u, PartyIndex v, std::uint64_t at);

  Arc arc(PartyIndex u, PartyIndex v, Source source, std::uint64_t at) const;
  const InstitutionId& id_of(PartyIndex party) const;
  const History& history() const { return history_; }
  // From when a statement no longer counts (valid_until or a named end), as seen by others.
  std::uint64_t until(const Row& row, bool by_author, std::uint64_t at) const;
  // Whether an accreditation counts at `at` in view of its author's role.
  bool role_counts(const Row& row, std::uint64_t at) const;
  bool is_void(const Row& row, bool by_author, std::uint64_t at) const {
    return annulment(row, by_author, at) != Annulment::kNone;
  }
  bool visible(std::uint32_t block) const { return block < visible_blocks_; }

 private:
  // Whether a statement is annulled, as seen at a time. kLater: after that time: for others it
  // still occupies its slot, but only a distrust still counts.
  enum class Annulment : std::uint8_t { kNone, kLater, kEffective };
  // A party whose statements pass to the one asked about.
  struct Ancestor {
    PartyIndex party;
    std::uint32_t link;  // the first link: what was said before it passes on
    bool positive;       // else only distrust
  };
  struct Local {
    PartyIndex subject;
    std::uint32_t index;  // in the policy
  };
  struct Collected;

  Annulment annulment(const Row& row, bool by_author, std::uint64_t at) const;
  std::optional<std::uint64_t> first_compromise(const Row& row) const;
  RowIndex newest(RowIndex last, bool by_author, std::uint64_t at) const;
  // These two append to governing_.
  void find_governing_trust(const Pair& pair, std::uint64_t at, bool by_author);
  void find_governing_accredit(const Pair& pair, std::uint64_t at, bool by_author);
  void collect_trust(const Pair& pair, std::uint64_t at, std::uint32_t before, Collected& into);
  void collect_accredit(const Pair& pair, std::uint64_t at, std::uint32_t before, Collected& into);
  void collect_ledger(PartyIndex u, PartyIndex v, std::uint64_t at, std::uint32_t before,
                      Collected& into);
  void collect_own(PartyIndex v, std::uint64_t at, const Ancestor* ancestor, Collected& into);
  void collect_assumed(PartyIndex u, PartyIndex v, std::uint64_t at, Collected& into);
  void apply_row(RowIndex index, Collected& into) const;
  void apply_local(std::uint32_t index, Collected& into) const;
  bool local_lifts(const Row& distrust, PartyIndex subject, std::uint64_t at) const;
  std::vector<Ancestor> ancestors(PartyIndex v, std::uint64_t at) const;
  bool is_withdrawn(const StatementId& id) const;
  bool is_parent(PartyIndex child, PartyIndex parent) const;
  void collect_blocks(PartyIndex party, std::uint64_t at, std::vector<Arc>& blocks);
  std::vector<PartyIndex> kin(PartyIndex from, bool forwards) const;

  const History& history_;
  const Query& query_;
  const Policy& policy_;
  Work& work_;
  PartyIndex viewpoint_;
  std::uint32_t visible_blocks_;
  std::vector<Local> locals_;
  std::vector<PartyIndex> vetoers_;
  std::vector<std::pair<PartyIndex, PartyIndex>>
      assumed_;                         // as the query's list; kNoIndex = not on the ledger
  std::vector<RowIndex> best_of_slot_;  // scratch of find_governing_accredit
  std::vector<RowIndex> governing_;     // scratch of what is collected
};

}  // namespace testamur::trust
