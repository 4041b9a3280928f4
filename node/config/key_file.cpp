#include "node/config/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace testamur::node {
namespace {

constexpr std::string_view kHeader = "testamur-key-1 ";

std::string cause(const std::filesystem::path& file, const char* act) {
  return "the key file " + file.string() + " cannot be " + act + ": " + std::strerror(errno);
}

std::string header_line(KeyPurpose purpose, SignatureAlgorithm algorithm) {
  return std::string(kHeader) + std::string(to_text(purpose)) + " " +
         std::string(to_text(algorithm)) + "\n";
}

Status write_all(int descriptor, std::string_view text, const std::filesystem::path& file) {
  while (!text.empty()) {
    auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0) return error(cause(file, "written"));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(descriptor) != 0) return error(cause(file, "synced"));
  return {};
}

}  // namespace

Status write_key_file(const std::filesystem::path& file, KeyPurpose purpose, const SecretKey& key) {
  int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return error(cause(file, "created"));
  auto text = header_line(purpose, key.algorithm()) + to_hex(key.secret_bytes()) + "\n";
  auto status = write_all(descriptor, text, file);
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  ::close(descriptor);
  return status;
}

Result<SecretKey> read_key_file(const std::filesystem::path& file, KeyPurpose purpose) {
  int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return error(cause(file, "opened"));

  struct stat facts {};
  // A key file is much shorter; what is longer is none, and is not read further.
  std::array<char, 256> buffer{};
  bool readable = ::fstat(descriptor, &facts) == 0;
  auto size = readable ? ::read(descriptor, buffer.data(), buffer.size()) : -1;
  ::close(descriptor);

  if (size < 0) return error(cause(file, "read"));

  // Whoever can read the key can sign in the name of the institution.
  if ((facts.st_mode & 077) != 0) {
    return error("the key file " + file.string() +
                 " is readable by others than its owner: chmod 600 it");
  }

  std::string_view text(buffer.data(), static_cast<std::size_t>(size));

  // The first line names purpose and algorithm: a key is never used for another purpose.
  for (std::uint8_t value = 1; value <= 4; ++value) {
    auto algorithm = *algorithm_from(value);
    auto header = header_line(purpose, algorithm);
    if (!text.starts_with(header) || text.size() < header.size() + 64) continue;
    auto secret = from_hex(text.substr(header.size(), 64));

    // Copies of the secret are wiped as soon as the next one is made, also when reading fails.
    wipe({reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()});
    if (!secret) break;
    auto key = SecretKey::from_bytes(algorithm, *secret);
    wipe(*secret);
    if (!key.ok())
      return error("the key file " + file.string() + " holds no valid key: " + key.message());
    return key;
  }

  wipe({reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()});
  return error("the key file " + file.string() + " is not a " + std::string(to_text(purpose)) +
               " key");
}

Status erase_key_file(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return {};
  int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return error(cause(file, "opened"));
  struct stat facts {};
  std::string zeros(::fstat(descriptor, &facts) == 0 ? static_cast<std::size_t>(facts.st_size) : 0,
                    '\0');
  auto status = write_all(descriptor, zeros, file);
  ::close(descriptor);
  if (::unlink(file.c_str()) != 0) return error(cause(file, "removed"));
  return status;
}

}  // namespace testamur::node
