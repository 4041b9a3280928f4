#include "wallet/cli/exit_code.h"

#include <algorithm>
#include <array>

namespace testamur::wallet {

ExitCode worse(ExitCode a, ExitCode b) {
  constexpr std::array kOrder{
      ExitCode::kUsage,       ExitCode::kCancelled,       ExitCode::kPassphrase,
      ExitCode::kInvalid,     ExitCode::kRevoked,         ExitCode::kUnknown,
      ExitCode::kUnreachable, ExitCode::kHolderUnchecked, ExitCode::kNotAccepted,
      ExitCode::kIncomplete,  ExitCode::kFailure,         ExitCode::kOk};
  return *std::ranges::find_if(kOrder, [&](ExitCode code) { return code == a || code == b; });
}

}  // namespace testamur::wallet
