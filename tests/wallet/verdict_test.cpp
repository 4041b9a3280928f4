#include "wallet/verify/verdict.h"

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

Finding with(Topic topic, Answer answer, VerdictCode if_not_valid,
             VerdictCode if_unknown = VerdictCode::kUnreachable) {
  return {topic, answer, "text", if_not_valid, if_unknown};
}

}  // namespace

TEST_CASE("the first match of the exit codes wins") {
  Verdict verdict;
  CHECK(verdict_code(verdict) == VerdictCode::kAllWell);

  verdict.findings.push_back(
      with(Topic::kAcceptance, Answer::kNotValid, VerdictCode::kNotAccepted));
  CHECK(verdict_code(verdict) == VerdictCode::kNotAccepted);

  verdict.findings.push_back(
      with(Topic::kHolder, Answer::kUnknown, VerdictCode::kInvalid, VerdictCode::kHolderUnchecked));
  CHECK(verdict_code(verdict) == VerdictCode::kHolderUnchecked);

  verdict.findings.push_back(with(Topic::kHolder, Answer::kUnknown, VerdictCode::kInvalid));
  CHECK(verdict_code(verdict) == VerdictCode::kUnreachable);
  CHECK(overall(verdict) == Answer::kUnknown);

  verdict.findings.push_back(
      with(Topic::kLedger, Answer::kNotValid, VerdictCode::kUnknownToLedger));
  CHECK(verdict_code(verdict) == VerdictCode::kUnknownToLedger);

  verdict.findings.push_back(with(Topic::kStatus, Answer::kNotValid, VerdictCode::kNotInForce));
  CHECK(verdict_code(verdict) == VerdictCode::kNotInForce);

  verdict.findings.push_back(with(Topic::kSignature, Answer::kNotValid, VerdictCode::kInvalid));
  CHECK(verdict_code(verdict) == VerdictCode::kInvalid);

  CHECK(static_cast<int>(VerdictCode::kInvalid) == 5);
  CHECK(static_cast<int>(VerdictCode::kNotInForce) == 6);
  CHECK(static_cast<int>(VerdictCode::kUnreachable) == 7);
  CHECK(static_cast<int>(VerdictCode::kNotAccepted) == 8);
  CHECK(static_cast<int>(VerdictCode::kUnknownToLedger) == 9);
  CHECK(static_cast<int>(VerdictCode::kHolderUnchecked) == 10);
}

TEST_CASE("times are shown in UTC") {
  CHECK(format_time_ms(0) == "1970-01-01 00:00:00");
  CHECK(format_time_ms(951'782'400'000) == "2000-02-29 00:00:00");
  CHECK(format_time_ms(1'798'761'599'999) == "2026-12-31 23:59:59");
  CHECK(format_time_ms(4'107'542'400'000) == "2100-03-01 00:00:00");
}

}  // namespace testamur::wallet
