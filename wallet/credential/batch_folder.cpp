// The order of writing in a batch's folder. The state (batch.age) is what counts: it is written
// last when a batch is made, before the signed bytes are sent and after every step, so that whoever
// is interrupted goes on from it. The register and the codes can be made from it again. A claim
// file is written before its digest is saved: one without a digest, or with that of the file before
// it, is written once more, with the same contents.
#include "wallet/credential/batch_folder.h"

#include <algorithm>
#include <filesystem>

#include "common/check.h"
#include "wallet/credential/claim_file.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kState = "batch.age";
constexpr const char* kRegister = "register.age";
constexpr const char* kCodes = "codes.age";
constexpr const char* kClaims = "claims";

std::string inside(const std::string& folder, const std::string& name) {
  return (fs::path(folder) / name).string();
}

Status make_folder(const std::string& path) {
  std::error_code problem;
  fs::create_directories(path, problem);
  if (!problem) fs::permissions(path, fs::perms::owner_all, problem);
  if (problem) return error("cannot make the folder " + path + ": " + problem.message());
  return {};
}

std::string title_of(const Claims& claims) {
  const auto found = claims.find(ClaimId::kTitle);
  return found == claims.end() ? "" : std::get<std::string>(found->second);
}

// The recipient that the files of a folder are sealed to again: that of the identity which opened
// the state.
Result<Batch> open_state(ByteView file, std::span<const age::Identity> identities,
                         const age::Identity*& opened_by) {
  for (const auto& identity : identities) {
    auto batch = open_batch(file, {&identity, 1});
    if (!batch.ok()) continue;
    opened_by = &identity;
    return batch;
  }
  return open_batch(file, identities);
}

}  // namespace

Result<BatchFolder> BatchFolder::create(std::string path, Batch batch,
                                        const age::Recipient& recipient) {
  TM_TRY_STATUS(make_folder(path));

  // A second batch in the folder would replace the only copy of the first one's keys and codes.
  std::error_code ignored;
  if (fs::exists(inside(path, kState), ignored))
    return error(path + " holds a batch already; resume it, or name another folder");

  TM_TRY_STATUS(make_folder(inside(path, kClaims)));
  TM_TRY(const auto list, seal_register(make_register(batch), recipient));
  TM_TRY(const auto codes, seal_codes(batch, recipient));
  TM_TRY_STATUS(write_file_atomically(inside(path, kRegister), list, Overwrite::kAllowed));
  TM_TRY_STATUS(write_file_atomically(inside(path, kCodes), codes, Overwrite::kAllowed));

  // The state comes last: a folder without it is no batch, and create() may be tried again.
  BatchFolder folder{std::move(path), std::move(batch), recipient};
  TM_TRY_STATUS(folder.save_state());
  return folder;
}

Result<BatchFolder> BatchFolder::open(std::string path, std::span<const age::Identity> identities) {
  std::error_code ignored;
  if (!fs::exists(inside(path, kState), ignored)) return error("there is no batch in " + path);
  TM_TRY(const auto file, read_file(inside(path, kState), age::kMaxFileBytes));

  const age::Identity* opened_by = nullptr;
  TM_TRY(auto batch, open_state(file, identities, opened_by));
  return BatchFolder{std::move(path), std::move(batch), opened_by->recipient()};
}

Status BatchFolder::set_transaction(Bytes signed_bytes) {
  batch_.transaction = std::move(signed_bytes);
  return save_state();
}

Status BatchFolder::set_committed() {
  batch_.committed = true;
  return save_state();
}

Status BatchFolder::deliver(const BatchProgress& progress) {
  TM_CHECK(batch_.committed);

  for (std::size_t i = 0; i < batch_.awards.size(); ++i) {
    TM_TRY_STATUS(write_claim(batch_.awards[i]));
    if (progress) progress(i + 1, batch_.awards.size());
  }

  batch_.delivered = true;
  return save_state();
}

Status BatchFolder::deliver_one(const std::string& student) {
  TM_CHECK(batch_.committed);
  const auto found = std::ranges::find(batch_.awards, student, &Award::student);
  if (found == batch_.awards.end())
    return error("the batch in " + path_ + " does not know student \"" + student + "\"");
  TM_TRY(const bool is_new, write_claim(*found));
  return is_new ? save_state() : Status{};
}

