#include "ledger/registry.h"

#include "common/check.h"

namespace testamur::ledger {
namespace {

constexpr std::size_t kMaxBodySize = 1 << 20;  // in a proof; the block limit is far below

Bytes head_name(const RecordName& name) { return Encoder{}.u16(name.kind).raw(name.id).take(); }
Bytes record_name(const RecordName& name, std::uint64_t seq) {
  return Encoder{}.u16(name.kind).raw(name.id).u64(seq).take();
}

// Reads one entry whose presence the caller has established.
RegistryRecord existing_record(const Registry& registry, const RecordName& name, std::uint64_t seq) {
  auto record = registry.record(name, seq);
  TM_CHECK(record.has_value(), "missing registry record, kind", name.kind, "id", to_hex(name.id), "seq", seq);
  return std::move(*record);
}

// The last sequence number with from_height <= height; 0 when the history began later.
std::uint64_t seq_as_of(const Registry& registry, const RecordName& name, std::uint64_t last, Height height) {
  std::uint64_t low = 0;
  for (std::uint64_t high = last; low < high;) {
    const std::uint64_t middle = high - (high - low) / 2;
    if (existing_record(registry, name, middle).from_height <= height) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

bool verify_record(const MapProof& proof, const Hash256& root, const RecordName& name, std::uint64_t seq,
                   const RegistryRecord& record) {
  return verify_member(proof, root, {record_key(name, seq), map_value_hash(encode(record))});
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

Hash256 record_key(const RecordName& name, std::uint64_t seq) { return tags::kMapRecordKey(record_name(name, seq)); }
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

std::optional<RegistryRecord> Registry::as_of(const RecordName& name, Height height) const {
  const auto newest = head(name);
  if (!newest) return std::nullopt;
  const std::uint64_t seq = seq_as_of(*this, name, newest->last, height);
  if (seq == 0) return std::nullopt;
  return record(name, seq);
}

std::vector<RegistryRecord> Registry::history(const RecordName& name) const {
  std::vector<RegistryRecord> records;
  const auto newest = head(name);
  if (!newest) return records;
  for (std::uint64_t seq = 1; seq <= newest->last; ++seq) records.push_back(existing_record(*this, name, seq));
  return records;
}

Hash256 Registry::root() const { return stored_map_root(state_); }
MapProof Registry::prove_head(const RecordName& name) const { return prove_in_map(state_, head_key(name)); }
MapProof Registry::prove_record(const RecordName& name, std::uint64_t seq) const {
  return prove_in_map(state_, record_key(name, seq));
}

AsOfProof Registry::prove_as_of(const RecordName& name, Height height) const {
  AsOfProof proof;
  proof.head = head(name);
  proof.head_proof = prove_head(name);
  if (!proof.head) return proof;
  proof.seq = seq_as_of(*this, name, proof.head->last, height);
  if (proof.seq > 0) {
    proof.record = existing_record(*this, name, proof.seq);
    proof.record_proof = prove_record(name, proof.seq);
  }
  if (proof.seq < proof.head->last) {
    proof.next = existing_record(*this, name, proof.seq + 1);
    proof.next_proof = prove_record(name, proof.seq + 1);
  }
  return proof;
}

bool verify_as_of(const AsOfProof& proof, const Hash256& root, const RecordName& name, Height height) {
  if (!proof.head) {
    return proof.seq == 0 && !proof.record && !proof.next && verify_absent(proof.head_proof, root, head_key(name));
  }
  if (!verify_member(proof.head_proof, root, {head_key(name), map_value_hash(encode(*proof.head))})) return false;
  if (proof.seq > proof.head->last) return false;
  if (proof.record.has_value() != (proof.seq > 0) || proof.next.has_value() != (proof.seq < proof.head->last)) {
    return false;
  }
  if (proof.record && (proof.record->from_height > height ||
                       !verify_record(proof.record_proof, root, name, proof.seq, *proof.record))) {
    return false;
  }
  return !proof.next ||
         (proof.next->from_height > height && verify_record(proof.next_proof, root, name, proof.seq + 1, *proof.next));
}

void encode(Encoder& out, const AsOfProof& proof) {
  out.u8(proof.head ? 1 : 0);
  if (proof.head) out.raw(encode(*proof.head));
  encode(out, proof.head_proof);
  if (!proof.head) return;
  out.u64(proof.seq);
  if (proof.seq > 0) {
    out.sized(encode(proof.record.value()));
    encode(out, proof.record_proof);
  }
  if (proof.seq < proof.head->last) {
    out.sized(encode(proof.next.value()));
    encode(out, proof.next_proof);
  }
}

AsOfProof decode_as_of_proof(Decoder& in) {
  AsOfProof proof;
  const auto has_head = in.u8();
  if (has_head > 1) in.fail();
  if (in.ok() && has_head == 1) {
    RegistryHead head;
    head.count = in.u64();
    head.last = in.u64();
    proof.head = head;
  }
  proof.head_proof = decode_map_proof(in);
  if (!in.ok() || !proof.head) return proof;
  const auto record_and_proof = [&in](std::optional<RegistryRecord>& record, MapProof& record_proof) {
    auto decoded = decode_registry_record(in.sized(kMaxBodySize));
    if (!decoded.ok()) return in.fail();
    record = std::move(decoded).value();
    record_proof = decode_map_proof(in);
  };
  proof.seq = in.u64();
  if (in.ok() && proof.seq > 0) record_and_proof(proof.record, proof.record_proof);
  if (in.ok() && proof.seq < proof.head->last) record_and_proof(proof.next, proof.next_proof);
  return proof;
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
