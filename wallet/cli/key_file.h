// The plain key files that `testamurd init` writes: "testamur-key-1 <purpose> <algorithm>", then 64 hexadecimal digits.
#pragma once

#include <string>

#include "common/keys.h"
#include "common/result.h"

namespace testamur::wallet {

Result<SecretKey> read_raw_key(const std::string& file, KeyPurpose purpose);

}  // namespace testamur::wallet
