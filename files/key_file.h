// Key files: one line of 64 hexadecimal digits after a header line that names purpose and
// algorithm; mode 0600.
//
// Only for the keys that a node needs without a person: consensus and transport (and, on a test
// network, the issuer's). Any thread.
#pragma once

#include <filesystem>

#include "common/keys.h"
#include "common/result.h"

namespace testamur::inline files {

// Fails when the file exists: a key is never overwritten. File and name are durable before this
// returns; after a failure there is no file, so that it can be tried again.
Status write_key_file(const std::filesystem::path& file, KeyPurpose purpose, const SecretKey& key);

// Fails when the file is readable by others than its owner, is of another purpose, or is damaged.
Result<SecretKey> read_key_file(const std::filesystem::path& file, KeyPurpose purpose);

// Overwrites the file and removes it, durably. A file that is not there is erased already. It takes
// the name `<file>.over` first, so that after a crash in the middle there is no key and not half a
// key.
Status erase_key_file(const std::filesystem::path& file);

// What a crash left of that, if anything: called when the keys are opened.
Status finish_erasing(const std::filesystem::path& file);

}  // namespace testamur::inline files
