// The commands of a registrar as they are typed, against a real node and with real vaults: who acts
// by accident hurts nobody, and what is shown as done is done.
#include "tests/wallet/registrar.h"

#include <filesystem>

#include "ledger/tx/content.h"
#include "tests/support/catch.h"
#include "wallet/cli/flow/awards/batches.h"
#include "wallet/cli/flow/awards/corrections.h"
#include "wallet/cli/flow/awards/drafted_awards.h"
#include "wallet/credential/request.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;
using test::Registrar;
using test::says;

}  // namespace

// Killed between its two steps and given again, it left the learner with two equal awards.
TEST_CASE("a correction that was cut off is finished by the same command, and not done twice") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name,family_name\nS1,Ada,Ekman\n");
  const auto index = registrar.award("S1")["indexes"][0].get<std::uint64_t>();
  const auto row = registrar.write("row.csv", "student,given_name,family_name\nS1,Ada,Ekmann\n");
  registrar.issue("fix", "student,given_name,family_name\nS1,Ada,Ekmann\n", " --again");
  auto& context = registrar.ledger.context;
  REQUIRE(note_correction(context, {"fix", "spring", index, false}).ok());
  CHECK(says(registrar.done("issuer batch resume fix"), "is not superseded yet"));

  const std::string correct = "issuer correct --yes --student S1 --batch spring --csv " + row;
  const auto before = registrar.entries();
  const auto text = registrar.done(correct);
  CHECK(says(text, "the new award was issued before, as batch fix"));
  CHECK(registrar.entries() == before + 1);
  CHECK(open_corrections(context)->empty());
  CHECK_FALSE(says(registrar.done("issuer batch resume fix"), "not superseded yet"));
  CHECK(says(registrar.why(correct, ExitCode::kUsage), "is superseded"));

  // Superseded by hand, nothing is left to do either.
  registrar.issue("winter", "student,given_name,family_name\nS3,Cy,Berg\n");
  const auto third = registrar.award("S3")["indexes"][0].get<std::uint64_t>();
  registrar.issue("mend", "student,given_name,family_name\nS3,Cy,Bergh\n", " --again");
  REQUIRE(note_correction(context, {"mend", "winter", third, false}).ok());
  CHECK(says(registrar.done("issuer batch resume mend"), "is not superseded yet"));
  (void)registrar.done(
      "issuer status supersede --yes --student S3 --batch winter --reason correction");
  CHECK_FALSE(says(registrar.done("issuer batch resume mend"), "not superseded yet"));

  // One that goes through leaves no note.
  registrar.issue("autumn", "student,given_name,family_name\nS2,Bo,Ek\n");
  const auto other = registrar.write("other.csv", "student,given_name,family_name\nS2,Bo,Eck\n");
  (void)registrar.done("issuer correct --yes --student S2 --batch autumn --csv " + other);
  CHECK(open_corrections(context)->empty());
}

// The next later award of the same achievement was named as a fact, whatever else the learner
// holds.
TEST_CASE("the register names the award that a correction issued, and guesses at no other") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name,family_name\nS1,Ada,Ekman\n");
  registrar.issue("again", "student,given_name,family_name\nS1,Ada,Ekman\n", " --again");
  const auto row = registrar.write("row.csv", "student,given_name,family_name\nS1,Ada,Ekmann\n");
  (void)registrar.done("issuer correct --yes --student S1 --batch spring --csv " + row);
  const auto shown = registrar.done("issuer show --student S1");
  CHECK(says(shown, R"("replaced_by":{"batch":"spring-correction-1")"));
  CHECK(says(shown, R"("replaces":{"batch":"spring")"));
  CHECK_FALSE(says(shown, "perhaps"));

  // Superseded by hand, with one later award and with two: a guess, and none.
  registrar.issue("autumn", "student,given_name,family_name\nS2,Bo,Ek\n");
  registrar.issue("winter", "student,given_name,family_name\nS2,Bo,Ek\n", " --again");
  (void)registrar.done(
      "issuer status supersede --yes --student S2 --batch autumn --reason correction");
  CHECK(says(registrar.done("issuer show --student S2"),
             R"("perhaps_replaced_by":{"batch":"winter")"));
  registrar.issue("summer", "student,given_name,family_name\nS2,Bo,Ek\n", " --again");
  CHECK_FALSE(says(registrar.done("issuer show --student S2"), "replaced_by"));
}

