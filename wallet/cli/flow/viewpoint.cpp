#include "wallet/cli/flow/viewpoint.h"

#include "wallet/cli/context.h"

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
  viewpoint.name = answer.name.name_now;
  if (viewpoint.name.empty()) viewpoint.name = id_or_domain;

  // The newest comes first, and is the one in use.
  if (!answer.policies.empty()) viewpoint.published = answer.policies.front().digest;

  TM_TRY(const auto status, asked(client.status()));
  if (!status.institution.is_named()) {
    return Failure{
        ExitCode::kFailure,
        "--viewpoint: the node does not say whose it is, and so not whose policy decides"};
  }
  viewpoint.node = status.institution.id;
  viewpoint.node_name = status.institution.name_now;
  return std::optional(std::move(viewpoint));
}

std::optional<InstitutionId> id_of(const std::optional<Viewpoint>& viewpoint) {
  return viewpoint ? std::optional(viewpoint->id) : std::nullopt;
}

void name_policy(const std::optional<Viewpoint>& viewpoint, RegistryFacts& facts) {
  if (!viewpoint || !facts.acceptance || facts.acceptance->own_policy) return;
  auto& acceptance = *facts.acceptance;
  acceptance.viewpoint = viewpoint->name;
  acceptance.viewpoint_id = viewpoint->id;
  acceptance.policy_of = viewpoint->policy_of(acceptance.policy_digest);
  acceptance.policy_owner = viewpoint->node_name;
  if (acceptance.policy_of != PolicyOf::kNodeOtherPublished) return;

  // What another policy says is no answer of the one that is published.
  acceptance.outcome = Acceptance::kUnknown;
  acceptance.failed_rule.clear();
  acceptance.explanation = ask_its_own_node(*viewpoint);
  for (auto& body : acceptance.bodies) body.outcome = Acceptance::kUnknown;
  if (!facts.decisions) return;
  for (auto& decision : *facts.decisions) {
    decision.outcome = Acceptance::kUnknown;
    decision.failed_rule.clear();
    decision.explanation = acceptance.explanation;
    decision.paths.clear();
  }
}

std::string ask_its_own_node(const Viewpoint& viewpoint) {
  return (viewpoint.node_name.empty() ? std::string("the node") : viewpoint.node_name) +
         " decides by another policy than the one that " + viewpoint.name +
         " publishes: ask a node of " + viewpoint.name;
}

}  // namespace testamur::wallet
