// What a transaction will do, and when, in plain words: said before anybody is asked to sign or
// send it.
//
// The words follow from the body alone, so that they are as true on a machine without a network;
// what else is known (names, the validator set, parameters) makes them fuller. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/ids.h"
#include "wallet/cli/files/draft.h"
#include "wallet/client/transaction_json.h"

namespace testamur::wallet {

struct Seat {
  InstitutionId institution;
  KeyId consensus_key;
};

struct DescriptionContext {
  Names names;
  bool names_unverified = false;                    // taken from a draft, not from a ledger
  std::vector<Seat> validators;                     // the set in force; empty: not known
  std::map<std::string, std::string> keys;          // purpose by key id (text)
  std::map<std::string, std::uint64_t> parameters;  // in force, by name
};

// "Testland Institute (tmi1…)", or the id alone.
std::string describe_party(const DescriptionContext& known, const InstitutionId& id);
// The same for 16 bytes in hexadecimal.
std::string describe_party(const DescriptionContext& known, const std::string& hex);
std::string describe_key(const DescriptionContext& known, const std::string& hex);

// What a succession does once it takes effect; kind = "succession_merge", …
std::string describe_succession(const std::string& kind, const Json& content,
                                const DescriptionContext& known);

// Sentences, one a line, the first of them the headline.
std::string describe_transaction(const BodyView& body, const DescriptionContext& known);

// ---- governance

// How many of n validators must vote yes: more than two thirds.
std::uint64_t votes_needed(std::uint64_t validators);
// How many of n sign every block: n - f, f = (n - 1) / 3.
std::uint64_t quorum_of(std::uint64_t validators);
std::uint64_t tolerated_failures(std::uint64_t validators);

// What a proposal does once it has passed: the message GovernancePropose.
std::string describe_proposal(const Json& proposal, const DescriptionContext& known);
// What a person should think of twice: fewer than four validators, less tolerance for failures, …
std::vector<std::string> proposal_warnings(const Json& proposal, const DescriptionContext& known);

}  // namespace testamur::wallet
