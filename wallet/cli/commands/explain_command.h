// trust explain with a policy of one's own: decided here, from the statements that a node lists.
#pragma once

#include <string>
#include <vector>

#include "trust/scope.h"
#include "wallet/cli/context.h"
#include "wallet/cli/flow/own_files.h"

namespace testamur::wallet {

struct OwnQuestion {
  InstitutionId issuer;
  std::optional<InstitutionId> viewpoint;  // else the policy's, else the local one
  trust::ScopePoint point;
  std::uint64_t at_time_ms = 0;     // 0: today
  std::vector<std::string> assume;  // TRUSTER:SUBJECT:AMOUNT:DEPTH; "me" is the viewpoint
  std::string svg;                  // files to write
  std::string dot;
};

ExitCode explain_by_own_policy(Context& context, Client& client, const OwnQuestion& question,
                               const OwnFiles& files);

}  // namespace testamur::wallet
