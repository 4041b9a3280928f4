// Key files as `testamurd init` writes them: "testamur-key-1 <purpose> <algorithm>", then 64
// hexadecimal digits, readable by the owner only. And public key files: a key with the proof that
// somebody holds it, to be registered by somebody else. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/tx/build.h"

namespace testamur::wallet {

std::optional<KeyPurpose> parse_key_purpose(std::string_view name);
std::optional<SignatureAlgorithm> parse_key_algorithm(std::string_view name);
// What a key of this purpose has unless somebody asks for another.
SignatureAlgorithm usual_algorithm(KeyPurpose purpose);

Result<SecretKey> read_key_file(const std::string& file, KeyPurpose purpose);
// Fails when the file exists.
Status write_key_file(const std::string& file, KeyPurpose purpose, const SecretKey& key);
// Overwritten before it is unlinked; what the disk keeps elsewhere is beyond us.
void erase_key_file(const std::string& file);

// A secret key and its purpose.
struct HeldKey {
  KeyPurpose purpose;
  SecretKey key;
};
// All `<purpose>.key` files of a directory. Fails when there is none.
Result<std::vector<HeldKey>> read_key_directory(const std::string& directory);

// A key and the proof of its possession, for this institution on this ledger.
ledger::tx::KeyAddContent prove(const ChainId& chain, const InstitutionId& institution,
                                KeyPurpose purpose, const SecretKey& key);

struct PublicKeyFile {
  ChainId chain;
  InstitutionId institution;
  ledger::tx::KeyAddContent content;
};
std::string public_key_text(const PublicKeyFile& file);
// Fails naming file and key; also when the proof does not hold.
Result<PublicKeyFile> read_public_key_file(const std::string& file);

}  // namespace testamur::wallet
