// The daily bytes of an author, and the parameter that came with a later protocol version.
#include "ledger/genesis.h"
#include "ledger/parameters.h"
#include "ledger/tx/records/tables.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {
namespace {

using ledger::Parameter;

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kMiB = 1024 * 1024;

ledger::GenesisInput input_of(std::uint16_t protocol_version, std::uint64_t author_bytes) {
  auto input = sample_genesis_input();
  input.protocol_version = protocol_version;
  REQUIRE(input.parameters.set(Parameter::kAuthorBytesPerDay, author_bytes).ok());
  return input;
}

tx::StatusChangeContent revoke(std::uint64_t index) {
  tx::StatusChangeContent content;
  content.action = tx::StatusAction::kRevoke;
  content.reason = tx::StatusReason::kCorrection;
  content.target = std::vector<IssuerIndex>{IssuerIndex{index}};
  return content;
}

// Issues of 524,288 bytes of commitments each until one is refused; how many were taken.
std::size_t issue_until_refused(TestLedger& ledger, const Actor& issuer,
                                const AchievementId& achievement,
                                std::optional<Rejection>& refusal) {
  for (std::size_t i = 0; i < 10; ++i) {
    const auto ranges =
        ledger::Pages(ledger.state()).used_ranges(issuer.id);  // runs() looks into it
    const auto used = ranges.runs();
    const auto first = used.empty() ? 0 : used.back().first + used.back().count;
    refusal = ledger.commit(ledger.issue(issuer, first, 16'384, achievement));
    if (refusal) return i;
  }
  return 10;
}

}  // namespace

TEST_CASE(
    "byte_budget: what an author issues in a day ends at the budget, and goes on the day after") {
  TestLedger ledger(input_of(3, kMiB));
  const auto achievement = ledger.publish(ledger.aurora);
  std::optional<Rejection> refusal;
  CHECK(issue_until_refused(ledger, ledger.aurora, achievement, refusal) == 1);
  CHECK(code(refusal) == RejectionCode::kByteBudget);
  CHECK_FALSE(is_permanent(RejectionCode::kByteBudget));
  CHECK(refusal->detail.find("room again at 00:00 UTC") != std::string::npos);

  // Others have budgets of their own, and what is taken back is taken back.
  ledger.publish(ledger.borealis);
  CHECK(code(ledger.commit(ledger.aurora, revoke(3), KeyPurpose::kIssue)) == std::nullopt);
  ledger.pass_ms(kDayMs);
  CHECK(issue_until_refused(ledger, ledger.aurora, achievement, refusal) == 1);
}

TEST_CASE("byte_budget: the bytes of the day are those that blocks carry") {
  TestLedger ledger(input_of(3, kMiB));
  const auto publication = ledger.make(ledger.aurora, sample_achievement(), KeyPurpose::kGovern);
  REQUIRE(code(ledger.commit(publication)) == std::nullopt);
  const auto written = tx::read_author_bytes(ledger.state(), ledger.aurora.id);
  CHECK(written.bytes == publication->encoded().size());
  CHECK(written.day == ledger.time_ms() / kDayMs);
}

TEST_CASE("before protocol version 3 nothing is counted and no author is refused for its bytes") {
  TestLedger ledger(input_of(2, 128 * kMiB));
  const auto achievement = ledger.publish(ledger.aurora);
  std::optional<Rejection> refusal;
  CHECK(issue_until_refused(ledger, ledger.aurora, achievement, refusal) == 10);
  CHECK_FALSE(ledger.state().get(tx::kAuthorBytes, ledger.aurora.id.view()));
}

TEST_CASE("the standard day holds ten certificates for each of 400,000 students") {
  const std::uint64_t transactions = (4'000'000 + 16'383) / 16'384;
  const std::uint64_t bytes = 4'000'000 * 32 + transactions * 4096;
  CHECK(bytes <= ledger::Parameters{}[Parameter::kAuthorBytesPerDay]);
}

TEST_CASE(
    "golden: a later parameter stands in the bytes only where it is not at its standard value") {
  ledger::Parameters parameters;
  CHECK(encode(parameters).size() == 262);
  CHECK(to_hex(encode(parameters)).substr(0, 8) == "001a0001");
  REQUIRE(parameters.set(Parameter::kAuthorBytesPerDay, 256 * kMiB).ok());
  const auto bytes = encode(parameters);
  CHECK(bytes.size() == 272);
  CHECK(to_hex(bytes).substr(0, 8) == "001b0001");
  CHECK(to_hex(bytes).ends_with("001b0000000010000000"));
  CHECK(ledger::decode_parameters(bytes).value() == parameters);

  // The standard value written out would be a second form of the same parameters.
  auto needless = to_hex(bytes);
  needless.replace(needless.size() - 16, 16, "0000000008000000");
  CHECK_FALSE(ledger::decode_parameters(*from_hex(needless)).ok());
}

TEST_CASE("a genesis of an earlier version cannot set a later parameter") {
  const auto refused = ledger::make_genesis(input_of(2, kMiB));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.message().find("author_bytes_per_day needs protocol version 3") !=
        std::string::npos);
  CHECK(ledger::make_genesis(input_of(3, kMiB)).ok());
}

}  // namespace testamur::test
