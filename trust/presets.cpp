#include "trust/presets.h"

namespace testamur::trust {

Policy strict_policy() {
  Policy policy;
  policy.ceilings = {kNoCeiling, 0, 0};
  return policy;
}

Policy friends_policy() { return Policy{}; }

Policy accredited_policy() {
  Policy policy;
  policy.accreditation.push_back({});
  return policy;
}

std::optional<Policy> preset(std::string_view name) {
  if (name == "strict") return strict_policy();
  if (name == "friends") return friends_policy();
  if (name == "accredited") return accredited_policy();
  return std::nullopt;
}

}  // namespace testamur::trust
