// What the commands that make statements share: whom about, for what, how much, from when, why. One thread.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "ledger/tx/facts.h"
#include "trust/scope.h"

namespace CLI {
class App;
}

namespace testamur::wallet {

struct StatementOptions {
  std::string subject;
  unsigned amount = 120;
  unsigned depth = 1;
  std::vector<std::string> fields;
  std::vector<unsigned> levels;
  std::vector<std::string> award_types;
  std::vector<std::string> purposes;
  std::string from;
  std::string until;
  std::string reason;
};

// The options must outlive the parser.
void add_subject_options(CLI::App& command, StatementOptions& options);
void add_scope_options(CLI::App& command, StatementOptions& options);

Result<trust::Scope> parse_scope(const StatementOptions& options);
Result<ledger::tx::StatementReason> parse_reason(const std::string& text);
Status check_amounts(const StatementOptions& options);

}  // namespace testamur::wallet
