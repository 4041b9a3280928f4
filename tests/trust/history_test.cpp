// Time: which statement governs, what a void, an end and a compromised key take away and for whom,
// roles, standing, successions, local statements; and what the history refuses.
#include "tests/support/catch.h"
#include "tests/trust/world.h"
#include "trust/judge.h"
#include "trust/presets.h"

namespace testamur::trust::test {
namespace {

Statement dated_trust(std::uint64_t from, std::uint64_t until = kOpenEnd) {
  Statement s;
  s.amount = 120;
  s.depth = 1;
  s.valid_from_ms = from;
  s.valid_until_ms = until;
  return s;
}

TEST_CASE("the last statement of a slot governs, and an end empties it") {
  World w({"s", "t"});
  w.trust("s", "t", 120);
  const auto first = w.now_ms();
  w.trust("s", "t", 60);
  const auto second = w.now_ms();
  w.end_slot("s", "t");
  CHECK(w.decide("s", "t", first).amount ==
        60);  // valid_from 0: to its author it speaks about the past
  CHECK(w.decide("s", "t", second).amount == 60);
  CHECK(w.decide("s", "t").amount == 0);
}

TEST_CASE("nobody can backdate trust into others' old decisions") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  const auto before = w.now_ms();
  w.pass(1'000'000);
  w.say("a", "t", dated_trust(0));
  CHECK(w.decide("s", "t", before).amount == 0);
  CHECK(w.decide("s", "t").amount == 120);
  CHECK(w.decide("a", "t", before).amount == 120);
}

TEST_CASE("a statement holds from its start until just before its end") {
  World w({"s", "t"});
  w.say("s", "t", dated_trust(2'000'000, 3'000'000));
  w.pass(5'000'000).add("x");
  CHECK(w.decide("s", "t", 1'999'999).amount == 0);
  CHECK(w.decide("s", "t", 2'000'000).amount == 120);
  CHECK(w.decide("s", "t", 2'999'999).amount == 120);
  CHECK(w.decide("s", "t", 3'000'000).amount == 0);
}

TEST_CASE(
    "a void brings back what it had displaced: to its author at once, to others from its block "
    "on") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  w.trust("a", "t", 60);
  const StatementId wrong = w.trust("a", "t", 0);
  const auto before = w.now_ms();
  w.annul("a", "t", wrong);
  CHECK(w.decide("s", "t").amount == 60);
  CHECK(w.decide("s", "t", before).amount == 0);
  CHECK(w.decide("a", "t", before).amount == 60);
}

TEST_CASE("an annulled distrust still counts for others before its annulment") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  w.trust("a", "t", 120);
  Statement no;
  no.kind = Kind::kDistrust;
  no.slot = 1;
  const StatementId distrust = w.say("a", "t", no);
  const auto before = w.now_ms();
  w.annul("a", "t", distrust);
  CHECK(w.decide("s", "t", before).amount == 0);
  CHECK(w.decide("s", "t").amount == 120);
}

TEST_CASE("a compromised key annuls what it signed since, voids too, and nothing before") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  const StatementId good = w.trust("a", "t", 120);

  const auto stolen_at = w.now_ms() + 1;
  w.key.bytes[0] = 7;
  w.annul("a", "t", good);
  w.trust("a", "t", 30);
  CHECK(w.decide("s", "t").amount == 30);

  const auto thief = w.now_ms();
  w.compromise(w.key, stolen_at);
  CHECK(w.decide("s", "t").amount == 120);
  CHECK(w.decide("s", "t", thief).amount ==
        0);  // what the void had taken away counts again only from now on
  CHECK(w.decide("a", "t", thief).amount == 120);
}

TEST_CASE(
    "what a thief's void took away stays away for others until the key's retirement, for the "
    "author it never was") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  const StatementId good = w.trust("a", "t", 120);
  w.key.bytes[0] = 7;
  w.annul("a", "t", good);
  const auto thief = w.now_ms();
  w.compromise(w.key, thief);
  CHECK(w.decide("s", "t").amount == 120);
  CHECK(w.decide("s", "t", thief).amount == 0);
  CHECK(w.decide("a", "t", thief).amount == 120);
}

