// Recovery: how a ledger that lost its keys goes on under a new genesis, and what is refused.
#include "ledger/recovery.h"

#include <algorithm>
#include <functional>

#include "ledger/ledger_state.h"
#include "ledger/proofs/page_proof.h"
#include "tests/ledger/tx_finality.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

using ledger::CertifyingSet;
using ledger::Checkpoint;
using ledger::Genesis;
using ledger::GenesisInput;

constexpr const char* kNames[] = {"aurora", "borealis", "eridanus", "fornax"};

GenesisInput four_validators() {
  auto input = sample_genesis_input();
  for (const char* name : {"eridanus", "fornax"}) {
    input.parties.push_back(
        party_named(name, tx::InstitutionClass::kValidator, std::string(name) + ".example"));
    const auto key = key_named(std::string(name) + "/consensus").public_key();
    input.validators.push_back(
        {ledger::party_id(input.parties.back()), key_id(KeyPurpose::kConsensus, key)});
  }
  return input;
}

// A ledger of four validators with one block that issued five credentials.
struct OldLedger {
  TestLedger ledger{four_validators()};
  CertifyingSet set = ledger::genesis_set(ledger.genesis().content).value();
  Checkpoint last;

  OldLedger() {
    const auto achievement = ledger.publish(ledger.aurora);
    REQUIRE_FALSE(ledger.commit(ledger.issue(ledger.aurora, 0, 5, achievement)));
    last.header.chain = ledger.chain();
    last.header.height = ledger.height();
    last.header.view = View{7};
    last.header.time_ms = ledger.time_ms();
    last.header.roots = ledger::read_roots(ledger.state());
    last.header.validator_set = set.digest();
    last.header.parameters = ledger::parameters_digest(ledger::read_parameters(ledger.state()));
    last.proof = finalize(last.header, set, {"aurora", "borealis", "eridanus"});
  }

  InstitutionId id_of(const std::string& name) const {
    for (const auto& party : ledger.genesis().content.parties) {
      if (party.facts.domain == name + ".example") return ledger::party_id(party);
    }
    return {};
  }

  // Continued by these institutions with the consensus keys that they have.
  GenesisInput recovery(const std::vector<std::string>& validators) {
    GenesisInput input;
    input.time_ms = last.header.time_ms + 60'000;
    auto continues = ledger::make_continues(ledger.state(), last, set);
    REQUIRE(continues.ok());
    input.continues = std::move(continues).value();
    for (const auto& name : validators) {
      const auto key = key_named(name + "/consensus").public_key();
      input.validators.push_back({id_of(name), key_id(KeyPurpose::kConsensus, key)});
    }
    return input;
  }
};

Genesis signed_by(GenesisInput input, const std::vector<std::string>& signers) {
  auto genesis = ledger::draft_genesis(std::move(input));
  const auto message = ledger::founder_message(genesis.chain);
  for (const auto& name : signers) {
    const auto key = key_named(name + "/root");
    genesis.signatures.push_back(
        {key_id(KeyPurpose::kRoot, key.public_key()), key.sign(message.view())});
  }
  std::ranges::sort(genesis.signatures, {}, &ledger::FounderSignature::root_key);
  return genesis;
}

std::string first_fault(const Genesis& genesis) {
  const auto faults = ledger::find_faults(genesis);
  return faults.empty() ? "" : faults.front().name;
}

// The first fault of an otherwise good recovery by aurora and borealis, signed by three.
std::string fault_after(const std::function<void(GenesisInput&)>& change) {
  OldLedger old;
  auto input = old.recovery({"aurora", "borealis"});
  change(input);
  return first_fault(signed_by(std::move(input), {"aurora", "borealis", "eridanus"}));
}

ledger::ReplacedKey replaced_key(const OldLedger& old, const std::string& institution,
                                 const std::string& key_name) {
  const auto key = key_named(key_name);
  ledger::ReplacedKey replaced{
      old.id_of(institution), KeyPurpose::kConsensus, key.public_key(), {}};
  const auto message =
      possession_message(old.ledger.chain(), replaced.institution, replaced.purpose, replaced.key);
  replaced.possession = key.sign(message.view());
  return replaced;
}

}  // namespace

