// The verdict, finding by finding. Each case starts from facts on which all is well and changes one
// thing, so that the answer is that of the change.
#include "wallet/verify/verify.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "tests/support/catch.h"
#include "tests/wallet/good_facts.h"
#include "tests/wallet/mutations.h"
#include "wallet/credential/sd_jwt.h"
#include "wallet/keystore/strict_json.h"
#include "wallet/verify/elements.h"

namespace testamur::wallet {
namespace {

using test::good_facts;
using test::issue_key;
using test::kAnchor;
using test::kNow;
using test::rules;

VerifyRules rules_with(HolderRules holder) {
  auto with = rules();
  with.holder = std::move(holder);
  return with;
}
HolderRules holder_rules() { return {"https://employer.example", "n-1", kNow / 1000, 300}; }

std::string present(const test::Fixture& fixture, std::vector<ClaimId> claims,
                    std::optional<std::uint64_t> ends_at_s = {}) {
  return present_credential(
             fixture.issued.sd_jwt,
             {std::move(claims), "https://employer.example", "n-1", kNow / 1000 - 5, ends_at_s},
             fixture.holder_key)
      .value();
}

struct Expected {
  VerdictCode code;
  Topic topic;
  Answer answer;
};

// Changes what the ledger says and looks at one finding and the code.
void expect(const std::function<void(RegistryFacts&, VerifyRules&)>& change,
            const Expected& expected) {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  auto with = rules();
  change(facts, with);
  const auto verdict = verify_presentation(fixture.issued.sd_jwt, facts, with);
  INFO(to_text(verdict));
  CHECK(verdict_code(verdict) == expected.code);
  const Finding* finding = find(verdict, expected.topic);
  REQUIRE(finding != nullptr);
  CHECK(finding->answer == expected.answer);
}

}  // namespace

TEST_CASE("a good credential is valid, and every finding says why") {
  const auto fixture = test::make_fixture();
  auto with = rules();
  with.holder = holder_rules();

  const auto verdict =
      verify_presentation(present(fixture, {ClaimId::kTitle}), good_facts(fixture), with);
  INFO(to_text(verdict));

  CHECK(verdict_code(verdict) == VerdictCode::kAllWell);
  CHECK(headline(verdict) == "genuine");
  CHECK(standing(verdict) == Standing::kGenuine);
  CHECK(verdict.status == EffectiveStatus::kValid);
  CHECK(verdict.commitment == fixture.issued.commitment);
  CHECK(verdict.findings.size() == 8);

  for (const auto& finding : verdict.findings) {
    CHECK(finding.answer == Answer::kValid);
    CHECK_FALSE(finding.text.empty());
  }

  CHECK(find(verdict, Topic::kAcceptance)->text ==
        "the issuer is accepted by Node University, by its own policy, not yours (anchor governs; "
        "by the word of "
        "node.example): two friends recognise it");
  CHECK(recognition(verdict) == find(verdict, Topic::kAcceptance)->text);

  CHECK(find(verdict, Topic::kHolder)->text ==
        "presented by its holder to this audience, shown 2027-01-15 07:59:55 UTC (holder key: "
        "holder-made)");
}

TEST_CASE(
    "where the holder does not matter, one who was not asked for is unknown and costs nothing") {
  expect([](auto&, auto&) {}, {VerdictCode::kAllWell, Topic::kHolder, Answer::kUnknown});
}

TEST_CASE("signature: the key is the issuer's, for credentials, and signed this") {
  const auto invalid = [](const std::function<void(RegistryFacts&, VerifyRules&)>& change) {
    expect(change, {VerdictCode::kInvalid, Topic::kSignature, Answer::kNotValid});
  };
  invalid([](auto& facts, auto&) { facts.keys->front().owner = InstitutionId{}; });
  invalid([](auto& facts, auto&) { facts.keys->front().purpose = KeyPurpose::kIssue; });
  invalid([](auto& facts, auto&) {
    facts.keys->front().key = SecretKey::generate(SignatureAlgorithm::kEcdsaP256).public_key();
  });
  const Expected open{VerdictCode::kUnreachable, Topic::kSignature, Answer::kUnknown};
  expect([](auto& facts, auto&) { facts.keys.reset(); }, open);
  expect([](auto& facts, auto&) { facts.keys->front().id = KeyId{}; }, open);
  expect([](auto& facts, auto&) { facts.keys->front().purpose.reset(); }, open);
  expect([](auto& facts, auto&) { facts.keys->front().key.reset(); }, open);
  // A word alone: good or bad, it is only said. But a key is what its id says, whoever shows it.
  expect([](auto& facts, auto&) { facts.keys->front().basis = Basis::kSaid; }, open);
  expect(
      [](auto& facts, auto&) {
        facts.keys->front().basis = Basis::kSaid;
        facts.keys->front().key = SecretKey::generate(SignatureAlgorithm::kEcdsaP256).public_key();
      },
      open);
}

TEST_CASE("contents: what is disclosed agrees with the registry at the anchor") {
  const auto invalid = [](const std::function<void(RegistryFacts&, VerifyRules&)>& change) {
    expect(change, {VerdictCode::kInvalid, Topic::kContents, Answer::kNotValid});
  };

  invalid([](auto& facts, auto&) { facts.issuer->domain = "uni-example.eu.evil.example"; });
  invalid([](auto& facts, auto&) { facts.issuer->id = InstitutionId{}; });
  invalid([](auto& facts, auto&) { facts.achievement->titles = {{"en", "Applied statistics"}}; });
  invalid([](auto& facts, auto&) { facts.achievement->ects_hundredths = 500; });
  invalid([](auto& facts, auto&) { facts.achievement->eqf_level = 6; });
  invalid([](auto& facts, auto&) { facts.achievement->id.version = 3; });

  invalid([](auto& facts, auto&) { facts.slots->front().achievement.version = 3; });
  invalid([](auto& facts, auto&) { facts.slots->front().index = IssuerIndex{42}; });
  invalid([](auto& facts, auto&) { facts.slots->front().commitment = Hash256{}; });
  invalid([](auto& facts, auto&) { facts.keys->front().added_at_ms = kAnchor + 1; });
  invalid([](auto& facts, auto&) { facts.keys->front().retired_at_ms = kAnchor; });

  expect([](auto& facts, auto&) { facts.achievement.reset(); },
         {VerdictCode::kUnreachable, Topic::kContents, Answer::kUnknown});
  expect([](auto& facts, auto&) { facts.issuer.reset(); },
         {VerdictCode::kUnreachable, Topic::kContents, Answer::kUnknown});
}

TEST_CASE("a word alone decides nothing: what is not proven is unknown, for and against") {
  const auto open = [](Topic topic, const std::function<void(RegistryFacts&)>& change) {
    expect([&](auto& facts, auto&) { change(facts); },
           {VerdictCode::kUnreachable, topic, Answer::kUnknown});
  };

  for (const auto status :
       {LedgerStatus::kValid, LedgerStatus::kRevoked, LedgerStatus::kSuspended}) {
    open(Topic::kStatus, [&](auto& facts) {
      facts.slots->front().status = status;
      facts.slots->front().basis = Basis::kSaid;
    });
  }

  open(Topic::kLedger, [](auto& facts) { facts.slots->front().basis = Basis::kSaid; });
  open(Topic::kStatus, [](auto& facts) { facts.issuer->basis = Basis::kSaid; });
  open(Topic::kStatus, [](auto& facts) { facts.keys->back().basis = Basis::kSaid; });
  open(Topic::kStatus, [](auto& facts) { facts.as_of->basis = Basis::kSaid; });

  open(Topic::kContents, [](auto& facts) { facts.issuer->basis = Basis::kSaid; });
  open(Topic::kContents, [](auto& facts) { facts.achievement->basis = Basis::kSaid; });

  // Contradicted by a word alone is as open as confirmed by one.
  open(Topic::kContents, [](auto& facts) {
    facts.achievement->basis = Basis::kSaid;
    facts.achievement->ects_hundredths = 500;
  });
}

TEST_CASE("what is unknown is never the good value") {
  const auto open = [](Topic topic, const std::function<void(RegistryFacts&)>& change) {
    expect([&](auto& facts, auto&) { change(facts); },
           {VerdictCode::kUnreachable, topic, Answer::kUnknown});
  };

  open(Topic::kStatus, [](auto& facts) { facts.slots->front().status = LedgerStatus::kUnknown; });
  open(Topic::kStatus, [](auto& facts) { facts.issuer->standing = InstitutionStanding::kUnknown; });
  open(Topic::kStatus, [](auto& facts) { facts.keys->front().fate_known = false; });
  open(Topic::kStatus, [](auto& facts) { facts.keys->back().fate_known = false; });
  open(Topic::kContents, [](auto& facts) { facts.keys->front().added_at_ms.reset(); });
  open(Topic::kAcceptance, [](auto& facts) { facts.acceptance->outcome = Acceptance::kUnknown; });

  // And so are the defaults: a fact that nobody filled in is unknown.
  CHECK(RegistryFacts{}.slots == std::nullopt);
  CHECK(SlotRecord{}.status == LedgerStatus::kUnknown);
  CHECK(IssuerRecord{}.standing == InstitutionStanding::kUnknown);
  CHECK(AcceptanceRecord{}.outcome == Acceptance::kUnknown);
  CHECK_FALSE(KeyRecord{}.purpose.has_value());
}

TEST_CASE("a proof under an older block than the newest that is known tells how it was then") {
  const auto behind = [](LedgerStatus status) {
    return [status](RegistryFacts& facts, VerifyRules&) {
      facts.newest_known = Height{501};
      facts.slots->front().status = status;
    };
  };
  expect(behind(LedgerStatus::kValid),
         {VerdictCode::kUnreachable, Topic::kStatus, Answer::kUnknown});
  expect(behind(LedgerStatus::kSuspended),
         {VerdictCode::kUnreachable, Topic::kStatus, Answer::kUnknown});
  expect(behind(LedgerStatus::kRevoked),
         {VerdictCode::kNotInForce, Topic::kStatus, Answer::kNotValid});
}

TEST_CASE("the headline is about the credential, and who accepts its issuer is the second line") {
  const auto fixture = test::make_fixture();
  const auto judged = [&](const std::function<void(RegistryFacts&)>& change) {
    auto facts = good_facts(fixture);
    change(facts);
    return verify_presentation(fixture.issued.sd_jwt, facts, rules());
  };

  const auto refused = judged([](auto& facts) { facts.acceptance->outcome = Acceptance::kRefuse; });
  CHECK(standing(refused) == Standing::kGenuine);
  CHECK(headline(refused) == "genuine; whether its holder shows it was not checked");
  CHECK(recognition(refused).starts_with(
      "the issuer is not accepted by Node University, by its own policy, not yours"));
  CHECK(verdict_code(refused) == VerdictCode::kNotAccepted);

  const auto revoked =
      judged([](auto& facts) { facts.slots->front().status = LedgerStatus::kRevoked; });
  CHECK(headline(revoked) ==
        "revoked, proven under block 500; Node University says since 2026-09-21 14:15:00 UTC");

  const auto forged = judged([](auto& facts) { facts.achievement->eqf_level = 1; });
  CHECK(headline(forged).starts_with("forged: "));
  const auto open = judged([](auto& facts) { facts.slots.reset(); });
  CHECK(headline(open).starts_with("cannot tell: "));

  CHECK(to_text(refused).find("not valid") == std::string::npos);
}

TEST_CASE(
    "an ordinary retirement after the anchor changes nothing, and a title in any language will "
    "do") {
  expect([](auto& facts, auto&) { facts.keys->front().retired_at_ms = kAnchor + 1; },
         {VerdictCode::kAllWell, Topic::kContents, Answer::kValid});
  expect([](auto& facts,
            auto&) { std::swap(facts.achievement->titles[0], facts.achievement->titles[1]); },
         {VerdictCode::kAllWell, Topic::kContents, Answer::kValid});
}

TEST_CASE("what is withheld is not compared, and read from the registry") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  facts.achievement->titles = {{"en", "Another title"}};
  const auto verdict = verify_presentation(present(fixture, {}), facts, rules());
  CHECK(verdict_code(verdict) == VerdictCode::kAllWell);
  CHECK(verdict.elements[1].value == "Another title");
  CHECK(verdict.elements[1].source == "registry");
}

