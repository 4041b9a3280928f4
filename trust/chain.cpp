// The widest single chain of at most eight statements: the statement that leaves its i-th party
// must vouch for all the hops that remain. A walk that visits a party twice can be shortened, which
// lowers the depths it needs and never its width, so walks need no bookkeeping.
#include <algorithm>
#include <map>

#include "trust/statement_resolver.h"

namespace testamur::trust {
namespace {

constexpr unsigned kMaxHops = 8;
constexpr std::uint64_t kMostSteps = 2'000'000;  // it is information, and no answer waits for it

struct Step {
  std::uint32_t width = 0;
  PartyIndex next = kNoIndex;
  Source by = 0;
};
using Layer = std::map<PartyIndex, Step>;  // party -> the best way to the issuer in exactly r hops

class ChainSearch {
 public:
  ChainSearch(StatementResolver& resolver, const Query& query, Work& work)
      : query_(query), work_(work), resolver_(resolver) {}

  std::optional<Chain> run(PartyIndex issuer) {
    layers_.push_back({{issuer, {kNoCeiling, kNoIndex, 0}}});
    std::optional<std::size_t> best;
    for (unsigned hops = 1; hops <= kMaxHops && !layers_.back().empty(); ++hops) {
      layers_.push_back(extend(layers_.back(), hops - 1));
      const auto here = layers_.back().find(resolver_.viewpoint());
      if (here == layers_.back().end()) continue;
      if (!best || here->second.width > layers_[*best].at(resolver_.viewpoint()).width) best = hops;
    }
    if (work_.exhausted() || !best) return std::nullopt;
    return read_back(*best);
  }

 private:
  bool blocked(PartyIndex party) {
    const auto [at, fresh] = blocked_.try_emplace(party, false);
    if (fresh) at->second = resolver_.is_blocked(party, query_.at_time_ms);
    return at->second;
  }

  Layer extend(const Layer& layer, unsigned depth) {
    Layer next;
    for (const auto& [party, step] : layer) {
      // A chain begins at the viewpoint: one that passes through it can be shortened.
      if (party == resolver_.viewpoint()) continue;
      for (const PartyIndex author : resolver_.authors(party)) {
        if (work_.exhausted()) return {};

        // `depth` hops follow this statement, and it must vouch for all of them.
        const Relation relation = resolver_.relation(author, party, query_.at_time_ms);
        const std::uint32_t width =
            std::min<std::uint32_t>(step.width, relation.trust.amount[depth]);
        if (width == 0) continue;

        const auto known = next.find(author);
        if (known != next.end() && better(known->second, width, party)) continue;

        // Whether somebody is blocked takes the most work to find out and is asked last.
        if (!blocked(author)) next[author] = {width, party, relation.trust.by[depth]};
      }
    }
    return next;
  }

  // Equal widths go by institution id, so that the chain does not depend on how parties were
  // numbered.
  bool better(const Step& known, std::uint32_t width, PartyIndex party) const {
    if (known.width != width) return known.width > width;
    return resolver_.id_of(known.next) < resolver_.id_of(party);
  }

  Chain read_back(std::size_t hops) const {
    Chain chain;
    PartyIndex party = resolver_.viewpoint();
    chain.amount = layers_[hops].at(party).width;
    for (std::size_t left = hops; left > 0; --left) {
      const Step& step = layers_[left].at(party);
      chain.arcs.push_back(resolver_.arc(party, step.next, step.by, query_.at_time_ms));
      party = step.next;
    }
    return chain;
  }

  const Query& query_;
  Work& work_;
  StatementResolver& resolver_;
  std::vector<Layer> layers_;
  std::map<PartyIndex, bool> blocked_;
};

}  // namespace

std::optional<Chain> widest_chain(const History& history, const Query& query, const Policy& policy,
                                  Work& work) {
  const auto issuer = history.find(query.issuer);
  if (!issuer || query.issuer == query.viewpoint || query.at_time_ms > query.as_of.today_ms)
    return std::nullopt;

  StatementResolver resolver(history, query, policy, work);
  if (!resolver.is_visible(*issuer) || resolver.is_blocked(*issuer, query.at_time_ms))
    return std::nullopt;
  return ChainSearch(resolver, query, work).run(*issuer);
}

std::optional<Chain> widest_chain(const History& history, const Query& query,
                                  const Policy& policy) {
  Work work(std::min(query.work_limit, kMostSteps));
  return widest_chain(history, query, policy, work);
}

}  // namespace testamur::trust
