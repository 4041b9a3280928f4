// From transactions on a ledger to decisions: the recognition graph follows the registry block by
// block, and one that starts late reads the same history.
#include "ledger/recognition_graph.h"

#include <algorithm>

#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"
#include "trust/decide.h"
#include "trust/in_force.h"

namespace testamur::test {
namespace {

class Followed {
 public:
  explicit Followed(ledger::GenesisInput input = sample_genesis_input())
      : ledger(std::move(input)) {}
  void follow() {
    const auto status = graph.follow(ledger.state());
    INFO(status.message());
    REQUIRE(status.ok());
  }
  template <class Content>
  TransactionId say(const Actor& author, const Content& content) {
    const auto transaction = ledger.make(author, content, KeyPurpose::kGovern);
    const auto rejection = ledger.commit(transaction);
    INFO((rejection ? tx::to_text(*rejection) : std::string("committed")));
    REQUIRE_FALSE(rejection.has_value());
    return transaction->id();
  }
  // At the newest block, about the time that is given, or that of the block.
  trust::Decision decide(const Actor& viewpoint, const Actor& issuer,
                         const trust::Policy& policy = {},
                         std::optional<std::uint64_t> at_time_ms = std::nullopt) {
    follow();

    trust::Query query;
    query.viewpoint = viewpoint.id;
    query.issuer = issuer.id;
    query.as_of = {ledger.height(), ledger.time_ms(), {}};
    query.at_time_ms = at_time_ms.value_or(ledger.time_ms());

    const auto followed = trust::decide(graph.history(), query, policy);

    // Whoever starts late reads the whole state at once, and must come to the same decision.
    ledger::RecognitionGraph late;
    REQUIRE(late.follow(ledger.state()).ok());
    CHECK(trust::decide(late.history(), query, policy).digest == followed.digest);

    return followed;
  }

  TestLedger ledger;
  ledger::RecognitionGraph graph;
};

tx::StatementContent friendship(const InstitutionId& subject, std::uint8_t depth) {
  auto content = trust_in(subject);
  content.amount = 120;
  content.depth = depth;
  content.scope = {};
  content.valid_from_ms = 0;
  content.valid_until_ms = 0;
  return content;
}

TEST_CASE("the parties of the genesis are known before anything was said") {
  Followed f;
  f.follow();
  CHECK(f.graph.history().party_count() == 5);
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).rule == trust::Rule::kAmount);
}

TEST_CASE("a friend of a friend is accepted, and no longer once the friend withdraws") {
  Followed f;
  f.say(f.ledger.aurora, friendship(f.ledger.borealis.id, 1));

  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 0);
  const auto given = f.say(f.ledger.borealis, friendship(f.ledger.cygnus.id, 0));

  const auto accepted = f.decide(f.ledger.aurora, f.ledger.cygnus);
  CHECK(accepted.outcome == trust::Outcome::kAccept);
  REQUIRE(accepted.paths.size() == 1);
  CHECK(accepted.paths[0].arcs[1].statement == given);

  f.ledger.pass_ms(1000);
  auto end = end_of(f.ledger.cygnus.id);
  end.valid_from_ms = 0;
  f.say(f.ledger.borealis, end);
  f.ledger.pass_ms(1000);

  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 0);
}

TEST_CASE("a distrust on the ledger blocks") {
  Followed f;
  f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));
  auto no = distrust_of(f.ledger.cygnus.id, 1);
  no.scope = {};
  no.valid_from_ms = no.valid_until_ms = 0;
  const auto id = f.say(f.ledger.aurora, no);
  const auto blocked = f.decide(f.ledger.aurora, f.ledger.cygnus);
  CHECK(blocked.outcome == trust::Outcome::kBlocked);
  CHECK(blocked.used == std::vector<TransactionId>{id});
  f.say(f.ledger.aurora, void_of(f.ledger.cygnus.id, {id}));
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).outcome == trust::Outcome::kAccept);
}

