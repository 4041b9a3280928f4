// check, registry and node: commands that only ask.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>

#include "common/text.h"
#include "common/visible.h"
#include "trust/scope.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/awards/award_register.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/flow/statement_periods.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/flow/viewpoint_decision.h"
#include "wallet/cli/option.h"
#include "wallet/cli/short_id.h"
#include "wallet/client/facts.h"
#include "wallet/client/proven_facts.h"
#include "wallet/keystore/file.h"
#include "wallet/verify/verify.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kBulkLimit = 4096;
constexpr std::size_t kMostSlots =
    16;  // of one commitment; no honest institution has more than a few
constexpr std::uint64_t kMaxStatusAgeMs = 600'000;

// What is asked about each hash.
struct Question {
  CheckOptions options;
  std::optional<Viewpoint> viewpoint;  // whose recognition, where it is not the node's own
  StolenKeys stolen;
};

struct Checked {
  Json answers = Json::array();
  std::string text;
  ExitCode code = ExitCode::kOk;
};

Called<CheckAnswer> ask(Client& client, const std::string& typed, const CheckOptions& options) {
  const std::string text(trimmed(typed));
  if (text.starts_with("urn:")) {
    auto reference = parse_reference(text);
    if (!reference.ok()) return CallError{CallFailure::kInvalid, reference.message(), {}, {}, {}};
    return client.check(*reference, options);
  }

  const auto bytes = from_hex(text);
  const auto hash = bytes ? Hash256::from(*bytes) : std::nullopt;
  if (!hash) {
    return CallError{CallFailure::kInvalid,
                     in_quotes(text) + " is neither 64 hexadecimal digits nor a reference" +
                         (is_there(text) ? "; a table of them is checked by --csv, a credential by "
                                           "testamur verify"
                                         : ""),
                     {},
                     {},
                     {}};
  }

  return client.check(*hash, options);
}

// One slot, proven where the node proves it; each has an issuer, and so a verdict, of its own.
Attempt<Verdict> check_slot(const Context& context, Client& client, const LedgerTrust& trust,
                            const CheckAnswer& answer, const SlotAnswer& slot, Question& question) {
  const ChainId chain = trust.current() == nullptr ? ChainId{} : trust.current()->genesis.chain;
  auto facts = facts_of_slot(client, chain, answer, slot);
  if (const auto lie = prove_slot(client, trust, question.stolen, facts)) return failure_of(*lie);
  if (question.viewpoint) decide_for(client, *question.viewpoint, question.options.purpose, facts);
  const VerifyRules rules{context.now_ms(), kMaxStatusAgeMs, {}, true};
  return verify_hash(facts.slots->front().commitment, facts, rules);
}

// Of all that was found in one word, that of the worst verdict: `finding` says only whether it is
// listed.
std::string answer_of(Listing listing, const Json& verdicts) {
  if (listing == Listing::kNotListed) return "not_listed";
  const Json* worst = nullptr;
  auto exit = ExitCode::kOk;
  for (const auto& verdict : verdicts) {
    const auto each = static_cast<ExitCode>(verdict["exit_code"].get<int>());
    if (worst != nullptr && worse(exit, each) == exit) continue;
    worst = &verdict;
    exit = each;
  }
  return worst == nullptr ? "cannot_tell" : (*worst)["answer"].get<std::string>();
}

Attempt<void> check_one(const Context& context, Client& client, const LedgerTrust& trust,
                        const std::string& text, Question& question, Checked& out) {
  if (const auto other = other_ledger_text(trust, text); !other.empty()) {
    out.text += toned(Tone::kStrong, text) + "\n  " + other + "\n";
    out.code = worse(out.code, ExitCode::kUnknown);
    out.answers.push_back(Json{
        {"asked", text}, {"answer", "other_ledger"}, {"error", other}, {"code", "other_ledger"}});
    return {};
  }
  TM_TRY(const auto answer, asked(ask(client, text, question.options)));
  if (answer.checkpoint) {
    if (const auto lie = trust.verify_checkpoint(*answer.checkpoint)) return failure_of(*lie);
  }

  Json json = answer.shown.json();
  Json verdicts = Json::array();
  out.text += toned(Tone::kStrong, text) + "\n";
  if (json.contains("slot")) json["slots"] = Json::array({json["slot"]});
  if (answer.listing == Listing::kNotListed) {
    out.text +=
        "  " + toned(Tone::kDoubt, "not listed") + " by the word of " + client.answering() +
        " (which proves nothing: it may be anchored without being listed)\n  to know more, " +
        (text.starts_with("urn:") ? ""
                                  : "take the reference (urn:testamur:…) instead of the "
                                    "hash, ") +
        "ask another node, or ask the learner for a presentation (testamur verifier "
        "request)\n";
    out.code = worse(out.code, ExitCode::kUnknown);
  }
  if (answer.listing == Listing::kUnknown || answer.slots.size() > kMostSlots) {
    out.text +=
        "  cannot tell: " + client.answering() + " gives no answer that can be judged whole\n";
    out.code = worse(out.code, ExitCode::kUnreachable);
  }
  for (const auto& slot :
       std::span(answer.slots).first(std::min(answer.slots.size(), kMostSlots))) {
    TM_TRY(const auto verdict, check_slot(context, client, trust, answer, slot, question));
    out.text += to_text(verdict);
    out.code = worse(out.code, static_cast<ExitCode>(verdict_code(verdict)));
    verdicts.push_back(as_json(verdict));
  }

  json["asked"] = text;
  json["answer"] = answer_of(answer.listing, verdicts);
  json["answered_by"] = client.answering();
  json["verdicts"] = std::move(verdicts);
  out.answers.push_back(std::move(json));
  return {};
}

