// The form of the values: what a body alone decides, one case a code. Builder and decoder share it,
// so it is tested through the builder where a value can say it, and through raw messages where only
// bytes can.
#include <functional>

#include "ledger/tx/form_check.h"
#include "testamur/v1/transaction.pb.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

template <class Content>
std::optional<RejectionCode> built(TestLedger& ledger, const InstitutionId& author,
                                   const Content& content) {
  const auto result = tx::build(ledger.envelope(author), content);
  const auto* rejection = std::get_if<Rejection>(&result);
  return rejection == nullptr ? std::nullopt : std::optional(rejection->code);
}

// What a change of the sample achievement gives.
std::optional<RejectionCode> achievement(
    const std::function<void(tx::AchievementContent&)>& change) {
  TestLedger ledger;
  auto content = sample_achievement();
  change(content);
  return built(ledger, ledger.aurora.id, content);
}

// What a change of the message below gives. The signature is not looked at by decode().
std::optional<Rejection> decoded(
    const std::function<void(v1::SignedTransaction&, v1::TransactionBody&)>& change) {
  TestLedger ledger;

  const auto sample = ledger.make(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kGovern);
  v1::SignedTransaction carried;
  REQUIRE(
      carried.ParseFromArray(sample->encoded().data(), static_cast<int>(sample->encoded().size())));

  v1::TransactionBody body;
  REQUIRE(body.ParseFromString(carried.body()));

  // The body is put back after the change, unless the change has given other bytes itself.
  carried.clear_body();
  change(carried, body);
  if (carried.body().empty() && body.ByteSizeLong() > 0) carried.set_body(body.SerializeAsString());

  auto result = tx::decode(ledger.chain(), to_bytes(as_bytes(carried.SerializeAsString())));
  auto* rejection = std::get_if<Rejection>(&result);
  return rejection == nullptr ? std::nullopt : std::optional(*rejection);
}

std::optional<RejectionCode> body_change(const std::function<void(v1::TransactionBody&)>& change) {
  return code(decoded([&](v1::SignedTransaction&, v1::TransactionBody& body) { change(body); }));
}

}  // namespace

TEST_CASE("envelope: author, nonce and end of validity are there and have their length") {
  CHECK(body_change([](auto&) {}) == std::nullopt);
  CHECK(body_change([](auto& body) { body.clear_author(); }) == RejectionCode::kFieldMissing);
  CHECK(body_change([](auto& body) { body.set_author("short"); }) == RejectionCode::kFieldLength);
  CHECK(body_change([](auto& body) { body.clear_nonce(); }) == RejectionCode::kFieldMissing);
  CHECK(body_change([](auto& body) { body.set_nonce(std::string(17, 'n')); }) ==
        RejectionCode::kFieldLength);
  CHECK(body_change([](auto& body) { body.clear_valid_until_ms(); }) ==
        RejectionCode::kFieldMissing);
  CHECK(body_change([](auto& body) { body.clear_kind(); }) == RejectionCode::kNoKind);
}

