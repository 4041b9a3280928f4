// The laws P1-P15 of docs/trust.md as properties: RapidCheck makes small networks and shrinks a
// counterexample. Parties are numbered; 0 is the viewpoint, 1 the issuer. `test_trust "[.long]"`
// runs the laws on many more networks.
#include <rapidcheck.h>

#include <iostream>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/trust/random_world.h"

namespace testamur::trust::test {
namespace {

constexpr unsigned kParties = 7;
constexpr std::uint16_t kFreeSlot = 9;

// One statement of a network in which everything holds always.
struct Move {
  unsigned from = 0;
  unsigned to = 0;
  unsigned kind = 0;  // 0 distrust, 1-2 accredit, else trust
  unsigned amount = 0;
  unsigned depth = 0;
  unsigned fields = 0;  // 0 = all, else a mask of three fields
  bool operator==(const Move&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Move& m) {
  return out << m.from << "->" << m.to << " kind " << m.kind << " amount " << m.amount << " depth "
             << m.depth << " fields " << m.fields;
}
using Moves = std::vector<Move>;

rc::Gen<Move> any_move() {
  return rc::gen::build<Move>(
      rc::gen::set(&Move::from, rc::gen::inRange(0U, kParties)),
      rc::gen::set(&Move::to, rc::gen::inRange(0U, kParties)),
      rc::gen::set(&Move::kind, rc::gen::inRange(0U, 12U)),
      rc::gen::set(&Move::amount, rc::gen::elementOf(std::vector<unsigned>{30, 40, 60, 120})),
      rc::gen::set(&Move::depth, rc::gen::inRange(0U, 4U)),
      rc::gen::set(&Move::fields, rc::gen::inRange(0U, 8U)));
}
rc::Gen<Moves> networks() { return rc::gen::resize(40, rc::gen::container<Moves>(any_move())); }

// Who the numbered parties are, and in which order they register.
struct Cast {
  std::vector<unsigned> names{0, 1, 2, 3, 4, 5, 6};
  std::vector<unsigned> order{0, 1, 2, 3, 4, 5, 6};
  unsigned keys = 1;  // each party signs with so many keys in turn
};

InstitutionId id_of(unsigned name) {
  return InstitutionId::prefix_of(
      sha256(ByteView(reinterpret_cast<const std::uint8_t*>(&name), 1)).view());
}

class Net {
 public:
  explicit Net(const Moves& moves, const Cast& cast = {}) : cast_(cast) {
    for (const unsigned n : cast.order)
      history.add_party(id(n), {LogIndex{0}, Height{0}, 1000, {}}, n % 2 == 0);
    for (const Move& move : moves) add(move);
  }
  InstitutionId id(unsigned n) const { return id_of(cast_.names[n]); }
  StatementId add(const Move& m, std::uint16_t slot = 0) {
    ++order_;

    Statement s;
    s.id.bytes[0] = static_cast<std::uint8_t>(order_);
    s.id.bytes[1] = static_cast<std::uint8_t>(order_ >> 8);
    s.truster = id(m.from);
    s.subject = id(m.to);

    s.kind = m.kind == 0 ? Kind::kDistrust : m.kind <= 2 ? Kind::kAccredit : Kind::kTrust;
    if (m.kind != 0) s.amount = static_cast<std::uint8_t>(m.amount);
    if (m.kind != 0) s.depth = static_cast<std::uint8_t>(m.depth);
    if (s.kind == Kind::kAccredit) s.scheme = Scheme::kEsg;
    if (m.fields != 0) s.scope.fields = FieldMask{m.fields, 0};

    s.slot = slot == 0 ? static_cast<std::uint16_t>(order_ % 3) : slot;
    s.commit = {LogIndex{order_}, Height{order_}, 1000 + order_, {}};
    s.commit.key.bytes[0] = static_cast<std::uint8_t>(order_ % cast_.keys);
    s.commit.key.bytes[1] = static_cast<std::uint8_t>(m.from + 1);

    return history.append(s) ? StatementId{} : s.id;
  }
  Query query() const {
    Query q;
    q.viewpoint = id(0);
    q.issuer = id(1);
    q.point.fields = FieldMask{3, 0};
    q.at_time_ms = q.as_of.today_ms = 1000 + order_;
    q.as_of.height = Height{order_};
    return q;
  }
  Decision decide() const { return trust::decide(history, query(), policy); }

  History history;
  Policy policy;

