// What the four kinds of succession have in common. Private to ledger/.
//
// A succession takes effect when all its parties have agreed: each sends the same message in its
// own name, signed by its roots; an agreement counts for kConsentMs. Where a predecessor's root is
// gone, a vote stands for the predecessors (check_voted, apply_voted); successors always agree
// themselves, because distrust follows to them without end.
#pragma once

#include "ledger/tx/content.h"
#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::succession_rules {

inline constexpr std::uint64_t kConsentMs = 30ULL * 86'400'000;

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Plan& plan);

// Whether a vote could put it into effect now: predecessors neither closed nor left, nor with a
// seat in the validator set if they close; successors in good standing, with keys, and agreed.
std::optional<Rejection> check_voted(const StateView& view, const SuccessionContent& content);
// Precondition: check_voted() passed in the same state.
void apply_voted(StateWriter& writer, const SuccessionContent& content);

}  // namespace testamur::ledger::tx::succession_rules
