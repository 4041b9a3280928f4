// What `testamurd --dev` puts on its fresh ledger, so that there is something to look at. One
// thread.
#pragma once

#include <filesystem>
#include <string>

#include "common/clock.h"
#include "common/result.h"
#include "node/chain/chain.h"

namespace testamur::node {

// Publishes an achievement and issues three commitments with the institution's key files; blocks
// until they are committed. What was issued, for people.
Result<std::string> submit_sample_data(Chain& chain, const std::filesystem::path& issuer_keys,
                                       const Clock& clock);

}  // namespace testamur::node
