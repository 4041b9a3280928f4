// Speed of the authenticated structures on one thread, as one JSON object on standard output.
//
//   ledger_bench            hashes a second of listed batches, page updates, map updates, log
//   appends, and so on
//
// Every figure covers the whole work of a block: writing, hashing, sealing into a delta, applying
// it to the base.
#include <chrono>
#include <cstdio>

#include "ledger/ledger_state.h"
#include "ledger/proofs/page_proof.h"
#include "tests/ledger/core_support.h"

namespace testamur::ledger {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

InstitutionId issuer() { return test::counting<InstitutionId>(1); }
KeyId key() { return test::counting<KeyId>(2); }

class Bench {
 public:
  // One block: `work` fills it; returns the seconds that it took.
  template <class Work>
  double block(Work work) {
    const auto start = Clock::now();
    Overlay overlay{base_};
    height_ = height_.next();
    LedgerState state{overlay, height_, height_.value * 1000};
    work(state);
    state.seal();
    base_.apply(*overlay.take());
    return seconds_since(start);
  }

  void issue(LedgerState& state, std::span<const Commitment> commitments) {
    const auto origin = state.origin(issuer(), key(), {issuer(), 1, 1}, IssuerIndex{next_index_});
    state.append_log(70, issuer(), key(), next_transaction());
    TM_CHECK(state.issue_listed(origin, commitments));
    next_index_ += commitments.size();
  }
  TransactionId next_transaction() { return TransactionId{test::hash_of(++transactions_).bytes}; }
  const MemoryState& base() const { return base_; }
  std::uint64_t issued() const { return next_index_; }

 private:
  MemoryState base_;
  Height height_;
  std::uint64_t next_index_ = 0;
  std::uint64_t transactions_ = 1ull << 40;
};

double batch_hashes_per_second(Bench& bench) {
  const auto commitments = test::hashes(0, 10000);
  double seconds = 0;
  constexpr int kBlocks = 60;
  for (int i = 0; i < kBlocks; ++i) {
    seconds += bench.block([&](LedgerState& state) { bench.issue(state, commitments); });
  }
  return kBlocks * 10000 / seconds;
}

double single_issues_per_second(Bench& bench) {
  const auto commitments = test::hashes(0, 1);
  double seconds = 0;
  constexpr int kBlocks = 60;

  for (int i = 0; i < kBlocks; ++i) {
    seconds += bench.block([&](LedgerState& state) {
      for (int k = 0; k < 300; ++k) {
        const auto savepoint = state.overlay().savepoint();
        bench.issue(state, commitments);
        state.overlay().release(savepoint);
      }
    });
  }
  return kBlocks * 300 / seconds;
}

double status_changes_per_second(Bench& bench) {
  StatusTransition revoke;
  revoke.to = CredentialStatus::kRevoked;
  revoke.allow(CredentialStatus::kValid);
  revoke.allow(CredentialStatus::kRevoked);

  test::Sequence random{1};
  double seconds = 0;
  constexpr int kBlocks = 60;

  for (int i = 0; i < kBlocks; ++i) {
    seconds += bench.block([&](LedgerState& state) {
      for (int k = 0; k < 300; ++k) {
        const IndexRun run{random.below(bench.issued()), 1};
        const auto index = state.append_log(80, issuer(), key(), bench.next_transaction());
        state.set_status(
            std::get<StatusPlan>(state.pages().plan_status(issuer(), {&run, 1}, revoke)), index, 1);
      }
    });
  }
  return kBlocks * 300 / seconds;
}

double records_per_second(Bench& bench) {
  test::Sequence random{2};
  double seconds = 0;
  constexpr int kBlocks = 100;
  for (int i = 0; i < kBlocks; ++i) {
    seconds += bench.block([&](LedgerState& state) {
      for (int k = 0; k < 500; ++k) {
        state.put_record({4, Encoder{}.u64(random.below(40000)).u64(0).u64(0).u64(0).take()},
                         Bytes(200, 7));
      }
    });
  }
  return kBlocks * 500 / seconds;
}

double slot_proofs_per_second(const Bench& bench) {
  const Pages pages{bench.base()};
  test::Sequence random{3};
  constexpr int kProofs = 3000;
  std::vector<SlotProof> proofs;
  const auto start = Clock::now();
  for (int i = 0; i < kProofs; ++i) {
    proofs.push_back(
        *prove_slot(pages, *pages.find(issuer(), IssuerIndex{random.below(bench.issued())})));
  }
  const double seconds = seconds_since(start);
  const Hash256 root = pages.root();
  for (const auto& proof : proofs) {
    const auto commitment = pages.commitments(proof.page)->at(proof.position);
    TM_CHECK(verify_slot(proof, commitment, pages.count(), root));
  }
  return kProofs / seconds;
}

// A look-up of a key that sixteen unfinalized blocks do not touch: the common case of a check.
double deep_lookups_per_second() {
  MemoryState base;
  DeltaChain chain;

  for (int depth = 0; depth < 16; ++depth) {
    Overlay overlay{base, chain};
    for (std::uint64_t i = 0; i < 2000; ++i) {
      overlay.put(Table::kTransactions, test::hash_of(depth * 10000 + i).view(), Bytes(8, 1));
    }
    chain.push_back(overlay.take());
  }

  const Overlay state{base, chain};
  const auto keys = test::hashes(1ull << 30, 10000);
  std::size_t found = 0;
  const auto start = Clock::now();
  constexpr int kRounds = 30;

  for (int round = 0; round < kRounds; ++round) {
    for (const auto& each : keys)
      found += state.get(Table::kTransactions, each.view()).has_value() ? 1 : 0;
  }

  const double seconds = seconds_since(start);

  TM_CHECK(found == 0);
  return kRounds * 10000 / seconds;
}

}  // namespace
}  // namespace testamur::ledger

int main() {
  using namespace testamur::ledger;
  Bench bench;
  const double batch = batch_hashes_per_second(bench);
  const double single = single_issues_per_second(bench);
  const double status = status_changes_per_second(bench);
  const double records = records_per_second(bench);
  const double proofs = slot_proofs_per_second(bench);

  std::printf(
      "{\"listed_hashes_per_s\": %.0f, \"listed_batch_10000_ms\": %.3f, \"single_issues_per_s\": "
      "%.0f, "
      "\"status_changes_per_s\": %.0f, \"registry_records_per_s\": %.0f, \"slot_proofs_per_s\": "
      "%.0f, "
      "\"lookups_through_16_deltas_per_s\": %.0f}\n",
      batch, 10000 / batch * 1000, single, status, records, proofs, deep_lookups_per_second());
}
