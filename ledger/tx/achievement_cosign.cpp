#include "ledger/tx/achievement_cosign.h"

#include <algorithm>

#include "ledger/tx/content.h"

namespace testamur::ledger::tx::achievement_cosign {

namespace {

AchievementId id_of(const v1::TransactionBody& body) {
  AchievementId id;
  (void)read(body.achievement_cosign().achievement(), id);
  return id;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  AchievementId id;
  return within("achievement_cosign.achievement",
                read(body.achievement_cosign().achievement(), id));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto id = id_of(transaction.message());
  const std::string field = "achievement_cosign.achievement";
  const auto* achievement = view.achievement(id);
  if (achievement == nullptr)
    return Rejection{RejectionCode::kUnknownAchievement, field, to_text(id), {}};
  if (achievement->retired)
    return Rejection{RejectionCode::kAchievementRetired, field, to_text(id), {}};
  const auto& bodies = achievement->awarding_bodies;
  if (std::ranges::find(bodies, transaction.author()) == bodies.end()) {
    return Rejection{RejectionCode::kNotAwardingBody, field, to_text(id), {}};
  }
  const auto& signed_by = achievement->signed_by;
  if (std::ranges::find(signed_by, transaction.author()) != signed_by.end()) {
    return Rejection{RejectionCode::kAlreadyCosigned, field, to_text(id), {}};
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  writer.put_achievement(id_of(transaction.message()), AchievementEvent::kCosigned, {});
}

}  // namespace testamur::ledger::tx::achievement_cosign
