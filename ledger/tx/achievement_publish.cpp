#include "ledger/tx/achievement_publish.h"

#include <algorithm>

#include "ledger/tx/content.h"

namespace testamur::ledger::tx::achievement_publish {

namespace {

std::optional<Rejection> unknown_body(const StateView& view, const std::string& field,
                                      const google::protobuf::RepeatedPtrField<std::string>& ids) {
  for (int i = 0; i < ids.size(); ++i) {
    const auto id = fixed_from<InstitutionId>(ids.Get(i));
    if (view.institution(id) == nullptr) {
      return Rejection{RejectionCode::kUnknownInstitution,
                       "achievement_publish." + field + "[" + std::to_string(i) + "]",
                       to_text(id),
                       {}};
    }
  }
  return std::nullopt;
}

AchievementId id_of(const Transaction& transaction) {
  const auto& message = transaction.message().achievement_publish();
  return {transaction.author(), message.number(), static_cast<std::uint16_t>(message.version())};
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  const auto& message = body.achievement_publish();
  if (message.ByteSizeLong() > kAchievementLimitBytes) {
    return Rejection{RejectionCode::kFieldRange,
                     "achievement_publish",
                     std::to_string(message.ByteSizeLong()) + " bytes, at most " +
                         std::to_string(kAchievementLimitBytes),
                     {}};
  }
  AchievementContent content;
  auto rejection = read(message, content);
  const auto author = fixed_from<InstitutionId>(body.author());
  if (!rejection && !content.awarding_bodies.empty() &&
      !std::ranges::binary_search(content.awarding_bodies, author)) {
    rejection = Rejection{
        RejectionCode::kNotAwardingBody, "awarding_bodies", "the author is one of them", {}};
  }
  return within("achievement_publish", std::move(rejection));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto& message = transaction.message().achievement_publish();
  auto id = id_of(transaction);
  if (view.achievement(id) != nullptr) {
    return Rejection{
        RejectionCode::kAchievementExists, "achievement_publish.version", to_text(id), {}};
  }
  if (id.version > 1) {
    --id.version;
    if (view.achievement(id) == nullptr) {
      return Rejection{RejectionCode::kAchievementVersionGap,
                       "achievement_publish.version",
                       to_text(id) + " is not published",
                       {}};
    }
  }
  if (auto rejection = unknown_body(view, "teaches", message.teaches())) return rejection;
  if (auto rejection = unknown_body(view, "assesses", message.assesses())) return rejection;
  return unknown_body(view, "awarding_bodies", message.awarding_bodies());
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  writer.put_achievement(id_of(transaction), AchievementEvent::kPublished, transaction.payload());
}

}  // namespace testamur::ledger::tx::achievement_publish
