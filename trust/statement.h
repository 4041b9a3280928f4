// A statement: what one institution says of another on the ledger (recognition or accreditation),
// or locally in a policy file. docs/formats/statement.md gives the byte form that digests use; the
// ledger's own form is a transaction. Values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"
#include "trust/scope.h"
#include "trust/vocabulary.h"

namespace testamur::trust {

using StatementId =
    TransactionId;  // one statement a transaction; a local one: tagged hash of its record

inline constexpr std::uint8_t kFullAmount = 120;
inline constexpr std::uint8_t kMaxDepth = 7;
inline constexpr std::uint64_t kOpenEnd = ~std::uint64_t{0};
inline constexpr unsigned kTrustSlotsPerPair = 16;
inline constexpr unsigned kAccreditSlotsPerPair = 4096;
inline constexpr unsigned kMaxNamedStatements = 4096;

// Where the ledger put something. `order` is the position in the log; times are header times in
// milliseconds.
struct Commit {
  LogIndex order;
  Height height;
  std::uint64_t time_ms = 0;
  KeyId key;  // the key that signed; zero for genesis and votes
  auto operator<=>(const Commit&) const = default;
};

struct Statement {
  StatementId id;
  InstitutionId truster;
  InstitutionId subject;
  Kind kind = Kind::kTrust;
  std::uint8_t amount = 0;  // 0..120; trust and accredit
  std::uint8_t depth = 0;   // 0..7: further hops that it vouches for; trust and accredit
  Scope scope;              // trust, accredit, distrust
  std::uint64_t valid_from_ms = 0;
  std::uint64_t valid_until_ms = kOpenEnd;  // half-open
  std::uint16_t slot = 0;                   // accredit slots are a number space of their own
  std::uint8_t reason = 0;
  Scheme scheme = Scheme::kNone;   // accredit
  Hash256 evidence;                // report digest; zero = none
  std::vector<StatementId> names;  // end (optional), void (required): statements of the same author
  Commit commit;
  auto operator<=>(const Statement&) const = default;

  // A void, and an end that names statements, occupies no slot.
  bool occupies_slot() const {
    return kind != Kind::kVoid && !(kind == Kind::kEnd && !names.empty());
  }
};

// Why a statement is not accepted. Append-only: the ledger maps them to its rejection codes.
enum class StatementError : std::uint8_t {
  kUnknownTruster = 1,
  kUnknownSubject = 2,
  kSelf = 3,
  kAmountRange = 4,
  kDepthRange = 5,
  kEmptyMask = 6,   // a scope part that is present and empty
  kUnknownBit = 7,  // a scope bit without a meaning
  kAchievementOrder = 8,
  kTimeReversed = 9,  // valid_until not after valid_from
  kNotAccreditor = 10,
  kAccreditsParent = 11,
  kNamesMissing = 12,  // a void without names
  kNamesUnknown = 13,  // a named statement is not on the ledger
  kNamesForeign = 14,  // a named statement has another author, or speaks of another subject
  kNamesVoid = 15,     // a void of a void, or an end of a void or of an end
  kNamesNotAllowed = 16,
  kSlotRange = 17,
  kScheme = 18,
  kDuplicate = 19,
  kOrder = 20,  // ledger order, height or time runs backwards
  kKind = 21,
  kNotOnLedger = 22,  // local statements may be trust, distrust or an end of a slot only
  kNotEmpty = 23,     // a field that this kind does not have is not zero
};
std::string_view to_text(StatementError error);

// The first thing wrong with a statement that shows without the ledger; nothing for a good one.
std::optional<StatementError> check_form(const Statement& statement);
// As check_form, for a statement of a policy file.
std::optional<StatementError> check_local_form(const Statement& statement);

// Canonical record of a local statement, and its id = H_tag(local-statement, salt || record).
Bytes encode_local(const Statement& statement);
StatementId local_statement_id(const Hash256& salt, const Statement& statement);

}  // namespace testamur::trust
