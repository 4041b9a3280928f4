// What the commands that make statements share: whom about, for what, how much, from when, why. One
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "ledger/tx/content.h"
#include "trust/scope.h"
#include "wallet/cli/option.h"

namespace testamur::wallet {

struct StatementOptions {
  Given<std::string> subject;
  Given<std::optional<unsigned>> amount;  // nothing: full
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
void add_subject_options(Command command, StatementOptions& options);
void add_scope_options(Command command, StatementOptions& options);

Result<trust::Scope> parse_scope(const StatementOptions& options);
Result<ledger::tx::StatementReason> parse_reason(const std::string& text);

// An address of the web as the ledger takes it; empty stays empty. `option` is named in the
// refusal.
Result<std::string> parse_web_address(const std::string& option, const std::string& text);

// Of amount and depth, within their bounds; an amount of 0 would say nothing.
struct Amounts {
  std::uint8_t amount = 0;
  std::uint8_t depth = 0;
};
Result<Amounts> parse_amounts(const StatementOptions& options);

}  // namespace testamur::wallet
