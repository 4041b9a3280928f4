#include "ledger/governance.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/tx/rules/proposals.h"

namespace testamur::ledger {

namespace {

using tx::ProposalEvent;

class DueProposals {
 public:
  DueProposals(LedgerState& ledger, tx::RecordCache& cache, const Parameters& parameters,
               const ChainId& chain, std::uint16_t protocol_version)
      : ledger_(ledger), cache_(cache), view_{ledger.overlay(),  cache,
                                              parameters,        chain,
                                              ledger.height(),   ledger.time_ms(),
                                              KeyPurpose::kRoot, protocol_version} {}

  void take(const TransactionId& id) {
    const auto proposal = tx::read_open_proposal(ledger_.overlay(), id);
    TM_CHECK(proposal, "the agenda names a proposal without a row:", id.hex());

    tx::StateWriter writer(ledger_, cache_, {id, KeyId{}, ledger_.next_log_index()},
                           proposal->author);

    // An open proposal is due when its voting ends without enough votes.
    if (proposal->status == tx::ProposalStatus::kOpen)
      return tx::rules::close_proposal(writer, id, ProposalEvent::kLapsed);

    const auto action = tx::rules::content_of(ledger_.overlay(), id).action;

    // A header has room for one next set: a second change waits for the next block (decision 0900).
    const bool seals = tx::rules::changes_set(ledger_.overlay(), action);
    if (seals && sealed_) return;

    // What was allowed when it was proposed may not be any more: then it is void, and says why.
    if (const auto failure = tx::rules::check_action(view_, action, tx::rules::Moment::kDue)) {
      return tx::rules::close_proposal(writer, id, ProposalEvent::kVoid, {}, failure->code);
    }

    tx::rules::apply_action(writer, action);
    tx::rules::close_proposal(writer, id, ProposalEvent::kInEffect);

    TM_CHECK(
        tx::covers(tx::rules::privileges_of(action) | tx::Privilege::kGovernance, writer.used()),
        "a proposal wrote what it must not:", tx::action_name(action));

    // A smaller set may have made an open proposal pass; votes of those who left are dropped.
    if (seals) tx::rules::recount_votes(writer);

    sealed_ = sealed_ || seals;
  }

 private:
  LedgerState& ledger_;
  tx::RecordCache& cache_;
  tx::StateView view_;
  bool sealed_ = false;
};

}  // namespace

void take_effect(LedgerState& ledger, tx::RecordCache& cache, const Parameters& parameters,
                 const ChainId& chain, std::uint16_t protocol_version) {
  if (tx::next_deadline_ms(ledger.overlay()) > ledger.time_ms()) return;
  auto agenda = tx::read_agenda(ledger.overlay());
  std::erase_if(agenda,
                [&](const tx::AgendaEntry& entry) { return entry.deadline_ms > ledger.time_ms(); });
  std::ranges::stable_sort(agenda, {}, &tx::AgendaEntry::deadline_ms);
  DueProposals due(ledger, cache, parameters, chain, protocol_version);
  for (const auto& entry : agenda) due.take(entry.proposal);
}

}  // namespace testamur::ledger
