// What the commands that run a node share.
#pragma once

#include <functional>
#include <string>

#include "node/config/config.h"
#include "node/log/log.h"
#include "node/main/node.h"

namespace testamur::node {

// Called once its API answers.
using OnServing = std::function<void(Node&, Log&)>;

// Runs the node until a signal or the operator ends it; gives the exit code (commands.h). What is
// wrong was printed.
int serve(const NodeConfig& config, const OnServing& on_serving = {});

}  // namespace testamur::node
