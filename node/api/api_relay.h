// One connection of the API between its caller and gRPC: bytes go on when there is room for what
// they begin.
//
// The caller's side speaks TLS or not; gRPC gets a socket of its own, with the caller's name on it
// (caller.h), once the caller has shown that it speaks HTTP/2. At most kHeldBytes lie here in each
// direction: beyond that nothing is read, and who does not read is not read from. A side is read
// only after it was told of (told()): each call of the system counts, there are two for every one
// that gRPC would make. One thread; never waits.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "node/api/client_socket.h"
#include "node/api/open_streams.h"
#include "node/api/stream_counter.h"

namespace testamur::node {

class ApiRelay final : public StreamCounter::Listener {
 public:
  // Opens gRPC's side; a descriptor, or -1 when there is none.
  using Connect = std::function<int()>;

  // `streams` knows the connection as `id` already.
  ApiRelay(OpenStreams::Id id, int client, SSL_CTX* tls, OpenStreams& streams, Connect connect,
           std::uint64_t now_ms);
  ~ApiRelay() override;

  enum class State : std::uint8_t {
    kIdle,   // until a descriptor tells of something
    kAgain,  // there is more to do: other connections first
    kOver
  };
  State pump(std::uint64_t now_ms);
  enum class Side : std::uint8_t { kClient, kGrpc };
  // What epoll tells of one of the two descriptors, once for each change (EPOLLET), with
  // EPOLLRDHUP.
  void told(Side side, std::uint32_t events);
  // Whether gRPC's side has to tell of room (EPOLLOUT). It is not asked to otherwise: a unix socket
  // tells of room whenever the other end reads.
  bool wants_room() const { return wants_room_; }
  // Whether it has taken too long over something: its time is over.
  bool is_late(std::uint64_t now_ms) const;

  int client_descriptor() const { return client_.descriptor(); }
  int grpc_descriptor() const { return grpc_; }
  // What keeps it from being read, or kYes.
  OpenStreams::Room waits() const { return waits_; }
  std::uint64_t waits_since_ms() const { return waits_since_ms_; }
  // How many of its requests only its caller can move on: those that are not complete; all, when it
  // reads nothing.
  std::size_t stuck() const;
  // Whether something lies here that its caller does not take.
  bool is_unread() const { return unread_since_ms_ != 0; }
  // Says goodbye with ENHANCE_YOUR_CALM, as far as that can be said now. To be destroyed then.
  void turn_away();

  // Whether it is over because the headers of a request were too long.
  bool has_too_long_headers() const { return counter_.has_too_long_headers(); }

  bool may_begin(std::size_t header_bytes) override;
  void ended(std::size_t header_bytes) override { streams_.end(id_, header_bytes); }
  void cancelled(std::size_t header_bytes) override { streams_.cancel(id_, header_bytes, now_ms_); }

  static constexpr std::size_t kHeldBytes = 32u << 10;
  static constexpr std::uint64_t kBeginMs = 5'000;  // for the handshake and the preface
  static constexpr std::uint64_t kHalfClosedMs =
      5'000;  // for what is under way when one side has ended
  static constexpr std::uint64_t kUnreadMs = 15'000;  // for taking anything at all

 private:
  bool begin();
  bool take_from_client();
  bool hand_on();
  bool clear_inbound();
  bool send_cleared();
  void stop_reading();
  bool take_from_grpc();
  bool give_to_client();
  void look_for_end();

  const OpenStreams::Id id_;
  ClientSocket client_;
  OpenStreams& streams_;
  Connect connect_;
  const std::uint64_t begun_ms_;
  StreamCounter counter_;
  int grpc_ = -1;
  Bytes inbound_;  // of which the first cleared_ bytes may go on
  std::size_t cleared_ = 0;
  Bytes outbound_;
  // There may be something to read; with hung_up also when a read has brought less than it could.
  struct Readable {
    bool now = true, hung_up = false;
  };
  Readable client_readable_, grpc_readable_;
  bool wants_room_ = false;
  bool client_ended_ = false, grpc_ended_ = false, told_grpc_ = false, over_ = false;
  std::uint64_t now_ms_;
  std::uint64_t ended_since_ms_ = 0;
  std::uint64_t unread_since_ms_ = 0;
  OpenStreams::Room waits_ = OpenStreams::Room::kYes;
  std::uint64_t waits_since_ms_ = 0;
};

}  // namespace testamur::node
