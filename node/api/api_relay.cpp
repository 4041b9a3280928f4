// Bytes of one caller on their way to gRPC and back. What holds between the functions: nothing is
// read for which there is no room to keep it, so both directions are bounded; no request goes on
// before OpenStreams has a place for it; after over_ is set nothing is moved any more.
#include "node/api/api_relay.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

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
  if (client_ended_ || over_ || inbound_.size() + kChunkBytes > kHeldBytes) return false;
  const auto shaken = client_.handshake();
  if (shaken != ClientSocket::State::kDone) {
    over_ = shaken == ClientSocket::State::kOver;
    return false;
  }

  const auto before = inbound_.size();
  inbound_.resize(before + kChunkBytes);
  const auto read = client_.read(std::span(inbound_).subspan(before));
  inbound_.resize(before + read.bytes);
  if (inbound_.empty()) Bytes().swap(inbound_);
  client_ended_ = read.state == ClientSocket::State::kOver;
  return read.state != ClientSocket::State::kLater;
}

bool ApiRelay::hand_on() {
  if (over_) return false;
  const auto before = waits_;
  waits_ = OpenStreams::Room::kYes;
  const auto more = counter_.from_client(ByteView(inbound_).subspan(cleared_), *this);
  cleared_ += more;
  // What waits stands at the head of a request: anything more means that it came further.
  if (waits_ != OpenStreams::Room::kYes && (before == OpenStreams::Room::kYes || more != 0))
    waits_since_ms_ = now_ms_;

  if (cleared_ != 0) {
    const auto count = ::send(grpc_, inbound_.data(), cleared_, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) stop_reading();
    if (count <= 0) return false;
    drop_front(inbound_, static_cast<std::size_t>(count));
    cleared_ -= static_cast<std::size_t>(count);
    return true;
  }

  // What cannot go on any more, because its frame is cut off, is left behind.
  if (client_ended_ && !told_grpc_ && waits_ == OpenStreams::Room::kYes) {
    told_grpc_ = true;
    ::shutdown(grpc_, SHUT_WR);
  }
  return false;
}

// gRPC hears nothing more; what it said before is still to be read.
void ApiRelay::stop_reading() {
  client_ended_ = told_grpc_ = true;
  Bytes().swap(inbound_);
  cleared_ = 0;
}

bool ApiRelay::may_begin() {
  waits_ = streams_.begin(id_);
  return waits_ == OpenStreams::Room::kYes;
}

bool ApiRelay::take_from_grpc() {
  if (grpc_ended_ || over_ || outbound_.size() + kChunkBytes > kHeldBytes) return false;
  const auto before = outbound_.size();
  outbound_.resize(before + kChunkBytes);
  const auto count = ::recv(grpc_, outbound_.data() + before, kChunkBytes, 0);
  outbound_.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
  if (outbound_.empty()) Bytes().swap(outbound_);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;

  grpc_ended_ = count <= 0;
  counter_.from_server(ByteView(outbound_).subspan(before), *this);
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