TEST_CASE(
    "whoever signs or sends the draft of a final act reads whom it hits; the draft says none") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  const auto file = registrar.ledger.context.path("revoke.json");
  (void)registrar.done("issuer status revoke --yes --student S2 --batch spring --draft " + file);
  const auto bytes = read_file(file, 1 << 20);
  REQUIRE(bytes.ok());
  CHECK_FALSE(says(std::string(as_text(*bytes)), "S2"));

  for (const std::string words : {"sign --yes ", "send --yes "}) {
    const auto text = registrar.done(words + file);
    CHECK(says(text, "S2"));
    CHECK(says(text, "batch spring"));
    CHECK_FALSE(says(text, "S1"));
    CHECK(says(text, "This cannot be undone"));
  }
  CHECK(registrar.status("S2") == "revoked");

  // Another office's home has no register to look into.
  Context elsewhere;
  elsewhere.home = registrar.ledger.context.path("elsewhere");
  const tx::StatusChangeContent change{tx::StatusAction::kRevoke, tx::StatusReason::kCorrection,
                                       std::vector<IssuerIndex>{IssuerIndex{1}}};
  CHECK(says(*drafted_awards(elsewhere, change, false), "not at this home"));
}

// A row that said what the award says already superseded a good award for nothing.
TEST_CASE("a correction that changes nothing is refused, and one that does says what") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name,family_name,grade\nS1,Ada,Ekman,B\n");
  const auto same =
      registrar.write("same.csv", "student,given_name,family_name,grade\nS1,Ada,Ekman,B\n");
  const std::string correct = "issuer correct --yes --student S1 --batch spring --csv ";

  const auto before = registrar.entries();
  for (const std::string more : {"", " --dry-run"}) {
    const auto text = registrar.why(correct + same + more, ExitCode::kUsage);
    CHECK(says(text, "would change nothing"));
    CHECK(says(text, "issuer resend"));
  }
  CHECK(registrar.entries() == before);
  CHECK(registrar.status("S1") == "valid");

  const auto other =
      registrar.write("other.csv", "student,given_name,family_name\nS1,Ada,Ekmann\n");
  const auto said = registrar.answer(correct + other + " --dry-run");
  REQUIRE(said["changes"].size() == 2);
  CHECK(said["changes"][0] == Json{{"field", "family_name"}, {"old", "Ekman"}, {"new", "Ekmann"}});
  CHECK(said["changes"][1] == Json{{"field", "grade"}, {"old", "B"}, {"new", nullptr}});
  const auto text = registrar.done(correct + other + " --drop");
  CHECK(says(text, "Ekman -> Ekmann"));
  CHECK(says(text, "grade"));
  CHECK(registrar.status("S1") == "valid");
}

// The one that a doubt held back was in force again by another index, and nobody had decided so.
TEST_CASE("a suspended award is not corrected before somebody decides about it") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name\nS1,Ada\n");
  (void)registrar.done("issuer status suspend --yes --student S1 --reason correction");
  const auto file = registrar.write("one.csv", "student,given_name\nS1,Adah\n");
  const std::string correct = "issuer correct --yes --student S1 --batch spring --csv " + file;
  const auto before = registrar.entries();
  CHECK(says(registrar.why(correct, ExitCode::kUsage), "Decide first"));
  CHECK(registrar.entries() == before);
  CHECK(registrar.status("S1") == "suspended");
  (void)registrar.done("issuer status reinstate --yes --student S1");
  (void)registrar.done(correct);
  CHECK(registrar.status("S1") == "valid");
}