TEST_CASE(
    "the survivors' recovery is taken as its bytes say, with the old block proven and another "
    "chain id") {
  OldLedger old;
  const auto recovery =
      signed_by(old.recovery({"aurora", "borealis"}), {"aurora", "borealis", "fornax"});

  CHECK(first_fault(recovery) == "");

  const auto decoded = ledger::decode_genesis(encode(recovery));
  INFO(decoded.message());
  REQUIRE(decoded.ok());
  CHECK(encode(*decoded) == encode(recovery));

  CHECK(decoded->chain != old.ledger.chain());
  CHECK(decoded->content.continues->chain() == old.ledger.chain());
  CHECK(
      ledger::verify_continuation(*decoded, ledger::make_light_client(old.ledger.genesis())).ok());

  CHECK(ledger::genesis_epoch(*decoded) == Epoch{1});
  CHECK(ledger::make_light_client(*decoded).set().size() == 2);
}

TEST_CASE(
    "the state of a recovery is the old one, with the new set, what it continues and without the "
    "lost keys") {
  OldLedger old;
  auto& state = old.ledger.state();
  const auto before = ledger::read_roots(state);
  const auto slot = ledger::prove_slot(ledger::Pages(state), {PageNumber{0}, 3});
  const auto commitments = *ledger::Pages(state).commitments(PageNumber{0});
  const auto recovery =
      signed_by(old.recovery({"aurora", "borealis"}), {"aurora", "borealis", "fornax"});
  const auto built = ledger::build_recovery_state(recovery, state);
  REQUIRE(built.ok());
  state.apply(*built->delta);
  const auto& header = built->header;
  CHECK(header.roots == ledger::read_roots(state));
  CHECK(header.roots.log_root == before.log_root);
  CHECK(header.roots.page_root == before.page_root);
  CHECK(
      ledger::verify_slot(*slot, commitments[3], header.roots.page_count, header.roots.page_root));
  CHECK(header.chain == recovery.chain);
  CHECK(header.height == old.last.header.height.next());
  CHECK(header.epoch == Epoch{1});
  CHECK(header.view == View{0});
  CHECK(header.parent == ledger::block_id(old.last.header));
  CHECK(header.validator_set == ledger::make_light_client(recovery).set().digest());
  const auto predecessors = ledger::read_predecessors(state);
  REQUIRE(predecessors.size() == 1);
  CHECK(predecessors[0] == ledger::Predecessor{old.ledger.chain(), Epoch{0}, old.last.header.height,
                                               ledger::block_id(old.last.header)});
  for (const char* name : kNames) {
    CAPTURE(name);
    const auto id =
        key_id(KeyPurpose::kConsensus, key_named(std::string(name) + "/consensus").public_key());
    const bool survives = std::string(name) == "aurora" || std::string(name) == "borealis";
    CHECK(tx::read_key(state, id)->retired.has_value() == !survives);
  }
  // Another state is refused.
  CHECK_FALSE(ledger::build_recovery_state(recovery, state).ok());
}

TEST_CASE(
    "more than two thirds of the old set sign a recovery, and every institution of the new set") {
  OldLedger old;

  const auto fault = [&](const std::vector<std::string>& signers) {
    return first_fault(signed_by(old.recovery({"aurora", "borealis"}), signers));
  };

  CHECK(fault({"aurora", "borealis", "eridanus"}) == "");
  CHECK(fault({"aurora", "borealis", "eridanus", "fornax"}) == "");
  CHECK(fault({"aurora", "borealis"}) == "founders_too_few");
  CHECK(fault({"aurora", "eridanus", "fornax"}) == "founder_missing");
  CHECK(fault({"aurora", "borealis", "eridanus", "cygnus"}) == "founder_stranger");

  auto changed =
      signed_by(old.recovery({"aurora", "borealis"}), {"aurora", "borealis", "eridanus"});
  changed.signatures[1].signature.bytes[3] ^= 1;
  CHECK(first_fault(changed) == "founder_signature");
}

