// Decoding and verifying finality (docs/formats/certificate-proof.md, from which this is written).
// Invariants: whatever the bytes, decoding ends within the bounds of the format and nothing aborts;
// the signatures are checked last, when everything that they are said to sign has been compared.
#include "ledger/proofs/checkpoint.h"

#include <algorithm>
#include <bit>
#include <set>

#include "common/check.h"

namespace testamur::ledger {
namespace {

void encode_header_of(Encoder& out, const Header& header) { out.raw(encode(header)); }

Header decode_header_of(Decoder& in) {
  const auto bytes = in.raw(Header::kEncodedSize);
  if (!in.ok()) return {};
  auto header = decode_header(bytes);
  if (header.ok()) return *header;
  in.fail();
  return {};
}

Hash256 finalize_digest(const ChainId& chain, const Hash256& set_digest, const Finalization& vote) {
  Encoder message;
  message.fixed(chain)
      .u64(vote.epoch)
      .fixed(set_digest)
      .u64(vote.view)
      .u64(vote.parent_view)
      .fixed(vote.block);
  return tags::kFinalize(message.bytes());
}

// Walks from the proven header over the links to the one that the finalization names.
Result<Header> last_of_chain(const Checkpoint& checkpoint) {
  if (checkpoint.proof.links.size() > FinalityProof::kMaxLinks)
    return error("checkpoint: more than 1024 links");

  Header last = checkpoint.header;
  for (const auto& link : checkpoint.proof.links) {
    if (link.parent != block_id(last)) return error("checkpoint: the linked headers are no chain");

    // The signatures of one epoch's set prove nothing about blocks of another.
    if (link.chain != last.chain || link.epoch != last.epoch ||
        link.validator_set != last.validator_set) {
      return error("checkpoint: a link leaves the epoch of the proven block");
    }

    if ((last.seals_epoch() || last.filler) && !link.filler) {
      return error("checkpoint: only fillers follow a sealing block within its epoch");
    }

    last = link;
  }
  return last;
}

Status verify_signatures(const ChainId& chain, const CertifyingSet& set, const Finalization& vote) {
  const auto count = static_cast<std::size_t>(std::popcount(vote.signers));

  if ((std::uint64_t{vote.signers} >> set.size()) != 0)
    return error("checkpoint: a signer outside the validator set");

  // Exactly a quorum, as in every certificate: others would be further encodings of the same proof.
  if (count != set.quorum() || vote.signatures.size() != count) {
    return error("checkpoint: " + std::to_string(count) + " signers, not exactly " +
                 std::to_string(set.quorum()));
  }

  const Hash256 digest = finalize_digest(chain, set.digest(), vote);
  std::size_t next = 0;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if ((vote.signers >> i & 1) == 0) continue;
    const auto& member = set.members()[i];
    if (!verify_bip340(member.key.view(), digest.view(), vote.signatures[next++])) {
      return error("checkpoint: the signature of " + to_text(member.institution) + " is wrong");
    }
  }
  return {};
}

}  // namespace

Result<CertifyingSet> CertifyingSet::decode(ByteView bytes) {
  Decoder in{bytes};
  const std::size_t size = in.u32();
  if (size == 0 || size > kMaxSize) return error("validator set: not 1 to 31 members");
  std::vector<Member> members;
  for (std::size_t i = 0; i < size && in.ok(); ++i) {
    const auto institution = in.fixed<InstitutionId>();
    members.push_back({institution, in.fixed<decltype(Member::key)>()});
  }
  if (!in.finished()) return error("validator set: its length does not fit its count");
  if (!std::is_sorted(members.begin(), members.end()))
    return error("validator set: not in the order of ids");
  return make(std::move(members));
}

Result<CertifyingSet> CertifyingSet::make(std::vector<Member> members) {
  if (members.empty() || members.size() > kMaxSize)
    return error("validator set: not 1 to 31 members");

  std::sort(members.begin(), members.end());
  std::set<decltype(Member::key)> keys;

  // One key at two institutions would be one holder with two votes.
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0 && members[i - 1].institution == members[i].institution)
      return error("validator set: an id twice");
    if (!keys.insert(members[i].key).second) return error("validator set: a key twice");
  }

  CertifyingSet set;
  set.members_ = std::move(members);
  set.digest_ = tags::kValidatorSet(set.encode());
  return set;
}

