// What can be decided: classes, standing, parameters, protocol versions, roots.
#include "tests/ledger/governance_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

using ledger::Parameter;
using tx::InstitutionClass;
using tx::ProposalStatus;

std::optional<RejectionCode> refusal(GovernedLedger& ledger, tx::ProposedAction action) {
  return code(ledger.commit(ledger.make(ledger.validators[0], ledger.proposal(std::move(action)))));
}

tx::RootReplacementContent new_root(const GovernedLedger& ledger, const Actor& actor,
                                    const std::string& name) {
  const auto key = key_named(name);
  const auto message =
      possession_message(ledger.chain(), actor.id, KeyPurpose::kRoot, key.public_key());
  return {actor.id, key.public_key(), key.sign(message.view())};
}

// A key retirement by the actor's root, which changes nothing that matters here.
std::optional<RejectionCode> retire_issue_key(GovernedLedger& ledger, const Actor& actor) {
  return code(ledger.commit(ledger.make(
      actor, tx::KeyRetireContent{actor.key_of(KeyPurpose::kIssue), 0}, KeyPurpose::kRoot)));
}

}  // namespace

// ---- admission

TEST_CASE(
    "a vote raises an issuer to accreditor, whose accreditations count from then on, and takes the "
    "role again") {
  GovernedLedger ledger(1);

  const auto accreditation = accredit(ledger.candidates[0].id);
  CHECK(code(ledger.commit(ledger.make(ledger.issuer, accreditation))) ==
        RejectionCode::kAuthorClass);

  const auto id =
      ledger.decide(tx::AdmissionContent{ledger.issuer.id, InstitutionClass::kAccreditor, false});
  CHECK(ledger.institution(ledger.issuer).institution_class == InstitutionClass::kAccreditor);
  CHECK(ledger.institution(ledger.issuer).cause.transaction == id);

  CHECK(code(ledger.commit(ledger.make(ledger.issuer, accreditation))) == std::nullopt);

  for (const bool retroactive : {false, true}) {
    CAPTURE(retroactive);
    ledger.decide(tx::AdmissionContent{ledger.issuer.id, InstitutionClass::kIssuer, retroactive});
    CHECK(ledger.institution(ledger.issuer).institution_class == InstitutionClass::kIssuer);
    CHECK(ledger.institution(ledger.issuer).retroactive == retroactive);
    ledger.decide(tx::AdmissionContent{ledger.issuer.id, InstitutionClass::kAccreditor, false});
    CHECK_FALSE(ledger.institution(ledger.issuer).retroactive);
  }
}

TEST_CASE("unknown_institution: only what is registered is admitted, suspended or gets a root") {
  GovernedLedger ledger(1);
  const auto nobody = counting<InstitutionId>(0x77);
  CHECK(refusal(ledger, tx::AdmissionContent{nobody, InstitutionClass::kAccreditor, false}) ==
        RejectionCode::kUnknownInstitution);
  CHECK(refusal(ledger, tx::SuspensionContent{nobody, false}) ==
        RejectionCode::kUnknownInstitution);
  auto root = new_root(ledger, ledger.issuer, "other root");
  root.institution = nobody;
  CHECK(refusal(ledger, root) == RejectionCode::kUnknownInstitution);
  auto seats = ledger.seats();
  seats.seats[0].institution = nobody;
  CHECK(refusal(ledger, seats) == RejectionCode::kUnknownInstitution);
}

TEST_CASE("listed_institution: without keys there is neither class nor root to vote on") {
  GovernedLedger ledger(1);
  CHECK(refusal(ledger, tx::AdmissionContent{ledger.listed.id, InstitutionClass::kAccreditor,
                                             false}) == RejectionCode::kListedInstitution);
  CHECK(refusal(ledger, new_root(ledger, ledger.listed, "other root")) ==
        RejectionCode::kListedInstitution);
}

