// What stands in a configuration and has no effect, or not the one that was meant: no problem, but
// said by `run` and `check-config`. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "ledger/genesis.h"
#include "ledger/state.h"
#include "node/config/config.h"

namespace testamur::node {

std::vector<std::string> notes_of(const NodeConfig& config);

// Institutions that [[peer]], the policy and the decisions name and the ledger does not know, as
// far as this node has it. Without a store the founders count.
std::vector<std::string> notes_of_institutions(const NodeConfig& config,
                                               const ledger::Genesis& genesis,
                                               const ledger::StateReader* state);
// Names that lead nowhere from this machine. Asks the system, which may take a while.
std::vector<std::string> notes_of_names(const NodeConfig& config);

// A clock that is far from the newest block: before it, the node waits with its votes; long after
// it, a block with its time would stay for good. Empty: neither.
std::string clock_note(std::uint64_t newest_block_ms, std::uint64_t now_ms);

}  // namespace testamur::node
