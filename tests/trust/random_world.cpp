// All choices come from the seed, in a fixed order. Statements that the history would refuse are
// left out of the entries, so that engine and oracle are given the same list.
#include "tests/trust/random_world.h"

#include <algorithm>

namespace testamur::trust::test {
namespace {

constexpr std::uint64_t kTick = 86'400'000;
constexpr std::uint64_t kSpan = 30;  // ticks
const std::vector<std::uint8_t> kAmounts{0, 30, 40, 60, 60, 90, 120, 120, 120};

InstitutionId numbered_party(std::uint64_t n) {
  InstitutionId id;
  for (std::size_t i = 0; i < 8; ++i)
    id.bytes[i] = static_cast<std::uint8_t>((n * 0x9e3779b97f4a7c15U) >> (8 * i));
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

class Maker {
 public:
  Maker(Random& random, unsigned max_parties, bool flat) : random_(random), flat_(flat) {
    const std::uint64_t count = 2 + random_.below(max_parties - 1);
    for (std::uint64_t i = 0; i < count; ++i) {
      PartyAdded party{numbered_party(random_.next()), random_.one_in(3), std::nullopt};
      if (!w_.parties.empty() && random_.one_in(5)) party.parent = random_.pick(w_.parties);
      append(party);
      w_.parties.push_back(party.id);
    }
  }

  RandomWorld make() {
    const std::uint64_t events = 2 + random_.below(flat_ ? 30 : 40);
    for (std::uint64_t i = 0; i < events; ++i) add_event();
    make_policy();
    w_.today_ms = tick_ * kTick;
    w_.height = height_;
    return std::move(w_);
  }

 private:
  template <class What>
  void append(What what) {
    if (!random_.one_in(3) || height_ == 0) {
      ++height_;
      if (!flat_) tick_ += random_.below(3);
    }
    Commit commit{LogIndex{++order_}, Height{height_}, tick_ * kTick, KeyId{}};
    if constexpr (std::is_same_v<What, Statement>) {
      commit.key = key_of(what.truster, random_.below(2));
      what.commit = commit;
    }
    Entry entry{commit, what};
    if (append_to(w_.history, entry)) w_.entries.push_back(entry);
  }

  KeyId key_of(const InstitutionId& party, std::uint64_t number) const {
    KeyId key{party.bytes};
    key.bytes[0] = static_cast<std::uint8_t>(key.bytes[0] ^ (number + 1));
    return key;
  }

  void add_event() {
    const std::uint64_t what = flat_ ? 0 : random_.below(40);
    const InstitutionId party = random_.pick(w_.parties);

    if (what == 39) {
      append(StandingSet{party, random_.one_in(2) ? Standing::kSuspended : Standing::kGood});
    } else if (what == 38) {
      append(RoleSet{party, random_.one_in(2), random_.one_in(3)});
    } else if (what == 37) {
      append(KeyCompromised{key_of(party, random_.below(2)), random_.below(kSpan) * kTick});
    } else if (what == 36) {
      append(ParentSet{party,
                       random_.one_in(3) ? std::nullopt : std::optional(random_.pick(w_.parties))});
    } else if (what >= 34) {
      append(random_succession());
    } else if (what >= 27) {
      append(taking_back());
    } else {
      append(speaking());
    }
  }

  Succession random_succession() {
    Succession s;
    std::vector<InstitutionId> shuffled = w_.parties;
    for (std::size_t i = shuffled.size(); i > 1; --i)
      std::swap(shuffled[i - 1], shuffled[random_.below(i)]);

    const std::size_t successors = 1 + random_.below(2);
    for (std::size_t i = 0; i < shuffled.size() && i < successors + 1 + random_.below(2); ++i) {
      if (i < successors) {
        s.successors.push_back(shuffled[i]);
      } else {
        Predecessor one{shuffled[i], !random_.one_in(4), std::nullopt};
        if (one.closes && !random_.one_in(5)) one.heir = random_.pick(s.successors);
        s.predecessors.push_back(one);
      }
    }

    return s;
  }

  Scope random_scope() {
    Scope scope;
    if (random_.one_in(3)) scope.fields = FieldMask{1 + random_.below(7), 0};
    if (random_.one_in(8)) scope.levels = static_cast<std::uint8_t>(1 + random_.below(3));
    if (random_.one_in(10)) scope.purposes = static_cast<std::uint8_t>(1 + random_.below(3));
    return scope;
  }

  Statement blank() {
    Statement s;
    s.id.bytes[0] = static_cast<std::uint8_t>(order_ >> 8);
    s.id.bytes[1] = static_cast<std::uint8_t>(order_);
    s.id.bytes[2] = 7;
    s.truster = random_.pick(w_.parties);
    s.subject = random_.pick(w_.parties);
    return s;
  }

  Statement speaking() {
    Statement s = blank();

    const std::uint64_t kind = random_.below(12);
    s.kind = kind == 0 ? Kind::kDistrust : kind < 4 && !flat_ ? Kind::kAccredit : Kind::kTrust;
    if (flat_ && kind == 1) s.kind = Kind::kAccredit;

    if (s.kind != Kind::kDistrust) {
      s.amount = random_.pick(kAmounts);
      s.depth = static_cast<std::uint8_t>(random_.below(4));
    }
    if (s.kind == Kind::kAccredit) s.scheme = static_cast<Scheme>(1 + random_.below(2));

    s.scope = random_scope();
    s.slot = static_cast<std::uint16_t>(random_.below(2));

    if (!flat_) {
      s.valid_from_ms = random_.one_in(3) ? 0 : random_.below(kSpan) * kTick;
      if (random_.one_in(3)) s.valid_until_ms = s.valid_from_ms + (1 + random_.below(10)) * kTick;
    }

    return s;
  }

  // An end of a slot, an end that names statements, or a void.
  Statement taking_back() {
    Statement s = blank();
    s.kind = random_.one_in(3) ? Kind::kVoid : Kind::kEnd;
    s.valid_from_ms = s.kind == Kind::kEnd ? random_.below(kSpan) * kTick : 0;
    const bool names = s.kind == Kind::kVoid || random_.one_in(2);

    std::vector<const Statement*> before;
    for (const Entry& e : w_.entries) {
      if (const auto* one = std::get_if<Statement>(&e.what)) before.push_back(one);
    }

    if (before.empty()) return s;
    const Statement& victim = *before[random_.below(before.size())];
    s.truster = victim.truster;
    s.subject = victim.subject;

    if (names) {
      s.names = {victim.id};
    } else {
      s.slot = static_cast<std::uint16_t>(random_.below(2));
    }
    return s;
  }

  void make_policy() {
    Policy& p = w_.policy;

    p.threshold = static_cast<std::uint32_t>(30 + 30 * random_.below(5));
    p.independent_paths = static_cast<std::uint32_t>(random_.below(4));
    p.path_floor = random_.pick(std::vector<std::uint8_t>{1, 40, 60});

    if (random_.one_in(3)) p.ceilings = {120, static_cast<std::uint32_t>(30 * random_.below(5)), 0};
    if (p.ceilings[2] == 0)
      p.ceilings[2] = static_cast<std::uint32_t>(random_.below(p.ceilings[1] + 1));
    p.follow_successors_days = static_cast<std::uint32_t>(random_.below(12));

    if (random_.one_in(3)) {
      for (int i = 0; i < 2; ++i) p.vetoers.push_back(random_.pick(w_.parties));
      std::sort(p.vetoers.begin(), p.vetoers.end());
      p.vetoers.erase(std::unique(p.vetoers.begin(), p.vetoers.end()), p.vetoers.end());
      p.veto_quorum = static_cast<std::uint32_t>(1 + random_.below(2));
    }

    if (random_.one_in(3)) {
      p.accreditation.push_back({{}, 60, static_cast<std::uint16_t>(random_.below(3) * 2)});
      if (random_.one_in(2))
        p.accreditation.back().when.fields = FieldMask{1 + random_.below(7), 0};
    }

    const std::uint64_t locals = flat_ ? 0 : random_.below(4);
    for (std::uint64_t i = 0; i < locals; ++i) p.local.push_back(local_statement(i));
  }

  Statement local_statement(std::uint64_t number) {
    Statement s = speaking();
    if (s.kind == Kind::kAccredit || random_.one_in(4)) {
      s = blank();
      s.kind = Kind::kEnd;
      s.slot = static_cast<std::uint16_t>(random_.below(2));
      s.valid_from_ms = random_.below(kSpan) * kTick;
    }
    s.truster = {};
    s.id = {};
    s.id.bytes[31] = static_cast<std::uint8_t>(number + 1);
    return s;
  }

  Random& random_;
  bool flat_;
  RandomWorld w_;
  std::uint64_t height_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t tick_ = 0;
};

}  // namespace

RandomWorld random_world(Random& random, unsigned max_parties, bool flat) {
  return Maker(random, max_parties, flat).make();
}

Query random_query(Random& random, const RandomWorld& world, bool flat) {
  Query q;
  q.viewpoint = !flat && random.one_in(10) ? InstitutionId{} : random.pick(world.parties);
  q.issuer = random.pick(world.parties);
  if (!random.one_in(4)) q.point.fields = FieldMask{1 + random.below(7), 0};
  if (random.one_in(3)) q.point.level = static_cast<std::uint8_t>(1 + random.below(2));
  if (random.one_in(3)) q.point.purpose = static_cast<Purpose>(random.below(2));
  const Entry& last = flat || random.one_in(2) ? world.entries.back() : random.pick(world.entries);
  q.as_of = {last.commit.height, last.commit.time_ms, {}};
  const std::uint64_t ticks = q.as_of.today_ms / kTick;
  q.at_time_ms = flat || random.one_in(3) ? q.as_of.today_ms : random.below(ticks + 2) * kTick;
  return q;
}

Case random_case(Random& random, RandomWorld& world) {
  const Query query = random_query(random, world, false);
  Case c;
  c.viewpoint = query.viewpoint;
  c.issuer = random.one_in(5) ? query.viewpoint : query.issuer;
  c.point = query.point;
  c.as_of = query.as_of;
  c.anchor_ms = query.at_time_ms;
  if (!random.one_in(3)) c.claimed_ms = random.below(c.anchor_ms / kTick + 2) * kTick;

  world.policy.governs = static_cast<Governs>(random.below(3));
  world.policy.max_anchor_lag_ms = random.below(5) * 3 * kTick;
  world.policy.separate_assessor = random.one_in(3);
  if (!random.one_in(4)) {
    c.parties = AwardParties{{random.pick(world.parties)}, {random.pick(world.parties)}};
    if (random.one_in(3)) c.parties->assess.push_back(random.pick(world.parties));
    if (random.one_in(8)) c.parties->teach.clear();
  }
  return c;
}

}  // namespace testamur::trust::test
