// issuer batch: from a class list to claim files. The order of work makes every step repeatable:
// build and save the batch → sign and save the transaction → send until committed → write claim files.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "wallet/cli/batches.h"
#include "wallet/cli/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/key_vault.h"
#include "wallet/cli/output.h"
#include "wallet/cli/render.h"
#include "wallet/cli/submit.h"
#include "wallet/credential/award_check.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/csv.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct IssueOptions {
  std::string csv;
  std::string achievement;
  std::string requests;
  std::string name;
  std::string expires;
};

// Everything that is known before the keys are opened.
struct Preparation {
  std::vector<ClassRow> rows;
  std::vector<std::string> notices;  // of the class list
  std::vector<WalletRequest> requests;
  BatchPlan plan;
};

Result<std::vector<WalletRequest>> read_requests(const std::string& directory, const IssuerProfile& profile) {
  std::vector<WalletRequest> requests;
  if (directory.empty()) return requests;
  std::vector<std::filesystem::path> files;
  std::error_code failure;
  for (const auto& item : std::filesystem::directory_iterator(directory, failure)) {
    if (item.is_regular_file()) files.push_back(item.path());
  }
  if (failure) return error("cannot read " + directory + ": " + failure.message());
  std::ranges::sort(files);
  for (const auto& file : files) {
    TM_TRY(auto text, read_file(file.string(), 64 * 1024));
    auto request = read_wallet_request(as_text(text), profile.chain, profile.institution);
    if (!request.ok()) return error(file.string() + ": " + request.message());
    requests.push_back(std::move(request).value());
  }
  return requests;
}

// What every credential of the batch says of the award, from the registry, so that it agrees with it to the letter.
Result<Claims> common_claims(const Json& record) {
  Claims claims;
  for (const auto& title : record.value("titles", Json::array())) {
    if (title.value("language", "") == "en" || !claims.contains(ClaimId::kTitle))
      claims[ClaimId::kTitle] = title.value("text", "");
  }
  if (!claims.contains(ClaimId::kTitle)) return error("the achievement has no title");
  if (const auto ects = record.value("ects_hundredths", std::uint64_t{0}); ects != 0)
    claims[ClaimId::kEctsHundredths] = ects;
  if (const auto level = record.value("eqf_level", std::uint64_t{0}); level != 0) claims[ClaimId::kEqfLevel] = level;
  return claims;
}

AwardTerms terms_of(const std::string& achievement, const Json& record) {
  AwardTerms terms;
  terms.achievement = achievement;
  for (const auto& title : record.value("titles", Json::array())) terms.titles.push_back(title.value("text", ""));
  for (const auto& grading : record.value("grading", Json::array())) terms.grading.push_back(grading.value("text", ""));
  terms.ects_hundredths = record.value("ects_hundredths", std::uint64_t{0});
  terms.eqf_level = record.value("eqf_level", std::uint64_t{0});
  terms.identity_check = record.value("identity_check", "");
  if (terms.identity_check == "unspecified") terms.identity_check.clear();
  return terms;
}

std::uint64_t block_time_ms(Client& client) {
  const auto status = client.status();
  const auto* json = std::get_if<Json>(&status);
  return json == nullptr ? 0 : json->value("as_of", Json::object()).value("time_ms", std::uint64_t{0});
}

