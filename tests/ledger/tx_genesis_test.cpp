// The genesis record: what makes one, what is refused, and what state it begins.
#include "ledger/genesis.h"

#include <algorithm>
#include <functional>

#include "ledger/ledger_state.h"
#include "ledger/proofs/checkpoint.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

using ledger::GenesisInput;

std::string refusal(const std::function<void(GenesisInput&)>& change) {
  auto input = sample_genesis_input();
  change(input);
  return ledger::make_genesis(std::move(input)).message();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a genesis does not depend on the order of its input") {
  auto input = sample_genesis_input();
  const auto first = ledger::make_genesis(input).value();
  std::ranges::reverse(input.parties);
  std::ranges::reverse(input.validators);
  for (auto& party : input.parties) std::ranges::reverse(party.keys);
  const auto second = ledger::make_genesis(input).value();
  CHECK(first.chain == second.chain);
  CHECK(encode(first) == encode(second));
}

TEST_CASE(
    "the party's id covers its facts, class and keys, and not the possession proofs that sign it") {
  const auto party = sample_genesis_input().parties[0];
  const auto id = ledger::party_id(party);

  auto changed = party;
  changed.keys[0].possession = Signature{};
  CHECK(ledger::party_id(changed) == id);

  changed = party;
  changed.facts.domain = "other.example";
  CHECK(ledger::party_id(changed) != id);

  changed = party;
  changed.root_threshold = 2;
  CHECK(ledger::party_id(changed) != id);

  changed = party;
  changed.keys.pop_back();
  CHECK(ledger::party_id(changed) != id);
}

TEST_CASE("a genesis that breaks a rule is refused with the party and what is wrong") {
  CHECK(refusal([](GenesisInput&) {}).empty());
  CHECK(
      contains(refusal([](GenesisInput& input) { input.parties.clear(); }), "1 to 10000 parties"));

  CHECK(contains(refusal([](GenesisInput& input) { input.validators.clear(); }), "no validators"));

  CHECK(contains(
      refusal([](GenesisInput& input) { input.parties[1].facts.domain = "aurora.example"; }),
      "domain occurs twice"));
  CHECK(contains(refusal([](GenesisInput& input) {
                   input.parties[0].facts.ror = "05gq02987";
                   input.parties[4].facts.ror = "05GQ02987";
                 }),
                 "ROR identifier occurs twice"));

  CHECK(contains(refusal([](GenesisInput& input) { input.parties[0].root_threshold = 65; }),
                 "more than 64"));
  CHECK(contains(refusal([](GenesisInput& input) { input.parties[0].facts.country = "Austria"; }),
                 "University aurora\": text_form"));

  CHECK(contains(
      refusal([](GenesisInput& input) { input.parties[0].keys[0].possession = Signature{}; }),
      "possession proof of the root key"));
  CHECK(contains(refusal([](GenesisInput& input) {
                   input.parties[0].root_threshold = 2;
                   prove_keys(input.parties[0], "aurora");
                   input.validators[0].institution = ledger::party_id(input.parties[0]);
                 }),
                 "root threshold of 2"));

  CHECK(contains(refusal([](GenesisInput& input) { input.validators[1] = input.validators[0]; }),
                 "validator twice"));
  CHECK(contains(refusal([](GenesisInput& input) {
                   input.validators[0].consensus_key = input.validators[1].consensus_key;
                 }),
                 "not one of its consensus keys"));

  CHECK(contains(refusal([](GenesisInput& input) {
                   input.validators[0].institution = ledger::party_id(input.parties[2]);
                 }),
                 "has not the class validator"));

  CHECK(contains(refusal([](GenesisInput& input) {
                   input.parties[2].facts.parent = InstitutionId::prefix_of(hash_of(1).view());
                   prove_keys(input.parties[2], "cygnus");
                 }),
                 "parent is no party"));

  CHECK(contains(refusal([](GenesisInput& input) {
                   input.parties[4].keys.push_back(input.parties[0].keys[0]);
                 }),
                 "draco\": "));
  CHECK(contains(refusal([](GenesisInput& input) { input.time_ms = 0; }), "time"));
}

