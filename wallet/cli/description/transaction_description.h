// What a transaction will do, and when, in plain words: said before anybody is asked to sign or
// send it.
//
// The words follow from the decoded body alone, so that they are as true on a machine without a
// network; what else is known (names, the validator set, parameters) makes them fuller. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/ids.h"
#include "ledger/tx/transaction.h"
#include "wallet/cli/files/draft.h"

namespace testamur::wallet {

struct DescriptionContext {
  Names names;
  std::map<std::string, ledger::tx::InstitutionClass> classes;  // by id (text), as they are now
  bool names_unverified = false;                    // taken from a draft, not from a ledger
  std::vector<ledger::tx::Seat> validators;         // the set in force; empty: not known
  std::map<std::string, std::string> keys;          // purpose by key id (text)
  std::map<std::string, std::uint64_t> parameters;  // in force, by name
};

// "Testland Institute (tmi1…)", or the id alone.
std::string describe_party(const DescriptionContext& known, const InstitutionId& id);

// What a succession does once it takes effect.
std::string describe_succession(const ledger::tx::SuccessionContent& content,
                                const DescriptionContext& known);

// Sentences, one a line, the first of them the headline.
std::string describe_transaction(const ledger::tx::DecodedBody& body,
                                 const DescriptionContext& known);

// ---- governance

// How many of n validators must vote yes: more than two thirds.
std::uint64_t votes_needed(std::uint64_t validators);
// How many of n sign every block: n - f, f = (n - 1) / 3.
std::uint64_t quorum_of(std::uint64_t validators);
std::uint64_t tolerated_failures(std::uint64_t validators);

// What it asks for, in a word: "admission", "succession_merge", …
std::string proposal_name(const ledger::tx::ProposalContent& proposal);
// What a proposal does once it has passed.
std::string describe_proposal(const ledger::tx::ProposalContent& proposal,
                              const DescriptionContext& known);
// Warnings about a proposal, a sentence each: fewer than four validators, fewer of them that may
// fail than now, several that leave at once, a root key that is replaced.
std::vector<std::string> proposal_warnings(const ledger::tx::ProposalContent& proposal,
                                           const DescriptionContext& known);

// What is said instead of a proposal that a node shows and this program cannot read.
inline constexpr const char* kUnknownProposal =
    "The proposal asks for something that this program does not know: use a newer one before you "
    "vote.";

}  // namespace testamur::wallet
