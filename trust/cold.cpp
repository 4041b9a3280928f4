#include "trust/cold.h"

#include <algorithm>

#include "trust/flow.h"

namespace testamur::trust {
namespace {

constexpr std::size_t kMarkAtMost = 256;  // more own arcs are searched instead of marked

std::uint32_t capped(std::uint32_t amount, std::uint32_t ceiling) { return std::min(amount, ceiling); }

}  // namespace

CsrArc ColdAsker::own(PartyIndex party) const {
  if (!marked_) return graph_.find(viewpoint_, party);
  const std::uint64_t mark = marks_[party];
  if (mark >> 32 != stamp_) return {party, 0, 0, 0, false};
  return own_arcs_[static_cast<std::uint32_t>(mark)];
}

bool ColdAsker::vetoed(PartyIndex party, const Policy& policy) const {
  std::uint32_t vetoes = 0;
  for (const auto& id : policy.vetoers) {
    const auto vetoer = history_.find(id);
    if (vetoer && *vetoer != party && graph_.find(*vetoer, party).distrust) ++vetoes;
  }
  return vetoes > 0 && vetoes >= policy.veto_quorum;
}

std::optional<Outcome> ColdAsker::ask(PartyIndex s, PartyIndex t, const Policy& policy) {
  if (policy.independent_paths > 1 || !policy.accreditation.empty() || !policy.local.empty()) return std::nullopt;
  if (!history_.party(s).standings.empty()) return std::nullopt;
  if (s == t) return Outcome::kAccept;
  viewpoint_ = s;
  own_arcs_ = graph_.out(s);
  marked_ = own_arcs_.size() <= kMarkAtMost;
  if (marked_) {
    if (marks_.empty() || ++stamp_ == 0) {
      marks_.assign(graph_.party_count(), 0);
      stamp_ = 1;
    }
    for (std::uint32_t i = 0; i < own_arcs_.size(); ++i) marks_[own_arcs_[i].party] = std::uint64_t{stamp_} << 32 | i;
  }
  const CsrArc direct = own(t);
  if (direct.distrust || vetoed(t, policy)) return Outcome::kBlocked;
  return flows(t, capped(direct.last, policy.ceilings[0]), policy) ? Outcome::kAccept : Outcome::kRefuse;
}

bool ColdAsker::flows(PartyIndex t, std::uint32_t direct, const Policy& policy) {
  if (direct >= policy.threshold) return true;
  const std::uint32_t missing = policy.threshold - direct;
  std::uint32_t two = 0;
  std::uint32_t upper = 0;
  lasts_.clear();
  for (const CsrArc& arc : graph_.in(t)) {
    if (arc.last == 0 || arc.party == viewpoint_) continue;
    const CsrArc first = own(arc.party);
    if (first.distrust || (!policy.vetoers.empty() && vetoed(arc.party, policy))) continue;
    two += std::min({std::uint32_t{arc.last}, std::uint32_t{first.first}, policy.ceilings[1]});
    if (two >= missing) return true;
    upper += arc.last;
    lasts_.push_back(arc);
  }
  if (upper < missing) return false;
  collect_middles(viewpoint_, t, policy);
  return !(middles_.empty()) && flows_exactly(missing, policy);
}

// From whichever side has fewer arcs.
void ColdAsker::collect_middles(PartyIndex s, PartyIndex t, const Policy& policy) {
  middles_.clear();
  std::size_t inwards = 0;
  std::size_t outwards = 0;
  for (const CsrArc& last : lasts_) inwards += graph_.in(last.party).size();
  for (const CsrArc& arc : own_arcs_) outwards += arc.second == 0 ? 0 : graph_.out(arc.party).size();
  const auto usable = [&](const CsrArc& arc) {
    return arc.second != 0 && arc.party != t && !arc.distrust && (policy.vetoers.empty() || !vetoed(arc.party, policy));
  };
  if (inwards <= outwards) {
    for (std::uint32_t j = 0; j < lasts_.size(); ++j) {
      for (const CsrArc& arc : graph_.in(lasts_[j].party)) {
        if (arc.first == 0 || arc.party == s) continue;
        CsrArc first = own(arc.party);
        first.party = arc.party;
        if (usable(first)) middles_.push_back({arc.party, j, arc.first});
      }
    }
    return;
  }
  for (const CsrArc& first : own_arcs_) {
    if (!usable(first)) continue;
    for (const CsrArc& arc : graph_.out(first.party)) {
      const auto at = std::lower_bound(lasts_.begin(), lasts_.end(), arc.party,
                                       [](const CsrArc& a, PartyIndex party) { return a.party < party; });
      if (arc.first == 0 || at == lasts_.end() || at->party != arc.party) continue;
      middles_.push_back({first.party, static_cast<std::uint32_t>(at - lasts_.begin()), arc.first});
    }
  }
}

bool ColdAsker::flows_exactly(std::uint32_t missing, const Policy& policy) const {
  std::vector<PartyIndex> friends;
  for (const CsrArc& last : lasts_) {
    if (own(last.party).first != 0) friends.push_back(last.party);
  }
  for (const Middle& middle : middles_) friends.push_back(middle.from);
  std::sort(friends.begin(), friends.end());
  friends.erase(std::unique(friends.begin(), friends.end()), friends.end());
  const auto hop = [&](PartyIndex party) {
    return static_cast<MaxFlow::Node>(2 + (std::lower_bound(friends.begin(), friends.end(), party) - friends.begin()));
  };
  const auto introducer = [&](PartyIndex party) { return static_cast<MaxFlow::Node>(hop(party) + friends.size()); };
  const auto last = [&](std::size_t j) { return static_cast<MaxFlow::Node>(2 + 2 * friends.size() + j); };
  MaxFlow flow(2 + 2 * friends.size() + lasts_.size());
  for (const PartyIndex u : friends) {
    const CsrArc first = own(u);
    flow.add_arc(0, hop(u), first.first);
    flow.add_arc(hop(u), introducer(u), capped(first.second, policy.ceilings[2]));
  }
  for (std::size_t j = 0; j < lasts_.size(); ++j) {
    flow.add_arc(last(j), 1, lasts_[j].last);
    if (own(lasts_[j].party).first == 0) continue;
    flow.add_arc(hop(lasts_[j].party), last(j), capped(MaxFlow::kUnbounded, policy.ceilings[1]));
  }
  for (const Middle& middle : middles_) flow.add_arc(introducer(middle.from), last(middle.to), middle.amount);
  Work work(~std::uint64_t{0});
  return flow.run(0, 1, work) >= missing;
}

}  // namespace testamur::trust
