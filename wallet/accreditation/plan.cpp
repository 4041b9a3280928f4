// From reports and what the ledger says to what would be sent. A row is taken or refused as a
// whole, so that a report is never half accredited. Whom it is about is plan_parties.h's.
#include "wallet/accreditation/plan.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "common/text.h"
#include "common/visible.h"
#include "trust/statement.h"
#include "wallet/accreditation/outweighed.h"
#include "wallet/accreditation/plan_parties.h"
#include "wallet/accreditation/report_digest.h"
#include "wallet/accreditation/slots.h"
#include "wallet/accreditation/statement_days.h"
#include "wallet/credential/last_day.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

trust::Scope scope_of(const ReportProgramme* programme) {
  trust::Scope scope;
  if (programme == nullptr) return scope;
  scope.fields = programme->fields;
  if (programme->eqf_level != 0)
    scope.levels = static_cast<std::uint8_t>(1U << (programme->eqf_level - 1));
  if (!programme->full_degree) {
    // A short programme accredits no degree.
    std::uint16_t types = 0;
    for (const auto type : {trust::AwardType::kMicrocredential, trust::AwardType::kCourse,
                            trust::AwardType::kCertificate, trust::AwardType::kParticipation}) {
      types = static_cast<std::uint16_t>(types | 1U << static_cast<unsigned>(type));
    }
    scope.award_types = types;
  }
  return scope;
}

// "every field of EQF 7", where a programme leaves half of its scope open.
std::optional<std::string> open_half(const ReportProgramme& programme) {
  const std::string named = "programme \"" + programme.name + "\" names no ";
  if (!programme.fields && programme.eqf_level != 0)
    return named + "field: it counts for every field of EQF " + std::to_string(programme.eqf_level);
  if (programme.fields && programme.eqf_level == 0)
    return named + "level: it counts for every level of field " + trust::to_text(*programme.fields);
  return std::nullopt;
}

class Planning {
 public:
  Planning(const KnownLedger& known, const ImportRules& rules, ImportPlan& plan)
      : known_(known), finder_(known, rules, plan), rules_(rules), plan_(plan) {
    for (const auto& each : known.accreditations) {
      // Of several of one report the one that stands is what counts.
      auto& said = said_[{each.subject, each.digest, each.scope}];
      if (said == nullptr || said->ended) said = &each;
      slots_[each.subject].take(each.slot, each.over_ms);
      if (each.report_url.empty()) continue;
      auto& word = by_report_[{each.subject, one_link(each.report_url)}];
      if (word == nullptr || word->ended || !each.ended) word = &each;
    }
  }

  // What the file says elsewhere of a report: that its decision is negative, or what it accredits.
  void note(const Report& report) {
    if (!is_negative(report)) {
      if (!report.link.empty()) of_address_[one_link(report.link)].push_back(&report);
      return;
    }
    if (!report.identifier.empty())
      negative_.emplace("id " + skeleton(report.identifier), report.row);
    if (!report.link.empty()) negative_.emplace("link " + one_link(report.link), report.row);
    for (const auto& about : abouts(report)) negative_.emplace(about, report.row);
  }

  void take(const Report& report) {
    if (!check_report(report) || !check_days(report) || !check_form(report)) return;
    const auto subjects = finder_.find_all(report);
    if (!subjects) return;
    const std::size_t planned_before = plan_.accreditations.size();

    if (report.programmes.empty()) {
      for (const auto& subject : *subjects) add(report, subject, nullptr);
    }
    for (const auto& programme : report.programmes) {
      const std::size_t before = plan_.accreditations.size();
      for (const auto& subject : *subjects) add(report, subject, &programme);
      const auto open = open_half(programme);
      if (open && plan_.accreditations.size() > before)
        plan_.notices.push_back("row " + std::to_string(report.row) + ": " + *open);
    }
    ask_of_shared_address(report, *subjects, plan_.accreditations.size() > planned_before);
  }

 private:
  bool refuse(const Report& report, const std::string& column, std::string why) {
    plan_.refused.push_back({report.row, column, std::move(why)});
    return false;
  }

  static bool is_negative(const Report& report) {
    return report.decision == ReportDecision::kNegative ||
           report.decision == ReportDecision::kNotApplicable;
  }