// It came back by a code that anybody may type who finds it.
TEST_CASE(
    "an award that was locked to a wallet is not corrected by a code unless somebody says so") {
  Registrar registrar;
  const auto key = SecretKey::generate(SignatureAlgorithm::kEcdsaP256);
  registrar.write("requests/ada", make_wallet_request(registrar.ledger.nodes.chain(),
                                                      registrar.ledger.id(0), "S1", key, 0)
                                      .value());
  registrar.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n",
                  " --requests " + registrar.ledger.context.path("requests"));
  REQUIRE(registrar.award("S1")["delivery"] == "request");

  const auto file = registrar.write("one.csv", "student,given_name\nS1,Adah\n");
  const std::string correct = "issuer correct --yes --student S1 --batch spring --csv " + file;
  auto text = registrar.why(correct, ExitCode::kUsage);
  CHECK(says(text, "--requests"));
  CHECK(says(text, "--by-code"));
  std::filesystem::create_directories(registrar.ledger.context.path("nobody"));
  text = registrar.why(correct + " --requests " + registrar.ledger.context.path("nobody"),
                       ExitCode::kUsage);
  CHECK(says(text, "no request in"));
  CHECK(registrar.status("S1") == "valid");

  // Where it changes nothing the option is one without effect.
  const auto request = " --requests " + registrar.ledger.context.path("requests");
  CHECK(says(registrar.why(correct + request + " --by-code", ExitCode::kUsage), "--by-code"));
  const auto said = registrar.answer(correct + " --by-code --dry-run");
  CHECK(says(said["changes"].dump(), "a claim code"));
  (void)registrar.done(correct + request);
  CHECK(registrar.award("S1")["delivery"] == "request");
}

// A register that says "valid" of what every verifier refuses is believed by the whole office.
TEST_CASE("the register says of an award what a verifier would be told") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name\nS1,Ada\n");
  auto& nodes = registrar.ledger.nodes;
  const auto old = key_id(KeyPurpose::kCredential, nodes.at(0).credential.public_key());

  SECTION("a key that is retired signed nothing that falls") {
    (void)registrar.done("key rotate --yes " + to_text(old));
    CHECK(registrar.status("S1") == "valid");
  }
  SECTION("a key that was stolen takes with it what was anchored since") {
    (void)registrar.done("key add credential --yes");
    (void)registrar.done("key retire --yes --compromised-since 2020-01-01 " + to_text(old));
    CHECK(registrar.status("S1") == "void");
    CHECK(registrar.answer("issuer list")["awards"][0]["status"] == "void");
    CHECK(registrar.answer("issuer list --status void")["count"] == 1);
    CHECK(registrar.answer("issuer batch list")["batches"][0]["statuses"] == Json{{"void", 1}});
  }
  SECTION("a theft that is found after the key was replaced takes it as well") {
    const auto said = registrar.done("key rotate --yes " + to_text(old));
    const std::string late = "key retire --yes " + to_text(old) + " --compromised-since ";
    CHECK(says(said, "also once it is retired: testamur key retire " + to_text(old)));
    CHECK(says(registrar.why("key retire --yes " + to_text(old), ExitCode::kUsage),
               "If it was in other hands before: testamur key retire"));
    CHECK(registrar.status("S1") == "valid");
    const auto folder = registrar.folder("spring");
    const auto& batch = folder.batch();
    const auto hash = batch.commitments[batch.awards.front().position].hex();
    const auto doubt = [&] {
      return registrar.answer("check " + hash)["answers"][0]["verdicts"][0]["doubt_of_key"]
          .get<std::string>();
    };
    CHECK(doubt().empty());
    CHECK(says(registrar.done(late + "2020-01-01"), "is declared stolen"));
    CHECK(registrar.status("S1") == "void");
    // A bare hash does not say which key signed it.
    CHECK(says(doubt(), "a credential key of the issuer was compromised since"));
    const auto again = registrar.why(late + "2020-01-01", ExitCode::kUsage);
    CHECK(says(again, "is retired already"));
    CHECK_FALSE(says(again, "in other hands"));
  }
  SECTION("what is over is not in force") {
    CHECK(registrar.status("S1") == "valid");
    const auto outcome = registrar.type("issuer show --student S1", {"127.0.0.1:1"});
    REQUIRE(outcome.reply() != nullptr);
    CHECK(outcome.reply()->json["awards"][0]["status"] == "not_asked");
  }
}

