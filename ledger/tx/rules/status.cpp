// Changing statuses. An issue key moves a credential between valid and suspended, and to revoked or
// superseded, which are final for it. After an issue key was stolen the issuer's root may for a
// while set again what became final since the compromise: finality binds issue keys only.
#include <algorithm>

#include "ledger/log.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/rules/rules.h"

namespace testamur::ledger::tx::rules {

namespace {

Rejection refuse(const Transaction& transaction, RejectionCode code, std::string detail,
                 std::optional<std::uint64_t> index = std::nullopt) {
  return {code, std::string(name(transaction.kind())), std::move(detail), index};
}

CredentialStatus status_of(StatusAction action) {
  switch (action) {
    case StatusAction::kRevoke: return CredentialStatus::kRevoked;
    case StatusAction::kSuspend: return CredentialStatus::kSuspended;
    case StatusAction::kSupersede: return CredentialStatus::kSuperseded;
    case StatusAction::kReinstate: break;
  }
  return CredentialStatus::kValid;
}

// ---- which indexes

// Adds one index to ascending runs, joining neighbours.
void add_index(std::vector<IndexRun>& runs, std::uint64_t index) {
  if (!runs.empty() && runs.back().first + runs.back().count == index) {
    ++runs.back().count;
  } else {
    runs.push_back({index, 1});
  }
}

std::vector<IndexRun> runs_of(const std::vector<IssuerIndex>& indexes) {
  std::vector<IndexRun> runs;
  for (const auto index : indexes) add_index(runs, index.value);
  return runs;
}

std::vector<IndexRun> runs_of(const std::vector<IndexRangeContent>& ranges) {
  std::vector<IndexRun> runs;
  for (const auto& range : ranges) runs.push_back({range.first.value, range.count});
  return runs;
}

std::vector<IndexRun> runs_of(const IndexBitmap& bitmap) {
  std::vector<IndexRun> runs;
  for (std::size_t i = 0; i < bitmap.bits.size() * 8; ++i) {
    if ((bitmap.bits[i / 8] >> (i % 8) & 1U) != 0) add_index(runs, bitmap.first.value + i);
  }
  return runs;
}

// ---- by an issue key

StatusTransition transition_of(StatusAction action) {
  StatusTransition transition;
  transition.to = status_of(action);
  if (action != StatusAction::kSuspend) transition.allow(CredentialStatus::kSuspended);
  if (action != StatusAction::kReinstate) transition.allow(CredentialStatus::kValid);
  return transition;
}

RejectionCode code_of(const StatusRefusal& refused, StatusAction action) {
  if (!refused.current) return RejectionCode::kUnknownIndex;
  switch (*refused.current) {
    case CredentialStatus::kRevoked:
    case CredentialStatus::kSuperseded: return RejectionCode::kStatusFinal;
    case CredentialStatus::kValid:
    case CredentialStatus::kSuspended: break;
  }
  return action == StatusAction::kReinstate ? RejectionCode::kReinstateNotSuspended
                                            : RejectionCode::kStatusUnchanged;
}

// ---- by the root

// The earliest time since which an issue key of the issuer counts as compromised, among those of
// which it was said recently enough.
std::optional<std::uint64_t> compromised_since(const StateView& view, const InstitutionId& issuer) {
  std::optional<std::uint64_t> earliest;
  for (const auto& id : keys_of(view.state, issuer)) {
    const auto* key = view.key(id);
    if (!key->retired || key->purpose != KeyPurpose::kIssue) continue;
    if (!key->stolen) continue;
    const auto stolen = read_key(view.state, id)->stolen;
    const auto age_ms = view.time_ms - stolen->at.time_ms;
    if (age_ms > view.limit(Parameter::kCompromiseWindowMs)) continue;
    const auto since_ms = stolen->compromised_since_ms;
    earliest = std::min(earliest.value_or(since_ms), since_ms);
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

StatusTransition recovery_to(CredentialStatus to) {
  StatusTransition transition;
  transition.to = to;
  for (const auto from : {CredentialStatus::kRevoked, CredentialStatus::kSuperseded}) {
    if (from != to) transition.allow(from);
  }
  return transition;
}

std::optional<Rejection> check_recovery(const StateView& view, const Transaction& transaction,
                                        const StatusChangeContent& content,
                                        std::span<const IndexRun> runs, Plan& plan) {
  if (content.reason != StatusReason::kKeyCompromise) {
    return Rejection{RejectionCode::kReasonNotAllowed,
                     path_of(transaction, "reason"),
                     "a root signs key_compromise only",
                     {}};
  }
  const auto& issuer = transaction.author();
  const auto since_ms = compromised_since(view, issuer);
  if (!since_ms) return refuse(transaction, RejectionCode::kNoCompromise, "");

  const auto slots = slot_count(content);
  if (slots > kRecoverySlotsLimit) {
    return refuse(transaction, RejectionCode::kLimit,
                  std::to_string(slots) + " slots, a root changes at most " +
                      std::to_string(kRecoverySlotsLimit));
  }

  // What was final before the theft, the thief did not do: it stays final for the root as well.
  for (const auto& run : runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      if (is_final_since(view, issuer, IssuerIndex{run.first + i}, *since_ms)) continue;
      return refuse(transaction, RejectionCode::kNotSinceCompromise, "", run.first + i);
    }
  }

  auto planned = view.pages().plan_status(issuer, runs, recovery_to(status_of(content.action)));
  if (const auto* refused = std::get_if<StatusRefusal>(&planned)) {
    return refuse(transaction, RejectionCode::kStatusUnchanged, "", refused->index);
  }
  plan = std::get<StatusPlan>(std::move(planned));
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const StatusChangeContent& content, Plan& plan) {
  const auto slots = slot_count(content);
  const auto limit = view.limit(Parameter::kStatusSlotsLimit);
  if (slots > limit) {
    return refuse(transaction, RejectionCode::kLimit,
                  std::to_string(slots) + " slots, at most " + std::to_string(limit));
  }

  const auto runs = std::visit([](const auto& target) { return runs_of(target); }, content.target);
  if (view.signer == KeyPurpose::kRoot) {
    return check_recovery(view, transaction, content, runs, plan);
  }
  auto planned =
      view.pages().plan_status(transaction.author(), runs, transition_of(content.action));
  if (const auto* refused = std::get_if<StatusRefusal>(&planned)) {
    return refuse(transaction, code_of(*refused, content.action), "", refused->index);
  }
  plan = std::get<StatusPlan>(std::move(planned));
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction&, const StatusChangeContent& content,
           const Plan& plan) {
  writer.set_status(plan, content.reason);
}

}  // namespace testamur::ledger::tx::rules
