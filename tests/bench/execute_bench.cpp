// Processor time of transactions on one thread, as one JSON object on standard output.
//
//   execute_bench            microseconds a transaction: decoding, asking, executing and sealing,
//   applying
//
// Signature verification is measured on its own and left out of the rest: a node verifies each
// signature once, on other threads. "execute" covers checks, writes, hashing and the delta of a
// whole block; "apply" the in-memory base.
#include <time.h>

#include <cstdio>
#include <functional>

#include "tests/ledger/tx_fixture.h"

namespace testamur::test {
namespace {

// Processor time of this thread, so that what else the machine does is left out.
double now_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}
double micros_since(double start_us) { return now_us() - start_us; }

class AcceptAll final : public ledger::SignatureVerifier {
 public:
  bool verify(ByteView, ByteView, const Signature&) override { return true; }
};

struct Times {
  double decode_us = 0, check_us = 0, execute_us = 0, apply_us = 0;
};

// A fake signature by the right key: signing would take most of the time of the bench.
Bytes carried(TestLedger& ledger, const Actor& actor, KeyPurpose purpose, tx::Built built) {
  (void)ledger;
  return tx::attach(std::get<tx::UnsignedTransaction>(built),
                    {{actor.key_of(purpose), Signature{}}});
}

// Blocks of `per_block` transactions that `make(i)` gives; microseconds a transaction.
Times measure(TestLedger& ledger, std::size_t blocks, std::size_t per_block,
              const std::function<Bytes(std::uint64_t)>& make, std::uint64_t& next,
              Height& height) {
  Times total;
  AcceptAll verifier;

  for (std::size_t b = 0; b < blocks; ++b) {
    std::vector<Bytes> bytes;
    for (std::size_t i = 0; i < per_block; ++i) bytes.push_back(make(next++));

    auto start = now_us();
    std::vector<SharedTransaction> block;
    for (auto& carried_bytes : bytes) {
      block.push_back(
          std::get<SharedTransaction>(tx::decode(ledger.chain(), std::move(carried_bytes))));
    }
    total.decode_us += micros_since(start);

    height = height.next();
    const ledger::BlockContext context{ledger.chain(), height, ledger.time_ms() + 1'000, 1};
    ledger::BlockExecutor asked(ledger.state(), context, verifier);
    start = now_us();
    for (const auto& transaction : block) {
      const auto rejection = asked.check(transaction);
      TM_CHECK(!rejection, to_text(*rejection));
    }
    total.check_us += micros_since(start);

    start = now_us();
    ledger::BlockExecutor executor(ledger.state(), context, verifier);
    for (const auto& transaction : block) {
      const auto rejection = executor.add(transaction);
      TM_CHECK(!rejection, to_text(*rejection));
    }
    const auto effects = executor.finish();
    total.execute_us += micros_since(start);

    start = now_us();
    ledger.state().apply(*effects.delta);
    total.apply_us += micros_since(start);
  }

  const auto count = static_cast<double>(blocks * per_block);
  return {total.decode_us / count, total.check_us / count, total.execute_us / count,
          total.apply_us / count};
}

void print(const char* name, const Times& times, const char* end) {
  std::printf(
      "  \"%s\": {\"decode_us\": %.2f, \"check_us\": %.2f, \"execute_us\": %.2f, \"apply_us\": "
      "%.2f}%s\n",
      name, times.decode_us, times.check_us, times.execute_us, times.apply_us, end);
}

double signature_us() {
  const auto key = key_named("bench");
  const auto message = hash_of(1);
  const auto signature = key.sign(message.view());
  constexpr int kRounds = 2'000;
  const auto start = now_us();
  for (int i = 0; i < kRounds; ++i)
    TM_CHECK(verify_bip340(key.public_key().bytes, message.view(), signature));
  return micros_since(start) / kRounds;
}

void run() {
  auto input = sample_genesis_input();

  const auto most = [&](ledger::Parameter id, std::uint64_t value) {
    TM_CHECK(input.parameters.set(id, value).ok());
  };
  most(ledger::Parameter::kBlockLimitWeight, 10'000'000);
  most(ledger::Parameter::kStatementChangesPerDay, 1'000'000);

  TestLedger ledger(std::move(input));
  const auto achievement = ledger.publish(ledger.aurora);
  auto height = ledger.height();
  std::uint64_t next = 0;
  std::uint64_t issued = 0;

  const auto issue = [&](std::size_t count) {
    return [&, count](std::uint64_t) {
      const tx::IssueListedContent content{achievement, IssuerIndex{issued}, hashes(issued, count)};
      issued += count;
      return carried(ledger, ledger.aurora, KeyPurpose::kIssue,
                     tx::build(ledger.envelope(ledger.aurora.id), content));
    };
  };

  std::printf("{\n  \"verify_bip340_us\": %.2f,\n", signature_us());
  print("issue_single_blocks_of_300", measure(ledger, 40, 300, issue(1), next, height), ",");
  print("issue_single_blocks_of_20", measure(ledger, 200, 20, issue(1), next, height), ",");
  print("issue_10000_one_a_block", measure(ledger, 20, 1, issue(10'000), next, height), ",");

  std::uint64_t revoked = 0;
  print("revoke_single_blocks_of_300",
        measure(
            ledger, 40, 300,
            [&](std::uint64_t) {
              tx::StatusChangeContent change;
              change.target = std::vector<IssuerIndex>{IssuerIndex{revoked++}};
              return carried(ledger, ledger.aurora, KeyPurpose::kIssue,
                             tx::build(ledger.envelope(ledger.aurora.id), change));
            },
            next, height),
        ",");

  print("trust_blocks_of_300",
        measure(
            ledger, 20, 300,
            [&](std::uint64_t i) {
              return carried(
                  ledger, ledger.aurora, KeyPurpose::kGovern,
                  tx::build(ledger.envelope(ledger.aurora.id),
                            trust_in(ledger.borealis.id, static_cast<std::uint16_t>(i % 16))));
            },
            next, height),
        "");

  std::printf("}\n");
}

}  // namespace
}  // namespace testamur::test

int main() { testamur::test::run(); }
