// Achievements, issuing and statuses: one case a rule.
#include <algorithm>

#include "ledger/pages.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

tx::StatusChangeContent change(tx::StatusAction action, std::vector<std::uint64_t> indexes) {
  tx::StatusChangeContent content;
  content.action = action;
  std::vector<IssuerIndex> list;
  for (const auto index : indexes) list.emplace_back(index);
  content.target = std::move(list);
  return content;
}

ledger::CredentialStatus status(TestLedger& ledger, const Actor& issuer, std::uint64_t index) {
  const ledger::Pages pages(ledger.state());
  const auto slot = pages.find(issuer.id, IssuerIndex{index});
  TM_CHECK(slot, "no slot at", index);
  return pages.status(*slot);
}

constexpr auto kGovern = KeyPurpose::kGovern;
constexpr auto kIssue = KeyPurpose::kIssue;
using ledger::CredentialStatus;

}  // namespace

TEST_CASE(
    "a published achievement is read back from the registry as it was built, with who published it "
    "and when") {
  TestLedger ledger;

  const auto id = ledger.publish(ledger.aurora);
  const auto achievement = tx::read_achievement(ledger.state(), id);

  REQUIRE(achievement);
  CHECK(achievement->published.content == sample_achievement());
  CHECK(achievement->published.actor == ledger.aurora.id);
  CHECK(achievement->published.at.height == ledger.height());
  CHECK(achievement->published.cause.key == ledger.aurora.key_of(kGovern));

  CHECK(achievement->complete());
  CHECK_FALSE(achievement->retired);

  REQUIRE(tx::achievement_count(ledger.state()) == 1);
  CHECK(tx::achievement_at_ordinal(ledger.state(), 0) == id);
}

TEST_CASE(
    "achievement_exists and achievement_version_gap: versions are published once, one after the "
    "other") {
  TestLedger ledger;
  ledger.publish(ledger.aurora);
  CHECK(code(ledger.commit(ledger.aurora, sample_achievement(1, 1), kGovern)) ==
        RejectionCode::kAchievementExists);
  CHECK(code(ledger.commit(ledger.aurora, sample_achievement(1, 3), kGovern)) ==
        RejectionCode::kAchievementVersionGap);
  CHECK(code(ledger.commit(ledger.aurora, sample_achievement(1, 2), kGovern)) == std::nullopt);
  CHECK(code(ledger.commit(ledger.aurora, sample_achievement(1, 3), kGovern)) == std::nullopt);
}

TEST_CASE("unknown_institution: who teaches, assesses and awards is registered") {
  TestLedger ledger;
  const auto stranger = InstitutionId::prefix_of(hash_of(1).view());
  for (auto member : {&tx::AchievementContent::teaches, &tx::AchievementContent::assesses}) {
    auto content = sample_achievement();
    content.*member = {stranger};
    CHECK(code(ledger.commit(ledger.aurora, content, kGovern)) ==
          RejectionCode::kUnknownInstitution);
  }
  auto joint = sample_achievement();
  joint.awarding_bodies = {ledger.aurora.id, stranger};
  std::ranges::sort(joint.awarding_bodies);
  CHECK(code(ledger.commit(ledger.aurora, joint, kGovern)) == RejectionCode::kUnknownInstitution);
}

TEST_CASE("achievement_not_cosigned: a joint award is issued once every awarding body has signed") {
  TestLedger ledger;

  auto joint = sample_achievement();
  joint.awarding_bodies = {ledger.aurora.id, ledger.borealis.id, ledger.cygnus.id};
  std::ranges::sort(joint.awarding_bodies);
  REQUIRE(code(ledger.commit(ledger.aurora, joint, kGovern)) == std::nullopt);

  const AchievementId id{ledger.aurora.id, 1, 1};
  const tx::AchievementCosignContent cosign{id};

  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 0, 1, id))) ==
        RejectionCode::kAchievementNotCosigned);
  CHECK(code(ledger.commit(ledger.aurora, cosign, kGovern)) == RejectionCode::kAlreadyCosigned);

  REQUIRE(code(ledger.commit(ledger.borealis, cosign, kGovern)) == std::nullopt);
  CHECK(code(ledger.commit(ledger.borealis, cosign, kGovern)) == RejectionCode::kAlreadyCosigned);
  CHECK(code(ledger.commit(ledger.issue(ledger.borealis, 0, 1, id))) ==
        RejectionCode::kAchievementNotCosigned);

  REQUIRE(code(ledger.commit(ledger.cygnus, cosign, kGovern)) == std::nullopt);
  CHECK(code(ledger.commit(ledger.issue(ledger.borealis, 0, 1, id))) == std::nullopt);
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 0, 1, id))) == std::nullopt);

  CHECK(tx::read_achievement(ledger.state(), id)->cosigned_by.size() == 2);
}