TEST_CASE("an accreditation of the agency counts") {
  Followed f;
  f.say(f.ledger.aurora, friendship(f.ledger.agency.id, 1));
  auto given = accredit(f.ledger.cygnus.id);
  given.amount = 120;
  given.scope = {};
  given.valid_from_ms = given.valid_until_ms = 0;
  f.say(f.ledger.agency, given);
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).accredited_amount == 120);
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 0);
}

TEST_CASE("a compromised key takes its statements away") {
  Followed f;
  f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 120);
  f.ledger.pass_ms(1000);
  const tx::KeyRetireContent retire{f.ledger.aurora.key_of(KeyPurpose::kGovern), kGenesisTimeMs};
  const auto rejection = f.ledger.commit(f.ledger.aurora, retire, KeyPurpose::kRoot);
  INFO((rejection ? tx::to_text(*rejection) : std::string("committed")));
  REQUIRE_FALSE(rejection.has_value());
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 0);
}

// Every kind of succession through the ledger: both sides sign.
void succeed(Followed& f, const tx::SuccessionContent& content,
             const std::vector<const Actor*>& parties) {
  for (const auto* party : parties) {
    const auto rejection = f.ledger.commit(*party, content, KeyPurpose::kRoot);
    INFO((rejection ? tx::to_text(*rejection) : std::string("committed")));
    REQUIRE_FALSE(rejection.has_value());
  }
}

tx::SuccessionContent between(tx::SuccessionKind kind, const Actor& predecessor,
                              const Actor& successor, bool inherits) {
  return {kind, true, inherits ? successor.id : InstitutionId{}, {predecessor.id}, {successor.id}};
}

constexpr std::uint64_t kYearMs = 365ULL * 86'400'000;

TEST_CASE("a merger passes trust to the heir for 730 days, and distrust without end") {
  Followed f;

  const auto lyra = f.ledger.join(f.ledger.aurora, "lyra", "lyra.example");
  f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));

  auto no = distrust_of(f.ledger.cygnus.id);
  no.scope = {};
  const auto distrust = f.say(f.ledger.borealis, no);
  CHECK(f.decide(f.ledger.aurora, lyra).amount == 0);

  succeed(f, between(tx::SuccessionKind::kMerge, f.ledger.cygnus, lyra, true),
          {&f.ledger.cygnus, &lyra});

  CHECK(f.decide(f.ledger.aurora, lyra).outcome == trust::Outcome::kAccept);
  const auto blocked = f.decide(f.ledger.borealis, lyra);
  CHECK(blocked.outcome == trust::Outcome::kBlocked);
  CHECK(blocked.used == std::vector<TransactionId>{distrust});

  f.ledger.pass_ms(2 * kYearMs - 60'000);
  f.ledger.publish(lyra);
  CHECK(f.decide(f.ledger.aurora, lyra).outcome == trust::Outcome::kAccept);

  f.ledger.pass_ms(120'000);
  f.ledger.publish(lyra, 2);
  CHECK(f.decide(f.ledger.aurora, lyra).amount == 0);
  CHECK(f.decide(f.ledger.borealis, lyra).outcome == trust::Outcome::kBlocked);
}

TEST_CASE(
    "a rename passes trust on, custody does not, a split to its one heir; distrust follows each of "
    "them") {
  using enum tx::SuccessionKind;
  for (const auto kind : {kRename, kCustody, kSplit}) {
    INFO("kind " << int(kind));
    Followed f;

    const auto lyra = f.ledger.join(f.ledger.aurora, "lyra", "lyra.example");
    const auto vega = f.ledger.join(f.ledger.aurora, "vega", "vega.example");

    f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));
    auto no = distrust_of(f.ledger.cygnus.id);
    no.scope = {};
    f.say(f.ledger.borealis, no);

    auto content = between(kind, f.ledger.cygnus, lyra, kind != kCustody);
    std::vector<const Actor*> parties{&lyra, &f.ledger.cygnus};
    if (kind == kSplit) {
      content.successors = {std::min(lyra.id, vega.id), std::max(lyra.id, vega.id)};
      parties.push_back(&vega);
    }

    succeed(f, content, parties);

    CHECK(f.decide(f.ledger.aurora, lyra).amount == (kind == kCustody ? 0 : 120));
    CHECK(f.decide(f.ledger.borealis, lyra).outcome == trust::Outcome::kBlocked);
    CHECK(f.decide(f.ledger.aurora, vega).amount == 0);
    CHECK((f.decide(f.ledger.borealis, vega).outcome == trust::Outcome::kBlocked) ==
          (kind == kSplit));
  }
}

