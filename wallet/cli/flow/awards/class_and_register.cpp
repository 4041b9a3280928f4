#include "wallet/cli/flow/awards/class_and_register.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/text.h"
#include "common/visible.h"
#include "wallet/cli/flow/awards/award_register.h"
#include "wallet/cli/flow/awards/batches.h"

namespace testamur::wallet {

Attempt<void> expect_near(const Context& context, std::uint64_t next_free) {
  // Where a batch begins is the node's word. One that names a place far out would use up, for good,
  // all that lie before it: more than any institution issues between two batches of one office.
  constexpr std::uint64_t kFar = std::uint64_t{1} << 24;
  TM_TRY(const auto end, or_exit(ExitCode::kFailure, next_index(context, 0)));
  if (next_free <= end || next_free - end <= kFar) return {};
  return Failure{ExitCode::kFailure,
                 "the node says that the next free place is " + std::to_string(next_free) +
                     ", and the next one by this home's registers is " + std::to_string(end) +
                     ": more than 16 million in between. Ask another node with --endpoint; "
                     "nothing was issued"};
}

Attempt<IssuedElsewhere> issued_elsewhere(const Context& context, const IssuerKeys& vault,
                                          const std::vector<Places>& used) {
  IssuedElsewhere found;
  TM_TRY(found.places, places_elsewhere(context, vault.register_identities, used));
  TM_TRY(auto known, known_places_elsewhere(context));
  const auto all = count_of(found.places);
  found.unknown = count_of(places_beside(found.places, std::move(known)));
  if (all == 0) return found;
  found.warning =
      "this institution has used " + std::to_string(all) + (all == 1 ? " place" : " places") +
      " on the ledger that no register of this home has" +
      (found.unknown == all || found.unknown == 0
           ? ""
           : ", " + std::to_string(found.unknown) + " of them since it was last asked") +
      ": which learners hold this achievement by them cannot be seen from here";
  return found;
}

namespace {

// The oldest first.
Attempt<std::vector<RegisteredBatch>> read_named(const Context& context,
                                                 std::span<const age::Identity> identities,
                                                 const std::set<std::string>& names) {
  std::vector<RegisteredBatch> batches;
  for (const auto& name : names) {
    TM_TRY(auto batch, read_batch(context, identities, name));
    batches.push_back(std::move(batch));
  }
  std::ranges::sort(batches, {}, &RegisteredBatch::issued_at_s);
  return batches;
}

// Nobody holds it any more, whether it was corrected, taken back or void from the beginning.
bool is_over(const std::string& status) {
  return status == "revoked" || status == "superseded" || status == "void" || status == "invalid";
}

}  // namespace

Attempt<std::vector<AwardRecord>> still_held(Context& context,
                                             std::span<const age::Identity> identities,
                                             const std::vector<AwardRecord>& awards) {
  std::set<std::string> names;
  for (const auto& award : awards) names.insert(award.batch);
  TM_TRY(auto batches, read_named(context, identities, names));
  const auto source = add_statuses(context, batches);
  if (!source.asked) return Failure{source.exit, source.text};

  std::map<std::pair<std::string, std::vector<IssuerIndex>>, const RegisteredAward*> by_place;
  for (const auto& batch : batches) {
    for (const auto& each : batch.awards) by_place[{batch.name, each.award.indexes}] = &each;
  }

  std::vector<AwardRecord> held;
  for (const auto& award : awards) {
    const auto found = by_place.find({award.batch, award.indexes});
    // In the register and not in the batch's state: what became of it is not known from here.
    if (found == by_place.end()) {
      held.push_back(award);
      continue;
    }
    if (!is_over(found->second->status)) held.push_back(found->second->award);
  }
  return held;
}

std::vector<AwardRecord> by_near_reference(const std::vector<AwardRecord>& held,
                                           const std::vector<ClassRow>& rows) {
  std::multimap<std::string, const ClassRow*> by_key;
  for (const auto& row : rows) by_key.emplace(reference_key(row.student), &row);

  std::vector<AwardRecord> near;
  for (const auto& award : held) {
    const auto [first, last] = by_key.equal_range(reference_key(award.student));
    const bool is_one = std::any_of(first, last, [&award](const auto& entry) {
      const auto& row = *entry.second;
      return row.student != award.student && !award.name.empty() &&
             skeleton(full_name(row.claims)) == skeleton(award.name);
    });
    if (is_one) near.push_back(award);
  }
  return near;
}

std::vector<std::string> near_references(const std::vector<AwardRecord>& known,
                                         const std::vector<ClassRow>& rows,
                                         const std::vector<AwardRecord>& held) {
  std::set<std::string> folded;
  std::set<std::string> all;
  std::set<std::string> told;
  for (const auto& award : held) told.insert(award.student);
  for (const auto& row : rows) {
    folded.insert(reference_key(row.student));
    all.insert(row.student);
  }
  for (const auto& award : known) {
    if (folded.contains(reference_key(award.student)) && !told.contains(award.student))
      all.insert(award.student);
  }
  return lookalikes({all.begin(), all.end()});
}

namespace {

std::string claim_in(const Claims& claims, ClaimId id) {
  const auto found = claims.find(id);
  return found == claims.end() ? std::string{} : skeleton(to_display(kind_of(id), found->second));
}

// Who marries or drops a middle name keeps one of the two.
bool is_stranger(const RegisteredAward& before, const ClassRow& row) {
  const auto given = claim_in(row.claims, ClaimId::kGivenName);
  const auto family = claim_in(row.claims, ClaimId::kFamilyName);
  if (given.empty() || family.empty() || before.given_name.empty() || before.family_name.empty())
    return false;
  const auto old_given = skeleton(before.given_name);
  const auto old_family = skeleton(before.family_name);
  return given != old_given && given != old_family && family != old_given && family != old_family;
}

struct NameBefore {
  std::string text;
  bool is_stranger = false;
};
using RowsByStudent = std::map<std::string, const ClassRow*>;

// By student, of the newest batch that has the learner. `batches` the oldest first.
std::map<std::string, NameBefore> names_before(const std::vector<RegisteredBatch>& batches,
                                               const RowsByStudent& row_of) {
  std::map<std::string, NameBefore> other;
  for (const auto& batch : batches) {
    for (const auto& award : batch.awards) {
      const auto found = row_of.find(award.award.student);
      if (found == row_of.end() || award.name.empty() || is_over(award.status)) continue;
      const auto& [student, row] = *found;
      if (skeleton(award.name) == skeleton(full_name(row->claims)))
        other.erase(student);
      else
        other[student] = {in_quotes(award.name) + " (batch " + batch.name + ")",
                          is_stranger(award, *row)};
    }
  }
  return other;
}

std::size_t strangers_of(const std::map<std::string, NameBefore>& other) {
  return static_cast<std::size_t>(
      std::ranges::count_if(other, [](const auto& each) { return each.second.is_stranger; }));
}

}  // namespace

Attempt<OtherNames> other_names(Context& context, const IssuerKeys& vault,
                                const std::vector<AwardRecord>& known,
                                const std::vector<ClassRow>& rows) {
  constexpr std::size_t kMost = 5;
  RowsByStudent row_of;
  for (const auto& row : rows) row_of.emplace(row.student, &row);

  std::set<std::string> batches;
  for (const auto& award : known) {
    if (row_of.contains(award.student)) batches.insert(award.batch);
  }
  TM_TRY(auto by_age, read_named(context, vault.register_identities, batches));

  // A class that was issued under each other's names and revoked says nothing of who they are.
  // Asked only where it matters; where no node answers, every award counts.
  auto other = names_before(by_age, row_of);
  if (strangers_of(other) != 0) {
    add_statuses(context, by_age);
    other = names_before(by_age, row_of);
  }

  OtherNames found;
  found.strangers = strangers_of(other);
  // They come first: they are what is asked about.
  for (const bool of_strangers : {true, false}) {
    for (const auto& [student, before] : other) {
      if (before.is_stranger != of_strangers || found.sentences.size() == kMost) continue;
      found.sentences.push_back("the register knows " + in_quotes(student) + " as " + before.text +
                                ", the list as " + in_quotes(full_name(row_of[student]->claims)) +
                                ": was a column moved, or the name changed?");
    }
  }
  if (other.size() > kMost)
    found.sentences.push_back("and " + std::to_string(other.size() - kMost) +
                              " more learners have another name than in the register");
  return found;
}

Attempt<std::string> about_namesake(const Context& context, const IssuerKeys& vault,
                                    const AwardRecord& corrected, const ClassRow& row) {
  const auto name = skeleton(full_name(row.claims));
  if (name.empty() || name == skeleton(corrected.name)) return std::string{};
  TM_TRY(const auto batch, read_batch(context, vault.register_identities, corrected.batch));
  for (const auto& other : batch.awards) {
    if (other.award.student == corrected.student || skeleton(other.name) != name) continue;
    return "the name " + in_quotes(other.name) + " is that of learner " +
           in_quotes(other.award.student) + " of batch " + corrected.batch + ", and the award is " +
           in_quotes(corrected.student) + "'s: is it the row of another learner?";
  }
  return std::string{};
}

}  // namespace testamur::wallet
