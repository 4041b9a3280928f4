// A genesis record comes from anybody: what it may cost to judge it. The tests with tens of
// thousands of entries would take hours where a list that a stranger made long is walked for each
// entry of another.
#include <algorithm>

#include "ledger/genesis.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

using ledger::Genesis;
using ledger::GenesisFault;
using ledger::GenesisInput;

constexpr std::size_t kMostParties = 10'000;
constexpr std::size_t kMostInBytes = 65'535;  // the counts of a record have two bytes

std::vector<std::string> names_of(const std::vector<GenesisFault>& faults) {
  std::vector<std::string> names;
  for (const auto& fault : faults) names.push_back(fault.name);
  return names;
}

// Behind the sample's parties, so many that nobody speaks for.
GenesisInput with_listed(std::size_t count) {
  auto input = sample_genesis_input();
  while (input.parties.size() < count) {
    const auto domain = "p" + std::to_string(input.parties.size()) + ".example";
    input.parties.push_back(party_named(domain, tx::InstitutionClass::kListed, domain));
  }
  return input;
}

void add_unknown_validators(GenesisInput& input, std::size_t count) {
  while (input.validators.size() < count) {
    const auto number = std::to_string(input.validators.size());
    input.validators.push_back(
        {InstitutionId::prefix_of(sha256(as_bytes(number)).view()), KeyId{}});
  }
}

// One more party with so many keys as a record can name, each of them without its proof.
ledger::GenesisParty unproven_party() {
  auto party = party_named("eridanus", tx::InstitutionClass::kIssuer, "eridanus.example");
  while (party.keys.size() < 255) {
    const auto name = "eridanus/root/" + std::to_string(party.keys.size());
    party.keys.push_back({KeyPurpose::kRoot, key_named(name).public_key(), {}});
  }
  return party;
}

}  // namespace

TEST_CASE("more parties or validators than may be are told, and nothing else is looked at") {
  auto parties = with_listed(kMostParties + 1);
  for (auto& party : parties.parties) party.facts.country = "nowhere";
  CHECK(names_of(ledger::find_content_faults(parties)) == std::vector<std::string>{"parties"});

  auto validators = with_listed(kMostParties);
  add_unknown_validators(validators, kMostInBytes);
  const auto genesis = ledger::draft_genesis(validators);
  CHECK(names_of(ledger::find_content_faults(genesis.content)) ==
        std::vector<std::string>{"validators"});
  CHECK_FALSE(ledger::genesis_set(genesis.content).ok());

  const auto read = ledger::decode_genesis(encode(genesis));
  REQUIRE_FALSE(read.ok());
  CHECK(read.message().find("[validators]") != std::string::npos);
}

TEST_CASE("who signs a draft with as many validators and signatures as it can name is soon known") {
  auto input = with_listed(kMostParties);
  add_unknown_validators(input, kMostInBytes);
  auto genesis = ledger::draft_genesis(std::move(input));
  for (std::size_t i = 0; i < kMostInBytes; ++i)
    genesis.signatures.push_back(
        {KeyId::prefix_of(sha256(as_bytes(std::to_string(i))).view()), {}});

  const auto signatories = ledger::signatories(genesis);
  CHECK(signatories.size() == 2);
  for (const auto& signatory : signatories) CHECK(signatory.signatures == 0);
  // More validators than may be are told, and nothing else is looked at.
  CHECK(ledger::find_faults(genesis).size() == 1);
}

TEST_CASE("what costs a signature is checked behind everything that does not") {
  auto input = sample_genesis_input();
  input.parties.push_back(unproven_party());
  input.parties[4].facts.domain = "aurora.example";
  input.time_ms = 0;

  const auto faults = names_of(ledger::find_content_faults(input));
  REQUIRE(faults.size() > 2);
  CHECK(faults[0] == "identifier_twice");
  CHECK(faults[1] == "time");
  CHECK(std::all_of(faults.begin() + 2, faults.end(),
                    [](const auto& name) { return name == "possession_proof"; }));

  auto genesis = sample_genesis();
  genesis.signatures[0].signature.bytes[5] ^= 1;
  genesis.signatures.pop_back();
  CHECK(names_of(ledger::find_faults(genesis)) ==
        std::vector<std::string>{"founder_missing", "founder_signature"});
}

TEST_CASE("the search ends with the last fault that is asked for") {
  auto input = sample_genesis_input();
  input.parties.push_back(unproven_party());

  const auto all = names_of(ledger::find_content_faults(input));
  CHECK(all.size() == ledger::kGenesisFaultsLimit);

  const auto genesis = ledger::draft_genesis(input);
  const auto some = names_of(ledger::find_faults(genesis, 3));
  CHECK(some == std::vector<std::string>(3, "possession_proof"));
}

TEST_CASE("a root key that stands twice under a draft has signed once") {
  auto input = sample_genesis_input();
  auto genesis = ledger::draft_genesis(std::move(input));
  const auto key = key_named("aurora/root");
  const ledger::FounderSignature signature{key_id(KeyPurpose::kRoot, key.public_key()),
                                           key.sign(ledger::founder_message(genesis.chain).view())};
  // Not 256 either, where a count of one byte would begin anew.
  for (const std::size_t times : {2U, 256U}) {
    genesis.signatures.assign(times, signature);
    for (const auto& signatory : ledger::signatories(genesis)) {
      CAPTURE(signatory.name, times);
      CHECK(signatory.signatures == (signatory.name == "University aurora" ? 1U : 0U));
    }
    CHECK(names_of(ledger::find_faults(genesis))[0] == "founder_order");
  }
}

TEST_CASE("a draft that names a validator twice has its founder once") {
  auto input = sample_genesis_input();
  input.validators[1] = input.validators[0];
  CHECK(ledger::signatories(ledger::draft_genesis(std::move(input))).size() == 1);
}

}  // namespace testamur::test
