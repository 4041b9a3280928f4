// A key file is made whole or not at all (durable_file.h). Every copy of a secret that these
// functions make is wiped on every way out.
#include "files/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/access.h"
#include "common/whole_file.h"
#include "files/durable_file.h"
#include "files/paths.h"

namespace testamur::inline files {
namespace {

constexpr std::string_view kHeader = "testamur-key-1 ";

std::string cause(const std::filesystem::path& file, const char* act) {
  const int refused = errno;
  return "the key file " + file.string() + " cannot be " + act + ": " + std::strerror(refused) +
         access_cure(refused, file.string());
}

std::string header_line(KeyPurpose purpose, SignatureAlgorithm algorithm) {
  return std::string(kHeader) + std::string(to_text(purpose)) + " " +
         std::string(to_text(algorithm)) + "\n";
}

// Wipes what it names when it goes, whichever way out is taken.
class Wiped {
 public:
  explicit Wiped(std::span<std::uint8_t> memory) : memory_(memory) {}
  explicit Wiped(std::string& text)
      : memory_(reinterpret_cast<std::uint8_t*>(text.data()), text.size()) {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { wipe(memory_); }

 private:
  std::span<std::uint8_t> memory_;
};

// The size of the file as far as it fits, and its mode.
struct Found {
  std::size_t size = 0;
  mode_t mode = 0;
};

Result<Found> read_into(const std::filesystem::path& file, std::span<std::uint8_t> buffer) {
  // Opening a pipe would wait for somebody who writes.
  TM_TRY_STATUS(check_regular("the key file", file));
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return error(cause(file, "opened"));

  struct stat facts {};
  Found found;
  ssize_t size = ::fstat(descriptor, &facts);
  while (size >= 0 && found.size < buffer.size()) {
    size = ::read(descriptor, buffer.data() + found.size, buffer.size() - found.size);
    if (size < 0 && errno == EINTR) {
      size = 0;
      continue;
    }
    if (size <= 0) break;
    found.size += static_cast<std::size_t>(size);
  }

  const auto failure = size < 0 ? cause(file, "read") : std::string();
  ::close(descriptor);
  if (size < 0) return error(failure);
  found.mode = facts.st_mode;
  return found;
}

// Where a key goes that is over, until it is overwritten.
std::filesystem::path over_of(const std::filesystem::path& file) { return file.string() + ".over"; }

}  // namespace

Status write_key_file(const std::filesystem::path& file, KeyPurpose purpose, const SecretKey& key) {
  auto digits = to_hex(key.secret_bytes());
  const Wiped wiped_digits(digits);

  // Of its whole size at once: a text that grows leaves a copy behind.
  auto text = header_line(purpose, key.algorithm());
  text.reserve(text.size() + digits.size() + 1);
  text += digits;
  text += '\n';
  const Wiped wiped_text(text);

  const auto status = create_file(file, as_bytes(text), 0600);
  return status.ok() ? Status{} : error("the key file " + status.message());
}

Result<SecretKey> read_key_file(const std::filesystem::path& file, KeyPurpose purpose) {
  // A key file is much shorter; what is longer is none, and is not read further.
  std::array<std::uint8_t, 256> buffer{};
  const Wiped wiped_buffer(buffer);
  TM_TRY(const auto found, read_into(file, buffer));

  // Whoever can read the key can sign in the name of the institution.
  if ((found.mode & 077) != 0) {
    return error("the key file " + file.string() +
                 " is readable by others than its owner: chmod 600 it; where its file system keeps "
                 "no modes (a memory stick), copy it to a folder of your own first");
  }

  const auto text = as_text(ByteView(buffer).first(found.size));

  // The first line names purpose and algorithm: a key is never used for another purpose.
  for (std::uint8_t value = 1; value <= 4; ++value) {
    const auto algorithm = *algorithm_from(value);
    const auto header = header_line(purpose, algorithm);
    if (!text.starts_with(header) || text.size() < header.size() + 64) continue;
    auto secret = from_hex(text.substr(header.size(), 64));
    if (!secret) break;

    const Wiped wiped_secret(*secret);
    auto key = SecretKey::from_bytes(algorithm, *secret);
    if (!key.ok())
      return error("the key file " + file.string() + " holds no valid key: " + key.message());
    return key;
  }

  return error("the key file " + file.string() + " holds no " + std::string(to_text(purpose)) +
               " key");
}

Status finish_erasing(const std::filesystem::path& file) {
  const auto over = over_of(file);
  const int descriptor = ::open(over.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0 && errno == ENOENT) return {};
  if (descriptor < 0) return error(cause(over, "opened"));

  const bool good = whole_file::write_zeros(descriptor);
  const auto failure = good ? std::string() : cause(over, "overwritten");
  ::close(descriptor);

  // Removed also when it could not be overwritten: what is gone votes no more.
  if (::unlink(over.c_str()) != 0) return error(cause(over, "removed"));
  TM_TRY_STATUS(sync_directory_of(file));
  return good ? Status{} : error(failure);
}

Status erase_key_file(const std::filesystem::path& file) {
  TM_TRY_STATUS(finish_erasing(file));

  // It gives up its name first: a crash while it is overwritten would else leave a file of zeros,
  // which is no key, and the node would not start.
  if (::rename(file.c_str(), over_of(file).c_str()) != 0) {
    if (errno == ENOENT) return {};
    return error(cause(file, "renamed"));
  }
  TM_TRY_STATUS(sync_directory_of(file));
  return finish_erasing(file);
}

}  // namespace testamur::inline files
