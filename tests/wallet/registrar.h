// The office of a registrar for tests: a home with vaults of its own beside a real node, and
// commands as they are typed.
#pragma once

#include <filesystem>
#include <iterator>
#include <sstream>

#include "ledger/tx/content.h"
#include "tests/support/catch.h"
#include "tests/wallet/program.h"
#include "tests/wallet/trust_fixture.h"
#include "wallet/cli/flow/awards/batches.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet::test {

inline constexpr const char* kPassphrase = "correct horse";
inline constexpr int kCheapWork = 1;

inline bool says(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

// University 0 with its vaults, an achievement, and a folder for what people hand over.
struct Registrar {
  SpeakingLedger ledger{3};
  AchievementId achievement = ledger.nodes.publish(0, 0);

  Registrar() {
    std::filesystem::create_directories(ledger.context.path("issuer"));
    auto& own = ledger.nodes.at(0);
    seal(KeyPurpose::kRoot, own.root);
    seal(KeyPurpose::kIssue, own.issue);
    seal(KeyPurpose::kGovern, own.govern);
    seal(KeyPurpose::kCredential, own.credential);
    const Json profile{{"chain", to_text(ledger.nodes.chain())},
                       {"institution", to_text(own.id)},
                       {"name", "University 0"},
                       {"domain", "university0.example"}};
    write("issuer/issuer.json", profile.dump());
  }

  void seal(KeyPurpose purpose, const SecretKey& key) {
    IssuerKeys keys = make_issuer_keys(purpose, key.algorithm(), to_text(ledger.id(0)));
    keys.keys.clear();
    keys.keys.push_back(SecretKey::from_bytes(key.algorithm(), key.secret_bytes()).value());
    const auto file = ledger.context.path("issuer/" + std::string(to_text(purpose)) + ".age");
    REQUIRE(Vault::create(file, SecretBytes::copy_of(as_bytes(std::string(kPassphrase))),
                          encode_issuer_keys(keys).value().view(), kCheapWork)
                .ok());
  }
  std::string write(const std::string& name, const std::string& text) {
    const auto file = ledger.context.path(name);
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    REQUIRE(write_file_atomically(file, as_bytes(text), Overwrite::kAllowed).ok());
    return file;
  }
  // Whether a node answers is the caller's: of `endpoints` the first that does.
  Outcome type(const std::string& words, std::vector<std::string> endpoints = {}) {
    Program program;
    std::istringstream split(words);
    program.app.note_words({std::istream_iterator<std::string>(split), {}});
    auto& context = program.context;
    context.home = ledger.context.home;
    context.endpoints = endpoints.empty() ? ledger.context.endpoints : std::move(endpoints);
    context.json = context.quiet = true;
    context.passphrase = SecretBytes::copy_of(as_bytes(std::string(kPassphrase)));
    program.app.parse(words);
    auto outcome = program.run();
    if (outcome.reply() == nullptr || outcome.reply()->already) return outcome;
    const auto unread = refuse_unread_options(context);
    return unread.ok() ? std::move(outcome) : Outcome(unread.failure());
  }
  std::string done(const std::string& words) {
    const auto outcome = type(words);
    INFO(words << (outcome.failure() == nullptr ? "" : ": " + outcome.failure()->message));
    REQUIRE(outcome.reply() != nullptr);
    return outcome.reply()->text + outcome.reply()->json.dump();
  }
  Json answer(const std::string& words) {
    const auto outcome = type(words);
    INFO(words << (outcome.failure() == nullptr ? "" : ": " + outcome.failure()->message));
    REQUIRE(outcome.reply() != nullptr);
    return outcome.reply()->json;
  }
  std::string why(const std::string& words, ExitCode exit) {
    const auto outcome = type(words);
    INFO(words);
    REQUIRE(outcome.failure() != nullptr);
    INFO(outcome.failure()->message);
    CHECK(outcome.exit() == exit);
    return outcome.failure()->message;
  }
  void issue(const std::string& name, const std::string& table, const std::string& more = "") {
    const auto file = write(name + ".csv", table);
    (void)done("issuer batch issue --yes --achievement 1.1 --name " + name + " --csv " + file +
               more);
  }
  // The only award of a learner.
  Json award(const std::string& student) {
    const auto shown = answer("issuer show --student " + student);
    REQUIRE(shown["awards"].size() >= 1);
    return shown["awards"].back();
  }
  std::string status(const std::string& student) { return award(student)["status"]; }
  // How much stands on the ledger.
  std::uint64_t entries() { return std::get<StatusAnswer>(ledger.client.status()).log_size; }

  BatchFolder folder(const std::string& name) {
    auto vault = Vault::open(ledger.context.path("issuer/issue.age"),
                             SecretBytes::copy_of(as_bytes(std::string(kPassphrase))));
    REQUIRE(vault.ok());
    const auto keys = decode_issuer_keys(vault.vault->contents());
    REQUIRE(keys.ok());
    auto opened = open_batch(ledger.context, name, keys->register_identities);
    REQUIRE(opened.ok());
    return std::move(opened).value();
  }

  // A batch that was stopped after its transaction was signed, and before it was sent.
  void stop_before_sending(const std::string& name, const std::string& student) {
    const auto file = write(name + ".csv", "student,given_name\n" + student + ",Ada\n");
    const auto outbox = ledger.context.path("outbox");
    std::filesystem::remove_all(outbox);
    write("outbox", "in the way");
    const auto outcome =
        type("issuer batch issue --yes --achievement 1.1 --name " + name + " --csv " + file);
    REQUIRE(outcome.failure() != nullptr);
    std::filesystem::remove(outbox);
    CHECK(says(outcome.failure()->message, "issuer batch resume " + name));
    CHECK(says(outcome.failure()->message, "issuer batch discard " + name));
  }
};

}  // namespace testamur::wallet::test
