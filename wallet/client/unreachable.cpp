// The words that are looked for are those of gRPC 1.30 to 1.60 and of OpenSSL and BoringSSL beneath
// it. Where none of them is found the general question stays.
#include "wallet/client/unreachable.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace testamur::wallet {
namespace {

bool has_any(const std::string& text, const auto& parts) {
  return std::ranges::any_of(
      parts, [&](std::string_view part) { return text.find(part) != std::string::npos; });
}

// An end that does not understand the first bytes of the other hangs up.
constexpr std::array<std::string_view, 5> kHungUp = {
    "Connection reset by peer", "Socket closed", "Endpoint read failed", "Broken pipe", "GOAWAY"};
constexpr std::array<std::string_view, 2> kUntrusted = {"certificate verify failed",
                                                        "CERTIFICATE_VERIFY_FAILED"};
constexpr std::array<std::string_view, 3> kOtherName = {"is not in peer certificate", "Peer name",
                                                        "Hostname Verification Check failed"};
constexpr std::array<std::string_view, 3> kNoTls = {"wrong version number", "WRONG_VERSION_NUMBER",
                                                    "packet length too long"};
constexpr std::array<std::string_view, 3> kHandshake = {"handshake failed", "Handshake failed",
                                                        "handshake read failed"};

}  // namespace

std::string unreachable_text(const std::string& endpoint, bool in_clear, const std::string& cause) {
  const std::string first = endpoint + " does not answer (" + cause + "): ";
  if (in_clear) {
    if (!has_any(cause, kHungUp)) return first + "is the node running, and is the address right?";
    return first +
           "it was asked in clear, as every address of loopback is. If it speaks TLS, ask it by "
           "the name in its certificate, with --tls-root FILE where the system does not know its "
           "root";
  }

  if (has_any(cause, kOtherName))
    return first + "its certificate is for another host: name the node as its certificate does";
  if (has_any(cause, kUntrusted))
    return first +
           "its certificate is not trusted here, or is over: --tls-root FILE names the root that "
           "signed it; where that is given, it is not the one";
  if (has_any(cause, kNoTls))
    return first + "it speaks no TLS, which every address but loopback is asked with";
  if (has_any(cause, kHandshake) || has_any(cause, kHungUp))
    return first +
           "TLS did not come about: is its certificate signed by a root that --tls-root FILE names "
           "or the system knows, is it for this host name, and does the node speak TLS there?";
  return first + "is the node running, and is the address right?";
}

}  // namespace testamur::wallet
