// Typed readers of what the registry holds: institutions, keys, achievements and statements.
//
// Each has a history of immutable records (seq from 1; ledger/registry.h) whose bodies these
// functions encode and decode (docs/formats/kinds.md gives the bytes). `Anchored` says where a
// record stands. Listing functions walk unauthenticated tables in ledger order, so that a node can
// load everything once and follow by asking for what is new. Pure; any thread that may read the
// given state.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/state.h"
#include "ledger/tx/facts.h"

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
                   // (ledger/tx/governance_records.h)
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
struct Anchored {
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

struct InstitutionRecord {
  Anchored at;
  Cause cause;
  InstitutionId id;
  InstitutionClass institution_class = InstitutionClass::kIssuer;
  Standing standing = Standing::kGood;
  std::uint8_t root_threshold = 1;
  bool retroactive =
      false;              // this record takes the role of accreditor as if it had never been held
  InstitutionId sponsor;  // zero: none
  InstitutionFacts facts;
};

enum class KeyEvent : std::uint8_t { kAdded = 1, kRetired = 2 };
struct KeyRecord {
  Anchored at;
  Cause cause;
  KeyId id;
  KeyEvent event = KeyEvent::kAdded;
  InstitutionId institution;
  KeyPurpose purpose = KeyPurpose::kRoot;
  PublicKey key;
  std::uint64_t compromised_since_ms = 0;  // of a retirement; 0: none
};

enum class AchievementEvent : std::uint8_t { kPublished = 1, kCosigned = 2, kRetired = 3 };
struct AchievementRecord {
  Anchored at;
  Cause cause;
  AchievementId id;
  AchievementEvent event = AchievementEvent::kPublished;
  InstitutionId actor;         // who published, co-signed or retired
  AchievementContent content;  // of a publication; empty otherwise
};

struct StatementRecord {
  Anchored at;
  Cause cause;
  TransactionId id;  // of the statement = its transaction
  InstitutionId truster;
  StatementContent content;  // names its subject, kind, slot, scope and interval
};

// Body bytes of a registry record. Decoders are strict; they take the id from the registry key.
Bytes encode(const InstitutionRecord& record);
Bytes encode(const KeyRecord& record);
Bytes encode(const AchievementRecord& record);
Bytes encode(const StatementRecord& record);
Result<InstitutionRecord> decode_institution(const InstitutionId& id, const Anchored& at,
                                             ByteView body);
Result<KeyRecord> decode_key(const KeyId& id, const Anchored& at, ByteView body);
Result<AchievementRecord> decode_achievement(const AchievementId& id, const Anchored& at,
                                             ByteView body);
Result<StatementRecord> decode_statement(const InstitutionId& truster, const InstitutionId& subject,
                                         const Anchored& at, ByteView body);

// The newest record, or every one, oldest first; nothing / empty when there is none.
std::optional<InstitutionRecord> read_institution(const StateReader& state,
                                                  const InstitutionId& id);
std::vector<InstitutionRecord> institution_history(const StateReader& state,
                                                   const InstitutionId& id);
// The record of that number. Precondition: there is one.
InstitutionRecord institution_record(const StateReader& state, const InstitutionId& id,
                                     std::uint64_t seq);
// The record in force at a height.
std::optional<InstitutionRecord> institution_at(const StateReader& state, const InstitutionId& id,
                                                Height height);

// A key and what became of it.
struct KeyState {
  KeyRecord added;
  std::optional<KeyRecord> retired;
};
std::optional<KeyState> read_key(const StateReader& state, const KeyId& id);
// In the order in which they were added.
std::vector<KeyId> keys_of(const StateReader& state, const InstitutionId& institution);

// A version of an achievement: its publication, who co-signed, and when it was retired.
struct AchievementState {
  AchievementRecord published;
  std::vector<InstitutionId> cosigned_by;  // besides the publisher, in ledger order
  std::optional<AchievementRecord> retired;
  bool complete() const;  // all awarding bodies have signed
};
std::optional<AchievementState> read_achievement(const StateReader& state, const AchievementId& id);

// All that `truster` has said of `subject`, in ledger order.
std::vector<StatementRecord> statements_between(const StateReader& state,
                                                const InstitutionId& truster,
                                                const InstitutionId& subject);
std::optional<StatementRecord> read_statement(const StateReader& state, const TransactionId& id);

// Listing in ledger order, by ordinal from 0: read entries [count seen before, count now) to
// follow.
std::uint64_t institution_count(const StateReader& state);
InstitutionId institution_at_ordinal(const StateReader& state, std::uint64_t ordinal);
std::uint64_t achievement_count(const StateReader& state);
AchievementId achievement_at_ordinal(const StateReader& state, std::uint64_t ordinal);
std::uint64_t statement_count(const StateReader& state);
StatementRecord statement_at_ordinal(const StateReader& state, std::uint64_t ordinal);
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
