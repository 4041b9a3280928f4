// All issuers from one viewpoint at once. Two passes over the arcs bound every issuer's flow from below and above;
// only where the bounds leave the threshold open is the flow computed, and only up to the threshold.
// Deterministic; one thread at a time per object; no state is kept between runs but memory.
#pragma once

#include <cstdint>
#include <vector>

#include "trust/csr.h"

namespace testamur::trust {

// The compiled graphs that one policy needs at one (height, time, point): trust, and one for each accreditation
// requirement that applies to the point.
struct GraphSet {
  CsrGraph trust;
  std::vector<std::pair<AccreditationRequirement, CsrGraph>> accreditation;
};
GraphSet compile(const History& history, const AsOf& as_of, std::uint64_t at_ms, const ScopePoint& point,
                 const Policy& policy);

class Sweep {
 public:
  // The outcome for every party, by index. `query.issuer` is not read. Equal to decide() for each of them.
  std::vector<Outcome> run(const History& history, const GraphSet& graphs, const Query& query, const Policy& policy);

 private:
  struct Friend {
    PartyIndex party;
    std::uint32_t first;   // s -> u
    std::uint32_t speaks;  // u -> u2: min(first, second ceiling)
    std::uint32_t second;  // u -> u': min(depth >= 2, third ceiling)
  };
  struct Middle {
    std::uint32_t from;  // in friends_
    std::uint32_t amount;
  };
  struct Wide {
    std::uint32_t amount = 0;
    std::uint32_t from = 0;  // party of the friend
  };
  void prepare(const CsrGraph& graph, const std::vector<CsrArc>& own, const Policy& policy);
  void bound(const CsrGraph& graph);
  // Marks the parties whose flow is at least `needed`.
  void reach(const CsrGraph& graph, const std::vector<CsrArc>& own, const Policy& policy, std::uint32_t needed,
             std::vector<bool>& reached);
  bool flows(const CsrGraph& graph, PartyIndex t, std::uint32_t needed);
  bool flows_exactly(const CsrGraph& graph, PartyIndex t, std::uint32_t needed);
  bool has_paths(const CsrGraph& graph, const Policy& policy, PartyIndex t);
  bool carries(PartyIndex v) const { return blocked_[v] == 0 && v != viewpoint_; }

  PartyIndex viewpoint_ = 0;
  std::uint32_t ceiling2_ = 0;
  std::vector<std::uint8_t> blocked_;
  std::vector<Friend> friends_;
  std::vector<std::uint32_t> friend_of_;  // party -> position in friends_
  std::vector<std::uint32_t> direct_;     // party -> s -> t after ceilings
  std::vector<std::uint32_t> supply_;     // party v -> at most so much arrives at v2
  std::vector<Wide> widest_;              // party v -> one chain of two that arrives there
  std::vector<PartyIndex> supplied_;      // parties with supply
  std::vector<std::uint32_t> lower_, upper_, single_;
  std::vector<std::uint32_t> middle_begin_;  // by party v: the friends that introduce it
  std::vector<Middle> middles_;
  std::vector<std::uint32_t> first_left_, second_left_;  // scratch, by friend
  std::vector<std::uint32_t> touched_;
};

}  // namespace testamur::trust
