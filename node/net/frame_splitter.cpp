#include "node/net/frame_splitter.h"

#include <algorithm>

namespace testamur::node::net {
namespace {

// A buffer that grew beyond this for one large frame is given back after it.
constexpr std::size_t kKeptBytes = 256u << 10;

}  // namespace

bool FrameSplitter::read_length(ByteView& input) {
  while (length_bytes_read_ < length_bytes_.size()) {
    if (input.empty()) return false;
    length_bytes_[length_bytes_read_++] = input.front();
    input = input.subspan(1);
    if (length_bytes_read_ < length_bytes_.size()) continue;
    length_ = Decoder(length_bytes_).u32();
    failed_ = length_ == 0 || length_ > max_frame_bytes_;
  }
  return !failed_;
}

std::optional<ByteView> FrameSplitter::next(ByteView& input) {
  // The caller may use a returned frame until it asks for the next one, which is now. What a large
  // frame took is given back then.
  if (body_returned_) {
    body_returned_ = false;
    body_.clear();
    if (body_.capacity() > kKeptBytes) body_ = Bytes{};
  }

  if (failed_ || !read_length(input)) return std::nullopt;

  // A frame that lies whole in the input is handed on without being copied.
  if (body_.empty() && input.size() >= length_) {
    const auto frame = input.first(length_);
    input = input.subspan(length_);
    length_bytes_read_ = 0;
    return frame;
  }

  if (body_.empty()) body_.reserve(length_);  // address space: pages are taken as they are filled
  const auto part = input.first(std::min(input.size(), length_ - body_.size()));
  body_.insert(body_.end(), part.begin(), part.end());
  input = input.subspan(part.size());
  if (body_.size() < length_) return std::nullopt;

  length_bytes_read_ = 0;
  body_returned_ = true;
  return ByteView(body_);
}

}  // namespace testamur::node::net
