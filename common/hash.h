// SHA-256 (FIPS 180-4) and the tagged hashes of BIP-340: H_tag(t, m) = SHA256(SHA256(t) ||
// SHA256(t) || m).
//
// Every purpose has a tag of its own; the complete list is namespace `tags` below and
// docs/formats/tags.md. Pure; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "common/bytes.h"

namespace testamur::inline common {

using Hash256 = FixedBytes<32, struct Hash256Tag>;

Hash256 sha256(ByteView message);

// SHA-256 of a message that arrives in parts. `finish` ends it: nothing may be called after.
class Sha256 {
 public:
  Sha256();
  Sha256& update(ByteView part);
  Hash256 finish();

 private:
  friend class Tag;
  alignas(8) std::array<std::uint8_t, 112> state_;
};

// One tagged hash. The prefix SHA256(t) || SHA256(t) fills the first block of SHA-256 and is
// absorbed once, here, so that a tagged hash costs no more than a plain one.
class Tag {
 public:
  explicit Tag(std::string_view name);
  Sha256 start() const { return prefix_; }
  Hash256 operator()(ByteView message) const { return start().update(message).finish(); }
  Hash256 operator()(ByteView a, ByteView b) const { return start().update(a).update(b).finish(); }

 private:
  Sha256 prefix_;
};

// The closed list of tags. Append-only: a tag once used is never given another meaning.
namespace tags {
extern const Tag kTransaction;  // transaction id: chain id || body
extern const Tag kGenesis;      // chain id: the canonical genesis record without signatures
extern const Tag kGenesisSign;  // what a founder signs
extern const Tag kParty;        // institution id of a genesis party
extern const Tag kKeyId;        // purpose || algorithm || public key
extern const Tag kPossession;   // possession proof of a new key
extern const Tag kHeader;       // block id
extern const Tag kPropose;      // consensus signatures, one tag an act
extern const Tag kNotarize;
extern const Tag kNullify;
extern const Tag kFinalize;
extern const Tag kQuarantineAnswer;
extern const Tag kValidatorSet;  // validator-set digest
extern const Tag kParameters;    // parameters digest
extern const Tag kReady;         // ready declaration
extern const Tag kPageStatic;    // page: static part
extern const Tag kPageLeaf;      // page: static || status chunk
extern const Tag kMapLeaf;       // registry map
extern const Tag kMapNode;
extern const Tag kMapRecordKey;
extern const Tag kMapHeadKey;
extern const Tag kMapValue;
extern const Tag kCommitment;      // credential commitment
extern const Tag kLocalStatement;  // id of an unpublished statement
extern const Tag kPolicy;          // policy digest
extern const Tag kDecision;        // digest of an answer of the trust engine
extern const Tag kJournal;         // journal group digest
extern const Tag kPeerHello;       // peer handshake binding
extern const Tag kSignatureCache;  // key of the verified-signature cache
extern const Tag kLogLeaf;         // reserved
extern const Tag kEvidence;        // evidence of misbehaviour
extern const Tag kWalletRequest;   // holder's proof of possession to an issuer
}  // namespace tags

}  // namespace testamur::inline common
