// Why a node did not answer, as far as the transport says it: whoever reads it should know whether
// to look at the node, at the address or at the certificate. Pure; any thread.
#pragma once

#include <string>

namespace testamur::wallet {

// `in_clear`: the node was asked without TLS, as every address of loopback is. `cause`: what the
// transport says, fit to be shown.
std::string unreachable_text(const std::string& endpoint, bool in_clear, const std::string& cause);

}  // namespace testamur::wallet
