// Validator sets, certificates and the two forms of finality proof.
#include "consensus/values/finality.h"

#include "tests/consensus/harness.h"
#include "tests/support/catch.h"

namespace testamur::consensus {
namespace {

using harness::EngineHarness;
using harness::set_of;

Status check(const EngineHarness& harness, const Certificate& certificate) {
  return verify_certificate(harness.config.chain, harness.set, certificate,
                            [](const auto& key, const auto& digest, const auto& signature) {
                              return harness::sign_as(key, digest) == signature;
                            });
}

Status check(const EngineHarness& harness, const Proposal& block, const FinalityProof& proof) {
  return verify_finality(
      harness.config.chain, harness.set, EngineHarness::facts_of(*block.header), proof,
      [](const Bytes& header) { return EngineHarness::facts_of(header); },
      [](const auto& key, const auto& digest, const auto& signature) {
        return harness::sign_as(key, digest) == signature;
      });
}

}  // namespace

TEST_CASE("the quorum is n minus f for every size", "[consensus]") {
  const std::size_t quorums[] = {1, 2, 3, 3, 4, 5, 5, 6, 7, 7};
  for (std::size_t n = 1; n <= 10; ++n) CHECK(set_of(n).quorum() == quorums[n - 1]);
  for (std::size_t n = 1; n <= 31; ++n) {
    const auto set = set_of(n);
    // Two quorums share more than the faulty ones, and the honest ones alone are a quorum.
    CHECK(2 * set.quorum() > n + set.max_faulty());
    CHECK(n - set.max_faulty() >= set.quorum());
  }
}

TEST_CASE("a validator set is ordered by id, has no id or key twice, and at most 31 members",
          "[consensus]") {
  const auto forward =
      ValidatorSet::make({harness::member(0), harness::member(1), harness::member(2)});
  const auto backward =
      ValidatorSet::make({harness::member(2), harness::member(1), harness::member(0)});
  CHECK(forward.value() == backward.value());
  CHECK(forward->digest() == backward->digest());
  CHECK(forward->index_of(harness::member(1).id) == 1);
  CHECK_FALSE(forward->index_of(harness::member(7).id).has_value());
  CHECK_FALSE(ValidatorSet::make({}).ok());
  CHECK_FALSE(ValidatorSet::make({harness::member(0), harness::member(0)}).ok());
  auto same_key = harness::member(1);
  same_key.key = harness::member(0).key;
  CHECK_FALSE(ValidatorSet::make({harness::member(0), same_key}).ok());
  std::vector<Validator> many;
  for (std::size_t i = 0; i < 32; ++i) many.push_back(harness::member(i));
  CHECK_FALSE(ValidatorSet::make(many).ok());
}

TEST_CASE("leaders take turns and each epoch begins one later", "[consensus]") {
  const auto set = set_of(4);
  CHECK(set.leader(Epoch{0}, View{1}) == 1);
  CHECK(set.leader(Epoch{0}, View{4}) == 0);
  CHECK(set.leader(Epoch{1}, View{1}) == 2);
  CHECK(set.leader(Epoch{~std::uint64_t{0}}, View{~std::uint64_t{0}}) ==
        2);  // no overflow: (3 + 3) mod 4
}

TEST_CASE("a certificate has exactly q valid signatures of the set, in index order",
          "[consensus]") {
  const EngineHarness harness;
  const auto block = harness.proposal(View{1}, View{0}, BlockId{}, Height{1});
  const auto good = harness.certificate({0, 2, 3}, Act::kFinalize, block);
  CHECK(check(harness, good).ok());
  CHECK_FALSE(check(harness, harness.certificate({0, 2}, Act::kFinalize, block)).ok());
  CHECK_FALSE(check(harness, harness.certificate({0, 1, 2, 3}, Act::kFinalize, block)).ok());
  auto swapped = good;
  std::swap(swapped.signatures[0], swapped.signatures[1]);
  CHECK_FALSE(check(harness, swapped).ok());
  auto outside = good;
  outside.signers = 0b10101;
  CHECK_FALSE(check(harness, outside).ok());
  auto few = good;
  few.signatures.pop_back();
  CHECK_FALSE(check(harness, few).ok());
  auto proposal_act = good;
  proposal_act.statement.act = Act::kPropose;
  CHECK_FALSE(check(harness, proposal_act).ok());
}

TEST_CASE("signatures under different statements do not mix in a certificate", "[consensus]") {
  const EngineHarness harness;
  const auto a = harness.proposal(View{1}, View{0}, BlockId{}, Height{1}, 1);
  const auto b = harness.proposal(View{1}, View{0}, BlockId{}, Height{1}, 2);
  auto mixed = harness.certificate({0, 1, 2}, Act::kNotarize, a);
  mixed.signatures[1] = harness.vote(1, Act::kNotarize, b).signature;
  CHECK_FALSE(check(harness, mixed).ok());
  auto notarization = harness.certificate({0, 1, 2}, Act::kNotarize, a);
  notarization.statement.act = Act::kFinalize;
  CHECK_FALSE(check(harness, notarization).ok());
}

TEST_CASE("another epoch, another chain or another set makes every signature worthless",
          "[consensus]") {
  const EngineHarness harness;
  const Statement statement{Act::kFinalize, Epoch{3}, View{2}, View{1}, BlockId{}};
  const Hash256 digest = signing_digest(harness.config.chain, harness.set.digest(), statement);
  auto other = statement;
  other.epoch = Epoch{4};
  CHECK(signing_digest(harness.config.chain, harness.set.digest(), other) != digest);
  CHECK(signing_digest(ChainId{}, harness.set.digest(), statement) != digest);
  CHECK(signing_digest(harness.config.chain, set_of(5).digest(), statement) != digest);
}

TEST_CASE(
    "a block is proven final by its own finalization or by that of a descendant with the headers "
    "between",
    "[consensus]") {
  const EngineHarness harness;
  const auto first = harness.proposal(View{1}, View{0}, BlockId{}, Height{1});
  const auto second = harness.proposal(View{2}, View{1}, EngineHarness::id_of(first), Height{2});
  const auto third = harness.proposal(View{4}, View{2}, EngineHarness::id_of(second), Height{3});
  const auto final_of = [&](const Proposal& block) {
    return std::make_shared<const Certificate>(
        harness.certificate({0, 1, 3}, Act::kFinalize, block));
  };
  CHECK(check(harness, first, {{}, final_of(first)}).ok());
  CHECK(check(harness, first, {{second.header, third.header}, final_of(third)}).ok());
  CHECK_FALSE(check(harness, first, {{third.header}, final_of(third)}).ok());
  CHECK_FALSE(check(harness, first, {{second.header}, final_of(third)}).ok());
  CHECK_FALSE(check(harness, third, {{}, final_of(first)}).ok());
  const auto notarized =
      std::make_shared<const Certificate>(harness.certificate({0, 1, 3}, Act::kNotarize, first));
  CHECK_FALSE(check(harness, first, {{}, notarized}).ok());
}

TEST_CASE("a sealing block is proven by fillers only", "[consensus]") {
  const EngineHarness harness;
  HeaderFacts facts;
  facts.view = View{1};
  facts.height = Height{1};
  facts.proposer = harness.set.at(1).id;
  facts.sealing = true;
  const auto sealing = harness.signed_proposal(facts, View{0});
  facts.sealing = false;
  facts.view = View{2};
  facts.parent = EngineHarness::id_of(sealing);
  facts.filler = facts.empty = true;
  const auto filler = harness.signed_proposal(facts, View{1});
  facts.filler = false;
  facts.height = Height{2};
  const auto ordinary = harness.signed_proposal(facts, View{1});
  const auto final_of = [&](const Proposal& block) {
    return std::make_shared<const Certificate>(
        harness.certificate({0, 1, 3}, Act::kFinalize, block));
  };
  CHECK(check(harness, sealing, {{filler.header}, final_of(filler)}).ok());
  CHECK_FALSE(check(harness, sealing, {{ordinary.header}, final_of(ordinary)}).ok());
}

}  // namespace testamur::consensus
