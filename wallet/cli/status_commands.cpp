// issuer status: revoke, suspend, reinstate, supersede. One award or a CSV of many; all slots of an award change
// together.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "wallet/cli/batches.h"
#include "wallet/cli/commands.h"
#include "wallet/cli/key_vault.h"
#include "wallet/cli/orders.h"
#include "wallet/cli/render.h"
#include "wallet/cli/submit.h"
#include "wallet/credential/csv.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct StatusOptions {
  std::vector<std::string> students;
  std::vector<std::string> references;
  std::vector<std::uint64_t> indexes;
  std::string batch;
  std::string csv;
  std::string reason;
  bool with_root = false;
  DraftOptions draft;
};

constexpr std::pair<std::string_view, tx::StatusReason> kReasons[] = {
    {"correction", tx::StatusReason::kCorrection},        {"replaced", tx::StatusReason::kReplaced},
    {"withdrawn", tx::StatusReason::kWithdrawn},          {"not_claimed", tx::StatusReason::kNotClaimed},
    {"key_compromise", tx::StatusReason::kKeyCompromise}, {"issuer_closed", tx::StatusReason::kIssuerClosed},
};

Result<tx::StatusReason> parse_reason(const std::string& text) {
  for (const auto& [name, reason] : kReasons) {
    if (name == text) return reason;
  }
  return error("\"" + text +
               "\" is no reason: correction, replaced, withdrawn, not_claimed, key_compromise, issuer_closed");
}

// A CSV with a column student, reference or index; the first column of these that it has addresses the awards.
Status read_targets(const std::string& file, StatusOptions& options) {
  TM_TRY(auto text, read_file(file, kMaxCsvBytes));
  auto table = parse_csv(as_text(text));
  if (!table.ok()) return error(file + ": " + table.message());
  for (const std::string_view name : {"reference", "index", "student"}) {
    const auto at = std::ranges::find(table->header, name, &CsvCell::text);
    if (at == table->header.end()) continue;
    const auto column = static_cast<std::size_t>(at - table->header.begin());
    for (const auto& row : table->rows) {
      const CsvCell& cell = row[column];
      if (name == "reference") options.references.push_back(cell.text);
      if (name == "student") options.students.push_back(cell.text);
      if (name != "index") continue;
      if (cell.text.empty() || cell.text.size() > 19 ||
          !std::ranges::all_of(cell.text, [](char c) { return c >= '0' && c <= '9'; })) {
        return error(file + ", " + to_text(cell.place) + ": \"" + cell.text + "\" is no index; nothing was changed");
      }
      options.indexes.push_back(std::stoull(cell.text));
    }
    return {};
  }
  return error(file + ": the header has none of the columns reference, index, student");
}

Result<std::vector<IssuerIndex>> resolve(Context& context, const StatusOptions& options, const IssuerProfile& profile,
                                         const IssuerKeys& keys) {
  std::vector<IssuerIndex> indexes;
  for (auto index : options.indexes) indexes.emplace_back(index);
  for (const auto& text : options.references) {
    TM_TRY(auto reference, parse_reference(text));
    if (reference.issuer != profile.institution) return error(text + " is not a credential of " + profile.name);
    indexes.push_back(reference.index);
  }
  for (const auto& student : options.students) {
    TM_TRY(auto slots, slots_of_student(context, options.batch, student, keys.register_identities));
    indexes.insert(indexes.end(), slots.begin(), slots.end());
  }
  std::ranges::sort(indexes);
  const auto repeated = std::ranges::unique(indexes);
  indexes.erase(repeated.begin(), repeated.end());
  if (indexes.empty()) return error("name what to change: --student, --reference, --index or --csv");
  return indexes;
}

// After a stolen issue key: the root keys set right what was done with it.
ExitCode change_with_root(Context& context, const StatusOptions& options, const tx::StatusChangeContent& content,
                          const std::string& done) {
  Desk desk = sit_down(context);
  if (desk.code != ExitCode::kOk) return desk.code;
  Errand errand;
  errand.command = "issuer status";
  errand.purpose = KeyPurpose::kRoot;
  errand.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };
  errand.done = done;
  return run_errand(desk, std::move(errand), options.draft);
}

