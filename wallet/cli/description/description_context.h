// What a node knows that makes plain words fuller: names, the validator set, parameters; and who
// must sign. One thread, as the client.
#pragma once

#include <set>

#include "wallet/cli/context.h"
#include "wallet/cli/description/transaction_description.h"

namespace testamur::wallet {

// The names of these institutions and of the set in force, the set, and the parameters. Fails when
// no node answers.
Called<DescriptionContext> fetch_description_context(Client& client,
                                                     std::set<InstitutionId> parties);
// Of all that the body names.
Called<DescriptionContext> fetch_description_context(Client& client,
                                                     const ledger::tx::DecodedBody& body);
// From a draft alone: names by its word.
DescriptionContext description_context_of(const Draft& draft);

// Who signs for an institution: its active keys of this purpose, of root keys as many as its
// threshold says.
Called<DraftSigner> signer_of(Client& client, const InstitutionId& institution, KeyPurpose purpose);

// The active keys of an institution by id (text), with their purposes.
std::map<std::string, std::string> purposes_of_keys(const InstitutionAnswer& institution);

}  // namespace testamur::wallet
