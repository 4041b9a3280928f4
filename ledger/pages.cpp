// Pages and what follows from them: batches, used indexes, last changes of statuses. Invariants: a
// batch has consecutive indexes and consecutive pages, and an index belongs to one batch; ranges
// and last changes are one row each, so that no question costs more than a look-up (decision 0202);
// within a block only rows are written, and hash_pages() brings the tree up to date once.
#include "ledger/pages.h"

#include <algorithm>
#include <map>

#include "common/check.h"
#include "ledger/meta.h"

namespace testamur::ledger {
namespace {

constexpr StoredTree kTree{Table::kPageNodes};

// A batch as kIssuerBatches stores it.
struct Batch {
  std::uint64_t first_index = 0;
  std::uint64_t first_page = 0;
  std::uint32_t count = 0;
};

Bytes batch_key(const InstitutionId& issuer, std::uint64_t first_index) {
  return Encoder{}.fixed(issuer).u64(first_index).take();
}

// A page's row of kStatusChanges: its changed slots in order, each u8 position, u64 log index, u8
// reason.
using LastChanges = std::map<std::uint8_t, StatusEvent>;

LastChanges read_last_changes(const StateReader& state, PageNumber page) {
  LastChanges changes;
  const auto stored = state.get(Table::kStatusChanges, u64_bytes(page.value));
  if (!stored) return changes;
  Decoder in{*stored};
  while (in.remaining() > 0 && in.ok()) {
    const std::uint8_t position = in.u8();
    const LogIndex log_index{in.u64()};
    changes.insert_or_assign(position, StatusEvent{log_index, in.u8()});
  }
  TM_CHECK(in.finished(), "damaged status changes of page", page.value);
  return changes;
}

Bytes encode(const LastChanges& changes) {
  Encoder out;
  for (const auto& [position, event] : changes)
    out.u8(position).u64(event.log_index).u8(event.reason);
  return out.take();
}

// The batch of the issuer that holds `index`.
std::optional<Batch> find_batch(const StateReader& state, const InstitutionId& issuer,
                                std::uint64_t index) {
  const auto entry = state.floor(Table::kIssuerBatches, issuer.view(), batch_key(issuer, index));
  if (!entry) return std::nullopt;
  Decoder key{ByteView{entry->first}.subspan(InstitutionId::kSize)};
  Decoder value{entry->second};
  Batch batch;
  batch.first_index = key.u64();
  batch.first_page = value.u64();
  batch.count = value.u32();
  TM_CHECK(key.finished() && value.finished(), "damaged batch entry");
  if (index - batch.first_index >= batch.count) return std::nullopt;
  return batch;
}

bool bit(const std::array<std::uint8_t, 16>& bits, std::size_t i) {
  return (bits[i / 8] >> (i % 8) & 1) != 0;
}

Hash256 stored_page_leaf(const StateReader& state, std::uint64_t number) {
  const auto record = state.get(Table::kPageStatics, u64_bytes(number));
  TM_CHECK(record.has_value(), "missing page", number);
  return page_leaf_hash(tags::kPageStatic(*record), Pages{state}.statuses(PageNumber{number}));
}

}  // namespace

CredentialStatus worst(CredentialStatus a, CredentialStatus b) {
  constexpr std::array<int, 4> rank{0, 3, 1, 2};  // valid, revoked, suspended, superseded
  return rank[static_cast<std::size_t>(a)] >= rank[static_cast<std::size_t>(b)] ? a : b;
}

CredentialStatus StatusChunk::get(std::size_t position) const {
  TM_CHECK(position < kPageSlots, position);
  return static_cast<CredentialStatus>(bytes[position / 4] >> (2 * (position % 4)) & 3);
}

void StatusChunk::set(std::size_t position, CredentialStatus status) {
  TM_CHECK(position < kPageSlots, position);
  const auto shift = static_cast<unsigned>(2 * (position % 4));
  auto& byte = bytes[position / 4];
  byte =
      static_cast<std::uint8_t>((byte & ~(3u << shift)) | (static_cast<unsigned>(status) << shift));
}

Bytes encode(const PageStatic& page) {
  Encoder out;
  out.u8(PageStatic::kVersion).fixed(page.issuer).fixed(page.key);
  out.fixed(page.achievement.institution)
      .u32(page.achievement.number)
      .u16(page.achievement.version);
  out.u64(page.log_index).u64(page.height).u64(page.time_ms).u64(page.first_index);
  out.u8(page.count).fixed(page.commitments_root);
  TM_CHECK(out.bytes().size() == PageStatic::kEncodedSize);
  return out.take();
}

Result<PageStatic> decode_page_static(ByteView bytes) {
  Decoder in{bytes};
  if (bytes.size() != PageStatic::kEncodedSize || in.u8() != PageStatic::kVersion) {
    return error("page: the static record is not 120 bytes of version 1");
  }

  PageStatic page;
  page.issuer = in.fixed<InstitutionId>();
  page.key = in.fixed<KeyId>();
  page.achievement.institution = in.fixed<InstitutionId>();
  page.achievement.number = in.u32();
  page.achievement.version = in.u16();

  page.log_index = LogIndex{in.u64()};
  page.height = Height{in.u64()};
  page.time_ms = in.u64();
  page.first_index = IssuerIndex{in.u64()};
  page.count = in.u8();
  page.commitments_root = in.fixed<Hash256>();

  if (page.count == 0 || page.count > kPageSlots)
    return error("page: the count is not within 1 to 128");

  if (page.first_index.value > UINT64_MAX - page.count)
    return error("page: its indexes exceed 64 bits");
  return page;
}

Hash256 static_digest(const PageStatic& page) { return tags::kPageStatic(encode(page)); }

Hash256 page_leaf_hash(const Hash256& static_digest, const StatusChunk& statuses) {
  return merkle::leaf_hash(tags::kPageLeaf(static_digest.view(), statuses.bytes).view());
}

UsedRanges UsedRanges::decode(ByteView stored) {
  UsedRanges ranges;
  Decoder in{stored};
  while (in.remaining() > 0 && in.ok()) {
    const std::uint64_t first = in.u64();
    ranges.runs_.push_back({first, in.u64()});
  }
  TM_CHECK(in.finished(), "damaged used ranges,", stored.size(), "bytes");
  return ranges;
}

Bytes UsedRanges::encode() const {
  Encoder out;
  for (const auto& run : runs_) out.u64(run.first).u64(run.count);
  return out.take();
}

std::optional<std::uint64_t> UsedRanges::first_overlap(IndexRun run) const {
  // The first used run that ends behind the beginning of `run`.
  const auto used = std::partition_point(runs_.begin(), runs_.end(), [&](const IndexRun& r) {
    return r.first + r.count <= run.first;
  });
  if (used == runs_.end() || used->first >= run.first + run.count) return std::nullopt;
  return std::max(used->first, run.first);
}

bool UsedRanges::insert(IndexRun run, std::size_t max_intervals) {
  const auto next = std::partition_point(runs_.begin(), runs_.end(),
                                         [&](const IndexRun& r) { return r.first < run.first; });

  // Merged at once: a plain issuer, who counts on from its last index, keeps one interval for ever.
  const bool joins_next = next != runs_.end() && run.first + run.count == next->first;
  const bool joins_previous =
      next != runs_.begin() && (next - 1)->first + (next - 1)->count == run.first;

  if (joins_previous) {
    (next - 1)->count += run.count;
    if (joins_next) {
      (next - 1)->count += next->count;
      runs_.erase(next);
    }
  } else if (joins_next) {
    next->first = run.first;
    next->count += run.count;
  } else {
    if (runs_.size() >= max_intervals) return false;
    runs_.insert(next, run);
  }

  return true;
}

std::uint64_t Pages::count() const { return read_counter(state_, MetaKey::kPageCount); }

std::optional<PageStatic> Pages::page(PageNumber number) const {
  const auto record = state_.get(Table::kPageStatics, u64_bytes(number.value));
  if (!record) return std::nullopt;
  return decode_page_static(*record).value();
}

StatusChunk Pages::statuses(PageNumber number) const {
  StatusChunk chunk;
  if (const auto stored = state_.get(Table::kPageStatuses, u64_bytes(number.value))) {
    TM_CHECK(stored->size() == chunk.bytes.size(), "damaged status chunk of page", number.value);
    std::copy(stored->begin(), stored->end(), chunk.bytes.begin());
  }
  return chunk;
}

std::optional<std::vector<Commitment>> Pages::commitments(PageNumber number) const {
  const auto stored = state_.get(Table::kPageCommitments, u64_bytes(number.value));
  if (!stored) return std::nullopt;
  std::vector<Commitment> commitments;
  Decoder in{*stored};
  while (in.remaining() > 0 && in.ok()) commitments.push_back(in.fixed<Commitment>());
  TM_CHECK(in.finished(), "damaged commitments of page", number.value);
  return commitments;
}

std::optional<Slot> Pages::find(const InstitutionId& issuer, IssuerIndex index) const {
  const auto batch = find_batch(state_, issuer, index.value);
  if (!batch) return std::nullopt;
  const std::uint64_t offset = index.value - batch->first_index;
  return Slot{PageNumber{batch->first_page + offset / kPageSlots},
              static_cast<std::uint8_t>(offset % kPageSlots)};
}

std::optional<StatusEvent> Pages::last_change(Slot slot) const {
  const auto changes = read_last_changes(state_, slot.page);
  const auto found = changes.find(slot.position);
  if (found == changes.end()) return std::nullopt;
  return found->second;
}

UsedRanges Pages::used_ranges(const InstitutionId& issuer) const {
  const auto stored = state_.get(Table::kIssuerRanges, issuer.view());
  return stored ? UsedRanges::decode(*stored) : UsedRanges{};
}

std::variant<StatusPlan, StatusRefusal> Pages::plan_status(const InstitutionId& issuer,
                                                           std::span<const IndexRun> runs,
                                                           StatusTransition transition) const {
  StatusPlan plan;
  plan.to = transition.to;
  std::optional<Batch> batch;
  for (const auto& run : runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      const std::uint64_t index = run.first + i;

      // A run may lead out of one batch into the next.
      if (!batch || index - batch->first_index >= batch->count)
        batch = find_batch(state_, issuer, index);
      if (!batch) return StatusRefusal{index, std::nullopt};

      // Indexes ascend and a page holds consecutive ones, so that each page is met once and read
      // once.
      const std::uint64_t offset = index - batch->first_index;
      const PageNumber number{batch->first_page + offset / kPageSlots};
      if (plan.pages.empty() || plan.pages.back().page != number)
        plan.pages.push_back({number, statuses(number), {}});

      auto& page = plan.pages.back();
      const auto position = static_cast<std::size_t>(offset % kPageSlots);
      const auto current = page.statuses.get(position);

      // Nothing is written here: one slot that may not change refuses the whole change.
      if ((transition.allowed_from >> static_cast<unsigned>(current) & 1) == 0)
        return StatusRefusal{index, current};

      page.statuses.set(position, transition.to);
      page.changed[position / 8] |= static_cast<std::uint8_t>(1u << (position % 8));
      ++plan.slots;
    }
  }
  return plan;
}

