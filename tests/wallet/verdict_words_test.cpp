// What a verdict says in words and for programs: whose word a recognition is, why it is refused,
// and no good word where the exit code is not 0.
#include "tests/support/catch.h"
#include "tests/wallet/good_facts.h"

namespace testamur::wallet {

using test::good_facts;
using test::rules;

// "Accepted by Tartu" of an award of Tartu was read as somebody else's yes.
TEST_CASE("an issuer's word about itself is called that, in words and for programs") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  facts.acceptance->viewpoint_id = fixture.issuer;
  facts.acceptance->viewpoint_id.bytes[0] ^= 1;
  const auto judged = [&] { return verify_presentation(fixture.issued.sd_jwt, facts, rules()); };
  CHECK(recognition(judged()).find("own word") == std::string::npos);
  CHECK(as_json(judged())["recognition_is_own_word"] == false);
  facts.acceptance->viewpoint_id = fixture.issuer;
  CHECK(recognition(judged()).ends_with("; that is the issuer's own word about itself"));
  CHECK(as_json(judged())["recognition_is_own_word"] == true);
  CHECK(is_own_word(verify_hash(fixture.issued.commitment, facts, rules())));
}

// A reference was "found, and not withdrawn" where the key that signed the award had been stolen.
TEST_CASE(
    "of a hash the key that signed it is not checked, and a stolen one of the issuer is said") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  const auto judged = [&] { return verify_hash(fixture.issued.commitment, facts, rules()); };
  const std::vector<std::string> all{"contents", "holder", "last_day", "signing_key"};
  CHECK(as_json(judged())["not_checked"] == Json(all));
  CHECK(headline(judged()).find("the key that signed it") != std::string::npos);
  CHECK(as_json(judged())["doubt_of_key"] == "");

  facts.keys->front().compromised_since_ms = test::kAnchor + 1;
  CHECK(as_json(judged())["doubt_of_key"] == "");
  facts.keys->front().compromised_since_ms = test::kAnchor;
  CHECK(headline(judged()).find("was compromised since") != std::string::npos);
  facts.keys->front().basis = Basis::kSaid;
  CHECK(as_json(judged())["doubt_of_key"] == "");
}

TEST_CASE("an own policy that was asked from another's viewpoint says whose") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  facts.acceptance->own_policy = true;
  facts.acceptance->policy_of = PolicyOf::kCaller;
  for (auto& decision : *facts.decisions) decision.own_policy = true;
  const auto judged = [&] { return verify_presentation(fixture.issued.sd_jwt, facts, rules()); };
  CHECK(recognition(judged()).starts_with("the issuer is accepted by your own policy ("));
  facts.acceptance->viewpoint_id.bytes.fill(3);
  CHECK(recognition(judged()).starts_with(
      "the issuer is accepted by your own policy, seen from Node University ("));
  CHECK(as_json(judged())["seen_from_viewpoint"] == true);
}

// "(rule claim)" is a name for programs.
TEST_CASE("why a body of a joint award is not accepted is said in words") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  facts.acceptance->joint = "all";
  for (const char* rule : {"unknown", "future", "block", "claim", "amount", "paths",
                           "accreditation", "assessor", "too_large"}) {
    facts.acceptance->bodies = {{"Ghent", Acceptance::kRefuse, rule}};
    const auto text = to_text(verify_presentation(fixture.issued.sd_jwt, facts, rules()));
    CAPTURE(text);
    CHECK(text.find("rule ") == std::string::npos);
    CHECK(text.find("Ghent: refuse (") != std::string::npos);
  }
}

// "valid" beside exit code 10 or 8, "found" of a hash that was revoked.
TEST_CASE("the answer in one word is a good one only where the exit code is 0") {
  const auto fixture = test::make_fixture();
  auto facts = good_facts(fixture);
  auto with = rules();
  const auto answer = [&] {
    const auto json = as_json(verify_presentation(fixture.issued.sd_jwt, facts, with));
    CHECK((json["exit_code"] == 0) == (json["answer"] == "genuine"));
    return json["answer"].get<std::string>();
  };
  CHECK(answer() == "genuine");
  with.need_holder = true;
  CHECK(answer() == "holder_not_checked");
  with.need_holder = false;
  facts.acceptance->outcome = Acceptance::kRefuse;
  CHECK(answer() == "issuer_not_accepted");
  facts.acceptance->outcome = Acceptance::kUnknown;
  CHECK(answer() == "cannot_tell");
  facts.slots->front().status = LedgerStatus::kRevoked;
  CHECK(answer() == "revoked");

  const auto hash = as_json(verify_hash(fixture.issued.commitment, facts, with));
  CHECK(hash["answer"] == "revoked");
}

}  // namespace testamur::wallet
