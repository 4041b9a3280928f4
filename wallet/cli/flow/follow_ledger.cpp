#include "wallet/cli/flow/follow_ledger.h"

#include "wallet/cli/dates.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {

Result<std::optional<ChainId>> accepted_recovery(const Context& context) {
  if (context.accept_recovery.empty()) return std::optional<ChainId>{};
  auto chain = parse_chain_id(context.accept_recovery);
  if (!chain.ok()) return error("--accept-recovery: " + chain.message());
  return std::optional<ChainId>(*chain);
}

LedgerOutcome follow_ledger(Context& context, Client& client, LedgerTrust& trust) {
  auto accepted = accepted_recovery(context);
  if (!accepted.ok()) return LedgerFailure{"usage", accepted.message()};
  if (auto problem = trust.load()) return problem;

  // Without it the first ledger that any node shows would be trusted.
  const auto chain = home_ledger(context);
  if (!chain.ok()) return LedgerFailure{"home", chain.message()};
  if (*chain) trust.expect(**chain);

  // Following judges itself which ledger a node serves, and whether it is taken.
  client.expect(std::nullopt);
  auto problem = trust.follow(client, *accepted);
  client.expect(trust.current() == nullptr ? *chain : trust.current()->genesis.chain);
  if (trust.is_first() && trust.current() != nullptr && !context.quiet && !context.json) {
    put(Stream::kError,
        "testamur: this home trusts the ledger " + to_text(trust.current()->genesis.chain) +
            " from now on, as the first that it was shown; compare the id with an institution's\n");
  }
  return problem;
}

std::optional<ChainId> named_ledger(const LedgerTrust& trust, const Reference& reference) {
  const auto* ledger = trust.find(reference);
  return ledger == nullptr ? std::nullopt : std::optional(ledger->genesis.chain);
}

std::string other_ledger_text(const LedgerTrust& trust, const std::string& reference) {
  const auto read = parse_reference(reference);
  if (!read.ok() || trust.current() == nullptr || trust.find(*read) != nullptr) return {};

  // A reference holds the beginning of its ledger's id.
  constexpr std::size_t kLedgerAt = 3;
  std::size_t from = 0;
  for (std::size_t part = 0; part < kLedgerAt; ++part) from = reference.find(':', from) + 1;
  return "it is of another ledger, " + reference.substr(from, reference.find(':', from) - from) +
         "…, than this home trusts, " + to_text(trust.current()->genesis.chain) +
         ": ask from a home of that ledger (--home)";
}

std::uint64_t newest_proven_ms(const LedgerTrust& trust) {
  if (trust.current() == nullptr || !trust.current()->newest) return 0;
  return trust.current()->newest->header.time_ms;
}

Failure failure_of(const LedgerFailure& ledger) {
  ExitCode code = ExitCode::kFailure;
  if (ledger.unreachable()) code = ExitCode::kUnreachable;
  if (ledger.forged()) code = ExitCode::kInvalid;
  if (ledger.name == "usage") code = ExitCode::kUsage;
  if (ledger.name == "other_ledger") code = ExitCode::kUnknown;
  return Failure{code, ledger.message};
}

ExitCode fail(const Context& context, const LedgerFailure& failure) {
  return report(context, failure_of(failure));
}

Attempt<void> refuse_clock_behind(const Context& context, std::uint64_t proven_ms) {
  if (context.now_ms() + kClockBehindMs >= proven_ms) return {};
  return Failure{ExitCode::kFailure, "this machine's clock says " + moment_text(context.now_ms()) +
                                         ", but the ledger has a proven block of " +
                                         moment_text(proven_ms) +
                                         ": set the clock; nothing was judged"};
}

Attempt<void> refuse_clock_behind(const Context& context, const LedgerTrust& trust) {
  return refuse_clock_behind(context, newest_proven_ms(trust));
}

}  // namespace testamur::wallet
