#include "wallet/cli/outcome.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

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

namespace {

// A node names the field of its API; whoever typed it knows the option.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOptions{{
    {"options.purpose", "--purpose"},
    {"purpose", "--purpose"},
    {"point.purposes", "--purpose"},
    {"point.fields", "--field"},
    {"point.levels", "--level"},
    {"point.award_types", "--award-type"},
}};

std::string with_option_name(const CallError& call) {
  const auto known = std::ranges::find(kOptions, std::string_view(call.field),
                                       &std::pair<std::string_view, std::string_view>::first);
  const auto at = call.message.find(call.field + ": ");
  if (known == kOptions.end() || at == std::string::npos) return call.message;
  std::string message = call.message;
  return message.replace(at, call.field.size(), known->second);
}

}  // namespace

Failure failure_of(const CallError& call) {
  return Failure{exit_of(call.kind), with_option_name(call), call.code, call.rule, call.field};
}

}  // namespace testamur::wallet
