// How a proposal stands, in words: what has passed is not in effect yet, and when it will be.
#include "wallet/cli/commands/proposals.h"

#include "tests/support/catch.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/proposal_obstacles.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;
using Class = tx::InstitutionClass;

constexpr std::uint64_t kNoon = 1'796'126'400'000;  // 2026-12-01 12:00 UTC

InstitutionId party(std::uint8_t number) { return InstitutionId::prefix_of(Bytes(16, number)); }

ProposalAnswer admission(ProposalState state) {
  ProposalAnswer view;
  view.id = TransactionId::prefix_of(Bytes(32, 9));
  view.content = tx::ProposalContent{kNoon, 0, tx::AdmissionContent{party(1), Class::kAccreditor}};
  view.state = state;
  return view;
}

// Four validators, of which party 1 is the author; party 7 is a member without a seat.
GovernanceFacts governance_facts() {
  GovernanceFacts facts;
  facts.author = party(1);
  facts.now_ms = kNoon;
  for (std::uint8_t i = 1; i <= 4; ++i) {
    SeatAnswer seat;
    seat.institution.id = party(i);
    facts.validators.seats.push_back(seat);
  }
  facts.validators.protocol_in_force = 3;
  facts.parameters.values = {{"heartbeat_ms", 600'000},
                             {"voting_time_limit_ms", 90'000},
                             {"effective_delay_limit_ms", 90'000}};
  auto& member = facts.parties[party(7)];
  member.name.id = party(7);
  member.name.name_now = "Seven";
  member.institution_class = Class::kIssuer;
  member.standing = trust::Standing::kGood;
  return facts;
}

std::string obstacle(const tx::ProposedAction& action, const GovernanceFacts& facts) {
  return proposal_obstacle({kNoon + 1, 0, action}, facts).value_or(Obstacle{{}, "none"}).text;
}

bool says(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("what the ledger would refuse of a proposal is told before anybody is asked") {
  const auto facts = governance_facts();
  const tx::AdmissionContent raise{party(7), Class::kAccreditor};
  CHECK(obstacle(raise, facts) == "none");
  CHECK(says(obstacle(tx::AdmissionContent{party(7), Class::kIssuer}, facts), "already"));
  CHECK(obstacle(tx::SuspensionContent{party(7), false}, facts) == "none");
  CHECK(says(obstacle(tx::SuspensionContent{party(7), true}, facts), "standing \"good\""));

  auto other = facts;
  other.author = party(7);
  CHECK(says(obstacle(raise, other), "only an institution with a seat"));

  for (const auto standing :
       {trust::Standing::kLeft, trust::Standing::kClosed, trust::Standing::kSuspended}) {
    other = facts;
    other.parties[party(7)].standing = standing;
    CHECK(obstacle(raise, other) != "none");
    CHECK(obstacle(tx::SuspensionContent{party(7), false}, other) != "none");
  }

  other = facts;
  other.parties[party(7)].institution_class = Class::kListed;
  CHECK(says(obstacle(raise, other), "only listed"));

  other = facts;
  other.parties[party(2)] = other.parties[party(7)];
  CHECK(says(obstacle(tx::AdmissionContent{party(2), Class::kAccreditor}, other), "has a seat"));

  const tx::SetChangeContent seat{{{party(7), KeyId{}, TransactionId{}}}};
  CHECK(says(obstacle(seat, facts), "becomes a validator first"));
  other = facts;
  other.parties[party(7)].institution_class = Class::kValidator;
  CHECK(obstacle(seat, other) == "none");

  CHECK(says(obstacle(tx::ProtocolActivationContent{3, Height{9}}, facts), "activated already"));
  CHECK(obstacle(tx::ProtocolActivationContent{4, Height{9}}, facts) == "none");

  other = facts;
  other.height = Height{9};
  CHECK(says(obstacle(tx::ProtocolActivationContent{4, Height{9}}, other), "is past"));
  CHECK(obstacle(tx::ProtocolActivationContent{4, Height{10}}, other) == "none");

  other = facts;
  other.validators.seats.resize(1);
  CHECK(says(obstacle(tx::SuspensionContent{party(1), false}, other), "only validator"));

  // A successor has agreed to this succession, and to no other.
  const tx::SuccessionContent merger{
      tx::SuccessionKind::kMerge, true, party(7), {party(5), party(6)}, {party(7)}};
  CHECK(says(obstacle(merger, facts), "Seven has not agreed"));
  other = facts;
  SuccessionAnswer agreed;
  agreed.kind = "merge";
  agreed.parties_known = true;
  agreed.predecessors.resize(2);
  agreed.predecessors[0].id = party(5);
  agreed.predecessors[1].id = party(6);
  agreed.successors.resize(1);
  agreed.successors[0].id = party(7);
  other.parties[party(7)].successions = {agreed};
  CHECK(obstacle(merger, other) == "none");
  other.parties[party(7)].successions[0].predecessors[1].id = party(8);
  CHECK(says(obstacle(merger, other), "has not agreed"));
  other.parties[party(7)].successions[0].parties_known = false;
  CHECK(obstacle(merger, other) == "none");

  const auto heartbeat = ledger::find_parameter("heartbeat_ms")->id;
  CHECK(says(obstacle(tx::ParameterChangeContent{{{heartbeat, 600'000}}}, facts), "in force"));
  CHECK(obstacle(tx::ParameterChangeContent{{{heartbeat, 600'001}}}, facts) == "none");

  CHECK(says(proposal_obstacle({kNoon + 90'001, 0, raise}, facts)->text, "--voting-ends"));
  CHECK(says(proposal_obstacle({kNoon + 1, kNoon + 90'001, raise}, facts)->text, "--effective"));
}

TEST_CASE("what a node does not say is no obstacle to a proposal or a vote") {
  GovernanceFacts nothing;
  nothing.author = party(1);
  nothing.now_ms = kNoon;
  for (const tx::ProposedAction& action : std::initializer_list<tx::ProposedAction>{
           tx::AdmissionContent{party(7), Class::kAccreditor},
           tx::SuspensionContent{party(7), true},
           tx::SetChangeContent{{{party(7), KeyId{}, TransactionId{}}}},
           tx::ProtocolActivationContent{1, Height{9}},
           tx::ParameterChangeContent{{{ledger::find_parameter("heartbeat_ms")->id, 1}}}}) {
    CHECK(obstacle(action, nothing) == "none");
  }

  auto unnamed = governance_facts();
  unnamed.author = party(9);
  unnamed.validators.seats.emplace_back();
  CHECK(obstacle(tx::AdmissionContent{party(7), Class::kAccreditor}, unnamed) == "none");
  CHECK_FALSE(vote_obstacle(ProposalAnswer{}, true, party(1), ValidatorsAnswer{}, 0));
}

TEST_CASE("a vote that cannot count is not asked for") {
  const auto validators = governance_facts().validators;
  auto view = admission(ProposalState::kVoting);
  const auto why = [&](bool approve, std::uint8_t author, std::uint64_t now_ms) {
    return vote_obstacle(view, approve, party(author), validators, now_ms)
        .value_or(Obstacle{{}, "none"})
        .text;
  };
  CHECK(why(true, 1, kNoon - 1) == "none");
  CHECK(why(true, 1, 0) == "none");
  CHECK(says(why(true, 7, kNoon - 1), "only an institution with a seat"));
  CHECK(says(why(true, 1, kNoon), "the voting has ended, on"));

  VoteAnswer vote;
  vote.validator.id = party(1);
  vote.approve = true;
  view.votes = {vote};
  CHECK(says(why(true, 1, kNoon - 1), "has voted yes already"));
  CHECK(why(false, 1, kNoon - 1) == "none");

  for (const auto state : {ProposalState::kPassed, ProposalState::kDone, ProposalState::kLapsed,
                           ProposalState::kVoid, ProposalState::kVetoed}) {
    view = admission(state);
    CHECK(says(why(true, 1, kNoon - 1), "the voting has ended"));
  }
}

TEST_CASE("the same proposal is found among the open ones, whatever its days") {
  const auto view = admission(ProposalState::kVoting);
  auto later = *view.content;
  later.voting_ends_ms += 5;
  later.effective_ms = kNoon + 9;
  CHECK(proposed_already(later, {{view}, {}}) != nullptr);
  CHECK(proposed_already(later, {{admission(ProposalState::kPassed)}, {}}) != nullptr);
  CHECK(proposed_already(later, {{admission(ProposalState::kLapsed)}, {}}) == nullptr);
  later.action = tx::AdmissionContent{party(1), Class::kValidator};
  CHECK(proposed_already(later, {{view}, {}}) == nullptr);
}

TEST_CASE("a proposal whose voting has ended is not shown as voted on") {
  const auto view = admission(ProposalState::kVoting);
  CHECK(says(proposal_line(view, {}, kNoon - 1), "voting until"));
  CHECK(says(proposal_line(view, {}, kNoon), "the voting ended on"));
}

TEST_CASE("a proposal that has passed says when it takes effect") {
  auto view = admission(ProposalState::kPassed);
  view.due_ms = kNoon;
  CHECK(proposal_line(view, {}, kNoon - 1)
            .find("passed, and not in effect yet: it takes effect with the first "
                  "block at or after 2026-12-01 12:00 UTC") != std::string::npos);

  view.due_ms = 0;
  CHECK(proposal_line(view, {}, kNoon - 1).find("it takes effect at an unknown time") !=
        std::string::npos);
}

TEST_CASE("a proposal says in its first line whom it is about") {
  auto view = admission(ProposalState::kVoting);
  CHECK(says(proposal_line(view, {{to_text(party(1)), "Baltic\x1b Agency"}}, kNoon),
             "admission of Baltic"));
  CHECK(proposal_line(view, {{to_text(party(1)), "Baltic\x1b Agency"}}, kNoon).find('\x1b') ==
        std::string::npos);
  // Nobody is left out because nobody knows a name.
  CHECK(says(proposal_line(view, {}, kNoon), "admission of " + to_text(party(1))));
  CHECK(says(proposal_line(view, {{to_text(party(1)), ""}}, kNoon),
             "admission of " + to_text(party(1))));

  view.content->action = tx::SuspensionContent{party(7), false};
  CHECK(says(proposal_line(view, {{to_text(party(7)), "Seven"}}, kNoon), " of Seven, by "));
  view.content->action = tx::RootReplacementContent{party(7), {}, 1};
  CHECK(says(proposal_line(view, {{to_text(party(7)), "Seven"}}, kNoon), " of Seven, by "));
  view.content->action = tx::SetChangeContent{{}};
  CHECK(says(proposal_line(view, {}, kNoon), " to 0 validators, by "));
}

// "to 5 validators" does not say who would be thrown out.
TEST_CASE("an open change of the validator set says what it changes of the set in force") {
  const auto key = [](std::uint8_t number) { return KeyId::prefix_of(Bytes(32, number)); };
  ValidatorsAnswer in_force;
  for (const std::uint8_t i : {1, 2, 3}) {
    SeatAnswer seat;
    seat.institution.id = party(i);
    seat.consensus_key = key(i);
    in_force.seats.push_back(seat);
  }
  const NamesById names{{to_text(party(1)), "One"},
                        {to_text(party(2)), "Two"},
                        {to_text(party(3)), "Three"},
                        {to_text(party(7)), "Seven\x1b"}};
  auto view = admission(ProposalState::kVoting);
  const auto line = [&](const std::vector<tx::Seat>& seats) {
    view.content->action = tx::SetChangeContent{seats};
    return proposal_line(view, names, kNoon - 1, &in_force);
  };
  const tx::Seat one{party(1), key(1), {}}, two{party(2), key(2), {}}, three{party(3), key(3), {}};
  const tx::Seat seven{party(7), key(7), {}}, rekeyed{party(3), key(9), {}};

  CHECK(says(line({one, two, three, seven}), "to 4 validators (adds Seven"));
  CHECK(line({one, two, three, seven}).find('\x1b') == std::string::npos);
  CHECK(says(line({one, two}), "to 2 validators (removes Three), by "));
  CHECK(says(line({one, two, rekeyed}), "to 3 validators (gives another key to Three), by "));
  CHECK(says(line({two, rekeyed, seven}), "removes One; gives another key to Three), by "));
  CHECK(says(line({one, two, three}), "(changes nothing)"));
  view.state = ProposalState::kPassed;
  CHECK(says(line({one}), "to 1 validator (removes Two, Three), by "));

  // Of one that has ended, and of a set that is not known, nothing is compared.
  view.state = ProposalState::kDone;
  CHECK(says(line({one, two}), "to 2 validators, by "));
  view.state = ProposalState::kVoting;
  in_force.seats[0].consensus_key.reset();
  CHECK(says(line({one, two}), "to 2 validators, by "));
}

TEST_CASE("who votes otherwise than before reads which vote it replaces") {
  auto view = admission(ProposalState::kVoting);
  CHECK_FALSE(replaced_vote(view, party(1), false));
  VoteAnswer vote;
  vote.validator.id = party(1);
  vote.approve = true;
  vote.time_ms = kNoon;
  view.votes = {vote};
  CHECK(says(replaced_vote(view, party(1), false).value(),
             "takes the place of the yes that this institution voted on 2026-12-01 12:00 UTC"));
  CHECK_FALSE(replaced_vote(view, party(1), true));
  CHECK_FALSE(replaced_vote(view, party(2), false));
}

TEST_CASE("a role that is on its way is named with its proposal, and no other one is") {
  auto passed = admission(ProposalState::kPassed);
  passed.due_ms = kNoon;
  const ProposalsAnswer open{{passed}, {}};

  const auto coming = coming_admission(open, party(1), Class::kAccreditor);
  REQUIRE(coming);
  CHECK(coming->find(to_text(passed.id)) != std::string::npos);
  CHECK(coming->find("has passed and takes effect with the first block at or after 2026-12-01") !=
        std::string::npos);
  CHECK_FALSE(coming_admission(open, party(2), Class::kAccreditor));
  CHECK_FALSE(coming_admission(open, party(1), Class::kValidator));

  const ProposalsAnswer voting{{admission(ProposalState::kVoting)}, {}};
  CHECK(coming_admission(voting, party(1), Class::kAccreditor)
            ->find("the validators vote on it until 2026-12-01") == 0);

  auto unread = passed;
  unread.content.reset();
  CHECK_FALSE(coming_admission({{unread, admission(ProposalState::kLapsed)}, {}}, party(1),
                               Class::kAccreditor));
}

TEST_CASE("a statement is shown with the id by which it is withdrawn") {
  StatementAnswer said;
  said.id = TransactionId::prefix_of(Bytes(32, 9));
  CHECK(statement_text(said).ends_with(to_text(said.id)));
  CHECK(statement_text(said).find(said.id.hex()) == std::string::npos);
  CHECK(statement_text(StatementAnswer{}).ends_with("unknown"));
}

}  // namespace testamur::wallet