TEST_CASE("ledger: what is not listed is unknown to it, and copies by others do not count") {
  const Expected unlisted{VerdictCode::kUnknownToLedger, Topic::kLedger, Answer::kNotValid};

  expect([](auto& facts, auto&) { facts.slots->clear(); }, unlisted);
  expect([](auto& facts, auto&) { facts.slots->front().issuer = InstitutionId{}; }, unlisted);

  expect([](auto& facts, auto&) { facts.slots.reset(); },
         {VerdictCode::kUnreachable, Topic::kLedger, Answer::kUnknown});

  // The copy is revoked, and the credential is not.
  expect(
      [](auto& facts, auto&) {
        auto copy = facts.slots->front();
        copy.issuer = InstitutionId{};
        copy.status = LedgerStatus::kRevoked;
        facts.slots->push_back(copy);
      },
      {VerdictCode::kAllWell, Topic::kStatus, Answer::kValid});
}

TEST_CASE("a slot of another credential of the same issuer does not count") {
  expect(
      [](auto& facts, auto&) {
        auto other = facts.slots->front();
        other.commitment = Hash256{};
        other.index = IssuerIndex{42};
        other.status = LedgerStatus::kRevoked;
        facts.slots->push_back(other);
      },
      {VerdictCode::kAllWell, Topic::kStatus, Answer::kValid});
}

