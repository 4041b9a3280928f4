// The bytes of a journal group (docs/formats/journal.md). Private to node/store. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/result.h"
#include "node/store/journal.h"
#include "node/store/vote_store.h"

namespace testamur::node::journal_format {

// First byte of every written sector. Neither is zero, and no content can imitate a group's first
// sector.
inline constexpr std::uint8_t kHeaderMarker = 0xa5;
inline constexpr std::uint8_t kBodyMarker = 0x5a;
inline constexpr std::size_t kHeaderBytes = 141;

struct GroupHeader {
  JournalId journal;
  std::uint64_t segment = 0;
  std::uint64_t sequence = 0;  // of the group in the journal, from 1
  std::uint32_t payload_bytes = 0;
  std::uint32_t record_count = 0;
  Hash256 previous;  // digest of the group before; zero for sequence 1
  Hash256 payload_digest;
  Hash256 digest;  // of all of the above; filled by encode and decode
};

// The records one after another, as they lie in the payload of a group, and the offset of each.
struct Payload {
  Bytes bytes;
  std::vector<std::uint32_t> offsets;
};
Payload encode_records(std::span<const JournalRecord> records);

// Bytes that a group with this much payload takes in the file: whole 4 KiB blocks.
std::uint64_t encoded_bytes(std::uint64_t payload_bytes);
// The whole group, ready to be written; sets payload_bytes, payload_digest and digest of `header`.
Bytes encode_group(GroupHeader& header, ByteView payload);

// From a group's first sector; fails on any damage inside it.
Result<GroupHeader> decode_header(ByteView sector);

// What the sectors after the first of a group are.
struct Body {
  std::optional<std::size_t>
      lacking_sector;  // index in the group of the first sector that was never written
  Bytes payload;       // when none is lacking
};
// `group` is the whole extent of the group in the file. Fails, naming the sector's offset from the
// group's start, on damage inside a sector.
Result<Body> decode_body(const GroupHeader& header, ByteView group);

struct RecordView {
  std::uint32_t offset = 0;
  std::uint8_t type = 0;
  ByteView bytes;
};
// Fails when the payload is not exactly `count` records.
Result<std::vector<RecordView>> decode_records(ByteView payload, std::uint32_t count);

bool is_zero(ByteView bytes);

}  // namespace testamur::node::journal_format
