// Batches in memory, sealed and in their folder: random positions, secrets that only their owners
// hold, and no step that an interruption could do twice.
#include "wallet/credential/batch.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/credential/batch_folder.h"
#include "wallet/credential/claim_file.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/slip10.h"

namespace testamur::wallet {
namespace {

namespace fs = std::filesystem;

std::vector<ClassRow> rows_of(std::size_t count) {
  std::vector<ClassRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    ClassRow row;
    row.student = "s/" + std::to_string(i);
    row.claims[ClaimId::kFamilyName] = "Learner " + std::to_string(i);
    row.line = i + 2;
    rows.push_back(row);
  }
  return rows;
}

BatchPlan plan_of(const test::Fixture& fixture) {
  auto plan = test::batch_plan(fixture, 1000, 1'790'000'000);
  plan.achievement = fixture.contents.head.achievement;
  plan.common[ClaimId::kAwardDate] = std::string("2026-07-31");
  return plan;
}

WalletRequest request_of(const test::Fixture& fixture, const std::string& student,
                         const SecretKey& key) {
  const auto text = make_wallet_request(fixture.chain, fixture.issuer, student, key, 0).value();
  return read_wallet_request(text, fixture.chain, fixture.issuer).value();
}

Batch build(const test::Fixture& fixture, std::size_t count,
            const std::vector<WalletRequest>& requests = {}) {
  return build_batch(plan_of(fixture), rows_of(count), requests, fixture.issuer_key).value();
}

}  // namespace

TEST_CASE(
    "every learner has one credential at one position, and the ledger gets its commitment there") {
  const auto fixture = test::make_fixture();
  const auto batch = build(fixture, 40);
  CHECK(batch.commitments.size() == 40);

  std::set<std::uint32_t> positions;
  std::set<Salt> salts;
  std::set<Bytes> keys;
  for (std::size_t i = 0; i < batch.awards.size(); ++i) {
    const Award& award = batch.awards[i];

    const auto view = read_credential(award.sd_jwt).value();
    CHECK(award.student == "s/" + std::to_string(i));
    CHECK(view.head.reference ==
          make_reference(fixture.chain, fixture.issuer, IssuerIndex{1000u + award.position}));

    CHECK(commitment_of(fixture.chain, view) == batch.commitments[award.position]);
    CHECK(verify_issuer_signature(award.sd_jwt, fixture.issuer_key.public_key()).ok());
    CHECK_FALSE(view.head.holder_made);
    CHECK(std::get<std::string>(view.disclosed.at(ClaimId::kTitle)) == "Applied Statistics");

    // The issuer made this key, so that it must be the one that the credential names.
    const auto key =
        SecretKey::from_bytes(SignatureAlgorithm::kEcdsaP256, award.holder_secret.view());
    CHECK(key.value().public_key() == view.head.holder);

    CHECK(positions.insert(award.position).second);
    CHECK(salts.insert(view.head.salt).second);
    CHECK(keys.insert(view.head.holder.bytes).second);
  }

  CHECK(std::set<Hash256>(batch.commitments.begin(), batch.commitments.end()).size() == 40);
}

TEST_CASE("positions do not follow the class list") {
  const auto fixture = test::make_fixture();
  const auto batch = build(fixture, 60);
  CHECK_FALSE(std::ranges::is_sorted(batch.awards, {}, &Award::position));
  const auto again = build(fixture, 60);
  const auto same = [&](std::size_t i) {
    return batch.awards[i].position == again.awards[i].position;
  };
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < 60; ++i) repeated += same(i) ? 1 : 0;
  CHECK(repeated < 30);
}

TEST_CASE("a small class is padded with commitments that nobody can open") {
  const auto fixture = test::make_fixture();
  const auto batch = build(fixture, 3);
  CHECK(batch.awards.size() == 3);
  CHECK(batch.commitments.size() == kMinBatchSize);
  CHECK(std::set<Hash256>(batch.commitments.begin(), batch.commitments.end()).size() ==
        kMinBatchSize);
  for (const auto& commitment : batch.commitments) CHECK_FALSE(commitment.is_zero());
}

TEST_CASE("a learner with a wallet keeps the key, and the issuer never has it") {
  const auto fixture = test::make_fixture();
  const auto key = SecretKey::generate(SignatureAlgorithm::kEcdsaSecp256k1);
  const auto batch = build(fixture, 2, {request_of(fixture, "s/1", key)});
  const Award& with = batch.awards[1];
  CHECK(with.holder_secret.empty());
  CHECK(with.claim_code.empty());
  CHECK(with.recipient == derive_delivery_identity(key).recipient());
  const auto view = read_credential(with.sd_jwt).value();
  CHECK(view.head.holder == key.public_key());
  CHECK(view.head.holder_made);
  CHECK_FALSE(batch.awards[0].claim_code.empty());
}

