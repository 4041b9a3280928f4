// The commands of a learner's wallet as they are typed, against a real node: what was not done
// leaves no trace.
#include <filesystem>
#include <set>

#include "tests/support/catch.h"
#include "tests/wallet/program.h"
#include "tests/wallet/trust_fixture.h"
#include "wallet/credential/request.h"
#include "wallet/keystore/bip39.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/vault.h"
#include "wallet/keystore/wallet_contents.h"

namespace testamur::wallet {
namespace {

struct Learner {
  test::SpeakingLedger ledger{2};
  std::string home = ledger.context.path("learner");

  // The exit code; what was printed went to the streams.
  ExitCode type(const std::string& words) {
    Program program;
    auto& context = program.context;
    context.home = home;
    context.endpoints = ledger.context.endpoints;
    context.json = context.quiet = true;
    context.passphrase = SecretBytes::copy_of(as_bytes(std::string("correct horse")));
    std::filesystem::create_directories(home);
    program.app.parse(words);
    return program.run().exit();
  }
  std::size_t open_requests() {
    auto opened = Vault::open(home + "/wallet.age",
                              SecretBytes::copy_of(as_bytes(std::string("correct horse"))));
    REQUIRE(opened.ok());
    return decode_wallet(opened.vault->contents()).value().requests.size();
  }
};

}  // namespace

// Putting wallet.age.previous back, as the program says, gave the key of the last request to the
// next issuer as well, and whoever saw both credentials could tell that they are one person's.
TEST_CASE("a vault of before that is put back gives out no key a second time") {
  Learner learner;
  REQUIRE(learner.type("wallet init --words-file " + learner.ledger.context.path("words")) ==
          ExitCode::kOk);
  std::set<Bytes> keys;
  const auto ask = [&](std::size_t number) {
    const auto file = learner.ledger.context.path("request" + std::to_string(number));
    REQUIRE(learner.type("wallet request --issuer " + to_text(learner.ledger.id(0)) +
                         " --student S1 --out " + file) == ExitCode::kOk);
    const auto raw = read_file(file, 1u << 16).value();
    keys.insert(
        read_wallet_request(as_text(raw), learner.ledger.nodes.chain(), learner.ledger.id(0))
            .value()
            .holder.bytes);
  };
  ask(1);
  const auto vault = learner.home + "/wallet.age";
  std::filesystem::rename(previous_version(vault), vault);
  ask(2);
  CHECK(keys.size() == 2);

  // Where the note is damaged, so many are passed over that none is given out again.
  REQUIRE(write_file_atomically(learner.home + "/wallet.keys", as_bytes(std::string("{")),
                                Overwrite::kAllowed)
              .ok());
  std::filesystem::rename(previous_version(vault), vault);
  ask(3);
  CHECK(keys.size() == 3);
}

// They lay where whoever takes the vault takes them too.
TEST_CASE("the recovery words are not written into the home, by whatever path") {
  Learner learner;
  std::filesystem::create_directories(learner.home + "/notes");
  std::filesystem::create_directory_symlink(learner.home, learner.ledger.context.path("link"));
  for (const std::string& words :
       {learner.home + "/words", learner.home + "/notes/words", learner.home + "/notes/../words",
        learner.ledger.context.path("link/words")}) {
    INFO(words);
    CHECK(learner.type("wallet init --words-file " + words) == ExitCode::kUsage);
    CHECK_FALSE(std::filesystem::exists(words));
    CHECK_FALSE(std::filesystem::exists(learner.home + "/wallet.age"));
  }
  CHECK(learner.type("wallet init --words-file " + learner.ledger.context.path("words")) ==
        ExitCode::kOk);
}

// It stood open for ever, for an issuer who never got it.
TEST_CASE("a request that could not be written is not open") {
  Learner learner;
  REQUIRE(learner.type("wallet init --words-file " + learner.ledger.context.path("words")) ==
          ExitCode::kOk);
  const std::string ask =
      "wallet request --issuer " + to_text(learner.ledger.id(0)) + " --student S1 --out ";
  CHECK(learner.type(ask + learner.ledger.context.path("no/such/folder")) != ExitCode::kOk);
  CHECK(learner.open_requests() == 0);
  CHECK(learner.type(ask + learner.ledger.context.path("request")) == ExitCode::kOk);
  CHECK(learner.open_requests() == 1);
}

TEST_CASE("recovery words are not written over, however much it is wished") {
  Learner learner;
  const auto words = learner.ledger.context.path("words");
  REQUIRE(learner.type("wallet init --words-file " + words) == ExitCode::kOk);
  const auto before = read_file(words, 4096).value();
  CHECK(learner.type("--force wallet backup " + words) == ExitCode::kUsage);
  CHECK(read_file(words, 4096).value() == before);
}

// Twelve words that fit together made a vault that nothing could read, and that stood in the way.
TEST_CASE("a wallet is restored from 24 words and no other number") {
  Learner learner;
  const auto words = learner.ledger.context.path("words");
  for (const auto& few : {12, 15, 18, 21}) {
    const SecretBytes entropy(static_cast<std::size_t>(few) / 3 * 4);
    const auto text = words_from_entropy(entropy.view());
    REQUIRE(count_words(text.text()) == static_cast<std::size_t>(few));
    REQUIRE(write_file_atomically(words, text.view(), Overwrite::kAllowed).ok());
    CHECK(learner.type("wallet restore --words-file " + words) == ExitCode::kPassphrase);
    CHECK_FALSE(std::filesystem::exists(learner.home + "/wallet.age"));
  }
}

TEST_CASE("a home that is not there is no wallet, and is not made by asking for one") {
  Learner learner;
  learner.home = learner.ledger.context.path("mistyped");
  Program program;
  program.context.home = learner.home;
  program.context.json = program.context.quiet = true;
  program.app.parse("wallet show");
  CHECK(program.run().exit() == ExitCode::kFailure);  // and no passphrase was asked for, which is 4
  program.app.parse("wallet backup " + learner.ledger.context.path("backup"));
  CHECK(program.run().exit() == ExitCode::kFailure);
  CHECK_FALSE(std::filesystem::exists(learner.home));
}

}  // namespace testamur::wallet
