// Which statements govern and count (docs/trust.md, "The definition"). Invariants: nothing above
// the asked height counts, because every row, event and link passes visible(); a statement begins
// for its author when it says and for everybody else not before its block; every list is walked at
// the charge of the answer's work, for an author may name one of its statements a million times,
// and who asks may bring any number of vetoers and assumptions.
#include "trust/statement_resolver.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/day.h"

namespace testamur::trust {
namespace {

constexpr std::uint32_t kAnySequence = std::numeric_limits<std::uint32_t>::max();

void sort_unique(std::vector<PartyIndex>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

std::uint64_t add_saturating(std::uint64_t a, std::uint64_t b) {
  return a > kOpenEnd - b ? kOpenEnd : a + b;
}

// The party, if it was registered at or below the height.
std::optional<PartyIndex> find_visible(const StatementResolver& resolver, const InstitutionId& id) {
  const auto party = resolver.history().find(id);
  return party && resolver.is_visible(*party) ? party : std::nullopt;
}

// Truster and subject of an assumption; kNoIndex for both where it says nothing about the ledger.
// The viewpoint may assume without being on it.
std::pair<PartyIndex, PartyIndex> parties_of(const StatementResolver& resolver,
                                             const Assumption& assumption) {
  const PartyIndex viewpoint = resolver.viewpoint();
  const auto from = assumption.truster == resolver.id_of(viewpoint)
                        ? std::optional(viewpoint)
                        : find_visible(resolver, assumption.truster);
  const auto to = find_visible(resolver, assumption.subject);
  if (!from || !to || *from == *to) return {kNoIndex, kNoIndex};
  return {*from, *to};
}

}  // namespace

// Where what counts goes.
struct StatementResolver::Collected {
  Relation& relation;
  std::uint16_t schemes;
  bool positive = true;  // trust and accredit are taken
  bool accredit = true;
  bool by_viewpoint = false;

