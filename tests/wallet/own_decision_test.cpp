// A credential's issuer judged by the verifier's own policy file, from a node.
#include "wallet/cli/flow/own_decision.h"

#include "tests/support/catch.h"
#include "tests/wallet/trust_fixture.h"
#include "wallet/client/facts.h"
#include "wallet/credential/last_day.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;
using test::SpeakingLedger;

constexpr std::uint64_t kDayMs = 86'400'000;

// University 1 awards; the verifier knows university 0.
struct Judging {
  SpeakingLedger ledger{5};
  AchievementId achievement;
  std::uint64_t anchor_ms = 0;
  std::uint64_t asked_after_ms = 0;  // since the newest block

  explicit Judging(
      const std::function<void(SpeakingLedger&, tx::AchievementContent&)>& change = nullptr) {
    ledger.trust(0, 1);

    tx::AchievementContent content;
    content.number = 1;
    content.version = 1;
    content.titles = {{"en", "Logic"}};
    content.award_kind = tx::AwardKind::kKnowledge;
    content.isced_fields = {613};
    content.eqf_level = 6;

    if (change) change(ledger, content);
    ledger.commit(1, KeyPurpose::kGovern, tx::build(ledger.nodes.envelope(1), content));
    achievement = {ledger.id(1), 1, 1};

    ledger.settle();
    anchor_ms = ledger.nodes.at(0).node->chain().head()->header.time_ms;
  }
  std::string policy(const std::string& text) {
    const auto path = ledger.context.path("policy.toml");
    REQUIRE(write_file_atomically(path, as_bytes(text), Overwrite::kAllowed).ok());
    return path;
  }
  std::string knows_0(const std::string& keys = "") {
    return policy("[policy]\n" + keys + "[[policy.statement]]\nsubject = \"" +
                  to_text(ledger.id(0)) + "\"\ndepth = 1\n");
  }
  // As if a credential of the achievement had been found anchored; `award_date` is the claim, and
  // empty where it is withheld.
  RegistryFacts judge(const std::string& policy_file, const std::string& award_date = "",
                      bool anchored = true) {
    CredentialView credential;
    credential.head.reference = make_reference(ledger.nodes.chain(), ledger.id(1), IssuerIndex{7});
    credential.head.achievement = achievement;
    credential.head.issued_at_s = anchor_ms / 1000;
    if (!award_date.empty()) credential.disclosed[ClaimId::kAwardDate] = award_date;

    RegistryFacts facts;
    facts.slots.emplace();
    if (anchored) {
      SlotRecord slot;
      slot.issuer = ledger.id(1);
      slot.index = IssuerIndex{7};
      slot.anchor_time_ms = anchor_ms;
      facts.slots->push_back(slot);
    }

    auto view = ledger.client.achievement(achievement);
    REQUIRE(std::holds_alternative<AchievementAnswer>(view));
    auto question = award_question(std::get<AchievementAnswer>(view));
    INFO(question.message());
    REQUIRE(question.ok());

    NodeGraph node(ledger.client);
    const auto files = read_own_files(ledger.context, policy_file, "");
    INFO(files.message());
    REQUIRE(files.ok());
    OwnDecision asked{*files, ""};
    asked.now_ms = anchor_ms + asked_after_ms;
    asked.max_age_ms = kDayMs;
    const auto decided = decide_by_own_policy(node, asked, *question, credential, facts);
    INFO(decided.message());
    REQUIRE(decided.ok());
    return facts;
  }
};

TEST_CASE(
    "a policy file decides for a verifier without a node, and says that it is the verifier's own") {
  Judging j;
  const auto facts = j.judge(j.knows_0());
  REQUIRE(facts.acceptance.has_value());

  CHECK(facts.acceptance->outcome == Acceptance::kAccept);
  CHECK(facts.acceptance->own_policy);
  CHECK(facts.acceptance->viewpoint == "this policy");

  REQUIRE(facts.decisions->size() == 3);
  for (const auto& decision : *facts.decisions) CHECK(decision.own_policy);
  CHECK(facts.decisions->at(0).governs);
  CHECK_FALSE(facts.decisions->at(1).governs);
  CHECK(facts.decisions->at(2).point == "at the claimed date");

  CHECK(facts.decisions->at(0).paths.at(0) == "this policy > University 0 > University 1 (120)");

  // The policy knows nobody; with a viewpoint it decides by that one's recognitions.
  CHECK(j.judge(j.policy("[policy]\n")).acceptance->outcome == Acceptance::kRefuse);
  CHECK(j.judge(j.policy("[policy]\nviewpoint = \"" + to_text(j.ledger.id(0)) + "\"\n"))
            .acceptance->outcome == Acceptance::kAccept);
}

