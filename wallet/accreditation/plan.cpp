// From reports and what the ledger says to what would be sent. A row is taken or refused as a
// whole, so that a report is never half accredited. What a report names is matched by number first
// and by name and country only where a number is missing; a provider that could be two institutions
// is refused and never guessed.
#include "wallet/accreditation/plan.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "common/text.h"
#include "ledger/tx/facts_meaning.h"
#include "trust/statement.h"
#include "wallet/accreditation/slots.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

// Whom a provider of a report means.
struct Meant {
  std::optional<InstitutionId> known;
  std::optional<std::size_t> listed;
  std::string name;
};

std::string_view name_of(const tx::InstitutionFacts& facts) {
  return tx::best_text(facts.legal_names);
}

// Ledgers of old may have EL or UK.
std::string country_of(const tx::InstitutionFacts& facts) {
  return tx::meant_country(facts.country).value_or(facts.country);
}

bool has_name(const tx::InstitutionFacts& facts, const std::string& name) {
  const auto shape = skeleton(name);
  return !shape.empty() && std::ranges::any_of(facts.legal_names, [&](const auto& each) {
    return skeleton(each.text) == shape;
  });
}

bool is_meant(const tx::InstitutionFacts& facts, const ReportProvider& provider) {
  if (!provider.deqar.empty() && !facts.deqar.empty())
    return canonical_deqar(facts.deqar) == provider.deqar;
  if (!provider.eter.empty() && !facts.eter.empty()) return facts.eter == provider.eter;
  return !provider.country.empty() && country_of(facts) == provider.country &&
         (has_name(facts, provider.name) || has_name(facts, provider.english_name));
}

// Institutions by what a report may name them by. Positions are the caller's.
class Names {
 public:
  void add(const tx::InstitutionFacts& facts, std::size_t position) {
    if (!facts.deqar.empty()) by_.emplace("deqar/" + canonical_deqar(facts.deqar), position);
    if (!facts.eter.empty()) by_.emplace("eter/" + facts.eter, position);
    for (const auto& name : facts.legal_names)
      by_.emplace("name/" + country_of(facts) + "/" + skeleton(name.text), position);
    by_.emplace("domain/" + facts.domain, position);
  }
  void forget_from(std::size_t position) {
    std::erase_if(by_, [position](const auto& entry) { return entry.second >= position; });
  }
  // Ascending, each once.
  std::set<std::size_t> candidates(const ReportProvider& provider) const {
    std::set<std::size_t> found;
    find("deqar/" + provider.deqar, found);
    find("eter/" + provider.eter, found);
    find("name/" + provider.country + "/" + skeleton(provider.name), found);
    find("name/" + provider.country + "/" + skeleton(provider.english_name), found);
    return found;
  }
  std::optional<std::size_t> of_domain(const std::string& domain) const {
    const auto found = by_.find("domain/" + domain);
    return found == by_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  void find(const std::string& key, std::set<std::size_t>& found) const {
    for (auto [at, end] = by_.equal_range(key); at != end; ++at) found.insert(at->second);
  }
  std::multimap<std::string, std::size_t> by_;
};

tx::InstitutionFacts facts_of(const ReportProvider& provider) {
  tx::InstitutionFacts facts;
  if (!provider.english_name.empty() && provider.english_name != provider.name) {
    facts.legal_names.push_back({"en", provider.english_name});
  }
  facts.legal_names.push_back(
      {"und", provider.name});  // the register does not say in which language
  facts.country = provider.country;
  facts.domain = provider.domain;
  facts.deqar = provider.deqar;
  facts.eter = provider.eter;
  return facts;
}

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

class Planning {
 public:
  Planning(const KnownLedger& known, const ImportRules& rules, ImportPlan& plan)
      : known_(known), rules_(rules), plan_(plan) {
    for (const auto& each : known.accreditations) {
      // Of several of one report the one that stands is what counts.
      auto& said = said_[{each.subject, each.digest, each.scope}];
      if (said == nullptr || said->ended) said = &each;
      slots_[each.subject].take(each.slot, each.over_ms);
      if (!each.report_url.empty()) by_report_[{each.subject, each.report_url}] = each.statement;
    }
    for (std::size_t i = 0; i < known.parties.size(); ++i)
      known_names_.add(known.parties[i].facts, i);
  }

  void take(const Report& report) {
    if (!check_report(report)) return;

    std::vector<Meant> subjects;
    const std::size_t parties = plan_.parties.size();
    for (const auto& provider : report.providers) {
      auto meant = find(report, provider);
      if (!meant) {
        if (plan_.parties.size() > parties) planned_names_.forget_from(parties);

        // What this row would have listed goes again, from the plan and from the index by name.
        plan_.parties.resize(parties);  // all or nothing of a row
        return;
      }
      subjects.push_back(std::move(*meant));
    }

    for (const auto& subject : subjects) {
      if (report.programmes.empty()) add(report, subject, nullptr);
      for (const auto& programme : report.programmes) add(report, subject, &programme);
    }
  }

