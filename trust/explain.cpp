// Remedies and flips are found by asking again: with one more statement assumed, or one taken away.
// Amounts rise with assumed statements (law P1), so the smallest amount that helps is found by
// bisection. Invariants: every walk after the decision is charged to one budget; an answer that the
// budget did not pay for is unknown, neither an acceptance nor a refusal, and whatever it leaves
// open is left out and marked as incomplete.
#include "trust/explain.h"

#include <algorithm>
#include <set>

#include "trust/statement_resolver.h"
#include "trust/work.h"

namespace testamur::trust {
namespace {

constexpr std::uint64_t kChainWork = 2'000'000;  // the chain is information only

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
    left_ = limits_.work.value_or(times(e_.query.work_limit, 2));
    const Decision& d = e_.decision;
    // Where the question itself was too large there is nothing to explain but that.
    if (d.rule == Rule::kTooLarge) {
      e_.remedies_complete = e_.flips_complete = false;
      return std::move(e_);
    }

    charge(std::min(e_.query.work_limit, kChainWork),
           [&](Work& work) { e_.chain = widest_chain(history_, e_.query, policy_, work); });
    if (d.outcome == Outcome::kAccept) find_flips();
    if (d.outcome == Outcome::kBlocked) remedy_blocks();
    if (d.outcome == Outcome::kRefuse) explain_refusal();
    return std::move(e_);
  }

 private:
  // A walk of at most `limit` steps and of what is left of the budget, which pays for it.
  template <class Walk>
  void charge(std::uint64_t limit, const Walk& walk) {
    const std::uint64_t most = std::min(limit, left_);
    Work work(most);
    walk(work);
    left_ -= most - work.left();
  }

  // Whether a variation of the question is accepted; nothing where it would cost more work than is
  // left.
  std::optional<bool> accepts(Query query) {
    query.work_limit = std::min(query.work_limit, left_);
    if (query.work_limit == 0) return std::nullopt;
    const Decision d = decide(history_, query, policy_);
    left_ -= d.steps;
    if (d.rule == Rule::kTooLarge) return std::nullopt;
    return d.outcome == Outcome::kAccept;
  }

  // A statement may lie on several chains and is tried once. An assumed one cannot be withdrawn.
  void try_flips(const std::vector<Path>& paths, std::set<StatementId>& seen) {
    for (const Path& path : paths) {
      for (const Arc& arc : path.arcs) {
        if (arc.statement.is_zero() || seen.contains(arc.statement)) continue;
        if (seen.size() >= limits_.flips) {
          e_.flips_complete = false;
          return;
        }

        seen.insert(arc.statement);
        Query query = e_.query;
        query.without.push_back(arc.statement);
        const auto accepted = accepts(query);
        if (!accepted) e_.flips_complete = false;
        if (accepted == false) e_.would_flip.push_back(arc);
      }
    }
  }

  // Every requirement that the acceptance meets has chains of its own that carry it: the amount,
  // the independent paths, and each accreditation that the policy demands. A statement on none of
  // them leaves every one of these sets of chains as it is, and so turns nothing.
  void find_flips() {
    std::set<StatementId> seen;
    try_flips(e_.decision.paths, seen);
    if (policy_.independent_paths > 1) try_flips(e_.decision.disjoint, seen);
    for (const auto& answer : e_.decision.accreditations) try_flips(answer.paths, seen);
  }

