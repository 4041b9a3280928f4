// An import of accreditations, from what the ledger says to what was sent. wallet/accreditation
// plans it. One thread.
#pragma once

#include "wallet/accreditation/plan.h"
#include "wallet/cli/context.h"

namespace testamur::wallet {

// What a plan needs to know of the ledger: everybody on it, and what `author` ever accredited.
Result<KnownLedger> fetch_known_ledger(Client& client, const InstitutionId& author);

// Everybody in a list of institutions.
std::vector<KnownParty> parties_in(const Json& institutions);

Json to_json(const ImportPlan& plan);
// For people: what would be sent, row by row, and every row refused with its reason.
std::string to_text(const ImportPlan& plan);

// Lists the institutions, then sends the accreditations, each waited for; the first failure ends
// it, and a second run sends only what is missing.
Outcome send_import(Context& context, Client& client, const IssuerProfile& author,
                    const SecretKey& govern_key, ImportPlan plan);

}  // namespace testamur::wallet
