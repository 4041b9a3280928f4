// What accreditations of one institution come to beside each other: of several that cover a point
// the largest amount counts (docs/trust.md), so that a smaller or equal one within it says nothing
// until the larger one ends. Pure; any thread.
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

inline StandingAccreditation said_by(const ledger::tx::StatementContent& content) {
  const auto over_ms = content.valid_until_ms == 0 ? trust::kOpenEnd : content.valid_until_ms;
  return {content.scope, content.amount, content.depth, content.valid_from_ms, over_ms};
}

// Whether it says all that the other one says, for as long and with no less: beside it the other
// one changes nothing.
inline bool covers(const StandingAccreditation& standing, const StandingAccreditation& other) {
  return standing.amount >= other.amount && standing.depth >= other.depth &&
         standing.from_ms <= other.from_ms && standing.over_ms >= other.over_ms &&
         trust::contains(standing.scope, other.scope);
}

// Whether it covers all of the new one, and with more.
inline bool outweighs(const StandingAccreditation& standing,
                      const ledger::tx::StatementContent& content) {
  return standing.amount > content.amount && covers(standing, said_by(content));
}

// Whether the new one counts in its place, where both hold.
inline bool takes_over(const ledger::tx::StatementContent& content,
                       const StandingAccreditation& standing) {
  const auto fresh = said_by(content);
  return fresh.amount > standing.amount && fresh.depth >= standing.depth &&
         fresh.from_ms < standing.over_ms && standing.from_ms < fresh.over_ms &&
         trust::contains(fresh.scope, standing.scope);
}

}  // namespace testamur::wallet
