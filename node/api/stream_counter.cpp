#include "node/api/stream_counter.h"

#include <algorithm>

namespace testamur::node {
namespace {

constexpr std::size_t kHeadBytes = 9;

constexpr std::uint8_t kData = 0, kHeaders = 1, kRstStream = 3, kSettings = 4, kPing = 6,
                       kContinuation = 9;
constexpr std::uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;

}  // namespace

StreamCounter::Frame StreamCounter::read_head(ByteView head) {
  const auto length = std::uint32_t{head[0]} << 16 | std::uint32_t{head[1]} << 8 | head[2];
  const auto type = head[3];
  const bool ends = (type == kData || type == kHeaders) && (head[4] & kEndStream) != 0;
  const auto stream = std::uint32_t{head[5]} << 24 | std::uint32_t{head[6]} << 16 |
                      std::uint32_t{head[7]} << 8 | head[8];
  const bool has_answer = type == kSettings || type == kPing;
  const bool is_ack = (head[4] & kAck) != 0;
  return {length,
          type,
          ends,
          (head[4] & kEndHeaders) != 0,
          has_answer && !is_ack,
          has_answer && is_ack,
          stream & 0x7fffffff};
}

std::size_t StreamCounter::from_client(ByteView bytes, Listener& listener) {
  std::size_t at = 0;
  for (; preface_seen_ < kPreface.size() && at < bytes.size() && !broken_; ++preface_seen_, ++at) {
    broken_ = bytes[at] != static_cast<std::uint8_t>(kPreface[preface_seen_]);
  }
  if (broken_) return 0;

  for (;;) {
    const auto payload = std::min<std::size_t>(client_payload_, bytes.size() - at);
    at += payload;
    client_payload_ -= static_cast<std::uint32_t>(payload);
    if (client_payload_ != 0 || bytes.size() - at < kHeadBytes) return at;

    const auto frame = read_head(bytes.subspan(at, kHeadBytes));
    broken_ = too_long_headers_ = !fits(frame);
    if (broken_ || !pass_client_frame(frame, listener)) return at;
    client_payload_ = frame.length;
    at += kHeadBytes;
  }
}

// Asked again for a frame that had to wait: it is counted when it passes.
bool StreamCounter::fits(const Frame& frame) {
  if (frame.type != kHeaders && frame.type != kContinuation) return true;
  // What begins no request is a second block of one, or nothing that a client may send.
  if (frame.type == kHeaders && !begins(frame)) return false;
  if (frame.type == kHeaders) header_bytes_ = header_frames_ = 0;
  header_bytes_ += frame.length;
  ++header_frames_;
  const bool fit = header_bytes_ <= kHeaderBytes && header_frames_ <= kHeaderFrames;
  if (frame.ends_headers) header_bytes_ = header_frames_ = 0;
  return fit;
}

// What gRPC takes for a new stream: an odd number above all before it.
bool StreamCounter::begins(const Frame& frame) const {
  return frame.type == kHeaders && frame.stream % 2 == 1 && frame.stream > newest_;
}

bool StreamCounter::pass_client_frame(const Frame& frame, Listener& listener) {
  if (frame.wants_answer) {
    if (unanswered_ >= kMostUnanswered) return false;
    ++unanswered_;
  }
  if (begins(frame)) {
    const auto header_bytes = frame.ends_headers ? frame.length : kHeaderBytes;
    if (!listener.may_begin(header_bytes)) return false;
    newest_ = frame.stream;
    streams_.emplace(frame.stream, Stream{header_bytes});
    ++incomplete_;
  }
  if (frame.ends_stream) complete(frame.stream);
  if (frame.type != kRstStream) return true;
  if (const auto header_bytes = forget(frame.stream)) listener.cancelled(*header_bytes);
  return true;
}

void StreamCounter::from_server(ByteView bytes, Listener& listener) {
  for (;;) {
    const auto payload = std::min<std::size_t>(server_payload_, bytes.size());
    bytes = bytes.subspan(payload);
    server_payload_ -= static_cast<std::uint32_t>(payload);
    if (bytes.empty()) return;

    const auto part = std::min(kHeadBytes - server_head_bytes_, bytes.size());
    std::copy_n(bytes.begin(), part,
                server_head_.begin() + static_cast<std::ptrdiff_t>(server_head_bytes_));
    bytes = bytes.subspan(part);
    server_head_bytes_ += part;
    if (server_head_bytes_ < kHeadBytes) return;

    server_head_bytes_ = 0;
    const auto frame = read_head(server_head_);
    server_payload_ = frame.length;
    pass_server_frame(frame, listener);
  }
}

void StreamCounter::pass_server_frame(const Frame& frame, Listener& listener) {
  if (frame.is_answer && unanswered_ != 0) --unanswered_;
  if (!frame.ends_stream && frame.type != kRstStream) return;
  if (const auto header_bytes = forget(frame.stream)) listener.ended(*header_bytes);
}

void StreamCounter::complete(std::uint32_t stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end() || found->second.is_complete) return;
  found->second.is_complete = true;
  --incomplete_;
}

std::optional<std::size_t> StreamCounter::forget(std::uint32_t stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return std::nullopt;
  const auto [header_bytes, is_complete] = found->second;
  if (!is_complete) --incomplete_;
  streams_.erase(found);
  return header_bytes;
}

}  // namespace testamur::node