Result<Preparation> prepare(Context& context, Client& client, const IssuerProfile& profile,
                            const IssueOptions& options) {
  Preparation prepared;
  TM_TRY(auto csv, read_file(options.csv, kMaxCsvBytes));
  auto list = read_class_list(as_text(csv));
  if (!list.ok()) return error(options.csv + ": " + list.message() + "\nnothing was issued");
  prepared.rows = std::move(list->rows);
  prepared.notices = std::move(list->notices);
  TM_TRY(prepared.requests, read_requests(options.requests, profile));
  TM_TRY(auto achievement, parse_achievement_id(options.achievement));
  auto published = client.achievement(achievement.institution, achievement.number, achievement.version);
  if (auto* failure = std::get_if<CallError>(&published)) return error(failure->message);
  const Json view = std::get<Json>(published).value("achievement", Json::object());
  if (!view.value("issuable", false))
    return error("the ledger does not let " + options.achievement + " be issued (retired, or not co-signed)");
  auto indexes = client.issuer_indexes(profile.institution);
  if (auto* failure = std::get_if<CallError>(&indexes)) return error(failure->message);
  TM_TRY(auto claims, common_claims(view.value("record", Json::object())));
  TM_TRY(auto expires, parse_last_day(options.expires, context.now_ms(), "--expires"));
  const auto findings = check_awards(prepared.rows, terms_of(options.achievement, view.value("record", Json::object())),
                                     AwardCalendar{context.now_ms(), block_time_ms(client), expires});
  if (!findings.empty()) return error(options.csv + ": " + to_text(findings) + "\nnothing was issued");
  auto& plan = prepared.plan;
  plan.chain = profile.chain;
  plan.issuer = profile.institution;
  plan.issuer_domain = profile.domain;
  plan.issuer_name = profile.name;
  plan.achievement = achievement;
  TM_TRY(auto first, reserve_indexes(context, std::get<Json>(indexes).value("next_free", std::uint64_t{0}),
                                     std::max(prepared.rows.size(), kMinBatchSize)));
  plan.first_index = IssuerIndex{first};
  plan.issued_at_s = context.now_ms() / 1000;
  if (expires != 0) plan.expires_at_s = expires / 1000;
  plan.common = std::move(claims);
  return prepared;
}

std::string batch_text(const BatchFolder& folder) {
  const Batch& batch = folder.batch();
  const std::string first = std::to_string(batch.plan.first_index.value);
  const std::string last = std::to_string(batch.plan.first_index.value + batch.commitments.size() - 1);
  return std::to_string(batch.awards.size()) + " credential(s) issued under indexes " + first + " to " + last + " (" +
         std::to_string(batch.commitments.size() - batch.awards.size()) + " of them padding)\n  claim files  " +
         folder.path() + "/claims\n  codes        " + folder.path() + "/codes.age (testamur issuer batch codes)\n";
}

Json batch_json(const BatchFolder& folder) {
  const Batch& batch = folder.batch();
  Json awards = Json::array();
  for (const auto& award : batch.awards) {
    awards.push_back(Json{{"student", award.student},
                          {"file", folder.path() + "/claims/" + award.file_name + std::string(kClaimFileSuffix)},
                          {"index", batch.plan.first_index.value + award.position},
                          {"commitment", batch.commitments[award.position].hex()},
                          {"holder_made_key", award.recipient.has_value()}});
  }
  return Json{{"batch", batch.id},
              {"folder", folder.path()},
              {"committed", batch.committed},
              {"achievement", to_text(batch.plan.achievement)},
              {"count", batch.awards.size()},
              {"slots", batch.commitments.size()},
              {"awards", awards}};
}

// From wherever the batch stands to its end. Sends the same bytes again; signs anew only after they have expired.
ExitCode carry_on(Context& context, Client& client, BatchFolder& folder, const SecretKey& issue_key) {
  const Batch& batch = folder.batch();
  if (!batch.committed) {
    if (batch.transaction.empty() || has_expired(batch, client)) {
      auto envelope = fresh_envelope(context, client, batch.plan.chain, batch.plan.issuer);
      if (!envelope.ok()) return fail(context, ExitCode::kUnreachable, envelope.message());
      const auto built = tx::build(
          *envelope, tx::IssueListedContent{batch.plan.achievement, batch.plan.first_index, batch.commitments});
      if (const auto* rejection = std::get_if<tx::Rejection>(&built))
        return fail(context, ExitCode::kFailure, tx::to_text(*rejection));
      auto signed_bytes = tx::attach_signed(std::get<tx::UnsignedTransaction>(built), KeyPurpose::kIssue, issue_key);
      if (auto set = folder.set_transaction(std::move(signed_bytes)); !set.ok())
        return fail(context, ExitCode::kFailure, set.message());
    }
    auto id = id_of_carried(batch.plan.chain, batch.transaction);
    if (!id.ok()) return fail(context, ExitCode::kFailure, id.message());
    const auto done = submit_signed(context, client, *id, batch.transaction,
                                    Json{{"command", "issuer batch"}, {"folder", folder.path()}});
    if (done.code != ExitCode::kOk) return done.code;
    if (auto set = folder.set_committed(); !set.ok()) return fail(context, ExitCode::kFailure, set.message());
  }
  Progress progress("writing claim files", batch.awards.size(), context.quiet || context.json);
  auto delivered = folder.deliver([&](std::size_t done, std::size_t) { progress.advance(done); });
  return delivered.ok() ? ExitCode::kOk : fail(context, ExitCode::kFailure, delivered.message());
}

