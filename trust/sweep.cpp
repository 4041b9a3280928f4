// One run: the intermediaries of the viewpoint, the supply of every party and the second hops that
// make it, bounds for every issuer, and an exact flow where they leave the answer open. Members
// that are filled by one phase are only read by the later ones; flow_reaches puts back what
// take_greedily takes; with the work used up an outcome is unknown, never a refusal or an
// acceptance, unless the bounds alone decide it.
#include "trust/sweep.h"

#include <algorithm>
#include <iterator>

#include "trust/flow.h"
#include "trust/statement_resolver.h"

namespace testamur::trust {
namespace {

constexpr MaxFlow::Node kSource = 0;
constexpr MaxFlow::Node kSink = 1;

void sort_unique(std::vector<std::uint32_t>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

std::uint32_t position_in(const std::vector<std::uint32_t>& sorted, std::uint32_t value) {
  return static_cast<std::uint32_t>(std::lower_bound(sorted.begin(), sorted.end(), value) -
                                    sorted.begin());
}

// The arc u -> t as `in(t)` shows it.
CsrArc last_hop(const CsrGraph& graph, PartyIndex u, PartyIndex t) {
  CsrArc arc = graph.find(u, t);
  arc.party = u;
  return arc;
}

// The size of a greatest matching as a flow of units; a lower bound when the work is used up.
// `edges`: positions of a friend among the intermediaries and of a hop among the last hops.
std::uint32_t greatest_matching(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& edges,
                                std::size_t last_hops, Work& work) {
  std::vector<std::uint32_t> before;
  for (const auto& [from, j] : edges) before.push_back(from);
  sort_unique(before);

  const auto left = static_cast<MaxFlow::Node>(2);
  const auto right = static_cast<MaxFlow::Node>(left + before.size());
  MaxFlow matching(right + last_hops);
  for (std::uint32_t i = 0; i < before.size(); ++i) matching.add_arc(kSource, left + i, 1);
  for (std::uint32_t j = 0; j < last_hops; ++j) matching.add_arc(right + j, kSink, 1);
  for (const auto& [from, j] : edges)
    matching.add_arc(left + position_in(before, from), right + j, 1);
  return matching.run(kSource, kSink, work);
}

}  // namespace

GraphSet compile(const History& history, const AsOf& as_of, std::uint64_t at_ms,
                 const ScopePoint& point, const Policy& policy) {
  const std::uint32_t days = policy.follow_successors_days;
  GraphSet set{CsrGraph::compile(history, as_of, at_ms, point, days, {}), {}};
  for (const auto& requirement : policy.accreditation) {
    if (!touches(requirement.when, point)) continue;
    const CsrKind kind{true, requirement.schemes == 0 ? kAnyScheme : requirement.schemes};
    set.accreditation.emplace_back(requirement,
                                   CsrGraph::compile(history, as_of, at_ms, point, days, kind));
  }
  return set;
}

void Sweep::collect_intermediaries(const CsrGraph& graph, const std::vector<CsrArc>& own,
                                   const Policy& policy) {
  const std::size_t n = graph.party_count();
  ceiling2_ = policy.ceilings[1];
  intermediaries_.clear();
  position_of_.assign(n, kNoIndex);
  direct_.assign(n, 0);
  first_left_.clear();
  introduction_left_.clear();

  for (const CsrArc& arc : own) {
    direct_[arc.party] = std::min<std::uint32_t>(arc.last, policy.ceilings[0]);
    if (arc.first == 0 || !carries(arc.party)) continue;
    const std::uint32_t first = arc.first;
    const std::uint32_t introduction = std::min<std::uint32_t>(arc.second, policy.ceilings[2]);
    position_of_[arc.party] = static_cast<std::uint32_t>(intermediaries_.size());
    intermediaries_.push_back({arc.party, first, std::min(first, ceiling2_), introduction});
    first_left_.push_back(first);
    introduction_left_.push_back(introduction);
  }
}

void Sweep::add_supply(PartyIndex v, std::uint32_t amount, PartyIndex from) {
  if (amount == 0) return;
  if (supply_[v] == 0) supplied_.push_back(v);
  supply_[v] += amount;
  if (amount > widest_path_[v].amount) widest_path_[v] = {amount, from};
}

void Sweep::compute_supply(const CsrGraph& graph) {
  const std::size_t n = graph.party_count();
  supply_.assign(n, 0);
  widest_path_.assign(n, {});
  supplied_.clear();
  second_hop_begin_.assign(n + 1, 0);

  for (const Intermediary& u : intermediaries_) {
    add_supply(u.party, u.direct_capacity, u.party);
    if (u.introduction == 0) continue;
    for (const CsrArc& arc : graph.out(u.party)) {
      if (arc.first == 0 || !carries(arc.party)) continue;
      add_supply(arc.party, std::min({u.first, u.introduction, std::uint32_t{arc.first}}), u.party);
      // A count for now: group_second_hops makes positions of them.
      ++second_hop_begin_[arc.party + 1];
    }
  }
}

// A counting sort by v: many issuers look up the second hops to one party.
void Sweep::group_second_hops(const CsrGraph& graph) {
  const std::size_t n = graph.party_count();
  for (std::size_t v = 1; v <= n; ++v) second_hop_begin_[v] += second_hop_begin_[v - 1];
  second_hops_.resize(second_hop_begin_[n]);

  std::vector<std::uint32_t> next(second_hop_begin_.begin(), second_hop_begin_.end() - 1);
  for (std::uint32_t i = 0; i < intermediaries_.size(); ++i) {
    if (intermediaries_[i].introduction == 0) continue;
    for (const CsrArc& arc : graph.out(intermediaries_[i].party)) {
      if (arc.first != 0 && carries(arc.party)) second_hops_[next[arc.party]++] = {i, arc.first};
    }
  }
}

// Above: every last hop carries all that can arrive there. Below: only what intermediaries say
// themselves, which share nothing; or the direct statement with one widest chain.
void Sweep::compute_bounds(const CsrGraph& graph) {
  lower_ = direct_;
  upper_ = direct_;
  single_.assign(graph.party_count(), 0);
  for (const PartyIndex v : supplied_) {
    const std::uint32_t supply = supply_[v];
    const Intermediary* u = intermediary(v);
    const std::uint32_t direct_capacity = u == nullptr ? 0 : u->direct_capacity;
    const WidestPath widest = widest_path_[v];

    for (const CsrArc& arc : graph.out(v)) {
      const std::uint32_t last = arc.last;
      upper_[arc.party] += std::min(supply, last);
      lower_[arc.party] += std::min(direct_capacity, last);
      // An issuer is no intermediary on a chain to itself.
      if (widest.from == arc.party) continue;
      single_[arc.party] = std::max(single_[arc.party], std::min(widest.amount, last));
    }
  }
}

// Takes up to `missing` over one last hop from what is left of the capacities; what it took. Where
// the same arcs are taken in another order more may pass, so that too little proves nothing.
std::uint32_t Sweep::take_greedily(const CsrArc& last, PartyIndex t, std::uint32_t missing,
                                   Work& work) {
  std::uint32_t left = std::min<std::uint32_t>(last.last, missing);
  const std::uint32_t wanted = left;

  if (const auto i = position_of_[last.party]; i != kNoIndex) {
    const std::uint32_t x = std::min({intermediaries_[i].direct_capacity, first_left_[i], left});
    first_left_[i] -= x;
    left -= x;
    touched_.push_back(i);
  }
  for (const auto& [from, amount] : second_hops_to(last.party)) {
    if (left == 0 || !work.spend()) break;
    if (intermediaries_[from].party == t) continue;
    const std::uint32_t x = std::min({first_left_[from], introduction_left_[from], amount, left});
    if (x == 0) continue;
    first_left_[from] -= x;
    introduction_left_[from] -= x;
    left -= x;
    touched_.push_back(from);
  }
  return wanted - left;
}

// Greedy first; the exact flow where greed falls short.
Sweep::Reach Sweep::flow_reaches(const CsrGraph& graph, PartyIndex t, std::uint32_t needed,
                                 Work& work) {
  std::uint32_t missing = needed - std::min(needed, direct_[t]);
  touched_.clear();
  for (const CsrArc& last : graph.in(t)) {
    if (missing == 0 || !work.spend()) break;
    if (can_end(last)) missing -= take_greedily(last, t, missing, work);
  }

  for (const auto i : touched_) {
    first_left_[i] = intermediaries_[i].first;
    introduction_left_[i] = intermediaries_[i].introduction;
  }

  // What was taken can be carried, however little of the search was left.
  if (missing == 0) return Reach::kYes;
  return work.exhausted() ? Reach::kUnknown : exact_flow_reaches(graph, t, needed, work);
}

// Positions of the intermediaries, but the issuer, from which something arrives at one of these
// last hops; ascending.
std::vector<std::uint32_t> Sweep::intermediaries_before(const std::vector<CsrArc>& last_hops,
                                                        PartyIndex t) const {
  std::vector<std::uint32_t> all;
  for (const CsrArc& last : last_hops) {
    if (position_of_[last.party] != kNoIndex) all.push_back(position_of_[last.party]);
    for (const SecondHop& hop : second_hops_to(last.party)) all.push_back(hop.from);
  }
  sort_unique(all);
  std::erase_if(all, [&](std::uint32_t i) { return intermediaries_[i].party == t; });
  return all;
}

// The network of the drawing in sweep.h, for one issuer: source, sink, u for each intermediary, u'
// for each, v for each last hop.
Sweep::Reach Sweep::exact_flow_reaches(const CsrGraph& graph, PartyIndex t, std::uint32_t needed,
                                       Work& work) const {
  // The network is as large as the second hops to all who speak of the issuer.
  std::uint64_t arcs = 0;
  for (const CsrArc& last : graph.in(t))
    arcs += 1 + (can_end(last) ? second_hops_to(last.party).size() : 0);
  if (!work.spend(arcs)) return Reach::kUnknown;

  std::vector<CsrArc> last_hops;
  std::copy_if(graph.in(t).begin(), graph.in(t).end(), std::back_inserter(last_hops),
               [&](const CsrArc& last) { return can_end(last); });
  const std::vector<std::uint32_t> before = intermediaries_before(last_hops, t);
  const auto count = static_cast<MaxFlow::Node>(before.size());
  const auto u = [&](std::uint32_t i) { return 2 + position_in(before, i); };
  const auto introducer = [&](std::uint32_t i) { return u(i) + count; };
  MaxFlow flow(2 + 2 * before.size() + last_hops.size());

  for (const std::uint32_t i : before) {
    flow.add_arc(kSource, u(i), intermediaries_[i].first);
    flow.add_arc(u(i), introducer(i), intermediaries_[i].introduction);
  }
  MaxFlow::Node v = 2 + 2 * count;
  for (const CsrArc& last : last_hops) {
    flow.add_arc(v, kSink, last.last);
    const auto self = position_of_[last.party];
    if (self != kNoIndex) flow.add_arc(u(self), v, std::min(ceiling2_, MaxFlow::kUnbounded));
    for (const auto& [from, amount] : second_hops_to(last.party)) {
      if (intermediaries_[from].party != t) flow.add_arc(introducer(from), v, amount);
    }
    ++v;
  }

  // A flow that was not finished is a lower bound.
  if (direct_[t] + flow.run(kSource, kSink, work) >= needed) return Reach::kYes;
  return work.exhausted() ? Reach::kUnknown : Reach::kNo;
}

// Whether who says the last word is in D: a friend whose own word about the issuer is a path.
bool Sweep::is_path_of_two(const Policy& policy, const CsrArc& last) const {
  const std::uint32_t floor = policy.path_floor;
  const Intermediary* u = intermediary(last.party);
  return policy.ceilings[1] >= floor && u != nullptr && u->first >= floor && last.last >= floor;
}

// The edges of the matching: friends outside of D that introduce one of the last hops.
std::vector<Sweep::Introduction> Sweep::introductions(const CsrGraph& graph, const Policy& policy,
                                                      PartyIndex t,
                                                      const std::vector<PartyIndex>& last_hops,
                                                      Work& work) const {
  const std::uint32_t floor = policy.path_floor;
  std::vector<Introduction> edges;
  for (std::uint32_t j = 0; j < last_hops.size(); ++j) {
    for (const auto& [from, amount] : second_hops_to(last_hops[j])) {
      if (!work.spend()) return edges;
      const Intermediary& u = intermediaries_[from];
      if (amount < floor || u.introduction < floor || u.party == t) continue;
      if (!is_path_of_two(policy, last_hop(graph, u.party, t))) edges.emplace_back(from, j);
    }
  }
  return edges;
}

// At least k of [direct] + |D| + ν. `direct_` is after ceilings, as the definition wants it.
Sweep::Reach Sweep::has_enough_paths(const CsrGraph& graph, const Policy& policy, PartyIndex t,
                                     Work& work) const {
  const std::uint32_t floor = policy.path_floor;
  const std::uint32_t k = policy.independent_paths;
  std::uint32_t count = policy.ceilings[0] >= floor && direct_[t] >= floor ? 1 : 0;

  std::vector<PartyIndex> last_hops;  // of paths of three
  for (const CsrArc& last : graph.in(t)) {
    if (!work.spend()) break;
    if (!carries(last.party) || last.last < floor) continue;
    if (is_path_of_two(policy, last)) {
      ++count;
    } else {
      last_hops.push_back(last.party);
    }
  }

  if (count >= k) return Reach::kYes;
  if (work.exhausted()) return Reach::kUnknown;
  if (policy.ceilings[2] < floor) return Reach::kNo;

  // A matching of some of the edges is one of all of them, and one that was not finished a lower
  // bound of ν.
  const std::vector<Introduction> edges = introductions(graph, policy, t, last_hops, work);
  if (count + greatest_matching(edges, last_hops.size(), work) >= k) return Reach::kYes;
  return work.exhausted() ? Reach::kUnknown : Reach::kNo;
}

// One requirement that fails is enough to refuse, whatever is not known of the other.
Sweep::Reach Sweep::both(Reach a, Reach b) {
  if (a == Reach::kNo || b == Reach::kNo) return Reach::kNo;
  return a == Reach::kUnknown ? a : b;
}

std::vector<Sweep::Reach> Sweep::find_reached(const CsrGraph& graph, const std::vector<CsrArc>& own,
                                              const Policy& policy, std::uint32_t needed,
                                              Work& work) {
  collect_intermediaries(graph, own, policy);
  compute_supply(graph);
  group_second_hops(graph);
  compute_bounds(graph);

  const std::size_t n = graph.party_count();
  std::vector<Reach> reached(n, Reach::kNo);
  for (PartyIndex t = 0; t < n; ++t) {
    if (upper_[t] < needed) continue;
    const bool surely = std::max(lower_[t], direct_[t] + single_[t]) >= needed;
    reached[t] = surely ? Reach::kYes : flow_reaches(graph, t, needed, work);
  }
  return reached;
}

// Paths are asked about where the amount is reached. A direct statement of the threshold satisfies
// any number of paths.
std::vector<Sweep::Reach> Sweep::find_recognized(const CsrGraph& graph,
                                                 const std::vector<CsrArc>& own,
                                                 const Policy& policy, Work& work) {
  std::vector<Reach> reached = find_reached(graph, own, policy, policy.threshold, work);
  if (policy.independent_paths <= 1) return reached;

  std::vector<std::uint8_t> direct_before_ceilings(reached.size(), 0);
  for (const CsrArc& arc : own) direct_before_ceilings[arc.party] = arc.last;
  for (PartyIndex t = 0; t < reached.size(); ++t) {
    if (reached[t] == Reach::kNo || direct_before_ceilings[t] >= policy.threshold) continue;
    reached[t] = both(reached[t], has_enough_paths(graph, policy, t, work));
  }
  return reached;
}

std::vector<std::optional<Outcome>> Sweep::run(const History& history, const GraphSet& graphs,
                                               const Query& query, const Policy& policy,
                                               Work& work) {
  const std::size_t n = graphs.trust.party_count();
  viewpoint_ = history.find(query.viewpoint).value_or(static_cast<PartyIndex>(n));
  blocked_.assign(n + 1, 0);
  for (const PartyIndex party : blocked_parties(history, query, policy)) blocked_[party] = 1;

  std::vector<Reach> accepted =
      find_recognized(graphs.trust, own_arcs(history, query, policy, {}), policy, work);
  for (const auto& [requirement, graph] : graphs.accreditation) {
    const CsrKind kind{true, requirement.schemes == 0 ? kAnyScheme : requirement.schemes};
    const std::vector<Reach> reached = find_reached(graph, own_arcs(history, query, policy, kind),
                                                    policy, requirement.amount, work);
    for (std::size_t t = 0; t < n; ++t) accepted[t] = both(accepted[t], reached[t]);
  }

  // The rules before and after, in their order: unknown, future, block, own. A viewpoint is never
  // blocked.
  std::vector<std::optional<Outcome>> outcomes(n, Outcome::kRefuse);
  const std::uint32_t visible = history.visible_blocks(query.as_of.height);
  for (PartyIndex t = 0; t < n; ++t) {
    if (history.party(t).block >= visible || query.at_time_ms > query.as_of.today_ms) continue;
    if (blocked_[t] != 0) {
      outcomes[t] = Outcome::kBlocked;
    } else if (accepted[t] == Reach::kYes || t == viewpoint_) {
      outcomes[t] = Outcome::kAccept;
    } else if (accepted[t] == Reach::kUnknown) {
      outcomes[t] = std::nullopt;
    }
  }
  return outcomes;
}

}  // namespace testamur::trust