TEST_CASE("a split that leaves the predecessor open has no heir, and takes nothing from it") {
  Followed f;
  const auto lyra = f.ledger.join(f.ledger.aurora, "lyra", "lyra.example");
  f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));
  auto content = between(tx::SuccessionKind::kSplit, f.ledger.cygnus, lyra, false);
  content.closes = false;
  succeed(f, content, {&f.ledger.cygnus, &lyra});
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).outcome == trust::Outcome::kAccept);
  CHECK(f.decide(f.ledger.aurora, lyra).amount == 0);
}

TEST_CASE(
    "a predecessor that a vote closes while it is suspended passes no trust on, and its distrust "
    "still") {
  Followed f;
  const auto lyra = f.ledger.join(f.ledger.aurora, "lyra", "lyra.example");
  f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));
  f.ledger.set_standing(f.ledger.cygnus.id, tx::Standing::kSuspended);
  f.ledger.put_succession(between(tx::SuccessionKind::kMerge, f.ledger.cygnus, lyra, true));
  CHECK(f.decide(f.ledger.aurora, lyra).amount == 0);
}

TEST_CASE(
    "a mill that leaves and registers again is a party that nobody trusts, and cannot take its old "
    "names") {
  Followed f;
  const auto mill = f.ledger.join(f.ledger.borealis, "mill", "mill.example");
  f.say(f.ledger.aurora, friendship(f.ledger.borealis.id, 1));
  f.say(f.ledger.borealis, friendship(mill.id, 0));
  CHECK(f.decide(f.ledger.aurora, mill).outcome == trust::Outcome::kAccept);
  auto no = distrust_of(mill.id);
  no.scope = {};
  f.say(f.ledger.aurora, no);
  CHECK(f.decide(f.ledger.aurora, mill).outcome == trust::Outcome::kBlocked);
  REQUIRE_FALSE(f.ledger.commit(mill, tx::InstitutionLeaveContent{}, KeyPurpose::kRoot));
  const auto again =
      f.ledger.registration(f.ledger.borealis, "mill2", registration_of("mill2", "mill.example"));
  CHECK(code(f.ledger.commit(again)) == RejectionCode::kIdentifierTaken);
  const auto other = f.ledger.join(f.ledger.borealis, "mill2", "mill2.example");
  CHECK(f.decide(f.ledger.aurora, other).amount == 0);
  // Its own praise, and that of the party that it was, lead nowhere.
  f.say(other, friendship(f.ledger.aurora.id, 7));
  CHECK(f.decide(f.ledger.aurora, other).amount == 0);
  CHECK(f.decide(f.ledger.aurora, mill).outcome == trust::Outcome::kBlocked);
}

TEST_CASE(
    "a suspended friend introduces nobody while it is suspended; a friend that left never again") {
  Followed f;
  f.say(f.ledger.aurora, friendship(f.ledger.agency.id, 1));
  f.say(f.ledger.agency, friendship(f.ledger.cygnus.id, 0));
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 120);
  f.ledger.set_standing(f.ledger.agency.id, tx::Standing::kSuspended);
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 0);
  f.ledger.set_standing(f.ledger.agency.id, tx::Standing::kGood);
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 120);
  REQUIRE_FALSE(f.ledger.commit(f.ledger.agency, tx::InstitutionLeaveContent{}, KeyPurpose::kRoot));
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 0);
}

