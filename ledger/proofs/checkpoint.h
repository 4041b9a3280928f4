// Checkpoints: a header and why it is final. What a light client, an auditor and a receipt rest on.
//
// This is the verifying reader of the finality bytes that validators produce
// (docs/formats/certificate-proof.md and consensus.md); it is written from those pages alone, so
// that verifiers need no consensus engine. Input may come from anybody: decoders are strict and
// bounded, nothing aborts. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/header.h"

namespace testamur::ledger {

// The institutions and BIP-340 keys that certify the blocks of one epoch, as a verifier needs them.
class CertifyingSet {
 public:
  static constexpr std::size_t kMaxSize = 31;
  struct Member {
    InstitutionId institution;
    FixedBytes<32, struct CertifyingKeyTag> key;
    auto operator<=>(const Member&) const = default;
  };

  // u32 n || n * (institution id || key), ascending by id, ids and keys distinct, 1 <= n <= 31.
  // Strict.
  static Result<CertifyingSet> decode(ByteView bytes);
  // The members in any order; fails where decode would.
  static Result<CertifyingSet> make(std::vector<Member> members);
  Bytes encode() const;
  const Hash256& digest() const { return digest_; }  // H_tag(validator-set, encode())

  std::size_t size() const { return members_.size(); }
  std::size_t quorum() const { return size() - (size() - 1) / 3; }
  const std::vector<Member>& members() const { return members_; }

 private:
  CertifyingSet() = default;
  std::vector<Member> members_;
  Hash256 digest_;
};

// Reads one set out of a longer record. Fails the decoder on malformed bytes and returns nothing.
std::optional<CertifyingSet> decode_certifying_set(Decoder& in);

// A quorum's finalize signatures for one block.
struct Finalization {
  static constexpr std::uint8_t kAct = 4;
  Epoch epoch;
  View view;
  View parent_view;
  BlockId block;
  std::uint32_t signers = 0;          // bit i = member i
  std::vector<Signature> signatures;  // one a set bit, in order
  auto operator<=>(const Finalization&) const = default;
};

struct FinalityProof {
  static constexpr std::size_t kMaxLinks = 1024;
  Finalization finalization;
  std::vector<Header>
      links;  // after the proven block, up to the one that is finalized; empty: the block itself
  auto operator<=>(const FinalityProof&) const = default;
};

struct Checkpoint {
  // The links dominate.
  static constexpr std::size_t kMaxEncodedSize = 512 * 1024;
  Header header;
  FinalityProof proof;
  auto operator<=>(const Checkpoint&) const = default;
};

// act || epoch || view || parent view || block || u32 signers || signatures || u16 count || count *
// (u32 size || header)
void encode(Encoder& out, const FinalityProof& proof);
FinalityProof decode_finality_proof(Decoder& in);
// header || finality proof
Bytes encode(const Checkpoint& checkpoint);
void encode(Encoder& out, const Checkpoint& checkpoint);
Checkpoint decode_checkpoint(Decoder& in);
Result<Checkpoint> decode_checkpoint(ByteView bytes);

// Fails unless the header belongs to this chain and is final under `set`: exactly a quorum of valid
// signatures for it, or for a descendant of the same epoch to which the links lead (for a sealing
// block: fillers only).
Status verify_checkpoint(const ChainId& chain, const CertifyingSet& set,
                         const Checkpoint& checkpoint);

}  // namespace testamur::ledger
