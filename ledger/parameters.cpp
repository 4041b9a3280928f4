// The table of parameters and their canonical bytes. Invariants: a Parameters object never holds a
// value out of its bounds; one set of values has one encoding, in which later parameters stand only
// where they differ from the standard (decision 1122), so that ledgers of earlier versions keep
// their digests.
#include "ledger/parameters.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger {

namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kMinuteMs = 60'000;
constexpr std::uint64_t kHourMs = 60 * kMinuteMs;
constexpr std::uint64_t kDayMs = 24 * kHourMs;

constexpr std::array<ParameterRow, kParameterCount> kRows = {{
    {Parameter::kBlockLimitBytes, "block_limit_bytes", 2048 * kKiB, 1024 * kKiB, 2048 * kKiB},
    {Parameter::kBlockLimitWeight, "block_limit_weight", 200'000, 20'000, 10'000'000},
    {Parameter::kValidityWindowMs, "validity_window_ms", kHourMs, 10 * kMinuteMs, kDayMs},
    {Parameter::kListedCommitmentsLimit, "listed_commitments_limit", 16'384, 1, 16'384},
    {Parameter::kAnchoredRootsLimit, "anchored_roots_limit", 8'192, 1, 8'192},
    {Parameter::kTransactionOverheadBytes, "transaction_overhead_bytes", 4 * kKiB, kKiB, 64 * kKiB},
    {Parameter::kIssuerRangesLimit, "issuer_ranges_limit", 1'024, 16, 1'024},
    {Parameter::kTrustSlotsLimit, "trust_slots_limit", 16, 1, 16},
    {Parameter::kAccreditSlotsLimit, "accredit_slots_limit", 4'096, 1, 4'096},
    {Parameter::kLiveStatementsLimit, "live_statements_limit", 20'000, 1, 1'000'000},
    {Parameter::kAccreditorLiveStatementsLimit, "accreditor_live_statements_limit", 2'000'000, 1,
     100'000'000},
    {Parameter::kStatementChangesPerDay, "statement_changes_per_day", 1'000, 1, 1'000'000},
    {Parameter::kAccreditorStatementChangesPerDay, "accreditor_statement_changes_per_day", 100'000,
     1, 100'000'000},
    {Parameter::kHeartbeatMs, "heartbeat_ms", 30'000, 100, kHourMs},
    {Parameter::kStatusSlotsLimit, "status_slots_limit", 65'536, 1, 1'048'576},
    {Parameter::kKeysPerInstitutionLimit, "keys_per_institution_limit", 256, 8, 65'536},
    {Parameter::kTransportOverlapMs, "transport_overlap_ms", 30 * kDayMs, 0, 365 * kDayMs},
    {Parameter::kCompromiseWindowMs, "compromise_window_ms", 90 * kDayMs, kDayMs, 3650 * kDayMs},
    {Parameter::kRootReplacementDelayMs, "root_replacement_delay_ms", 7 * kDayMs, kHourMs,
     365 * kDayMs},
    {Parameter::kRootVetoWindowMs, "root_veto_window_ms", 90 * kDayMs, kDayMs, 3650 * kDayMs},
    {Parameter::kReadyLifetimeMs, "ready_lifetime_ms", 30 * kDayMs, kHourMs, 365 * kDayMs},
    {Parameter::kReadyCheckpointAgeMs, "ready_checkpoint_age_ms", 10 * kMinuteMs, kMinuteMs,
     kDayMs},
    {Parameter::kOpenProposalsLimit, "open_proposals_limit", 64, 1, 256},
    {Parameter::kAuthorOpenProposalsLimit, "author_open_proposals_limit", 8, 1, 64},
    {Parameter::kVotingTimeLimitMs, "voting_time_limit_ms", 90 * kDayMs, kHourMs, 365 * kDayMs},
    {Parameter::kEffectiveDelayLimitMs, "effective_delay_limit_ms", 365 * kDayMs, kHourMs,
     3650 * kDayMs},
    {Parameter::kAuthorBytesPerDay, "author_bytes_per_day", 128 * kMiB, kMiB, 1024 * 1024 * kMiB,
     3},
}};

// Whether it stands in the canonical bytes.
bool is_written(const ParameterRow& row, const Parameters& parameters) {
  return row.since == 1 || parameters[row.id] != row.standard;
}

}  // namespace

const ParameterRow& row_of(Parameter id) { return kRows.at(static_cast<std::size_t>(id) - 1); }

std::span<const ParameterRow> parameter_rows() { return kRows; }

const ParameterRow* find_parameter(std::string_view name) {
  const auto* found = std::ranges::find(kRows, name, &ParameterRow::name);
  return found == kRows.end() ? nullptr : found;
}

Parameters::Parameters() {
  for (std::size_t i = 0; i < kRows.size(); ++i) values_[i] = kRows[i].standard;
}

Status Parameters::set(Parameter id, std::uint64_t value) {
  const auto& row = row_of(id);
  if (value < row.least || value > row.most) {
    return error("the parameter " + std::string(row.name) + " is " + std::to_string(value) +
                 ", not within " + std::to_string(row.least) + " and " + std::to_string(row.most));
  }
  values_[static_cast<std::size_t>(id) - 1] = value;
  return {};
}

Bytes encode(const Parameters& parameters) {
  const auto count = std::ranges::count_if(
      kRows, [&](const ParameterRow& row) { return is_written(row, parameters); });

  Encoder out;
  out.u16(static_cast<std::uint16_t>(count));
  for (const auto& row : kRows) {
    if (is_written(row, parameters))
      out.u16(static_cast<std::uint16_t>(row.id)).u64(parameters[row.id]);
  }
  return out.take();
}

Result<Parameters> decode_parameters(ByteView bytes) {
  Decoder in(bytes);
  Parameters parameters;
  const auto count = in.u16();
  if (count > kParameterCount)
    return error("the parameters are more than those that this version knows");
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    const auto id = in.u16();
    if (id == 0 || id > kParameterCount)
      return error("parameter " + std::to_string(id) + " is not known");
    TM_TRY_STATUS(parameters.set(static_cast<Parameter>(id), in.u64()));
  }
  if (!in.finished()) return error("the parameters are truncated or have bytes behind them");

  // One set of values has one form: anything missing, repeated, out of order or written needlessly
  // shows here.
  if (!equal(encode(parameters), bytes))
    return error("the parameters are not in their canonical form");
  return parameters;
}

Hash256 parameters_digest(const Parameters& parameters) {
  return tags::kParameters(encode(parameters));
}

Parameters read_parameters(const StateReader& state) {
  const auto record = Registry(state).latest(
      {static_cast<std::uint16_t>(tx::RegistryKind::kParameters), tx::registry_id_of_parameters()});
  TM_CHECK(record, "a state without parameters was not begun by a genesis");
  auto parameters = decode_parameters(record->body);
  TM_CHECK(parameters.ok(), "the parameters in the registry are damaged:", parameters.message());
  return *parameters;
}

}  // namespace testamur::ledger
