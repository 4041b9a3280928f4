// Metrics in the Prometheus text format, and a small HTTP server that gives them out.
//
// The server answers GET /metrics and nothing else; it runs on an io_context of its own.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "node/rpc/services.h"

namespace testamur::node {

// Every counter by its metric name, in a fixed order.
std::vector<std::pair<std::string, double>> metric_values(const ServiceContext& context);
std::string metrics_text(const ServiceContext& context);

class MetricsServer {
 public:
  // `listen`: host:port.
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& listen, const ServiceContext& context);
  ~MetricsServer();

 private:
  class Listener;
  explicit MetricsServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace testamur::node
