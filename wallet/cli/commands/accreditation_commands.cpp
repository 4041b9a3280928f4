// accreditation: what a quality agency says of institutions and programmes.
#include <algorithm>
#include <memory>

#include "common/text.h"
#include "common/visible.h"
#include "trust/statement.h"
#include "wallet/accreditation/misnamed_columns.h"
#include "wallet/accreditation/outweighed.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/proposals.h"
#include "wallet/cli/commands/statement_options.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/accreditation_import.h"
#include "wallet/cli/flow/accreditation_slots.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/cli/flow/pending.h"
#include "wallet/cli/flow/standing_statements.h"
#include "wallet/cli/flow/statement_periods.h"
#include "wallet/cli/flow/statement_warnings.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/short_id.h"
#include "wallet/cli/terminal.h"
#include "wallet/credential/csv.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct AccreditOptions : StatementOptions {
  Given<std::string> scheme{"esg"};
  Given<std::string> report_url;
  Given<std::string> report_digest;
  Given<std::vector<std::string>> statements;
  DraftOptions draft;
};
struct ImportOptions {
  Given<std::string> file;
  Given<std::vector<std::string>> agencies;
  Given<std::string> scheme{"esg"};
  Given<unsigned> amount{120};
  Given<unsigned> conditional_amount{60};
  Given<bool> dry_run;
};

Result<tx::QualityScheme> parse_quality(const std::string& text) {
  TM_TRY(const auto scheme, trust::parse_scheme(text));
  return static_cast<tx::QualityScheme>(scheme);
}

// The agency: an institution with the role, and what the ledger knows of it.
struct Agency {
  InstitutionId parent;
  std::vector<std::string> names;
};
Attempt<Agency> find_agency(IssuerSession& session) {
  Agency agency;
  TM_TRY(const auto answer, asked(session.client.institution(session.profile.institution, false)));
  if (answer.institution_class != tx::InstitutionClass::kAccreditor) {
    // Who reads elsewhere that the vote has passed must not think that something is broken.
    TM_TRY(const auto open, asked(session.client.proposals(true)));
    const auto coming =
        coming_admission(open, session.profile.institution, tx::InstitutionClass::kAccreditor);
    return Failure{ExitCode::kFailure,
                   session.profile.name + " has not the role of an accreditor" +
                       (coming ? " yet: " + *coming
                               : ": the validators give it (testamur governance propose)")};
  }
  agency.parent = answer.facts.parent;
  if (!answer.facts.deqar.empty()) agency.names.push_back(answer.facts.deqar);
  for (const auto& name : answer.facts.legal_names) agency.names.push_back(name.text);
  return agency;
}

// A statement of which something is not known may take a slot, or end another one.
Attempt<void> check_readable(const StatementsAnswer& answer) {
  for (const auto& view : answer.statements) {
    if (const auto unknown = view.unknown_part(); !unknown.empty()) {
      return Failure{ExitCode::kFailure,
                     "the node does not say " + unknown + " of the statement " + to_text(view.id) +
                         ": ask another one with --endpoint, or use a newer testamur"};
    }
  }
  return {};
}

Attempt<std::uint16_t> next_slot(Client& client, const StatementsAnswer& answer,
                                 std::uint64_t from_ms) {
  TM_TRY(const auto limit, asked(accreditation_slots_limit(client)));
  const auto slot = free_accreditation_slot(answer, from_ms, limit);
  if (!slot) {
    return Failure{ExitCode::kFailure,
                   "an agency holds at most " + std::to_string(limit) +
                       " accreditations of one institution at a time, and as many still hold on " +
                       date_text(from_ms) +
                       ": end one of them first by testamur accreditation withdraw"};
  }
  return *slot;
}

// What is about to be sent, and what to beware of.
struct Saying {
  tx::StatementContent content;
  std::vector<std::string> warnings;
  std::vector<StandsInstead> stands_instead = {};  // of an end
};

