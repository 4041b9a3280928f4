// Decisions over the API: which time governs, claims, joint awards, who assesses, tables, limits,
// and the log of them.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "node/rpc/recognition.h"
#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace fs = std::filesystem;
namespace tx = ledger::tx;

constexpr std::uint64_t kDayMs = 86'400'000;

// The node of university 0 looks at what university 1 awards.
struct Deciding {
  RunningNodes nodes{1, {}, 2};
  std::unique_ptr<ApiCaller> api = std::make_unique<ApiCaller>(nodes.at(0).node->api_port());

  // The same node with another configuration.
  void restart(const std::function<void(NodeConfig&)>& change) {
    nodes.stop(0);
    change(nodes.at(0).config);
    nodes.start(0);
    api = std::make_unique<ApiCaller>(nodes.at(0).node->api_port());
  }
  v1::TransactionOutcome commit(std::size_t index, KeyPurpose purpose, const tx::Built& built) {
    auto outcome = api->commit(nodes.sign(index, purpose, built));
    REQUIRE(outcome.state() == v1::TRANSACTION_STATE_COMMITTED);
    return outcome;
  }
  std::uint64_t say(std::size_t by, std::size_t of, tx::StatementKind kind,
                    std::uint64_t from_ms = 1) {
    tx::StatementContent content;
    content.kind = kind;
    content.subject = nodes.at(of).id;
    content.amount = kind == tx::StatementKind::kTrust ? 120 : 0;
    content.valid_from_ms = from_ms;
    auto height = commit(by, KeyPurpose::kGovern, tx::build(nodes.envelope(by), content))
                      .committed()
                      .height();
    api->await_decisions(height);
    return height;
  }
  AchievementId publish(std::size_t index,
                        const std::function<void(tx::AchievementContent&)>& change) {
    tx::AchievementContent content;
    content.number = 1;
    content.version = 1;
    content.titles = {{"en", "Logic"}};
    content.award_kind = tx::AwardKind::kKnowledge;
    content.isced_fields = {613};
    content.eqf_level = 6;
    change(content);
    commit(index, KeyPurpose::kGovern, tx::build(nodes.envelope(index), content));
    return {nodes.at(index).id, 1, 1};
  }
  // What university 1 issued, first = 0, and when it was anchored.
  std::uint64_t issue(const AchievementId& achievement, std::size_t count = 1) {
    auto outcome = api->commit(nodes.batch(1, achievement, 0, count));
    REQUIRE(outcome.state() == v1::TRANSACTION_STATE_COMMITTED);
    api->await_decisions(outcome.committed().height());
    return slot().anchor().time_ms();
  }
  v1::SlotVerdict slot(std::uint64_t claimed_ms = 0) {
    v1::CheckHashRequest request;
    request.set_commitment(bytes_of(RunningNodes::commitment(1, 0).view()));
    request.mutable_options()->set_claimed_ms(claimed_ms);
    grpc::ClientContext context;
    v1::CheckHashResponse response;
    REQUIRE(api->verify->CheckHash(&context, request, &response).ok());
    REQUIRE(response.slots_size() == 1);
    return response.slots(0);
  }
  v1::CheckBulkResponse bulk(std::size_t count) {
    v1::CheckBulkRequest request;
    for (std::size_t i = 0; i < count; ++i) {
      request.mutable_commitments()->append(bytes_of(RunningNodes::commitment(1, i).view()));
    }
    grpc::ClientContext context;
    v1::CheckBulkResponse response;
    REQUIRE(api->verify->CheckBulk(&context, request, &response).ok());
    return response;
  }
};