Outcome check(Context& context, const std::vector<std::string>& hashes, const CheckOptions& options,
              const std::string& viewpoint) {
  if (hashes.size() > kBulkLimit) return Failure{ExitCode::kUsage, "at most 4096 hashes at once"};
  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  if (const auto problem = follow_ledger(context, client, trust)) return failure_of(*problem);
  TM_TRY_STATUS(refuse_clock_behind(context, trust));
  Question question{options, std::nullopt, StolenKeys(client)};
  TM_TRY(question.viewpoint, read_viewpoint(client, viewpoint));
  Checked out;
  for (const auto& hash : hashes)
    TM_TRY_STATUS(check_one(context, client, trust, hash, question, out));
  return Reply{Json{{"answers", out.answers}, {"exit_code", static_cast<int>(out.code)}}, out.text,
               out.code};
}

// An answer with the block as of which it holds.
template <class Answer>
Reply shown(const Answer& answer, const std::string& text) {
  return Reply{answer.shown.json(), text + toned(Tone::kQuiet, as_of_text(answer.as_of)) + "\n"};
}

Outcome show_institutions(Context& context) {
  Client client = context.client();
  TM_TRY(const auto answer, asked(client.institutions()));
  std::string lines;
  for (const auto& institution : answer.institutions) lines += institution_line(institution);
  return shown(answer, lines);
}

Outcome show_institution(Context& context, const std::string& id_or_domain, bool history) {
  Client client = context.client();
  TM_TRY(const auto answer, asked(find_institution(client, id_or_domain, history)));
  return shown(answer, institution_text(answer));
}

// A number alone is one of this home's institution, as wherever an achievement is named.
Result<AchievementId> achievement_of(const Context& context, const std::string& typed) {
  if (typed.find('/') != std::string::npos) return parse_achievement_id(typed);
  const auto profile = stored_profile(context);
  if (profile.ok()) return achievement_named(typed, profile->institution);
  return error(in_quotes(typed) +
               " is no achievement: write <institution>/<number>.<version>, for this home has no "
               "institution of its own");
}

Outcome show_achievement(Context& context, const std::string& typed) {
  Client client = context.client();
  std::string text = typed;
  const std::string institution = typed.substr(0, typed.find('/'));
  if (is_short_id(institution, "tmi")) {
    TM_TRY(const auto whole, institution_named(client, "achievement", institution));
    text.replace(0, institution.size(), to_text(whole));
  }
  TM_TRY(const auto id, achievement_of(context, text));
  TM_TRY(const auto answer, asked(client.achievement(id), text));
  return shown(answer, achievement_text(answer));
}

// That of this home, where none is named.
Outcome show_achievements(Context& context, const std::string& institution) {
  Client client = context.client();
  InstitutionId id;
  if (institution.empty()) {
    TM_TRY(const auto profile, issuer_profile(context, client));
    id = profile.institution;
  } else {
    TM_TRY(id, institution_named(client, "institution", institution));
  }
  TM_TRY(const auto answer, asked(client.achievements(id)));
  std::string text;
  for (const auto& achievement : answer.achievements) text += achievement_line(achievement);
  return shown(answer, text);
}

Outcome show_key(Context& context, const std::string& text) {
  TM_TRY(const auto id, parse_key_id(text));
  Client client = context.client();
  TM_TRY(const auto answer, asked(client.key(id), text));
  return Reply{answer.shown.json(), key_text(answer)};
}

