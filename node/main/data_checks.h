// What lies in a data directory, as far as it can be seen without opening store and journal: shared
// by `run` and `check-config`, like all of preflight.h. Changes nothing; one thread.
#pragma once

#include "node/config/config.h"
#include "node/main/preflight.h"

namespace testamur::node {

// Folders that are none or another user's, a vote store or a store of which parts are gone, votes
// of another key; and as notes, that a consensus key is not beside its votes.
void check_data(Preflight& found, const NodeConfig& config);

}  // namespace testamur::node