TEST_CASE(
    "the anchor governs by default, today or both where the policy says so, in single and bulk "
    "answers") {
  Deciding d;

  d.say(0, 1, tx::StatementKind::kTrust);
  const auto anchor = d.issue(d.nodes.publish(1, 0));
  d.say(0, 1, tx::StatementKind::kEnd, anchor + 1);

  // The anchor is accepted and today is not: the time of the block must have passed the end.
  while (d.nodes.at(0).node->chain().head()->header.time_ms <= anchor)
    d.say(0, 2, tx::StatementKind::kTrust);
  d.api->await_decisions(d.nodes.at(0).node->chain().head()->header.height.value);

  const auto check = [&](v1::DecisionOutcome expected, const std::string& governs) {
    CAPTURE(governs);
    const auto slot = d.slot();
    REQUIRE(slot.decisions_size() == 2);
    CHECK(slot.decisions(0).outcome() == v1::DECISION_OUTCOME_ACCEPT);
    CHECK(slot.decisions(1).outcome() == v1::DECISION_OUTCOME_REFUSE);
    CHECK(slot.decisions(0).governs() == (governs != "today"));
    CHECK(slot.decisions(1).governs() == (governs != "anchor"));
    CHECK(slot.acceptance().outcome() == expected);
    CHECK(slot.acceptance().governs() == governs);
    CHECK(slot.acceptance().failed_rule() ==
          (expected == v1::DECISION_OUTCOME_ACCEPT ? "" : "amount"));
    CHECK(d.bulk(1).verdicts(0).slots(0).outcome() == expected);
  };

  check(v1::DECISION_OUTCOME_ACCEPT, "anchor");

  d.restart([](NodeConfig& config) { config.policy.governs = trust::Governs::kToday; });
  check(v1::DECISION_OUTCOME_REFUSE, "today");

  d.restart([](NodeConfig& config) { config.policy.governs = trust::Governs::kBoth; });
  check(v1::DECISION_OUTCOME_REFUSE, "both");
}

TEST_CASE(
    "an issuer that is blocked today is shown as blocked, whatever was true when it anchored") {
  Deciding d;
  d.say(0, 1, tx::StatementKind::kTrust);
  d.issue(d.nodes.publish(1, 0));
  CHECK(d.slot().acceptance().outcome() == v1::DECISION_OUTCOME_ACCEPT);
  d.say(0, 1, tx::StatementKind::kDistrust);
  const auto slot = d.slot();
  CHECK(slot.acceptance().outcome() == v1::DECISION_OUTCOME_BLOCKED);
  CHECK(slot.acceptance().failed_rule() == "block");
  CHECK(slot.decisions(1).governs());
  CHECK(d.bulk(1).verdicts(0).slots(0).outcome() == v1::DECISION_OUTCOME_BLOCKED);
}

TEST_CASE(
    "a claimed date of award is decided at and, where the policy has a lag, must fit the anchor") {
  Deciding d;
  d.say(0, 1, tx::StatementKind::kTrust);
  const auto anchor = d.issue(d.nodes.publish(1, 0));

  auto slot = d.slot(anchor - 3 * kDayMs);
  REQUIRE(slot.decisions_size() == 3);
  CHECK(slot.decisions(2).point() == v1::DECISION_POINT_AT_CLAIM);
  CHECK(slot.decisions(2).at_time_ms() == anchor - 3 * kDayMs);
  CHECK_FALSE(slot.decisions(2).governs());
  CHECK(slot.acceptance().outcome() == v1::DECISION_OUTCOME_ACCEPT);

  d.restart([](NodeConfig& config) { config.policy.max_anchor_lag_ms = 2 * kDayMs; });
  slot = d.slot(anchor - 3 * kDayMs);
  CHECK(slot.acceptance().outcome() == v1::DECISION_OUTCOME_REFUSE);
  CHECK(slot.acceptance().failed_rule() == "claim");
  CHECK(slot.acceptance().claim_governs());

  CHECK(d.slot(anchor + 1).acceptance().failed_rule() == "claim");
  CHECK(d.slot(anchor - kDayMs).decisions(2).governs());

  // Without the date nobody knows whether it fits: that is no acceptance, in bulk neither.
  CHECK(d.slot().acceptance().claim_governs());
  CHECK(d.slot().acceptance().outcome() == v1::DECISION_OUTCOME_UNSPECIFIED);
  CHECK(d.slot().acceptance().explanation().find("award_date") != std::string::npos);
  CHECK(d.bulk(1).verdicts(0).slots(0).outcome() == v1::DECISION_OUTCOME_UNSPECIFIED);
}

TEST_CASE(
    "a policy that keeps assessors apart refuses what one institution both teaches and assesses") {
  Deciding d;
  d.restart([](NodeConfig& config) { config.policy.separate_assessor = true; });
  d.say(0, 1, tx::StatementKind::kTrust);
  d.issue(d.publish(1, [](auto&) {}));  // neither is named: the awarding body does both
  CHECK(d.slot().acceptance().failed_rule() == "assessor");
  CHECK(d.slot().acceptance().outcome() == v1::DECISION_OUTCOME_REFUSE);
  CHECK(d.slot().decisions(0).outcome() == v1::DECISION_OUTCOME_ACCEPT);
}

