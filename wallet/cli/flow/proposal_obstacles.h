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
#include "ledger/tx/rejection.h"
#include "wallet/cli/outcome.h"
#include "wallet/client/governance_answers.h"
#include "wallet/client/registry_answers.h"

namespace testamur::wallet {

// Why, and by which rule of the ledger.
struct Obstacle {
  ledger::tx::RejectionCode code{};
  std::string text;
};
Failure failure_of(const Obstacle& obstacle);

// Nothing that an institution says counts while it is not in good standing.
std::optional<Obstacle> author_obstacle(const InstitutionAnswer& author);

// What a proposal is judged by.
struct GovernanceFacts {
  InstitutionId author;
  std::uint64_t now_ms = 0;
  Height height;  // of the newest block; 0: not known
  ValidatorsAnswer validators;
  ParametersAnswer parameters;
  std::map<InstitutionId, InstitutionAnswer> parties;  // whom the proposal names
};

// Nothing where it may be proposed.
std::optional<Obstacle> proposal_obstacle(const ledger::tx::ProposalContent& content,
                                          const GovernanceFacts& facts);

// Of the open proposals the one that proposes the same, for whatever day; nullptr: none.
const ProposalAnswer* proposed_already(const ledger::tx::ProposalContent& content,
                                       const ProposalsAnswer& open);

// The same of a vote by this validator. `now_ms`: the ledger's time; 0: not known.
std::optional<Obstacle> vote_obstacle(const ProposalAnswer& proposal, bool approve,
                                      const InstitutionId& author,
                                      const ValidatorsAnswer& validators, std::uint64_t now_ms);

}  // namespace testamur::wallet
