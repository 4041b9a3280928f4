// Checks of form, chained: the first that fails is the result, those after it change nothing.
//
// Field names are paths from where the check began. Pure; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "ledger/tx/facts.h"
#include "ledger/tx/rejection.h"

namespace testamur::ledger::tx {

class FormCheck {
 public:
  enum class Presence : std::uint8_t { kOptional, kRequired };

  FormCheck& require(bool condition, RejectionCode code, std::string_view field,
                     std::string_view detail = {});
  // Between `least` and `most`.
  FormCheck& number(std::string_view field, std::uint64_t value, std::uint64_t least,
                    std::uint64_t most);
  // Exactly `size` bytes; an optional one may be empty.
  FormCheck& length(std::string_view field, std::size_t actual, std::size_t size,
                    Presence presence);
  // A whole number of `unit`-byte values, `least` to `most` of them.
  FormCheck& hash_list(std::string_view field, ByteView list, std::size_t unit, std::size_t least,
                       std::size_t most);
  // At most `limit` bytes of printable text in Unicode without leading or trailing space.
  FormCheck& text(std::string_view field, std::string_view value, std::size_t limit,
                  Presence presence);
  // Sorted by language, unique, each a printable text.
  FormCheck& texts(std::string_view field, const LocalizedTexts& values, std::size_t limit,
                   Presence presence);
  // An http or https address in printable ASCII.
  FormCheck& url(std::string_view field, std::string_view value);
  // Letters, digits, '-' and '.', at most 64.
  FormCheck& identifier(std::string_view field, std::string_view value);
  FormCheck& language(std::string_view field, std::string_view tag);

  template <class List>
  FormCheck& ascending(std::string_view field, const List& values, std::size_t most) {
    if (failure_) return *this;
    number(std::string(field), values.size(), 0, most);
    for (std::size_t i = 1; i < values.size(); ++i) {
      if (!(values[i - 1] < values[i])) {
        return require(false, RejectionCode::kNotSorted, element(field, i),
                       "the list ascends and repeats nothing");
      }
    }
    return *this;
  }

  bool failed() const { return failure_.has_value(); }
  std::optional<Rejection> result() const { return failure_; }
  static std::string element(std::string_view field, std::size_t index);

 private:
  std::optional<Rejection> failure_;
};

// Valid UTF-8 without control, bidirectional-override and line-separator characters.
bool is_printable(std::string_view text);
bool is_language_tag(std::string_view tag);
// Lower-case letters, digits and hyphens in at least two labels.
bool is_domain(std::string_view text);

}  // namespace testamur::ledger::tx
