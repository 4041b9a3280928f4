// Builds the network of one question. Invariants: blocked parties and the issuer itself are on no
// chain; every list is in the order of institution ids, or of positions in such a list, so that
// neither the numbering of parties nor the side from which the search began shows in an answer;
// nothing is left out that can carry flow, unless the work is used up, and then the answer is none.
#include "trust/network.h"

#include <algorithm>

namespace testamur::trust {
namespace {

Grant at_depth(const Caps& caps, unsigned depth) { return {caps.amount[depth], caps.by[depth]}; }
Grant larger(Grant a, Grant b) { return b.amount > a.amount ? b : a; }

class Builder {
 public:
  Builder(StatementResolver& resolver, PartyIndex issuer, std::uint64_t at, Carries carries,
          std::uint16_t schemes)
      : resolver_(resolver), at_(at), carries_(carries), schemes_(schemes) {
    network_.viewpoint = resolver.viewpoint();
    network_.issuer = issuer;
  }

  Network build() {
    add_last_hops();
    add_intermediaries();
    add_second_hops();
    return std::move(network_);
  }

 private:
  Grant last_of(PartyIndex u, PartyIndex v) {
    if (carries_ == Carries::kTrust) return at_depth(resolver_.relation(u, v, at_).trust, 0);
    return at_depth(resolver_.relation(u, v, at_, schemes_).accredit, 0);
  }
  Grant vouch(const Relation& relation, unsigned depth) const {
    const Grant trust = at_depth(relation.trust, depth);
    return carries_ == Carries::kTrust ? trust : larger(trust, at_depth(relation.accredit, depth));
  }
  void sort_by_id(std::vector<PartyIndex>& parties) const {
    std::sort(parties.begin(), parties.end(),
              [&](PartyIndex a, PartyIndex b) { return resolver_.id_of(a) < resolver_.id_of(b); });
  }

  void add_last_hops() {
    const PartyIndex s = network_.viewpoint;
    const PartyIndex t = network_.issuer;

    if (resolver_.may_be_related(s, t)) network_.direct = last_of(s, t);

    std::vector<PartyIndex> authors = resolver_.authors(t);
    std::erase(authors, s);
    sort_by_id(authors);

    for (const PartyIndex v : authors) {
      const Grant grant = last_of(v, t);
      if (grant.amount > 0 && !resolver_.is_blocked(v, at_))
        network_.last_hops.push_back({v, grant});
    }

    // Positions are looked up by party later; the list itself stays in the order of ids.
    for (std::uint32_t i = 0; i < network_.last_hops.size(); ++i)
      by_party_.emplace_back(network_.last_hops[i].party, i);
    std::sort(by_party_.begin(), by_party_.end());
  }

  std::uint32_t last_index(PartyIndex party) const {
    const auto at = std::lower_bound(by_party_.begin(), by_party_.end(), std::pair(party, 0U));
    return at != by_party_.end() && at->first == party ? at->second : kNoIndex;
  }

