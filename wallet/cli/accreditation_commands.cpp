// accreditation: what a quality agency says of institutions and programmes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>

#include "wallet/cli/accreditation_import.h"
#include "wallet/cli/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/explain_command.h"
#include "wallet/cli/render.h"
#include "wallet/cli/statement_options.h"
#include "wallet/cli/submit.h"
#include "wallet/credential/csv.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct AccreditOptions : StatementOptions {
  std::string scheme = "esg";
  std::string report_url;
  std::string report_digest;
  std::vector<std::string> statements;
};
struct ImportOptions {
  std::string file;
  std::vector<std::string> agencies;
  std::string scheme = "esg";
  unsigned amount = 120;
  unsigned conditional_amount = 60;
  bool dry_run = false;
};

Result<tx::QualityScheme> parse_quality(const std::string& text) {
  TM_TRY(const auto scheme, trust::parse_scheme(text));
  return static_cast<tx::QualityScheme>(scheme);
}

// The agency: an institution with the role, and what the ledger knows of it.
struct Agency {
  IssuerProfile profile;
  InstitutionId parent;
  std::vector<std::string> names;
};
Result<Agency> find_agency(Context& context, Client& client) {
  Agency agency;
  TM_TRY(agency.profile, issuer_profile(context, client));
  auto answer = client.institution(agency.profile.institution, false);
  if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
  const Json& institution = std::get<Json>(answer).at("institution");
  if (!institution.value("accreditor", false)) {
    return error(agency.profile.name +
                 " has not the role of an accreditor: the validators give it (testamur governance propose)");
  }
  const Json facts = institution.value("facts", Json::object());
  if (const auto bytes = from_hex(facts.value("parent", ""))) {
    agency.parent = InstitutionId::from(*bytes).value_or(InstitutionId{});
  }
  if (const auto deqar = facts.value("deqar", ""); !deqar.empty()) agency.names.push_back(deqar);
  for (const auto& name : facts.value("legal_names", Json::array())) agency.names.push_back(name.value("text", ""));
  return agency;
}

Result<std::uint16_t> next_slot(Client& client, const InstitutionId& author, const InstitutionId& subject) {
  auto answer = client.statements(author, subject, true);
  if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
  std::vector<bool> used(trust::kAccreditSlotsPerPair, false);
  for (const auto& view : std::get<Json>(answer).value("statements", Json::array())) {
    const auto slot = view.value("slot", 0U);
    if (view.value("kind", "") == "accredit" && slot < used.size()) used[slot] = true;
  }
  const auto free = std::ranges::find(used, false);
  if (free == used.end()) return error("all 4,096 accreditations that one agency may hold of one institution are used");
  return static_cast<std::uint16_t>(free - used.begin());
}

Result<tx::StatementContent> make_accreditation(Context& context, Client& client, const Agency& agency,
                                                const AccreditOptions& options) {
  tx::StatementContent content;
  content.kind = tx::StatementKind::kAccredit;
  content.accreditation = true;
  TM_TRY(content.subject, id_of_institution(client, options.subject));
  if (content.subject == agency.profile.institution || content.subject == agency.parent) {
    return error("nobody accredits itself or its parent");
  }
  TM_TRY_STATUS(check_amounts(options));
  content.amount = static_cast<std::uint8_t>(options.amount);
  content.depth = static_cast<std::uint8_t>(options.depth);
  TM_TRY(content.scope, parse_scope(options));
  TM_TRY(content.scheme, parse_quality(options.scheme));
  TM_TRY(content.valid_from_ms, parse_date_or(options.from, context.now_ms()));
  TM_TRY(content.valid_until_ms, parse_last_day(options.until, context.now_ms(), "--until"));
  if (content.valid_until_ms != 0 && content.valid_until_ms <= content.valid_from_ms) {
    return error("--until must come after --from");
  }
  content.report_url = options.report_url;
  if (!options.report_digest.empty()) {
    const auto bytes = from_hex(options.report_digest);
    const auto digest = bytes ? Hash256::from(*bytes) : std::nullopt;
    if (!digest) return error("--report-digest is the SHA-256 of the report: 64 hexadecimal digits");
    content.evidence_digest = *digest;
  }
  TM_TRY(content.slot, next_slot(client, agency.profile.institution, content.subject));
  return content;
}