// A block at the anchor was explained by today's decision, and one of today by that at the anchor.
TEST_CASE("acceptance is explained by the decision that decided") {
  Judging j;
  const auto says_block = [](const RegistryFacts& facts) {
    INFO(facts.acceptance->explanation);
    CHECK(facts.acceptance->outcome == Acceptance::kBlocked);
    CHECK(facts.acceptance->explanation == "somebody whose distrust counts distrusts the issuer");
  };
  const auto file = j.knows_0("vetoers = [\"" + to_text(j.ledger.id(0)) + "\"]\n");
  CHECK(j.judge(file).acceptance->explanation.starts_with("amount "));

  j.ledger.distrust(0, 1);
  j.ledger.settle();
  says_block(j.judge(file));  // accepted at the anchor, blocked today

  j.anchor_ms = j.ledger.nodes.at(0).node->chain().head()->header.time_ms;
  j.ledger.trust(0, 1);
  j.ledger.settle();
  says_block(j.judge(file));  // blocked at the anchor, accepted today
}

TEST_CASE("an own policy can let the claimed date of award count") {
  Judging j;
  const auto file = j.knows_0("max_anchor_lag_days = 2\n");
  CHECK(j.judge(file, day_text(j.anchor_ms)).acceptance->claim_governs);
  const auto early = j.judge(file, day_text(j.anchor_ms - 4 * kDayMs)).acceptance;
  CHECK(early->outcome == Acceptance::kRefuse);
  CHECK(early->failed_rule == "claim");
}

// The time at which it was signed stood in for the date, and lies at the anchor.
TEST_CASE("whoever withholds the award date is not accepted by a policy that asks for it") {
  Judging j;
  const auto withheld = j.judge(j.knows_0("max_anchor_lag_days = 30\n"));
  REQUIRE(withheld.acceptance.has_value());
  CHECK(withheld.acceptance->outcome == Acceptance::kUnknown);
  CHECK(withheld.acceptance->explanation.find("ask for award_date") != std::string::npos);
  CHECK(withheld.decisions->at(2).outcome == Acceptance::kUnknown);
  CHECK(withheld.decisions->at(2).governs);

  // Where the policy gives the date no say it is undecided, and stands in nobody's way.
  const auto indifferent = j.judge(j.knows_0());
  CHECK(indifferent.acceptance->outcome == Acceptance::kAccept);
  CHECK(indifferent.decisions->at(2).outcome == Acceptance::kUnknown);
  CHECK_FALSE(indifferent.decisions->at(2).governs);
}

TEST_CASE("without an anchor acceptance stays open, unless today governs") {
  Judging j;
  const auto open = j.judge(j.knows_0(), "", false);
  CHECK_FALSE(open.acceptance.has_value());
  CHECK(open.problem.find("is not known") != std::string::npos);
  CHECK(open.decisions->size() == 2);
  CHECK(j.judge(j.knows_0("governs = \"today\"\n"), "", false).acceptance->outcome ==
        Acceptance::kAccept);
}

TEST_CASE("an own policy keeps assessors apart") {
  Judging same;
  CHECK(same.judge(same.knows_0("separate_assessor = true\n")).acceptance->failed_rule ==
        "assessor");
  Judging apart([](auto& ledger, auto& content) { content.assesses = {ledger.id(2)}; });
  CHECK(apart.judge(apart.knows_0("separate_assessor = true\n")).acceptance->outcome ==
        Acceptance::kAccept);
}

TEST_CASE("an own policy judges each awarding body of a joint award") {
  Judging j([](auto& ledger, auto& content) {
    content.awarding_bodies = {ledger.id(1), ledger.id(2)};
    std::ranges::sort(content.awarding_bodies);
  });
  auto acceptance = j.judge(j.knows_0()).acceptance;
  CHECK(acceptance->outcome == Acceptance::kRefuse);
  CHECK(acceptance->joint == "all");
  REQUIRE(acceptance->bodies.size() == 2);
  CHECK(acceptance->bodies[0].name == "University 1");
  CHECK(acceptance->bodies[0].outcome == Acceptance::kAccept);
  CHECK(acceptance->bodies[1].failed_rule == "amount");
  CHECK(j.judge(j.knows_0("joint = \"any\"\n")).acceptance->outcome == Acceptance::kAccept);
}

// A file of recognitions of any age decided what its owner thinks today.
TEST_CASE("recognitions that are too old leave open what holds today, and say of when they are") {
  Judging j;
  const auto fresh = j.judge(j.knows_0());
  REQUIRE(fresh.acceptance->as_of.has_value());
  CHECK(fresh.acceptance->as_of->time_ms + kDayMs >= j.anchor_ms);

  j.asked_after_ms = 3 * kDayMs;
  const auto accepted = j.judge(j.knows_0());
  CHECK(accepted.acceptance->outcome == Acceptance::kUnknown);
  CHECK(accepted.acceptance->explanation.find("--max-graph-age") != std::string::npos);
  CHECK(accepted.decisions->at(0).outcome == Acceptance::kAccept);
  CHECK(accepted.decisions->at(1).outcome == Acceptance::kUnknown);

  // Who was refused at the anchor stays refused, whatever was said since.
  CHECK(j.judge(j.policy("[policy]\n")).acceptance->outcome == Acceptance::kRefuse);
  CHECK(j.judge(j.policy("[policy]\ngoverns = \"today\"\n")).acceptance->outcome ==
        Acceptance::kUnknown);
}

}  // namespace
}  // namespace testamur::wallet
