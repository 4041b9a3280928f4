// Metrics in the Prometheus text format.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "node/rpc/services/services.h"

namespace testamur::node {

// Every counter by its metric name, in a fixed order.
std::vector<std::pair<std::string, double>> metric_values(const ServiceContext& context);
std::string metrics_text(const ServiceContext& context);

}  // namespace testamur::node
