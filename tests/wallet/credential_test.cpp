// The credential over SD-JWT: what is signed in clear, what can be withheld, and what no reader
// takes.
#include "wallet/credential/credential.h"

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"
#include "tests/wallet/mutations.h"
#include "wallet/credential/sd_jwt.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kNow = 1'800'000'000;

PresentationRequest request_of(std::vector<ClaimId> claims) {
  PresentationRequest request;
  request.claims = std::move(claims);
  request.audience = "https://employer.example";
  request.nonce = "n-1";
  request.now_s = kNow;
  return request;
}
HolderRules rules() { return {"https://employer.example", "n-1", kNow + 5, 300}; }

// The fixture's credential with its payload changed and signed again by the issuer, everything in
// clear.
std::string resigned(const test::Fixture& fixture,
                     const std::function<void(Json& header, Json& payload)>& change) {
  const auto processed = process_sd_jwt(parse_sd_jwt(fixture.issued.sd_jwt).value()).value();
  Json header = processed.jws.header;
  Json payload = processed.claims;
  change(header, payload);
  return sign_jws(header, payload, fixture.issuer_key) + '~';
}

}  // namespace

TEST_CASE("a credential that is issued can be read, and says what was put into it") {
  for (const auto algorithm :
       {SignatureAlgorithm::kEcdsaP256, SignatureAlgorithm::kEcdsaSecp256k1}) {
    const auto fixture = test::make_fixture(algorithm);
    const auto view = read_credential(fixture.issued.sd_jwt);
    REQUIRE(view.ok());

    const CredentialHead& head = view->head;
    CHECK(head.issuer_domain == "uni-example.eu");
    CHECK(head.issuer_key == fixture.issuer_key_id);
    CHECK(head.issued_at_s == 1'790'000'000);
    CHECK_FALSE(head.expires_at_s.has_value());
    CHECK(head.holder == fixture.holder_key.public_key());
    CHECK(head.holder_made);
    CHECK(head.reference == fixture.contents.head.reference);
    CHECK(head.salt == fixture.contents.head.salt);
    CHECK(head.achievement == fixture.contents.head.achievement);

    CHECK(view->disclosed == fixture.contents.claims);
    CHECK(commitment_of(fixture.chain, *view) == fixture.issued.commitment);
    CHECK(verify_issuer_signature(fixture.issued.sd_jwt, fixture.issuer_key.public_key()).ok());
    CHECK_FALSE(
        verify_issuer_signature(fixture.issued.sd_jwt, fixture.holder_key.public_key()).ok());
  }
}

TEST_CASE("the part in clear is the one of the format, and holds nothing of the learner") {
  const auto fixture = test::make_fixture();
  const auto jws = parse_jws(parse_sd_jwt(fixture.issued.sd_jwt).value().issuer_jwt).value();
  CHECK(jws.header.dump() ==
        R"({"alg":"ES256","kid":")" + to_text(fixture.issuer_key_id) + R"(","typ":"dc+sd-jwt"})");

  Json payload = jws.payload;
  CHECK(payload["_sd"].size() == fixture.contents.claims.size() + 3);
  payload.erase("_sd");

  const Json expected{{"_sd_alg", "sha-256"},
                      {"cnf", {{"jwk", to_jwk(fixture.holder_key.public_key())}}},
                      {"iat", 1'790'000'000},
                      {"iss", "https://uni-example.eu"},
                      {"testamur",
                       {{"achievement", to_text(fixture.issuer) + "/7"},
                        {"holder_key", "holder-made"},
                        {"ref", to_text(fixture.contents.head.reference)},
                        {"salt", to_base64url(Bytes(32, 0x5a))},
                        {"version", 2}}},
                      {"vct", "urn:testamur:vct:1"}};
  CHECK(payload == expected);
}

TEST_CASE("a presentation shows what was asked for and nothing else") {
  const auto fixture = test::make_fixture();
  const auto shown = present_credential(
      fixture.issued.sd_jwt, request_of({ClaimId::kTitle, ClaimId::kGrade}), fixture.holder_key);
  REQUIRE(shown.ok());
  const auto view = read_credential(*shown).value();
  CHECK(view.disclosed.size() == 2);
  CHECK(view.disclosed.contains(ClaimId::kTitle));
  CHECK(view.has_key_binding);
  CHECK(view.withheld == fixture.contents.claims.size() - 2 + 3);
  CHECK(verify_holder(*shown, rules()).ok());
  CHECK(shown->find(to_base64url(as_bytes("Müller"))) == std::string::npos);
  // A presentation can be shown on, with less, by its holder only.
  const auto less = present_credential(*shown, request_of({ClaimId::kTitle}), fixture.holder_key);
  CHECK(read_credential(less.value())->disclosed.size() == 1);
  CHECK_FALSE(present_credential(*less, request_of({ClaimId::kGrade}), fixture.holder_key).ok());
}

TEST_CASE("only the holder can present, and only what the credential holds") {
  const auto fixture = test::make_fixture();
  CHECK(present_credential(fixture.issued.sd_jwt, request_of({}), fixture.issuer_key).message() ==
        "the credential is bound to another holder key");
  CHECK(present_credential(fixture.issued.sd_jwt, request_of({ClaimId::kBirthDate}),
                           fixture.holder_key)
            .message() == "the credential holds no date of birth");
  auto request = request_of({});
  request.audience = "\xff";
  CHECK_FALSE(present_credential(fixture.issued.sd_jwt, request, fixture.holder_key).ok());
}

TEST_CASE("the end of a grant travels in the key binding") {
  const auto fixture = test::make_fixture();
  auto request = request_of({});
  request.ends_at_s = kNow + 3600;
  const auto shown = present_credential(fixture.issued.sd_jwt, request, fixture.holder_key).value();
  CHECK(verify_holder(shown, rules()).value().ends_at_s == kNow + 3600);
  const auto open =
      present_credential(fixture.issued.sd_jwt, request_of({}), fixture.holder_key).value();
  CHECK_FALSE(verify_holder(open, rules()).value().ends_at_s.has_value());
}

TEST_CASE("what must be in clear is refused as a disclosure") {
  const auto fixture = test::make_fixture();
  for (const char* pointer :
       {"/iss", "/iat", "/vct", "/cnf", "/testamur", "/testamur/salt", "/cnf/jwk"}) {
    CAPTURE(pointer);
    const auto processed = process_sd_jwt(parse_sd_jwt(fixture.issued.sd_jwt).value()).value();
    IssueOptions options;
    options.kid = to_text(fixture.issuer_key_id);
    options.disclosable = {pointer};
    const auto sd_jwt = issue_sd_jwt(processed.claims, options, fixture.issuer_key).value();
    CHECK_FALSE(read_credential(sd_jwt.text()).ok());
  }
  // An expiry that the holder could withhold would be none.
  const auto processed = process_sd_jwt(parse_sd_jwt(fixture.issued.sd_jwt).value()).value();
  Json with_expiry = processed.claims;
  with_expiry["exp"] = 1;
  IssueOptions options;
  options.kid = to_text(fixture.issuer_key_id);
  options.disclosable = {"/exp"};
  CHECK(read_credential(issue_sd_jwt(with_expiry, options, fixture.issuer_key).value().text())
            .message() == "\"exp\" is a disclosure, but must be signed in clear");
}

TEST_CASE(
    "a credential of another type, or with members that are missing, wrong or unknown, is "
    "refused") {
  const auto fixture = test::make_fixture();

  const auto refused = [&](const std::function<void(Json&, Json&)>& change) {
    return !read_credential(resigned(fixture, change)).ok();
  };

  CHECK_FALSE(refused([](Json&, Json&) {}));
  CHECK(refused([](Json& header, Json&) { header["typ"] = "jwt"; }));
  CHECK(refused([](Json& header, Json&) { header.erase("typ"); }));
  CHECK(refused([](Json& header, Json&) { header.erase("kid"); }));
  CHECK(refused([](Json& header, Json&) { header["kid"] = "tmk1qqqq"; }));

  for (const char* name : {"iss", "iat", "vct", "cnf", "testamur"}) {
    CAPTURE(name);
    CHECK(refused([&](Json&, Json& payload) { payload.erase(name); }));
    CHECK(refused([&](Json&, Json& payload) { payload[name] = -5; }));
  }

  CHECK(refused([](Json&, Json& payload) { payload["vct"] = "urn:testamur:vct:2"; }));
  CHECK(refused([](Json&, Json& payload) { payload["iss"] = "http://uni-example.eu"; }));
  CHECK(refused([](Json&, Json& payload) { payload["exp"] = "soon"; }));
  CHECK(refused([](Json&, Json& payload) { payload["testamur"]["salt"] = "AAAA"; }));
  CHECK(refused([](Json&, Json& payload) { payload["testamur"]["version"] = 65536; }));
  CHECK(refused([](Json&, Json& payload) { payload["testamur"]["holder_key"] = "nobody"; }));
  CHECK(refused([](Json&, Json& payload) { payload["testamur"]["more"] = 1; }));
  CHECK(refused([](Json&, Json& payload) { payload["testamur"]["ref"] = "urn:testamur:1:x"; }));
  CHECK(refused([](Json&, Json& payload) { payload["role"] = "admin"; }));
  CHECK(refused([](Json&, Json& payload) { payload["eqf_level"] = 9; }));
  CHECK(refused([](Json&, Json& payload) { payload["title"] = 9; }));
  CHECK(refused([](Json&, Json& payload) { payload["award_date"] = "2026-02-30"; }));
  CHECK(refused([](Json&, Json& payload) { payload["grade"] = 1.3; }));
}

TEST_CASE("what is out of bounds is not issued") {
  auto fixture = test::make_fixture();

  const auto issue = [&](const CredentialContents& contents) {
    return issue_credential(contents, fixture.chain, fixture.issuer_key).ok();
  };
  CHECK(issue(fixture.contents));

  auto contents = fixture.contents;
  contents.head.reference = make_reference(ChainId{}, fixture.issuer, IssuerIndex{1});
  CHECK_FALSE(issue(contents));

  contents = fixture.contents;
  contents.head.expires_at_s = contents.head.issued_at_s;
  CHECK_FALSE(issue(contents));

  contents = fixture.contents;
  contents.claims[ClaimId::kTitle] = std::string("a\nb");
  CHECK_FALSE(issue(contents));

  contents = fixture.contents;
  contents.head.issuer_domain.clear();
  CHECK_FALSE(issue(contents));
}

TEST_CASE("damaged credentials never crash the reader") {
  const auto fixture = test::make_fixture();
  const auto shown =
      present_credential(fixture.issued.sd_jwt, request_of({ClaimId::kTitle}), fixture.holder_key)
          .value();
  testamur::test::for_each_mutation(
      as_bytes(shown), 1000, [](ByteView damaged) { (void)read_credential(as_text(damaged)); });
}

TEST_CASE(
    "what was pasted is read whatever a mail program did to it; what is cut off or another file is "
    "named") {
  const auto fixture = test::make_fixture();
  const auto bare = fixture.issued.sd_jwt;
  const auto shown =
      present_credential(bare, request_of({ClaimId::kTitle}), fixture.holder_key).value();
  CHECK(read_pasted(" " + bare.substr(0, 70) + "\r\n " + bare.substr(70) + " \n").value() == bare);
  CHECK(read_pasted(bare.substr(0, bare.size() - 1)).value() == bare);
  CHECK(read_pasted(shown).value() == shown);
  CHECK(read_pasted("h.p").message().find("cut off") != std::string::npos);
  CHECK(read_pasted("~~").message().find("cut off") != std::string::npos);
  CHECK(
      read_pasted("age-encryption.org/v1\n-> scrypt x 18\n").message().find("credential import") !=
      std::string::npos);
  CHECK(read_pasted("Here: " + bare).message().find("was it pasted?") != std::string::npos);
  CHECK_FALSE(read_pasted("").ok());
}

// A verifier who was told "forged" of a presentation that a mail program had cut accused a learner.
TEST_CASE("wherever a presentation is cut, it is cut off and never forged") {
  const auto fixture = test::make_fixture();
  const auto shown =
      present_credential(fixture.issued.sd_jwt, request_of({ClaimId::kTitle, ClaimId::kGrade}),
                         fixture.holder_key)
          .value();
  for (const auto& whole : {shown, fixture.issued.sd_jwt}) {
    for (std::size_t size = 1; size < whole.size(); ++size) {
      const auto read = read_pasted(whole.substr(0, size));
      CAPTURE(size);

      // Where a part ends what stands before it is a presentation that shows less.
      if (read.ok()) {
        const auto view = read_credential(*read);
        CAPTURE(view.ok() ? "" : view.message(), read->substr(read->size() - 60));
        CHECK(view.ok());
      }
      if (!read.ok()) CHECK(read.message().find("Copy the whole") != std::string::npos);
    }
    for (const auto& more : {whole + whole, whole + "\n" + whole, whole + "~", whole + "~~",
                             whole + whole.substr(whole.rfind('~') + 1) + "x"}) {
      CAPTURE(more.size());
      CHECK(read_pasted(more).message().find("Copy the whole") != std::string::npos);
    }
  }
}

// A verifier's request survives a mail program; the answer to it was refused.
TEST_CASE("the one presentation within a mail is taken, quoted or not, and never half of it") {
  const auto fixture = test::make_fixture();
  const auto shown =
      present_credential(fixture.issued.sd_jwt, request_of({ClaimId::kTitle}), fixture.holder_key)
          .value();
  const auto wrapped = [&](const std::string& before) {
    std::string text;
    for (std::size_t at = 0; at < shown.size(); at += 76)
      text += before + shown.substr(at, 76) + "\n";
    return text;
  };
  const std::string hello = "Dear office,\n\nhere is my answer:\n";
  const std::string bye = "Kind regards,\nAda\n";
  for (const std::string& mail :
       {wrapped("> "), wrapped(">> "), hello + shown + "\n", shown + "\n" + bye,
        hello + wrapped("") + bye, "On Monday Ada wrote:\n> \n" + wrapped("> ") + "> \n> " + bye,
        "Answer\r\n" + shown + "\r\n\r\nAda\r\n", shown + "\n-- \nAda\n",
        hello + wrapped("") + "--\nAda", wrapped("> ") + "> -- \n> Ada\n"}) {
    CAPTURE(mail);
    const auto read = read_pasted(mail);
    CAPTURE(read.message());
    REQUIRE(read.ok());
    CHECK(*read == shown);
  }

  CHECK(read_pasted(shown + "\n\n" + hello + shown + "\n").message().find("more than one") !=
        std::string::npos);
  // A line that was damaged is no end, and what follows without a space may belong to it.
  auto damaged = wrapped("> ");
  damaged[damaged.find('~') + 40] = '=';
  CHECK_FALSE(read_pasted(hello + damaged).ok());
  for (std::size_t size = 20; size < shown.size(); size += 7) {
    const auto read = read_pasted(hello + shown.substr(0, size) + "\n" + bye);
    CAPTURE(size);
    // Where a part ends what stands before it is a presentation that shows less.
    if (read.ok()) CHECK(read_credential(*read).ok());
  }
}

// "Character 5 (":") belongs to no presentation" of a mail that was saved whole.
TEST_CASE("a mail whose text is encoded is called that") {
  for (const char* how : {"base64", "quoted-printable", "BASE64"}) {
    const auto read = read_pasted("From: Ada\r\nContent-Transfer-Encoding: " + std::string(how) +
                                  "\r\n\r\nZXlKaGJHY2lPaUpGVXpJMU5pSjk=\r\n");
    CHECK(read.message().find("save the attachment or") != std::string::npos);
  }
}

TEST_CASE("what is whole and was changed is handed on, to be called forged") {
  const auto fixture = test::make_fixture();
  auto changed = parse_sd_jwt(fixture.issued.sd_jwt).value();
  const auto other = test::make_fixture();
  const auto signature = parse_sd_jwt(other.issued.sd_jwt)->issuer_jwt;
  changed.issuer_jwt = changed.issuer_jwt.substr(0, changed.issuer_jwt.rfind('.')) +
                       signature.substr(signature.rfind('.'));
  const auto read = read_pasted(changed.text());
  REQUIRE(read.ok());
  CHECK_FALSE(verify_issuer_signature(*read, fixture.issuer_key.public_key()).ok());

  // A disclosure of another credential is whole too, and is none of this one's.
  auto mixed = parse_sd_jwt(fixture.issued.sd_jwt).value();
  mixed.disclosures.front() = parse_sd_jwt(other.issued.sd_jwt)->disclosures.front();
  const auto taken = read_pasted(mixed.text());
  REQUIRE(taken.ok());
  CHECK_FALSE(read_credential(*taken).ok());
}

}  // namespace testamur::wallet
