// Reading and replacing small files safely. Any thread; two writers of one path must agree among themselves.
#pragma once

#include <string>

#include "common/bytes.h"
#include "common/result.h"

namespace testamur::wallet {

// Fails on a missing file, anything but a regular file, or more than `max_bytes`; the message names path and cause.
Result<Bytes> read_file(const std::string& path, std::size_t max_bytes);

enum class Overwrite : std::uint8_t { kAllowed, kRefused };
// The file holds either its old contents or exactly `contents`, whatever happens: a temporary file beside it (mode
// 0600), synced, then renamed over `path`, then the directory synced. With kRefused an existing file is a failure and
// stays.
Status write_file_atomically(const std::string& path, ByteView contents, Overwrite overwrite);

}  // namespace testamur::wallet
