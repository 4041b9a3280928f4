// Owns the sockets of the API's callers and their ways to gRPC. What holds between the functions:
// an id is in open_ as long as book_ and streams_ know it; both descriptors of a connection tell
// epoll of every change, once, under its id and side; the relay keeps what it was told, and pump()
// goes on until neither side moves, so that no change is missed; a connection that moves on without
// being told (others had their turn, or there is room now) stands in again_ or waiting_.
#include "node/api/api_listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "common/address.h"
#include "common/check.h"
#include "common/keys.h"
#include "node/api/call_queue.h"

namespace testamur::node {
namespace {

// What epoll tells of is a side of a connection, or one of these.
constexpr std::uint64_t kWake = 0;
constexpr std::uint64_t kListening = std::uint64_t{1} << 63;
constexpr std::uint64_t side_of(Connections::Id id, ApiRelay::Side side) {
  return id << 1 | static_cast<std::uint64_t>(side);
}

constexpr std::uint32_t kChanges = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;

constexpr std::size_t kAcceptedAtOnce = 64;
constexpr std::uint64_t kPauseMs = 100;
constexpr std::uint64_t kTickMs = 1'000;
constexpr std::uint64_t kAskIdleEveryMs = 20;
constexpr std::uint64_t kStepMs = 100;
// One connection ends for others in this time: its requests have to be torn down before there is
// room.
constexpr std::uint64_t kMakeRoomEveryMs = 250;

std::uint64_t idle_ms_of(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return ~std::uint64_t{0};
  return info.tcpi_last_data_recv;
}

CallerKey caller_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return node::caller_of(
        boost::asio::ip::address(boost::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr))));
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  boost::asio::ip::address_v6::bytes_type bytes{};
  std::copy_n(v6.sin6_addr.s6_addr, bytes.size(), bytes.begin());
  return node::caller_of(boost::asio::ip::address(boost::asio::ip::address_v6(bytes)));
}

void watch(int poll, int descriptor, std::uint64_t what, std::uint32_t events,
           int how = EPOLL_CTL_ADD) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = what;
  ::epoll_ctl(poll, how, descriptor, &event);
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
  return ntohs(address.ss_family == AF_INET
                   ? reinterpret_cast<const sockaddr_in&>(address).sin_port
                   : reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
}

Result<int> listen_on(const addrinfo& address, int port) {
  const int descriptor = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return error(std::strerror(errno));
  const int on = 1;
  const int off = 0;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // "[::]" stands for all addresses of the machine, those of IPv4 too.
  if (address.ai_family == AF_INET6)
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);

  sockaddr_storage chosen{};
  std::memcpy(&chosen, address.ai_addr, address.ai_addrlen);
  if (port != 0) set_port(chosen, port);
  const bool bound =
      ::bind(descriptor, reinterpret_cast<sockaddr*>(&chosen), address.ai_addrlen) == 0;
  if (bound && ::listen(descriptor, SOMAXCONN) == 0) return descriptor;
  auto cause = error(std::strerror(errno));
  ::close(descriptor);
  return cause;
}

struct Pair {
  int ours = -1;
  int grpcs = -1;
};
// The two ends of a way to gRPC, ours with a name in Linux's abstract namespace, which is gone with
// the socket.
Result<Pair> make_pair(const std::string& name) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    return error(std::strerror(errno));
  }

  // A name that begins with a zero byte is one of the abstract namespace.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  TM_CHECK(name.size() + 1 <= sizeof address.sun_path, "the name of a socket is too long");
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());

  if (::bind(ends[0], reinterpret_cast<sockaddr*>(&address), size) == 0)
    return Pair{ends[0], ends[1]};
  // The cause is taken before close() may change it.
  auto cause = error(std::strerror(errno));
  ::close(ends[0]);
  ::close(ends[1]);
  return cause;
}

// OpenSSL writes to sockets that may be closed; a signal for that would end the process.
void block_sigpipe() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::string random_text() {
  std::array<std::uint8_t, 8> bytes{};
  fill_random(bytes);
  return to_hex(bytes);
}

}  // namespace

ApiListener::ApiListener(TlsContext tls, const ConnectionLimits& limits, Overload& overload)
    : tls_(std::move(tls)), overload_(overload), book_(limits), unique_(random_text()) {}