  std::optional<std::size_t> negative_row(const Report& report) const {
    auto keys = abouts(report);
    if (!report.identifier.empty()) keys.push_back("id " + skeleton(report.identifier));
    if (!report.link.empty()) keys.push_back("link " + one_link(report.link));
    for (const auto& key : keys) {
      const auto found = negative_.find(key);
      if (found != negative_.end()) return found->second;
    }
    return std::nullopt;
  }

  // Whom and what it is about, in each way that the file names it: an institution as a whole, or
  // one programme of it.
  static std::vector<std::string> abouts(const Report& report) {
    std::vector<std::string> parts;
    for (const auto& programme : report.programmes) parts.push_back(skeleton(programme.name));
    if (parts.empty()) parts.emplace_back();
    std::vector<std::string> all;
    for (const auto& provider : report.providers) {
      for (const auto& part : parts) {
        if (!provider.deqar.empty()) all.push_back("deqar " + provider.deqar + "/" + part);
        if (!provider.eter.empty()) all.push_back("eter " + provider.eter + "/" + part);
        if (!provider.domain.empty()) all.push_back("domain " + provider.domain + "/" + part);
      }
    }
    return all;
  }

  // Whether the report names this institution, by whatever it names one by.
  static bool names(const Report& report, const KnownParty& party) {
    const auto& facts = party.facts;
    return std::ranges::any_of(report.providers, [&](const ReportProvider& provider) {
      if (!provider.deqar.empty() && !facts.deqar.empty())
        return canonical_deqar(facts.deqar) == provider.deqar;
      if (!provider.eter.empty() && !facts.eter.empty()) return facts.eter == provider.eter;
      if (!provider.domain.empty() && facts.domain == provider.domain) return true;
      return facts.country == provider.country &&
             std::ranges::any_of(facts.legal_names, [&](const auto& name) {
               return !provider.name.empty() && skeleton(name.text) == skeleton(provider.name);
             });
    });
  }

  // What stands by the report's address of the institutions that it names, with the command that
  // ends it: another one may have the same address by a slip.
  std::string how_to_end(const Report& report) const {
    std::string standing;
    for (const auto& each : known_.accreditations) {
      if (each.ended || each.over_ms <= known_.now_ms || !is_by(each, report)) continue;
      const auto party = std::ranges::find(known_.parties, each.subject, &KnownParty::id);
      if (party == known_.parties.end() || !names(report, *party)) continue;
      standing += (standing.empty() ? "; by this address stands, of " : "; and of ") +
                  described(*party) + ": testamur accreditation withdraw " + to_text(each.subject) +
                  " --statement " + each.statement;
    }
    return standing.empty() ? "; what stands is ended by testamur accreditation withdraw"
                            : standing;
  }

  bool check_report(const Report& report) {
    // The statements are signed by whoever imports, which can only say decisions of its own.
    if (std::ranges::find(rules_.agency_names, report.agency) == rules_.agency_names.end()) {
      return refuse(report, "agency",
                    in_quotes(report.agency) +
                        " is another agency; if it is this one, say --agency " +
                        in_quotes(report.agency));
    }

    if (is_negative(report)) {
      const bool applies = report.decision == ReportDecision::kNegative;
      return refuse(report, "decision",
                    std::string(applies ? "is negative" : "is not applicable") +
                        ": nothing is accredited" + how_to_end(report));
    }

    if (const auto row = negative_row(report)) {
      return refuse(report, "decision",
                    "contradicts row " + std::to_string(*row) +
                        ", by which the decision on the same is not positive: leave in the file "
                        "what holds");
    }
    return true;
  }

  // A slip in a year is on the ledger for good.
  bool check_days(const Report& report) {
    if (const auto problem = far_day_problem(report.valid_from_ms, known_.now_ms))
      return refuse(report, "valid_from", *problem);
    if (report.ends_open) return true;
    if (const auto problem = far_day_problem(report.valid_until_ms - 1, known_.now_ms))
      return refuse(report, "valid_to", *problem);
    return true;
  }

