#include "wallet/cli/flow/proven_commit.h"

#include <chrono>
#include <thread>

#include "common/waiting.h"
#include "ledger/header.h"
#include "ledger/proofs/merkle.h"
#include "wallet/cli/flow/awards/batches.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/client/proven_facts.h"

namespace testamur::wallet {
namespace {

// A node answers by its newest snapshot, which may be that of a moment before.
constexpr unsigned kMostTries = 30;
constexpr auto kPause = std::chrono::milliseconds(100);

Called<InclusionAnswer> ask(Client& client, const TransactionId& id) {
  const Waiting proving("asking for the proof that it is on the ledger");
  auto answer = client.inclusion(id);
  for (unsigned i = 1; i < kMostTries; ++i) {
    const auto* failure = std::get_if<CallError>(&answer);
    if (failure == nullptr || failure->kind != CallFailure::kNotFound) break;
    std::this_thread::sleep_for(kPause);
    answer = client.inclusion(id);
  }
  return answer;
}

// The id is the digest of the ledger's own id and the body.
std::string why_not_of(const ChainId& chain, const TransactionId& id, ByteView carried) {
  const auto here = id_of_encoded(chain, carried);
  if (here.ok() && *here == id) return {};
  return "it shows the ledger " + to_text(chain) + ", which the transaction is not for";
}

Failure unproven(const Client& client, const std::string& what, const std::string& why) {
  return Failure{ExitCode::kInvalid,
                 client.answering() + " says that " + what + " and does not prove it: " + why +
                     ". Ask another node (--endpoint)",
                 "unproven_commit"};
}

}  // namespace

std::string why_not_proven(const InclusionAnswer& shown, const LedgerTrust& trust,
                           const TransactionId& id) {
  if (!shown.leaf || !shown.checkpoint) return "it shows no place in the log";
  if (shown.leaf->transaction != id) return "the place that it shows is another transaction's";
  if (trust.current() == nullptr) return "this home trusts no ledger yet";
  if (const auto lie = trust.verify_checkpoint(*shown.checkpoint)) return lie->message;

  const auto header = ledger::decode_header(shown.checkpoint->header);
  if (!header.ok()) return header.message();
  const auto& roots = header->roots;
  const bool holds = shown.leaf->height <= header->height &&
                     ledger::merkle::verify_inclusion(
                         ledger::merkle::leaf_hash(ledger::encode(*shown.leaf)),
                         shown.leaf->index.value, roots.log_size, shown.path, roots.log_root);
  return holds ? "" : "the log of the block that it shows does not hold it";
}

Attempt<void> expect_on_ledger(Context& context, Client& client, const TransactionId& id,
                               ByteView carried) {
  const auto answer = ask(client, id);
  std::string why;
  if (const auto* failure = std::get_if<CallError>(&answer)) {
    if (failure->kind != CallFailure::kNotFound) return failure_of(*failure);
    why = "its log does not hold it";
  } else {
    // Afterwards, so that the set which made that block is known.
    LedgerTrust trust(context.path("ledgers"));
    if (const auto problem = follow_ledger(context, client, trust)) return failure_of(*problem);
    why = why_not_proven(std::get<InclusionAnswer>(answer), trust, id);
    // A home that trusted none yet took the ledger that it was shown.
    if (why.empty()) why = why_not_of(trust.current()->genesis.chain, id, carried);
  }
  if (why.empty()) return {};
  return unproven(client, "the transaction is on the ledger", why);
}

Attempt<void> expect_award_on_ledger(Context& context, Client& client, const std::string& sd_jwt) {
  const auto view = read_credential(sd_jwt);
  if (!view.ok()) return Failure{ExitCode::kFailure, view.message()};
  LedgerTrust trust(context.path("ledgers"));
  if (const auto problem = follow_ledger(context, client, trust)) return failure_of(*problem);

  const auto fetched =
      fetch_receipt(client, *trust.current(), *view, trust.current()->genesis.chain);
  if (fetched.receipt) return {};
  return unproven(client, "the award is on the ledger",
                  fetched.failure ? fetched.failure->message : "it shows no receipt of it");
}

}  // namespace testamur::wallet
