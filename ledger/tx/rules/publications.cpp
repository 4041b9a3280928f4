// What institutions publish: achievements and their awards' co-signatures and ends, policies, rules
// of stacking. A version follows the one before it, and what is published is never changed.
#include "ledger/tx/records/publications.h"

#include <algorithm>

#include "ledger/tx/rules/rules.h"

namespace testamur::ledger::tx::rules {

namespace {

std::optional<Rejection> unknown_body(const StateView& view, const Transaction& transaction,
                                      std::string_view field,
                                      const std::vector<InstitutionId>& ids) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (view.institution(ids[i]) != nullptr) continue;
    const auto path = path_of(transaction, field) + "[" + std::to_string(i) + "]";
    return Rejection{RejectionCode::kUnknownInstitution, path, to_text(ids[i]), {}};
  }
  return std::nullopt;
}

bool contains(const std::vector<InstitutionId>& ids, const InstitutionId& id) {
  return std::ranges::find(ids, id) != ids.end();
}

}  // namespace

// ---- achievement_publish

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const AchievementContent& content) {
  AchievementId id{transaction.author(), content.number, content.version};
  const auto refuse = [&](RejectionCode code, std::string detail) {
    return Rejection{code, path_of(transaction, "version"), std::move(detail), {}};
  };
  if (view.achievement(id) != nullptr)
    return refuse(RejectionCode::kAchievementExists, to_text(id));
  if (--id.version != 0 && view.achievement(id) == nullptr) {
    return refuse(RejectionCode::kAchievementVersionGap, to_text(id) + " is not published");
  }

  if (auto rejection = unknown_body(view, transaction, "teaches", content.teaches))
    return rejection;
  if (auto rejection = unknown_body(view, transaction, "assesses", content.assesses))
    return rejection;
  return unknown_body(view, transaction, "awarding_bodies", content.awarding_bodies);
}

void apply(StateWriter& writer, const Transaction& transaction, const AchievementContent& content) {
  writer.put_achievement({transaction.author(), content.number, content.version},
                         AchievementEvent::kPublished, transaction.payload());
}

// ---- achievement_cosign

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const AchievementCosignContent& content) {
  const auto refuse = [&](RejectionCode code) {
    return Rejection{code, path_of(transaction, "achievement"), to_text(content.achievement), {}};
  };
  const auto* achievement = view.achievement(content.achievement);
  if (achievement == nullptr) return refuse(RejectionCode::kUnknownAchievement);
  if (achievement->retired) return refuse(RejectionCode::kAchievementRetired);
  if (!contains(achievement->awarding_bodies, transaction.author())) {
    return refuse(RejectionCode::kNotAwardingBody);
  }

  if (contains(achievement->signed_by, transaction.author())) {
    return refuse(RejectionCode::kAlreadyCosigned);
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction&, const AchievementCosignContent& content) {
  writer.put_achievement(content.achievement, AchievementEvent::kCosigned, {});
}

// ---- achievement_retire

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const AchievementRetireContent& content) {
  const AchievementId id{transaction.author(), content.number, content.version};
  const auto refuse = [&](RejectionCode code) {
    return Rejection{code, std::string(name(transaction.kind())), to_text(id), {}};
  };
  const auto* achievement = view.achievement(id);
  if (achievement == nullptr) return refuse(RejectionCode::kUnknownAchievement);
  if (achievement->retired) return refuse(RejectionCode::kAchievementRetired);
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction& transaction,
           const AchievementRetireContent& content) {
  writer.put_achievement({transaction.author(), content.number, content.version},
                         AchievementEvent::kRetired, {});
}

// ---- policy_publish

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const PolicyContent& content) {
  const auto current = read_policy(view.state, transaction.author());
  if (current && current->content == content) {
    return Rejection{RejectionCode::kPolicyUnchanged,
                     std::string(name(transaction.kind())),
                     content.digest.hex(),
                     {}};
  }
  return check_change_rate(view, transaction.author());
}

void apply(StateWriter& writer, const Transaction&, const PolicyContent& content) {
  writer.count_change();
  writer.put_policy(content);
}

// ---- rule_publish

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const RuleContent& content) {
  AchievementId id{transaction.author(), content.number, content.version};
  if (read_rule(view.state, id)) {
    return Rejection{
        RejectionCode::kRuleExists, std::string(name(transaction.kind())), to_text(id), {}};
  }
  if (--id.version != 0 && !read_rule(view.state, id)) {
    return Rejection{
        RejectionCode::kRuleVersionGap, path_of(transaction, "version"), to_text(id), {}};
  }
  return check_change_rate(view, transaction.author());
}

void apply(StateWriter& writer, const Transaction&, const RuleContent& content) {
  writer.count_change();
  writer.put_rule(content);
}

}  // namespace testamur::ledger::tx::rules
