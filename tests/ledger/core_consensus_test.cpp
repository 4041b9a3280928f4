// Two readings of docs/formats/consensus.md and certificate-proof.md, that of the engine and that
// of the verifier of the ledger, agree on bytes and verdicts. Only tests may see both.
#include "consensus/values/codec.h"
#include "consensus/values/finality.h"
#include "consensus/values/validator_set.h"
#include "ledger/proofs/checkpoint.h"
#include "tests/ledger/core_chain.h"
#include "tests/support/catch.h"

namespace testamur {
namespace {

using test::SignedChain;

consensus::ValidatorSet engine_set(const ledger::CertifyingSet& set) {
  std::vector<consensus::Validator> validators;
  for (const auto& member : set.members()) {
    validators.push_back({member.institution, consensus::ConsensusKey{member.key.bytes}});
  }
  return consensus::ValidatorSet::make(std::move(validators)).value();
}

consensus::HeaderFacts read_header(const Bytes& bytes) {
  consensus::HeaderFacts facts;
  facts.id = ledger::block_id(ByteView{bytes});

  const auto header = ledger::decode_header(bytes);
  if (!header.ok()) return facts;

  facts.well_formed = true;
  facts.epoch = header->epoch;
  facts.view = header->view;
  facts.height = header->height;
  facts.parent = header->parent;
  facts.proposer = header->proposer;

  facts.sealing = header->seals_epoch() && !header->filler;
  facts.filler = header->filler;
  return facts;
}

bool engine_accepts(const SignedChain& chain, const ledger::Checkpoint& checkpoint) {
  Encoder out;
  ledger::encode(out, checkpoint.proof);
  const auto proof = consensus::decode_finality_proof(out.bytes());
  if (!proof || consensus::encode(*proof) != out.bytes()) return false;
  const auto verify = [](const consensus::ConsensusKey& key, const Hash256& digest,
                         const Signature& signature) {
    return verify_bip340(key.view(), digest.view(), signature);
  };
  return consensus::verify_finality(chain.id, engine_set(chain.set()),
                                    read_header(ledger::encode(checkpoint.header)), *proof,
                                    read_header, verify)
      .ok();
}

}  // namespace

TEST_CASE("engine and ledger give a validator set the same digest and quorum") {
  for (std::size_t n = 1; n <= 31; ++n) {
    const SignedChain chain{n};
    CAPTURE(n);
    CHECK(engine_set(chain.set()).digest() == chain.set().digest());
    CHECK(engine_set(chain.set()).quorum() == chain.set().quorum());
  }
}

TEST_CASE("engine and ledger sign and accept the same finalization") {
  SignedChain chain{4};
  const SignedChain next{4, 50};
  const ledger::Header first = chain.next_header({});
  const ledger::Header second = chain.next_header({});
  const ledger::Header sealing = chain.next_header({}, next.set().digest());
  ledger::Header filler = chain.next_header({}, next.set().digest());
  filler.filler = true;
  ledger::Header ordinary = filler;
  ordinary.filler = false;

  std::vector<ledger::Checkpoint> candidates{{first, chain.finalize(first)},
                                             {first, chain.finalize(second)}};
  const auto add = [&](const ledger::Header& header, std::vector<ledger::Header> links) {
    candidates.push_back({header, chain.finalize(links.back())});
    candidates.back().proof.links = std::move(links);
  };
  add(first, {second});
  add(first, {second, sealing});
  add(first, {sealing});
  add(sealing, {filler});
  add(sealing, {ordinary});
  add(second, {sealing, filler});
  candidates.push_back({first, chain.finalize(first, 2)});
  candidates.push_back({first, chain.finalize(first, 4)});

  std::size_t accepted = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    CAPTURE(i);
    const bool by_ledger = ledger::verify_checkpoint(chain.id, chain.set(), candidates[i]).ok();
    CHECK(engine_accepts(chain, candidates[i]) == by_ledger);
    accepted += by_ledger ? 1 : 0;
  }
  CHECK(accepted == 5);
}

}  // namespace testamur