std::optional<CertifyingSet> decode_certifying_set(Decoder& in) {
  const std::uint32_t size = in.u32();
  if (size == 0 || size > CertifyingSet::kMaxSize) in.fail();
  if (!in.ok()) return std::nullopt;
  Encoder record;
  record.u32(size).raw(in.raw(size * (InstitutionId::kSize + Hash256::kSize)));
  auto set = CertifyingSet::decode(record.bytes());
  if (!set.ok()) in.fail();
  if (!in.ok()) return std::nullopt;
  return std::move(set).value();
}

Bytes CertifyingSet::encode() const {
  Encoder out;
  out.u32(static_cast<std::uint32_t>(members_.size()));
  for (const auto& member : members_) out.fixed(member.institution).fixed(member.key);
  return out.take();
}

void encode(Encoder& out, const FinalityProof& proof) {
  const auto& vote = proof.finalization;
  TM_CHECK(static_cast<std::size_t>(std::popcount(vote.signers)) == vote.signatures.size());
  TM_CHECK(proof.links.size() <= FinalityProof::kMaxLinks, proof.links.size());
  out.u8(Finalization::kAct).u64(vote.epoch).u64(vote.view).u64(vote.parent_view).fixed(vote.block);
  out.u32(vote.signers);
  for (const auto& signature : vote.signatures) out.fixed(signature);
  out.u16(static_cast<std::uint16_t>(proof.links.size()));
  for (const auto& link : proof.links) out.sized(encode(link));
}

FinalityProof decode_finality_proof(Decoder& in) {
  FinalityProof proof;
  auto& vote = proof.finalization;
  if (in.u8() != Finalization::kAct) in.fail();
  vote.epoch = Epoch{in.u64()};
  vote.view = View{in.u64()};
  vote.parent_view = View{in.u64()};
  vote.block = in.fixed<BlockId>();

  // The bits say how many signatures follow, so they are checked before anything is allocated for
  // them.
  vote.signers = in.u32();
  if (vote.signers == 0 || (vote.signers >> CertifyingSet::kMaxSize) != 0) in.fail();
  const int count = std::popcount(vote.signers);
  for (int i = 0; i < count && in.ok(); ++i) vote.signatures.push_back(in.fixed<Signature>());

  const std::size_t links = in.u16();
  if (links > FinalityProof::kMaxLinks) in.fail();
  for (std::size_t i = 0; i < links && in.ok(); ++i) {
    if (in.u32() != Header::kEncodedSize) in.fail();
    proof.links.push_back(decode_header_of(in));
  }
  return proof;
}

void encode(Encoder& out, const Checkpoint& checkpoint) {
  encode_header_of(out, checkpoint.header);
  encode(out, checkpoint.proof);
}

Bytes encode(const Checkpoint& checkpoint) {
  Encoder out;
  encode(out, checkpoint);
  return out.take();
}

Checkpoint decode_checkpoint(Decoder& in) {
  Checkpoint checkpoint;
  checkpoint.header = decode_header_of(in);
  checkpoint.proof = decode_finality_proof(in);
  return checkpoint;
}

Result<Checkpoint> decode_checkpoint(ByteView bytes) {
  if (bytes.size() > Checkpoint::kMaxEncodedSize) return error("checkpoint: larger than 512 KiB");
  Decoder in{bytes};
  auto checkpoint = decode_checkpoint(in);
  if (!in.finished()) return error("checkpoint: malformed");
  return checkpoint;
}

Status verify_checkpoint(const ChainId& chain, const CertifyingSet& set,
                         const Checkpoint& checkpoint) {
  const auto& header = checkpoint.header;
  const auto& vote = checkpoint.proof.finalization;
  if (header.chain != chain) return error("checkpoint: of another chain, " + to_text(header.chain));
  if (header.validator_set != set.digest())
    return error("checkpoint: certified by another validator set");
  TM_TRY(const Header last, last_of_chain(checkpoint));
  if (vote.block != block_id(last) || vote.view != last.view || vote.epoch != header.epoch) {
    return error("checkpoint: the signatures are for another block");
  }
  return verify_signatures(chain, set, vote);
}

}  // namespace testamur::ledger
