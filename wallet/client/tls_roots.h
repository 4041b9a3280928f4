// The certificates that a node's own is judged by, as a person hands them over in a file. Pure; any
// thread.
#pragma once

#include <string_view>

#include "common/result.h"

namespace testamur::wallet {

inline constexpr std::size_t kMaxTlsRootsBytes = std::size_t{1} << 20;

// Whether it is PEM with at least one certificate, each of which can be read. gRPC looks at none of
// them before it connects, and says then only that it cannot.
Status check_tls_roots(std::string_view pem);

}  // namespace testamur::wallet
