#include "node/rpc/api_listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "node/address/address.h"

namespace testamur::node {
namespace {

// What epoll tells of is a connection, or one of these.
constexpr std::uint64_t kWake = 0;
constexpr std::uint64_t kListening = std::uint64_t{1} << 63;

constexpr std::size_t kAcceptedAtOnce = 64;
constexpr std::uint64_t kPauseMs = 100;
constexpr std::uint64_t kTickMs = 1'000;
constexpr std::uint64_t kAskIdleEveryMs = 20;
// gRPC ends a connection whose other side has ended at once; what stays longer is forgotten by it.
constexpr std::uint64_t kHalfClosedMs = 5'000;

std::uint64_t idle_ms_of(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return ~std::uint64_t{0};
  return info.tcpi_last_data_recv;
}

CallerKey caller_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return node::caller_of(boost::asio::ip::address(boost::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr))));
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  boost::asio::ip::address_v6::bytes_type bytes{};
  std::copy_n(v6.sin6_addr.s6_addr, bytes.size(), bytes.begin());
  return node::caller_of(boost::asio::ip::address(boost::asio::ip::address_v6(bytes)));
}

void watch(int poll, int descriptor, std::uint64_t what, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = what;
  ::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

void set_port(sockaddr_storage& address, int port) {
  const auto big_endian = htons(static_cast<std::uint16_t>(port));
  if (address.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(address).sin_port = big_endian;
  } else {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = big_endian;
  }
}

int port_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(address).sin_port
                                            : reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
}

Result<int> listen_on(const addrinfo& address, int port) {
  const int descriptor = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return error(std::strerror(errno));
  const int on = 1;
  const int off = 0;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // "[::]" stands for all addresses of the machine, those of IPv4 too.
  if (address.ai_family == AF_INET6) ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);

  sockaddr_storage chosen{};
  std::memcpy(&chosen, address.ai_addr, address.ai_addrlen);
  if (port != 0) set_port(chosen, port);
  const bool bound = ::bind(descriptor, reinterpret_cast<sockaddr*>(&chosen), address.ai_addrlen) == 0;
  if (bound && ::listen(descriptor, SOMAXCONN) == 0) return descriptor;
  auto cause = error(std::strerror(errno));
  ::close(descriptor);
  return cause;
}

}  // namespace

ApiListener::ApiListener(const ConnectionLimits& limits, Overload& overload) : overload_(overload), book_(limits) {}

Result<std::unique_ptr<ApiListener>> ApiListener::bind(const std::string& listen, const ConnectionLimits& limits,
                                                       Overload& overload) {
  std::unique_ptr<ApiListener> listener(new ApiListener(limits, overload));
  TM_TRY_STATUS(listener->open(listen));
  return listener;
}

Status ApiListener::open(const std::string& listen) {
  const auto cannot = [&](const std::string& cause) {
    return error("the API cannot listen on " + listen + ": " + cause);
  };
  TM_TRY(const auto target, parse_host_port(listen));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found);
  if (failure != 0) return cannot(::gai_strerror(failure));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);

  // A name may stand for several addresses, not all of which this machine must have.
  Status last = cannot("it has no address");
  for (const auto* each = all.get(); each != nullptr; each = each->ai_next) {
    auto descriptor = listen_on(*each, port_);
    if (!descriptor.ok()) {
      last = cannot(descriptor.message());
      continue;
    }
    listening_.push_back(*descriptor);
    if (port_ == 0) port_ = port_of(*descriptor);
  }
  if (listening_.empty()) return last;

  poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (poll_ < 0 || wake_ < 0 || spare_ < 0) return cannot(std::strerror(errno));
  watch(poll_, wake_, kWake, EPOLLIN);
  for (std::size_t i = 0; i < listening_.size(); ++i) watch(poll_, listening_[i], kListening + i, EPOLLIN);
  return {};
}

