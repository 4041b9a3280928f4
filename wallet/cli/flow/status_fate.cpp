#include "wallet/cli/flow/status_fate.h"

namespace testamur::wallet {

namespace tx = ledger::tx;

std::string_view status_after(tx::StatusAction action) {
  switch (action) {
    case tx::StatusAction::kRevoke: return "revoked";
    case tx::StatusAction::kSuspend: return "suspended";
    case tx::StatusAction::kSupersede: return "superseded";
    case tx::StatusAction::kReinstate: break;
  }
  return "valid";
}

Fate fate_of(std::string_view status, tx::StatusAction action, bool with_root) {
  if (status == status_after(action)) return Fate::kAlready;
  const bool is_final = status == "revoked" || status == "superseded";
  if (is_final) return with_root ? Fate::kChanges : Fate::kFinal;
  const bool is_open = status == "valid" || status == "suspended";
  return is_open && with_root ? Fate::kNotFinal : Fate::kChanges;
}

}  // namespace testamur::wallet
