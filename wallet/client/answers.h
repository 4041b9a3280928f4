// What nodes answer, as plain values: everything from which a verdict, or trust in a ledger, is
// decided.
//
// An absent or unknown value stays unknown (wallet/verify/facts.h); what cannot be read at all is
// an empty optional. Nothing here is proven yet: proven_facts.h and ledger_trust.h do that. Pure
// values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "ledger/merkle.h"
#include "trust/scope.h"
#include "wallet/keystore/strict_json.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

// Who answers, by its own word.
struct StatusAnswer {
  std::optional<ChainId> chain;
  std::vector<ChainId> continues;
  std::string institution;
};

// A block and the proof that it is final, in the ledger's own encodings.
struct CheckpointAnswer {
  Bytes header;
  std::vector<Bytes> link_headers;
  Bytes certificate;
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
  Json shown;  // the whole answer, to be printed and for nothing else
};

struct IssuerAnswer {
  std::optional<IssuerRecord> issuer;
  std::vector<KeyRecord> keys;
};

struct AchievementAnswer {
  AchievementRecord record;
  trust::ScopePoint point;
  bool point_known = false;  // every word of the scope was understood
  std::vector<InstitutionId> teaches, assesses, awarding_bodies;
};

struct SetChangesAnswer {
  std::vector<Bytes> changes;
  Epoch epoch;       // of the next block
  Bytes checkpoint;  // the newest
};

}  // namespace testamur::wallet
