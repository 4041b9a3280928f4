// Whole files of an operator (keys, configuration, genesis, what a command writes out), written so
// that neither a crash nor a full disk leaves half of one: a temporary file beside it, synced,
// takes its name in one step, and the directory is synced before this returns. A temporary file
// that a crash left (`<name>.<16 hex digits>.tmp`) is nobody's and may be removed.
//
// node/store has a seam of its own for the journal (node/store/file.h). Any thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "common/bytes.h"
#include "common/result.h"

namespace testamur::inline files {

// `mode` of the new file. Fails when the name is taken, also by a link that leads nowhere; two
// processes that try at once never both succeed.
Status create_file(const std::filesystem::path& file, ByteView content, mode_t mode);

// A file that is there keeps mode and owner, and a symbolic link stays one: what it leads to is
// replaced. A device or a pipe is written to.
Status overwrite_file(const std::filesystem::path& file, ByteView content, mode_t mode);

// A file that anybody may read (0644); fails when it is there, unless it may be replaced.
Status write_file(const std::filesystem::path& file, ByteView content, bool replace = false);

// The text of a whole file, of at most 16 MiB.
Result<std::string> read_text(const std::filesystem::path& file);

// Makes durable which names the directory of `file` holds.
Status sync_directory_of(const std::filesystem::path& file);

}  // namespace testamur::inline files