TEST_CASE(
    "an accreditor that loses its role accredits from that block on no more, or counts as never "
    "having done so, until "
    "it wins it back") {
  for (const bool retroactive : {false, true}) {
    INFO("retroactive " << retroactive);
    Followed f;
    f.say(f.ledger.aurora, friendship(f.ledger.agency.id, 1));

    auto given = accredit(f.ledger.cygnus.id);
    given.amount = 120;
    given.scope = {};
    given.valid_from_ms = given.valid_until_ms = 0;
    f.say(f.ledger.agency, given);

    CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).accredited_amount == 120);
    const auto before_ms = f.ledger.time_ms();

    f.ledger.pass_ms(60'000);
    f.ledger.change_institution(f.ledger.agency.id, [&](tx::InstitutionRecord& record) {
      record.institution_class = tx::InstitutionClass::kIssuer;
      record.retroactive = retroactive;
    });

    CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).accredited_amount == 0);
    CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus, {}, before_ms).accredited_amount ==
          (retroactive ? 0 : 120));
    CHECK(code(f.ledger.commit(f.ledger.agency, accredit(f.ledger.cygnus.id),
                               KeyPurpose::kGovern)) == RejectionCode::kAuthorClass);

    f.ledger.change_institution(f.ledger.agency.id, [](tx::InstitutionRecord& record) {
      record.institution_class = tx::InstitutionClass::kAccreditor;
      record.retroactive = false;
    });
    CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).accredited_amount == 120);
  }
}

TEST_CASE(
    "a role that an agency lost after it left counts as never held before either, if the vote says "
    "so") {
  Followed f;
  f.say(f.ledger.aurora, friendship(f.ledger.agency.id, 1));

  auto given = accredit(f.ledger.cygnus.id);
  given.amount = 120;
  given.scope = {};
  given.valid_from_ms = given.valid_until_ms = 0;
  f.say(f.ledger.agency, given);

  f.ledger.pass_ms(60'000);
  const auto before_ms = f.ledger.time_ms();
  REQUIRE_FALSE(f.ledger.commit(f.ledger.agency, tx::InstitutionLeaveContent{}, KeyPurpose::kRoot));

  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus, {}, before_ms).accredited_amount == 120);

  f.ledger.change_institution(f.ledger.agency.id, [](tx::InstitutionRecord& record) {
    record.institution_class = tx::InstitutionClass::kIssuer;
    record.retroactive = true;
  });
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus, {}, before_ms).accredited_amount == 0);
}

TEST_CASE(
    "compromised since: what the key said before stands, what it said at that time or after counts "
    "as never said") {
  Followed f;

  const auto kept = f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));

  f.ledger.pass_ms(60'000);
  const auto since_ms = f.ledger.next_block().time_ms;

  auto no = distrust_of(f.ledger.cygnus.id, 1);
  no.scope = {};
  f.say(f.ledger.aurora, no);
  f.say(f.ledger.aurora, void_of(f.ledger.cygnus.id, {kept}));

  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).outcome == trust::Outcome::kBlocked);

  const tx::KeyRetireContent retire{f.ledger.aurora.key_of(KeyPurpose::kGovern), since_ms};
  REQUIRE_FALSE(f.ledger.commit(f.ledger.aurora, retire, KeyPurpose::kRoot));

  const auto healed = f.decide(f.ledger.aurora, f.ledger.cygnus);
  CHECK(healed.outcome == trust::Outcome::kAccept);
  CHECK(healed.used == std::vector<TransactionId>{kept});
}

using Ids = std::vector<TransactionId>;

// What is in force now as a list of statements shows it, from the state alone.
Ids listed(TestLedger& ledger, const InstitutionId& truster, const InstitutionId& subject) {
  const auto statements = tx::statements_between(ledger.state(), truster, subject);
  if (statements.empty()) return {};
  const auto author = tx::institution_history(ledger.state(), truster);
  const auto pair = ledger::history_of_pair(ledger.state(), author, statements);
  return trust::in_force(pair, truster, subject, {ledger.height(), ledger.time_ms(), {}},
                         ledger.time_ms());
}