TEST_CASE("of several annulments the first counts") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  w.trust("a", "t", 60);
  const StatementId wrong = w.trust("a", "t", 120);
  w.annul("a", "t", wrong);
  const auto annulled = w.now_ms();
  w.annul("a", "t", wrong);
  w.compromise(w.key, w.now_ms() + 1'000'000);
  CHECK(w.decide("s", "t", annulled).amount == 60);
  CHECK(w.decide("s", "t", annulled - 1).amount == 0);
}

TEST_CASE(
    "an accreditation that a merger would turn on its author's own parent is dropped, trust is "
    "not") {
  World w({"s", "old", "parent"});

  w.add("agency", true, "parent");
  w.trust("s", "agency", 120, 1);
  w.accredit("agency", "old");

  Statement trust;
  trust.amount = 120;
  w.say("agency", "old", trust);
  CHECK(w.decide("s", "old").accredited_amount == 120);

  w.succeed({{"old", "parent"}}, {"parent"});
  CHECK(w.decide("s", "parent").accredited_amount == 0);
  CHECK(w.decide("s", "parent").amount == 120);
}

TEST_CASE("what was said of a party that merges into its author is dropped") {
  World w({"s", "a", "old", "t"});
  w.trust("s", "a", 120, 2);
  w.trust("a", "old", 120, 1);
  w.succeed({{"old", "a"}}, {"a"});
  w.trust("a", "t");
  const Decision d = w.decide("s", "t");
  CHECK(d.amount == 120);
  CHECK(d.independent_paths == 1);
}

TEST_CASE("an end that names statements acts as their end, and to others not before its block") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  const StatementId given = w.trust("a", "t", 120);
  const auto before = w.now_ms();
  Statement end;
  end.kind = Kind::kEnd;
  end.names = {given};
  end.valid_from_ms = 0;
  w.say("a", "t", end);
  CHECK(w.decide("s", "t", before).amount == 120);
  CHECK(w.decide("s", "t").amount == 0);
  CHECK(w.decide("a", "t", before).amount == 0);
}

TEST_CASE("an accreditation may be backdated, and is then shown as retroactive") {
  World w({"s", "t"});
  w.add("agency", true);
  w.trust("s", "agency", 120, 1);
  const auto before = w.now_ms();
  w.accredit("agency", "t");
  const Decision d = w.decide("s", "t", before);
  CHECK(d.accredited_amount == 120);
  REQUIRE(d.accredited_paths.size() == 1);
  CHECK(d.accredited_paths[0].arcs.back().retroactive);
  CHECK_FALSE(w.decide("s", "t").accredited_paths[0].arcs.back().retroactive);
}

TEST_CASE("importing the history of an accreditation never disturbs what holds today") {
  World w({"agency2", "t"});
  w.add("agency", true);

  Statement now;
  now.kind = Kind::kAccredit;
  now.scheme = Scheme::kEsg;
  now.amount = 120;
  now.valid_from_ms = 900'000;
  w.say("agency", "t", now);

  Statement old = now;
  old.amount = 60;
  old.valid_from_ms = 100'000;
  w.say("agency", "t", old);

  CHECK(w.decide("agency", "t").accredited_amount == 120);
  CHECK(w.decide("agency", "t", 500'000).accredited_amount == 60);
}

TEST_CASE(
    "losing the role hits what was committed before, from then on or from ever, until it is won "
    "back") {
  for (const bool retroactive : {false, true}) {
    World w({"s", "t"});
    w.add("agency", true);
    w.trust("s", "agency", 120, 1);
    w.accredit("agency", "t");

    const auto before = w.now_ms();
    w.role("agency", false, retroactive);
    const auto lost = w.now_ms();
    CHECK(w.decide("s", "t").accredited_amount == 0);
    CHECK(w.decide("s", "t", before).accredited_amount == (retroactive ? 0 : 120));

    Statement again;
    again.kind = Kind::kAccredit;
    again.scheme = Scheme::kEsg;
    again.amount = 30;
    CHECK(w.try_say("agency", "t", again) == StatementError::kNotAccreditor);

    w.role("agency", true);
    CHECK(w.decide("s", "t").accredited_amount == 120);
    CHECK(w.decide("s", "t", lost).accredited_amount == 0);

    again.slot = 1;
    w.say("agency", "t",
          again);  // committed after: the loss does not hit it, even about the time of the loss
    CHECK(w.decide("s", "t", lost).accredited_amount == 30);
  }
}

TEST_CASE("a suspended party neither speaks nor is spoken of while it is suspended") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 1);
  w.trust("a", "t");
  const auto before = w.now_ms();
  w.standing("a", Standing::kSuspended);
  CHECK(w.decide("s", "t").amount == 0);
  CHECK(w.decide("s", "t", before).amount == 120);
  CHECK(w.decide("a", "t").amount == 120);  // a viewpoint always counts as in good standing
  w.standing("a", Standing::kGood);
  CHECK(w.decide("s", "t").amount == 120);
}

