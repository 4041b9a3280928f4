// Changes of the validator set, the ready declarations that they need, and evidence against its
// members.
#include <algorithm>

#include "ledger/tx/consensus_statement.h"
#include "tests/ledger/governance_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

using ledger::Parameter;
using tx::ProposalStatus;
using Act = tx::ConsensusStatement::Act;

std::optional<RejectionCode> refusal(GovernedLedger& ledger, tx::ProposedAction action) {
  return code(ledger.commit(ledger.make(ledger.validators[0], ledger.proposal(std::move(action)))));
}

std::optional<RejectionCode> refusal(GovernedLedger& ledger, const Actor& author,
                                     const tx::ReadyContent& content) {
  return code(ledger.commit(ledger.make(author, content, KeyPurpose::kConsensus)));
}

// A statement of the actor's key in the current epoch.
Bytes statement(const GovernedLedger& ledger, const Actor& actor, Act act, std::uint64_t view,
                std::uint64_t block = 0) {
  tx::ConsensusStatement said;

  said.act = act;
  said.epoch = ledger::read_epoch(ledger.state());
  said.view = View{view};

  // A nullification names no block.
  if (act != Act::kNullify) {
    said.parent_view = View{view - 1};
    said.block = BlockId{hash_of(block).bytes};
  }

  const auto digest =
      signing_digest(ledger.chain(), ledger::read_validators(ledger.state()).digest(), said);
  said.signature = actor.consensus->sign(digest.view());
  return encode(said);
}

tx::EvidenceContent accuse(const Actor& actor, Bytes first, Bytes second) {
  if (second < first) std::swap(first, second);
  return {actor.id, std::move(first), std::move(second)};
}

std::optional<RejectionCode> refusal(GovernedLedger& ledger, const tx::EvidenceContent& content) {
  const auto built = tx::build(ledger.envelope(ledger.agency.id), content);
  if (const auto* rejection = std::get_if<Rejection>(&built)) return rejection->code;
  return code(ledger.commit(ledger.sign(built, KeyPurpose::kGovern, *ledger.agency.govern)));
}

}  // namespace

TEST_CASE(
    "a validator is added: the block seals, its children are of the next epoch and of the next "
    "set") {
  GovernedLedger ledger(4);

  const auto& newcomer = ledger.candidates[0];
  const auto before = ledger::read_validators(ledger.state());

  const auto ready = ledger.declare_ready(newcomer);
  ledger.decide(ledger.with(newcomer, ready));

  const auto after = ledger::read_validators(ledger.state());
  CHECK(after.size() == 5);
  CHECK(ledger.sits(newcomer));

  CHECK(ledger.head().next_validator_set == after.digest());
  CHECK(ledger.head().validator_set == before.digest());
  CHECK(ledger.head().epoch == Epoch{0});
  CHECK(ledger::read_epoch(ledger.state()) == Epoch{1});

  ledger.block();
  CHECK(ledger.head().epoch == Epoch{1});
  CHECK(ledger.head().validator_set == after.digest());
  CHECK(ledger.head().next_validator_set.is_zero());

  CHECK(ledger::validators_of_epoch(ledger.state(), Epoch{0})->digest() == before.digest());
  CHECK(ledger::validators_of_epoch(ledger.state(), Epoch{1})->digest() == after.digest());
  CHECK_FALSE(ledger::validators_of_epoch(ledger.state(), Epoch{2}));
}

TEST_CASE("who leaves the set leaves its consensus key: retired, it never has a seat again") {
  GovernedLedger ledger(4);
  auto& leaver = ledger.validators[3];
  ledger.decide(ledger.without(leaver));
  CHECK(ledger.set_size() == 3);
  CHECK(refusal(ledger, ledger.with(leaver, TransactionId{})) == RejectionCode::kSeatKey);
  CHECK(refusal(ledger, leaver, ledger.ready_of(leaver)) == RejectionCode::kKeyRetired);
  ledger.add_consensus_key(leaver, "v3/second");
  ledger.decide(ledger.with(leaver, ledger.declare_ready(leaver)));
  CHECK(ledger.set_size() == 4);
}

