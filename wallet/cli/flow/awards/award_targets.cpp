// Names are looked up in the registers first, and the ledger is asked afterwards: what is ambiguous
// is said before any node hears of it.
#include "wallet/cli/flow/awards/award_targets.h"

#include <algorithm>
#include <set>
#include <span>

#include "common/typed_word.h"
#include "common/visible.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/awards/batches.h"
#include "wallet/credential/class_list.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kShown = 10;
constexpr std::size_t kBulkAtOnce = 1000;

bool has_index(const AwardRecord& award, IssuerIndex index) {
  return std::ranges::find(award.indexes, index) != award.indexes.end();
}

std::string place(const TargetName& name) { return name.where.empty() ? "" : name.where + ": "; }

// Learners whose reference differs from `student` only in what a person or a spreadsheet does not
// see.
std::vector<std::string> close_to(const std::vector<AwardRecord>& known,
                                  const std::string& student) {
  std::set<std::string> found;
  const std::string folded = reference_key(student);
  for (const auto& award : known) {
    if (award.student != student && !award.student.empty() &&
        reference_key(award.student) == folded) {
      found.insert(award.student);
    }
  }
  return {found.begin(), found.end()};
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "\"" : ", \"") + text + "\"";
  return out;
}

Error nobody(const std::vector<AwardRecord>& known, const TargetName& name) {
  std::string text = place(name) + "no register of this home has a learner \"" + *name.student +
                     "\"" + (name.batch ? " in batch " + *name.batch : "");
  if (const auto close = close_to(known, *name.student); !close.empty()) {
    text += "; there is " + quoted_list(close) + ": is that who is meant?";
  }
  return error(text);
}

// The award that holds the index; what stands beside the index must agree with it.
Result<AwardRecord> award_at(const std::vector<AwardRecord>& known, const TargetName& name) {
  const std::string index = std::to_string(name.index->value);
  // A batch that was never sent may have the places of one that was: the named one first, then
  // what is on the ledger.
  const auto found = std::ranges::max_element(known, {}, [&](const auto& award) {
    if (!has_index(award, *name.index)) return 0;
    return 1 + (award.committed ? 1 : 0) + (name.batch == award.batch ? 2 : 0);
  });
  if (found == known.end() || !has_index(*found, *name.index)) {
    if (name.student || name.batch) {
      return error(
          place(name) + "no register of this home has index " + index + ", so that it cannot be " +
          (name.student ? "learner \"" + *name.student + "\"" : "in batch " + *name.batch));
    }
    AwardRecord award;
    award.indexes = {*name.index};
    return award;
  }
  if (name.student && found->student != *name.student) {
    return error(place(name) + "index " + index + " is an award of learner \"" + found->student +
                 "\", not of \"" + *name.student + "\"");
  }
  if (name.batch && found->batch != *name.batch) {
    return error(place(name) + "index " + index + " stands in batch " + found->batch + ", not in " +
                 *name.batch);
  }
  return *found;
}

// All awards of a learner, or of a whole batch.
Result<std::vector<AwardRecord>> awards_of(const std::vector<AwardRecord>& known,
                                           const TargetName& name, bool all) {
  std::vector<AwardRecord> found;

  for (const auto& award : known) {
    const bool fits = (!name.student || award.student == *name.student) &&
                      (!name.batch || award.batch == *name.batch);
    if (fits) found.push_back(award);
  }

  // A batch alone means a whole class: it must be meant (decision 1151).
  if (!name.student && !all) {
    return error(place(name) + "batch " + *name.batch + " has " + std::to_string(found.size()) +
                 " awards: name a learner with --student, or mean all of them with --all");
  }

  if (found.empty() && name.student) return nobody(known, name);
  if (found.empty()) return error(place(name) + "batch " + *name.batch + " has no awards");

  return found;
}

std::string ambiguity(const std::string& student, const std::vector<AwardRecord>& awards) {
  const std::string text =
      "learner \"" + student + "\" has " + std::to_string(awards.size()) + " awards:\n";
  return text + awards_text(awards);
}

