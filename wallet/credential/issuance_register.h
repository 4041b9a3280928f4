// The issuance register: which slots belong to which learner's award. One age file a batch, sealed
// to the issuer's register identity; it drives status commands (docs/formats/claim-file.md). The
// codes file has the same form of protection. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/ids.h"
#include "common/result.h"
#include "wallet/credential/batch.h"
#include "wallet/keystore/age.h"

namespace testamur::wallet {

struct RegisterSlot {
  std::string form;  // sd-jwt
  IssuerIndex index;
};
struct RegisterRow {
  std::string student;
  std::vector<RegisterSlot> slots;  // all forms of the award
};
struct IssuanceRegister {
  std::string batch;
  InstitutionId issuer;
  AchievementId achievement;
  std::vector<RegisterRow> rows;
};

// One row a learner, in the order of the batch.
IssuanceRegister make_register(const Batch& batch);
Result<Bytes> seal_register(const IssuanceRegister& list, const age::Recipient& recipient);
Result<IssuanceRegister> open_register(ByteView file, std::span<const age::Identity> identities);
// The row of a student by the reference in NFC (canonical_reference()); nullptr where there is
// none.
const RegisterRow* find_student(const IssuanceRegister& list, std::string_view student);
// Forgets a learner. True when there was something to forget.
bool erase_student(IssuanceRegister& list, std::string_view student);

// The claim codes of a batch, for handing them out; learners with a wallet request have none.
struct ClaimCodeRow {
  std::string student;
  std::string file_name;
  SecretBytes code;
};
Result<Bytes> seal_codes(const Batch& batch, const age::Recipient& recipient);
Result<std::vector<ClaimCodeRow>> open_codes(ByteView file,
                                             std::span<const age::Identity> identities);

}  // namespace testamur::wallet
