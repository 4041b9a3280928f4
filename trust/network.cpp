#include "trust/network.h"

#include <algorithm>

namespace testamur::trust {
namespace {

Grant at_depth(const Caps& caps, unsigned depth) { return {caps.amount[depth], caps.by[depth]}; }
Grant larger(Grant a, Grant b) { return b.amount > a.amount ? b : a; }

class Builder {
 public:
  Builder(Reading& reading, PartyIndex issuer, std::uint64_t at, Carries carries, std::uint16_t schemes)
      : reading_(reading), at_(at), carries_(carries), schemes_(schemes) {
    network_.viewpoint = reading.viewpoint();
    network_.issuer = issuer;
  }

  Network build() {
    add_lasts();
    add_friends();
    add_middles();
    return std::move(network_);
  }

 private:
  Grant last_of(PartyIndex u, PartyIndex v) {
    if (carries_ == Carries::kTrust) return at_depth(reading_.ties(u, v, at_).trust, 0);
    return at_depth(reading_.ties(u, v, at_, schemes_).accredit, 0);
  }
  Grant vouch(const Ties& ties, unsigned depth) const {
    const Grant trust = at_depth(ties.trust, depth);
    return carries_ == Carries::kTrust ? trust : larger(trust, at_depth(ties.accredit, depth));
  }
  void sort_by_id(std::vector<PartyIndex>& parties) const {
    std::sort(parties.begin(), parties.end(),
              [&](PartyIndex a, PartyIndex b) { return reading_.id_of(a) < reading_.id_of(b); });
  }

  void add_lasts() {
    const PartyIndex s = network_.viewpoint;
    const PartyIndex t = network_.issuer;
    if (reading_.may_be_tied(s, t)) network_.direct = last_of(s, t);
    std::vector<PartyIndex> authors = reading_.authors(t);
    std::erase(authors, s);
    sort_by_id(authors);
    for (const PartyIndex v : authors) {
      const Grant grant = last_of(v, t);
      if (grant.amount > 0 && !reading_.is_blocked(v, at_)) network_.lasts.push_back({v, grant});
    }
    for (std::uint32_t i = 0; i < network_.lasts.size(); ++i) by_party_.emplace_back(network_.lasts[i].party, i);
    std::sort(by_party_.begin(), by_party_.end());
  }

  std::uint32_t last_index(PartyIndex party) const {
    const auto at = std::lower_bound(by_party_.begin(), by_party_.end(), std::pair(party, 0U));
    return at != by_party_.end() && at->first == party ? at->second : kNoIndex;
  }

  // Only friends that can lead to the issuer matter: whichever side has fewer statements is searched.
  std::vector<PartyIndex> candidates() {
    std::uint64_t inwards = network_.lasts.size();
    for (const auto& last : network_.lasts) inwards += reading_.in_degree(last.party);
    if (network_.lasts.empty()) return {};
    if (reading_.out_degree(network_.viewpoint) <= inwards) return reading_.targets(network_.viewpoint);
    std::vector<PartyIndex> out;
    for (const auto& last : network_.lasts) {
      out.push_back(last.party);
      const auto authors = reading_.authors(last.party);
      out.insert(out.end(), authors.begin(), authors.end());
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  void add_friends() {
    const PartyIndex s = network_.viewpoint;
    std::vector<PartyIndex> parties = candidates();
    std::erase(parties, s);
    std::erase(parties, network_.issuer);
    std::erase_if(parties, [&](PartyIndex u) { return !reading_.may_be_tied(s, u); });
    sort_by_id(parties);
    for (const PartyIndex u : parties) {
      const Ties ties = reading_.ties(s, u, at_);
      Network::Friend one{u, vouch(ties, 1), vouch(ties, 2), last_index(u)};
      if (one.first.amount > 0 && !reading_.is_blocked(u, at_)) network_.friends.push_back(one);
    }
  }

  void add_middle(std::uint32_t from, std::uint32_t to) {
    const PartyIndex u = network_.friends[from].party;
    const PartyIndex v = network_.lasts[to].party;
    if (u == v || !reading_.may_be_tied(u, v)) return;
    const Grant grant = vouch(reading_.ties(u, v, at_), 1);
    if (grant.amount > 0) network_.middles.push_back({from, to, grant});
  }

  void add_middles() {
    std::vector<std::pair<PartyIndex, std::uint32_t>> introducers;
    std::uint64_t outwards = 0;
    std::uint64_t inwards = 0;
    for (std::uint32_t i = 0; i < network_.friends.size(); ++i) {
      if (network_.friends[i].introduction.amount == 0) continue;
      introducers.emplace_back(network_.friends[i].party, i);
      outwards += reading_.out_degree(network_.friends[i].party);
    }
    for (const auto& last : network_.lasts) inwards += reading_.in_degree(last.party);
    std::sort(introducers.begin(), introducers.end());
    const std::uint64_t pairs = std::uint64_t{introducers.size()} * network_.lasts.size();
    if (pairs <= std::min(outwards, inwards)) {
      for (const auto& [party, from] : introducers) {
        for (std::uint32_t to = 0; to < network_.lasts.size(); ++to) add_middle(from, to);
      }
    } else if (outwards <= inwards) {
      for (const auto& [party, from] : introducers) {
        for (const PartyIndex v : reading_.targets(party)) {
          if (const std::uint32_t to = last_index(v); to != kNoIndex) add_middle(from, to);
        }
      }
    } else {
      for (std::uint32_t to = 0; to < network_.lasts.size(); ++to) {
        for (const PartyIndex u : reading_.authors(network_.lasts[to].party)) {
          const auto at = std::lower_bound(introducers.begin(), introducers.end(), std::pair(u, 0U));
          if (at != introducers.end() && at->first == u) add_middle(at->second, to);
        }
      }
    }
    std::sort(network_.middles.begin(), network_.middles.end(),
              [](const auto& a, const auto& b) { return std::pair(a.from, a.to) < std::pair(b.from, b.to); });
  }

  Reading& reading_;
  std::uint64_t at_;
  Carries carries_;
  std::uint16_t schemes_;
  Network network_;
  std::vector<std::pair<PartyIndex, std::uint32_t>> by_party_;
};

}  // namespace

Network build_network(Reading& reading, PartyIndex issuer, std::uint64_t at, Carries carries, std::uint16_t schemes) {
  return Builder(reading, issuer, at, carries, schemes).build();
}

}  // namespace testamur::trust
