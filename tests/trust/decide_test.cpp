// Named cases of the definition, the regressions that the best existing tool fails, and attacks.
#include "tests/support/catch.h"
#include "tests/trust/world.h"

namespace testamur::trust::test {
namespace {

std::uint32_t sum_of(const std::vector<Arc>& arcs) {
  std::uint32_t sum = 0;
  for (const Arc& arc : arcs) sum += arc.amount;
  return sum;
}

TEST_CASE("a direct statement of full amount is enough") {
  World w({"s", "t"});
  CHECK(w.decide("s", "t").rule == Rule::kAmount);
  w.trust("s", "t");
  const Decision d = w.decide("s", "t");
  CHECK(d.outcome == Outcome::kAccept);
  CHECK(d.amount == 120);
  CHECK(d.independent_paths == 1);
  REQUIRE(d.paths.size() == 1);
  CHECK(d.used.size() == 1);
}

TEST_CASE("a friend vouches for its friends only as deep as the statement says") {
  World w({"s", "a", "b", "t"});
  w.trust("a", "t");

  w.trust("s", "a", 120, 0);
  CHECK(w.decide("s", "t").amount == 0);

  w.trust("s", "a", 120, 1);
  CHECK(w.decide("s", "t").amount == 120);

  w.trust("b", "a");
  World deep({"s", "a", "b", "t"});
  deep.trust("s", "a", 120, 1);
  deep.trust("a", "b", 120, 1);
  deep.trust("b", "t");

  CHECK(deep.decide("s", "t").amount == 0);

  deep.trust("s", "a", 120, 2);
  CHECK(deep.decide("s", "t").amount == 120);
}

TEST_CASE("two friends of half the amount add up, and count as two independent paths") {
  World w({"s", "a", "b", "t"});
  for (const char* u : {"a", "b"}) {
    w.trust("s", u, 60, 1);
    w.trust(u, "t");
  }
  const Decision d = w.decide("s", "t");
  CHECK(d.outcome == Outcome::kAccept);
  CHECK(d.independent_paths == 2);
  w.policy.independent_paths = 3;
  CHECK(w.decide("s", "t").rule == Rule::kPaths);
}

TEST_CASE(
    "adding a statement does not lower the sum that greedy paths lose (120 before, 120 after)") {
  for (const unsigned amount : {60U, 30U}) {
    World w({"s", "a", "b", "d", "e", "t"});

    w.trust("s", "a", amount, 2);
    w.trust("a", "d", amount, 1);
    w.trust("d", "t", amount);
    w.trust("s", "e", amount, 2);
    w.trust("e", "b", amount, 1);
    w.trust("b", "t", amount);

    CHECK(w.decide("s", "t").amount == 2 * amount);

    // A crossing statement tempts a search for single paths to join the two halves that belong to
    // different paths.
    w.trust("a", "b", amount, 1);
    CHECK(w.decide("s", "t").amount == 2 * amount);
  }
}

TEST_CASE("a chain of four carries nothing, and its shortcut carries what it allows") {
  World w({"s", "a", "c", "d", "e", "f", "b", "t"});
  w.trust("s", "a", 60, 7);
  w.trust("a", "c", 60, 7);
  w.trust("c", "d", 60, 7);
  w.trust("d", "t", 60, 7);
  w.trust("s", "e", 60, 7);
  w.trust("e", "f", 60, 7);
  w.trust("f", "b", 60, 7);
  w.trust("b", "t", 60, 7);

  CHECK(w.decide("s", "t").amount == 0);

  const auto chain = widest_chain(w.history, w.query("s", "t"), w.policy);
  REQUIRE(chain.has_value());
  CHECK(chain->amount == 60);
  CHECK(chain->arcs.size() == 4);

  w.trust("a", "b", 60, 7);
  CHECK(w.decide("s", "t").amount == 60);
}

TEST_CASE("an issuer cannot vouch for itself through a sock puppet") {
  World w({"s", "t", "x"});
  w.trust("s", "t", 60, 2);
  w.trust("t", "x", 120, 7);
  w.trust("x", "t", 120, 7);
  const Decision d = w.decide("s", "t");
  CHECK(d.amount == 60);
  CHECK(sum_of(d.cut) == 60);
}

TEST_CASE("a thousand sock puppets gain no more than the one statement that enters their set") {
  World w({"s", "friend", "t"});
  w.trust("s", "friend", 120, 2);
  for (int i = 0; i < 1000; ++i) {
    const std::string puppet = "puppet" + std::to_string(i);
    w.add(puppet);
    w.trust(puppet, "t", 120, 7);
    w.trust("t", puppet, 120, 7);
    if (i == 500) w.trust("friend", puppet, 30, 1);
  }
  CHECK(w.decide("s", "t").amount == 30);
  CHECK(w.decide("s", "puppet7").amount == 0);
}

TEST_CASE("an issuer that declares trust in everybody earns nothing") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 2);
  for (const char* good : {"s", "a"}) w.trust("t", good, 120, 7);
  CHECK(w.decide("s", "t").amount == 0);
}

