// A node that does not answer: what may be the cause is said, as far as the transport tells it.
#include "wallet/client/unreachable.h"

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

bool says(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

// Texts of gRPC 1.51 over OpenSSL 3, as a person saw them.
TEST_CASE("a node that may speak TLS and was asked in clear is no node that is not running") {
  const std::string reset =
      "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:7601: Connection "
      "reset by peer";
  const auto text = unreachable_text("127.0.0.1:7601", true, reset);
  CHECK(text.starts_with("127.0.0.1:7601 does not answer (failed to connect"));
  CHECK(
      says(text, "If it speaks TLS, ask it by the name in its certificate, with --tls-root FILE"));
  CHECK(says(unreachable_text("127.0.0.1:7601", true, "Socket closed"), "If it speaks TLS"));

  const std::string refused = "Failed to connect to remote host: Connection refused";
  for (const bool in_clear : {true, false}) {
    CHECK(unreachable_text("a:1", in_clear, refused)
              .ends_with("is the node running, and is the address right?"));
  }
}

TEST_CASE("what is wrong with a certificate is named where the handshake says so") {
  const auto text = [](const std::string& cause) { return unreachable_text("a:1", false, cause); };
  const std::string untrusted = text(
      "Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL routines::certificate verify "
      "failed");
  CHECK(says(untrusted, "its certificate is not trusted here"));
  CHECK(says(untrusted, "--tls-root FILE"));
  CHECK(says(text("Peer name ledger.example is not in peer certificate"),
             "its certificate is for another host"));
  CHECK(says(text("Ssl handshake failed: error:0A00010B:SSL routines::wrong version number"),
             "it speaks no TLS"));
  const std::string unclear = text("Ssl handshake failed: SSL_ERROR_SSL");
  CHECK(says(unclear, "is its certificate signed by a root that --tls-root FILE names"));
  CHECK(says(unclear, "is it for this host name"));
}

}  // namespace testamur::wallet
