// What becomes of an award by a change of status, before anybody is asked to sign it.
#include "wallet/cli/flow/status_fate.h"

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

using Action = ledger::tx::StatusAction;

constexpr Action kActions[] = {Action::kRevoke, Action::kSuspend, Action::kSupersede,
                               Action::kReinstate};

}  // namespace

// `reinstate` of a revoked award said "nothing to change" and ended well.
TEST_CASE("what is revoked or superseded is changed by no issue key, and that is no success") {
  for (const auto action : kActions) {
    for (const char* status : {"revoked", "superseded"}) {
      CAPTURE(status, static_cast<int>(action));
      const bool is_so = status == status_after(action);
      CHECK(fate_of(status, action, false) == (is_so ? Fate::kAlready : Fate::kFinal));
    }
  }
}

TEST_CASE("what is in force or suspended changes, unless it is so already") {
  CHECK(fate_of("valid", Action::kRevoke, false) == Fate::kChanges);
  CHECK(fate_of("valid", Action::kSuspend, false) == Fate::kChanges);
  CHECK(fate_of("valid", Action::kSupersede, false) == Fate::kChanges);
  CHECK(fate_of("valid", Action::kReinstate, false) == Fate::kAlready);
  CHECK(fate_of("suspended", Action::kReinstate, false) == Fate::kChanges);
  CHECK(fate_of("suspended", Action::kRevoke, false) == Fate::kChanges);
  CHECK(fate_of("suspended", Action::kSuspend, false) == Fate::kAlready);
  CHECK(fate_of("unknown", Action::kRevoke, false) == Fate::kChanges);
}

TEST_CASE("the root keys change what is final and nothing else") {
  CHECK(fate_of("revoked", Action::kReinstate, true) == Fate::kChanges);
  CHECK(fate_of("superseded", Action::kRevoke, true) == Fate::kChanges);
  CHECK(fate_of("revoked", Action::kRevoke, true) == Fate::kAlready);
  CHECK(fate_of("valid", Action::kRevoke, true) == Fate::kNotFinal);
  CHECK(fate_of("suspended", Action::kReinstate, true) == Fate::kNotFinal);
  CHECK(fate_of("unknown", Action::kRevoke, true) == Fate::kChanges);
}

}  // namespace testamur::wallet
