#include "ledger/tx/records/tables.h"
#include "ledger/tx/rules/rules.h"

namespace testamur::ledger::tx::rules {

namespace {

constexpr std::uint64_t kHourMs = 3'600'000;
static_assert(kDayMs % kHourMs == 0);

std::uint64_t written_on(const StateReader& state, const InstitutionId& author, std::uint64_t day) {
  const auto written = read_author_bytes(state, author);
  return written.day == day ? written.bytes : 0;
}

bool adds_content(Kind kind) {
  switch (kind) {
    case Kind::kIssueListed:
    case Kind::kIssueAnchored:
    case Kind::kAchievementPublish:
    case Kind::kPolicyPublish:
    case Kind::kRulePublish:
    case Kind::kInstitutionRegister:
    case Kind::kInstitutionList:
    case Kind::kRecognitionTrust:
    case Kind::kAccreditationAccredit: return true;
    default: return false;
  }
}

}  // namespace

std::optional<Rejection> check_author_budget(const StateView& view,
                                             const Transaction& transaction) {
  if (view.signer == KeyPurpose::kRoot) return std::nullopt;

  const auto budget = view.limit(Parameter::kAuthorBytesPerDay);
  const auto limit = adds_content(transaction.kind()) ? budget : 2 * budget;
  const auto day = view.time_ms / kDayMs;
  const auto written = written_on(view.state, transaction.author(), day);
  const auto size = transaction.encoded().size();
  if (written + size <= limit) return std::nullopt;

  const auto hours = ((day + 1) * kDayMs - view.time_ms + kHourMs - 1) / kHourMs;
  return Rejection{RejectionCode::kByteBudget,
                   "",
                   std::to_string(written) + " bytes were written today, " + std::to_string(size) +
                       " more would be over " + std::to_string(limit) +
                       "; there is room again at 00:00 UTC, in " + std::to_string(hours) +
                       (hours == 1 ? " hour" : " hours"),
                   {}};
}

void count_author_bytes(Overlay& state, const Transaction& transaction, std::uint64_t time_ms) {
  const auto day = time_ms / kDayMs;
  const auto before = written_on(state, transaction.author(), day);
  write_author_bytes(state, transaction.author(), {day, before + transaction.encoded().size()});
}

}  // namespace testamur::ledger::tx::rules
