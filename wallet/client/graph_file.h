// What a graph file (docs/formats/graph-file.md) holds: answers of the registry as JSON, read into
// the same values as the answers themselves and by the same rules. Pure; any thread.
#pragma once

#include "common/result.h"
#include "wallet/client/registry_answers.h"
#include "wallet/client/trust_answers.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

Result<AsOf> read_as_of(const Json& as_of);
Result<InstitutionAnswer> read_institution(const Json& institution_view);
Result<StatementAnswer> read_statement(const Json& statement_view);
Result<SuccessionAnswer> read_succession(const Json& succession_view);
Result<AchievementAnswer> read_achievement(const Json& achievement_view);

}  // namespace testamur::wallet
