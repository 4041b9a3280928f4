// An import sends one transaction after another, each waited for: institutions first, because an
// accreditation names its subject by the id that listing it gives. Whatever fails, the ledger and
// this order say how far it came, so that a second run sends only the rest (decision 0973).
#include "wallet/cli/flow/accreditation_import.h"

#include <cstdio>

#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/accreditation_slots.h"
#include "wallet/cli/flow/local_view.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

Status add_accreditations(const StatementsAnswer& answer, KnownLedger& known) {
  for (const auto& view : answer.statements) {
    if (const auto unknown = view.unknown_part(); !unknown.empty()) {
      return error("the node does not say " + unknown + " of the statement " + to_text(view.id) +
                   ", so that it cannot be told what is accredited already");
    }
  }

  // An end may come after what it ends, so the times are there before the first is added.
  const auto over_ms = over_times(answer);
  for (const auto& view : answer.statements) {
    if (view.kind != trust::Kind::kAccredit) continue;
    KnownAccreditation each;
    each.subject = view.subject.id;
    each.slot = *view.slot;
    each.over_ms = over_ms.at(view.id);
    each.scope = *view.scope;
    each.digest = view.evidence_digest;
    each.report_url = view.report_url;
    each.statement = to_text(view.id);
    each.ended =
        each.over_ms < (*view.valid_until_ms == 0 ? trust::kOpenEnd : *view.valid_until_ms);
    each.amount = *view.amount;
    each.scheme = view.scheme;
    known.accreditations.push_back(std::move(each));
  }
  return {};
}

std::string name_text(const tx::InstitutionFacts& facts) {
  return std::string(tx::best_text(facts.legal_names));
}

std::string line_of(const PlannedAccreditation& planned) {
  const auto& content = planned.content;
  std::string text = "  row " + std::to_string(planned.row) + "  accredit " + planned.subject_name;

  if (!planned.programme.empty()) text += ", programme \"" + planned.programme + "\"";

  text += ": " + to_text(content.scope) + ", amount " + std::to_string(content.amount) + ", " +
          date_text(content.valid_from_ms) + " to " + last_day_text(content.valid_until_ms);
  if (planned.ends_open) text += " (the report names no last day: six years)";

  if (planned.ects_hundredths != 0) {
    char ects[32];
    std::snprintf(ects, sizeof ects, ", %u.%02u ECTS", planned.ects_hundredths / 100,
                  planned.ects_hundredths % 100);
    text += ects;
  }

  if (planned.esco_outcomes != 0)
    text += ", " + std::to_string(planned.esco_outcomes) + " ESCO outcomes";

  if (!planned.replaces.empty())
    text += "  (a replacement of " + planned.replaces + ": that stays until it is ended)";
  return text + (planned.retroactive ? "  (retroactive)" : "") + "\n";
}

}  // namespace

std::vector<KnownParty> parties_in(const InstitutionsAnswer& institutions) {
  std::vector<KnownParty> parties;
  for (const auto& party : institutions.institutions)
    parties.push_back({party.name.id, party.facts});
  return parties;
}

Attempt<KnownLedger> fetch_known_ledger(Client& client, const InstitutionId& author) {
  KnownLedger known;
  TM_TRY(const auto list, asked(client.institutions()));
  known.parties = parties_in(list);
  if (!list.as_of)
    return Failure{ExitCode::kFailure, "the node does not say the time of its newest block"};
  known.now_ms = list.as_of->time_ms;
  TM_TRY(known.slots_limit, asked(accreditation_slots_limit(client)));
  TM_TRY(const auto said, asked(client.statements(author, std::nullopt, true)));
  TM_TRY_STATUS(or_exit(ExitCode::kFailure, add_accreditations(said, known)));
  return known;
}

Json to_json(const ImportPlan& plan) {
  Json parties = Json::array(), accreditations = Json::array(), refused = Json::array();
  for (const auto& party : plan.parties) {
    parties.push_back({{"row", party.row},
                       {"name", name_text(party.facts)},
                       {"country", party.facts.country},
                       {"domain", party.facts.domain},
                       {"deqar", party.facts.deqar},
                       {"eter", party.facts.eter}});
  }

  for (const auto& each : plan.accreditations) {
    accreditations.push_back({{"row", each.row},
                              {"subject", each.subject ? to_text(*each.subject) : ""},
                              {"subject_name", each.subject_name},
                              {"programme", each.programme},
                              {"scope", to_text(each.content.scope)},
                              {"amount", each.content.amount},
                              {"slot", each.content.slot},
                              {"valid_from_ms", each.content.valid_from_ms},
                              {"valid_until_ms", each.content.valid_until_ms},
                              {"ects_hundredths", each.ects_hundredths},
                              {"esco_outcomes", each.esco_outcomes},
                              {"retroactive", each.retroactive},
                              {"ends_open", each.ends_open},
                              {"replaces", each.replaces},
                              {"report_digest", each.content.evidence_digest.hex()},
                              {"report_url", each.content.report_url}});
  }

  for (const auto& each : plan.refused) {
    refused.push_back({{"row", each.row}, {"column", each.column}, {"why", each.why}});
  }

  return Json{
      {"rows", plan.rows},       {"institutions", parties},   {"accreditations", accreditations},
      {"already", plan.already}, {"ended", plan.ended},       {"repeated", plan.repeated},
      {"refused", refused},      {"not_read", plan.not_read}, {"notices", plan.notices}};
}