TEST_CASE(
    "not_awarding_body and unknown_achievement: nobody issues or co-signs what is not its own") {
  TestLedger ledger;
  const auto id = ledger.publish(ledger.aurora);

  const AchievementId unknown{ledger.aurora.id, 9, 1};

  CHECK(code(ledger.commit(ledger.issue(ledger.borealis, 0, 1, id))) ==
        RejectionCode::kNotAwardingBody);
  CHECK(code(ledger.commit(ledger.borealis, tx::AchievementCosignContent{id}, kGovern)) ==
        RejectionCode::kNotAwardingBody);

  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 0, 1, unknown))) ==
        RejectionCode::kUnknownAchievement);
  CHECK(code(ledger.commit(ledger.aurora, tx::AchievementCosignContent{unknown}, kGovern)) ==
        RejectionCode::kUnknownAchievement);

  CHECK(code(ledger.commit(ledger.aurora, tx::AchievementRetireContent{9, 1}, kGovern)) ==
        RejectionCode::kUnknownAchievement);
}

TEST_CASE(
    "achievement_retired: after retirement nothing is issued, and what was issued stays as it is") {
  TestLedger ledger;
  const auto id = ledger.publish(ledger.aurora);

  REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 0, 2, id))) == std::nullopt);
  const tx::AchievementRetireContent retire{1, 1};
  REQUIRE(code(ledger.commit(ledger.aurora, retire, kGovern)) == std::nullopt);

  CHECK(code(ledger.commit(ledger.aurora, retire, kGovern)) == RejectionCode::kAchievementRetired);
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 2, 1, id))) ==
        RejectionCode::kAchievementRetired);
  CHECK(code(ledger.commit(ledger.aurora, tx::AchievementCosignContent{id}, kGovern)) ==
        RejectionCode::kAchievementRetired);

  CHECK(status(ledger, ledger.aurora, 1) == CredentialStatus::kValid);
  CHECK(tx::read_achievement(ledger.state(), id)->retired);
}

TEST_CASE(
    "a listed batch puts its commitments on the ledger under consecutive indexes of the issuer") {
  TestLedger ledger;

  const auto id = ledger.publish(ledger.aurora);
  const auto batch = ledger.issue(ledger.aurora, 1'000, 300, id);
  REQUIRE(code(ledger.commit(batch)) == std::nullopt);

  const ledger::Pages pages(ledger.state());
  CHECK(pages.count() == 3);

  const auto slot = pages.find(ledger.aurora.id, IssuerIndex{1'299});
  REQUIRE(slot);
  CHECK(slot->page == PageNumber{2});
  CHECK(slot->position == 43);
  CHECK((*pages.commitments(slot->page))[slot->position] == hashes(1'000 * 1'000'003ULL, 300)[299]);

  const auto page = pages.page(slot->page);
  CHECK(page->achievement == id);
  CHECK(page->key == ledger.aurora.key_of(kIssue));
  CHECK(page->height == ledger.height());
  CHECK(page->log_index == LogIndex{1});

  CHECK_FALSE(pages.find(ledger.aurora.id, IssuerIndex{1'300}));
}

TEST_CASE(
    "an anchored batch takes indexes and pages as a listed one does, and keeps its commitments to "
    "itself") {
  auto input = sample_genesis_input();

  REQUIRE(input.parameters.set(ledger::Parameter::kAnchoredRootsLimit, 3).ok());
  TestLedger ledger(std::move(input));
  const auto id = ledger.publish(ledger.aurora);

  const auto anchored = [&](std::uint64_t first, std::uint64_t count) {
    return ledger.commit(
        ledger.aurora,
        tx::IssueAnchoredContent{id, IssuerIndex{first}, count, hashes(first, (count + 127) / 128)},
        kIssue);
  };

  CHECK(code(anchored(0, 385)) == RejectionCode::kLimit);
  REQUIRE(code(anchored(0, 300)) == std::nullopt);

  const ledger::Pages pages(ledger.state());
  CHECK(pages.count() == 3);
  CHECK_FALSE(pages.commitments(PageNumber{2}));
  CHECK(pages.page(PageNumber{2})->commitments_root == hashes(0, 3)[2]);
  CHECK(pages.page(PageNumber{2})->count == 44);

  CHECK(code(anchored(299, 1)) == RejectionCode::kIndexOverlap);
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 299, 1, id))) ==
        RejectionCode::kIndexOverlap);
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 300, 1, id))) == std::nullopt);

  REQUIRE(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kRevoke, {130}), kIssue)) ==
          std::nullopt);
  CHECK(status(ledger, ledger.aurora, 130) == CredentialStatus::kRevoked);
}

