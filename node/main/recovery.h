// Going on after more than f consensus keys were lost (docs/operating.md, "When the keys of too
// many nodes are lost").
//
// One surviving node makes the record from its store, the institutions' roots sign it (`testamur
// genesis`), and every surviving node takes it. The node must not run meanwhile: everything here
// holds its lock.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "node/config/config.h"
#include "node/main/init.h"

namespace testamur::node {

struct RecoveryDraftOptions {
  std::filesystem::path backup;  // instead of the node's own store; empty: that one
  std::optional<Height> height;  // of the backup; absent: the highest one
  std::vector<InstitutionId>
      keep;  // the validators that go on with the consensus keys that they have
  std::uint64_t time_ms = 0;
};
// An unsigned record that continues the ledger after the newest block of the store. Fails where the
// store lacks final blocks that its journal holds.
Result<ledger::Genesis> draft_recovery(const NodeConfig& config,
                                       const RecoveryDraftOptions& options);

// Makes this node's store, vote store and genesis record those of the recovered ledger. The old
// blocks stay; the old vote store and record are kept beside the new ones. May be repeated after a
// crash. `backup` (may be empty) replaces a store that is gone: that at `backup_height`, or the
// highest one. Returns the height of the recovery's block.
Result<Height> recover_node(const NodeConfig& config, const std::filesystem::path& genesis,
                            const std::filesystem::path& backup,
                            const std::optional<Height>& backup_height = std::nullopt);

// A directory for the node of an institution whose own was lost: configuration, fresh keys, a fresh
// vote store, and node-keys.toml with their proofs for `testamur genesis add`. Of `init` only
// directory and addresses are used.
Status make_replacement(const InitOptions& init, const ChainId& chain,
                        const InstitutionId& institution);

}  // namespace testamur::node