// The two histories, of the whole graph and of one pair, must place it where it was said.
TEST_CASE("a theft that is declared after the retirement takes from then on what was said since") {
  auto input = sample_genesis_input();
  input.protocol_version = 4;
  Followed f(std::move(input));
  const auto given = f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));
  const auto key = f.ledger.aurora.key_of(KeyPurpose::kGovern);
  REQUIRE_FALSE(f.ledger.commit(f.ledger.aurora, tx::KeyRetireContent{key, 0}, KeyPurpose::kRoot));
  f.ledger.pass_ms(1'000);
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 120);
  CHECK(listed(f.ledger, f.ledger.aurora.id, f.ledger.cygnus.id) == Ids{given});

  REQUIRE_FALSE(f.ledger.commit(f.ledger.aurora, tx::KeyRetireContent{key, kGenesisTimeMs},
                                KeyPurpose::kRoot));
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 0);
  CHECK(listed(f.ledger, f.ledger.aurora.id, f.ledger.cygnus.id).empty());
}

TEST_CASE("of two ends that name one statement the earlier date counts in lists as in decisions") {
  Followed f;
  const auto given = f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));
  auto late = end_of(f.ledger.cygnus.id, {given});
  late.valid_from_ms = f.ledger.time_ms() + 86'400'000;
  f.say(f.ledger.aurora, late);
  CHECK(listed(f.ledger, f.ledger.aurora.id, f.ledger.cygnus.id) == Ids{given});
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 120);
  auto soon = end_of(f.ledger.cygnus.id, {given});
  soon.valid_from_ms = 0;
  f.say(f.ledger.aurora, soon);
  CHECK(listed(f.ledger, f.ledger.aurora.id, f.ledger.cygnus.id).empty());
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 0);
}

TEST_CASE("an end that is annulled ends nothing, in lists as in decisions") {
  Followed f;
  const auto given = f.say(f.ledger.aurora, friendship(f.ledger.cygnus.id, 0));
  auto end = end_of(f.ledger.cygnus.id, {given});
  end.valid_from_ms = 0;
  const auto ended = f.say(f.ledger.aurora, end);
  CHECK(listed(f.ledger, f.ledger.aurora.id, f.ledger.cygnus.id).empty());
  f.say(f.ledger.aurora, void_of(f.ledger.cygnus.id, {ended}));
  CHECK(listed(f.ledger, f.ledger.aurora.id, f.ledger.cygnus.id) == Ids{given});
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).amount == 120);
}

TEST_CASE(
    "what an agency accredited is not in force while it has lost its role, in lists as in "
    "decisions") {
  Followed f;
  f.say(f.ledger.aurora, friendship(f.ledger.agency.id, 1));

  auto accreditation = accredit(f.ledger.cygnus.id);
  accreditation.valid_from_ms = 0;
  const auto given = f.say(f.ledger.agency, accreditation);

  CHECK(listed(f.ledger, f.ledger.agency.id, f.ledger.cygnus.id) == Ids{given});

  const auto become = [&](tx::InstitutionClass institution_class) {
    f.ledger.change_institution(f.ledger.agency.id, [&](tx::InstitutionRecord& record) {
      record.institution_class = institution_class;
    });
  };

  become(tx::InstitutionClass::kIssuer);
  CHECK(listed(f.ledger, f.ledger.agency.id, f.ledger.cygnus.id).empty());
  CHECK(f.decide(f.ledger.aurora, f.ledger.cygnus).accredited_amount == 0);

  become(tx::InstitutionClass::kAccreditor);
  CHECK(listed(f.ledger, f.ledger.agency.id, f.ledger.cygnus.id) == Ids{given});
}