TEST_CASE(
    "who erases an award reads that it stays in force, and how it can be revoked afterwards") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  const std::uint64_t index = registrar.award("S1")["indexes"][0];
  const auto text = registrar.done("issuer erase --yes --batch spring --student S1");
  CHECK(says(text, "stays in force"));
  CHECK(says(text, "issuer status revoke --index " + std::to_string(index)));

  (void)registrar.done("issuer status revoke --yes --student S2");
  const auto revoked = registrar.done("issuer erase --yes --batch spring --student S2");
  CHECK(says(revoked, "revoked"));
  CHECK_FALSE(says(revoked, "stays in force"));
}

// The only advice was to resume it, so that people issued a second one beside it.
TEST_CASE("a batch that was never sent is discarded, and its indexes are free again") {
  Registrar registrar;
  registrar.stop_before_sending("spring", "S1");

  // Nothing of it is handed out, and nobody is told to issue it twice.
  const std::vector<std::string> commands{
      "issuer batch codes spring",
      "issuer resend --student S1 --batch spring --out " + registrar.ledger.context.path("again")};
  for (const auto& command : commands) {
    const auto text = registrar.why(command, ExitCode::kFailure);
    CHECK(says(text, "issuer batch resume spring"));
    CHECK(says(text, "issuer batch discard spring"));
  }
  const auto csv = registrar.ledger.context.path("spring.csv");
  const auto twice = registrar.why(
      "issuer batch issue --yes --achievement 1.1 --name second --csv " + csv, ExitCode::kUsage);
  CHECK(says(twice, "issuer batch discard spring"));
  CHECK_FALSE(says(twice, "--again"));

  const auto erased = registrar.done("issuer erase --yes --batch spring --student S1");
  CHECK_FALSE(says(erased, "32 bytes"));

  SECTION("its transaction may still be committed until its time has passed") {
    const auto text = registrar.why("issuer batch discard --yes spring", ExitCode::kFailure);
    CHECK(says(text, "may still be committed"));
    CHECK(says(text, "issuer batch resume spring"));
  }
  SECTION("once its time has passed, nothing of it can be committed any more") {
    auto folder = registrar.folder("spring");
    const auto& batch = folder.batch();
    auto envelope = registrar.ledger.nodes.envelope(0);
    envelope.valid_until_ms = 1;
    const tx::IssueListedContent content{batch.plan.achievement, batch.plan.first_index,
                                         batch.commitments};
    REQUIRE(folder
                .set_transaction(registrar.ledger.nodes.sign(0, KeyPurpose::kIssue,
                                                             tx::build(envelope, content)))
                .ok());
    (void)registrar.done("issuer batch discard --yes spring");
    CHECK_FALSE(std::filesystem::exists(batch_path(registrar.ledger.context, "spring")));
  }
  SECTION("what was sent is not discarded") {
    (void)registrar.done("issuer batch resume spring");
    const auto text = registrar.why("issuer batch discard --yes spring", ExitCode::kUsage);
    CHECK(says(text, "is on the ledger"));
  }
}

