// How institutions come and go: register, list, leave; and what they publish by digest. One case a
// rule.
#include <algorithm>

#include "ledger/pages.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/publications.h"
#include "ledger/tx/records/statements.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

constexpr auto kGovern = KeyPurpose::kGovern;
constexpr auto kRoot = KeyPurpose::kRoot;
using tx::InstitutionClass;

// What a node answers to this registration by aurora.
std::optional<RejectionCode> registered(TestLedger& ledger, const std::string& name,
                                        const tx::InstitutionRegisterContent& content) {
  return code(ledger.commit(ledger.registration(ledger.aurora, name, content)));
}

tx::InstitutionListContent listing(const std::string& name, const std::string& domain) {
  return {registration_of(name, domain).facts};
}

// The refusal of a form by the builder, which is the one of every node.
template <class Content>
std::optional<RejectionCode> form(TestLedger& ledger, const Content& content) {
  const auto built = tx::build(ledger.envelope(ledger.aurora.id), content);
  const auto* rejection = std::get_if<Rejection>(&built);
  return rejection == nullptr ? std::nullopt : std::optional(rejection->code);
}

InstitutionId list(TestLedger& ledger, const tx::InstitutionListContent& content) {
  const auto transaction = ledger.make(ledger.agency, content, kGovern);
  const auto rejection = ledger.commit(transaction);
  TM_CHECK(!rejection, to_text(rejection.value_or(Rejection{})));
  return InstitutionId::prefix_of(transaction->id().view());
}

tx::InstitutionRegisterContent taking_over(const InstitutionId& listed,
                                           const tx::InstitutionFacts& facts) {
  auto content = registration_of("lyra", facts.domain);
  content.facts = facts;
  content.listed = listed;
  return content;
}

tx::PolicyContent policy(std::uint64_t number) {
  return {hash_of(number), "https://aurora.example/policy.toml"};
}

tx::RuleContent rule(std::uint32_t number, std::uint16_t version) {
  return {number,
          version,
          {{"en", "Three certificates make a diploma"}},
          hash_of(7),
          "https://aurora.example/rule"};
}

}  // namespace

TEST_CASE("a validator registers an issuer, which publishes, issues and recognizes from then on") {
  TestLedger ledger;
  const auto lyra = ledger.join(ledger.aurora, "lyra", "lyra.example");

  const auto record = tx::read_institution(ledger.state(), lyra.id);
  REQUIRE(record);

  CHECK(record->institution_class == InstitutionClass::kIssuer);
  CHECK(record->standing == tx::Standing::kGood);
  CHECK(record->sponsor == ledger.aurora.id);
  CHECK(record->root_threshold == 1);
  CHECK(record->facts == registration_of("lyra", "lyra.example").facts);

  CHECK(tx::institution_at_ordinal(ledger.state(), tx::institution_count(ledger.state()) - 1) ==
        lyra.id);
  CHECK(tx::keys_of(ledger.state(), lyra.id) ==
        std::vector{lyra.key_of(kRoot), lyra.key_of(KeyPurpose::kIssue), lyra.key_of(kGovern)});
  CHECK(tx::read_key(ledger.state(), lyra.key_of(kGovern))->added.institution == lyra.id);

  const auto achievement = ledger.publish(lyra);
  CHECK(code(ledger.commit(ledger.issue(lyra, 0, 3, achievement))) == std::nullopt);
  CHECK(code(ledger.commit(lyra, trust_in(ledger.cygnus.id), kGovern)) == std::nullopt);
}

TEST_CASE("author_class: validators register, validators and accreditors list") {
  TestLedger ledger;
  for (const auto* actor : {&ledger.cygnus, &ledger.agency}) {
    CHECK(code(ledger.commit(
              ledger.registration(*actor, "lyra", registration_of("lyra", "lyra.example")))) ==
          RejectionCode::kAuthorClass);
  }
  CHECK(code(ledger.commit(ledger.cygnus, listing("lyra", "lyra.example"), kGovern)) ==
        RejectionCode::kAuthorClass);
  CHECK(code(ledger.commit(ledger.aurora, listing("lyra", "lyra.example"), kGovern)) ==
        std::nullopt);
  CHECK(code(ledger.commit(ledger.agency, listing("vega", "vega.example"), kGovern)) ==
        std::nullopt);
}