Attempt<tx::StatementContent> read_accreditation(IssuerSession& session, const Agency& agency,
                                                 const AccreditOptions& options) {
  const auto& own = session.profile.institution;
  tx::StatementContent content;
  content.kind = tx::StatementKind::kAccredit;
  content.accreditation = true;

  TM_TRY(content.subject, institution_named(session.client, "institution", options.subject));
  if (content.subject == own || content.subject == agency.parent) {
    return error("nobody accredits itself or its parent");
  }

  TM_TRY(const auto amounts, parse_amounts(options));
  content.amount = amounts.amount;
  content.depth = amounts.depth;
  TM_TRY(content.scope, parse_scope(options));
  TM_TRY(content.scheme, parse_quality(options.scheme));

  TM_TRY(content.valid_from_ms, parse_statement_from(options.from, session.context.now_ms()));
  TM_TRY(content.valid_until_ms, parse_statement_until(options.until, session.context.now_ms()));

  if (content.valid_until_ms != 0 && content.valid_until_ms <= content.valid_from_ms) {
    return error("--until must come after --from: " + *options.until + " is no later than " +
                 (options.from->empty() ? "now" : *options.from));
  }

  if (!options.reason->empty())
    return error("--reason: an accreditation is granted without a reason; leave it out");

  TM_TRY(content.report_url, parse_web_address("--report-url", options.report_url));
  if (!options.report_digest->empty()) {
    const auto bytes = from_hex(*options.report_digest);
    const auto digest = bytes ? Hash256::from(*bytes) : std::nullopt;
    if (!digest)
      return error("--report-digest is the SHA-256 of the report: 64 hexadecimal digits");
    content.evidence_digest = *digest;
  }

  return content;
}

// What of the same scope stands already is said, so that the same is not accredited twice. Each
// stands by itself, and the largest amount counts.
std::vector<std::string> alike_warnings(const std::vector<StandingStatement>& standing,
                                        const std::vector<StatementAnswer>& said) {
  if (!said.empty()) return said_already_warnings(said);
  std::vector<std::string> warnings;
  for (const auto& each : standing) {
    warnings.push_back(
        "of this kind and scope it is accredited already, and of the two the larger amount counts "
        "until one is ended: " +
        statement_text(each.statement));
  }
  return warnings;
}

// All that make the new one count for nothing until they are ended: each of them does by itself.
std::vector<StatementAnswer> outweighing(const StatementsAnswer& answer,
                                         const tx::StatementContent& content,
                                         std::uint64_t now_ms) {
  std::vector<StatementAnswer> larger;
  for (const auto& period : accreditation_periods(answer, now_ms)) {
    const auto& said = period.statement;
    const bool holds = period.hold == Hold::kStands || period.hold == Hold::kLater;
    if (!holds || !said.scope || !said.valid_from_ms || !said.valid_until_ms) continue;
    const auto last_ms = *said.valid_until_ms == 0 ? trust::kOpenEnd : *said.valid_until_ms;
    const auto over_ms = std::min(last_ms, period.ended_ms.value_or(trust::kOpenEnd));
    if (outweighs({*said.scope, said.amount.value_or(0), said.depth.value_or(0),
                   *said.valid_from_ms, over_ms},
                  content))
      larger.push_back(said);
  }
  return larger;
}

std::string outweighed_text(const std::vector<StatementAnswer>& larger,
                            const std::string& subject) {
  std::string all, command = "testamur accreditation withdraw " + subject;
  for (const auto& each : larger) {
    all += (all.empty() ? "" : "; and of ") + statement_text(each);
    command += " --statement " + to_text(each.id);
  }
  return "it would not count: the larger amount of " + all + " counts until " +
         (larger.size() == 1 ? "that is" : "all of them are") + " ended, by " + command;
}

// With nobody to be asked it is refused; else it is among the warnings.
Attempt<void> refuse_outweighed(const Context& context, const std::string& subject,
                                const std::vector<StatementAnswer>& larger) {
  if (larger.empty() || (!context.yes && input_is_terminal())) return {};
  return error(outweighed_text(larger, subject) + ". Nothing was sent");
}

