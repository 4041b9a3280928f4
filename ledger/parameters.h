// The parameters of a ledger: every limit that execution obeys, read from the registry of the
// parent state.
//
// Canonical bytes: u16 count, then (u16 id, u64 value), ascending by id: every parameter of
// protocol version 1, and of those that came with later versions the ones that are not at their
// standard value. So a ledger that never set a later one keeps its bytes, and its digest, through
// every build; a standard value is permanent. The digest in the header is H_tag(parameters, bytes).
// Ids are permanent, append-only. docs/formats/parameters.md. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/result.h"
#include "ledger/state.h"

namespace testamur::ledger {

enum class Parameter : std::uint16_t {
  kBlockLimitBytes = 1,
  kBlockLimitWeight = 2,
  kValidityWindowMs = 3,
  kListedCommitmentsLimit = 4,
  kAnchoredRootsLimit = 5,
  kTransactionOverheadBytes = 6,
  kIssuerRangesLimit = 7,
  kTrustSlotsLimit = 8,
  kAccreditSlotsLimit = 9,
  kLiveStatementsLimit = 10,
  kAccreditorLiveStatementsLimit = 11,
  kStatementChangesPerDay = 12,
  kAccreditorStatementChangesPerDay = 13,
  kHeartbeatMs = 14,
  kStatusSlotsLimit = 15,
  kKeysPerInstitutionLimit = 16,
  kTransportOverlapMs = 17,
  kCompromiseWindowMs = 18,
  kRootReplacementDelayMs = 19,
  kRootVetoWindowMs = 20,
  kReadyLifetimeMs = 21,
  kReadyCheckpointAgeMs = 22,
  kOpenProposalsLimit = 23,
  kAuthorOpenProposalsLimit = 24,
  kVotingTimeLimitMs = 25,
  kEffectiveDelayLimitMs = 26,
  kAuthorBytesPerDay = 27,
};
inline constexpr std::uint16_t kParameterCount = 27;

struct ParameterRow {
  Parameter id;
  std::string_view name;  // as in genesis files: "block_limit_bytes"
  std::uint64_t standard;
  std::uint64_t least, most;  // bounds that a genesis record and governance obey
  std::uint16_t since = 1;    // the first protocol version in which it counts and can be set
};

// All rows, ascending by id.
std::span<const ParameterRow> parameter_rows();
const ParameterRow* find_parameter(std::string_view name);
// Precondition: a known id.
const ParameterRow& row_of(Parameter id);

class Parameters {
 public:
  // Every parameter at its standard value.
  Parameters();
  std::uint64_t operator[](Parameter id) const { return values_[static_cast<std::size_t>(id) - 1]; }
  // Fails outside the row's bounds.
  Status set(Parameter id, std::uint64_t value);
  auto operator<=>(const Parameters&) const = default;

 private:
  std::array<std::uint64_t, kParameterCount> values_;
};

Bytes encode(const Parameters& parameters);
// Strict: exactly the bytes that encode() gives, each value within its bounds.
Result<Parameters> decode_parameters(ByteView bytes);
Hash256 parameters_digest(const Parameters& parameters);

// Those in force in `state`. Precondition: `state` was begun by a genesis.
Parameters read_parameters(const StateReader& state);

}  // namespace testamur::ledger
