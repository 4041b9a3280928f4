// What a change of status does to an award of which the ledger says a status: the same rules as
// ledger/tx/rules/status.cpp, told before anybody is asked to sign. Pure; any thread.
#pragma once

#include <string_view>

#include "ledger/tx/content.h"

namespace testamur::wallet {

enum class Fate : std::uint8_t {
  kChanges,   // or a status that is not known here: then the ledger decides
  kAlready,   // it has that status
  kFinal,     // revoked or superseded: an issue key changes it no more
  kNotFinal,  // the root keys change only what is revoked or superseded
};

// The status as nodes call it: "revoked".
std::string_view status_after(ledger::tx::StatusAction action);
Fate fate_of(std::string_view status, ledger::tx::StatusAction action, bool with_root);

}  // namespace testamur::wallet
