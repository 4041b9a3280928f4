// What the engine asks to be made durable. Records are opaque to the journal, which writes a group,
// syncs, and reports.
//
// The content of a record is `head` followed by `tail` (absent = nothing): a block's body is never
// copied. What a record says is written in docs/formats/consensus.md; consensus/values/codec.h
// encodes and decodes it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"

namespace testamur::consensus {

// The values are part of the stored format.
enum class RecordKind : std::uint8_t {
  kStart = 1,        // this journal has been used in this epoch; names view 0
  kBlock = 2,        // a proposal with its full body
  kCertificate = 3,  // a notarization or nullification
  kVote = 4,  // an own vote; at most kMaxVoteRecordBytes; names the block or certificate that it
              // rests on
  kFinality = 5,    // a finalized block (id, height) and its proof
  kQuarantine = 6,  // the node observes only
  kFloor = 7,       // quarantine ended: no vote and no proposal at or below this (epoch, view)
};
inline constexpr std::size_t kMaxVoteRecordBytes = 512;

struct Record {
  RecordKind kind = RecordKind::kStart;
  Epoch epoch;
  View view;      // the view that the record names
  Height height;  // kBlock, kFinality: of the block; otherwise 0
  Bytes head;
  std::shared_ptr<const Bytes> tail;

  std::size_t size() const { return head.size() + (tail ? tail->size() : 0); }
};

// Durable as a whole and in order: when `sequence` is reported as synced, so is every group before
// it. After a crash any suffix or part of what was not reported may be missing.
struct RecordGroup {
  std::uint64_t sequence = 0;  // 1, 2, 3, ... in one run of the engine
  std::vector<Record> records;
};

}  // namespace testamur::consensus
