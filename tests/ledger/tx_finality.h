// Finality by the consensus keys of the fixture's institutions, whose names are
// "<institution>/consensus".
#pragma once

#include <string>
#include <vector>

#include "ledger/proofs/checkpoint.h"
#include "tests/ledger/tx_fixture.h"

namespace testamur::test {

// Signed by those of `signers` who are in the set, whether or not they are a quorum.
inline ledger::FinalityProof finalize(const ledger::Header& header,
                                      const ledger::CertifyingSet& set,
                                      const std::vector<std::string>& signers) {
  ledger::FinalityProof proof;

  auto& vote = proof.finalization;
  vote.epoch = header.epoch;
  vote.view = header.view;
  vote.block = ledger::block_id(header);

  Encoder message;
  message.fixed(header.chain)
      .u64(vote.epoch)
      .fixed(set.digest())
      .u64(vote.view)
      .u64(vote.parent_view)
      .fixed(vote.block);
  const auto digest = tags::kFinalize(message.bytes());

  for (std::size_t i = 0; i < set.size(); ++i) {
    for (const auto& name : signers) {
      const auto key = key_named(name + "/consensus");
      if (!equal(key.public_key().bytes, set.members()[i].key.view())) continue;
      vote.signers |= 1u << i;
      vote.signatures.push_back(key.sign(digest.view()));
    }
  }
  return proof;
}

}  // namespace testamur::test