TEST_CASE("possession: each key of a registration signs for this institution on this ledger") {
  TestLedger ledger;
  const auto content = registration_of("lyra", "lyra.example");

  const auto body =
      std::get<tx::UnsignedTransaction>(tx::build(ledger.envelope(ledger.aurora.id), content));
  const auto id = tx::registered_id(body.id, content);

  const auto decoded = [&](const InstitutionId& proven, std::size_t count) {
    std::vector<Signature> proofs;
    const std::vector<std::string> labels{"root", "issue", "govern"};
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [purpose, key] = content.keys[i];
      const auto message = possession_message(ledger.chain(), proven, purpose, key);
      proofs.push_back(key_named("lyra/" + labels[i]).sign(message.view()));
    }
    return tx::decode(ledger.chain(),
                      tx::attach(body, {tx::sign(body, kGovern, *ledger.aurora.govern)}, proofs));
  };

  CHECK(std::get<Rejection>(decoded(id, 2)).code == RejectionCode::kPossession);
  CHECK(std::get<Rejection>(decoded(id, 0)).code == RejectionCode::kPossession);

  // Proofs for another institution are proofs of the same keys, and of no use here.
  const auto for_another = ledger.commit(std::get<SharedTransaction>(decoded(ledger.cygnus.id, 3)));
  REQUIRE(code(for_another) == RejectionCode::kPossession);
  CHECK(for_another->field == "institution_register.possession_proofs[0]");

  CHECK(code(ledger.commit(std::get<SharedTransaction>(decoded(id, 3)))) == std::nullopt);
}

TEST_CASE("key_exists: a registration brings no key that somebody has already") {
  TestLedger ledger;
  CHECK(registered(ledger, "cygnus", registration_of("cygnus", "lyra.example")) ==
        RejectionCode::kKeyExists);
}

TEST_CASE("the form of a registration: class, keys in order, a threshold that its roots can meet") {
  TestLedger ledger;

  const auto changed = [&](auto change) {
    auto content = registration_of("lyra", "lyra.example");
    change(content);
    return form(ledger, content);
  };

  CHECK(changed([](auto&) {}) == std::nullopt);
  CHECK(changed([](auto& c) { c.root_threshold = 0; }) == RejectionCode::kFieldRange);
  CHECK(changed([](auto& c) { c.root_threshold = 2; }) == RejectionCode::kFieldRange);
  CHECK(changed([](auto& c) { c.keys.clear(); }) == RejectionCode::kFieldRange);
  CHECK(changed([](auto& c) { c.keys.erase(c.keys.begin()); }) == RejectionCode::kFieldRange);

  CHECK(changed([](auto& c) { std::swap(c.keys[0], c.keys[1]); }) == RejectionCode::kNotSorted);
  CHECK(changed([](auto& c) { c.keys.insert(c.keys.begin(), c.keys[0]); }) ==
        RejectionCode::kNotSorted);

  CHECK(changed([](auto& c) { c.keys[1].purpose = KeyPurpose::kTransport; }) ==
        RejectionCode::kKeyPurposeForm);
  CHECK(changed([](auto& c) { c.keys[1].key.bytes.assign(32, 0xFF); }) ==
        RejectionCode::kBadPublicKey);

  CHECK(changed([](auto& c) { c.facts.domain = "LYRA"; }) == RejectionCode::kTextForm);
  CHECK(changed([&](auto& c) { c.listed = c.facts.parent = ledger.draco.id; }) ==
        RejectionCode::kAboutItself);

  CHECK(changed([](auto& c) {
          const auto key = c.keys[1];
          while (c.keys.size() < 65) c.keys.push_back(key);
        }) == RejectionCode::kFieldRange);
}

