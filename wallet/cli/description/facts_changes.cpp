#include "wallet/cli/description/facts_changes.h"

#include <algorithm>
#include <map>

#include "common/text.h"
#include "common/visible.h"
#include "ledger/meaning/facts_meaning.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

using Facts = std::map<std::string, std::string>;  // by what they are called

Facts facts_by_name(const tx::InstitutionFacts& facts) {
  Facts all{{"country", facts.country}, {"domain", facts.domain}, {"ror", facts.ror},
            {"eter", facts.eter},       {"lei", facts.lei},       {"deqar", facts.deqar}};
  if (!facts.parent.is_zero()) all["parent"] = to_text(facts.parent);
  for (const auto& name : facts.legal_names)
    all["name (" + name.language + ")"] = in_quotes(name.text);
  std::erase_if(all, [](const auto& entry) { return entry.second.empty(); });
  return all;
}

bool same_number(const char* field, const std::string& one, const std::string& other) {
  return !one.empty() && !other.empty() &&
         ledger::canonical_identifier(field, one) == ledger::canonical_identifier(field, other);
}

}  // namespace

std::vector<std::string> facts_changes(const tx::InstitutionFacts& before,
                                       const tx::InstitutionFacts& after) {
  const Facts then = facts_by_name(before), now = facts_by_name(after);
  std::vector<std::string> lines;
  for (const auto& [what, old] : then) {
    const auto found = now.find(what);
    if (found == now.end()) {
      lines.push_back(one_line(what) + ": " + one_line(old) + " is dropped");
    } else if (found->second != old) {
      lines.push_back(one_line(what) + ": " + one_line(old) + " -> " + one_line(found->second));
    }
  }
  for (const auto& [what, text] : now) {
    if (!then.contains(what)) lines.push_back(one_line(what) + ": " + one_line(text) + " is added");
  }
  return lines;
}

bool facts_agree(const tx::InstitutionFacts& one, const tx::InstitutionFacts& other) {
  if (one.domain == other.domain || same_number("ror", one.ror, other.ror) ||
      same_number("eter", one.eter, other.eter) || same_number("lei", one.lei, other.lei) ||
      same_number("deqar", one.deqar, other.deqar))
    return true;
  return std::ranges::any_of(one.legal_names, [&](const auto& name) {
    return std::ranges::any_of(other.legal_names, [&](const auto& each) {
      return skeleton(name.text) == skeleton(each.text);
    });
  });
}

}  // namespace testamur::wallet