TEST_CASE(
    "a validator's key is replaced by a set change with the new key and its ready, in one sealing "
    "block") {
  GovernedLedger ledger(4);
  auto& validator = ledger.validators[1];
  const auto old_key = validator.key_of(KeyPurpose::kConsensus);
  ledger.add_consensus_key(validator, "v1/second");
  ledger.decide(ledger.with(validator, ledger.declare_ready(validator)));
  CHECK(ledger.set_size() == 4);
  CHECK(ledger::seat_of(ledger.state(), validator.id) == validator.key_of(KeyPurpose::kConsensus));
  CHECK(tx::read_key(ledger.state(), old_key)->retired.has_value());
  CHECK_FALSE(ledger.head().next_validator_set.is_zero());
}

TEST_CASE("sets from 1 to 31: grown from one to the most in one change, and back to one") {
  GovernedLedger ledger(1, 30);

  auto content = ledger.seats();
  for (const auto& candidate : ledger.candidates) {
    content.seats.push_back(
        {candidate.id, candidate.key_of(KeyPurpose::kConsensus), ledger.declare_ready(candidate)});
  }
  std::ranges::sort(content.seats, {}, &tx::Seat::institution);

  ledger.decide(content);
  CHECK(ledger.set_size() == 31);

  auto one = ledger.seats();
  one.seats.resize(1);
  ledger.decide(one);
  CHECK(ledger.set_size() == 1);
  CHECK(ledger::read_epoch(ledger.state()) == Epoch{2});

  auto too_many = content;
  too_many.seats.push_back({counting<InstitutionId>(0xf0), counting<KeyId>(0xf0), {}});
  std::ranges::sort(too_many.seats, {}, &tx::Seat::institution);

  const auto author = ledger.validators[0].id;
  for (const auto& bad : {too_many, tx::SetChangeContent{}}) {
    const auto built = tx::build(ledger.envelope(author), ledger.proposal(bad));
    REQUIRE(std::holds_alternative<Rejection>(built));
    CHECK(std::get<Rejection>(built).code == RejectionCode::kFieldRange);
  }
}

TEST_CASE(
    "two set changes that are due in one block take two: the second in the first block of the next "
    "epoch") {
  GovernedLedger ledger(5);

  const auto due_ms = ledger.time_ms() + kHourMs;
  const auto first = ledger.propose(ledger.without(ledger.validators[4]), due_ms);

  auto fewer = ledger.without(ledger.validators[4]);
  std::erase_if(fewer.seats,
                [&](const tx::Seat& seat) { return seat.institution == ledger.validators[3].id; });
  const auto second = ledger.propose(fewer, due_ms);

  ledger.approve(first);
  ledger.approve(second);
  ledger.pass_ms(kHourMs);
  ledger.block();

  CHECK(ledger.status(first) == ProposalStatus::kInEffect);
  CHECK(ledger.status(second) == ProposalStatus::kPassed);
  CHECK(ledger.head().epoch == Epoch{0});
  CHECK(ledger.set_size() == 4);

  ledger.block();
  CHECK(ledger.status(second) == ProposalStatus::kInEffect);
  CHECK(ledger.head().epoch == Epoch{1});
  CHECK_FALSE(ledger.head().next_validator_set.is_zero());
  CHECK(ledger.set_size() == 3);
}

TEST_CASE("a change that counts on a seat which another has taken meanwhile is void") {
  GovernedLedger ledger(5);
  const auto remove = ledger.propose(ledger.without(ledger.validators[4]));
  const auto other =
      ledger.propose(ledger.without(ledger.validators[3]));  // keeps validator 4 without a ready
  ledger.approve(remove);
  ledger.approve(other);
  ledger.block();
  ledger.block();
  CHECK(ledger.status(remove) == ProposalStatus::kInEffect);
  CHECK(ledger.status(other) == ProposalStatus::kVoid);
  CHECK(ledger.reason(other) == RejectionCode::kSeatKey);
  CHECK(ledger.set_size() == 4);
}

