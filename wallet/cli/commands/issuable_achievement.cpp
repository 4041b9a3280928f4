// What a class can be issued of: an achievement as the ledger has it now, and others that are
// called alike (issue_batch.h).
#include <algorithm>
#include <map>
#include <set>

#include "common/text.h"
#include "wallet/cli/commands/issue_batch.h"
#include "wallet/cli/description/render.h"

namespace testamur::wallet {
namespace {

// Who has not agreed yet to a joint award; empty where the node does not name them all.
std::string missing_cosigners(const AchievementAnswer& answer) {
  std::string names;
  for (const auto& body : answer.awarding_bodies) {
    const bool has_signed =
        body == answer.record.id.institution ||
        std::ranges::any_of(answer.cosigned_by, [&](const auto& each) { return each.id == body; });
    if (!has_signed) names += (names.empty() ? "" : ", ") + to_text(body);
  }
  return names;
}

std::string why_not_issuable(const AchievementAnswer& answer) {
  if (answer.retired)
    return "it is retired, since " + date_text(answer.retired->time_ms) +
           ": issue under another version";
  if (const auto missing = missing_cosigners(answer); !missing.empty())
    return "it is a joint award, and not co-signed yet by " + missing;
  return "it may be retired, or not co-signed; the node does not say which";
}

}  // namespace

Attempt<IssuableAchievement> issuable_achievement(IssuerSession& session, const AchievementId& id) {
  TM_TRY(auto answer, asked(session.client.achievement(id), to_text(id)));
  if (!answer.issuable) {
    return Failure{ExitCode::kFailure, "the ledger does not let " + to_text(id) + " be issued: " +
                                           why_not_issuable(answer) + "; nothing was issued"};
  }
  return IssuableAchievement{id, std::move(answer)};
}

Attempt<std::vector<AchievementId>> achievements_alike(IssuerSession& session, std::uint32_t number,
                                                       const std::vector<std::string>& titles) {
  std::set<std::string> skeletons;
  for (const auto& title : titles) skeletons.insert(skeleton(title));
  const auto is_same = [&skeletons](const TitleText& title) {
    return skeletons.contains(skeleton(title.text));
  };

  TM_TRY(const auto answer, asked(session.client.achievements(session.profile.institution)));
  std::map<std::uint32_t, AchievementId> newest_of;
  for (const auto& other : answer.achievements) {
    const auto& id = other.record.id;
    if (id.number == number || other.retired || std::ranges::none_of(other.record.titles, is_same))
      continue;
    const auto [newest, fresh] = newest_of.emplace(id.number, id);
    if (!fresh) newest->second.version = std::max(newest->second.version, id.version);
  }
  std::vector<AchievementId> alike;
  for (const auto& [_, id] : newest_of) alike.push_back(id);
  return alike;
}

AwardTerms terms_of(const IssuableAchievement& achievement) {
  const auto& record = achievement.answer.record;
  AwardTerms terms;
  terms.achievement = to_text(achievement.id);
  for (const auto& title : record.titles) terms.titles.push_back(title.text);
  terms.grading = achievement.answer.gradings;
  terms.ects_hundredths = record.ects_hundredths;
  terms.eqf_level = record.eqf_level;
  terms.identity_check = record.identity_check;
  return terms;
}

}  // namespace testamur::wallet
