// An index by everything that a report may name an institution by, of those of the ledger and those
// that earlier rows are going to list. Invariant: an institution is planned only after nothing of
// it was found in the index, so that no two planned ones are one institution.
#include "wallet/accreditation/plan_parties.h"

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "common/visible.h"
#include "ledger/meaning/facts_meaning.h"
#include "wallet/accreditation/doubtful_names.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

// Ledgers of old may have EL or UK.
std::string country_of(const tx::InstitutionFacts& facts) {
  return ledger::meant_country(facts.country).value_or(facts.country);
}

bool has_name(const tx::InstitutionFacts& facts, const std::string& name) {
  const auto shape = skeleton(name);
  return !shape.empty() && std::ranges::any_of(facts.legal_names, [&](const auto& each) {
    return skeleton(each.text) == shape;
  });
}

std::string number_key(const std::string& field, const std::string& text) {
  return field + "/" + ledger::canonical_identifier(field, text);
}
std::string name_key(const std::string& country, const std::string& name) {
  return "name/" + country + "/" + skeleton(name);
}
std::string domain_key(const std::string& domain) {
  return "domain/" + (domain.starts_with("www.") ? domain.substr(4) : domain);
}

// A number that both have and that is not the same.
bool differs(const std::string& field, const std::string& one, const std::string& other) {
  return !one.empty() && !other.empty() && number_key(field, one) != number_key(field, other);
}
bool contradicts(const tx::InstitutionFacts& facts, const ReportProvider& provider) {
  return differs("deqar", facts.deqar, provider.deqar) ||
         differs("eter", facts.eter, provider.eter);
}

tx::InstitutionFacts facts_from(const ReportProvider& provider) {
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

// Which column of a report a fact came from.
std::string column_of(const ReportProvider& provider, std::string_view field) {
  if (field == "domain") return provider.column + ".website_link";
  if (field == "country") return provider.column + ".country";
  if (field == "deqar") return provider.column + ".deqar_id";
  if (field == "eter") return provider.column + ".eter_id";
  return provider.column + ".name_official";
}

}  // namespace

PartyFinder::PartyFinder(const KnownLedger& known, const ImportRules& rules, ImportPlan& plan)
    : known_(known), rules_(rules), plan_(plan) {
  for (std::size_t i = 0; i < known.parties.size(); ++i)
    remember(known.parties[i].facts, {false, i});
}

std::optional<std::vector<Meant>> PartyFinder::find_all(const Report& report) {
  std::vector<Meant> all;
  const std::size_t parties = plan_.parties.size(), notices = plan_.notices.size(),
                    questions = plan_.questions.size();
  for (const auto& provider : report.providers) {
    auto meant = find(report, provider);
    if (!meant) {
      // All or nothing of a row: what it would have listed goes again.
      forget_planned_from(parties);
      plan_.parties.resize(parties);
      plan_.notices.resize(notices);
      plan_.questions.resize(questions);
      return std::nullopt;
    }
    all.push_back(std::move(*meant));
  }
  return all;
}

// ---- the index

const tx::InstitutionFacts& PartyFinder::facts_of(const Party& party) const {
  return party.planned ? plan_.parties[party.at].facts : known_.parties[party.at].facts;
}

std::string PartyFinder::described(const Party& party) const {
  const auto& facts = facts_of(party);
  std::string text =
      std::string(tx::best_text(facts.legal_names)) + " (" + facts.country + ", " + facts.domain;
  if (party.planned)
    text += ", which row " + std::to_string(plan_.parties[party.at].row) + " lists";
  return text + ")";
}

void PartyFinder::remember(const tx::InstitutionFacts& facts, const Party& party) {
  if (!facts.deqar.empty()) by_[number_key("deqar", facts.deqar)].insert(party);
  if (!facts.eter.empty()) by_[number_key("eter", facts.eter)].insert(party);
  by_[domain_key(facts.domain)].insert(party);
  for (const auto& name : facts.legal_names) {
    by_[name_key(country_of(facts), name.text)].insert(party);
    by_[name_key("", name.text)].insert(party);  // of any country
    for (auto& key : near_name_keys(country_of(facts), name.text))
      near_.insert_or_assign(std::move(key), party);
  }
}

