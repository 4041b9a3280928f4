// Whether the caller's own policy accepts a credential's issuer: decided here, from what a node
// lists or a file holds. One thread.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "trust/judge.h"
#include "wallet/cli/flow/graph_source.h"
#include "wallet/cli/flow/local_view.h"
#include "wallet/cli/flow/own_files.h"
#include "wallet/credential/credential.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

struct OwnDecision {
  const OwnFiles& files;  // must outlive the question
  std::string purpose;
  // Whose view it is, in the place of the one that the file names, and the digest of what it
  // publishes.
  std::optional<InstitutionId> viewpoint = std::nullopt;
  std::string published = {};
  // Recognitions of an older block than this leave open what holds today: whoever distrusts the
  // issuer by now is not in them.
  std::uint64_t now_ms = 0;
  std::uint64_t max_age_ms = std::numeric_limits<std::uint64_t>::max();
};

// How old recognitions may be that answer for today.
inline constexpr std::uint64_t kMaxGraphAgeMs = 86'400'000;
// Why what holds today is not known; empty where the recognitions are of now. Pure.
// `otherwise`: what else helps where they are old.
std::string why_old(const trust::AsOf& as_of, std::uint64_t now_ms, std::uint64_t max_age_ms,
                    const std::string& otherwise);

// What is asked about an achievement: its scope point and who teaches, assesses and awards it.
struct AwardQuestion {
  trust::ScopePoint point;
  std::optional<trust::AwardParties> parties;
  std::vector<InstitutionId> bodies;
};
// Fails where a part of it is not known.
Result<AwardQuestion> award_question(const AchievementAnswer& answer);

// Replaces the decisions in `facts` by those of the policy file. Where no slot is known, the
// decision at the anchor is missing and acceptance stays open unless today governs. Fails where the
// source does not answer.
Status decide_by_own_policy(GraphSource& source, const OwnDecision& asked,
                            const AwardQuestion& question, const CredentialView& credential,
                            RegistryFacts& facts);

}  // namespace testamur::wallet