ExitCode issue(Context& context, const IssueOptions& options) {
  if (const ExitCode locked = lock_home(context, "issuer batch issue"); locked != ExitCode::kOk) return locked;
  Client client = context.client();
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return fail(context, ExitCode::kFailure, profile.message());
  auto prepared = prepare(context, client, *profile, options);
  if (!prepared.ok()) return fail(context, ExitCode::kUsage, prepared.message());
  if (!context.quiet) {
    for (const auto& notice : prepared->notices) put(Stream::kError, "testamur: " + options.csv + ": " + notice + "\n");
  }
  auto credential_keys = open_signing_keys(context, client, KeyPurpose::kCredential);
  if (!credential_keys.keys) return credential_keys.code;
  auto issue_keys = open_signing_keys(context, client, KeyPurpose::kIssue);
  if (!issue_keys.keys) return issue_keys.code;
  const SecretKey& credential_key = credential_keys.key();
  prepared->plan.credential_key = key_id(KeyPurpose::kCredential, credential_key.public_key());
  Result<Batch> batch = error("not built");
  {
    Progress progress("signing credentials", prepared->rows.size(), context.quiet || context.json);
    batch = build_batch(prepared->plan, prepared->rows, prepared->requests, credential_key,
                        [&](std::size_t done, std::size_t) { progress.advance(done); });
  }
  if (!batch.ok()) return fail(context, ExitCode::kUsage, batch.message() + "; nothing was issued");
  const std::string folder_name = options.name.empty() ? batch->id : options.name;
  auto folder = BatchFolder::create(batch_path(context, folder_name), std::move(batch).value(),
                                    issue_keys.keys->register_identities.front().recipient());
  if (!folder.ok()) return fail(context, ExitCode::kFailure, folder.message());
  const ExitCode code = carry_on(context, client, *folder, issue_keys.key());
  if (code == ExitCode::kOk) print(context, batch_json(*folder), batch_text(*folder));
  return code;
}

ExitCode resume(Context& context, const std::string& name) {
  if (const ExitCode locked = lock_home(context, "issuer batch resume"); locked != ExitCode::kOk) return locked;
  Client client = context.client();
  auto issue_keys = open_signing_keys(context, client, KeyPurpose::kIssue);
  if (!issue_keys.keys) return issue_keys.code;
  auto folder = BatchFolder::open(batch_path(context, name), issue_keys.keys->register_identities);
  if (!folder.ok()) return fail(context, ExitCode::kUsage, folder.message());
  const ExitCode code = carry_on(context, client, *folder, issue_keys.key());
  if (code == ExitCode::kOk) print(context, batch_json(*folder), batch_text(*folder));
  return code;
}

ExitCode codes(Context& context, const std::string& name) {
  auto issue_keys = open_issuer_keys(context, KeyPurpose::kIssue);
  if (!issue_keys.keys) return issue_keys.code;
  auto file = read_file(batch_path(context, name) + "/codes.age", age::kMaxFileBytes);
  if (!file.ok()) return fail(context, ExitCode::kUsage, file.message());
  auto rows = open_codes(*file, issue_keys.keys->register_identities);
  if (!rows.ok()) return fail(context, ExitCode::kInvalid, rows.message());
  Json all = Json::array();
  std::string text;
  for (const auto& row : *rows) {
    all.push_back(Json{{"student", row.student}, {"file", row.file_name}, {"code", std::string(row.code.text())}});
    text +=
        row.student + "  " + row.file_name + std::string(kClaimFileSuffix) + "  " + std::string(row.code.text()) + "\n";
  }
  print(context, Json{{"codes", all}}, text);
  return ExitCode::kOk;
}

