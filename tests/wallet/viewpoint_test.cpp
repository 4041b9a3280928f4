#include "wallet/cli/flow/viewpoint.h"

#include "tests/support/catch.h"
#include "wallet/cli/flow/viewpoint_decision.h"
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

// "Ghent accepts", said by Porto's policy, where Ghent publishes another one.
TEST_CASE("what another policy decides is no answer of an institution that publishes its own") {
  RegistryFacts facts;
  facts.acceptance = AcceptanceRecord{};
  facts.acceptance->outcome = Acceptance::kAccept;
  facts.acceptance->policy_digest = "bb";
  facts.acceptance->bodies = {{"Ghent", Acceptance::kAccept, ""}};
  facts.decisions.emplace().push_back({});
  facts.decisions->front().outcome = Acceptance::kAccept;
  const auto named = [&](const std::string& published) {
    auto judged = facts;
    name_policy(Viewpoint{institution(1), "Ghent", published, institution(2), "Porto"}, judged);
    return judged;
  };
  CHECK(named("bb").acceptance->outcome == Acceptance::kAccept);
  CHECK(named("").acceptance->outcome == Acceptance::kAccept);
  const auto other = named("aa");
  CHECK(other.acceptance->outcome == Acceptance::kUnknown);
  CHECK(other.acceptance->explanation ==
        "Porto decides by another policy than the one that Ghent publishes: ask a node of Ghent");
  CHECK(other.acceptance->bodies[0].outcome == Acceptance::kUnknown);
  CHECK(other.decisions->front().outcome == Acceptance::kUnknown);
}

TEST_CASE("for another viewpoint the worst of what governs decides, and a block today always") {
  const auto decision = [](const char* point, Acceptance outcome, bool governs) {
    DecisionRecord record;
    record.point = point;
    record.outcome = outcome;
    record.governs = governs;
    record.explanation = point;
    return record;
  };
  AcceptanceRecord own;
  own.governs = "anchor";
  own.outcome = Acceptance::kAccept;
  const auto outcome = [&](Acceptance at_anchor, Acceptance today, bool both = false) {
    return accepted_by({decision("at anchor", at_anchor, true), decision("today", today, both)},
                       own, false, false)
        .outcome;
  };
  using enum Acceptance;

  CHECK(outcome(kAccept, kRefuse) == kAccept);
  CHECK(outcome(kAccept, kUnknown) == kAccept);
  CHECK(outcome(kAccept, kBlocked) == kBlocked);
  CHECK(outcome(kRefuse, kAccept) == kRefuse);
  CHECK(outcome(kUnknown, kAccept) == kUnknown);
  CHECK(outcome(kAccept, kRefuse, true) == kRefuse);
  CHECK(outcome(kAccept, kUnknown, true) == kUnknown);
  CHECK(accepted_by({}, own, false, false).outcome == kUnknown);
  CHECK(accepted_by({decision("today", kAccept, false)}, own, false, false).outcome == kUnknown);

  // A node that does not recognise the issuer, or awarded it itself, never asked about the
  // assessor.
  CHECK(accepted_by({decision("at anchor", kAccept, true)}, own, true, false).outcome == kUnknown);
  own.outcome = Acceptance::kRefuse;
  own.failed_rule = "amount";
  CHECK(outcome(kAccept, kAccept) == kUnknown);
  CHECK(outcome(kRefuse, kAccept) == kRefuse);

  // Unless it says what holds for everybody: then its own refusal is no answer for another one.
  own.common_rule = "";
  CHECK(outcome(kAccept, kAccept) == kAccept);
  CHECK(outcome(kRefuse, kAccept) == kRefuse);
  own.common_rule = "claim";
  CHECK(outcome(kAccept, kAccept) == kRefuse);
  own.common_rule = "claim_missing";
  CHECK(outcome(kAccept, kAccept) == kUnknown);
  own.common_rule = "a rule of tomorrow";
  CHECK(outcome(kAccept, kAccept) == kUnknown);
  // The viewpoint's own award needs none of it.
  CHECK(accepted_by({decision("at anchor", kAccept, true)}, own, false, true).outcome == kAccept);
  own.common_rule.reset();

  // What concerns the award and nobody's view of it.
  own.failed_rule = "assessor";
  CHECK(outcome(kAccept, kAccept) == kRefuse);
  own.failed_rule.clear();
  own.joint = "all";
  CHECK(outcome(kAccept, kAccept) == kUnknown);
}

}  // namespace testamur::wallet
