#include "wallet/cli/flow/standing_statements.h"

#include <algorithm>
#include <set>

#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/statement_periods.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

std::uint64_t end_of(std::uint64_t until_ms) { return until_ms == 0 ? trust::kOpenEnd : until_ms; }

bool is_alike(const StatementAnswer& said, const tx::StatementContent& content) {
  return said.kind && static_cast<int>(*said.kind) == static_cast<int>(content.kind) &&
         said.scope == content.scope && said.valid_from_ms && said.valid_until_ms;
}

bool has_same_amounts(const StatementAnswer& said, const tx::StatementContent& content) {
  if (content.kind == tx::StatementKind::kDistrust) return true;
  return said.amount == content.amount && said.depth == content.depth;
}

// Whether a period is what it seems by the list: a node that does not count what has begun knows
// more.
bool is_counted(const RecognitionPeriod& period, std::uint64_t now_ms) {
  return period.from_ms > now_ms || period.statement.in_force;
}

// What is alike among the recognitions of a list with history. A recognition takes its slot: where
// something else governs it then or later, the same words change that.
std::vector<StandingStatement> alike_recognitions(const StatementsAnswer& answer,
                                                  const tx::StatementContent& content,
                                                  std::uint64_t now_ms) {
  std::set<std::uint16_t> slots{content.slot};
  for (const auto& said : answer.statements) {
    if (said.slot && is_alike(said, content)) slots.insert(*said.slot);
  }

  std::vector<StandingStatement> standing;
  for (const auto slot : slots) {
    const auto periods = recognition_periods(answer, slot, content.valid_from_ms);
    const auto is_same = [&](const RecognitionPeriod& period) {
      return period.statement.slot && is_alike(period.statement, content);
    };
    const bool is_all = periods.size() == 1 && is_same(periods.front());
    if (slot == content.slot && !periods.empty() && !is_all) return {};
    for (const auto& period : periods) {
      if (is_same(period) && is_counted(period, now_ms))
        standing.push_back({period.statement, period.over_ms});
    }
  }
  return standing;
}

// A report that is not named again is no other one.
bool has_same_report(const StatementAnswer& said, const tx::StatementContent& content) {
  return (content.evidence_digest.is_zero() || content.evidence_digest == said.evidence_digest) &&
         (content.report_url.empty() || content.report_url == said.report_url);
}

}  // namespace

std::vector<StandingStatement> standing_alike(const StatementsAnswer& answer,
                                              const tx::StatementContent& content,
                                              std::uint64_t now_ms) {
  std::vector<StandingStatement> standing;

  if (content.accreditation) {
    for (const auto& period : accreditation_periods(answer, now_ms)) {
      const bool holds = period.hold == Hold::kStands || period.hold == Hold::kLater;
      if (!holds || !is_alike(period.statement, content)) continue;
      const auto ended_ms = period.ended_ms.value_or(trust::kOpenEnd);
      standing.push_back(
          {period.statement, std::min(end_of(*period.statement.valid_until_ms), ended_ms)});
    }
    return standing;
  }

  return alike_recognitions(answer, content, now_ms);
}

bool says_nothing_new(const tx::StatementContent& content, const StandingStatement& standing) {
  const auto& said = standing.statement;

  // The node does not show why an earlier one was said, so a reason may be another one.
  if (content.reason != tx::StatementReason::kNone) return false;
  if (!has_same_amounts(said, content) || !has_same_report(said, content)) return false;
  if (content.accreditation && said.scheme != content.scheme) return false;

  // An accreditation stands beside others, so that a shorter one adds nothing; a recognition takes
  // the place of the one before it, also with a day on which it ends earlier.
  const auto over_ms = end_of(content.valid_until_ms);
  const bool is_within =
      content.accreditation ? over_ms <= standing.over_ms : over_ms == standing.over_ms;
  return is_within && *said.valid_from_ms <= content.valid_from_ms;
}

std::vector<StatementAnswer> said_already(const tx::StatementContent& content,
                                          const std::vector<StandingStatement>& standing) {
  std::vector<StatementAnswer> said;
  for (const auto& each : standing) {
    if (says_nothing_new(content, each)) said.push_back(each.statement);
  }
  return said;
}

std::vector<std::string> said_already_warnings(const std::vector<StatementAnswer>& said) {
  std::vector<std::string> warnings;
  for (const auto& each : said)
    warnings.push_back("this stands already, and nothing would change: " + statement_text(each));
  return warnings;
}

Attempt<void> refuse_said_already(const Context& context,
                                  const std::vector<StatementAnswer>& said) {
  if (said.empty() || (!context.yes && input_is_terminal())) return {};

  std::string text = "this stands already, and nothing would change:\n";
  Json ids = Json::array();
  for (const auto& each : said) {
    text += "  " + statement_line(each);
    ids.push_back(to_text(each.id));
  }
  return Failure{ExitCode::kUsage,
                 text +
                     "nothing was sent. If something is to change, say what: another amount, scope "
                     "or day.",
                 {},
                 {},
                 {},
                 Json{{"stands_already", std::move(ids)}}};
}

}  // namespace testamur::wallet
