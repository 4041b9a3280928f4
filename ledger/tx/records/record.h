// What all registry records have in common: whose kind they are of, under which id, where and by
// what they were made.
//
// The registry (ledger/registry.h) holds a history of immutable records under each id;
// docs/formats/kinds.md gives the bytes of their bodies. Each family has a header beside this one,
// with the record, its strict encoding and its readers. Listing functions walk unauthenticated
// tables in ledger order, so that a node can load everything once and follow by asking for what is
// new: entries [count seen before, count now). Pure; any thread that may read the given state.
#pragma once

#include <cstdint>

#include "common/bytes.h"
#include "common/ids.h"
#include "ledger/state.h"

namespace testamur::ledger::tx {

// The kinds of registry entries (the u16 of their keys) and the ids under them. Permanent.
enum class RegistryKind : std::uint16_t {
  kInstitution = 1,  // institution id 16
  kKey = 2,          // key id 16
  kAchievement = 3,  // institution 16, number u32, version u16
  kStatements =
      4,  // truster 16, subject 16: everything that one says of the other, all slots, whole history
  kParameters = 5,   // one zero byte; body: ledger/parameters.h
  kValidators = 6,   // one zero byte; body: u32 n, n * (institution 16, consensus key 32),
                     // ascending; one record an epoch
  kSuccessions = 7,  // institution 16: what it agreed to, and every succession that it took part in
  kPolicies = 8,     // institution 16: the policies that it published
  kRules = 9,        // institution 16, number u32, version u16
  kPredecessors = 16,  // one zero byte; the ledgers that this one continues: ledger/recovery.h
  // 20 to 29: governance.
  kProtocol = 20,  // one zero byte; body: u16 version, u64 the height from which it is in force
  kProposal = 21,  // proposal id 32: what was proposed and all that happened to it
                   // (ledger/tx/records/governance.h)
  kReady = 22,     // consensus key id 16
  kEvidence = 23,  // consensus key id 16, u64 epoch, u64 view
};
Bytes registry_id(const InstitutionId& institution);
Bytes registry_id(const KeyId& key);
Bytes registry_id(const AchievementId& achievement);
Bytes registry_id(const InstitutionId& truster, const InstitutionId& subject);
Bytes registry_id_of_parameters();
Bytes registry_id_of_validators();
Bytes registry_id_of_protocol();
Bytes registry_id_of_predecessors();

// Where a record was made.
struct RecordPlace {
  std::uint64_t seq = 0;
  Height height;
  std::uint64_t time_ms = 0;
};

// Every record names the transaction and the key by which it came; both are zero in records of the
// genesis.
struct Cause {
  TransactionId transaction;
  KeyId key;
  LogIndex log_index;
};

// What happened to institutions and keys after the genesis (updates, keys added and retired,
// successions), in ledger order: what else a viewer of the trust graph, or a network that admits
// peers by key, has to follow. Record `seq` of the entry tells what.
struct RegistryChange {
  RegistryKind kind = RegistryKind::kInstitution;  // kInstitution, kKey or kSuccessions
  InstitutionId institution;
  KeyId key;  // of a kKey change
  std::uint64_t seq = 0;
};
std::uint64_t registry_change_count(const StateReader& state);
RegistryChange registry_change_at_ordinal(const StateReader& state, std::uint64_t ordinal);

}  // namespace testamur::ledger::tx
