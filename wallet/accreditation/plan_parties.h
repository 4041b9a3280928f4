// Whom the providers of a report mean: an institution of the ledger, one that the import is going
// to list, or nobody who can be told.
//
// A number counts before a name, and what contradicts it is never passed over: where number, name,
// website and country point to two institutions, the row is refused and both are named. Pure; one
// thread.
#pragma once

#include <compare>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "wallet/accreditation/plan.h"

namespace testamur::wallet {

// Whom a provider of a report means.
struct Meant {
  std::optional<InstitutionId> known;
  std::optional<std::size_t> listed;  // position in ImportPlan::parties
  std::string name;
};

class PartyFinder {
 public:
  // All three must outlive it; `plan` gets institutions to list, refusals, notices
  // and questions.
  PartyFinder(const KnownLedger& known, const ImportRules& rules, ImportPlan& plan);

  // All providers of a report, or nothing, with a refusal in the plan, which is otherwise as
  // before.
  std::optional<std::vector<Meant>> find_all(const Report& report);

 private:
  // One of the ledger, or one that an earlier row is going to list.
  struct Party {
    bool planned = false;
    std::size_t at = 0;
    auto operator<=>(const Party&) const = default;
  };
  using Parties = std::set<Party>;

  const ledger::tx::InstitutionFacts& facts_of(const Party& party) const;
  // "University of Warsaw (PL, uw.edu.pl)", and the row where it is still to be listed.
  std::string described(const Party& party) const;
  void remember(const ledger::tx::InstitutionFacts& facts, const Party& party);
  void forget_planned_from(std::size_t position);
  const Parties& having(const std::string& what) const;
  Parties having_name(const ReportProvider& provider) const;
  std::vector<KnownParty> like(const ledger::tx::InstitutionFacts& facts) const;

  std::optional<Meant> find(const Report& report, const ReportProvider& provider);
  std::optional<Party> match(const Report& report, const ReportProvider& provider);
  bool check_numbers(const Report& report, const ReportProvider& provider, const Party& party);
  bool check_others(const Report& report, const ReportProvider& provider, const Party& party,
                    bool by_number);
  void tell_of_differences(const Report& report, const ReportProvider& provider, const Party& party,
                           bool by_number);
  std::optional<Meant> list(const Report& report, const ReportProvider& provider);
  bool check_listable(const Report& report, const ReportProvider& provider,
                      const ledger::tx::InstitutionFacts& facts);
  bool check_domain(const Report& report, const ReportProvider& provider);
  void ask_of_parents(const Report& report, const ReportProvider& provider);
  void ask_of_near_names(const Report& report, const ReportProvider& provider);
  void ask_of_doubtful_names(const Report& report, const ReportProvider& provider);
  void ask(const Report& report, const ReportProvider& provider, const std::string& question);
  bool refuse(const Report& report, const std::string& column, std::string why);

  const KnownLedger& known_;
  const ImportRules& rules_;
  ImportPlan& plan_;
  std::unordered_map<std::string, Parties> by_;
  // By country and each name with one letter left out, as by itself: names that differ by a letter
  // meet here. One that is planned no more may stand there still.
  std::unordered_map<std::string, Party> near_;
};

}  // namespace testamur::wallet
