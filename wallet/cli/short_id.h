// Ids as people copy them: the beginning of one, as the documents and the terminal show it. Pure;
// any thread.
//
// An id has a checksum so that a slip never names another one; a beginning has none. So it is taken
// only where all that it may mean is known, where it means one, and from kLeastTyped characters on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "wallet/cli/outcome.h"

namespace testamur::wallet {

inline constexpr std::size_t kLeastTyped = 8;  // after the prefix

// Whether it is the beginning of a bech32m id with this prefix ("tmi", "tmk", "tmx", "tmn"), with
// or without the dots that stand for the rest; never a whole id, be it right or mistyped.
bool is_short_id(std::string_view typed, std::string_view prefix);

// The first beginning of an institution's, key's or transaction's id in a word of the command line
// (alone, in a list, before an achievement's number, in a reference); empty where there is none.
std::string find_short_id(std::string_view word);

// The one of the candidates that begins with what was typed. Fails with 2 on fewer than kLeastTyped
// characters and where several do, which are named, and with 9 where none does. `what` begins the
// failure ("--by"); `listed_by` is the command that shows the candidates, empty where there is
// none.
Attempt<std::string> complete_id(const std::string& what, std::string_view typed,
                                 std::string_view prefix,
                                 const std::vector<std::string>& candidates,
                                 const std::string& listed_by = {});

// The same of ids that have no prefix: 32 or 64 hexadecimal digits.
bool is_short_hex(std::string_view typed, std::size_t digits);

}  // namespace testamur::wallet
