// Proposals and votes: who may, until when, and what becomes of them.
#include "tests/ledger/governance_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

using ledger::Parameter;
using tx::ProposalStatus;

tx::ParameterChangeContent heartbeat(std::uint64_t value_ms) {
  return {{{Parameter::kHeartbeatMs, value_ms}}};
}

std::uint64_t heartbeat_of(const GovernedLedger& ledger) {
  return ledger::read_parameters(ledger.state())[Parameter::kHeartbeatMs];
}

template <class Content>
std::optional<RejectionCode> refusal(GovernedLedger& ledger, const Actor& author,
                                     const Content& content,
                                     KeyPurpose purpose = KeyPurpose::kGovern) {
  return code(ledger.commit(ledger.make(author, content, purpose)));
}

}  // namespace

TEST_CASE(
    "a proposal passes with the first vote that makes more than two thirds, and takes effect in "
    "the next block") {
  struct Case {
    std::size_t validators, needed;
  };
  for (const auto& [validators, needed] : {Case{1, 1}, {2, 2}, {3, 3}, {4, 3}, {5, 4}, {7, 5}}) {
    CAPTURE(validators);
    GovernedLedger ledger(validators);
    const auto id = ledger.propose(heartbeat(20'000));

    for (std::size_t i = 0; i < needed; ++i) {
      CHECK(ledger.status(id) == ProposalStatus::kOpen);
      CHECK(ledger.vote(ledger.validators[i], id) == std::nullopt);
    }

    CHECK(ledger.status(id) == ProposalStatus::kPassed);
    CHECK(heartbeat_of(ledger) == 30'000);

    const auto passed_at = ledger.head().height;
    ledger.block();
    CHECK(heartbeat_of(ledger) == 20'000);

    const auto proposal = ledger.proposal_state(id);
    CHECK(proposal.status() == ProposalStatus::kInEffect);
    CHECK(proposal.passed->at.height == passed_at);
    CHECK(proposal.closed->at.height == passed_at.next());
    CHECK(proposal.closed->cause.transaction == id);
  }
}

TEST_CASE(
    "what is decided takes effect in the first block at or after its time, in an empty one too") {
  GovernedLedger ledger(4);
  const auto due_ms = ledger.time_ms() + kHourMs;

  const auto id = ledger.propose(heartbeat(20'000), due_ms);
  ledger.approve(id);
  CHECK(ledger.proposal_state(id).passed->due_ms == due_ms);

  ledger.pass_ms(due_ms - ledger.time_ms() - 1'001);
  ledger.block();
  CHECK(ledger.time_ms() == due_ms - 1);
  CHECK(ledger.status(id) == ProposalStatus::kPassed);

  ledger.block();
  CHECK(ledger.status(id) == ProposalStatus::kInEffect);
  CHECK(ledger.proposal_state(id).closed->at.time_ms == ledger.time_ms());
}

TEST_CASE(
    "a parameter change holds for the children of the block in which it takes effect, and its "
    "header says so") {
  GovernedLedger ledger(1);
  const auto before = ledger.head().parameters;
  const auto id =
      ledger.propose(tx::ParameterChangeContent{{{Parameter::kValidityWindowMs, kDayMs}}});
  CHECK(ledger.vote(ledger.validators[0], id) == std::nullopt);
  CHECK(ledger.head().parameters == before);
  auto late = ledger.envelope(ledger.issuer.id);
  late.valid_until_ms = ledger.time_ms() + 20 * kHourMs;
  const auto transaction = ledger.sign(tx::build(late, trust_in(ledger.agency.id)),
                                       KeyPurpose::kGovern, *ledger.issuer.govern);
  // In the very block in which the change takes effect the parent's parameters hold.
  CHECK(code(ledger.commit(transaction)) == RejectionCode::kValidTooLong);
  ledger.block();
  CHECK(ledger.head().parameters == parameters_digest(ledger::read_parameters(ledger.state())));
  CHECK(ledger.head().parameters != before);
  CHECK(code(ledger.commit(transaction)) == std::nullopt);
}

TEST_CASE(
    "a proposal that has not passed when voting ends lapses, and what comes after is refused") {
  GovernedLedger ledger(4);
  const auto id = ledger.propose(heartbeat(20'000));
  const auto ends_ms = ledger.proposal_state(id).proposed.content.voting_ends_ms;
  CHECK(ledger.vote(ledger.validators[0], id) == std::nullopt);
  CHECK(ledger.vote(ledger.validators[1], id) == std::nullopt);
  ledger.pass_ms(ends_ms - ledger.time_ms() - 1'000);
  // The vote that would have sufficed stands in a block of the very time at which voting ends.
  CHECK(ledger.vote(ledger.validators[2], id) == RejectionCode::kProposalClosed);
  ledger.block();
  CHECK(ledger.time_ms() == ends_ms);
  CHECK(ledger.status(id) == ProposalStatus::kLapsed);
  CHECK(ledger.vote(ledger.validators[2], id) == RejectionCode::kProposalClosed);
  CHECK(tx::open_proposals(ledger.state()).empty());
}

TEST_CASE("the last vote of a validator counts") {
  GovernedLedger ledger(4);
  const auto id = ledger.propose(heartbeat(20'000));
  CHECK(ledger.vote(ledger.validators[0], id) == std::nullopt);
  CHECK(ledger.vote(ledger.validators[1], id) == std::nullopt);
  CHECK(ledger.vote(ledger.validators[0], id, false) == std::nullopt);
  CHECK(ledger.vote(ledger.validators[2], id) == std::nullopt);
  CHECK(ledger.status(id) == ProposalStatus::kOpen);
  const auto tally = tx::tally(ledger.state(), ledger.proposal_state(id));
  CHECK(tally.approvals == 2);
  CHECK(tally.needed() == 3);
  CHECK(ledger.vote(ledger.validators[0], id) == std::nullopt);
  CHECK(ledger.status(id) == ProposalStatus::kPassed);
}

TEST_CASE("votes of those who left the set do not count, not even when they come back") {
  GovernedLedger ledger(4, 1);

  const auto id = ledger.propose(heartbeat(20'000));
  CHECK(ledger.vote(ledger.validators[3], id) == std::nullopt);
  CHECK(ledger.vote(ledger.validators[1], id) == std::nullopt);

  ledger.decide(ledger.without(ledger.validators[3]));
  REQUIRE_FALSE(ledger.sits(ledger.validators[3]));
  CHECK(tx::tally(ledger.state(), ledger.proposal_state(id)).approvals == 1);

  ledger.add_consensus_key(ledger.validators[3], "v3/second");
  ledger.decide(ledger.with(ledger.validators[3], ledger.declare_ready(ledger.validators[3])));
  REQUIRE(ledger.sits(ledger.validators[3]));
  CHECK(tx::tally(ledger.state(), ledger.proposal_state(id)).approvals == 1);

  CHECK(ledger.vote(ledger.validators[3], id) == std::nullopt);
  CHECK(tx::tally(ledger.state(), ledger.proposal_state(id)).approvals == 2);
}

TEST_CASE(
    "a smaller set may be enough for a proposal that was not: it passes in the block of the "
    "change") {
  GovernedLedger ledger(4);
  const auto id = ledger.propose(heartbeat(20'000));

  CHECK(ledger.vote(ledger.validators[0], id) == std::nullopt);
  CHECK(ledger.vote(ledger.validators[1], id) == std::nullopt);

  auto two = ledger.without(ledger.validators[2]);
  std::erase_if(two.seats,
                [&](const tx::Seat& seat) { return seat.institution == ledger.validators[3].id; });
  ledger.decide(two);

  CHECK(ledger.set_size() == 2);
  CHECK(ledger.status(id) == ProposalStatus::kPassed);
  CHECK(ledger.proposal_state(id).passed->at.height == ledger.head().height);

  ledger.block();
  CHECK(ledger.status(id) == ProposalStatus::kInEffect);
}

TEST_CASE(
    "not_seated: who does not sit in the set neither proposes nor votes, whatever its class") {
  GovernedLedger ledger(1);
  CHECK(refusal(ledger, ledger.candidates[0], ledger.proposal(heartbeat(20'000))) ==
        RejectionCode::kNotSeated);
  const auto id = ledger.propose(heartbeat(20'000));
  CHECK(ledger.vote(ledger.candidates[0], id) == RejectionCode::kNotSeated);
  CHECK(ledger.vote(ledger.issuer, id) == RejectionCode::kNotSeated);
  CHECK(refusal(ledger, ledger.issuer, ledger.proposal(heartbeat(20'000))) ==
        RejectionCode::kAuthorClass);
}

TEST_CASE("voting_time: voting ends after the block and within the limit") {
  GovernedLedger ledger(1);
  auto content = ledger.proposal(heartbeat(20'000));
  content.voting_ends_ms = ledger.time_ms() + 1'000;  // the block's own time
  CHECK(refusal(ledger, ledger.validators[0], content) == RejectionCode::kVotingTime);
  content.voting_ends_ms = ledger.time_ms() + 1'000 + 90 * kDayMs + 1;
  CHECK(refusal(ledger, ledger.validators[0], content) == RejectionCode::kVotingTime);
  content.voting_ends_ms -= 1;
  CHECK(refusal(ledger, ledger.validators[0], content) == std::nullopt);
}

TEST_CASE("effective_time: a decision is not made for a time beyond the limit") {
  GovernedLedger ledger(1);
  auto content = ledger.proposal(heartbeat(20'000), ledger.time_ms() + 1'000 + 365 * kDayMs + 1);
  CHECK(refusal(ledger, ledger.validators[0], content) == RejectionCode::kEffectiveTime);
  content.effective_ms -= 1;
  CHECK(refusal(ledger, ledger.validators[0], content) == std::nullopt);
}

TEST_CASE(
    "too_many_proposals: the open ones of an author and of the ledger are limited, closed ones "
    "make room") {
  ledger::Parameters parameters;

  REQUIRE(parameters.set(Parameter::kOpenProposalsLimit, 3).ok());
  REQUIRE(parameters.set(Parameter::kAuthorOpenProposalsLimit, 2).ok());
  GovernedLedger ledger(2, 1, parameters);

  const auto first = ledger.propose(heartbeat(20'001));
  ledger.propose(heartbeat(20'002));
  CHECK(refusal(ledger, ledger.validators[0], ledger.proposal(heartbeat(20'003))) ==
        RejectionCode::kTooManyProposals);

  ledger.propose(ledger.validators[1], ledger.proposal(heartbeat(20'003)));
  CHECK(refusal(ledger, ledger.validators[1], ledger.proposal(heartbeat(20'004))) ==
        RejectionCode::kTooManyProposals);

  ledger.approve(first);
  ledger.block();
  CHECK(refusal(ledger, ledger.validators[1], ledger.proposal(heartbeat(20'004))) == std::nullopt);
}

TEST_CASE("unknown_proposal: a vote names a proposal of the ledger") {
  GovernedLedger ledger(1);
  CHECK(ledger.vote(ledger.validators[0], TransactionId{hash_of(1).bytes}) ==
        RejectionCode::kUnknownProposal);
}

TEST_CASE("proposal_closed: a proposal that passed takes no more votes") {
  GovernedLedger ledger(4);
  const auto id = ledger.propose(heartbeat(20'000), ledger.time_ms() + kHourMs);
  ledger.approve(id);
  CHECK(ledger.vote(ledger.validators[3], id, false) == RejectionCode::kProposalClosed);
}

TEST_CASE("vote_unchanged: the same vote again is refused") {
  GovernedLedger ledger(4);
  const auto id = ledger.propose(heartbeat(20'000));
  CHECK(ledger.vote(ledger.validators[0], id, false) == std::nullopt);
  CHECK(ledger.vote(ledger.validators[0], id, false) == RejectionCode::kVoteUnchanged);
  CHECK(ledger.vote(ledger.validators[0], id, true) == std::nullopt);
}

TEST_CASE("key_purpose: votes are signed by govern keys, vetoes by roots") {
  GovernedLedger ledger(4);
  const auto id = ledger.propose(heartbeat(20'000));
  CHECK(refusal(ledger, ledger.validators[0], tx::VoteContent{id, true, false},
                KeyPurpose::kRoot) == RejectionCode::kKeyPurpose);
  CHECK(refusal(ledger, ledger.validators[0], tx::VoteContent{id, false, true}) ==
        RejectionCode::kKeyPurpose);
}

TEST_CASE(
    "proposals are listed in order, closed ones too, and their records decode to what was "
    "encoded") {
  GovernedLedger ledger(1);
  const auto first = ledger.propose(heartbeat(20'000));
  const auto second = ledger.propose(
      tx::AdmissionContent{ledger.issuer.id, tx::InstitutionClass::kAccreditor, false});

  ledger.approve(first);
  ledger.block();

  REQUIRE(tx::proposal_count(ledger.state()) == 2);
  CHECK(tx::proposal_at_ordinal(ledger.state(), 0) == first);
  CHECK(tx::proposal_at_ordinal(ledger.state(), 1) == second);
  CHECK(tx::open_proposals(ledger.state()) == std::vector{second});

  const auto& proposed = ledger.proposal_state(second).proposed;
  CHECK(proposed.actor == ledger.validators[0].id);
  auto bytes = encode(proposed);

  const auto decoded = tx::decode_proposal(second, proposed.at, bytes);
  REQUIRE(decoded.ok());
  CHECK(decoded->content == proposed.content);

  bytes.push_back(0);
  CHECK_FALSE(tx::decode_proposal(second, proposed.at, bytes).ok());
  bytes.resize(bytes.size() - 2);
  CHECK_FALSE(tx::decode_proposal(second, proposed.at, bytes).ok());
}

}  // namespace testamur::test