TEST_CASE(
    "index_overlap: an index of an issuer is used once, and the refusal names the first that is "
    "taken") {
  TestLedger ledger;
  const auto id = ledger.publish(ledger.aurora);
  const auto other = ledger.publish(ledger.borealis);
  REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 100, 50, id))) == std::nullopt);
  const auto rejection = ledger.commit(ledger.issue(ledger.aurora, 90, 11, id));
  REQUIRE(code(rejection) == RejectionCode::kIndexOverlap);
  CHECK(rejection->index == 100);
  CHECK(is_permanent(rejection->code));
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 149, 1, id))) ==
        RejectionCode::kIndexOverlap);
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 150, 1, id))) == std::nullopt);
  // Another issuer has a numbering of its own.
  CHECK(code(ledger.commit(ledger.issue(ledger.borealis, 100, 50, other))) == std::nullopt);
}

TEST_CASE(
    "ranges_fragmented: the used indexes of an issuer form a limited number of runs, merged where "
    "they touch") {
  auto input = sample_genesis_input();

  REQUIRE(input.parameters.set(ledger::Parameter::kIssuerRangesLimit, 16).ok());
  TestLedger ledger(std::move(input));
  const auto id = ledger.publish(ledger.aurora);

  std::vector<SharedTransaction> batches;
  for (std::uint64_t i = 0; i < 16; ++i)
    batches.push_back(ledger.issue(ledger.aurora, i * 10, 5, id));
  ledger.commit_all(batches);

  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 500, 5, id))) ==
        RejectionCode::kRangesFragmented);

  // An index that joins two runs, or one to a run, takes no place of its own.
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 155, 5, id))) == std::nullopt);
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 5, 5, id))) == std::nullopt);

  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 500, 5, id))) == std::nullopt);
}

TEST_CASE(
    "limit: a ledger may allow smaller batches and fewer bytes besides them than the form does") {
  auto input = sample_genesis_input();
  REQUIRE(input.parameters.set(ledger::Parameter::kListedCommitmentsLimit, 10).ok());
  REQUIRE(input.parameters.set(ledger::Parameter::kStatusSlotsLimit, 3).ok());
  TestLedger ledger(std::move(input));
  const auto id = ledger.publish(ledger.aurora);
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 0, 11, id))) == RejectionCode::kLimit);
  CHECK(code(ledger.commit(ledger.issue(ledger.aurora, 0, 10, id))) == std::nullopt);
  CHECK(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kRevoke, {0, 1, 2, 3}),
                           kIssue)) == RejectionCode::kLimit);
  CHECK(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kRevoke, {0, 1, 2}), kIssue)) ==
        std::nullopt);
}

