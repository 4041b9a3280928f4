// issuer status: revoke, suspend, reinstate, supersede. A change names awards: by learner,
// reference or index, on the command line or in a table; all slots of an award change together, and
// everybody whom it hits is named before the question and in the result.
#include <algorithm>
#include <array>
#include <memory>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/issue_batch.h"
#include "wallet/cli/description/status_words.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/award_targets.h"
#include "wallet/cli/flow/awards/awards_left_alone.h"
#include "wallet/cli/flow/awards/batches.h"
#include "wallet/cli/flow/awards/corrections.h"
#include "wallet/cli/flow/awards/places_elsewhere.h"
#include "wallet/cli/flow/status_fate.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/terminal.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/csv.h"
#include "wallet/credential/status_list.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct StatusOptions {
  Given<std::vector<std::string>> students;
  Given<std::vector<std::string>> references;
  Given<std::vector<std::uint64_t>> indexes;
  Given<std::string> batch;
  Given<std::string> csv;
  Given<std::string> reason;
  Given<bool> all;
  Given<bool> not_in_register;
  Given<bool> with_root;
  DraftOptions draft;
};

// What a verb does to an award.
struct Verb {
  const char* name;
  tx::StatusAction action;
  const char* done;
  const char* usual_reason;  // empty: none is usual, so it must be said
  const char* about;
  bool is_final;
};
constexpr Verb kSupersede{"supersede",
                          tx::StatusAction::kSupersede,
                          "superseded",
                          "replaced",
                          "Replaced by another credential, for good",
                          true};
constexpr std::array kVerbs{
    Verb{"revoke", tx::StatusAction::kRevoke, "revoked", "withdrawn", "For good", true},
    // A suspension is a doubt, and the ledger's reasons are about what was found: none of them is
    // true of every doubt, and whatever stands there everybody reads.
    Verb{"suspend", tx::StatusAction::kSuspend, "suspended", "", "Until reinstated", false},
    Verb{"reinstate", tx::StatusAction::kReinstate, "valid again", "correction",
         "A suspended credential becomes valid", false},
    kSupersede,
};

Result<tx::StatusReason> parse_reason(const std::string& text) {
  if (const auto reason = reason_of(text)) return *reason;
  return error("--reason: \"" + text + "\" is no reason: " + all_reasons());
}

// The reason as it was typed, or the usual one.
Result<std::string> reason_word(const StatusOptions& options, const Verb& verb) {
  if (!options.reason->empty()) return *options.reason;
  const std::string usual = *options.with_root
                                ? std::string(word_of(tx::StatusReason::kKeyCompromise))
                                : verb.usual_reason;
  if (!usual.empty()) return usual;
  return error(std::string("--reason: say why it is ") + verb.done +
               ", for everybody reads it on the ledger: " + all_reasons());
}

// ---- whom it is about

Result<IssuerIndex> index_in(const std::string& reference, const std::string& where,
                             const IssuerProfile& profile) {
  auto parsed = parse_reference(reference);
  if (!parsed.ok()) return error(where + ": " + parsed.message());
  if (parsed->issuer != profile.institution) {
    return error(where + ": " + reference + " is not a credential of " + profile.name);
  }
  if (!parsed->is_of_chain(profile.chain))
    return error(where + ": " + reference + " belongs to another ledger");
  return parsed->index;
}

struct Table {
  std::vector<TargetName> names;
  std::vector<std::string> notices;
};
// A row may say learner, batch, reference and index; they must agree.
Result<Table> read_table(const std::string& file, const IssuerProfile& profile) {
  Table table;
  if (file.empty()) return table;

  TM_TRY(const auto text, read_file(file, kMaxCsvBytes));
  auto list = read_status_list(as_text(text));
  if (!list.ok()) return error(file + ": " + list.message() + "\nnothing was changed");
  for (const auto& notice : list->notices) table.notices.push_back(file + ": " + notice);

  for (const auto& row : list->rows) {
    TargetName name;
    name.where = file + ", " + to_text(row.place);

    if (!row.student.empty()) name.student = row.student;
    if (!row.batch.empty()) name.batch = row.batch;
    if (row.index) name.index = IssuerIndex{*row.index};
    // A final act names awards (decision 1151): of two names that disagree neither is taken.
    if (!row.reference.empty()) {
      TM_TRY(const auto index, index_in(row.reference, name.where, profile));
      if (name.index && *name.index != index)
        return error(name.where + ": reference and index name two different awards");
      name.index = index;
    }

    table.names.push_back(std::move(name));
  }

  if (table.names.empty()) return error(file + ": no row names anybody");
  return table;
}