  void take(Source source, Kind kind, std::uint8_t amount, std::uint8_t depth) {
    if (kind == Kind::kDistrust) {
      relation.distrusted = true;
      relation.distrusted_by = source;
    } else if (positive && kind == Kind::kTrust) {
      relation.trust.raise(amount, depth, source);
    } else if (positive && accredit && kind == Kind::kAccredit) {
      relation.accredit.raise(amount, depth, source);
    }
  }
};

void Caps::raise(std::uint8_t to, std::uint8_t depth, Source source) {
  for (unsigned r = 0; r <= depth; ++r) {
    if (to > amount[r]) {
      amount[r] = to;
      by[r] = source;
    }
  }
}

StatementResolver::StatementResolver(const History& history, const Query& query,
                                     const Policy& policy, Work& work)
    : history_(history), query_(query), policy_(policy), work_(work) {
  visible_blocks_ = history.visible_blocks(query.as_of.height);

  // What the question and the policy bring is looked up here, and again for every variation.
  work.spend(policy.local.size() + policy.vetoers.size() + query.assume.size());

  // A viewpoint that is not on the ledger gets the index after the last party: it has no rows.
  viewpoint_ = history.find(query.viewpoint).value_or(history.party_count());

  for (std::uint32_t i = 0; i < policy.local.size(); ++i) {
    const auto subject = find_visible(*this, policy.local[i].subject);
    if (subject && *subject != viewpoint_) locals_.push_back({*subject, i});
  }

  for (const auto& id : policy.vetoers) {
    if (const auto vetoer = find_visible(*this, id)) vetoers_.push_back(*vetoer);
  }

  // Assumptions keep their places in the query's list: a Source names one by its position.
  for (const auto& one : query.assume) assumed_.push_back(parties_of(*this, one));
}

bool StatementResolver::is_visible(PartyIndex party) const {
  return party == viewpoint_ ||
         (party < history_.party_count() && visible(history_.party(party).block));
}

const InstitutionId& StatementResolver::id_of(PartyIndex party) const {
  return party == viewpoint_ ? query_.viewpoint : history_.id_of(party);
}

bool StatementResolver::in_good_standing(PartyIndex party, std::uint64_t at) const {
  if (party == viewpoint_) return true;
  const auto& events = history_.party(party).standings;
  for (auto event = events.rbegin(); event != events.rend() && work_.spend(); ++event) {
    if (visible(event->block) && history_.block(event->block).time_ms <= at)
      return event->standing == Standing::kGood;
  }
  return true;
}

bool StatementResolver::holds_role(PartyIndex party) const {
  if (party >= history_.party_count()) return false;
  const auto& events = history_.party(party).roles;
  for (auto event = events.rbegin(); event != events.rend() && work_.spend(); ++event) {
    if (visible(event->block)) return event->holds;
  }
  return false;
}

// Losing the role stops every accreditation that was committed before the loss, in ledger order:
// from the block of the loss on, or, if the vote says retroactively, at all times, in both cases
// until the role is won back.
bool StatementResolver::role_counts(const Row& row, std::uint64_t at) const {
  const auto& events = history_.party(row.truster).roles;
  for (std::size_t i = 0; i < events.size() && work_.spend(); ++i) {
    const RoleEvent& loss = events[i];
    if (loss.holds || loss.sequence < row.sequence || !visible(loss.block)) continue;

    std::uint64_t won_back = kOpenEnd;
    for (std::size_t j = i + 1; j < events.size() && visible(events[j].block); ++j) {
      if (!work_.spend()) break;
      if (events[j].holds) {
        won_back = history_.block(events[j].block).time_ms;
        break;
      }
    }

    const bool started = loss.retroactive || at >= history_.block(loss.block).time_ms;
    if (started && at < won_back) return false;
  }
  return true;
}

std::optional<std::uint64_t> StatementResolver::first_compromise(const Row& row) const {
  std::optional<std::uint64_t> first;
  for (const auto& one : history_.key(row.key).compromises) {
    if (!work_.spend()) break;
    if (!visible(one.block) || one.since_ms > history_.time_of(row)) continue;
    const std::uint64_t time = history_.block(one.block).time_ms;
    if (!first || time < *first) first = time;
  }
  return first;
}

// What an annulled void had taken away comes back for others from the annulment on, for the author
// at once.
StatementResolver::Annulment StatementResolver::annulment(const Row& row, bool by_author,
                                                          std::uint64_t at) const {
  std::optional<std::uint64_t> annulled = first_compromise(row);
  for (auto i = row.first_naming; i != kNoIndex && work_.spend(); i = history_.naming(i).next) {
    const Row& by = history_.row(history_.naming(i).by);
    if (by.kind != Kind::kVoid || !visible(by.block)) continue;
    const auto undone = first_compromise(by);
    if (undone && (by_author || at >= *undone)) continue;
    const std::uint64_t time = history_.time_of(by);
    if (!annulled || time < *annulled) annulled = time;
  }
  if (!annulled) return Annulment::kNone;
  return by_author || at >= *annulled ? Annulment::kEffective : Annulment::kLater;
}

std::uint64_t StatementResolver::until(const Row& row, bool by_author, std::uint64_t at) const {
  std::uint64_t until = row.valid_until_ms;
  for (auto i = row.first_naming; i != kNoIndex && work_.spend(); i = history_.naming(i).next) {
    const Row& by = history_.row(history_.naming(i).by);
    if (by.kind != Kind::kEnd || !visible(by.block) ||
        annulment(by, by_author, at) == Annulment::kEffective)
      continue;
    const std::uint64_t from =
        by_author ? by.valid_from_ms : std::max(by.valid_from_ms, history_.time_of(by));
    until = std::min(until, from);
  }
  return until;
}

// The newest row that can have started: visible, and for anybody but the author committed at or
// before `at`.
RowIndex StatementResolver::newest(RowIndex last, bool by_author, std::uint64_t at) const {
  const auto fits = [&](RowIndex index) {
    const Row& row = history_.row(index);
    return visible(row.block) && (by_author || history_.time_of(row) <= at);
  };
  RowIndex index = last;
  while (index != kNoIndex && !fits(index) && work_.spend()) {
    const Row& row = history_.row(index);
    index = fits(row.jump) ? row.previous : (row.jump == index ? kNoIndex : row.jump);
  }
  return index;
}

bool StatementResolver::is_withdrawn(const StatementId& id) const {
  if (!work_.spend(query_.without.size())) return false;
  return std::find(query_.without.begin(), query_.without.end(), id) != query_.without.end();
}

void StatementResolver::apply_row(RowIndex index, Collected& into) const {
  const Row& row = history_.row(index);
  const Scope& scope = history_.scope(row.scope);
  const bool applies = row.kind == Kind::kDistrust
                           ? touches(scope, query_.point)
                           : covers(scope, query_.point, query_.ignore_parts);
  if (row.kind == Kind::kAccredit && ((into.schemes >> unsigned(row.scheme)) & 1U) == 0) return;
  if (applies && !is_withdrawn(row.id)) into.take(index, row.kind, row.amount, row.depth);
}

void StatementResolver::apply_local(std::uint32_t index, Collected& into) const {
  const Statement& s = policy_.local[index];
  const bool applies = s.kind == Kind::kDistrust
                           ? touches(s.scope, query_.point)
                           : covers(s.scope, query_.point, query_.ignore_parts);
  if (applies && !is_withdrawn(s.id)) into.take(kLocalBase + index, s.kind, s.amount, s.depth);
}

std::vector<RowIndex> StatementResolver::governing(PartyIndex u, PartyIndex v, std::uint64_t at) {
  governing_.clear();
  const auto index = u < history_.party_count() ? history_.find_pair(u, v) : std::nullopt;
  if (!index) return {};
  const Pair& pair = history_.pair(*index);
  find_governing_trust(pair, at, u == viewpoint_);
  find_governing_accredit(pair, at, u == viewpoint_);
  return governing_;
}

// Of each slot the newest statement that has started and is not annulled governs; what it says
// counts while it lasts.
void StatementResolver::find_governing_trust(const Pair& pair, std::uint64_t at, bool by_author) {
  std::uint32_t seen = 0;
  for (RowIndex i = newest(pair.last_trust, by_author, at);
       i != kNoIndex && seen != pair.trust_slots;) {
    if (!work_.spend()) return;
    const Row& row = history_.row(i);
    const RowIndex index = i;
    i = row.previous;

    const std::uint32_t slot = 1U << row.slot;
    if ((seen & slot) != 0) continue;
    if ((by_author ? row.valid_from_ms : std::max(row.valid_from_ms, history_.time_of(row))) > at)
      continue;
    const Annulment state = annulment(row, by_author, at);
    if (state == Annulment::kEffective) continue;
    seen |= slot;

    // For others an annulment later than `at` empties the slot until it happens, but spares a
    // distrust.
    if (row.kind == Kind::kEnd || (state == Annulment::kLater && row.kind != Kind::kDistrust))
      continue;
    if (at < until(row, by_author, at)) governing_.push_back(index);
  }
}

void StatementResolver::collect_trust(const Pair& pair, std::uint64_t at, std::uint32_t before,
                                      Collected& into) {
  std::uint32_t local_slots = 0;  // governed by a local statement
  if (into.by_viewpoint && work_.spend(locals_.size())) {
    for (const Local& local : locals_) {
      const Statement& s = policy_.local[local.index];
      if (local.subject == pair.subject && s.valid_from_ms <= at) local_slots |= 1U << s.slot;
    }
  }

  governing_.clear();
  find_governing_trust(pair, at, into.by_viewpoint);
  for (const RowIndex index : governing_) {
    const Row& row = history_.row(index);
    if (row.sequence >= before) continue;
    const bool displaced = ((local_slots >> row.slot) & 1U) != 0;
    if (displaced && (row.kind != Kind::kDistrust || local_lifts(row, pair.subject, at))) continue;
    apply_row(index, into);
  }
}

// Only a later local end of the same slot lifts a distrust on the ledger.
bool StatementResolver::local_lifts(const Row& distrust, PartyIndex subject,
                                    std::uint64_t at) const {
  if (!work_.spend(locals_.size())) return false;
  return std::any_of(locals_.begin(), locals_.end(), [&](const Local& local) {
    const Statement& s = policy_.local[local.index];
    return local.subject == subject && s.kind == Kind::kEnd && s.slot == distrust.slot &&
           s.valid_from_ms <= at && s.valid_from_ms >= history_.time_of(distrust);
  });
}

// Of one slot the accreditation with the greatest valid_from among those in force governs, ties by
// ledger order.
void StatementResolver::find_governing_accredit(const Pair& pair, std::uint64_t at,
                                                bool by_author) {
  std::vector<std::uint16_t> slots;
  for (RowIndex i = pair.last_accredit; i != kNoIndex; i = history_.row(i).previous) {
    if (!work_.spend()) break;
    const Row& row = history_.row(i);
    if (!visible(row.block) || row.valid_from_ms > at || at >= row.valid_until_ms) continue;
    if (at >= until(row, by_author, at) || !role_counts(row, at) ||
        annulment(row, by_author, at) == Annulment::kEffective)
      continue;

    if (best_of_slot_.empty()) best_of_slot_.assign(kAccreditSlotsPerPair, kNoIndex);
    RowIndex& best = best_of_slot_[row.slot];
    if (best == kNoIndex) slots.push_back(row.slot);
    if (best == kNoIndex || row.valid_from_ms > history_.row(best).valid_from_ms) best = i;
  }

  for (const auto slot : slots) {
    const RowIndex best = std::exchange(best_of_slot_[slot], kNoIndex);
    if (annulment(history_.row(best), by_author, at) == Annulment::kNone)
      governing_.push_back(best);
  }
}

void StatementResolver::collect_accredit(const Pair& pair, std::uint64_t at, std::uint32_t before,
                                         Collected& into) {
  governing_.clear();
  find_governing_accredit(pair, at, into.by_viewpoint);
  for (const RowIndex index : governing_) {
    if (history_.row(index).sequence < before) apply_row(index, into);
  }
}

void StatementResolver::collect_ledger(PartyIndex u, PartyIndex v, std::uint64_t at,
                                       std::uint32_t before, Collected& into) {
  const auto index = u < history_.party_count() ? history_.find_pair(u, v) : std::nullopt;
  if (!index) return;
  const Pair& pair = history_.pair(*index);
  if (pair.last_trust != kNoIndex) collect_trust(pair, at, before, into);
  if (pair.last_accredit != kNoIndex && into.positive && into.accredit)
    collect_accredit(pair, at, before, into);
}

// The viewpoint's local statements: in each slot the last in file order that has started. Of an
// ancestor pass the distrusts, and the trust that is dated before the succession.
void StatementResolver::collect_own(PartyIndex v, std::uint64_t at, const Ancestor* ancestor,
                                    Collected& into) {
  std::array<std::uint32_t, kTrustSlotsPerPair> governing;
  governing.fill(kNoIndex);

  if (!work_.spend(locals_.size())) return;
  for (const Local& local : locals_) {
    const Statement& s = policy_.local[local.index];
    if (local.subject == v && s.valid_from_ms <= at) governing[s.slot] = local.index;
  }

  for (const auto index : governing) {
    if (index == kNoIndex) continue;
    const Statement& s = policy_.local[index];
    if (s.kind == Kind::kEnd || at >= s.valid_until_ms) continue;

    // A local statement stands in no block: its date tells whether it was made before the
    // succession (0401).
    if (ancestor != nullptr && s.kind != Kind::kDistrust) {
      const std::uint64_t succeeded = history_.block(history_.link(ancestor->link).block).time_ms;
      if (s.valid_from_ms >= succeeded) continue;
    }

    apply_local(index, into);
  }
}

void StatementResolver::collect_assumed(PartyIndex u, PartyIndex v, std::uint64_t at,
                                        Collected& into) {
  if (!work_.spend(assumed_.size())) return;
  for (std::uint32_t i = 0; i < assumed_.size(); ++i) {
    if (assumed_[i] != std::pair(u, v)) continue;
    const Assumption& one = query_.assume[i];
    if (one.kind == Kind::kAccredit && !holds_role(u)) continue;
    if (one.kind != Kind::kDistrust && !in_good_standing(v, at)) continue;
    into.take(kAssumeBase + i, one.kind, one.amount, std::min(one.depth, kMaxDepth));
  }
}

Relation StatementResolver::relation(PartyIndex u, PartyIndex v, std::uint64_t at,
                                     std::uint16_t schemes) {
  Relation relation;
  if (!work_.spend() || !in_good_standing(u, at)) return relation;

  Collected into{relation, schemes, in_good_standing(v, at), true, u == viewpoint_};
  collect_ledger(u, v, at, kAnySequence, into);
  if (into.by_viewpoint && !locals_.empty()) collect_own(v, at, nullptr, into);

  // What was said of predecessors passes on; an accreditation not to its author's own parent.
  if (v < history_.party_count() && history_.party(v).first_link_in != kNoIndex) {
    for (const Ancestor& ancestor : ancestors(v, at)) {
      Collected inherited{relation, schemes, into.positive && ancestor.positive, !is_parent(u, v),
                          into.by_viewpoint};
      collect_ledger(u, ancestor.party, at, history_.link(ancestor.link).sequence, inherited);
      if (into.by_viewpoint && !locals_.empty())
        collect_own(ancestor.party, at, &ancestor, inherited);
    }
  }

  if (!assumed_.empty()) collect_assumed(u, v, at, into);

  // A distrust in any slot takes away all that its author says of the subject.
  if (relation.distrusted) relation.trust = relation.accredit = Caps{};
  return relation;
}

bool StatementResolver::may_be_related(PartyIndex u, PartyIndex v) const {
  if (u < history_.party_count() && history_.find_pair(u, v)) return true;
  if (v < history_.party_count() && history_.party(v).first_link_in != kNoIndex) return true;
  if (u == viewpoint_ && !locals_.empty()) return true;
  return !assumed_.empty();
}

bool StatementResolver::is_parent(PartyIndex child, PartyIndex parent) const {
  if (child >= history_.party_count()) return false;
  const auto& events = history_.party(child).parents;
  for (auto event = events.rbegin(); event != events.rend() && work_.spend(); ++event) {
    if (visible(event->block)) return event->parent == parent;
  }
  return false;
}

// Links are followed backwards in falling ledger order: what passes over several successions was
// said before the first of them, and each link within its window. No recursion: a chain of renames
// may be long.
std::vector<StatementResolver::Ancestor> StatementResolver::ancestors(PartyIndex v,
                                                                      std::uint64_t at) const {
  std::vector<Ancestor> out;
  const auto climb = [&](PartyIndex party, std::uint32_t before, bool positive) {
    for (auto i = history_.party(party).first_link_in; i != kNoIndex && work_.spend();
         i = history_.link(i).next_in) {
      const Link& link = history_.link(i);
      const std::uint64_t time = history_.block(link.block).time_ms;
      if (link.sequence >= before || !visible(link.block) || at < time) continue;
      const bool within = at < add_saturating(time, policy_.follow_successors_days * kDayMs);
      out.push_back({link.predecessor, i, positive && link.inherits && within});
    }
  };

  // The list is its own queue: what climb appends is climbed from in turn.
  climb(v, kAnySequence, true);
  for (std::size_t done = 0; done < out.size(); ++done) {
    const Ancestor next = out[done];
    climb(next.party, history_.link(next.link).sequence, next.positive);
  }
  return out;
}

void StatementResolver::collect_blocks(PartyIndex party, std::uint64_t at,
                                       std::vector<Arc>& blocks) {
  const auto distrusted = [&](PartyIndex by) -> std::optional<Arc> {
    // A policy may name any number of vetoers, and most of them say nothing of most parties.
    if (!work_.spend() || by == party || !may_be_related(by, party)) return std::nullopt;
    const Relation said = relation(by, party, at);
    return said.distrusted ? std::optional(arc(by, party, said.distrusted_by, at)) : std::nullopt;
  };

  if (auto own = distrusted(viewpoint_)) blocks.push_back(*own);

  std::vector<Arc> vetoes;
  for (const PartyIndex vetoer : vetoers_) {
    if (auto veto = distrusted(vetoer)) vetoes.push_back(*veto);
  }

  // Below the quorum the vetoes block nobody, and so are not named as blocking either.
  if (vetoes.size() >= policy_.veto_quorum)
    blocks.insert(blocks.end(), vetoes.begin(), vetoes.end());
}

bool StatementResolver::is_blocked(PartyIndex party, std::uint64_t at, std::vector<Arc>* blocks) {
  if (party == viewpoint_) return false;
  std::vector<Arc> found;
  collect_blocks(party, at, found);
  if (at != query_.as_of.today_ms) collect_blocks(party, query_.as_of.today_ms, found);
  if (blocks != nullptr) {
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    *blocks = found;
  }
  return !found.empty();
}

// The parties that `from` leads to over successions in either direction, each once, with `from`
// itself.
std::vector<PartyIndex> StatementResolver::kin(PartyIndex from, bool forwards) const {
  std::vector<PartyIndex> out{from};
  for (std::size_t done = 0; done < out.size(); ++done) {
    const Party& party = history_.party(out[done]);
    for (auto i = forwards ? party.first_link_out : party.first_link_in; i != kNoIndex;) {
      const Link& link = history_.link(i);
      const PartyIndex next = forwards ? link.successor : link.predecessor;
      i = forwards ? link.next_out : link.next_in;
      if (!work_.spend(out.size())) return out;
      if (!visible(link.block)) continue;
      if (std::find(out.begin(), out.end(), next) == out.end()) out.push_back(next);
    }
  }
  return out;
}

std::vector<PartyIndex> StatementResolver::targets(PartyIndex u) {
  std::vector<PartyIndex> out;

  // What is said of a predecessor may reach its successors; a distrust reaches all of them.
  const auto add = [&](PartyIndex party) {
    if (history_.party(party).first_link_out == kNoIndex) {
      out.push_back(party);
    } else {
      const auto all = kin(party, true);
      out.insert(out.end(), all.begin(), all.end());
    }
  };

  if (u < history_.party_count()) {
    for (auto i = history_.party(u).first_out; i != kNoIndex && work_.spend();
         i = history_.pair(i).next_out) {
      add(history_.pair(i).subject);
    }
  }

  if (u == viewpoint_ && work_.spend(locals_.size())) {
    for (const Local& local : locals_) add(local.subject);
  }
  if (!work_.spend(assumed_.size())) return out;
  for (const auto& [from, to] : assumed_) {
    if (from == u && from != kNoIndex) out.push_back(to);
  }

  sort_unique(out);
  std::erase(out, u);
  return out;
}

std::vector<PartyIndex> StatementResolver::authors(PartyIndex t) {
  std::vector<PartyIndex> out;
  if (t >= history_.party_count()) return out;

  // Who spoke of a predecessor may have spoken of its successor.
  for (const PartyIndex subject : kin(t, false)) {
    for (auto i = history_.party(subject).first_in; i != kNoIndex && work_.spend();
         i = history_.pair(i).next_in) {
      out.push_back(history_.pair(i).truster);
    }
  }

  if (!locals_.empty()) out.push_back(viewpoint_);
  if (!work_.spend(assumed_.size())) return out;
  for (const auto& [from, to] : assumed_) {
    if (to == t && to != kNoIndex) out.push_back(from);
  }

  sort_unique(out);
  std::erase(out, t);
  return out;
}

std::uint64_t StatementResolver::out_degree(PartyIndex u) const {
  const std::uint64_t ledger = u < history_.party_count() ? history_.party(u).out_degree : 0;
  return ledger + (u == viewpoint_ ? locals_.size() : 0) + assumed_.size();
}

std::uint64_t StatementResolver::in_degree(PartyIndex t) const {
  return (t < history_.party_count() ? history_.party(t).in_degree : 0) + assumed_.size();
}

Arc StatementResolver::arc(PartyIndex u, PartyIndex v, Source source, std::uint64_t at) const {
  Arc arc;
  arc.truster = id_of(u);
  arc.subject = id_of(v);

  if (source >= kAssumeBase) {
    const Assumption& one = query_.assume[source - kAssumeBase];
    arc.kind = one.kind;
    arc.amount = one.amount;
  } else if (source >= kLocalBase) {
    const Statement& s = policy_.local[source - kLocalBase];
    arc.statement = s.id;
    arc.kind = s.kind;
    arc.amount = s.amount;
    arc.inherited = s.subject != arc.subject;
    arc.local = true;
  } else {
    const Row& row = history_.row(source);
    arc.statement = row.id;
    arc.kind = row.kind;
    arc.amount = row.amount;
    arc.inherited = row.subject != v;
    arc.retroactive = row.kind == Kind::kAccredit && history_.time_of(row) > at;
  }

  return arc;
}

}  // namespace testamur::trust
