#include "node/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <mutex>

#include "node/config/party_file.h"

namespace testamur::node {
namespace {

constexpr auto kStopTime = std::chrono::seconds(3);

// Enabling plugins is global to gRPC and may be done once.
void enable_plugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

void set_limits(grpc::ServerBuilder& builder, const ApiConfig& config) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.max_message_bytes));
  builder.SetMaxSendMessageSize(64 << 20);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 4096);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 16 << 10);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
}

Result<std::shared_ptr<grpc::ServerCredentials>> credentials(const ApiConfig& config) {
  bool tls = config.tls == TlsMode::kOn || (config.tls == TlsMode::kAuto && !is_loopback(config.listen));
  if (!tls) return grpc::InsecureServerCredentials();
  if (config.certificate.empty() || config.private_key.empty()) {
    return error("api.listen " + config.listen +
                 " is not a loopback address: give api.certificate and api.private_key, or set api.tls = \"off\"");
  }
  TM_TRY(auto certificate, read_text(config.certificate));
  TM_TRY(auto key, read_text(config.private_key));
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({key, certificate});
  return grpc::SslServerCredentials(options);
}

}  // namespace

bool is_loopback(const std::string& address) {
  auto host = address.substr(0, address.rfind(':'));
  return host == "localhost" || host.starts_with("127.") || host == "[::1]" || host == "::1";
}

struct ApiServer::Parts {
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<grpc::Service> admin;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<grpc::Server> admin_server;
  int port = 0;
  bool stopped = false;
};

ApiServer::ApiServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ApiServer::~ApiServer() { stop(); }
int ApiServer::port() const { return parts_->port; }

Result<std::unique_ptr<ApiServer>> ApiServer::start(const ApiConfig& config, ServiceContext& context) {
  enable_plugins();
  auto parts = std::make_unique<Parts>();
  TM_TRY(auto security, credentials(config));
  parts->services.push_back(make_ledger_service(context));
  parts->services.push_back(make_verify_service(context));
  parts->services.push_back(make_trust_service(context));
  parts->services.push_back(make_registry_service(context));
  parts->services.push_back(make_log_service(context));
  parts->services.push_back(make_governance_service(context));
  grpc::ServerBuilder builder;
  set_limits(builder, config);
  builder.AddListeningPort(config.listen, security, &parts->port);
  for (auto& service : parts->services) builder.RegisterService(service.get());
  parts->server = builder.BuildAndStart();
  if (!parts->server || parts->port == 0) {
    return error("the API cannot listen on " + config.listen + ": is the port taken?");
  }
  parts->server->GetHealthCheckService()->SetServingStatus(true);
  if (!config.admin_socket.empty()) {
    parts->admin = make_admin_service(context);
    ::unlink(config.admin_socket.c_str());
    auto mask = ::umask(0077);
    grpc::ServerBuilder admin_builder;
    set_limits(admin_builder, config);
    admin_builder.AddListeningPort("unix:" + config.admin_socket.string(), grpc::InsecureServerCredentials());
    admin_builder.RegisterService(parts->admin.get());
    parts->admin_server = admin_builder.BuildAndStart();
    ::umask(mask);
    if (!parts->admin_server) return error("the admin socket " + config.admin_socket.string() + " cannot be opened");
  }
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(parts)));
}

void ApiServer::stop() {
  if (parts_->stopped) return;
  parts_->stopped = true;
  auto deadline = std::chrono::system_clock::now() + kStopTime;
  if (parts_->server) parts_->server->GetHealthCheckService()->SetServingStatus(false);
  if (parts_->admin_server) parts_->admin_server->Shutdown(deadline);
  if (parts_->server) parts_->server->Shutdown(deadline);
}

}  // namespace testamur::node