TEST_CASE(
    "class_unchanged: an admission changes the class, and is void when another did so first") {
  GovernedLedger ledger(1);

  const tx::AdmissionContent raise{ledger.issuer.id, InstitutionClass::kAccreditor, false};
  CHECK(refusal(ledger, tx::AdmissionContent{ledger.issuer.id, InstitutionClass::kIssuer, false}) ==
        RejectionCode::kClassUnchanged);

  const auto first = ledger.propose(raise);
  const auto second = ledger.propose(raise);
  ledger.approve(first);
  ledger.approve(second);

  ledger.block();

  CHECK(ledger.status(first) == ProposalStatus::kInEffect);
  CHECK(ledger.status(second) == ProposalStatus::kVoid);
  CHECK(ledger.reason(second) == RejectionCode::kClassUnchanged);
}

TEST_CASE("field_conflict: only an accreditor loses the role retroactively") {
  GovernedLedger ledger(1);
  CHECK(refusal(ledger, tx::AdmissionContent{ledger.candidates[0].id, InstitutionClass::kIssuer,
                                             true}) == RejectionCode::kFieldConflict);
  const auto built = tx::build(
      ledger.envelope(ledger.validators[0].id),
      ledger.proposal(tx::AdmissionContent{ledger.issuer.id, InstitutionClass::kAccreditor, true}));
  REQUIRE(std::holds_alternative<Rejection>(built));
  CHECK(std::get<Rejection>(built).code == RejectionCode::kFieldConflict);
}

TEST_CASE("standing_not_good: who is suspended is not raised") {
  GovernedLedger ledger(1);
  ledger.decide(tx::SuspensionContent{ledger.issuer.id, false});
  CHECK(refusal(ledger, tx::AdmissionContent{ledger.issuer.id, InstitutionClass::kValidator,
                                             false}) == RejectionCode::kStandingNotGood);
}

TEST_CASE("seated: a member of the set keeps its class until it has left") {
  GovernedLedger ledger(2);
  CHECK(refusal(ledger, tx::AdmissionContent{ledger.validators[1].id, InstitutionClass::kIssuer,
                                             false}) == RejectionCode::kSeated);
  ledger.decide(ledger.without(ledger.validators[1]));
  ledger.decide(tx::AdmissionContent{ledger.validators[1].id, InstitutionClass::kIssuer, false});
  CHECK(ledger.institution(ledger.validators[1]).institution_class == InstitutionClass::kIssuer);
}

// ---- suspension

TEST_CASE("a suspended institution sends nothing until the suspension is lifted") {
  GovernedLedger ledger(1);
  ledger.decide(tx::SuspensionContent{ledger.issuer.id, false});
  CHECK(ledger.institution(ledger.issuer).standing == tx::Standing::kSuspended);
  CHECK(code(ledger.commit(ledger.make(ledger.issuer, trust_in(ledger.agency.id)))) ==
        RejectionCode::kAuthorNotInGoodStanding);
  CHECK(ledger.head().next_validator_set.is_zero());
  ledger.decide(tx::SuspensionContent{ledger.issuer.id, true});
  CHECK(code(ledger.commit(ledger.make(ledger.issuer, trust_in(ledger.agency.id)))) ==
        std::nullopt);
}

TEST_CASE(
    "suspending a validator is a set change: it seals, its key retires, and lifting gives no seat "
    "back") {
  GovernedLedger ledger(3);

  ledger.decide(tx::SuspensionContent{ledger.validators[2].id, false});
  CHECK(ledger.head().next_validator_set == ledger::read_validators(ledger.state()).digest());
  CHECK(ledger.set_size() == 2);
  CHECK_FALSE(ledger.sits(ledger.validators[2]));

  const auto key =
      tx::read_key(ledger.state(), ledger.validators[2].key_of(KeyPurpose::kConsensus));
  CHECK(key->retired.has_value());

  ledger.decide(tx::SuspensionContent{ledger.validators[2].id, true});
  CHECK(ledger.head().next_validator_set.is_zero());
  CHECK(ledger.set_size() == 2);
}

