// Decoders of wallet/: credentials and presentations, files sealed for one reader, what people
// type.
//
// Sealed files are reached in two ways: as a whole, and as contents that are sealed anew for each
// input, so that damage is not always stopped by the cipher. No input may ask for scrypt: that
// costs a second.
#include "common/check.h"
#include "tests/fuzz/target.h"
#include "tests/wallet/fixture.h"
#include "wallet/credential/claim_file.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/csv.h"
#include "wallet/credential/issuance_register.h"
#include "wallet/credential/request.h"
#include "wallet/credential/sd_jwt.h"
#include "wallet/keystore/age_header.h"
#include "wallet/keystore/bip39.h"
#include "wallet/keystore/claim_code.h"
#include "wallet/keystore/strict_json.h"
#include "wallet/verify/verify.h"

namespace testamur::fuzz {
namespace {

using namespace wallet;

const wallet::test::Fixture& fixture() {
  static const auto made = wallet::test::make_fixture();
  return made;
}
const age::Identity& reader() {
  static const auto identity = age::Identity::from_bytes(Bytes(32, 9));
  return identity;
}
std::span<const age::Identity> readers() { return {&reader(), 1}; }
Bytes sealed(ByteView plaintext) {
  const age::Recipient recipients[] = {reader().recipient()};
  return age::seal(recipients, plaintext).value();
}

void sd_jwt(ByteView input) {
  const auto parsed = parse_sd_jwt(as_text(input));
  if (!parsed.ok()) return;
  law(parsed->text() == as_text(input), "an SD-JWT has a second text");
  const auto processed = process_sd_jwt(*parsed);
  if (!processed.ok()) return;
  law(processed->disclosures.size() == parsed->disclosures.size(), "a disclosure was lost");
  (void)verify_jws(processed->jws, fixture().issuer_key.public_key());
  const KeyBindingRules rules{"Employer", "n-1", 1'790'000'100};
  (void)verify_key_binding(*parsed, *processed, rules);
}
std::string presentation() {
  return present_credential(
             fixture().issued.sd_jwt,
             {{ClaimId::kTitle, ClaimId::kGrade}, "Employer", "n-1", 1'790'000'100, std::nullopt},
             fixture().holder_key)
      .value();
}
std::vector<Bytes> sd_jwt_seeds() {
  const Json payload = {{"a", {{"b", 1}, {"c", {1, 2, 3}}}}, {"d", "text"}};
  IssueOptions options;
  options.disclosable = {"/a", "/a/c", "/a/c/1", "/d"};
  options.decoys_per_object = 1;
  return {seed(issue_sd_jwt(payload, options, fixture().issuer_key).value().text()),
          seed(fixture().issued.sd_jwt), seed(presentation())};
}

// Whatever is shown, an unknown key or a wrong signature is never called valid.
void credential(ByteView input) {
  const auto text = as_text(input);
  const auto read = read_credential(text);

  // What the ledger lists hangs on what the issuer signed alone: a holder who withholds every claim
  // shows the same credential, and nobody makes a second one under the issuer's signature.
  const bool genuine = verify_issuer_signature(text, fixture().issuer_key.public_key()).ok();
  law(!genuine || parse_sd_jwt(text).ok(), "a signature over what is no SD-JWT");
  if (read.ok()) {
    const auto commitment = commitment_of(fixture().chain, *read);
    law(!genuine || commitment == fixture().issued.commitment, "a second credential is genuine");
    const auto withheld = read_credential(parse_sd_jwt(text)->issuer_jwt + "~");
    law(withheld.ok() && commitment_of(fixture().chain, *withheld) == commitment,
        "withholding claims makes another credential");
  }

  // What was pasted is whole, and reading it again changes nothing.
  if (const auto pasted = read_pasted(text); pasted.ok()) {
    const auto again = read_pasted(*pasted);
    law(again.ok() && *again == *pasted, "what was pasted is read as another thing");
    law(check_whole(*pasted).ok(), "what is no whole presentation was read");
  }

  const HolderRules holder{"Employer", "n-1", 1'790'000'100};
  const auto held = verify_holder(text, holder);
  law(!held.ok() || (read.ok() && read->has_key_binding), "a holder without a key binding");

  // No fact is known, so that no verdict is expected: reading must only not fail.
  VerifyRules rules;
  rules.now_ms = 1'790'000'100'000;
  (void)verify_presentation(text, RegistryFacts{}, rules);
}
std::vector<Bytes> credential_seeds() {
  return {seed(fixture().issued.sd_jwt), seed(presentation())};
}

// One disclosure or payload changed inside, and signed again as its issuer would.
void signed_payload(ByteView input) {
  const auto payload = parse_strict_json(as_text(input));
  if (!payload.ok() || !payload->is_object()) return;
  const Json header = {{"typ", "dc+sd-jwt"}, {"kid", to_text(fixture().issuer_key_id)}};
  const auto text = sign_jws(header, *payload, fixture().issuer_key) + "~";
  (void)read_credential(text);
  if (const auto parsed = parse_sd_jwt(text); parsed.ok()) (void)process_sd_jwt(*parsed);
}
std::vector<Bytes> payload_seeds() {
  const auto parsed = parse_sd_jwt(fixture().issued.sd_jwt).value();
  const auto jws = parse_jws(parsed.issuer_jwt).value();
  return {seed(jws.payload.dump()), seed(process_sd_jwt(parsed).value().claims.dump())};
}

void wallet_request(ByteView input) {
  const auto read = read_wallet_request(as_text(input), fixture().chain, fixture().issuer);
  if (read.ok())
    law(read->chain == fixture().chain && read->issuer == fixture().issuer,
        "a request to somebody else");
}
std::vector<Bytes> request_seeds() {
  return {
      seed(make_wallet_request(fixture().chain, fixture().issuer, "s-1", fixture().holder_key, 7)
               .value())};
}

void age_file(ByteView input) {
  std::optional<age::OpenError> failure;
  const auto header = age::parse_header(input, failure);
  if (!failure) {
    std::string again(age::kVersionLine);
    for (const auto& stanza : header.stanzas) again += age::encode_stanza(stanza);
    law(again + "---" == as_text(header.authenticated), "an age header has a second encoding");
  }
  law(age::inspect(input).ok() == !failure || !failure, "a header is read here and refused there");
  (void)age::work_factor_of(input);
  const auto opened = age::open(input, readers());
  law(!opened.ok() || !failure, "opened without a header");
}
std::vector<Bytes> age_seeds() {
  return {sealed(as_bytes("short")), sealed(Bytes(70'000, 3)),
          age::seal("passphrase", 1, as_bytes("x")).value()};
}

// The contents of a claim file.
void claim_contents(ByteView input) {
  auto outcome = open_claim_file(sealed(input), reader());
  law(!outcome.wrong_code, "the right key is called a wrong code");
  if (!outcome.claim) {
    law(!outcome.failure.empty(), "no reason");
    return;
  }
  auto wallet = make_wallet(1);
  (void)import_claim(wallet, std::move(*outcome.claim), 2);
}
std::vector<Bytes> contents_of(const Bytes& file) {
  auto opened = age::open(file, readers());
  TM_CHECK(opened.ok(), "not opened");
  return {to_bytes(opened.plaintext.view())};
}
std::vector<Bytes> claim_seeds() {
  ClaimFile claim;
  claim.sd_jwt = fixture().issued.sd_jwt;
  claim.holder_secret = SecretBytes::copy_of(fixture().holder_key.secret_bytes());
  claim.issuer_name = "Universität Beispiel";
  claim.title = "Applied Statistics";
  claim.receipt = {1, 2, 3};
  return contents_of(seal_claim_file(claim, reader().recipient()).value());
}

const Batch& batch() {
  static const auto built = [] {
    BatchPlan plan;
    plan.chain = fixture().chain;
    plan.issuer = fixture().issuer;
    plan.issuer_domain = "uni-example.eu";
    plan.issuer_name = "Universität Beispiel";
    plan.credential_key = fixture().issuer_key_id;
    plan.achievement = fixture().contents.head.achievement;
    plan.first_index = IssuerIndex{1000};
    plan.issued_at_s = 1'790'000'000;
    plan.common = {{ClaimId::kTitle, std::string("Applied Statistics")}};

    ClassRow row;
    row.student = "s-1";
    row.claims[ClaimId::kFamilyName] = "Learner";

    return build_batch(plan, {row}, {}, fixture().issuer_key).value();
  }();
  return built;
}
// Contents of the files of a batch.
void batch_contents(ByteView input) {
  const auto file = sealed(input);
  (void)open_batch(file, readers());
  (void)open_register(file, readers());
  (void)open_codes(file, readers());
}
std::vector<Bytes> batch_seeds() {
  std::vector<Bytes> seeds;
  for (const auto& file : {seal_batch(batch(), reader().recipient()).value(),
                           seal_register(make_register(batch()), reader().recipient()).value(),
                           seal_codes(batch(), reader().recipient()).value()}) {
    seeds.push_back(contents_of(file).front());
  }
  return seeds;
}

void wallet_contents(ByteView input) {
  const auto decoded = decode_wallet(input);
  if (!decoded.ok()) return;
  const auto written = encode_wallet(*decoded).value();
  const auto again = decode_wallet(written.view());
  law(again.ok() && equal(encode_wallet(*again).value().view(), written.view()),
      "a wallet changes when it is saved");
}
std::vector<Bytes> wallet_seeds() {
  auto wallet = make_wallet(1);
  wallet.entropy = SecretBytes::copy_of(Bytes(32, 1));

  StoredCredential credential;
  credential.sd_jwt = fixture().issued.sd_jwt;
  credential.holder_key.issuer_made_secret =
      SecretBytes::copy_of(fixture().holder_key.secret_bytes());
  credential.title = "Applied Statistics";
  wallet.credentials.push_back(std::move(credential));

  wallet.requests.push_back(
      {SignatureAlgorithm::kEcdsaP256, 1, to_text(fixture().issuer), "s-1", 5});
  wallet.grants.push_back(
      {to_text(fixture().contents.head.reference), "Employer", {"title"}, 5, 6});

  return {to_bytes(encode_wallet(wallet).value().view())};
}

void strict_json(ByteView input) {
  const auto parsed = parse_strict_json(as_text(input));
  if (!parsed.ok()) return;
  const auto text = parsed->dump();
  const auto again = parse_strict_json(text);
  law(again.ok() && again->dump() == text, "JSON changes when it is written");
}
std::vector<Bytes> json_seeds() {
  return {seed(R"({"a":[1,-2.5e3,true,null,"\u00e4\ud83d\ude00"],"b":{"c":{"d":[[[]]]}}})"),
          seed("[]"), seed("\"x\"")};
}

void csv(ByteView input) {
  const auto table = parse_csv(as_text(input));
  if (table.ok()) {
    for (const auto& row : table->rows)
      law(row.size() == table->header.size(), "a row of another length");
  }
  const auto rows = read_class_list(as_text(input));
  if (!rows.ok()) return;
  law(table.ok() && rows->rows.size() == table->rows.size(), "a learner was lost");
  for (const auto& row : rows->rows) law(!row.student.empty(), "a learner without a name");
}
std::vector<Bytes> csv_seeds() {
  return {seed("student,given_name,family_name,award_date,ects\r\ns-1,\"Zo\xc3\xab, "
               "\"\"Z\"\"\",M\xc3\xbcller,2026-06-30,7.5\r\n"
               "s-2,A,B,2026-06-30,3\r\n"),
          seed("\xef\xbb\xbfstudent\ns-1\ns-2"), seed("student,title\na,\n")};
}

void typed_texts(ByteView input) {
  const auto text = as_text(input);

  if (const auto code = parse_claim_code(text); code.ok()) {
    const auto again = parse_claim_code(as_text(code->view()));
    law(again.ok() && equal(again->view(), code->view()), "a claim code has a second form");
  }

  if (const auto entropy = entropy_from_words(text); entropy.ok()) {
    const auto words = words_from_entropy(entropy->view());
    const auto again = entropy_from_words(as_text(words.view()));
    law(again.ok() && equal(again->view(), entropy->view()), "recovery words say two things");
  }

  if (const auto recipient = age::parse_recipient(text); recipient.ok()) {
    law(age::parse_recipient(age::to_text(*recipient)).value() == *recipient,
        "a recipient has two texts");
  }

  (void)age::Identity::from_text(text);
  if (const auto reference = parse_reference(text); reference.ok()) {
    law(to_text(*reference) == text, "a reference has a second text");
  }
}
std::vector<Bytes> typed_seeds() {
  const auto words = words_from_entropy(Bytes(32, 7));
  return {seed("7H2KQ-9ZWX4-M8N3P-0AB6C"), to_bytes(words.view()),
          seed(age::to_text(reader().recipient())), to_bytes(reader().text().view()),
          seed(to_text(fixture().contents.head.reference))};
}

constexpr Target kTargets[] = {
    {"sd-jwt", sd_jwt, sd_jwt_seeds},
    {"credential", credential, credential_seeds},
    {"signed-payload", signed_payload, payload_seeds},
    {"wallet-request", wallet_request, request_seeds},
    {"age-file", age_file, age_seeds},
    {"claim-contents", claim_contents, claim_seeds},
    {"batch-contents", batch_contents, batch_seeds},
    {"wallet-contents", wallet_contents, wallet_seeds},
    {"strict-json", strict_json, json_seeds},
    {"class-list", csv, csv_seeds},
    {"typed-texts", typed_texts, typed_seeds},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

}  // namespace testamur::fuzz
