// A chain of headers with real validator keys, and a receipt over two epochs, for tests of proofs.
#pragma once

#include <vector>

#include "common/keys.h"
#include "ledger/header.h"
#include "ledger/proofs/checkpoint.h"
#include "ledger/proofs/receipt.h"
#include "tests/ledger/core_support.h"

namespace testamur::test {

class SignedChain {
 public:
  // n validators with keys made from `seed`.
  explicit SignedChain(std::size_t n, std::uint64_t seed = 1);

  // The next block above the last one made.
  ledger::Header next_header(const ledger::Roots& roots, const Hash256& next_set = {});
  // This chain's validators go on above the sealing block of another epoch.
  void begin_epoch(Epoch epoch, const ledger::Header& sealing);
  // The finalization of a block by the first `signers` validators; 0: a quorum.
  ledger::FinalityProof finalize(const ledger::Header& header, std::size_t signers = 0) const;
  const ledger::CertifyingSet& set() const { return *set_; }

  ChainId id = counting<ChainId>(0xc0);

 private:
  std::vector<SecretKey> keys_;  // by index of the set
  std::optional<ledger::CertifyingSet> set_;
  Epoch epoch_;
  Height height_;
  View view_;
  BlockId last_;
};

struct SampleReceipt {
  ChainId chain;
  ledger::CertifyingSet genesis_set;
  ledger::Receipt receipt;  // issuer index 1007, suspended, checkpoint in epoch 1
  ledger::RecordName issuer_record;
};
SampleReceipt sample_receipt();

}  // namespace testamur::test
