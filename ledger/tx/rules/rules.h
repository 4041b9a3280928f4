// What each kind asks of the state, and what it does: one pair of functions a kind, in the file of
// its family.
//
// check() answers the first rule that the state breaks, or nothing. It only reads, and sees what
// the block wrote so far. The envelope is done by then: time, replay, author, standing, class, keys
// and signatures hold (ledger/execute.cpp).
//
// apply() writes the effects. It never fails, and writes through the StateWriter alone, which notes
// the privileges used. Precondition: check() passed in this very state.
//
// Contents come decoded and with a valid form (ledger/tx/content.h). Private to ledger/; one thread
// at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/tx/content.h"
#include "ledger/tx/kinds.h"
#include "ledger/tx/state_view.h"
#include "ledger/tx/state_writer.h"
#include "ledger/tx/transaction.h"

namespace testamur::ledger::tx::rules {

// ---- whatever the content

// What check() of a status change found out, so that apply() need not walk the pages again. Empty
// for other kinds.
using Plan = StatusPlan;

std::optional<Rejection> check(const StateView& view, const Transaction& transaction, Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

// ---- institutions.cpp

std::optional<Rejection> check(const StateView&, const Transaction&,
                               const InstitutionRegisterContent&);
std::optional<Rejection> check(const StateView&, const Transaction&,
                               const InstitutionUpdateContent&);
std::optional<Rejection> check(const StateView&, const Transaction&,
                               const InstitutionLeaveContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const InstitutionListContent&);
void apply(StateWriter&, const Transaction&, const InstitutionRegisterContent&);
void apply(StateWriter&, const Transaction&, const InstitutionUpdateContent&);
void apply(StateWriter&, const Transaction&, const InstitutionLeaveContent&);
void apply(StateWriter&, const Transaction&, const InstitutionListContent&);

// Registrations, listings, publications by digest and agreements to successions count among the
// statement changes that the author may make in a day.
std::optional<Rejection> check_change_rate(const StateView& view, const InstitutionId& author);

// ---- keys.cpp

std::optional<Rejection> check(const StateView&, const Transaction&, const KeyAddContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const KeyRotateContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const KeyRetireContent&);
void apply(StateWriter&, const Transaction&, const KeyAddContent&);
void apply(StateWriter&, const Transaction&, const KeyRotateContent&);
void apply(StateWriter&, const Transaction&, const KeyRetireContent&);

// Not registered yet, possession proven, and the owner has room for it. `replaces`: another key
// goes at the same time.
std::optional<Rejection> check_new_key(const StateView& view, const InstitutionId& owner,
                                       const KeyAddContent& key, bool replaces);

// ---- successions.cpp
//
// A succession takes effect when all its parties have agreed: each sends the same message in its
// own name, signed by its roots; an agreement counts for kConsentMs. Where a predecessor's root is
// gone, a vote stands for the predecessors; successors always agree themselves, because distrust
// follows to them without end.

inline constexpr std::uint64_t kConsentMs = 30ULL * 86'400'000;

std::optional<Rejection> check(const StateView&, const Transaction&, const SuccessionContent&);
void apply(StateWriter&, const Transaction&, const SuccessionContent&);

// Whether a vote could put it into effect now: predecessors neither closed nor left, nor with a
// seat in the validator set if they close; successors in good standing, with keys, and agreed.
std::optional<Rejection> check_voted(const StateView& view, const SuccessionContent& content);

// ---- publications.cpp

std::optional<Rejection> check(const StateView&, const Transaction&, const AchievementContent&);
std::optional<Rejection> check(const StateView&, const Transaction&,
                               const AchievementCosignContent&);
std::optional<Rejection> check(const StateView&, const Transaction&,
                               const AchievementRetireContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const PolicyContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const RuleContent&);
void apply(StateWriter&, const Transaction&, const AchievementContent&);
void apply(StateWriter&, const Transaction&, const AchievementCosignContent&);
void apply(StateWriter&, const Transaction&, const AchievementRetireContent&);
void apply(StateWriter&, const Transaction&, const PolicyContent&);
void apply(StateWriter&, const Transaction&, const RuleContent&);

// ---- issuing.cpp, status.cpp

std::optional<Rejection> check(const StateView&, const Transaction&, const IssueListedContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const IssueAnchoredContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const StatusChangeContent&,
                               Plan&);
void apply(StateWriter&, const Transaction&, const IssueListedContent&);
void apply(StateWriter&, const Transaction&, const IssueAnchoredContent&);
void apply(StateWriter&, const Transaction&, const StatusChangeContent&, const Plan&);

// ---- statements.cpp: the seven kinds of recognition and accreditation

std::optional<Rejection> check(const StateView&, const Transaction&, const StatementContent&);
void apply(StateWriter&, const Transaction&, const StatementContent&);

// ---- proposals.cpp, validators.cpp (what proposals do when they are due: proposals.h)

std::optional<Rejection> check(const StateView&, const Transaction&, const ProposalContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const VoteContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const ReadyContent&);
std::optional<Rejection> check(const StateView&, const Transaction&, const EvidenceContent&);
void apply(StateWriter&, const Transaction&, const ProposalContent&);
void apply(StateWriter&, const Transaction&, const VoteContent&);
void apply(StateWriter&, const Transaction&, const ReadyContent&);
void apply(StateWriter&, const Transaction&, const EvidenceContent&);

// ---- author_budget.cpp: the bytes that an author may write in a day (parameter
// author_bytes_per_day)
//
// Every transaction counts with its carried bytes, by the header's time in UTC. Issues and
// publications end at the budget; what takes something back or keeps the ledger going (statuses,
// ends, keys, votes, evidence) may go on to twice as much, so that whoever used up the budget, an
// intruder with a stolen key for example, has not closed that way too. What the root keys sign is
// never refused for its size. docs/formats/kinds.md.

inline constexpr std::uint16_t kAuthorBudgetSince = 3;  // protocol version
inline constexpr std::uint16_t kLateTheftSince = 4;     // protocol version

std::optional<Rejection> check_author_budget(const StateView& view, const Transaction& transaction);
void count_author_bytes(Overlay& state, const Transaction& transaction, std::uint64_t time_ms);

// The path of a field of the transaction's content, as rejections name it.
inline std::string path_of(const Transaction& transaction, std::string_view field) {
  return std::string(name(transaction.kind())) + "." + std::string(field);
}

}  // namespace testamur::ledger::tx::rules
