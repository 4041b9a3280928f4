// From transactions on a ledger to decisions: the recognition graph follows the registry block by block, and one that
// starts late reads the same history.
#include "ledger/recognition_graph.h"

#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"
#include "trust/decide.h"

namespace testamur::test {
namespace {

class Followed {
 public:
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
  trust::Decision decide(const Actor& viewpoint, const Actor& issuer, const trust::Policy& policy = {}) {
    follow();
    trust::Query query;
    query.viewpoint = viewpoint.id;
    query.issuer = issuer.id;
    query.as_of = {ledger.height(), ledger.time_ms(), {}};
    query.at_time_ms = ledger.time_ms();
    const auto followed = trust::decide(graph.history(), query, policy);
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

}  // namespace
}  // namespace testamur::test