// What the options name, and what the rows of a table do.
Result<std::vector<TargetName>> named_targets(const StatusOptions& options,
                                              const IssuerProfile& profile,
                                              const std::vector<TargetName>& rows) {
  TypedTargets typed;
  typed.students = *options.students;
  for (const auto index : *options.indexes)
    typed.indexes.emplace_back("--index " + std::to_string(index), IssuerIndex{index});
  for (const auto& reference : *options.references) {
    TM_TRY(const auto index, index_in(reference, "--reference", profile));
    typed.indexes.emplace_back("--reference " + reference, index);
  }
  if (!options.batch->empty()) typed.batch = *options.batch;
  return targets_of(typed, rows);
}

// ---- what already stands

struct LeftOut {
  AwardRecord award;
  std::string status;
  Fate fate;
};
struct Changes {
  std::vector<AwardRecord> hit;
  std::vector<LeftOut> left_out;

  bool has(Fate fate) const {
    return std::ranges::find(left_out, fate, &LeftOut::fate) != left_out.end();
  }
};

// What is done already is left out, and so is what the ledger would refuse.
Attempt<Changes> split_by_status(IssuerSession& session, const std::vector<AwardRecord>& awards,
                                 const Verb& verb, bool with_root) {
  TM_TRY(const auto statuses,
         statuses_of(session.client, session.profile.chain, session.profile.institution, awards));

  Changes changes;

  for (std::size_t i = 0; i < awards.size(); ++i) {
    const auto& status = statuses[i];
    // List and ledger do not fit together where one is missing: the whole is refused (decision
    // 1151).
    if (status == "not_listed") {
      return Failure{ExitCode::kUnknown,
                     "the ledger does not list " + award_text(awards[i]) +
                         (awards[i].committed ? ""
                                              : ": its batch was stopped before it was sent (" +
                                                    ways_of_unsent(awards[i].batch) + ")") +
                         "; nothing was changed"};
    }

    const auto fate = fate_of(status, verb.action, with_root);
    if (fate == Fate::kChanges) {
      changes.hit.push_back(awards[i]);
    } else {
      changes.left_out.push_back({awards[i], status, fate});
    }
  }

  return changes;
}

std::string notice_of(const LeftOut& each) {
  switch (each.fate) {
    case Fate::kAlready:
      return "left out, it is " + each.status +
             " already, for the reason that was given then: " + award_text(each.award);
    case Fate::kFinal:
      return "left out, it is for good " + each.status + ": " + award_text(each.award);
    default: break;
  }
  return "left out, it is " + each.status +
         ", and the root keys change only what is revoked or superseded: " + award_text(each.award);
}

Json list_of(const std::vector<AwardRecord>& awards) {
  Json list = Json::array();
  for (const auto& award : awards) list.push_back(to_json(award));
  return list;
}
Json list_of(const std::vector<LeftOut>& left_out) {
  Json list = Json::array();
  for (const auto& each : left_out) list.push_back(to_json(each.award));
  return list;
}

std::string counted(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " award" : " awards");
}

std::string notices_text(const Changes& changes) {
  std::string text;
  constexpr std::size_t kShown = 10;
  const auto count = changes.left_out.size();
  for (std::size_t i = 0; i < count && i < kShown; ++i)
    text += "  " + notice_of(changes.left_out[i]) + "\n";
  if (count > kShown) text += "  and " + std::to_string(count - kShown) + " more left out\n";
  return text;
}