TEST_CASE(
    "an institution whose node was lost comes back with a replaced key that it proves to hold") {
  OldLedger old;

  auto input = old.recovery({"aurora"});
  const auto replaced = replaced_key(old, "eridanus", "eridanus/consensus/2");
  input.continues->keys.push_back(replaced);
  input.validators.push_back({replaced.institution, key_id(KeyPurpose::kConsensus, replaced.key)});

  const auto recovery = signed_by(input, {"aurora", "borealis", "eridanus"});
  CHECK(first_fault(recovery) == "");

  const auto built = ledger::build_recovery_state(recovery, old.ledger.state());
  REQUIRE(built.ok());
  old.ledger.state().apply(*built->delta);

  const auto keys = tx::keys_of(old.ledger.state(), replaced.institution);
  CHECK(std::ranges::find(keys, key_id(KeyPurpose::kConsensus, replaced.key)) != keys.end());
}

TEST_CASE("a replaced key that the old registry knows already is refused when the state is made") {
  OldLedger old;
  auto input = old.recovery({"aurora"});
  input.continues->keys.push_back(replaced_key(old, "eridanus", "eridanus/consensus"));
  const auto recovery = signed_by(input, {"aurora", "borealis", "eridanus"});
  CHECK(first_fault(recovery) == "");
  CHECK_FALSE(ledger::build_recovery_state(recovery, old.ledger.state()).ok());
}

