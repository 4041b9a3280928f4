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
#include "wallet/credential/issuance_register.h"

namespace testamur::wallet {

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

  // Durable before it returns: call before the bytes are sent for the first time. The same bytes
  // are sent again after an interruption; other bytes only after the first have expired.
  Status set_transaction(Bytes signed_bytes);
  Status set_committed();
  // Writes the claim files that are not there yet. Precondition: committed.
  Status deliver(const BatchProgress& progress = {});
  // Writes that of one award, and none else. The same precondition. Fails where the batch was
  // purged and the award came by a code: its key was in the claim file alone.
  Status deliver_one(const Award& award) const;
  // Forgets holder keys and claim codes, and removes codes.age. Precondition: delivered.
  Status purge();
  // Removes a learner from register, codes and state, and the claim file. Fails when the batch does
  // not know the student.
  Status erase(const std::string& student);

 private:
  BatchFolder(std::string path, Batch batch, age::Recipient recipient)
      : path_(std::move(path)), batch_(std::move(batch)), recipient_(recipient) {}
  Status save_state();

  std::string path_;
  Batch batch_;
  age::Recipient recipient_;
};

}  // namespace testamur::wallet
