// An import of accreditations, from what the ledger says to what was sent. wallet/accreditation
// plans it. One thread.
#pragma once

#include "ledger/tx/transaction.h"
#include "wallet/accreditation/plan.h"
#include "wallet/cli/context.h"

namespace testamur::wallet {

// What a plan needs to know of the ledger: everybody on it, whose the websites of these reports
// were, and what `author` ever accredited. What it signed and waits (`pending`) counts like what
// stands.
Attempt<KnownLedger> fetch_known_ledger(Client& client, const InstitutionId& author,
                                        const ReportReading& reading,
                                        const std::vector<ledger::tx::SharedTransaction>& pending);

// Everybody in a list of institutions.
std::vector<KnownParty> parties_in(const InstitutionsAnswer& institutions);

Json to_json(const ImportPlan& plan);
// For people: what would be sent, row by row, and every row refused with its reason.
std::string to_text(const ImportPlan& plan);

// Lists the institutions, then sends the accreditations, each waited for. What the ledger's rules
// refuse becomes a refused row, with all that depends on it, and the others go on; what stops the
// whole (no answer, a key, a limit of the day) ends it, and a second run sends only what is
// missing.
Outcome send_import(Context& context, Client& client, const IssuerProfile& author,
                    const SecretKey& govern_key, ImportPlan plan);

}  // namespace testamur::wallet