// Institutions that come, act, change and go at random.
struct RandomLives {
  using Answer = std::optional<Rejection>;

  explicit RandomLives(std::uint64_t seed) : random(seed) {
    actors = {ledger.aurora, ledger.borealis, ledger.cygnus, ledger.agency};
    all = {ledger.draco.id};
    for (const auto& actor : actors) all.push_back(actor.id);
  }

  Actor any_actor() { return actors[random.below(actors.size())]; }
  InstitutionId any_party() { return all[random.below(all.size())]; }

  Answer join(const std::string& name) {
    const auto carried = ledger.registration(any_actor(), name, registration_of(name, name));
    if (auto rejection = ledger.commit(carried)) return rejection;
    const auto key = [&](const char* label) {
      return std::make_shared<const SecretKey>(key_named(name + "/" + label));
    };
    const auto id = InstitutionId::prefix_of(carried->id().view());
    actors.push_back({name, id, key("root"), key("issue"), key("govern"), key("consensus")});
    all.push_back(id);
    return std::nullopt;
  }

  Answer be_listed(const std::string& name) {
    const tx::InstitutionListContent content{registration_of(name, name).facts};
    const auto carried = ledger.make(any_actor(), content, KeyPurpose::kGovern);
    if (auto rejection = ledger.commit(carried)) return rejection;
    all.push_back(InstitutionId::prefix_of(carried->id().view()));
    return std::nullopt;
  }

  Answer succeed_at_random() {
    const auto actor = any_actor();
    const auto other = any_actor();
    if (actor.id == other.id) return std::nullopt;
    tx::SuccessionContent content{tx::SuccessionKind::kSplit, false, {}, {actor.id}, {other.id}};
    if (random.below(2) == 0) content = between(tx::SuccessionKind::kRename, actor, other, true);
    auto rejection = ledger.commit(actor, content, KeyPurpose::kRoot);
    return rejection ? rejection : ledger.commit(other, content, KeyPurpose::kRoot);
  }

  // What votes do.
  void be_judged() {
    const auto id = any_actor().id;

    ledger.change_institution(id, [&](tx::InstitutionRecord& record) {
      const bool gone =
          record.standing == tx::Standing::kClosed || record.standing == tx::Standing::kLeft;
      const bool accreditor = record.institution_class == tx::InstitutionClass::kAccreditor;

      record.retroactive = false;
      if (!gone && random.below(2) == 0) {
        record.standing = random.below(3) == 0 ? tx::Standing::kSuspended : tx::Standing::kGood;
      } else if (accreditor || !gone) {
        record.institution_class =
            accreditor ? tx::InstitutionClass::kIssuer : tx::InstitutionClass::kAccreditor;
        record.retroactive = accreditor && random.below(2) == 0;
      }
    });
  }

  Answer change_parent() {
    const auto actor = any_actor();
    auto facts = tx::read_institution(ledger.state(), actor.id)->facts;
    facts.parent = random.below(3) == 0 ? InstitutionId{} : any_party();
    if (facts.parent == actor.id) return std::nullopt;
    return ledger.commit(actor, tx::InstitutionUpdateContent{facts}, KeyPurpose::kRoot);
  }

  Answer say_something() {
    const auto actor = any_actor();
    const auto subject = any_party();
    if (subject == actor.id) return std::nullopt;
    const auto slot = static_cast<std::uint16_t>(random.below(2));
    auto content = random.below(2) == 0 ? accredit(subject, slot) : trust_in(subject, slot);
    if (!content.accreditation && random.below(4) == 0) content = distrust_of(subject, slot);
    content.valid_from_ms = any_time();
    if (random.below(3) == 0)
      content.valid_until_ms = content.valid_from_ms + 1000 * (1 + random.below(40));
    return ledger.commit(actor, content, KeyPurpose::kGovern);
  }

  std::uint64_t any_time() { return kGenesisTimeMs + 1000 * random.below(100); }

