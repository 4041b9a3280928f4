// Bytes of one caller on their way to gRPC and back. What holds between the functions: nothing is
// read for which there is no room to keep it, so both directions are bounded; no request goes on
// before OpenStreams has a place for it; after over_ is set nothing is moved any more; a side whose
// Readable says no will be told of when there is something again.
#include "node/api/api_relay.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace testamur::node {
namespace {

constexpr std::size_t kChunkBytes = 16u << 10;
// How much one connection moves before others have their turn.
constexpr int kRounds = 4;

void drop_front(Bytes& bytes, std::size_t count) {
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  if (bytes.empty()) Bytes().swap(bytes);  // an idle connection keeps no buffers
}

}  // namespace

ApiRelay::ApiRelay(OpenStreams::Id id, int client, SSL_CTX* tls, OpenStreams& streams,
                   Connect connect, std::uint64_t now_ms)
    : id_(id),
      client_(client, tls),
      streams_(streams),
      connect_(std::move(connect)),
      begun_ms_(now_ms),
      now_ms_(now_ms) {}

ApiRelay::~ApiRelay() {
  if (grpc_ >= 0) ::close(grpc_);
}

void ApiRelay::told(Side side, std::uint32_t events) {
  auto& readable = side == Side::kClient ? client_readable_ : grpc_readable_;
  // A read stops at an urgent byte, however much lies behind it.
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) != 0) readable = {true, true};
  // TLS may wait for room before it can read.
  if ((events & EPOLLIN) != 0 || (side == Side::kClient && client_.has_tls())) readable.now = true;
}

ApiRelay::State ApiRelay::pump(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  // Bounded: a connection that always has something to move leaves the others their turn.
  for (int round = 0; round < kRounds; ++round) {
    const bool begun = begin();
    bool moved = take_from_client();
    if (begun) {
      moved = hand_on() || moved;
      moved = take_from_grpc() || moved;
      moved = give_to_client() || moved;
    }

    look_for_end();
    if (over_) return State::kOver;

    // Nothing moved, and nothing that this round began can move in the next.
    if (!moved && (begun || grpc_ < 0)) return State::kIdle;
  }
  return State::kAgain;
}

// Whether gRPC has its side: it gets one when the caller has shaken hands and shown the preface.
bool ApiRelay::begin() {
  if (grpc_ >= 0) return true;
  const auto shown = as_text(inbound_).substr(0, StreamCounter::kPreface.size());
  over_ = over_ || !StreamCounter::kPreface.starts_with(shown);
  if (over_ || shown.size() < StreamCounter::kPreface.size()) return false;
  grpc_ = connect_();
  over_ = grpc_ < 0;
  return !over_;
}

bool ApiRelay::take_from_client() {
  if (client_ended_ || over_ || !client_readable_.now) return false;
  if (inbound_.size() + kChunkBytes > kHeldBytes) return false;
  const auto shaken = client_.handshake();
  if (shaken != ClientSocket::State::kDone) {
    over_ = shaken == ClientSocket::State::kOver;
    return false;
  }

  std::array<std::uint8_t, kChunkBytes> chunk;
  const auto read = client_.read(chunk);
  inbound_.insert(inbound_.end(), chunk.begin(), chunk.begin() + read.bytes);
  client_ended_ = read.state == ClientSocket::State::kOver;
  // A record of TLS may be shorter than what has come.
  const bool emptied = read.state == ClientSocket::State::kLater ||
                       (read.bytes < chunk.size() && !client_.has_tls());
  if (emptied && !client_readable_.hung_up) client_readable_.now = false;
  return read.state != ClientSocket::State::kLater;
}

bool ApiRelay::hand_on() {
  if (over_ || !clear_inbound()) return false;
  if (cleared_ != 0) return send_cleared();

  // What cannot go on any more, because its frame is cut off, is left behind.
  if (client_ended_ && !told_grpc_ && waits_ == OpenStreams::Room::kYes) {
    told_grpc_ = true;
    ::shutdown(grpc_, SHUT_WR);
  }
  return false;
}

