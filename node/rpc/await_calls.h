// AwaitCommit and AwaitCommits: each id is looked up once beside the strand and waited for once.
#pragma once

#include "node/rpc/services/services.h"
#include "testamur/v1/ledger_service.pb.h"

namespace testamur::node {

void fill_outcome(const TransactionId& id, const Outcome& outcome, v1::TransactionOutcome& out);

// Ends when the transaction does, the caller hangs up, or its deadline passes.
grpc::ServerUnaryReactor* await_one(ServiceContext& context, grpc::CallbackServerContext* call,
                                    const v1::AwaitCommitRequest* request,
                                    v1::AwaitCommitResponse* response);
// A message for each id as it ends; an id that is named twice is told once.
grpc::ServerWriteReactor<v1::AwaitCommitsResponse>* await_many(
    ServiceContext& context, grpc::CallbackServerContext* call,
    const v1::AwaitCommitsRequest* request);

}  // namespace testamur::node
