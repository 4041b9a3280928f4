#include "node/api/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace testamur::node {
namespace {

constexpr std::uint64_t kLeast = 256;
constexpr std::uint64_t kReserve = 1'024;  // the store keeps 512 table files open
constexpr std::uint64_t kPeers = 512;
constexpr std::uint64_t kMetrics = 64;
constexpr std::uint64_t kDescriptorsOfOne = 3;  // the caller's, and both ends of the way to gRPC

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const auto wanted = std::min<rlim_t>(limit.rlim_max, kDescriptorsWanted);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);  // what stands then is shared out
}

Result<DescriptorPlan> share_out(std::uint64_t limit, std::uint64_t api_connections,
                                 bool api_on_loopback) {
  if (limit < kLeast) {
    return error("a node cannot run with " + std::to_string(limit) + " open files: it needs " +
                 std::to_string(kLeast) +
                 " at least. Raise the limit (ulimit -n, LimitNOFILE of systemd)");
  }

  // Half of a low limit is for the files: what is refused to a caller comes again, what the journal
  // lacks ends the node.
  DescriptorPlan plan;
  plan.limit = limit;
  plan.reserve = std::min(kReserve, limit / 2);
  const auto left = limit - plan.reserve;
  plan.peers = std::min(kPeers, left / 3);
  const auto metrics = std::min(kMetrics, left / 16);
  const auto api = std::min(api_connections, (left - plan.peers - metrics) / kDescriptorsOfOne);

  plan.metrics = {static_cast<std::size_t>(metrics), static_cast<std::size_t>(metrics)};
  plan.api.total = static_cast<std::size_t>(api);
  // Behind a proxy on this machine all callers have one address.
  plan.api.per_caller =
      api_on_loopback ? plan.api.total : std::max<std::size_t>(plan.api.total / 4, 8);
  return plan;
}

Result<DescriptorPlan> plan_descriptors(std::uint64_t api_connections, bool api_on_loopback) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return error(std::string("the limit of open files cannot be read: ") + std::strerror(errno));
  }
  const auto now = limit.rlim_cur == RLIM_INFINITY ? kDescriptorsWanted
                                                   : static_cast<std::uint64_t>(limit.rlim_cur);
  return share_out(now, api_connections, api_on_loopback);
}

}  // namespace testamur::node
