// An index stands for one credential for ever, so that no two batches of this home may hold the
// same one. next_index() and reserve_indexes() are called under the home lock; a batch folder
// counts as a batch from the moment its state is in it.
#include "wallet/cli/flow/awards/batches.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "common/visible.h"
#include "ledger/tx/transaction.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/award_targets.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/cli/short_id.h"
#include "wallet/client/outbox.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kBatchIdDigits = 32;
constexpr std::uint64_t kMostIndex = std::uint64_t{1} << 62;

}  // namespace

std::string batch_path(const Context& context, const std::string& name) {
  return context.path("issuer/batches/" + name);
}

Result<std::vector<std::string>> batch_names(const Context& context) {
  const std::string batches = context.path("issuer/batches");
  std::vector<std::string> names;
  if (!is_there(batches)) return names;

  TM_TRY(const auto folders, list_folder(batches));
  for (const auto& folder : folders) {
    // A folder without the state is what a crash left before there was a batch. One that cannot be
    // looked into counts: whoever opens it is told why not.
    if (is_there(folder + "/batch.age"))
      names.push_back(std::filesystem::path(folder).filename().string());
  }
  return names;
}

Status check_batch_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= 100 && name.front() != '.' &&
      std::ranges::all_of(name, allowed))
    return {};
  return error(
      "--name: " + in_quotes(name) +
      " cannot be the name of a batch: use letters, digits, '-', '_' and '.', at most 100");
}

Attempt<std::string> batch_named(const Context& context, const std::string& typed) {
  TM_TRY(const auto names, or_exit(ExitCode::kFailure, batch_names(context)));
  const bool is_whole = std::ranges::find(names, typed) != names.end();
  if (is_whole || !is_short_hex(typed, kBatchIdDigits) || typed.size() < kLeastTyped) return typed;

  // Names that people gave are typed in full.
  std::vector<std::string> ids;
  std::ranges::copy_if(names, std::back_inserter(ids), [](const auto& name) {
    return name.size() == kBatchIdDigits && is_short_hex(name, kBatchIdDigits + 1);
  });
  auto whole = complete_id("batch", typed, "", ids);
  if (!whole.ok() && whole.failure().exit == ExitCode::kUnknown) return typed;
  return whole;
}

Attempt<BatchFolder> open_batch(const Context& context, const std::string& name,
                                std::span<const age::Identity> identities) {
  TM_TRY(const auto names, or_exit(ExitCode::kFailure, batch_names(context)));
  if (std::ranges::find(names, name) != names.end()) {
    auto folder = BatchFolder::open(batch_path(context, name), identities);
    if (folder.ok()) return std::move(*folder);
    return Failure{ExitCode::kFailure, "batch " + name + ": " + folder.message()};
  }

  TM_TRY_STATUS(check_batch_name(name));
  if (is_there(batch_path(context, name))) {
    return Failure{ExitCode::kUsage,
                   "the batch \"" + name +
                       "\" was interrupted before anything of it was signed or sent: issue it "
                       "again under the same name"};
  }
  std::string there;
  for (const auto& each : names) there += (there.empty() ? "" : ", ") + each;
  return Failure{ExitCode::kUsage,
                 "this home has no batch \"" + name + "\"" +
                     (there.empty() ? ", nor any other" : "; there are: " + there)};
}

namespace {

// Whether the outbox may hold a transaction of this batch: its note names the folder.
Result<bool> is_sent(const Context& context, const std::string& batch) {
  TM_TRY(const auto entries, Outbox(context.path("outbox")).list());
  const std::filesystem::path folder(batch_path(context, batch));
  return std::ranges::any_of(entries, [&](const OutboxEntry& entry) {
    // Without its note nobody knows what it is.
    if (!entry.note.is_object() || !entry.note.contains("command")) return true;
    const auto noted = entry.note.value("folder", std::string{});
    return std::filesystem::path(noted).filename() == folder.filename();
  });
}

}  // namespace

Result<std::uint64_t> next_index(const Context& context, std::uint64_t next_free_on_ledger) {
  const std::string file = context.path("issuer/next_index.json");
  const std::uint64_t first = std::max<std::uint64_t>(next_free_on_ledger, 1);
  if (!is_there(file)) return first;

  TM_TRY(const auto raw, read_file(file, 1024));
  TM_TRY(const auto json, parse_strict_json(as_text(raw)));
  ObjectReader reader(json, file);
  const auto reserved_until = reader.number("reserved_until");
  const auto reserved_from = reader.number_or("reserved_from", reserved_until);
  const auto batch = reader.optional_text("batch");
  TM_TRY_STATUS(reader.finish());

  // The newest reservation was made for a batch that a crash kept from becoming one: nothing of it
  // was signed for the ledger or given away, so its indexes are free again.
  const bool was_cut_off = !batch.empty() && check_batch_name(batch).ok() &&
                           reserved_from <= reserved_until &&
                           !is_there(batch_path(context, batch) + "/batch.age");
  if (!was_cut_off) return std::max(first, reserved_until);

  // A folder that was deleted by hand looks the same. What it sent may still be on its way from the
  // outbox.
  TM_TRY(const auto sent, is_sent(context, batch));
  return std::max(first, sent ? reserved_until : reserved_from);
}