Attempt<Saying> make_accreditation(IssuerSession& session, const Agency& agency,
                                   const AccreditOptions& options) {
  TM_TRY(auto content, read_accreditation(session, agency, options));

  const auto& own = session.profile.institution;
  TM_TRY(auto answer, asked(session.client.statements(own, content.subject, true)));
  TM_TRY_STATUS(check_readable(answer));

  // Days are those of the ledger: this machine's clock may be behind it.
  const auto now_ms = now_with_ledger(session.context, answer.as_of);
  const auto standing = standing_alike(answer, content, now_ms);
  const auto said = said_already(content, standing);
  TM_TRY_STATUS(refuse_said_already(session.context, said));

  const auto larger = outweighing(answer, content, now_ms);
  TM_TRY_STATUS(refuse_outweighed(session.context, *options.subject, larger));

  // What is signed and not on the ledger yet has taken its slot.
  add_pending(answer, session.pending, content.subject);
  TM_TRY(content.slot, next_slot(session.client, answer, content.valid_from_ms));
  auto warnings = alike_warnings(standing, said);
  if (said.empty() && !larger.empty())
    warnings.push_back(outweighed_text(larger, *options.subject));
  TM_TRY(const auto known, accreditation_warnings(session.client, answer, content, now_ms));
  warnings.insert(warnings.end(), known.begin(), known.end());
  return Saying{std::move(content), std::move(warnings)};
}

// Those that an end from `from_ms` on would end, by a list with history: all of a slot, for when
// one ends another of it may hold. An end that names an earlier day leaves nothing to end, also
// where it counts for others since its block only: what was said of a past day is said.
std::vector<TransactionId> standing_accreditations(const StatementsAnswer& answer,
                                                   std::uint64_t from_ms) {
  const auto over_ms = over_times(answer);
  std::vector<TransactionId> standing;
  for (const auto& period : accreditation_periods(answer, from_ms)) {
    const auto& id = period.statement.id;
    if (!period.annulled && over_ms.at(id) > from_ms) standing.push_back(id);
  }
  return standing;
}

// Of those that a person named, the first that has ended already: an end of it would say nothing.
std::optional<TransactionId> ended_of(const std::vector<TransactionId>& named,
                                      const std::vector<TransactionId>& standing) {
  const auto ended = std::ranges::find_if(
      named, [&](const auto& id) { return std::ranges::find(standing, id) == standing.end(); });
  return ended == named.end() ? std::nullopt : std::optional(*ended);
}

// When the last of those is over: of an end that names a day to come all of it still holds today.
// "has ended already" where it is over now.
std::string ends_already_text(const StatementsAnswer& answer,
                              const std::vector<TransactionId>& named, std::uint64_t now_ms) {
  const auto over_ms = over_times(answer);
  std::uint64_t last_ms = 0;
  for (const auto& said : answer.statements) {
    const bool is_meant = said.kind == trust::Kind::kAccredit &&
                          (named.empty() || std::ranges::find(named, said.id) != named.end());
    if (is_meant) last_ms = std::max(last_ms, over_ms.at(said.id));
  }
  if (last_ms <= now_ms || last_ms == trust::kOpenEnd) return "has ended already";
  return "ends on " + date_text(last_ms - 1) +
         " already, and to let it last longer it is granted anew";
}

// The statements about the institution that --statement names, whole or by their beginning.
Attempt<std::vector<TransactionId>> statements_named(IssuerSession& session,
                                                     const InstitutionId& subject,
                                                     const std::vector<std::string>& typed) {
  std::vector<std::string> known;
  const bool has_short =
      std::ranges::any_of(typed, [](const auto& text) { return is_short_id(text, "tmx"); });
  if (has_short) {
    TM_TRY(const auto answer,
           asked(session.client.statements(session.profile.institution, subject, true)));
    for (const auto& view : answer.statements) {
      if (view.kind == trust::Kind::kAccredit) known.push_back(to_text(view.id));
    }
  }

  std::vector<TransactionId> ids;
  for (const auto& text : typed) {
    std::string whole = text;
    if (is_short_id(text, "tmx")) {
      TM_TRY(whole, complete_id("--statement", text, "tmx", known, "testamur accreditation list"));
    }
    TM_TRY(const auto id, parse_transaction_id(whole));
    ids.push_back(id);
  }
  return ids;
}

// What is named must be about the institution that is named beside it.
Status check_subject(const StatementsAnswer& answer, const std::vector<TransactionId>& named,
                     const AccreditOptions& options) {
  for (const auto& id : named) {
    const auto found = std::ranges::find(answer.statements, id, &StatementAnswer::id);
    if (found != answer.statements.end() && found->kind == trust::Kind::kAccredit) continue;
    return error("--statement: " + to_text(id) + " is no accreditation of " + *options.subject +
                 " by this agency (testamur accreditation list --of " + *options.subject +
                 "); nothing was sent");
  }
  return {};
}

