// What to beware of before a statement is signed or sent, by what the ledger says now: the same
// words whether it is made and sent in one go or drafted here and sent days later. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/tx/content.h"
#include "wallet/cli/outcome.h"
#include "wallet/client/client.h"

namespace testamur::wallet {

// Of a trust, a distrust or the end of one: what stands already, or what it replaces or ends, what
// stands on beside it, whether its subject counts at all, and a first day that is past. Here and
// below `ever` lists the author's statements about the subject, with history.
Attempt<std::vector<std::string>> recognition_warnings(Client& client, const StatementsAnswer& ever,
                                                       const ledger::tx::StatementContent& content,
                                                       std::uint64_t now_ms);

// Of an accreditation or the end of one: a first day that is past or to come, a subject that counts
// for nothing or cannot use the depth, and of an end what it ends.
Attempt<std::vector<std::string>> accreditation_warnings(
    Client& client, const StatementsAnswer& ever, const ledger::tx::StatementContent& content,
    std::uint64_t now_ms);

// What goes on beside an end of accreditations with as much or more for all that one of them still
// says, so that nothing changes by that one's end. `ever` as above. Pure.
struct StandsInstead {
  TransactionId ended;
  StatementAnswer statement;
};
std::vector<StandsInstead> what_stands_instead(const StatementsAnswer& ever,
                                               const ledger::tx::StatementContent& end,
                                               std::uint64_t now_ms);
// "still stands with 120 for all of it: tmx1…", a line for each; which of several it is about is
// said.
std::vector<std::string> still_stands_lines(const std::vector<StandsInstead>& all,
                                            std::size_t ended);

// Either of them, by what the node lists now.
Attempt<std::vector<std::string>> statement_warnings(Client& client, const InstitutionId& author,
                                                     const ledger::tx::StatementContent& content,
                                                     std::uint64_t now_ms);

// A drafted accreditation names its slot, which another one may have taken since: it would take
// that one's place. Fails with exit code 2; `itself` is the drafted one.
Attempt<void> refuse_taken_slot(Client& client, const InstitutionId& author,
                                const ledger::tx::StatementContent& content,
                                const TransactionId& itself);

}  // namespace testamur::wallet