std::string worst_status(const std::vector<std::string>& statuses) {
  for (const char* status : {"not_listed", "revoked", "superseded", "suspended", "valid"}) {
    if (std::ranges::find(statuses, status) != statuses.end()) return status;
  }
  return "unknown";
}

// The status of one index, asked by its reference.
Attempt<std::string> status_at(Client& client, const ChainId& chain, const InstitutionId& issuer,
                               IssuerIndex index) {
  TM_TRY(const auto answer,
         asked(client.check(make_reference(chain, issuer, index), {"", false, 0})));
  if (answer.listing == Listing::kNotListed) return std::string("not_listed");
  for (const auto& each : answer.slots) {
    if (each.slot.issuer == issuer && each.slot.index == index)
      return status_name(each.slot.status);
  }
  return std::string("unknown");
}

// What the credential says of whom it is and when.
void add_what_is_signed(const Award& held, const BatchPlan& plan, AwardRecord& award) {
  award.issued = date_text(plan.issued_at_s * 1000);
  const auto view = read_credential(held.sd_jwt);
  if (!view.ok()) return;
  award.name = full_name(view->disclosed);
  const auto date = view->disclosed.find(ClaimId::kAwardDate);
  if (date != view->disclosed.end()) award.date = std::get<std::string>(date->second);
}

}  // namespace

std::string status_name(LedgerStatus status) {
  switch (status) {
    case LedgerStatus::kValid: return "valid";
    case LedgerStatus::kRevoked: return "revoked";
    case LedgerStatus::kSuspended: return "suspended";
    case LedgerStatus::kSuperseded: return "superseded";
    case LedgerStatus::kUnknown: break;
  }
  return "unknown";
}

std::string without_successor(const std::vector<AwardRecord>& known,
                              const std::vector<AwardRecord>& superseded) {
  const auto takes_its_place = [](const AwardRecord& old, const AwardRecord& other) {
    return other.committed && !old.student.empty() && other.student == old.student &&
           other.achievement.institution == old.achievement.institution &&
           other.achievement.number == old.achievement.number && !other.indexes.empty() &&
           !old.indexes.empty() && other.indexes.front() > old.indexes.front();
  };
  std::size_t lonely = 0;
  const AwardRecord* first = nullptr;
  for (const auto& old : superseded) {
    const bool has_one = std::ranges::any_of(
        known, [&](const AwardRecord& other) { return takes_its_place(old, other); });
    if (has_one) continue;
    ++lonely;
    if (first == nullptr) first = &old;
  }
  if (first == nullptr) return {};
  return (lonely == 1 ? "no later award takes the place of " + award_text(*first)
                      : "no later award takes the place of " + std::to_string(lonely) +
                            " of them, first " + award_text(*first)) +
         ": whoever verifies reads \"superseded\" and finds nothing by which. testamur issuer "
         "correct issues the new award first";
}

std::string award_day(const AwardRecord& award) {
  if (!award.date.empty() || award.issued.empty()) return award.date;
  return "no date of award (issued " + award.issued + ")";
}

std::string award_text(const AwardRecord& award) {
  std::string indexes;
  for (const auto& index : award.indexes)
    indexes += (indexes.empty() ? "" : ", ") + std::to_string(index.value);
  if (award.student.empty()) return "index " + indexes + ", in no register of this home";
  return award.student + (award.name.empty() ? "" : ", " + one_line(award.name)) + ", " +
         to_text(award.achievement) + (award.date.empty() ? "" : ", of " + award.date) +
         (award.date.empty() && !award.issued.empty() ? ", " + award_day(award) : "") + ", batch " +
         award.batch + " (index " + indexes + ")";
}

std::string awards_text(const std::vector<AwardRecord>& awards) {
  std::string text;
  for (std::size_t i = 0; i < awards.size() && i < kShown; ++i)
    text += "  " + award_text(awards[i]) + "\n";
  if (awards.size() > kShown) text += "  and " + std::to_string(awards.size() - kShown) + " more\n";
  return text;
}

