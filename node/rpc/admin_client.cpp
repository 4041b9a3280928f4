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

Result<NewNodeKey> admin_new_key(const std::string& socket, const std::string& purpose) {
  v1::NewKeyRequest request;
  request.set_purpose(purpose);
  v1::NewKeyResponse response;
  TM_TRY_STATUS(call(socket, kQuick, &v1::AdminService::Stub::NewKey, request, response));
  NewNodeKey key;
  auto institution = InstitutionId::from(as_bytes(response.institution_id()));
  auto chain = ChainId::from(as_bytes(response.chain_id()));
  auto algorithm = algorithm_from(static_cast<std::uint8_t>(response.algorithm()));
  if (!institution || !chain || !algorithm) return error("the node on " + socket + " gave no key");
  key.id = response.key_id_text();
  key.institution = to_text(*institution);
  key.chain = to_text(*chain);
  key.algorithm = *algorithm;
  key.public_key = to_bytes(as_bytes(response.public_key()));
  key.possession = to_bytes(as_bytes(response.possession_proof()));
  key.already_there = response.already_there();
  return key;
}

Result<ReadyAnswer> admin_ready(const std::string& socket, bool dry_run) {
  v1::ReadyRequest request;
  request.set_dry_run(dry_run);
  v1::ReadyResponse response;
  TM_TRY_STATUS(call(socket, kQuick, &v1::AdminService::Stub::Ready, request, response));
  return ReadyAnswer{response.transaction_id_text(),
                     response.key_id_text(),
                     response.institution_id_text(),
                     response.protocol_version(),
                     response.checkpoint_height(),
                     response.lapses_after_ms(),
                     response.seated()};
}

}  // namespace testamur::node