TEST_CASE("a recovery that breaks a rule is refused by its name") {
  CHECK(fault_after([](GenesisInput&) {}) == "");

  CHECK(fault_after([](GenesisInput& input) {
          input.parties = {sample_genesis_input().parties[2]};
        }) == "parties");

  CHECK(fault_after([](GenesisInput& input) { input.continues->last.header.height = Height{0}; }) ==
        "continues_nothing");
  CHECK(fault_after([](GenesisInput& input) {
          input.continues->sets = {make_light_client(sample_genesis()).set()};
        }) == "continues_set");
  CHECK(fault_after([](GenesisInput& input) {
          input.continues->sets.push_back(input.continues->sets[0]);
        }) == "continues_set");

  CHECK(fault_after([](GenesisInput& input) { input.continues->last.header.time_ms += 1; }) ==
        "continues_finality");

  CHECK(fault_after([](GenesisInput& input) { input.continues->institutions.pop_back(); }) ==
        "continues_registry");
  CHECK(fault_after([](GenesisInput& input) {
          std::swap(input.continues->institutions[0].record,
                    input.continues->institutions[1].record);
        }) == "continues_registry");
  CHECK(fault_after([](GenesisInput& input) {
          input.continues->institutions[0].roots[0] = input.continues->institutions[1].roots[0];
        }) == "continues_registry");

  CHECK(fault_after([](GenesisInput& input) {
          REQUIRE(input.parameters.set(ledger::Parameter::kHeartbeatMs, 5'000).ok());
        }) == "continues_parameters");
  CHECK(fault_after([](GenesisInput& input) { input.protocol_version = 2; }) == "protocol_version");
  CHECK(fault_after([](GenesisInput& input) { input.time_ms = kGenesisTimeMs; }) == "time");

  CHECK(fault_after([](GenesisInput& input) { input.validators.clear(); }) == "validators");
  CHECK(fault_after([](GenesisInput& input) { input.validators[1] = input.validators[0]; }) ==
        "validator_twice");
  CHECK(fault_after([](GenesisInput& input) {
          input.validators[0].institution = ledger::party_id(sample_genesis_input().parties[2]);
        }) == "validator_unknown");
  CHECK(fault_after([](GenesisInput& input) { input.validators[0].consensus_key = KeyId{}; }) ==
        "consensus_key");
}

TEST_CASE("a replaced key that breaks a rule is refused by its name") {
  OldLedger old;

  const auto fault = [&](const std::function<void(ledger::ReplacedKey&)>& change, int times = 1) {
    auto input = old.recovery({"aurora", "borealis"});
    auto replaced = replaced_key(old, "eridanus", "eridanus/consensus/2");
    change(replaced);
    for (int i = 0; i < times; ++i) input.continues->keys.push_back(replaced);
    return first_fault(signed_by(std::move(input), {"aurora", "borealis", "eridanus"}));
  };

  using Key = ledger::ReplacedKey;
  CHECK(fault([](Key&) {}) == "");

  CHECK(fault([](Key& key) { key.possession.bytes[9] ^= 1; }) == "possession_proof");
  CHECK(fault([](Key& key) { key.institution = InstitutionId{}; }) == "replaced_owner");
  CHECK(fault([](Key& key) { key.purpose = KeyPurpose::kIssue; }) == "replaced_purpose");
  CHECK(fault([](Key& key) { key.purpose = KeyPurpose::kTransport; }) == "key_algorithm");
  CHECK(fault([](Key& key) { key.key.bytes.assign(32, 0xFF); }) == "key_invalid");
  CHECK(fault([](Key&) {}, 2) == "key_twice");
}

TEST_CASE("a recovery of a ledger that never was convinces nobody who followed the real one") {
  OldLedger old;
  // The forger invents the last block, with its own key as the set.
  const auto key = key_named("mallory/consensus").public_key();
  const auto victim = old.id_of("aurora");
  old.set = CertifyingSet::make({{victim, *decltype(CertifyingSet::Member::key)::from(key.bytes)}})
                .value();
  old.last.header.validator_set = old.set.digest();
  old.last.proof = finalize(old.last.header, old.set, {"mallory"});
  auto input = old.recovery({});
  input.validators.push_back({victim, key_id(KeyPurpose::kConsensus, key)});
  const auto recovery = signed_by(std::move(input), {"aurora"});
  REQUIRE(first_fault(recovery) == "");  // by itself it looks well
  const auto status =
      ledger::verify_continuation(recovery, ledger::make_light_client(old.ledger.genesis()));
  INFO(status.message());
  CHECK(status.message().find("not proven final on the old ledger") != std::string::npos);
  CHECK_FALSE(
      ledger::verify_continuation(old.ledger.genesis(), ledger::make_light_client(recovery)).ok());
  CHECK_FALSE(ledger::verify_continuation(recovery, ledger::make_light_client(recovery)).ok());
}

TEST_CASE("a reference names the ledger in which it was made, before and after recoveries") {
  const auto first = counting<ChainId>(0x10);
  const auto second = counting<ChainId>(0x40);
  const auto third = counting<ChainId>(0x70);
  const std::vector<ledger::Predecessor> predecessors = {{first, Epoch{0}, Height{10}, {}},
                                                         {second, Epoch{1}, Height{20}, {}}};

  CHECK(ledger::chain_at(predecessors, third, Height{10}) == first);
  CHECK(ledger::chain_at(predecessors, third, Height{11}) == second);
  CHECK(ledger::chain_at(predecessors, third, Height{21}) == third);

  for (const auto& chain : {first, second, third}) {
    CHECK(ledger::chain_of(make_reference(chain, InstitutionId{}, IssuerIndex{1}), predecessors,
                           third) == chain);
  }

  const auto stranger = make_reference(counting<ChainId>(0xa0), InstitutionId{}, IssuerIndex{1});
  CHECK_FALSE(ledger::chain_of(stranger, predecessors, third));
}

TEST_CASE("no changed byte of a recovery record passes") {
  OldLedger old;
  const auto bytes =
      encode(signed_by(old.recovery({"aurora", "borealis"}), {"aurora", "borealis", "fornax"}));
  for (std::size_t i = 0; i < bytes.size(); i += 41) {
    auto changed = bytes;
    changed[i] ^= 0x01;
    if (ledger::decode_genesis(changed).ok()) FAIL("byte " << i << " may change");
  }
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    CHECK_FALSE(ledger::decode_genesis(ByteView(bytes).first(size)).ok());
  }
}

}  // namespace testamur::test
