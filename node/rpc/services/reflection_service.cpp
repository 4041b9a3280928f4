// grpc.reflection.v1 and v1alpha, which are the same bytes under two names: tools ask for the one
// or the other. gRPC 1.51 has v1alpha of its own, with a thread for each open call and 32 for all:
// 32 streams that somebody held kept everybody else from it. Here, as every stream, it takes no
// thread and has its share of the streams of its caller; its questions are turns of the workers.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>

#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "node/rpc/services/services.h"
#include "node/rpc/turn_stream.h"
#include "testamur/v1/governance_service.grpc.pb.h"
#include "testamur/v1/ledger_service.grpc.pb.h"
#include "testamur/v1/log_service.grpc.pb.h"
#include "testamur/v1/registry_service.grpc.pb.h"
#include "testamur/v1/trust_service.grpc.pb.h"
#include "testamur/v1/verify_service.grpc.pb.h"

namespace testamur::node {
namespace {

namespace reflection = grpc::reflection::v1;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

// What the API's port serves. The admin service is on a socket of its own and is not shown.
constexpr const char* kServed[] = {v1::LedgerService::service_full_name(),
                                   v1::VerifyService::service_full_name(),
                                   v1::TrustService::service_full_name(),
                                   v1::RegistryService::service_full_name(),
                                   v1::LogService::service_full_name(),
                                   v1::GovernanceService::service_full_name(),
                                   reflection::ServerReflection::service_full_name(),
                                   "grpc.health.v1.Health"};

// A name longer than any of ours is not looked for and not sent back.
constexpr std::size_t kMaxNameBytes = 512;

void refuse(grpc::StatusCode code, const std::string& message,
            reflection::ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(message);
}

// The file and all that it imports, each once.
void add_file(const FileDescriptor& file, std::set<const FileDescriptor*>& seen,
              reflection::FileDescriptorResponse& response) {
  if (!seen.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) add_file(*file.dependency(i), seen, response);
}

void answer_with(const FileDescriptor* file, const std::string& name,
                 reflection::ServerReflectionResponse& response) {
  if (file == nullptr)
    return refuse(grpc::StatusCode::NOT_FOUND, name + " is not known here", response);
  std::set<const FileDescriptor*> seen;
  add_file(*file, seen, *response.mutable_file_descriptor_response());
}

grpc::Status answer(const reflection::ServerReflectionRequest& request,
                    reflection::ServerReflectionResponse& response) {
  using Request = reflection::ServerReflectionRequest;
  const auto& pool = *DescriptorPool::generated_pool();
  if (request.ByteSizeLong() > kMaxNameBytes)
    return over_limit("message_request", kMaxNameBytes, request.ByteSizeLong());

  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      answer_with(pool.FindFileByName(request.file_by_filename()), request.file_by_filename(),
                  response);
      break;
    case Request::kFileContainingSymbol:
      answer_with(pool.FindFileContainingSymbol(request.file_containing_symbol()),
                  request.file_containing_symbol(), response);
      break;
    case Request::kListServices:
      for (const auto* name : kServed)
        response.mutable_list_services_response()->add_service()->set_name(name);
      break;
    case Request::kFileContainingExtension:
    case Request::kAllExtensionNumbersOfType:
      refuse(grpc::StatusCode::NOT_FOUND, "no message here has extensions", response);
      break;
    case Request::MESSAGE_REQUEST_NOT_SET:
      refuse(grpc::StatusCode::INVALID_ARGUMENT, "the request asks for nothing", response);
      break;
  }
  return grpc::Status::OK;
}

using Stream =
    TurnStream<reflection::ServerReflectionRequest, reflection::ServerReflectionResponse>;

Stream* open_stream(ServiceContext& context, grpc::CallbackServerContext& call) {
  lower_priority_of_this_thread();
  return new Stream(
      context.calls, call, cost_of("ServerReflection", "ServerReflectionInfo"),
      [](const Turn&, const reflection::ServerReflectionRequest& request,
         reflection::ServerReflectionResponse& response) { return answer(request, response); });
}

// A service by hand, as gRPC generates them, for either name.
class ReflectionService final : public grpc::Service {
 public:
  ReflectionService(ServiceContext& context, const char* method) {
    AddMethod(new grpc::internal::RpcServiceMethod(
        method, grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
    MarkMethodCallback(
        0,
        new grpc::internal::CallbackBidiHandler<reflection::ServerReflectionRequest,
                                                reflection::ServerReflectionResponse>(
            [&context](grpc::CallbackServerContext* call) { return open_stream(context, *call); }));
  }
};

}  // namespace

std::unique_ptr<grpc::Service> make_reflection_service(ServiceContext& context, bool alpha) {
  // Named once, so that the linker keeps what describes it.
  (void)grpc::health::v1::HealthCheckRequest::descriptor();
  return std::make_unique<ReflectionService>(
      context, alpha ? "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
                     : "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
}

}  // namespace testamur::node
