// What the commands that make statements share: whom about, for what, how much, from when, why. One
// thread.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "ledger/tx/content.h"
#include "trust/scope.h"
#include "wallet/cli/option.h"

namespace testamur::wallet {

struct StatementOptions {
  Given<std::string> subject;
  Given<unsigned> amount{120};
  Given<unsigned> depth{1};
  Given<std::vector<std::string>> fields;
  Given<std::vector<unsigned>> levels;
  Given<std::vector<std::string>> award_types;
  Given<std::vector<std::string>> purposes;
  Given<std::string> from;
  Given<std::string> until;
  Given<std::string> reason;
};

// The options must outlive the parser.
void add_subject_options(CLI::App& command, StatementOptions& options);
void add_scope_options(CLI::App& command, StatementOptions& options);

Result<trust::Scope> parse_scope(const StatementOptions& options);
Result<ledger::tx::StatementReason> parse_reason(const std::string& text);
Status check_amounts(const StatementOptions& options);

}  // namespace testamur::wallet
