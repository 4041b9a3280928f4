// Whether the caller's own policy accepts a credential's issuer: decided here, from what a node
// lists or a file holds. One thread.
#pragma once

#include <optional>
#include <string>

#include "trust/judge.h"
#include "wallet/cli/flow/graph_source.h"
#include "wallet/cli/flow/local_view.h"
#include "wallet/credential/credential.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

struct OwnDecision {
  std::string policy_file;
  std::string purpose;
  // Whose view it is, in the place of the one that the file names, and the digest of what it
  // publishes.
  std::optional<InstitutionId> viewpoint = std::nullopt;
  std::string published = {};
};

// What is asked about an achievement: its scope point and who teaches, assesses and awards it.
struct AwardQuestion {
  trust::ScopePoint point;
  std::optional<trust::AwardParties> parties;
  std::vector<InstitutionId> bodies;
};
AwardQuestion award_question(const AchievementAnswer& answer);
// From the AchievementView of the API (JSON), as published by `id`.
Result<AwardQuestion> award_question(const Json& achievement_view, const AchievementId& id);

// Replaces the decisions in `facts` by those of the policy file. Where no slot is known, the
// decision at the anchor is missing and acceptance stays open unless today governs. Fails on a bad
// policy (a usage error) or where the source does not answer.
Status decide_by_own_policy(GraphSource& source, const OwnDecision& asked,
                            const AwardQuestion& question, const CredentialView& credential,
                            RegistryFacts& facts);

}  // namespace testamur::wallet
