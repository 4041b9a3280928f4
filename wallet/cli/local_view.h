// The recognition network around one question, fetched from a node, so that the wallet decides by its own policy.
//
// Whoever a viewpoint can reach in two steps is asked about, with everything it ever said, so the answer does not
// depend on the node's policy. A node could leave out statements: what it leaves out can hide trust and distrust, never
// invent them here unnoticed beyond what it lists. Statements that a compromised key may have signed count as annulled.
// One thread, as the client.
#pragma once

#include <map>
#include <string>

#include "trust/explain.h"
#include "trust/graph.h"
#include "trust/policy.h"
#include "wallet/client/client.h"

namespace testamur::wallet {

struct LocalView {
  trust::History history;
  trust::AsOf as_of;
  std::map<InstitutionId, std::string> names;

  // The name of an institution; "this policy" for the local viewpoint.
  std::string name_of(const InstitutionId& id) const;
};

// What is assumed widens the search as if it were said. Fails where the node does not answer, the network is too large,
// or the list is inconsistent.
Result<LocalView> fetch_local_view(Client& client, const InstitutionId& viewpoint, const InstitutionId& issuer,
                                   const trust::Policy& policy, const std::vector<trust::Assumption>& assume = {});

// A ScopeView of the API (JSON) as the point that is asked about.
Result<trust::ScopePoint> point_from(const Json& scope_view);

}  // namespace testamur::wallet