TEST_CASE("a credential of another ledger is unknown to this one") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  facts.chain.bytes.fill(0x5a);
  facts.slots->clear();
  const auto verdict = verify_presentation(fixture.issued.sd_jwt, facts, rules());
  CHECK(verdict_code(verdict) == VerdictCode::kUnknownToLedger);
  CHECK(find(verdict, Topic::kLedger)->text == "it belongs to another ledger than the one asked");
}

TEST_CASE("where no ledger answered, nothing is said of which ledger it belongs to") {
  const auto fixture = test::make_fixture();
  RegistryFacts facts;
  facts.problem = "127.0.0.1:1 does not answer";
  const auto verdict = verify_presentation(fixture.issued.sd_jwt, facts, rules());
  CHECK(find(verdict, Topic::kLedger)->answer == Answer::kUnknown);
  CHECK(verdict_code(verdict) == VerdictCode::kUnreachable);
}

TEST_CASE("status: the worst of all own slots, of the keys and of the issuer") {
  const auto in_force = [](const std::function<void(RegistryFacts&)>& change,
                           EffectiveStatus status) {
    const auto fixture = test::make_fixture();
    auto facts = good_facts(fixture);
    change(facts);
    const auto verdict = verify_presentation(fixture.issued.sd_jwt, facts, rules());
    INFO(to_text(verdict));
    CHECK(verdict.status == status);
    CHECK(verdict_code(verdict) ==
          (status == EffectiveStatus::kValid ? VerdictCode::kAllWell : VerdictCode::kNotInForce));
  };

  in_force([](auto& facts) { facts.slots->front().status = LedgerStatus::kRevoked; },
           EffectiveStatus::kRevoked);
  in_force([](auto& facts) { facts.slots->front().status = LedgerStatus::kSuspended; },
           EffectiveStatus::kSuspended);
  in_force([](auto& facts) { facts.slots->front().status = LedgerStatus::kSuperseded; },
           EffectiveStatus::kSuperseded);

  const auto second = [](LedgerStatus status) {
    return [status](RegistryFacts& facts) {
      auto slot = facts.slots->front();
      slot.index = IssuerIndex{99};
      slot.status = status;
      facts.slots->front().status = LedgerStatus::kSuperseded;
      facts.slots->push_back(slot);
    };
  };
  in_force(second(LedgerStatus::kRevoked), EffectiveStatus::kRevoked);
  in_force(second(LedgerStatus::kSuspended), EffectiveStatus::kSuperseded);

  in_force([](auto& facts) { facts.issuer->standing = InstitutionStanding::kSuspended; },
           EffectiveStatus::kSuspended);
  in_force([](auto& facts) { facts.issuer->standing = InstitutionStanding::kClosed; },
           EffectiveStatus::kValid);

  for (const std::size_t key : {0u, 1u}) {
    in_force([&](auto& facts) { (*facts.keys)[key].compromised_since_ms = kAnchor; },
             EffectiveStatus::kVoid);
    in_force([&](auto& facts) { (*facts.keys)[key].compromised_since_ms = kAnchor + 1; },
             EffectiveStatus::kValid);
  }
}

