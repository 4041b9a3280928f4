#include "node/main/readiness.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace testamur::node {
namespace {

struct SocketName {
  sockaddr_un address{};
  socklen_t length = 0;
};

Result<SocketName> parse_name(std::string_view text) {
  SocketName name;
  const bool abstract = text.front() == '@';
  if (!abstract && text.front() != '/')
    return error("it names neither a path nor an abstract socket");
  if (text.size() >= sizeof name.address.sun_path) return error("its name is too long");

  // An abstract name begins with a zero byte and ends with the length: nothing may follow it.
  name.address.sun_family = AF_UNIX;
  std::memcpy(name.address.sun_path, text.data(), text.size());
  if (abstract) name.address.sun_path[0] = '\0';
  name.length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size() + (abstract ? 0 : 1));
  return name;
}

Status send_to(const SocketName& name, std::string_view state) {
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return error(std::strerror(errno));

  const auto* address = reinterpret_cast<const sockaddr*>(&name.address);
  ssize_t sent = 0;
  do {
    sent = ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL, address, name.length);
  } while (sent < 0 && errno == EINTR);

  // A datagram goes whole or not at all.
  const auto status = sent < 0 ? Status(error(std::strerror(errno))) : Status{};
  ::close(descriptor);
  return status;
}

}  // namespace

Status tell_service_manager(std::string_view state) {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  if (socket == nullptr || *socket == '\0') return {};

  const auto name = parse_name(socket);
  const auto status = name.ok() ? send_to(*name, state) : Status(error(name.message()));
  if (status.ok()) return {};
  return error("the service manager at NOTIFY_SOCKET=" + std::string(socket) + " cannot be told " +
               std::string(state) + ": " + status.message() +
               ". Without that variable the node tells nobody");
}

}  // namespace testamur::node
