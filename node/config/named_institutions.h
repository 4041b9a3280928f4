// The institutions that a configuration names beside the node's own and its peers', for the notes
// of `check-config` and the obstacles of the status: an id that the ledger does not know is well
// formed, and counts for nothing without a word. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/ids.h"
#include "trust/policy.h"

namespace testamur::node {

struct NamedInstitution {
  std::string key;  // of the configuration, as "policy.vetoers"
  InstitutionId institution;
};

// Each once for a key, in the order of the keys.
std::vector<NamedInstitution> named_institutions(const trust::Policy& policy,
                                                 std::span<const InstitutionId> viewpoints);

// What follows where the ledger does not know it (yet): no mistake, for it may register later.
std::string unknown_note(const NamedInstitution& named);

}  // namespace testamur::node
