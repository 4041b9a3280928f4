#include "ledger/tx/governance_propose.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/tx/content.h"
#include "ledger/tx/governance_codec.h"
#include "ledger/tx/proposal_actions.h"
#include "ledger/tx/proposal_life.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::governance_propose {

namespace {

ProposalContent proposal_of(const Transaction& transaction) {
  ProposalContent content;
  const auto form = read(transaction.message().governance_propose(), content);
  TM_CHECK(!form, "a decoded proposal lost its form");
  return content;
}

Rejection refuse(RejectionCode code, const char* field, std::string detail) {
  return {code, std::string("governance_propose.") + field, std::move(detail), {}};
}

std::optional<Rejection> check_times(const StateView& view, const ProposalContent& content) {
  const auto voting_limit = view.limit(Parameter::kVotingTimeLimitMs);
  if (content.voting_ends_ms <= view.time_ms ||
      content.voting_ends_ms - view.time_ms > voting_limit) {
    return refuse(RejectionCode::kVotingTime, "voting_ends_ms",
                  std::to_string(content.voting_ends_ms) + " is not within " +
                      std::to_string(voting_limit) + " ms after " + std::to_string(view.time_ms));
  }
  const auto delay_limit = view.limit(Parameter::kEffectiveDelayLimitMs);
  if (content.effective_ms > view.time_ms && content.effective_ms - view.time_ms > delay_limit) {
    return refuse(RejectionCode::kEffectiveTime, "effective_ms",
                  std::to_string(content.effective_ms) + " is more than " +
                      std::to_string(delay_limit) + " ms after " + std::to_string(view.time_ms));
  }
  return std::nullopt;
}

std::optional<Rejection> check_room(const StateView& view, const InstitutionId& author) {
  const auto agenda = read_agenda(view.state);
  const auto limit = view.limit(Parameter::kOpenProposalsLimit);
  if (agenda.size() >= limit) {
    return refuse(RejectionCode::kTooManyProposals, "action",
                  std::to_string(limit) + " on the ledger");
  }
  const auto of_author = view.limit(Parameter::kAuthorOpenProposalsLimit);
  if (static_cast<std::uint64_t>(std::ranges::count(agenda, author, &AgendaEntry::author)) >=
      of_author) {
    return refuse(RejectionCode::kTooManyProposals, "action",
                  std::to_string(of_author) + " of an author");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  ProposalContent content;
  return within("governance_propose", read(body.governance_propose(), content));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  if (!seat_of(view.state, transaction.author())) {
    return Rejection{RejectionCode::kNotSeated, "author", to_text(transaction.author()), {}};
  }
  const auto content = proposal_of(transaction);
  if (auto rejection = check_times(view, content)) return rejection;
  if (auto rejection = check_room(view, transaction.author())) return rejection;
  return check_action(view, content.action, Moment::kProposed);
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  open_proposal(writer, proposal_of(transaction));
}

}  // namespace testamur::ledger::tx::governance_propose
