// Counts the requests of one HTTP/2 connection, and what else the server owes an answer, from the
// frames that pass in both directions (RFC 9113).
//
// What gRPC keeps of a request begins with its HEADERS frame, long before any service hears of it,
// and only this count bounds it: gRPC 1.51 applies SETTINGS_MAX_CONCURRENT_STREAMS to clients that
// have acknowledged it, and keeps what is cancelled until it finds time. The same for the headers
// of one request: it keeps and reads again what comes in CONTINUATION frames before any limit of
// its own, so that their sum is bounded here; and it keeps the trailers of a request beside its
// headers, which no request of gRPC has: they end the connection. And of PING and SETTINGS, each of
// which it answers: who sends them and takes no answer makes it keep answers without end, some
// hundred bytes for each of seventeen (CVE-2019-9512). Only the nine bytes at the head of each
// frame are looked at; header compression and contents are none of its business. Pure; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "common/bytes.h"

namespace testamur::node {

class StreamCounter {
 public:
  // What is told of each stream; in this order, and nothing behind end() or cancel(). Each with
  // the bytes of its headers: those of a block in several frames, whose length is not known when it
  // begins, count as kHeaderBytes.
  class Listener {
   public:
    virtual ~Listener() = default;
    // Whether one more stream may begin. After "no" the same stream asks again.
    virtual bool may_begin(std::size_t header_bytes) = 0;
    // The server has answered it to the end, or has refused it.
    virtual void ended(std::size_t header_bytes) = 0;
    // The client has given it up: the server may be at it for a moment longer.
    virtual void cancelled(std::size_t header_bytes) = 0;
  };

  // What a client says first.
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  // How many bytes, from the first on, may go on to the server: all whole frames up to a stream
  // that must wait, or a PING or SETTINGS while too many are not answered, without a frame's head
  // that is not complete. The rest is to be given again,
  // with what comes behind it.
  std::size_t from_client(ByteView bytes, Listener& listener);
  // Everything goes on.
  void from_server(ByteView bytes, Listener& listener);

  // The client does not speak HTTP/2, or its headers are too long: nothing more goes on.
  bool broken() const { return broken_; }
  // … because its headers are too long, or are a second block of the same request.
  bool has_too_long_headers() const { return too_long_headers_; }

  // Of one header block: twice what gRPC takes of metadata; and in so many frames.
  static constexpr std::size_t kHeaderBytes = 16u << 10;
  static constexpr std::size_t kHeaderFrames = 8;
  // PING and SETTINGS that the server has not answered yet. A client that measures or keeps alive
  // has one on its way.
  static constexpr std::size_t kMostUnanswered = 32;
  // The server is between two frames.
  bool server_at_rest() const { return server_head_bytes_ == 0 && server_payload_ == 0; }
  std::size_t open() const { return streams_.size(); }
  // Streams whose request the client has not sent to its end.
  std::size_t incomplete() const { return incomplete_; }

 private:
  struct Frame {
    std::uint32_t length;
    std::uint8_t type;
    bool ends_stream;
    bool ends_headers;
    bool wants_answer;  // a PING or SETTINGS
    bool is_answer;     // … of the other side
    std::uint32_t stream;
  };
  static Frame read_head(ByteView head);
  bool fits(const Frame& frame);
  bool begins(const Frame& frame) const;
  bool pass_client_frame(const Frame& frame, Listener& listener);
  void pass_server_frame(const Frame& frame, Listener& listener);
  void complete(std::uint32_t stream);
  std::optional<std::size_t> forget(std::uint32_t stream);

  struct Stream {
    std::size_t header_bytes;
    bool is_complete = false;
  };
  std::map<std::uint32_t, Stream> streams_;
  std::size_t incomplete_ = 0;
  std::size_t unanswered_ = 0;
  std::uint32_t newest_ = 0;
  std::size_t preface_seen_ = 0;
  bool broken_ = false;
  bool too_long_headers_ = false;
  std::size_t header_bytes_ = 0, header_frames_ = 0;  // of the block that is passing
  std::uint32_t client_payload_ = 0;                  // bytes of the frame that is passing
  std::uint32_t server_payload_ = 0;
  std::array<std::uint8_t, 9> server_head_{};
  std::size_t server_head_bytes_ = 0;
};

}  // namespace testamur::node
