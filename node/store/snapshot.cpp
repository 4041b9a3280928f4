// What a reader sees of the store at one height. Everything but the commitment index is read
// through one RocksDB snapshot; the index may know more or less of a commitment than that state, so
// what it finds counts only when the page of the snapshot confirms it. A read that fails ends the
// process.
#include "node/store/snapshot.h"

namespace testamur::node {

Bytes block_key(Height height, BlockPart part) {
  Encoder key;
  key.u64(height).u8(static_cast<std::uint8_t>(part));
  return key.take();
}

Bytes state_key(ledger::Table table, ByteView key) {
  Bytes bytes;
  bytes.reserve(1 + key.size());
  bytes.push_back(static_cast<std::uint8_t>(table));
  bytes.insert(bytes.end(), key.begin(), key.end());
  return bytes;
}

rocksdb::ColumnFamilyHandle* family_of(const Database& database, ledger::Table table) {
  return table == ledger::Table::kPageCommitments ? database.pages() : database.state();
}

DatabaseSnapshot::DatabaseSnapshot(const Database& database, const CommitmentIndex& index,
                                   std::optional<Height> height)
    : database_(database), index_(index), height_(height), snapshot_(database.db().GetSnapshot()) {}

DatabaseSnapshot::~DatabaseSnapshot() { database_.db().ReleaseSnapshot(snapshot_); }

std::optional<Bytes> DatabaseSnapshot::get(ledger::Table table, ByteView key) const {
  return database_.get(family_of(database_, table), snapshot_, state_key(table, key));
}

std::optional<std::pair<Bytes, Bytes>> DatabaseSnapshot::floor(ledger::Table table, ByteView prefix,
                                                               ByteView key) const {
  // Without the bound the search would go on into what lies below the prefix.
  const auto lower = state_key(table, prefix);
  const auto lower_slice = to_slice(lower);
  auto options = database_.read_options(snapshot_);
  options.iterate_lower_bound = &lower_slice;

  const std::unique_ptr<rocksdb::Iterator> iterator(
      database_.db().NewIterator(options, family_of(database_, table)));

  iterator->SeekForPrev(to_slice(state_key(table, key)));
  if (!iterator->Valid()) {
    database_.require(iterator->status());
    return std::nullopt;
  }

  return std::pair(to_bytes(to_view(iterator->key()).subspan(1)),
                   to_bytes(to_view(iterator->value())));
}

std::vector<KeyValue> DatabaseSnapshot::scan(ledger::Table table, ByteView prefix, ByteView after,
                                             std::size_t limit) const {
  // `after` may lie before the prefix: then the scan begins with the prefix.
  const auto start = state_key(table, prefix);
  const std::unique_ptr<rocksdb::Iterator> iterator(
      database_.db().NewIterator(database_.read_options(snapshot_), family_of(database_, table)));
  const auto after_key = state_key(table, after);
  const bool resumes = !after.empty() && to_slice(after_key).compare(to_slice(start)) >= 0;

  iterator->Seek(to_slice(resumes ? after_key : start));

  // The last key of the page before is not given twice.
  if (resumes && iterator->Valid() && iterator->key() == to_slice(after_key)) iterator->Next();

  std::vector<KeyValue> found;
  for (; found.size() < limit && iterator->Valid() && iterator->key().starts_with(to_slice(start));
       iterator->Next()) {
    found.emplace_back(to_bytes(to_view(iterator->key()).subspan(1)),
                       to_bytes(to_view(iterator->value())));
  }

  database_.require(iterator->status());
  return found;
}

std::vector<CommitmentSlot> DatabaseSnapshot::commitment_candidates(const Hash256& commitment,
                                                                    const CommitmentSlot& from,
                                                                    std::size_t most) const {
  return index_.candidates(commitment, from, most);
}

// One page is read once, however many of its slots are candidates.
std::vector<CommitmentSlot> Snapshot::find_commitment(const Hash256& commitment) const {
  constexpr std::size_t kAtOnce = 4096;
  std::vector<CommitmentSlot> found;
  std::optional<Bytes> listed;
  std::optional<PageNumber> read;

  CommitmentSlot from;

  // The index answers with a bounded number at a time: of a frequent prefix there may be many.
  for (bool more = true; more;) {
    const auto slots = commitment_candidates(commitment, from, kAtOnce);

    for (const auto& slot : slots) {
      if (read != slot.page) {
        Encoder page;
        page.u64(slot.page);
        listed = get(ledger::Table::kPageCommitments, page.bytes());
        read = slot.page;
      }

      // The index knows 8 bytes of a commitment and may be ahead of the state: the page decides.
      const std::size_t at = slot.position * Hash256::kSize;
      if (!listed || listed->size() < at + Hash256::kSize) continue;
      if (equal(ByteView(*listed).subspan(at, Hash256::kSize), commitment.view()))
        found.push_back(slot);
    }

    more = slots.size() == kAtOnce;
    if (more) from = {slots.back().page, static_cast<std::uint8_t>(slots.back().position + 1)};
  }
  return found;
}

std::optional<Bytes> DatabaseSnapshot::block(Height height, BlockPart part) const {
  return database_.get(database_.blocks(), snapshot_, block_key(height, part));
}

}  // namespace testamur::node
