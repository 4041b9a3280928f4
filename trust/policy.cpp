// The checks of a policy, its bytes and its words. Invariants: whatever changes an answer is in
// encode(), local statements by their salted ids only; in_words() says the same for people, a line
// a rule.
#include "trust/policy.h"

#include <algorithm>

#include "common/day.h"

namespace testamur::trust {
namespace {

bool ascending(const std::vector<InstitutionId>& ids) {
  return std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end();
}

std::optional<PolicyError> check_requirement(const AccreditationRequirement& requirement) {
  const bool known_schemes =
      (requirement.schemes >> kSchemeCount) == 0 && (requirement.schemes & 1U) == 0;
  if (requirement.amount == 0 || check(requirement.when) || !known_schemes)
    return PolicyError::kRequirement;
  return std::nullopt;
}

std::string ceiling_text(std::uint32_t ceiling) {
  if (ceiling == kNoCeiling) return "carries what its statements allow";
  return ceiling == 0 ? "carries nothing" : "carries at most " + std::to_string(ceiling);
}

std::string schemes_text(std::uint16_t schemes) {
  if (schemes == 0) return "any scheme";
  std::string text;
  for (unsigned i = 1; i < kSchemeCount; ++i) {
    if ((schemes >> i) & 1U)
      text += (text.empty() ? "" : " or ") + std::string(to_text(static_cast<Scheme>(i)));
  }
  return text;
}

void chains_in_words(const Policy& policy, std::string& text) {
  constexpr std::array<const char*, 3> kChains{"A statement of our own", "A chain over one friend",
                                               "A chain over a friend and a friend of that friend"};
  for (std::size_t i = 0; i < kChains.size(); ++i) {
    text += std::string(kChains[i]) + " " + ceiling_text(policy.ceilings[i]) + ".\n";
  }
}

}  // namespace

std::string_view to_text(Governs governs) {
  switch (governs) {
    case Governs::kAnchor: return "anchor";
    case Governs::kToday: return "today";
    case Governs::kBoth: return "both";
  }
  return "unknown";
}

std::string_view to_text(Joint joint) { return joint == Joint::kAny ? "any" : "all"; }

std::string_view to_text(PolicyError error) {
  switch (error) {
    case PolicyError::kThreshold: return "the threshold must be at least 1";
    case PolicyError::kPathFloor: return "path_floor must be 1 to 120";
    case PolicyError::kCeilings: return "ceilings must not ascend with the length of the chain";
    case PolicyError::kVetoers: return "vetoers must be ascending and unique";
    case PolicyError::kVetoQuorum: return "veto_quorum must be at least 1";
    case PolicyError::kRequirement:
      return "an accreditation requirement needs an amount, a scope and known schemes";
    case PolicyError::kLocalStatement: return "a local statement is not well formed";
  }
  return "unknown error";
}

std::optional<PolicyError> check(const Policy& policy, std::size_t* local_at) {
  if (policy.threshold == 0) return PolicyError::kThreshold;
  if (policy.path_floor == 0 || policy.path_floor > kFullAmount) return PolicyError::kPathFloor;

  const auto& c = policy.ceilings;
  if (c[0] < c[1] || c[1] < c[2]) return PolicyError::kCeilings;

  if (!ascending(policy.vetoers)) return PolicyError::kVetoers;
  if (policy.veto_quorum == 0) return PolicyError::kVetoQuorum;

  for (const auto& requirement : policy.accreditation) {
    if (auto wrong = check_requirement(requirement)) return wrong;
  }

  for (std::size_t i = 0; i < policy.local.size(); ++i) {
    Statement statement = policy.local[i];
    statement.truster =
        statement.subject;  // ignored in a policy: any other party will do for the form
    statement.truster.bytes[0] ^= 1U;

    if (check_local_form(statement)) {
      if (local_at != nullptr) *local_at = i;
      return PolicyError::kLocalStatement;
    }
  }
  return std::nullopt;
}

Bytes encode(const Policy& policy) {
  Encoder out;
  out.u8(1).u32(policy.threshold).u32(policy.independent_paths).u8(policy.path_floor);
  for (const auto ceiling : policy.ceilings) out.u32(ceiling);

  out.u32(static_cast<std::uint32_t>(policy.vetoers.size()));
  for (const auto& vetoer : policy.vetoers) out.fixed(vetoer);

  out.u32(policy.veto_quorum).u32(static_cast<std::uint32_t>(policy.accreditation.size()));
  for (const auto& requirement : policy.accreditation) {
    encode(out, requirement.when);
    out.u32(requirement.amount).u16(requirement.schemes);
  }

  out.u8(static_cast<std::uint8_t>(policy.governs)).u64(policy.max_anchor_lag_ms);

  // A bit, not a field: the digest of a policy that says nothing of joint awards stays what it was
  // (0970).
  const unsigned flags =
      (policy.separate_assessor ? 1U : 0U) | (policy.joint == Joint::kAny ? 2U : 0U);
  out.u32(policy.follow_successors_days).u8(static_cast<std::uint8_t>(flags));

  out.u32(static_cast<std::uint32_t>(policy.local.size()));
  for (const auto& statement : policy.local) out.fixed(statement.id);
  return out.take();
}

Hash256 digest(const Policy& policy) { return tags::kPolicy(encode(policy)); }

std::string in_words(const Policy& policy) {
  std::string text = "An issuer is accepted when statements worth " +
                     std::to_string(policy.threshold) + " in all lead from us to it.\n";
  chains_in_words(policy, text);

  if (policy.independent_paths > 1) {
    text += "At least " + std::to_string(policy.independent_paths) +
            " independent chains of statements of " + std::to_string(policy.path_floor) +
            " or more are needed, unless a statement of our own is worth " +
            std::to_string(policy.threshold) + ".\n";
  }

  text += "Whom we distrust is blocked";
  if (!policy.vetoers.empty()) {
    text += ", and whom " + std::to_string(policy.veto_quorum) + " of our " +
            std::to_string(policy.vetoers.size()) + " vetoers distrust";
  }
  text += ".\n";

  for (const auto& requirement : policy.accreditation) {
    text += "For " + to_text(requirement.when) + " an accreditation worth " +
            std::to_string(requirement.amount) + " under " + schemes_text(requirement.schemes) +
            " is needed.\n";
  }

  switch (policy.governs) {
    case Governs::kAnchor:
      text += "What held when the ledger took the credential in decides.\n";
      break;
    case Governs::kToday: text += "What holds today decides.\n"; break;
    case Governs::kBoth:
      text += "It must have held when the ledger took the credential in, and hold today.\n";
      break;
  }

  if (policy.max_anchor_lag_ms > 0) {
    text += "The claimed award date counts too; it may lie at most " +
            std::to_string(policy.max_anchor_lag_ms / kDayMs) + " days before that.\n";
  }

  text += "Trust in a closed institution passes to its heir for " +
          std::to_string(policy.follow_successors_days) + " days; distrust follows for good.\n";

  if (policy.separate_assessor)
    text += "Who teaches and who assesses must differ and have no common parent.\n";
  text += policy.joint == Joint::kAny ? "Of a joint award, one accepted awarding body suffices.\n"
                                      : "Of a joint award, every awarding body must be accepted.\n";

  if (!policy.local.empty()) {
    text +=
        std::to_string(policy.local.size()) + " unpublished statements of our own count as well.\n";
  }
  return text;
}

}  // namespace testamur::trust
