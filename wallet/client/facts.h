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
// name the key that signed, so that all that may have are asked to be proven. Each issuer is asked
// about once; where nobody answers nothing is said of keys.
class StolenKeys {
 public:
  explicit StolenKeys(Client& client) : client_(client) {}
  // Stolen by this time and not retired yet, the latest theft first: as many as a receipt proves.
  std::vector<KeyId> at(const InstitutionId& issuer, std::uint64_t time_ms);

 private:
  struct Stolen {
    KeyId id;
    std::uint64_t since_ms = 0;
    std::uint64_t retired_ms = 0;
  };
  const std::vector<Stolen>* of(const InstitutionId& issuer);
  Client& client_;
  std::map<InstitutionId, std::vector<Stolen>> known_;
};
// The endpoint, and the institution that it calls itself.
std::string speaker(Client& client, const std::string& institution);

}  // namespace testamur::wallet
