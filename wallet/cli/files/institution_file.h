// Institutions from TOML: the public facts, and for a registration the keys. The form of
// `party.toml` (docs/operating.md), so that what `testamurd init` wrote can be registered as it is.
// Any thread.
#pragma once

#include <string>

#include "common/result.h"
#include "ledger/tx/build.h"

namespace testamur::wallet {

// Facts, keys in their order and threshold. Possession proofs that the file holds were made for a
// genesis and are not read. Fails naming file, line and key.
Result<ledger::tx::InstitutionRegisterContent> read_institution_file(const std::string& file);
// The facts alone; keys are a mistake. The meaning of what the ledger says already (`standing`) is
// not judged again.
Result<ledger::tx::InstitutionFacts> read_facts_file(
    const std::string& file, const ledger::tx::InstitutionFacts& standing = {});

}  // namespace testamur::wallet