// Those that hold at or after `from_ms`, by a list with history: all of a slot, for when one ends another of it may
// hold.
std::vector<TransactionId> standing_accreditations(const Json& answer, std::uint64_t from_ms) {
  std::set<std::string> over;
  std::vector<TransactionId> standing;
  const Json statements = answer.value("statements", Json::array());
  for (const auto& view : statements) {
    for (const auto& name : view.value("names", Json::array())) over.insert(name.get<std::string>());
  }
  for (const auto& view : statements) {
    const auto text = view.value("id", "");
    const auto bytes = from_hex(text);
    const auto id = bytes ? TransactionId::from(*bytes) : std::nullopt;
    const auto until = view.value("valid_until_ms", std::uint64_t{0});
    if (view.value("kind", "") != "accredit" || !id || over.contains(text)) continue;
    if (until == 0 || until > from_ms) standing.push_back(*id);
  }
  return standing;
}

// Names what it ends: accreditations have no slot to be emptied.
Result<tx::StatementContent> make_end(Context& context, Client& client, const Agency& agency,
                                      const AccreditOptions& options) {
  tx::StatementContent content;
  content.kind = tx::StatementKind::kEnd;
  content.accreditation = true;
  TM_TRY(content.subject, id_of_institution(client, options.subject));
  TM_TRY(content.valid_from_ms, parse_date_or(options.from, context.now_ms()));
  TM_TRY(content.reason, parse_reason(options.reason));
  for (const auto& text : options.statements) {
    TM_TRY(const auto id, parse_transaction_id(text));
    content.names.push_back(id);
  }
  if (content.names.empty()) {
    auto answer = client.statements(agency.profile.institution, content.subject, true);
    if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
    content.names = standing_accreditations(std::get<Json>(answer), content.valid_from_ms);
  }
  std::ranges::sort(content.names);
  if (content.names.empty()) return error("no accreditation of " + options.subject + " by this agency is in force");
  if (content.names.size() > tx::kNamedStatementsLimit) {
    return error("more than 1,024 accreditations at once: name some with --statement");
  }
  return content;
}

ExitCode say(Context& context, const AccreditOptions& options, bool grant) {
  Client client = context.client();
  auto agency = find_agency(context, client);
  if (!agency.ok()) return fail(context, ExitCode::kFailure, agency.message());
  auto content =
      grant ? make_accreditation(context, client, *agency, options) : make_end(context, client, *agency, options);
  if (!content.ok()) return fail(context, ExitCode::kUsage, content.message());
  std::string what = agency->profile.name;
  if (grant) {
    what += " accredits " + options.subject + " for " + to_text(content->scope) + " with amount " +
            std::to_string(content->amount) + ", from " + date_text(content->valid_from_ms) +
            ", last day: " + last_day_text(content->valid_until_ms);
  } else {
    what += " ends " + std::to_string(content->names.size()) + " accreditation(s) of " + options.subject + " from " +
            date_text(content->valid_from_ms);
  }
  if (!context.yes && !confirm(what + ". Publish this on the ledger?")) {
    return fail(context, ExitCode::kCancelled, "nothing was sent (without a terminal, give --yes)");
  }
  auto opened = open_issuer_keys(context, KeyPurpose::kGovern);
  if (!opened.keys) return opened.code;
  auto envelope = fresh_envelope(context, client, agency->profile.chain, agency->profile.institution);
  if (!envelope.ok()) return fail(context, ExitCode::kUnreachable, envelope.message());
  const auto done = sign_and_submit(context, client, tx::build(*envelope, *content), KeyPurpose::kGovern,
                                    opened.keys->keys.front(), Json{{"command", "accreditation"}, {"says", what}});
  if (done.code != ExitCode::kOk) return done.code;
  print(context, Json{{"statement", to_text(done.id)}, {"says", what}, {"outcome", done.outcome}},
        what + "\n  statement " + to_text(done.id) + " is on the ledger\n");
  return ExitCode::kOk;
}