std::string to_text(const ImportPlan& plan) {
  std::string text;
  for (const auto& party : plan.parties) {
    text += "  row " + std::to_string(party.row) + "  list " + name_text(party.facts) + " (" +
            party.facts.country + ", " + party.facts.domain + ")\n";
  }

  for (const auto& each : plan.accreditations) text += line_of(each);
  for (const auto& each : plan.refused) {
    text += "  row " + std::to_string(each.row) + "  refused: " + each.column +
            (each.column.empty() ? "" : ": ") + each.why + "\n";
  }

  for (const auto& notice : plan.notices) text += "  " + notice + "\n";

  if (!plan.not_read.empty()) {
    text += "  not read:";
    for (const auto& column : plan.not_read) text += " " + column;
    text += "\n";
  }

  return text + std::to_string(plan.rows) + " rows: " + std::to_string(plan.parties.size()) +
         " institutions to list, " + std::to_string(plan.accreditations.size()) +
         " accreditations to send, " + std::to_string(plan.already) + " on the ledger already, " +
         (plan.ended == 0 ? "" : std::to_string(plan.ended) + " ended since, ") +
         (plan.repeated == 0 ? "" : std::to_string(plan.repeated) + " repeated in the file, ") +
         std::to_string(plan.refused.size()) + " refusals\n";
}

namespace {

// One transaction of an import, signed with the govern key at hand.
template <class Content>
Attempt<Submitted> send_one(Context& context, Client& client, const IssuerProfile& author,
                            const SecretKey& govern_key, const Content& content) {
  TM_TRY(const auto envelope, fresh_envelope(context, client, author.chain, author.institution));
  TM_TRY(const auto built, built_or_failure(tx::build(envelope, content)));
  return submit_signed(context, client, built.id,
                       tx::attach_signed(built, KeyPurpose::kGovern, govern_key),
                       Json{{"command", "accreditation import"}});
}

}  // namespace

Outcome send_import(Context& context, Client& client, const IssuerProfile& author,
                    const SecretKey& govern_key, ImportPlan plan) {
  const std::size_t total = plan.parties.size() + plan.accreditations.size();
  std::size_t done = 0;
  std::vector<InstitutionId> listed;
  Json ids = Json::array(), statements = Json::array();
  Progress progress("sending", total, context.quiet || context.json);

  // Told with a failure too: what is on the ledger stays there.
  const auto with_count = [&](const Failure& failure) {
    Failure told = failure;
    told.message += "; " + std::to_string(done) + " of " + std::to_string(total) +
                    " are on the ledger, the same command sends the rest";
    told.facts = Json{{"listed", ids}, {"statements", statements}};
    return told;
  };

  for (const auto& party : plan.parties) {
    const auto sent =
        send_one(context, client, author, govern_key, tx::InstitutionListContent{party.facts});
    if (!sent.ok()) return with_count(sent.failure());

    // The id of a listed institution is the beginning of the id of the transaction that lists it.
    listed.push_back(InstitutionId::prefix_of(sent->id.view()));
    ids.push_back(to_text(listed.back()));
    progress.advance(++done);
  }

  for (auto& each : plan.accreditations) {
    if (!each.subject) each.content.subject = listed[each.listed];
    const auto sent = send_one(context, client, author, govern_key, each.content);
    if (!sent.ok()) return with_count(sent.failure());
    statements.push_back({{"row", each.row}, {"statement", to_text(sent->id)}});
    progress.advance(++done);
  }

  return Reply{Json{{"plan", to_json(plan)}, {"listed", ids}, {"statements", statements}},
               to_text(plan) + "sent: " + std::to_string(listed.size()) + " institutions and " +
                   std::to_string(statements.size()) + " accreditations are on the ledger\n",
               plan.refused.empty() ? ExitCode::kOk : ExitCode::kFailure};
}

}  // namespace testamur::wallet