// Nobody is left to change. That is well where each has the status already; where one can never get
// it, what was asked for cannot be done, and a script must not take it for done.
Outcome nothing_to_change(const Verb& verb, const Changes& changes,
                          const std::vector<std::string>& beside, Json facts) {
  facts["transaction"] = "";
  std::string notices = notices_text(changes);
  for (const auto& each : beside) notices += "  " + each + "\n";
  const bool is_final = changes.has(Fate::kFinal);
  const bool is_already = !is_final && !changes.has(Fate::kNotFinal);
  facts["already"] = is_already;
  if (is_already)
    return Reply{std::move(facts), "nothing to change\n" + notices, ExitCode::kOk, true};

  const auto code =
      is_final ? tx::RejectionCode::kStatusFinal : tx::RejectionCode::kNotSinceCompromise;
  return Failure{ExitCode::kFailure,
                 std::string("cannot ") + verb.name + ":\n" + notices + "nothing was changed",
                 std::string(tx::name(code)),
                 std::string(tx::rule(code)),
                 {},
                 std::move(facts)};
}

// A learner who has several awards is asked about, and where nobody can be asked, refused.
Attempt<void> refuse_ambiguous(const Context& context, const AwardSelection& selection) {
  if (selection.ambiguous.empty() || (!context.yes && input_is_terminal())) return {};
  std::string text;
  for (const auto& each : selection.ambiguous) text += each;
  return Failure{ExitCode::kUsage, text +
                                       "nothing was changed. Say which by --batch or --reference, "
                                       "or mean all of them by --all."};
}

// The names that were given, every award that the registers know, and which of them is meant.
struct Targets {
  std::vector<TargetName> names;
  std::vector<AwardRecord> known;
  AwardSelection selection;
};

// An index is one award, and so is a learner's in a batch, and none is more than all of it: there
// --all is not read.
bool means_all(const StatusOptions& options, const std::vector<TargetName>& names) {
  const bool names_several = std::ranges::any_of(
      names, [](const auto& name) { return !name.index && !(name.student && name.batch); });
  return names_several && *options.all;
}

Attempt<Targets> find_targets(const Context& context, const IssuerKeys& vault,
                              std::vector<TargetName> names, bool all) {
  Targets targets;
  targets.names = std::move(names);
  TM_TRY(targets.known, registered_awards(context, vault.register_identities));
  TM_TRY(const auto batches, or_exit(ExitCode::kFailure, batch_names(context)));
  TM_TRY(targets.selection, select_awards(targets.known, batches, targets.names, all));
  TM_TRY_STATUS(add_dates(context, vault.register_identities, targets.selection.awards));
  TM_TRY_STATUS(refuse_ambiguous(context, targets.selection));
  return targets;
}

// The indexes that were named and are no learner's, as far as this home can tell. Where nobody
// reads it, such a one is a slip of the pen, unless somebody says that it is meant.
Attempt<std::vector<std::string>> unregistered_named(const Context& context,
                                                     const IssuerKeys& vault,
                                                     const std::vector<AwardRecord>& awards,
                                                     const Given<bool>& is_meant) {
  const bool all_known =
      std::ranges::none_of(awards, [](const auto& award) { return award.student.empty(); });
  if (all_known) return std::vector<std::string>{};

  // A folder that cannot be read keeps nobody from revoking what is of another.
  const auto batches = indexes_of_batches(context, vault.register_identities);
  auto sentences =
      batches.ok() ? unregistered(awards, *batches)
                   : std::vector<std::string>{"whether an index is an award was not looked at: " +
                                              batches.message()};
  if (*is_meant || (!context.yes && input_is_terminal())) return sentences;

  std::string text;
  for (const auto& sentence : sentences) text += sentence + "\n";
  return Failure{ExitCode::kUsage,
                 text +
                     "nothing was changed. Name learners by --student; if this is meant, say "
                     "--not-in-register, or leave --yes out and answer the question."};
}

