#include "wallet/cli/flow/accreditation_slots.h"

#include <algorithm>
#include <set>

#include "wallet/accreditation/slots.h"

namespace testamur::wallet {
namespace {

// From when on each statement is ended by one that names it. An end that was annulled ends nothing.
std::map<trust::StatementId, std::uint64_t> ends_of(const StatementsAnswer& answer) {
  std::set<trust::StatementId> annulled;
  for (const auto& view : answer.statements) {
    if (view.kind == trust::Kind::kVoid) annulled.insert(view.names.begin(), view.names.end());
  }

  std::map<trust::StatementId, std::uint64_t> ends;
  for (const auto& view : answer.statements) {
    if (view.kind != trust::Kind::kEnd || annulled.contains(view.id)) continue;
    for (const auto& named : view.names) {
      const auto [at, fresh] = ends.emplace(named, *view.valid_from_ms);
      if (!fresh) at->second = std::min(at->second, *view.valid_from_ms);
    }
  }
  return ends;
}

}  // namespace

std::map<trust::StatementId, std::uint64_t> over_times(const StatementsAnswer& answer) {
  const auto ends = ends_of(answer);
  std::map<trust::StatementId, std::uint64_t> over_ms;
  for (const auto& view : answer.statements) {
    if (view.kind != trust::Kind::kAccredit) continue;
    auto until_ms = *view.valid_until_ms == 0 ? trust::kOpenEnd : *view.valid_until_ms;
    if (const auto end = ends.find(view.id); end != ends.end())
      until_ms = std::min(until_ms, end->second);
    over_ms[view.id] = until_ms;
  }
  return over_ms;
}

std::optional<std::uint16_t> free_accreditation_slot(const StatementsAnswer& answer,
                                                     std::uint64_t from_ms, std::uint64_t limit) {
  const auto over_ms = over_times(answer);
  AccreditationSlots slots;
  for (const auto& view : answer.statements) {
    if (view.kind == trust::Kind::kAccredit) slots.take(*view.slot, over_ms.at(view.id));
  }
  return slots.next(from_ms, std::min<std::uint64_t>(limit, trust::kAccreditSlotsPerPair));
}

Called<std::uint64_t> accreditation_slots_limit(Client& client) {
  auto answer = client.parameters();
  if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
  const auto& values = std::get<ParametersAnswer>(answer).values;
  const auto said = values.find("accredit_slots_limit");
  return said == values.end() ? std::uint64_t{trust::kAccreditSlotsPerPair}
                              : std::min<std::uint64_t>(said->second, trust::kAccreditSlotsPerPair);
}

}  // namespace testamur::wallet
