// Words that the ledger and the trust engine share, with one number each. The numbers of the
// ledger's own copies are stored; ledger/recognition_graph.cpp asserts that both agree, name by
// name. Values; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace testamur::trust {

// Of a statement. Part of stored formats.
enum class Kind : std::uint8_t { kTrust = 1, kAccredit = 2, kDistrust = 3, kEnd = 4, kVoid = 5 };
std::string_view to_text(Kind kind);

// Of an institution. Only who is in good standing speaks and is spoken of; the last two never
// become good again.
enum class Standing : std::uint8_t { kGood = 1, kSuspended = 2, kClosed = 3, kLeft = 4 };

}  // namespace testamur::trust
