// The strict form of Protobuf that transactions are carried in, checked before libprotobuf sees a
// byte, so that no version of a library decides what is valid.
//
// Rules, for a message and everything below it: fields ascend; a singular field stands once and
// never carries its default (zero, empty, an empty message outside a oneof); varints are minimal
// and in range; repeated scalars are packed in one non-empty run; an enum has a known value; one
// member of a oneof at most; strings are valid UTF-8; no unknown field, no group, no fixed-width
// field; nested at most kMaxDepth deep. So a value has exactly one encoding. The grammar comes from
// the message's descriptor. Pure; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "ledger/tx/rejection.h"

namespace google::protobuf {
class Descriptor;
}

namespace testamur::ledger::tx::wire {

inline constexpr unsigned kMaxDepth = 8;

// What the scanner knows of a message type.
struct MessageShape;

// The shapes of a message type and all that it can contain. Aborts on a schema that the strict form
// excludes (optional, map, group, floating or fixed-width fields): a bug of this program's own
// proto file.
class Grammar {
 public:
  explicit Grammar(const google::protobuf::Descriptor& root);
  ~Grammar();
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  // The first rule that `message` breaks; nothing when it is strict. The rejection's field is a
  // path from the root message, its detail names the byte offset.
  std::optional<Rejection> scan(ByteView message) const;

  // The first text, in the order of the bytes, that the rule for texts of common/text.h refuses:
  // text_form, with the field's path, and the code point and its place as the detail. Precondition:
  // scan() found nothing.
  std::optional<Rejection> find_text_fault(ByteView message) const;

 private:
  std::vector<std::unique_ptr<MessageShape>> shapes_;  // the root is the first
};

// Walks the top-level fields of a message that has passed a scan.
class StrictFields {
 public:
  explicit StrictFields(ByteView message) : rest_(message) {}
  struct Field {
    std::uint32_t number = 0;
    std::uint64_t varint = 0;  // of a scalar
    ByteView bytes;            // of a string, bytes, message or packed field
  };
  std::optional<Field> next();

 private:
  ByteView rest_;
};

// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(ByteView text);

}  // namespace testamur::ledger::tx::wire
