#include "wallet/cli/submit.h"

#include <algorithm>
#include <cstdio>

#include "wallet/cli/ledger_commands.h"
#include "wallet/client/outbox.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kValidForMs = 10 * 60 * 1000;

Submitted stopped(ExitCode code, const TransactionId& id) { return {code, id, {}}; }

}  // namespace

Result<ledger::tx::Envelope> fresh_envelope(Context& context, Client& client, const ChainId& chain,
                                            const InstitutionId& author) {
  auto status = client.status();
  if (auto* failure = std::get_if<CallError>(&status)) return error(failure->message);
  const Json& answer = std::get<Json>(status);
  if (answer.value("chain_id", "") != chain.hex()) {
    // Says what a recovery would be, before anything is signed.
    LedgerTrust trust(context.path("ledgers"));
    if (auto problem = follow_ledger(context, client, trust)) return error(problem->message);
    if (trust.current() != nullptr && trust.current()->genesis.chain.hex() == answer.value("chain_id", "")) {
      return error("this home follows the recovered ledger from now on: run the command again");
    }
    return error("the node serves another ledger (" + answer.value("chain_id_text", "") +
                 ") than this home belongs to (" + to_text(chain) + ")");
  }
  const std::uint64_t ledger_ms = answer.contains("as_of") ? answer["as_of"].value("time_ms", std::uint64_t{0}) : 0;
  return ledger::tx::Envelope{chain, author, random_fixed<ledger::tx::Nonce>(),
                              std::max(context.now_ms(), ledger_ms) + kValidForMs};
}

Submitted sign_and_submit(Context& context, Client& client, const ledger::tx::Built& built, KeyPurpose purpose,
                          const SecretKey& key, Json note) {
  if (const auto* rejection = std::get_if<ledger::tx::Rejection>(&built)) {
    return stopped(fail(context, ExitCode::kUsage, ledger::tx::to_text(*rejection)), {});
  }
  const auto& transaction = std::get<ledger::tx::UnsignedTransaction>(built);
  return submit_signed(context, client, transaction.id, ledger::tx::attach_signed(transaction, purpose, key),
                       std::move(note));
}

Submitted submit_signed(Context& context, Client& client, const TransactionId& id, ByteView carried, Json note) {
  const Outbox outbox(context.path("outbox"));
  if (auto stored = outbox.put({id, to_bytes(carried), std::move(note)}); !stored.ok()) {
    return stopped(fail(context, ExitCode::kFailure, stored.message()), id);
  }
  auto ended = client.submit_until_ended(id, carried, context.timeout_ms, [&](const std::string& text) {
    if (!context.quiet) put(Stream::kError, "testamur: " + text + "\n");
  });
  if (auto* failure = std::get_if<CallError>(&ended)) {
    if (failure->kind == CallFailure::kRejected || failure->kind == CallFailure::kInvalid) outbox.remove(id);
    return stopped(fail(context, *failure), id);
  }
  auto& outcome = std::get<CommitOutcome>(ended);
  switch (outcome.state) {
    case CommitOutcome::State::kCommitted: outbox.remove(id); return {ExitCode::kOk, id, std::move(outcome.details)};
    case CommitOutcome::State::kRejected: {
      outbox.remove(id);
      const Json why = outcome.details.value("rejection", Json::object());
      return stopped(
          fail(context, CallError{CallFailure::kRejected, "rejected: " + outcome.details.value("message", ""),
                                  why.value("code", ""), why.value("rule", ""), why.value("field", "")}),
          id);
    }
    case CommitOutcome::State::kExpired:
      outbox.remove(id);
      return stopped(fail(context, ExitCode::kFailure, "expired before it was committed: run the command again"), id);
    case CommitOutcome::State::kPending: break;
  }
  return stopped(
      fail(context, ExitCode::kUnreachable,
           "not committed yet: " + to_text(id) + " is kept in the outbox; testamur outbox resume goes on with it"),
      id);
}

}  // namespace testamur::wallet