Status reserve_indexes(const Context& context, const std::string& batch, std::uint64_t first,
                       std::uint64_t count) {
  if (first > kMostIndex - std::min(count, kMostIndex))
    return error("no index is left: the last one is " + std::to_string(kMostIndex));
  TM_TRY(const auto free, next_index(context, first));
  if (free != first) {
    return error("another program of this home has taken the indexes from " +
                 std::to_string(first) + " on; nothing was issued, run the command again");
  }
  const Json reserved{
      {"reserved_until", first + count}, {"reserved_from", first}, {"batch", batch}};
  return write_home_file(context, "issuer/next_index.json", as_bytes(reserved.dump()));
}

namespace {

// What this program cannot read another one made, and it may be committed: signing the batch again
// would issue it twice, and forgetting it would give its indexes to another.
Attempt<ledger::tx::SharedTransaction> transaction_of(const BatchFolder& folder) {
  const Batch& batch = folder.batch();
  auto decoded = ledger::tx::decode(batch.plan.chain, batch.transaction);
  if (auto* read = std::get_if<ledger::tx::SharedTransaction>(&decoded)) return std::move(*read);
  return Failure{ExitCode::kFailure,
                 folder.path() + "/batch.age holds a transaction that this program cannot read (" +
                     ledger::tx::to_text(std::get<ledger::tx::Rejection>(decoded)) +
                     "): nothing was signed. Use the testamur that made it, or a newer one"};
}

}  // namespace

Attempt<bool> has_expired(const BatchFolder& folder, Client& client) {
  TM_TRY(const auto transaction, transaction_of(folder));
  auto known = client.transaction(transaction->id());

  if (const auto* failure = std::get_if<CallError>(&known)) {
    if (failure->kind != CallFailure::kNotFound) return false;  // it may be on its way, or there
  } else {
    const auto state = std::get<TransactionAnswer>(known).state;
    const bool is_over = state == TransactionState::kRejected ||
                         state == TransactionState::kExpired ||
                         state == TransactionState::kNeverSeen;
    if (!is_over) return false;
  }

  // That it is not there proves nothing: the same bytes may be committed until their validity ends.
  auto status = client.status();
  const auto* said = std::get_if<StatusAnswer>(&status);

  return said != nullptr && said->as_of && said->as_of->time_ms > transaction->valid_until_ms();
}

bool all_delivered(const BatchFolder& folder) {
  return folder.batch().delivered &&
         std::ranges::all_of(folder.batch().awards, [&](const auto& award) {
           return folder.opened_claim_state(award) == ClaimFileState::kGood;
         });
}

std::map<ClaimFileState, std::vector<std::string>> students_by_claim_file(
    const BatchFolder& folder) {
  std::map<ClaimFileState, std::vector<std::string>> students;
  for (const auto& award : folder.batch().awards)
    students[folder.opened_claim_state(award)].push_back(in_quotes(award.student));
  return students;
}

std::vector<std::string> lost_for_good(const BatchFolder& folder) {
  std::vector<std::string> students;
  for (const auto& award : folder.batch().awards) {
    const bool has_key = award.recipient || !award.claim_code.empty();
    if (!has_key && folder.claim_state(award) != ClaimFileState::kGood)
      students.push_back(in_quotes(award.student));
  }
  return students;
}

std::string first_of(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  return names.size() <= kMost ? text
                               : text + " and " + std::to_string(names.size() - kMost) + " more";
}

std::string ways_of_unsent(const std::string& name) {
  return "testamur issuer batch resume " + name +
         " goes on with it, testamur issuer batch discard " + name + " gives it up";
}

Attempt<void> expect_sent(bool committed, const std::string& name) {
  if (committed) return {};
  return Failure{ExitCode::kFailure, "batch " + name +
                                         " is not issued yet: nothing of it is to be handed out. " +
                                         ways_of_unsent(name)};
}

Attempt<void> expect_no_copy(std::map<std::string, std::string>& folder_of, const std::string& id,
                             const std::string& folder) {
  const auto [first, is_first] = folder_of.emplace(id, folder);
  if (is_first) return {};
  return Failure{ExitCode::kFailure,
                 "batches " + in_quotes(first->second) + " and " + in_quotes(folder) +
                     " of this home hold the same awards: one folder is a copy of the other. Move "
                     "the copy out of the folder issuer/batches of this home, or whatever is done "
                     "to the one leaves the other; nothing was done"};
}

UnsentBatch unsent(const Batch& batch) {
  return {batch.plan.issuer, batch.plan.credential_key, batch.plan.first_index.value,
          batch.commitments.size(), batch.commitments};
}

