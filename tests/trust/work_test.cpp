// Who can make an answer cost, and what bounds it: every list that a stranger can make long is
// walked at the charge of the question's work.
#include <algorithm>

#include "tests/support/catch.h"
#include "tests/trust/world.h"
#include "trust/judge.h"

namespace testamur::trust::test {
namespace {

std::uint64_t steps_of(const World& w, const Query& query) {
  const Decision d = trust::decide(w.history, query, w.policy);
  REQUIRE(d.rule != Rule::kTooLarge);
  return d.steps;
}

// With one step less than it costs there is no answer, at every step before: neither acceptance nor
// anything else of what would have been found.
void ends_honestly(const World& w, const Query& asked) {
  const std::uint64_t cost = steps_of(w, asked);
  for (std::uint64_t limit = 0; limit < cost; limit += 1 + limit / 50) {
    Query query = asked;
    query.work_limit = limit;
    const Decision d = trust::decide(w.history, query, w.policy);
    CAPTURE(limit, cost);
    REQUIRE(d.rule == Rule::kTooLarge);
    REQUIRE(d.outcome == Outcome::kRefuse);
    REQUIRE(d.used.empty());
    REQUIRE(d.steps == limit);
  }
}

TEST_CASE("naming one statement again and again is charged to whoever reads it") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  const StatementId said = w.trust("a", "t");
  const std::uint64_t before = steps_of(w, w.query("s", "t"));

  // Ends that lie in the future change nothing, and each of them is looked at.
  Statement end;
  end.kind = Kind::kEnd;
  end.names = {said};
  end.valid_from_ms = 1'000'000'000'000;
  for (int i = 0; i < 500; ++i) w.say("a", "t", end);

  const Query query = w.query("s", "t");
  CHECK(trust::decide(w.history, query, w.policy).outcome == Outcome::kAccept);
  CHECK(steps_of(w, query) >= before + 500);
  ends_honestly(w, query);
}

TEST_CASE("vetoers, assumptions and withdrawals are charged to the question that brings them") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  w.trust("a", "t");
  const std::uint64_t before = steps_of(w, w.query("s", "t"));

  World vetoed = w;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "vetoer" + std::to_string(i);
    vetoed.add(name);
    vetoed.policy.vetoers.push_back(party_id(name));
  }
  std::sort(vetoed.policy.vetoers.begin(), vetoed.policy.vetoers.end());
  CHECK(steps_of(vetoed, vetoed.query("s", "t")) >= before + 300);
  ends_honestly(vetoed, vetoed.query("s", "t"));

  Query assumed = w.query("s", "t");
  assumed.assume.assign(300, {party_id("a"), party_id("s"), Kind::kTrust, 1, 0});
  CHECK(steps_of(w, assumed) >= before + 300);
  ends_honestly(w, assumed);

  Query withdrawn = w.query("s", "t");
  withdrawn.without.assign(300, StatementId{});
  CHECK(steps_of(w, withdrawn) >= before + 300);
  ends_honestly(w, withdrawn);

  World local = w;
  Statement own;
  own.amount = 1;
  own.subject = party_id("a");
  own.slot = 5;
  local.policy.local.assign(300, own);
  CHECK(steps_of(local, local.query("s", "t")) >= before + 300);
  ends_honestly(local, local.query("s", "t"));
}

TEST_CASE("pairs of friends and last speakers that never met cost a step each") {
  World w({"s", "t"});
  const int n = 60;
  for (int i = 0; i < n; ++i) {
    const std::string u = "u" + std::to_string(i), v = "v" + std::to_string(i);
    w.add(u).add(v);
    w.trust("s", u, 60, 2);
    w.trust(v, "t", 60);
    // Both sides are busy elsewhere, so that pairs are the fewest.
    for (int j = 0; j < n; ++j) {
      const std::string other = "x" + std::to_string(i) + "/" + std::to_string(j);
      w.add(other);
      w.trust(u, other, 60, 1);
      w.trust(other, v, 60, 1);
    }
  }
  const Query query = w.query("s", "t");
  CHECK(trust::decide(w.history, query, w.policy).amount == 0);
  CHECK(steps_of(w, query) >= std::uint64_t(n) * n);
  ends_honestly(w, query);
}

// ---- joint awards

Case case_of(const World& w, const std::string& issuer) {
  Case asked;
  asked.viewpoint = party_id("s");
  asked.issuer = party_id(issuer);
  asked.anchor_ms = w.now_ms();
  asked.as_of = {Height{w.height()}, w.now_ms(), {}};
  return asked;
}

TEST_CASE("of a joint award, all bodies together cost no more than one case may") {
  World w({"s"});
  std::vector<InstitutionId> bodies;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "body" + std::to_string(i);
    w.add(name);
    w.trust("s", name);
    bodies.push_back(party_id(name));
  }

  Case asked = case_of(w, "body0");
  const JointJudgement all = judge_joint(w.history, asked, bodies, w.policy);
  CHECK(all.outcome == Outcome::kAccept);
  CHECK(all.accepted == 60);

  const auto& first = all.bodies.front().second;
  asked.work_limit = std::max(first.at_anchor.steps, first.today.steps);
  const JointJudgement cut = judge_joint(w.history, asked, bodies, w.policy);
  CHECK(cut.bodies.front().second.outcome == Outcome::kAccept);
  CHECK(cut.outcome == Outcome::kRefuse);
  CHECK(cut.rule == Rule::kTooLarge);

  std::uint64_t steps = 0;
  for (const auto& [body, judged] : cut.bodies)
    steps += judged.at_anchor.steps + judged.today.steps;
  CHECK(steps <= 4 * asked.work_limit);
}

TEST_CASE("a body that is named twice is judged once") {
  World w({"s", "t", "partner"});
  w.trust("s", "partner");
  w.policy.joint = Joint::kAny;
  const auto judged =
      judge_joint(w.history, case_of(w, "t"),
                  {party_id("partner"), party_id("t"), party_id("partner")}, w.policy);
  CHECK(judged.bodies.size() == 2);
  CHECK(judged.accepted == 1);
  CHECK(judged.outcome == Outcome::kAccept);
}

TEST_CASE("a partner is not accepted for an issuer whose block was too much to look for") {
  World w({"s", "t", "partner"});
  w.policy.joint = Joint::kAny;
  w.trust("s", "partner");
  w.distrust("s", "t");
  CHECK(judge_joint(w.history, case_of(w, "t"), {party_id("partner")}, w.policy).outcome ==
        Outcome::kBlocked);

  // The issuer buries the distrust under statements that have to be read.
  for (int i = 0; i < 400; ++i) {
    const std::string name = "vetoer" + std::to_string(i);
    w.add(name);
    if (i % 2 == 0) w.trust(name, "t", 1);
    w.policy.vetoers.push_back(party_id(name));
  }
  std::sort(w.policy.vetoers.begin(), w.policy.vetoers.end());

  Case asked = case_of(w, "t");
  for (asked.work_limit = 0; asked.work_limit < 4000; asked.work_limit += 37) {
    const auto judged = judge_joint(w.history, asked, {party_id("partner")}, w.policy);
    CAPTURE(asked.work_limit);
    REQUIRE(judged.outcome != Outcome::kAccept);
  }
}

}  // namespace
}  // namespace testamur::trust::test