TEST_CASE("field_range: a publication is at most 64 KiB as a whole") {
  const auto outcomes = [](std::size_t count) {
    return achievement([count](auto& content) {
      content.outcomes.assign(count, {{{"en", std::string(4'096, 'x')}}, {}});
    });
  };
  CHECK(outcomes(15) == std::nullopt);
  CHECK(outcomes(16) == RejectionCode::kFieldRange);
}

TEST_CASE("kind_not_active: reserved kinds are refused by name") {
  const auto rejection = decoded([](auto&, auto& body) { body.mutable_institution_suspend(); });
  REQUIRE(code(rejection) == RejectionCode::kKindNotActive);
  CHECK(rejection->field == "body.institution_suspend");
  CHECK(body_change([](auto& body) { body.mutable_institution_suspend()->set_lift(true); }) ==
        RejectionCode::kKindNotActive);
}

TEST_CASE("signature_count, field_length, not_sorted: signatures have their form") {
  using Carried = v1::SignedTransaction;
  using Body = v1::TransactionBody;

  CHECK(code(decoded([](Carried& carried, Body&) { carried.clear_signatures(); })) ==
        RejectionCode::kSignatureCount);
  CHECK(code(decoded([](Carried& carried, Body&) {
          carried.add_signatures()->CopyFrom(carried.signatures(0));
        })) == RejectionCode::kSignatureCount);
  CHECK(code(decoded([](Carried& carried, Body&) {
          carried.mutable_signatures(0)->set_key_id("k");
        })) == RejectionCode::kFieldLength);
  CHECK(code(decoded([](Carried& carried, Body&) {
          carried.mutable_signatures(0)->clear_signature();
        })) == RejectionCode::kFieldMissing);

  const auto two_roots = [](Carried& carried, Body& body) {
    body.mutable_key_retire()->set_key_id(std::string(16, 'k'));
    carried.mutable_signatures(0)->set_key_id(std::string(16, 'b'));
    carried.add_signatures()->CopyFrom(carried.signatures(0));
    carried.mutable_signatures(1)->set_key_id(std::string(16, 'c'));
  };

  CHECK(code(decoded(two_roots)) == std::nullopt);
  CHECK(code(decoded([&](Carried& carried, Body& body) {
          two_roots(carried, body);
          carried.mutable_signatures(1)->set_key_id(std::string(16, 'b'));
        })) == RejectionCode::kNotSorted);
  CHECK(code(decoded([&](Carried& carried, Body& body) {
          two_roots(carried, body);
          while (carried.signatures_size() < 65)
            carried.add_signatures()->CopyFrom(carried.signatures(0));
        })) == RejectionCode::kSignatureCount);
}

TEST_CASE("possession proofs outside the body belong to registrations only") {
  CHECK(code(decoded([](auto& carried, auto&) {
          carried.add_possession_proofs(std::string(64, 'p'));
        })) == RejectionCode::kFieldConflict);
  CHECK(code(decoded([](auto& carried, auto&) { carried.add_possession_proofs("short"); })) ==
        RejectionCode::kFieldLength);
}

TEST_CASE("too_large: no transaction is larger than 640 KiB") {
  const auto result = tx::decode(ChainId{}, Bytes(tx::kCarriedLimitBytes + 1));
  CHECK(std::get<Rejection>(result).code == RejectionCode::kTooLarge);
}

TEST_CASE("field_missing: an empty transaction has no body") {
  CHECK(std::get<Rejection>(tx::decode(ChainId{}, {})).code == RejectionCode::kFieldMissing);
}

TEST_CASE("text_form: texts are printable, languages, addresses and names well-formed") {
  const auto title = [](std::string text) {
    return achievement([&](auto& content) { content.titles = {{"en", text}}; });
  };

  CHECK(title("Data \xF0\x9F\x8E\x93") == std::nullopt);
  CHECK(title(" Data") == RejectionCode::kTextForm);
  CHECK(title("Data ") == RejectionCode::kTextForm);
  CHECK(title("Da\nta") == RejectionCode::kTextForm);
  CHECK(title("Da\x7Fta") == RejectionCode::kTextForm);
  CHECK(title("Da\xC2\x85ta") == RejectionCode::kTextForm);
  CHECK(title("Da\xE2\x80\xAEta") == RejectionCode::kTextForm);  // right-to-left override

  for (const char* tag : {"EN", "e", "engl", "en-at", "de-", "de-Latn-", "en_US", ""}) {
    INFO(tag);
    CHECK(achievement([&](auto& content) { content.titles = {{tag, "Data"}}; }) ==
          RejectionCode::kTextForm);
  }

  for (const char* tag : {"en", "de-AT", "sr-Latn-RS", "es-419", "gsw"}) {
    INFO(tag);
    CHECK(achievement([&](auto& content) { content.titles = {{tag, "Data"}}; }) == std::nullopt);
  }

  CHECK(achievement([](auto& content) { content.information_url = "ftp://x.example"; }) ==
        RejectionCode::kTextForm);
  CHECK(achievement([](auto& content) { content.information_url = "https://x.example/ a"; }) ==
        RejectionCode::kTextForm);
  CHECK(achievement([](auto& content) { content.languages = {"DE"}; }) == RejectionCode::kTextForm);
  CHECK(achievement([](auto& content) { content.outcomes[0].esco_uris = {"skill"}; }) ==
        RejectionCode::kTextForm);
}

TEST_CASE("domains are lower-case DNS names with at least two labels") {
  for (const char* good : {"a.example", "x-1.uni.example", "xn--bcher-kva.example"})
    CHECK(tx::is_domain(good));
  for (const char* bad : {"", "example", ".example", "a..example", "-a.example", "a-.example",
                          "A.example", "a.example.", "a_b.example", "a b.example"}) {
    INFO(bad);
    CHECK_FALSE(tx::is_domain(bad));
  }
}

TEST_CASE("field_missing: an achievement has a number, a version and a title") {
  CHECK(achievement([](auto& content) { content.titles.clear(); }) == RejectionCode::kFieldMissing);
  CHECK(achievement([](auto& content) { content.titles[0].text.clear(); }) ==
        RejectionCode::kFieldMissing);
  CHECK(achievement([](auto& content) { content.number = 0; }) == RejectionCode::kFieldRange);
  CHECK(achievement([](auto& content) { content.version = 0; }) == RejectionCode::kFieldRange);
}

TEST_CASE("field_range: numbers and lists stay within their bounds") {
  CHECK(achievement([](auto& content) { content.eqf_level = 9; }) == RejectionCode::kFieldRange);
  CHECK(achievement([](auto& content) { content.award_type = 13; }) == RejectionCode::kFieldRange);
  CHECK(achievement([](auto& content) { content.ects_hundredths = 100'001; }) ==
        RejectionCode::kFieldRange);
  CHECK(achievement([](auto& content) { content.isced_fields = {9'998}; }) ==
        RejectionCode::kFieldRange);
  CHECK(achievement([](auto& content) { content.titles = {{"en", std::string(257, 'a')}}; }) ==
        RejectionCode::kFieldRange);
  CHECK(achievement([](auto& content) { content.outcomes.resize(65, content.outcomes[0]); }) ==
        RejectionCode::kFieldRange);
  CHECK(body_change([](auto& body) { body.mutable_recognition_trust()->set_slot(65'536); }) ==
        RejectionCode::kFieldRange);
  CHECK(body_change([](auto& body) { body.mutable_recognition_trust()->set_amount(376); }) ==
        RejectionCode::kFieldRange);
  CHECK(body_change([](auto& body) { body.mutable_achievement_publish()->set_version(65'537); }) ==
        RejectionCode::kFieldRange);
}

TEST_CASE("not_sorted: lists ascend and repeat nothing") {
  CHECK(achievement([](auto& content) { std::swap(content.titles[0], content.titles[1]); }) ==
        RejectionCode::kNotSorted);
  CHECK(achievement([](auto& content) { content.titles[1].language = "de"; }) ==
        RejectionCode::kNotSorted);
  CHECK(achievement([](auto& content) { content.isced_fields = {613, 542}; }) ==
        RejectionCode::kNotSorted);
  CHECK(achievement([](auto& content) { content.languages = {"en", "en"}; }) ==
        RejectionCode::kNotSorted);
  CHECK(achievement([](auto& content) {
          content.assessment_types = {tx::AssessmentType::kProject,
                                      tx::AssessmentType::kNoAssessment};
        }) == RejectionCode::kNotSorted);
}

TEST_CASE("not_awarding_body: who publishes a joint award is one of its bodies") {
  CHECK(achievement([](auto& content) { content.awarding_bodies = {InstitutionId{}}; }) ==
        RejectionCode::kNotAwardingBody);
}

TEST_CASE("statements: subject, amounts, intervals and scheme have their form") {
  TestLedger ledger;
  const auto& author = ledger.aurora.id;

  const auto statement = [&](const std::function<void(tx::StatementContent&)>& change) {
    auto content = trust_in(ledger.borealis.id);
    change(content);
    return built(ledger, author, content);
  };

  CHECK(statement([](auto&) {}) == std::nullopt);
  CHECK(statement([](auto& content) { content.subject = InstitutionId{}; }) ==
        RejectionCode::kFieldMissing);
  CHECK(statement([&](auto& content) { content.subject = author; }) == RejectionCode::kAboutItself);

  CHECK(statement([](auto& content) { content.amount = 121; }) == RejectionCode::kFieldRange);
  CHECK(statement([](auto& content) { content.depth = 8; }) == RejectionCode::kFieldRange);
  CHECK(statement([](auto& content) { content.valid_until_ms = content.valid_from_ms; }) ==
        RejectionCode::kIntervalEmpty);

  CHECK(statement([](auto& content) { content.names = {TransactionId{}}; }) ==
        RejectionCode::kFieldConflict);
  CHECK(statement([](auto& content) { content.scheme = tx::QualityScheme::kEsg; }) ==
        RejectionCode::kFieldMissing);

  auto accreditation = accredit(ledger.borealis.id);
  accreditation.scheme = tx::QualityScheme::kNone;
  CHECK(built(ledger, ledger.agency.id, accreditation) == RejectionCode::kFieldMissing);
}

TEST_CASE("empty_mask and mask_bits: a scope mask is absent or says something that has a meaning") {
  TestLedger ledger;

  const auto scoped = [&](const std::function<void(trust::Scope&)>& change) {
    auto content = trust_in(ledger.borealis.id);
    change(content.scope);
    return built(ledger, ledger.aurora.id, content);
  };

  CHECK(scoped([](auto& scope) { scope.fields = trust::FieldMask{0, 0}; }) ==
        RejectionCode::kEmptyMask);
  CHECK(scoped([](auto& scope) { scope.levels = std::uint8_t{0}; }) == RejectionCode::kEmptyMask);
  CHECK(scoped([](auto& scope) { scope.achievements.emplace(); }) == RejectionCode::kEmptyMask);

  CHECK(scoped([](auto& scope) { scope.fields = trust::FieldMask{0, std::uint64_t{1} << 16}; }) ==
        RejectionCode::kMaskBits);
  CHECK(scoped([](auto& scope) { scope.award_types = std::uint16_t{0x8000}; }) ==
        RejectionCode::kMaskBits);
  CHECK(scoped([](auto& scope) { scope.purposes = std::uint8_t{0x80}; }) ==
        RejectionCode::kMaskBits);

  CHECK(scoped([&](auto& scope) {
          scope.achievements = {{ledger.aurora.id, 2}, {ledger.aurora.id, 1}};
        }) == RejectionCode::kNotSorted);

  CHECK(body_change([](auto& body) {
          body.mutable_recognition_trust()->mutable_scope()->set_isced_fields(
              std::string(16, '\0'));
        }) == RejectionCode::kEmptyMask);
  CHECK(body_change([](auto& body) {
          body.mutable_recognition_trust()->mutable_scope()->set_isced_fields("x");
        }) == RejectionCode::kFieldLength);
}

TEST_CASE("ends and voids: slots and names exclude each other, a void names something") {
  TestLedger ledger;
  const auto& author = ledger.aurora.id;

  auto end = end_of(ledger.borealis.id, {TransactionId{}});
  end.slot = 1;
  CHECK(built(ledger, author, end) == RejectionCode::kFieldConflict);

  CHECK(built(ledger, author, void_of(ledger.borealis.id, {})) == RejectionCode::kFieldMissing);
  auto accreditation_end = end_of(ledger.borealis.id);
  accreditation_end.accreditation = true;
  CHECK(built(ledger, author, accreditation_end) == RejectionCode::kFieldMissing);

  CHECK(built(ledger, author, void_of(ledger.borealis.id, {TransactionId{}, TransactionId{}})) ==
        RejectionCode::kNotSorted);

  CHECK(body_change([](auto& body) {
          body.mutable_recognition_void()->set_subject(std::string(16, 's'));
          body.mutable_recognition_void()->set_statement_ids(std::string(33, 'i'));
        }) == RejectionCode::kHashListLength);
}

TEST_CASE(
    "issue_listed: commitments are 32 bytes each, at most 16384, and indexes end below 2^64") {
  TestLedger ledger;
  const AchievementId id{ledger.aurora.id, 1, 1};

  const auto issue = [&](std::uint64_t first, std::size_t count) {
    return built(ledger, ledger.aurora.id,
                 tx::IssueListedContent{id, IssuerIndex{first}, std::vector<Hash256>(count)});
  };

  CHECK(issue(0, 16'384) == std::nullopt);
  CHECK(issue(0, 16'385) == RejectionCode::kHashListLength);
  CHECK(issue(0, 0) == RejectionCode::kHashListLength);

  CHECK(issue(~std::uint64_t{0} - 1, 1) == std::nullopt);
  CHECK(issue(~std::uint64_t{0}, 1) == RejectionCode::kIndexOverflow);

  CHECK(body_change([](auto& body) {
          auto& message = *body.mutable_issue_listed();
          message.mutable_achievement()->set_institution(std::string(16, 'i'));
          message.mutable_achievement()->set_number(1);
          message.mutable_achievement()->set_version(1);
          message.set_commitments(std::string(31, 'c'));
        }) == RejectionCode::kHashListLength);
  CHECK(body_change([](auto& body) {
          body.mutable_issue_listed()->set_commitments(std::string(32, 'c'));
        }) == RejectionCode::kFieldMissing);
}

TEST_CASE("issue_anchored: one root for every 128 credentials, at most 2^20 of them") {
  TestLedger ledger;
  const AchievementId id{ledger.aurora.id, 1, 1};

  const auto issue = [&](std::uint64_t first, std::uint64_t count, std::size_t roots) {
    return built(
        ledger, ledger.aurora.id,
        tx::IssueAnchoredContent{id, IssuerIndex{first}, count, std::vector<Hash256>(roots)});
  };

  CHECK(issue(0, 128, 1) == std::nullopt);
  CHECK(issue(0, 129, 2) == std::nullopt);
  CHECK(issue(0, 1'048'576, 8'192) == std::nullopt);

  CHECK(issue(0, 1'048'577, 8'193) == RejectionCode::kFieldRange);
  CHECK(issue(0, 0, 1) == RejectionCode::kFieldRange);

  CHECK(issue(0, 129, 1) == RejectionCode::kHashListLength);
  CHECK(issue(0, 128, 2) == RejectionCode::kHashListLength);
  CHECK(issue(0, 128, 0) == RejectionCode::kHashListLength);

  CHECK(issue(~std::uint64_t{0}, 1, 1) == RejectionCode::kIndexOverflow);
}

TEST_CASE(
    "status_change: lists and ranges ascend, a bitmap ends with a set bit, action and reason are "
    "given") {
  TestLedger ledger;

  const auto change = [&](auto target, tx::StatusAction action = tx::StatusAction::kRevoke,
                          tx::StatusReason reason = tx::StatusReason::kCorrection) {
    tx::StatusChangeContent content;
    content.action = action;
    content.reason = reason;
    content.target = std::move(target);
    return built(ledger, ledger.aurora.id, content);
  };

  using Indexes = std::vector<IssuerIndex>;
  using Ranges = std::vector<tx::IndexRangeContent>;
  constexpr auto kEnd = ~std::uint64_t{0};

  CHECK(change(Indexes{IssuerIndex{0}, IssuerIndex{1}}) == std::nullopt);
  CHECK(change(Indexes{}) == RejectionCode::kFieldRange);
  CHECK(change(Indexes{IssuerIndex{1}, IssuerIndex{1}}) == RejectionCode::kNotSorted);
  CHECK(change(Indexes{IssuerIndex{kEnd}}) == RejectionCode::kIndexOverflow);

  CHECK(change(Ranges{{IssuerIndex{0}, 4}, {IssuerIndex{4}, 4}}) == std::nullopt);
  CHECK(change(Ranges{}) == RejectionCode::kFieldRange);
  CHECK(change(Ranges{{IssuerIndex{0}, 4}, {IssuerIndex{3}, 4}}) == RejectionCode::kNotSorted);
  CHECK(change(Ranges{{IssuerIndex{0}, 0}}) == RejectionCode::kFieldMissing);
  CHECK(change(Ranges{{IssuerIndex{2}, kEnd}}) == RejectionCode::kIndexOverflow);

  CHECK(change(tx::IndexBitmap{IssuerIndex{8}, {0x01}}) == std::nullopt);
  CHECK(change(tx::IndexBitmap{IssuerIndex{8}, {}}) == RejectionCode::kFieldRange);
  CHECK(change(tx::IndexBitmap{IssuerIndex{8}, {0x01, 0x00}}) == RejectionCode::kFieldRange);
  CHECK(change(tx::IndexBitmap{IssuerIndex{kEnd - 3}, {0x01}}) == RejectionCode::kIndexOverflow);

  CHECK(change(Indexes{IssuerIndex{0}}, tx::StatusAction::kReinstate,
               tx::StatusReason::kNotClaimed) == RejectionCode::kReasonNotAllowed);
  CHECK(body_change([](auto& body) {
          body.mutable_status_change()->set_action(v1::STATUS_ACTION_REVOKE);
        }) == RejectionCode::kFieldMissing);
}

TEST_CASE(
    "keys: known purpose and algorithm that go together, a valid point, a proof of 64 bytes") {
  TestLedger ledger;

  const auto add = [&](KeyPurpose purpose, PublicKey key) {
    return built(ledger, ledger.aurora.id, tx::KeyAddContent{purpose, std::move(key), Signature{}});
  };
  const auto key = key_named("new").public_key();

  CHECK(add(KeyPurpose::kIssue, key) == std::nullopt);
  CHECK(add(KeyPurpose::kTransport, key) == RejectionCode::kKeyPurposeForm);

  CHECK(add(KeyPurpose::kIssue, {SignatureAlgorithm::kBip340, Bytes(32, 0xFF)}) ==
        RejectionCode::kBadPublicKey);
  CHECK(add(KeyPurpose::kIssue, {SignatureAlgorithm::kBip340, Bytes(31, 1)}) ==
        RejectionCode::kBadPublicKey);

  const auto raw = [&](std::uint32_t purpose, std::uint32_t algorithm, std::size_t proof) {
    return body_change([&](auto& body) {
      auto& message = *body.mutable_key_add();
      message.mutable_key()->set_purpose(purpose);
      message.mutable_key()->set_algorithm(algorithm);
      message.mutable_key()->set_public_key(std::string(as_text(key.bytes)));
      message.set_possession_proof(std::string(proof, 'p'));
    });
  };

  CHECK(raw(2, 1, 64) == std::nullopt);
  CHECK(raw(9, 1, 64) == RejectionCode::kFieldRange);
  CHECK(raw(258, 1, 64) == RejectionCode::kFieldRange);
  CHECK(raw(2, 9, 64) == RejectionCode::kFieldRange);
  CHECK(raw(2, 1, 63) == RejectionCode::kFieldLength);
  CHECK(raw(2, 1, 0) == RejectionCode::kFieldMissing);
}

TEST_CASE("institution_update: facts have their form, and nobody is its own parent") {
  TestLedger ledger;

  auto facts = tx::read_institution(ledger.state(), ledger.aurora.id)->facts;

  const auto update = [&](const std::function<void(tx::InstitutionFacts&)>& change) {
    auto changed = facts;
    change(changed);
    return built(ledger, ledger.aurora.id, tx::InstitutionUpdateContent{changed});
  };

  CHECK(update([](auto&) {}) == std::nullopt);
  CHECK(update([](auto& f) { f.legal_names.clear(); }) == RejectionCode::kFieldMissing);
  CHECK(update([](auto& f) { f.country = "at"; }) == RejectionCode::kTextForm);
  CHECK(update([](auto& f) { f.domain = "https://aurora.example"; }) == RejectionCode::kTextForm);
  CHECK(update([](auto& f) { f.ror = "https://ror.org/05gq02987"; }) == RejectionCode::kTextForm);
  CHECK(update([&](auto& f) { f.parent = ledger.aurora.id; }) == RejectionCode::kAboutItself);
}

}  // namespace testamur::test
