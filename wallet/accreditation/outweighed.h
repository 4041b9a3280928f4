// When a new accreditation would not count beside one that stands: of several that cover a point
// the largest amount does (docs/trust.md), so that a smaller one within it says nothing until the
// larger one ends. Pure; any thread.
#pragma once

#include <cstdint>

#include "ledger/tx/content.h"
#include "trust/scope.h"
#include "trust/statement.h"

namespace testamur::wallet {

struct StandingAccreditation {
  const trust::Scope& scope;
  std::uint8_t amount = 0;
  std::uint8_t depth = 0;
  std::uint64_t from_ms = 0;
  std::uint64_t over_ms = trust::kOpenEnd;  // when it no longer holds
};

// Whether it covers all of the new one, with more, for as long.
inline bool outweighs(const StandingAccreditation& standing,
                      const ledger::tx::StatementContent& content) {
  const auto over_ms = content.valid_until_ms == 0 ? trust::kOpenEnd : content.valid_until_ms;
  return standing.amount > content.amount && standing.depth >= content.depth &&
         standing.from_ms <= content.valid_from_ms && standing.over_ms >= over_ms &&
         trust::contains(standing.scope, content.scope);
}

}  // namespace testamur::wallet
