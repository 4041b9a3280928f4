// A batch from its folder to the ledger and into claim files. Every step is repeatable: what was
// signed is sent again, what is on the ledger is noted, and a claim file that is there stays. One
// thread, as the client; under the home's lock.
#pragma once

#include <string>

#include "common/keys.h"
#include "wallet/cli/context.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/outcome.h"
#include "wallet/credential/batch_folder.h"

namespace testamur::wallet {

// From wherever the batch stands to its end. Sends the same bytes again; signs anew only after they
// have expired. `description` is empty where a batch is taken up again. Fails with where it stands
// and how it goes on.
Outcome finish_batch(Context& context, Client& client, BatchFolder& folder,
                     const SecretKey& issue_key, const Description& description);

// A full disk ends a command like any other cause, but what to do about it is not to try again:
// what to add to the cause then; else empty.
std::string about_full_disk(const Context& context, const std::string& cause);

}  // namespace testamur::wallet
