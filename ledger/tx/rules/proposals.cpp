// The two transactions about proposals: proposing, and voting (a veto is a vote of the root that
// would be replaced).
#include "ledger/tx/rules/proposals.h"

#include <algorithm>

#include "ledger/tx/records/governance.h"
#include "ledger/tx/rules/rules.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::rules {

namespace {

Rejection refuse(const Transaction& transaction, RejectionCode code, std::string_view field,
                 std::string detail) {
  return {code, path_of(transaction, field), std::move(detail), {}};
}

Rejection not_seated(const InstitutionId& author) {
  return {RejectionCode::kNotSeated, "author", to_text(author), {}};
}

Rejection wrong_signer(std::string detail) {
  return {RejectionCode::kKeyPurpose, "signatures", std::move(detail), {}};
}

// ---- proposing

std::optional<Rejection> check_times(const StateView& view, const Transaction& transaction,
                                     const ProposalContent& content) {
  const auto now = std::to_string(view.time_ms);
  const auto voting_limit = view.limit(Parameter::kVotingTimeLimitMs);
  const auto ends_ms = content.voting_ends_ms;
  if (ends_ms <= view.time_ms || ends_ms - view.time_ms > voting_limit) {
    return refuse(transaction, RejectionCode::kVotingTime, "voting_ends_ms",
                  std::to_string(ends_ms) + " is not within " + std::to_string(voting_limit) +
                      " ms after " + now);
  }

  const auto delay_limit = view.limit(Parameter::kEffectiveDelayLimitMs);
  const auto effective_ms = content.effective_ms;
  if (effective_ms > view.time_ms && effective_ms - view.time_ms > delay_limit) {
    return refuse(transaction, RejectionCode::kEffectiveTime, "effective_ms",
                  std::to_string(effective_ms) + " is more than " + std::to_string(delay_limit) +
                      " ms after " + now);
  }
  return std::nullopt;
}

// What is due is walked at the start of a block, so the agenda is bounded, and no author fills it
// alone.
std::optional<Rejection> check_room(const StateView& view, const Transaction& transaction) {
  const auto agenda = read_agenda(view.state);
  const auto limit = view.limit(Parameter::kOpenProposalsLimit);
  if (agenda.size() >= limit) {
    return refuse(transaction, RejectionCode::kTooManyProposals, "action",
                  std::to_string(limit) + " on the ledger");
  }

  const auto author_limit = view.limit(Parameter::kAuthorOpenProposalsLimit);
  const auto own = std::ranges::count(agenda, transaction.author(), &AgendaEntry::author);
  if (static_cast<std::uint64_t>(own) >= author_limit) {
    return refuse(transaction, RejectionCode::kTooManyProposals, "action",
                  std::to_string(author_limit) + " of an author");
  }
  return std::nullopt;
}

// ---- voting

std::optional<Rejection> check_veto(const StateView& view, const Transaction& transaction,
                                    const TransactionId& proposal) {
  if (view.signer != KeyPurpose::kRoot) return wrong_signer("a veto is signed by the root");

  const auto content = content_of(view.state, proposal);
  const auto* replacement = std::get_if<RootReplacementContent>(&content.action);
  if (replacement == nullptr || replacement->institution != transaction.author()) {
    return refuse(transaction, RejectionCode::kNotVetoable, "proposal_id", to_text(proposal));
  }

  // A thief of the root could otherwise veto its own replacement for ever.
  const auto last_ms = last_root_veto_ms(view.state, transaction.author());
  const auto window_ms = view.limit(Parameter::kRootVetoWindowMs);
  if (last_ms && view.time_ms - *last_ms < window_ms) {
    return refuse(transaction, RejectionCode::kVetoUsed, "veto",
                  "the last one was " + std::to_string(view.time_ms - *last_ms) +
                      " ms ago, the next may come after " + std::to_string(window_ms));
  }
  return std::nullopt;
}

std::optional<Rejection> check_vote(const StateView& view, const Transaction& transaction,
                                    const VoteContent& vote, const OpenProposal& proposal) {
  const auto& author = transaction.author();
  if (view.signer != KeyPurpose::kGovern) return wrong_signer("a vote is signed by a govern key");
  if (!seat_of(view.state, author)) return not_seated(author);
  if (proposal.status != ProposalStatus::kOpen || proposal.voting_ends_ms <= view.time_ms) {
    return refuse(transaction, RejectionCode::kProposalClosed, "proposal_id",
                  to_text(vote.proposal));
  }

  const auto before = std::ranges::find(proposal.votes, author, &ProposalVote::voter);
  if (before != proposal.votes.end() && before->approve == vote.approve) {
    return refuse(transaction, RejectionCode::kVoteUnchanged, "approve", to_text(vote.proposal));
  }
  return std::nullopt;
}

}  // namespace

// ---- governance_propose

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const ProposalContent& content) {
  if (!seat_of(view.state, transaction.author())) return not_seated(transaction.author());
  if (auto rejection = check_times(view, transaction, content)) return rejection;
  if (auto rejection = check_room(view, transaction)) return rejection;
  return check_action(view, content.action, Moment::kProposed);
}

void apply(StateWriter& writer, const Transaction&, const ProposalContent& content) {
  open_proposal(writer, content);
}

// ---- governance_vote

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const VoteContent& content) {
  const auto proposal = read_open_proposal(view.state, content.proposal);
  if (!proposal) {
    const bool closed = read_proposal(view.state, content.proposal).has_value();
    const auto code = closed ? RejectionCode::kProposalClosed : RejectionCode::kUnknownProposal;
    return refuse(transaction, code, "proposal_id", to_text(content.proposal));
  }
  if (content.veto) return check_veto(view, transaction, content.proposal);
  return check_vote(view, transaction, content, *proposal);
}

void apply(StateWriter& writer, const Transaction&, const VoteContent& content) {
  if (content.veto) return veto_proposal(writer, content.proposal);
  cast_vote(writer, content.proposal, content.approve);
}

}  // namespace testamur::ledger::tx::rules