TEST_CASE(
    "ready_lapsed: a ready lives 30 days, and a change whose ready has lapsed when due is void") {
  GovernedLedger ledger(4);

  const auto& newcomer = ledger.candidates[0];
  const auto ready = ledger.declare_ready(newcomer);
  const auto ready_ms = ledger.time_ms();
  const auto due_ms = ready_ms + 30 * kDayMs;

  const auto too_late = ledger.propose(ledger.with(newcomer, ready), due_ms);
  const auto in_time = ledger.propose(ledger.with(newcomer, ready), due_ms - 1'000);
  ledger.approve(too_late);
  ledger.pass_ms(due_ms - ledger.time_ms() - 1'000);

  ledger.block();
  CHECK(ledger.status(too_late) == ProposalStatus::kVoid);
  CHECK(ledger.reason(too_late) == RejectionCode::kReadyLapsed);
  CHECK(ledger.status(in_time) == ProposalStatus::kLapsed);

  CHECK(refusal(ledger, ledger.with(newcomer, ready)) == RejectionCode::kReadyLapsed);

  const auto again = ledger.declare_ready(newcomer);
  const auto last_moment =
      ledger.propose(ledger.with(newcomer, again), ledger.time_ms() + 30 * kDayMs - 1'000);
  ledger.approve(last_moment);

  const auto last_due_ms = ledger.proposal_state(last_moment).passed->due_ms;
  ledger.pass_ms(last_due_ms - ledger.time_ms() - 1'000);
  ledger.block();
  CHECK(ledger.status(last_moment) == ProposalStatus::kInEffect);
}

TEST_CASE("ready_needed: an incoming seat names a ready of its own key") {
  GovernedLedger ledger(4, 2);
  CHECK(refusal(ledger, ledger.with(ledger.candidates[0], TransactionId{})) ==
        RejectionCode::kReadyNeeded);
  CHECK(refusal(ledger, ledger.with(ledger.candidates[0], TransactionId{hash_of(3).bytes})) ==
        RejectionCode::kReadyNeeded);
  const auto of_another = ledger.declare_ready(ledger.candidates[1]);
  CHECK(refusal(ledger, ledger.with(ledger.candidates[0], of_another)) ==
        RejectionCode::kReadyNeeded);
}

TEST_CASE("ready_protocol: a node that does not know the activated version gets no seat") {
  GovernedLedger ledger(1);
  ledger.declare_ready(ledger.validators[0], 2);
  const auto old_build = ledger.declare_ready(ledger.candidates[0], 1);
  ledger.decide(tx::ProtocolActivationContent{2, Height{ledger.head().height.value + 20}});
  CHECK(refusal(ledger, ledger.with(ledger.candidates[0], old_build)) ==
        RejectionCode::kReadyProtocol);
  const auto new_build = ledger.declare_ready(ledger.candidates[0], 2);
  CHECK(refusal(ledger, ledger.with(ledger.candidates[0], new_build)) == std::nullopt);
}

TEST_CASE("seat_class: a seat belongs to an institution of class validator in good standing") {
  GovernedLedger ledger(4, 1);
  auto& newcomer = ledger.candidates[0];
  const auto ready = ledger.declare_ready(newcomer);
  ledger.add_consensus_key(ledger.issuer, "issuer/consensus");
  const auto of_issuer = ledger.declare_ready(ledger.issuer);
  CHECK(refusal(ledger, ledger.with(ledger.issuer, of_issuer)) == RejectionCode::kSeatClass);
  ledger.decide(tx::SuspensionContent{newcomer.id, false});
  CHECK(refusal(ledger, ledger.with(newcomer, ready)) == RejectionCode::kSeatClass);
  ledger.decide(tx::AdmissionContent{ledger.issuer.id, tx::InstitutionClass::kValidator, false});
  ledger.decide(ledger.with(ledger.issuer, of_issuer));
  CHECK(ledger.sits(ledger.issuer));
}

TEST_CASE("seat_key: a seat names a consensus key of its institution") {
  GovernedLedger ledger(4);

  auto content = ledger.seats();
  content.seats[0].consensus_key = ledger.candidates[0].key_of(KeyPurpose::kConsensus);
  CHECK(refusal(ledger, content) == RejectionCode::kSeatKey);

  content.seats[0].consensus_key = counting<KeyId>(0x33);
  CHECK(refusal(ledger, content) == RejectionCode::kSeatKey);

  auto govern = ledger.with(ledger.candidates[0], TransactionId{});
  for (auto& seat : govern.seats) {
    if (seat.institution == ledger.candidates[0].id) {
      seat.consensus_key = ledger.candidates[0].key_of(KeyPurpose::kGovern);
    }
  }

  CHECK(refusal(ledger, govern) == RejectionCode::kSeatKey);
}

TEST_CASE("set_unchanged: a set change changes the set") {
  GovernedLedger ledger(4);
  CHECK(refusal(ledger, ledger.seats()) == RejectionCode::kSetUnchanged);
}

TEST_CASE(
    "key_in_set: a consensus key with a seat is neither retired nor rotated, one without is") {
  GovernedLedger ledger(2);

  auto& validator = ledger.validators[0];
  const auto seated = validator.key_of(KeyPurpose::kConsensus);
  const auto retire = [&](const KeyId& key, std::uint64_t compromised_since_ms = 0) {
    return code(ledger.commit(ledger.make(
        validator, tx::KeyRetireContent{key, compromised_since_ms}, KeyPurpose::kRoot)));
  };

  CHECK(retire(seated) == RejectionCode::kKeyInSet);

  const auto fresh = key_named("v0/rotated");
  tx::KeyRotateContent rotation{seated, {KeyPurpose::kConsensus, fresh.public_key(), {}}};
  const auto message =
      possession_message(ledger.chain(), validator.id, KeyPurpose::kConsensus, fresh.public_key());
  rotation.added.possession = fresh.sign(message.view());
  CHECK(code(ledger.commit(ledger.make(validator, rotation, KeyPurpose::kRoot))) ==
        RejectionCode::kKeyInSet);

  ledger.add_consensus_key(validator, "v0/second");
  const auto second = validator.key_of(KeyPurpose::kConsensus);
  CHECK(retire(second, kGenesisTimeMs) ==
        RejectionCode::kFieldConflict);  // says nothing of a consensus key
  CHECK(retire(second) == std::nullopt);
}

// ---- ready

TEST_CASE(
    "a ready names a block of this ledger that is at most ten minutes old in the block that "
    "commits it") {
  GovernedLedger ledger(1);

  const auto& actor = ledger.candidates[0];
  ledger.block();

  const auto content = ledger.ready_of(actor);

  for (int i = 0; i < 5; ++i) ledger.block();
  ledger.pass_ms(10 * kMinuteMs - 5'000 - 1'000);

  CHECK(refusal(ledger, actor, content) == std::nullopt);

  const auto ready = tx::latest_ready(ledger.state(), content.consensus_key);
  REQUIRE(ready);
  CHECK(ready->institution == actor.id);
  CHECK(ready->content.checkpoint == content.checkpoint);
  CHECK(ready->content.software_version == "0.1.0");
}

TEST_CASE("checkpoint_old: one millisecond too late") {
  GovernedLedger ledger(1);
  ledger.block();
  const auto content = ledger.ready_of(ledger.candidates[0]);
  ledger.pass_ms(10 * kMinuteMs - 1'000 + 1);
  CHECK(refusal(ledger, ledger.candidates[0], content) == RejectionCode::kCheckpointOld);
}

TEST_CASE(
    "checkpoint_unknown: another chain's block, another height, the block itself, and long ago") {
  GovernedLedger ledger(1);
  const auto& actor = ledger.candidates[0];

  auto content = ledger.ready_of(actor);
  content.checkpoint = BlockId{hash_of(9).bytes};
  CHECK(refusal(ledger, actor, content) == RejectionCode::kCheckpointUnknown);

  content = ledger.ready_of(actor);
  content.checkpoint_height = content.checkpoint_height.next();
  CHECK(refusal(ledger, actor, content) == RejectionCode::kCheckpointUnknown);
  content.checkpoint = BlockId{};  // the block in which it would stand has no id yet
  CHECK(refusal(ledger, actor, content) == RejectionCode::kCheckpointUnknown);

  content = ledger.ready_of(actor);
  ledger.pass_ms(kDayMs);
  ledger.block();
  CHECK(refusal(ledger, actor, content) == RejectionCode::kCheckpointUnknown);
}

TEST_CASE("ready_key: a ready is signed by the very key that it names") {
  GovernedLedger ledger(1);
  auto& actor = ledger.candidates[0];
  const auto content = ledger.ready_of(actor);
  ledger.add_consensus_key(actor, "c0/second");
  auto of_first = ledger.ready_of(actor);
  of_first.consensus_key = content.consensus_key;
  CHECK(refusal(ledger, actor, of_first) == RejectionCode::kReadyKey);
  CHECK(code(ledger.commit(ledger.make(actor, content, KeyPurpose::kGovern))) ==
        RejectionCode::kKeyPurpose);
}

TEST_CASE("what is known of recent blocks does not grow with the ledger") {
  GovernedLedger ledger(1);
  for (int i = 0; i < 40; ++i) {
    ledger.pass_ms(kMinuteMs);
    ledger.block();
  }
  const auto entries = ledger.state().entry_count();
  for (int i = 0; i < 40; ++i) {
    ledger.pass_ms(kMinuteMs);
    ledger.block();
  }
  CHECK(ledger.state().entry_count() == entries);
}

// ---- evidence

TEST_CASE(
    "two contradicting statements of one key are recorded once, whoever shows them, also after the "
    "epoch") {
  GovernedLedger ledger(4);

  const auto& liar = ledger.validators[2];
  const auto twice = accuse(liar, statement(ledger, liar, Act::kNotarize, 7, 1),
                            statement(ledger, liar, Act::kNotarize, 7, 2));
  const auto both = accuse(liar, statement(ledger, liar, Act::kNullify, 8),
                           statement(ledger, liar, Act::kFinalize, 8, 1));
  const auto again = accuse(liar, statement(ledger, liar, Act::kPropose, 7, 1),
                            statement(ledger, liar, Act::kPropose, 7, 2));

  CHECK(refusal(ledger, twice) == std::nullopt);

  ledger.decide(ledger.without(ledger.validators[3]));
  CHECK(refusal(ledger, both) == std::nullopt);

  // Another view of the same key is a second piece; other statements of the same view are the same
  // piece.
  CHECK(refusal(ledger, twice) == RejectionCode::kEvidenceKnown);
  CHECK(refusal(ledger, again) == RejectionCode::kEvidenceKnown);

  REQUIRE(tx::evidence_count(ledger.state()) == 2);
  const auto name = tx::evidence_at_ordinal(ledger.state(), 1);
  CHECK(name == tx::EvidenceName{liar.key_of(KeyPurpose::kConsensus), Epoch{0}, View{8}});

  const auto record = tx::read_evidence(ledger.state(), name);
  REQUIRE(record);
  CHECK(record->content.institution == liar.id);
  CHECK(record->accuser == ledger.agency.id);
  CHECK(record->content.first == both.first);
}

TEST_CASE(
    "no_contradiction: notarize and nullify, another view, the same block, and two nullify are no "
    "misbehaviour") {
  GovernedLedger ledger(4);
  const auto& v = ledger.validators[2];

  const auto said = [&](Act act, std::uint64_t view, std::uint64_t block = 0) {
    return statement(ledger, v, act, view, block);
  };

  CHECK(refusal(ledger, accuse(v, said(Act::kNotarize, 7, 1), said(Act::kNullify, 7))) ==
        RejectionCode::kNoContradiction);
  CHECK(refusal(ledger, accuse(v, said(Act::kNotarize, 7, 1), said(Act::kNotarize, 8, 2))) ==
        RejectionCode::kNoContradiction);
  CHECK(refusal(ledger, accuse(v, said(Act::kNotarize, 7, 1), said(Act::kNotarize, 7, 1))) ==
        RejectionCode::kNoContradiction);
  CHECK(refusal(ledger, accuse(v, said(Act::kNotarize, 7, 1), said(Act::kFinalize, 7, 2))) ==
        RejectionCode::kNoContradiction);
  CHECK(refusal(ledger, accuse(v, said(Act::kNullify, 7), said(Act::kNullify, 7))) ==
        RejectionCode::kNoContradiction);
}

TEST_CASE("evidence_signature: a statement that the accused's key did not sign accuses nobody") {
  GovernedLedger ledger(4);

  const auto& accused = ledger.validators[2];
  const auto nullify =
      statement(ledger, accused, Act::kNullify, 7);  // the first of the two, by its act
  const auto finalize = statement(ledger, accused, Act::kFinalize, 7, 2);

  const auto damaged = [](Bytes bytes) {
    bytes.back() ^= 1;
    return bytes;
  };

  CHECK(refusal(ledger, accuse(accused, damaged(nullify), finalize)) ==
        RejectionCode::kEvidenceSignature);
  CHECK(refusal(ledger, accuse(accused, nullify, damaged(finalize))) ==
        RejectionCode::kEvidenceSignature);

  const auto& other = ledger.validators[1];
  CHECK(refusal(ledger, accuse(accused, statement(ledger, other, Act::kNullify, 7), finalize)) ==
        RejectionCode::kEvidenceSignature);
  CHECK(refusal(ledger, accuse(accused, nullify, statement(ledger, other, Act::kFinalize, 7, 2))) ==
        RejectionCode::kEvidenceSignature);

  // And both unharmed, it is evidence.
  CHECK(refusal(ledger, accuse(accused, nullify, finalize)) == std::nullopt);
}

TEST_CASE("no_such_seat: who did not sit in the set of that epoch cannot have misbehaved in it") {
  GovernedLedger ledger(4);
  const auto& candidate = ledger.candidates[0];
  CHECK(refusal(ledger, accuse(candidate, statement(ledger, candidate, Act::kFinalize, 7, 1),
                               statement(ledger, candidate, Act::kFinalize, 7, 2))) ==
        RejectionCode::kNoSuchSeat);
  auto first = statement(ledger, ledger.validators[0], Act::kFinalize, 7, 1);
  auto second = statement(ledger, ledger.validators[0], Act::kFinalize, 7, 2);
  first[8] = second[8] = 1;  // an epoch that has not begun
  CHECK(refusal(ledger, accuse(ledger.validators[0], first, second)) == RejectionCode::kNoSuchSeat);
}

TEST_CASE("evidence has one form: two whole statements, ascending") {
  GovernedLedger ledger(4);
  const auto& v = ledger.validators[2];
  const auto a = statement(ledger, v, Act::kFinalize, 7, 1);
  const auto b = statement(ledger, v, Act::kFinalize, 7, 2);
  CHECK(refusal(ledger, tx::EvidenceContent{v.id, std::max(a, b), std::min(a, b)}) ==
        RejectionCode::kNotSorted);
  auto longer = std::max(a, b);
  longer.push_back(0);
  CHECK(refusal(ledger, tx::EvidenceContent{v.id, std::min(a, b), longer}) ==
        RejectionCode::kFieldLength);
  CHECK(refusal(ledger, tx::EvidenceContent{v.id, Bytes(81, 9), std::max(a, b)}) ==
        RejectionCode::kFieldLength);
}

}  // namespace testamur::test
