// issuer correct and issuer resend: a wrong value in an award, a claim file that was lost
// (docs/corrections.md).
//
// A correction issues first and supersedes then. Cut off in between, the learner has two awards,
// which can be seen and mended; the other way round the learner would have none.
#include <algorithm>
#include <memory>

#include "common/typed_word.h"
#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/issue_batch.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/award_register.h"
#include "wallet/cli/flow/awards/corrections.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/terminal.h"
#include "wallet/credential/credential.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr unsigned kMostCorrections = 1000;  // of one batch

struct CorrectOptions {
  Given<std::string> student;
  Given<std::string> batch;
  IssueOptions issue;  // csv, achievement, name, expires, the notation of the list, dry_run
};

Attempt<RegisteredAward> award_to_correct(Context& context, const std::string& student,
                                          const std::string& batch) {
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(auto found, read_one_award(context, vault.register_identities, batch, student));
  auto& award = found.award;

  // What is over is corrected no more; the newer award is the one to correct.
  const std::string which = "the award of \"" + student + "\" in batch " + batch + " is ";
  if (award.status == "not_sent")
    return Failure{ExitCode::kUsage, which + "not issued yet: " + ways_of_unsent(batch)};
  if (award.on_ledger == "revoked" || award.on_ledger == "superseded") {
    return Failure{ExitCode::kUsage, which + award.on_ledger +
                                         " and cannot be corrected: testamur issuer show " +
                                         typed_option("--student", student)};
  }
  // The new award is in force at once: what a suspension holds back would be let go unseen.
  if (award.on_ledger == "suspended") {
    return Failure{ExitCode::kUsage,
                   which +
                       "suspended, and a correction would put one in force in its place. "
                       "Decide first: testamur issuer status reinstate, or revoke, " +
                       typed_option("--student", student) + " --batch " + batch};
  }
  return std::move(award);
}

// One row, and that of the learner: a second one would get an award that replaces nothing.
Attempt<ClassRow> read_row(const IssueOptions& options, const std::string& student) {
  const std::string file = options.csv;
  TM_TRY(const auto reading, reading_of(options));
  TM_TRY(const auto csv, read_file(file, kMaxCsvBytes));
  auto list = read_class_list(as_text(csv), reading);
  if (!list.ok()) return error(file + ": " + list.message() + "\nnothing was changed");
  if (list->rows.size() != 1)
    return error(file + " has " + std::to_string(list->rows.size()) +
                 " learners; a correction has one row. Nothing was changed");
  if (list->rows.front().student == student) return std::move(list->rows.front());
  return error(file + " is about learner \"" + list->rows.front().student + "\", not \"" + student +
               "\"; nothing was changed");
}

// "spring" of "spring-correction-1": a correction of a correction is the next one of the batch.
std::string corrected_first(const std::string& batch) {
  constexpr std::string_view kMark = "-correction-";
  const auto at = batch.find(kMark);
  if (at == std::string::npos || at == 0) return batch;
  const auto number = std::string_view(batch).substr(at + kMark.size());
  const bool is_number =
      !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  return is_number ? batch.substr(0, at) : batch;
}

// The first name that no batch has: spring-correction-1.
Attempt<std::string> free_name(const Context& context, const std::string& batch) {
  TM_TRY(const auto names, or_exit(ExitCode::kFailure, batch_names(context)));
  for (unsigned number = 1; number < kMostCorrections; ++number) {
    auto name = corrected_first(batch).substr(0, 80) + "-correction-" + std::to_string(number);
    if (std::ranges::find(names, name) == names.end()) return name;
  }
  return std::string{};
}

void fill(IssueOptions& issue, const RegisteredAward& corrected, const std::string& free) {
  if (issue.achievement->empty()) issue.achievement = to_text(corrected.award.achievement);
  if (issue.name->empty()) issue.name = free;
  const auto view = read_credential(corrected.credential);
  if (issue.expires->empty() && view.ok() && view->head.expires_at_s)
    issue.expires = moment_text(*view->head.expires_at_s * 1000 - kDayMs).substr(0, 10);
  issue.again = true;
  issue.replaces = corrected;
}