// Names what it ends: accreditations have no slot to be emptied.
Attempt<Saying> make_end(IssuerSession& session, const AccreditOptions& options) {
  tx::StatementContent content;
  content.kind = tx::StatementKind::kEnd;
  content.accreditation = true;

  TM_TRY(content.subject, institution_named(session.client, "institution", options.subject));
  TM_TRY(content.valid_from_ms, parse_statement_from(options.from, session.context.now_ms()));
  TM_TRY(content.reason, parse_reason(options.reason));

  TM_TRY(content.names, statements_named(session, content.subject, options.statements));

  TM_TRY(const auto answer,
         asked(session.client.statements(session.profile.institution, content.subject, true)));
  TM_TRY_STATUS(check_readable(answer));
  auto standing = standing_accreditations(answer, content.valid_from_ms);
  if (content.names.empty()) {
    content.names = std::move(standing);
  } else {
    TM_TRY_STATUS(check_subject(answer, content.names, options));
    if (const auto ended = ended_of(content.names, standing))
      return error("--statement: " + to_text(*ended) + " " +
                   ends_already_text(answer, {*ended}, session.context.now_ms()) +
                   "; nothing was sent");
  }

  std::ranges::sort(content.names);
  const auto repeated = std::ranges::unique(content.names);
  content.names.erase(repeated.begin(), repeated.end());
  if (content.names.empty()) {
    const bool was_one = std::ranges::any_of(
        answer.statements, [](const auto& said) { return said.kind == trust::Kind::kAccredit; });
    const std::string day = date_text(content.valid_from_ms);
    return Failure{ExitCode::kUsage,
                   was_one
                       ? "what this agency accredited of " + *options.subject + " " +
                             ends_already_text(answer, {}, session.context.now_ms()) +
                             ": none of it holds on " + day + " or after; nothing was sent"
                       : "this agency never accredited " + *options.subject + "; nothing was sent"};
  }

  if (content.names.size() > tx::kNamedStatementsLimit) {
    return error("more than 1,024 accreditations at once: name some with --statement");
  }
  const auto now_ms = now_with_ledger(session.context, answer.as_of);
  TM_TRY(auto warnings, accreditation_warnings(session.client, answer, content, now_ms));
  auto instead = what_stands_instead(answer, content, now_ms);
  return Saying{std::move(content), std::move(warnings), std::move(instead)};
}

// The day that holds: for everybody but its author an end says nothing of the time before its
// block.
std::string ended_from(std::uint64_t from_ms, std::uint64_t now_ms) {
  const auto day = date_text(from_ms), today = date_text(now_ms);
  if (from_ms >= now_ms || day == today) return " from " + day;
  return " from " + today + ", the day of this end; for your own nodes from " + day;
}

Outcome say(Context& context, const AccreditOptions& options, bool grant) {
  TM_TRY(auto session, open_acting_session(context, "accreditation"));
  TM_TRY(const auto agency, find_agency(session));
  TM_TRY(const auto saying,
         grant ? make_accreditation(session, agency, options) : make_end(session, options));
  const auto& content = saying.content;
  TransactionRequest request;
  request.command = "accreditation";
  request.description.warnings = saying.warnings;
  request.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };
  request.done = session.profile.name;
  if (grant) {
    request.done += " accredits " + *options.subject + " for " + to_text(content.scope) +
                    " with amount " + std::to_string(content.amount) + ", from " +
                    date_text(content.valid_from_ms) +
                    ", last day: " + last_day_text(content.valid_until_ms);
  } else {
    request.done += " ends " + counted(content.names.size(), "accreditation") + " of " +
                    *options.subject + ended_from(content.valid_from_ms, context.now_ms());
    for (const auto& line : still_stands_lines(saying.stands_instead, content.names.size()))
      request.done += "\n  " + line;
    Json still = Json::array();
    for (const auto& each : saying.stands_instead) still.push_back(to_text(each.statement.id));
    request.description.facts["still_stands"] = std::move(still);
  }
  request.of_use_until_ms = content.valid_until_ms;
  request.of_use_text = "what it says ends";
  request.id_name = "statement";
  return confirm_sign_send(session, std::move(request), options.draft);
}

