// Changing statuses. An issue key moves a credential between valid and suspended, and to revoked or
// superseded, which are final for it. After an issue key was stolen the issuer's root may for a
// while set again what became final since the compromise: finality binds issue keys only.
#include <algorithm>
#include <limits>

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

// The time in which a thief may have changed statuses: since the theft, and until the key retired,
// which ends it.
struct Theft {
  std::uint64_t since_ms = 0;
  std::uint64_t until_ms = 0;
};

// Of the issuer's issue keys, of which it was said recently enough.
std::vector<Theft> recent_thefts(const StateView& view, const InstitutionId& issuer) {
  std::vector<Theft> thefts;
  for (const auto& id : keys_of(view.state, issuer)) {
    const auto* key = view.key(id);
    if (!key->retired || key->purpose != KeyPurpose::kIssue || !key->stolen) continue;
    const auto state = read_key(view.state, id);
    const auto age_ms = view.time_ms - state->stolen->at.time_ms;
    if (age_ms > view.limit(Parameter::kCompromiseWindowMs)) continue;

    // Before, what the keys after it had made final counted as the thief's as well.
    const bool ends = view.protocol_version >= kLateTheftSince;
    thefts.push_back(
        {state->stolen->compromised_since_ms,
         ends ? state->retired->at.time_ms : std::numeric_limits<std::uint64_t>::max()});
  }
  return thefts;
}

bool is_final_by(const StateView& view, const InstitutionId& issuer, IssuerIndex index,
                 const std::vector<Theft>& thefts) {
  const auto pages = view.pages();
  const auto slot = pages.find(issuer, index);
  if (!slot) return false;
  const auto status = pages.status(*slot);
  if (status != CredentialStatus::kRevoked && status != CredentialStatus::kSuperseded) return false;
  const auto time_ms = Log(view.state).leaf(pages.last_change(*slot)->log_index)->time_ms;
  return std::ranges::any_of(thefts, [time_ms](const Theft& theft) {
    return time_ms >= theft.since_ms && time_ms <= theft.until_ms;
  });
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
  const auto thefts = recent_thefts(view, issuer);
  if (thefts.empty()) return refuse(transaction, RejectionCode::kNoCompromise, "");

  const auto slots = slot_count(content);
  if (slots > kRecoverySlotsLimit) {
    return refuse(transaction, RejectionCode::kLimit,
                  std::to_string(slots) + " slots, a root changes at most " +
                      std::to_string(kRecoverySlotsLimit));
  }

  // What was final before the theft, or became so after it, the thief did not do: it stays final
  // for the root as well.
  for (const auto& run : runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      if (is_final_by(view, issuer, IssuerIndex{run.first + i}, thefts)) continue;
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
