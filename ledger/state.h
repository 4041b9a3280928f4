// The state of the ledger as key-value pairs in tables, and how branches of unfinalized blocks
// share it.
//
// A base (the store, or MemoryState) holds the last finalized state. Each block above it is an
// immutable Delta; an Overlay reads through a chain of deltas into the base and collects the writes
// of one more block. Deltas may be shared between branches and threads once built; an Overlay
// belongs to one thread at a time. Nothing here is hashed: what the tables hold and what of it is
// authenticated is documented in ledger/README.md.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"

namespace testamur::ledger {

// The tables. A value is stored as the first byte of every database key and is never reused. 1 to
// 31 belong to the authenticated structures, 32 to 63 to the transaction kinds (ledger/tx).
enum class Table : std::uint8_t {
  kMeta = 1,             // u8 MetaKey -> value of that key
  kLogNodes = 2,         // u8 level, u64 index -> hash of a complete subtree of the log
  kLogLeaves = 3,        // u64 log index -> log leaf record
  kPageNodes = 4,        // u8 level, u64 index -> hash of a complete subtree of the page tree
  kPageStatics = 5,      // u64 page -> static record
  kPageStatuses = 6,     // u64 page -> 32-byte status chunk; absent = all valid
  kPageCommitments = 7,  // u64 page -> its commitments, 32 bytes each (listed batches only)
  kMapNodes = 8,         // u16 depth, path prefix -> node of the registry map
  kMapRecords = 9,       // u16 kind, id, u64 seq -> registry record
  kMapHeads = 10,        // u16 kind, id -> registry head
  kIssuerRanges = 11,    // issuer -> its used index ranges, merged
  kIssuerBatches = 12,   // issuer, u64 first index -> u64 first page, u32 count
  kTransactions = 13,    // transaction id -> u64 log index; also the replay set
  kStatusChanges = 14,   // u64 page -> which transaction last changed each of its changed slots
};
inline constexpr std::size_t kTableLimit = 64;

// Reads one state. Implementations say whether they may be used from several threads.
class StateReader {
 public:
  virtual ~StateReader() = default;
  // The value of `key`, or nothing.
  virtual std::optional<Bytes> get(Table table, ByteView key) const = 0;
  // The entry with the greatest key that is <= `key` and begins with `prefix`. Precondition: `key`
  // begins with `prefix`, and all keys of the table that begin with `prefix` have the length of
  // `key`.
  virtual std::optional<std::pair<Bytes, Bytes>> floor(Table table, ByteView prefix,
                                                       ByteView key) const = 0;
};

// Orders keys as memcmp does, shorter first; transparent, so that a ByteView finds a Bytes without
// a copy.
struct KeyLess {
  using is_transparent = void;
  bool operator()(ByteView a, ByteView b) const;
};
// Key -> new value; nothing = deleted.
using Changes = std::map<Bytes, std::optional<Bytes>, KeyLess>;

// The changes of one block: immutable, ordered by (table, key). Safe for concurrent readers.
class Delta {
 public:
  struct Change {
    Table table;
    Bytes key;
    std::optional<Bytes> value;  // nothing: the key is deleted
  };

  Delta() = default;
  explicit Delta(std::array<Changes, kTableLimit> changes);

  // All changes in order, each key once: ready to become one write batch.
  std::span<const Change> changes() const { return changes_; }
  std::span<const Change> changes(Table table) const;
  // The change of `key`, or null when this block leaves it alone.
  const Change* find(Table table, ByteView key) const {
    return find(table, key, key_hash(table, key));
  }
  const Change* find(Table table, ByteView key, std::uint64_t hash) const;
  // The last change with key <= `key` that begins with `prefix`, deletions included; or null.
  const Change* floor(Table table, ByteView prefix, ByteView key) const;

  // Keys and values, without overhead.
  std::size_t size_bytes() const { return size_bytes_; }
  bool empty() const { return changes_.empty(); }

  // What find() filters by; computed once for a whole chain of deltas.
  static std::uint64_t key_hash(Table table, ByteView key);

 private:
  void build_filter();

  std::vector<Change> changes_;
  std::array<std::uint32_t, kTableLimit + 1> table_begin_{};  // changes of table t: [t], [t + 1]
  std::vector<std::uint64_t> filter_;  // Bloom filter, so that a miss costs no search
  std::size_t size_bytes_ = 0;
};

using DeltaChain = std::vector<std::shared_ptr<const Delta>>;  // oldest first

// The state after a chain of deltas over a base, plus own writes. `base` is borrowed and must
// outlive the overlay.
class Overlay final : public StateReader {
 public:
  explicit Overlay(const StateReader& base, DeltaChain chain = {});
  // No copies, so that an overlay over an overlay is asked for as one over a StateReader.
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  std::optional<Bytes> get(Table table, ByteView key) const override;
  std::optional<std::pair<Bytes, Bytes>> floor(Table table, ByteView prefix,
                                               ByteView key) const override;

  void put(Table table, ByteView key, Bytes value);
  void erase(Table table, ByteView key);

  // A point to return to. Savepoints nest: the last opened is the first to be rolled back or
  // released.
  struct Savepoint {
    std::size_t undo_size;
  };
  Savepoint savepoint();
  void rollback(Savepoint savepoint);  // every write since is undone
  void release(Savepoint savepoint);   // the writes since stay

  // Own writes, in key order.
  const Changes& writes(Table table) const { return writes_[static_cast<std::size_t>(table)]; }
  // Own writes as a delta; the overlay is left without own writes. Precondition: no open savepoint.
  std::shared_ptr<const Delta> take();

 private:
  struct Undo {
    Table table;
    Bytes key;
    bool was_written;
    std::optional<Bytes> previous;
  };
  void write(Table table, ByteView key, std::optional<Bytes> value);
  // The entry of the newest layer that changes `key`: true and its value; false when no layer does.
  bool find_change(Table table, ByteView key, std::optional<Bytes>& value) const;

  const StateReader& base_;
  DeltaChain chain_;
  std::array<Changes, kTableLimit> writes_;
  std::vector<Undo> undo_;
  std::size_t open_savepoints_ = 0;
};

// A state held in memory: a base for tests, the simulator and small tools. Concurrent readers are
// safe while nobody applies.
class MemoryState final : public StateReader {
 public:
  std::optional<Bytes> get(Table table, ByteView key) const override;
  std::optional<std::pair<Bytes, Bytes>> floor(Table table, ByteView prefix,
                                               ByteView key) const override;
  void apply(const Delta& delta);
  // A digest of every entry: equal states have equal digests.
  Hash256 digest() const;
  std::size_t entry_count() const;

 private:
  std::array<std::map<Bytes, Bytes, KeyLess>, kTableLimit> tables_;
};

}  // namespace testamur::ledger
