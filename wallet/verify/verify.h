// Judging a credential, a presentation or a bare hash against what the ledger says. Pure: no
// network, no clock; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wallet/credential/credential.h"
#include "wallet/verify/facts.h"
#include "wallet/verify/verdict.h"

namespace testamur::wallet {

struct VerifyRules {
  std::uint64_t now_ms = 0;
  std::uint64_t max_status_age_ms = kFreshStatusMs;
  std::optional<HolderRules> holder;  // set: a key binding to this audience and nonce is required
  bool want_acceptance = true;  // false: the caller does not ask whether anybody accepts the issuer
  // False: who shows it does not matter, and without `holder` nothing is open.
  bool need_holder = true;
  // A newer block than that of the proof is known, and the caller accepts that age all the same:
  // said by a person, and only where nobody is asked who could hide what came after.
  bool accept_older_block = false;
  std::string age_option = {};        // by which the caller could accept another age; empty: none
  std::string older_block_hint = {};  // what helps where an older block is not accepted
};

// Judges every topic by itself (verdict.h). What to ask the ledger for stands in the view that
// read_credential() gives: issuer, kid, achievement, and with the chain id the commitment. What is
// absent from the facts is unknown in the verdict; a credential that breaks its form has that
// finding alone.
Verdict verify_presentation(std::string_view compact, const RegistryFacts& facts,
                            const VerifyRules& rules);

// By hash alone: contents and holder stay unknown, and several slots are judged by the worst of
// them. An answer never says "valid credential": anyone can copy a hash.
Verdict verify_hash(const Hash256& commitment, const RegistryFacts& facts,
                    const VerifyRules& rules);

}  // namespace testamur::wallet
