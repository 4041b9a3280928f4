// Pages: up to 128 commitments of one batch with their statuses, under one Merkle tree.
// docs/formats/pages.md.
//
// One path through a page proves who issued a credential, what it is, when it was anchored and its
// status at the height of the root. Within a block pages are only recorded; hash_pages() updates
// the tree once at its end. A Pages object borrows its state and may be used wherever that may.
// Proof checking: ledger/proofs/page_proof.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"
#include "common/result.h"
#include "ledger/proofs/merkle.h"
#include "ledger/state.h"

namespace testamur::ledger {

using Commitment = Hash256;

inline constexpr std::size_t kPageSlots = 128;

// The values of the IETF token status list; two bits a slot.
enum class CredentialStatus : std::uint8_t {
  kValid = 0,
  kRevoked = 1,
  kSuspended = 2,
  kSuperseded = 3
};
// revoked > superseded > suspended > valid
CredentialStatus worst(CredentialStatus a, CredentialStatus b);

// The statuses of a page: slot i in byte i / 4, bits 2 (i mod 4) and up; unused slots are zero.
struct StatusChunk {
  std::array<std::uint8_t, 32> bytes{};
  CredentialStatus get(std::size_t position) const;
  void set(std::size_t position, CredentialStatus status);
  auto operator<=>(const StatusChunk&) const = default;
};

// The part of a page that never changes.
struct PageStatic {
  static constexpr std::uint8_t kVersion = 1;
  static constexpr std::size_t kEncodedSize = 120;

  InstitutionId issuer;
  KeyId key;
  AchievementId achievement;
  LogIndex log_index;  // of the issue transaction
  Height height;
  std::uint64_t time_ms = 0;
  IssuerIndex first_index;
  std::uint8_t count = 0;    // 1..128
  Hash256 commitments_root;  // RFC 6962 root, leaf data = a commitment
  auto operator<=>(const PageStatic&) const = default;
};

Bytes encode(const PageStatic& page);
// Strict; a count outside 1..128 or indexes beyond u64 fail.
Result<PageStatic> decode_page_static(ByteView bytes);
Hash256 static_digest(const PageStatic& page);  // H_tag(page-static, record)
Hash256 page_leaf_hash(const Hash256& static_digest,
                       const StatusChunk& statuses);  // as it enters the page tree

struct Slot {
  PageNumber page;
  std::uint8_t position = 0;
  auto operator<=>(const Slot&) const = default;
};

// Consecutive issuer indexes [first, first + count).
struct IndexRun {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  auto operator<=>(const IndexRun&) const = default;
};

// The used indexes of an issuer as ascending runs that neither overlap nor touch.
class UsedRanges {
 public:
  static constexpr std::size_t kMaxIntervals = 1024;

  static UsedRanges decode(
      ByteView stored);  // aborts on damaged bytes: they come from the own state
  Bytes encode() const;

  // The first index of the run that is used already. Precondition here and below: count > 0, first
  // + count < 2^64.
  std::optional<std::uint64_t> first_overlap(IndexRun run) const;
  // Adds a run that overlaps nothing, merging neighbours; false, and unchanged, when that makes too
  // many intervals.
  bool insert(IndexRun run, std::size_t max_intervals = kMaxIntervals);
  std::span<const IndexRun> runs() const { return runs_; }

 private:
  std::vector<IndexRun> runs_;
};

// One issue transaction as the pages see it.
struct BatchOrigin {
  InstitutionId issuer;
  KeyId key;
  AchievementId achievement;
  LogIndex log_index;
  Height height;
  std::uint64_t time_ms = 0;
  IssuerIndex first_index;
};

// Which statuses a change may leave, and what it makes of them.
struct StatusTransition {
  std::uint8_t allowed_from = 0;  // bit s: a slot with status s may change
  CredentialStatus to = CredentialStatus::kValid;
  void allow(CredentialStatus from) {
    allowed_from |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(from));
  }
};

// A checked status change, ready to be applied to the state that it was planned on.
struct StatusPlan {
  struct Page {
    PageNumber page;
    StatusChunk statuses;                    // after the change
    std::array<std::uint8_t, 16> changed{};  // bit i (byte i / 8, least significant first): slot i
  };
  CredentialStatus to = CredentialStatus::kValid;
  std::vector<Page> pages;  // ascending by issuer index
  std::uint64_t slots = 0;
};
struct StatusRefusal {
  std::uint64_t index = 0;  // the first bad one
  std::optional<CredentialStatus>
      current;  // its status; nothing when no batch of the issuer holds it
};

// The last change of a slot. Earlier ones are in the log.
struct StatusEvent {
  LogIndex log_index;
  std::uint8_t reason = 0;  // StatusReason of the transaction
};

// The pages of one state.
class Pages {
 public:
  explicit Pages(const StateReader& state) : state_(state) {}

  std::uint64_t count() const;
  std::optional<PageStatic> page(PageNumber number) const;  // nothing at or beyond count()
  StatusChunk statuses(PageNumber number) const;
  // The commitments of a page; nothing when its batch is anchored.
  std::optional<std::vector<Commitment>> commitments(PageNumber number) const;

  std::optional<Slot> find(const InstitutionId& issuer, IssuerIndex index) const;
  CredentialStatus status(Slot slot) const { return statuses(slot.page).get(slot.position); }
  // The last change of a slot; nothing when it is as issued.
  std::optional<StatusEvent> last_change(Slot slot) const;
  UsedRanges used_ranges(const InstitutionId& issuer) const;

  // Checks every index of `runs`, which ascend and are disjoint. The plan of the whole change, or
  // the first index that may not change. Writes nothing.
  std::variant<StatusPlan, StatusRefusal> plan_status(const InstitutionId& issuer,
                                                      std::span<const IndexRun> runs,
                                                      StatusTransition transition) const;

  Hash256 root() const;  // precondition: hash_pages() has run
  merkle::Path path(PageNumber number) const;
  merkle::Path segment_path(PageNumber first, std::uint64_t page_count) const;

 private:
  const StateReader& state_;
};

// Appends the pages of a listed batch. Preconditions: the indexes are free and were inserted in the
// used ranges (reserve_indexes). Returns the first page.
PageNumber append_listed(Overlay& state, const BatchOrigin& origin,
                         std::span<const Commitment> commitments);
// Appends the pages of an anchored batch of `count` credentials: one commitments root for every
// 128.
PageNumber append_anchored(Overlay& state, const BatchOrigin& origin, std::uint64_t count,
                           std::span<const Hash256> page_roots);
// Marks indexes as used; false, with nothing changed, when they would leave more intervals.
// Precondition: no overlap.
bool reserve_indexes(Overlay& state, const InstitutionId& issuer, IndexRun run,
                     std::size_t max_intervals = UsedRanges::kMaxIntervals);
// Writes a plan, and this change as the last one of each slot. Precondition: the plan was made on
// this very state.
void apply_status(Overlay& state, const StatusPlan& plan, LogIndex log_index, std::uint8_t reason);
// Updates the page tree from the overlay's own writes. Once a block, at its end.
void hash_pages(Overlay& state, std::uint64_t count_before_block);

}  // namespace testamur::ledger