  tx::StatementContent content_of(const Report& report, const ReportProgramme* programme) const {
    tx::StatementContent content;
    content.kind = tx::StatementKind::kAccredit;
    content.accreditation = true;
    content.amount =
        report.decision == ReportDecision::kConditional ? rules_.conditional_amount : rules_.amount;
    content.scope = scope_of(programme);
    content.valid_from_ms = report.valid_from_ms;
    content.valid_until_ms = report.valid_until_ms;
    content.scheme = rules_.scheme;
    content.evidence_digest = report.digest;
    content.report_url = report.link;
    return content;
  }

  // What the ledger would refuse of any subject is told while there is a row to point at.
  bool check_form(const Report& report) {
    const auto check = [&](const ReportProgramme* programme) {
      auto content = content_of(report, programme);
      content.subject = rules_.author;
      content.subject.bytes[0] ^= 1;  // nobody accredits itself
      const auto wrong = tx::form_error(content, rules_.author);
      if (!wrong) return true;
      const std::string column = programme != nullptr ? programme->column : std::string{};
      return refuse(report, column, "the ledger would not take it: " + tx::to_text(*wrong));
    };
    if (report.programmes.empty()) return check(nullptr);
    return std::ranges::all_of(report.programmes,
                               [&](const auto& programme) { return check(&programme); });
  }

  void add(const Report& report, const Meant& subject, const ReportProgramme* programme) {
    PlannedAccreditation planned;
    planned.row = report.row;
    planned.subject = subject.known;
    planned.listed = subject.listed.value_or(0);
    planned.subject_name = subject.name;
    planned.retroactive = report.valid_from_ms < known_.now_ms;

    if (programme != nullptr) {
      planned.programme = programme->name;
      planned.ects_hundredths = programme->ects_hundredths;
      planned.esco_outcomes = programme->esco_uris.size();
    }

    planned.ends_open = report.ends_open;
    auto& content = planned.content;
    content = content_of(report, programme);
    if (subject.known) content.subject = *subject.known;

    // A report that was accredited before, by the digest of today or by those that older programs
    // wrote (decisions 1163 and 1173).
    const auto key = std::tuple(subject.known, planned.listed, report.digest, content.scope);
    if (const auto* said = said_of(report, subject, content.scope))
      return count(report, subject, *said, planned);
    if (!planned_.insert(key).second) {
      ++plan_.repeated;
      return;
    }

    if (is_shortened_already(report, subject, content)) return;

    // A report that takes its own earlier word back is sent beside it; any other one would only
    // take a slot.
    planned.replaces = said_before(report, subject, planned.programme);
    if (const auto* withdrawn = withdrawn_word(report, subject)) {
      ++plan_.ended;
      refuse(report, "link",
             "a report of this address was accredited by " + withdrawn->statement +
                 ", which was ended since: it is not sent again in other words. If it is to count "
                 "again: testamur accreditation grant");
      return;
    }
    const auto why = outweighed_by(report, subject, planned);
    if (planned.replaces.empty()) {
      for (const auto& each : why) refuse(report, each.column, each.text);
      if (!why.empty() || is_left_out(report, planned, subject)) return;
    }
    // A report that takes back its own earlier word is sent, and counts once that has ended.
    for (const auto& each : why)
      plan_.notices.push_back("row " + std::to_string(report.row) + ": " + each.text);
    note_equal_row(planned, subject);
    note_withdrawn(report, subject, content);
    note_taken_over(report, subject, content);

    auto& slots = subject.known ? slots_[*subject.known] : slots_of_listed_[planned.listed];

    // Over before the new one begins and before today: a report that begins in years to come takes
    // no slot of what is in force.
    const auto slot =
        slots.next(std::min(content.valid_from_ms, known_.now_ms), known_.slots_limit);
    if (!slot) {
      refuse(report, "",
             "all " + std::to_string(known_.slots_limit) +
                 " accreditations that one agency may hold of one institution are in force, or "
                 "are not over when this one begins: end one of them first by testamur "
                 "accreditation withdraw");
      return;
    }

    content.slot = *slot;
    slots.take(*slot, content.valid_until_ms == 0 ? trust::kOpenEnd : content.valid_until_ms);
    remember(report, subject, planned.programme, "");
    plan_.accreditations.push_back(std::move(planned));
  }