TEST_CASE(
    "statuses move as the law says: suspended may become valid, revoked and superseded are final") {
  TestLedger ledger;

  const auto id = ledger.publish(ledger.aurora);
  REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 0, 4, id))) == std::nullopt);

  const auto attempt = [&](tx::StatusAction action, std::uint64_t index) {
    return code(ledger.commit(ledger.aurora, change(action, {index}), kIssue));
  };

  using enum tx::StatusAction;
  CHECK(attempt(kReinstate, 0) == RejectionCode::kReinstateNotSuspended);
  CHECK(attempt(kSuspend, 0) == std::nullopt);
  CHECK(attempt(kSuspend, 0) == RejectionCode::kStatusUnchanged);
  CHECK(attempt(kReinstate, 0) == std::nullopt);
  CHECK(status(ledger, ledger.aurora, 0) == CredentialStatus::kValid);

  CHECK(attempt(kSuspend, 0) == std::nullopt);
  CHECK(attempt(kRevoke, 0) == std::nullopt);
  CHECK(status(ledger, ledger.aurora, 0) == CredentialStatus::kRevoked);

  CHECK(attempt(kSupersede, 1) == std::nullopt);
  CHECK(status(ledger, ledger.aurora, 1) == CredentialStatus::kSuperseded);

  for (const auto action : {kRevoke, kSuspend, kSupersede, kReinstate}) {
    CHECK(attempt(action, 0) == RejectionCode::kStatusFinal);
    CHECK(attempt(action, 1) == RejectionCode::kStatusFinal);
  }
}

TEST_CASE(
    "unknown_index: a status change is all or nothing, names the first bad index, and reaches "
    "nobody else's") {
  TestLedger ledger;
  const auto id = ledger.publish(ledger.aurora);
  REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 0, 4, id))) == std::nullopt);
  const auto rejection =
      ledger.commit(ledger.aurora, change(tx::StatusAction::kRevoke, {1, 2, 4, 9}), kIssue);
  REQUIRE(code(rejection) == RejectionCode::kUnknownIndex);
  CHECK(rejection->index == 4);
  CHECK(status(ledger, ledger.aurora, 1) == CredentialStatus::kValid);
  CHECK(code(ledger.commit(ledger.borealis, change(tx::StatusAction::kRevoke, {1}), kIssue)) ==
        RejectionCode::kUnknownIndex);
}

TEST_CASE("ranges and bitmaps address what a list would") {
  TestLedger ledger;
  const auto id = ledger.publish(ledger.aurora);

  REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 0, 300, id))) == std::nullopt);

  tx::StatusChangeContent ranges;
  ranges.action = tx::StatusAction::kSuspend;
  ranges.target = std::vector<tx::IndexRangeContent>{{IssuerIndex{10}, 20}, {IssuerIndex{120}, 20}};
  REQUIRE(code(ledger.commit(ledger.aurora, ranges, kIssue)) == std::nullopt);

  tx::StatusChangeContent bulk;
  bulk.action = tx::StatusAction::kRevoke;
  bulk.target = tx::IndexBitmap{IssuerIndex{5}, {0b0010'0001, 0b1000'0000}};  // 5, 10, 20
  REQUIRE(code(ledger.commit(ledger.aurora, bulk, kIssue)) == std::nullopt);

  const std::vector<std::uint64_t> revoked{5, 10, 20};
  for (std::uint64_t i = 0; i < 300; ++i) {
    const bool in_range = (i >= 10 && i < 30) || (i >= 120 && i < 140);
    const auto expected = std::ranges::find(revoked, i) != revoked.end()
                              ? CredentialStatus::kRevoked
                          : in_range ? CredentialStatus::kSuspended
                                     : CredentialStatus::kValid;
    if (status(ledger, ledger.aurora, i) != expected) FAIL("index " << i);
  }
}

