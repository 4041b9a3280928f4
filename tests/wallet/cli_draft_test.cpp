// Drafts: transactions that several people sign on machines without a network.
#include "tests/support/catch.h"
#include "wallet/cli/files/draft.h"
#include "wallet/keystore/strict_json.h"

using namespace testamur;
using namespace testamur::wallet;
namespace tx = ledger::tx;

namespace {

const ChainId kChain = ChainId::prefix_of(Bytes(32, 7));
const InstitutionId kVienna = InstitutionId::prefix_of(Bytes(16, 1));

std::vector<SecretKey> root_keys(std::size_t count) {
  std::vector<SecretKey> keys;
  while (keys.size() < count) keys.push_back(SecretKey::generate(SignatureAlgorithm::kBip340));
  return keys;
}

// A retirement that two of three roots sign.
Draft retirement(const std::vector<SecretKey>& roots,
                 std::uint64_t valid_until_ms = 1'764'000'000'000) {
  const tx::Envelope envelope{kChain, kVienna, tx::Nonce::prefix_of(Bytes(16, 9)), valid_until_ms};
  const auto built =
      tx::build(envelope, tx::KeyRetireContent{KeyId::prefix_of(Bytes(16, 5)), 1'700'000'000'000});
  DraftSigner signer{kVienna, KeyPurpose::kRoot, 2, {}};
  for (const auto& key : roots) signer.keys.push_back(key.public_key());
  return begin_draft(kChain, std::get<tx::UnsignedTransaction>(built), {signer}, 3'600'000,
                     {{to_text(kVienna), "Vienna"}});
}

Draft reread(const Draft& draft) {
  auto read = parse_draft(draft_text(draft), "draft");
  REQUIRE(read.ok());
  return std::move(read).value();
}

Json json_of(const Draft& draft) { return Json::parse(draft_text(draft)); }

std::string why(const Json& json) { return parse_draft(json.dump(), "draft.json").message(); }

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "a draft is complete when as many roots have signed as the threshold says, one after the "
    "other") {
  const auto roots = root_keys(3);
  Draft draft = retirement(roots);

  CHECK(missing(draft).size() == 1);
  CHECK(says(missing(draft).front(), "2 of these root keys of Vienna"));

  CHECK(sign_draft(draft, KeyPurpose::kRoot, roots[2]));
  draft = reread(draft);  // carried to the next machine
  CHECK(says(missing(draft).front(), "1 of these root keys"));
  CHECK(says(missing(draft).front(), to_text(key_id(KeyPurpose::kRoot, roots[0].public_key()))));
  CHECK_FALSE(
      says(missing(draft).front(), to_text(key_id(KeyPurpose::kRoot, roots[2].public_key()))));

  CHECK(sign_draft(draft, KeyPurpose::kRoot, roots[0]));
  draft = reread(draft);
  CHECK(missing(draft).empty());

  // What is carried to the ledger is the draft's own transaction, with both signatures.
  const auto decoded = tx::decode(kChain, carried(draft));
  const auto* transaction = std::get_if<tx::SharedTransaction>(&decoded);
  REQUIRE(transaction != nullptr);
  CHECK((*transaction)->id() == draft.transaction.id);
  CHECK((*transaction)->signatures().size() == 2);
}

TEST_CASE("no more signatures are carried than the threshold asks for") {
  const auto roots = root_keys(3);
  Draft draft = retirement(roots);
  for (const auto& key : roots) CHECK(sign_draft(draft, KeyPurpose::kRoot, key));
  const auto decoded = tx::decode(kChain, carried(draft));
  REQUIRE(std::holds_alternative<tx::SharedTransaction>(decoded));
  CHECK(std::get<tx::SharedTransaction>(decoded)->signatures().size() == 2);
}

TEST_CASE("copies that were signed apart are put together") {
  const auto roots = root_keys(3);
  const Draft draft = retirement(roots);
  Draft here = reread(draft);
  Draft there = reread(draft);

  CHECK(sign_draft(here, KeyPurpose::kRoot, roots[0]));
  CHECK(sign_draft(there, KeyPurpose::kRoot, roots[1]));
  CHECK(missing(here).size() == 1);

  REQUIRE(merge(here, there).ok());
  CHECK(missing(here).empty());

  SECTION("but not those of two transactions") {
    const auto wrong = merge(here, retirement(roots, 1'764'000'000'001));
    CHECK(says(wrong.message(), "two transactions"));
  }
}

