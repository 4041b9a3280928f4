// The engine against the naive second implementation, on random histories. A failure prints its
// seed; the seed replays it. `test_trust "[.long]"` runs ten times as many.
#include <set>

#include "tests/support/catch.h"
#include "tests/trust/random_world.h"
#include "trust/in_force.h"

namespace testamur::trust::test {
namespace {

std::uint32_t sum(const std::vector<Arc>& arcs) {
  std::uint32_t total = 0;
  for (const Arc& arc : arcs) total += arc.amount;
  return total;
}

// P4, P6, P7: what a decision shows adds up.
bool adds_up(const Decision& d, const RandomWorld& w) {
  std::uint32_t carried = 0;
  std::map<StatementId, std::uint32_t> load;
  std::map<StatementId, std::uint32_t> amount;
  for (const Path& path : d.paths) {
    carried += path.amount;
    if (path.arcs.empty() || path.arcs.size() > 3 || path.amount == 0) return false;
    for (std::size_t i = 0; i < path.arcs.size(); ++i) {
      const Arc& arc = path.arcs[i];
      if (i > 0 && path.arcs[i - 1].subject != arc.truster) return false;
      load[arc.statement] += path.amount;
      amount[arc.statement] = arc.amount;
      const auto row = w.history.find_statement(arc.statement);
      if (row && w.history.row(*row).depth + 1U < path.arcs.size() - i) return false;
    }
  }
  for (const auto& [id, total] : load) {
    // Two statements of one pair share the larger one's capacity; each alone never carries more
    // than it says.
    if (total > amount[id]) return false;
  }
  if (carried != d.amount) return false;
  return d.outcome == Outcome::kBlocked || d.rule == Rule::kOwn || sum(d.cut) == d.amount;
}

// The first seed of [from, to) where engine and oracle differ.
std::optional<std::uint64_t> first_difference(std::uint64_t from, std::uint64_t to,
                                              unsigned parties, bool flat) {
  for (std::uint64_t seed = from; seed < to; ++seed) {
    Random random(seed);

    const RandomWorld w = random_world(random, parties, flat);

    for (int i = 0; i < 2; ++i) {
      const Query query = random_query(random, w, flat);
      const Decision d = decide(w.history, query, w.policy);
      const OracleAnswer o = oracle_decide(w.entries, query, w.policy);

      const bool same = d.outcome == o.outcome && d.rule == o.rule && d.amount == o.amount &&
                        d.independent_paths == o.independent_paths &&
                        d.accredited_amount == o.accredited_amount;

      if (!same || !adds_up(d, w)) {
        UNSCOPED_INFO("rule " << to_text(d.rule) << " / " << to_text(o.rule) << ", amount "
                              << d.amount << " / " << o.amount << ", paths " << d.independent_paths
                              << " / " << o.independent_paths << ", accredited "
                              << d.accredited_amount << " / " << o.accredited_amount);
        return seed;
      }
    }
  }
  return std::nullopt;
}

void agree(std::uint64_t count, unsigned parties, bool flat) {
  const auto seed = first_difference(1, 1 + count, parties, flat);
  INFO("seed " << seed.value_or(0) << ", parties " << parties
               << (flat ? ", flat" : ", with history"));
  CHECK_FALSE(seed.has_value());
}

TEST_CASE("engine and oracle agree on histories of up to nine parties") { agree(10'000, 9, false); }
TEST_CASE("engine and oracle agree on histories of up to five parties") { agree(40'000, 5, false); }
TEST_CASE("engine and oracle agree on flat networks of up to nine parties") {
  agree(10'000, 9, true);
}
TEST_CASE("engine and oracle agree on flat networks of up to six parties") {
  agree(40'000, 6, true);
}
TEST_CASE("engine and oracle agree on a million networks", "[.long]") {
  agree(100'000, 9, false);
  agree(400'000, 5, false);
  agree(100'000, 9, true);
  agree(400'000, 6, true);
}

TEST_CASE("engine and oracle judge the same cases alike, and every rule of a judgement occurs") {
  std::set<Rule> rules;
  unsigned own_awards_that_lag = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    Random random(seed);

    RandomWorld w = random_world(random, 5, false);
    const Case asked = random_case(random, w);
    const Judgement judged = judge(w.history, asked, w.policy);
    const OracleJudgement expected = oracle_judge(w.entries, asked, w.policy);

    CAPTURE(seed, to_text(judged.rule), to_text(expected.rule), to_text(judged.outcome),
            to_text(expected.outcome));
    REQUIRE(judged.outcome == expected.outcome);
    REQUIRE(judged.rule == expected.rule);

    rules.insert(judged.rule);

    const std::uint64_t lag = w.policy.max_anchor_lag_ms;
    if (judged.rule == Rule::kOwn && lag > 0 && asked.claimed_ms &&
        asked.anchor_ms > *asked.claimed_ms + lag) {
      ++own_awards_that_lag;
    }
  }

  CHECK(rules.size() == 10);  // all but too_large
  CHECK(own_awards_that_lag > 100);
}

// A learner got past the lag by showing everything but the date of award.
TEST_CASE("who withholds the claimed date is never better off than who shows it") {
  unsigned refused_for_it = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    Random random(seed);
    RandomWorld w = random_world(random, 5, false);
    const Case shown = random_case(random, w);
    if (!shown.claimed_ms) continue;
    Case withheld = shown;
    withheld.claimed_ms.reset();

    CAPTURE(seed);
    const Judgement with = judge(w.history, shown, w.policy);
    const Judgement without = judge(w.history, withheld, w.policy);
    if (with.outcome == Outcome::kAccept) continue;
    if (without.rule == Rule::kOwn) continue;  // one's own award is known without any date
    CHECK((without.outcome != Outcome::kAccept || without.claim_open));

    const JointJudgement joint = judge_joint(w.history, withheld, {}, w.policy);
    CHECK(joint.claim_open == without.claim_open);
    refused_for_it += without.claim_open ? 1 : 0;
  }
  CHECK(refused_for_it > 100);
}

TEST_CASE("engine and oracle agree on what one institution says of another at a time") {
  unsigned compared = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    Random random(seed);

    const RandomWorld w = random_world(random, 4, false);
    const Query query = random_query(random, w, false);
    for (const auto& truster : w.parties) {
      for (const auto& subject : w.parties) {
        if (truster == subject) continue;

        const auto engine = in_force(w.history, truster, subject, query.as_of, query.at_time_ms);
        CAPTURE(seed);
        REQUIRE(engine ==
                oracle_in_force(w.entries, truster, subject, query.as_of, query.at_time_ms));
        compared += engine.empty() ? 0 : 1;
      }
    }
  }

  CHECK(compared > 10'000);
}

TEST_CASE("every outcome and rule occurs among the random networks") {
  std::set<Rule> rules;
  std::set<Outcome> outcomes;
  for (std::uint64_t seed = 1; seed < 6000; ++seed) {
    Random random(seed);
    const RandomWorld w = random_world(random, 5, false);
    const Decision d = decide(w.history, random_query(random, w, false), w.policy);
    rules.insert(d.rule);
    outcomes.insert(d.outcome);
  }

  CHECK(outcomes.size() == 3);
  for (const Rule rule : {Rule::kNone, Rule::kUnknown, Rule::kFuture, Rule::kOwn, Rule::kBlock,
                          Rule::kAmount, Rule::kPaths, Rule::kAccreditation}) {
    CAPTURE(to_text(rule));
    CHECK(rules.count(rule) == 1);
  }
}

}  // namespace
}  // namespace testamur::trust::test