TEST_CASE("requests that fit no learner, come twice or share a key stop the batch") {
  const auto fixture = test::make_fixture();
  const auto key = SecretKey::generate(SignatureAlgorithm::kEcdsaP256);
  const auto other = SecretKey::generate(SignatureAlgorithm::kEcdsaP256);
  const auto failure = [&](const std::vector<WalletRequest>& requests) {
    return build_batch(plan_of(fixture), rows_of(3), requests, fixture.issuer_key).message();
  };
  CHECK(failure({request_of(fixture, "nobody", key)}) ==
        "a wallet request is for student \"nobody\", who is not in the class list");
  CHECK(failure({request_of(fixture, "S-001", key)}).find("\"s/1\" of line ") != std::string::npos);
  CHECK(failure({request_of(fixture, "s/1", key), request_of(fixture, "s/1", other)}) ==
        "student \"s/1\" sent two wallet requests: remove one");
  std::vector<WalletRequest> twice{request_of(fixture, "s/1", key),
                                   request_of(fixture, "s/1", other)};
  twice[0].file = "requests/a.json";
  twice[1].file = "requests/b.json";
  CHECK(failure(twice) ==
        "requests/b.json: student \"s/1\" sent two wallet requests, the other one is "
        "requests/a.json: remove one");
  CHECK(failure({request_of(fixture, "s/1", key), request_of(fixture, "s/2", key)}) ==
        "the wallet request of student \"s/2\" uses a key that another one uses too");
}

TEST_CASE("claim files have names that are safe, visible and unique") {
  const auto fixture = test::make_fixture();
  auto rows = rows_of(5);
  rows[0].student = "../../etc/passwd";
  rows[1].student = "Jörg Ä";
  rows[2].student = "a b";
  rows[3].student = "a_b";
  rows[4].student = "A_B";

  const auto batch = build_batch(plan_of(fixture), rows, {}, fixture.issuer_key).value();
  CHECK(batch.awards[0].file_name == "______etc_passwd");
  CHECK(batch.awards[1].file_name == "J__rg___");
  CHECK(batch.awards[2].file_name == "a_b");
  CHECK(batch.awards[3].file_name == "a_b-2");
  CHECK(batch.awards[4].file_name == "A_B-3");
}

TEST_CASE("progress goes up to the number of learners") {
  const auto fixture = test::make_fixture();
  std::vector<std::size_t> seen;
  (void)build_batch(plan_of(fixture), rows_of(3), {}, fixture.issuer_key,
                    [&](std::size_t done, std::size_t total) {
                      CHECK(total == 3);
                      seen.push_back(done);
                    })
      .value();
  CHECK(seen == std::vector<std::size_t>{1, 2, 3});
}

TEST_CASE("a batch survives its sealed state, and only the issuer opens it") {
  const auto fixture = test::make_fixture();
  const auto identity = age::Identity::generate();
  const auto key = SecretKey::generate(SignatureAlgorithm::kEcdsaP256);
  auto batch = build(fixture, 3, {request_of(fixture, "s/2", key)});

  batch.transaction = {9, 8, 7};
  batch.committed = true;
  const Bytes file = seal_batch(batch, identity.recipient()).value();

  const auto opened = open_batch(file, {&identity, 1});
  REQUIRE(opened.ok());
  CHECK(opened->id == batch.id);
  CHECK(opened->commitments == batch.commitments);
  CHECK(opened->transaction == batch.transaction);
  CHECK(opened->committed);
  CHECK_FALSE(opened->delivered);
  CHECK(opened->plan.first_index == IssuerIndex{1000});
  CHECK(opened->plan.common == batch.plan.common);

  REQUIRE(opened->awards.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(opened->awards[i].sd_jwt == batch.awards[i].sd_jwt);
    CHECK(opened->awards[i].position == batch.awards[i].position);
    CHECK(equal(opened->awards[i].holder_secret.view(), batch.awards[i].holder_secret.view()));
    CHECK(opened->awards[i].claim_code.text() == batch.awards[i].claim_code.text());
    CHECK(opened->awards[i].recipient == batch.awards[i].recipient);
  }

  const auto stranger = age::Identity::generate();
  CHECK_FALSE(open_batch(file, {&stranger, 1}).ok());
}

