#include "wallet/cli/outcome.h"

namespace testamur::wallet {

ExitCode exit_of(CallFailure kind) {
  switch (kind) {
    case CallFailure::kUnreachable: return ExitCode::kUnreachable;
    case CallFailure::kOverloaded: return ExitCode::kUnreachable;
    case CallFailure::kOtherLedger:
    case CallFailure::kNotFound: return ExitCode::kUnknown;
    case CallFailure::kInvalid: return ExitCode::kUsage;
    case CallFailure::kRejected:
    case CallFailure::kOther: return ExitCode::kFailure;
  }
  return ExitCode::kFailure;
}

Failure failure_of(const CallError& call) {
  return Failure{exit_of(call.kind), call.message, call.code, call.rule, call.field};
}

}  // namespace testamur::wallet