TEST_CASE(
    "identifier_taken: a domain and an identifier name one institution, written large or small") {
  TestLedger ledger;
  auto facts = tx::read_institution(ledger.state(), ledger.cygnus.id)->facts;
  facts.ror = "05gq02987";
  facts.lei = "529900T8BM49AURSDO55";
  REQUIRE(code(ledger.commit(ledger.cygnus, tx::InstitutionUpdateContent{facts}, kRoot)) ==
          std::nullopt);
  CHECK(registered(ledger, "lyra", registration_of("lyra", "cygnus.example")) ==
        RejectionCode::kIdentifierTaken);
  CHECK(registered(ledger, "lyra", registration_of("lyra", "draco.example")) ==
        RejectionCode::kIdentifierTaken);
  auto same_ror = registration_of("lyra", "lyra.example");
  same_ror.facts.ror = "05GQ02987";
  CHECK(registered(ledger, "lyra", same_ror) == RejectionCode::kIdentifierTaken);
  auto same_lei = listing("lyra", "lyra.example");
  same_lei.facts.lei = facts.lei;
  const auto refused = ledger.commit(ledger.agency, same_lei, kGovern);
  REQUIRE(code(refused) == RejectionCode::kIdentifierTaken);
  CHECK(refused->field == "institution_list.facts.lei");
  auto update = tx::read_institution(ledger.state(), ledger.aurora.id)->facts;
  update.domain = "cygnus.example";
  CHECK(code(ledger.commit(ledger.aurora, tx::InstitutionUpdateContent{update}, kRoot)) ==
        RejectionCode::kIdentifierTaken);
  // A DEQAR number is no ROR identifier.
  auto other_sort = registration_of("lyra", "lyra.example");
  other_sort.facts.deqar = "05gq02987";
  CHECK(registered(ledger, "lyra", other_sort) == std::nullopt);
}

TEST_CASE("identifier_taken: who gave up a domain, or left, is still the one whom it names") {
  TestLedger ledger;
  const auto mill = ledger.join(ledger.aurora, "mill", "mill.example");
  auto moved = tx::read_institution(ledger.state(), mill.id)->facts;
  moved.domain = "moved.example";
  REQUIRE(code(ledger.commit(mill, tx::InstitutionUpdateContent{moved}, kRoot)) == std::nullopt);
  CHECK(registered(ledger, "lyra", registration_of("lyra", "mill.example")) ==
        RejectionCode::kIdentifierTaken);
  REQUIRE(code(ledger.commit(mill, tx::InstitutionLeaveContent{}, kRoot)) == std::nullopt);
  for (const char* domain : {"mill.example", "moved.example"}) {
    CHECK(registered(ledger, "lyra", registration_of("lyra", domain)) ==
          RejectionCode::kIdentifierTaken);
  }
}

TEST_CASE("facts_frozen: an identifier that is there stays; one that was missing may be added") {
  TestLedger ledger;
  auto facts = tx::read_institution(ledger.state(), ledger.cygnus.id)->facts;
  const auto update = [&](const tx::InstitutionFacts& now) {
    return code(ledger.commit(ledger.cygnus, tx::InstitutionUpdateContent{now}, kRoot));
  };
  facts.ror = "05gq02987";
  REQUIRE(update(facts) == std::nullopt);
  auto changed = facts;
  changed.ror = "05gq02988";
  CHECK(update(changed) == RejectionCode::kFactsFrozen);
  changed.ror.clear();
  CHECK(update(changed) == RejectionCode::kFactsFrozen);
}

TEST_CASE(
    "a listed institution has no powers, and is taken over by the registration that names it") {
  TestLedger ledger;
  const auto id = list(ledger, listing("lyra", "lyra.example"));

  auto record = tx::read_institution(ledger.state(), id);
  REQUIRE(record);

  CHECK(record->institution_class == InstitutionClass::kListed);
  CHECK(record->sponsor == ledger.agency.id);
  CHECK(record->root_threshold == 0);

  CHECK(code(ledger.commit(ledger.agency, accredit(id), kGovern)) == std::nullopt);

  auto facts = record->facts;
  facts.deqar = "DEQARINST0001";
  REQUIRE(registered(ledger, "lyra", taking_over(id, facts)) == std::nullopt);

  const auto history = tx::institution_history(ledger.state(), id);
  REQUIRE(history.size() == 2);
  CHECK(history[1].institution_class == InstitutionClass::kIssuer);
  CHECK(history[1].sponsor == ledger.aurora.id);
  CHECK(history[1].facts.deqar == "DEQARINST0001");

  CHECK(tx::keys_of(ledger.state(), id).size() == 3);
  CHECK(tx::statements_between(ledger.state(), ledger.agency.id, id).size() == 1);
}