namespace {

// Places are given once: a transaction that wants one of these again is refused for ever.
bool are_places_taken(Client& client, const UnsentBatch& batch) {
  const auto indexes = asked(client.issuer_indexes(batch.issuer));
  return indexes.ok() && std::ranges::any_of(indexes->used, [&](const IndexRange& used) {
           return used.first < batch.first_index + batch.slots &&
                  batch.first_index < used.first + used.count;
         });
}

}  // namespace

Attempt<bool> is_issued_already(Client& client, const UnsentBatch& batch) {
  if (!are_places_taken(client, batch)) return false;
  return are_all_listed(client, batch.issuer, batch.first_index, batch.commitments);
}

std::string why_never_issued(Client& client, const UnsentBatch& batch) {
  const auto retired = retired_key_in(client, batch.credential_key);
  const bool are_taken = !retired && are_places_taken(client, batch);
  if (!retired && !are_taken) return {};
  const auto listed = any_is_listed(client, batch.issuer, batch.commitments);
  if (!listed.ok() || *listed) return {};
  if (retired)
    return "its credentials are signed with " +
           retired_key_text(KeyPurpose::kCredential, *retired) +
           ", and no verifier would accept them";
  return "the ledger has other awards of this institution at its places (indexes " +
         std::to_string(batch.first_index) + " to " +
         std::to_string(batch.first_index + batch.slots - 1) +
         "), issued from another home or from another copy of this one";
}

std::string ways_of_unsent(Client& client, const UnsentBatch& batch, const std::string& name) {
  const auto why = why_never_issued(client, batch);
  if (why.empty()) return ways_of_unsent(name);
  return "testamur issuer batch discard " + name + " gives it up: " + why;
}

Attempt<void> expect_issuable(Client& client, const BatchFolder& folder, const std::string& name) {
  const auto why = why_never_issued(client, unsent(folder.batch()));
  if (why.empty()) return {};
  return Failure{ExitCode::kFailure, "batch " + name + " cannot be issued any more: " + why +
                                         ". testamur issuer batch discard " + name +
                                         " gives it up; then issue the class again. Nothing was "
                                         "sent"};
}

Attempt<void> expect_never_sent(const Context& context, Client& client, const BatchFolder& folder,
                                const std::string& name) {
  const Batch& batch = folder.batch();
  if (batch.committed) {
    return Failure{ExitCode::kUsage,
                   "batch " + name +
                       " is on the ledger and cannot be discarded; its awards can be revoked: "
                       "testamur issuer status revoke --batch " +
                       name + " --all"};
  }

  // By its commitments, whatever transaction brought them. The places first: where the batch itself
  // is committed between the two questions, they are its own.
  const bool are_taken = are_places_taken(client, unsent(batch));
  TM_TRY(const bool listed, any_is_listed(client, batch.plan.issuer, batch.commitments));
  const std::string resume = "testamur issuer batch resume " + name;
  if (listed)
    return Failure{ExitCode::kUsage, "batch " + name +
                                         " is on the ledger, which this home has not noted yet: " +
                                         resume + " notes it and writes the claim files"};

  if (batch.transaction.empty()) {
    TM_TRY(const bool sent, or_exit(ExitCode::kFailure, is_sent(context, name)));
    if (!sent) return {};
    return Failure{ExitCode::kFailure, "the outbox holds a transaction that may be of batch " +
                                           name +
                                           ": testamur outbox resume first; nothing was discarded"};
  }

  TM_TRY(const auto transaction, transaction_of(folder));
  TM_TRY(const bool expired, has_expired(folder, client));
  if (expired || are_taken) return {};
  return Failure{ExitCode::kFailure,
                 "the signed transaction of batch " + name + " may still be committed until " +
                     moment_text(transaction->valid_until_ms()) + ": discard it after that, or " +
                     resume + " goes on with it; nothing was discarded"};
}

Status remove_batch(const Context& context, const BatchFolder& folder) {
  // The state goes first: without it the folder is what a crash leaves before there is a batch, and
  // no register without its batch stands in the way of others.
  TM_TRY_STATUS(remove_file(folder.path() + "/batch.age"));
  std::error_code failure;
  std::filesystem::remove_all(folder.path(), failure);
  if (failure) return error("cannot remove " + folder.path() + ": " + failure.message());

  const Batch& batch = folder.batch();
  if (batch.transaction.empty()) return {};
  TM_TRY(const auto id, id_of_encoded(batch.plan.chain, batch.transaction));
  Outbox(context.path("outbox")).remove(id);
  return {};
}

Result<TransactionId> id_of_encoded(const ChainId& chain, ByteView carried) {
  auto decoded = ledger::tx::decode(chain, to_bytes(carried));
  if (const auto* rejection = std::get_if<ledger::tx::Rejection>(&decoded))
    return error(ledger::tx::to_text(*rejection));
  return std::get<ledger::tx::SharedTransaction>(decoded)->id();
}

}  // namespace testamur::wallet
