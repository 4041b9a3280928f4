#include "ledger/tx/governance_vote.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/tx/content.h"
#include "ledger/tx/governance_codec.h"
#include "ledger/tx/proposal_life.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::governance_vote {

namespace {

VoteContent vote_of(const Transaction& transaction) {
  VoteContent content;
  const auto form = read(transaction.message().governance_vote(), content);
  TM_CHECK(!form, "a decoded vote lost its form");
  return content;
}

Rejection refuse(RejectionCode code, const char* field, std::string detail) {
  return {code, std::string("governance_vote.") + field, std::move(detail), {}};
}

std::optional<Rejection> check_veto(const StateView& view, const InstitutionId& author,
                                    const TransactionId& id) {
  if (view.signer != KeyPurpose::kRoot) {
    return Rejection{RejectionCode::kKeyPurpose, "signatures", "a veto is signed by the root", {}};
  }
  const auto content = content_of(view.state, id);
  const auto* replacement = std::get_if<RootReplacementContent>(&content.action);
  if (replacement == nullptr || replacement->institution != author) {
    return refuse(RejectionCode::kNotVetoable, "proposal_id", to_text(id));
  }
  const auto last_ms = last_root_veto_ms(view.state, author);
  const auto window_ms = view.limit(Parameter::kRootVetoWindowMs);
  if (last_ms && view.time_ms - *last_ms < window_ms) {
    return refuse(RejectionCode::kVetoUsed, "veto",
                  "the last one was " + std::to_string(view.time_ms - *last_ms) +
                      " ms ago, the next may come after " + std::to_string(window_ms));
  }
  return std::nullopt;
}

std::optional<Rejection> check_vote(const StateView& view, const InstitutionId& author,
                                    const VoteContent& vote, const OpenProposal& proposal) {
  if (view.signer != KeyPurpose::kGovern) {
    return Rejection{
        RejectionCode::kKeyPurpose, "signatures", "a vote is signed by a govern key", {}};
  }
  if (!seat_of(view.state, author))
    return Rejection{RejectionCode::kNotSeated, "author", to_text(author), {}};
  if (proposal.status != ProposalStatus::kOpen || proposal.voting_ends_ms <= view.time_ms) {
    return refuse(RejectionCode::kProposalClosed, "proposal_id", to_text(vote.proposal));
  }
  const auto before = std::ranges::find(proposal.votes, author, &ProposalVote::voter);
  if (before != proposal.votes.end() && before->approve == vote.approve) {
    return refuse(RejectionCode::kVoteUnchanged, "approve", to_text(vote.proposal));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  VoteContent content;
  return within("governance_vote", read(body.governance_vote(), content));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto vote = vote_of(transaction);
  const auto proposal = read_open_proposal(view.state, vote.proposal);
  if (!proposal) {
    const bool closed = read_proposal(view.state, vote.proposal).has_value();
    return refuse(closed ? RejectionCode::kProposalClosed : RejectionCode::kUnknownProposal,
                  "proposal_id", to_text(vote.proposal));
  }
  if (vote.veto) return check_veto(view, transaction.author(), vote.proposal);
  return check_vote(view, transaction.author(), vote, *proposal);
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  const auto vote = vote_of(transaction);
  if (vote.veto) return veto_proposal(writer, vote.proposal);
  cast_vote(writer, vote.proposal, vote.approve);
}

}  // namespace testamur::ledger::tx::governance_vote