TEST_CASE("an old status is unknown and never valid, but what is final stays so") {
  const auto old = [](LedgerStatus status) {
    return [status](RegistryFacts& facts, VerifyRules&) {
      facts.as_of->time_ms = kNow - 600'001;
      facts.slots->front().status = status;
    };
  };
  expect(old(LedgerStatus::kValid), {VerdictCode::kUnreachable, Topic::kStatus, Answer::kUnknown});
  expect(old(LedgerStatus::kSuspended),
         {VerdictCode::kUnreachable, Topic::kStatus, Answer::kUnknown});
  expect(old(LedgerStatus::kRevoked),
         {VerdictCode::kNotInForce, Topic::kStatus, Answer::kNotValid});
  expect([](auto& facts, auto&) { facts.as_of->time_ms = kNow - 600'000; },
         {VerdictCode::kAllWell, Topic::kStatus, Answer::kValid});
  expect([](auto& facts, auto&) { facts.as_of->time_ms = kNow + 5'000; },
         {VerdictCode::kAllWell, Topic::kStatus, Answer::kValid});
  expect([](auto& facts, auto&) { facts.as_of.reset(); },
         {VerdictCode::kUnreachable, Topic::kStatus, Answer::kUnknown});
  // The other facts are unaffected by the age of the status.
  expect(old(LedgerStatus::kValid), {VerdictCode::kUnreachable, Topic::kContents, Answer::kValid});
}

TEST_CASE("a key or issuer whose standing could not be asked makes the status unknown") {
  expect([](auto& facts, auto&) { facts.keys->pop_back(); },
         {VerdictCode::kUnreachable, Topic::kStatus, Answer::kUnknown});
  expect([](auto& facts, auto&) { facts.issuer.reset(); },
         {VerdictCode::kUnreachable, Topic::kStatus, Answer::kUnknown});
}

TEST_CASE("expiry is the credential's own, and apart from it the end of a grant") {
  auto fixture = test::make_fixture();
  fixture.contents.head.expires_at_s = kNow / 1000;
  fixture.issued = issue_credential(fixture.contents, fixture.chain, fixture.issuer_key).value();
  auto facts = good_facts(fixture);
  auto with = rules();
  auto verdict = verify_presentation(fixture.issued.sd_jwt, facts, with);
  CHECK(verdict_code(verdict) == VerdictCode::kNotInForce);
  CHECK(find(verdict, Topic::kExpiry)->answer == Answer::kNotValid);
  CHECK(find(verdict, Topic::kStatus)->answer == Answer::kValid);
  with.now_ms = kNow - 1000;
  facts.as_of->time_ms = with.now_ms;
  CHECK(verdict_code(verify_presentation(fixture.issued.sd_jwt, facts, with)) ==
        VerdictCode::kAllWell);

  // An end is exclusive: people read the last day before it, as list, show and present say it.
  constexpr std::uint64_t kMidnightS = 1'893'456'000;  // 2030-01-01
  fixture.contents.head.expires_at_s = kMidnightS;
  fixture.issued = issue_credential(fixture.contents, fixture.chain, fixture.issuer_key).value();
  facts = good_facts(fixture);
  verdict = verify_presentation(fixture.issued.sd_jwt, facts, rules());
  CHECK(find(verdict, Topic::kExpiry)->text ==
        "it holds until 2029-12-31 (UTC, to the end of that day)");
  with.now_ms = kMidnightS * 1000;
  verdict = verify_presentation(fixture.issued.sd_jwt, facts, with);
  CHECK(find(verdict, Topic::kExpiry)->text ==
        "it expired: it held until 2029-12-31 (UTC, to the end of that day)");

  const auto granted = test::make_fixture();
  with = rules();
  with.holder = holder_rules();
  facts = good_facts(granted);
  CHECK(verdict_code(verify_presentation(present(granted, {}, kNow / 1000 + 1), facts, with)) ==
        VerdictCode::kAllWell);
  verdict = verify_presentation(present(granted, {}, kNow / 1000), facts, with);
  CHECK(verdict.grant_ends_at_s == kNow / 1000);

  // It is the holder's word and takes nothing from the credential, which did not expire.
  CHECK(verdict_code(verdict) == VerdictCode::kUnreachable);
  CHECK(standing(verdict) == Standing::kCannotTell);
  CHECK(headline(verdict).starts_with("cannot tell: the holder's grant ended"));
  CHECK(headline(verdict).ends_with("ask for a new one"));
  CHECK(find(verdict, Topic::kExpiry)->text == "it does not expire");
  verdict =
      verify_presentation(present(granted, {}, kMidnightS), facts, rules_with(holder_rules()));
  CHECK(find(verdict, Topic::kHolder)->text.find("last day of the grant: 2029-12-31") !=
        std::string::npos);
}

TEST_CASE("what rests on a signature that was not checked is unknown") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  const auto with = rules_with(holder_rules());
  const auto shown = present(fixture, {});
  const auto all = [&](Answer answer) {
    const auto verdict = verify_presentation(shown, facts, with);
    for (const auto topic : {Topic::kSignature, Topic::kExpiry, Topic::kHolder})
      CHECK(find(verdict, topic)->answer == answer);
    CHECK(parse_strict_json(to_json(verdict)).value()["holder_checked"] ==
          (answer == Answer::kValid));
  };
  all(Answer::kValid);
  facts.keys.reset();
  facts.problem = "no node answers";
  all(Answer::kUnknown);
}

TEST_CASE("a commitment is shown only where its ledger is known") {
  const auto fixture = test::make_fixture();
  const auto commitment = [&](const RegistryFacts& facts) {
    return parse_strict_json(to_json(verify_presentation(fixture.issued.sd_jwt, facts, rules())))
        .value()["commitment"];
  };
  auto facts = good_facts(fixture);
  CHECK(commitment(facts).is_string());
  CHECK(to_text(verify_presentation(fixture.issued.sd_jwt, facts, rules())).find("commitment  ") !=
        std::string::npos);

  facts.chain = ChainId{};
  CHECK(commitment(facts).is_null());
  facts.chain = ChainId::from(Bytes(32, 9)).value();
  CHECK(commitment(facts).is_null());
  CHECK(to_text(verify_presentation(fixture.issued.sd_jwt, facts, rules())).find("commitment  ") ==
        std::string::npos);
}

TEST_CASE("a proof of a time to come has no age, and decides nothing that can change") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  const auto status = [&](std::uint64_t ahead_ms, LedgerStatus of = LedgerStatus::kValid) {
    facts.as_of->time_ms = kNow + ahead_ms;
    facts.slots->front().status = of;
    auto with = rules();
    with.max_status_age_ms = std::numeric_limits<std::uint64_t>::max();
    return *find(verify_presentation(fixture.issued.sd_jwt, facts, with), Topic::kStatus);
  };
  CHECK(status(kClockBehindMs).answer == Answer::kValid);
  CHECK(status(kClockBehindMs + 1).answer == Answer::kUnknown);
  CHECK(status(kClockBehindMs + 1).text.find("set the clock") != std::string::npos);
  // What is over stays over, whatever the clock says.
  CHECK(status(kClockBehindMs + 1, LedgerStatus::kRevoked).answer == Answer::kNotValid);
}

