// Proposals at the command line: how they are made and how they are shown. One thread.
#pragma once

#include <string>

#include "ledger/tx/build.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/context.h"

namespace testamur::wallet {

void add_proposal_commands(CLI::App& governance, Context& context, Run& run);

// Two lines: id, what, by whom; and how it stands. `view` is a ProposalView.
std::string proposal_line(const Json& view);
// "2 of the 3 yes votes that are needed, 0 no".
std::string tally_text(const Json& view);
// When an Anchor was.
std::string date_time_in(const Json& anchor);

// The next set from the one in force: a seat more, one less, or one with another key. Pure.
struct SetEdit {
  std::optional<ledger::tx::Seat> put;  // added, or in the place of its institution's
  std::optional<InstitutionId> removed;
};
// Fails when there is no such seat, or, with `must_be_new`, when there is one already.
Result<ledger::tx::SetChangeContent> edit_set(std::vector<ledger::tx::Seat> seats,
                                              const SetEdit& edit, bool must_be_new);

}  // namespace testamur::wallet