Hash256 Pages::root() const { return kTree.root(state_, count()); }
merkle::Path Pages::path(PageNumber number) const {
  return kTree.inclusion(state_, number.value, count());
}
merkle::Path Pages::segment_path(PageNumber first, std::uint64_t page_count) const {
  return kTree.range_path(state_, first.value, page_count, count());
}

namespace {

// Writes the pages of a batch; `root_of_page(i)` is the commitments root of its i-th page.
template <class RootOfPage>
PageNumber append_pages(Overlay& state, const BatchOrigin& origin, std::uint64_t count,
                        RootOfPage root_of_page) {
  TM_CHECK(count > 0 && count <= UINT32_MAX && origin.first_index.value <= UINT64_MAX - count,
           count);

  const std::uint64_t first_page = read_counter(state, MetaKey::kPageCount);
  PageStatic page{origin.issuer,
                  origin.key,
                  origin.achievement,
                  origin.log_index,
                  origin.height,
                  origin.time_ms,
                  {},
                  0,
                  {}};

  std::uint64_t number = first_page;
  for (std::uint64_t begin = 0; begin < count; begin += kPageSlots, ++number) {
    page.first_index = origin.first_index + begin;
    page.count = static_cast<std::uint8_t>(std::min<std::uint64_t>(kPageSlots, count - begin));
    page.commitments_root = root_of_page(number - first_page, page.count);
    state.put(Table::kPageStatics, u64_bytes(number), encode(page));
  }

  write_counter(state, MetaKey::kPageCount, number);
  state.put(Table::kIssuerBatches, batch_key(origin.issuer, origin.first_index.value),
            Encoder{}.u64(first_page).u32(static_cast<std::uint32_t>(count)).take());

  return PageNumber{first_page};
}

}  // namespace