Json to_json(const AwardRecord& award) {
  Json indexes = Json::array();
  for (const auto& index : award.indexes) indexes.push_back(index.value);
  if (award.student.empty()) return Json{{"indexes", indexes}};
  return Json{{"student", award.student}, {"name", award.name},
              {"batch", award.batch},     {"achievement", to_text(award.achievement)},
              {"date", award.date},       {"issued", award.issued},
              {"indexes", indexes}};
}

Result<std::vector<TargetName>> targets_of(const TypedTargets& typed,
                                           const std::vector<TargetName>& rows) {
  std::vector<TargetName> names;
  std::optional<std::string> learner;
  if (!typed.indexes.empty() && !typed.students.empty()) {
    if (typed.students.size() > 1) {
      return error(
          "several --student beside --index or --reference do not say whose award is which: give "
          "one learner, or a table (--csv) with a row for each");
    }
    learner = canonical_reference(typed.students.front());
  }
  for (const auto& [option, index] : typed.indexes) names.push_back({learner, index, {}, option});
  if (!learner) {
    for (const auto& student : typed.students)
      names.push_back({canonical_reference(student), {}, {}, typed_option("--student", student)});
  }
  names.insert(names.end(), rows.begin(), rows.end());

  if (typed.batch) {
    if (names.empty()) names.push_back({{}, {}, *typed.batch, "--batch"});
    for (auto& name : names) {
      if (name.batch && *name.batch != *typed.batch)
        return error(name.where + ": batch " + *name.batch + " is not --batch " + *typed.batch);
      name.batch = *typed.batch;
    }
  }
  if (names.empty())
    return error(
        "name whom to change: --student, --reference, --index, --csv, or --batch with --all");
  return names;
}

Result<AwardSelection> select_awards(const std::vector<AwardRecord>& known,
                                     const std::vector<std::string>& batches,
                                     const std::vector<TargetName>& names, bool all) {
  AwardSelection selection;
  std::set<std::string> learners;
  for (const auto& name : names) {
    if (name.batch && std::ranges::find(batches, *name.batch) == batches.end()) {
      return error(place(name) + "this home has no batch \"" + *name.batch + "\"" +
                   (batches.empty() ? "" : " (there are: " + quoted_list(batches) + ")"));
    }
    std::vector<AwardRecord> found;
    if (name.index) {
      TM_TRY(auto award, award_at(known, name));
      found.push_back(std::move(award));
    } else {
      TM_TRY(found, awards_of(known, name, all));
    }
    if (name.student && !name.index && !all && found.size() > 1) {
      selection.ambiguous.push_back(ambiguity(*name.student, found));
    }
    for (auto& award : found) {
      learners.insert(award.student);
      selection.awards.push_back(std::move(award));
    }
  }

  std::ranges::sort(selection.awards, [](const auto& a, const auto& b) {
    return std::tie(a.batch, a.student, a.indexes) < std::tie(b.batch, b.student, b.indexes);
  });
  const auto repeated = std::ranges::unique(selection.awards);
  selection.awards.erase(repeated.begin(), repeated.end());
  for (const auto& student : learners) {
    if (student.empty()) continue;
    if (const auto close = close_to(known, student); !close.empty()) {
      selection.close.push_back("\"" + student + "\" is not " + quoted_list(close) +
                                ", another learner of nearly the same reference: only \"" +
                                student + "\" is meant here");
    }
  }
  return selection;
}

Attempt<std::vector<AwardRecord>> registered_awards(const Context& context,
                                                    std::span<const age::Identity> identities) {
  std::vector<AwardRecord> awards;
  std::map<std::string, std::string> folder_of;

  TM_TRY(const auto names, or_exit(ExitCode::kFailure, batch_names(context)));
  for (const auto& name : names) {
    TM_TRY(const auto file,
           or_exit(ExitCode::kFailure,
                   read_file(batch_path(context, name) + "/register.age", age::kMaxFileBytes)));

    auto list = open_register(file, identities);
    if (!list.ok())
      return Failure{ExitCode::kFailure, "register of batch " + name + ": " + list.message()};
    TM_TRY_STATUS(expect_no_copy(folder_of, list->batch, name));

    for (const auto& row : list->rows) {
      AwardRecord award;
      award.student = row.student;
      award.batch = name;
      award.achievement = list->achievement;
      for (const auto& slot : row.slots) award.indexes.push_back(slot.index);
      std::ranges::sort(award.indexes);
      awards.push_back(std::move(award));
    }
  }

  return awards;
}