TEST_CASE("a key that the draft does not list signs nothing, and nobody signs twice") {
  const auto roots = root_keys(2);
  Draft draft = retirement(roots);
  CHECK_FALSE(
      sign_draft(draft, KeyPurpose::kRoot, SecretKey::generate(SignatureAlgorithm::kBip340)));
  CHECK_FALSE(sign_draft(draft, KeyPurpose::kGovern, roots[0]));
  CHECK(sign_draft(draft, KeyPurpose::kRoot, roots[0]));
  CHECK_FALSE(sign_draft(draft, KeyPurpose::kRoot, roots[0]));
  CHECK(draft.signatures.size() == 1);
  CHECK(asks_for(draft, KeyPurpose::kRoot));
  CHECK_FALSE(asks_for(draft, KeyPurpose::kIssue));
}

TEST_CASE("the ledger takes a draft only in the window before its end of validity") {
  const Draft draft = reread(retirement(root_keys(2)));
  CHECK(valid_until_ms(draft) == 1'764'000'000'000);
  CHECK(valid_from_ms(draft) == 1'764'000'000'000 - 3'600'000);
}

TEST_CASE("what is shown before signing is decoded from the body, whatever else the draft says") {
  const auto draft = reread(retirement(root_keys(2)));
  const auto body = decoded_body(draft);
  CHECK(body.kind == tx::Kind::kKeyRetire);
  CHECK(body.author == kVienna);
  const auto& content = std::get<tx::KeyRetireContent>(body.content);
  CHECK(content.key == KeyId::prefix_of(Bytes(16, 5)));
  CHECK(content.compromised_since_ms == 1'700'000'000'000);
}

TEST_CASE("a broken draft is refused with the member that is wrong") {
  const auto roots = root_keys(2);
  Draft draft = retirement(roots);
  CHECK(sign_draft(draft, KeyPurpose::kRoot, roots[0]));
  const Json good = json_of(draft);

  REQUIRE(parse_draft(good.dump(), "draft.json").ok());
  Json bad = good;

  SECTION("not JSON") {
    CHECK(says(parse_draft("{", "draft.json").message(), "draft.json is no draft"));
  }
  SECTION("another format") {
    bad["testamur_draft"] = 2;
    CHECK(says(why(bad), "draft format 2"));
  }
  SECTION("a member that nobody knows") {
    bad["extra"] = 1;
    CHECK(says(why(bad), "member that this version does not know"));
  }
  SECTION("a missing member") {
    bad.erase("signers");
    CHECK(says(why(bad), "signers"));
  }
  SECTION("another ledger: the signature no longer fits the transaction") {
    bad["chain"] = to_text(ChainId::prefix_of(Bytes(32, 8)));
    CHECK(says(why(bad), "does not verify"));
  }
  SECTION("a body in another form than the strict one") {
    Bytes body = draft.transaction.body;
    body.push_back(0);
    bad["body"] = to_base64url(body);
    CHECK(says(why(bad), "its body"));
  }
  SECTION("a changed body: the signature no longer fits") {
    Bytes body = draft.transaction.body;
    body.back() ^= 1;
    bad["body"] = to_base64url(body);
    CHECK(says(why(bad), "draft.json"));
  }
  SECTION("a signature by a key that no signer lists") {
    bad["signers"][0]["keys"].erase(0);
    bad["signatures"][0]["key"] = to_text(key_id(KeyPurpose::kRoot, roots[0].public_key()));
    CHECK(says(why(bad), "no signer of the draft has the key"));
  }
  SECTION("a forged signature") {
    std::string signature = bad["signatures"][0]["signature"];
    signature[10] = signature[10] == '0' ? '1' : '0';
    bad["signatures"][0]["signature"] = signature;
    CHECK(says(why(bad), "does not verify"));
  }
  SECTION("nobody is needed") {
    bad["signers"][0]["needed"] = 0;
    CHECK(says(why(bad), "from 1 to 256"));
  }
  SECTION("a purpose that is none") {
    bad["signers"][0]["purpose"] = "admin";
    CHECK(says(why(bad), "no purpose"));
  }
  SECTION("a public key that is none") {
    bad["signers"][0]["keys"][0]["key"] = std::string(64, 'f');
    CHECK(says(why(bad), "public keys is none"));
  }
  SECTION("more proofs than keys") {
    bad["proofs"] = Json::array({""});
    CHECK(says(why(bad), "0 keys"));
  }
  SECTION("a name by something that is no institution") {
    bad["names"] = Json{{"vienna", "Vienna"}};
    CHECK(says(why(bad), "id of an institution"));
  }
}
