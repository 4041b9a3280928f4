#include "wallet/client/tls_roots.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "common/openssl_owned.h"

namespace testamur::wallet {
namespace {

// Nobody is asked for the passphrase of a public certificate.
int no_passphrase(char*, int, int, void*) { return 0; }

}  // namespace

Status check_tls_roots(std::string_view pem) {
  if (pem.size() > kMaxTlsRootsBytes) return error("it is larger than 1 MiB");
  const openssl::Owned<BIO, BIO_free_all> source{
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (source == nullptr) return error("not enough memory to read it");

  ERR_clear_error();
  std::size_t count = 0;
  while (openssl::Owned<X509, X509_free>{
      PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr)}) {
    ++count;
  }

  // At the end there is no further beginning; every other cause is a certificate that is broken.
  const auto cause = ERR_peek_last_error();
  ERR_clear_error();
  const bool ended =
      ERR_GET_LIB(cause) == ERR_LIB_PEM && ERR_GET_REASON(cause) == PEM_R_NO_START_LINE;
  if (ended && count > 0) return {};
  if (ended) return error("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  return error("certificate " + std::to_string(count + 1) + " in it cannot be read");
}

}  // namespace testamur::wallet
