// A verifier's request as a file that a person names. Any thread.
#pragma once

#include <string>

#include "wallet/credential/verifier_request.h"

namespace testamur::wallet {

// The failure names the file.
Result<VerifierRequest> read_request_file(const std::string& file);

}  // namespace testamur::wallet
