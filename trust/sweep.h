// All issuers from one viewpoint at once. Two passes over the arcs bound every issuer's flow from
// below and above; only where the bounds leave the threshold open is the flow computed, and only up
// to the threshold. The two passes are linear in the graph; what lies behind them is not, and is
// charged to a Work: an issuer for which it does not suffice has no outcome here. Deterministic;
// one thread at a time per object; no state is kept between runs but memory.
//
// What can carry flow from the viewpoint s to an issuer t, with its capacities (docs/trust.md,
// "Definition"):
//
//        direct
//   s ------------------------------------------------------------> t
//        first      direct_capacity                    last
//   s --------> u -------------------> v = u ---------------------> t    u speaks of t itself
//        first      introduction        second hop     last
//   s --------> u -------------------> u' ---------> v -----------> t    u introduces v
//
// `direct` is at most ceiling 1, `direct_capacity` at most ceiling 2, and `introduction` at most
// ceiling 3 and what s says of u with a depth of 2 or more. `first` bounds both what u says itself
// and what it introduces. The supply of v is what can arrive at v at most.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "trust/csr.h"

namespace testamur::trust {

// The compiled graphs that one policy needs at one (height, time, point): trust, and one for each
// accreditation requirement that applies to the point.
struct GraphSet {
  CsrGraph trust;
  std::vector<std::pair<AccreditationRequirement, CsrGraph>> accreditation;
};
GraphSet compile(const History& history, const AsOf& as_of, std::uint64_t at_ms,
                 const ScopePoint& point, const Policy& policy);

class Sweep {
 public:
  // The outcome for every party as an issuer, by index, equal to decide() for each of them; nothing
  // where the work was used up before it was known. `query.issuer` and `query.work_limit` are not
  // read; `graphs` must be compiled for the same height, time, point and policy.
  std::vector<std::optional<Outcome>> run(const History& history, const GraphSet& graphs,
                                          const Query& query, const Policy& policy, Work& work);

 private:
  struct Intermediary {  // u
    PartyIndex party;
    std::uint32_t first;
    std::uint32_t direct_capacity;  // min(first, ceiling 2)
    std::uint32_t introduction;
  };
  struct SecondHop {     // u' -> v, kept with v
    std::uint32_t from;  // position of u in intermediaries_
    std::uint32_t amount;
  };
  struct WidestPath {  // of the chains of one or two that arrive at v
    std::uint32_t amount = 0;
    PartyIndex from = 0;  // the intermediary
  };
  // Whether an issuer meets a requirement. Unknown: the work was used up before it showed.
  enum class Reach : std::uint8_t { kNo, kYes, kUnknown };
  static Reach both(Reach a, Reach b);
  // Two positions: of u in intermediaries_, of v in a list of last hops.
  using Introduction = std::pair<std::uint32_t, std::uint32_t>;

  // Whether the flow to each party is at least `needed`.
  std::vector<Reach> find_reached(const CsrGraph& graph, const std::vector<CsrArc>& own,
                                  const Policy& policy, std::uint32_t needed, Work& work);
  // Amount and independent paths.
  std::vector<Reach> find_recognized(const CsrGraph& graph, const std::vector<CsrArc>& own,
                                     const Policy& policy, Work& work);
  void collect_intermediaries(const CsrGraph& graph, const std::vector<CsrArc>& own,
                              const Policy& policy);
  void add_supply(PartyIndex v, std::uint32_t amount, PartyIndex from);
  void compute_supply(const CsrGraph& graph);
  void group_second_hops(const CsrGraph& graph);
  void compute_bounds(const CsrGraph& graph);

  Reach flow_reaches(const CsrGraph& graph, PartyIndex t, std::uint32_t needed, Work& work);
  std::uint32_t take_greedily(const CsrArc& last, PartyIndex t, std::uint32_t missing, Work& work);
  Reach exact_flow_reaches(const CsrGraph& graph, PartyIndex t, std::uint32_t needed,
                           Work& work) const;
  std::vector<std::uint32_t> intermediaries_before(const std::vector<CsrArc>& last_hops,
                                                   PartyIndex t) const;

  Reach has_enough_paths(const CsrGraph& graph, const Policy& policy, PartyIndex t,
                         Work& work) const;
  bool is_path_of_two(const Policy& policy, const CsrArc& last) const;
  std::vector<Introduction> introductions(const CsrGraph& graph, const Policy& policy, PartyIndex t,
                                          const std::vector<PartyIndex>& last_hops,
                                          Work& work) const;

  bool carries(PartyIndex v) const { return blocked_[v] == 0 && v != viewpoint_; }
  bool can_end(const CsrArc& last) const {
    return last.last != 0 && carries(last.party) && supply_[last.party] != 0;
  }
  const Intermediary* intermediary(PartyIndex party) const {
    const auto at = position_of_[party];
    return at == kNoIndex ? nullptr : &intermediaries_[at];
  }
  std::span<const SecondHop> second_hops_to(PartyIndex v) const {
    return {second_hops_.data() + second_hop_begin_[v],
            second_hops_.data() + second_hop_begin_[v + 1]};
  }

  PartyIndex viewpoint_ = 0;
  std::uint32_t ceiling2_ = 0;
  std::vector<std::uint8_t> blocked_;
  std::vector<Intermediary> intermediaries_;
  std::vector<std::uint32_t> position_of_;  // party -> position in intermediaries_

  // By party.
  std::vector<std::uint32_t> direct_;
  std::vector<std::uint32_t> supply_;
  std::vector<WidestPath> widest_path_;
  std::vector<std::uint32_t> lower_, upper_,
      single_;  // bounds of the flow to it; `single_`: over one chain

  std::vector<PartyIndex> supplied_;  // parties with supply
  std::vector<SecondHop> second_hops_;
  std::vector<std::uint32_t> second_hop_begin_;  // party v -> its first second hop

  // What take_greedily has left of each intermediary, and whose it touched.
  std::vector<std::uint32_t> first_left_, introduction_left_;
  std::vector<std::uint32_t> touched_;
};

}  // namespace testamur::trust
