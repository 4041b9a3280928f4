// Proofs about pages under a certified page count and page root: one slot, or a segment of
// neighbouring pages.
//
// The checking half takes input from outside and answers nothing or a failure, never an abort.
// docs/formats/pages.md. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "ledger/pages.h"
#include "ledger/proofs/merkle.h"

namespace testamur::ledger {

// Proves who issued a commitment, what it is, when it was anchored and its status at the height of
// the root.
struct SlotProof {
  PageNumber page;
  std::uint8_t position = 0;
  PageStatic page_static;
  StatusChunk statuses;
  merkle::Path path_in_page;  // from the commitment to page_static.commitments_root
  merkle::Path path;          // from the page to the page root
  auto operator<=>(const SlotProof&) const = default;

  IssuerIndex issuer_index() const { return page_static.first_index + position; }
  CredentialStatus status() const { return statuses.get(position); }
};

// Of a slot of a listed batch; nothing when there is no such slot or its batch is anchored.
std::optional<SlotProof> prove_slot(const Pages& pages, Slot slot);
// Of an anchored batch the holder keeps the path in the page. Nothing when there is no such slot.
std::optional<SlotProof> prove_slot(const Pages& pages, Slot slot, merkle::Path path_in_page);
// Whether `commitment` stands in that slot of a page tree with this count and root.
bool verify_slot(const SlotProof& proof, const Commitment& commitment, std::uint64_t page_count,
                 const Hash256& page_root);

void encode(Encoder& out, const SlotProof& proof);
SlotProof decode_slot_proof(
    Decoder& in);  // fails the decoder on anything that encode does not produce

// Neighbouring pages whole, so that the answering node does not learn which slot is meant.
struct SegmentProof {
  static constexpr std::size_t kMaxPages = 4096;
  struct Page {
    Hash256 static_digest;
    StatusChunk statuses;
    auto operator<=>(const Page&) const = default;
  };
  PageNumber first;
  std::vector<Page> pages;
  merkle::Path path;  // merkle::root_from_range
  auto operator<=>(const SegmentProof&) const = default;
};

// Precondition: 0 < page_count <= kMaxPages, first + page_count <= pages.count().
SegmentProof prove_segment(const Pages& pages, PageNumber first, std::uint64_t page_count);
bool verify_segment(const SegmentProof& proof, std::uint64_t page_count, const Hash256& page_root);
void encode(Encoder& out, const SegmentProof& proof);
SegmentProof decode_segment_proof(Decoder& in);

}  // namespace testamur::ledger
