#include "wallet/cli/flow/statement_warnings.h"

#include <algorithm>

#include "wallet/accreditation/outweighed.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/standing_statements.h"
#include "wallet/cli/flow/statement_periods.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;
using Warnings = std::vector<std::string>;

// Today's first day began before now, and is none that is past.
bool begins_on_a_past_day(const tx::StatementContent& content, std::uint64_t now_ms) {
  constexpr std::uint64_t kDayMs = 86'400'000;
  return content.valid_from_ms + kDayMs <= now_ms;
}

void add(Warnings& all, Warnings more) {
  for (auto& each : more) all.push_back(std::move(each));
}

// ---- recognitions

// What governs the slot when this one begins, or was to begin later: it takes the place of both,
// whole, with field, level and every other limit that is not given again.
Warnings replaced_warnings(const StatementsAnswer& ever, const tx::StatementContent& content,
                           std::uint64_t now_ms) {
  const bool is_end = content.kind == tx::StatementKind::kEnd;
  const auto withdrawals = withdrawals_in(ever);
  Warnings warnings;
  for (const auto& period : recognition_periods(ever, content.slot, content.valid_from_ms)) {
    const auto since_ms = std::max(period.from_ms, content.valid_from_ms);
    const std::string from = since_ms > now_ms ? ", from " + date_text(since_ms) + " on," : "";
    warnings.push_back((is_end ? "it ends" + from + ": " : "it takes the place" + from + " of: ") +
                       statement_text(period.statement, withdrawals));
    const bool is_trust = period.statement.kind == trust::Kind::kTrust;
    if (content.kind == tx::StatementKind::kDistrust && is_trust)
      warnings.emplace_back(
          "to withdraw this distrust later does not bring that trust back: it is then to be "
          "granted again");
    if (const auto before = trust_before(ever, period.statement, since_ms); is_end && before)
      warnings.push_back(
          "what stood before the distrust does not come back; grant it again if it is to hold: " +
          statement_text(*before));
  }
  return warnings;
}

// What an institution says holds for its own decisions from the day that is named, an earlier one
// too.
Warnings past_day_warnings(const tx::StatementContent& content, std::uint64_t now_ms) {
  if (!begins_on_a_past_day(content, now_ms)) return {};
  return {"it begins on " + date_text(content.valid_from_ms) +
          ", which is past: what your institution's nodes decide of awards since then changes with "
          "it"};
}

// What this institution says of the same subject in other slots, which goes on: a distrust in any
// of them outweighs all of its trust.
Warnings other_slot_warnings(const StatementsAnswer& ever, const tx::StatementContent& content) {
  Warnings warnings;
  for (const auto& said : ever.statements) {
    const bool is_distrust = said.kind == trust::Kind::kDistrust;
    const bool says_trust = is_distrust || said.kind == trust::Kind::kTrust;
    if (!says_trust || said.slot.value_or(content.slot) == content.slot || !said.in_force) continue;

    std::string what = "in another slot this stands on: ";
    if (content.kind == tx::StatementKind::kTrust) {
      if (!is_distrust) continue;
      what = "it has no effect while this distrust stands in another slot: ";
    } else if (content.kind == tx::StatementKind::kDistrust) {
      if (is_distrust) continue;
      what = "it outweighs, and does not end, what stands in another slot: ";
    }
    warnings.push_back(what + statement_text(said));
  }
  return warnings;
}

Warnings reason_warnings(const tx::StatementContent& content) {
  using Reason = tx::StatementReason;
  const bool speaks_against = content.reason == Reason::kFraud ||
                              content.reason == Reason::kQualityConcern ||
                              content.reason == Reason::kKeyCompromise;
  const bool speaks_for =
      content.reason == Reason::kAgreement || content.reason == Reason::kJointProgramme;
  if (content.kind == tx::StatementKind::kTrust && speaks_against)
    return {"its reason speaks against the institution, and it is trusted"};
  if (content.kind == tx::StatementKind::kDistrust && speaks_for)
    return {"its reason speaks for the institution, and it is distrusted"};
  return {};
}

// ---- accreditations

// Registers import history, so an accreditation counts backwards for everybody; an end does not.
Warnings day_warnings(const tx::StatementContent& content, std::uint64_t now_ms) {
  const bool is_end = content.kind == tx::StatementKind::kEnd;
  const auto day = date_text(content.valid_from_ms);
  if (is_end && content.valid_from_ms > now_ms)
    return {"it ends on " + day +
            ", which is still to come: until then everything counts as before"};
  if (!begins_on_a_past_day(content, now_ms)) return {};
  if (is_end)
    return {"it begins on " + day +
            ", which is past: for everybody but your own nodes it ends with its block, now, and "
            "what was decided of the time before stays"};
  return {"it begins on " + day +
          ", which is past: it counts backwards (retroactive), and changes what everybody decides "
          "of awards since then"};
}

Warnings ended_warnings(const StatementsAnswer& ever, const tx::StatementContent& content) {
  constexpr std::size_t kShown = 10;
  const auto withdrawals = withdrawals_in(ever);
  Warnings warnings;
  std::size_t ended = 0;
  for (const auto& said : ever.statements) {
    if (std::ranges::find(content.names, said.id) == content.names.end()) continue;
    if (++ended <= kShown) warnings.push_back("it ends: " + statement_text(said, withdrawals));
  }
  if (ended > kShown) warnings.push_back("and " + std::to_string(ended - kShown) + " more");
  return warnings;
}