TEST_CASE("trust passes to the one heir for its window, distrust to all successors without end") {
  World w({"s", "old", "heir", "other", "bad"});

  w.trust("s", "old");
  w.distrust("s", "bad");
  w.succeed({{"old", "heir"}}, {"heir", "other"}, {"bad"});

  const auto merged = w.now_ms();
  CHECK(w.decide("s", "heir").outcome == Outcome::kBlocked);  // what bad has done follows

  w.end_slot("s", "bad");
  Decision d = w.decide("s", "heir");
  CHECK(d.outcome == Outcome::kAccept);
  CHECK(d.paths.at(0).arcs.at(0).inherited);
  CHECK(w.decide("s", "other").amount == 0);
  CHECK(w.decide("s", "old").amount == 0);

  CHECK(w.decide("s", "old", merged - 1).amount ==
        120);  // awards anchored before the closure keep their decision

  w.time(merged + std::uint64_t{730} * 86'400'000 - 1000).add("later");
  CHECK(w.decide("s", "heir").amount == 0);
  CHECK(w.decide("s", "heir", w.now_ms() - 1).amount == 120);
}

TEST_CASE("trust passes over two mergers only while both windows are open") {
  World w({"s", "a", "b", "c"});
  w.policy.follow_successors_days = 1;
  w.trust("s", "a");
  w.succeed({{"a", "b"}}, {"b"});
  const auto first = w.now_ms();
  w.pass(40'000'000);
  w.succeed({{"b", "c"}}, {"c"});
  CHECK(w.decide("s", "c").amount == 120);
  w.time(first + 86'400'000).add("later");
  CHECK(w.decide("s", "c").amount == 0);
}

TEST_CASE("over two successions trust passes to the heir of each alone") {
  World w({"s", "a", "b", "c", "d"});
  w.trust("s", "a");
  w.succeed({{"a", "b"}}, {"b"});
  w.succeed({{"b", "d"}}, {"c", "d"});
  CHECK(w.decide("s", "d").amount == 120);
  CHECK(w.decide("s", "c").amount == 0);
}

TEST_CASE("what is said of a predecessor after the succession passes on to nobody") {
  World w({"s", "a", "b"});
  w.succeed({{"a", "b"}}, {"b"});
  w.trust("s", "a");
  CHECK(w.decide("s", "b").amount == 0);
}

// Things that happen one after the other in one block.
class OneBlock {
 public:
  explicit OneBlock(World& world) : world_(world), commit_(world.next_commit()) {}
  void say(const std::string& from, const std::string& to, Kind kind) {
    Statement s;
    s.truster = party_id(from);
    s.subject = party_id(to);
    s.kind = kind;
    s.amount = kind == Kind::kDistrust ? 0 : kFullAmount;
    if (kind == Kind::kAccredit) s.scheme = Scheme::kEsg;
    s.commit = commit_;
    s.id.bytes[0] = 200;
    s.id.bytes[1] = static_cast<std::uint8_t>(commit_.order.value++);
    REQUIRE_FALSE(world_.history.append(s).has_value());
  }
  void succeed(const std::string& from, const std::string& to, bool closes) {
    const auto heir = closes ? std::optional(party_id(to)) : std::nullopt;
    REQUIRE_FALSE(
        world_.history.add_succession({{{party_id(from), closes, heir}}, {party_id(to)}}, commit_));
    ++commit_.order.value;
  }
  void lose_role(const std::string& name) {
    REQUIRE_FALSE(world_.history.set_accreditor(party_id(name), commit_, false));
    ++commit_.order.value;
  }