struct StatementQuestion {
  Given<std::string> by;
  Given<std::string> about;
  Given<bool> history;
};

// What was said and begins later, of a list with history: an accreditation by its own days, a trust
// or a distrust where nothing that was said after it takes its slot.
std::vector<StatementAnswer> statements_to_come(const StatementsAnswer& ever,
                                                std::uint64_t now_ms) {
  std::map<std::pair<InstitutionId, InstitutionId>, StatementsAnswer> by_pair;
  for (const auto& said : ever.statements)
    by_pair[{said.truster.id, said.subject.id}].statements.push_back(said);

  std::vector<StatementAnswer> to_come;
  for (const auto& [pair, said] : by_pair) {
    for (const auto& period : accreditation_periods(said, now_ms)) {
      if (period.hold == Hold::kLater) to_come.push_back(period.statement);
    }
    std::set<std::uint16_t> slots;
    for (const auto& each : said.statements) {
      const bool is_recognition =
          each.kind == trust::Kind::kTrust || each.kind == trust::Kind::kDistrust;
      if (is_recognition && each.slot) slots.insert(*each.slot);
    }
    for (const auto slot : slots) {
      for (const auto& period : recognition_periods(said, slot, now_ms)) {
        if (period.statement.kind && period.from_ms > now_ms) to_come.push_back(period.statement);
      }
    }
  }
  return to_come;
}

// The statements are the node's words, so that what follows from several of them stands beside.
Reply with_withdrawals(const StatementsAnswer& listed, const Withdrawals& withdrawals,
                       Reply reply) {
  Json all = Json::array();
  for (const auto& each : listed.statements) {
    if (const auto found = withdrawals.find(each.id); found != withdrawals.end())
      all.push_back(Json{{"statement", to_text(each.id)},
                         {"from_ms", found->second.from_ms},
                         {"replaced", found->second.replaced}});
  }
  reply.json["withdrawals"] = std::move(all);
  return reply;
}

Outcome show_statements(Context& context, const StatementQuestion& question) {
  if (question.by->empty() && question.about->empty()) {
    return Failure{ExitCode::kUsage,
                   "say whose statements, or about whom: --by INSTITUTION, --about INSTITUTION"};
  }

  Client client = context.client();

  std::optional<InstitutionId> by;
  std::optional<InstitutionId> about;
  if (!question.by->empty()) {
    TM_TRY(by, institution_named(client, "--by", question.by));
  }
  if (!question.about->empty()) {
    TM_TRY(about, institution_named(client, "--about", question.about));
  }

  TM_TRY(const auto answer, asked(client.statements(by, about, question.history)));
  // What stands today and is withdrawn from a day to come on does not hold to its last day.
  StatementsAnswer ever = answer;
  if (!*question.history) {
    TM_TRY(ever, asked(client.statements(by, about, true)));
  }
  const auto withdrawals = withdrawals_in(ever);

  std::string text;
  for (const auto& statement : answer.statements)
    text += statement_text(statement, withdrawals) + "\n";
  if (*question.history) return with_withdrawals(answer, withdrawals, shown(answer, text));

  // In force is what holds today; who has just said something of a day to come looks for it here.
  Json to_come = Json::array();
  for (const auto& statement : statements_to_come(ever, now_with_ledger(context, ever.as_of))) {
    text += "begins later: " + statement_text(statement, withdrawals) + "\n";
    to_come.push_back(to_text(statement.id));
  }
  auto reply = with_withdrawals(answer, withdrawals, shown(answer, text));
  reply.json["begin_later"] = std::move(to_come);
  return reply;
}

Outcome node_status(Context& context) {
  Client client = context.client();

  if (client.endpoints().empty()) {
    return Failure{ExitCode::kUsage, kNoEndpoint};
  }

  TM_TRY(const auto home, or_exit(ExitCode::kFailure, ledger_of_home(context)));
  Reply reply{Json{{"nodes", Json::array()}}, {}};
  for (const auto& endpoint : client.endpoints()) {
    // Every endpoint is asked, whichever is missing: that is what the command is for.
    const auto answer = client.status_of(endpoint);
    Json json = Json::object();
    if (const auto* failure = std::get_if<CallError>(&answer)) {
      reply.exit = worse(reply.exit, ExitCode::kUnreachable);
      reply.text += endpoint + "  " + toned(Tone::kBad, failure->message) + "\n";
      json["error"] = failure->message;
    } else {
      const auto& status = std::get<StatusAnswer>(answer);
      reply.text += endpoint + "  " + status_text(status);
      const bool is_foreign = home && status.chain != home;
      if (is_foreign || !status.obstacles.empty())
        reply.exit = worse(reply.exit, ExitCode::kFailure);
      if (is_foreign)
        reply.text += "  " + toned(Tone::kDoubt, "Another ledger") + " than this home trusts, " +
                      to_text(*home) + "\n";
      json = status.shown.json();
    }

    json["endpoint"] = endpoint;
    reply.json["nodes"].push_back(std::move(json));
  }

  return reply;
}

}  // namespace

