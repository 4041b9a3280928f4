#include "wallet/cli/flow/viewpoint.h"

#include "wallet/cli/context.h"
#include "wallet/client/json_fields.h"

namespace testamur::wallet {

PolicyOf Viewpoint::policy_of(const std::string& digest) const {
  if (id == node) return PolicyOf::kViewpoint;
  if (published.empty()) return PolicyOf::kNodeNonePublished;
  return digest == published ? PolicyOf::kPublished : PolicyOf::kNodeOtherPublished;
}

Attempt<std::optional<Viewpoint>> read_viewpoint(Client& client, const std::string& id_or_domain) {
  if (id_or_domain.empty()) return std::optional<Viewpoint>{};
  Viewpoint viewpoint;
  TM_TRY(viewpoint.id, institution_named(client, "--viewpoint", id_or_domain));
  TM_TRY(const auto answer, asked(client.institution(viewpoint.id, false), "--viewpoint"));
  const Json& institution = part_of(answer, "institution");
  viewpoint.name = text_of(part_of(institution, "name"), "name_now");
  if (viewpoint.name.empty()) viewpoint.name = id_or_domain;

  // The newest comes first, and is the one in use.
  const Json& policies = part_of(institution, "policies");
  if (!policies.empty()) viewpoint.published = text_of(policies.front(), "digest");

  TM_TRY(const auto status, asked(client.status()));
  const Json& node = part_of(status, "institution");
  viewpoint.node_name = text_of(node, "name_now");
  if (const auto id = from_hex(text_of(node, "id")); id && id->size() == InstitutionId::kSize)
    viewpoint.node = InstitutionId::prefix_of(*id);
  return std::optional(std::move(viewpoint));
}

std::optional<InstitutionId> id_of(const std::optional<Viewpoint>& viewpoint) {
  return viewpoint ? std::optional(viewpoint->id) : std::nullopt;
}

void name_policy(const std::optional<Viewpoint>& viewpoint, RegistryFacts& facts) {
  if (!viewpoint || !facts.acceptance || facts.acceptance->own_policy) return;
  auto& acceptance = *facts.acceptance;
  acceptance.viewpoint = viewpoint->name;
  acceptance.policy_of = viewpoint->policy_of(acceptance.policy_digest);
  acceptance.policy_owner = viewpoint->node_name;
}

}  // namespace testamur::wallet
