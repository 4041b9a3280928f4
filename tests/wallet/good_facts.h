// Facts and rules by which the fixture's credential is good.
#pragma once

#include "tests/wallet/fixture.h"
#include "wallet/verify/verify.h"

namespace testamur::wallet::test {

inline constexpr std::uint64_t kAnchor = 1'790'000'100'000;
inline constexpr std::uint64_t kNow = 1'800'000'000'000;

inline KeyId issue_key() {
  KeyId id;
  id.bytes.fill(0x77);
  return id;
}

// What a ledger says on which all is well: each case changes one thing of it.
inline RegistryFacts good_facts(const Fixture& fixture) {
  RegistryFacts facts;
  facts.chain = fixture.chain;
  facts.as_of = AsOf{Height{500}, kNow - 20'000, "block", Basis::kProven};
  facts.newest_known = Height{500};
  facts.answered_by = "Node University";

  SlotRecord slot;
  slot.commitment = fixture.issued.commitment;
  slot.issuer = fixture.issuer;
  slot.index = IssuerIndex{41};
  slot.achievement = fixture.contents.head.achievement;
  slot.issue_key = issue_key();
  slot.anchor_height = Height{123};
  slot.anchor_time_ms = kAnchor;
  slot.since_ms = kAnchor;
  slot.status = LedgerStatus::kValid;
  slot.basis = Basis::kProven;
  facts.slots = std::vector{slot};

  facts.issuer =
      IssuerRecord{fixture.issuer,   "Neue Universität",         "Universität Beispiel", "AT",
                   "uni-example.eu", InstitutionStanding::kGood, Basis::kProven};

  KeyRecord credential_key{fixture.issuer_key_id,
                           fixture.issuer,
                           KeyPurpose::kCredential,
                           fixture.issuer_key.public_key(),
                           kAnchor - 1,
                           std::nullopt,
                           std::nullopt,
                           true,
                           Basis::kProven};
  KeyRecord anchoring{issue_key(),  fixture.issuer, KeyPurpose::kIssue, {}, 0, std::nullopt,
                      std::nullopt, true,           Basis::kProven};
  facts.keys = std::vector{credential_key, anchoring};

  AchievementRecord achievement;
  achievement.id = fixture.contents.head.achievement;
  achievement.titles = {{"de", "Angewandte Statistik"}, {"en", "Applied Statistics"}};
  achievement.ects_hundredths = 750;
  achievement.eqf_level = 7;
  achievement.learning_outcomes = {"fits models", "doubts them"};
  achievement.assessment = "written examination";
  achievement.participation = "on site";
  achievement.quality_assurance = "institutional accreditation";
  achievement.basis = Basis::kProven;
  facts.achievement = achievement;

  facts.decisions = std::vector{DecisionRecord{"at anchor",
                                               Acceptance::kAccept,
                                               true,
                                               "Node University",
                                               false,
                                               "d1",
                                               "two friends recognise it",
                                               {"Node > Friend > Issuer (60)"},
                                               ""}};

  facts.acceptance = AcceptanceRecord{};
  facts.acceptance->outcome = Acceptance::kAccept;
  facts.acceptance->explanation = "two friends recognise it";
  facts.acceptance->governs = "anchor";
  facts.acceptance->viewpoint = "Node University";
  facts.acceptance->by_word_of = "node.example";

  return facts;
}

inline VerifyRules rules() {
  VerifyRules rules;
  rules.now_ms = kNow;
  rules.need_holder = false;
  return rules;
}

}  // namespace testamur::wallet::test
