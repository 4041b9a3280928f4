#include "wallet/cli/flow/statement_periods.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "wallet/cli/description/render.h"

namespace testamur::wallet {
namespace {

struct Changes {
  std::map<trust::StatementId, std::uint64_t> ended_ms;
  std::set<trust::StatementId> annulled;
  std::set<trust::StatementId> unclear;  // named by what may end or annul them
};

// What later statements of the list say of earlier ones.
Changes changes_in(const StatementsAnswer& answer) {
  Changes changes;
  for (const auto& each : answer.statements) {
    if (each.kind == trust::Kind::kVoid)
      changes.annulled.insert(each.names.begin(), each.names.end());
  }

  for (const auto& each : answer.statements) {
    // An end that was annulled ends nothing; of several the earliest counts. One without a first
    // day, or a statement of an unknown kind, may have ended what it names long ago.
    if (changes.annulled.contains(each.id)) continue;
    if (!each.kind || (each.kind == trust::Kind::kEnd && !each.valid_from_ms))
      changes.unclear.insert(each.names.begin(), each.names.end());
    if (each.kind != trust::Kind::kEnd || !each.valid_from_ms) continue;
    // For everybody but its author an end says nothing of the time before its block.
    const auto ends_ms = std::max(*each.valid_from_ms, each.anchor ? each.anchor->time_ms : 0);
    for (const auto& named : each.names) {
      const auto [at, fresh] = changes.ended_ms.emplace(named, ends_ms);
      if (!fresh) at->second = std::min(at->second, ends_ms);
    }
  }
  return changes;
}

// Exclusive, by its own days alone.
std::uint64_t own_end(const StatementAnswer& statement) {
  const auto until_ms = statement.valid_until_ms.value_or(0);
  return until_ms == 0 ? trust::kOpenEnd : until_ms;
}

Hold hold_of(const AccreditationPeriod& period, std::uint64_t now_ms) {
  const auto& statement = period.statement;
  if (!statement.unknown_part().empty()) return Hold::kUnknown;

  const auto from_ms = *statement.valid_from_ms;
  if (own_end(statement) <= now_ms) return Hold::kEnded;

  // One that was ended before it began will never hold. A node that counts it all the same knows
  // more of the end than the list says: that its key was compromised, for example.
  const auto ended_ms = period.ended_ms.value_or(trust::kOpenEnd);
  if (period.annulled || ended_ms <= now_ms || ended_ms <= from_ms)
    return statement.in_force ? Hold::kUnknown : Hold::kEnded;
  if (from_ms > now_ms) return Hold::kLater;
  return statement.in_force ? Hold::kStands : Hold::kNotCounted;
}

}  // namespace

std::string_view to_text(Hold hold) {
  switch (hold) {
    case Hold::kStands: return "stands";
    case Hold::kLater: return "later";
    case Hold::kEnded: return "ended";
    case Hold::kNotCounted: return "not_counted";
    case Hold::kUnknown: break;
  }
  return "unknown";
}

std::vector<AccreditationPeriod> accreditation_periods(const StatementsAnswer& answer,
                                                       std::uint64_t now_ms) {
  const auto changes = changes_in(answer);
  std::vector<AccreditationPeriod> periods;

  for (const auto& statement : answer.statements) {
    // One of an unknown kind may be an accreditation.
    if (statement.kind && statement.kind != trust::Kind::kAccredit) continue;
    AccreditationPeriod period{statement, Hold::kUnknown, std::nullopt,
                               changes.annulled.contains(statement.id)};
    if (const auto end = changes.ended_ms.find(statement.id); end != changes.ended_ms.end())
      period.ended_ms = end->second;
    period.hold = changes.unclear.contains(statement.id) ? Hold::kUnknown : hold_of(period, now_ms);
    periods.push_back(std::move(period));
  }

  std::ranges::stable_sort(periods, [](const auto& a, const auto& b) {
    return std::tuple(a.hold, a.statement.valid_from_ms.value_or(0)) <
           std::tuple(b.hold, b.statement.valid_from_ms.value_or(0));
  });
  return periods;
}

namespace {

bool is_recognition(const StatementAnswer& statement) {
  return !statement.kind || *statement.kind == trust::Kind::kTrust ||
         *statement.kind == trust::Kind::kDistrust;
}

// Those that may stand in the slot, ends of it included, in the order of the ledger.
std::vector<const StatementAnswer*> in_slot(const StatementsAnswer& answer, std::uint16_t slot) {
  std::vector<const StatementAnswer*> found;
  for (const auto& each : answer.statements) {
    const bool empties = each.kind == trust::Kind::kEnd && each.names.empty();
    if ((is_recognition(each) || empties) && each.slot.value_or(slot) == slot)
      found.push_back(&each);
  }
  std::ranges::stable_sort(found, {}, [](const auto* each) {
    return each->anchor ? each->anchor->log_index : LogIndex{~std::uint64_t{0}};
  });
  return found;
}

}  // namespace

std::optional<StatementAnswer> trust_before(const StatementsAnswer& answer,
                                            const StatementAnswer& distrust, std::uint64_t at_ms) {
  if (distrust.kind != trust::Kind::kDistrust || !distrust.slot) return std::nullopt;
  const auto changes = changes_in(answer);
  const auto ordered = in_slot(answer, *distrust.slot);

  auto at =
      std::ranges::find_if(ordered, [&](const auto* each) { return each->id == distrust.id; });
  while (at != ordered.begin() && at != ordered.end()) {
    const auto& before = **--at;
    if (changes.annulled.contains(before.id) || before.kind == trust::Kind::kDistrust) continue;
    const auto until_ms = before.valid_until_ms.value_or(0);
    const bool is_over =
        (until_ms != 0 && until_ms <= at_ms) || changes.ended_ms.contains(before.id);
    if (before.kind != trust::Kind::kTrust || is_over) return std::nullopt;
    return before;
  }
  return std::nullopt;
}

Withdrawals withdrawals_in(const StatementsAnswer& ever) {
  // A slot is one of an author towards a subject.
  std::map<std::pair<InstitutionId, InstitutionId>, StatementsAnswer> by_pair;
  for (const auto& said : ever.statements)
    by_pair[{said.truster.id, said.subject.id}].statements.push_back(said);

  Withdrawals all;
  for (const auto& [pair, said] : by_pair) {
    for (const auto& period : accreditation_periods(said, 0)) {
      const auto& ended_ms = period.ended_ms;
      if (!period.annulled && ended_ms && *ended_ms < own_end(period.statement))
        all[period.statement.id] = {*ended_ms, false};
    }
    std::set<std::uint16_t> slots;
    for (const auto& each : said.statements) {
      if (each.slot && is_recognition(each)) slots.insert(*each.slot);
    }
    for (const auto slot : slots) {
      for (const auto& period : recognition_periods(said, slot, 0)) {
        if (period.over_ms < own_end(period.statement))
          all[period.statement.id] = {period.over_ms, period.replaced};
      }
    }
  }
  return all;
}

std::string statement_text(const StatementAnswer& statement, const Withdrawals& withdrawals) {
  std::string text = statement_text(statement);
  const auto found = withdrawals.find(statement.id);
  if (found == withdrawals.end()) return text;
  // Beside the days, and the id stays last.
  const auto id = text.rfind("  " + to_text(statement.id));
  return text.insert(std::min(id, text.size()),
                     (found->second.replaced ? ", replaced from " : ", withdrawn from ") +
                         date_text(found->second.from_ms) + " on");
}

bool was_recognized(const StatementsAnswer& answer, std::uint16_t slot) {
  return std::ranges::any_of(in_slot(answer, slot),
                             [](const auto* each) { return is_recognition(*each); });
}

std::vector<RecognitionPeriod> recognition_periods(const StatementsAnswer& answer,
                                                   std::uint16_t slot, std::uint64_t from_ms) {
  const auto changes = changes_in(answer);
  const auto ordered = in_slot(answer, slot);
  std::vector<RecognitionPeriod> periods;

  for (std::size_t i = 0; i < ordered.size(); ++i) {
    const auto& statement = *ordered[i];
    if (!is_recognition(statement) || changes.annulled.contains(statement.id)) continue;

    RecognitionPeriod period{statement, statement.valid_from_ms.value_or(0), own_end(statement)};
    if (const auto end = changes.ended_ms.find(statement.id); end != changes.ended_ms.end())
      period.over_ms = std::min(period.over_ms, end->second);
    // What comes later in the ledger governs from its own first day on.
    for (std::size_t later = i + 1; later < ordered.size(); ++later) {
      const auto& next_ms = ordered[later]->valid_from_ms;
      if (!next_ms || *next_ms >= period.over_ms) continue;
      period.over_ms = *next_ms;
      period.replaced = is_recognition(*ordered[later]);
    }
    if (std::max(period.from_ms, from_ms) < period.over_ms) periods.push_back(std::move(period));
  }
  return periods;
}

}  // namespace testamur::wallet