ExitCode change(Context& context, StatusOptions options, tx::StatusAction action, const char* verb,
                const char* done_text) {
  auto reason = parse_reason(options.reason);
  if (!reason.ok()) return fail(context, ExitCode::kUsage, reason.message());
  if (!options.csv.empty()) {
    if (auto read = read_targets(options.csv, options); !read.ok())
      return fail(context, ExitCode::kUsage, read.message());
  }
  Client client = context.client();
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return fail(context, ExitCode::kFailure, profile.message());
  SigningKeys opened;
  if (options.with_root) {
    auto register_only = open_issuer_keys(context, KeyPurpose::kIssue);
    opened = {std::move(register_only.keys), register_only.code};
  } else {
    opened = open_signing_keys(context, client, KeyPurpose::kIssue);
  }
  if (!opened.keys) return opened.code;
  auto indexes = resolve(context, options, *profile, *opened.keys);
  if (!indexes.ok()) return fail(context, ExitCode::kUsage, indexes.message());
  const std::string what = std::to_string(indexes->size()) + " credential(s) of " + profile->name;
  const tx::StatusChangeContent content{action, *reason, *indexes};
  if (options.with_root) return change_with_root(context, options, content, what + " " + done_text);
  const bool final = action == tx::StatusAction::kRevoke || action == tx::StatusAction::kSupersede;
  if (!context.yes && !confirm(std::string(verb) + " " + what + ", reason " + options.reason + "?" +
                               (final ? " This cannot be undone." : ""))) {
    return fail(context, ExitCode::kCancelled, "nothing was sent (without a terminal, give --yes)");
  }
  auto envelope = fresh_envelope(context, client, profile->chain, profile->institution);
  if (!envelope.ok()) return fail(context, ExitCode::kUnreachable, envelope.message());
  const auto done = sign_and_submit(context, client, tx::build(*envelope, content), KeyPurpose::kIssue, opened.key(),
                                    Json{{"command", "issuer status"}, {"does", verb}});
  if (done.code != ExitCode::kOk) return done.code;
  Json list = Json::array();
  for (auto index : *indexes) list.push_back(index.value);
  print(context,
        Json{{"action", verb},
             {"reason", options.reason},
             {"indexes", list},
             {"transaction", to_text(done.id)},
             {"outcome", done.outcome}},
        what + " " + done_text + "\n  transaction " + to_text(done.id) + "\n");
  return ExitCode::kOk;
}

}  // namespace

void add_status_commands(CLI::App& issuer, Context& context, Run& run) {
  auto* status = issuer.add_subcommand("status", "Revoke, suspend, reinstate or supersede");
  status->require_subcommand(1);
  auto options = std::make_shared<StatusOptions>();
  const auto add = [&](const char* verb, const char* done_text, const char* about, tx::StatusAction action,
                       const char* reason) {
    auto* command = status->add_subcommand(verb, about);
    command->add_option("--student", options->students,
                        "The award of this learner, by the register; may be given several times");
    command->add_option("--batch", options->batch, "Look only in this batch's register");
    command->add_option("--reference", options->references, "urn:testamur:…; may be given several times");
    command->add_option("--index", options->indexes, "The issuer's own number; may be given several times");
    command->add_option("--csv", options->csv, "A CSV with a column student, reference or index");
    command->add_option("--reason", options->reason,
                        "correction, replaced, withdrawn, not_claimed, key_compromise, issuer_closed");
    command->add_flag("--with-root", options->with_root,
                      "The root keys sign, with reason key_compromise: to set right what a stolen issue key did");
    add_draft_options(*command, options->draft);
    command->callback([&context, &run, options, action, verb, done_text, reason] {
      if (options->reason.empty()) options->reason = reason;
      run = [&context, options, action, verb, done_text] { return change(context, *options, action, verb, done_text); };
    });
  };
  add("revoke", "revoked", "For good", tx::StatusAction::kRevoke, "withdrawn");
  add("suspend", "suspended", "Until reinstated", tx::StatusAction::kSuspend, "withdrawn");
  add("reinstate", "valid again", "A suspended credential becomes valid", tx::StatusAction::kReinstate, "correction");
  add("supersede", "superseded", "Replaced by another credential, for good", tx::StatusAction::kSupersede, "replaced");
}

}  // namespace testamur::wallet