TEST_CASE("the register and the codes say what belongs to whom") {
  const auto fixture = test::make_fixture();
  const auto identity = age::Identity::generate();
  const auto key = SecretKey::generate(SignatureAlgorithm::kEcdsaP256);
  const auto batch = build(fixture, 3, {request_of(fixture, "s/2", key)});

  auto list = open_register(seal_register(make_register(batch), identity.recipient()).value(),
                            {&identity, 1})
                  .value();
  CHECK(list.issuer == fixture.issuer);
  CHECK(list.achievement == fixture.contents.head.achievement);

  const RegisterRow* row = find_student(list, "s/1");
  REQUIRE(row != nullptr);
  REQUIRE(row->slots.size() == 1);
  CHECK(row->slots[0].form == "sd-jwt");
  CHECK(row->slots[0].index == IssuerIndex{1000u + batch.awards[1].position});

  CHECK(erase_student(list, "s/1"));
  CHECK_FALSE(erase_student(list, "s/1"));
  CHECK(find_student(list, "s/1") == nullptr);

  // The learner with a wallet has no code.
  const auto codes =
      open_codes(seal_codes(batch, identity.recipient()).value(), {&identity, 1}).value();
  REQUIRE(codes.size() == 2);
  CHECK(codes[0].student == "s/0");
  CHECK(codes[0].code.text() == batch.awards[0].claim_code.text());
}