 private:
  World& world_;
  Commit commit_;
};

TEST_CASE(
    "within one block a succession passes on what was said before it, trust and distrust alike") {
  World w({"s", "v", "old", "heir"});
  OneBlock block(w);
  block.say("s", "old", Kind::kTrust);
  block.say("v", "old", Kind::kDistrust);  // minutes before the merger: it follows too
  block.succeed("old", "heir", true);
  CHECK(w.decide("s", "heir").amount == 120);
  CHECK(w.decide("v", "heir").outcome == Outcome::kBlocked);
}

TEST_CASE("within one block nothing that is said after a succession passes on") {
  World w({"s", "v", "old", "heir"});
  OneBlock block(w);
  block.succeed("old", "heir", true);
  block.say("s", "old", Kind::kTrust);
  block.say("v", "old", Kind::kDistrust);
  CHECK(w.decide("s", "heir").amount == 0);
  CHECK(w.decide("v", "heir").rule == Rule::kAmount);
}

TEST_CASE("two successions in one block pass on in ledger order only") {
  for (const bool in_order : {true, false}) {
    World w({"s", "v", "a", "b", "c"});
    w.trust("s", "a");
    w.distrust("v", "a");

    OneBlock block(w);

    if (!in_order) block.succeed("b", "c", false);
    block.succeed("a", "b", true);
    if (in_order) block.succeed("b", "c", false);

    CHECK(w.decide("s", "b").amount == 120);
    CHECK(w.decide("v", "b").outcome == Outcome::kBlocked);
    CHECK((w.decide("v", "c").outcome == Outcome::kBlocked) == in_order);
    CHECK(w.decide("s", "c").amount == 0);  // b stays: it has no heir
  }
}

TEST_CASE("a party that a succession closed is in no later one, on neither side") {
  World w({"old", "heir", "later"});
  w.succeed({{"old", "heir"}}, {"heir"});
  const auto refused = [&](const std::string& from, const std::string& to) {
    const Succession s{{{party_id(from), false, std::nullopt}}, {party_id(to)}};
    return w.history.add_succession(s, w.next_commit());
  };
  CHECK(refused("old", "later") == EventError::kClosedParty);
  CHECK(refused("later", "old") == EventError::kClosedParty);
}

TEST_CASE("a lost role hits what was accredited before it in the same block, from that block on") {
  World w({"s", "t"});
  w.add("agency", true);
  w.trust("s", "agency", 120, 1);
  const auto before = w.now_ms();
  OneBlock block(w);
  block.say("agency", "t", Kind::kAccredit);
  block.lose_role("agency");
  CHECK(w.decide("s", "t").accredited_amount == 0);
  CHECK(w.decide("s", "t", before).accredited_amount ==
        120);  // backdated, and lost only from its block on
}

TEST_CASE(
    "a mill that registers anew starts from nothing, and as a successor it brings its distrust "
    "along") {
  World w({"s", "a", "mill", "fresh", "heir"});
  w.trust("s", "a", 120, 2);
  w.trust("a", "mill");
  w.trust("a", "heir");
  w.distrust("s", "mill");
  CHECK(w.decide("s", "mill").outcome == Outcome::kBlocked);
  CHECK(w.decide("s", "fresh").amount == 0);
  w.succeed({{"mill", "heir"}}, {"heir"});
  CHECK(w.decide("s", "heir").outcome == Outcome::kBlocked);
}

TEST_CASE("a local statement counts as the viewpoint's own, and a viewpoint may be local alone") {
  World w({"a", "t"});
  w.trust("a", "t");
  Statement local = dated_trust(0);
  local.subject = party_id("a");
  local.id = local_statement_id({}, local);
  w.policy.local = {local};
  const Decision d = w.decide("employer", "t");
  CHECK(d.outcome == Outcome::kAccept);
  CHECK(d.paths.at(0).arcs.at(0).statement == local.id);
  w.policy.local.clear();
  CHECK(w.decide("employer", "t").amount == 0);
}

