#include "node/rpc/admin_client.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "testamur/v1/admin_service.grpc.pb.h"

namespace testamur::node {

Status admin_resume_voting(const std::string& socket) {
  auto channel = grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials());
  auto stub = v1::AdminService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::ResumeVotingRequest request;
  request.set_other_copy_destroyed(true);
  v1::ResumeVotingResponse response;
  auto status = stub->ResumeVoting(&context, request, &response);
  if (status.ok()) return {};
  return error("the node does not answer on " + socket + ": " + status.error_message());
}

}  // namespace testamur::node
