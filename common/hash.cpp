// The streaming state is OpenSSL's SHA256_CTX: the low-level interface avoids an allocation and a
// provider look-up a hash, which matters because Merkle trees hash 65 bytes at a time.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "common/hash.h"

#include <openssl/sha.h>

#include <new>

namespace testamur::inline common {
namespace {

SHA256_CTX* context(std::array<std::uint8_t, 112>& state) {
  static_assert(sizeof(SHA256_CTX) <= sizeof state && alignof(SHA256_CTX) <= 8);
  return reinterpret_cast<SHA256_CTX*>(state.data());
}

}  // namespace

Hash256 sha256(ByteView message) { return Sha256{}.update(message).finish(); }

Sha256::Sha256() : state_{} { SHA256_Init(context(state_)); }

Sha256& Sha256::update(ByteView part) {
  SHA256_Update(context(state_), part.data(), part.size());
  return *this;
}

Hash256 Sha256::finish() {
  Hash256 digest;
  SHA256_Final(digest.bytes.data(), context(state_));
  return digest;
}

Tag::Tag(std::string_view name) {
  const Hash256 tag = sha256(as_bytes(name));
  prefix_.update(tag.view()).update(tag.view());
}

namespace tags {
const Tag kTransaction{"testamur/transaction"};
const Tag kGenesis{"testamur/genesis"};
const Tag kGenesisSign{"testamur/genesis-sign"};
const Tag kParty{"testamur/party"};
const Tag kKeyId{"testamur/key-id"};
const Tag kPossession{"testamur/possession"};
const Tag kHeader{"testamur/header"};
const Tag kPropose{"testamur/propose"};
const Tag kNotarize{"testamur/notarize"};
const Tag kNullify{"testamur/nullify"};
const Tag kFinalize{"testamur/finalize"};
const Tag kQuarantineAnswer{"testamur/quarantine-answer"};
const Tag kValidatorSet{"testamur/validator-set"};
const Tag kParameters{"testamur/parameters"};
const Tag kReady{"testamur/ready"};
const Tag kPageStatic{"testamur/page-static"};
const Tag kPageLeaf{"testamur/page-leaf"};
const Tag kMapLeaf{"testamur/map-leaf"};
const Tag kMapNode{"testamur/map-node"};
const Tag kMapRecordKey{"testamur/map-record-key"};
const Tag kMapHeadKey{"testamur/map-head-key"};
const Tag kMapValue{"testamur/map-value"};
const Tag kCommitment{"testamur/commitment"};
const Tag kLocalStatement{"testamur/local-statement"};
const Tag kPolicy{"testamur/policy"};
const Tag kDecision{"testamur/decision"};
const Tag kJournal{"testamur/journal"};
const Tag kPeerHello{"testamur/peer-hello"};
const Tag kSignatureCache{"testamur/signature-cache"};
const Tag kLogLeaf{"testamur/log-leaf"};
const Tag kEvidence{"testamur/evidence"};
const Tag kWalletRequest{"testamur/wallet-request"};
}  // namespace tags

}  // namespace testamur::inline common