// Options that no report of this file asks for.
std::vector<std::string> unused_options(const ImportOptions& options,
                                        const ReportReading& reading) {
  const auto& reports = reading.reports;
  std::vector<std::string> notices;
  for (const auto& agency : *options.agencies) {
    if (!reading.agencies.contains(agency))
      notices.push_back("--agency: no report of the file is of " + in_quotes(agency));
  }

  const auto decided = [&](ReportDecision decision) {
    return std::ranges::find(reports, decision, &Report::decision) != reports.end();
  };
  const ImportRules usual;
  if (*options.amount != usual.amount && !decided(ReportDecision::kPositive))
    notices.push_back("--amount has no effect: no report that can be read has a positive decision");
  if (*options.conditional_amount != usual.conditional_amount &&
      !decided(ReportDecision::kConditional))
    notices.push_back(
        "--conditional-amount has no effect: no report that can be read has conditions");
  return notices;
}

// Reports of another agency of this ledger would be signed as this one's.
Status refuse_other_agency(const InstitutionId& own, const std::vector<KnownParty>& parties,
                           const std::vector<std::string>& agencies) {
  for (const auto& agency : agencies) {
    for (const auto& party : parties) {
      const auto is_its_name = [&](const auto& name) {
        return skeleton(name.text) == skeleton(agency);
      };
      const bool is_its =
          std::ranges::any_of(party.facts.legal_names, is_its_name) ||
          party.facts.domain == agency || to_text(party.id) == agency ||
          (!party.facts.deqar.empty() && party.facts.deqar == canonical_deqar(agency));
      if (is_its && party.id != own)
        return error("--agency: " + in_quotes(agency) + " is " + described(party) +
                     ", which signs for itself; nothing was sent");
    }
  }
  return {};
}

Attempt<ImportPlan> make_plan(IssuerSession& session, const ImportOptions& options) {
  TM_TRY(const auto raw, read_file(options.file, kMaxCsvBytes));
  auto reading = read_reports(as_text(raw));
  if (!reading.ok()) return Failure{ExitCode::kUsage, *options.file + ": " + reading.message()};
  TM_TRY_STATUS(refuse_misnamed_columns(*reading));
  TM_TRY(const auto scheme, parse_quality(options.scheme));
  const unsigned amount = options.amount;
  const unsigned conditional = options.conditional_amount;
  if (amount < 1 || amount > 120)
    return error("--amount is 1 to 120, not " + std::to_string(amount));
  if (conditional < 1 || conditional > 120)
    return error("--conditional-amount is 1 to 120, not " + std::to_string(conditional));
  const bool has_conditional = std::ranges::find(reading->reports, ReportDecision::kConditional,
                                                 &Report::decision) != reading->reports.end();
  if (has_conditional && conditional > amount)
    return error("--conditional-amount " + std::to_string(conditional) + " is more than --amount " +
                 std::to_string(amount) +
                 ": a decision with conditions would count for more than one without");

  const auto& own = session.profile.institution;
  TM_TRY(const auto agency, find_agency(session));
  TM_TRY(const auto known, fetch_known_ledger(session.client, own, *reading, session.pending));
  ImportRules rules{own,
                    agency.parent,
                    agency.names,
                    scheme,
                    static_cast<std::uint8_t>(amount),
                    static_cast<std::uint8_t>(conditional)};
  TM_TRY_STATUS(refuse_other_agency(own, known.parties, *options.agencies));
  rules.agency_names.insert(rules.agency_names.end(), options.agencies->begin(),
                            options.agencies->end());
  auto plan = plan_import(*reading, known, rules);
  for (auto& notice : unused_options(options, *reading)) plan.notices.push_back(std::move(notice));
  return plan;
}

// A second entry of an institution, or one under a broken name, stays for good, so that somebody
// has to have said that it is meant: at the question, or by listing it by itself.
Attempt<void> refuse_open_questions(const Context& context, const ImportPlan& plan) {
  if (!context.yes || plan.questions.empty()) return {};
  std::string text = "with --yes nobody answers what the rows leave open:\n";
  for (const auto& question : plan.questions) text += "  " + question + "\n";
  return Failure{ExitCode::kUsage,
                 text +
                     "Mend the row; if it is right as it stands, give the command at a terminal "
                     "without --yes, or list the institution first by testamur institution list. "
                     "Nothing was sent"};
}