TEST_CASE(
    "a registration corrects what a listing said; an identifier that only the listing gave is free "
    "again") {
  TestLedger ledger;

  auto mistaken = listing("lyra", "lyra.example");
  mistaken.facts.ror = "05gq02987";
  mistaken.facts.country = "DE";
  const auto id = list(ledger, mistaken);

  auto vega = registration_of("vega", "vega.example");
  vega.facts.ror = "05gq02987";
  CHECK(registered(ledger, "vega", vega) == RejectionCode::kIdentifierTaken);

  auto facts = registration_of("lyra", "lyra.at.example").facts;
  facts.ror = "01aaaaaaa";
  REQUIRE(registered(ledger, "lyra", taking_over(id, facts)) == std::nullopt);

  CHECK(registered(ledger, "vega", vega) == std::nullopt);

  CHECK(registered(ledger, "mira", registration_of("mira", "lyra.example")) ==
        RejectionCode::kIdentifierTaken);
}

TEST_CASE("not_listed, unknown_institution, identifier_taken: what a registration may take over") {
  TestLedger ledger;

  const auto facts_of = [&](const InstitutionId& id) {
    return tx::read_institution(ledger.state(), id)->facts;
  };

  CHECK(registered(ledger, "lyra", taking_over(ledger.cygnus.id, facts_of(ledger.cygnus.id))) ==
        RejectionCode::kNotListed);

  const auto nobody = InstitutionId::prefix_of(hash_of(9).view());
  CHECK(registered(ledger, "lyra",
                   taking_over(nobody, registration_of("lyra", "lyra.example").facts)) ==
        RejectionCode::kUnknownInstitution);

  auto taken_domain = facts_of(ledger.draco.id);
  taken_domain.domain = "cygnus.example";
  CHECK(registered(ledger, "lyra", taking_over(ledger.draco.id, taken_domain)) ==
        RejectionCode::kIdentifierTaken);

  ledger.set_standing(ledger.draco.id, tx::Standing::kSuspended);
  CHECK(registered(ledger, "lyra", taking_over(ledger.draco.id, facts_of(ledger.draco.id))) ==
        RejectionCode::kNotListed);

  ledger.set_standing(ledger.draco.id, tx::Standing::kGood);
  REQUIRE(registered(ledger, "lyra", taking_over(ledger.draco.id, facts_of(ledger.draco.id))) ==
          std::nullopt);
  CHECK(registered(ledger, "vega", taking_over(ledger.draco.id, facts_of(ledger.draco.id))) ==
        RejectionCode::kNotListed);
}

TEST_CASE("unknown_institution: the parent of who is registered or listed is on the ledger") {
  TestLedger ledger;
  auto content = registration_of("lyra", "lyra.example");
  content.facts.parent = InstitutionId::prefix_of(hash_of(9).view());
  CHECK(registered(ledger, "lyra", content) == RejectionCode::kUnknownInstitution);
  content.facts.parent = ledger.cygnus.id;
  CHECK(registered(ledger, "lyra", content) == std::nullopt);
  auto listed = listing("vega", "vega.example");
  listed.facts.parent = InstitutionId::prefix_of(hash_of(9).view());
  CHECK(code(ledger.commit(ledger.agency, listed, kGovern)) == RejectionCode::kUnknownInstitution);
}

