// A small HTTP server that gives out the metrics: GET and HEAD of /metrics, with or without a
// query, and nothing else.
//
// One thread. Connections are bounded as those of the API are; each has five seconds for its
// request and its answer.
#pragma once

#include <memory>
#include <string>

#include "common/result.h"
#include "node/api/connections.h"
#include "node/rpc/services/services.h"

namespace testamur::node {

class MetricsServer {
 public:
  // `listen`: host:port.
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& listen,
                                                      const ConnectionLimits& limits,
                                                      const ServiceContext& context);
  ~MetricsServer();
  int port() const;

 private:
  class Listener;
  explicit MetricsServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace testamur::node
