// Reads a plain key file of `testamurd init`, for programs that drive a network of tests or
// benchmarks.
#pragma once

#include <fstream>
#include <string>

#include "common/check.h"
#include "common/keys.h"

namespace testamur::test {

// The BIP-340 key in `<directory>/<purpose>.key`; aborts where there is none.
inline SecretKey read_plain_key(const std::string& directory, const char* purpose) {
  std::ifstream file(directory + "/" + purpose + ".key");
  std::string header;
  std::string secret;
  std::getline(file, header);
  std::getline(file, secret);
  TM_CHECK(from_hex(secret).has_value(), "no key in", directory, purpose);
  return SecretKey::from_bytes(SignatureAlgorithm::kBip340, *from_hex(secret)).value();
}

}  // namespace testamur::test
