// Which slots list a commitment: those of one issuer, or the worst of each, in a bounded search.
//
// Anybody may list anything, also what somebody else has issued, as often as a transaction has
// room. Whoever asks knows the issuer from the credential: then the slots of others cost one look
// at a page for 128 of them. What is shown are the worst statuses, because the worst of an issuer's
// slots counts. Lives for one call; one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "node/rpc/reader.h"

namespace testamur::node {

// What slots of one page share.
struct PageFacts {
  ledger::PageStatic page;
  ledger::StatusChunk statuses;
};

class SlotFinder {
 public:
  // `pages`: how many pages may be looked at over the life of the finder.
  SlotFinder(const Reader& reader, std::size_t pages) : reader_(reader), left_(pages) {}

  struct Found {
    // At most as many as asked for: of each issuer the worst first, one of each issuer before the
    // second of any.
    std::vector<ledger::Slot> slots;
    std::uint64_t others = 0;  // exactly so many more
    bool complete = true;      // false: the pages did not suffice, and nothing of this may be told
  };
  // Without an issuer: of anybody.
  Found find(const Hash256& commitment, const std::optional<InstitutionId>& issuer,
             std::size_t most);

  // A page of the ledger, read once; null: there is none, or it does not list its commitments.
  const PageFacts* page(PageNumber number);

 private:
  struct Candidate {
    int badness = 0;
    ledger::Slot slot;
  };
  using ByIssuer = std::map<InstitutionId, std::vector<Candidate>>;
  std::uint64_t look_at(const Hash256& commitment, std::span<const CommitmentSlot> slots,
                        const std::optional<InstitutionId>& issuer, std::size_t most,
                        ByIssuer& worst);
  static std::vector<ledger::Slot> choose(const ByIssuer& worst, std::size_t most);

  const Reader& reader_;
  std::size_t left_;
  std::map<PageNumber, std::optional<PageFacts>> pages_;
};

// How many pages a call may look at for a commitment (16,384 slots are 128 pages), and how many
// slots it shows.
inline constexpr std::size_t kSlotPages = 16'384;
// For a call on gRPC's own thread.
inline constexpr std::size_t kShortPages = 4;
inline constexpr std::size_t kSlotsShown = 16;
inline constexpr std::size_t kSlotsShownInBulk = 4;
inline constexpr std::size_t kSlotsExplained = 4;
inline constexpr std::size_t kReceiptsShown = 4;

}  // namespace testamur::node
