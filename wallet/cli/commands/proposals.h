// Proposals at the command line: how they are made and how they are shown. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "ledger/tx/build.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/context.h"

namespace testamur::wallet {

void add_proposal_commands(Command governance, Context& context, Run& run);

// Institutions by the text of their id; who is not in it is shown by the id.
using NamesById = std::map<std::string, std::string>;

// Two lines: id, what, of whom, by whom; and how it stands at `now_ms`. Of an open change of the
// validator set with `in_force` what it changes of that, else how many validators there will be.
std::string proposal_line(const ProposalAnswer& view, const NamesById& names, std::uint64_t now_ms,
                          const ValidatorsAnswer* in_force = nullptr);
// Which earlier vote of the same institution a new one replaces; nothing where it is the first or
// says the same. Pure.
std::optional<std::string> replaced_vote(const ProposalAnswer& view, const InstitutionId& voter,
                                         bool approve);
// "2 of the 3 yes votes that are needed, 0 no".
std::string tally_text(const ProposalAnswer& view);

// When a proposal that has passed takes effect: "with the first block at or after TIME".
std::string due_text(const ProposalAnswer& view);
// How far the admission of an institution to a class has come that it has not yet; nothing where
// none of the open proposals is about it. Pure.
std::optional<std::string> coming_admission(const ProposalsAnswer& open,
                                            const InstitutionId& institution,
                                            ledger::tx::InstitutionClass institution_class);

// The next set from the one in force: a seat more, one less, or one with another key. Pure.
struct SetEdit {
  std::optional<ledger::tx::Seat> put;  // added, or in the place of its institution's
  std::optional<InstitutionId> removed;
};
// Fails when there is no such seat, or, with `must_be_new`, when there is one already.
Result<ledger::tx::SetChangeContent> edit_set(std::vector<ledger::tx::Seat> seats,
                                              const SetEdit& edit, bool must_be_new);

}  // namespace testamur::wallet