void PartyFinder::forget_planned_from(std::size_t position) {
  if (plan_.parties.size() == position) return;
  for (auto& [what, parties] : by_)
    std::erase_if(parties, [&](const Party& each) { return each.planned && each.at >= position; });
}

const PartyFinder::Parties& PartyFinder::having(const std::string& what) const {
  static const Parties nobody;
  const auto found = by_.find(what);
  return found == by_.end() ? nobody : found->second;
}

PartyFinder::Parties PartyFinder::having_name(const ReportProvider& provider) const {
  Parties found;
  for (const auto& name : {provider.name, provider.english_name}) {
    if (name.empty() || provider.country.empty()) continue;
    const auto& parties = having(name_key(provider.country, name));
    found.insert(parties.begin(), parties.end());
  }
  return found;
}

// Everybody who may be a look-alike or a namesake.
std::vector<KnownParty> PartyFinder::like(const tx::InstitutionFacts& facts) const {
  Parties found = having(domain_key(facts.domain));
  for (const auto& name : facts.legal_names) {
    const auto& parties = having(name_key("", name.text));
    found.insert(parties.begin(), parties.end());
  }
  std::vector<KnownParty> all;
  for (const auto& party : found)
    all.push_back({party.planned ? InstitutionId{} : known_.parties[party.at].id, facts_of(party)});
  return all;
}

bool PartyFinder::refuse(const Report& report, const std::string& column, std::string why) {
  plan_.refused.push_back({report.row, column, std::move(why)});
  return false;
}

// ---- whom a provider means

std::optional<Meant> PartyFinder::find(const Report& report, const ReportProvider& provider) {
  const std::size_t refusals = plan_.refused.size();
  const auto party = match(report, provider);
  if (plan_.refused.size() > refusals) return std::nullopt;
  if (!party) return list(report, provider);

  const std::string name(tx::best_text(facts_of(*party).legal_names));
  if (party->planned) return Meant{std::nullopt, party->at, name};

  const auto& id = known_.parties[party->at].id;
  if (id == rules_.author || id == rules_.author_parent) {
    refuse(report, provider.column, "is the agency itself or its parent: nobody accredits itself");
    return std::nullopt;
  }
  return Meant{id, std::nullopt, name};
}

// By number first, and by name and country where no number says otherwise.
std::optional<PartyFinder::Party> PartyFinder::match(const Report& report,
                                                     const ReportProvider& provider) {
  const Parties& deqar = provider.deqar.empty() ? having("") : having("deqar/" + provider.deqar);
  const Parties& eter = provider.eter.empty() ? having("") : having("eter/" + provider.eter);

  Parties found = deqar;
  found.insert(eter.begin(), eter.end());
  const bool by_number = !found.empty();
  if (deqar.size() == 1 && eter.size() == 1 && found.size() == 2) {
    refuse(report, provider.column + ".eter_id",
           "is that of " + described(*eter.begin()) + ", the deqar_id that of " +
               described(*deqar.begin()) + ": which of them is meant?");
    return std::nullopt;
  }

  if (!by_number) {
    const auto named = having_name(provider);
    std::ranges::copy_if(named, std::inserter(found, found.end()),
                         [&](const Party& each) { return !contradicts(facts_of(each), provider); });
    if (found.empty() && !named.empty()) check_numbers(report, provider, *named.begin());
  }

  if (found.size() > 1) {
    refuse(report, provider.column,
           "may be any of " + std::to_string(found.size()) + " institutions: " +
               described(*found.begin()) + ", " + described(*std::next(found.begin())) +
               (found.size() > 2 ? ", …" : "") + ": give its deqar_id or eter_id");
    return std::nullopt;
  }
  if (found.empty()) return std::nullopt;

  const Party party = *found.begin();
  if (!check_numbers(report, provider, party) || !check_others(report, provider, party, by_number))
    return std::nullopt;
  tell_of_differences(report, provider, party, by_number);
  return party;
}