TEST_CASE("whatever is shown is printed") {
  const auto fixture = test::make_fixture();
  const auto facts = good_facts(fixture);
  const auto view = read_credential(fixture.issued.sd_jwt).value();
  const auto text = to_text(verify_presentation(fixture.issued.sd_jwt, facts, rules()));
  INFO(text);
  for (const auto& [id, value] : view.disclosed) {
    CAPTURE(kind_of(id).name);
    CHECK(text.find(to_display(kind_of(id), value)) != std::string::npos);
  }
}

TEST_CASE("a holder whose clock is wrong is nobody else") {
  const auto fixture = test::make_fixture();
  const auto facts = good_facts(fixture);
  const auto presented = [&](std::uint64_t later_s) {
    const auto made_s =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(kNow / 1000) + later_s);
    const auto rules_of = holder_rules();
    return verify_presentation(
        present_credential(fixture.issued.sd_jwt,
                           {{ClaimId::kTitle}, rules_of.audience, rules_of.nonce, made_s, {}},
                           fixture.holder_key)
            .value(),
        facts, rules_with(rules_of));
  };
  CHECK(standing(presented(0)) == Standing::kGenuine);
  CHECK(standing(presented(10'000)) == Standing::kCannotTell);
  CHECK(headline(presented(10'000)).find("clock") != std::string::npos);
}

TEST_CASE("contents are called checked where they were") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  const auto checked = [&] {
    return as_json(verify_presentation(fixture.issued.sd_jwt, facts, rules()))["contents_checked"];
  };
  CHECK(checked() == true);
  facts.achievement.reset();
  CHECK(checked() == false);
}

TEST_CASE("an older block decides only for whoever accepts its age, and that is shown") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  facts.newest_known = Height{facts.as_of->height.value + 1};
  auto with = rules();
  with.age_option = "--max-status-age";
  const auto status = [&] {
    return *find(verify_presentation(fixture.issued.sd_jwt, facts, with), Topic::kStatus);
  };
  CHECK(status().answer == Answer::kUnknown);
  // An age that may be chosen is no way to a later block: only what helps is advised.
  CHECK(status().text.find("--max-status-age") == std::string::npos);
  with.older_block_hint = "ask another node";
  CHECK(status().text.find("[stale_proof]; ask another node") != std::string::npos);

  with.accept_older_block = true;
  CHECK(status().answer == Answer::kValid);
  CHECK(status().text.find("a later block, " + std::to_string(facts.newest_known.value) +
                           ", is known") != std::string::npos);

  // The age has its limit all the same, and what is known of a revocation stays.
  with.now_ms = facts.as_of->time_ms + with.max_status_age_ms + 1;
  CHECK(status().answer == Answer::kUnknown);
  CHECK(status().text.find("--max-status-age") != std::string::npos);
  facts.slots->front().status = LedgerStatus::kRevoked;
  CHECK(status().answer == Answer::kNotValid);
}

TEST_CASE("a holder who was asked for must prove it") {
  const auto fixture = test::make_fixture();
  auto with = rules();
  with.holder = holder_rules();
  const auto without = verify_presentation(fixture.issued.sd_jwt, good_facts(fixture), with);
  CHECK(verdict_code(without) == VerdictCode::kInvalid);
  CHECK(find(without, Topic::kHolder)->text == "the presentation has no key binding");
  with.holder->nonce = "n-2";
  const auto replayed = verify_presentation(present(fixture, {}), good_facts(fixture), with);
  CHECK(verdict_code(replayed) == VerdictCode::kInvalid);
}

TEST_CASE(
    "a holder whom nobody asked for is said in the headline and is no plain yes, unless that was "
    "meant") {
  const auto fixture = test::make_fixture();
  auto with = rules();
  with.need_holder = true;
  auto facts = good_facts(fixture);
  const auto open = verify_presentation(fixture.issued.sd_jwt, facts, with);
  CHECK(verdict_code(open) == VerdictCode::kHolderUnchecked);
  CHECK(standing(open) == Standing::kGenuine);
  CHECK(headline(open) == "genuine; whether its holder shows it was not checked");

  // Whether anybody accepts the issuer comes after it, and what the credential is comes before.
  facts.acceptance->outcome = Acceptance::kRefuse;
  CHECK(verdict_code(verify_presentation(fixture.issued.sd_jwt, facts, with)) ==
        VerdictCode::kHolderUnchecked);
  facts.slots->front().status = LedgerStatus::kRevoked;
  CHECK(verdict_code(verify_presentation(fixture.issued.sd_jwt, facts, with)) ==
        VerdictCode::kNotInForce);

  with.need_holder = false;
  const auto meant = verify_presentation(fixture.issued.sd_jwt, good_facts(fixture), with);
  CHECK(verdict_code(meant) == VerdictCode::kAllWell);
  CHECK(headline(meant) == "genuine; whether its holder shows it was not checked");
}

TEST_CASE("a presentation that is too old is not forged: it says when it was shown") {
  const auto fixture = test::make_fixture();
  auto with = rules();
  with.holder = holder_rules();
  with.holder->now_s += 400;
  const auto old = verify_presentation(present(fixture, {}), good_facts(fixture), with);
  CHECK(verdict_code(old) == VerdictCode::kUnreachable);
  CHECK(standing(old) == Standing::kCannotTell);
  CHECK(headline(old).starts_with("cannot tell: shown "));
  CHECK(headline(old).find("300 s") == std::string::npos);
  CHECK(headline(old).find("longer ago than the 5 min") != std::string::npos);

  // A request has an end of its own, whatever the age of the answer.
  with.holder->until_s = with.holder->now_s;
  CHECK(verdict_code(verify_presentation(present(fixture, {}), good_facts(fixture), with)) ==
        VerdictCode::kAllWell);
  with.holder->until_s = with.holder->now_s - 1;
  CHECK(standing(verify_presentation(present(fixture, {}), good_facts(fixture), with)) ==
        Standing::kCannotTell);
}

TEST_CASE("under a revoked or forged credential nothing says accept") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  facts.slots->front().status = LedgerStatus::kRevoked;
  CHECK(to_text(verify_presentation(fixture.issued.sd_jwt, good_facts(fixture), rules()))
            .find("recognition: the issuer is accepted") != std::string::npos);
  const auto revoked = to_text(verify_presentation(fixture.issued.sd_jwt, facts, rules()));
  CHECK(revoked.find("recognition:") == std::string::npos);
  CHECK(revoked.find(": accept") == std::string::npos);
}

TEST_CASE("whose policy decided is said, also for another institution than the node's") {
  const auto said = [](PolicyOf policy_of) {
    const auto fixture = test::make_fixture();
    auto facts = good_facts(fixture);
    facts.acceptance->policy_of = policy_of;
    facts.acceptance->policy_owner = "Porto";
    return recognition(verify_presentation(fixture.issued.sd_jwt, facts, rules()));
  };

  CHECK(said(PolicyOf::kNodeNonePublished)
            .starts_with("the issuer is accepted by Node University, by Porto's policy, since Node "
                         "University publishes none"));
  CHECK(said(PolicyOf::kNodeOtherPublished)
            .find("by Porto's policy, not by the one that Node University publishes") !=
        std::string::npos);
  CHECK(said(PolicyOf::kPublished).find("by the policy that it publishes, not yours") !=
        std::string::npos);
  CHECK(said(PolicyOf::kViewpoint).find("by its own policy, not yours") != std::string::npos);
}

TEST_CASE("acceptance: what the decisions come to counts, and not one of them alone") {
  const Expected refused{VerdictCode::kNotAccepted, Topic::kAcceptance, Answer::kNotValid};

  expect([](auto& facts, auto&) { facts.acceptance->outcome = Acceptance::kRefuse; }, refused);
  expect([](auto& facts, auto&) { facts.acceptance->outcome = Acceptance::kBlocked; }, refused);

  // One decision that refuses does not refuse when the policy lets another one govern.
  expect([](auto& facts, auto&) { facts.decisions->front().outcome = Acceptance::kRefuse; },
         {VerdictCode::kAllWell, Topic::kAcceptance, Answer::kValid});

  expect([](auto& facts, auto&) { facts.acceptance.reset(); },
         {VerdictCode::kUnreachable, Topic::kAcceptance, Answer::kUnknown});
  expect(
      [](auto& facts, auto& with) {
        facts.acceptance.reset();
        with.want_acceptance = false;
      },
      {VerdictCode::kAllWell, Topic::kAcceptance, Answer::kUnknown});
}

TEST_CASE("the awarding bodies of a joint award are shown, each with its own decision") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  facts.acceptance->joint = "all";
  facts.acceptance->bodies = {{"Issuer", Acceptance::kAccept, ""},
                              {"Partner", Acceptance::kRefuse, "amount"}};
  const auto verdict = verify_presentation(fixture.issued.sd_jwt, facts, rules());
  CHECK(to_text(verdict).find("joint award: all of its awarding bodies must be accepted") !=
        std::string::npos);
  CHECK(to_text(verdict).find("    Partner: refuse (too little recognition)") != std::string::npos);
  const auto json = parse_strict_json(to_json(verdict)).value();
  CHECK(json["acceptance"]["bodies"][1]["outcome"] == "refuse");
  CHECK(json["acceptance"]["governs"] == "anchor");
}

TEST_CASE("when nothing could be asked all is unknown, and nothing is shown as valid") {
  const auto fixture = test::make_fixture();
  RegistryFacts facts;
  facts.chain = fixture.chain;
  facts.problem = "no endpoint answered";
  const auto verdict = verify_presentation(fixture.issued.sd_jwt, facts, rules());
  CHECK(verdict_code(verdict) == VerdictCode::kUnreachable);
  CHECK_FALSE(verdict.status.has_value());
  for (const auto topic :
       {Topic::kSignature, Topic::kContents, Topic::kLedger, Topic::kStatus, Topic::kAcceptance})
    CHECK(find(verdict, topic)->answer == Answer::kUnknown);
}

TEST_CASE("what is no credential is invalid") {
  const auto verdict = verify_presentation("not a credential", RegistryFacts{}, rules());
  CHECK(verdict_code(verdict) == VerdictCode::kInvalid);
  CHECK(verdict.findings.size() == 1);
  CHECK_FALSE(to_text(verdict).empty());
}

TEST_CASE("a hash that is found is never called a valid credential") {
  const auto fixture = test::make_fixture();
  const auto verdict = verify_hash(fixture.issued.commitment, good_facts(fixture), rules());

  CHECK(verdict_code(verdict) == VerdictCode::kAllWell);
  CHECK(headline(verdict) ==
        "found, and not withdrawn; contents, holder, last day and the key that signed it were not "
        "checked: anyone can copy a "
        "hash");
  CHECK(find(verdict, Topic::kExpiry)->answer == Answer::kUnknown);

  const auto json = Json::parse(to_json(verdict));
  CHECK(json["verdict"] == "found");
  CHECK(json["contents_checked"] == false);
  CHECK(json["holder_checked"] == false);
  CHECK(find(verdict, Topic::kContents)->answer == Answer::kUnknown);

  auto facts = good_facts(fixture);
  facts.slots->front().status = LedgerStatus::kRevoked;
  CHECK(verdict_code(verify_hash(fixture.issued.commitment, facts, rules())) ==
        VerdictCode::kNotInForce);

  facts.slots->clear();
  CHECK(verdict_code(verify_hash(fixture.issued.commitment, facts, rules())) ==
        VerdictCode::kUnknownToLedger);
}

TEST_CASE(
    "the eleven mandatory elements are carried by credential, registry and institution together") {
  const auto fixture = test::make_fixture();
  const auto verdict = verify_presentation(fixture.issued.sd_jwt, good_facts(fixture), rules());

  REQUIRE(verdict.elements.size() >= kMandatoryElements);
  for (std::size_t i = 0; i < kMandatoryElements; ++i) {
    INFO(verdict.elements[i].name);
    CHECK_FALSE(verdict.elements[i].value.empty());
  }

  CHECK(verdict.elements[0].value == "Zoë Müller");
  CHECK(verdict.elements[6].value == "7.5");

  const auto shown = verify_presentation(present(fixture, {}), good_facts(fixture), rules());
  CHECK(shown.elements[0].source == "withheld");
  CHECK(shown.elements[0].value.empty());
}

TEST_CASE("the JSON form carries the findings, the code and what was disclosed") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  facts.slots->front().status = LedgerStatus::kRevoked;
  facts.slots->front().reason = "correction";

  const auto json = Json::parse(
      to_json(verify_presentation(present(fixture, {ClaimId::kGrade}), facts, rules())));

  CHECK(json["verdict"] == "not_valid");
  CHECK(json["standing"] == "revoked");
  CHECK(json["recognition"] == "accepted");
  CHECK(json["exit_code"] == 6);
  CHECK(json["status"] == "revoked");

  CHECK(json["credential"]["claims"] == Json({{"grade", "1.3"}}));
  CHECK(json["credential"]["holder_key"] == "holder-made");
  CHECK(json["findings"].size() == 8);

  CHECK(json["slots"][0]["said_of_the_change"]["reason"] == "correction");
  CHECK(json["as_of"]["height"] == 500);
  CHECK(json["issuer"]["name_now"] == "Neue Universität");
}

