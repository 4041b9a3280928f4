#include "wallet/cli/flow/viewpoint.h"

#include "tests/support/catch.h"
#include "wallet/verify/verdict.h"

namespace testamur::wallet {
namespace {

InstitutionId institution(std::uint8_t number) {
  InstitutionId id;
  id.bytes[0] = number;
  return id;
}

}  // namespace

TEST_CASE(
    "a decision for another institution is by what it publishes, or it says by whose policy and "
    "why") {
  const Viewpoint nothing{institution(1), "Ghent", "", institution(2), "Porto"};
  const Viewpoint published{institution(1), "Ghent", "aa", institution(2), "Porto"};
  const Viewpoint at_home{institution(2), "Porto", "aa", institution(2), "Porto"};
  CHECK(nothing.policy_of("aa") == PolicyOf::kNodeNonePublished);
  CHECK(nothing.policy_of("") == PolicyOf::kNodeNonePublished);
  CHECK(published.policy_of("aa") == PolicyOf::kPublished);
  CHECK(published.policy_of("bb") == PolicyOf::kNodeOtherPublished);
  CHECK(at_home.policy_of("bb") == PolicyOf::kViewpoint);
  CHECK(whose_policy(nothing.policy_of("aa"), nothing.name, nothing.node_name) ==
        "by Porto's policy, since Ghent publishes none");
}

TEST_CASE("the caller's own policy stays the caller's, whatever viewpoint was named") {
  RegistryFacts facts;
  facts.acceptance = AcceptanceRecord{};
  facts.acceptance->own_policy = true;
  facts.acceptance->policy_of = PolicyOf::kCaller;
  name_policy(Viewpoint{institution(1), "Ghent", "", institution(2), "Porto"}, facts);
  CHECK(facts.acceptance->policy_of == PolicyOf::kCaller);
  facts.acceptance->own_policy = false;
  name_policy(Viewpoint{institution(1), "Ghent", "", institution(2), "Porto"}, facts);
  CHECK(facts.acceptance->policy_of == PolicyOf::kNodeNonePublished);
  CHECK(facts.acceptance->policy_owner == "Porto");
}

}  // namespace testamur::wallet
