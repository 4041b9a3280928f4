// Cuts a byte stream into length-prefixed frames.
//
// The length is checked before anything is allocated for it; of what is then reserved, memory is
// touched only as bytes come. Thread rule: one thread at a time.
#pragma once

#include <array>
#include <optional>

#include "common/bytes.h"

namespace testamur::node::net {

class FrameSplitter {
 public:
  explicit FrameSplitter(std::size_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}
  // Holds from the next frame on.
  void set_max_frame_bytes(std::size_t max_frame_bytes) { max_frame_bytes_ = max_frame_bytes; }

  // The next complete frame, without its length, taken from the front of `input`; valid until the
  // next call and while the memory behind `input` lives. Nothing when more bytes are needed
  // (`input` is then empty) or after failure.
  std::optional<ByteView> next(ByteView& input);
  // A length of zero or beyond the limit was met; for good.
  bool failed() const { return failed_; }
  // Bytes of an incomplete frame that are held.
  std::size_t held_bytes() const { return body_.size(); }

 private:
  bool read_length(ByteView& input);

  std::size_t max_frame_bytes_;
  std::array<std::uint8_t, 4> length_bytes_{};
  std::size_t length_bytes_read_ = 0;
  std::size_t length_ = 0;
  Bytes body_;
  bool body_returned_ = false;
  bool failed_ = false;
};

}  // namespace testamur::node::net
