#include "wallet/cli/files/request_file.h"

#include "wallet/keystore/file.h"

namespace testamur::wallet {

Result<VerifierRequest> read_request_file(const std::string& file) {
  TM_TRY(const auto raw, read_file(file, kMaxVerifierRequestBytes));
  auto request = read_verifier_request(as_text(raw));
  if (!request.ok()) return error(file + ": " + request.message());
  return request;
}

}  // namespace testamur::wallet