TEST_CASE(
    "after a stolen issue key, the root may set what was made final since, for 90 days, and "
    "nothing else") {
  TestLedger ledger;
  const auto id = ledger.publish(ledger.aurora);
  REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 0, 6, id))) == std::nullopt);

  REQUIRE(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kRevoke, {0}), kIssue)) ==
          std::nullopt);

  const auto theft_ms = ledger.next_block().time_ms;

  REQUIRE(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kRevoke, {1}), kIssue)) ==
          std::nullopt);
  REQUIRE(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kSupersede, {2}), kIssue)) ==
          std::nullopt);
  REQUIRE(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kSuspend, {3}), kIssue)) ==
          std::nullopt);

  const auto by_root = [&](tx::StatusAction action, std::vector<std::uint64_t> indexes,
                           tx::StatusReason reason = tx::StatusReason::kKeyCompromise) {
    auto content = change(action, std::move(indexes));
    content.reason = reason;
    return ledger.commit(ledger.aurora, content, KeyPurpose::kRoot);
  };

  using enum tx::StatusAction;

  CHECK(code(by_root(kReinstate, {1})) == RejectionCode::kNoCompromise);
  const tx::KeyRetireContent retire{ledger.aurora.key_of(kIssue), theft_ms};
  REQUIRE(code(ledger.commit(ledger.aurora, retire, KeyPurpose::kRoot)) == std::nullopt);

  CHECK(code(by_root(kReinstate, {1}, tx::StatusReason::kCorrection)) ==
        RejectionCode::kReasonNotAllowed);
  const auto refused = by_root(kReinstate, {0, 1});
  REQUIRE(code(refused) == RejectionCode::kNotSinceCompromise);
  CHECK(refused->index == 0);

  CHECK(code(by_root(kRevoke, {3})) == RejectionCode::kNotSinceCompromise);
  CHECK(code(by_root(kRevoke, {4})) == RejectionCode::kNotSinceCompromise);
  CHECK(code(by_root(kRevoke, {9})) == RejectionCode::kNotSinceCompromise);
  CHECK(code(by_root(kRevoke, {1})) == RejectionCode::kStatusUnchanged);

  CHECK(code(by_root(kReinstate, {1})) == std::nullopt);
  CHECK(status(ledger, ledger.aurora, 1) == CredentialStatus::kValid);
  CHECK(code(by_root(kReinstate, {1})) == RejectionCode::kNotSinceCompromise);

  ledger.pass_ms(90ULL * 86'400'000);
  CHECK(code(by_root(kReinstate, {2})) == RejectionCode::kNoCompromise);
}

TEST_CASE("the root's 90 days begin when a theft is declared, however long ago the key retired") {
  auto input = sample_genesis_input();
  input.protocol_version = 4;
  TestLedger ledger(std::move(input));
  const auto id = ledger.publish(ledger.aurora);
  REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 0, 2, id))) == std::nullopt);
  const auto theft_ms = ledger.next_block().time_ms;
  REQUIRE(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kRevoke, {0, 1}), kIssue)) ==
          std::nullopt);
  const auto key = ledger.aurora.key_of(kIssue);
  REQUIRE(code(ledger.commit(ledger.aurora, tx::KeyRetireContent{key, 0}, KeyPurpose::kRoot)) ==
          std::nullopt);

  constexpr std::uint64_t kWindowMs = 90ULL * 86'400'000;
  const auto reinstate = [&](std::uint64_t index) {
    auto content = change(tx::StatusAction::kReinstate, {index});
    content.reason = tx::StatusReason::kKeyCompromise;
    return code(ledger.commit(ledger.aurora, content, KeyPurpose::kRoot));
  };
  ledger.pass_ms(2 * kWindowMs);
  CHECK(reinstate(0) == RejectionCode::kNoCompromise);
  REQUIRE(code(ledger.commit(ledger.aurora, tx::KeyRetireContent{key, theft_ms},
                             KeyPurpose::kRoot)) == std::nullopt);
  CHECK(reinstate(0) == std::nullopt);
  ledger.pass_ms(kWindowMs + 1);
  CHECK(reinstate(1) == RejectionCode::kNoCompromise);
}

