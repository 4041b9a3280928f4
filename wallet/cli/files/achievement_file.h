// An achievement as a registrar writes it down: one TOML file (docs/cli.md has an example with
// every key).
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "ledger/tx/content.h"

namespace testamur::wallet {

// Names the file, line and key of the first mistake. Lists are brought into the ledger's order;
// what the ledger's own rules say of the values is left to ledger/tx/build.h.
Result<ledger::tx::AchievementContent> read_achievement_file(const std::string& file);

// The file's word for a value; empty for none, and for a value that this program does not know.
std::string_view word_of(ledger::tx::AwardKind kind);
std::string_view word_of(ledger::tx::Participation participation);
std::string_view word_of(ledger::tx::QualityScheme scheme);
std::string_view word_of(ledger::tx::IdentityCheck check);
std::string_view word_of(ledger::tx::Stackability stackability);
std::string_view word_of(ledger::tx::AssessmentType assessment);

}  // namespace testamur::wallet
