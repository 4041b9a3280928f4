// Proofs about pages: of one slot, and of a run of pages that hides which slot is meant.
// Invariants: a decoded proof has a position below its page's count and lists within their bounds,
// so that verifying cannot read past them; verifying answers false for any other input and never
// aborts.
#include "ledger/proofs/page_proof.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::ledger {
namespace {

StatusChunk decode_chunk(Decoder& in) {
  StatusChunk chunk;
  const auto raw = in.raw(chunk.bytes.size());
  if (in.ok()) std::copy(raw.begin(), raw.end(), chunk.bytes.begin());
  return chunk;
}

}  // namespace

std::optional<SlotProof> prove_slot(const Pages& pages, Slot slot) {
  const auto commitments = pages.commitments(slot.page);
  if (!commitments || slot.position >= commitments->size()) return std::nullopt;
  std::vector<Hash256> leaves;
  leaves.reserve(commitments->size());
  for (const auto& commitment : *commitments)
    leaves.push_back(merkle::leaf_hash(commitment.view()));
  return prove_slot(pages, slot, merkle::inclusion_path(leaves, slot.position));
}

std::optional<SlotProof> prove_slot(const Pages& pages, Slot slot, merkle::Path path_in_page) {
  const auto page_static = pages.page(slot.page);
  if (!page_static || slot.position >= page_static->count) return std::nullopt;
  SlotProof proof;
  proof.page = slot.page;
  proof.position = slot.position;
  proof.page_static = *page_static;
  proof.statuses = pages.statuses(slot.page);
  proof.path_in_page = std::move(path_in_page);
  proof.path = pages.path(slot.page);
  return proof;
}

bool verify_slot(const SlotProof& proof, const Commitment& commitment, std::uint64_t page_count,
                 const Hash256& page_root) {
  if (proof.position >= proof.page_static.count || proof.page_static.count > kPageSlots)
    return false;
  if (!merkle::verify_inclusion(merkle::leaf_hash(commitment.view()), proof.position,
                                proof.page_static.count, proof.path_in_page,
                                proof.page_static.commitments_root)) {
    return false;
  }
  const Hash256 leaf = page_leaf_hash(static_digest(proof.page_static), proof.statuses);
  return merkle::verify_inclusion(leaf, proof.page.value, page_count, proof.path, page_root);
}

void encode(Encoder& out, const SlotProof& proof) {
  out.u64(proof.page).u8(proof.position).raw(encode(proof.page_static)).raw(proof.statuses.bytes);
  merkle::encode_path(out, proof.path_in_page);
  merkle::encode_path(out, proof.path);
}

SlotProof decode_slot_proof(Decoder& in) {
  SlotProof proof;
  proof.page = PageNumber{in.u64()};
  proof.position = in.u8();

  const auto page_static = in.raw(PageStatic::kEncodedSize);
  if (in.ok()) {
    auto decoded = decode_page_static(page_static);
    if (decoded.ok() && proof.position < decoded->count) {
      proof.page_static = *decoded;
    } else {
      in.fail();
    }
  }

  proof.statuses = decode_chunk(in);
  proof.path_in_page = merkle::decode_path(in);
  proof.path = merkle::decode_path(in);
  return proof;
}

SegmentProof prove_segment(const Pages& pages, PageNumber first, std::uint64_t page_count) {
  TM_CHECK(page_count > 0 && page_count <= SegmentProof::kMaxPages, page_count);
  SegmentProof proof;
  proof.first = first;
  for (std::uint64_t i = 0; i < page_count; ++i) {
    const auto page_static = pages.page(first + i);
    TM_CHECK(page_static.has_value(), "no page", first.value + i);
    proof.pages.push_back({static_digest(*page_static), pages.statuses(first + i)});
  }
  proof.path = pages.segment_path(first, page_count);
  return proof;
}

bool verify_segment(const SegmentProof& proof, std::uint64_t page_count, const Hash256& page_root) {
  if (proof.pages.size() > SegmentProof::kMaxPages) return false;
  std::vector<Hash256> leaves;
  leaves.reserve(proof.pages.size());
  for (const auto& page : proof.pages)
    leaves.push_back(page_leaf_hash(page.static_digest, page.statuses));
  return merkle::root_from_range(leaves, proof.first.value, page_count, proof.path) == page_root;
}

void encode(Encoder& out, const SegmentProof& proof) {
  TM_CHECK(proof.pages.size() <= SegmentProof::kMaxPages);
  out.u64(proof.first).u16(static_cast<std::uint16_t>(proof.pages.size()));
  for (const auto& page : proof.pages) out.fixed(page.static_digest).raw(page.statuses.bytes);
  merkle::encode_path(out, proof.path);
}

SegmentProof decode_segment_proof(Decoder& in) {
  SegmentProof proof;
  proof.first = PageNumber{in.u64()};
  const std::size_t count = in.u16();
  if (count == 0 || count > SegmentProof::kMaxPages) in.fail();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const auto digest = in.fixed<Hash256>();
    proof.pages.push_back({digest, decode_chunk(in)});
  }
  proof.path = merkle::decode_path(in);
  return proof;
}

}  // namespace testamur::ledger
