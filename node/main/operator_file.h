// What a command of testamurd writes where an operator told it to: a public key, a table, a draft,
// a backup. Nothing that is there is written over, and no path that the configuration names is
// taken: there lie keys that nobody can make again. One thread.
#pragma once

#include <filesystem>

#include "common/bytes.h"
#include "common/result.h"
#include "node/config/config.h"

namespace testamur::node {

// Whether `file` may be written for the operator; asked before the work whose result goes there. A
// device or a pipe may.
Status check_operator_file(const NodeConfig& config, const std::filesystem::path& file);
// Checks again and writes it whole (files/durable_file.h).
Status write_operator_file(const NodeConfig& config, const std::filesystem::path& file,
                           ByteView content);

// Whether a backup may go to `folder`: a new one, an empty one, or one that holds backups.
Status check_backup_folder(const NodeConfig& config, const std::filesystem::path& folder);

// Fails where this process is root and `place`, or the nearest folder above it that is there,
// belongs to somebody else: what root makes there the owner's node could not open.
Status check_owner(const std::filesystem::path& place);

}  // namespace testamur::node