TEST_CASE(
    "last_validator: the only validator cannot be suspended, and a suspension that would do so is "
    "void") {
  GovernedLedger alone(1);
  CHECK(refusal(alone, tx::SuspensionContent{alone.validators[0].id, false}) ==
        RejectionCode::kLastValidator);

  GovernedLedger two(2);
  const auto due_ms = two.time_ms() + kHourMs;
  const auto first = two.propose(tx::SuspensionContent{two.validators[0].id, false}, due_ms);
  const auto second = two.propose(tx::SuspensionContent{two.validators[1].id, false}, due_ms);

  two.approve(first);
  two.approve(second);
  two.pass_ms(kHourMs);
  two.block();

  CHECK(two.status(first) == ProposalStatus::kInEffect);
  CHECK(two.status(second) == ProposalStatus::kPassed);  // one set change a block

  two.block();
  CHECK(two.status(second) == ProposalStatus::kVoid);
  CHECK(two.reason(second) == RejectionCode::kLastValidator);
  CHECK(two.set_size() == 1);
}

TEST_CASE("standing_unchanged: only the good are suspended, only the suspended reinstated") {
  GovernedLedger ledger(1);
  CHECK(refusal(ledger, tx::SuspensionContent{ledger.issuer.id, true}) ==
        RejectionCode::kStandingUnchanged);
  ledger.decide(tx::SuspensionContent{ledger.issuer.id, false});
  CHECK(refusal(ledger, tx::SuspensionContent{ledger.issuer.id, false}) ==
        RejectionCode::kStandingUnchanged);
}

// ---- succession

TEST_CASE(
    "not_consented: a vote stands for the lost root of a predecessor, never for the successor") {
  GovernedLedger ledger(1);
  const auto& heir = ledger.candidates[0];
  const tx::SuccessionContent rename{
      tx::SuccessionKind::kRename, true, heir.id, {ledger.issuer.id}, {heir.id}};
  CHECK(refusal(ledger, rename) == RejectionCode::kNotConsented);
  CHECK(code(ledger.commit(ledger.make(heir, rename, KeyPurpose::kRoot))) == std::nullopt);
  const auto id = ledger.decide(rename);
  CHECK(ledger.status(id) == ProposalStatus::kInEffect);
  CHECK(ledger.institution(ledger.issuer).standing == tx::Standing::kClosed);
  CHECK(ledger.institution(ledger.issuer).cause.transaction == id);
}

TEST_CASE("holds_seat: a member of the set cannot be closed by a vote before it has left") {
  GovernedLedger ledger(2);
  const auto& member = ledger.validators[1];
  const auto& heir = ledger.candidates[0];
  const tx::SuccessionContent rename{
      tx::SuccessionKind::kRename, true, heir.id, {member.id}, {heir.id}};
  CHECK(code(ledger.commit(ledger.make(heir, rename, KeyPurpose::kRoot))) == std::nullopt);
  CHECK(refusal(ledger, rename) == RejectionCode::kHoldsSeat);
}

// ---- parameters

