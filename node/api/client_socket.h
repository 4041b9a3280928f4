// The caller's end of a connection to the API, with or without TLS, read and written without ever
// waiting.
//
// TLS 1.2 or 1.3 with "h2" agreed on by ALPN (RFC 9113 section 3.2), no renegotiation, no tickets.
// An SSL_CTX may be shared by all connections; a socket belongs to one thread, which must have
// SIGPIPE blocked: OpenSSL writes without MSG_NOSIGNAL.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <span>

#include "common/bytes.h"
#include "common/openssl_owned.h"
#include "common/result.h"
#include "node/api/tls_files.h"

namespace testamur::node {

using TlsContext = openssl::Owned<SSL_CTX, SSL_CTX_free>;
Result<TlsContext> make_api_tls(const TlsFiles& files);

class ClientSocket {
 public:
  // Owns the descriptor. `tls` null: plain text.
  ClientSocket(int descriptor, SSL_CTX* tls);
  ~ClientSocket();
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  int descriptor() const { return descriptor_; }
  bool has_tls() const { return tls_ != nullptr; }

  enum class State : std::uint8_t { kDone, kLater, kOver };
  struct Moved {
    State state = State::kLater;
    std::size_t bytes = 0;  // with kDone
  };
  State handshake();
  // kOver with no bytes is the end, or a failure: nothing more comes.
  Moved read(std::span<std::uint8_t> into);
  Moved write(ByteView bytes);
  // Tells the other side that nothing more comes.
  void end();

 private:
  State failed(int result);

  int descriptor_;
  openssl::Owned<SSL, SSL_free> tls_;
  bool broken_ = false;  // of TLS: nothing may be said any more
};

}  // namespace testamur::node
