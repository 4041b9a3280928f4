// Proofs about the registry. Invariants: what a proof must carry follows from its head and the
// number that it names, so that leaving a record out shows; decoding accepts what encoding writes
// and nothing else; verifying answers false for any other input and never aborts.
#include "ledger/proofs/registry_proof.h"

#include "common/check.h"

namespace testamur::ledger {
namespace {

constexpr std::size_t kMaxRecordBytes = 1 << 20;  // a block holds no larger body

ProvenRecord prove_record(const StateReader& state, const RecordName& name, std::uint64_t seq) {
  const Registry registry{state};
  auto record = registry.record(name, seq);
  TM_CHECK(record.has_value(), "missing registry record, kind", name.kind, "id", to_hex(name.id),
           "seq", seq);
  return {std::move(*record), registry.prove_record(name, seq)};
}

bool verify_head(const std::optional<RegistryHead>& head, const MapProof& proof,
                 const Hash256& root, const RecordName& name) {
  if (!head) return verify_absent(proof, root, head_key(name));
  return verify_member(proof, root, {head_key(name), map_value_hash(encode(*head))});
}

bool verify_record(const ProvenRecord& proven, const Hash256& root, const RecordName& name,
                   std::uint64_t seq) {
  return verify_member(proven.proof, root,
                       {record_key(name, seq), map_value_hash(encode(proven.record))});
}

void encode_head(Encoder& out, const std::optional<RegistryHead>& head, const MapProof& proof) {
  out.u8(head ? 1 : 0);
  if (head) out.raw(encode(*head));
  encode(out, proof);
}

void decode_head(Decoder& in, std::optional<RegistryHead>& head, MapProof& proof) {
  const auto present = in.u8();
  if (present > 1) in.fail();
  if (in.ok() && present == 1) {
    const std::uint64_t count = in.u64();
    head = RegistryHead{count, in.u64()};
  }
  proof = decode_map_proof(in);
}

void encode_record(Encoder& out, const ProvenRecord& proven) {
  out.sized(encode(proven.record));
  encode(out, proven.proof);
}

ProvenRecord decode_record(Decoder& in) {
  ProvenRecord proven;
  auto record = decode_registry_record(in.sized(kMaxRecordBytes));
  if (record.ok()) {
    proven.record = std::move(record).value();
  } else {
    in.fail();
  }
  proven.proof = decode_map_proof(in);
  return proven;
}

}  // namespace

AsOfProof prove_as_of(const StateReader& state, const RecordName& name, Height height) {
  const Registry registry{state};
  AsOfProof proof;
  proof.head = registry.head(name);
  proof.head_proof = registry.prove_head(name);
  proof.seq = registry.seq_as_of(name, height);
  if (proof.seq > 0) proof.record = prove_record(state, name, proof.seq);
  if (proof.head && proof.seq < proof.head->last)
    proof.next = prove_record(state, name, proof.seq + 1);
  return proof;
}

bool verify_as_of(const AsOfProof& proof, const Hash256& root, const RecordName& name,
                  Height height) {
  if (!verify_head(proof.head, proof.head_proof, root, name)) return false;
  const std::uint64_t last = proof.head ? proof.head->last : 0;
  if (proof.seq > last) return false;
  if (proof.record.has_value() != (proof.seq > 0) || proof.next.has_value() != (proof.seq < last))
    return false;
  if (proof.record && proof.record->record.from_height > height) return false;
  if (proof.next && proof.next->record.from_height <= height) return false;
  return (!proof.record || verify_record(*proof.record, root, name, proof.seq)) &&
         (!proof.next || verify_record(*proof.next, root, name, proof.seq + 1));
}

void encode(Encoder& out, const AsOfProof& proof) {
  encode_head(out, proof.head, proof.head_proof);
  if (!proof.head) return;
  TM_CHECK(proof.record.has_value() == (proof.seq > 0) &&
           proof.next.has_value() == (proof.seq < proof.head->last));
  out.u64(proof.seq);
  if (proof.record) encode_record(out, *proof.record);
  if (proof.next) encode_record(out, *proof.next);
}

AsOfProof decode_as_of_proof(Decoder& in) {
  AsOfProof proof;
  decode_head(in, proof.head, proof.head_proof);
  if (!in.ok() || !proof.head) return proof;
  proof.seq = in.u64();
  if (proof.seq > proof.head->last) in.fail();
  if (in.ok() && proof.seq > 0) proof.record = decode_record(in);
  if (in.ok() && proof.seq < proof.head->last) proof.next = decode_record(in);
  return proof;
}

HistoryProof prove_history(const StateReader& state, const RecordName& name) {
  const Registry registry{state};
  HistoryProof proof;
  proof.head = registry.head(name);
  proof.head_proof = registry.prove_head(name);
  const std::uint64_t last = proof.head ? proof.head->last : 0;
  for (std::uint64_t seq = 1; seq <= last; ++seq)
    proof.records.push_back(prove_record(state, name, seq));
  return proof;
}

bool verify_history(const HistoryProof& proof, const Hash256& root, const RecordName& name) {
  if (!verify_head(proof.head, proof.head_proof, root, name)) return false;
  if (proof.records.size() != (proof.head ? proof.head->last : 0)) return false;
  for (std::size_t i = 0; i < proof.records.size(); ++i) {
    if (!verify_record(proof.records[i], root, name, i + 1)) return false;
  }
  return true;
}

void encode(Encoder& out, const HistoryProof& proof) {
  TM_CHECK(proof.records.size() == (proof.head ? proof.head->last : 0));
  encode_head(out, proof.head, proof.head_proof);
  for (const auto& record : proof.records) encode_record(out, record);
}

HistoryProof decode_history_proof(Decoder& in) {
  HistoryProof proof;
  decode_head(in, proof.head, proof.head_proof);
  const std::uint64_t last = proof.head ? proof.head->last : 0;
  for (std::uint64_t seq = 1; seq <= last && in.ok(); ++seq)
    proof.records.push_back(decode_record(in));
  return proof;
}

}  // namespace testamur::ledger
