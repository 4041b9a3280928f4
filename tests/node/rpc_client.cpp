#include "tests/node/rpc_client.h"

#include "testamur/v1/rpc_status.pb.h"
#include "tests/support/catch.h"

namespace testamur::node {

ApiCaller::ApiCaller(int port)
    : channel(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                  grpc::InsecureChannelCredentials())) {
  ledger = v1::LedgerService::NewStub(channel);
  verify = v1::VerifyService::NewStub(channel);
  trust = v1::TrustService::NewStub(channel);
  registry = v1::RegistryService::NewStub(channel);
  log = v1::LogService::NewStub(channel);
}

grpc::Status ApiCaller::submit(const Bytes& carried, v1::SubmitResponse* response) {
  grpc::ClientContext context;
  v1::SubmitRequest request;
  request.set_transaction(bytes_of(carried));
  v1::SubmitResponse ignored;
  return ledger->Submit(&context, request, response != nullptr ? response : &ignored);
}

v1::TransactionOutcome ApiCaller::commit(const Bytes& carried) {
  v1::SubmitResponse submitted;
  auto status = submit(carried, &submitted);
  INFO(status.error_message());
  REQUIRE(status.ok());
  grpc::ClientContext context;
  v1::AwaitCommitRequest request;
  request.set_id(submitted.id());
  v1::AwaitCommitResponse response;
  REQUIRE(ledger->AwaitCommit(&context, request, &response).ok());
  return response.outcome();
}

v1::CheckHashResponse ApiCaller::check(ByteView commitment) {
  grpc::ClientContext context;
  v1::CheckHashRequest request;
  request.set_commitment(bytes_of(commitment));
  v1::CheckHashResponse response;
  auto status = verify->CheckHash(&context, request, &response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return response;
}

void ApiCaller::await_decisions(std::uint64_t height) {
  v1::DecideRequest request;
  request.set_issuer_id(std::string(16, '\0'));
  for (;;) {
    grpc::ClientContext context;
    v1::DecideResponse response;
    REQUIRE(trust->Decide(&context, request, &response).ok());
    if (response.decision().as_of_height() >= height) return;
  }
}

v1::ErrorDetail detail_of(const grpc::Status& status) {
  v1::RpcStatus packed;
  v1::ErrorDetail detail;
  if (!packed.ParseFromString(status.error_details())) return detail;
  for (const auto& any : packed.details()) {
    if (any.Is<v1::ErrorDetail>()) any.UnpackTo(&detail);
  }
  return detail;
}

std::string bytes_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace testamur::node
