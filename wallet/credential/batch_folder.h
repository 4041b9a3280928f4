// The files of one batch on the issuer's disk:
// - batch.age: the state of the batch, with everything needed to resume; its secrets go with
// purge();
// - register.age: student reference -> slots;
// - codes.age: student reference -> claim code;
// - claims/NAME.testamur.age: the claim files.
// All but the claim files are sealed to the issuer's register identity. One thread; one program a
// folder.
#pragma once

#include <string>

#include "common/result.h"
#include "wallet/credential/batch.h"
#include "wallet/credential/claim_file.h"
#include "wallet/credential/issuance_register.h"

namespace testamur::wallet {

// What is the matter with a claim file on the disk.
enum class ClaimFileState : std::uint8_t {
  kGood,
  kMissing,
  kDamaged,  // empty, cut short, changed, or that of another learner
};

class BatchFolder {
 public:
  // Makes the folder and writes state, register and codes; fails when the folder holds a batch
  // already.
  static Result<BatchFolder> create(std::string path, Batch batch, const age::Recipient& recipient);
  static Result<BatchFolder> open(std::string path, std::span<const age::Identity> identities);

  const Batch& batch() const { return batch_; }
  const std::string& path() const { return path_; }

  // Where the claim file of one of its awards is, or will be.
  std::string claim_path(const Award& award) const;
  // The file as it is against what was written. Of an award without a digest (of a batch that was
  // delivered by an earlier program) only the form of the file is looked at.
  ClaimFileState claim_state(const Award& award) const;
  // The same to the bottom: where there is no digest and the code is still known, the file is
  // opened by it and compared.
  ClaimFileState opened_claim_state(const Award& award) const;

  // Durable before it returns: call before the bytes are sent for the first time. The same bytes
  // are sent again after an interruption; other bytes only after the first have expired.
  Status set_transaction(Bytes signed_bytes);
  Status set_committed();
  // Writes the claim files that are not there, or damaged. Precondition: committed.
  Status deliver(const BatchProgress& progress = {});
  // Writes that of one learner, and none else. The same precondition. Fails where the batch does
  // not know the student, or was purged and the award came by a code: its key was in the claim file
  // alone.
  Status deliver_one(const std::string& student);
  // Forgets holder keys and claim codes, and removes codes.age. Precondition: delivered.
  Status purge();
  // Removes a learner from register, codes and state, and the claim file. Fails when the batch does
  // not know the student.
  Status erase(const std::string& student);

 private:
  BatchFolder(std::string path, Batch batch, age::Recipient recipient)
      : path_(std::move(path)), batch_(std::move(batch)), recipient_(recipient) {}
  Status save_state();
  ClaimFile claim_of(const Award& award) const;
  // Whether there is a new digest, and so a state to save.
  Result<bool> write_claim(Award& award);

  std::string path_;
  Batch batch_;
  age::Recipient recipient_;
};

}  // namespace testamur::wallet