TEST_CASE("parameters_unchanged: a parameter change changes something; two at once add up") {
  GovernedLedger ledger(1);

  CHECK(refusal(ledger, tx::ParameterChangeContent{{{Parameter::kHeartbeatMs, 30'000}}}) ==
        RejectionCode::kParametersUnchanged);

  const auto due_ms = ledger.time_ms() + kHourMs;
  for (const auto& value :
       {tx::ParameterValue{Parameter::kHeartbeatMs, 20'000}, {Parameter::kTrustSlotsLimit, 4}}) {
    ledger.approve(ledger.propose(tx::ParameterChangeContent{{value}}, due_ms));
  }

  ledger.pass_ms(kHourMs);
  ledger.block();

  const auto parameters = ledger::read_parameters(ledger.state());
  CHECK(parameters[Parameter::kHeartbeatMs] == 20'000);
  CHECK(parameters[Parameter::kTrustSlotsLimit] == 4);
}

TEST_CASE(
    "later_protocol: a parameter that came with a later version is not set before that version is "
    "in force") {
  GovernedLedger ledger(1);

  const tx::ParameterChangeContent change{
      {{Parameter::kAuthorBytesPerDay, std::uint64_t{1} << 28U}}};
  CHECK(refusal(ledger, change) == RejectionCode::kLaterProtocol);

  ledger.declare_ready(ledger.validators[0], 3);
  ledger.decide(tx::ProtocolActivationContent{3, Height{ledger.head().height.value + 9}});
  while (ledger.block().protocol_version < 3) {
  }

  const auto before = ledger.head().parameters;
  ledger.decide(change);
  CHECK(ledger::read_parameters(ledger.state())[Parameter::kAuthorBytesPerDay] == std::uint64_t{1}
                                                                                      << 28U);
  CHECK(ledger.head().parameters != before);
}

// ---- protocol versions

TEST_CASE(
    "a protocol version is activated at its height once a quorum is ready for it, and blocks say "
    "so") {
  GovernedLedger ledger(4);

  for (std::size_t i = 0; i < 3; ++i) ledger.declare_ready(ledger.validators[i], 2);
  const Height from{ledger.head().height.value + 9};

  const auto id = ledger.decide(tx::ProtocolActivationContent{2, from});
  CHECK(ledger.status(id) == ProposalStatus::kInEffect);
  CHECK(ledger::newest_protocol_record(ledger.state()) == ledger::ProtocolRecord{2, from});

  while (ledger.head().height.next() < from) CHECK(ledger.block().protocol_version == 1);
  CHECK(ledger.block().protocol_version == 2);
  CHECK(ledger.head().height == from);
  CHECK(ledger.block().protocol_version == 2);

  CHECK_FALSE(ledger::protocol_stop(ledger.state()));
}

TEST_CASE(
    "not_ready: too few ready, too old a version, or a ready that lapsed make the activation "
    "void") {
  GovernedLedger ledger(4);

  const auto activate = [&] {
    return ledger.decide(
        tx::ProtocolActivationContent{2, Height{ledger.head().height.value + 100}});
  };

  ledger.declare_ready(ledger.validators[0], 2);
  ledger.declare_ready(ledger.validators[1], 2);
  ledger.declare_ready(ledger.validators[2], 1);
  CHECK(ledger.reason(activate()) == RejectionCode::kNotReady);

  ledger.declare_ready(ledger.validators[2], 2);
  ledger.declare_ready(ledger.validators[1], 1);  // rolled back: the latest counts
  CHECK(ledger.reason(activate()) == RejectionCode::kNotReady);

  ledger.declare_ready(ledger.validators[1], 2);
  ledger.pass_ms(31 * kDayMs);
  CHECK(ledger.reason(activate()) == RejectionCode::kNotReady);

  for (std::size_t i = 0; i < 3; ++i) ledger.declare_ready(ledger.validators[i], 2);
  CHECK(ledger.status(activate()) == ProposalStatus::kInEffect);
}

TEST_CASE(
    "protocol_not_newer: versions and heights ascend, and a height that has passed when due is "
    "void") {
  GovernedLedger ledger(1);
  ledger.declare_ready(ledger.validators[0], 9);

  const auto height = ledger.head().height.value;
  CHECK(refusal(ledger, tx::ProtocolActivationContent{2, Height{height + 1}}) ==
        RejectionCode::kProtocolNotNewer);

  const auto too_soon = ledger.propose(tx::ProtocolActivationContent{2, Height{height + 2}});
  ledger.approve(too_soon);
  ledger.block();
  CHECK(ledger.reason(too_soon) == RejectionCode::kProtocolNotNewer);

  const Height from{ledger.head().height.value + 50};
  ledger.decide(tx::ProtocolActivationContent{2, from});
  CHECK(refusal(ledger, tx::ProtocolActivationContent{2, Height{from.value + 10}}) ==
        RejectionCode::kProtocolNotNewer);
  CHECK(refusal(ledger, tx::ProtocolActivationContent{3, from}) ==
        RejectionCode::kProtocolNotNewer);
}

TEST_CASE(
    "a version that this build does not know is named ahead of time, with the height at which to "
    "stop") {
  GovernedLedger ledger(1);
  ledger.declare_ready(ledger.validators[0], 9);
  const Height from{ledger.head().height.value + 5};
  ledger.decide(tx::ProtocolActivationContent{9, from});
  const auto stop = ledger::protocol_stop(ledger.state());
  REQUIRE(stop);
  CHECK(stop->record == ledger::ProtocolRecord{9, from});
  CHECK(stop->text().find("height " + std::to_string(from.value)) != std::string::npos);
}

// ---- root replacement

TEST_CASE(
    "a lost root is replaced seven days after the vote: the old keys are worth nothing, the new "
    "one everything") {
  GovernedLedger ledger(1);

  const auto id = ledger.propose(new_root(ledger, ledger.issuer, "issuer/new root"));
  ledger.approve(id);
  CHECK(ledger.proposal_state(id).passed->due_ms == ledger.time_ms() + 7 * kDayMs);

  ledger.pass_ms(7 * kDayMs - 1'001);
  ledger.block();
  CHECK(ledger.status(id) == ProposalStatus::kPassed);
  ledger.block();
  CHECK(ledger.status(id) == ProposalStatus::kInEffect);

  CHECK(retire_issue_key(ledger, ledger.issuer) == RejectionCode::kKeyRetired);
  auto with_new_root = ledger.issuer;
  with_new_root.root = std::make_shared<const SecretKey>(key_named("issuer/new root"));
  CHECK(retire_issue_key(ledger, with_new_root) == std::nullopt);
  CHECK(ledger.institution(ledger.issuer).root_threshold == 1);
}

TEST_CASE("the old root can veto its replacement until it takes effect, but only once in 90 days") {
  GovernedLedger ledger(1);
  const auto veto = [&](const Actor& actor, const TransactionId& id) {
    return code(
        ledger.commit(ledger.make(actor, tx::VoteContent{id, false, true}, KeyPurpose::kRoot)));
  };
  const auto first = ledger.propose(new_root(ledger, ledger.issuer, "issuer/new root"));
  ledger.approve(first);
  ledger.pass_ms(7 * kDayMs - 2'000);
  CHECK(veto(ledger.issuer, first) == std::nullopt);
  const auto vetoed = ledger.proposal_state(first);
  CHECK(vetoed.status() == ProposalStatus::kVetoed);
  CHECK(vetoed.closed->actor == ledger.issuer.id);
  CHECK(veto(ledger.issuer, first) == RejectionCode::kProposalClosed);
  const auto vetoed_ms = ledger.time_ms();
  const auto second = ledger.propose(new_root(ledger, ledger.issuer, "issuer/new root"));
  ledger.approve(second);
  CHECK(veto(ledger.issuer, second) == RejectionCode::kVetoUsed);
  ledger.pass_ms(7 * kDayMs);
  ledger.block();
  CHECK(ledger.status(second) == ProposalStatus::kInEffect);
  // The new root has the same right once the window has passed.
  auto renewed = ledger.issuer;
  renewed.root = std::make_shared<const SecretKey>(key_named("issuer/new root"));
  ledger.pass_ms(vetoed_ms + 90 * kDayMs - ledger.time_ms() - 3'000);
  const auto third = ledger.propose(new_root(ledger, ledger.issuer, "issuer/third root"));
  CHECK(veto(renewed, third) == RejectionCode::kVetoUsed);
  ledger.block();
  CHECK(veto(renewed, third) == std::nullopt);  // an open vote too
}

TEST_CASE("not_vetoable: a root vetoes its own replacement and nothing else") {
  GovernedLedger ledger(1);
  const auto other = ledger.propose(new_root(ledger, ledger.agency, "agency/new root"));
  const auto admission =
      ledger.propose(tx::AdmissionContent{ledger.issuer.id, InstitutionClass::kAccreditor, false});
  for (const auto& id : {other, admission}) {
    CHECK(code(ledger.commit(ledger.make(ledger.issuer, tx::VoteContent{id, false, true},
                                         KeyPurpose::kRoot))) == RejectionCode::kNotVetoable);
  }
}

TEST_CASE(
    "key_exists, possession: a new root is nobody's key yet, and proves its possession for this "
    "institution") {
  GovernedLedger ledger(1);
  CHECK(refusal(ledger, new_root(ledger, ledger.issuer, "agency/root")) ==
        RejectionCode::kKeyExists);
  auto content = new_root(ledger, ledger.agency, "fresh root");
  content.institution = ledger.issuer.id;
  CHECK(refusal(ledger, content) == RejectionCode::kPossession);
}

}  // namespace testamur::test