Outcome import(Context& context, const ImportOptions& options) {
  const bool dry_run = options.dry_run;

  TM_TRY(auto session, open_acting_session(context, "accreditation import"));
  TM_TRY(auto plan, make_plan(session, options));
  const bool is_whole = plan.refused.empty() && plan.waiting == 0;
  const ExitCode exit = is_whole ? ExitCode::kOk : ExitCode::kFailure;

  if (dry_run) return Reply{to_json(plan), to_text(plan), exit};
  if (plan.parties.empty() && plan.accreditations.empty()) {
    return Reply{
        Json{{"plan", to_json(plan)}, {"statements", Json::array()}},
        to_text(plan) + (plan.waiting == 0 ? "nothing to send\n"
                                           : "nothing else to send; what waits is sent by testamur "
                                             "outbox resume\n"),
        exit};
  }

  TM_TRY_STATUS(refuse_open_questions(context, plan));

  // Opened before the question, so that a wrong passphrase is no failure after it.
  TM_TRY(const auto keys, open_signing_keys(context, session.client, KeyPurpose::kGovern));

  TM_TRY_STATUS(confirm_description(
      context,
      {session.profile.name + " accredits by these reports:\n" + to_text(plan), {}, {}, {}},
      "Send this?", "sent"));
  return send_import(context, session.client, session.profile, keys.key(), std::move(plan));
}

void add_import(Command accreditation, Context& context, Run& run) {
  auto options = std::make_shared<ImportOptions>();
  auto command = accreditation.add_subcommand(
      "import", "Accredit what external quality assurance reports say (CSV or JSON as in DEQAR)");
  option(command, "file", options->file, "CSV, or JSON that begins with { or [").required();
  flag(command, "--dry-run", options->dry_run,
       "Say what would be sent and what is refused, and send nothing");
  option(command, "--agency", options->agencies,
         "What the reports call this agency; may be given several times")
      .allow_extra_args(false);
  option(command, "--scheme", options->scheme, "esg, eqavet, iso-9001, iso-iec-17024, other");
  option(command, "--amount", options->amount, "Of a positive decision, 1 to 120 (default 120)");
  option(command, "--conditional-amount", options->conditional_amount,
         "Of a decision with conditions or restrictions, 1 to 120 (default 60)");
  command.callback([&context, &run, options] {
    run = [&context, options] { return import(context, *options); };
  });
}

}  // namespace

void add_accreditation_commands(Command app, Context& context, Run& run) {
  auto accreditation =
      app.add_subcommand("accreditation", "What quality agencies say of institutions");
  accreditation.require_subcommand(1);
  auto options = std::make_shared<AccreditOptions>();
  options->depth = 0;
  auto grant =
      accreditation.add_subcommand("grant", "Accredit an institution for a scope and a period");
  add_subject_options(grant, *options);
  add_scope_options(grant, *options);
  option(grant, "--amount", options->amount, "1 to 120 (default 120)");
  option(grant, "--depth", options->depth,
         "1: the institution is an agency whose accreditations count; more: those of agencies "
         "behind it too (default 0)");
  option(grant, "--scheme", options->scheme, "esg, eqavet, iso-9001, iso-iec-17024, other");
  option(grant, "--report-url", options->report_url, "Where the report is published");
  option(grant, "--report-digest", options->report_digest, "SHA-256 of the report");
  add_draft_options(grant, options->draft);
  grant.callback([&context, &run, options] {
    run = [&context, options] { return say(context, *options, true); };
  });
  auto withdraw = accreditation.add_subcommand("withdraw", "End accreditations of an institution");
  add_subject_options(withdraw, *options);
  option(withdraw, "--statement", options->statements,
         "Only this one (tmx…); default: all that hold from then on")
      .allow_extra_args(false);
  add_draft_options(withdraw, options->draft);
  withdraw.callback([&context, &run, options] {
    run = [&context, options] { return say(context, *options, false); };
  });
  add_import(accreditation, context, run);
  add_accreditation_list(accreditation, context, run);
}

}  // namespace testamur::wallet
