// Flow, cut, path decomposition and matching on the layered network. Invariants: arcs are added in
// the order of the lists of the network and remembered at the same positions, so that flow and cut
// lead back to statements; the cut is read from the levels of the last search, which is the minimum
// cut nearest the viewpoint; an answer for which the work did not suffice is empty.
#include <algorithm>

#include "common/check.h"
#include "trust/flow.h"
#include "trust/network.h"

namespace testamur::trust {
namespace {

enum : MaxFlow::Node { kSource = 0, kSink = 1, kFirstNode = 2 };

class Solver {
 public:
  Solver(const Network& network, const StatementResolver& resolver, const Policy& policy,
         std::uint64_t at)
      : n_(network),
        resolver_(resolver),
        ceilings_(policy.ceilings),
        at_(at),
        flow_(kFirstNode + 2 * network.intermediaries.size() + network.last_hops.size()) {}

  FlowAnswer solve(Work& work) {
    add_arcs();
    FlowAnswer answer;
    answer.amount = flow_.run(kSource, kSink, work);
    if (work.exhausted()) return {};
    collect_paths(answer.paths);
    collect_cut(answer.cut);
    return answer;
  }

 private:
  MaxFlow::Node hop(std::size_t i) const { return static_cast<MaxFlow::Node>(kFirstNode + i); }
  MaxFlow::Node introducer(std::size_t i) const {
    return static_cast<MaxFlow::Node>(hop(n_.intermediaries.size()) + i);
  }
  MaxFlow::Node last(std::size_t j) const {
    return static_cast<MaxFlow::Node>(hop(2 * n_.intermediaries.size()) + j);
  }
  static std::uint32_t unbounded(std::uint32_t ceiling) {
    return std::min(ceiling, MaxFlow::kUnbounded);
  }

  void add_arcs() {
    direct_ =
        flow_.add_arc(kSource, kSink, std::min<std::uint32_t>(n_.direct.amount, ceilings_[0]));

    for (std::size_t i = 0; i < n_.intermediaries.size(); ++i) {
      const auto& one = n_.intermediaries[i];
      firsts_.push_back(flow_.add_arc(kSource, hop(i), one.first.amount));

      // A friend who does not speak itself gets an arc of no capacity, so that positions stay the
      // same in all lists.
      speaks_.push_back(flow_.add_arc(hop(i), one.last == kNoIndex ? hop(i) : last(one.last),
                                      one.last == kNoIndex ? 0 : unbounded(ceilings_[1])));
      introductions_.push_back(flow_.add_arc(
          hop(i), introducer(i), std::min<std::uint32_t>(one.introduction.amount, ceilings_[2])));
    }

    for (const auto& middle : n_.second_hops) {
      middles_.push_back(
          flow_.add_arc(introducer(middle.from), last(middle.to), middle.grant.amount));
    }

    for (std::size_t j = 0; j < n_.last_hops.size(); ++j) {
      lasts_.push_back(flow_.add_arc(last(j), kSink, n_.last_hops[j].grant.amount));
    }
  }

  Arc first_arc(std::size_t i, Grant grant) const {
    return resolver_.arc(n_.viewpoint, n_.intermediaries[i].party, grant.by, at_);
  }
  Arc middle_arc(const Network::SecondHop& m) const {
    return resolver_.arc(n_.intermediaries[m.from].party, n_.last_hops[m.to].party, m.grant.by,
                         at_);
  }
  Arc last_arc(std::size_t j) const {
    return resolver_.arc(n_.last_hops[j].party, n_.issuer, n_.last_hops[j].grant.by, at_);
  }
  Arc direct_arc() const { return resolver_.arc(n_.viewpoint, n_.issuer, n_.direct.by, at_); }

