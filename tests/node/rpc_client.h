// A caller of a node's API, as somebody without our code would be one. One thread.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "common/bytes.h"
#include "testamur/v1/ledger_service.grpc.pb.h"
#include "testamur/v1/log_service.grpc.pb.h"
#include "testamur/v1/registry_service.grpc.pb.h"
#include "testamur/v1/trust_service.grpc.pb.h"
#include "testamur/v1/verify_service.grpc.pb.h"

namespace testamur::node {

class ApiCaller {
 public:
  explicit ApiCaller(int port);

  std::unique_ptr<v1::LedgerService::Stub> ledger;
  std::unique_ptr<v1::VerifyService::Stub> verify;
  std::unique_ptr<v1::TrustService::Stub> trust;
  std::unique_ptr<v1::RegistryService::Stub> registry;
  std::unique_ptr<v1::LogService::Stub> log;
  std::shared_ptr<grpc::Channel> channel;

  // Submits one transaction; the status and, in `response`, the answer.
  grpc::Status submit(const Bytes& carried, v1::SubmitResponse* response = nullptr);
  // Submits and waits until it is committed.
  v1::TransactionOutcome commit(const Bytes& carried);
  v1::CheckHashResponse check(ByteView commitment);
  // Asks until the node's decisions have seen a height: they may be a second behind.
  void await_decisions(std::uint64_t height);
};

// The detail of a failed call; empty when it has none.
v1::ErrorDetail detail_of(const grpc::Status& status);
std::string bytes_of(ByteView bytes);

}  // namespace testamur::node
