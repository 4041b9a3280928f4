// Bytes that must not outlive their use: move-only, overwritten when they go. One thread at a time.
#pragma once

#include <string_view>

#include "common/bytes.h"
#include "common/keys.h"

namespace testamur::wallet {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  // Takes over the buffer; the caller's vector is left empty.
  explicit SecretBytes(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  static SecretBytes copy_of(ByteView view) { return SecretBytes{to_bytes(view)}; }
  static SecretBytes copy_of(std::string_view text) {
    return SecretBytes{to_bytes(as_bytes(text))};
  }

  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {
    other.bytes_.clear();
  }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::move(other.bytes_);
      other.bytes_.clear();
    }
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(bytes_); }

  SecretBytes clone() const { return copy_of(view()); }
  ByteView view() const { return bytes_; }
  std::string_view text() const { return as_text(bytes_); }
  std::span<std::uint8_t> writable() { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

 private:
  Bytes bytes_;
};

}  // namespace testamur::wallet