  const KnownAccreditation* said_of(const Report& report, const Meant& subject,
                                    const trust::Scope& scope) const {
    const KnownAccreditation* said = nullptr;
    if (!subject.known) return said;
    for (const auto& digest : {report.digest, report.second_digest, report.cells_digest}) {
      const auto found = said_.find({*subject.known, digest, scope});
      if (found != said_.end() && (said == nullptr || said->ended)) said = found->second;
    }
    return said;
  }

  // A report that was accredited before sends nothing. What a person may expect of it all the same
  // is said: that it counts again, or with another amount.
  void count(const Report& report, const Meant& subject, const KnownAccreditation& said,
             const PlannedAccreditation& planned) {
    const auto& content = planned.content;
    const std::string row = "row " + std::to_string(report.row) + ": ";
    if (said.ended) {
      ++plan_.ended;
      plan_.notices.push_back(row + "was accredited by " + said.statement +
                              ", which was ended since: it is not sent again. If it is to count "
                              "again: testamur accreditation grant");
      return;
    }
    ++(said.waits ? plan_.waiting : plan_.already);
    remember(
        report, subject, planned.programme,
        (said.waits ? ", which is signed and waits as " : ", which stands as ") + said.statement);
    if (said.amount != content.amount)
      plan_.notices.push_back(row + "stands with amount " + std::to_string(said.amount) +
                              ", and not " + std::to_string(content.amount) +
                              ": it stays so until " + said.statement + " is ended");
    if (said.scheme && *said.scheme != static_cast<trust::Scheme>(content.scheme))
      plan_.notices.push_back(row +
                              "stands by another scheme than --scheme says: it stays so until " +
                              said.statement + " is ended");
  }

  // A report of an institution, as a whole or of one programme.
  using ReportKey = std::tuple<std::optional<InstitutionId>, std::optional<std::size_t>,
                               std::string, std::string>;
  static ReportKey key_of(const Report& report, const Meant& subject,
                          const std::string& programme) {
    return {subject.known, subject.listed, skeleton(report.identifier), skeleton(programme)};
  }

  // Which earlier word of the agency the same report had: on the ledger by its address, in the file
  // by its identifier.
  std::string said_before(const Report& report, const Meant& subject,
                          const std::string& programme) const {
    std::string before;
    if (subject.known && !report.link.empty()) {
      const auto found = by_report_.find({*subject.known, one_link(report.link)});
      if (found != by_report_.end())
        before = found->second->statement + ", whose report has this address";
    }
    const auto first = rows_of_report_.find(key_of(report, subject, programme));
    const bool is_earlier = first != rows_of_report_.end() && first->second.first != report.row;
    return is_earlier ? first->second.second : before;
  }

  // The first row of the file that says something of a report; one that was refused says nothing.
  void remember(const Report& report, const Meant& subject, const std::string& programme,
                const std::string& what_became) {
    if (report.identifier.empty()) return;
    const std::string row = "row " + std::to_string(report.row);
    rows_of_report_.emplace(key_of(report, subject, programme),
                            std::pair(report.row, row + what_became));
  }

  // What the agency said by this address and took back, where nothing of it stands.
  const KnownAccreditation* withdrawn_word(const Report& report, const Meant& subject) const {
    if (!subject.known || report.link.empty()) return nullptr;
    const auto found = by_report_.find({*subject.known, one_link(report.link)});
    return found != by_report_.end() && found->second->ended ? found->second : nullptr;
  }

  // Another report may come after a withdrawal, or be from before it: only a person can tell.
  void note_withdrawn(const Report& report, const Meant& subject,
                      const tx::StatementContent& content) {
    const auto found = std::ranges::find_if(known_.accreditations, [&](const auto& each) {
      return subject.known && each.subject == *subject.known && each.ended &&
             trust::contains(each.scope, content.scope);
    });
    if (found == known_.accreditations.end()) return;
    plan_.notices.push_back("row " + std::to_string(report.row) + ": " + found->statement +
                            " about all of this was ended by the agency: does this report come "
                            "after that?");
  }

