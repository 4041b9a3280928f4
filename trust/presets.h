// Named policies to start from. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "trust/policy.h"

namespace testamur::trust {

// Only what the viewpoint itself says: chains of two and three carry nothing.
Policy strict_policy();
// Friends, and friends of friends as far as each statement vouches. The default.
Policy friends_policy();
// Friends, and an accreditation of full amount by an agency that the viewpoint reaches.
Policy accredited_policy();
// "strict", "friends", "accredited".
std::optional<Policy> preset(std::string_view name);

}  // namespace testamur::trust
