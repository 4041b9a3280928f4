// Calls of the node's own commands to a running node over its admin socket. One thread; blocks up to ten seconds.
#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"

namespace testamur::node {

Status admin_resume_voting(const std::string& socket);
// A copy of the store in a new directory; the height that it holds at least.
Result<std::uint64_t> admin_backup(const std::string& socket, const std::string& directory);

}  // namespace testamur::node