TEST_CASE(
    "a record without a founder's signature, with a stranger's, or with a wrong one is refused") {
  const auto genesis = sample_genesis();
  REQUIRE(ledger::decode_genesis(encode(genesis)).ok());

  auto changed = genesis;
  changed.signatures.pop_back();
  CHECK(contains(ledger::decode_genesis(encode(changed)).message(),
                 "0 founder's signatures instead of 1"));

  changed = genesis;
  changed.signatures[0].signature.bytes[5] ^= 1;
  CHECK(contains(ledger::decode_genesis(encode(changed)).message(), "does not verify"));

  changed = genesis;
  const auto stranger = key_named("cygnus/root");
  changed.signatures.push_back({key_id(KeyPurpose::kRoot, stranger.public_key()),
                                stranger.sign(ledger::founder_message(genesis.chain).view())});
  std::ranges::sort(changed.signatures, {}, &ledger::FounderSignature::root_key);
  CHECK(contains(ledger::decode_genesis(encode(changed)).message(), "no founder"));

  changed = genesis;
  std::ranges::reverse(changed.signatures);
  CHECK(contains(ledger::decode_genesis(encode(changed)).message(), "do not ascend"));
}

TEST_CASE("a record that is not canonical, truncated or longer is refused") {
  auto genesis = sample_genesis();
  auto bytes = encode(genesis);
  bytes.push_back(0);
  CHECK_FALSE(ledger::decode_genesis(bytes).ok());
  bytes.resize(bytes.size() - 2);
  CHECK_FALSE(ledger::decode_genesis(bytes).ok());
  std::swap(genesis.content.parties[0], genesis.content.parties[1]);
  CHECK(contains(ledger::decode_genesis(encode(genesis)).message(), "not canonical"));
}

TEST_CASE("no changed byte of a genesis record passes") {
  const auto bytes = encode(sample_genesis());
  for (std::size_t i = 0; i < bytes.size(); i += 7) {
    auto changed = bytes;
    changed[i] ^= 0x01;
    if (ledger::decode_genesis(changed).ok()) FAIL("byte " << i << " may change");
  }
}

TEST_CASE("the state of a genesis holds its parties and keys, and its header says so") {
  const auto genesis = sample_genesis();

  const auto built = ledger::build_genesis_state(genesis);
  ledger::MemoryState state;
  state.apply(*built.delta);

  CHECK(built.block == ledger::block_id(built.header));
  CHECK(built.header.height == Height{0});
  CHECK(built.header.roots == ledger::read_roots(state));
  CHECK(tx::institution_count(state) == 5);

  for (const auto& party : genesis.content.parties) {
    const auto id = ledger::party_id(party);

    const auto record = tx::read_institution(state, id);
    REQUIRE(record);
    CHECK(record->facts == party.facts);
    CHECK(record->institution_class == party.institution_class);
    CHECK(record->at.height == Height{0});

    const auto keys = tx::keys_of(state, id);
    REQUIRE(keys.size() == party.keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto key = tx::read_key(state, keys[i]);
      REQUIRE(key);
      CHECK(key->added.key == party.keys[i].key);
      CHECK(key->added.institution == id);
      CHECK_FALSE(key->retired);
    }
  }

  CHECK(ledger::read_parameters(state) == genesis.content.parameters);

  const auto set = ledger::Registry(state).latest({6, tx::registry_id_of_validators()});
  REQUIRE(set);
  CHECK(ledger::CertifyingSet::decode(set->body).value().digest() == built.header.validator_set);
}

TEST_CASE("parameters keep within their bounds, in code, in bytes and by name") {
  ledger::Parameters parameters;

  CHECK_FALSE(parameters.set(ledger::Parameter::kBlockLimitBytes, 3 * 1024 * 1024).ok());
  CHECK_FALSE(parameters.set(ledger::Parameter::kTrustSlotsLimit, 0).ok());

  CHECK(parameters.set(ledger::Parameter::kHeartbeatMs, 5'000).ok());
  CHECK(parameters[ledger::Parameter::kHeartbeatMs] == 5'000);
  CHECK(ledger::decode_parameters(encode(parameters)).value() == parameters);

  for (const auto& row : ledger::parameter_rows()) {
    CHECK(ledger::find_parameter(row.name) == &row);
    CHECK(row.least <= row.standard);
    CHECK(row.standard <= row.most);
  }
  CHECK(ledger::find_parameter("no_such_parameter") == nullptr);

  auto bytes = encode(parameters);
  bytes.pop_back();
  CHECK_FALSE(ledger::decode_parameters(bytes).ok());

  bytes = encode(parameters);
  bytes[4] = 0xFF;  // the block limit, far beyond its bound
  CHECK_FALSE(ledger::decode_parameters(bytes).ok());
}

}  // namespace testamur::test