Outcome supersede_corrected(Context& context, const std::string& student, const std::string& batch,
                            const std::string& fresh) {
  const auto superseded = supersede_award(context, student, batch);
  if (superseded.reply() != nullptr) return superseded;
  Failure failure = superseded.failure() == nullptr
                        ? Failure{superseded.exit(), "the old award was not superseded"}
                        : *superseded.failure();
  failure.message += "\n  the new award is issued (batch " + fresh +
                     "), and the old one is still in force: testamur issuer correct again, "
                     "with the same --student, --batch and --csv and no other option, supersedes "
                     "it, and issues nothing more. If the "
                     "new one is wrong, take that back: testamur issuer status revoke " +
                     typed_option("--student", student) + " --batch " + fresh +
                     " --reason correction";
  return failure;
}

// Null where it is not stated.
const ClaimValue* stated(const Claims& claims, ClaimId id) {
  const auto found = claims.find(id);
  return found == claims.end() ? nullptr : &found->second;
}

bool is_same(const ClaimValue* one, const ClaimValue* other) {
  if (one == nullptr || other == nullptr) return one == other;
  return *one == *other;
}

// Of these a list may say its own; where it does not, the achievement's stand in both awards.
bool comes_from_achievement(const CredentialView& fresh, const CredentialView& corrected,
                            ClaimId id) {
  if (id != ClaimId::kTitle && id != ClaimId::kEctsHundredths && id != ClaimId::kEqfLevel)
    return false;
  if (fresh.head.achievement != corrected.head.achievement) return true;
  const auto* said = stated(fresh.disclosed, id);
  return said != nullptr && is_same(said, stated(corrected.disclosed, id));
}

std::string value_words(const ClaimKind& kind, const ClaimValue* value) {
  return value == nullptr ? "(not stated)" : in_quotes(to_display(kind, *value));
}

// What the new award says otherwise than the file, a line each: what the class list does not state
// comes from the achievement.
std::string other_than_file(const RegisteredAward& fresh, const RegisteredAward& corrected,
                            const ClassRow& row) {
  const auto view = read_credential(fresh.credential);
  const auto old = read_credential(corrected.credential);
  if (!view.ok() || !old.ok()) return "  it cannot be read\n";

  std::string text;
  for (const auto& kind : claim_kinds()) {
    const auto* said = stated(view->disclosed, kind.id);
    const auto* typed = stated(row.claims, kind.id);
    if (is_same(said, typed)) continue;
    if (typed == nullptr && comes_from_achievement(*view, *old, kind.id)) continue;
    text += "  " + std::string(kind.label) + "  " + value_words(kind, said) + " there, " +
            value_words(kind, typed) + " in the file\n";
  }
  return text;
}

// An award that is over takes nothing's place: the learner would have none.
Attempt<void> refuse_dead_award(const Context& context, const Correction& open,
                                const RegisteredAward& fresh) {
  if (fresh.on_ledger == "valid") return {};
  const std::string which = "a correction of this award was begun as batch " + open.batch;
  if (fresh.on_ledger == "revoked" || fresh.on_ledger == "superseded") {
    forget_correction(context, open.batch);
    return Failure{ExitCode::kUsage, which + ", and its new award is " + fresh.on_ledger +
                                         ": it takes nothing's place. Nothing was changed; give "
                                         "the command again for a new one"};
  }
  return Failure{ExitCode::kUsage,
                 which + ", and its new award is " +
                     (fresh.on_ledger.empty() ? "of unknown status" : fresh.on_ledger) +
                     ": the old one stays until it is in force. Nothing was changed"};
}

// The new award waits and says something else than is wanted now: to put it in the old one's place
// would be for good.
Attempt<void> refuse_other_file(const Correction& open, const RegisteredAward& fresh,
                                const RegisteredAward& corrected, const std::string& file,
                                const ClassRow& row) {
  const auto other = other_than_file(fresh, corrected, row);
  if (other.empty()) return {};
  return Failure{ExitCode::kUsage,
                 "a correction of this award was begun as batch " + open.batch + ", and " + file +
                     " says otherwise than its new award:\n" + other +
                     "nothing was changed. To finish that correction, give the file of then. If "
                     "its new award is wrong, take it back, and correct again: testamur issuer "
                     "status revoke " +
                     typed_option("--student", row.student) + " --batch " + open.batch +
                     " --reason correction"};
}

