#include "wallet/accreditation/likeness.h"

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "ledger/tx/facts_meaning.h"

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
    if (tx::canonical_identifier(field, one) == tx::canonical_identifier(field, two))
      return std::string("the ") + field + " " + one;
  }
  return std::nullopt;
}

// Ledgers of old may have www.
std::string_view bare(std::string_view domain) {
  return domain.starts_with("www.") ? domain.substr(4) : domain;
}

// Ledgers of old may have EL or UK.
bool same_country(const tx::InstitutionFacts& one, const tx::InstitutionFacts& other) {
  return tx::meant_country(one.country).value_or(one.country) ==
         tx::meant_country(other.country).value_or(other.country);
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

}  // namespace testamur::wallet
