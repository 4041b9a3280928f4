#include "wallet/keystore/home_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "common/text.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxHolderBytes = 200;
constexpr std::chrono::milliseconds kPause{20};

// What the holder wrote; another one may write at this moment, so that anything may stand there.
std::string holder_of(int descriptor) {
  char text[kMaxHolderBytes];
  const ssize_t size = ::pread(descriptor, text, sizeof text, 0);
  const std::string holder(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  return holder.empty() || find_fault(holder) ? "another program" : holder;
}

void say_who_holds(int descriptor, const std::string& doing) {
  const std::string holder = "process " + std::to_string(::getpid()) + " (testamur " + doing + ")";
  const std::string text = holder.substr(0, kMaxHolderBytes);
  // A full disk is no reason to stop here: these words only inform.
  if (::ftruncate(descriptor, 0) == 0) (void)!::pwrite(descriptor, text.data(), text.size(), 0);
}

}  // namespace

Result<HomeLock> HomeLock::take(const std::string& home, const std::string& doing,
                                std::uint64_t wait_ms,
                                const std::function<void(const std::string& holder)>& on_wait) {
  std::error_code failure;
  std::filesystem::create_directories(home, failure);
  if (failure) return error("cannot create " + home + ": " + failure.message());
  const std::string file = (std::filesystem::path(home) / ".lock").string();
  HomeLock lock{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (lock.descriptor_ < 0) return error("cannot open " + file + ": " + std::strerror(errno));

  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  bool told = false;
  while (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return error("cannot lock " + file + ": " + std::strerror(errno));
    const std::string holder = holder_of(lock.descriptor_);
    if (!std::exchange(told, true) && on_wait) on_wait(holder);
    if (std::chrono::steady_clock::now() >= end)
      return error("the home " + home + " is in use: " + holder +
                   " holds it; try again when that has ended");
    std::this_thread::sleep_for(kPause);
  }
  say_who_holds(lock.descriptor_, doing);
  return lock;
}

HomeLock::HomeLock(HomeLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

HomeLock& HomeLock::operator=(HomeLock&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

HomeLock::~HomeLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace testamur::wallet