// A correction of this award that was cut off is finished: nobody gets a third award.
Outcome finish_correction(Context& context, const Correction& open,
                          const RegisteredAward& corrected, const std::string& file,
                          const ClassRow& row) {
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(const auto fresh, read_batch(context, vault.register_identities, open.batch));
  if (!fresh.committed || !fresh.delivered) {
    return Failure{ExitCode::kUsage,
                   "a correction of this award was begun as batch " + open.batch +
                       " and cut off: " +
                       (fresh.committed ? "testamur issuer batch resume " + open.batch
                                        : ways_of_unsent(open.batch)) +
                       "; then give this command again. Nothing was issued"};
  }
  TM_TRY(const auto waiting,
         read_one_award(context, vault.register_identities, open.batch, row.student));
  TM_TRY_STATUS(refuse_dead_award(context, open, waiting.award));
  TM_TRY_STATUS(refuse_other_file(open, waiting.award, corrected, file, row));
  const auto superseded =
      supersede_corrected(context, corrected.award.student, corrected.award.batch, open.batch);
  if (superseded.reply() == nullptr) return superseded;
  Json json{{"batch", open.batch}, {"already", true}, {"superseded", superseded.reply()->json}};
  return Reply{std::move(json), "the new award was issued before, as batch " + open.batch +
                                    "; nothing more was issued\n" + superseded.reply()->text};
}

Outcome correct(Context& context, CorrectOptions& options) {
  const std::string student = canonical_reference(*options.student);
  const std::string batch = options.batch;
  TM_TRY_STATUS(hold_home(context, "issuer correct"));
  TM_TRY(const auto row, read_row(options.issue, student));
  TM_TRY(const auto corrected, award_to_correct(context, student, batch));
  TM_TRY(const auto open, open_correction_of(context, corrected.award));
  if (open && !*options.issue.dry_run)
    return finish_correction(context, *open, corrected, options.issue.csv, row);
  TM_TRY(const auto free, free_name(context, batch));
  fill(options.issue, corrected, free);

  const auto issued = issue_batch(context, options.issue);
  if (issued.reply() == nullptr || *options.issue.dry_run) return issued;
  const auto superseded = supersede_corrected(context, student, batch, options.issue.name);
  if (superseded.reply() == nullptr) return superseded;
  Json json = issued.reply()->json;
  json["superseded"] = superseded.reply()->json;
  return Reply{
      std::move(json),
      issued.reply()->text + superseded.reply()->text +
          "send the learner the new claim file, and its code: testamur issuer batch codes " +
          *options.issue.name + "\n"};
}

// ---- resend

struct ResendOptions {
  Given<std::string> student;
  Given<std::string> batch;
  Given<std::string> out;
  Given<bool> not_in_force;
};

// The file of an award that nobody takes misleads the learner who gets it again: somebody must have
// said so. The option is read where it has an effect.
Attempt<void> confirm_dead(const Context& context, const RegisteredAward& award,
                           const Given<bool>& said) {
  if (!is_not_in_force(award) || *said) return {};
  const std::string it = award_text(award.award) + " is " + award.status;
  if (!context.yes && input_is_terminal())
    return confirm_description(context, {it + ": no verifier takes it.", {}, {}, {}},
                               "Write its claim file all the same?", "written");
  return Failure{ExitCode::kUsage,
                 it + ": no verifier takes it, and nothing was written. If its claim file is "
                      "wanted all the same, say --not-in-force"};
}

std::string status_line(const OneAward& found) {
  if (!found.source.asked) return "  " + found.source.text + "\n";
  return is_not_in_force(found.award) ? "  the award is " + found.award.status + "\n" : "";
}

Attempt<BatchFolder> folder_of(Context& context, const std::string& batch,
                               const IssuerKeys& vault) {
  TM_TRY(auto folder, open_batch(context, batch, vault.register_identities));
  TM_TRY_STATUS(expect_sent(folder.batch().committed, batch));
  return folder;
}

// What is not as it was written is written anew, and after a purge refused: it is of no use.
Attempt<void> rewritten(BatchFolder& folder, const std::string& student, const std::string& batch) {
  const auto& awards = folder.batch().awards;
  const auto award = std::ranges::find(awards, student, &Award::student);
  const bool has_key = award != awards.end() && (award->recipient || !award->claim_code.empty());
  const auto written = folder.deliver_one(student);
  if (written.ok() || has_key) return or_exit(ExitCode::kFailure, written);
  return Failure{ExitCode::kFailure,
                 written.message() +
                     ". Nothing was written; the learner gets a new award in its place: testamur "
                     "issuer correct " +
                     typed_option("--student", student) + " --batch " + batch + " --csv FILE"};
}