ApiListener::~ApiListener() {
  stop();
  for (const auto& [id, connection] : open_) ::close(connection.descriptor);
  for (const int descriptor : {poll_, wake_, spare_}) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

void ApiListener::start(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor,
                        std::function<void()> every_second) {
  acceptor_ = std::move(acceptor);
  every_second_ = std::move(every_second);
  thread_ = std::thread([this] { run(); });
}

void ApiListener::stop() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
    thread_.join();
  }
  for (const int descriptor : listening_) ::close(descriptor);
  listening_.clear();
}

void ApiListener::run() {
  std::array<epoll_event, 64> events{};
  for (;;) {
    const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), static_cast<int>(kPauseMs));
    for (int i = 0; i < count; ++i) {
      const auto what = events.at(static_cast<std::size_t>(i)).data.u64;
      if (what == kWake) return;
      if (what >= kListening) {
        accept_from(listening_.at(what - kListening));
      } else {
        react(what, events.at(static_cast<std::size_t>(i)).events);
      }
    }
    tick();
  }
}

void ApiListener::accept_from(int listening) {
  if (Overload::now_ms() < paused_until_ms_) return;
  for (std::size_t i = 0; i < kAcceptedAtOnce; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int descriptor =
        ::accept4(listening, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      take(descriptor, caller_of(address));
      continue;
    }
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;

    // Nobody can be let in now: whoever is first in the line is sent away rather than left to wait.
    overload_.note(Limit::kDescriptors, {}, Overload::now_ms());
    if (spare_ >= 0) ::close(spare_);
    const int turned_away = ::accept(listening, nullptr, nullptr);
    if (turned_away >= 0) ::close(turned_away);
    spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    paused_until_ms_ = Overload::now_ms() + kPauseMs;
    return;
  }
}

void ApiListener::take(int descriptor, const CallerKey& caller) {
  const auto id = next_++;
  const auto now_ms = Overload::now_ms();
  Connections::IdleMs idle_ms;
  if (book_.is_full_for(caller) && now_ms >= ask_idle_ms_) {
    ask_idle_ms_ = now_ms + kAskIdleEveryMs;
    idle_ms = [this](Connections::Id each) { return idle_ms_of(open_.at(each).descriptor); };
  }
  const auto entry = book_.enter(id, caller, idle_ms);
  if (entry.leaves) {
    const auto leaving = open_.find(*entry.leaves);
    ::shutdown(leaving->second.descriptor, SHUT_RDWR);  // gRPC sees the end and closes its own descriptor
    ::close(leaving->second.descriptor);
    open_.erase(leaving);
    overload_.note(Limit::kApiConnections, caller, now_ms);
  }
  if (!entry.enters) {
    overload_.note(Limit::kApiConnections, caller, now_ms);
    ::close(descriptor);
    return;
  }

  const int second = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (second < 0) {
    overload_.note(Limit::kDescriptors, caller, now_ms);
    book_.leave(id);
    ::close(descriptor);
    return;
  }
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  open_.emplace(id, Connection{second, 0});
  watch(poll_, second, id, EPOLLRDHUP | EPOLLET);

  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
  connection.listener_fd = -1;
  connection.fd = descriptor;
  acceptor_->HandleNewConnection(&connection);
}

void ApiListener::react(Connections::Id id, std::uint32_t events) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) return close(id);
  if (found->second.half_closed_ms == 0) found->second.half_closed_ms = Overload::now_ms();
}

void ApiListener::close(Connections::Id id) {
  const auto found = open_.find(id);
  ::shutdown(found->second.descriptor, SHUT_RDWR);
  ::close(found->second.descriptor);
  open_.erase(found);
  book_.leave(id);
}

void ApiListener::tick() {
  const auto now_ms = Overload::now_ms();
  if (now_ms < ticked_ms_ + kTickMs) return;
  ticked_ms_ = now_ms;

  std::vector<Connections::Id> over;
  for (const auto& [id, connection] : open_) {
    if (connection.half_closed_ms != 0 && now_ms > connection.half_closed_ms + kHalfClosedMs) over.push_back(id);
  }
  for (const auto id : over) close(id);
  if (every_second_) every_second_();
}

}  // namespace testamur::node