TEST_CASE("a batch folder is resumed where it was left, delivers once and forgets on demand") {
  const auto fixture = test::make_fixture();
  const testamur::test::TemporaryFolder temporary;
  const auto identity = age::Identity::generate();
  const auto path = temporary.file("batch");
  {
    auto folder = BatchFolder::create(path, build(fixture, 3), identity.recipient());
    REQUIRE(folder.ok());
    REQUIRE(folder->set_transaction({1, 2, 3}).ok());
  }
  CHECK_FALSE(BatchFolder::create(path, build(fixture, 3), identity.recipient()).ok());
  auto folder = BatchFolder::open(path, {&identity, 1}).value();
  CHECK(folder.batch().transaction == Bytes{1, 2, 3});
  REQUIRE(folder.set_committed().ok());
  REQUIRE(folder.deliver().ok());
  const auto claim_path = (fs::path(path) / "claims" / "s_0.testamur.age").string();
  const Bytes claim = read_file(claim_path, 100'000).value();
  const auto& award = folder.batch().awards[0];
  const auto outcome = open_claim_file(claim, award.claim_code.text());
  REQUIRE(outcome.claim.has_value());
  CHECK(outcome.claim->sd_jwt == award.sd_jwt);
  CHECK(outcome.claim->title == "Applied Statistics");

  // A second delivery leaves what is there; a lost file is written again.
  fs::remove(fs::path(path) / "claims" / "s_1.testamur.age");
  REQUIRE(folder.deliver().ok());
  CHECK(read_file(claim_path, 100'000).value() == claim);
  CHECK(fs::exists(fs::path(path) / "claims" / "s_1.testamur.age"));

  REQUIRE(folder.purge().ok());
  CHECK_FALSE(fs::exists(fs::path(path) / "codes.age"));
  auto purged = BatchFolder::open(path, {&identity, 1}).value();
  CHECK(purged.batch().awards[0].holder_secret.empty());
  CHECK(purged.batch().awards[0].claim_code.empty());

  fs::remove(fs::path(path) / "claims" / "s_2.testamur.age");
  CHECK(purged.deliver().message() ==
        "the claim file of student \"s/2\" is gone, and cannot be written again: the batch was "
        "purged");

  REQUIRE(purged.erase("s/1").ok());
  CHECK_FALSE(purged.erase("s/1").ok());
  CHECK_FALSE(fs::exists(fs::path(path) / "claims" / "s_1.testamur.age"));
  const auto list = open_register(
      read_file((fs::path(path) / "register.age").string(), 100'000).value(), {&identity, 1});
  CHECK(find_student(list.value(), "s/1") == nullptr);
  CHECK(find_student(list.value(), "s/0") != nullptr);
}

// Only a file that was not there was noticed: an empty one was sent again, and purged with its
// keys.
TEST_CASE("a claim file that is not as it was written is written again while its keys are there") {
  const auto fixture = test::make_fixture();
  const testamur::test::TemporaryFolder temporary;
  const auto identity = age::Identity::generate();
  const auto path = temporary.file("batch");
  const auto key = SecretKey::generate(SignatureAlgorithm::kEcdsaP256);
  {
    auto folder = BatchFolder::create(path, build(fixture, 4, {request_of(fixture, "s/3", key)}),
                                      identity.recipient());
    REQUIRE(folder.ok());
    REQUIRE(folder->set_committed().ok());
    REQUIRE(folder->deliver().ok());
  }
  const auto claim = [&](int i) {
    return (fs::path(path) / "claims" / ("s_" + std::to_string(i) + ".testamur.age")).string();
  };
  const auto write = [](const std::string& file, ByteView bytes) {
    REQUIRE(write_file_atomically(file, bytes, Overwrite::kAllowed).ok());
  };
  const auto open = [&] { return BatchFolder::open(path, {&identity, 1}).value(); };
  // As if an earlier program had delivered it.
  const auto forget_digests = [&] {
    const auto state = (fs::path(path) / "batch.age").string();
    auto batch = open_batch(read_file(state, 1 << 20).value(), {&identity, 1}).value();
    for (auto& award : batch.awards) award.claim_sha256.reset();
    write(state, seal_batch(batch, identity.recipient()).value());
  };
  const auto damage = [&] {
    const auto first = read_file(claim(1), 100'000).value();
    write(claim(0), first);  // another learner's
    write(claim(1), {});     // empty
    write(claim(2), ByteView(read_file(claim(2), 100'000).value()).first(300));  // cut short
    write(claim(3), as_bytes(std::string("a letter")));
  };
  const auto expect_all_good = [&] {
    const auto folder = open();
    for (int i = 0; i < 3; ++i) {
      const auto& award = folder.batch().awards[static_cast<std::size_t>(i)];
      CHECK(folder.claim_state(award) == ClaimFileState::kGood);
      const auto opened =
          open_claim_file(read_file(claim(i), 100'000).value(), award.claim_code.text());
      REQUIRE(opened.claim.has_value());
      CHECK(opened.claim->sd_jwt == award.sd_jwt);
    }
    CHECK(folder.claim_state(folder.batch().awards[3]) == ClaimFileState::kGood);
  };

  expect_all_good();
  for (const bool is_old : {false, true}) {
    CAPTURE(is_old);
    if (is_old) forget_digests();
    damage();
    auto folder = open();
    for (const auto& award : folder.batch().awards)
      CHECK(folder.opened_claim_state(award) == ClaimFileState::kDamaged);
    REQUIRE(folder.deliver_one("s/0").ok());
    CHECK(read_file(claim(1), 100'000).value().empty());
    CHECK_FALSE(folder.deliver_one("s/9").ok());
    REQUIRE(folder.deliver().ok());
    expect_all_good();
  }

  auto folder = open();
  REQUIRE(folder.purge().ok());
  damage();
  CHECK(folder.deliver_one("s/0").message() ==
        "the claim file of student \"s/0\" is damaged, and cannot be written again: the batch was "
        "purged");
  CHECK(folder.deliver_one("s/3").ok());
  CHECK(folder.claim_state(folder.batch().awards[3]) == ClaimFileState::kGood);
}

TEST_CASE("a sealed batch with a word that nobody knows is refused and never read as another") {
  const auto fixture = test::make_fixture();
  const auto identity = age::Identity::generate();
  const auto recipient = identity.recipient();
  const auto file = seal_batch(build(fixture, 1), recipient).value();
  const std::string text{age::open(file, {&identity, 1}).plaintext.text()};
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    REQUIRE(changed.find(from) != std::string::npos);
    changed.replace(changed.find(from), from.size(), to);
    const auto sealed = age::seal({&recipient, 1}, as_bytes(changed)).value();
    return open_batch(sealed, {&identity, 1}).message();
  };
  CHECK(refusal("\"es256\"", "\"es256\"").empty());
  CHECK(refusal("\"es256\"", "\"es999\"").find("\"es999\"") != std::string::npos);
  CHECK(refusal("\"es256\"", "\"\"").find("does not know") != std::string::npos);
  CHECK(refusal("\"2026-07-31\"", "{}").find("neither a text") != std::string::npos);
}

TEST_CASE("no name, reference or code of a learner stands readable in the issuer's files") {
  const auto fixture = test::make_fixture();
  const testamur::test::TemporaryFolder temporary;
  const auto identity = age::Identity::generate();
  auto folder =
      BatchFolder::create(temporary.file("batch"), build(fixture, 3), identity.recipient()).value();

  REQUIRE(folder.set_committed().ok());
  REQUIRE(folder.deliver().ok());

  for (const auto& entry : fs::recursive_directory_iterator(temporary.path())) {
    if (!entry.is_regular_file()) continue;
    const Bytes bytes = read_file(entry.path().string(), 1'000'000).value();
    CHECK(as_text(bytes).starts_with("age-encryption.org/v1\n"));

    for (const auto& award : folder.batch().awards) {
      CHECK(as_text(bytes).find(award.student) == std::string_view::npos);
      CHECK(as_text(bytes).find(award.claim_code.text()) == std::string_view::npos);
    }
    CHECK(as_text(bytes).find("Learner") == std::string_view::npos);
  }
}

}  // namespace testamur::wallet