Result<std::unique_ptr<ApiListener>> ApiListener::bind(const std::string& listen, TlsContext tls,
                                                       const ConnectionLimits& limits,
                                                       Overload& overload) {
  std::unique_ptr<ApiListener> listener(new ApiListener(std::move(tls), limits, overload));
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

  // Where the system does not allow such names nobody could be served: better to hear it now.
  const auto probe = make_pair(socket_name({}, unique_));
  if (!probe.ok())
    return cannot("a unix socket cannot be named: " + probe.message() +
                  ". Allow AF_UNIX to the node");
  ::close(probe->ours);
  ::close(probe->grpcs);

  poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (poll_ < 0 || wake_ < 0 || spare_ < 0) return cannot(std::strerror(errno));
  watch(poll_, wake_, kWake, EPOLLIN);
  for (std::size_t i = 0; i < listening_.size(); ++i)
    watch(poll_, listening_[i], kListening + i, EPOLLIN);
  return {};
}

ApiListener::~ApiListener() {
  stop();
  open_.clear();
  close_listening();
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

void ApiListener::stop_accepting() {
  accepting_ = false;
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
}

void ApiListener::stop() {
  if (!thread_.joinable()) return;
  accepting_ = false;
  ending_ = true;
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
  thread_.join();
}

void ApiListener::close_listening() {
  for (const int descriptor : listening_) ::close(descriptor);
  listening_.clear();
}

void ApiListener::run() {
  lower_priority_of_this_thread();
  block_sigpipe();
  while (react()) {
    step();
    tick();
  }
}

// One round: everybody who has something to do gets one turn. Returns whether there is another
// round.
bool ApiListener::react() {
  std::array<epoll_event, 64> events{};
  const int wait_ms = again_.empty() ? static_cast<int>(kStepMs) : 0;
  const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), wait_ms);
  now_ms_ = Overload::now_ms();

  std::vector<Id> again;
  again.swap(again_);
  for (int i = 0; i < count; ++i) {
    const auto& event = events.at(static_cast<std::size_t>(i));
    const auto what = event.data.u64;
    if (what == kWake) {
      std::uint64_t times = 0;
      (void)!::read(wake_, &times, sizeof times);
    } else if (what >= kListening) {
      if (accepting_) accept_from(listening_.at(what - kListening));
    } else if (const auto found = open_.find(what >> 1); found != open_.end()) {
      found->second.relay->told(static_cast<ApiRelay::Side>(what & 1), event.events);
      pump(found->first);
    }
  }
  for (const auto id : again) {
    const auto found = open_.find(id);
    if (found == open_.end()) continue;
    found->second.again = false;
    pump(id);
  }
  pump_waiting();

  if (!accepting_) close_listening();
  if (!ending_) return true;
  if (stop_by_ms_ == 0) stop_by_ms_ = now_ms_ + kDrainMs;
  return !open_.empty() && now_ms_ < stop_by_ms_;
}

