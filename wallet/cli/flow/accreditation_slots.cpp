#include "wallet/cli/flow/accreditation_slots.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

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

std::optional<std::uint16_t> free_accreditation_slot(const StatementsAnswer& answer,
                                                     std::uint64_t from_ms, std::uint64_t limit) {
  const auto slots = std::min<std::uint64_t>(limit, trust::kAccreditSlotsPerPair);
  const auto ends = ends_of(answer);

  // When the last accreditation of each slot is over; nothing for a slot that never had one.
  std::vector<std::optional<std::uint64_t>> over_ms(slots);
  for (const auto& view : answer.statements) {
    if (view.kind != trust::Kind::kAccredit || *view.slot >= slots) continue;

    auto until_ms = *view.valid_until_ms == 0 ? trust::kOpenEnd : *view.valid_until_ms;
    if (const auto end = ends.find(view.id); end != ends.end())
      until_ms = std::min(until_ms, end->second);

    auto& over = over_ms[*view.slot];
    over = std::max(over.value_or(0), until_ms);
  }

  auto found = std::ranges::find_if(over_ms, [](const auto& over) { return !over; });
  if (found == over_ms.end())
    found = std::ranges::find_if(over_ms, [&](const auto& over) { return *over <= from_ms; });
  if (found == over_ms.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - over_ms.begin());
}

}  // namespace testamur::wallet