Result<bool> BatchFolder::write_claim(Award& award) {
  const auto state = opened_claim_state(award);
  const bool was_opened = !award.claim_sha256 && !award.claim_code.empty();
  // A file to a wallet cannot be looked into here; before the batch was delivered it may be any.
  const bool is_unknown = !award.claim_sha256 && award.recipient && !batch_.delivered;
  if (state == ClaimFileState::kGood && !is_unknown) {
    if (!was_opened) return false;
    TM_TRY(const auto file, read_file(claim_path(award), age::kMaxFileBytes));
    award.claim_sha256 = sha256(file);
    return true;
  }

  // After a purge the key and the code exist in the claim file alone.
  if (!award.recipient && award.claim_code.empty()) {
    return error("the claim file of student \"" + award.student + "\" is " +
                 (state == ClaimFileState::kMissing ? "gone" : "damaged") +
                 ", and cannot be written again: the batch was purged");
  }

  TM_TRY(const auto sealed, award.recipient
                                ? seal_claim_file(claim_of(award), *award.recipient)
                                : seal_claim_file(claim_of(award), award.claim_code.text()));
  // The whole folder is moved away to be mailed.
  TM_TRY_STATUS(make_folder(inside(path_, kClaims)));
  TM_TRY_STATUS(write_file_atomically(claim_path(award), sealed, Overwrite::kAllowed));
  award.claim_sha256 = sha256(sealed);
  return true;
}

ClaimFile BatchFolder::claim_of(const Award& award) const {
  ClaimFile claim;
  claim.sd_jwt = award.sd_jwt;
  claim.holder_secret = award.holder_secret.clone();
  claim.issuer_name = batch_.plan.issuer_name;
  claim.title = title_of(batch_.plan.common);
  return claim;
}

ClaimFileState BatchFolder::claim_state(const Award& award) const {
  std::error_code ignored;
  if (!fs::exists(claim_path(award), ignored)) return ClaimFileState::kMissing;
  const auto file = read_file(claim_path(award), age::kMaxFileBytes);
  if (!file.ok()) return ClaimFileState::kDamaged;
  if (award.claim_sha256)
    return sha256(*file) == *award.claim_sha256 ? ClaimFileState::kGood : ClaimFileState::kDamaged;

  const auto kind = age::inspect(*file);
  const auto meant = award.recipient ? age::FileKind::kRecipients : age::FileKind::kPassphrase;
  return kind.ok() && *kind == meant ? ClaimFileState::kGood : ClaimFileState::kDamaged;
}

ClaimFileState BatchFolder::opened_claim_state(const Award& award) const {
  const auto state = claim_state(award);
  if (state != ClaimFileState::kGood || award.claim_sha256 || award.claim_code.empty())
    return state;
  const auto file = read_file(claim_path(award), age::kMaxFileBytes);
  if (!file.ok()) return ClaimFileState::kDamaged;
  const auto opened = open_claim_file(*file, award.claim_code.text());
  const bool is_same =
      opened.claim && opened.claim->sd_jwt == award.sd_jwt &&
      std::ranges::equal(opened.claim->holder_secret.view(), award.holder_secret.view());
  return is_same ? ClaimFileState::kGood : ClaimFileState::kDamaged;
}

Status BatchFolder::purge() {
  TM_CHECK(batch_.delivered);

  purge_secrets(batch_);
  TM_TRY_STATUS(save_state());
  return remove_file(inside(path_, kCodes));
}

Status BatchFolder::erase(const std::string& student) {
  const auto found = std::ranges::find(batch_.awards, student, &Award::student);
  if (found == batch_.awards.end())
    return error("the batch in " + path_ + " does not know student \"" + student + "\"");

  // The claim file goes first: its name is known from the award only, and an interrupted erase can
  // be said again as long as the state still holds the award.
  TM_TRY_STATUS(remove_file(claim_path(*found)));
  batch_.awards.erase(found);

  TM_TRY(const auto list, seal_register(make_register(batch_), recipient_));
  TM_TRY_STATUS(write_file_atomically(inside(path_, kRegister), list, Overwrite::kAllowed));

  // A purged batch has no codes any more, and none are written again.
  std::error_code ignored;
  if (fs::exists(inside(path_, kCodes), ignored)) {
    TM_TRY(const auto codes, seal_codes(batch_, recipient_));
    TM_TRY_STATUS(write_file_atomically(inside(path_, kCodes), codes, Overwrite::kAllowed));
  }

  return save_state();
}

Status BatchFolder::save_state() {
  TM_TRY(const auto sealed, seal_batch(batch_, recipient_));
  return write_file_atomically(inside(path_, kState), sealed, Overwrite::kAllowed);
}

std::string BatchFolder::claim_path(const Award& award) const {
  return inside(inside(path_, kClaims), award.file_name + std::string(kClaimFileSuffix));
}

}  // namespace testamur::wallet
