// Successions as people type them: merge, split, rename, custody. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ledger/tx/facts.h"
#include "wallet/cli/option.h"
#include "wallet/cli/outcome.h"

namespace testamur::wallet {

struct SuccessionOptions {
  Given<std::string> predecessor;          // but of a merger
  Given<std::string> heir;                 // of a merger, or of a split
  Given<std::vector<std::string>> others;  // predecessors of a merger, else successors
  Given<bool> closes;
};

// The ledger's terms, with ids for names and domains.
Attempt<ledger::tx::SuccessionContent> read_succession(Client& client,
                                                       ledger::tx::SuccessionKind kind,
                                                       const SuccessionOptions& options);

// The four subcommands with their arguments; `make` adds each to the parser.
using MakeSuccession =
    std::function<Command(const char* name, const char* about, ledger::tx::SuccessionKind kind)>;
void add_successions(SuccessionOptions& options, const MakeSuccession& make);

}  // namespace testamur::wallet
