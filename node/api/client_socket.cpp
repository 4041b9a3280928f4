// OpenSSL keeps its errors in a queue of the thread, shared by all connections, so each call clears
// it first: what is found there afterwards is this connection's. After a fatal error (broken_)
// OpenSSL must not be called again for the connection, not even to say goodbye.
#include "node/api/client_socket.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "node/api/pem.h"

namespace testamur::node {
namespace {

constexpr unsigned char kH2[] = {2, 'h', '2'};
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

int choose_h2(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
              unsigned count, void*) {
  unsigned char* out = nullptr;
  if (SSL_select_next_proto(&out, size, kH2, sizeof kH2, offered, count) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = out;
  return SSL_TLSEXT_ERR_OK;
}

// The server's own certificate first, then those that lead to its root.
bool use_chain(SSL_CTX* context, const std::string& text) {
  const auto file = pem::memory_of(text);
  const pem::CertificatePtr own(
      PEM_read_bio_X509_AUX(file.get(), nullptr, pem::no_passphrase, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (pem::CertificatePtr next{
      PEM_read_bio_X509(file.get(), nullptr, pem::no_passphrase, nullptr)}) {
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) return false;
    (void)next.release();
  }
  ERR_clear_error();  // the end of the file
  return true;
}

bool use_key(SSL_CTX* context, const std::string& text) {
  const auto key = pem::private_key(text);
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

}  // namespace

Result<TlsContext> make_api_tls(const TlsFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  const bool made = context && SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_cipher_list(context.get(), kCiphers12) == 1 &&
                    use_chain(context.get(), files.certificate) &&
                    use_key(context.get(), files.private_key);
  if (!made) {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    return error(std::string("TLS of the API cannot be set up: ") + text +
                 ". Look at api.certificate and api.private_key");
  }
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // An idle connection keeps no buffers; what is written again may lie elsewhere by then.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_h2, nullptr);
  return context;
}

ClientSocket::ClientSocket(int descriptor, SSL_CTX* tls) : descriptor_(descriptor) {
  if (tls == nullptr) return;
  tls_.reset(SSL_new(tls));
  broken_ = !tls_ || SSL_set_fd(tls_.get(), descriptor) != 1;
  if (!broken_) SSL_set_accept_state(tls_.get());
}

ClientSocket::~ClientSocket() {
  tls_.reset();
  ::close(descriptor_);
}

ClientSocket::State ClientSocket::failed(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return State::kLater;
    case SSL_ERROR_ZERO_RETURN: return State::kOver;
    default: broken_ = true; return State::kOver;
  }
}

ClientSocket::State ClientSocket::handshake() {
  if (broken_) return State::kOver;
  if (!tls_ || SSL_is_init_finished(tls_.get())) return State::kDone;
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result != 1) return failed(result);

  const unsigned char* agreed = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls_.get(), &agreed, &size);
  return size == 2 ? State::kDone : State::kOver;
}

ClientSocket::Moved ClientSocket::read(std::span<std::uint8_t> into) {
  if (broken_) return {State::kOver, 0};
  if (tls_) {
    ERR_clear_error();
    const int count = SSL_read(tls_.get(), into.data(), static_cast<int>(into.size()));
    if (count > 0) return {State::kDone, static_cast<std::size_t>(count)};
    return {failed(count), 0};
  }
  auto count = ::recv(descriptor_, into.data(), into.size(), 0);
  while (count < 0 && errno == EINTR) count = ::recv(descriptor_, into.data(), into.size(), 0);
  if (count > 0) return {State::kDone, static_cast<std::size_t>(count)};
  return {count < 0 && (errno == EAGAIN || errno == EINTR) ? State::kLater : State::kOver, 0};
}

ClientSocket::Moved ClientSocket::write(ByteView bytes) {
  if (broken_) return {State::kOver, 0};
  if (tls_) {
    ERR_clear_error();
    const int count = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (count > 0) return {State::kDone, static_cast<std::size_t>(count)};
    return {failed(count), 0};
  }
  const auto count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) return {State::kDone, static_cast<std::size_t>(count)};
  return {errno == EAGAIN || errno == EINTR ? State::kLater : State::kOver, 0};
}

void ClientSocket::end() {
  if (tls_ && !broken_ && SSL_is_init_finished(tls_.get())) {
    ERR_clear_error();
    (void)SSL_shutdown(tls_.get());
  }
  ::shutdown(descriptor_, SHUT_WR);
}

}  // namespace testamur::node