 private:
  Cast cast_;
  std::uint64_t order_ = 0;
};

template <class Property>
void law(int networks_count, const Property& property) {
  rc::detail::TestParams params;
  params.seed = 20'240'101;
  params.maxSuccess = networks_count;
  const auto result = rc::detail::checkTestable(property, rc::detail::TestMetadata{}, params);
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  INFO(text.str());
  CHECK(result.template is<rc::detail::SuccessResult>());
}

Move positive(Move move) {
  move.kind = 3 + move.kind % 9;
  return move;
}

void p1(int n) {
  law(n, [] {
    const Moves moves = *networks();
    Move more = positive(*any_move());
    Net net(moves);
    const Decision before = net.decide();
    net.add(more, kFreeSlot);
    const Decision after = net.decide();
    RC_ASSERT(after.amount >= before.amount);
    RC_ASSERT(after.independent_paths >= before.independent_paths);
  });
}
TEST_CASE("P1 adding or raising a positive statement never lowers amount or independent paths") {
  p1(5000);
}

TEST_CASE("P1 on many networks", "[.long]") { p1(100'000); }

TEST_CASE("P2 removing a positive statement never raises amount or independent paths") {
  law(2000, [] {
    const Net net(*networks());
    const Decision before = net.decide();

    for (RowIndex row = 0; row < net.history.statement_count(); ++row) {
      if (net.history.row(row).kind == Kind::kDistrust) continue;
      Query query = net.query();
      query.without.push_back(net.history.row(row).id);
      const Decision after = decide(net.history, query, net.policy);
      RC_ASSERT(after.amount <= before.amount);
      RC_ASSERT(after.independent_paths <= before.independent_paths);
      RC_ASSERT(after.accredited_amount <= before.accredited_amount);
    }
  });
}

TEST_CASE("P3 a distrust never raises anything") {
  law(5000, [] {
    Net net(*networks());
    const Decision before = net.decide();
    Move no = *any_move();
    no.kind = 0;
    net.add(no, kFreeSlot);
    const Decision after = net.decide();
    RC_ASSERT(after.amount <= before.amount);
    RC_ASSERT(after.independent_paths <= before.independent_paths);
    RC_ASSERT(after.accredited_amount <= before.accredited_amount);
  });
}

TEST_CASE("P4 and P14 no path exceeds a depth or three statements, and depth 0 introduces nobody") {
  law(5000, [] {
    const Net net(*networks());
    const Decision d = net.decide();

    for (const auto* paths : {&d.paths, &d.disjoint, &d.accredited_paths}) {
      for (const Path& path : *paths) {
        RC_ASSERT(!path.arcs.empty() && path.arcs.size() <= 3);
        for (std::size_t i = 0; i < path.arcs.size(); ++i) {
          const Row& row = net.history.row(*net.history.find_statement(path.arcs[i].statement));
          RC_ASSERT(row.depth + i + 1 >= path.arcs.size());
        }
      }
    }
  });
}

TEST_CASE(
    "P5 widening the scope of trust is monotone, of distrust the reverse; a path's point is inside "
    "its scopes") {
  law(5000, [] {
    Moves moves = *networks();
    RC_PRE(!moves.empty());

    const Net narrow(moves);
    const Decision before = narrow.decide();

    for (const Path& path : before.paths) {
      for (const Arc& arc : path.arcs) {
        const Row& row = narrow.history.row(*narrow.history.find_statement(arc.statement));
        RC_ASSERT(covers(narrow.history.scope(row.scope), narrow.query().point));
      }
    }

    const auto which = *rc::gen::inRange<std::size_t>(0, moves.size());
    moves[which].fields = 0;
    const Decision after = Net(moves).decide();

    const bool holds =
        moves[which].kind == 0 ? after.amount <= before.amount : after.amount >= before.amount;
    RC_ASSERT(holds);
  });
}

TEST_CASE(
    "P6 and P7 the amount equals the cut and the sum of the paths, which respect every statement") {
  law(5000, [] {
    const Net net(*networks());
    const Decision d = net.decide();

    std::uint32_t cut = 0, carried = 0;
    std::map<StatementId, std::uint32_t> load;
    for (const Arc& arc : d.cut) cut += arc.amount;

    for (const Path& path : d.paths) {
      carried += path.amount;
      for (const Arc& arc : path.arcs) load[arc.statement] += path.amount;
    }

    RC_ASSERT(carried == d.amount);
    RC_ASSERT(cut == d.amount);
    for (const auto& [id, total] : load)
      RC_ASSERT(total <= net.history.row(*net.history.find_statement(id)).amount);
  });
}

TEST_CASE("P6 the cut is the one nearest the viewpoint") {
  Net net({{0, 2, 5, 60, 1, 0}, {2, 1, 5, 60, 0, 0}});
  const Decision d = net.decide();
  REQUIRE(d.cut.size() == 1);
  CHECK(d.cut[0].truster == net.id(0));
}

TEST_CASE("P8 renaming parties changes neither outcome, amount, paths nor rule") {
  law(5000, [] {
    const Moves moves = *networks();
    Cast cast;
    for (std::size_t i = kParties; i > 1; --i)
      std::swap(cast.names[i - 1], cast.names[*rc::gen::inRange<std::size_t>(0, i)]);
    const Decision a = Net(moves).decide();
    const Decision b = Net(moves, cast).decide();
    RC_ASSERT(a.outcome == b.outcome);
    RC_ASSERT(a.amount == b.amount);
    RC_ASSERT(a.independent_paths == b.independent_paths);
    RC_ASSERT(a.rule == b.rule);
  });
}

TEST_CASE("P9 the order of loading does not matter, the order of the ledger does") {
  law(5000, [] {
    const Moves moves = *networks();

    Cast cast;
    std::swap(cast.order[*rc::gen::inRange(0, 3)], cast.order[*rc::gen::inRange(3, 7)]);

    const Decision a = Net(moves).decide();
    const Decision b = Net(moves, cast).decide();

    RC_ASSERT(a.digest == b.digest);
    RC_ASSERT(a.paths == b.paths);
    RC_ASSERT(a.cut == b.cut);
  });

  Net up({{0, 1, 5, 30, 0, 0}}), down({{0, 1, 5, 120, 0, 0}});
  up.add({0, 1, 5, 120, 0, 0}, 1);
  down.add({0, 1, 5, 30, 0, 0}, 1);

  CHECK(up.decide().amount == 120);
  CHECK(down.decide().amount == 30);
}

TEST_CASE("P10 statements out of reach change nothing but the digest") {
  law(4000, [] {
    Moves moves = *networks();

    std::erase_if(moves, [](const Move& m) { return m.from == 6 || m.to == 6; });
    Net net(moves);
    const Decision before = net.decide();

    for (unsigned to = 0; to < 6; ++to) net.add({6, to, *rc::gen::inRange(0U, 12U), 120, 3, 0}, 5);
    const Decision after = net.decide();

    RC_ASSERT(before.outcome == after.outcome);
    RC_ASSERT(before.paths == after.paths);
    RC_ASSERT(before.cut == after.cut);
    RC_ASSERT(before.independent_paths == after.independent_paths);
    RC_ASSERT(before.accredited_paths == after.accredited_paths);
  });
}

TEST_CASE("P11 an answer for a fixed height and time never changes") {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Random random(seed);

    const RandomWorld w = random_world(random, 6, false);
    const Query query = random_query(random, w, false);

    History early;
    for (const Entry& e : w.entries) {
      if (e.commit.height <= query.as_of.height) append_to(early, e);
    }

    CAPTURE(seed);
    const bool same =
        decide(early, query, w.policy).digest == decide(w.history, query, w.policy).digest;
    if (!same) FAIL("the answer changed");
  }
}

TEST_CASE("P11 nobody else's later statement changes an answer about a time before it") {
  law(5000, [] {
    const Moves moves = *networks();
    Net net(moves);

    Query query = net.query();
    const Decision before = decide(net.history, query, net.policy);

    // The viewpoint's own statements are left out, since the law is about others, and so are
    // accreditations, which may be dated back.
    Moves later = *networks();
    std::erase_if(later, [](const Move& m) { return m.from == 0 || m.kind == 1 || m.kind == 2; });
    for (const Move& move : later) net.add(move, kFreeSlot);

    query.as_of = net.query().as_of;
    const Decision after = decide(net.history, query, net.policy);

    RC_ASSERT(before.outcome == after.outcome);
    RC_ASSERT(before.paths == after.paths);
    RC_ASSERT(before.independent_paths == after.independent_paths);
  });
}

TEST_CASE("P12 splitting an institution into keys gains nothing") {
  law(4000, [] {
    const Moves moves = *networks();
    Cast many;
    many.keys = 3;
    RC_ASSERT(Net(moves).decide().digest == Net(moves, many).decide().digest);
  });
}

TEST_CASE("P15 the amount of an issuer is at most what crosses into any set around it") {
  law(5000, [] {
    Moves moves = *networks();
    const unsigned set = *rc::gen::inRange(0U, 128U) & ~1U;  // without the viewpoint
    RC_PRE((set & 2U) != 0);
    const auto inside = [&](unsigned n) { return ((set >> n) & 1U) != 0; };
    // Whatever the set says, of itself and of everybody.
    for (unsigned u = 0; u < kParties; ++u) {
      for (unsigned v = 0; inside(u) && v < kParties; ++v) moves.push_back({u, v, 5, 120, 3, 0});
    }
    Net net(moves);
    std::map<std::pair<unsigned, unsigned>, std::uint32_t> crossing;
    for (unsigned u = 0; u < kParties; ++u) {
      for (unsigned v = 0; v < kParties; ++v) {
        if (inside(u) || !inside(v)) continue;
        for (const Move& m : moves) {
          if (m.from == u && m.to == v && m.kind > 2)
            crossing[{u, v}] = std::max(crossing[{u, v}], m.amount);
        }
      }
    }
    std::uint32_t bound = 0;
    for (const auto& [pair, amount] : crossing) bound += amount;
    const Decision d = net.decide();
    RC_ASSERT(d.amount <= bound);
    std::map<InstitutionId, std::pair<std::uint32_t, std::uint32_t>> entered;  // carried, given
    for (const Path& path : d.paths) {
      if (path.arcs.size() == 1) continue;
      auto& [carried, given] = entered[path.arcs[0].subject];
      carried += path.amount;
      given = std::max(given, path.arcs[0].amount);
    }
    for (const auto& [who, both] : entered) RC_ASSERT(both.first <= both.second);
  });
}

}  // namespace
}  // namespace testamur::trust::test
