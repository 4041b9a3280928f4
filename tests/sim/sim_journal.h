// A consensus journal on a modelled disk: groups are written one after the other, a group that was not yet synced may
// or may not survive a crash, and everything behind the first one that did not is lost.
#pragma once

#include <deque>
#include <vector>

#include "consensus/record.h"
#include "tests/sim/random.h"

namespace testamur::sim {

struct JournalEntry {
  consensus::RecordKind kind = consensus::RecordKind::kStart;
  Epoch epoch;
  View view;
  Height height;
  Bytes bytes;
};

class SimJournal {
 public:
  // Queues a group; it is durable only when done() was called for it.
  void append(const consensus::RecordGroup& group);
  bool idle() const { return !writing_ && queue_.empty(); }
  // Begins to write all queued groups as one; false when there is none or one is being written.
  bool begin_write();
  // The write returned: its groups are durable. The sequence of the last one.
  std::uint64_t end_write();

  bool is_durable(const Bytes& record) const;
  const std::vector<JournalEntry>& entries() const { return durable_; }

  void crash(Random& random);
  // Drops what is not needed above these positions and puts `live` (synced) in its place.
  void prune(Height synced_height, Epoch epoch, View finalized, const std::vector<consensus::Record>& live);
  void wipe();
  // What a copy of the disk holds now: also some of what is not synced, and may never be on the disk that was copied.
  SimJournal backup(Random& random) const;

 private:
  struct Group {
    std::uint64_t sequence = 0;
    std::vector<JournalEntry> entries;
  };
  std::vector<JournalEntry> durable_;
  std::deque<Group> queue_;
  std::deque<Group> in_flight_;
  bool writing_ = false;
};

}  // namespace testamur::sim
