// An import sends one transaction after another, each waited for: institutions first, because an
// accreditation names its subject by the id that listing it gives. One that the ledger's rules
// refuse takes along what depends on it and nothing else. Whatever stops it, the ledger and this
// order say how far it came, so that a second run sends only the rest (decision 0973).
#include "wallet/cli/flow/accreditation_import.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>

#include "ledger/meaning/facts_meaning.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/accreditation_slots.h"
#include "wallet/cli/flow/local_view.h"
#include "wallet/cli/flow/pending.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/terminal.h"
#include "wallet/client/outbox.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

Status add_accreditations(const StatementsAnswer& answer,
                          const std::vector<tx::SharedTransaction>& pending, KnownLedger& known) {
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
    each.waits = std::ranges::any_of(
        pending, [&view](const auto& waiting) { return waiting->id() == view.id; });
    each.from_ms = view.valid_from_ms.value_or(0);
    each.over_ms = over_ms.at(view.id);
    each.scope = *view.scope;
    each.digest = view.evidence_digest;
    each.report_url = view.report_url;
    each.statement = to_text(view.id);
    each.ended =
        each.over_ms < (*view.valid_until_ms == 0 ? trust::kOpenEnd : *view.valid_until_ms);
    each.amount = *view.amount;
    each.depth = view.depth.value_or(0);
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

namespace {

// The ledger keeps a domain for whoever had it, and lists only those of today. A node that wants to
// be left alone is not pressed: what is not known then, the ledger refuses.
Attempt<void> add_former_domains(Client& client, const ReportReading& reading, KnownLedger& known) {
  std::set<std::string> asked_for;
  for (const auto& party : known.parties) asked_for.insert(party.facts.domain);
  for (const auto& report : reading.reports) {
    for (const auto& provider : report.providers) {
      const auto& domain = provider.domain;
      if (ledger::domain_problem(domain) || !asked_for.insert(domain).second) continue;
      const auto owner = client.institution_by_domain(domain);
      if (const auto* found = std::get_if<InstitutionAnswer>(&owner)) {
        known.former_domains[domain] = found->name.id;
        continue;
      }
      const auto& failure = std::get<CallError>(owner);
      if (failure.kind == CallFailure::kOverloaded) return {};
      if (failure.kind != CallFailure::kNotFound) return failure_of(failure);
    }
  }
  return {};
}

}  // namespace

Attempt<KnownLedger> fetch_known_ledger(Client& client, const InstitutionId& author,
                                        const ReportReading& reading,
                                        const std::vector<tx::SharedTransaction>& pending) {
  KnownLedger known;
  TM_TRY(const auto list, asked(client.institutions()));
  known.parties = parties_in(list);
  if (!list.as_of)
    return Failure{ExitCode::kFailure, "the node does not say the time of its newest block"};
  known.now_ms = list.as_of->time_ms;
  TM_TRY(known.slots_limit, asked(accreditation_slots_limit(client)));
  TM_TRY(auto said, asked(client.statements(author, std::nullopt, true)));
  add_pending(said, pending, std::nullopt);
  TM_TRY_STATUS(or_exit(ExitCode::kFailure, add_accreditations(said, pending, known)));
  TM_TRY_STATUS(add_former_domains(client, reading, known));
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
      {"rows", plan.rows},         {"institutions", parties}, {"accreditations", accreditations},
      {"already", plan.already},   {"waiting", plan.waiting}, {"ended", plan.ended},
      {"repeated", plan.repeated}, {"refused", refused},      {"not_read", plan.not_read},
      {"notices", plan.notices}};
}

namespace {

// A row may be refused for several reasons.
std::string refusals_text(const ImportPlan& plan) {
  std::set<std::size_t> rows;
  for (const auto& each : plan.refused) rows.insert(each.row);
  std::string text = counted(rows.size(), "row") + " refused";
  if (rows.size() != plan.refused.size())
    text += " for " + std::to_string(plan.refused.size()) + " reasons";
  return text;
}

}  // namespace

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

  return text + counted(plan.rows, "row") + ": " + counted(plan.parties.size(), "institution") +
         " to list, " + counted(plan.accreditations.size(), "accreditation") + " to send, " +
         std::to_string(plan.already) + " on the ledger already, " +
         (plan.waiting == 0
              ? ""
              : std::to_string(plan.waiting) + " signed before and waiting in the outbox, ") +
         (plan.ended == 0 ? "" : std::to_string(plan.ended) + " ended since, ") +
         (plan.repeated == 0 ? "" : std::to_string(plan.repeated) + " repeated in the file, ") +
         refusals_text(plan) + "\n";
}

namespace {

// A refusal of this transaction, which says nothing of the next one. What is refused of the author
// (its standing, its keys, its limit of a day) would be refused of all that follow.
bool is_of_one_transaction(const Failure& failure) {
  using enum tx::RejectionCode;
  constexpr std::uint16_t kFirstOfEnvelope = 100, kFirstOfKinds = 140, kEnd = 1'000;
  for (std::uint16_t number = 1; number < kEnd; ++number) {
    const auto code = static_cast<tx::RejectionCode>(number);
    if (failure.code.empty() || tx::name(code) != failure.code) continue;
    if (code == kChangeRate || code == kByteBudget) return false;
    return number < kFirstOfEnvelope || number >= kFirstOfKinds;
  }
  return false;
}

class ImportSending {
 public:
  ImportSending(Context& context, Client& client, const IssuerProfile& author,
                const SecretKey& govern_key, ImportPlan& plan)
      : context_(context),
        client_(client),
        author_(author),
        key_(govern_key),
        plan_(plan),
        total_(plan.parties.size() + plan.accreditations.size()),
        progress_("sending", total_, context.quiet || context.json) {}