  // The layers are acyclic and every node between carries what enters it, so each arc with flow
  // into the last layer is a path.
  void collect_paths(std::vector<Path>& paths) const {
    if (const auto carried = flow_.flow(direct_)) paths.push_back({{direct_arc()}, carried});

    for (std::size_t i = 0; i < n_.intermediaries.size(); ++i) {
      if (const auto carried = flow_.flow(speaks_[i])) {
        paths.push_back(
            {{first_arc(i, n_.intermediaries[i].first), last_arc(n_.intermediaries[i].last)},
             carried});
      }
    }

    for (std::size_t m = 0; m < n_.second_hops.size(); ++m) {
      const auto& middle = n_.second_hops[m];
      if (const auto carried = flow_.flow(middles_[m])) {
        const Grant introduction = n_.intermediaries[middle.from].introduction;
        paths.push_back(
            {{first_arc(middle.from, introduction), middle_arc(middle), last_arc(middle.to)},
             carried});
      }
    }
  }

  bool is_cut(MaxFlow::Node from, MaxFlow::Node to) const {
    return flow_.on_source_side(from) && !flow_.on_source_side(to);
  }
  static void add_cut(std::vector<Arc>& cut, Arc arc, std::uint32_t statement,
                      std::uint32_t ceiling) {
    if (std::min(statement, ceiling) == 0) return;
    arc.amount = std::min(statement, ceiling);
    arc.ceiling = ceiling < statement;
    cut.push_back(arc);
  }

  void collect_cut(std::vector<Arc>& cut) const {
    add_cut(cut, n_.direct.amount > 0 ? direct_arc() : Arc{}, n_.direct.amount, ceilings_[0]);

    for (std::size_t i = 0; i < n_.intermediaries.size(); ++i) {
      const auto& one = n_.intermediaries[i];
      if (is_cut(kSource, hop(i)))
        add_cut(cut, first_arc(i, one.first), one.first.amount, kNoCeiling);

      // Between a friend and its own last word stands only the policy's ceiling.
      if (one.last != kNoIndex && is_cut(hop(i), last(one.last))) {
        add_cut(cut, first_arc(i, one.first), kNoCeiling, ceilings_[1]);
      }

      if (one.introduction.amount > 0 && is_cut(hop(i), introducer(i))) {
        add_cut(cut, first_arc(i, one.introduction), one.introduction.amount, ceilings_[2]);
      }
    }

    for (const auto& m : n_.second_hops) {
      if (is_cut(introducer(m.from), last(m.to)))
        add_cut(cut, middle_arc(m), m.grant.amount, kNoCeiling);
    }

    for (std::size_t j = 0; j < n_.last_hops.size(); ++j) {
      if (is_cut(last(j), kSink))
        add_cut(cut, last_arc(j), n_.last_hops[j].grant.amount, kNoCeiling);
    }
  }

  const Network& n_;
  const StatementResolver& resolver_;
  const std::array<std::uint32_t, 3>& ceilings_;
  std::uint64_t at_;
  MaxFlow flow_;
  MaxFlow::ArcIndex direct_ = 0;
  std::vector<MaxFlow::ArcIndex> firsts_, speaks_, introductions_, middles_, lasts_;
};

// The matching between intermediaries that introduce and parties that speak last, as a flow of
// units; its König cover is the vertices that the cut separates.
class Matcher {
 public:
  Matcher(const Network& network, const StatementResolver& resolver, const Policy& policy,
          std::uint64_t at)
      : n_(network), resolver_(resolver), policy_(policy), at_(at) {}

  DisjointAnswer match(Work& work) {
    DisjointAnswer answer;
    const std::uint32_t floor = policy_.path_floor;
    in_d_.assign(n_.last_hops.size(), false);
    if (policy_.ceilings[0] >= floor && n_.direct.amount >= floor) {
      answer.paths.push_back(
          {{resolver_.arc(n_.viewpoint, n_.issuer, n_.direct.by, at_)}, n_.direct.amount});
    }
    if (policy_.ceilings[1] >= floor) take_two(answer);
    if (policy_.ceilings[2] >= floor) take_three(answer, work);
    answer.count = static_cast<std::uint32_t>(answer.paths.size());
    if (work.exhausted()) return {};
    return answer;
  }

