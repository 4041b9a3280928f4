// Compiles what everybody says of everybody. Invariants: an arc that says nothing is left out; the
// two arrays hold the same arcs, one grouped by author and one by subject; within a group they
// ascend by the other end, so that find() may search by halves. The arcs are those that anybody but
// their author reads; the author's own come from own_arcs.
#include "trust/csr.h"

#include <algorithm>

#include "trust/statement_resolver.h"

namespace testamur::trust {
namespace {

constexpr std::uint64_t kAllWork = ~std::uint64_t{0};

struct FullArc {
  PartyIndex from = 0;
  CsrArc arc;
};

CsrArc to_arc(StatementResolver& resolver, PartyIndex u, PartyIndex v, std::uint64_t at,
              const CsrKind& kind) {
  const Relation relation = resolver.relation(u, v, at);
  CsrArc arc{v, relation.trust.amount[0], relation.trust.amount[1], relation.trust.amount[2],
             relation.distrusted};
  if (kind.accreditation) {
    arc.first = std::max(arc.first, relation.accredit.amount[1]);
    arc.second = std::max(arc.second, relation.accredit.amount[2]);
    const bool all = kind.schemes == kAnyScheme;
    arc.last = all ? relation.accredit.amount[0]
                   : resolver.relation(u, v, at, kind.schemes).accredit.amount[0];
  }
  return arc;
}

bool says_something(const CsrArc& arc) { return arc.last != 0 || arc.first != 0 || arc.distrust; }

// The pairs that only inheritance ties: somebody spoke of a predecessor.
std::vector<std::pair<PartyIndex, PartyIndex>> inherited_pairs(const History& history,
                                                               StatementResolver& resolver) {
  std::vector<std::pair<PartyIndex, PartyIndex>> pairs;
  for (std::uint32_t i = 0; i < history.link_count(); ++i) {
    const PartyIndex heir = history.link(i).successor;
    for (const PartyIndex author : resolver.authors(heir)) {
      if (author < history.party_count() && !history.find_pair(author, heir))
        pairs.emplace_back(author, heir);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

// Groups arcs by one end, keeping their order within a group.
void group(const std::vector<FullArc>& arcs, std::size_t parties, bool by_from,
           std::vector<std::uint32_t>& begin, std::vector<CsrArc>& out) {
  begin.assign(parties + 1, 0);
  for (const FullArc& one : arcs) ++begin[(by_from ? one.from : one.arc.party) + 1];
  for (std::size_t i = 1; i <= parties; ++i) begin[i] += begin[i - 1];
  std::vector<std::uint32_t> at(begin.begin(), begin.end() - 1);
  out.resize(arcs.size());
  for (const FullArc& one : arcs) {
    CsrArc arc = one.arc;
    if (!by_from) arc.party = one.from;
    out[at[by_from ? one.from : one.arc.party]++] = arc;
  }
}

}  // namespace

CsrGraph CsrGraph::compile(const History& history, const AsOf& as_of, std::uint64_t at_ms,
                           const ScopePoint& point, std::uint32_t follow_successors_days,
                           const CsrKind& kind) {
  Query query;  // of nobody: the zero id is on no ledger
  query.point = point;
  query.as_of = as_of;
  query.at_time_ms = at_ms;
  Policy policy;
  policy.follow_successors_days = follow_successors_days;
  Work work(kAllWork);
  StatementResolver resolver(history, query, policy, work);

  std::vector<FullArc> arcs;
  arcs.reserve(history.pair_count());
  const auto add = [&](PartyIndex u, PartyIndex v) {
    const CsrArc arc = to_arc(resolver, u, v, at_ms, kind);
    if (says_something(arc)) arcs.push_back({u, arc});
  };
  for (std::size_t i = 0; i < history.pair_count(); ++i) {
    const Pair& pair = history.pair(static_cast<PairIndex>(i));
    add(pair.truster, pair.subject);
  }
  for (const auto& [u, v] : inherited_pairs(history, resolver)) add(u, v);

  // Grouping by subject first and by author then leaves each author's arcs ascending.
  CsrGraph graph;
  const std::size_t parties = history.party_count();
  std::vector<CsrArc> by_subject;
  group(arcs, parties, false, graph.in_begin_, by_subject);
  std::size_t n = 0;
  for (std::size_t t = 0; t < parties; ++t) {
    for (auto i = graph.in_begin_[t]; i < graph.in_begin_[t + 1]; ++i, ++n) {
      arcs[n] = {by_subject[i].party, by_subject[i]};
      arcs[n].arc.party = static_cast<PartyIndex>(t);
    }
  }
  by_subject = {};
  group(arcs, parties, true, graph.out_begin_, graph.out_);
  n = 0;
  for (std::size_t u = 0; u < parties; ++u) {
    for (auto i = graph.out_begin_[u]; i < graph.out_begin_[u + 1]; ++i, ++n) {
      arcs[n] = {static_cast<PartyIndex>(u), graph.out_[i]};
    }
  }
  group(arcs, parties, false, graph.in_begin_, graph.in_);
  return graph;
}

CsrArc CsrGraph::find(PartyIndex u, PartyIndex v) const {
  const auto arcs = out(u);
  const auto at =
      std::lower_bound(arcs.begin(), arcs.end(), v,
                       [](const CsrArc& arc, PartyIndex party) { return arc.party < party; });
  return at != arcs.end() && at->party == v ? *at : CsrArc{v, 0, 0, 0, false};
}

std::size_t CsrGraph::memory_bytes() const {
  return (out_begin_.capacity() + in_begin_.capacity()) * sizeof(std::uint32_t) +
         (out_.capacity() + in_.capacity()) * sizeof(CsrArc);
}

std::vector<CsrArc> own_arcs(const History& history, const Query& query, const Policy& policy,
                             const CsrKind& kind) {
  Work work(kAllWork);
  StatementResolver resolver(history, query, policy, work);
  std::vector<CsrArc> arcs;
  for (const PartyIndex v : resolver.targets(resolver.viewpoint())) {
    const CsrArc arc = to_arc(resolver, resolver.viewpoint(), v, query.at_time_ms, kind);
    if (says_something(arc)) arcs.push_back(arc);
  }
  return arcs;
}

std::vector<PartyIndex> blocked_parties(const History& history, const Query& query,
                                        const Policy& policy) {
  Work work(kAllWork);
  StatementResolver resolver(history, query, policy, work);

  // Only the viewpoint and its vetoers can block: whom none of them speaks of need not be asked
  // about.
  std::vector<PartyIndex> candidates = resolver.targets(resolver.viewpoint());
  for (const auto& id : policy.vetoers) {
    const auto vetoer = history.find(id);
    if (!vetoer) continue;
    const auto targets = resolver.targets(*vetoer);
    candidates.insert(candidates.end(), targets.begin(), targets.end());
  }

  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());

  std::erase_if(candidates,
                [&](PartyIndex party) { return !resolver.is_blocked(party, query.at_time_ms); });
  return candidates;
}

}  // namespace testamur::trust