// Awards beside the replaced ones that are over need no command. One whose status is not known
// stays.
void forget_ended(IssuerSession& session, const IssuerKeys& vault,
                  const std::vector<AwardRecord>& replaced, std::vector<AwardRecord>& known) {
  std::vector<AwardRecord> beside;
  for (const auto& old : replaced) {
    auto others = awards_beside(known, {old.student}, old.achievement, old);
    std::ranges::move(others, std::back_inserter(beside));
  }
  if (beside.empty() || !add_dates(session.context, vault.register_identities, beside).ok()) return;
  const auto statuses =
      statuses_of(session.client, session.profile.chain, session.profile.institution, beside);
  if (!statuses.ok()) return;
  for (std::size_t i = 0; i < beside.size(); ++i) {
    const auto& status = (*statuses)[i];
    if (status != "revoked" && status != "superseded" && status != "not_listed") continue;
    std::erase_if(known,
                  [&](const AwardRecord& each) { return each.indexes == beside[i].indexes; });
  }
}

// What the change leaves in force although somebody may think of it: said, and kept from no work.
std::vector<std::string> left_alone(IssuerSession& session, const IssuerKeys& vault,
                                    const Targets& targets, const Changes& changes,
                                    const Verb& verb) {
  const Context& context = session.context;
  auto known = targets.known;
  std::vector<AwardRecord> replaced;
  for (const auto& each : changes.left_out) {
    if (each.status == "superseded" && each.fate == Fate::kFinal) replaced.push_back(each.award);
  }
  forget_ended(session, vault, replaced, known);

  std::vector<BatchIndexes> whole;
  const auto is_whole = [&targets](const BatchIndexes& batch) {
    return std::ranges::any_of(targets.names, [&](const TargetName& name) {
      return !name.student && !name.index && name.batch == batch.batch;
    });
  };
  if (const auto held = indexes_of_batches(context, vault.register_identities); held.ok())
    std::ranges::copy_if(*held, std::back_inserter(whole), is_whole);
  return awards_left_alone(known, targets.selection.awards, replaced, whole, verb.name);
}

// Before the question and in the result: what is left alone, and what is in no register here.
void describe_left_alone(Context& context, const IssuerKeys& vault,
                         const std::vector<std::string>& beside, Description& description) {
  for (const auto& each : beside) description.details += "  " + each + "\n";
  const auto coverage = coverage_of(context, vault.register_identities);
  if (coverage.elsewhere != 0) description.details += "  " + coverage.text + "\n";

  description.facts["left_alone"] = beside;
  description.facts["places_elsewhere"] = coverage.elsewhere;
}

TransactionRequest request_for(const IssuerProfile& profile, const Verb& verb,
                               const std::string& reason, const AwardSelection& selection,
                               const Changes& changes) {
  TransactionRequest request;

  request.command = std::string("issuer status ") + verb.name;
  request.done =
      counted(changes.hit.size()) + " of " + profile.name + " " + verb.done + ", reason " + reason;

  auto& description = request.description;
  description.details =
      counted(changes.hit.size()) + ":\n" + awards_text(changes.hit) + notices_text(changes);

  description.warnings = selection.close;
  for (const auto& each : selection.ambiguous) description.warnings.push_back(each);

  Json indexes = Json::array();
  for (const auto& award : changes.hit) {
    for (const auto& index : award.indexes) indexes.push_back(index.value);
  }

  description.facts = Json{{"action", verb.name},
                           {"reason", reason},
                           {"awards", list_of(changes.hit)},
                           {"left_out", list_of(changes.left_out)},
                           {"indexes", std::move(indexes)}};

  return request;
}

// All slots of the awards, ascending.
std::vector<IssuerIndex> indexes_of(const std::vector<AwardRecord>& awards) {
  std::vector<IssuerIndex> indexes;
  for (const auto& award : awards)
    indexes.insert(indexes.end(), award.indexes.begin(), award.indexes.end());
  std::ranges::sort(indexes);
  return indexes;
}