TEST_CASE("what one institution teaches and another assesses passes the rule on assessors") {
  Deciding d;
  d.restart([](NodeConfig& config) { config.policy.separate_assessor = true; });
  d.say(0, 1, tx::StatementKind::kTrust);
  d.issue(d.publish(1, [&](auto& content) { content.assesses = {d.nodes.at(2).id}; }));
  CHECK(d.slot().acceptance().outcome() == v1::DECISION_OUTCOME_ACCEPT);
}

TEST_CASE(
    "of a joint award every awarding body is judged and shown; the policy asks for all or any") {
  Deciding d;

  d.say(0, 1, tx::StatementKind::kTrust);
  const auto achievement = d.publish(1, [&](auto& content) {
    content.awarding_bodies = {d.nodes.at(1).id, d.nodes.at(2).id};
    std::ranges::sort(content.awarding_bodies);
  });

  d.commit(2, KeyPurpose::kGovern,
           tx::build(d.nodes.envelope(2), tx::AchievementCosignContent{achievement}));
  d.issue(achievement);

  auto acceptance = d.slot().acceptance();
  CHECK(acceptance.outcome() == v1::DECISION_OUTCOME_REFUSE);
  CHECK(acceptance.joint() == "all");
  REQUIRE(acceptance.bodies_size() == 2);
  CHECK(acceptance.bodies(0).body().name_now() == "University 1");
  CHECK(acceptance.bodies(0).outcome() == v1::DECISION_OUTCOME_ACCEPT);
  CHECK(acceptance.bodies(0).decisions_size() == 0);

  CHECK(acceptance.bodies(1).body().name_now() == "University 2");
  CHECK(acceptance.bodies(1).failed_rule() == "amount");
  CHECK(acceptance.bodies(1).decisions_size() == 2);

  CHECK(d.bulk(1).verdicts(0).slots(0).outcome() == v1::DECISION_OUTCOME_REFUSE);

  d.restart([](NodeConfig& config) { config.policy.joint = trust::Joint::kAny; });
  acceptance = d.slot().acceptance();
  CHECK(acceptance.outcome() == v1::DECISION_OUTCOME_ACCEPT);
  CHECK(acceptance.joint() == "any");
}

TEST_CASE("tables are made off the readers' path and answer as a full decision does") {
  Deciding d;
  d.say(0, 1, tx::StatementKind::kTrust);
  auto& chain = d.nodes.at(0).node->chain();

  Recognition recognition(d.nodes.at(0).id, {}, {d.nodes.at(2).id});
  recognition.start(chain.head());
  trust::ScopePoint point;

  const auto find = [&](std::size_t viewpoint, std::size_t issuer) {
    const auto view = recognition.view();
    return recognition.find(*view, d.nodes.at(viewpoint).id, point, d.nodes.at(issuer).id,
                            view->as_of().today_ms);
  };

  CHECK_FALSE(find(0, 1).has_value());  // asked for, not there yet

  recognition.follow(chain.head());
  while (recognition.view()->tables().empty()) std::this_thread::yield();
  CHECK(find(0, 1) == trust::Outcome::kAccept);
  CHECK(find(0, 2) == trust::Outcome::kRefuse);
  CHECK(find(2, 1) == trust::Outcome::kRefuse);
  CHECK(find(2, 2) == trust::Outcome::kAccept);

  CHECK(recognition.keeps(d.nodes.at(2).id));
  CHECK_FALSE(recognition.keeps(d.nodes.at(1).id));

  const auto before = recognition.view();
  CHECK_FALSE(
      recognition
          .find(*before, d.nodes.at(0).id, point, d.nodes.at(1).id, before->as_of().today_ms - 1)
          .has_value());

  d.say(0, 1, tx::StatementKind::kDistrust);
  recognition.follow(chain.head());
  while (recognition.view() == before) std::this_thread::yield();
  CHECK(find(0, 1) == trust::Outcome::kBlocked);

  recognition.stop();
}

TEST_CASE("an outcome alone is the outcome of the full decision, for any viewpoint") {
  Deciding d;
  d.say(0, 1, tx::StatementKind::kTrust);
  for (std::size_t viewpoint : {0U, 2U}) {
    v1::DecideRequest request;
    request.set_issuer_id(bytes_of(d.nodes.at(1).id.view()));
    request.set_viewpoint_id(bytes_of(d.nodes.at(viewpoint).id.view()));
    v1::DecideResponse full, alone;
    grpc::ClientContext first, second;

    REQUIRE(d.api->trust->Decide(&first, request, &full).ok());
    request.set_outcome_only(true);
    REQUIRE(d.api->trust->Decide(&second, request, &alone).ok());

    CHECK(alone.decision().outcome() == full.decision().outcome());
    CHECK(alone.decision().outcome() ==
          (viewpoint == 0 ? v1::DECISION_OUTCOME_ACCEPT : v1::DECISION_OUTCOME_REFUSE));

    CHECK(alone.decision().paths_size() == 0);
    CHECK(alone.decision().policy_digest() == full.decision().policy_digest());
  }
}

