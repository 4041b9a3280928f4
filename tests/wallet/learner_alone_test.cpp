// A learner and a verifier whose nodes do not answer, or who have none: what is said in words is
// said to programs too, and nothing is called what it is not.
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"
#include "tests/wallet/program.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/cli/files/system_files.h"
#include "wallet/credential/verifier_request.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/vault.h"
#include "wallet/keystore/wallet_contents.h"

namespace testamur::wallet {
namespace {

constexpr const char* kNobody = "127.0.0.1:1";

SecretBytes passphrase() { return SecretBytes::copy_of(as_bytes(std::string("correct horse"))); }

struct Learner {
  testamur::test::TemporaryFolder folder;
  std::string home = folder.file("home");
  std::vector<std::string> endpoints{kNobody};

  Learner() {
    auto wallet = make_wallet(1);
    auto fixture = test::make_fixture();
    StoredCredential stored;
    std::uint32_t index = 0;
    const auto key = next_holder_key(wallet, SignatureAlgorithm::kEcdsaP256, index);
    fixture.contents.head.holder = key.public_key();
    stored.sd_jwt =
        issue_credential(fixture.contents, fixture.chain, fixture.issuer_key).value().sd_jwt;
    stored.holder_key.derived_index = index;
    wallet.credentials.push_back(std::move(stored));

    std::filesystem::create_directories(home);
    constexpr int kQuick = 2;
    REQUIRE(Vault::create(home + "/wallet.age", passphrase(), encode_wallet(wallet).value().view(),
                          kQuick)
                .ok());
  }
  Reply type(const std::string& words) const {
    Program program;
    program.context.home = home;
    program.context.endpoints = endpoints;
    program.context.quiet = true;
    program.context.timeout_ms = 2'000;
    program.context.passphrase = passphrase();
    INFO(words);
    program.app.parse(words);
    const auto outcome = program.run();
    INFO((outcome.failure() == nullptr ? std::string{} : outcome.failure()->message));
    REQUIRE(outcome.reply() != nullptr);
    return *outcome.reply();
  }
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder.file(name);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    REQUIRE(write_file_atomically(path, as_bytes(text), Overwrite::kAllowed).ok());
    return path;
  }
};

}  // namespace

// "not asked: offline" was said of nodes that had been asked.
TEST_CASE("nodes that were asked and did not answer are named; offline is who has none") {
  Learner learner;
  auto listed = learner.type("credential list");
  CHECK(listed.exit == ExitCode::kOk);
  CHECK(listed.json["credentials"][0]["status"] == "no_answer");
  CHECK(listed.json["credentials"][0]["status_text"] ==
        std::string("no node answered: ") + kNobody);
  CHECK(listed.text.find(std::string("no node answered: ") + kNobody) != std::string::npos);

  learner.endpoints.clear();
  listed = learner.type("credential show");
  CHECK(listed.json["status"] == "not_asked");
  CHECK(listed.text.find("not asked: offline") != std::string::npos);
}

// A program that presents was told neither that the credential is revoked nor what is not shown.
TEST_CASE("the answer of present says for programs what its question says for people") {
  const Learner learner;
  const auto now_s = Context{}.now_ms() / 1000;
  const auto request = make_verifier_request(
      "Employer", "employment",
      {ClaimId::kTitle, ClaimId::kGrade, ClaimId::kFamilyName, ClaimId::kBirthDate}, now_s,
      now_s + 86'400);
  const auto ask = learner.write("ask.testamur", encode_verifier_request(request.value()));
  const auto shown = learner.type("credential present --yes --claim title --request " + ask +
                                  " --out " + learner.folder.file("answer.txt"));
  INFO(shown.json.dump());
  CHECK(shown.json["status"] == "no_answer");
  CHECK(shown.json["status_text"] == std::string("no node answered: ") + kNobody);
  CHECK(shown.json["disclosed"] == Json::array({"title"}));
  CHECK(shown.json["not_shown"].size() == 3);
  CHECK(shown.json["purpose"] == "employment");
  CHECK(shown.json["judged_until_s"] == now_s + 86'400);
  CHECK(shown.text.find("no node answered") != std::string::npos);
}

TEST_CASE("a folder with files of the system is judged by what people put into it") {
  Learner learner;
  learner.endpoints.clear();
  const auto presentation = test::make_fixture().issued.sd_jwt;
  learner.write("answers/ada.txt", presentation);
  const auto alone = learner.type("verify " + learner.folder.file("answers"));
  for (const char* name : {".DS_Store", "desktop.ini", "Thumbs.db", "._ada.txt", "~$ada.docx"})
    learner.write(std::string("answers/") + name, "\x01");
  const auto with = learner.type("verify " + learner.folder.file("answers"));
  CHECK(with.exit == alone.exit);
  CHECK(with.json["counts"] == alone.json["counts"]);
  CHECK(with.json["not_looked_at"].empty());
  CHECK(with.json["of_the_system"].size() == 5);
  CHECK(with.text.find("Thumbs.db, of the system") != std::string::npos);

  // What somebody named is looked at, whatever it is called.
  CHECK(learner
            .type("verify " + learner.write("x/.answer", presentation) + " " +
                  learner.folder.file("answers/ada.txt"))
            .json["files"]
            .size() == 2);
  CHECK_FALSE(is_of_the_system("answers/thumbs.txt"));
}

}  // namespace testamur::wallet