// The same institution by everything else, and another number of the same register: a slip of a
// digit, or a second institution that must not look like the first.
bool PartyFinder::check_numbers(const Report& report, const ReportProvider& provider,
                                const Party& party) {
  const auto& facts = facts_of(party);
  const auto check = [&](const char* field, const std::string& there, const std::string& here) {
    if (!differs(field, there, here)) return true;
    const std::string where =
        party.planned ? "row " + std::to_string(plan_.parties[party.at].row) : "the ledger";
    return refuse(report, column_of(provider, field),
                  where + " has " + there + " for " +
                      std::string(tx::best_text(facts.legal_names)) + " (" + facts.country +
                      "), the report says " + here +
                      ": which of them is meant? If it is another institution, its name must say "
                      "so");
  };
  return check("deqar", facts.deqar, provider.deqar) && check("eter", facts.eter, provider.eter);
}

// What the report says besides must not be another institution's: a number with a slip in it is
// that of somebody else.
bool PartyFinder::check_others(const Report& report, const ReportProvider& provider,
                               const Party& party, bool by_number) {
  const auto& facts = facts_of(party);
  const std::string whose =
      (by_number ? "the number is that of " : "the name is that of ") + described(party);
  if (!provider.country.empty() && provider.country != country_of(facts))
    return refuse(report, provider.column + ".country",
                  whose + ", the country " + provider.country + ": which of them is meant?");

  const auto named = having_name(provider);
  if (!named.empty() && !named.contains(party))
    return refuse(
        report, provider.column + ".name_official",
        whose + ", the name that of " + described(*named.begin()) + ": which of them is meant?");

  if (provider.domain.empty()) return true;
  const auto& there = having(domain_key(provider.domain));
  if (!there.empty() && !there.contains(party))
    return refuse(
        report, provider.column + ".website_link",
        whose + ", the website that of " + described(*there.begin()) + ": which of them is meant?");

  const auto former = known_.former_domains.find(provider.domain);
  const bool own = former != known_.former_domains.end() && !party.planned &&
                   former->second == known_.parties[party.at].id;
  if (former != known_.former_domains.end() && !own)
    return refuse(report, provider.column + ".website_link",
                  whose + ", the website was that of " + to_text(former->second) +
                      ": which of them is meant?");
  return true;
}

// A new name or website happens, and is said.
void PartyFinder::tell_of_differences(const Report& report, const ReportProvider& provider,
                                      const Party& party, bool by_number) {
  const auto& facts = facts_of(party);
  const auto& name = provider.name.empty() ? provider.english_name : provider.name;
  const bool other_name = by_number && !name.empty() && !has_name(facts, provider.name) &&
                          !has_name(facts, provider.english_name);
  const bool other_domain =
      !provider.domain.empty() && domain_key(provider.domain) != domain_key(facts.domain);
  if (!other_name && !other_domain) return;

  const std::string said = (other_name ? "the name \"" + name + "\"" : "") +
                           std::string(other_name && other_domain ? " and " : "") +
                           (other_domain ? "the website " + provider.domain : "");
  plan_.notices.push_back("row " + std::to_string(report.row) + ": " + provider.column + ": the " +
                          (by_number ? "number" : "name") + " is that of " + described(party) +
                          ", the report has " + said + ": make sure that " +
                          (by_number ? "the number has no slip" : "it is the same institution"));
}

// ---- institutions that the ledger lacks

std::optional<Meant> PartyFinder::list(const Report& report, const ReportProvider& provider) {
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

  auto facts = facts_from(provider);
  if (!check_domain(report, provider) || !check_listable(report, provider, facts))
    return std::nullopt;

  for (const auto& namesake : find_namesakes(facts, like(facts)))
    plan_.notices.push_back("row " + std::to_string(report.row) + ": " + provider.column + ": " +
                            namesake);

  ask_of_parents(report, provider);
  ask_of_near_names(report, provider);
  ask_of_doubtful_names(report, provider);

  const std::size_t position = plan_.parties.size();
  remember(facts, {true, position});
  plan_.parties.push_back({report.row, std::move(facts)});
  return Meant{std::nullopt, position, provider.name};
}

