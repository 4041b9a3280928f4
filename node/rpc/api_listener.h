// Accepts the connections of the API and hands them to gRPC: bounded before gRPC spends anything on them.
//
// gRPC does not count what it accepts and says nothing when a connection ends. So the node listens itself, asks
// Connections, and keeps a second descriptor of each socket: by it it sees the end, knows how long a connection has
// been idle, and can close it. A thread of its own, which does little for each connection. Running out of descriptors
// is noted and waited out, never an end.
#pragma once

#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/result.h"
#include "node/rpc/connections.h"
#include "node/rpc/overload.h"

namespace testamur::node {

class ApiListener {
 public:
  // Binds every address that `listen` (host:port) resolves to. Nothing is accepted before start().
  static Result<std::unique_ptr<ApiListener>> bind(const std::string& listen, const ConnectionLimits& limits,
                                                   Overload& overload);
  ~ApiListener();

  int port() const { return port_; }
  // `every_second` is called from the listener's thread.
  void start(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor,
             std::function<void()> every_second);
  // Closes the listening sockets; connections stay with gRPC. Idempotent.
  void stop();

 private:
  struct Connection {
    int descriptor = -1;
    std::uint64_t half_closed_ms = 0;  // since when the other side sends nothing more; 0: it may
  };
  ApiListener(const ConnectionLimits& limits, Overload& overload);
  Status open(const std::string& listen);
  void run();
  void accept_from(int listening);
  void take(int descriptor, const CallerKey& caller);
  void react(Connections::Id id, std::uint32_t events);
  void close(Connections::Id id);
  void tick();

  Overload& overload_;
  Connections book_;
  std::map<Connections::Id, Connection> open_;
  Connections::Id next_ = 1;
  std::vector<int> listening_;
  int port_ = 0;
  int poll_ = -1;
  int wake_ = -1;
  int spare_ = -1;  // given up for a moment to turn somebody away when no other descriptor is left
  std::uint64_t paused_until_ms_ = 0;
  std::uint64_t ticked_ms_ = 0;
  std::uint64_t ask_idle_ms_ = 0;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::function<void()> every_second_;
  std::thread thread_;
};

}  // namespace testamur::node
