#include "ledger/tx/achievement_retire.h"

#include "ledger/tx/form_check.h"
#include "testamur/v1/transaction.pb.h"

namespace testamur::ledger::tx::achievement_retire {

namespace {

AchievementId id_of(const Transaction& transaction) {
  const auto& message = transaction.message().achievement_retire();
  return {transaction.author(), message.number(), static_cast<std::uint16_t>(message.version())};
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  const auto& message = body.achievement_retire();
  FormCheck check;
  check.number("achievement_retire.number", message.number(), 1, 0xFFFF'FFFF)
      .number("achievement_retire.version", message.version(), 1, 0xFFFF);
  return check.result();
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto id = id_of(transaction);
  const auto* achievement = view.achievement(id);
  if (achievement == nullptr) {
    return Rejection{RejectionCode::kUnknownAchievement, "achievement_retire", to_text(id), {}};
  }
  if (achievement->retired)
    return Rejection{RejectionCode::kAchievementRetired, "achievement_retire", to_text(id), {}};
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  writer.put_achievement(id_of(transaction), AchievementEvent::kRetired, {});
}

}  // namespace testamur::ledger::tx::achievement_retire
