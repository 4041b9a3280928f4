// The consensus journal: what a node promised and what it may acknowledge, durable before anything
// that depends on it leaves. Byte format: docs/formats/journal.md; rules: docs/consensus.md
// "Persist, sync, then send".
//
// A journal is a chain of synced *groups* of opaque records in preallocated segment files. append()
// writes one group and returns when it is durable. open() reads every group back in order; a group
// whose sync never returned is removed, anything else that does not fit is corruption: open()
// fails, naming the file, the offset and what to do. After a failed append() the state on disk is
// unknown: every later append() fails, and the node has to stop.
//
// Thread rule: open(), append() and prune_below() belong to one thread at a time (append() blocks
// for a disk sync, so node/chain gives it a thread of its own). prepare_spare(), read() and the
// const members may run on another thread meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/result.h"
#include "node/store/file.h"

namespace testamur::node {

// A record to write: `bytes`, then `tail`, both borrowed for the call. Its meaning belongs to the
// caller.
struct JournalRecord {
  std::uint8_t type = 0;  // 1 to 255
  ByteView bytes;
  ByteView tail;  // so that a block's body need not be copied behind its head
  // Starts on a sector of its own and fits into it (votes): at most Journal::kMaxAlignedBytes.
  bool sector_aligned = false;
};

// Where a record is. Ordered as written. Stays valid until the record is pruned.
struct JournalPosition {
  std::uint64_t segment = 0;  // number of the segment file
  std::uint32_t group = 0;    // offset of the group in the file, bytes
  std::uint32_t record = 0;   // offset of the record in the group's payload, bytes
  auto operator<=>(const JournalPosition&) const = default;
};

struct JournalOptions {
  // Size of a segment file, a multiple of 4096; at least room for the largest group.
  std::uint64_t segment_bytes = 16u << 20;
  // Largest encoded group; append() refuses more. Fixed for the life of a journal: recovery relies
  // on it.
  std::uint64_t max_group_bytes = 8u << 20;
};

class Journal {
 public:
  static constexpr std::size_t kBlockBytes = 4096;
  static constexpr std::size_t kSectorPayloadBytes = kSectorBytes - 1;
  static constexpr std::size_t kRecordHeaderBytes = 5;
  static constexpr std::size_t kMaxAlignedBytes = kSectorPayloadBytes - kRecordHeaderBytes;  // 506

  // Called for every record in the order of writing while open() runs; a failure ends open() with
  // it. `bytes` lives for the call only.
  using Replay = std::function<Status(const JournalPosition&, std::uint8_t type, ByteView bytes)>;

  // Opens the journal in `directory` (which create_vote_store() made; vote_store.h) and replays it.
  // `files` is borrowed and must outlive the journal.
  static Result<std::unique_ptr<Journal>> open(FileSystem& files, const std::string& directory,
                                               const JournalOptions& options, const Replay& replay);
  // Whether open() would find it whole, without changing anything; nothing may write to it
  // meanwhile. Replays it as open() does, and gives the groups that were ever written; 0 where
  // there is no vote store, and nothing to find.
  static Result<std::uint64_t> check(FileSystem& files, const std::string& directory,
                                     const JournalOptions& options, const Replay& replay);
  ~Journal();

  // Writes one group and syncs it; the positions of its records, in order. Precondition: at least
  // one record.
  Result<std::vector<JournalPosition>> append(std::span<const JournalRecord> group);

  // Removes the segments that hold nothing at or above `position`. The caller may name the lowest
  // position it still needs, which is: of any block above the height that it read *before* a
  // successful Store::sync_wal(), and of any vote above the last finalized view. The segment being
  // written is never removed.
  Status prune_below(const JournalPosition& position);

  // Whether a spare segment should be zeroed now, so that append() need not when the current one is
  // full.
  bool wants_spare() const;
  // Zeroes and syncs a spare segment (tens of milliseconds). Any thread, also while append() runs.
  Status prepare_spare();

  // Reads a record again, its group verified.
  struct Owned {
    std::uint8_t type = 0;
    Bytes bytes;
  };
  Result<Owned> read(const JournalPosition& position) const;

  // Of the first group that is still there; nothing while the journal is empty.
  std::optional<JournalPosition> first_position() const;
  // Where the next group will be, unless it starts a new segment.
  JournalPosition end_position() const;
  std::uint64_t segment_count() const;
  // Groups that were ever written, also those that were pruned since. Only grows.
  std::uint64_t group_count() const;
  std::uint64_t max_group_bytes() const;

 private:
  struct State;
  explicit Journal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace testamur::node