 private:
  bool refuse(const Report& report, const std::string& column, std::string why) {
    plan_.refused.push_back({report.row, column, std::move(why)});
    return false;
  }

  bool check_report(const Report& report) {
    // The statements are signed by whoever imports, which can only say decisions of its own.
    if (std::ranges::find(rules_.agency_names, report.agency) == rules_.agency_names.end()) {
      return refuse(report, "agency",
                    "\"" + report.agency +
                        "\" is another agency; if it is this one, say --agency " + report.agency);
    }

    if (report.decision == ReportDecision::kNegative) {
      return refuse(report, "decision",
                    "is negative: nothing is accredited; what stands is ended by testamur "
                    "accreditation withdraw");
    }

    if (report.decision == ReportDecision::kNotApplicable) {
      return refuse(report, "decision", "is not applicable: nothing is accredited");
    }
    return true;
  }

  std::optional<Meant> find(const Report& report, const ReportProvider& provider) {
    std::vector<const KnownParty*> found;
    for (const auto at : known_names_.candidates(provider)) {
      if (is_meant(known_.parties[at].facts, provider)) found.push_back(&known_.parties[at]);
    }

    if (found.size() > 1) {
      refuse(report, provider.column,
             "may be any of " + std::to_string(found.size()) +
                 " institutions of the ledger: give its deqar_id or eter_id");
      return std::nullopt;
    }

    if (found.empty()) return list(report, provider);

    const auto& id = found.front()->id;
    if (id == rules_.author || id == rules_.author_parent) {
      refuse(report, provider.column,
             "is the agency itself or its parent: nobody accredits itself");
      return std::nullopt;
    }

    if (!agrees(report, provider, found.front()->facts)) return std::nullopt;
    return Meant{id, std::nullopt, std::string(name_of(found.front()->facts))};
  }

  // A number with a slip in it is that of somebody else: what the report says besides must not be
  // of another country. A new name or website happens, and is said.
  bool agrees(const Report& report, const ReportProvider& provider,
              const tx::InstitutionFacts& facts) {
    const std::string whose = "the number is that of " + std::string(name_of(facts)) + " (" +
                              facts.country + ", " + facts.domain + ")";
    if (!provider.country.empty() && provider.country != country_of(facts))
      return refuse(report, provider.column + ".country",
                    whose + ", the country " + provider.country + ": which of them is meant?");

    const auto& name = provider.name.empty() ? provider.english_name : provider.name;
    const bool other_name =
        !name.empty() && !has_name(facts, provider.name) && !has_name(facts, provider.english_name);
    const bool other_domain = !provider.domain.empty() && provider.domain != facts.domain;
    if (!other_name && !other_domain) return true;

    const std::string said = (other_name ? "the name \"" + name + "\"" : "") +
                             std::string(other_name && other_domain ? " and " : "") +
                             (other_domain ? "the website " + provider.domain : "");
    plan_.notices.push_back("row " + std::to_string(report.row) + ": " + provider.column + ": " +
                            whose + ", the report has " + said +
                            ": make sure that the number has no slip");
    return true;
  }

  std::optional<Meant> list(const Report& report, const ReportProvider& provider) {
    // An earlier report of the file may have named the same institution.
    for (const auto i : planned_names_.candidates(provider)) {
      if (is_meant(plan_.parties[i].facts, provider)) {
        return Meant{std::nullopt, i, std::string(name_of(plan_.parties[i].facts))};
      }
    }

    const auto need = [&](const std::string& value, const char* column, const char* what) {
      if (!value.empty()) return true;
      return refuse(
          report, provider.column + "." + column,
          std::string(
              "is missing: the ledger does not know the institution, and to list it takes its ") +
              what);
    };
    if (!need(provider.name, "name_official", "name") ||
        !need(provider.country, "country", "country") ||
        !need(provider.domain, "website_link", "website")) {
      return std::nullopt;
    }

    if (!check_domain(report, provider)) return std::nullopt;

    // What the ledger would refuse is told here, where the row and the column are still known.
    auto facts = facts_of(provider);
    if (auto problem = tx::meaning_problem(facts)) {
      const std::string column =
          problem->field == "domain" ? provider.column + ".website_link" : provider.column;
      refuse(report, column, "cannot be listed: " + problem->why);
      return std::nullopt;
    }

    if (auto wrong = tx::form_error(facts)) {
      refuse(report, provider.column, "cannot be listed: " + tx::to_text(*wrong));
      return std::nullopt;
    }

    planned_names_.add(facts, plan_.parties.size());
    plan_.parties.push_back({report.row, std::move(facts)});
    return Meant{std::nullopt, plan_.parties.size() - 1, provider.name};
  }

