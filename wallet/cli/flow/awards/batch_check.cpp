#include "wallet/cli/flow/awards/batch_check.h"

#include "wallet/cli/flow/told_status.h"
#include "wallet/client/facts.h"

namespace testamur::wallet {
namespace {

// What the ledger will hold of the award once the batch is on it.
SlotRecord future_slot(const Batch& batch, const Award& award, const KeyId& issue_key,
                       std::uint64_t now_ms) {
  SlotRecord slot;
  slot.commitment = batch.commitments[award.position];
  slot.issuer = batch.plan.issuer;
  slot.index = IssuerIndex{batch.plan.first_index.value + award.position};
  slot.achievement = batch.plan.achievement;
  slot.issue_key = issue_key;
  slot.anchor_time_ms = now_ms;
  slot.status = LedgerStatus::kValid;
  return slot;
}

}  // namespace

Attempt<void> verify_batch(const Batch& batch, RegistryFacts facts, const KeyId& issue_key,
                           std::uint64_t now_ms) {
  for (const auto& award : batch.awards) {
    facts.slots = std::vector<SlotRecord>{future_slot(batch, award, issue_key, now_ms)};

    // The issuer's own node tells the issuer how things are: what verifiers will have proven to
    // them is taken from its word.
    const Verdict verdict = verdict_if_proven(award.sd_jwt, facts, now_ms);
    for (const auto topic : {Topic::kForm, Topic::kSignature, Topic::kContents, Topic::kLedger,
                             Topic::kStatus, Topic::kExpiry}) {
      const auto* finding = find(verdict, topic);

      if (finding != nullptr && finding->answer == Answer::kValid) continue;

      return Failure{ExitCode::kInvalid,
                     "no verifier would accept the credential of learner \"" + award.student +
                         "\": " +
                         (finding == nullptr ? std::string(to_text(topic)) + " was not judged"
                                             : finding->text) +
                         "; nothing was issued"};
    }
  }
  return {};
}

Attempt<void> verify_batch(Client& client, const Batch& batch, const KeyId& issue_key,
                           std::uint64_t now_ms) {
  if (batch.awards.empty()) return {};

  TM_TRY(const auto first,
         or_exit(ExitCode::kInvalid, read_credential(batch.awards.front().sd_jwt)));

  // Issuer, keys and achievement are the same for all: one learner's answer serves the whole class.
  const auto facts = gather_facts(client, first, "", batch.plan.chain);

  if (!facts.issuer || !facts.keys || !facts.achievement) {
    return Failure{
        ExitCode::kUnreachable,
        "the credentials cannot be compared with the ledger: " +
            (facts.problem.empty() ? "the node does not know all that they name" : facts.problem) +
            "; nothing was issued"};
  }

  return verify_batch(batch, facts, issue_key, now_ms);
}

}  // namespace testamur::wallet
