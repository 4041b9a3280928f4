// How a proposal stands, in words: what has passed is not in effect yet, and when it will be.
#include "wallet/cli/commands/proposals.h"

#include "tests/support/catch.h"
#include "wallet/cli/description/render.h"

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

}  // namespace

TEST_CASE("a proposal that has passed says when it takes effect") {
  auto view = admission(ProposalState::kPassed);
  view.due_ms = kNoon;
  CHECK(proposal_line(view).find("passed, and not in effect yet: it takes effect with the first "
                                 "block at or after 2026-12-01 12:00 UTC") != std::string::npos);

  view.due_ms = 0;
  CHECK(proposal_line(view).find("it takes effect at an unknown time") != std::string::npos);
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
