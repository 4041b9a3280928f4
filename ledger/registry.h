// The registry: versioned public records under a sparse Merkle map. docs/formats/registry.md.
//
// (kind, id) names a history of immutable records 1, 2, …, each {from height, from time, body}, and
// one mutable head {count, last seq}. For one kind all ids have the same width; ledger/tx defines
// the kinds and the bodies. Within a block entries are only written; hash_registry() updates the
// map once at its end. A Registry borrows its state and may be used wherever that may. Proofs of
// whole histories: ledger/proofs/registry_proof.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"
#include "common/result.h"
#include "ledger/map.h"
#include "ledger/state.h"

namespace testamur::ledger {

struct RecordName {
  std::uint16_t kind = 0;
  Bytes id;
  auto operator<=>(const RecordName&) const = default;
};

struct RegistryHead {
  static constexpr std::size_t kEncodedSize = 16;
  std::uint64_t count = 0;
  std::uint64_t last = 0;  // sequence number of the newest record
  auto operator<=>(const RegistryHead&) const = default;
};

struct RegistryRecord {
  Height from_height;
  std::uint64_t from_time_ms = 0;
  Bytes body;
  auto operator<=>(const RegistryRecord&) const = default;
};

Bytes encode(const RegistryHead& head);
Result<RegistryHead> decode_registry_head(ByteView bytes);
Bytes encode(const RegistryRecord& record);
Result<RegistryRecord> decode_registry_record(ByteView bytes);

Hash256 record_key(const RecordName& name,
                   std::uint64_t seq);     // H_tag(map-record-key, u16 kind || id || u64 seq)
Hash256 head_key(const RecordName& name);  // H_tag(map-head-key, u16 kind || id)

class Registry {
 public:
  explicit Registry(const StateReader& state) : state_(state) {}

  std::optional<RegistryHead> head(const RecordName& name) const;
  std::optional<RegistryRecord> record(const RecordName& name, std::uint64_t seq) const;
  std::optional<RegistryRecord> latest(const RecordName& name) const;
  // The record in force at a height: the last with from_height <= height; its sequence number, 0
  // for none.
  std::uint64_t seq_as_of(const RecordName& name, Height height) const;
  std::optional<RegistryRecord> as_of(const RecordName& name, Height height) const;
  // The whole history, oldest first.
  std::vector<RegistryRecord> history(const RecordName& name) const;

  Hash256 root() const;  // precondition: hash_registry() has run
  MapProof prove_head(const RecordName& name) const;
  MapProof prove_record(const RecordName& name, std::uint64_t seq) const;

 private:
  const StateReader& state_;
};

// Appends a record and moves the head. Returns its sequence number.
std::uint64_t put_record(Overlay& state, const RecordName& name, const RegistryRecord& record);
// Updates the map from the overlay's own writes. Once a block, at its end.
void hash_registry(Overlay& state);

}  // namespace testamur::ledger