  // What an earlier row of the file says of the same institution.
  bool is_of(const PlannedAccreditation& each, const Meant& subject) const {
    return each.subject == subject.known && each.listed == subject.listed.value_or(0);
  }
  // What stands of it, or waits to.
  bool is_of(const KnownAccreditation& each, const Meant& subject) const {
    return each.subject == subject.known && !each.ended && each.over_ms > known_.now_ms;
  }
  static StandingAccreditation standing(const KnownAccreditation& each) {
    return {each.scope, each.amount, each.depth, each.from_ms, each.over_ms};
  }
  // "testamur accreditation withdraw tmi1… --statement tmx1… --statement tmx1…".
  static std::string withdrawal_of(const std::vector<const KnownAccreditation*>& all) {
    std::string command = "testamur accreditation withdraw " + to_text(all.front()->subject);
    for (const auto* each : all) command += " --statement " + each->statement;
    return command;
  }
  // "tmx1… stands with 120 and tmx1… with 100".
  static std::string amounts_of(const std::vector<const KnownAccreditation*>& all) {
    std::string text;
    for (const auto* each : all)
      text += (text.empty() ? "" : " and ") + each->statement +
              (text.empty() ? " stands with " : " with ") + std::to_string(each->amount);
    return text;
  }

  // The same for the same time by the same scheme, from another report: sent again, it would only
  // take a slot, as the same by hand does (accreditation grant refuses it). Of programmes the
  // ledger knows no names, and one that shares field and level with another may end by itself: it
  // is sent, and said.
  bool is_left_out(const Report& report, const PlannedAccreditation& planned,
                   const Meant& subject) {
    const auto& content = planned.content;
    const auto found = std::ranges::find_if(known_.accreditations, [&](const auto& each) {
      return is_of(each, subject) && each.amount == content.amount && each.scope == content.scope &&
             covers(standing(each), said_by(content)) &&
             (!each.scheme || *each.scheme == static_cast<trust::Scheme>(content.scheme));
    });
    if (found == known_.accreditations.end()) return false;

    // Without an address on both sides nobody can tell whether it is another report.
    const bool is_known =
        !report.link.empty() && !found->report_url.empty() && !is_by(*found, report);
    const std::string row = "row " + std::to_string(planned.row) + ": ";
    const std::string says =
        found->statement + ", which " + (found->waits ? "is signed and waits" : "stands") +
        ", says the same for all of its days" + (is_known ? " by another report" : "");
    if (!planned.programme.empty()) {
      plan_.notices.push_back(row + says + ": it counts once. Is it another programme?");
      return false;
    }
    ++(found->waits ? plan_.waiting : plan_.already);
    plan_.notices.push_back(row + "is left out: " + says +
                            ", and nothing would change. If this report is to stand beside it: "
                            "testamur accreditation grant --report-url" +
                            (found->over_ms > said_by(content).over_ms
                                 ? ". If it takes its place, and holds no longer than it says: " +
                                       withdrawal_of({&*found}) + " --from " +
                                       day_text(content.valid_until_ms)
                                 : ""));
    return true;
  }

  static bool is_by(const KnownAccreditation& each, const Report& report) {
    return !report.link.empty() && !each.report_url.empty() &&
           one_link(each.report_url) == one_link(report.link);
  }

  // What stands was ended on the very day on which the report, as it reads now, ends: by the
  // command that a refusal below names.
  bool is_shortened_already(const Report& report, const Meant& subject,
                            const tx::StatementContent& content) {
    const auto fresh = said_by(content);
    const auto found = std::ranges::find_if(known_.accreditations, [&](const auto& each) {
      return each.subject == subject.known && each.ended && is_by(each, report) &&
             each.amount == fresh.amount && each.scope == fresh.scope &&
             each.from_ms == fresh.from_ms && each.over_ms == fresh.over_ms;
    });
    if (found == known_.accreditations.end()) return false;
    ++plan_.already;
    return true;
  }

  // Whether the file still says all that an accreditation by this address says: then the report was
  // not made smaller. Of an identifier that the file gives more than once, this row is the word.
  bool is_still_said(const KnownAccreditation& each, const Report& report) const {
    const auto reports = of_address_.find(one_link(report.link));
    if (reports == of_address_.end()) return false;
    for (const auto* other : reports->second) {
      const bool is_older_word = other->row != report.row && !report.identifier.empty() &&
                                 skeleton(other->identifier) == skeleton(report.identifier);
      if (is_older_word) continue;
      const auto says = [&](const ReportProgramme* programme) {
        const auto content = content_of(*other, programme);
        return covers(said_by(content), standing(each));
      };
      if (other->programmes.empty() && says(nullptr)) return true;
      if (std::ranges::any_of(other->programmes, [&](const auto& one) { return says(&one); }))
        return true;
    }
    return false;
  }

