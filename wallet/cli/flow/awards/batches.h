// The batches in an issuer's home: where they are and which indexes they hold. Who reserves indexes
// holds the home lock (wallet/cli/files/output.h). One thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "wallet/cli/context.h"
#include "wallet/cli/outcome.h"
#include "wallet/credential/batch_folder.h"

namespace testamur::wallet {

std::string batch_path(const Context& context, const std::string& name);
// Names of all batch folders, sorted; none in a home without batches. Fails where the folder cannot
// be read to its end: a batch that is not seen would be issued again.
Result<std::vector<std::string>> batch_names(const Context& context);

// A name that a folder of batches may have: letters, digits, '-', '_' and '.', not beginning with a
// dot.
Status check_batch_name(const std::string& name);

// The name of a batch as it was typed, or whole where the beginning of a batch's own id was (of one
// that got no name). What names none is left to whoever opens it. For commands that destroy
// nothing.
Attempt<std::string> batch_named(const Context& context, const std::string& typed);

// The batch of this name. Exit code 2 where this home has none, with the names that there are, or,
// where a crash left only its folder, with what to do.
Attempt<BatchFolder> open_batch(const Context& context, const std::string& name,
                                std::span<const age::Identity> identities);

// Fails where another folder holds the batch of this id too: one is a copy, and whatever is done to
// the one leaves the other. `folder_of`: the folders seen so far by the ids of their batches.
Attempt<void> expect_no_copy(std::map<std::string, std::string>& folder_of, const std::string& id,
                             const std::string& folder);

// Whether every claim file is there and as it was written. After a purge none can be written again.
bool all_delivered(const BatchFolder& folder);
// The learners by the state of their claim file, in quotes. Each file is read once.
std::map<ClaimFileState, std::vector<std::string>> students_by_claim_file(
    const BatchFolder& folder);
// Those whose file is not as it was written and cannot be written again: of a batch that was
// purged, who got a code.
std::vector<std::string> lost_for_good(const BatchFolder& folder);
// The first ten and how many more.
std::string first_of(const std::vector<std::string>& names);

// What can be done with a batch that was stopped before it was sent, for people.
std::string ways_of_unsent(const std::string& name);
// Fails with 1 where the batch is not known to be on the ledger: nothing of it is to be handed out.
Attempt<void> expect_sent(bool committed, const std::string& name);

// Of a batch that is not on the ledger.
struct UnsentBatch {
  InstitutionId issuer;
  KeyId credential_key;
  std::uint64_t first_index = 0;
  std::uint64_t slots = 0;
  std::vector<Hash256> commitments;
};
UnsentBatch unsent(const Batch& batch);
// Why it can never be issued any more: the ledger retired the key that its credentials are signed
// with, or has other awards at its places. Empty where it can, and where nobody could be asked.
std::string why_never_issued(Client& client, const UnsentBatch& batch);
// As above, as a node sees it: what can never be issued can only be given up, and is told why.
std::string ways_of_unsent(Client& client, const UnsentBatch& batch, const std::string& name);
// Whether it is on the ledger already, as a node says: another home, or another copy of this one,
// brought it there.
Attempt<bool> is_issued_already(Client& client, const UnsentBatch& batch);
// Fails with 1 where there is such a reason.
Attempt<void> expect_issuable(Client& client, const BatchFolder& folder, const std::string& name);

// Whether nothing of the batch is on the ledger, nor can get there any more: fails, saying why,
// where it is, may, or could not be asked.
Attempt<void> expect_never_sent(const Context& context, Client& client, const BatchFolder& folder,
                                const std::string& name);
// Forgets the batch with all its files. Precondition: expect_never_sent().
Status remove_batch(const Context& context, const BatchFolder& folder);

// The first index that neither the ledger nor an earlier, perhaps uncommitted, batch of this home
// uses. Nothing is reserved by asking.
Result<std::uint64_t> next_index(const Context& context, std::uint64_t next_free_on_ledger);
// Reserves [first, first + count) durably for the batch of this name, which is made next. Until its
// folder holds its state the reservation binds nobody: a crash in between costs no index. Fails
// where another program of this home has taken one of them meanwhile.
Status reserve_indexes(const Context& context, const std::string& batch, std::uint64_t first,
                       std::uint64_t count);

// Whether the transaction of the batch can no longer commit: the ledger's time has passed its end
// and it is not there. Fails where the bytes cannot be decoded, of which nobody can tell.
// Precondition: the batch has a transaction.
Attempt<bool> has_expired(const BatchFolder& folder, Client& client);
Result<TransactionId> id_of_encoded(const ChainId& chain, ByteView carried);

}  // namespace testamur::wallet