TEST_CASE("whom the viewpoint distrusts is blocked, whatever its friends say") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 2);
  w.trust("a", "t");
  const std::uint64_t before = w.now_ms();
  w.distrust("s", "t");
  const Decision d = w.decide("s", "t");
  CHECK(d.outcome == Outcome::kBlocked);
  REQUIRE(d.blocks.size() == 1);
  CHECK(d.blocks[0].truster == party_id("s"));
  // Blocked today is blocked at every time.
  CHECK(w.decide("s", "t", before).outcome == Outcome::kBlocked);
}

TEST_CASE("a distrusted friend carries nothing, and a friend's distrust stops only its own words") {
  World w({"s", "a", "b", "t"});
  w.trust("s", "a", 120, 2);
  w.trust("s", "b", 60, 2);
  w.trust("a", "t");
  w.trust("b", "t");

  // A distrust in another slot than the trust of the same institution.
  Statement elsewhere;
  elsewhere.kind = Kind::kDistrust;
  elsewhere.slot = 3;
  w.say("a", "t", elsewhere);

  CHECK(w.decide("s", "t").amount == 60);
  CHECK(w.decide("s", "t").outcome == Outcome::kRefuse);

  w.distrust("s", "b");
  CHECK(w.decide("s", "t").amount == 0);
}

TEST_CASE("vetoers block from their quorum on, even if they are blocked themselves") {
  World w({"s", "a", "t", "v1", "v2"});
  w.trust("s", "t");
  w.policy.vetoers = {party_id("v1"), party_id("v2")};
  std::sort(w.policy.vetoers.begin(), w.policy.vetoers.end());
  w.policy.veto_quorum = 2;
  w.distrust("v1", "t");
  CHECK(w.decide("s", "t").outcome == Outcome::kAccept);
  w.distrust("s", "v2");
  w.distrust("v2", "t");
  CHECK(w.decide("s", "t").outcome == Outcome::kBlocked);
  w.standing("v2", Standing::kSuspended);
  CHECK(w.decide("s", "t").outcome == Outcome::kAccept);
}

TEST_CASE("a viewpoint is never in its own set of blocked parties") {
  World w({"s", "t", "v"});
  w.trust("s", "t");
  w.policy.vetoers = {party_id("v")};
  w.distrust("v", "s");
  CHECK(w.decide("s", "t").outcome == Outcome::kAccept);
  CHECK(w.decide("s", "s").rule == Rule::kOwn);
  CHECK(w.decide("s", "s").outcome == Outcome::kAccept);
}

TEST_CASE("ceilings make longer chains carry less") {
  World w({"s", "a", "b", "t"});
  w.trust("s", "a", 120, 2);
  w.trust("a", "b", 120, 1);
  w.trust("b", "t");
  w.policy.ceilings = {120, 60, 30};
  CHECK(w.decide("s", "t").amount == 30);
  CHECK(w.decide("s", "t").independent_paths == 0);  // 30 does not reach the floor of 40
  w.trust("a", "t");
  const Decision d = w.decide("s", "t");
  CHECK(d.amount == 90);
  CHECK(sum_of(d.cut) == 90);
  CHECK(d.independent_paths == 1);
}

TEST_CASE("a direct statement of the threshold satisfies any number of paths, before ceilings") {
  World w({"s", "t"});
  w.trust("s", "t", 120, 0);
  w.policy.independent_paths = 5;
  CHECK(w.decide("s", "t").outcome == Outcome::kAccept);
  w.policy.threshold = 121;
  CHECK(w.decide("s", "t").rule == Rule::kAmount);
}

TEST_CASE("the matching behind independent paths is maximal where a greedy one is not") {
  World w({"s", "u1", "u2", "v1", "v2", "t"});
  for (const char* u : {"u1", "u2"}) w.trust("s", u, 60, 2);
  w.trust("u1", "v1", 60, 1);
  w.trust("u1", "v2", 60, 1);
  w.trust("u2", "v1", 60, 1);
  for (const char* v : {"v1", "v2"}) w.trust(v, "t", 60, 0);
  const Decision d = w.decide("s", "t");
  CHECK(d.independent_paths == 2);
  CHECK(d.disjoint.size() == 2);
  CHECK(d.cover.size() == 2);
}

