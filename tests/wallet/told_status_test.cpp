// What the office reads of its awards is what a verifier would be told.
#include "wallet/cli/flow/told_status.h"

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"
#include "wallet/credential/batch.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kAnchoredMs = 1'800'000'000'000;
constexpr std::uint64_t kNowMs = 1'900'000'000'000;

struct Told {
  test::Fixture fixture = test::make_fixture();
  std::string credential;
  BulkSlotAnswer slot;
  IssuerAnswer issuer;

  explicit Told(std::optional<std::uint64_t> expires_at_s = std::nullopt) {
    auto plan = test::batch_plan(fixture, 100, kAnchoredMs / 1000);
    plan.expires_at_s = expires_at_s;
    ClassRow row;
    row.student = "S1";
    const auto batch = build_batch(plan, {row}, {}, fixture.issuer_key).value();
    credential = batch.awards.front().sd_jwt;

    slot.index = IssuerIndex{100 + batch.awards.front().position};
    slot.status = slot.effective_status = LedgerStatus::kValid;
    slot.anchor_time_ms = kAnchoredMs;
    issuer.issuer = IssuerRecord{fixture.issuer, "Renamed",         "Renamed",
                                 "AT",           "renamed.example", InstitutionStanding::kGood,
                                 Basis::kSaid};
    KeyRecord key;
    key.id = fixture.issuer_key_id;
    key.owner = fixture.issuer;
    key.purpose = KeyPurpose::kCredential;
    key.key = fixture.issuer_key.public_key();
    key.added_at_ms = 1;
    key.fate_known = true;
    issuer.keys = {key};
  }
  std::string status() const {
    return told_status(credential, fixture.chain, slot, issuer, kNowMs);
  }
};

}  // namespace

TEST_CASE("an award in force is valid, whatever its issuer is called by now") {
  CHECK(Told().status() == "valid");
}

TEST_CASE("a retired key takes nothing with it, unless it was retired before or stolen") {
  Told told;
  auto& key = told.issuer.keys.front();
  key.retired_at_ms = kAnchoredMs + 1;
  CHECK(told.status() == "valid");
  key.retired_at_ms = kAnchoredMs - 1;
  CHECK(told.status() == "invalid");

  key.retired_at_ms = kAnchoredMs + 10;
  key.compromised_since_ms = kAnchoredMs + 1;
  CHECK(told.status() == "valid");
  key.compromised_since_ms = kAnchoredMs;
  CHECK(told.status() == "void");
}

TEST_CASE("what is not known of the key or its issuer is not valid") {
  Told told;
  told.issuer.keys.front().fate_known = false;
  CHECK(told.status() == "unknown");
  told.issuer.keys.clear();
  CHECK(told.status() == "unknown");
  told.issuer.issuer.reset();
  CHECK(told.status() == "unknown");
}

TEST_CASE("an award is told by the worst of slot, issue key, issuer and last day") {
  Told told;
  told.slot.effective_status = LedgerStatus::kSuspended;
  CHECK(told.status() == "suspended");
  told.slot.effective_status = LedgerStatus::kRevoked;
  CHECK(told.status() == "revoked");
  told.slot.is_void = true;
  CHECK(told.status() == "void");
  CHECK(Told(kNowMs / 1000 - 1).status() == "expired");
  CHECK(Told(kNowMs / 1000 + 1).status() == "valid");
  for (const char* dead : {"revoked", "superseded", "suspended", "void", "expired", "invalid"})
    CHECK(is_not_in_force(dead));
  for (const char* open : {"valid", "unknown", "not_asked", "not_sent", "not_listed"})
    CHECK_FALSE(is_not_in_force(open));
}

}  // namespace testamur::wallet
