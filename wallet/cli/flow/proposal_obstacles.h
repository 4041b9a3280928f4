// What stands against a proposal or a vote by what the ledger says now. The ledger refuses it in
// any case; here it is told before anybody reads a question and opens a vault. What a node does not
// say is no obstacle: the ledger judges. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/ids.h"
#include "ledger/tx/content.h"
#include "wallet/client/governance_answers.h"
#include "wallet/client/registry_answers.h"

namespace testamur::wallet {

// What a proposal is judged by.
struct GovernanceFacts {
  InstitutionId author;
  std::uint64_t now_ms = 0;
  ValidatorsAnswer validators;
  ParametersAnswer parameters;
  std::map<InstitutionId, InstitutionAnswer> parties;  // whom the proposal names
};

// A sentence, or nothing where it may be proposed.
std::optional<std::string> proposal_obstacle(const ledger::tx::ProposalContent& content,
                                             const GovernanceFacts& facts);

// Of the open proposals the one that proposes the same, for whatever day; nullptr: none.
const ProposalAnswer* proposed_already(const ledger::tx::ProposalContent& content,
                                       const ProposalsAnswer& open);

// The same of a vote by this validator. `now_ms`: the ledger's time; 0: not known.
std::optional<std::string> vote_obstacle(const ProposalAnswer& proposal, bool approve,
                                         const InstitutionId& author,
                                         const ValidatorsAnswer& validators, std::uint64_t now_ms);

}  // namespace testamur::wallet