TEST_CASE("a batch without a signed transaction is gone once it is discarded") {
  Registrar registrar;
  registrar.stop_before_sending("spring", "S1");
  REQUIRE(registrar.folder("spring").set_transaction({}).ok());
  const auto text = registrar.done("issuer batch discard --yes spring");
  CHECK(says(text, "indexes"));
  CHECK_FALSE(std::filesystem::exists(batch_path(registrar.ledger.context, "spring")));
  CHECK(next_index(registrar.ledger.context, 1).value() == 1);
  registrar.issue("spring", "student,given_name\nS1,Ada\n");
  CHECK(registrar.status("S1") == "valid");
}

TEST_CASE("the file of an award that is not in force is handed out only to who asks for that") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  (void)registrar.done("issuer status revoke --yes --student S1");
  const auto out = registrar.ledger.context.path("again");
  const std::string resend = "issuer resend --batch spring --out " + out;

  const auto text = registrar.why(resend + " --yes --student S1", ExitCode::kUsage);
  CHECK(says(text, "is revoked"));
  CHECK(says(text, "--not-in-force"));
  CHECK_FALSE(std::filesystem::exists(out));
  CHECK(says(registrar.done(resend + " --yes --not-in-force --student S1"), "is revoked"));
  CHECK(says(registrar.why(resend + "2 --not-in-force --student S2", ExitCode::kUsage),
             "--not-in-force would have no effect"));

  const auto codes = registrar.answer("issuer batch codes spring")["codes"];
  CHECK(codes[0]["status"] == "revoked");
  CHECK(codes[1]["status"] == "valid");
  CHECK(says(registrar.done("issuer batch codes spring"), "S1  Ada  S1.testamur.age"));
  CHECK(says(registrar.done("issuer batch codes spring"), "1 of these awards is not in force"));
}

TEST_CASE("nobody retires the only key of a purpose by accident") {
  Registrar registrar;
  auto& own = registrar.ledger.nodes.at(0);
  const std::pair<KeyPurpose, const SecretKey*> keys[] = {
      {KeyPurpose::kIssue, &own.issue},
      {KeyPurpose::kCredential, &own.credential},
      {KeyPurpose::kGovern, &own.govern}};
  for (const auto& [purpose, key] : keys) {
    const auto id = to_text(key_id(purpose, key->public_key()));
    const std::string name(to_text(purpose));
    const auto text = registrar.why("key retire --yes " + id, ExitCode::kUsage);
    CHECK(says(text, "only active " + name + " key"));
    CHECK(says(text, "testamur key add " + name));
    CHECK(says(text, "--last"));
  }
  const auto credential = to_text(key_id(KeyPurpose::kCredential, own.credential.public_key()));
  (void)registrar.done("key add credential --yes");
  CHECK(says(registrar.why("key retire --yes --last " + credential, ExitCode::kUsage),
             "--last would have no effect"));
  (void)registrar.done("key retire --yes " + credential);
  const auto issue = to_text(key_id(KeyPurpose::kIssue, own.issue.public_key()));
  CHECK(says(registrar.done("key retire --yes --last " + issue), "is retired"));
}

TEST_CASE("what is done already is said, and nothing is sent again") {
  Registrar registrar;
  const auto second = to_text(registrar.ledger.id(1));
  const auto nothing = [&](const std::string& words, const std::string& part) {
    const auto before = registrar.entries();
    const auto text = registrar.done(words);
    INFO(words);
    CHECK(says(text, part));
    CHECK(registrar.entries() == before);
  };

  (void)registrar.done("trust grant --yes --amount 60 --depth 0 " + second);
  (void)registrar.done("trust withdraw --yes " + second);
  nothing("trust withdraw --yes " + second, "already");
  CHECK(says(registrar.why("trust withdraw --yes --slot 7 " + second, ExitCode::kUsage),
             "never said anything"));

  const auto draft = registrar.ledger.context.path("draft.json");
  (void)registrar.done("trust distrust --yes " + second + " --draft " + draft);
  (void)registrar.done("sign --yes " + draft);
  (void)registrar.done("send --yes " + draft);
  nothing("send --yes " + draft, "already");

  registrar.issue("spring", "student,given_name\nS1,Ada\n");
  nothing("issuer batch resume spring", "already");
  (void)registrar.done("issuer batch purge --yes spring");
  nothing("issuer batch purge --yes spring", "already");
}

