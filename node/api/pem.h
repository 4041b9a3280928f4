// Certificates and keys in PEM that are in memory, for OpenSSL to read. Any thread.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>

#include "common/openssl_owned.h"

namespace testamur::node::pem {

using BioPtr = openssl::Owned<BIO, BIO_free>;
using CertificatePtr = openssl::Owned<X509, X509_free>;
using KeyPtr = openssl::Owned<EVP_PKEY, EVP_PKEY_free>;

// Reads from `text`, which must outlive it.
inline BioPtr memory_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Nobody is asked for a passphrase on a daemon's terminal.
inline int no_passphrase(char*, int, int, void*) { return 0; }

// Null where the text holds no private key, or one that is sealed.
inline KeyPtr private_key(const std::string& text) {
  return KeyPtr(PEM_read_bio_PrivateKey(memory_of(text).get(), nullptr, no_passphrase, nullptr));
}

}  // namespace testamur::node::pem