TEST_CASE("questions of other viewpoints count for many calls of an address") {
  Deciding d;
  d.restart([](NodeConfig& config) {
    config.api.rate_per_second = 1;
    config.api.rate_burst = 50;
  });

  v1::DecideRequest request;
  request.set_issuer_id(bytes_of(d.nodes.at(1).id.view()));
  request.set_viewpoint_id(bytes_of(d.nodes.at(2).id.view()));

  grpc::Status status;
  int answered = 0;
  for (; answered < 10; ++answered) {
    grpc::ClientContext context;
    v1::DecideResponse response;
    status = d.api->trust->Decide(&context, request, &response);
    if (!status.ok()) break;
  }

  CHECK(answered >= 2);
  CHECK(answered < 10);
  CHECK(detail_of(status).code() == "rate_limit");
}

// What a node wrote down of its decisions, once it has stopped.
std::string decisions_of(Deciding& d) {
  d.nodes.stop(0);
  std::string all;
  for (const auto& entry :
       fs::recursive_directory_iterator(decisions_directory(d.nodes.at(0).config.data_dir))) {
    std::ifstream in(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  return all;
}

TEST_CASE("the log of decisions counts what was decided and holds nothing that was looked up") {
  Deciding d;

  d.say(0, 1, tx::StatementKind::kTrust);
  d.issue(d.nodes.publish(1, 0), 300);
  for (int i = 0; i < 3; ++i) d.slot();
  d.bulk(300);

  const auto all = decisions_of(d);
  INFO(all);
  const auto issuer = to_text(d.nodes.at(1).id);

  CHECK(all.starts_with("hour,kind,viewpoint,issuer,fields,level,award_type,purpose,at_day,"));
  CHECK(all.find(",verdict," + to_text(d.nodes.at(0).id) + "," + issuer + ",0613,6,,,") !=
        std::string::npos);
  CHECK(all.find(",accept,,,300\n") != std::string::npos);

  // What a verifier looked up is not in the log, not even in part.
  for (std::size_t i = 0; i < 300; ++i) {
    const auto looked_up = RunningNodes::commitment(1, i);
    CHECK(all.find(looked_up.hex().substr(0, 16)) == std::string::npos);
    CHECK(all.find(bytes_of(looked_up.view())) == std::string::npos);
  }

  CHECK(all.find("127.0.0.1") == std::string::npos);
  CHECK(all.find("urn:testamur") == std::string::npos);
}

// The first check is answered on gRPC's thread as far as it goes and begun again in a turn of the
// workers, because nothing is known yet; the others are not.
TEST_CASE("a check that has to be judged first is told like any other, and counted once") {
  Deciding d;
  d.say(0, 1, tx::StatementKind::kTrust);
  d.issue(d.nodes.publish(1, 0), 1);
  // Another block, and the view that is made of it: nothing is known again.
  d.say(0, 2, tx::StatementKind::kTrust);

  const auto words = [](v1::SlotVerdict slot) { return slot.SerializeAsString(); };
  const auto first = words(d.slot());
  CHECK(words(d.slot()) == first);
  CHECK(words(d.slot()) == first);

  v1::CheckReferenceRequest request;
  request.set_issuer_id(bytes_of(d.nodes.at(1).id.view()));
  grpc::ClientContext context;
  v1::CheckReferenceResponse response;
  REQUIRE(d.api->verify->CheckReference(&context, request, &response).ok());
  CHECK(response.slot().acceptance().outcome() == v1::DECISION_OUTCOME_ACCEPT);

  // One when it was issued (Deciding::issue looks), three, and one by reference.
  const auto all = decisions_of(d);
  INFO(all);
  std::uint64_t verdicts = 0;
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(",verdict,") != std::string::npos)
      verdicts += std::stoull(line.substr(line.rfind(',') + 1));
  }
  CHECK(verdicts == 5);
}

}  // namespace
}  // namespace testamur::node
