#include "wallet/accreditation/likeness.h"

#include <algorithm>

#include "common/text.h"

namespace testamur::wallet {
namespace {

std::string described(const KnownParty& party) {
  return std::string(ledger::tx::best_text(party.facts.legal_names)) + " (" + party.facts.country +
         ", " + party.facts.domain + ", " + to_text(party.id) + ")";
}

}  // namespace

std::optional<std::string> find_lookalike(const ledger::tx::InstitutionFacts& facts,
                                          const std::vector<KnownParty>& known) {
  for (const auto& other : known) {
    if (other.facts.domain == facts.domain)
      return "the domain " + facts.domain + " is that of " + described(other);
    // Across borders one name is no surprise: there are several universities of Trinity, Cambridge
    // or York.
    if (other.facts.country != facts.country) continue;
    for (const auto& name : facts.legal_names) {
      const auto shape = skeleton(name.text);
      const auto same = [&shape](const auto& each) { return skeleton(each.text) == shape; };
      const auto found = std::ranges::find_if(other.facts.legal_names, same);
      if (found == other.facts.legal_names.end()) continue;
      return "the name \"" + name.text + "\" " +
             (found->text == name.text ? "is that of "
                                       : "differs only by case, spaces or marks from that of ") +
             described(other);
    }
  }
  return std::nullopt;
}

}  // namespace testamur::wallet
