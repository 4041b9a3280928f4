// A backup in the place of a node's data that are lost. The node must not run meanwhile. One
// thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "common/ids.h"
#include "common/result.h"
#include "node/config/config.h"

namespace testamur::node {

struct RestoredBackup {
  Height height;  // of the newest block that is in it
  std::uint64_t time_ms = 0;
  bool votes = false;        // the node has a consensus key, which begins in quarantine
  bool votes_alone = false;  // its institution is the only validator: nobody else has later blocks
};
// The store from the backup at `height`, or else the highest one (node/store/store.h,
// restore_backup), and a fresh vote store in quarantine. Fails when the data directory still holds
// either; what failed leaves nothing behind.
Result<RestoredBackup> restore_node(const NodeConfig& config, const std::filesystem::path& backup,
                                    const std::optional<Height>& height = std::nullopt);

}  // namespace testamur::node