ExitCode import(Context& context, const ImportOptions& options) {
  auto raw = read_file(options.file, kMaxCsvBytes);
  if (!raw.ok()) return fail(context, ExitCode::kUsage, raw.message());
  auto reading = read_reports(as_text(*raw));
  if (!reading.ok()) return fail(context, ExitCode::kUsage, options.file + ": " + reading.message());
  auto scheme = parse_quality(options.scheme);
  if (!scheme.ok()) return fail(context, ExitCode::kUsage, scheme.message());
  if (options.amount > 120 || options.conditional_amount > 120) {
    return fail(context, ExitCode::kUsage, "--amount and --conditional-amount are 0 to 120");
  }
  Client client = context.client();
  auto agency = find_agency(context, client);
  if (!agency.ok()) return fail(context, ExitCode::kFailure, agency.message());
  auto known = fetch_known_ledger(client, agency->profile.institution);
  if (!known.ok()) return fail(context, ExitCode::kUnreachable, known.message());
  ImportRules rules{agency->profile.institution,
                    agency->parent,
                    agency->names,
                    *scheme,
                    static_cast<std::uint8_t>(options.amount),
                    static_cast<std::uint8_t>(options.conditional_amount)};
  rules.agency_names.insert(rules.agency_names.end(), options.agencies.begin(), options.agencies.end());
  auto plan = plan_import(*reading, *known, rules);
  const bool refused = !plan.refused.empty();
  if (options.dry_run) {
    print(context, to_json(plan), to_text(plan));
    return refused ? ExitCode::kFailure : ExitCode::kOk;
  }
  if (plan.parties.empty() && plan.accreditations.empty()) {
    print(context, Json{{"plan", to_json(plan)}, {"statements", Json::array()}}, to_text(plan) + "nothing to send\n");
    return refused ? ExitCode::kFailure : ExitCode::kOk;
  }
  if (!context.yes && !confirm(to_text(plan) + "Publish this on the ledger?")) {
    return fail(context, ExitCode::kCancelled, "nothing was sent (without a terminal, give --yes)");
  }
  auto opened = open_issuer_keys(context, KeyPurpose::kGovern);
  if (!opened.keys) return opened.code;
  const auto sent = send_import(context, client, agency->profile, opened.keys->keys.front(), std::move(plan));
  return sent == ExitCode::kOk && refused ? ExitCode::kFailure : sent;
}

void add_import(CLI::App& accreditation, Context& context, Run& run) {
  auto options = std::make_shared<ImportOptions>();
  auto* command = accreditation.add_subcommand(
      "import", "Accredit what external quality assurance reports say (CSV or JSON as in DEQAR)");
  command->add_option("file", options->file, "CSV, or JSON that begins with { or [")->required();
  command->add_flag("--dry-run", options->dry_run, "Say what would be sent and what is refused, and send nothing");
  command->add_option("--agency", options->agencies, "What the reports call this agency; may be given several times")
      ->allow_extra_args(false);
  command->add_option("--scheme", options->scheme, "esg, eqavet, iso-9001, iso-iec-17024, other");
  command->add_option("--amount", options->amount, "Of a positive decision, 0 to 120 (default 120)");
  command->add_option("--conditional-amount", options->conditional_amount,
                      "Of a decision with conditions or restrictions (default 60)");
  command->callback([&context, &run, options] { run = [&context, options] { return import(context, *options); }; });
}

}  // namespace

void add_accreditation_commands(CLI::App& app, Context& context, Run& run) {
  auto* accreditation = app.add_subcommand("accreditation", "What this quality agency says of institutions");
  accreditation->require_subcommand(1);
  auto options = std::make_shared<AccreditOptions>();
  options->depth = 0;
  auto* grant = accreditation->add_subcommand("grant", "Accredit an institution for a scope and a period");
  add_subject_options(*grant, *options);
  add_scope_options(*grant, *options);
  grant->add_option("--amount", options->amount, "0 to 120 (default 120)");
  grant->add_option("--depth", options->depth,
                    "1: the institution is an agency whose accreditations count (default 0)");
  grant->add_option("--scheme", options->scheme, "esg, eqavet, iso-9001, iso-iec-17024, other");
  grant->add_option("--report-url", options->report_url, "Where the report is published");
  grant->add_option("--report-digest", options->report_digest, "SHA-256 of the report");
  grant->callback([&context, &run, options] { run = [&context, options] { return say(context, *options, true); }; });
  auto* withdraw = accreditation->add_subcommand("withdraw", "End accreditations of an institution");
  add_subject_options(*withdraw, *options);
  withdraw->add_option("--statement", options->statements, "Only this one (tmx…); default: all that hold from then on")
      ->allow_extra_args(false);
  withdraw->callback(
      [&context, &run, options] { run = [&context, options] { return say(context, *options, false); }; });
  add_import(*accreditation, context, run);
}

}  // namespace testamur::wallet