StandingAccreditation standing_of(const AccreditationPeriod& period) {
  const auto& said = period.statement;
  const auto until_ms = *said.valid_until_ms == 0 ? trust::kOpenEnd : *said.valid_until_ms;
  return {*said.scope, said.amount.value_or(0), said.depth.value_or(0), *said.valid_from_ms,
          std::min(until_ms, period.ended_ms.value_or(trust::kOpenEnd))};
}

// ---- their subject

// What is said of an institution that has lost its standing counts for nothing.
Warnings standing_warnings(const InstitutionAnswer& subject) {
  if (subject.standing == trust::Standing::kGood) return {};
  return {"the institution is " + standing_text(subject.standing) +
          " on the ledger: nothing that it awards counts as long as that is so, whoever trusts it"};
}

Warnings depth_warnings(const InstitutionAnswer& subject, const tx::StatementContent& content) {
  if (content.depth == 0 || subject.institution_class == tx::InstitutionClass::kAccreditor)
    return {};
  return {"depth " + std::to_string(content.depth) + " speaks of an agency, and " +
          party_text(subject.name) + " is none (" + class_text(subject.institution_class) +
          "): it has no effect unless it becomes one, and takes effect then"};
}

}  // namespace

std::vector<StandsInstead> what_stands_instead(const StatementsAnswer& ever,
                                               const tx::StatementContent& end,
                                               std::uint64_t now_ms) {
  const auto is_named = [&end](const StatementAnswer& said) {
    return std::ranges::find(end.names, said.id) != end.names.end();
  };
  // One of which something is not known is not said to stand.
  auto periods = accreditation_periods(ever, now_ms);
  std::erase_if(periods, [](const AccreditationPeriod& period) {
    return period.hold != Hold::kStands && period.hold != Hold::kLater;
  });

  std::vector<StandsInstead> all;
  for (const auto& ended : periods) {
    if (!is_named(ended.statement)) continue;
    // The end says nothing of the days before it.
    auto rest = standing_of(ended);
    rest.from_ms = std::max(rest.from_ms, end.valid_from_ms);
    for (const auto& other : periods) {
      if (!is_named(other.statement) && covers(standing_of(other), rest))
        all.push_back({ended.statement.id, other.statement});
    }
  }
  return all;
}

std::vector<std::string> still_stands_lines(const std::vector<StandsInstead>& all,
                                            std::size_t ended) {
  constexpr std::size_t kShown = 10;
  std::vector<std::string> lines;
  for (const auto& each : all) {
    if (lines.size() == kShown) {
      lines.push_back("and " + std::to_string(all.size() - kShown) + " more");
      break;
    }
    lines.push_back("still stands with " + std::to_string(each.statement.amount.value_or(0)) +
                    " for all of " + (ended == 1 ? "it" : to_text(each.ended)) + ": " +
                    to_text(each.statement.id));
  }
  return lines;
}

Attempt<Warnings> recognition_warnings(Client& client, const StatementsAnswer& ever,
                                       const tx::StatementContent& content, std::uint64_t now_ms) {
  Warnings warnings;
  if (content.kind == tx::StatementKind::kTrust) {
    TM_TRY(const auto subject, asked(client.institution(content.subject, false)));
    warnings = standing_warnings(subject);
  }
  const auto said = said_already(content, standing_alike(ever, content, now_ms));
  add(warnings,
      said.empty() ? replaced_warnings(ever, content, now_ms) : said_already_warnings(said));
  add(warnings, other_slot_warnings(ever, content));
  add(warnings, reason_warnings(content));
  add(warnings, past_day_warnings(content, now_ms));
  return warnings;
}

Attempt<Warnings> accreditation_warnings(Client& client, const StatementsAnswer& ever,
                                         const tx::StatementContent& content,
                                         std::uint64_t now_ms) {
  Warnings warnings;
  if (content.kind == tx::StatementKind::kEnd) {
    warnings = ended_warnings(ever, content);
    add(warnings,
        still_stands_lines(what_stands_instead(ever, content, now_ms), content.names.size()));
  } else {
    TM_TRY(const auto subject, asked(client.institution(content.subject, false)));
    warnings = standing_warnings(subject);
    add(warnings, depth_warnings(subject, content));
  }
  add(warnings, day_warnings(content, now_ms));
  return warnings;
}

Attempt<Warnings> statement_warnings(Client& client, const InstitutionId& author,
                                     const tx::StatementContent& content, std::uint64_t now_ms) {
  TM_TRY(const auto ever, asked(client.statements(author, content.subject, true)));
  return content.accreditation ? accreditation_warnings(client, ever, content, now_ms)
                               : recognition_warnings(client, ever, content, now_ms);
}

Attempt<void> refuse_taken_slot(Client& client, const InstitutionId& author,
                                const tx::StatementContent& content, const TransactionId& itself) {
  if (!content.accreditation || content.kind != tx::StatementKind::kAccredit) return {};
  TM_TRY(const auto ever, asked(client.statements(author, content.subject, true)));
  for (const auto& period : accreditation_periods(ever, content.valid_from_ms)) {
    const auto& said = period.statement;
    const bool holds = period.hold != Hold::kEnded;
    if (said.id == itself || said.slot.value_or(content.slot) != content.slot || !holds) continue;
    return Failure{
        ExitCode::kUsage,
        "another accreditation has taken its place (slot " + std::to_string(content.slot) +
            ") since it was drafted, and would not count beside it: " + statement_text(said) +
            ". Nothing was sent: let it be drafted anew",
        "slot_taken"};
  }
  return {};
}

}  // namespace testamur::wallet
