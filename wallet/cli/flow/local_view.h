// The recognition network around one question, from a node or a file, so that the wallet decides by
// its own policy.
//
// Whoever a viewpoint can reach in two steps is asked about, with everything it ever said, so the
// answer does not depend on the node's policy. It does depend on the node's honesty, for nothing
// here is proven: neither the statements (their signatures and places in the ledger are not
// checked), nor standing, roles, parents and keys, nor the height. A node can leave out any
// statement of anybody, and nobody who reads the answer can notice: an omitted trust turns a yes
// into a no, an omitted distrust, end, void, suspension or compromise turns a no into a yes. It can
// invent statements as well. What would prove "all that u says of v" is a registry proof of the
// pair under a checkpoint (docs/formats/registry.md); that nobody else speaks of v cannot be proven
// at all. Who cannot trust one node asks several of different institutions and compares, or runs an
// observer.
//
// One thread, as the source.
#pragma once

#include <map>
#include <string>

#include "trust/explain.h"
#include "trust/graph.h"
#include "trust/policy.h"
#include "wallet/cli/flow/graph_source.h"

namespace testamur::wallet {

struct LocalView {
  trust::History history;
  trust::AsOf as_of;
  std::map<InstitutionId, std::string> names;

  // The name of an institution; "this policy" for the local viewpoint.
  std::string name_of(const InstitutionId& id) const;
};

// What is assumed widens the search as if it were said. Fails where the source does not answer, the
// network is too large, or the list is inconsistent.
Result<LocalView> fetch_local_view(GraphSource& source, const InstitutionId& viewpoint,
                                   const std::vector<InstitutionId>& issuers,
                                   const trust::Policy& policy,
                                   const std::vector<trust::Assumption>& assume = {});

// A ScopeView of the API (JSON) as a scope.
Result<trust::Scope> scope_from(const Json& scope_view);
// A ScopeView of the API (JSON) as the point that is asked about.
Result<trust::ScopePoint> point_from(const Json& scope_view);

}  // namespace testamur::wallet
