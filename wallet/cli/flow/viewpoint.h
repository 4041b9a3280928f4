// Whose recognition is asked about: --viewpoint of check, credential verify and trust explain. One
// thread, as the client.
#pragma once

#include <optional>
#include <string>

#include "wallet/cli/outcome.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

struct Viewpoint {
  InstitutionId id;
  std::string name;
  std::string published;  // digest of the policy that it publishes, hexadecimal; empty: none
  InstitutionId node;     // of the node that answers
  std::string node_name;

  // By whose policy a decision was made for it: what the ledger publishes, against what was decided
  // by.
  PolicyOf policy_of(const std::string& digest) const;
};

// Nothing where none is named. Both names are the word of the node.
Attempt<std::optional<Viewpoint>> read_viewpoint(Client& client, const std::string& id_or_domain);
std::optional<InstitutionId> id_of(const std::optional<Viewpoint>& viewpoint);
// Says in the facts whose policy it was. Where it is another one than the viewpoint publishes, what
// the viewpoint thinks is unknown.
void name_policy(const std::optional<Viewpoint>& viewpoint, RegistryFacts& facts);
// Why nobody here can say what it thinks, and who can.
std::string ask_its_own_node(const Viewpoint& viewpoint);

}  // namespace testamur::wallet
