// What nodes answer, as plain values. registry_answers.h has what the registry says,
// governance_answers.h what the validators decide, trust_answers.h who says what of whom.
//
// An absent or unknown value stays unknown (wallet/verify/facts.h): an empty optional, an
// enumerator kUnknown, an id of zero, a flag that says so. Nothing here is proven yet:
// proven_facts.h and ledger_trust.h do that. Pure values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "ledger/log.h"
#include "ledger/proofs/merkle.h"
#include "trust/scope.h"
#include "wallet/client/shown.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

// An institution as it is named beside other facts.
struct PartyName {
  InstitutionId id;  // zero: nobody, or an id that cannot be read
  std::string name_now;
  std::string name_then;  // at the anchor of the fact beside which it stands
  std::string domain;
  std::string country;
  bool is_named() const { return !id.is_zero(); }
};

// Where something stands on the ledger.
struct AnchorAnswer {
  Height height;
  std::uint64_t time_ms = 0;
  LogIndex log_index;
};

// ---- verdicts

// A block and the proof that it is final, in the ledger's own encodings.
struct CheckpointAnswer {
  Bytes header;
  std::vector<Bytes> link_headers;
  Bytes certificate;
};

// Where a transaction stands in the log, with what proves it.
struct InclusionAnswer {
  std::optional<ledger::LogLeaf> leaf;
  ledger::merkle::Path path;
  std::optional<CheckpointAnswer> checkpoint;  // of the log that the path leads to
};

struct SlotAnswer {
  SlotRecord slot;
  std::vector<DecisionRecord> decisions;
  std::optional<AcceptanceRecord> acceptance;  // its viewpoint stands in the decisions
};
enum class Listing : std::uint8_t { kUnknown, kFound, kNotListed };
struct CheckAnswer {
  Listing listing = Listing::kUnknown;
  std::vector<SlotAnswer> slots;
  std::optional<AsOf> as_of;
  std::optional<CheckpointAnswer> checkpoint;
  Shown shown;
};

struct BulkSlotAnswer {
  PartyName issuer;
  AchievementId achievement;  // of a zero institution: not known
  IssuerIndex index;
  LedgerStatus status = LedgerStatus::kUnknown;
  LedgerStatus effective_status =
      LedgerStatus::kUnknown;  // the worst of the slot, its key and its issuer
  bool is_void = false;        // issued by a key at or after its compromise
  std::uint64_t anchor_time_ms = 0;
  Acceptance outcome = Acceptance::kUnknown;
};
struct BulkVerdictAnswer {
  Listing listing = Listing::kUnknown;
  std::vector<BulkSlotAnswer> slots;  // the worst of each issuer first
  std::uint64_t other_slots = 0;      // at least so many more list this commitment
};
struct BulkAnswer {
  std::vector<BulkVerdictAnswer> verdicts;  // one for each commitment, in the order of the question
  PartyName viewpoint;
  std::string policy_digest;
  std::optional<AsOf> as_of;
  Shown shown;
};

struct IssuerAnswer {
  std::optional<IssuerRecord> issuer;
  std::vector<KeyRecord> keys;
};

// ---- the ledger and the node

struct SetChangesAnswer {
  std::vector<Bytes> changes;
  Epoch epoch;       // of the next block
  Bytes checkpoint;  // the newest
};

struct PeerAnswer {
  PartyName institution;
  bool connected = false;
  std::optional<Height> finalized_height;  // none: it has not told the node that answers
  std::string last_error;
};
// Who answers and how it does, by its own word.
struct StatusAnswer {
  std::optional<ChainId> chain;
  std::vector<ChainId>
      continues;  // ledgers that ended for want of keys and go on here, oldest first
  PartyName institution;
  std::optional<AsOf> as_of;

  std::string role;  // "validator", …; empty: not known
  std::string software_version;
  std::uint32_t protocol_version = 0;
  std::uint64_t epoch = 0, view = 0;
  std::uint32_t validators = 0, quorum = 0, reachable = 0;
  std::uint64_t log_size = 0, commitments = 0, waiting = 0;
  std::vector<PeerAnswer> peers;
  std::vector<std::string> obstacles;  // why nothing moves, most important first

  std::string policy_digest;            // of its own policy; empty: not said
  std::string published_policy_digest;  // empty: none is published
  std::uint64_t policy_published_ms = 0;
  Shown shown;
};

enum class TransactionState : std::uint8_t {
  kUnknown,
  kPending,
  kCommitted,
  kRejected,
  kExpired,
  kNeverSeen
};
struct TransactionAnswer {
  TransactionState state = TransactionState::kUnknown;
  Bytes carried;  // empty: the node does not hold it any more
};

struct LogEntriesAnswer {
  std::vector<Bytes> leaves;
  std::uint64_t log_size = 0;
};

}  // namespace testamur::wallet