  Attempt<void> send_all() {
    for (const auto& party : plan_.parties) {
      TM_TRY(const auto sent,
             send(party.row, "institution", tx::InstitutionListContent{party.facts}));

      // The id of a listed institution is the beginning of the id of the transaction that lists it.
      listed_.push_back(sent ? std::optional(InstitutionId::prefix_of(sent->view()))
                             : std::nullopt);
      if (sent) listed_ids_.push_back(to_text(*listed_.back()));
    }

    for (auto& each : plan_.accreditations) {
      if (!each.subject) {
        if (!listed_[each.listed]) {
          refuse(each.row, "", each.subject_name + " could not be listed");
          continue;
        }
        each.content.subject = *listed_[each.listed];
      }
      TM_TRY(const auto sent, send(each.row, "", each.content));
      if (sent) statements_.push_back({{"row", each.row}, {"statement", to_text(*sent)}});
      if (sent) accredited_.push_back(std::move(each));
    }
    return {};
  }

  // What the plan came to: of it only what is on the ledger, and what was refused.
  Reply reply() {
    std::vector<PlannedParty> parties;
    for (std::size_t i = 0; i < plan_.parties.size(); ++i) {
      if (listed_[i]) parties.push_back(std::move(plan_.parties[i]));
    }
    plan_.parties = std::move(parties);
    plan_.accreditations = std::move(accredited_);
    std::ranges::stable_sort(plan_.refused, {}, &ReportMistake::row);

    const Json plan = to_json(plan_);
    const auto parties_sent = plan_.parties.size(), said_of = plan_.accreditations.size();
    std::string said = "sent: " + counted(parties_sent, "institution") + " and " +
                       counted(said_of, "accreditation") +
                       (parties_sent + said_of == 1 ? " is" : " are") + " on the ledger";
    if (refused_ > 0)
      said += "; " + std::to_string(refused_) + " of " + std::to_string(total_) +
              " that were to be sent are not: see the refused rows";
    return Reply{Json{{"plan", plan}, {"listed", listed_ids_}, {"statements", statements_}},
                 to_text(plan_) + said + "\n",
                 plan_.refused.empty() ? ExitCode::kOk : ExitCode::kFailure};
  }

  // Told with a failure too: what is on the ledger stays there.
  Failure stopped(Failure failure) const {
    const auto done = listed_ids_.size() + statements_.size();
    const std::size_t rest = total_ - done - refused_ - (kept_ ? 1 : 0);
    failure.message += (failure.message.ends_with('.') ? " Of " : ". Of ") +
                       std::to_string(total_) + " that were to be sent, " + std::to_string(done) +
                       " are on the ledger";
    // What may still be committed must not be sent a second time.
    if (!kept_) failure.message += "; when that is mended, the same command sends the rest";
    if (kept_ && rest == 0) failure.message += "; nothing else is left to send";
    if (kept_ && rest > 0)
      failure.message +=
          "; once this one has ended, the same command sends the other " + std::to_string(rest);
    failure.facts = Json{{"listed", listed_ids_}, {"statements", statements_}};
    return failure;
  }

 private:
  // One transaction, signed with the govern key at hand; nothing where the ledger's rules refuse
  // it.
  template <class Content>
  Attempt<std::optional<TransactionId>> send(std::size_t row, const std::string& column,
                                             const Content& content) {
    TM_TRY(const auto envelope,
           fresh_envelope(context_, client_, author_.chain, author_.institution));
    const auto built = built_or_failure(tx::build(envelope, content));
    const auto sent = built.ok()
                          ? submit_signed(context_, client_, built->id,
                                          tx::attach_signed(*built, KeyPurpose::kGovern, key_),
                                          Json{{"command", "accreditation import"}})
                          : Attempt<Submitted>(built.failure());
    progress_.advance(++tried_);
    if (sent.ok()) return std::optional(sent->id);

    if (is_of_one_transaction(sent.failure())) {
      refuse(row, column, sent.failure().message);
      return std::optional<TransactionId>{};
    }
    kept_ = built.ok() && is_kept(built->id);
    return sent.failure();
  }

  // Whether it may still be committed by itself, or by `testamur outbox resume`.
  bool is_kept(const TransactionId& id) const {
    const auto entries = Outbox(context_.path("outbox")).list();
    return entries.ok() && std::ranges::find(*entries, id, &OutboxEntry::id) != entries->end();
  }

  void refuse(std::size_t row, const std::string& column, const std::string& why) {
    ++refused_;
    plan_.refused.push_back({row, column, why});
  }

  Context& context_;
  Client& client_;
  const IssuerProfile& author_;
  const SecretKey& key_;
  ImportPlan& plan_;
  const std::size_t total_;
  Progress progress_;
  std::vector<std::optional<InstitutionId>> listed_;  // by position; nothing: refused
  std::vector<PlannedAccreditation> accredited_;
  Json listed_ids_ = Json::array(), statements_ = Json::array();
  std::size_t tried_ = 0, refused_ = 0;
  bool kept_ = false;  // what stopped it is in the outbox
};

}  // namespace

Outcome send_import(Context& context, Client& client, const IssuerProfile& author,
                    const SecretKey& govern_key, ImportPlan plan) {
  ImportSending sending(context, client, author, govern_key, plan);
  const auto ended = sending.send_all();
  if (!ended.ok()) return sending.stopped(ended.failure());
  return sending.reply();
}

}  // namespace testamur::wallet
