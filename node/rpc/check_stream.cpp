#include "node/rpc/check_stream.h"

#include "node/rpc/turn_stream.h"
#include "node/rpc/verdict.h"

namespace testamur::node {

grpc::ServerBidiReactor<v1::CheckStreamRequest, v1::CheckStreamResponse>* check_stream(
    ServiceContext& context, grpc::CallbackServerContext* call) {
  lower_priority_of_this_thread();
  return new TurnStream<v1::CheckStreamRequest, v1::CheckStreamResponse>(
      context.calls, *call, cost_of("VerifyService", "CheckStream"),
      [&context](const Turn& turn, const v1::CheckStreamRequest& request,
                 v1::CheckStreamResponse& response) {
        return check_bulk(context, {request.commitments(), request.issuer_id(), request.options()},
                          turn.is_gone, turn.caller, *response.mutable_answer());
      });
}

}  // namespace testamur::node
