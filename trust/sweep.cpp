#include "trust/sweep.h"

#include <algorithm>

#include "trust/flow.h"
#include "trust/reading.h"

namespace testamur::trust {
namespace {

// The arc u -> t as `in(t)` shows it.
CsrArc last_word(const CsrGraph& graph, PartyIndex u, PartyIndex t) {
  CsrArc arc = graph.find(u, t);
  arc.party = u;
  return arc;
}

}  // namespace

GraphSet compile(const History& history, const AsOf& as_of, std::uint64_t at_ms, const ScopePoint& point,
                 const Policy& policy) {
  const std::uint32_t days = policy.follow_successors_days;
  GraphSet set{CsrGraph::compile(history, as_of, at_ms, point, days, {}), {}};
  for (const auto& requirement : policy.accreditation) {
    if (!touches(requirement.when, point)) continue;
    const CsrKind kind{true, requirement.schemes == 0 ? kAnyScheme : requirement.schemes};
    set.accreditation.emplace_back(requirement, CsrGraph::compile(history, as_of, at_ms, point, days, kind));
  }
  return set;
}

void Sweep::prepare(const CsrGraph& graph, const std::vector<CsrArc>& own, const Policy& policy) {
  const std::size_t n = graph.party_count();
  friends_.clear();
  friend_of_.assign(n, kNoIndex);
  direct_.assign(n, 0);
  supply_.assign(n, 0);
  widest_.assign(n, {});
  supplied_.clear();
  ceiling2_ = policy.ceilings[1];
  for (const CsrArc& arc : own) {
    direct_[arc.party] = std::min<std::uint32_t>(arc.last, policy.ceilings[0]);
    if (arc.first == 0 || !carries(arc.party)) continue;
    friend_of_[arc.party] = static_cast<std::uint32_t>(friends_.size());
    const std::uint32_t first = arc.first;
    friends_.push_back({arc.party, first, std::min(first, policy.ceilings[1]),
                        std::min<std::uint32_t>(arc.second, policy.ceilings[2])});
  }
  first_left_.resize(friends_.size());
  second_left_.resize(friends_.size());
  for (std::size_t i = 0; i < friends_.size(); ++i) {
    first_left_[i] = friends_[i].first;
    second_left_[i] = friends_[i].second;
  }
}

// supply: what can arrive at v2; middles: who introduces v; then the bounds for every t.
void Sweep::bound(const CsrGraph& graph) {
  const std::size_t n = graph.party_count();
  middle_begin_.assign(n + 1, 0);
  const auto give = [&](PartyIndex v, std::uint32_t amount, PartyIndex from) {
    if (amount == 0) return;
    if (supply_[v] == 0) supplied_.push_back(v);
    supply_[v] += amount;
    if (amount > widest_[v].amount) widest_[v] = {amount, from};
  };
  for (const Friend& one : friends_) {
    give(one.party, one.speaks, one.party);
    if (one.second == 0) continue;
    for (const CsrArc& arc : graph.out(one.party)) {
      if (arc.first == 0 || !carries(arc.party)) continue;
      give(arc.party, std::min({one.first, one.second, std::uint32_t{arc.first}}), one.party);
      ++middle_begin_[arc.party + 1];
    }
  }
  for (std::size_t i = 1; i <= n; ++i) middle_begin_[i] += middle_begin_[i - 1];
  middles_.resize(middle_begin_[n]);
  std::vector<std::uint32_t> at(middle_begin_.begin(), middle_begin_.end() - 1);
  for (std::uint32_t i = 0; i < friends_.size(); ++i) {
    if (friends_[i].second == 0) continue;
    for (const CsrArc& arc : graph.out(friends_[i].party)) {
      if (arc.first != 0 && carries(arc.party)) middles_[at[arc.party]++] = {i, arc.first};
    }
  }
  lower_ = direct_;
  upper_ = direct_;
  single_.assign(n, 0);
  for (const PartyIndex v : supplied_) {
    const std::uint32_t supply = supply_[v];
    const std::uint32_t speaks = friend_of_[v] == kNoIndex ? 0 : friends_[friend_of_[v]].speaks;
    const Wide wide = widest_[v];
    for (const CsrArc& arc : graph.out(v)) {
      const std::uint32_t last = arc.last;
      upper_[arc.party] += std::min(supply, last);
      lower_[arc.party] += std::min(speaks, last);
      // A chain that its own end introduces is none.
      if (wide.from != arc.party) single_[arc.party] = std::max(single_[arc.party], std::min(wide.amount, last));
    }
  }
}

// Greedy first; the exact flow where greed falls short.
bool Sweep::flows(const CsrGraph& graph, PartyIndex t, std::uint32_t needed) {
  std::uint32_t missing = needed - std::min(needed, direct_[t]);
  touched_.clear();
  for (const CsrArc& arc : graph.in(t)) {
    if (missing == 0) break;
    if (arc.last == 0 || !carries(arc.party) || supply_[arc.party] == 0) continue;
    std::uint32_t left = arc.last;
    if (const auto f = friend_of_[arc.party]; f != kNoIndex) {
      const std::uint32_t x = std::min({friends_[f].speaks, first_left_[f], left, missing});
      first_left_[f] -= x;
      left -= x;
      missing -= x;
      touched_.push_back(f);
    }
    for (auto i = middle_begin_[arc.party]; i < middle_begin_[arc.party + 1] && left > 0 && missing > 0; ++i) {
      const auto [f, amount] = middles_[i];
      if (friends_[f].party == t) continue;
      const std::uint32_t x = std::min({first_left_[f], second_left_[f], amount, left, missing});
      if (x == 0) continue;
      first_left_[f] -= x;
      second_left_[f] -= x;
      left -= x;
      missing -= x;
      touched_.push_back(f);
    }
  }
  for (const auto f : touched_) {
    first_left_[f] = friends_[f].first;
    second_left_[f] = friends_[f].second;
  }
  return missing == 0 || flows_exactly(graph, t, needed);
}

bool Sweep::flows_exactly(const CsrGraph& graph, PartyIndex t, std::uint32_t needed) {
  std::vector<CsrArc> lasts;
  std::vector<std::uint32_t> friends;
  for (const CsrArc& arc : graph.in(t)) {
    if (arc.last == 0 || !carries(arc.party) || supply_[arc.party] == 0) continue;
    lasts.push_back(arc);
    if (friend_of_[arc.party] != kNoIndex) friends.push_back(friend_of_[arc.party]);
    for (auto i = middle_begin_[arc.party]; i < middle_begin_[arc.party + 1]; ++i) friends.push_back(middles_[i].from);
  }
  std::sort(friends.begin(), friends.end());
  friends.erase(std::unique(friends.begin(), friends.end()), friends.end());
  std::erase_if(friends, [&](std::uint32_t f) { return friends_[f].party == t; });
  const auto position = [&](std::uint32_t f) {
    return static_cast<MaxFlow::Node>(std::lower_bound(friends.begin(), friends.end(), f) - friends.begin());
  };
  const auto hop = [](MaxFlow::Node i) { return 2 + i; };
  const auto introducer = [&](MaxFlow::Node i) { return static_cast<MaxFlow::Node>(2 + friends.size() + i); };
  const auto last = [&](std::size_t j) { return static_cast<MaxFlow::Node>(2 + 2 * friends.size() + j); };
  MaxFlow flow(2 + 2 * friends.size() + lasts.size());
  for (MaxFlow::Node i = 0; i < friends.size(); ++i) {
    flow.add_arc(0, hop(i), friends_[friends[i]].first);
    flow.add_arc(hop(i), introducer(i), friends_[friends[i]].second);
  }
  for (std::size_t j = 0; j < lasts.size(); ++j) {
    const PartyIndex v = lasts[j].party;
    flow.add_arc(last(j), 1, lasts[j].last);
    const auto f = friend_of_[v];
    if (f != kNoIndex) flow.add_arc(hop(position(f)), last(j), std::min(ceiling2_, MaxFlow::kUnbounded));
    for (auto i = middle_begin_[v]; i < middle_begin_[v + 1]; ++i) {
      if (friends_[middles_[i].from].party == t) continue;
      flow.add_arc(introducer(position(middles_[i].from)), last(j), middles_[i].amount);
    }
  }
  Work work(~std::uint64_t{0});
  return direct_[t] + flow.run(0, 1, work) >= needed;
}

// At least k independent paths; `direct_` is after ceilings, as the definition wants it.
bool Sweep::has_paths(const CsrGraph& graph, const Policy& policy, PartyIndex t) {
  const std::uint32_t floor = policy.path_floor;
  const std::uint32_t k = policy.independent_paths;
  std::uint32_t count = policy.ceilings[0] >= floor && direct_[t] >= floor ? 1 : 0;
  const auto in_d = [&](const CsrArc& arc) {
    const auto f = friend_of_[arc.party];
    return policy.ceilings[1] >= floor && f != kNoIndex && friends_[f].first >= floor && arc.last >= floor;
  };
  std::vector<PartyIndex> lasts;
  for (const CsrArc& arc : graph.in(t)) {
    if (!carries(arc.party) || arc.last < floor) continue;
    if (in_d(arc)) {
      ++count;
    } else {
      lasts.push_back(arc.party);
    }
  }
  if (count >= k || policy.ceilings[2] < floor) return count >= k;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;  // friend, last
  std::vector<std::uint32_t> friends;
  for (std::uint32_t j = 0; j < lasts.size(); ++j) {
    for (auto i = middle_begin_[lasts[j]]; i < middle_begin_[lasts[j] + 1]; ++i) {
      const auto [f, amount] = middles_[i];
      if (amount < floor || friends_[f].second < floor || friends_[f].party == t) continue;
      if (in_d(last_word(graph, friends_[f].party, t))) continue;
      pairs.emplace_back(f, j);
      friends.push_back(f);
    }
  }
  std::sort(friends.begin(), friends.end());
  friends.erase(std::unique(friends.begin(), friends.end()), friends.end());
  MaxFlow matching(2 + friends.size() + lasts.size());
  for (std::size_t i = 0; i < friends.size(); ++i) matching.add_arc(0, static_cast<MaxFlow::Node>(2 + i), 1);
  const auto right = [&](std::size_t j) { return static_cast<MaxFlow::Node>(2 + friends.size() + j); };
  for (std::size_t j = 0; j < lasts.size(); ++j) matching.add_arc(right(j), 1, 1);
  for (const auto& [f, j] : pairs) {
    const auto left = std::lower_bound(friends.begin(), friends.end(), f) - friends.begin();
    matching.add_arc(static_cast<MaxFlow::Node>(2 + left), right(j), 1);
  }
  Work work(~std::uint64_t{0});
  return count + matching.run(0, 1, work) >= k;
}

void Sweep::reach(const CsrGraph& graph, const std::vector<CsrArc>& own, const Policy& policy, std::uint32_t needed,
                  std::vector<bool>& reached) {
  prepare(graph, own, policy);
  bound(graph);
  const std::size_t n = graph.party_count();
  reached.assign(n, false);
  for (PartyIndex t = 0; t < n; ++t) {
    if (upper_[t] < needed) continue;
    const bool surely = std::max(lower_[t], direct_[t] + single_[t]) >= needed;
    reached[t] = surely || flows(graph, t, needed);
  }
}

std::vector<Outcome> Sweep::run(const History& history, const GraphSet& graphs, const Query& query,
                                const Policy& policy) {
  const std::size_t n = graphs.trust.party_count();
  viewpoint_ = history.find(query.viewpoint).value_or(static_cast<PartyIndex>(n));
  blocked_.assign(n + 1, 0);
  for (const PartyIndex party : blocked_parties(history, query, policy)) blocked_[party] = 1;

  std::vector<Outcome> outcomes(n, Outcome::kRefuse);
  std::vector<bool> reached;
  const std::vector<CsrArc> own = own_arcs(history, query, policy, {});
  reach(graphs.trust, own, policy, policy.threshold, reached);
  if (policy.independent_paths > 1) {
    std::vector<std::uint8_t> direct_before_ceilings(n, 0);
    for (const CsrArc& arc : own) direct_before_ceilings[arc.party] = arc.last;
    for (PartyIndex t = 0; t < n; ++t) {
      if (!reached[t] || direct_before_ceilings[t] >= policy.threshold) continue;
      reached[t] = has_paths(graphs.trust, policy, t);
    }
  }
  std::vector<bool> accepted = reached;
  for (const auto& [requirement, graph] : graphs.accreditation) {
    const CsrKind kind{true, requirement.schemes == 0 ? kAnyScheme : requirement.schemes};
    reach(graph, own_arcs(history, query, policy, kind), policy, requirement.amount, reached);
    for (std::size_t t = 0; t < n; ++t) accepted[t] = accepted[t] && reached[t];
  }
  const std::uint32_t visible = history.visible_blocks(query.as_of.height);
  for (PartyIndex t = 0; t < n; ++t) {
    if (history.party(t).block >= visible || query.at_time_ms > query.as_of.today_ms) continue;
    if (blocked_[t] != 0) {
      outcomes[t] = Outcome::kBlocked;
    } else if (accepted[t] || t == viewpoint_) {
      outcomes[t] = Outcome::kAccept;
    }
  }
  return outcomes;
}

}  // namespace testamur::trust
