// Calls of the node's own commands to a running node over its admin socket. One thread; blocks up to ten seconds.
#pragma once

#include <string>

#include "common/result.h"

namespace testamur::node {

Status admin_resume_voting(const std::string& socket);

}  // namespace testamur::node