Outcome change(Context& context, const StatusOptions& options, const Verb& verb) {
  TM_TRY(const auto reason_text, reason_word(options, verb));
  TM_TRY(const auto reason, parse_reason(reason_text));
  const bool with_root = options.with_root;
  TM_TRY(auto session, open_acting_session(context, std::string("issuer status ") + verb.name));
  TM_TRY(const auto table, read_table(options.csv, session.profile));
  TM_TRY(auto names, named_targets(options, session.profile, table.names));
  const bool all = means_all(options, names);

  // The issue vault opens the registers, whoever signs.
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(const auto targets, find_targets(context, vault, std::move(names), all));
  TM_TRY(const auto changes, split_by_status(session, targets.selection.awards, verb, with_root));

  auto request = request_for(session.profile, verb, reason_text, targets.selection, changes);
  auto& warnings = request.description.warnings;
  if (options.reason->empty()) {
    warnings.push_back("no --reason was given: the ledger will say \"" + reason_text +
                       "\", for everybody to read");
  }

  const auto beside = left_alone(session, vault, targets, changes, verb);
  describe_left_alone(context, vault, beside, request.description);
  for (const auto& notice : table.notices) request.description.details += "  " + notice + "\n";
  if (changes.hit.empty())
    return nothing_to_change(verb, changes, beside, request.description.facts);

  if (verb.action == tx::StatusAction::kSupersede) {
    if (auto lonely = without_successor(targets.known, changes.hit); !lonely.empty())
      warnings.push_back(std::move(lonely));
  }
  TM_TRY(const auto unknown,
         unregistered_named(context, vault, changes.hit, options.not_in_register));
  warnings.insert(warnings.end(), unknown.begin(), unknown.end());

  // After a stolen issue key the root keys set right what was done with it.
  request.purpose = with_root ? KeyPurpose::kRoot : KeyPurpose::kIssue;
  const auto indexes = indexes_of(changes.hit);
  request.make = [&](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::StatusChangeContent{verb.action, reason, indexes});
  };
  auto changed = confirm_sign_send(session, std::move(request), options.draft);
  if (changed.reply() != nullptr && verb.is_final && options.draft.file->empty())
    settle_corrections_of(context, changes.hit, verb.action == tx::StatusAction::kSupersede);
  return changed;
}

}  // namespace

Outcome supersede_award(Context& context, const std::string& student, const std::string& batch) {
  StatusOptions options;
  options.students = std::vector<std::string>{student};
  options.batch = batch;
  options.reason = "correction";
  return change(context, options, kSupersede);
}

void add_status_commands(Command issuer, Context& context, Run& run) {
  auto status = issuer.add_subcommand("status", "Revoke, suspend, reinstate or supersede");
  status.require_subcommand(1);
  auto options = std::make_shared<StatusOptions>();
  for (const auto& verb : kVerbs) {
    auto command = status.add_subcommand(verb.name, verb.about);
    option(command, "--student", options->students,
           "The award of this learner, by the register; may be given several times");
    option(command, "--batch", options->batch,
           "The award in this batch; with --all, every award of it");
    option(command, "--reference", options->references,
           "urn:testamur:…; may be given several times");
    option(command, "--index", options->indexes,
           "The issuer's own number; may be given several times");
    option(command, "--csv", options->csv, "A CSV with columns student, batch, reference or index");
    flag(command, "--all", options->all,
         "Every award of a learner who has several, or of the batch");
    flag(command, "--not-in-register", options->not_in_register,
         "An index that is no learner's in this home is meant: of one who was erased, or issued "
         "elsewhere");
    const std::string usual = verb.usual_reason;
    option(command, "--reason", options->reason,
           all_reasons() + (usual.empty() ? " (must be given)" : " (default: " + usual + ")"));
    flag(
        command, "--with-root", options->with_root,
        "The root keys sign, with reason key_compromise: to set right what a stolen issue key did");
    add_draft_options(command, options->draft);
    command.callback([&context, &run, options, &verb] {
      run = [&context, options, &verb] { return change(context, *options, verb); };
    });
  }
}

}  // namespace testamur::wallet
