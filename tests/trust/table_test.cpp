// P13: cached = sweep = decision, on random histories, at every time that a table covers.
#include "trust/table.h"

#include "tests/support/catch.h"
#include "tests/trust/random_world.h"
#include "tests/trust/world.h"

namespace testamur::trust::test {
namespace {

constexpr std::uint64_t kTick = 86'400'000;

// The policy without rules that only decide() knows is kept; one in two worlds also demands several
// paths.
struct Setting {
  RandomWorld world;
  Query query;
};
Setting setting(std::uint64_t seed, bool flat) {
  Random random(seed);
  Setting s{random_world(random, 7, flat), {}};
  s.query = random_query(random, s.world, flat);
  s.query.as_of = {s.world.entries.back().commit.height, s.world.entries.back().commit.time_ms, {}};
  s.query.at_time_ms = s.query.as_of.today_ms;
  return s;
}

TEST_CASE("P13 a sweep over all issuers equals the decision for each") {
  Sweep sweep;
  for (std::uint64_t seed = 1; seed <= 8000; ++seed) {
    Setting s = setting(seed, seed % 2 == 0);
    Random random(seed);
    if (random.one_in(3))
      s.query.at_time_ms = random.below(s.query.as_of.today_ms / kTick + 1) * kTick;

    const auto set =
        compile(s.world.history, s.query.as_of, s.query.at_time_ms, s.query.point, s.world.policy);
    Work work(kDefaultWork);
    const auto outcomes = sweep.run(s.world.history, set, s.query, s.world.policy, work);
    REQUIRE(outcomes.size() == s.world.history.party_count());

    for (PartyIndex t = 0; t < outcomes.size(); ++t) {
      s.query.issuer = s.world.history.id_of(t);

      const Outcome exact = decide(s.world.history, s.query, s.world.policy).outcome;
      if (outcomes[t] != exact) {
        CAPTURE(seed, t, to_text(exact), outcomes[t] ? to_text(*outcomes[t]) : "unknown");
        FAIL("sweep and decision differ");
      }
    }
  }
}

TEST_CASE(
    "P13 a table that grows with the ledger equals the decision at every time that it covers") {
  unsigned compared = 0;
  std::uint64_t covered = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Random random(seed);
    const RandomWorld w = random_world(random, 6, false);
    Query query = random_query(random, w, false);

    History history;
    GraphCache graphs;
    TableMaker maker(query.viewpoint, query.point, w.policy);

    for (std::size_t i = 0; i < w.entries.size(); ++i) {
      append_to(history, w.entries[i]);
      const bool last_of_block =
          i + 1 == w.entries.size() || w.entries[i + 1].commit.height != w.entries[i].commit.height;
      if (!last_of_block || !(random.one_in(2) || i + 1 == w.entries.size())) continue;

      // The table is refreshed once a block at most, since blocks are what a node decides after.
      query.as_of = {w.entries[i].commit.height, w.entries[i].commit.time_ms, {}};

      graphs.clear();
      const auto table = maker.refresh(history, query.as_of, graphs);
      covered += (query.as_of.today_ms - table->covers_from_ms()) / kTick;

      for (PartyIndex t = 0; t < history.party_count(); ++t) {
        query.issuer = history.id_of(t);
        for (std::uint64_t at = 0; at <= query.as_of.today_ms; at += kTick) {
          query.at_time_ms = at;
          const auto cached = table->find(t, at);
          if (!cached) continue;
          ++compared;

          const Outcome exact = decide(history, query, w.policy).outcome;
          if (*cached != exact) {
            CAPTURE(seed, i, t, at / kTick, to_text(exact), to_text(*cached));
            FAIL("table and decision differ");
          }
        }
      }
    }
  }

  CHECK(compared > 50'000);
  CHECK(covered > 1'000);  // tables do carry their past along
}

// Two layers of `width` friends between s and t, each of whom says a little of everybody: bounds
// alone do not decide, and the flow must be looked for.
World wide_world(unsigned width) {
  World w({"s", "t"});
  const auto name = [](char layer, unsigned i) { return layer + std::to_string(i); };
  for (unsigned i = 0; i < width; ++i) {
    w.add(name('u', i)).add(name('v', i));
    w.trust("s", name('u', i), 120 / width, 2);
    w.trust(name('v', i), "t", 120 / width);
  }
  for (unsigned i = 0; i < width; ++i) {
    for (unsigned j = 0; j < width; ++j) w.trust(name('u', i), name('v', j), 120, 1);
  }
  return w;
}

TEST_CASE("a sweep whose work is used up knows less, and what it says is still the decision") {
  unsigned unknown = 0;
  for (std::uint64_t seed = 1; seed <= 8000; ++seed) {
    Setting s = setting(seed, seed % 2 == 0);
    const auto set =
        compile(s.world.history, s.query.as_of, s.query.at_time_ms, s.query.point, s.world.policy);

    Sweep sweep;
    Work work(seed % 5);
    const auto outcomes = sweep.run(s.world.history, set, s.query, s.world.policy, work);
    for (PartyIndex t = 0; t < outcomes.size(); ++t) {
      unknown += outcomes[t] ? 0 : 1;
      if (!outcomes[t]) continue;

      s.query.issuer = s.world.history.id_of(t);
      const Outcome exact = decide(s.world.history, s.query, s.world.policy).outcome;
      if (*outcomes[t] != exact) {
        CAPTURE(seed, t, to_text(exact), to_text(*outcomes[t]));
        FAIL("a cut sweep and the decision differ");
      }
    }
  }
  CHECK(unknown > 50);

  // The same object answers in full when it may: nothing is left behind by the run that was cut.
  const World w = wide_world(12);
  const Query query = w.query("s", "t");
  const auto set = compile(w.history, query.as_of, query.at_time_ms, query.point, w.policy);
  Sweep sweep;
  Work little(20);
  CHECK(sweep.run(w.history, set, query, w.policy, little)[1] == std::nullopt);
  CHECK(little.exhausted());
  Work enough(kDefaultWork);
  CHECK(sweep.run(w.history, set, query, w.policy, enough)[1] == Outcome::kAccept);
}

TEST_CASE("a table does not answer what was too much to compute") {
  const World w = wide_world(12);
  const AsOf as_of{Height{w.height()}, w.now_ms(), {}};
  GraphCache graphs;

  TableMaker hurried(party_id("s"), {}, w.policy, 20);
  CHECK(hurried.refresh(w.history, as_of, graphs)->find(1, w.now_ms()) == std::nullopt);

  TableMaker maker(party_id("s"), {}, w.policy);
  CHECK(maker.refresh(w.history, as_of, graphs)->find(1, w.now_ms()) == Outcome::kAccept);
}

TEST_CASE("a table answers nothing outside of what it covers") {
  World w({"s", "t"});
  w.trust("s", "t");
  TableMaker maker(party_id("s"), {}, w.policy);
  GraphCache graphs;
  const AsOf as_of{Height{w.height()}, w.now_ms(), {}};
  const auto table = maker.refresh(w.history, as_of, graphs);
  CHECK(table->find(1, w.now_ms()) == Outcome::kAccept);
  CHECK_FALSE(table->find(1, w.now_ms() - 1).has_value());
  CHECK_FALSE(table->find(1, w.now_ms() + 1).has_value());
  CHECK_FALSE(table->find(9, w.now_ms()).has_value());
  CHECK(table->policy_digest() == digest(w.policy));
}

}  // namespace
}  // namespace testamur::trust::test
