// How the node is doing, for `testamur node status`: who is missing, whose clock is off, why nothing moves.
#pragma once

#include "node/rpc/services.h"
#include "testamur/v1/ledger_service.pb.h"

namespace testamur::node {

void fill_status(const ServiceContext& context, const ChainStatus& chain, v1::GetStatusResponse& out);

}  // namespace testamur::node