TEST_CASE("no damage to a presentation is valid, and none crashes the judge") {
  const auto fixture = test::make_fixture();
  const auto facts = good_facts(fixture);
  auto with = rules();
  with.holder = holder_rules();
  const auto original = present(fixture, {ClaimId::kTitle});
  CHECK(verdict_code(verify_presentation(original, facts, with)) == VerdictCode::kAllWell);
  testamur::test::for_each_mutation(as_bytes(original), 600, [&](ByteView damaged) {
    if (equal(damaged, as_bytes(original))) return;
    CHECK(verdict_code(verify_presentation(as_text(damaged), facts, with)) !=
          VerdictCode::kAllWell);
  });
}

TEST_CASE("an answer that lacks what was asked for is genuine, and not all well") {
  Verdict verdict;
  verdict.findings.push_back({Topic::kHolder, Answer::kValid, "shown by its holder"});

  SECTION("whole") {
    add_answer(verdict, "");
    CHECK(verdict_code(verdict) == VerdictCode::kAllWell);
    CHECK(headline(verdict) == "genuine");
  }

  SECTION("it lacks a claim") {
    add_answer(verdict, "grade");
    CHECK(verdict_code(verdict) == VerdictCode::kIncomplete);
    CHECK(headline(verdict) == "genuine; not all is shown that was asked for: grade");
    CHECK(overall(verdict) == Answer::kNotValid);
  }

  SECTION("what is worse decides") {
    add_answer(verdict, "grade");
    verdict.findings.push_back(
        {Topic::kAcceptance, Answer::kNotValid, "not accepted", VerdictCode::kNotAccepted});
    CHECK(verdict_code(verdict) == VerdictCode::kNotAccepted);
    CHECK(standing(verdict) == Standing::kGenuine);
  }
}

