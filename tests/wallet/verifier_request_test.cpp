#include "wallet/credential/verifier_request.h"

#include <limits>

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"
#include "tests/wallet/mutations.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kNow = 1'790'000'000;
constexpr std::uint64_t kDay = 86'400;

VerifierRequest made(std::vector<ClaimId> claims = {ClaimId::kTitle, ClaimId::kFamilyName}) {
  return make_verifier_request("ACME GmbH", "employment", std::move(claims), kNow, kNow + 7 * kDay)
      .value();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("a request is read as it was made, each claim once") {
  const auto request = made({ClaimId::kTitle, ClaimId::kFamilyName, ClaimId::kTitle});
  const auto read = read_verifier_request(encode_verifier_request(request));
  REQUIRE(read.ok());
  CHECK(read->verifier == "ACME GmbH");
  CHECK(read->audience() == "ACME GmbH");
  CHECK(read->purpose == "employment");
  CHECK(read->nonce == request.nonce);
  CHECK(read->claims == std::vector{ClaimId::kFamilyName, ClaimId::kTitle});
  CHECK(read->made_at_s == kNow);
  CHECK(read->until_s == kNow + 7 * kDay);
  CHECK(made().nonce != request.nonce);
}

TEST_CASE("what mail programs do to a request takes nothing from it") {
  const auto request = made();
  const auto text = encode_verifier_request(request);
  for (const auto& mailed : {replaced(text, "\n", "\r\n"), "> " + replaced(text, "\n", "\n> "),
                             "Dear Ada,\n\n" + text + "\nKind regards\n",
                             replaced(text, "\n", "\n\n"), "\xef\xbb\xbf" + text}) {
    CAPTURE(mailed);
    const auto read = read_verifier_request(mailed);
    REQUIRE(read.ok());
    CHECK(read->nonce == request.nonce);
  }
}

TEST_CASE("a damaged request is named as damaged, never taken for another one") {
  const auto text = encode_verifier_request(made());
  testamur::test::for_each_mutation(as_bytes(text), 400, [&](ByteView damaged) {
    const auto read = read_verifier_request(as_text(damaged));
    if (read.ok()) CHECK(encode_verifier_request(*read) == text);
  });
  CHECK(read_verifier_request("hello").message().find("this is no request of a verifier") !=
        std::string::npos);
  CHECK(read_verifier_request("Dear Ada,\n" + text + "> " + encode_verifier_request(made()))
            .message()
            .find("more than one request") != std::string::npos);
  CHECK(read_verifier_request(text.substr(0, text.size() / 2)).message().find("was cut off") !=
        std::string::npos);
  CHECK(read_verifier_request(std::string(kMaxVerifierRequestBytes + 1, 'a'))
            .message()
            .find("too large") != std::string::npos);
}

TEST_CASE("a request that nobody could answer is not made") {
  const auto make = [](const std::string& name, std::uint64_t until_s) {
    return make_verifier_request(name, "", {}, kNow, until_s);
  };
  CHECK(make("", kNow + 60).value().audience() == "a verifier without a name");
  CHECK_FALSE(make("ACME", kNow).ok());
  CHECK(make("ACME", kNow + kLongestRequestS).ok());
  CHECK_FALSE(make("ACME", kNow + kLongestRequestS + 1).ok());
  CHECK_FALSE(make("AC\x1bME", kNow + 60).ok());
  CHECK_FALSE(make(std::string(257, 'a'), kNow + 60).ok());
}

TEST_CASE("an answer is judged until the request ends, and none counts that was made before it") {
  const auto fixture = test::make_fixture();
  const auto request = made();
  const auto answered = [&](std::uint64_t at_s) {
    return present_credential(fixture.issued.sd_jwt,
                              {{ClaimId::kTitle}, request.audience(), request.nonce, at_s, {}},
                              fixture.holder_key)
        .value();
  };

  const auto answer = answered(kNow + kDay);
  const auto proof = verify_holder(answer, holder_rules(request, kNow + 7 * kDay));
  REQUIRE(proof.ok());
  CHECK_FALSE(proof->too_old);
  CHECK(proof->made_at_s == kNow + kDay);

  // One second after the end.
  CHECK(verify_holder(answer, holder_rules(request, kNow + 7 * kDay + 1)).value().too_old);

  // It answers this nonce and was made after it, so that a clock is wrong and not the holder.
  CHECK(verify_holder(answered(kNow - kDay), holder_rules(request, kNow + 60))
            .value()
            .odd_time.find("before it was asked for") != std::string::npos);
  CHECK(verify_holder(answered(kNow + kDay), holder_rules(request, kNow + 60))
            .value()
            .odd_time.find("s from now") != std::string::npos);
  CHECK(verify_holder(answered(std::numeric_limits<std::uint64_t>::max()),
                      holder_rules(request, kNow + 60))
            .value()
            .odd_time.find("s from now") != std::string::npos);
  CHECK(verify_holder(answered(kNow + 90), holder_rules(request, kNow + 60))
            .value()
            .odd_time.empty());
  CHECK(verify_holder(answer, holder_rules(made(), kNow + kDay)).message().find("another nonce") !=
        std::string::npos);

  CHECK(missing_claims(request, read_credential(answer).value()) ==
        std::vector{ClaimId::kFamilyName});
}

TEST_CASE("who typed another audience sees the one that the proof was made for") {
  const auto fixture = test::make_fixture();
  const auto shown = present_credential(fixture.issued.sd_jwt, {{}, "ACME GmbH", "n", kNow, {}},
                                        fixture.holder_key)
                         .value();
  CHECK(verify_holder(shown, {"ACME", "n", kNow}).message() ==
        "the key binding was made for another audience: \"ACME GmbH\"");
}

}  // namespace testamur::wallet
