// Remedies and flips are found by asking again: with one more statement assumed, or one taken away.
// Amounts rise with assumed statements (law P1), so the smallest amount that helps is found by
// bisection.
#include "trust/explain.h"

#include <algorithm>
#include <set>

#include "trust/statement_resolver.h"

namespace testamur::trust {
namespace {

class Explainer {
 public:
  Explainer(const History& history, const Query& query, const Policy& policy,
            const ExplainLimits& limits)
      : history_(history), policy_(policy), limits_(limits) {
    e_.query = query;
    e_.threshold = policy.threshold;
    e_.needed_paths = policy.independent_paths;
  }

  Explanation run() {
    e_.decision = decide(history_, e_.query, policy_);
    left_ = limits_.work;
    e_.chain = widest_chain(history_, e_.query, policy_);
    const Decision& d = e_.decision;
    if (d.outcome == Outcome::kAccept) find_flips();
    if (d.outcome == Outcome::kBlocked) remedy_blocks();
    if (d.outcome == Outcome::kRefuse) explain_refusal();
    return std::move(e_);
  }

 private:
  // The outcome of a variation of the question; nothing where it would cost more work than is left.
  std::optional<Outcome> ask(Query query) {
    query.work_limit = std::min(query.work_limit, left_);
    const Decision d = decide(history_, query, policy_);
    left_ -= d.steps;
    return d.rule == Rule::kTooLarge ? std::nullopt : std::optional(d.outcome);
  }
  bool accepts(const Query& query) { return ask(query) == Outcome::kAccept; }
  bool refuses(const Query& query) {
    const auto outcome = ask(query);
    return outcome && *outcome != Outcome::kAccept;
  }

  void find_flips() {
    std::set<StatementId> seen;

    // A statement may lie on several chains and is tried once. An assumed one cannot be withdrawn.
    const auto try_arcs = [&](const std::vector<Path>& paths) {
      for (const Path& path : paths) {
        for (const Arc& arc : path.arcs) {
          if (arc.statement.is_zero() || seen.size() >= limits_.flips ||
              !seen.insert(arc.statement).second)
            continue;
          Query query = e_.query;
          query.without.push_back(arc.statement);
          if (refuses(query)) e_.would_flip.push_back(arc);
        }
      }
    };

    // Only what carries the acceptance can turn it by going away.
    try_arcs(e_.decision.paths);
    try_arcs(e_.decision.disjoint);
    if (!policy_.accreditation.empty()) try_arcs(e_.decision.accredited_paths);
  }

  // Withdrawing the one distrust that blocks, where it is one.
  void remedy_blocks() {
    for (const Arc& block : e_.decision.blocks) {
      Query query = e_.query;
      query.without.push_back(block.statement);
      if (accepts(query)) {
        e_.remedies.push_back({block.truster, block.subject, Kind::kEnd, 0, 0, block.statement});
      }
    }
  }

  void explain_refusal() {
    const Decision& d = e_.decision;
    if (d.rule == Rule::kAmount) e_.deficit = policy_.threshold - d.amount;
    if (d.rule == Rule::kPaths) e_.deficit = policy_.independent_paths - d.independent_paths;

    if (d.rule == Rule::kAccreditation) {
      for (const auto& answer : d.accreditations) {
        if (answer.amount < answer.needed)
          e_.deficit = std::max(e_.deficit, answer.needed - answer.amount);
      }
      find_lapses();
    }

    // The other rules (unknown, future, too large) are not changed by one more statement.
    if (d.rule != Rule::kAmount && d.rule != Rule::kPaths && d.rule != Rule::kAccreditation) return;

    const auto issuer = history_.find(e_.query.issuer);
    Work work(e_.query.work_limit);
    StatementResolver resolver(history_, e_.query, policy_, work);
    e_.issuer_in_good_standing = resolver.in_good_standing(*issuer, e_.query.at_time_ms);

    find_uncovered();
    find_remedies(resolver, *issuer);
  }

  // A part of the point without which the answer is yes; for fields, the single fields that nothing
  // covers.
  void find_uncovered() {
    for (unsigned i = 0; i < kScopePartCount; ++i) {
      const auto part = static_cast<ScopePart>(i);
      Query query = e_.query;
      query.ignore_parts = static_cast<std::uint8_t>(query.ignore_parts | bit_of(part));
      if (!accepts(query)) continue;

      // Trust must cover every field of the point at once: asked alone, a field tells whether it is
      // the one.
      Uncovered uncovered{part, {}};
      for (unsigned field = 0; part == ScopePart::kFields && field < kFieldCount; ++field) {
        if (!e_.query.point.fields.contains(field)) continue;
        Query one = e_.query;
        one.point.fields = FieldMask::bit(field);
        if (refuses(one)) uncovered.fields = uncovered.fields | FieldMask::bit(field);
      }

      e_.uncovered.push_back(uncovered);
    }
  }

