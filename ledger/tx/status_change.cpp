#include "ledger/tx/status_change.h"

#include <algorithm>
#include <bit>

#include "ledger/tx/form_check.h"
#include "ledger/tx/status_recovery.h"
#include "testamur/v1/transaction.pb.h"

namespace testamur::ledger::tx::status_change {

namespace {

using Message = v1::StatusChange;

// Bounds of the form; the ledger's parameter bounds the slots.
constexpr std::size_t kListLimitEntries = 65'536;
constexpr std::size_t kBitmapLimitBytes = 131'072;

StatusAction action_of(const Message& message) {
  return static_cast<StatusAction>(message.action());
}

void check_run(FormCheck& check, const std::string& field, std::uint64_t first,
               std::uint64_t count) {
  check.require(count > 0, RejectionCode::kFieldMissing, field + ".count")
      .require(first <= ~std::uint64_t{0} - count, RejectionCode::kIndexOverflow, field);
}

void check_list(FormCheck& check, const v1::IndexList& list) {
  const std::string field = "status_change.list.indexes";
  check.number(field, static_cast<std::uint64_t>(list.indexes_size()), 1, kListLimitEntries);
  for (int i = 1; i < list.indexes_size(); ++i) {
    check.require(list.indexes(i - 1) < list.indexes(i), RejectionCode::kNotSorted, field);
    if (check.failed()) return;
  }
  if (list.indexes_size() > 0) {
    check.require(list.indexes(list.indexes_size() - 1) != ~std::uint64_t{0},
                  RejectionCode::kIndexOverflow, field);
  }
}

void check_ranges(FormCheck& check, const v1::IndexRanges& ranges) {
  const std::string field = "status_change.ranges.ranges";
  check.number(field, static_cast<std::uint64_t>(ranges.ranges_size()), 1, kListLimitEntries);
  std::uint64_t end = 0;
  for (int i = 0; i < ranges.ranges_size() && !check.failed(); ++i) {
    const auto& range = ranges.ranges(i);
    const auto path = FormCheck::element(field, static_cast<std::size_t>(i));
    check_run(check, path, range.first(), range.count());
    check.require(i == 0 || range.first() >= end, RejectionCode::kNotSorted, path,
                  "ranges ascend and are disjoint");
    end = range.first() + range.count();
  }
}

void check_bulk(FormCheck& check, const v1::IndexBulk& bulk) {
  const std::string field = "status_change.bulk";
  const auto& bitmap = bulk.bitmap();
  check.number(field + ".bitmap", bitmap.size(), 1, kBitmapLimitBytes);
  if (check.failed()) return;
  check.require(bitmap.back() != '\0', RejectionCode::kFieldRange, field + ".bitmap",
                "the last byte is not zero");
  check_run(check, field, bulk.first(), bitmap.size() * 8);
}

// Adds one index to ascending runs, joining neighbours.
void add_index(std::vector<IndexRun>& runs, std::uint64_t index) {
  if (!runs.empty() && runs.back().first + runs.back().count == index) {
    ++runs.back().count;
  } else {
    runs.push_back({index, 1});
  }
}

std::vector<IndexRun> runs_of(const Message& message) {
  std::vector<IndexRun> runs;
  if (message.has_list()) {
    for (const auto index : message.list().indexes()) add_index(runs, index);
  } else if (message.has_ranges()) {
    for (const auto& range : message.ranges().ranges())
      runs.push_back({range.first(), range.count()});
  } else {
    const auto bitmap = as_bytes(message.bulk().bitmap());
    for (std::size_t i = 0; i < bitmap.size() * 8; ++i) {
      if ((bitmap[i / 8] >> (i % 8) & 1U) != 0) add_index(runs, message.bulk().first() + i);
    }
  }
  return runs;
}

std::uint64_t slots_of(const Message& message) {
  std::uint64_t slots = 0;
  const auto add = [&](std::uint64_t more) {
    slots = more > ~std::uint64_t{0} - slots ? ~std::uint64_t{0} : slots + more;
  };
  if (message.has_list()) add(static_cast<std::uint64_t>(message.list().indexes_size()));
  for (const auto& range : message.ranges().ranges()) add(range.count());
  for (const auto byte : as_bytes(message.bulk().bitmap()))
    add(static_cast<unsigned>(std::popcount(byte)));
  return slots;
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

// What an issue key may do.
StatusTransition transition_of(StatusAction action) {
  StatusTransition transition;
  transition.to = status_of(action);
  if (action != StatusAction::kSuspend) transition.allow(CredentialStatus::kSuspended);
  if (action != StatusAction::kReinstate) transition.allow(CredentialStatus::kValid);
  return transition;
}

Rejection refusal(const StatusRefusal& refused, StatusAction action) {
  Rejection rejection{RejectionCode::kUnknownIndex, "status_change", "", refused.index};
  if (!refused.current) return rejection;
  switch (*refused.current) {
    case CredentialStatus::kRevoked:
    case CredentialStatus::kSuperseded: rejection.code = RejectionCode::kStatusFinal; break;
    case CredentialStatus::kValid:
    case CredentialStatus::kSuspended:
      rejection.code = action == StatusAction::kReinstate ? RejectionCode::kReinstateNotSuspended
                                                          : RejectionCode::kStatusUnchanged;
      break;
  }
  return rejection;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  const auto& message = body.status_change();
  FormCheck check;
  check.require(message.action() != 0, RejectionCode::kFieldMissing, "status_change.action")
      .require(message.reason() != 0, RejectionCode::kFieldMissing, "status_change.reason")
      .require(message.target_case() != Message::TARGET_NOT_SET, RejectionCode::kFieldMissing,
               "status_change.target");
  const auto reason = static_cast<StatusReason>(message.reason());
  const bool fits = action_of(message) != StatusAction::kReinstate ||
                    reason == StatusReason::kCorrection || reason == StatusReason::kWithdrawn ||
                    reason == StatusReason::kKeyCompromise;
  check.require(
      fits, RejectionCode::kReasonNotAllowed, "status_change.reason",
      "a reinstatement is a correction, withdraws its reason, or follows a key compromise");
  if (message.has_list()) check_list(check, message.list());
  if (message.has_ranges()) check_ranges(check, message.ranges());
  if (message.has_bulk()) check_bulk(check, message.bulk());
  return check.result();
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan) {
  const auto& message = transaction.message().status_change();
  const auto slots = slots_of(message);
  const auto limit = view.limit(Parameter::kStatusSlotsLimit);
  if (slots > limit) {
    return Rejection{RejectionCode::kLimit,
                     "status_change",
                     std::to_string(slots) + " slots, at most " + std::to_string(limit),
                     {}};
  }
  const auto runs = runs_of(message);
  if (view.signer == KeyPurpose::kRoot) {
    if (message.reason() != v1::STATUS_REASON_KEY_COMPROMISE) {
      return Rejection{RejectionCode::kReasonNotAllowed,
                       "status_change.reason",
                       "a root signs key_compromise only",
                       {}};
    }
    return status_recovery::plan(view, transaction.author(), runs, slots,
                                 status_of(action_of(message)), plan.status);
  }
  auto planned =
      view.pages().plan_status(transaction.author(), runs, transition_of(action_of(message)));
  if (const auto* refused = std::get_if<StatusRefusal>(&planned))
    return refusal(*refused, action_of(message));
  plan.status = std::get<StatusPlan>(std::move(planned));
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan) {
  writer.set_status(plan.status,
                    static_cast<StatusReason>(transaction.message().status_change().reason()));
}

std::uint64_t weight(const v1::TransactionBody& body) {
  const auto& message = body.status_change();
  const auto slots = std::min<std::uint64_t>(slots_of(message), std::uint64_t{1} << 40U);
  // A change by the root reads the history of every slot; who signs, the body does not say.
  const bool recovery =
      message.reason() == v1::STATUS_REASON_KEY_COMPROMISE && slots <= status_recovery::kSlotsLimit;
  if (recovery) return slots * 2 * kWeightPage;
  // In the worst case every slot of a list lies in a page of its own.
  if (message.has_list()) return slots * kWeightPage;
  return slots +
         (slots / kPageSlots + static_cast<std::uint64_t>(message.ranges().ranges_size()) + 2) *
             kWeightPage;
}

}  // namespace testamur::ledger::tx::status_change
