// The words for changes of status: as they are typed, and as they are read in a question. One table
// for both, so that nobody reads another word than the one that he types. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/tx/content.h"

namespace testamur::wallet {

std::string_view word_of(ledger::tx::StatusAction action);
std::string_view word_of(ledger::tx::StatusReason reason);
std::optional<ledger::tx::StatusReason> reason_of(std::string_view word);
// "correction, replaced, ..."
std::string all_reasons();

}  // namespace testamur::wallet
