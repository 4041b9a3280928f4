// The key files of a folder, as `testamurd init` writes them (files/key_file.h), and public key
// files: a key with the proof that somebody holds it, to be registered by somebody else. Any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/tx/build.h"

namespace testamur::wallet {

// What a key of this purpose has unless somebody asks for another.
SignatureAlgorithm usual_algorithm(KeyPurpose purpose);

// A secret key and its purpose.
struct HeldKey {
  KeyPurpose purpose;
  SecretKey key;
};
// The keys of all files `<purpose>.key` of a directory; other files are passed over. Fails when
// there is none, or when one of them cannot be read.
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
