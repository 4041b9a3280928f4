// Who says what of whom, and what a node decides from it, as nodes answer it. Rules as in
// answers.h. Pure values; any thread.
#pragma once

#include "trust/statement.h"
#include "trust/vocabulary.h"
#include "wallet/client/answers.h"

namespace testamur::wallet {

// A recognition or an accreditation on the ledger. On the wire zero says something (the first slot,
// no end, the whole world), so that what was not sent is told apart from it.
struct StatementAnswer {
  trust::StatementId id;  // zero: not known
  PartyName truster, subject;
  std::optional<trust::Kind> kind;
  std::optional<std::uint8_t> amount, depth;
  std::optional<trust::Scope> scope;
  std::optional<std::uint64_t> valid_from_ms, valid_until_ms;  // until 0: open
  std::optional<std::uint16_t> slot;
  std::optional<trust::Scheme> scheme;
  std::vector<trust::StatementId> names;  // what an end or a void names
  bool names_whole = false;               // false: it may name more
  std::optional<AnchorAnswer> anchor;
  std::optional<KeyId> key;  // that signed it
  Hash256 evidence_digest;   // zero: none
  std::string report_url;
  bool in_force = false;

  // What of it is not known, for people; empty where all of the above is.
  std::string unknown_part() const;
};
struct StatementsAnswer {
  std::vector<StatementAnswer> statements;
  std::optional<AsOf> as_of;
  Shown shown;
};

enum class DecidedPoint : std::uint8_t { kUnknown, kAtAnchor, kToday, kAtClaim, kAtTime };
struct HopAnswer {
  PartyName truster, subject;
  std::uint32_t capacity = 0;
};
struct PathAnswer {
  std::uint32_t amount = 0;
  std::vector<HopAnswer> hops;
};
struct DecisionAnswer {
  DecidedPoint point = DecidedPoint::kUnknown;
  Acceptance outcome = Acceptance::kUnknown;  // also where the numbers beside it contradict it
  PartyName viewpoint, issuer;
  std::uint64_t at_time_ms = 0;
  Height as_of_height;
  std::uint32_t amount = 0, required_amount = 0;
  std::uint32_t independent_paths = 0;
  std::uint32_t accredited_amount = 0;
  std::string explanation;
  std::string policy_digest;  // hexadecimal; empty: not said
  std::vector<PathAnswer> paths;
  std::vector<std::string> remedies;
  std::optional<AsOf> as_of;
  Shown shown;
};

}  // namespace testamur::wallet