PageNumber append_listed(Overlay& state, const BatchOrigin& origin,
                         std::span<const Commitment> commitments) {
  const std::uint64_t first_page = read_counter(state, MetaKey::kPageCount);
  std::vector<Hash256> leaves;
  leaves.reserve(kPageSlots);

  return append_pages(
      state, origin, commitments.size(), [&](std::uint64_t page, std::size_t count) {
        Bytes stored;
        stored.reserve(count * Commitment::kSize);
        leaves.clear();
        for (const auto& commitment : commitments.subspan(page * kPageSlots, count)) {
          leaves.push_back(merkle::leaf_hash(commitment.view()));
          stored.insert(stored.end(), commitment.bytes.begin(), commitment.bytes.end());
        }

        state.put(Table::kPageCommitments, u64_bytes(first_page + page), std::move(stored));
        return merkle::root_of(leaves);
      });
}

PageNumber append_anchored(Overlay& state, const BatchOrigin& origin, std::uint64_t count,
                           std::span<const Hash256> page_roots) {
  TM_CHECK(count > 0 && page_roots.size() == (count - 1) / kPageSlots + 1, count,
           page_roots.size());
  return append_pages(state, origin, count,
                      [&](std::uint64_t page, std::size_t) { return page_roots[page]; });
}

bool reserve_indexes(Overlay& state, const InstitutionId& issuer, IndexRun run,
                     std::size_t max_intervals) {
  auto ranges = Pages{state}.used_ranges(issuer);
  TM_CHECK(!ranges.first_overlap(run).has_value(), run.first, run.count);
  if (!ranges.insert(run, max_intervals)) return false;
  state.put(Table::kIssuerRanges, issuer.view(), ranges.encode());
  return true;
}

