// Records and heads of the registry. Invariants: records of a name are numbered 1, 2, … without a
// gap and never change; the head counts them, so that a history can be shown complete; record and
// head are written together.
#include "ledger/registry.h"

#include "common/check.h"

namespace testamur::ledger {
namespace {

Bytes head_name(const RecordName& name) { return Encoder{}.u16(name.kind).raw(name.id).take(); }
Bytes record_name(const RecordName& name, std::uint64_t seq) {
  return Encoder{}.u16(name.kind).raw(name.id).u64(seq).take();
}

// Reads one entry whose presence the caller has established.
RegistryRecord existing_record(const Registry& registry, const RecordName& name,
                               std::uint64_t seq) {
  auto record = registry.record(name, seq);
  TM_CHECK(record.has_value(), "missing registry record, kind", name.kind, "id", to_hex(name.id),
           "seq", seq);
  return std::move(*record);
}

}  // namespace

Bytes encode(const RegistryHead& head) { return Encoder{}.u64(head.count).u64(head.last).take(); }

Result<RegistryHead> decode_registry_head(ByteView bytes) {
  Decoder in{bytes};
  RegistryHead head;
  head.count = in.u64();
  head.last = in.u64();
  if (!in.finished()) return error("registry head: not 16 bytes");
  return head;
}

Bytes encode(const RegistryRecord& record) {
  return Encoder{}.u64(record.from_height).u64(record.from_time_ms).raw(record.body).take();
}

Result<RegistryRecord> decode_registry_record(ByteView bytes) {
  Decoder in{bytes};
  RegistryRecord record;
  record.from_height = Height{in.u64()};
  record.from_time_ms = in.u64();
  if (!in.ok()) return error("registry record: shorter than 16 bytes");
  record.body = to_bytes(in.raw(in.remaining()));
  return record;
}

Hash256 record_key(const RecordName& name, std::uint64_t seq) {
  return tags::kMapRecordKey(record_name(name, seq));
}
Hash256 head_key(const RecordName& name) { return tags::kMapHeadKey(head_name(name)); }

std::optional<RegistryHead> Registry::head(const RecordName& name) const {
  const auto stored = state_.get(Table::kMapHeads, head_name(name));
  if (!stored) return std::nullopt;
  return decode_registry_head(*stored).value();
}

std::optional<RegistryRecord> Registry::record(const RecordName& name, std::uint64_t seq) const {
  const auto stored = state_.get(Table::kMapRecords, record_name(name, seq));
  if (!stored) return std::nullopt;
  return decode_registry_record(*stored).value();
}

std::optional<RegistryRecord> Registry::latest(const RecordName& name) const {
  const auto newest = head(name);
  if (!newest) return std::nullopt;
  return record(name, newest->last);
}

std::uint64_t Registry::seq_as_of(const RecordName& name, Height height) const {
  const auto newest = head(name);
  std::uint64_t low = 0;
  for (std::uint64_t high = newest ? newest->last : 0; low < high;) {
    const std::uint64_t middle = high - (high - low) / 2;
    if (existing_record(*this, name, middle).from_height <= height) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

std::optional<RegistryRecord> Registry::as_of(const RecordName& name, Height height) const {
  const std::uint64_t seq = seq_as_of(name, height);
  if (seq == 0) return std::nullopt;
  return existing_record(*this, name, seq);
}

std::vector<RegistryRecord> Registry::history(const RecordName& name) const {
  std::vector<RegistryRecord> records;
  const auto newest = head(name);
  if (!newest) return records;
  for (std::uint64_t seq = 1; seq <= newest->last; ++seq)
    records.push_back(existing_record(*this, name, seq));
  return records;
}

Hash256 Registry::root() const { return stored_map_root(state_); }
MapProof Registry::prove_head(const RecordName& name) const {
  return prove_in_map(state_, head_key(name));
}
MapProof Registry::prove_record(const RecordName& name, std::uint64_t seq) const {
  return prove_in_map(state_, record_key(name, seq));
}

std::uint64_t put_record(Overlay& state, const RecordName& name, const RegistryRecord& record) {
  RegistryHead head = Registry{state}.head(name).value_or(RegistryHead{});
  ++head.count;
  ++head.last;
  state.put(Table::kMapRecords, record_name(name, head.last), encode(record));
  state.put(Table::kMapHeads, head_name(name), encode(head));
  return head.last;
}

void hash_registry(Overlay& state) {
  std::vector<MapEntry> entries;
  const auto collect = [&](Table table, const Tag& key_tag) {
    for (const auto& [key, value] : state.writes(table)) {
      TM_CHECK(value.has_value(), "the registry never forgets");
      entries.push_back({key_tag(key), map_value_hash(*value)});
    }
  };
  collect(Table::kMapRecords, tags::kMapRecordKey);
  collect(Table::kMapHeads, tags::kMapHeadKey);
  update_map(state, std::move(entries));
}

}  // namespace testamur::ledger
