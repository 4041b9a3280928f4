// What adding, rotating and retiring keys have in common. Private to ledger/tx.
#pragma once

#include "ledger/tx/content.h"
#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::key_rules {

struct NewKey {
  KeyPurpose purpose = KeyPurpose::kRoot;
  PublicKey key;
  Signature possession;
};

// The key, whose form is valid, or the rule that it breaks.
std::optional<Rejection> read_new_key(const v1::KeyDescription& description,
                                      const std::string& possession, NewKey& key);
// Not registered yet, possession proven, and room for it. `replaces`: another key goes at the same
// time.
std::optional<Rejection> check_new_key(const StateView& view, const InstitutionId& author,
                                       const NewKey& key, bool replaces);
// The author's own key, active, and (unless one takes its place) not one of the last that its
// threshold needs.
std::optional<Rejection> check_retirement(const StateView& view, const InstitutionId& author,
                                          const KeyId& key, bool replaced);

}  // namespace testamur::ledger::tx::key_rules
