// The certificate and key of the API's TLS, looked at before anything is served with them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "common/hash.h"
#include "common/result.h"
#include "node/config/config.h"

namespace testamur::node {

// How long before its end a certificate is spoken of.
inline constexpr std::uint64_t kCertificateNoticeMs = 21ull * 86'400'000;

struct TlsFiles {
  std::string certificate;  // PEM, the server's own first
  std::string private_key;
  std::uint64_t valid_until_ms = 0;
};
// Nothing when the configuration serves plain text. Fails, naming the file, when one cannot be
// read, is no PEM, when they do not belong together, when the key is open to every user, or
// when the certificate is not valid at `now_ms`.
Result<std::optional<TlsFiles>> read_tls_files(const ApiConfig& config, std::uint64_t now_ms);

// What the API was started with. The files are read once: a certificate that was renewed since then
// is served after a restart only, and its operator must not believe otherwise. Keeps no secret.
class ServedTls {
 public:
  ServedTls(const ApiConfig& config, const TlsFiles& files);
  // The keys of those files that hold something else by now, or cannot be read: "api.certificate,
  // api.private_key". Empty: what is served is what is there. Any thread.
  std::string changed_files() const;

 private:
  struct Served {
    const char* key;
    std::filesystem::path file;
    Hash256 digest;
  };
  std::array<Served, 2> served_;
};

}  // namespace testamur::node
