#include "wallet/cli/flow/awards/batch_sending.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "ledger/tx/build.h"
#include "wallet/cli/flow/awards/batch_check.h"
#include "wallet/cli/flow/awards/batches.h"
#include "wallet/cli/flow/proven_commit.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/terminal.h"
#include "wallet/client/outbox.h"
#include "wallet/credential/claim_file.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {

namespace tx = ledger::tx;

std::string about_full_disk(const Context& context, const std::string& cause) {
  const bool is_full = cause.find(std::strerror(ENOSPC)) != std::string::npos ||
                       cause.find(std::strerror(EDQUOT)) != std::string::npos;
  return is_full ? "\n  make room on the disk that holds " + context.home : "";
}

namespace {

// `is_new`: else learners may have been erased since, and the batch has forgotten where they were.
std::string batch_text(const BatchFolder& folder, bool is_new) {
  const Batch& batch = folder.batch();
  const auto count = batch.awards.size();
  const auto padding = batch.commitments.size() - count;
  std::string text = std::to_string(count) + " credential(s) issued, indexes " +
                     std::to_string(batch.plan.first_index.value) + " to " +
                     std::to_string(batch.plan.first_index.value + batch.commitments.size() - 1);
  if (padding != 0) {
    const bool is_filled = batch.commitments.size() <= kMinBatchSize;
    text += "; " + std::to_string(padding) +
            (is_filled ? " of them belong to nobody and hide how small the class is" : "") +
            (is_new ? ""
                    : std::string(is_filled ? ", or" : " of them") +
                          " belonged to learners who were erased");
  }
  return text + "\n  claim files  " + folder.path() + "/claims\n" +
         (is_there(folder.path() + "/codes.age")
              ? "  codes        " + folder.path() + "/codes.age (testamur issuer batch codes)\n"
              : std::string("  codes        none: purged, or every learner sent a request\n"));
}

Json batch_json(const BatchFolder& folder) {
  const Batch& batch = folder.batch();

  Json awards = Json::array();
  for (const auto& award : batch.awards) {
    awards.push_back(Json{{"student", award.student},
                          {"file", folder.claim_path(award)},
                          {"index", batch.plan.first_index.value + award.position},
                          {"commitment", batch.commitments[award.position].hex()},
                          {"holder_made_key", award.recipient.has_value()}});
  }

  return Json{{"batch", batch.id},
              {"folder", folder.path()},
              {"committed", batch.committed},
              {"achievement", to_text(batch.plan.achievement)},
              {"count", batch.awards.size()},
              {"slots", batch.commitments.size()},
              {"awards", awards}};
}

Attempt<void> sign_batch(Context& context, Client& client, BatchFolder& folder,
                         const SecretKey& issue_key) {
  const Batch& batch = folder.batch();
  TM_TRY_STATUS(verify_batch(client, batch, key_id(KeyPurpose::kIssue, issue_key.public_key()),
                             context.now_ms()));
  TM_TRY(const auto envelope, fresh_envelope(context, client, batch.plan.chain, batch.plan.issuer));
  TM_TRY(const auto built,
         built_or_failure(tx::build(
             envelope, tx::IssueListedContent{batch.plan.achievement, batch.plan.first_index,
                                              batch.commitments})));
  return or_exit(ExitCode::kFailure,
                 folder.set_transaction(tx::attach_signed(built, KeyPurpose::kIssue, issue_key)));
}

Attempt<void> send_batch(Context& context, Client& client, BatchFolder& folder,
                         const SecretKey& issue_key) {
  const Batch& batch = folder.batch();
  bool is_to_sign = batch.transaction.empty();
  if (!is_to_sign) {
    TM_TRY(is_to_sign, has_expired(folder, client));
  }
  if (is_to_sign) {
    TM_TRY_STATUS(sign_batch(context, client, folder, issue_key));
  }

  TM_TRY(const auto id,
         or_exit(ExitCode::kFailure, id_of_encoded(batch.plan.chain, batch.transaction)));
  TM_TRY_STATUS(submit_signed(context, client, id, batch.transaction,
                              Json{{"command", "issuer batch"}, {"folder", folder.path()}}));
  return or_exit(ExitCode::kFailure, folder.set_committed());
}

// Precondition of deliver(): what a learner is given is anchored.
Attempt<void> deliver_batch(const Context& context, BatchFolder& folder) {
  Progress progress("writing claim files", folder.batch().awards.size(),
                    context.quiet || context.json);
  return or_exit(ExitCode::kFailure,
                 folder.deliver([&](std::size_t done, std::size_t) { progress.advance(done); }));
}

// Where the batch stands after a failure, and how it goes on.
Failure stopped(const Context& context, Client& client, const BatchFolder& folder,
                Failure failure) {
  const auto name = std::filesystem::path(folder.path()).filename().string();
  failure.message +=
      about_full_disk(context, failure.message) + "\n  the batch is in " + folder.path();
  if (folder.batch().committed)
    failure.message +=
        " and on the ledger; testamur issuer batch resume " + name + " writes what is missing";
  else if (failure.code.empty())
    failure.message += "; " + ways_of_unsent(name);
  else  // a node has answered, and may say more
    failure.message += "; " + ways_of_unsent(client, unsent(folder.batch()), name);
  return failure;
}

// Who brought a batch to the ledger that this home had not noted as issued.
enum class BroughtBy : std::uint8_t { kNobody, kThisHome, kAnother };

Attempt<bool> is_own_on_ledger(Context& context, Client& client, const Batch& batch,
                               const TransactionId& id) {
  const auto proven = expect_on_ledger(context, client, id, batch.transaction);
  if (!proven.ok() && proven.failure().code != "unproven_commit") return proven.failure();
  return proven.ok();
}

// What is on the ledger already is only noted: its places are its own, and nothing more can be
// sent. This home's own transaction is proven by the log; what another home, or another copy of
// this one, has sent by its first and its last award, since one transaction lists all (decision
// 1176).
Attempt<BroughtBy> note_issued_already(Context& context, Client& client, BatchFolder& folder) {
  const Batch& batch = folder.batch();
  TM_TRY(const bool is_there, is_issued_already(client, unsent(batch)));
  if (!is_there || batch.awards.empty()) return BroughtBy::kNobody;

  std::optional<TransactionId> own;
  bool is_own = false;
  if (!batch.transaction.empty()) {
    TM_TRY(own, or_exit(ExitCode::kFailure, id_of_encoded(batch.plan.chain, batch.transaction)));
    TM_TRY(is_own, is_own_on_ledger(context, client, batch, *own));
  }
  if (!is_own) {
    TM_TRY_STATUS(expect_award_on_ledger(context, client, batch.awards.front().sd_jwt));
    TM_TRY_STATUS(expect_award_on_ledger(context, client, batch.awards.back().sd_jwt));
  }

  TM_TRY_STATUS(or_exit(ExitCode::kFailure, folder.set_committed()));
  // It has ended, or can only be rejected: another one has its places.
  if (own) Outbox(context.path("outbox")).remove(*own);
  return is_own ? BroughtBy::kThisHome : BroughtBy::kAnother;
}

}  // namespace

Outcome finish_batch(Context& context, Client& client, BatchFolder& folder,
                     const SecretKey& issue_key, const Description& description) {
  std::string told;
  if (!folder.batch().committed) {
    const auto noted = note_issued_already(context, client, folder);
    if (!noted.ok()) return stopped(context, client, folder, noted.failure());
    if (*noted == BroughtBy::kAnother)
      told = "it is on the ledger already, sent from another home or another copy of this one:\n";
  }
  if (!folder.batch().committed) {
    const auto name = std::filesystem::path(folder.path()).filename().string();
    TM_TRY_STATUS(expect_issuable(client, folder, name));
    const auto sent = send_batch(context, client, folder, issue_key);
    if (!sent.ok()) return stopped(context, client, folder, sent.failure());
  }
  const auto delivered = deliver_batch(context, folder);
  if (!delivered.ok()) return stopped(context, client, folder, delivered.failure());

  Json json = batch_json(folder);
  json.update(description.facts);
  return Reply{std::move(json), told + batch_text(folder, !description.text.empty())};
}

}  // namespace testamur::wallet
