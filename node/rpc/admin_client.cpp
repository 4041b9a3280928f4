#include "node/rpc/admin_client.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "testamur/v1/admin_service.grpc.pb.h"

namespace testamur::node {

namespace {

constexpr auto kQuick = std::chrono::seconds(10);
constexpr auto kSlow = std::chrono::hours(12);

template <class Request, class Response>
Status call(const std::string& socket, std::chrono::seconds patience,
            grpc::Status (v1::AdminService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
            const Request& request, Response& response) {
  auto channel = grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials());
  auto stub = v1::AdminService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + patience);
  auto status = (stub.get()->*method)(&context, request, &response);
  if (status.ok()) return {};
  return error("the node on " + socket + ": " + status.error_message());
}

}  // namespace

Status admin_resume_voting(const std::string& socket) {
  v1::ResumeVotingRequest request;
  request.set_other_copy_destroyed(true);
  v1::ResumeVotingResponse response;
  return call(socket, kQuick, &v1::AdminService::Stub::ResumeVoting, request, response);
}

Result<std::uint64_t> admin_backup(const std::string& socket, const std::string& directory) {
  v1::BackupRequest request;
  request.set_directory(directory);
  v1::BackupResponse response;
  TM_TRY_STATUS(call(socket, kSlow, &v1::AdminService::Stub::Backup, request, response));
  return response.height();
}

}  // namespace testamur::node