ExitCode purge(Context& context, const std::string& name) {
  if (const ExitCode locked = lock_home(context, "issuer batch purge"); locked != ExitCode::kOk) return locked;
  auto issue_keys = open_issuer_keys(context, KeyPurpose::kIssue);
  if (!issue_keys.keys) return issue_keys.code;
  auto folder = BatchFolder::open(batch_path(context, name), issue_keys.keys->register_identities);
  if (!folder.ok()) return fail(context, ExitCode::kUsage, folder.message());
  if (!context.yes &&
      !confirm("Forget the holder keys and claim codes of " + name + "? The claim files must have been delivered.")) {
    return fail(context, ExitCode::kCancelled, "nothing was forgotten (without a terminal, give --yes)");
  }
  if (auto purged = folder->purge(); !purged.ok()) return fail(context, ExitCode::kFailure, purged.message());
  print(context, Json{{"purged", name}},
        "forgot the holder keys and claim codes of " + name + "; the register stays\n");
  return ExitCode::kOk;
}

ExitCode erase(Context& context, const std::string& name, const std::string& student) {
  if (const ExitCode locked = lock_home(context, "issuer erase"); locked != ExitCode::kOk) return locked;
  auto issue_keys = open_issuer_keys(context, KeyPurpose::kIssue);
  if (!issue_keys.keys) return issue_keys.code;
  auto folder = BatchFolder::open(batch_path(context, name), issue_keys.keys->register_identities);
  if (!folder.ok()) return fail(context, ExitCode::kUsage, folder.message());
  if (!context.yes && !confirm("Erase all that this office holds of " + student + " in " + name + "?")) {
    return fail(context, ExitCode::kCancelled, "nothing was erased (without a terminal, give --yes)");
  }
  if (auto erased = folder->erase(student); !erased.ok()) return fail(context, ExitCode::kUnknown, erased.message());
  print(
      context, Json{{"erased", student}},
      "erased " + student + "; the ledger keeps 32 bytes that mean nothing without the salt, copies elsewhere stay\n");
  return ExitCode::kOk;
}

}  // namespace

void add_batch_commands(CLI::App& issuer, Context& context, Run& run) {
  auto* batch = issuer.add_subcommand("batch", "Issue to a whole class");
  batch->require_subcommand(1);
  auto options = std::make_shared<IssueOptions>();
  auto* issuing = batch->add_subcommand("issue", "One credential a row of a class list; writes claim files and codes");
  issuing->add_option("--csv", options->csv, "Class list: a column student, and claims by name (docs/cli.md)")
      ->required();
  issuing->add_option("--achievement", options->achievement, "<institution>/<number>.<version>")->required();
  issuing->add_option("--requests", options->requests, "Directory of wallet requests");
  issuing->add_option("--name", options->name, "Name of the batch's folder (default: its id)");
  issuing->add_option("--expires", options->expires,
                      "Last day of the credentials' validity, YYYY-MM-DD (default: open)");
  issuing->callback([&context, &run, options] { run = [&context, options] { return issue(context, *options); }; });
  auto name = std::make_shared<std::string>();
  auto student = std::make_shared<std::string>();
  const auto add = [&](const char* verb, const char* about, ExitCode (*act)(Context&, const std::string&)) {
    auto* command = batch->add_subcommand(verb, about);
    command->add_option("name", *name, "Name of the batch's folder")->required();
    command->callback([&context, &run, name, act] { run = [&context, name, act] { return act(context, *name); }; });
  };
  add("resume", "Go on with a batch that was interrupted: the same bytes, the missing files", resume);
  add("codes", "Print the claim codes of a batch", codes);
  add("purge", "Forget holder keys and claim codes once the files were delivered", purge);
  auto* erasing = issuer.add_subcommand("erase", "Erase what this office holds of one learner in one batch");
  erasing->add_option("--batch", *name, "Name of the batch's folder")->required();
  erasing->add_option("--student", *student, "The learner's reference")->required();
  erasing->callback(
      [&context, &run, name, student] { run = [&context, name, student] { return erase(context, *name, *student); }; });
}

}  // namespace testamur::wallet