TEST_CASE("limit, change_rate: keys of a registration, and registrations and listings of a day") {
  auto input = sample_genesis_input();

  REQUIRE(input.parameters.set(ledger::Parameter::kStatementChangesPerDay, 2).ok());
  REQUIRE(input.parameters.set(ledger::Parameter::kKeysPerInstitutionLimit, 8).ok());
  TestLedger ledger(std::move(input));

  auto many = registration_of("lyra", "lyra.example");
  while (many.keys.size() < 9)
    many.keys.push_back({kGovern, key_named(std::to_string(many.keys.size())).public_key()});
  std::ranges::sort(many.keys, {}, [](const auto& key) {
    return std::pair(key.purpose, key_id(key.purpose, key.key));
  });
  CHECK(registered(ledger, "lyra", many) == RejectionCode::kLimit);

  REQUIRE(registered(ledger, "lyra", registration_of("lyra", "lyra.example")) == std::nullopt);
  REQUIRE(code(ledger.commit(ledger.aurora, listing("vega", "vega.example"), kGovern)) ==
          std::nullopt);

  CHECK(registered(ledger, "mira", registration_of("mira", "mira.example")) ==
        RejectionCode::kChangeRate);
  CHECK(code(ledger.commit(ledger.aurora, listing("mira", "mira.example"), kGovern)) ==
        RejectionCode::kChangeRate);
  CHECK(code(ledger.commit(ledger.aurora, trust_in(ledger.borealis.id), kGovern)) ==
        RejectionCode::kChangeRate);
  CHECK(code(ledger.commit(ledger.aurora, policy(1), kGovern)) == RejectionCode::kChangeRate);

  const tx::SuccessionContent custody{
      tx::SuccessionKind::kCustody, true, {}, {ledger.aurora.id}, {ledger.borealis.id}};
  CHECK(code(ledger.commit(ledger.aurora, custody, kRoot)) == RejectionCode::kChangeRate);

  ledger.pass_ms(86'400'000);
  CHECK(registered(ledger, "mira", registration_of("mira", "mira.example")) == std::nullopt);
}

TEST_CASE("institution_leave is for good, and what was issued and said stands") {
  TestLedger ledger;
  const auto achievement = ledger.publish(ledger.cygnus);
  REQUIRE_FALSE(ledger.commit(ledger.issue(ledger.cygnus, 0, 3, achievement)));
  REQUIRE_FALSE(ledger.commit(ledger.cygnus, trust_in(ledger.borealis.id), kGovern));
  REQUIRE(code(ledger.commit(ledger.cygnus, tx::InstitutionLeaveContent{}, kRoot)) == std::nullopt);
  CHECK(tx::read_institution(ledger.state(), ledger.cygnus.id)->standing == tx::Standing::kLeft);
  CHECK(ledger::Pages(ledger.state()).count() == 1);
  CHECK(tx::statements_between(ledger.state(), ledger.cygnus.id, ledger.borealis.id).size() == 1);
  CHECK(code(ledger.commit(ledger.issue(ledger.cygnus, 3, 1, achievement))) ==
        RejectionCode::kAuthorNotInGoodStanding);
  CHECK(code(ledger.commit(ledger.cygnus, tx::InstitutionLeaveContent{}, kRoot)) ==
        RejectionCode::kAuthorNotInGoodStanding);
}

TEST_CASE("holds_seat: a validator leaves only when the set goes on without it") {
  TestLedger ledger;
  CHECK(code(ledger.commit(ledger.aurora, tx::InstitutionLeaveContent{}, kRoot)) ==
        RejectionCode::kHoldsSeat);
}

