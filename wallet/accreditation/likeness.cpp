#include "wallet/accreditation/likeness.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/text.h"
#include "ledger/meaning/facts_meaning.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

// The name of `facts` that the other one has too, and how the other one spells it.
std::optional<std::pair<std::string, std::string>> find_same_name(
    const tx::InstitutionFacts& facts, const tx::InstitutionFacts& other) {
  for (const auto& name : facts.legal_names) {
    const auto shape = skeleton(name.text);
    const auto found = std::ranges::find_if(
        other.legal_names, [&](const auto& each) { return skeleton(each.text) == shape; });
    if (found != other.legal_names.end()) return std::pair(name.text, found->text);
  }
  return std::nullopt;
}

// "the deqar DEQARINST0500", where both have this number, however it is spelt.
std::optional<std::string> find_same_number(const tx::InstitutionFacts& facts,
                                            const tx::InstitutionFacts& other) {
  struct Numbers {
    const char* field;
    const std::string &one, &other;
  };
  const Numbers all[] = {{"ror", facts.ror, other.ror},
                         {"eter", facts.eter, other.eter},
                         {"lei", facts.lei, other.lei},
                         {"deqar", facts.deqar, other.deqar}};
  for (const auto& [field, one, two] : all) {
    if (one.empty() || two.empty()) continue;
    if (ledger::canonical_identifier(field, one) == ledger::canonical_identifier(field, two))
      return std::string("the ") + field + " " + one;
  }
  return std::nullopt;
}

// A domain that lies below another one is mostly a machine or a part of the same institution.
bool lies_below(std::string_view domain, std::string_view above) {
  return domain.size() > above.size() && domain.ends_with(above) &&
         domain[domain.size() - above.size() - 1] == '.';
}

// Ledgers of old may have www.
std::string_view bare(std::string_view domain) {
  return domain.starts_with("www.") ? domain.substr(4) : domain;
}

// Ledgers of old may have EL or UK.
bool same_country(const tx::InstitutionFacts& one, const tx::InstitutionFacts& other) {
  return ledger::meant_country(one.country).value_or(one.country) ==
         ledger::meant_country(other.country).value_or(other.country);
}

}  // namespace

std::string described(const KnownParty& party) {
  return std::string(tx::best_text(party.facts.legal_names)) + " (" + party.facts.country + ", " +
         party.facts.domain + (party.id.is_zero() ? "" : ", " + to_text(party.id)) + ")";
}

std::optional<std::string> find_lookalike(const tx::InstitutionFacts& facts,
                                          const std::vector<KnownParty>& known) {
  for (const auto& other : known) {
    if (bare(other.facts.domain) == bare(facts.domain))
      return "the domain " + facts.domain + " is that of " + described(other);

    if (const auto number = find_same_number(facts, other.facts))
      return *number + " is that of " + described(other);

    // Across borders one name is no surprise: there are several universities of Trinity, Cambridge
    // or York.
    if (!same_country(facts, other.facts)) continue;
    const auto name = find_same_name(facts, other.facts);
    if (!name) continue;
    return "the name \"" + name->first + "\" " +
           (name->first == name->second ? "is that of "
                                        : "differs only by case, spaces or marks from that of ") +
           described(other);
  }
  return std::nullopt;
}

std::vector<std::string> find_namesakes(const tx::InstitutionFacts& facts,
                                        const std::vector<KnownParty>& known) {
  std::vector<std::string> sentences;
  for (const auto& other : known) {
    if (same_country(facts, other.facts)) continue;
    if (const auto name = find_same_name(facts, other.facts))
      sentences.push_back("the name \"" + name->first + "\" is that of " + described(other) +
                          " too, in another country: make sure that it is not the same");
  }
  return sentences;
}

// Either with one letter left out (Bocek and Hunter 2007). Short names have too many neighbours.
std::vector<std::string> near_name_keys(const std::string& country, const std::string& name) {
  constexpr std::size_t kShortest = 10, kLongest = 200;
  const std::string whole = skeleton(name);
  if (whole.size() < kShortest || whole.size() > kLongest) return {};
  std::vector<std::string> keys{country + "/" + whole};
  for (std::size_t i = 0; i < whole.size(); ++i)
    keys.push_back(country + "/" + whole.substr(0, i) + whole.substr(i + 1));
  return keys;
}

std::vector<std::string> find_near(const tx::InstitutionFacts& facts,
                                   const std::vector<KnownParty>& known) {
  const auto keys_of = [](const tx::InstitutionFacts& of) {
    std::set<std::string> keys;
    for (const auto& name : of.legal_names) {
      for (auto& key : near_name_keys("", name.text)) keys.insert(std::move(key));
    }
    return keys;
  };
  const auto keys = keys_of(facts);

  std::vector<std::string> sentences;
  for (const auto& other : known) {
    const bool is_near = same_country(facts, other.facts) &&
                         std::ranges::any_of(keys_of(other.facts),
                                             [&](const auto& key) { return keys.contains(key); });
    const bool is_below = lies_below(bare(facts.domain), bare(other.facts.domain));
    if (!is_near && !is_below) continue;
    sentences.push_back(
        (is_near
             ? "its name is by a letter that of "
             : "its domain lies below " + std::string(bare(other.facts.domain)) + ", that of ") +
        described(other) + ": is it the same institution? A second entry stays for good");
  }
  return sentences;
}

}  // namespace testamur::wallet
