// The log of transactions: an append-only RFC 6962 tree with one fixed-width leaf a transaction.
// docs/formats/log.md.
//
// Within a block leaves are only recorded; hash_log() hashes them all at the end of the block. The
// reading side serves inclusion and consistency proofs of any size up to the current one, and the
// tiles of C2SP tlog-tiles. A Log borrows its state and may be used wherever that may.
#pragma once

#include <cstdint>
#include <optional>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"
#include "common/result.h"
#include "ledger/proofs/merkle.h"
#include "ledger/state.h"

namespace testamur::ledger {

// What the log says of one transaction. It never refers to pages.
struct LogLeaf {
  static constexpr std::uint8_t kVersion = 1;
  static constexpr std::size_t kEncodedSize = 91;

  LogIndex index;  // = log size before the block + position in the block
  Height height;
  std::uint64_t time_ms = 0;
  std::uint16_t kind = 0;  // ledger/tx/content.h
  InstitutionId author;
  KeyId key;
  TransactionId transaction;
  auto operator<=>(const LogLeaf&) const = default;
};

Bytes encode(const LogLeaf& leaf);
Result<LogLeaf> decode_log_leaf(ByteView bytes);

// The log of one state.
class Log {
 public:
  explicit Log(const StateReader& state) : state_(state) {}

  std::uint64_t size() const;
  // Nothing at or beyond size().
  std::optional<LogLeaf> leaf(LogIndex index) const;
  std::optional<LogIndex> find(const TransactionId& transaction) const;

  // Of the first `size` leaves. Precondition here and below: size <= size(), and hash_log() has
  // run.
  Hash256 root(std::uint64_t size) const;
  // Precondition: index < size.
  merkle::Path inclusion(LogIndex index, std::uint64_t size) const;
  // Precondition: old_size <= size.
  merkle::Path consistency(std::uint64_t old_size, std::uint64_t size) const;

  // C2SP tlog-tiles: the up to 256 concatenated hashes of tile `index` on tile level 0..7, as many
  // as a log of `size` leaves has; empty when there is no such tile.
  Bytes tile(unsigned tile_level, std::uint64_t index, std::uint64_t size) const;
  // C2SP tlog-tiles: the entry bundle beside tile `index` of level 0: each leaf record behind its
  // u16 length.
  Bytes entry_bundle(std::uint64_t index, std::uint64_t size) const;

 private:
  const StateReader& state_;
};

// Records the leaf at the end of the log and the transaction as committed. The index is filled in
// and returned.
LogIndex append_log(Overlay& state, LogLeaf leaf);
// Hashes the leaves recorded in the overlay's own writes. Once a block, at its end.
void hash_log(Overlay& state, std::uint64_t size_before_block);

}  // namespace testamur::ledger
