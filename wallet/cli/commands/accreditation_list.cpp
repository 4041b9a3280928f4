// accreditation list: what quality agencies say of institutions, with days and statement ids, so
// that one of them can be named to be withdrawn. By the word of the node.
#include <map>
#include <memory>

#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/statement_periods.h"
#include "wallet/cli/option.h"

namespace testamur::wallet {
namespace {

struct ListOptions {
  Given<std::string> of;
  Given<std::string> by;
};

// Whose accreditations are asked for.
struct Question {
  std::optional<InstitutionId> by;
  std::optional<InstitutionId> of;
};

Attempt<Question> read_question(Context& context, Client& client, const ListOptions& options) {
  Question question;
  if (!options.by->empty()) {
    TM_TRY(question.by, institution_named(client, "--by", options.by));
  }
  if (!options.of->empty()) {
    TM_TRY(question.of, institution_named(client, "--of", options.of));
  }
  if (question.by || question.of) return question;

  // Nobody is named: at an agency what it said, at any other institution what is said of it.
  auto own = issuer_profile(context, client);
  if (!own.ok()) {
    Failure failure = own.failure();
    failure.message += ", or say whose: --of INSTITUTION, --by AGENCY";
    return failure;
  }
  TM_TRY(const auto answer, asked(client.institution(own->institution, false)));
  const bool is_agency = answer.institution_class == ledger::tx::InstitutionClass::kAccreditor;
  (is_agency ? question.by : question.of) = own->institution;
  return question;
}

std::string hold_text(const AccreditationPeriod& period) {
  switch (period.hold) {
    case Hold::kStands: return toned(Tone::kGood, "stands");
    case Hold::kLater: return toned(Tone::kDoubt, "begins later");
    case Hold::kEnded: return toned(Tone::kBad, period.annulled ? "annulled" : "ended");
    case Hold::kNotCounted: return toned(Tone::kBad, "is not counted");
    case Hold::kUnknown: break;
  }
  return toned(Tone::kDoubt,
               "cannot tell: the node does not say " + period.statement.unknown_part());
}

std::string known_day(const std::optional<std::uint64_t>& time_ms) {
  return time_ms ? date_text(*time_ms) : std::string("unknown");
}

std::string period_text(const AccreditationPeriod& period) {
  const auto& said = period.statement;
  const auto number = [](const auto& value) {
    return value ? std::to_string(*value) : std::string("unknown");
  };

  std::string text = party_text(said.truster) + " accredits " + party_text(said.subject) + ": " +
                     hold_text(period) + "\n  statement   " +
                     (said.id.is_zero() ? "unknown" : to_text(said.id)) + "\n  for         " +
                     (said.scope ? trust::to_text(*said.scope) : "a scope that cannot be read") +
                     "\n  amount      " + number(said.amount) + " of 120, depth " +
                     number(said.depth) + ", " +
                     (said.scheme ? std::string(trust::to_text(*said.scheme)) : "unknown scheme") +
                     "\n  first day   " + known_day(said.valid_from_ms) + "\n  last day    " +
                     (said.valid_until_ms ? last_day_text(*said.valid_until_ms) : "unknown") + "\n";
  if (period.ended_ms) text += "  withdrawn   from " + known_day(period.ended_ms) + " on\n";
  if (!said.report_url.empty()) text += "  report      " + one_line(said.report_url) + "\n";
  return text;
}

Json party_json(const PartyName& party) {
  return Json{{"id", party.is_named() ? to_text(party.id) : ""},
              {"name", party.name_now},
              {"domain", party.domain}};
}

Json period_json(const AccreditationPeriod& period) {
  const auto& said = period.statement;
  Json json{{"state", to_text(period.hold)},
            {"annulled", period.annulled},
            {"by", party_json(said.truster)},
            {"of", party_json(said.subject)}};

  // What is not known is absent, and never a number that means something.
  const auto add = [&json](const char* name, const auto& value) {
    if (value) json[name] = *value;
  };
  if (!said.id.is_zero()) json["statement"] = to_text(said.id);
  if (said.scope) json["scope"] = trust::to_text(*said.scope);
  add("amount", said.amount);
  add("depth", said.depth);
  if (said.scheme) json["scheme"] = trust::to_text(*said.scheme);
  add("valid_from_ms", said.valid_from_ms);
  add("valid_until_ms", said.valid_until_ms);
  add("ended_ms", period.ended_ms);
  if (!said.report_url.empty()) json["report_url"] = said.report_url;
  return json;
}

std::string counts_text(const std::vector<AccreditationPeriod>& periods) {
  if (periods.empty()) return "no accreditation\n";
  std::map<Hold, std::size_t> counts;
  for (const auto& period : periods) ++counts[period.hold];

  constexpr std::pair<Hold, const char*> kWords[] = {{Hold::kStands, "in force"},
                                                     {Hold::kLater, "later"},
                                                     {Hold::kEnded, "ended"},
                                                     {Hold::kNotCounted, "not counted"},
                                                     {Hold::kUnknown, "not to be told"}};
  std::string text =
      std::to_string(periods.size()) + (periods.size() == 1 ? " accreditation" : " accreditations");
  const char* separator = ": ";
  for (const auto& [hold, word] : kWords) {
    if (counts[hold] == 0) continue;
    text += separator + std::to_string(counts[hold]) + " " + word;
    separator = ", ";
  }
  return text + "\n";
}

Outcome list(Context& context, const ListOptions& options) {
  Client client = context.client();
  TM_TRY(const auto question, read_question(context, client, options));
  TM_TRY(const auto answer, asked(client.statements(question.by, question.of, true)));

  // Days are those of the ledger that answers; this machine's clock may be wrong.
  const auto now_ms = answer.as_of ? answer.as_of->time_ms : context.now_ms();
  const auto periods = accreditation_periods(answer, now_ms);

  Json list = Json::array();
  std::string text;
  for (const auto& period : periods) {
    list.push_back(period_json(period));
    text += period_text(period);
  }

  Json json{{"accreditations", std::move(list)}, {"count", periods.size()}};
  if (answer.as_of)
    json["as_of"] =
        Json{{"height", answer.as_of->height.value}, {"time_ms", answer.as_of->time_ms}};
  return Reply{std::move(json),
               text + counts_text(periods) + toned(Tone::kQuiet, as_of_text(answer.as_of)) + "\n"};
}

}  // namespace

void add_accreditation_list(Command accreditation, Context& context, Run& run) {
  auto options = std::make_shared<ListOptions>();
  auto command = accreditation.add_subcommand(
      "list", "What stands, begins later or has ended, with days, scopes and statement ids");
  option(command, "--of", options->of, "Of this institution: id (tmi…) or domain");
  option(command, "--by", options->by, "By this agency: id (tmi…) or domain");
  show_example(command, "testamur accreditation list --of uni.example");
  command.callback(
      [&context, &run, options] { run = [&context, options] { return list(context, *options); }; });
}

}  // namespace testamur::wallet
