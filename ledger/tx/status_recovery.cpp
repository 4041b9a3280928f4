#include "ledger/tx/status_recovery.h"

#include <algorithm>

#include "ledger/log.h"

namespace testamur::ledger::tx::status_recovery {

namespace {

// The earliest time since which an issue key of the issuer counts as compromised, among the
// retirements that are recent enough.
std::optional<std::uint64_t> compromised_since(const StateView& view, const InstitutionId& issuer) {
  std::optional<std::uint64_t> earliest;
  for (const auto& id : keys_of(view.state, issuer)) {
    const auto* key = view.key(id);
    if (!key->retired || key->purpose != KeyPurpose::kIssue) continue;
    const auto retired = read_key(view.state, id)->retired;
    const bool recent =
        view.time_ms - retired->at.time_ms <= view.limit(Parameter::kCompromiseWindowMs);
    if (!recent || retired->compromised_since_ms == 0) continue;
    earliest =
        std::min(earliest.value_or(retired->compromised_since_ms), retired->compromised_since_ms);
  }
  return earliest;
}

bool is_final_since(const StateView& view, const InstitutionId& issuer, IssuerIndex index,
                    std::uint64_t since_ms) {
  const auto pages = view.pages();
  const auto slot = pages.find(issuer, index);
  if (!slot) return false;
  const auto status = pages.status(*slot);
  const bool final =
      status == CredentialStatus::kRevoked || status == CredentialStatus::kSuperseded;
  return final && Log(view.state).leaf(pages.last_change(*slot)->log_index)->time_ms >= since_ms;
}

}  // namespace

std::optional<Rejection> plan(const StateView& view, const InstitutionId& issuer,
                              std::span<const IndexRun> runs, std::uint64_t slots,
                              CredentialStatus to, StatusPlan& planned) {
  const auto since_ms = compromised_since(view, issuer);
  if (!since_ms) return Rejection{RejectionCode::kNoCompromise, "status_change", "", {}};
  if (slots > kSlotsLimit) {
    return Rejection{
        RejectionCode::kLimit,
        "status_change",
        std::to_string(slots) + " slots, a root changes at most " + std::to_string(kSlotsLimit),
        {}};
  }
  for (const auto& run : runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      if (is_final_since(view, issuer, IssuerIndex{run.first + i}, *since_ms)) continue;
      return Rejection{RejectionCode::kNotSinceCompromise, "status_change", "", run.first + i};
    }
  }
  StatusTransition transition;
  transition.to = to;
  for (const auto from : {CredentialStatus::kRevoked, CredentialStatus::kSuperseded}) {
    if (from != to) transition.allow(from);
  }
  auto result = view.pages().plan_status(issuer, runs, transition);
  if (const auto* refused = std::get_if<StatusRefusal>(&result)) {
    return Rejection{RejectionCode::kStatusUnchanged, "status_change", "", refused->index};
  }
  planned = std::get<StatusPlan>(std::move(result));
  return std::nullopt;
}

}  // namespace testamur::ledger::tx::status_recovery