void ApiListener::accept_from(int listening) {
  if (Overload::now_ms() < paused_until_ms_) return;
  for (std::size_t i = 0; i < kAcceptedAtOnce; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int descriptor = ::accept4(listening, reinterpret_cast<sockaddr*>(&address), &size,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
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
  const auto now_ms = now_ms_;
  Connections::IdleMs idle_ms;
  if (book_.is_full_for(caller) && now_ms >= ask_idle_ms_) {
    ask_idle_ms_ = now_ms + kAskIdleEveryMs;
    idle_ms = [this](Id each) { return idle_ms_of(open_.at(each).relay->client_descriptor()); };
  }
  const auto entry = book_.enter(id, caller, idle_ms);
  if (entry.leaves) {
    overload_.note(Limit::kApiConnections, caller, now_ms);
    close(*entry.leaves);  // the book has let it go already
  }
  if (!entry.enters) {
    overload_.note(Limit::kApiConnections, caller, now_ms);
    ::close(descriptor);
    return;
  }

  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  streams_.enter(id, caller);
  auto relay = std::make_unique<ApiRelay>(
      id, descriptor, tls_.get(), streams_,
      [this, id, caller] { return connect_to_grpc(id, caller); }, now_ms);
  open_.emplace(id, Connection{caller, std::move(relay)});
  watch(poll_, descriptor, side_of(id, ApiRelay::Side::kClient), kChanges | EPOLLOUT);
}

int ApiListener::connect_to_grpc(Id id, const CallerKey& caller) {
  if (!accepting_) return -1;
  const auto pair = make_pair(socket_name(caller, unique_ + "-" + std::to_string(id)));
  if (!pair.ok()) {
    overload_.note(Limit::kDescriptors, caller, now_ms_);
    return -1;
  }
  watch(poll_, pair->ours, side_of(id, ApiRelay::Side::kGrpc), kChanges);

  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
  connection.listener_fd = -1;
  connection.fd = pair->grpcs;
  acceptor_->HandleNewConnection(&connection);
  return pair->ours;
}

void ApiListener::pump(Id id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  auto& [caller, relay, again, asks_room] = found->second;
  const auto state = relay->pump(now_ms_);
  if (state == ApiRelay::State::kOver) {
    if (relay->has_too_long_headers()) {
      overload_.note(Limit::kRequestHeaders, caller, now_ms_);
      relay->turn_away();
    }
    return close(id);
  }
  if (relay->wants_room() != asks_room) ask_room(id, found->second);
  if (state == ApiRelay::State::kAgain && !again) {
    again = true;
    again_.push_back(id);
  }

  if (relay->waits() == OpenStreams::Room::kYes) {
    waiting_.erase(id);
    return;
  }
  if (waiting_.insert(id).second) {
    overload_.note(Limit::kApiStreams, caller, now_ms_);
    make_room_for(id);
  }
}

// A change of what is asked for tells of the state as it is: room that has come meanwhile is told
// of.
void ApiListener::ask_room(Id id, Connection& connection) {
  connection.asks_room = connection.relay->wants_room();
  watch(poll_, connection.relay->grpc_descriptor(), side_of(id, ApiRelay::Side::kGrpc),
        connection.asks_room ? kChanges | EPOLLOUT : kChanges, EPOLL_CTL_MOD);
}

// Callers that hold least come first, then who has waited longest: what becomes free is not for
// whoever asks most.
void ApiListener::pump_waiting() {
  if (waiting_.empty() || given_back_ == streams_.given_back()) return;
  given_back_ = streams_.given_back();
  std::vector<std::pair<std::pair<std::size_t, std::uint64_t>, Id>> order;
  for (const auto id : waiting_) {
    const auto& connection = open_.at(id);
    order.push_back(
        {{streams_.bytes_of(connection.caller), connection.relay->waits_since_ms()}, id});
  }
  std::sort(order.begin(), order.end());
  for (const auto& [rank, id] : order) pump(id);
}

void ApiListener::make_room_for(Id id) {
  const auto& relay = *open_.at(id).relay;
  if (now_ms_ < make_room_ms_ || relay.waits() == OpenStreams::Room::kYes) return;
  const bool long_enough = now_ms_ > relay.waits_since_ms() + OpenStreams::kPatienceMs;
  const auto leaving = streams_.in_the_way(
      id, relay.waits(), long_enough, [this](Id each) { return open_.at(each).relay->stuck(); });
  if (!leaving) return;

  make_room_ms_ = now_ms_ + kMakeRoomEveryMs;
  const auto& connection = open_.at(*leaving);
  overload_.note(Limit::kApiStreams, connection.caller, now_ms_);
  connection.relay->turn_away();
  close(*leaving, OpenStreams::kEndedLingerMs);
}

void ApiListener::close(Id id, std::uint64_t linger_ms) {
  open_.erase(id);
  waiting_.erase(id);
  book_.leave(id);
  streams_.leave(id, now_ms_, linger_ms);
}

void ApiListener::step() {
  if (now_ms_ < stepped_ms_ + kStepMs) return;
  stepped_ms_ = now_ms_;
  streams_.forget(now_ms_);
  const auto waiting = waiting_;
  for (const auto id : waiting) {
    if (waiting_.contains(id)) make_room_for(id);
  }
}

void ApiListener::tick() {
  if (now_ms_ < ticked_ms_ + kTickMs) return;
  ticked_ms_ = now_ms_;

  std::vector<Id> late;
  for (const auto& [id, connection] : open_) {
    if (!connection.relay->is_late(now_ms_)) continue;
    if (connection.relay->is_unread()) overload_.note(Limit::kStalled, connection.caller, now_ms_);
    late.push_back(id);
  }
  for (const auto id : late) close(id);
  if (every_second_) every_second_();
}

}  // namespace testamur::node