void add_check_commands(Command app, Context& context, Run& run) {
  struct CheckQuestion {
    Given<std::vector<std::string>> hashes;
    Given<std::string> csv;
    Given<std::string> out;
    Given<std::string> purpose;
    Given<std::string> viewpoint;
  };
  auto question = std::make_shared<CheckQuestion>();
  auto command = app.add_subcommand(
      "check", "Ask the ledger about commitments (64 hex digits) or references (urn:testamur:…)");
  auto named = option(command, "hash", question->hashes, "Commitments or references");
  auto csv = option(command, "--csv", question->csv,
                    "A table with a column hash, commitment or reference");
  auto out = option(command, "--out", question->out,
                    "The same table, with what the ledger says beside each row");
  csv.excludes(named).needs(out);
  out.needs(csv);
  option(command, "--purpose", question->purpose, "credit, access, exemption, employment, …");
  option(command, "--viewpoint", question->viewpoint,
         "Whether this institution (id or domain) accepts the issuer, and by whose policy");
  show_example(command, "testamur check urn:testamur:1:tmn1…:tmi1…:5 --viewpoint uni.example");
  command.callback([&context, &run, question] {
    run = [&context, question]() -> Outcome {
      if (!question->purpose->empty())
        if (const auto purpose = trust::parse_purpose(*question->purpose); !purpose.ok())
          return error("--purpose: " + purpose.message());
      if (!question->csv->empty())
        return check_csv(context, question->csv, question->out, question->purpose,
                         question->viewpoint);
      if (question->hashes->empty())
        return error("name hashes or references, or a table: --csv IN --out OUT");
      return check(context, *question->hashes, {question->purpose, true, 0}, question->viewpoint);
    };
  });
}

void add_registry_commands(Command app, Context& context, Run& run) {
  auto registry = app.add_subcommand(
      "registry", "Institutions, achievements, keys and statements on the ledger");
  registry.require_subcommand(1);
  auto text = std::make_shared<Given<std::string>>();
  auto history = std::make_shared<Given<bool>>();
  registry.add_subcommand("institutions", "All institutions").callback([&context, &run] {
    run = [&context] { return show_institutions(context); };
  });
  auto institution = registry.add_subcommand("institution", "One institution with its keys");
  option(institution, "institution", *text, "Id (tmi…) or domain").required();
  flag(institution, "--history", *history, "Earlier versions too");
  institution.callback([&context, &run, text, history] {
    run = [&context, text, history] { return show_institution(context, *text, *history); };
  });
  auto achievements = registry.add_subcommand("achievements", "What an institution awards");
  option(achievements, "institution", *text, "Id (tmi…) or domain (default: this home's)");
  achievements.callback([&context, &run, text] {
    run = [&context, text] { return show_achievements(context, *text); };
  });
  auto achievement = registry.add_subcommand("achievement", "One achievement in full");
  option(achievement, "achievement", *text,
         "<institution>/<number>.<version>, or <number>.<version> of this home's own")
      .required();
  achievement.callback([&context, &run, text] {
    run = [&context, text] { return show_achievement(context, *text); };
  });
  auto key = registry.add_subcommand("key", "One key and what became of it");
  option(key, "key", *text, "Id (tmk…)").required();
  key.callback(
      [&context, &run, text] { run = [&context, text] { return show_key(context, *text); }; });
  auto question = std::make_shared<StatementQuestion>();
  auto statements = registry.add_subcommand("statements", "Recognitions and accreditations");
  option(statements, "--by", question->by, "Who says it: id (tmi…) or domain");
  option(statements, "--about", question->about, "Of whom: id (tmi…) or domain");
  flag(statements, "--history", question->history, "Also what is no longer in force");
  statements.callback([&context, &run, question] {
    run = [&context, question] { return show_statements(context, *question); };
  });
}

void add_node_commands(Command app, Context& context, Run& run) {
  auto node = app.add_subcommand("node", "The nodes themselves");
  node.require_subcommand(1);
  node.add_subcommand("status", "How each endpoint is doing, who is missing and why nothing moves")
      .callback([&context, &run] { run = [&context] { return node_status(context); }; });
}

}  // namespace testamur::wallet
