// Whom a change of status hits: from what a person named (learners, references, indexes, batches)
// to awards of this home's registers, each by the learner's reference, achievement, batch and date.
// One thread.
//
// A name may mean more than it seems to: a learner may have several awards, and two references may
// differ by a leading zero only. So the selection says every award by name, what was ambiguous, and
// which other learners are close.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wallet/cli/context.h"
#include "wallet/cli/outcome.h"
#include "wallet/credential/credential.h"

namespace testamur::wallet {

// One learner's award, by a register of this home; or an index that no register of this home has.
struct AwardRecord {
  std::string student;  // empty: in no register here
  std::string batch;    // name of the folder
  AchievementId achievement;
  std::vector<IssuerIndex> indexes;  // all slots of the award, ascending
  std::string name;                  // of the learner, as signed; empty: not known
  std::string date;    // of the award, YYYY-MM-DD; empty: it states none, or is not known
  std::string issued;  // the day on which it was signed; empty: not known
  bool committed = true;
  std::vector<Hash256> commitments;  // of the indexes, where the batch's state has them

  auto operator<=>(const AwardRecord&) const = default;
};
// Which of these awards no later one of the same learner and achievement takes the place of, in one
// sentence; empty where each has one. `known`: the awards of all registers.
std::string without_successor(const std::vector<AwardRecord>& known,
                              const std::vector<AwardRecord>& superseded);
// "S1, tmi1…/1.1, of 2026-06-30, batch spring (index 7)".
std::string award_text(const AwardRecord& award);
// "2026-06-30"; of an award that states no date: "no date of award (issued 2026-07-02)".
std::string award_day(const AwardRecord& award);
// The first ten a line each, and how many more.
std::string awards_text(const std::vector<AwardRecord>& awards);
Json to_json(const AwardRecord& award);

// What a person named, in one option or one row of a table.
struct TargetName {
  std::optional<std::string> student;
  std::optional<IssuerIndex> index;
  std::optional<std::string> batch;
  std::string where;  // "--student S1", "revoke.csv, line 3": begins the failure
};

// The same on the command line, where what is named stands beside each other: an index and a
// learner name one award, and not two.
struct TypedTargets {
  std::vector<std::string> students;
  std::vector<std::pair<std::string, IssuerIndex>> indexes;  // each with the option that named it
  std::optional<std::string> batch;
};
// With the rows of a table, to all of which the batch applies. Fails where nobody is named, where a
// row is of another batch, and on several learners beside indexes: whose is which, nobody can tell.
// Pure.
Result<std::vector<TargetName>> targets_of(const TypedTargets& typed,
                                           const std::vector<TargetName>& rows);

struct AwardSelection {
  std::vector<AwardRecord> awards;  // by batch and student, each once
  std::vector<std::string>
      ambiguous;  // a sentence for each learner that was named without saying which award
  std::vector<std::string> close;  // a sentence for each learner whose reference is near another's
};
// Fails, naming the place, on a name that nobody has, a batch that there is not, and a reference
// that belongs to another learner or batch than stands beside it. `all`: every award of a learner,
// or of a batch named alone, is meant. Pure.
Result<AwardSelection> select_awards(const std::vector<AwardRecord>& known,
                                     const std::vector<std::string>& batches,
                                     const std::vector<TargetName>& names, bool all);

// Every award of this home's registers, without dates and commitments. Fails where a register
// cannot be read, and on copies.
Attempt<std::vector<AwardRecord>> registered_awards(const Context& context,
                                                    std::span<const age::Identity> identities);
// Those of these learners that are of the achievement, in any version; without the one that a new
// award takes the place of. Pure.
std::vector<AwardRecord> awards_beside(std::vector<AwardRecord> known,
                                       const std::set<std::string>& students,
                                       const AchievementId& achievement,
                                       const std::optional<AwardRecord>& replaced);
// Adds date, commitments and whether the batch is committed to these awards, from the states of
// their batches. Only batches that one of the awards names are opened.
Attempt<void> add_dates(const Context& context, std::span<const age::Identity> identities,
                        std::vector<AwardRecord>& awards);

// The indexes that a batch of this home holds.
struct BatchIndexes {
  std::string batch;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};
Attempt<std::vector<BatchIndexes>> indexes_of_batches(const Context& context,
                                                      std::span<const age::Identity> identities);
// A sentence for each award that no register has, saying what its index may be: a place that only
// fills a small batch up, that of a learner who was erased, for the batch forgot which
// (docs/formats/claim-file.md), or an award of another home. Pure.
std::vector<std::string> unregistered(const std::vector<AwardRecord>& awards,
                                      const std::vector<BatchIndexes>& batches);

// The status of a slot as nodes call it: "valid", "revoked", …
std::string status_name(LedgerStatus status);
// What a node says of the slots of these awards, by commitment, many at once. One whose place the
// ledger does not list with its own commitment is absent: a copy of this home may have given the
// place to another award.
Attempt<std::map<Hash256, BulkSlotAnswer>> slots_of(Client& client, const InstitutionId& issuer,
                                                    const std::vector<AwardRecord>& awards);
// Whether the issuer has any of these on the ledger, at whatever place.
Attempt<bool> any_is_listed(Client& client, const InstitutionId& issuer,
                            const std::vector<Hash256>& commitments);
// Whether it has all of these, each at its own place, of which the first is `first_index`.
Attempt<bool> are_all_listed(Client& client, const InstitutionId& issuer, std::uint64_t first_index,
                             const std::vector<Hash256>& commitments);
// What the ledger says of each award: the status of its slots by name ("valid", "revoked", …; the
// worst of them, for the order of a final change), "not_listed" where it does not list one. An
// award of a register is asked for by its commitments, which add_dates() brings; only what no
// register has, by its place. Fails when no node answers.
Attempt<std::vector<std::string>> statuses_of(Client& client, const ChainId& chain,
                                              const InstitutionId& issuer,
                                              const std::vector<AwardRecord>& awards);

// ---- references that look alike

// A sentence for each group of different references that people may take for each other
// (reference_key). Pure.
std::vector<std::string> lookalikes(const std::vector<std::string>& references);

}  // namespace testamur::wallet