  void find_lapses() {
    const auto issuer = history_.find(e_.query.issuer);
    const std::uint64_t at = e_.query.at_time_ms;
    Work work(e_.query.work_limit);
    StatementResolver resolver(history_, e_.query, policy_, work);
    const auto& party = history_.party(*issuer);

    for (auto i = party.first_in; i != kNoIndex && work.spend(); i = history_.pair(i).next_in) {
      const Pair& pair = history_.pair(i);
      for (auto r = pair.last_accredit; r != kNoIndex && work.spend();
           r = history_.row(r).previous) {
        const Row& row = history_.row(r);
        if (!resolver.visible(row.block) || row.valid_from_ms > at) continue;

        const std::uint64_t until = resolver.until(row, pair.truster == resolver.viewpoint(), at);
        const bool role_lost = !resolver.role_counts(row, at);
        if (at < until && !role_lost) continue;

        e_.lapses.push_back(
            {resolver.arc(pair.truster, *issuer, r, at), role_lost ? 0 : until, role_lost});
      }
    }

    // The latest lapses come first, because the list is cut.
    std::sort(e_.lapses.begin(), e_.lapses.end(), [](const Lapse& a, const Lapse& b) {
      return std::pair(b.lapsed_ms, b.accreditation) < std::pair(a.lapsed_ms, a.accreditation);
    });
    if (e_.lapses.size() > limits_.remedies) e_.lapses.resize(limits_.remedies);
  }

  void try_remedy(const InstitutionId& by, const InstitutionId& subject, Kind kind,
                  std::uint8_t depth) {
    if (tried_ >= limits_.remedies || by == subject) return;
    ++tried_;

    const auto helps = [&](unsigned amount) {
      Query query = e_.query;
      query.assume.push_back({by, subject, kind, static_cast<std::uint8_t>(amount), depth});
      return accepts(query);
    };

    if (!helps(kFullAmount)) return;

    // By halves: what helps with some amount helps with every larger one (law P1).
    unsigned low = 1;
    unsigned high = kFullAmount;
    while (low < high) {
      const unsigned middle = (low + high) / 2;
      if (helps(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }

    e_.remedies.push_back({by, subject, kind, static_cast<std::uint8_t>(high), depth, {}});
  }

  std::vector<InstitutionId> ids(StatementResolver& resolver,
                                 const std::vector<PartyIndex>& parties) const {
    std::vector<InstitutionId> out;
    for (const PartyIndex party : parties) out.push_back(resolver.id_of(party));
    std::sort(out.begin(), out.end());
    return out;
  }

  // By the viewpoint: trust in the issuer itself, or in somebody who already speaks of it. By each
  // friend: a word of its own about the issuer.
  void find_remedies(StatementResolver& resolver, PartyIndex issuer) {
    const InstitutionId& s = e_.query.viewpoint;
    const InstitutionId& t = e_.query.issuer;
    const bool lacks_accreditation = e_.decision.rule == Rule::kAccreditation;
    const Kind kind = lacks_accreditation ? Kind::kAccredit : Kind::kTrust;

    // Only who holds the role accreditor may accredit at all.
    if (!lacks_accreditation || resolver.holds_role(resolver.viewpoint()))
      try_remedy(s, t, kind, 0);

    std::vector<PartyIndex> authors = resolver.authors(issuer);
    std::erase(authors, resolver.viewpoint());
    for (const auto& author : ids(resolver, authors)) try_remedy(s, author, Kind::kTrust, 1);

    std::vector<PartyIndex> friends = resolver.targets(resolver.viewpoint());
    std::erase(friends, issuer);
    if (lacks_accreditation)
      std::erase_if(friends, [&](PartyIndex u) { return !resolver.holds_role(u); });
    for (const auto& one : ids(resolver, friends)) try_remedy(one, t, kind, 0);
  }

  const History& history_;
  const Policy& policy_;
  const ExplainLimits& limits_;
  Explanation e_;
  std::size_t tried_ = 0;
  std::uint64_t left_ = 0;  // of the work
};

}  // namespace

Explanation explain(const History& history, const Query& query, const Policy& policy,
                    const ExplainLimits& limits) {
  return Explainer(history, query, policy, limits).run();
}

}  // namespace testamur::trust