Outcome resend(Context& context, const ResendOptions& options) {
  const std::string student = canonical_reference(*options.student);
  const std::string batch = options.batch;
  const std::string out = options.out;
  TM_TRY_STATUS(hold_home(context, "issuer resend"));
  TM_TRY_STATUS(may_save_named_file(context, out));
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(auto folder, folder_of(context, batch, vault));
  const auto& awards = folder.batch().awards;
  const auto found = std::ranges::find(awards, student, &Award::student);
  if (found == awards.end()) {
    return Failure{ExitCode::kUsage, "batch " + batch + " has no learner \"" + student +
                                         "\": testamur issuer show " +
                                         typed_option("--student", student)};
  }
  TM_TRY(const auto registered, read_one_award(context, vault.register_identities, batch, student));
  TM_TRY_STATUS(confirm_dead(context, registered.award, options.not_in_force));
  const std::string path = folder.claim_path(*found);
  const std::string code = found->recipient ? std::string{} : std::string(found->claim_code.text());
  TM_TRY_STATUS(refuse_unread_options(context));
  // Of an interrupted batch the files of the others are for `batch resume`, which says so.
  TM_TRY_STATUS(rewritten(folder, student, batch));
  TM_TRY(const auto claim, or_exit(ExitCode::kFailure, read_file(path, age::kMaxFileBytes)));
  TM_TRY_STATUS(save_named_file(context, out, claim));

  const bool purged = !found->recipient && code.empty();
  std::string text = "wrote " + out + ", the claim file of " + student + "\n";
  text += found->recipient ? "  the wallet that asked for it opens it, without a code\n"
          : purged ? "  its code was purged: who has lost that too gets a correction (testamur "
                     "issuer correct)\n"
                   : "  its code, to be sent on another way: " + code + "\n";
  if (!folder.batch().delivered)
    text += "  other claim files of the batch are missing: testamur issuer batch resume " + batch +
            "\n";
  return Reply{
      Json{
          {"file", out}, {"student", student}, {"code", code}, {"status", registered.award.status}},
      text + status_line(registered)};
}

}  // namespace

void add_correction_commands(Command issuer, Context& context, Run& run) {
  auto options = std::make_shared<CorrectOptions>();
  auto correcting = issuer.add_subcommand(
      "correct", "A new award in the place of a wrong one, which is superseded");
  option(correcting, "--student", options->student, "The learner's reference").required();
  option(correcting, "--batch", options->batch, "The batch of the wrong award").required();
  option(correcting, "--csv", options->issue.csv,
         "A class list with one row, the learner's as it should be: a column student, and every "
         "claim that the new award is to state, also those that stay (given_name, family_name, "
         "birthdate, grade, …: docs/cli.md)")
      .required();
  option(correcting, "--achievement", options->issue.achievement,
         "<number>.<version> (default: as before)");
  option(correcting, "--name", options->issue.name,
         "Name of the new batch (default: BATCH-correction-1)");
  option(correcting, "--expires", options->issue.expires,
         "Last day of validity, YYYY-MM-DD (default: as before)");
  option(correcting, "--requests", options->issue.requests,
         "Directory with the learner's wallet request");
  flag(correcting, "--by-code", options->issue.by_code,
       "By a claim code, though the wrong award was locked to the learner's wallet");
  flag(correcting, "--drop", options->issue.drop,
       "What the wrong award states and the list does not is to fall away");
  add_reading_options(correcting, options->issue);
  flag(correcting, "--dry-run", options->issue.dry_run,
       "Check everything and say what would be issued; issue nothing");
  correcting.callback([&context, &run, options] {
    run = [&context, options] { return correct(context, *options); };
  });

  auto lost = std::make_shared<ResendOptions>();
  auto resending =
      issuer.add_subcommand("resend", "The claim file of one learner again, and its code");
  option(resending, "--student", lost->student, "The learner's reference").required();
  option(resending, "--batch", lost->batch, "Name of the batch's folder").required();
  option(resending, "--out", lost->out, "File to write").required();
  flag(resending, "--not-in-force", lost->not_in_force,
       "Though the award is revoked, suspended, superseded, void or expired");
  resending.callback(
      [&context, &run, lost] { run = [&context, lost] { return resend(context, *lost); }; });
}

}  // namespace testamur::wallet