TEST_CASE(
    "an accreditation is reached over an agency, and over a register of agencies, and carries no "
    "trust") {
  World w({"s", "t", "reader"});
  w.add("agency", true).add("register", true);

  w.accredit("agency", "t");
  w.trust("s", "agency", 120, 1);
  CHECK(w.decide("s", "t").accredited_amount == 120);
  CHECK(w.decide("s", "t").amount == 0);

  w.accredit("register", "agency", 120, 1);
  w.trust("reader", "register", 120, 1);
  CHECK(w.decide("reader", "t").accredited_amount == 0);

  w.trust("reader", "register", 120, 2);
  CHECK(w.decide("reader", "t").accredited_amount == 120);
  CHECK(w.decide("agency", "t").accredited_amount == 120);

  w.trust("s", "t");
  w.policy.accreditation.push_back({});
  CHECK(w.decide("s", "t").outcome == Outcome::kAccept);

  w.policy.accreditation[0].schemes = 1U << unsigned(Scheme::kIso17024);
  CHECK(w.decide("s", "t").rule == Rule::kAccreditation);
}

TEST_CASE("cyclic trust is harmless") {
  World w({"s", "a", "b", "t"});
  w.trust("s", "a", 60, 7);
  w.trust("a", "b", 60, 7);
  w.trust("b", "a", 60, 7);
  w.trust("a", "s", 60, 7);
  w.trust("b", "t", 60, 7);
  w.trust("t", "b", 60, 7);
  CHECK(w.decide("s", "t").amount == 60);
}

TEST_CASE(
    "an issuer that is not on the ledger at the height is unknown, and the future is refused") {
  World w({"s"});
  const Query early = w.query("s", "t");
  w.add("t");
  w.trust("s", "t");
  CHECK(w.decide("s", "t").outcome == Outcome::kAccept);
  CHECK(trust::decide(w.history, early, w.policy).rule == Rule::kUnknown);
  CHECK(w.decide("s", "t", w.now_ms() + 1).rule == Rule::kFuture);
  CHECK(w.decide("s", "nobody").rule == Rule::kUnknown);
}

TEST_CASE("a graph that is built to be slow is answered with too_large") {
  World w({"s", "t"});
  for (int i = 0; i < 60; ++i) {
    w.add("u" + std::to_string(i));
    w.trust("s", "u" + std::to_string(i), 1, 2);
  }

  for (int i = 0; i < 60; ++i) {
    w.trust("u" + std::to_string(i), "t", 1, 2);
    for (int j = 0; j < 60; ++j) {
      if (i != j) w.trust("u" + std::to_string(i), "u" + std::to_string(j), 1, 2);
    }
  }

  CHECK(w.decide("s", "t").amount == 60);

  Query query = w.query("s", "t");
  query.work_limit = 2000;
  const Decision d = trust::decide(w.history, query, w.policy);
  CHECK(d.outcome == Outcome::kRefuse);
  CHECK(d.rule == Rule::kTooLarge);
  CHECK(d.amount == 0);

  CHECK(d.paths.empty());
}

TEST_CASE("a truster that flips its statement in every block costs a logarithm, not its history") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  for (int i = 0; i < 20000; ++i) w.trust("a", "t", i % 2 == 0 ? 120 : 0);
  for (const std::uint64_t back : {0U, 1000U, 5'000'000U, 19'000'000U}) {
    Query query = w.query("s", "t", w.now_ms() - back);
    query.work_limit = 200;
    const Decision d = trust::decide(w.history, query, w.policy);
    CHECK(d.rule != Rule::kTooLarge);
    CHECK(d.amount == ((back / 1000) % 2 == 0 ? 0 : 120));
  }
}

TEST_CASE("the digest of an answer names what was asked") {
  World w({"s", "t"});
  w.trust("s", "t");
  Query query = w.query("s", "t");
  const Hash256 first = trust::decide(w.history, query, w.policy).digest;
  CHECK(trust::decide(w.history, query, w.policy).digest == first);
  query.as_of.state.bytes[0] = 1;
  CHECK(trust::decide(w.history, query, w.policy).digest != first);
  w.policy.threshold = 60;
  CHECK(trust::decide(w.history, w.query("s", "t"), w.policy).digest != first);
}

}  // namespace
}  // namespace testamur::trust::test