  // A domain belongs to one institution.
  bool check_domain(const Report& report, const ReportProvider& provider) {
    const auto taken = [&](const tx::InstitutionFacts& facts) {
      return refuse(
          report, provider.column + ".website_link",
          "is that of " + std::string(name_of(facts)) + " (" + facts.country +
              "): if that is meant, give its deqar_id, eter_id or official name and country");
    };
    if (const auto at = known_names_.of_domain(provider.domain))
      return taken(known_.parties[*at].facts);
    if (const auto at = planned_names_.of_domain(provider.domain))
      return taken(plan_.parties[*at].facts);
    return true;
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

    auto& content = planned.content;
    content.kind = tx::StatementKind::kAccredit;
    content.accreditation = true;
    content.amount =
        report.decision == ReportDecision::kConditional ? rules_.conditional_amount : rules_.amount;
    content.scope = scope_of(programme);
    content.valid_from_ms = report.valid_from_ms;
    content.valid_until_ms = report.valid_until_ms;
    planned.ends_open = report.ends_open;
    content.scheme = rules_.scheme;
    content.evidence_digest = report.digest;
    content.report_url = report.link;
    if (subject.known) content.subject = *subject.known;

    // A report that was accredited before, by the digest of today or by the one that older programs
    // wrote (decision 1163).
    const auto key = std::tuple(subject.known, planned.listed, report.digest, content.scope);
    if (const auto* said = said_of(report, subject, content.scope))
      return count(report, *said, content);
    if (!planned_.insert(key).second) {
      ++plan_.repeated;
      return;
    }

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
    planned.replaces = said_before(report, subject, planned.programme);
    plan_.accreditations.push_back(std::move(planned));
  }

  const KnownAccreditation* said_of(const Report& report, const Meant& subject,
                                    const trust::Scope& scope) const {
    const KnownAccreditation* said = nullptr;
    if (!subject.known) return said;
    for (const auto& digest : {report.digest, report.cells_digest}) {
      const auto found = said_.find({*subject.known, digest, scope});
      if (found != said_.end() && (said == nullptr || said->ended)) said = found->second;
    }
    return said;
  }

  // A report that was accredited before sends nothing. What a person may expect of it all the same
  // is said: that it counts again, or with another amount.
  void count(const Report& report, const KnownAccreditation& said,
             const tx::StatementContent& content) {
    const std::string row = "row " + std::to_string(report.row) + ": ";
    if (said.ended) {
      ++plan_.ended;
      plan_.notices.push_back(row + "was accredited by " + said.statement +
                              ", which was ended since: it is not sent again. If it is to count "
                              "again: testamur accreditation grant");
      return;
    }
    ++plan_.already;
    if (said.amount != content.amount)
      plan_.notices.push_back(row + "stands with amount " + std::to_string(said.amount) +
                              ", and not " + std::to_string(content.amount) +
                              ": it stays so until " + said.statement + " is ended");
    if (said.scheme && *said.scheme != static_cast<trust::Scheme>(content.scheme))
      plan_.notices.push_back(row +
                              "stands by another scheme than --scheme says: it stays so until " +
                              said.statement + " is ended");
  }

  // Which earlier word of the agency the same report had: on the ledger by its address, in the file
  // by its identifier.
  std::string said_before(const Report& report, const Meant& subject,
                          const std::string& programme) {
    std::string before;
    if (subject.known && !report.link.empty()) {
      const auto found = by_report_.find({*subject.known, report.link});
      if (found != by_report_.end()) before = found->second + ", whose report has this address";
    }
    if (report.identifier.empty()) return before;
    const auto key = std::tuple(subject.known, subject.listed, report.identifier, programme);
    const auto [first, fresh] = rows_of_report_.emplace(key, report.row);
    if (!fresh && first->second != report.row) before = "row " + std::to_string(first->second);
    return before;
  }

  const KnownLedger& known_;
  Names known_names_;
  Names planned_names_;
  const ImportRules& rules_;
  ImportPlan& plan_;
  std::map<std::tuple<InstitutionId, Hash256, trust::Scope>, const KnownAccreditation*> said_;
  std::set<std::tuple<std::optional<InstitutionId>, std::size_t, Hash256, trust::Scope>> planned_;
  std::map<std::pair<InstitutionId, std::string>, std::string> by_report_;
  std::map<std::tuple<std::optional<InstitutionId>, std::optional<std::size_t>, std::string,
                      std::string>,
           std::size_t>
      rows_of_report_;
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
  for (const auto& report : reading.reports) planning.take(report);
  std::ranges::stable_sort(plan.refused, {}, &ReportMistake::row);
  return plan;
}

}  // namespace testamur::wallet
