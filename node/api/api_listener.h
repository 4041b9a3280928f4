// Accepts the connections of the API and carries their bytes to gRPC and back: bounded before gRPC
// spends anything.
//
// gRPC does not count what it accepts, says nothing when a connection ends, and keeps memory for
// every request that a caller merely begins. So the node listens itself, asks Connections and
// OpenStreams, and gives gRPC one end of a pair of sockets for each connection (ApiRelay); TLS ends
// here. One thread of its own, at the priority of threads that serve calls. Running out of
// descriptors is noted and waited out, never an end.
#pragma once

#include <grpcpp/server_builder.h>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/result.h"
#include "node/api/api_relay.h"
#include "node/api/connections.h"
#include "node/api/open_streams.h"
#include "node/api/overload.h"

namespace testamur::node {

class ApiListener {
 public:
  // Binds every address that `listen` (host:port) resolves to. Nothing is accepted before start().
  // `tls` null: plain text.
  static Result<std::unique_ptr<ApiListener>> bind(const std::string& listen, TlsContext tls,
                                                   const ConnectionLimits& limits,
                                                   Overload& overload);
  ~ApiListener();

  int port() const { return port_; }
  // `every_second` is called from the listener's thread.
  void start(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor,
             std::function<void()> every_second);
  // Nobody is let in any more; what is connected goes on.
  void stop_accepting();
  // Ends when all connections have, which gRPC's shutdown brings about, and after kDrainMs at the
  // latest. Idempotent.
  void stop();

  static constexpr std::uint64_t kDrainMs = 1'000;

 private:
  using Id = Connections::Id;
  struct Connection {
    CallerKey caller;
    std::unique_ptr<ApiRelay> relay;
    bool again = false;      // stands in again_
    bool asks_room = false;  // epoll tells of room at gRPC's side
  };
  ApiListener(TlsContext tls, const ConnectionLimits& limits, Overload& overload);
  Status open(const std::string& listen);
  void run();
  bool react();
  void close_listening();
  void accept_from(int listening);
  void take(int descriptor, const CallerKey& caller);
  int connect_to_grpc(Id id, const CallerKey& caller);
  void pump(Id id);
  void ask_room(Id id, Connection& connection);
  void pump_waiting();
  void make_room_for(Id id);
  void close(Id id, std::uint64_t linger_ms = OpenStreams::kLingerMs);
  void step();
  void tick();

  const TlsContext tls_;
  Overload& overload_;
  Connections book_;
  OpenStreams streams_;
  std::map<Id, Connection> open_;
  std::vector<Id> again_;  // have more to do
  std::set<Id> waiting_;   // find no room for a request
  Id next_ = 1;
  std::string unique_;  // of this listener, in the names of its sockets
  std::vector<int> listening_;
  int port_ = 0;
  int poll_ = -1;
  int wake_ = -1;
  int spare_ = -1;  // given up for a moment to turn somebody away when no other descriptor is left
  std::uint64_t now_ms_ = 0;
  std::uint64_t paused_until_ms_ = 0;
  std::uint64_t stepped_ms_ = 0;
  std::uint64_t ticked_ms_ = 0;
  std::uint64_t ask_idle_ms_ = 0;
  std::uint64_t make_room_ms_ = 0;
  std::uint64_t given_back_ = 0;  // by streams_, when those that wait were asked last
  std::uint64_t stop_by_ms_ = 0;
  std::atomic<bool> accepting_ = true, ending_ = false;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::function<void()> every_second_;
  std::thread thread_;
};

}  // namespace testamur::node
