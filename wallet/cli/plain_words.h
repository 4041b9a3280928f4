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
#include "wallet/cli/draft.h"
#include "wallet/client/transaction_json.h"

namespace testamur::wallet {

struct Seat {
  InstitutionId institution;
  KeyId consensus_key;
};

struct Surroundings {
  Names names;
  bool names_are_hearsay = false;                   // taken from a draft, not from a ledger
  std::vector<Seat> validators;                     // the set in force; empty: not known
  std::map<std::string, std::string> keys;          // purpose by key id (text)
  std::map<std::string, std::uint64_t> parameters;  // in force, by name
};

// "Testland Institute (tmi1…)", or the id alone.
std::string party_words(const Surroundings& around, const InstitutionId& id);
// The same for 16 bytes in hexadecimal.
std::string party_words(const Surroundings& around, const std::string& hex);
std::string key_words(const Surroundings& around, const std::string& hex);

// What a succession does once it takes effect; kind = "succession_merge", …
std::string succession_words(const std::string& kind, const Json& content,
                             const Surroundings& around);

// Sentences, one a line, the first of them the headline.
std::string plain_words(const BodyView& body, const Surroundings& around);

// ---- governance

// How many of n validators must vote yes: more than two thirds.
std::uint64_t votes_needed(std::uint64_t validators);
// How many of n sign every block: n - f, f = (n - 1) / 3.
std::uint64_t quorum_of(std::uint64_t validators);
std::uint64_t tolerated_failures(std::uint64_t validators);

// What a proposal does once it has passed: the message GovernancePropose.
std::string proposal_words(const Json& proposal, const Surroundings& around);
// What a person should think of twice: fewer than four validators, less tolerance for failures, …
std::vector<std::string> proposal_warnings(const Json& proposal, const Surroundings& around);

}  // namespace testamur::wallet