// Whoever reads one line only took an old status, and a grant that is over, for those of now.
TEST_CASE("the first line says of which block an old status is, and that a grant is over") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  auto with = rules();
  CHECK(headline(verify_presentation(fixture.issued.sd_jwt, facts, with)).find(" as of ") ==
        std::string::npos);
  facts.newest_known = Height{facts.as_of->height.value + 1};
  with.accept_older_block = true;
  const auto old = verify_presentation(fixture.issued.sd_jwt, facts, with);
  CHECK(is_status_old(old));
  CHECK(
      headline(old).starts_with("genuine as of " + format_time_ms(facts.as_of->time_ms) + " UTC"));
  CHECK(headline(old).find("; a later block is known)") != std::string::npos);
  CHECK(as_json(old)["later_block"] == facts.newest_known.value);

  facts = good_facts(fixture);
  with.now_ms = facts.as_of->time_ms + kFreshStatusMs + 1;
  with.max_status_age_ms = 10 * kFreshStatusMs;
  CHECK(is_status_old(verify_presentation(fixture.issued.sd_jwt, facts, with)));

  const auto over = verify_presentation(present(fixture, {}, kNow / 1000), facts, rules());
  CHECK(over.grant_over_s == kNow / 1000);
  CHECK(headline(over).find("the holder's grant is over: its last day was ") != std::string::npos);
  CHECK_FALSE(verify_presentation(present(fixture, {}, kNow / 1000 + 1), facts, rules())
                  .grant_over_s.has_value());
}

// "none" stood there as signed, beside "agrees with the registry, proven".
TEST_CASE("what a credential says otherwise than its achievement stands beside it") {
  auto fixture = test::make_fixture();
  fixture.contents.claims[ClaimId::kIdentityCheck] = std::string("none");
  fixture.issued = issue_credential(fixture.contents, fixture.chain, fixture.issuer_key).value();
  auto facts = good_facts(fixture);
  facts.achievement->identity_check = "supervised onsite";
  const auto verdict =
      verify_presentation(present(fixture, {ClaimId::kIdentityCheck}), facts, rules());
  const auto shown = std::ranges::find(verdict.elements, "none", &Element::value);
  REQUIRE(shown != verdict.elements.end());
  CHECK(std::next(shown)->value == "supervised onsite");
  CHECK(find(verdict, Topic::kContents)->text.find("what is disclosed") == std::string::npos);
  CHECK(find(verdict, Topic::kContents)
            ->text.starts_with("issuer, achievement and key agree with the registry"));
}

}  // namespace testamur::wallet
