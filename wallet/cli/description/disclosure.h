// What a presentation gives away, before it leaves: what is shown, what is kept back, and what
// everybody can read in the public registry anyway. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "wallet/credential/credential.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

struct Disclosure {
  std::vector<ClaimId> shown;
  std::vector<ClaimId> kept;  // known to nobody through this presentation
  std::vector<ClaimId>
      registry;  // not shown, and to be read under the achievement that is always named
  std::vector<ClaimId> lacking;  // asked for, and not in this credential
};

// `wanted`: the claims to show. What the credential lacks is said and left out.
Disclosure plan_disclosure(const CredentialView& credential, const std::vector<ClaimId>& wanted);
std::string to_text(const Disclosure& disclosure, const CredentialView& credential,
                    const std::string& audience);
Json to_json(const Disclosure& disclosure);

// Claims by their names, as typed: one by one, or several with commas between. The failure lists
// all names.
Result<std::vector<ClaimId>> parse_claim_names(const std::vector<std::string>& typed,
                                               const std::string& option);
// "given_name, family_name, …".
std::string claim_names();
std::string claim_names(const std::vector<ClaimId>& claims);

}  // namespace testamur::wallet