 private:
  void take_two(DisjointAnswer& answer) {
    const std::uint32_t floor = policy_.path_floor;
    for (const auto& one : n_.intermediaries) {
      if (one.first.amount < floor || one.last == kNoIndex ||
          n_.last_hops[one.last].grant.amount < floor)
        continue;
      in_d_[one.last] = true;
      const Grant last = n_.last_hops[one.last].grant;
      answer.paths.push_back({{resolver_.arc(n_.viewpoint, one.party, one.first.by, at_),
                               resolver_.arc(one.party, n_.issuer, last.by, at_)},
                              std::min(one.first.amount, last.amount)});
    }
  }

  bool fits(const Network::SecondHop& m) const {
    const std::uint32_t floor = policy_.path_floor;
    const auto& from = n_.intermediaries[m.from];
    return m.grant.amount >= floor && from.introduction.amount >= floor &&
           n_.last_hops[m.to].grant.amount >= floor && !in_d_[m.to] &&
           (from.last == kNoIndex || !in_d_[from.last]);
  }

  void take_three(DisjointAnswer& answer, Work& work) {
    const auto left = [](std::size_t i) { return static_cast<MaxFlow::Node>(kFirstNode + i); };
    const auto right = [&](std::size_t j) { return left(n_.intermediaries.size() + j); };

    MaxFlow flow(kFirstNode + n_.intermediaries.size() + n_.last_hops.size());
    std::vector<std::pair<MaxFlow::ArcIndex, std::size_t>> pairs;

    for (std::size_t i = 0; i < n_.intermediaries.size(); ++i) flow.add_arc(kSource, left(i), 1);
    for (std::size_t j = 0; j < n_.last_hops.size(); ++j) flow.add_arc(right(j), kSink, 1);

    for (std::size_t m = 0; m < n_.second_hops.size(); ++m) {
      const auto& middle = n_.second_hops[m];
      if (fits(middle)) pairs.emplace_back(flow.add_arc(left(middle.from), right(middle.to), 1), m);
    }

    flow.run(kSource, kSink, work);
    for (const auto& [arc, m] : pairs) {
      if (flow.flow(arc) != 0) answer.paths.push_back(path_over(n_.second_hops[m]));
    }

    // König: friends beyond the cut and last parties before it meet every edge.
    for (std::size_t i = 0; i < n_.intermediaries.size(); ++i) {
      if (!flow.on_source_side(left(i)))
        answer.cover.push_back(resolver_.id_of(n_.intermediaries[i].party));
    }
    for (std::size_t j = 0; j < n_.last_hops.size(); ++j) {
      if (flow.on_source_side(right(j)))
        answer.cover.push_back(resolver_.id_of(n_.last_hops[j].party));
    }

    std::sort(answer.cover.begin(), answer.cover.end());
  }

  Path path_over(const Network::SecondHop& m) const {
    const auto& from = n_.intermediaries[m.from];
    const auto& to = n_.last_hops[m.to];
    return {{resolver_.arc(n_.viewpoint, from.party, from.introduction.by, at_),
             resolver_.arc(from.party, to.party, m.grant.by, at_),
             resolver_.arc(to.party, n_.issuer, to.grant.by, at_)},
            std::min({from.introduction.amount, m.grant.amount, to.grant.amount})};
  }

  const Network& n_;
  const StatementResolver& resolver_;
  const Policy& policy_;
  std::uint64_t at_;
  std::vector<bool> in_d_;
};

}  // namespace

FlowAnswer solve(const Network& network, const StatementResolver& resolver, const Policy& policy,
                 std::uint64_t at, Work& work) {
  return Solver(network, resolver, policy, at).solve(work);
}

DisjointAnswer independent_paths(const Network& network, const StatementResolver& resolver,
                                 const Policy& policy, std::uint64_t at, Work& work) {
  return Matcher(network, resolver, policy, at).match(work);
}

}  // namespace testamur::trust
