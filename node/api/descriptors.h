// How the files that a process may open are shared out, so that connections never take what store
// and journal need.
#pragma once

#include <cstdint>

#include "common/result.h"
#include "node/api/connections.h"

namespace testamur::node {

// Raises the limit of open files as far as the system allows without asking anybody, at most to
// kDescriptorsWanted.
void raise_descriptor_limit();
inline constexpr std::uint64_t kDescriptorsWanted = 65'536;

struct DescriptorPlan {
  std::uint64_t limit = 0;
  std::uint64_t reserve = 0;  // for the store, the journal, logs and what the libraries open
  std::uint64_t peers = 0;    // connections that come in
  ConnectionLimits api;       // each takes three
  ConnectionLimits metrics;
};
// Of the process's limit now. `api_connections`: as configured; fewer where the limit is low. Fails
// when it is too low for a node.
Result<DescriptorPlan> plan_descriptors(std::uint64_t api_connections, bool api_on_loopback);
// The same of any limit.
Result<DescriptorPlan> share_out(std::uint64_t limit, std::uint64_t api_connections,
                                 bool api_on_loopback);

}  // namespace testamur::node