  // Withdrawing the one distrust that blocks, where it is one.
  void remedy_blocks() {
    for (const Arc& block : e_.decision.blocks) {
      Query query = e_.query;
      query.without.push_back(block.statement);
      const auto accepted = accepts(query);
      if (!accepted) e_.remedies_complete = false;
      if (accepted == true) {
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

    find_uncovered();
    charge(e_.query.work_limit, [&](Work& work) {
      const auto issuer = history_.find(e_.query.issuer);
      StatementResolver resolver(history_, e_.query, policy_, work);
      const bool good = resolver.in_good_standing(*issuer, e_.query.at_time_ms);
      if (!work.exhausted()) e_.issuer_in_good_standing = good;
      collect_candidates(resolver, *issuer);
      if (work.exhausted()) e_.remedies_complete = false;
    });
    for (const Candidate& candidate : candidates_) try_remedy(candidate);
  }

  // A part of the point without which the answer is yes; for fields, the single fields that nothing
  // covers.
  void find_uncovered() {
    for (unsigned i = 0; i < kScopePartCount; ++i) {
      const auto part = static_cast<ScopePart>(i);
      Query query = e_.query;
      query.ignore_parts = static_cast<std::uint8_t>(query.ignore_parts | bit_of(part));
      if (accepts(query) != true) continue;

      // Trust must cover every field of the point at once: asked alone, a field tells whether it is
      // the one.
      Uncovered uncovered{part, {}};
      for (unsigned field = 0; part == ScopePart::kFields && field < kFieldCount; ++field) {
        if (!e_.query.point.fields.contains(field)) continue;
        Query one = e_.query;
        one.point.fields = FieldMask::bit(field);
        const auto accepted = accepts(one);

        // Some of the fields would pass for all of them.
        if (!accepted) {
          uncovered.fields = FieldMask{};
          break;
        }
        if (!*accepted) uncovered.fields = uncovered.fields | FieldMask::bit(field);
      }

      e_.uncovered.push_back(uncovered);
    }
  }

  void find_lapses() {
    charge(e_.query.work_limit, [this](Work& work) { collect_lapses(work); });

    // The latest lapses come first, because the list is cut.
    std::sort(e_.lapses.begin(), e_.lapses.end(), [](const Lapse& a, const Lapse& b) {
      return std::pair(b.lapsed_ms, b.accreditation) < std::pair(a.lapsed_ms, a.accreditation);
    });
    if (e_.lapses.size() > limits_.remedies) e_.lapses.resize(limits_.remedies);
  }

  void collect_lapses(Work& work) {
    const auto issuer = history_.find(e_.query.issuer);
    const std::uint64_t at = e_.query.at_time_ms;
    const StatementResolver resolver(history_, e_.query, policy_, work);
    const auto& party = history_.party(*issuer);

    for (auto i = party.first_in; i != kNoIndex && work.spend(); i = history_.pair(i).next_in) {
      const Pair& pair = history_.pair(i);
      for (auto r = pair.last_accredit; r != kNoIndex && work.spend();
           r = history_.row(r).previous) {
        const Row& row = history_.row(r);
        if (!resolver.visible(row.block) || row.valid_from_ms > at) continue;

        const std::uint64_t until = resolver.until(row, pair.truster == resolver.viewpoint(), at);
        const bool role_lost = !resolver.role_counts(row, at);

        // What was not walked to its end says nothing of this one.
        if (work.exhausted()) return;
        if (at < until && !role_lost) continue;

        e_.lapses.push_back(
            {resolver.arc(pair.truster, *issuer, r, at), role_lost ? 0 : until, role_lost});
      }
    }
  }

  struct Candidate {
    InstitutionId by;
    InstitutionId subject;
    Kind kind = Kind::kTrust;
    std::uint8_t depth = 0;
  };

  void add_candidate(const Candidate& candidate) {
    if (candidate.by == candidate.subject) return;
    if (candidates_.size() >= limits_.remedies) {
      e_.remedies_complete = false;
      return;
    }
    candidates_.push_back(candidate);
  }

  std::optional<bool> helps(const Candidate& candidate, unsigned amount) {
    Query query = e_.query;
    query.assume.push_back({candidate.by, candidate.subject, candidate.kind,
                            static_cast<std::uint8_t>(amount), candidate.depth});
    return accepts(query);
  }

  void try_remedy(const Candidate& candidate) {
    const auto at_all = helps(candidate, kFullAmount);
    if (!at_all) e_.remedies_complete = false;
    if (at_all != true) return;

    // By halves: what helps with some amount helps with every larger one (law P1).
    unsigned low = 1;
    unsigned high = kFullAmount;
    while (low < high) {
      const unsigned middle = (low + high) / 2;
      const auto enough = helps(candidate, middle);

      // Without its smallest amount it would claim more than is known.
      if (!enough) {
        e_.remedies_complete = false;
        return;
      }
      if (*enough) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }

    e_.remedies.push_back({candidate.by,
                           candidate.subject,
                           candidate.kind,
                           static_cast<std::uint8_t>(high),
                           candidate.depth,
                           {}});
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
  void collect_candidates(StatementResolver& resolver, PartyIndex issuer) {
    const InstitutionId& s = e_.query.viewpoint;
    const InstitutionId& t = e_.query.issuer;
    const bool lacks_accreditation = e_.decision.rule == Rule::kAccreditation;
    const Kind kind = lacks_accreditation ? Kind::kAccredit : Kind::kTrust;

    // Only who holds the role accreditor may accredit at all.
    if (!lacks_accreditation || resolver.holds_role(resolver.viewpoint()))
      add_candidate({s, t, kind, 0});

    std::vector<PartyIndex> authors = resolver.authors(issuer);
    std::erase(authors, resolver.viewpoint());
    for (const auto& author : ids(resolver, authors)) add_candidate({s, author, Kind::kTrust, 1});

    std::vector<PartyIndex> friends = resolver.targets(resolver.viewpoint());
    std::erase(friends, issuer);
    if (lacks_accreditation)
      std::erase_if(friends, [&](PartyIndex u) { return !resolver.holds_role(u); });
    for (const auto& one : ids(resolver, friends)) add_candidate({one, t, kind, 0});
  }

  const History& history_;
  const Policy& policy_;
  const ExplainLimits& limits_;
  Explanation e_;
  std::vector<Candidate> candidates_;  // for remedies
  std::uint64_t left_ = 0;             // of the work
};

}  // namespace

Explanation explain(const History& history, const Query& query, const Policy& policy,
                    const ExplainLimits& limits) {
  return Explainer(history, query, policy, limits).run();
}

}  // namespace testamur::trust
