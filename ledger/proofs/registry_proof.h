// Proofs about the registry under a certified registry root. docs/formats/registry.md.
//
// Absence is proven as well as presence: an answer shows everything that the registry says of a
// name, or nothing. The checking half takes input from outside and never aborts. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"
#include "ledger/map.h"
#include "ledger/registry.h"

namespace testamur::ledger {

struct ProvenRecord {
  RegistryRecord record;
  MapProof proof;
  auto operator<=>(const ProvenRecord&) const = default;
};

// What a name said at a height.
struct AsOfProof {
  std::optional<RegistryHead> head;  // nothing: the registry never said anything of this name
  MapProof head_proof;
  std::uint64_t seq = 0;               // of `record`; 0: the history began later
  std::optional<ProvenRecord> record;  // record seq, from_height <= the height asked for
  std::optional<ProvenRecord>
      next;  // record seq + 1, from_height > the height; nothing when seq is the last
  auto operator<=>(const AsOfProof&) const = default;
};

AsOfProof prove_as_of(const StateReader& state, const RecordName& name, Height height);
bool verify_as_of(const AsOfProof& proof, const Hash256& root, const RecordName& name,
                  Height height);
void encode(Encoder& out, const AsOfProof& proof);
AsOfProof decode_as_of_proof(Decoder& in);

// All records of a name.
struct HistoryProof {
  std::optional<RegistryHead> head;
  MapProof head_proof;
  std::vector<ProvenRecord> records;  // 1, 2, … head->last
  auto operator<=>(const HistoryProof&) const = default;
};

HistoryProof prove_history(const StateReader& state, const RecordName& name);
bool verify_history(const HistoryProof& proof, const Hash256& root, const RecordName& name);
void encode(Encoder& out, const HistoryProof& proof);
HistoryProof decode_history_proof(Decoder& in);

}  // namespace testamur::ledger