TEST_CASE(
    "a local statement never displaces a distrust on the ledger; a later local end lifts it") {
  World w({"s", "t"});

  w.distrust("s", "t");
  const auto distrusted = w.now_ms();
  w.pass(10'000).add("x");

  Statement trust = dated_trust(0);
  trust.subject = party_id("t");
  w.policy.local = {trust};
  CHECK(w.decide("s", "t").outcome == Outcome::kBlocked);

  Statement end;
  end.kind = Kind::kEnd;
  end.subject = party_id("t");
  end.valid_from_ms = distrusted - 1;

  // An end that begins before the distrust says nothing of it.
  w.policy.local = {end, trust};
  CHECK(w.decide("s", "t").outcome == Outcome::kBlocked);

  w.policy.local[0].valid_from_ms = distrusted;
  CHECK(w.decide("s", "t").outcome == Outcome::kAccept);
}

TEST_CASE("each bad statement is refused by name and changes nothing") {
  World w({"a", "b", "parent"});
  w.add("agency", true, "parent");

  const StatementId mine = w.trust("a", "b");
  const StatementId undone = w.annul("a", "b", mine);

  const auto refused = [&](const std::string& from, const std::string& to, Statement s) {
    const auto count = w.history.statement_count();
    const auto wrong = w.try_say(from, to, s);
    CHECK(w.history.statement_count() == count);
    return wrong;
  };

  const Statement good = dated_trust(0);
  Statement s = good;
  CHECK(refused("nobody", "b", s) == StatementError::kUnknownTruster);
  CHECK(refused("a", "nobody", s) == StatementError::kUnknownSubject);
  CHECK(refused("a", "a", s) == StatementError::kSelf);

  s.amount = 121;
  CHECK(refused("a", "b", s) == StatementError::kAmountRange);

  s = good;
  s.depth = 8;
  CHECK(refused("a", "b", s) == StatementError::kDepthRange);

  s = good;
  s.scope.fields = FieldMask{};
  CHECK(refused("a", "b", s) == StatementError::kEmptyMask);
  s.scope.fields = FieldMask{0, std::uint64_t{1} << 16};
  CHECK(refused("a", "b", s) == StatementError::kUnknownBit);

  CHECK(refused("a", "b", dated_trust(5, 5)) == StatementError::kTimeReversed);

  s = good;
  s.slot = 16;
  CHECK(refused("a", "b", s) == StatementError::kSlotRange);

  s = good;
  s.scheme = Scheme::kEsg;
  CHECK(refused("a", "b", s) == StatementError::kScheme);

  s.kind = Kind::kAccredit;
  CHECK(refused("a", "b", s) == StatementError::kNotAccreditor);
  CHECK(refused("agency", "agency", s) == StatementError::kSelf);
  CHECK(refused("agency", "parent", s) == StatementError::kAccreditsParent);

  s = Statement{};
  s.kind = Kind::kVoid;
  CHECK(refused("a", "b", s) == StatementError::kNamesMissing);

  s.names = {undone};
  CHECK(refused("a", "b", s) == StatementError::kNamesVoid);
  s.names = {mine};
  CHECK(refused("b", "a", s) == StatementError::kNamesForeign);
  s.names = {StatementId{}};
  CHECK(refused("a", "b", s) == StatementError::kNamesUnknown);

  s = good;
  s.names = {mine};
  CHECK(refused("a", "b", s) == StatementError::kNamesNotAllowed);

  s = good;
  s.id = mine;
  CHECK(refused("a", "b", s) == StatementError::kDuplicate);

  s = good;
  s.commit = {LogIndex{1}, Height{1}, 5, {}};
  s.truster = party_id("a");
  s.subject = party_id("b");
  CHECK(w.history.append(s) == StatementError::kOrder);
}

TEST_CASE("a closed party never comes back, and only a closed predecessor has an heir") {
  World w({"a", "b", "c"});

  Succession s;
  s.predecessors = {{party_id("a"), false, party_id("b")}};
  s.successors = {party_id("b")};
  CHECK(w.history.add_succession(s, w.next_commit()) == EventError::kHeirWithoutClosure);

  s.predecessors[0].closes = true;
  s.predecessors[0].heir = party_id("c");
  CHECK(w.history.add_succession(s, w.next_commit()) == EventError::kHeirNotSuccessor);

  s.predecessors[0].heir = party_id("b");
  CHECK_FALSE(w.history.add_succession(s, w.next_commit()).has_value());

  CHECK(w.history.set_standing(party_id("a"), w.next_commit(), Standing::kGood) ==
        EventError::kClosedParty);
  CHECK(w.history.add_succession(s, w.next_commit()) == EventError::kClosedParty);
}

Case case_of(const World& w, std::uint64_t anchor,
             std::optional<std::uint64_t> claimed = std::nullopt) {
  Case c;
  c.viewpoint = party_id("s");
  c.issuer = party_id("t");
  c.anchor_ms = anchor;
  c.claimed_ms = claimed;
  c.as_of = {Height{w.height()}, w.now_ms(), {}};
  return c;
}

TEST_CASE("the policy says whether the anchor or today governs") {
  World w({"s", "t"});
  w.say("s", "t", dated_trust(0, 2'000'000));
  w.time(3'000'000).add("x");
  const Case c = case_of(w, 1'500'000);
  CHECK(judge(w.history, c, w.policy).outcome == Outcome::kAccept);
  w.policy.governs = Governs::kBoth;
  CHECK(judge(w.history, c, w.policy).rule == Rule::kAmount);
  w.policy.governs = Governs::kToday;
  CHECK(judge(w.history, c, w.policy).outcome == Outcome::kRefuse);
}

TEST_CASE("no issuer can backdate past the loss of recognition") {
  World w({"s", "t"});
  w.say("s", "t", dated_trust(0, 2'000'000));
  w.time(3'000'000).add("x");
  CHECK(judge(w.history, case_of(w, 2'500'000, 1'900'000), w.policy).rule == Rule::kAmount);
  w.policy.max_anchor_lag_ms = 700'000;
  CHECK(judge(w.history, case_of(w, 2'500'000, 1'900'000), w.policy).rule == Rule::kAmount);
  CHECK(judge(w.history, case_of(w, 1'900'000, 1'800'000), w.policy).outcome == Outcome::kAccept);
  CHECK(judge(w.history, case_of(w, 1'900'000, 1'100'000), w.policy).rule == Rule::kClaim);
  CHECK(judge(w.history, case_of(w, 1'900'000, 1'900'001), w.policy).rule == Rule::kClaim);
}

TEST_CASE("an institution's own award is accepted, whatever the lag of its anchor") {
  World w({"s", "t"});
  w.time(9'000'000).add("x");
  w.policy.max_anchor_lag_ms = 1;

  for (const auto governs : {Governs::kAnchor, Governs::kToday, Governs::kBoth}) {
    w.policy.governs = governs;
    for (const std::uint64_t claimed :
         {1'000'000U, 4'999'999U, 5'000'000U, 5'000'001U, 99'000'000U}) {
      Case c = case_of(w, 5'000'000, claimed);
      c.issuer = party_id("s");

      const Judgement judged = judge(w.history, c, w.policy);
      CHECK(judged.outcome == Outcome::kAccept);
      CHECK(judged.rule == Rule::kOwn);
    }
  }
}

TEST_CASE("own comes before assessor, and unknown and future before own") {
  World w({"s", "t"});
  w.policy.separate_assessor = true;
  Case c = case_of(w, w.now_ms());
  c.issuer = party_id("s");
  CHECK(judge(w.history, c, w.policy).rule == Rule::kOwn);
  c.anchor_ms = w.now_ms() + 1;
  CHECK(judge(w.history, c, w.policy).rule == Rule::kFuture);
  CHECK(judge(w.history, c, w.policy).outcome == Outcome::kRefuse);
  c.viewpoint = c.issuer = party_id("employer");  // a local viewpoint is on no ledger
  CHECK(judge(w.history, c, w.policy).rule == Rule::kUnknown);
}

TEST_CASE(
    "of several rules that fail the earliest is reported: block, claim, amount, paths, "
    "accreditation, assessor") {
  World w({"s", "t", "a"});

  w.time(3'000'000).add("x");
  w.policy.max_anchor_lag_ms = 1000;
  w.policy.independent_paths = 2;
  w.policy.accreditation.push_back({});
  w.policy.separate_assessor = true;

  Case c = case_of(w, w.now_ms(), w.now_ms() - 5000);

  const auto rule = [&] {
    c.as_of = {Height{w.height()}, w.now_ms(), {}};
    return judge(w.history, c, w.policy).rule;
  };

  const StatementId distrust = w.distrust("s", "t");
  CHECK(rule() == Rule::kBlock);

  w.annul("s", "t", distrust);
  CHECK(rule() == Rule::kClaim);
  c.claimed_ms = c.anchor_ms;
  CHECK(rule() == Rule::kAmount);

  w.policy.threshold = 60;
  w.trust("s", "a", 60, 1);
  Statement dated = dated_trust(0);
  w.say("a", "t", dated);

  c.anchor_ms = w.now_ms();
  c.claimed_ms = c.anchor_ms;
  CHECK(rule() == Rule::kPaths);

  w.policy.independent_paths = 1;
  CHECK(rule() == Rule::kAccreditation);

  w.policy.accreditation.clear();
  CHECK(rule() == Rule::kAssessor);

  w.policy.separate_assessor = false;
  CHECK(rule() == Rule::kNone);
}

// By which a node answers for another viewpoint than its own.
TEST_CASE(
    "the rules that ask for no statement are told for every viewpoint, whatever failed before") {
  World w({"s", "t", "u"});
  w.time(3'000'000).add("x");
  w.trust("u", "t");
  w.policy.max_anchor_lag_ms = 1000;
  for (const bool apart : {true, false}) {
    for (const std::uint64_t lag : {0U, 5000U}) {
      for (const bool claims : {true, false}) {
        CAPTURE(apart, lag, claims);
        w.policy.separate_assessor = !apart;
        Case c = case_of(w, w.now_ms(), w.now_ms() - lag);
        if (!claims) c.claimed_ms.reset();
        const auto refusing = judge(w.history, c, w.policy);  // s trusts nobody
        c.viewpoint = party_id("u");
        const auto trusting = judge(w.history, c, w.policy);
        c.viewpoint = party_id("t");
        const auto issuing = judge(w.history, c, w.policy);
        REQUIRE(refusing.outcome == Outcome::kRefuse);
        for (const auto* each : {&refusing, &issuing}) {
          CHECK(each->common_rule == trusting.common_rule);
          CHECK(each->claim_is_missing == trusting.claim_is_missing);
        }
        // And whoever trusts the issuer is refused by exactly that.
        CHECK(trusting.rule == trusting.common_rule);
        CHECK(trusting.claim_open == (trusting.outcome == Outcome::kAccept && !claims));
        CHECK(issuing.rule == Rule::kOwn);
      }
    }
  }
}

TEST_CASE(
    "a date that does not fit the anchor gives neither its own decision nor the anchor's a say") {
  World w({"s", "t"});
  w.time(3'000'000).add("x");
  w.trust("s", "t");
  w.policy.governs = Governs::kToday;
  w.policy.max_anchor_lag_ms = 1;
  const Judgement judged = judge(w.history, case_of(w, w.now_ms(), 1), w.policy);
  CHECK(judged.rule == Rule::kClaim);
  CHECK(judged.claim_governs);
  CHECK_FALSE(judged.anchor_governs);
}

TEST_CASE("whoever is blocked today is shown as blocked, whatever was true then") {
  World w({"s", "t"});
  w.trust("s", "t");
  const auto anchor = w.now_ms();
  w.distrust("s", "t");
  CHECK(judge(w.history, case_of(w, anchor), w.policy).outcome == Outcome::kBlocked);
}

TEST_CASE("a policy may require that who assesses is kept apart from who teaches") {
  World w({"s", "t", "parent", "other"});
  w.add("school", false, "parent").add("board", false, "parent").add("free");
  w.trust("s", "t");
  w.policy.separate_assessor = true;
  Case c = case_of(w, w.now_ms());
  CHECK(judge(w.history, c, w.policy).rule == Rule::kAssessor);
  c.parties = AwardParties{{party_id("school")}, {party_id("board")}};
  CHECK(judge(w.history, c, w.policy).rule == Rule::kAssessor);
  c.parties->assess = {party_id("parent")};
  CHECK(judge(w.history, c, w.policy).rule == Rule::kAssessor);
  c.parties->assess = {party_id("free")};
  CHECK(judge(w.history, c, w.policy).outcome == Outcome::kAccept);
}

TEST_CASE("a joint award is judged for each awarding body") {
  World w({"s", "t", "u"});
  w.trust("s", "t");
  const auto joint =
      judge_joint(w.history, case_of(w, w.now_ms()), {party_id("t"), party_id("u")}, w.policy);
  CHECK(joint.accepted == 1);
  CHECK(joint.bodies.size() == 2);
  CHECK(joint.outcome == Outcome::kRefuse);
  CHECK(joint.rule == Rule::kAmount);
}

TEST_CASE(
    "of a joint award one accepted body suffices where the policy says any, but not beside a "
    "blocked issuer") {
  World w({"s", "t", "u", "v"});

  w.trust("s", "u");
  w.policy.joint = Joint::kAny;
  Case c = case_of(w, w.now_ms());  // the issuer t is not accepted itself

  CHECK(judge_joint(w.history, c, {party_id("t"), party_id("u")}, w.policy).outcome ==
        Outcome::kAccept);
  CHECK(judge_joint(w.history, c, {party_id("t"), party_id("v")}, w.policy).rule == Rule::kAmount);
  CHECK(judge_joint(w.history, c, {}, w.policy).outcome == Outcome::kRefuse);

  w.distrust("s", "t");
  c = case_of(w, w.now_ms());
  const auto blocked = judge_joint(w.history, c, {party_id("t"), party_id("u")}, w.policy);

  CHECK(blocked.outcome == Outcome::kBlocked);
  CHECK(blocked.accepted == 1);
  CHECK(blocked.rule == Rule::kBlock);
}

TEST_CASE("of a joint award under any, one body whose acceptance hangs on no date is enough") {
  World w({"s", "t", "u"});
  w.trust("s", "t");
  w.trust("s", "u");
  w.policy.max_anchor_lag_ms = 1;
  const auto judged = [&](const InstitutionId& issuer, const InstitutionId& partner) {
    Case c = case_of(w, w.now_ms());
    c.issuer = issuer;
    return judge_joint(w.history, c, {issuer, partner}, w.policy);
  };
  CHECK(judged(party_id("t"), party_id("u")).claim_open);
  CHECK(judged(party_id("s"), party_id("u")).claim_open);

  w.policy.joint = Joint::kAny;
  CHECK(judged(party_id("t"), party_id("u")).claim_open);
  CHECK_FALSE(judged(party_id("s"), party_id("u")).claim_open);  // one's own award needs no date
}

TEST_CASE("a judgement says which of its decisions had a say") {
  World w({"s", "t"});
  w.trust("s", "t");

  const auto anchor = w.now_ms();
  CHECK(judge(w.history, case_of(w, anchor), w.policy).anchor_governs);
  CHECK_FALSE(judge(w.history, case_of(w, anchor), w.policy).today_governs);
  CHECK_FALSE(judge(w.history, case_of(w, anchor, anchor), w.policy).claim_governs);

  w.policy.governs = Governs::kToday;
  w.policy.max_anchor_lag_ms = 1;
  const auto claimed = judge(w.history, case_of(w, anchor, anchor), w.policy);
  CHECK(claimed.today_governs);
  CHECK(claimed.claim_governs);
  CHECK(claimed.anchor_governs);

  // A distrust of today has a say whatever the policy lets govern.
  w.distrust("s", "t");
  w.policy.governs = Governs::kAnchor;
  CHECK(judge(w.history, case_of(w, anchor), w.policy).today_governs);
}

TEST_CASE("strict accepts only what the viewpoint itself says") {
  World w({"s", "a", "t"});
  w.trust("s", "a", 120, 2);
  w.trust("a", "t");
  w.policy = strict_policy();
  CHECK(w.decide("s", "t").amount == 0);
  CHECK(w.decide("s", "a").outcome == Outcome::kAccept);
  w.policy = preset("accredited").value();
  CHECK(w.decide("s", "a").rule == Rule::kAccreditation);
  CHECK_FALSE(preset("unknown").has_value());
}

}  // namespace
}  // namespace testamur::trust::test
