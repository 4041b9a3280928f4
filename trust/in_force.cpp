#include "trust/in_force.h"

#include <algorithm>

#include "trust/statement_resolver.h"

namespace testamur::trust {

std::vector<StatementId> in_force(const History& history, const InstitutionId& truster,
                                  const InstitutionId& subject, const AsOf& as_of,
                                  std::uint64_t at_ms) {
  const auto u = history.find(truster);
  const auto v = history.find(subject);
  if (!u || !v) return {};

  Query query;  // of nobody: the zero id is on no ledger
  query.as_of = as_of;
  query.at_time_ms = at_ms;
  const Policy policy;
  Work work(~std::uint64_t{0});
  StatementResolver resolver(history, query, policy, work);

  std::vector<StatementId> ids;
  for (const RowIndex row : resolver.governing(*u, *v, at_ms)) ids.push_back(history.row(row).id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace testamur::trust