  // One address for two institutions, by reports of two numbers, is mostly one that was pasted
  // twice; what is withdrawn by it later may be the wrong one.
  void ask_of_shared_address(const Report& report, const std::vector<Meant>& subjects,
                             bool is_sent) {
    if (report.link.empty() || report.identifier.empty()) return;
    const auto [first, is_new] =
        by_address_.emplace(one_link(report.link), std::pair(&report, subjects));
    if (is_new || !is_sent) return;
    const auto& [other, others] = first->second;
    if (skeleton(other->identifier) == skeleton(report.identifier)) return;
    const auto is_there = [&](const Meant& one) {
      return std::ranges::any_of(others, [&](const Meant& each) {
        return each.known == one.known && each.listed == one.listed;
      });
    };
    if (std::ranges::any_of(subjects, is_there)) return;
    plan_.questions.push_back(
        "row " + std::to_string(report.row) + ": link: is the address of the report " +
        in_quotes(other->identifier) + " of " + others.front().name + " in row " +
        std::to_string(other->row) + " too, and this one is " + in_quotes(report.identifier) +
        " of " + subjects.front().name + ": is it right in both?");
    plan_.notices.push_back(plan_.questions.back());
  }

  void note_equal_row(const PlannedAccreditation& planned, const Meant& subject) {
    const auto& content = planned.content;
    const auto found = std::ranges::find_if(plan_.accreditations, [&](const auto& each) {
      return is_of(each, subject) && skeleton(each.programme) == skeleton(planned.programme) &&
             each.content.amount == content.amount && each.content.scope == content.scope &&
             covers(said_by(each.content), said_by(content));
    });
    if (found != plan_.accreditations.end()) {
      plan_.notices.push_back("row " + std::to_string(planned.row) + ": row " +
                              std::to_string(found->row) +
                              " says the same for all of its days by another report: it counts "
                              "once");
    }
  }

  struct Outweighed {
    std::string column, text;
  };

  // Why it would change nothing: all that give more for all of it, since each of them has to end
  // first, and what stands by the same report, which said more before.
  std::vector<Outweighed> outweighed_by(const Report& report, const Meant& subject,
                                        const PlannedAccreditation& planned) const {
    const auto& content = planned.content;
    const bool is_sent = !planned.replaces.empty();
    std::vector<Outweighed> why;
    const std::string amount = "amount " + std::to_string(content.amount);
    for (const auto& each : plan_.accreditations) {
      if (!is_of(each, subject) || !outweighs(said_by(each.content), content)) continue;
      why.push_back({"decision", amount + " does not count beside row " + std::to_string(each.row) +
                                     " of this file, which gives more for all of it: leave in the "
                                     "file what holds"});
      break;
    }
    std::vector<const KnownAccreditation*> larger, longer;
    for (const auto& each : known_.accreditations) {
      if (!is_of(each, subject)) continue;
      if (outweighs(standing(each), content)) {
        larger.push_back(&each);
      } else if (is_by(each, report) && covers(standing(each), said_by(content)) &&
                 !is_still_said(each, report)) {
        longer.push_back(&each);
      }
    }
    if (!larger.empty())
      why.push_back({"decision", amount + " does not count while " + amounts_of(larger) +
                                     " for all of it: " + end_of(larger, content, is_sent)});
    if (!longer.empty()) {
      why.push_back({"link", "is that of " + extents_of(longer) +
                                 ": the report says less than before, and beside that it changes "
                                 "nothing: " +
                                 end_of(longer, content, is_sent)});
    }
    return why;
  }