// "Univeristy of Helsinki" would be a second institution for good.
void PartyFinder::ask_of_near_names(const Report& report, const ReportProvider& provider) {
  for (const auto& name : {provider.name, provider.english_name}) {
    for (const auto& key : near_name_keys(provider.country, name)) {
      const auto found = near_.find(key);
      if (found == near_.end()) continue;
      const Party& party = found->second;
      if (party.planned && party.at >= plan_.parties.size()) continue;
      return ask(report, provider,
                 "the name \"" + name + "\" is by a letter that of " + described(party) +
                     ": is it the same institution? Then correct the name, or give its deqar_id or "
                     "eter_id; a second entry stays for good");
    }
  }
}

// "Universit?t Graz" and "Summe" would be institutions for good.
void PartyFinder::ask_of_doubtful_names(const Report& report, const ReportProvider& provider) {
  for (const auto& name : {provider.name, provider.english_name}) {
    if (name.empty()) continue;
    const auto doubt = doubt_about_name(name);
    if (doubt.empty()) continue;
    return ask(report, provider,
               "the name " + in_quotes(name) + " " + doubt +
                   " Is it the institution's name? It is listed so for good");
  }
}

// "www2.uni.example" is mostly a machine of "uni.example", and its university listed a second time.
void PartyFinder::ask_of_parents(const Report& report, const ReportProvider& provider) {
  for (auto dot = provider.domain.find('.'); dot != std::string::npos;
       dot = provider.domain.find('.', dot + 1)) {
    const auto above = provider.domain.substr(dot + 1);
    const auto& there = having(domain_key(above));
    if (there.empty()) continue;
    return ask(report, provider,
               "the website " + provider.domain + " lies below " + above + ", that of " +
                   described(*there.begin()) +
                   ": is it the same institution? Then give its deqar_id, eter_id or official name "
                   "and country; a second entry stays for good");
  }
}

void PartyFinder::ask(const Report& report, const ReportProvider& provider,
                      const std::string& question) {
  plan_.questions.push_back("row " + std::to_string(report.row) + ": " + provider.column + ": " +
                            question);
  plan_.notices.push_back(plan_.questions.back());
}

// What the ledger would refuse is told here, where the row and the column are still known, and what
// would stand there as a second entry.
bool PartyFinder::check_listable(const Report& report, const ReportProvider& provider,
                                 const tx::InstitutionFacts& facts) {
  if (auto problem = ledger::meaning_problem(facts))
    return refuse(report, column_of(provider, problem->field), "cannot be listed: " + problem->why);

  if (auto wrong = tx::form_error(facts))
    return refuse(report, column_of(provider, wrong->field.substr(0, wrong->field.find('['))),
                  "cannot be listed: " + tx::to_text(*wrong));

  if (const auto alike = find_lookalike(facts, like(facts)))
    return refuse(
        report, provider.column,
        "cannot be listed: " + *alike + ". If another institution is meant, its name must say so");
  return true;
}

// A domain belongs to one institution, and for good: who had it once keeps it.
bool PartyFinder::check_domain(const Report& report, const ReportProvider& provider) {
  const std::string advice =
      ": if that is meant, give its deqar_id, eter_id or official name and "
      "country";
  const auto& there = having(domain_key(provider.domain));
  if (!there.empty())
    return refuse(report, provider.column + ".website_link",
                  "is that of " + described(*there.begin()) + advice);

  const auto former = known_.former_domains.find(provider.domain);
  if (former == known_.former_domains.end()) return true;
  const auto owner = std::ranges::find(known_.parties, former->second, &KnownParty::id);
  const std::string whose =
      owner == known_.parties.end() ? to_text(former->second) : wallet::described(*owner);
  return refuse(report, provider.column + ".website_link",
                provider.domain + " is a former domain of " + whose +
                    ", and the ledger gives it to nobody else" + advice);
}

}  // namespace testamur::wallet
