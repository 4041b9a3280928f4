// What the tests of the store and the journal share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "node/store/journal.h"
#include "node/store/vote_store.h"
#include "tests/support/faulty_files.h"

namespace testamur::test {

inline const std::string kJournalDirectory = "/node/journal";

inline node::ConsensusPublicKey key_of(std::uint8_t n) {
  node::ConsensusPublicKey key;
  key.bytes.fill(n);
  return key;
}
inline node::JournalId journal_id(std::uint8_t n) {
  node::JournalId id;
  id.bytes.fill(n);
  return id;
}

inline node::JournalOptions small_segments() {
  return {.segment_bytes = 64 << 10, .max_group_bytes = 24 << 10};
}

// A record as it was read or is to be written.
struct Rec {
  std::uint8_t type = 1;
  Bytes bytes;
  bool aligned = false;
  bool operator==(const Rec& other) const { return type == other.type && bytes == other.bytes; }
};

struct Opened {
  std::unique_ptr<node::Journal> journal;
  std::vector<Rec> records;
  std::vector<node::JournalPosition> positions;
  std::string failure;
};

inline Opened open_journal(node::FileSystem& files,
                           const node::JournalOptions& options = small_segments(),
                           const std::string& directory = kJournalDirectory) {
  Opened opened;

  auto journal = node::Journal::open(
      files, directory, options,
      [&](const node::JournalPosition& position, std::uint8_t type, ByteView bytes) -> Status {
        opened.records.push_back({type, to_bytes(bytes), false});
        opened.positions.push_back(position);
        return {};
      });

  if (journal.ok()) {
    opened.journal = std::move(*journal);
  } else {
    opened.failure = journal.message();
  }
  return opened;
}

inline Result<std::vector<node::JournalPosition>> append(node::Journal& journal,
                                                         const std::vector<Rec>& group) {
  std::vector<node::JournalRecord> records;
  for (const auto& record : group)
    records.push_back({record.type, record.bytes, {}, record.aligned});
  return journal.append(records);
}

inline void make_vote_store(node::FileSystem& files,
                            const std::string& directory = kJournalDirectory) {
  const auto made = node::create_vote_store(files, directory, journal_id(7), key_of(9));
  TM_CHECK(made.ok(), made.message());
}

inline std::string segment_path(unsigned number) {
  char name[64];
  std::snprintf(name, sizeof name, "/%016x.seg", number);
  return kJournalDirectory + name;
}

}  // namespace testamur::test