TEST_CASE("an option that does nothing beside what else was typed is refused") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name\nS1,Ada\n");
  const auto index = std::to_string(registrar.award("S1")["indexes"][0].get<std::uint64_t>());
  const std::string suspend = "issuer status suspend --yes --reason correction ";
  for (const auto& words :
       {suspend + "--all --index " + index, suspend + "--all --student S1 --index " + index}) {
    CHECK(says(registrar.why(words, ExitCode::kUsage), "--all would have no effect"));
  }
  CHECK(registrar.status("S1") == "valid");
  const auto endpoint = registrar.ledger.context.endpoints.front();
  CHECK(says(registrar.why("connect --force " + endpoint, ExitCode::kUsage),
             "--force would have no effect"));
  CHECK(
      says(registrar.why("issuer list --force", ExitCode::kUsage), "--force would have no effect"));
  CHECK(says(registrar.why(suspend + "--force --index " + index, ExitCode::kUsage),
             "--force would have no effect"));
}

TEST_CASE("connect keeps what somebody wrote in the configuration beside the nodes") {
  Registrar registrar;
  const auto endpoint = registrar.ledger.context.endpoints.front();
  const auto file = registrar.write(
      "config.toml",
      "# our two nodes\nendpoints = [  # the first decides\n  \"127.0.0.1:1\",\n]\n# the end\n");
  (void)registrar.done("connect " + endpoint);
  const auto text = read_file(file, 1024).value();
  CHECK(as_text(text) == "# our two nodes\nendpoints = [\"" + endpoint + "\"]\n# the end\n");
}

// Who revoked "the whole class" was told of nobody whose award stayed in force.
TEST_CASE("a whole batch is not all of it: what a change leaves in force is said") {
  Registrar registrar;
  registrar.issue("spring", "student,given_name,family_name\nS1,Ada,Ekman\nS2,Bo,Ek\nS3,Cy,Ott\n");
  const auto row = registrar.write("row.csv", "student,given_name,family_name\nS1,Ada,Ekmann\n");
  (void)registrar.done("issuer correct --yes --student S1 --batch spring --csv " + row);
  (void)registrar.done("issuer erase --yes --student S2 --batch spring");
  const auto said =
      registrar.done("issuer status revoke --yes --reason withdrawn --batch spring --all");
  CHECK(says(said, "left out, it is for good superseded: S1"));
  CHECK(says(said, "the award that stands beside a replaced one stays as it is: S1"));
  CHECK(says(said, "batch spring has 14 places without a learner"));
  CHECK(says(said, "unless --index names it"));
  CHECK_FALSE(says(registrar.done("issuer status revoke --yes --student S3 --batch spring"),
                   "without a learner"));
}

// One column had been sorted: everybody got somebody else's name, for good.
TEST_CASE("a learner whom the register knows by another name is asked about") {
  Registrar registrar;
  registrar.issue("one", "student,given_name,family_name\nX1,Ann,Ab\nX2,Ben,Bc\n");
  const auto list =
      registrar.write("two.csv", "student,given_name,family_name\nX1,Ben,Bc\nX2,ben,BC\nX3,C,D\n");
  const auto said = registrar.done("issuer batch issue --again --dry-run --csv " + list +
                                   " --achievement 1.1 --name two");
  CHECK(says(said, "the register knows \"X1\" as \"Ann Ab\" (batch one), the list as \"Ben Bc\""));
  CHECK_FALSE(says(said, "knows \"X2\""));
  CHECK_FALSE(says(said, "knows \"X3\""));
}

}  // namespace testamur::wallet
