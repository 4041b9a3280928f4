// Building the transactions of governance (ledger/tx/build.h says how builders behave).
#pragma once

#include "ledger/tx/build.h"
#include "ledger/tx/governance_content.h"

namespace testamur::ledger::tx {

Built build(const Envelope& envelope, const ProposalContent& content);
Built build(const Envelope& envelope, const VoteContent& content);
Built build(const Envelope& envelope,
            const ReadyContent& content);  // signed by the consensus key that it names
Built build(const Envelope& envelope, const EvidenceContent& content);

}  // namespace testamur::ledger::tx
