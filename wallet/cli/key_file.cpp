#include "wallet/cli/key_file.h"

#include "wallet/keystore/file.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxKeyFileBytes = 256;

}  // namespace

Result<SecretKey> read_raw_key(const std::string& file, KeyPurpose purpose) {
  TM_TRY(auto raw, read_file(file, kMaxKeyFileBytes));
  const SecretBytes text{std::move(raw)};
  for (std::uint8_t value = 1; value <= 4; ++value) {
    const auto algorithm = *algorithm_from(value);
    const std::string header =
        "testamur-key-1 " + std::string(to_text(purpose)) + " " + std::string(to_text(algorithm)) + "\n";
    if (!text.text().starts_with(header) || text.size() < header.size() + 64) continue;
    auto secret = from_hex(text.text().substr(header.size(), 64));
    if (!secret) break;
    const SecretBytes held{std::move(*secret)};
    return SecretKey::from_bytes(algorithm, held.view());
  }
  return error(file + " is not a " + std::string(to_text(purpose)) + " key file");
}

}  // namespace testamur::wallet
