// What a node says about one credential, as the facts that wallet/verify judges. One thread, as the
// client.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wallet/client/client.h"
#include "wallet/credential/credential.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

// The date of award that the credential claims, where that is shown. When it was signed is no such
// date: it lies at the anchor, and would be the good one for whoever withholds the claim.
std::optional<std::uint64_t> claimed_date_ms(const CredentialView& credential);
// What stands in the place of the decision at a date that is not shown.
DecisionRecord undecided_claim(bool governs);
// Never fails: what could not be asked is absent, with `problem` saying why. `named` is the ledger
// of the credential's reference where the home trusts it; without it the node's word is taken for
// which ledger that is.
RegistryFacts gather_facts(Client& client, const CredentialView& credential,
                           const std::string& purpose,
                           const std::optional<ChainId>& named = std::nullopt);

// The facts about one slot alone, of whoever's, as an answer about a hash or a reference lists it.
RegistryFacts facts_of_slot(Client& client, const ChainId& chain, const CheckAnswer& answer,
                            const SlotAnswer& slot);
// The credential keys of issuers that were declared stolen, as a node says: a bare hash does not
// name the key that signed, so that all of them are asked to be proven. Each issuer is asked about
// once; where nobody answers there are none, and nothing is said of keys.
class StolenKeys {
 public:
  explicit StolenKeys(Client& client) : client_(client) {}
  const std::vector<KeyId>& of(const InstitutionId& issuer);

 private:
  Client& client_;
  std::map<InstitutionId, std::vector<KeyId>> known_;
};
// The endpoint, and the institution that it calls itself.
std::string speaker(Client& client, const std::string& institution);

}  // namespace testamur::wallet
