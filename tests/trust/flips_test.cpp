// What an acceptance hangs on, and what an explanation may claim when its search was cut: against a
// search by brute force on random histories, which withdraws every statement alone and asks again.
#include <algorithm>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "tests/trust/random_world.h"
#include "tests/trust/world.h"
#include "trust/explain.h"

namespace testamur::trust::test {
namespace {

// So many in the long runs, a fifth of them else.
std::uint64_t seeds(std::uint64_t many) { return testamur::test::long_tests() ? many : many / 5; }

constexpr ExplainLimits kNoLimits{1000, 1000, ~std::uint64_t{0}};

using Ids = std::set<StatementId>;

Ids flips_of(const Explanation& e) {
  Ids ids;
  for (const Arc& arc : e.would_flip) ids.insert(arc.statement);
  return ids;
}

// Of all statements of the ledger and of the policy, those whose withdrawal alone turns the
// acceptance.
Ids flips_by_force(const RandomWorld& w, const Query& query) {
  Ids all;
  for (const Entry& entry : w.entries) {
    if (const auto* statement = std::get_if<Statement>(&entry.what)) all.insert(statement->id);
  }
  for (const Statement& statement : w.policy.local) all.insert(statement.id);

  Ids flips;
  for (const StatementId& id : all) {
    Query without = query;
    without.without.push_back(id);
    if (decide(w.history, without, w.policy).outcome != Outcome::kAccept) flips.insert(id);
  }
  return flips;
}

// What the explanation names is what brute force finds; nothing where the answer is no acceptance.
std::optional<Explanation> explained_as_by_force(const RandomWorld& w, const Query& query) {
  const Explanation e = explain(w.history, query, w.policy, kNoLimits);
  if (e.decision.outcome != Outcome::kAccept) return std::nullopt;
  REQUIRE(e.flips_complete);
  REQUIRE(flips_of(e) == flips_by_force(w, query));
  return e;
}

TEST_CASE("an acceptance names exactly the statements whose withdrawal alone would turn it") {
  unsigned compared = 0;
  for (std::uint64_t seed = 1; seed <= seeds(30'000); ++seed) {
    Random random(seed);
    const bool flat = seed % 2 == 0;
    const RandomWorld w = random_world(random, 6, flat);
    CAPTURE(seed);
    const auto e = explained_as_by_force(w, random_query(random, w, flat));
    if (e && !e->would_flip.empty()) ++compared;
  }
  CHECK(compared > seeds(500));
}

// Many statements among few, so that several requirements are met at once. Everybody may accredit.
RandomWorld dense_world(Random& random) {
  RandomWorld w;
  const auto commit = [&] {
    const std::uint64_t order = w.entries.size() + 1;
    return Commit{LogIndex{order}, Height{order}, 1000 * order, {}};
  };
  const auto add = [&](const auto& what) {
    w.entries.push_back({commit(), what});
    if (!append_to(w.history, w.entries.back())) w.entries.pop_back();
  };

  for (int i = 0; i < 6; ++i) {
    w.parties.push_back(party_id(std::to_string(i)));
    add(PartyAdded{w.parties.back(), true, std::nullopt});
  }

  for (std::uint64_t count = 14 + random.below(14); count > 0; --count) {
    Statement s;
    s.truster = random.one_in(3) ? w.parties[0] : random.pick(w.parties);
    s.subject = random.one_in(3) ? w.parties[1] : random.pick(w.parties);
    s.kind = random.one_in(2) ? Kind::kAccredit : Kind::kTrust;
    if (s.kind == Kind::kAccredit) s.scheme = static_cast<Scheme>(1 + random.below(2));
    s.amount = random.pick(std::vector<std::uint8_t>{30, 60, 120});
    s.depth = static_cast<std::uint8_t>(random.below(3));
    s.id.bytes[0] = static_cast<std::uint8_t>(w.entries.size());
    s.id.bytes[1] = 1;
    s.commit = commit();
    add(s);
  }

  w.policy.threshold = static_cast<std::uint32_t>(30 + 30 * random.below(4));
  w.policy.independent_paths = static_cast<std::uint32_t>(1 + random.below(2));
  for (std::uint64_t count = random.below(3); count > 0; --count) {
    w.policy.accreditation.push_back({{},
                                      static_cast<std::uint32_t>(30 + 30 * random.below(3)),
                                      static_cast<std::uint16_t>(2 * random.below(3))});
  }
  return w;
}

TEST_CASE("each requirement of a policy has statements of its own that turn an acceptance") {
  unsigned compared = 0;
  unsigned by_scheme = 0;  // on neither the flow of trust nor that of just any scheme
  for (std::uint64_t seed = 1; seed <= seeds(20'000); ++seed) {
    Random random(seed);
    const RandomWorld w = dense_world(random);
    Query query;
    query.viewpoint = w.parties[0];
    query.issuer = w.parties[1];
    query.as_of = {w.entries.back().commit.height, w.entries.back().commit.time_ms, {}};
    query.at_time_ms = query.as_of.today_ms;

    CAPTURE(seed);
    const auto e = explained_as_by_force(w, query);
    if (!e) continue;
    ++compared;

    const auto on = [](const std::vector<Path>& paths, const StatementId& id) {
      return std::any_of(paths.begin(), paths.end(), [&](const Path& path) {
        return std::any_of(path.arcs.begin(), path.arcs.end(),
                           [&](const Arc& arc) { return arc.statement == id; });
      });
    };
    const Decision& d = e->decision;
    for (const Arc& arc : e->would_flip) {
      const bool elsewhere = on(d.paths, arc.statement) || on(d.disjoint, arc.statement) ||
                             on(d.accredited_paths, arc.statement);
      if (!elsewhere) ++by_scheme;
    }
  }

  CHECK(compared > seeds(2'000));
  CHECK(by_scheme > seeds(10));
}

TEST_CASE("an acceptance by two chains hangs on both, also on one that the amount does not need") {
  bool off_the_flow = false;

  // Which of two friends the flow prefers depends on their ids.
  for (const auto& [first, second] : {std::pair("a", "b"), std::pair("b", "a")}) {
    World w({"s", "a", "b", "v", "t"});
    w.policy.threshold = 60;
    w.policy.independent_paths = 2;

    // The first could fill the last hop of v alone, and speaks of t itself.
    const StatementId to_first = w.trust("s", first, 120, 2);
    const StatementId speaks = w.trust(first, "t", 60);
    w.trust(first, "v", 60, 1);
    const StatementId last = w.trust("v", "t", 60);
    const StatementId to_second = w.trust("s", second, 60, 2);
    const StatementId introduces = w.trust(second, "v", 60, 1);

    const Explanation e = explain(w.history, w.query("s", "t"), w.policy);
    REQUIRE(e.decision.outcome == Outcome::kAccept);
    CHECK(e.flips_complete);
    CHECK(flips_of(e) == Ids{to_first, speaks, last, to_second, introduces});

    Ids on_flow;
    for (const Path& path : e.decision.paths) {
      for (const Arc& arc : path.arcs) on_flow.insert(arc.statement);
    }
    off_the_flow = off_the_flow || !on_flow.contains(introduces);
  }
  CHECK(off_the_flow);
}

TEST_CASE("an accreditation under one scheme hangs on its own statements, not on those of any") {
  bool off_the_flow = false;

  // Behind one friend stand two agencies. A flow by any scheme needs only one of them, which
  // depends on their ids; the policy demands that of ISO.
  for (const auto& [esg, iso] : {std::pair("a", "b"), std::pair("b", "a")}) {
    World w({"s", "friend", "t"});
    w.add("a", true).add("b", true);
    w.policy.accreditation.push_back({{}, 120, 1U << unsigned(Scheme::kIso9001)});

    const StatementId trust = w.trust("s", "t");
    const StatementId to_friend = w.trust("s", "friend", 120, 2);
    w.trust("friend", esg, 120, 1);
    const StatementId to_iso = w.trust("friend", iso, 120, 1);
    w.accredit(esg, "t");

    Statement by_iso;
    by_iso.kind = Kind::kAccredit;
    by_iso.amount = 120;
    by_iso.scheme = Scheme::kIso9001;
    const StatementId accredited = w.say(iso, "t", by_iso);

    const Explanation e = explain(w.history, w.query("s", "t"), w.policy);
    REQUIRE(e.decision.outcome == Outcome::kAccept);
    CHECK(e.flips_complete);
    CHECK(flips_of(e) == Ids{trust, to_friend, to_iso, accredited});

    Ids by_any;
    for (const Path& path : e.decision.accredited_paths) {
      for (const Arc& arc : path.arcs) by_any.insert(arc.statement);
    }
    off_the_flow = off_the_flow || !by_any.contains(accredited);
  }
  CHECK(off_the_flow);
}

World ten_friends() {
  World w({"s", "t"});
  for (int i = 0; i < 10; ++i) {
    const std::string one = "u" + std::to_string(i);
    w.add(one);
    w.trust("s", one, 12, 1);
    w.trust(one, "t");
  }
  return w;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE(
    "a search that is cut claims neither that it found all nor that nothing would change it") {
  const World w = ten_friends();
  const Query query = w.query("s", "t");
  const Explanation all = explain(w.history, query, w.policy);
  CHECK(all.flips_complete);
  CHECK(all.would_flip.size() == 20);
  CHECK_FALSE(has(to_text(all, nullptr), "not every statement was tried"));

  // By the number of statements.
  const Explanation some = explain(w.history, query, w.policy, {32, 3, std::nullopt});
  CHECK_FALSE(some.flips_complete);
  CHECK(some.would_flip.size() == 3);
  CHECK(has(to_text(some, nullptr), "There may be others: not every statement was tried."));

  // By the work, wherever it ends: what is named does turn it, and only a whole list is complete.
  std::set<std::size_t> sizes;
  for (std::uint64_t work = 0; work < 20'000; work += 97) {
    const Explanation cut = explain(w.history, query, w.policy, {32, 64, work});
    CAPTURE(work);
    REQUIRE(cut.decision.outcome == Outcome::kAccept);
    REQUIRE(cut.flips_complete == (cut.would_flip.size() == 20));

    const std::string text = to_text(cut, nullptr);
    REQUIRE_FALSE(has(text, "No single withdrawal would change this."));
    REQUIRE(has(text, "not every statement was tried") == !cut.flips_complete);
    sizes.insert(cut.would_flip.size());
  }
  CHECK(sizes.contains(0));
  CHECK(sizes.contains(20));
}

TEST_CASE("a refusal whose search is cut leaves out what it does not know and says so") {
  World w = ten_friends();
  w.policy.threshold = 200;
  const Query query = w.query("s", "t");
  const Explanation all = explain(w.history, query, w.policy);
  REQUIRE(all.decision.rule == Rule::kAmount);
  CHECK(all.remedies_complete);
  REQUIRE_FALSE(all.remedies.empty());
  CHECK_FALSE(has(to_text(all, nullptr), "not everything was tried"));

  unsigned whole = 0;
  unsigned parts = 0;
  for (std::uint64_t work = 0; work < 60'000; work += 499) {
    const Explanation cut = explain(w.history, query, w.policy, {32, 64, work});
    CAPTURE(work);
    REQUIRE(cut.decision.rule == Rule::kAmount);

    // A remedy that is there has its smallest amount.
    for (const Remedy& remedy : cut.remedies) {
      const auto same = [&](const Remedy& one) {
        return one.by == remedy.by && one.subject == remedy.subject && one.amount == remedy.amount;
      };
      REQUIRE(std::any_of(all.remedies.begin(), all.remedies.end(), same));
    }
    if (cut.remedies_complete) REQUIRE(cut.remedies.size() == all.remedies.size());
    (cut.remedies_complete ? whole : parts) += 1;
    REQUIRE(has(to_text(cut, nullptr), "not everything was tried") == !cut.remedies_complete);
  }

  CHECK(whole > 0);
  CHECK(parts > 0);

  const Explanation few = explain(w.history, query, w.policy, {1, 64, std::nullopt});
  CHECK_FALSE(few.remedies_complete);
}

TEST_CASE("what is explained costs no more than the question's own limit allows") {
  World w = ten_friends();
  Query query = w.query("s", "t");
  query.work_limit = decide(w.history, query, w.policy).steps;
  const Explanation e = explain(w.history, query, w.policy);
  CHECK(e.decision.outcome == Outcome::kAccept);
  CHECK_FALSE(e.flips_complete);

  // A question that is itself too large is not explained at all.
  query.work_limit = 10;
  const Explanation none = explain(w.history, query, w.policy);
  CHECK(none.decision.rule == Rule::kTooLarge);
  CHECK(none.decision.outcome == Outcome::kRefuse);
  CHECK_FALSE(none.flips_complete);
  CHECK_FALSE(none.remedies_complete);
  CHECK(none.would_flip.empty());
  CHECK(none.remedies.empty());
  CHECK(has(to_text(none, nullptr), "NOT ANSWERED"));
}

}  // namespace
}  // namespace testamur::trust::test