  // Only friends that can lead to the issuer matter: whichever side has fewer statements is
  // searched.
  std::vector<PartyIndex> candidates() {
    std::uint64_t inwards = network_.last_hops.size();
    for (const auto& last : network_.last_hops) inwards += resolver_.in_degree(last.party);

    if (network_.last_hops.empty()) return {};
    if (resolver_.out_degree(network_.viewpoint) <= inwards)
      return resolver_.targets(network_.viewpoint);

    // A friend leads to the issuer by its own word, or by its word about one who speaks of the
    // issuer.
    std::vector<PartyIndex> out;
    for (const auto& last : network_.last_hops) {
      out.push_back(last.party);
      const auto authors = resolver_.authors(last.party);
      out.insert(out.end(), authors.begin(), authors.end());
    }

    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  void add_intermediaries() {
    const PartyIndex s = network_.viewpoint;
    std::vector<PartyIndex> parties = candidates();
    std::erase(parties, s);
    std::erase(parties, network_.issuer);
    if (!resolver_.spend(parties.size())) return;
    std::erase_if(parties, [&](PartyIndex u) { return !resolver_.may_be_related(s, u); });

    sort_by_id(parties);
    for (const PartyIndex u : parties) {
      const Relation relation = resolver_.relation(s, u, at_);
      const Network::Intermediary one{u, vouch(relation, 1), vouch(relation, 2), last_index(u)};
      if (one.first.amount > 0 && !resolver_.is_blocked(u, at_))
        network_.intermediaries.push_back(one);
    }
  }

  // False once the work is used up. Looking up that u never spoke of v costs a step as well: an
  // issuer of whom everybody speaks has more such pairs than statements.
  bool add_second_hop(std::uint32_t from, std::uint32_t to) {
    if (!resolver_.spend()) return false;
    const PartyIndex u = network_.intermediaries[from].party;
    const PartyIndex v = network_.last_hops[to].party;
    if (u == v || !resolver_.may_be_related(u, v)) return true;
    const Grant grant = vouch(resolver_.relation(u, v, at_), 1);
    if (grant.amount > 0) network_.second_hops.push_back({from, to, grant});
    return true;
  }

  // Intermediaries that introduce, by party, with their positions.
  using Introducers = std::vector<std::pair<PartyIndex, std::uint32_t>>;

  void try_all_pairs(const Introducers& introducers) {
    for (const auto& [party, from] : introducers) {
      for (std::uint32_t to = 0; to < network_.last_hops.size(); ++to) {
        if (!add_second_hop(from, to)) return;
      }
    }
  }
  void try_outwards(const Introducers& introducers) {
    for (const auto& [party, from] : introducers) {
      for (const PartyIndex v : resolver_.targets(party)) {
        const std::uint32_t to = last_index(v);
        if (to != kNoIndex && !add_second_hop(from, to)) return;
      }
    }
  }
  void try_inwards(const Introducers& introducers) {
    for (std::uint32_t to = 0; to < network_.last_hops.size(); ++to) {
      for (const PartyIndex u : resolver_.authors(network_.last_hops[to].party)) {
        const auto at = std::lower_bound(introducers.begin(), introducers.end(), std::pair(u, 0U));
        const bool introduces = at != introducers.end() && at->first == u;
        if (introduces && !add_second_hop(at->second, to)) return;
      }
    }
  }

  void add_second_hops() {
    Introducers introducers;
    std::uint64_t outwards = 0;
    std::uint64_t inwards = 0;
    for (std::uint32_t i = 0; i < network_.intermediaries.size(); ++i) {
      if (network_.intermediaries[i].introduction.amount == 0) continue;
      introducers.emplace_back(network_.intermediaries[i].party, i);
      outwards += resolver_.out_degree(network_.intermediaries[i].party);
    }
    for (const auto& last : network_.last_hops) inwards += resolver_.in_degree(last.party);

    std::sort(introducers.begin(), introducers.end());

    // Three ways to the same hops, of which the one over the fewest statements is taken: neither
    // many friends nor an issuer of whom everybody speaks must make an answer slow.
    const std::uint64_t pairs = std::uint64_t{introducers.size()} * network_.last_hops.size();
    if (pairs <= std::min(outwards, inwards)) {
      try_all_pairs(introducers);
    } else if (outwards <= inwards) {
      try_outwards(introducers);
    } else {
      try_inwards(introducers);
    }

    // Which way was taken must not show in the order of the chains.
    std::sort(network_.second_hops.begin(), network_.second_hops.end(),
              [](const auto& a, const auto& b) {
                return std::pair(a.from, a.to) < std::pair(b.from, b.to);
              });
  }

  StatementResolver& resolver_;
  std::uint64_t at_;
  Carries carries_;
  std::uint16_t schemes_;
  Network network_;
  std::vector<std::pair<PartyIndex, std::uint32_t>> by_party_;
};

}  // namespace

Network build_network(StatementResolver& resolver, PartyIndex issuer, std::uint64_t at,
                      Carries carries, std::uint16_t schemes) {
  return Builder(resolver, issuer, at, carries, schemes).build();
}

}  // namespace testamur::trust
