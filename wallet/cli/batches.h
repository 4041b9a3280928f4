// The batches in an issuer's home: where they are, which indexes they hold, and which slots a student's awards have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wallet/cli/context.h"
#include "wallet/credential/batch_folder.h"
#include "wallet/credential/claim_file.h"
#include "wallet/credential/issuance_register.h"

namespace testamur::wallet {

std::string batch_path(const Context& context, const std::string& name);
// Names of all batch folders, sorted.
std::vector<std::string> batch_names(const Context& context);

// The first of `count` indexes that neither the ledger nor an earlier, perhaps uncommitted, batch of this home uses.
// They are reserved durably before this returns.
Result<std::uint64_t> reserve_indexes(const Context& context, std::uint64_t next_free_on_ledger, std::uint64_t count);

// Whether the transaction of the batch can no longer commit: the ledger's time has passed its end and it is not there.
bool has_expired(const Batch& batch, Client& client);
Result<TransactionId> id_of_carried(const ChainId& chain, ByteView carried);

// All slots of a student's award: in one batch, or in every batch of this home when `batch` is empty.
Result<std::vector<IssuerIndex>> slots_of_student(const Context& context, const std::string& batch,
                                                  const std::string& student,
                                                  std::span<const age::Identity> identities);

}  // namespace testamur::wallet
