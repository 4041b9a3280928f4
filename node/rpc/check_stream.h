// VerifyService.CheckStream: a bulk check for each message, in order; the next one is read when the
// answer to the one before has been taken.
#pragma once

#include "node/rpc/services/services.h"
#include "testamur/v1/verify_service.pb.h"

namespace testamur::node {

grpc::ServerBidiReactor<v1::CheckStreamRequest, v1::CheckStreamResponse>* check_stream(
    ServiceContext& context, grpc::CallbackServerContext* call);

}  // namespace testamur::node