  // "tmx1…, which stands with 120 from 2024-01-01 to 2031-12-31".
  static std::string extents_of(const std::vector<const KnownAccreditation*>& all) {
    std::string text;
    for (const auto* each : all) {
      text += (text.empty() ? "" : " and of ") + each->statement + ", which " +
              (each->waits ? "is signed and waits" : "stands") + " with " +
              std::to_string(each->amount) + " from " + day_text(each->from_ms) +
              (each->over_ms == trust::kOpenEnd ? " without an end"
                                                : " to " + day_text(each->over_ms - 1));
    }
    return text;
  }

  // The command after which the row is right. Where it says the same for fewer days, to end what
  // stands on its last day is all; else what is smaller has to be granted by hand, since an import
  // sends nothing anew by the address of a report that was ended.
  std::string end_of(const std::vector<const KnownAccreditation*>& all,
                     const tx::StatementContent& content, bool is_sent) const {
    const auto is_waiting = [](const auto* each) { return each->waits; };
    const std::string first =
        std::ranges::any_of(all, is_waiting) ? "first testamur outbox resume, then " : "";
    const auto fresh = said_by(content);
    const auto is_shorter = [&](const auto* each) {
      return each->amount == fresh.amount && each->depth == fresh.depth &&
             each->scope == fresh.scope && each->from_ms == fresh.from_ms &&
             fresh.over_ms != trust::kOpenEnd;
    };
    if (std::ranges::all_of(all, is_shorter))
      return first + withdrawal_of(all) + " --from " + day_text(fresh.over_ms);
    const std::string from =
        first + withdrawal_of(all) + " --from " + day_text(std::max(fresh.from_ms, known_.now_ms));
    if (is_sent) return from;
    return from + "; then grant what holds by testamur accreditation grant " +
           to_text(all.front()->subject) + " --amount " + std::to_string(content.amount);
  }

  // What stands with less stays on the ledger, and counts again once the new one is over.
  void note_taken_over(const Report& report, const Meant& subject,
                       const tx::StatementContent& content) {
    const std::string row = "row " + std::to_string(report.row) + ": ";
    const std::string counts = " within it and goes on: the larger amount, " +
                               std::to_string(content.amount) + ", counts while both hold";
    std::vector<const KnownAccreditation*> smaller;
    for (const auto& each : known_.accreditations)
      if (is_of(each, subject) && takes_over(content, standing(each))) smaller.push_back(&each);
    if (!smaller.empty())
      plan_.notices.push_back(row + amounts_of(smaller) + counts +
                              ". To end it: " + withdrawal_of(smaller));
    for (const auto& each : plan_.accreditations) {
      if (is_of(each, subject) && takes_over(content, said_by(each.content)))
        plan_.notices.push_back(row + "row " + std::to_string(each.row) + " is sent with " +
                                std::to_string(each.content.amount) + counts);
    }
  }

  const KnownLedger& known_;
  PartyFinder finder_;
  const ImportRules& rules_;
  ImportPlan& plan_;
  std::map<std::tuple<InstitutionId, Hash256, trust::Scope>, const KnownAccreditation*> said_;
  std::set<std::tuple<std::optional<InstitutionId>, std::size_t, Hash256, trust::Scope>> planned_;
  std::map<std::pair<InstitutionId, std::string>, const KnownAccreditation*> by_report_;
  std::map<ReportKey, std::pair<std::size_t, std::string>> rows_of_report_;
  std::map<std::string, std::size_t> negative_;  // rows, by identifier and by address
  std::map<std::string, std::vector<const Report*>> of_address_;  // those that accredit
  std::map<std::string, std::pair<const Report*, std::vector<Meant>>> by_address_;  // the first
  std::map<InstitutionId, AccreditationSlots> slots_;
  std::map<std::size_t, AccreditationSlots> slots_of_listed_;
};

}  // namespace

ImportPlan plan_import(const ReportReading& reading, const KnownLedger& known,
                       const ImportRules& rules) {
  ImportPlan plan;
  plan.rows = reading.rows;
  plan.refused = reading.mistakes;
  plan.not_read = reading.not_read;
  plan.notices = reading.notices;
  Planning planning(known, rules, plan);
  for (const auto& report : reading.reports) planning.note(report);
  for (const auto& report : reading.reports) planning.take(report);
  std::ranges::stable_sort(plan.refused, {}, &ReportMistake::row);
  return plan;
}

}  // namespace testamur::wallet
