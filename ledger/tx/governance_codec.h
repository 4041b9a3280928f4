// Between the protobuf messages of governance and their plain values. Private to ledger/tx.
#pragma once

#include <optional>

#include "ledger/tx/governance_content.h"
#include "testamur/v1/transaction.pb.h"

namespace testamur::ledger::tx {

// The content, or the first rule that its form breaks.
std::optional<Rejection> read(const v1::GovernancePropose& message, ProposalContent& content);
void write(const ProposalContent& content, v1::GovernancePropose& message);

std::optional<Rejection> read(const v1::GovernanceVote& message, VoteContent& content);
void write(const VoteContent& content, v1::GovernanceVote& message);

std::optional<Rejection> read(const v1::Ready& message, ReadyContent& content);
void write(const ReadyContent& content, v1::Ready& message);

std::optional<Rejection> read(const v1::Evidence& message, EvidenceContent& content);
void write(const EvidenceContent& content, v1::Evidence& message);

}  // namespace testamur::ledger::tx