TEST_CASE(
    "policy_unchanged: the newest published policy is the one in use, and what was before stays on "
    "record") {
  TestLedger ledger;
  CHECK_FALSE(tx::read_policy(ledger.state(), ledger.aurora.id));

  const auto publish = [&](const tx::PolicyContent& content) {
    return code(ledger.commit(ledger.aurora, content, kGovern));
  };

  REQUIRE(publish(policy(1)) == std::nullopt);
  CHECK(publish(policy(1)) == RejectionCode::kPolicyUnchanged);
  REQUIRE(publish(policy(2)) == std::nullopt);
  REQUIRE(publish(policy(1)) == std::nullopt);

  CHECK(tx::read_policy(ledger.state(), ledger.aurora.id)->content == policy(1));

  const auto newest = tx::policies_of(ledger.state(), ledger.aurora.id, 2);
  REQUIRE(newest.size() == 2);
  CHECK(newest[0].content == policy(1));
  CHECK(newest[1].content == policy(2));
  CHECK(tx::policies_of(ledger.state(), ledger.aurora.id, 16).size() == 3);

  CHECK(form(ledger, tx::PolicyContent{{}, ""}) == RejectionCode::kFieldMissing);
  CHECK(form(ledger, tx::PolicyContent{hash_of(1), "ftp://aurora.example"}) ==
        RejectionCode::kTextForm);
}

TEST_CASE("later_protocol: rules are published from protocol version 2 on") {
  TestLedger ledger;
  const auto refused = ledger.commit(ledger.aurora, rule(1, 1), kGovern);
  REQUIRE(code(refused) == RejectionCode::kLaterProtocol);
  CHECK_FALSE(is_permanent(refused->code));
}

TEST_CASE(
    "text_form: marks that cannot be seen are refused from protocol version 3 on, and replay "
    "before") {
  const auto listed = [](std::uint16_t version, const std::string& name) {
    auto input = sample_genesis_input();
    input.protocol_version = version;
    TestLedger ledger(std::move(input));
    auto content = listing(name, "lyra.example");
    content.facts.legal_names = {{"en", name}};
    return ledger.commit(ledger.agency, content, kGovern);
  };

  for (const char* name :
       {"University of Vienna\u200B", "Ada\u00A0", "Zo\uFFFD", "So\u00ADft", "a\u0378b"}) {
    CHECK_FALSE(listed(2, name).has_value());
    const auto refused = listed(3, name);
    REQUIRE(code(refused) == RejectionCode::kTextForm);
    CHECK(refused->field == "institution_list.facts.legal_names[0].text");
    CHECK(is_permanent(refused->code));
  }

  CHECK(listed(3, "University of Vienna\u200B")->detail ==
        "U+200B (zero width space) at character 21: a mark that cannot be seen");
  CHECK_FALSE(listed(3, "\u062F\u0627\u0646\u0634\u06AF\u0627\u0647 \u0645\u06CC\u200C\u062E\u0648")
                  .has_value());
  CHECK_FALSE(listed(3, "Universit\u00E4t Wien").has_value());
}

TEST_CASE(
    "rule_exists, rule_version_gap: versions of a rule are published one after the other, each "
    "once") {
  auto input = sample_genesis_input();
  input.protocol_version = 2;
  TestLedger ledger(std::move(input));

  const auto publish = [&](const tx::RuleContent& content) {
    return code(ledger.commit(ledger.aurora, content, kGovern));
  };

  CHECK(publish(rule(1, 2)) == RejectionCode::kRuleVersionGap);
  REQUIRE(publish(rule(1, 1)) == std::nullopt);
  CHECK(publish(rule(1, 1)) == RejectionCode::kRuleExists);
  REQUIRE(publish(rule(1, 2)) == std::nullopt);
  REQUIRE(publish(rule(2, 1)) == std::nullopt);

  const auto found = tx::read_rule(ledger.state(), {ledger.aurora.id, 1, 2});
  REQUIRE(found);
  CHECK(found->content == rule(1, 2));
  CHECK_FALSE(tx::read_rule(ledger.state(), {ledger.aurora.id, 1, 3}));

  CHECK(form(ledger, rule(0, 1)) == RejectionCode::kFieldRange);
  CHECK(form(ledger, rule(1, 0)) == RejectionCode::kFieldRange);

  auto untitled = rule(3, 1);
  untitled.titles.clear();
  CHECK(form(ledger, untitled) == RejectionCode::kFieldMissing);
  auto empty = rule(3, 1);
  empty.digest = {};
  CHECK(form(ledger, empty) == RejectionCode::kFieldMissing);
}

}  // namespace testamur::test