  // Ends or annuls something that was said, or retires the key that said it.
  Answer take_back() {
    const auto count = tx::statement_count(ledger.state());

    if (count == 0) return std::nullopt;

    const auto victim = tx::statement_at_ordinal(ledger.state(), random.below(count));
    const auto author = std::ranges::find(actors, victim.truster, &Actor::id);
    const auto& subject = victim.content.subject;

    if (random.below(8) == 0) {
      const tx::KeyRetireContent retire{author->key_of(KeyPurpose::kGovern), any_time()};
      return ledger.commit(*author, retire, KeyPurpose::kRoot);
    }

    auto content =
        random.below(2) == 0 ? end_of(subject, Ids{victim.id}) : void_of(subject, {victim.id});
    if (content.kind == tx::StatementKind::kEnd) content.valid_from_ms = any_time();

    content.accreditation = victim.content.accreditation;
    if (content.accreditation) content.reason = tx::StatementReason::kNone;
    return ledger.commit(*author, content, KeyPurpose::kGovern);
  }

  Answer step(int number) {
    const auto name = "n" + std::to_string(number) + ".example";
    switch (random.below(8)) {
      case 0: return join(name);
      case 1: return be_listed(name);
      case 2: return succeed_at_random();
      case 3: be_judged(); return std::nullopt;
      case 4: return change_parent();
      case 5:
        if (random.below(4) != 0) return std::nullopt;
        return ledger.commit(any_actor(), tx::InstitutionLeaveContent{}, KeyPurpose::kRoot);
      default: return say_something();
    }
  }
  // Mostly statements, with what changes whether they count.
  Answer speak_or_change(int number) {
    const auto what = random.below(12);
    if (what == 0) return step(number);
    if (what == 1) be_judged();
    if (what < 2) return std::nullopt;
    return what < 7 ? take_back() : say_something();
  }

  Followed f;
  TestLedger& ledger = f.ledger;
  Sequence random;
  std::vector<Actor> actors;
  std::vector<InstitutionId> all;
};

// Whatever the ledger takes, in any order, the trust engine takes: the graph never refuses a state.
TEST_CASE(
    "random lives of institutions: the trust engine follows every block, and one that starts late "
    "agrees") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    RandomLives lives(seed);

    std::size_t taken = 0;
    for (int i = 0; i < 120; ++i) {
      if (!lives.step(i)) ++taken;
      lives.f.follow();
    }
    CHECK(taken > 30);

    ledger::RecognitionGraph late;
    REQUIRE(late.follow(lives.ledger.state()).ok());

    const auto& followed = lives.f.graph.history();
    CHECK(late.history().party_count() == followed.party_count());
    CHECK(late.history().statement_count() == followed.statement_count());
    CHECK(late.history().event_count() == followed.event_count());
    CHECK(followed.party_count() == lives.all.size());

    lives.f.decide(lives.ledger.aurora, lives.ledger.cygnus);
  }
}

TEST_CASE("random lives of institutions: a list shows as in force exactly what decisions count") {
  std::size_t in_force = 0;
  std::size_t not_in_force = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);

    RandomLives lives(seed);

    for (int i = 0; i < 100; ++i) {
      lives.speak_or_change(i);
      lives.f.follow();
      if (i % 10 != 9) continue;

      const trust::AsOf as_of{lives.ledger.height(), lives.ledger.time_ms(), {}};

      for (const auto& truster : lives.all) {
        for (const auto& subject : lives.all) {
          if (truster == subject) continue;
          const auto shown = listed(lives.ledger, truster, subject);
          REQUIRE(shown == trust::in_force(lives.f.graph.history(), truster, subject, as_of,
                                           as_of.today_ms));
          in_force += shown.size();
          not_in_force +=
              tx::statements_between(lives.ledger.state(), truster, subject).size() - shown.size();
        }
      }
    }
  }

  CHECK(in_force > 150);
  CHECK(not_in_force > 300);
}

}  // namespace
}  // namespace testamur::test
