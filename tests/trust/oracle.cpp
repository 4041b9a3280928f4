// Written for being read beside docs/trust.md and for nothing else: every question walks the whole
// list of entries, and nothing is kept between two of them, so that a fault of the engine's tables
// and caches cannot stand here too.
#include "tests/trust/oracle.h"

#include <algorithm>
#include <map>
#include <set>

namespace testamur::trust::test {
namespace {

constexpr std::uint64_t kDay = 86'400'000;
constexpr std::uint64_t kForever = ~std::uint64_t{0};
using Id = InstitutionId;

// What one party says of another, largest first by depth, as the oracle sees it.
struct Said {
  Kind kind = Kind::kTrust;
  unsigned amount = 0;
  unsigned depth = 0;
  Scheme scheme = Scheme::kNone;
};

class Oracle {
 public:
  Oracle(const std::vector<Entry>& all, const Query& q, const Policy& p) : q_(q), p_(p) {
    for (const Entry& e : all) {
      if (e.commit.height <= q.as_of.height) log_.push_back(e);
    }
    for (const Entry& e : log_) {
      if (const auto* party = std::get_if<PartyAdded>(&e.what)) parties_.push_back(party->id);
    }
    if (!known(q.viewpoint)) parties_.push_back(q.viewpoint);
  }

  OracleAnswer decide() {
    const bool on_ledger = known(q_.issuer) && !(q_.issuer == q_.viewpoint && !added(q_.issuer));
    if (!on_ledger) return failed(Rule::kUnknown);
    if (q_.at_time_ms > q_.as_of.today_ms) return failed(Rule::kFuture);
    if (q_.issuer == q_.viewpoint) return {Outcome::kAccept, Rule::kOwn, 0, 0, 0};
    const std::set<Id> blocked = blocked_at(q_.at_time_ms, blocked_at(q_.as_of.today_ms, {}));
    if (blocked.count(q_.issuer) != 0) return {Outcome::kBlocked, Rule::kBlock, 0, 0, 0};
    return weigh(blocked);
  }

