// issuer correct and issuer resend: a wrong value in an award, a claim file that was lost
// (docs/corrections.md).
//
// A correction issues first and supersedes then. Cut off in between, the learner has two awards,
// which can be seen and mended; the other way round the learner would have none.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/issue_batch.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/award_register.h"
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

// The award that is corrected, with the batch that it stands in.
struct Corrected {
  RegisteredAward award;
  std::optional<std::uint64_t> expires_at_s;
};

Attempt<Corrected> award_to_correct(Context& context, const std::string& student,
                                    const std::string& batch) {
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(auto held, read_batch(context, vault.register_identities, batch));
  std::vector<AwardRecord> known;
  for (const auto& each : held.awards) known.push_back(each.award);
  TM_TRY(const auto batches, or_exit(ExitCode::kFailure, batch_names(context)));
  TM_TRY(const auto selection,
         select_awards(known, batches, {{student, {}, batch, "--student " + student}}, false));

  // What is over is corrected no more; the newer award is the one to correct.
  (void)add_statuses(context, std::span(&held, 1));
  const auto found = std::ranges::find(held.awards, selection.awards.front().student,
                                       [](const auto& each) { return each.award.student; });
  if (found->status == "revoked" || found->status == "superseded" || found->status == "not_sent") {
    return Failure{ExitCode::kUsage,
                   "the award of \"" + student + "\" in batch " + batch + " is " +
                       (found->status == "not_sent" ? "not issued yet" : found->status) +
                       " and cannot be corrected: testamur issuer show --student " + student};
  }
  return Corrected{*found, held.expires_at_s};
}

// One row, and that of the learner: a second one would get an award that replaces nothing.
Attempt<void> check_row(const IssueOptions& options, const std::string& student) {
  const std::string file = options.csv;
  TM_TRY(const auto reading, reading_of(options));
  TM_TRY(const auto csv, read_file(file, kMaxCsvBytes));
  const auto list = read_class_list(as_text(csv), reading);
  if (!list.ok()) return error(file + ": " + list.message() + "\nnothing was changed");
  if (list->rows.size() != 1)
    return error(file + " has " + std::to_string(list->rows.size()) +
                 " learners; a correction has one row. Nothing was changed");
  if (list->rows.front().student == student) return {};
  return error(file + " is about learner \"" + list->rows.front().student + "\", not \"" + student +
               "\"; nothing was changed");
}

// The first name that no batch has: spring-correction-1.
Attempt<std::string> free_name(const Context& context, const std::string& batch) {
  TM_TRY(const auto names, or_exit(ExitCode::kFailure, batch_names(context)));
  for (unsigned number = 1; number < kMostCorrections; ++number) {
    auto name = batch.substr(0, 80) + "-correction-" + std::to_string(number);
    if (std::ranges::find(names, name) == names.end()) return name;
  }
  return std::string{};
}

void fill(IssueOptions& issue, const Corrected& corrected, const std::string& free) {
  if (issue.achievement->empty()) issue.achievement = to_text(corrected.award.award.achievement);
  if (issue.name->empty()) issue.name = free;
  if (issue.expires->empty() && corrected.expires_at_s)
    issue.expires = moment_text(*corrected.expires_at_s * 1000 - kDayMs).substr(0, 10);
  issue.again = true;
  issue.replaces = corrected.award.award;
}

Outcome correct(Context& context, CorrectOptions& options) {
  const std::string student = canonical_reference(*options.student);
  const std::string batch = options.batch;
  TM_TRY_STATUS(hold_home(context, "issuer correct"));
  TM_TRY_STATUS(check_row(options.issue, student));
  TM_TRY(const auto corrected, award_to_correct(context, student, batch));
  TM_TRY(const auto free, free_name(context, batch));
  fill(options.issue, corrected, free);

  const auto issued = issue_batch(context, options.issue);
  if (issued.reply() == nullptr || *options.issue.dry_run) return issued;
  const auto superseded = supersede_award(context, student, batch);
  if (superseded.reply() == nullptr) {
    Failure failure = superseded.failure() == nullptr
                          ? Failure{superseded.exit(), "the old award was not superseded"}
                          : *superseded.failure();
    failure.message +=
        "\n  the new award is issued (batch " + *options.issue.name +
        "), and the old one is still in force: testamur issuer status supersede --student " +
        student + " --batch " + batch + " --reason correction";
    return failure;
  }
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
};

Attempt<BatchFolder> folder_of(Context& context, const std::string& batch,
                               const IssuerKeys& vault) {
  TM_TRY(auto folder, open_batch(context, batch, vault.register_identities));
  if (folder.batch().committed) return folder;
  return Failure{ExitCode::kFailure,
                 "batch " + batch + " is not issued yet: testamur issuer batch resume " + batch};
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
                                         "\": testamur issuer show --student " + student};
  }
  const std::string path = folder.claim_path(*found);
  const std::string code = found->recipient ? std::string{} : std::string(found->claim_code.text());
  TM_TRY_STATUS(refuse_unread_options(context));
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    TM_TRY_STATUS(or_exit(ExitCode::kFailure, folder.deliver()));
  TM_TRY(const auto claim, or_exit(ExitCode::kFailure, read_file(path, age::kMaxFileBytes)));
  TM_TRY_STATUS(save_named_file(context, out, claim));

  const bool purged = !found->recipient && code.empty();
  std::string text = "wrote " + out + ", the claim file of " + student + "\n";
  text += found->recipient ? "  the wallet that asked for it opens it, without a code\n"
          : purged ? "  its code was purged: who has lost that too gets a correction (testamur "
                     "issuer correct)\n"
                   : "  its code, to be sent on another way: " + code + "\n";
  return Reply{Json{{"file", out}, {"student", student}, {"code", code}}, std::move(text)};
}

}  // namespace

void add_correction_commands(CLI::App& issuer, Context& context, Run& run) {
  auto options = std::make_shared<CorrectOptions>();
  auto* correcting = issuer.add_subcommand(
      "correct", "A new award in the place of a wrong one, which is superseded");
  option(*correcting, "--student", options->student, "The learner's reference")->required();
  option(*correcting, "--batch", options->batch, "The batch of the wrong award")->required();
  option(*correcting, "--csv", options->issue.csv,
         "A class list with the learner's row as it should be")
      ->required();
  option(*correcting, "--achievement", options->issue.achievement,
         "<number>.<version> (default: as before)");
  option(*correcting, "--name", options->issue.name,
         "Name of the new batch (default: BATCH-correction-1)");
  option(*correcting, "--expires", options->issue.expires,
         "Last day of validity, YYYY-MM-DD (default: as before)");
  option(*correcting, "--requests", options->issue.requests,
         "Directory with the learner's wallet request");
  add_reading_options(*correcting, options->issue);
  flag(*correcting, "--dry-run", options->issue.dry_run,
       "Check everything and say what would be issued; issue nothing");
  correcting->callback([&context, &run, options] {
    run = [&context, options] { return correct(context, *options); };
  });

  auto lost = std::make_shared<ResendOptions>();
  auto* resending =
      issuer.add_subcommand("resend", "The claim file of one learner again, and its code");
  option(*resending, "--student", lost->student, "The learner's reference")->required();
  option(*resending, "--batch", lost->batch, "Name of the batch's folder")->required();
  option(*resending, "--out", lost->out, "File to write")->required();
  resending->callback(
      [&context, &run, lost] { run = [&context, lost] { return resend(context, *lost); }; });
}

}  // namespace testamur::wallet