// How far what came in may go on, and since when it waits. False: it is over.
bool ApiRelay::clear_inbound() {
  const auto before = waits_;
  waits_ = OpenStreams::Room::kYes;
  const auto more = counter_.from_client(ByteView(inbound_).subspan(cleared_), *this);
  cleared_ += more;
  over_ = over_ || counter_.broken();
  if (over_) return false;

  // What waits stands at the head of a request: anything more means that it came further.
  if (waits_ != OpenStreams::Room::kYes && (before == OpenStreams::Room::kYes || more != 0))
    waits_since_ms_ = now_ms_;
  return true;
}

bool ApiRelay::send_cleared() {
  const auto count = ::send(grpc_, inbound_.data(), cleared_, MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN && errno != EINTR) stop_reading();
  wants_room_ = cleared_ != 0 && std::cmp_less(count, cleared_);
  if (count <= 0) return false;
  drop_front(inbound_, static_cast<std::size_t>(count));
  cleared_ -= static_cast<std::size_t>(count);
  return true;
}

// gRPC hears nothing more; what it said before is still to be read.
void ApiRelay::stop_reading() {
  client_ended_ = told_grpc_ = true;
  Bytes().swap(inbound_);
  cleared_ = 0;
}

bool ApiRelay::may_begin(std::size_t header_bytes) {
  waits_ = streams_.begin(id_, header_bytes);
  return waits_ == OpenStreams::Room::kYes;
}

bool ApiRelay::take_from_grpc() {
  if (grpc_ended_ || over_ || !grpc_readable_.now) return false;
  if (outbound_.size() + kChunkBytes > kHeldBytes) return false;
  std::array<std::uint8_t, kChunkBytes> chunk;
  const auto count = ::recv(grpc_, chunk.data(), chunk.size(), 0);
  if (count < 0 && errno == EINTR) return true;  // nothing was told yet: once more
  if (std::cmp_less(count, chunk.size()) && !grpc_readable_.hung_up) grpc_readable_.now = false;
  if (count < 0 && errno == EAGAIN) return false;

  grpc_ended_ = count <= 0;
  if (grpc_ended_) return true;
  const auto come = ByteView(chunk).first(static_cast<std::size_t>(count));
  outbound_.insert(outbound_.end(), come.begin(), come.end());
  counter_.from_server(come, *this);
  return true;
}

bool ApiRelay::give_to_client() {
  if (outbound_.empty() || over_) return false;

  const auto written = client_.write(outbound_);
  if (written.state == ClientSocket::State::kOver) {
    over_ = true;
    return false;
  }

  if (written.bytes != 0) drop_front(outbound_, written.bytes);

  // Only a caller that takes nothing at all is stalled (docs/limits.md); each byte starts anew.
  if (outbound_.empty()) {
    unread_since_ms_ = 0;
  } else if (written.bytes != 0 || unread_since_ms_ == 0) {
    unread_since_ms_ = now_ms_;
  }

  return written.bytes != 0;
}

void ApiRelay::look_for_end() {
  if (grpc_ < 0 && client_ended_) over_ = true;
  if (grpc_ended_ && outbound_.empty() && !over_) {
    client_.end();
    over_ = true;
  }
  if ((client_ended_ || grpc_ended_) && ended_since_ms_ == 0) ended_since_ms_ = now_ms_;
}

bool ApiRelay::is_late(std::uint64_t now_ms) const {
  if (grpc_ < 0 && now_ms > begun_ms_ + kBeginMs) return true;
  if (ended_since_ms_ != 0 && now_ms > ended_since_ms_ + kHalfClosedMs) return true;
  return unread_since_ms_ != 0 && now_ms > unread_since_ms_ + kUnreadMs;
}

std::size_t ApiRelay::stuck() const {
  return is_unread() ? counter_.open() : counter_.incomplete();
}

void ApiRelay::turn_away() {
  // Inside another frame it would not be understood.
  if (!outbound_.empty() || !counter_.server_at_rest()) return;
  constexpr std::uint8_t kGoaway[] = {0,    0,    8,    7,    0, 0, 0, 0,   0,
                                      0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0x0b};
  (void)client_.write(kGoaway);
  client_.end();
}

}  // namespace testamur::node