TEST_CASE("what was made final after a stolen key retired is no thief's, and stays final") {
  for (const std::uint16_t version : {3, 4}) {
    auto input = sample_genesis_input();
    input.protocol_version = version;
    TestLedger ledger(std::move(input));
    const auto id = ledger.publish(ledger.aurora);
    REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 0, 2, id))) == std::nullopt);
    auto later = ledger.aurora;
    later.issue = std::make_shared<const SecretKey>(key_named("aurora/second"));
    const auto fresh = later.issue->public_key();
    const auto possession = possession_message(ledger.chain(), later.id, kIssue, fresh);
    const tx::KeyAddContent add{kIssue, fresh, later.issue->sign(possession.view())};
    REQUIRE(code(ledger.commit(ledger.aurora, add, KeyPurpose::kRoot)) == std::nullopt);
    const auto theft_ms = ledger.next_block().time_ms;
    REQUIRE(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kRevoke, {0}), kIssue)) ==
            std::nullopt);
    const tx::KeyRetireContent retire{ledger.aurora.key_of(kIssue), theft_ms};
    REQUIRE(code(ledger.commit(ledger.aurora, retire, KeyPurpose::kRoot)) == std::nullopt);
    ledger.pass_ms(60'000);
    REQUIRE(code(ledger.commit(later, change(tx::StatusAction::kRevoke, {1}), kIssue)) ==
            std::nullopt);

    const auto reinstate = [&](std::uint64_t index) {
      auto content = change(tx::StatusAction::kReinstate, {index});
      content.reason = tx::StatusReason::kKeyCompromise;
      return code(ledger.commit(ledger.aurora, content, KeyPurpose::kRoot));
    };
    CHECK(reinstate(0) == std::nullopt);
    CHECK(reinstate(1) ==
          (version < 4 ? std::nullopt : std::optional(RejectionCode::kNotSinceCompromise)));
  }
}

TEST_CASE(
    "no_compromise: an ordinary retirement of an issue key gives its root no power over statuses") {
  TestLedger ledger;
  const auto id = ledger.publish(ledger.aurora);
  REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 0, 1, id))) == std::nullopt);
  REQUIRE(code(ledger.commit(ledger.aurora, change(tx::StatusAction::kRevoke, {0}), kIssue)) ==
          std::nullopt);
  const tx::KeyRetireContent retire{ledger.aurora.key_of(kIssue), 0};
  REQUIRE(code(ledger.commit(ledger.aurora, retire, KeyPurpose::kRoot)) == std::nullopt);
  auto content = change(tx::StatusAction::kReinstate, {0});
  content.reason = tx::StatusReason::kKeyCompromise;
  CHECK(code(ledger.commit(ledger.aurora, content, KeyPurpose::kRoot)) ==
        RejectionCode::kNoCompromise);
}

TEST_CASE("limit: a root changes at most 4096 slots at once") {
  TestLedger ledger;
  const tx::KeyRetireContent retire{ledger.aurora.key_of(kIssue), kGenesisTimeMs};
  REQUIRE(code(ledger.commit(ledger.aurora, retire, KeyPurpose::kRoot)) == std::nullopt);
  tx::StatusChangeContent content;
  content.reason = tx::StatusReason::kKeyCompromise;
  content.target = std::vector<tx::IndexRangeContent>{{IssuerIndex{0}, 4'097}};
  CHECK(code(ledger.commit(ledger.aurora, content, KeyPurpose::kRoot)) == RejectionCode::kLimit);
}

TEST_CASE("the reason of a change stands with the slot and its log entry") {
  TestLedger ledger;
  const auto id = ledger.publish(ledger.aurora);
  REQUIRE(code(ledger.commit(ledger.issue(ledger.aurora, 0, 1, id))) == std::nullopt);
  auto revoke = change(tx::StatusAction::kRevoke, {0});
  revoke.reason = tx::StatusReason::kNotClaimed;
  REQUIRE(code(ledger.commit(ledger.aurora, revoke, kIssue)) == std::nullopt);
  const ledger::Pages pages(ledger.state());
  const auto event = pages.last_change(*pages.find(ledger.aurora.id, IssuerIndex{0}));
  REQUIRE(event);
  CHECK(event->log_index == LogIndex{2});
  CHECK(event->reason == static_cast<std::uint8_t>(tx::StatusReason::kNotClaimed));
}

}  // namespace testamur::test
