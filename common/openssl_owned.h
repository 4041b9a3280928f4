// Owning pointers to OpenSSL's objects: std::unique_ptr with the function that frees that type, as
// in openssl::Owned<EVP_PKEY, EVP_PKEY_free>. Includes nothing of OpenSSL; who uses it includes
// what declares the type.
#pragma once

#include <memory>

namespace testamur::inline common::openssl {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

template <class T, auto kFree>
using Owned = std::unique_ptr<T, Freed<kFree>>;

}  // namespace testamur::inline common::openssl