  std::vector<StatementId> in_force(const Id& u, const Id& v, std::uint64_t at) const {
    std::vector<StatementId> ids;
    for (const Placed& placed : governing(u, v, at)) ids.push_back(placed.statement->id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }

 private:
  using Matrix = std::map<std::pair<Id, Id>, std::vector<Said>>;

  static OracleAnswer failed(Rule rule) { return {Outcome::kRefuse, rule, 0, 0, 0}; }
  bool known(const Id& id) const {
    return std::find(parties_.begin(), parties_.end(), id) != parties_.end();
  }
  bool added(const Id& id) const {
    return std::any_of(log_.begin(), log_.end(), [&](const Entry& e) {
      const auto* party = std::get_if<PartyAdded>(&e.what);
      return party != nullptr && party->id == id;
    });
  }

  // --- standing, roles, parents
  //
  // Before entry number `before`, and at or before `at`.
  bool good(const Id& id, std::uint64_t at, std::size_t before) const {
    if (id == q_.viewpoint && before == log_.size()) return true;

    bool good = true;
    for (std::size_t i = 0; i < before; ++i) {
      if (log_[i].commit.time_ms > at) break;

      if (const auto* e = std::get_if<StandingSet>(&log_[i].what); e != nullptr && e->id == id) {
        good = e->standing == Standing::kGood;
      }
      if (const auto* e = std::get_if<Succession>(&log_[i].what)) {
        for (const auto& one : e->predecessors) {
          if (one.party == id && one.closes) good = false;
        }
      }
    }

    return good;
  }

  bool role_hits(const Id& author, std::size_t position, std::uint64_t at) const {
    for (std::size_t i = position + 1; i < log_.size(); ++i) {
      const auto* loss = std::get_if<RoleSet>(&log_[i].what);
      if (loss == nullptr || loss->id != author || loss->holds) continue;
      std::uint64_t back = kForever;
      for (std::size_t j = log_.size() - 1; j > i; --j) {
        const auto* gain = std::get_if<RoleSet>(&log_[j].what);
        if (gain != nullptr && gain->id == author && gain->holds) back = log_[j].commit.time_ms;
      }
      const std::uint64_t from = loss->retroactive ? 0 : log_[i].commit.time_ms;
      if (from <= at && at < back) return true;
    }
    return false;
  }

  std::optional<Id> parent(const Id& id) const {
    std::optional<Id> parent;
    for (const Entry& e : log_) {
      if (const auto* a = std::get_if<PartyAdded>(&e.what); a != nullptr && a->id == id)
        parent = a->parent;
      if (const auto* s = std::get_if<ParentSet>(&e.what); s != nullptr && s->id == id)
        parent = s->parent;
    }
    return parent;
  }

  // --- annulment
  std::uint64_t compromised_from(const Statement& s) const {
    std::uint64_t first = kForever;
    for (const Entry& e : log_) {
      const auto* c = std::get_if<KeyCompromised>(&e.what);
      if (c != nullptr && c->key == s.commit.key && c->since_ms <= s.commit.time_ms) {
        first = std::min(first, e.commit.time_ms);
      }
    }
    return first;
  }

  // From when on the statement is as if it had never been; kForever = never.
  std::uint64_t gone_from(const Statement& s, std::uint64_t at) const {
    std::uint64_t first = compromised_from(s);
    for (const Entry& e : log_) {
      const auto* v = std::get_if<Statement>(&e.what);
      if (v == nullptr || v->kind != Kind::kVoid) continue;
      if (std::find(v->names.begin(), v->names.end(), s.id) == v->names.end()) continue;
      const std::uint64_t undone = compromised_from(*v);
      const bool holds = own(s) ? undone == kForever : at < undone;
      if (holds) first = std::min(first, v->commit.time_ms);
    }
    return first;
  }
  bool own(const Statement& s) const { return s.truster == q_.viewpoint; }
  bool is_gone(const Statement& s, std::uint64_t at) const {
    const std::uint64_t from = gone_from(s, at);
    return from != kForever && (own(s) || at >= from);
  }
  bool is_hollow(const Statement& s, std::uint64_t at) const {
    return gone_from(s, at) != kForever && !is_gone(s, at);
  }

  std::uint64_t starts(const Statement& s) const {
    if (own(s) || s.kind == Kind::kAccredit) return s.valid_from_ms;
    return std::max(s.valid_from_ms, s.commit.time_ms);
  }
  std::uint64_t stops(const Statement& s, std::uint64_t at) const {
    std::uint64_t until = s.valid_until_ms;
    for (const Entry& e : log_) {
      const auto* end = std::get_if<Statement>(&e.what);
      if (end == nullptr || end->kind != Kind::kEnd || is_gone(*end, at)) continue;
      if (std::find(end->names.begin(), end->names.end(), s.id) != end->names.end()) {
        until = std::min(until, starts(*end));
      }
    }
    return until;
  }

  // --- which statement governs
  struct Placed {
    const Statement* statement;
    std::size_t position;  // in the log; log_.size() for a local statement
  };

  std::vector<Placed> governing(const Id& u, const Id& v, std::uint64_t at) const {
    std::map<unsigned, Placed> trust, accredit;
    for (std::size_t i = 0; i < log_.size(); ++i) {
      const auto* s = std::get_if<Statement>(&log_[i].what);
      if (s == nullptr || s->truster != u || s->subject != v || s->kind == Kind::kVoid ||
          !s->occupies_slot())
        continue;

      if (is_gone(*s, at) || starts(*s) > at) continue;

      if (s->kind != Kind::kAccredit) {
        trust[s->slot] = {s, i};
        continue;
      }

      if (at >= stops(*s, at) || role_hits(u, i, at)) continue;
      const auto now = accredit.find(s->slot);
      if (now == accredit.end() || s->valid_from_ms >= now->second.statement->valid_from_ms)
        accredit[s->slot] = {s, i};
    }

    std::vector<Placed> out;
    for (const auto& [slot, placed] : accredit) {
      if (!is_hollow(*placed.statement, at)) out.push_back(placed);
    }

    std::map<unsigned, Placed> local = local_governing(u, v, at);
    for (const auto& [slot, placed] : trust) {
      const Statement& s = *placed.statement;

      if (s.kind == Kind::kEnd || at >= stops(s, at)) continue;
      if (is_hollow(s, at) && s.kind != Kind::kDistrust) continue;

      // A local statement stands in for the one on the ledger in its slot, but never for a distrust
      // that it did not lift.
      if (local.count(slot) != 0 && (s.kind != Kind::kDistrust || lifted(s, v, at))) continue;
      out.push_back(placed);
    }

    for (const auto& [slot, placed] : local) {
      if (placed.statement->kind != Kind::kEnd && at < placed.statement->valid_until_ms)
        out.push_back(placed);
    }
    return out;
  }

  std::map<unsigned, Placed> local_governing(const Id& u, const Id& v, std::uint64_t at) const {
    std::map<unsigned, Placed> local;
    if (u != q_.viewpoint) return local;
    for (const Statement& s : p_.local) {
      if (s.subject == v && s.valid_from_ms <= at) local[s.slot] = {&s, log_.size()};
    }
    return local;
  }
  bool lifted(const Statement& distrust, const Id& v, std::uint64_t at) const {
    return std::any_of(p_.local.begin(), p_.local.end(), [&](const Statement& s) {
      return s.kind == Kind::kEnd && s.subject == v && s.slot == distrust.slot &&
             s.valid_from_ms <= at && s.valid_from_ms >= distrust.commit.time_ms;
    });
  }

  // --- successions, forwards
  struct Reach {
    Id party;
    bool positive;
  };
  // Where a statement about `v` passes to; `from`: entries at or after this position count.
  void pass_on(const Id& v, std::size_t from, bool positive, const Statement& s, std::uint64_t at,
               std::vector<Reach>& out) const {
    for (std::size_t i = from; i < log_.size(); ++i) {
      const auto* succession = std::get_if<Succession>(&log_[i].what);
      if (succession == nullptr || log_[i].commit.time_ms > at) continue;

      for (const auto& one : succession->predecessors) {
        if (one.party != v) continue;
        for (const Id& next : succession->successors) {
          const std::uint64_t time = log_[i].commit.time_ms;

          // Trust passes to the heir of a closed predecessor alone and within the window, distrust
          // to every successor.
          bool heir = positive && one.closes && one.heir == next && good(v, kForever, i);
          heir = heir && at - time < p_.follow_successors_days * kDay;

          out.push_back({next, heir});
          pass_on(next, i + 1, heir, s, at, out);
        }
      }
    }
  }

  void add_passed(const Id& u, const Id& v, const Placed& placed, std::uint64_t at,
                  Matrix& matrix) const {
    const Statement& s = *placed.statement;
    const bool local = placed.position == log_.size();
    std::vector<Reach> reached;
    for (std::size_t i = local ? 0 : placed.position + 1; i < log_.size(); ++i) {
      const auto* succession = std::get_if<Succession>(&log_[i].what);
      const auto is_v = [&](const Predecessor& one) { return one.party == v; };
      if (succession == nullptr || log_[i].commit.time_ms > at ||
          std::none_of(succession->predecessors.begin(), succession->predecessors.end(), is_v)) {
        continue;
      }
      // A local statement passes on if dated before the succession; a distrust always.
      const bool in_time = !local || s.valid_from_ms < log_[i].commit.time_ms;
      std::vector<Reach> here;
      step(v, i, in_time, s, at, here);
      reached.insert(reached.end(), here.begin(), here.end());
    }
    for (const Reach& reach : reached) {
      if (reach.party == u || (s.kind == Kind::kAccredit && parent(u) == reach.party)) continue;
      if (s.kind == Kind::kDistrust || (reach.positive && good(reach.party, at, log_.size()))) {
        matrix[{u, reach.party}].push_back({s.kind, s.amount, s.depth, s.scheme});
      }
    }
  }
  // The one succession at position i, and what follows from it.
  void step(const Id& v, std::size_t i, bool positive, const Statement& s, std::uint64_t at,
            std::vector<Reach>& out) const {
    const auto& succession = std::get<Succession>(log_[i].what);
    for (const auto& one : succession.predecessors) {
      if (one.party != v) continue;
      for (const Id& next : succession.successors) {
        bool heir = positive && one.closes && one.heir == next && good(v, kForever, i);
        heir = heir && at - log_[i].commit.time_ms < p_.follow_successors_days * kDay;
        out.push_back({next, heir});
        pass_on(next, i + 1, heir, s, at, out);
      }
    }
  }

  // --- the effective graph
  Matrix everything_said(std::uint64_t at) const {
    Matrix matrix;
    for (const Id& u : parties_) {
      if (!good(u, at, log_.size())) continue;
      for (const Id& v : parties_) {
        if (u == v) continue;
        for (const Placed& placed : governing(u, v, at)) {
          const Statement& s = *placed.statement;

          const bool applies =
              s.kind == Kind::kDistrust ? touches(s.scope, q_.point) : covers(s.scope, q_.point);
          if (!applies) continue;

          if (s.kind == Kind::kDistrust || good(v, at, log_.size())) {
            matrix[{u, v}].push_back({s.kind, s.amount, s.depth, s.scheme});
          }

          add_passed(u, v, placed, at, matrix);
        }
      }
    }
    return matrix;
  }
  static bool distrusts(const Matrix& m, const Id& u, const Id& v) {
    const auto at = m.find({u, v});
    if (at == m.end()) return false;
    return std::any_of(at->second.begin(), at->second.end(),
                       [](const Said& s) { return s.kind == Kind::kDistrust; });
  }

  std::set<Id> blocked_at(std::uint64_t at, std::set<Id> blocked) const {
    const Matrix m = everything_said(at);
    for (const Id& party : parties_) {
      if (party == q_.viewpoint) continue;
      unsigned vetoes = 0;
      for (const Id& vetoer : p_.vetoers)
        vetoes += known(vetoer) && distrusts(m, vetoer, party) ? 1 : 0;
      if (distrusts(m, q_.viewpoint, party) || (vetoes > 0 && vetoes >= p_.veto_quorum))
        blocked.insert(party);
    }
    return blocked;
  }

  // --- weighing
  static unsigned cap(const Matrix& m, const Id& u, const Id& v, unsigned depth, bool trust,
                      bool accredit, std::uint16_t schemes = 0xffff) {
    const auto at = m.find({u, v});
    if (at == m.end() || distrusts(m, u, v)) return 0;
    unsigned best = 0;
    for (const Said& s : at->second) {
      const bool right =
          (trust && s.kind == Kind::kTrust) ||
          (accredit && s.kind == Kind::kAccredit && ((schemes >> unsigned(s.scheme)) & 1U) != 0);
      if (right && s.depth >= depth) best = std::max(best, s.amount);
    }
    return best;
  }

  // The least cut, by trying every side of every last hop; the best side of each friend is then
  // independent.
  std::uint32_t least_cut(const Matrix& m, const std::vector<Id>& middle, bool accredit,
                          std::uint16_t schemes) const {
    const auto& c = p_.ceilings;
    const Id& s = q_.viewpoint;
    const Id& t = q_.issuer;

    const auto last = [&](const Id& v) { return cap(m, v, t, 0, !accredit, accredit, schemes); };
    std::uint64_t best = kForever;

    for (unsigned side = 0; side < (1U << middle.size()); ++side) {
      std::uint64_t cut =
          std::min<std::uint64_t>(cap(m, s, t, 0, !accredit, accredit, schemes), c[0]);

      for (std::size_t i = 0; i < middle.size(); ++i) {
        if ((side >> i) & 1U) cut += last(middle[i]);
      }

      for (std::size_t i = 0; i < middle.size(); ++i) {
        const bool speaks = last(middle[i]) > 0 && ((side >> i) & 1U) == 0;
        std::uint64_t introduced = 0;
        for (std::size_t j = 0; j < middle.size(); ++j) {
          if (i != j && ((side >> j) & 1U) == 0)
            introduced += cap(m, middle[i], middle[j], 1, true, accredit);
        }

        const std::uint64_t cap1 = cap(m, s, middle[i], 1, true, accredit);
        const std::uint64_t cap2 =
            std::min<std::uint64_t>(cap(m, s, middle[i], 2, true, accredit), c[2]);

        const std::uint64_t outside = cap1;
        const std::uint64_t inside =
            (speaks ? std::uint64_t{c[1]} : 0) + std::min(cap2, introduced);

        cut += std::min(outside, inside);
      }

      best = std::min(best, cut);
    }
    return static_cast<std::uint32_t>(best);
  }

  std::uint32_t independent(const Matrix& m, const std::vector<Id>& middle) const {
    const unsigned floor = p_.path_floor;
    const Id& s = q_.viewpoint;
    const Id& t = q_.issuer;

    const auto trust = [&](const Id& u, const Id& v, unsigned depth) {
      return cap(m, u, v, depth, true, false);
    };

    std::uint32_t count = p_.ceilings[0] >= floor && trust(s, t, 0) >= floor ? 1 : 0;
    std::vector<Id> rest;

    for (const Id& u : middle) {
      const bool in_d =
          p_.ceilings[1] >= floor && trust(s, u, 1) >= floor && trust(u, t, 0) >= floor;
      if (in_d) ++count;
      if (!in_d) rest.push_back(u);
    }

    if (p_.ceilings[2] < floor) return count;
    std::map<unsigned, std::uint32_t> best{{0U, 0U}};  // set of used last hops -> pairs

    for (const Id& u : rest) {
      if (trust(s, u, 2) < floor) continue;
      auto next = best;

      for (const auto& [used, pairs] : best) {
        for (std::size_t j = 0; j < rest.size(); ++j) {
          if (rest[j] == u || ((used >> j) & 1U) || trust(u, rest[j], 1) < floor ||
              trust(rest[j], t, 0) < floor)
            continue;
          auto& entry = next[used | (1U << j)];
          entry = std::max(entry, pairs + 1);
        }
      }
      best = next;
    }

    std::uint32_t most = 0;
    for (const auto& [used, pairs] : best) most = std::max(most, pairs);
    return count + most;
  }

  OracleAnswer weigh(const std::set<Id>& blocked) const {
    const Matrix m = everything_said(q_.at_time_ms);

    std::vector<Id> middle;
    for (const Id& id : parties_) {
      if (id != q_.viewpoint && id != q_.issuer && blocked.count(id) == 0) middle.push_back(id);
    }

    OracleAnswer a;
    a.amount = least_cut(m, middle, false, 0xffff);
    a.independent_paths = independent(m, middle);
    a.accredited_amount = least_cut(m, middle, true, 0xffff);

    bool accredited = true;
    for (const auto& requirement : p_.accreditation) {
      const std::uint16_t schemes =
          requirement.schemes == 0 ? std::uint16_t{0xffff} : requirement.schemes;
      if (touches(requirement.when, q_.point) &&
          least_cut(m, middle, true, schemes) < requirement.amount) {
        accredited = false;
      }
    }

    const bool direct = cap(m, q_.viewpoint, q_.issuer, 0, true, false) >= p_.threshold;
    a.outcome = Outcome::kRefuse;

    if (a.amount < p_.threshold) {
      a.rule = Rule::kAmount;
    } else if (p_.independent_paths > 1 && !direct && a.independent_paths < p_.independent_paths) {
      a.rule = Rule::kPaths;
    } else if (!accredited) {
      a.rule = Rule::kAccreditation;
    } else {
      a.outcome = Outcome::kAccept;
    }

    return a;
  }

  const Query& q_;
  const Policy& p_;
  std::vector<Entry> log_;
  std::vector<Id> parties_;
};

// The parent that an institution has at a height.
std::optional<Id> parent_at(const std::vector<Entry>& entries, const Id& id, Height height) {
  std::optional<Id> parent;
  for (const Entry& e : entries) {
    if (e.commit.height > height) continue;
    if (const auto* a = std::get_if<PartyAdded>(&e.what); a != nullptr && a->id == id)
      parent = a->parent;
    if (const auto* s = std::get_if<ParentSet>(&e.what); s != nullptr && s->id == id)
      parent = s->parent;
  }
  return parent;
}

bool assessed_apart(const std::vector<Entry>& entries, const Case& asked) {
  if (!asked.parties || asked.parties->teach.empty() || asked.parties->assess.empty()) return false;
  // Everybody together with its parent; an assessor may share nobody with a teacher.
  const auto family = [&](const std::vector<Id>& ids) {
    std::set<Id> all(ids.begin(), ids.end());
    for (const Id& id : ids) {
      if (const auto parent = parent_at(entries, id, asked.as_of.height)) all.insert(*parent);
    }
    return all;
  };
  const std::set<Id> teachers = family(asked.parties->teach);
  const std::set<Id> assessors = family(asked.parties->assess);
  return std::none_of(teachers.begin(), teachers.end(),
                      [&](const Id& id) { return assessors.count(id) != 0; });
}

struct Appender {
  History& history;
  const Commit& commit;
  bool operator()(const PartyAdded& e) const {
    return !history.add_party(e.id, commit, e.accreditor, e.parent);
  }
  bool operator()(const StandingSet& e) const {
    return !history.set_standing(e.id, commit, e.standing);
  }
  bool operator()(const RoleSet& e) const {
    return !history.set_accreditor(e.id, commit, e.holds, e.retroactive);
  }
  bool operator()(const ParentSet& e) const { return !history.set_parent(e.id, commit, e.parent); }
  bool operator()(const KeyCompromised& e) const {
    return !history.compromise_key(e.key, e.since_ms, commit);
  }
  bool operator()(const Succession& e) const { return !history.add_succession(e, commit); }
  bool operator()(const Statement& e) const { return !history.append(e); }
};

}  // namespace

bool append_to(History& history, const Entry& entry) {
  return std::visit(Appender{history, entry.commit}, entry.what);
}

OracleAnswer oracle_decide(const std::vector<Entry>& entries, const Query& query,
                           const Policy& policy) {
  return Oracle(entries, query, policy).decide();
}

OracleJudgement oracle_judge(const std::vector<Entry>& entries, const Case& asked,
                             const Policy& policy) {
  const auto at = [&](std::uint64_t time_ms) {
    Query query;
    query.viewpoint = asked.viewpoint;
    query.issuer = asked.issuer;
    query.point = asked.point;
    query.as_of = asked.as_of;
    query.at_time_ms = time_ms;
    return oracle_decide(entries, query, policy);
  };
  const bool lag = policy.max_anchor_lag_ms != 0 && asked.claimed_ms.has_value();
  const bool fits = lag && *asked.claimed_ms <= asked.anchor_ms &&
                    *asked.claimed_ms + policy.max_anchor_lag_ms >= asked.anchor_ms;
  const OracleAnswer today = at(asked.as_of.today_ms);
  std::vector<OracleAnswer> governing;
  if (policy.governs != Governs::kToday) governing.push_back(at(asked.anchor_ms));
  if (policy.governs != Governs::kAnchor) governing.push_back(today);
  if (fits) governing.push_back(at(asked.anchor_ms));
  if (fits) governing.push_back(at(*asked.claimed_ms));

  const Rule order[] = {Rule::kUnknown, Rule::kFuture,        Rule::kOwn,
                        Rule::kBlock,   Rule::kClaim,         Rule::kAmount,
                        Rule::kPaths,   Rule::kAccreditation, Rule::kAssessor};
  for (const Rule rule : order) {
    for (const OracleAnswer& answer : governing) {
      if (answer.rule == rule) return {answer.outcome, rule};
    }
    if (rule == Rule::kBlock && today.outcome == Outcome::kBlocked)
      return {Outcome::kBlocked, rule};
    if (rule == Rule::kClaim && lag && !fits) return {Outcome::kRefuse, rule};
    if (rule == Rule::kAssessor && policy.separate_assessor && !assessed_apart(entries, asked)) {
      return {Outcome::kRefuse, rule};
    }
  }
  return {Outcome::kAccept, Rule::kNone};
}

std::vector<StatementId> oracle_in_force(const std::vector<Entry>& entries,
                                         const InstitutionId& truster, const InstitutionId& subject,
                                         const AsOf& as_of, std::uint64_t at_ms) {
  Query query;  // of nobody: the zero id is on no ledger
  query.as_of = as_of;
  query.at_time_ms = at_ms;
  return Oracle(entries, query, {}).in_force(truster, subject, at_ms);
}

}  // namespace testamur::trust::test