std::vector<AwardRecord> awards_beside(std::vector<AwardRecord> known,
                                       const std::set<std::string>& students,
                                       const AchievementId& achievement,
                                       const std::optional<AwardRecord>& replaced) {
  std::erase_if(known, [&](const AwardRecord& award) {
    const bool is_other = award.achievement.institution != achievement.institution ||
                          award.achievement.number != achievement.number ||
                          !students.contains(award.student);
    return is_other || (replaced && award.indexes == replaced->indexes);
  });
  return known;
}

Attempt<void> add_dates(const Context& context, std::span<const age::Identity> identities,
                        std::vector<AwardRecord>& awards) {
  std::set<std::string> batches;
  for (const auto& award : awards) {
    if (!award.batch.empty()) batches.insert(award.batch);
  }

  for (const auto& name : batches) {
    TM_TRY(const auto folder,
           or_exit(ExitCode::kFailure, BatchFolder::open(batch_path(context, name), identities)));
    const Batch& batch = folder.batch();

    std::map<std::string, const Award*> by_student;
    for (const auto& held : batch.awards) by_student[held.student] = &held;

    for (auto& award : awards) {
      if (award.batch != name) continue;
      award.committed = batch.committed;
      const auto held = by_student.find(award.student);
      if (held != by_student.end()) add_what_is_signed(*held->second, batch.plan, award);

      // Commitments stand in the order of the indexes, those of the padding among them.
      for (const auto& index : award.indexes) {
        const auto position = index.value - batch.plan.first_index.value;
        if (position < batch.commitments.size())
          award.commitments.push_back(batch.commitments[position]);
      }
    }
  }

  return {};
}

Attempt<std::vector<BatchIndexes>> indexes_of_batches(const Context& context,
                                                      std::span<const age::Identity> identities) {
  std::vector<BatchIndexes> held;
  TM_TRY(const auto names, or_exit(ExitCode::kFailure, batch_names(context)));
  for (const auto& name : names) {
    TM_TRY(const auto folder,
           or_exit(ExitCode::kFailure, BatchFolder::open(batch_path(context, name), identities)));
    const Batch& batch = folder.batch();
    held.push_back({name, batch.plan.first_index.value, batch.commitments.size()});
  }
  return held;
}

std::vector<std::string> unregistered(const std::vector<AwardRecord>& awards,
                                      const std::vector<BatchIndexes>& batches) {
  std::vector<std::string> sentences;
  for (const auto& award : awards) {
    if (!award.student.empty()) continue;
    const auto index = award.indexes.front().value;
    const auto found = std::ranges::find_if(batches, [&](const BatchIndexes& each) {
      return index >= each.first && index - each.first < each.count;
    });

    const std::string what = "index " + std::to_string(index) + " is ";
    if (found == batches.end()) {
      sentences.push_back(what +
                          "in no register and no batch of this home: who issued it, and to whom?");
    } else if (found->count > kMinBatchSize) {
      // A class above the least size is not filled up.
      sentences.push_back(what + "that of a learner who was erased from batch " + found->batch);
    } else {
      sentences.push_back(what + "no award of batch " + found->batch +
                          ", but a place that only hides how small the class is, or that of a "
                          "learner who was erased");
    }
  }
  return sentences;
}

