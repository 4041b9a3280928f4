// Puts the API together: services, limits, ports. Callers from outside never meet gRPC's own
// listener: ApiListener accepts for it and hands it connections (decision 1134). The operator's
// service is on a server of its own, so that no limit or flood of the API reaches it.
#include "node/rpc/server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>

#include "common/access.h"
#include "common/address.h"
#include "node/api/api_listener.h"
#include "node/api/library_logs.h"
#include "node/api/spare_memory.h"
#include "node/api/tls_files.h"

namespace testamur::node {
namespace {

constexpr auto kStopTime = std::chrono::seconds(3);
// What gRPC keeps of requests that are not complete and answers that are not taken; beyond it
// connections are slowed down, then calls end.
constexpr std::size_t kTransportBytes = 64u << 20;

// Enabling plugins is global to gRPC and may be done once.
void enable_plugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    bound_library_logs();
    grpc::EnableDefaultHealthCheckService(true);
  });
}

void set_limits(grpc::ServerBuilder& builder, const ApiConfig& config) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.max_message_bytes));
  builder.SetMaxSendMessageSize(64 << 20);
  // What is compressed is unpacked before its size is compared with any bound.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(StreamLimits{}.per_connection));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             static_cast<int>(OpenStreams::kMetadataBytes));

  // Whoever does not answer a ping is gone, also where the network does not say so.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);

  // A connection without calls goes after a while, one with calls that never end in the end: a
  // client connects again.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 5 * 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 60 * 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 10 * 60 * 1000);
}

}  // namespace

CallLimits call_limits(const ApiConfig& config) {
  CallLimits limits;
  limits.rate_per_second = config.rate_per_second;
  if (limits.rate_per_second == 0 && !is_loopback(config.listen))
    limits.rate_per_second = kRateOffLoopback;
  limits.burst = config.rate_burst;
  return limits;
}

struct ApiServer::Parts {
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<grpc::Service> admin;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<grpc::Server> admin_server;
  std::unique_ptr<ApiListener> listener;
  std::optional<ServedTls> tls;
  bool stopped = false;

  Status open_admin(const ApiConfig& config, ServiceContext& context);
};

ApiServer::ApiServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ApiServer::~ApiServer() { stop(); }
int ApiServer::port() const { return parts_->listener->port(); }
std::string ApiServer::changed_tls_files() const {
  return parts_->tls ? parts_->tls->changed_files() : "";
}

Result<std::unique_ptr<ApiServer>> ApiServer::start(const ApiConfig& config,
                                                    const ConnectionLimits& connections,
                                                    ServiceContext& context) {
  enable_plugins();
  auto parts = std::make_unique<Parts>();
  TM_TRY(const auto tls, read_tls_files(config, context.clock.now_ms()));
  if (tls) context.certificate_until_ms = tls->valid_until_ms;
  TlsContext context_of_tls;
  if (tls) {
    parts->tls.emplace(config, *tls);
    TM_TRY(context_of_tls, make_api_tls(*tls));
  }
  TM_TRY(parts->listener, ApiListener::bind(config.listen, std::move(context_of_tls), connections,
                                            context.overload));
  if (!config.admin_socket.empty()) TM_TRY_STATUS(parts->open_admin(config, context));

  parts->services.push_back(make_ledger_service(context));
  parts->services.push_back(make_verify_service(context));
  parts->services.push_back(make_trust_service(context));
  parts->services.push_back(make_registry_service(context));
  parts->services.push_back(make_log_service(context));
  parts->services.push_back(make_governance_service(context));
  for (const bool alpha : {false, true})
    parts->services.push_back(make_reflection_service(context, alpha));
  grpc::ServerBuilder builder;
  set_limits(builder, config);
  grpc::ResourceQuota quota("api");
  builder.SetResourceQuota(quota.Resize(kTransportBytes));
  auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  for (auto& service : parts->services) builder.RegisterService(service.get());
  parts->server = builder.BuildAndStart();
  if (!parts->server)
    return error("the API cannot be served: gRPC refuses its configuration, see standard error");

  parts->server->GetHealthCheckService()->SetServingStatus(true);
  parts->listener->start(std::move(acceptor),
                         [&open = context.calls.open, spare = SpareMemory()]() mutable {
                           open.end_stalled(OpenCalls::Clock::now());
                           spare.give_back_if_grown(Overload::now_ms());
                         });
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(parts)));
}

namespace {

bool is_answered(const std::filesystem::path& socket) {
  sockaddr_un address{};
  if (socket.string().size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.c_str(), socket.string().size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const bool answered =
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return answered;
}

}  // namespace

Status check_admin_socket(const std::filesystem::path& socket) {
  struct stat there {};
  if (socket.empty()) return {};
  const auto name = "api.admin_socket = \"" + socket.string() + "\"";

  const auto folder = socket.parent_path().empty() ? "." : socket.parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    const int refused = errno;
    return error(name + " cannot be made: the folder " + folder.string() + ": " +
                 std::strerror(refused) +
                 ". Name one that is there and that this user may write to" +
                 access_cure(refused, folder.string()));
  }

  if (::lstat(socket.c_str(), &there) != 0) return {};
  if (!S_ISSOCK(there.st_mode)) {
    return error(name +
                 " is there and is no socket: it was left as it is. Name a path that nothing "
                 "has, such as admin.sock");
  }
  if (!is_answered(socket)) return {};
  return error(name + " is answered by another process: stop that one, or name another path");
}

Status ApiServer::Parts::open_admin(const ApiConfig& config, ServiceContext& context) {
  admin = make_admin_service(context);

  // A socket that nobody answers on was left by a process that was killed. Anything else that lies
  // there is somebody's, also where the configuration was changed since it was checked.
  TM_TRY_STATUS(check_admin_socket(config.admin_socket));
  ::unlink(config.admin_socket.c_str());

  // gRPC makes the socket itself, so only the mask can keep it to its owner from the first moment.
  const auto mask = ::umask(0077);

  grpc::ServerBuilder builder;
  set_limits(builder, config);
  builder.AddListeningPort("unix:" + config.admin_socket.string(),
                           grpc::InsecureServerCredentials());
  builder.RegisterService(admin.get());

  admin_server = builder.BuildAndStart();
  ::umask(mask);

  if (!admin_server)
    return error("the admin socket " + config.admin_socket.string() + " cannot be opened");
  return {};
}

void ApiServer::stop() {
  if (parts_->stopped) return;
  parts_->stopped = true;
  if (parts_->listener) parts_->listener->stop_accepting();
  auto deadline = std::chrono::system_clock::now() + kStopTime;
  if (parts_->server) parts_->server->GetHealthCheckService()->SetServingStatus(false);
  if (parts_->admin_server) parts_->admin_server->Shutdown(deadline);
  if (parts_->server) parts_->server->Shutdown(deadline);
  // Last: what was answered is still to be carried to its callers.
  if (parts_->listener) parts_->listener->stop();
}

}  // namespace testamur::node
