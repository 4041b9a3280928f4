// The encoding and decoding of one group, docs/formats/journal.md. Decoding tells three things
// apart that recovery must not mix up: a sector that was never written (all zero), one that is
// damaged, and a group whose sectors are whole and whose content is not what was written.
#include "node/store/journal_format.h"

#include <algorithm>
#include <cstring>

namespace testamur::node::journal_format {
namespace {

constexpr std::size_t kSectorPayload = Journal::kSectorPayloadBytes;
constexpr std::uint8_t kMagic[4] = {'T', 'M', 'J', 1};  // the last byte is the format version

std::uint64_t sectors_of(std::uint64_t payload_bytes) {
  return (payload_bytes + kSectorPayload - 1) / kSectorPayload;
}

}  // namespace

bool is_zero(ByteView bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

Payload encode_records(std::span<const JournalRecord> records) {
  Payload payload;

  std::size_t size = 0;
  for (const auto& record : records)
    size += Journal::kRecordHeaderBytes + record.bytes.size() + record.tail.size() + kSectorPayload;
  payload.bytes.reserve(size);

  for (const auto& record : records) {
    TM_CHECK(record.type != 0, "a record type of zero means padding");
    const std::size_t size_bytes = record.bytes.size() + record.tail.size();

    // A vote lies within one sector, which a disk writes whole or not at all.
    if (record.sector_aligned) {
      TM_CHECK(size_bytes <= Journal::kMaxAlignedBytes, "bytes:", size_bytes);
      payload.bytes.resize(sectors_of(payload.bytes.size()) * kSectorPayload);
    }

    payload.offsets.push_back(static_cast<std::uint32_t>(payload.bytes.size()));
    const auto length = static_cast<std::uint32_t>(size_bytes);
    const std::uint8_t head[Journal::kRecordHeaderBytes] = {
        record.type, static_cast<std::uint8_t>(length >> 24),
        static_cast<std::uint8_t>(length >> 16), static_cast<std::uint8_t>(length >> 8),
        static_cast<std::uint8_t>(length)};

    payload.bytes.insert(payload.bytes.end(), std::begin(head), std::end(head));
    payload.bytes.insert(payload.bytes.end(), record.bytes.begin(), record.bytes.end());
    payload.bytes.insert(payload.bytes.end(), record.tail.begin(), record.tail.end());
  }
  return payload;
}

std::uint64_t encoded_bytes(std::uint64_t payload_bytes) {
  const std::uint64_t bytes = (1 + sectors_of(payload_bytes)) * kSectorBytes;
  return (bytes + Journal::kBlockBytes - 1) / Journal::kBlockBytes * Journal::kBlockBytes;
}

Bytes encode_group(GroupHeader& header, ByteView payload) {
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_digest = sha256(payload);
  Encoder fields;
  fields.u8(kHeaderMarker)
      .raw(kMagic)
      .fixed(header.journal)
      .u64(header.segment)
      .u64(header.sequence);
  fields.u32(header.payload_bytes)
      .u32(header.record_count)
      .fixed(header.previous)
      .fixed(header.payload_digest);
  header.digest = tags::kJournal(fields.bytes());
  fields.fixed(header.digest);
  TM_CHECK(fields.bytes().size() == kHeaderBytes);

  Bytes group(encoded_bytes(payload.size()));
  std::copy(fields.bytes().begin(), fields.bytes().end(), group.begin());
  for (std::size_t at = kSectorBytes; at < group.size(); at += kSectorBytes) {
    group[at] = kBodyMarker;
    const std::size_t size = std::min(kSectorPayload, payload.size());
    if (size > 0) std::memcpy(group.data() + at + 1, payload.data(), size);
    payload = payload.subspan(size);
  }
  return group;
}

Result<GroupHeader> decode_header(ByteView sector) {
  TM_CHECK(sector.size() == kSectorBytes);

  Decoder fields(sector);
  GroupHeader header;
  const bool is_header = fields.u8() == kHeaderMarker;
  const bool is_magic = equal(fields.raw(sizeof kMagic), kMagic);
  header.journal = fields.fixed<JournalId>();
  header.segment = fields.u64();
  header.sequence = fields.u64();
  header.payload_bytes = fields.u32();
  header.record_count = fields.u32();
  header.previous = fields.fixed<Hash256>();
  header.payload_digest = fields.fixed<Hash256>();
  header.digest = fields.fixed<Hash256>();

  // Read first and judged after, so that each kind of damage has its own words.
  if (!is_header) return error("the sector is not the start of a group");
  if (!is_magic) return error("the group has an unknown format version or a damaged first sector");

  if (header.digest != tags::kJournal(sector.first(kHeaderBytes - Hash256::kSize)) ||
      !is_zero(sector.subspan(kHeaderBytes))) {
    return error("the first sector of the group is damaged");
  }
  return header;
}

Result<Body> decode_body(const GroupHeader& header, ByteView group) {
  Body body;

  body.payload.resize(group.size() / kSectorBytes * kSectorPayload);
  std::size_t size = 0;

  for (std::size_t at = kSectorBytes; at < group.size(); at += kSectorBytes) {
    const auto sector = group.subspan(at, kSectorBytes);
    if (sector[0] == kBodyMarker) {
      std::memcpy(body.payload.data() + size, sector.data() + 1, kSectorPayload);
      size += kSectorPayload;
    } else if (is_zero(sector)) {
      if (!body.lacking_sector) body.lacking_sector = at / kSectorBytes;
    } else {
      return error("the sector " + std::to_string(at) + " bytes into the group is damaged");
    }
  }

  // The caller decides what an unwritten sector means; there is nothing to verify yet.
  if (body.lacking_sector) return body;
  if (!is_zero(ByteView(body.payload).first(size).subspan(header.payload_bytes))) {
    return error("the padding of the group is damaged");
  }

  body.payload.resize(header.payload_bytes);
  if (sha256(body.payload) != header.payload_digest)
    return error("the content of the group does not match its digest");
  return body;
}

Result<std::vector<RecordView>> decode_records(ByteView payload, std::uint32_t count) {
  std::vector<RecordView> records;

  std::size_t at = 0;
  while (at < payload.size()) {
    // Padding: what follows is aligned. The next sector must exist, or it was no padding.
    if (payload[at] == 0) {
      const std::size_t next = (at / kSectorPayload + 1) * kSectorPayload;
      if (next >= payload.size() || !is_zero(payload.subspan(at, next - at)))
        return error("a record is malformed");
      at = next;
      continue;
    }

    Decoder decoder(payload.subspan(at));
    RecordView record;
    record.offset = static_cast<std::uint32_t>(at);
    record.type = decoder.u8();
    record.bytes = decoder.sized(payload.size());
    if (!decoder.ok()) return error("a record is longer than its group");

    at += Journal::kRecordHeaderBytes + record.bytes.size();
    records.push_back(record);
  }

  if (records.size() != count) return error("the group does not hold as many records as it says");
  return records;
}

}  // namespace testamur::node::journal_format
