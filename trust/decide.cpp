// One decision, by the rules in their order (docs/trust.md, "Rules in order"). Invariants: every
// step is charged to one Work, and once that is used up nothing of the answer remains but "too
// large"; what the digest covers is put together in one place, answer_digest, after everything else
// is known.
#include "trust/decide.h"

#include <algorithm>

#include "trust/network.h"

namespace testamur::trust {
namespace {

void add_ids(std::vector<StatementId>& ids, const std::vector<Arc>& arcs) {
  for (const Arc& arc : arcs) {
    if (!arc.statement.is_zero()) ids.push_back(arc.statement);
  }
}
void add_ids(std::vector<StatementId>& ids, const std::vector<Path>& paths) {
  for (const Path& path : paths) add_ids(ids, path.arcs);
}

void collect_used(Decision& d) {
  add_ids(d.used, d.paths);
  add_ids(d.used, d.disjoint);
  add_ids(d.used, d.blocks);
  add_ids(d.used, d.accredited_paths);
  for (const auto& answer : d.accreditations) add_ids(d.used, answer.paths);
  if (d.outcome != Outcome::kAccept) {
    add_ids(d.used, d.cut);
    for (const auto& answer : d.accreditations) add_ids(d.used, answer.cut);
  }
  std::sort(d.used.begin(), d.used.end());
  d.used.erase(std::unique(d.used.begin(), d.used.end()), d.used.end());
}

Hash256 answer_digest(const Query& query, const Policy& policy, const Decision& d) {
  Encoder out;
  // An answer to a "what if" must not pass for one about the ledger.
  const bool hypothetical =
      !query.assume.empty() || !query.without.empty() || query.ignore_parts != 0;

  // The bytes of docs/formats/statement.md, "Digest of an answer".
  out.u8(1)
      .u8(hypothetical ? 1 : 0)
      .fixed(digest(policy))
      .u64(query.as_of.height)
      .u64(query.as_of.today_ms);
  out.fixed(query.as_of.state).fixed(query.viewpoint).fixed(query.issuer);
  encode(out, query.point);
  out.u64(query.at_time_ms)
      .u8(static_cast<std::uint8_t>(d.outcome))
      .u8(static_cast<std::uint8_t>(d.rule));

  out.u32(d.amount).u32(d.independent_paths).u32(d.accredited_amount);
  out.u32(static_cast<std::uint32_t>(d.used.size()));
  for (const auto& id : d.used) out.fixed(id);

  return tags::kDecision(out.bytes());
}

class Decider {
 public:
  Decider(const History& history, const Query& query, const Policy& policy)
      : history_(history),
        query_(query),
        policy_(policy),
        work_(query.work_limit),
        resolver_(history, query, policy, work_) {}

  Decision run() {
    decide();
    if (work_.exhausted()) {
      d_ = Decision{};
      d_.rule = Rule::kTooLarge;
    }
    d_.steps = query_.work_limit - work_.left();
    collect_used(d_);
    d_.digest = answer_digest(query_, policy_, d_);
    return std::move(d_);
  }

 private:
  void end(Outcome outcome, Rule rule) {
    d_.outcome = outcome;
    d_.rule = rule;
  }

  void decide() {
    const auto issuer = history_.find(query_.issuer);
    if (!issuer || !resolver_.visible(history_.party(*issuer).block))
      return end(Outcome::kRefuse, Rule::kUnknown);
    if (query_.at_time_ms > query_.as_of.today_ms) return end(Outcome::kRefuse, Rule::kFuture);

    // Nobody needs a policy, or leave of its vetoers, to know its own awards.
    if (*issuer == resolver_.viewpoint()) return end(Outcome::kAccept, Rule::kOwn);

    // A blocked issuer has no amount: it is out of the graph before anything flows.
    if (resolver_.is_blocked(*issuer, query_.at_time_ms, &d_.blocks))
      return end(Outcome::kBlocked, Rule::kBlock);

    // Both are weighed whatever the first says, because an answer shows both.
    weigh_trust(*issuer);
    weigh_accreditation(*issuer);

    if (d_.amount < policy_.threshold) return end(Outcome::kRefuse, Rule::kAmount);
    if (!enough_paths()) return end(Outcome::kRefuse, Rule::kPaths);
    for (const auto& answer : d_.accreditations) {
      if (answer.amount < answer.needed) return end(Outcome::kRefuse, Rule::kAccreditation);
    }

    end(Outcome::kAccept, Rule::kNone);
  }

  bool enough_paths() const {
    return policy_.independent_paths <= 1 || d_.direct_suffices ||
           d_.independent_paths >= policy_.independent_paths;
  }

  void weigh_trust(PartyIndex issuer) {
    const std::uint64_t at = query_.at_time_ms;
    const Network network = build_network(resolver_, issuer, at, Carries::kTrust);
    FlowAnswer flow = solve(network, resolver_, policy_, at, work_);
    DisjointAnswer disjoint = trust::independent_paths(network, resolver_, policy_, at, work_);
    d_.amount = flow.amount;
    d_.paths = std::move(flow.paths);
    d_.cut = std::move(flow.cut);
    d_.independent_paths = disjoint.count;
    d_.disjoint = std::move(disjoint.paths);
    d_.cover = std::move(disjoint.cover);
    d_.direct_suffices = network.direct.amount >= policy_.threshold;
  }

  FlowAnswer accredited(PartyIndex issuer, std::uint16_t schemes) {
    const std::uint64_t at = query_.at_time_ms;
    const Network network = build_network(resolver_, issuer, at, Carries::kAccreditation, schemes);
    return solve(network, resolver_, policy_, at, work_);
  }

  void weigh_accreditation(PartyIndex issuer) {
    const FlowAnswer any = accredited(issuer, kAnyScheme);
    d_.accredited_amount = any.amount;
    d_.accredited_paths = any.paths;
    for (std::size_t i = 0; i < policy_.accreditation.size(); ++i) {
      const auto& requirement = policy_.accreditation[i];
      if (!touches(requirement.when, query_.point)) continue;
      FlowAnswer flow = requirement.schemes == 0 ? any : accredited(issuer, requirement.schemes);
      d_.accreditations.push_back(
          {i, requirement.amount, flow.amount, std::move(flow.paths), std::move(flow.cut)});
    }
  }

  const History& history_;
  const Query& query_;
  const Policy& policy_;
  Work work_;
  StatementResolver resolver_;
  Decision d_;
};

}  // namespace

std::string_view to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAccept: return "accept";
    case Outcome::kRefuse: return "refuse";
    case Outcome::kBlocked: return "blocked";
  }
  return "unknown";
}

std::string_view to_text(Rule rule) {
  switch (rule) {
    case Rule::kNone: return "none";
    case Rule::kUnknown: return "unknown";
    case Rule::kFuture: return "future";
    case Rule::kOwn: return "own";
    case Rule::kBlock: return "block";
    case Rule::kClaim: return "claim";
    case Rule::kAmount: return "amount";
    case Rule::kPaths: return "paths";
    case Rule::kAccreditation: return "accreditation";
    case Rule::kAssessor: return "assessor";
    case Rule::kTooLarge: return "too_large";
  }
  return "unknown";
}

Decision decide(const History& history, const Query& query, const Policy& policy) {
  return Decider(history, query, policy).run();
}

}  // namespace testamur::trust