void apply_status(Overlay& state, const StatusPlan& plan, LogIndex log_index, std::uint8_t reason) {
  for (const auto& page : plan.pages) {
    state.put(Table::kPageStatuses, u64_bytes(page.page.value), to_bytes(page.statuses.bytes));
    auto changes = read_last_changes(state, page.page);
    for (std::size_t i = 0; i < kPageSlots; ++i) {
      if (bit(page.changed, i))
        changes.insert_or_assign(static_cast<std::uint8_t>(i), StatusEvent{log_index, reason});
    }
    state.put(Table::kStatusChanges, u64_bytes(page.page.value), encode(changes));
  }
}

void hash_pages(Overlay& state, std::uint64_t count_before_block) {
  std::vector<Hash256> added;
  for (const auto& [key, value] : state.writes(Table::kPageStatics)) {
    TM_CHECK(value.has_value() && u64_from(key) == count_before_block + added.size());
    added.push_back(stored_page_leaf(state, count_before_block + added.size()));
  }

  std::vector<std::pair<std::uint64_t, Hash256>> changed;
  for (const auto& [key, value] : state.writes(Table::kPageStatuses)) {
    const std::uint64_t number = u64_from(key);
    if (number < count_before_block) changed.emplace_back(number, stored_page_leaf(state, number));
  }

  // Before the append, which reads the nodes beside the old right edge.
  kTree.update(state, count_before_block, changed);
  kTree.append(state, count_before_block, added);
}

}  // namespace testamur::ledger