namespace {

// What the ledger lists of the issuer under each of these commitments, in their order.
Attempt<std::vector<std::vector<BulkSlotAnswer>>> listed_under(
    Client& client, const InstitutionId& issuer, const std::vector<Hash256>& commitments) {
  std::vector<std::vector<BulkSlotAnswer>> listed;
  for (std::size_t at = 0; at < commitments.size(); at += kBulkAtOnce) {
    const auto end = std::min(commitments.size(), at + kBulkAtOnce);
    TM_TRY(const auto answer,
           asked(client.check_bulk({commitments.begin() + static_cast<std::ptrdiff_t>(at),
                                    commitments.begin() + static_cast<std::ptrdiff_t>(end)},
                                   {"", false, 0})));

    for (const auto& verdict : answer.verdicts) {
      auto& of_issuer = listed.emplace_back();
      std::ranges::copy_if(verdict.slots, std::back_inserter(of_issuer),
                           [&issuer](const auto& slot) { return slot.issuer.id == issuer; });
    }
  }
  return listed;
}

}  // namespace

Attempt<std::map<Hash256, BulkSlotAnswer>> slots_of(Client& client, const InstitutionId& issuer,
                                                    const std::vector<AwardRecord>& awards) {
  std::vector<Hash256> commitments;
  std::vector<IssuerIndex> places;  // of the commitments
  for (const auto& award : awards) {
    if (award.commitments.size() != award.indexes.size()) continue;
    commitments.insert(commitments.end(), award.commitments.begin(), award.commitments.end());
    places.insert(places.end(), award.indexes.begin(), award.indexes.end());
  }

  // A place that holds another commitment is another award's: a copy of this home has used it.
  TM_TRY(const auto listed, listed_under(client, issuer, commitments));
  std::map<Hash256, BulkSlotAnswer> slots;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    for (const auto& slot : listed[i]) {
      if (slot.index == places[i]) slots[commitments[i]] = slot;
    }
  }
  return slots;
}

Attempt<bool> any_is_listed(Client& client, const InstitutionId& issuer,
                            const std::vector<Hash256>& commitments) {
  TM_TRY(const auto listed, listed_under(client, issuer, commitments));
  return std::ranges::any_of(listed, [](const auto& slots) { return !slots.empty(); });
}

Attempt<bool> are_all_listed(Client& client, const InstitutionId& issuer, std::uint64_t first_index,
                             const std::vector<Hash256>& commitments) {
  TM_TRY(const auto listed, listed_under(client, issuer, commitments));
  if (listed.size() != commitments.size()) return false;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const IssuerIndex own{first_index + i};
    if (std::ranges::find(listed[i], own, &BulkSlotAnswer::index) == listed[i].end()) return false;
  }
  return true;
}

Attempt<std::vector<std::string>> statuses_of(Client& client, const ChainId& chain,
                                              const InstitutionId& issuer,
                                              const std::vector<AwardRecord>& awards) {
  TM_TRY(const auto known, slots_of(client, issuer, awards));

  std::vector<std::string> statuses;

  for (const auto& award : awards) {
    std::vector<std::string> of_slots;

    // What a register has is its commitment, whatever else the ledger lists at that place.
    if (!award.student.empty()) {
      for (const auto& commitment : award.commitments) {
        const auto found = known.find(commitment);
        of_slots.push_back(found == known.end() ? "not_listed" : status_name(found->second.status));
      }
      if (of_slots.empty()) of_slots.emplace_back("not_listed");
    } else {
      for (const auto& index : award.indexes) {
        TM_TRY(auto status, status_at(client, chain, issuer, index));
        of_slots.push_back(std::move(status));
      }
    }

    statuses.push_back(worst_status(of_slots));
  }
  return statuses;
}

std::vector<std::string> lookalikes(const std::vector<std::string>& references) {
  std::map<std::string, std::set<std::string>> groups;
  for (const auto& reference : references) groups[reference_key(reference)].insert(reference);
  std::vector<std::string> sentences;
  for (const auto& [folded, group] : groups) {
    if (group.size() < 2) continue;
    sentences.push_back(
        quoted_list({group.begin(), group.end()}) +
        " are different learners whose references look alike (leading zeros, case or marks that do "
        "not show): a spreadsheet may take one for the other");
  }
  return sentences;
}

}  // namespace testamur::wallet
