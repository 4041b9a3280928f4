// The gRPC server of a node: its services on TCP, and the operator's on a unix socket.
//
// TLS is off on loopback addresses and on elsewhere, unless the configuration says otherwise.
// Reflection and the health service are always there.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/result.h"
#include "node/api/connections.h"
#include "node/config/config.h"
#include "node/rpc/services/services.h"

namespace testamur::node {

// The limits of a configuration; a rate of 0 is none on loopback and kRateOffLoopback elsewhere.
CallLimits call_limits(const ApiConfig& config);
inline constexpr std::uint64_t kRateOffLoopback = 200;

// Whether the admin socket may be made at this path: nothing is there, or a socket on which nobody
// answers. Removes nothing.
Status check_admin_socket(const std::filesystem::path& socket);

class ApiServer {
 public:
  // `connections`: how many the API may have.
  static Result<std::unique_ptr<ApiServer>> start(const ApiConfig& config,
                                                  const ConnectionLimits& connections,
                                                  ServiceContext& context);
  ~ApiServer();
  // The port that is listened on.
  int port() const;
  // As ServedTls::changed_files(); empty where plain text is served.
  std::string changed_tls_files() const;
  // Refuses new calls and gives those under way a moment to end. Idempotent.
  void stop();

 private:
  struct Parts;
  explicit ApiServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace testamur::node
