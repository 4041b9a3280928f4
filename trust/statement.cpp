// The form of a statement: everything that can be said of it without a ledger. Invariant: a
// statement that passes check_form leaves empty what its kind does not have, so that each meaning
// has one encoding and one digest.
#include "trust/statement.h"

#include <algorithm>
#include <array>

namespace testamur::trust {
namespace {

std::optional<StatementError> check_scope(const Scope& scope) {
  const auto wrong = check(scope);
  if (!wrong) return std::nullopt;
  switch (*wrong) {
    case ScopeError::kEmptyPart: return StatementError::kEmptyMask;
    case ScopeError::kUnknownBit: return StatementError::kUnknownBit;
    case ScopeError::kAchievementOrder: return StatementError::kAchievementOrder;
  }
  return StatementError::kEmptyMask;
}

std::optional<StatementError> check_amounts(const Statement& s) {
  if (s.kind == Kind::kTrust || s.kind == Kind::kAccredit) {
    if (s.amount > kFullAmount) return StatementError::kAmountRange;
    if (s.depth > kMaxDepth) return StatementError::kDepthRange;
  } else if (s.amount != 0 || s.depth != 0) {
    return StatementError::kNotEmpty;
  }
  if ((s.kind == Kind::kAccredit) != (s.scheme != Scheme::kNone)) return StatementError::kScheme;
  if (static_cast<unsigned>(s.scheme) >= kSchemeCount) return StatementError::kScheme;
  return std::nullopt;
}

std::optional<StatementError> check_times(const Statement& s) {
  if (s.kind == Kind::kEnd || s.kind == Kind::kVoid) {
    return s.valid_until_ms == kOpenEnd ? std::nullopt : std::optional(StatementError::kNotEmpty);
  }
  return s.valid_until_ms > s.valid_from_ms ? std::nullopt
                                            : std::optional(StatementError::kTimeReversed);
}

std::optional<StatementError> check_name_list(const Statement& s) {
  if (s.kind == Kind::kVoid && s.names.empty()) return StatementError::kNamesMissing;
  if (s.kind != Kind::kVoid && s.kind != Kind::kEnd && !s.names.empty())
    return StatementError::kNamesNotAllowed;
  if (s.names.size() > kMaxNamedStatements) return StatementError::kNamesNotAllowed;
  if (std::adjacent_find(s.names.begin(), s.names.end(), std::greater_equal<>()) != s.names.end()) {
    return StatementError::kNamesNotAllowed;
  }
  return std::nullopt;
}

struct ErrorText {
  StatementError error;
  std::string_view text;
};

constexpr std::array<ErrorText, 23> kErrorTexts{{
    {StatementError::kUnknownTruster, "the author is not on the ledger"},
    {StatementError::kUnknownSubject, "the subject is not on the ledger"},
    {StatementError::kSelf, "nobody may make a statement about itself"},
    {StatementError::kAmountRange, "the amount is above 120"},
    {StatementError::kDepthRange, "the depth is above 7"},
    {StatementError::kEmptyMask,
     "a part of the scope is present and empty; leave it out to mean all"},
    {StatementError::kUnknownBit, "the scope has a bit without a meaning"},
    {StatementError::kAchievementOrder,
     "the achievements of the scope are not ascending and unique"},
    {StatementError::kTimeReversed, "valid_until is not after valid_from"},
    {StatementError::kNotAccreditor, "the author does not hold the role accreditor"},
    {StatementError::kAccreditsParent, "nobody may accredit its own parent"},
    {StatementError::kNamesMissing, "a void must name the statements that it annuls"},
    {StatementError::kNamesUnknown, "a named statement is not on the ledger"},
    {StatementError::kNamesForeign, "a named statement has another author or another subject"},
    {StatementError::kNamesVoid, "a void cannot be voided or ended, and an end cannot be ended"},
    {StatementError::kNamesNotAllowed,
     "the list of named statements is not allowed here or not ascending"},
    {StatementError::kSlotRange, "the slot is out of range"},
    {StatementError::kScheme, "an accreditation, and nothing else, carries a scheme"},
    {StatementError::kDuplicate, "a statement with this id exists"},
    {StatementError::kOrder, "the order of the ledger runs backwards"},
    {StatementError::kKind, "the kind is unknown"},
    {StatementError::kNotOnLedger, "a local statement may be trust, distrust or the end of a slot"},
    {StatementError::kNotEmpty, "a field that this kind does not have is not empty"},
}};
static_assert(kErrorTexts.size() == static_cast<std::size_t>(kErrorTexts.back().error),
              "every code has its text");

}  // namespace

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::kTrust: return "trust";
    case Kind::kAccredit: return "accredit";
    case Kind::kDistrust: return "distrust";
    case Kind::kEnd: return "end";
    case Kind::kVoid: return "void";
  }
  return "unknown kind";
}

std::string_view to_text(StatementError error) {
  const auto* known = std::ranges::find(kErrorTexts, error, &ErrorText::error);
  return known == kErrorTexts.end() ? "unknown error" : known->text;
}

std::optional<StatementError> check_form(const Statement& s) {
  if (s.kind < Kind::kTrust || s.kind > Kind::kVoid) return StatementError::kKind;
  if (s.truster == s.subject) return StatementError::kSelf;

  if (auto wrong = check_amounts(s)) return wrong;
  if (auto wrong = check_times(s)) return wrong;
  if (auto wrong = check_name_list(s)) return wrong;

  if (s.kind == Kind::kEnd || s.kind == Kind::kVoid) {
    if (s.scope != Scope{}) return StatementError::kNotEmpty;
  } else if (auto wrong = check_scope(s.scope)) {
    return wrong;
  }

  if (!s.occupies_slot())
    return s.slot == 0 ? std::nullopt : std::optional(StatementError::kNotEmpty);
  const unsigned slots = s.kind == Kind::kAccredit ? kAccreditSlotsPerPair : kTrustSlotsPerPair;
  return s.slot < slots ? std::nullopt : std::optional(StatementError::kSlotRange);
}

std::optional<StatementError> check_local_form(const Statement& s) {
  if (s.kind == Kind::kAccredit || s.kind == Kind::kVoid || !s.names.empty())
    return StatementError::kNotOnLedger;
  return check_form(s);
}

Bytes encode_local(const Statement& s) {
  Encoder out;
  out.u8(1).fixed(s.subject).u8(static_cast<std::uint8_t>(s.kind)).u8(s.amount).u8(s.depth);
  encode(out, s.scope);
  out.u64(s.valid_from_ms).u64(s.valid_until_ms).u16(s.slot).u8(s.reason).fixed(s.evidence);
  return out.take();
}

StatementId local_statement_id(const Hash256& salt, const Statement& statement) {
  return StatementId{tags::kLocalStatement(salt.view(), encode_local(statement)).bytes};
}

}  // namespace testamur::trust
