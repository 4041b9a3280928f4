// What an institution is about to say of another, against what it says already: to say the same
// again changes nothing, takes a slot and a place on the ledger for good, and is mostly a slip.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/tx/content.h"
#include "wallet/cli/context.h"
#include "wallet/cli/outcome.h"
#include "wallet/client/trust_answers.h"

namespace testamur::wallet {

struct StandingStatement {
  StatementAnswer statement;
  std::uint64_t over_ms = 0;  // when its days end, or what ends it begins; trust::kOpenEnd: never
};

// Of the author's statements about the subject, with history, those of the same kind and scope that
// hold now or begin later. Of recognitions none where the new one would change what holds in its
// slot, or is to hold there. What is not known of one is not
// taken for the same. Pure.
std::vector<StandingStatement> standing_alike(const StatementsAnswer& answer,
                                              const ledger::tx::StatementContent& content,
                                              std::uint64_t now_ms);
// Whether nothing would change by the new one: as much, with the same report, and on no other days.
// Pure.
bool says_nothing_new(const ledger::tx::StatementContent& content,
                      const StandingStatement& standing);
// Those of them by which the new one says nothing new. Pure.
std::vector<StatementAnswer> said_already(const ledger::tx::StatementContent& content,
                                          const std::vector<StandingStatement>& standing);

// A line for each, for the question.
std::vector<std::string> said_already_warnings(const std::vector<StatementAnswer>& said);
// Fails with exit code 2 where something is said already and nobody is asked.
Attempt<void> refuse_said_already(const Context& context, const std::vector<StatementAnswer>& said);

}  // namespace testamur::wallet
