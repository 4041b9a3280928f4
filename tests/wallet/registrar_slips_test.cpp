// What a registrar does in a hurry: a wrong folder, a name in the wrong place, an option that is
// for something else, the same command twice. Each law is of a kind of slip, and nothing lasting
// comes of any.
#include <filesystem>

#include "files/key_file.h"
#include "tests/support/catch.h"
#include "tests/wallet/registrar.h"
#include "wallet/cli/files/key_files.h"
#include "wallet/credential/last_day.h"
#include "wallet/credential/request.h"

namespace testamur::wallet {
namespace {

using test::Registrar;
using test::says;

struct Office : Registrar {
  std::string path(const std::string& name) { return ledger.context.path(name); }
  std::string request_of(const std::string& student) {
    const auto key = SecretKey::generate(SignatureAlgorithm::kEcdsaP256);
    return make_wallet_request(ledger.nodes.chain(), ledger.id(0), student, key, 0).value();
  }
  // Refused with this in its words, and nothing on the ledger or among the batches.
  void refused(const std::string& words, const std::string& part,
               ExitCode exit = ExitCode::kUsage) {
    const auto before = entries();
    INFO(words);
    CHECK(says(why(words, exit), part));
    CHECK(entries() == before);
  }
  // Well, and nothing sent.
  void already(const std::string& words, const std::string& part) {
    const auto before = entries();
    INFO(words);
    CHECK(says(done(words), part));
    CHECK(entries() == before);
  }
};

}  // namespace

// A learner who had asked got a claim code, which whoever finds it may type.
TEST_CASE("a folder of requests that holds none, or something else, is refused before anything") {
  Office office;
  const auto list = office.write("spring.csv", "student,given_name\nS1,Ada\nS2,Bo\n");
  const std::string issue =
      "issuer batch issue --yes --achievement 1.1 --name spring --csv " + list + " --requests ";
  const std::string fill = "issuer batch template --achievement 1.1 --requests ";
  const auto folder = office.path("requests");
  std::filesystem::create_directories(folder);

  for (const auto& words : {issue + folder, fill + folder})
    office.refused(words, "no request in " + folder);

  office.write("requests/new/ada.request", office.request_of("S1"));
  for (const auto& words : {issue + folder, fill + folder})
    office.refused(words, "holds the folder \"new\"");
  office.refused(issue + folder + "/new/ada.request", "is a file");
  std::filesystem::remove_all(folder + "/new");

  // What the system leaves is no request, and no reason to stop.
  office.write("requests/.DS_Store", "x");
  office.write("requests/Desktop.ini", "[.ShellClassInfo]");
  office.refused(issue + folder, "no request in " + folder);

  office.write("requests/ada.request", office.request_of("S1"));
  office.write("requests/letter.pdf", "%PDF-1.7");
  office.refused(issue + folder, "letter.pdf is no wallet request: move it out of " + folder);
  office.write("requests/letter.pdf", std::string(100'000, 'x'));
  office.refused(issue + folder, "letter.pdf is no wallet request");
  std::filesystem::remove(folder + "/letter.pdf");

  const auto said = office.answer(issue + folder);
  CHECK(says(said["notices"].dump(), "Desktop.ini"));
  CHECK(says(said["notices"].dump(), ".DS_Store"));
  CHECK(office.award("S1")["delivery"] == "request");
  CHECK(office.award("S2")["delivery"] == "code");
}

TEST_CASE("who retires an achievement reads which, names it as elsewhere, and does it once") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  const std::string retire = "issuer achievement retire --yes ";
  const auto own = to_text(office.ledger.id(0));

  CHECK(office.answer("registry achievement 1.1")["achievement"]["name"]["number"] == 1);
  office.refused(retire + "1", "name the version too, as in 1.1");
  office.refused(retire + "1.x", "is no achievement");
  office.refused(retire + "9.9", "9.9", ExitCode::kUnknown);
  office.refused(retire + own.substr(0, 9) + "/1.1", "too short");
  office.refused(retire + to_text(office.ledger.id(1)).substr(0, 14) + "/1.1", own);
  office.refused(retire + to_text(office.ledger.id(1)) + "/1.1", "another institution");

  const auto title =
      std::get<AchievementAnswer>(office.ledger.client.achievement(office.achievement))
          .record.titles.front()
          .text;
  const auto names = std::vector<std::string>{"1.1", own + "/1.1", own.substr(0, 14) + "\u2026/1.1",
                                              own.substr(0, 14) + ".../1.1"};
  const auto text = office.done(retire + names[2]);
  CHECK(says(text, title));
  CHECK(says(text, "2 in the registers of this home"));
  for (const auto& name : names) {
    office.already(retire + name, "retired already");
    office.already(retire + name + " --draft " + office.path("q.json"), "retired already");
  }
  CHECK_FALSE(std::filesystem::exists(office.path("q.json")));

  // And whoever issues under it reads that, and no guess.
  const auto list = office.write("more.csv", "student,given_name\nS3,Cy\n");
  const auto refusal =
      office.why("issuer batch issue --yes --achievement 1.1 --csv " + list, ExitCode::kFailure);
  CHECK(says(refusal, "it is retired, since"));
  CHECK_FALSE(says(refusal, "co-signed"));
}

TEST_CASE("a learner or an achievement that there is not is no empty list") {
  Office office;
  office.issue("spring", "student,given_name\nS2,Ada\n");
  for (const std::string words :
       {"issuer list --student s2", "issuer show --student s2",
        "issuer list --batch spring --student s2", "issuer list --status valid --student s2"})
    office.refused(words, "there is \"S2\": is that who is meant?");
  office.refused("issuer list --achievement 9", "no such achievement", ExitCode::kUnknown);
  office.refused("issuer list --achievement 1.2", "no such achievement", ExitCode::kUnknown);

  CHECK(office.answer("issuer list --achievement 1")["count"] == 1);
  CHECK(office.answer("issuer list --student S2 --status revoked")["count"] == 0);

  // Where nobody can be asked, the list says so.
  const auto outcome = office.type("issuer list --achievement 9", {"127.0.0.1:1"});
  REQUIRE(outcome.reply() != nullptr);
  CHECK(says(outcome.reply()->text, "was not asked"));
}

TEST_CASE("a purge forgets no code whose claim file is gone, and what is gone is said to be") {
  Office office;
  office.write("requests/bo", office.request_of("S2"));
  office.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n",
               " --requests " + office.path("requests"));
  const auto claims = batch_path(office.ledger.context, "spring") + "/claims/";
  const auto remove = [&](const std::string& student) {
    REQUIRE(std::filesystem::remove(claims + student + ".testamur.age"));
  };

  remove("S1");
  office.refused("issuer batch purge --yes spring", "\"S1\"");
  office.refused("issuer batch purge --yes spring", "issuer batch resume spring");
  (void)office.done("issuer batch resume spring");
  (void)office.done("issuer batch purge --yes spring");

  // What cannot be written again is not advised to be; what can be is written.
  remove("S1");
  remove("S2");
  const auto text = office.why("issuer batch resume spring", ExitCode::kFailure);
  CHECK(says(text, "\"S1\""));
  CHECK(says(text, "issuer correct"));
  CHECK_FALSE(says(text, "batch resume"));
  CHECK_FALSE(says(text, "\"S2\""));
  CHECK(std::filesystem::exists(claims + "S2.testamur.age"));
}

TEST_CASE("a claim file that is sent again is that of one learner") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  const auto claims = batch_path(office.ledger.context, "spring") + "/claims/";
  std::filesystem::remove(claims + "S1.testamur.age");
  std::filesystem::remove(claims + "S2.testamur.age");
  (void)office.done("issuer resend --student S1 --batch spring --out " + office.path("again"));
  CHECK(std::filesystem::exists(claims + "S1.testamur.age"));
  CHECK_FALSE(std::filesystem::exists(claims + "S2.testamur.age"));
}

TEST_CASE("--all is refused wherever it means no more than what was named") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  const auto table = office.write("t.csv", "student,batch\nS1,spring\n");
  for (const auto& words :
       std::vector<std::string>{"--batch spring --all --student S1", "--all --csv " + table})
    office.refused("issuer status revoke --yes --reason withdrawn " + words,
                   "--all would have no effect");
  CHECK(office.status("S1") == "valid");
  (void)office.done("issuer status revoke --yes --reason withdrawn --batch spring --all");
}

TEST_CASE("an index that is in no register changes only where somebody says that it is meant") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\n");
  const auto index = office.award("S1")["indexes"][0].dump();
  const std::string revoke = "issuer status revoke --yes --reason withdrawn --index ";

  // As if another machine of the institution had issued it.
  std::filesystem::rename(batch_path(office.ledger.context, "spring"), office.path("away"));
  for (const auto& more : std::vector<std::string>{"", " --draft " + office.path("d.json")})
    office.refused(revoke + index + more, "in no register and no batch of this home");
  CHECK_FALSE(std::filesystem::exists(office.path("d.json")));

  // What is not on the ledger at all is unknown, whatever else.
  office.refused(revoke + "999999", "does not list", ExitCode::kUnknown);
  std::filesystem::rename(office.path("away"), batch_path(office.ledger.context, "spring"));
  office.refused(revoke + index + " --not-in-register", "--not-in-register would have no effect");

  std::filesystem::rename(batch_path(office.ledger.context, "spring"), office.path("away"));
  (void)office.done(revoke + index + " --not-in-register");
  std::filesystem::rename(office.path("away"), batch_path(office.ledger.context, "spring"));
  CHECK(office.status("S1") == "revoked");
}

TEST_CASE("what is done already, or can never be, is said whatever option stands beside it") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\n");
  const std::string of = " --yes --student S1 --batch spring --reason withdrawn";
  (void)office.done("issuer status revoke" + of);
  for (const auto& more :
       std::vector<std::string>{"", " --draft " + office.path("q.json"), " --send-by 2099-01-01"}) {
    office.already("issuer status revoke" + of + more, "it is revoked already");
    office.refused("issuer status suspend" + of + more, "it is for good revoked",
                   ExitCode::kFailure);
  }
  (void)office.done("issuer batch purge --yes spring");
  office.already("issuer batch purge --yes --force spring", "already");
}

TEST_CASE("a reference that looks like an option is named by joining it, in every command") {
  Office office;
  office.issue("spring", "student,given_name\n-rf,Ada\n--all,Bo\n");
  for (const std::string student : {"-rf", "--all"}) {
    CAPTURE(student);
    const auto joined = " --student=" + student;
    CHECK(office.answer("issuer show" + joined)["count"] == 1);
    CHECK(office.answer("issuer list" + joined)["count"] == 1);
    office.done("issuer resend --batch spring" + joined + " --out " + office.path(student));
    office.done("issuer status revoke --yes --reason withdrawn --batch spring" + joined);

    // Apart from its option it may be another one, as before.
    CHECK_THROWS_AS(office.type("issuer show --student " + student), CLI::ValidationError);
    try {
      (void)office.type("issuer show --student " + student);
    } catch (const CLI::ValidationError& failure) {
      CHECK(says(failure.what(), "--student=" + student));
    }
  }
  const auto text = office.why("issuer show --student=-rg", ExitCode::kUsage);
  CHECK(says(text, "--student=-rg"));
}

// `--force` is about an older file, never about what the same command reads.
TEST_CASE("no command writes over a file that it reads, by whatever name and with --force") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\n");
  const std::string table = "student\nS1\n";
  const auto file = office.write("t.csv", table);
  const auto link = office.path("hard.csv");
  std::filesystem::create_hard_link(file, link);
  std::filesystem::create_symlink(file, office.path("soft.csv"));
  const auto ways = {file, link, office.path("soft.csv"), office.path("./t.csv")};

  for (const auto& out : ways) {
    for (const std::string force : {"", " --force"}) {
      INFO(out << force);
      const auto words = "issuer status suspend --yes --reason correction --csv " + file +
                         " --draft " + out + force;
      CHECK(says(office.why(words, ExitCode::kUsage), force.empty() ? "" : "is named twice"));
      CHECK(as_text(read_file(file, 1024).value()) == table);
    }
  }

  const auto request = office.request_of("S1");
  const auto asked = office.write("requests/ada", request);
  office.refused("issuer batch template --force --achievement 1.1 --requests " +
                     office.path("requests") + " --out " + asked,
                 "which --requests reads");
  CHECK(as_text(read_file(asked, 4096).value()) == request);

  // Another file is replaced where that is said.
  const auto old = office.write("old.json", "old");
  (void)office.done("issuer status suspend --yes --force --reason correction --csv " + file +
                    " --draft " + old);
  CHECK_FALSE(as_text(read_file(old, 65536).value()) == "old");
}

// The plain key files of the first institution, as `testamurd init` writes them.
void write_plain_keys(Office& office) {
  auto& own = office.ledger.nodes.at(0);
  std::filesystem::create_directories(office.path("plain"));
  const std::pair<KeyPurpose, const SecretKey*> keys[] = {
      {KeyPurpose::kRoot, &own.root},
      {KeyPurpose::kIssue, &own.issue},
      {KeyPurpose::kGovern, &own.govern},
      {KeyPurpose::kCredential, &own.credential}};
  for (const auto& [purpose, key] : keys)
    REQUIRE(write_key_file(office.path("plain/" + std::string(to_text(purpose)) + ".key"), purpose,
                           *key)
                .ok());
}

Outcome run_in(const std::string& home, const std::vector<std::string>& endpoints,
               const std::string& passphrase, const std::string& words) {
  Program program;
  program.context.home = home;
  program.context.endpoints = endpoints;
  program.context.quiet = true;
  program.context.passphrase = SecretBytes::copy_of(as_bytes(passphrase));
  program.app.parse(words);
  return program.run();
}

TEST_CASE("setting a home up again with another passphrase is a matter of the passphrase") {
  Office office;
  write_plain_keys(office);
  std::filesystem::remove(office.path("issuer/issuer.json"));

  const auto outcome = run_in(office.ledger.context.home, office.ledger.context.endpoints,
                              "another one", "issuer init --keys " + office.path("plain"));
  REQUIRE(outcome.failure() != nullptr);
  CHECK(outcome.exit() == ExitCode::kPassphrase);
  CHECK(says(outcome.failure()->message, "No plain key was erased"));
  CHECK(std::filesystem::exists(office.path("plain/root.key")));
}

// The root key lay open until the ledger ran.
TEST_CASE("keys are sealed without a ledger, whatever was cut off, and the home set up later") {
  Office office;
  write_plain_keys(office);
  const auto home = office.path("new-home");
  const auto plain = office.path("plain");
  const std::vector<std::string> nowhere;
  const auto& endpoints = office.ledger.context.endpoints;
  std::filesystem::create_directories(home);

  CHECK(run_in(home, nowhere, "some plain words", "issuer init").exit() == ExitCode::kUsage);
  REQUIRE(run_in(home, nowhere, "some plain words", "issuer seal --keep --keys " + plain).exit() ==
          ExitCode::kOk);
  CHECK(std::filesystem::exists(plain + "/root.key"));

  // Cut off while it erased: what is sealed is not asked for again.
  std::filesystem::remove(plain + "/root.key");
  CHECK(run_in(home, nowhere, "other plain words", "issuer seal --keys " + plain).exit() ==
        ExitCode::kPassphrase);
  CHECK(std::filesystem::exists(plain + "/issue.key"));
  REQUIRE(run_in(home, nowhere, "some plain words", "issuer seal --keys " + plain).exit() ==
          ExitCode::kOk);
  CHECK(std::filesystem::is_empty(plain));
  CHECK(run_in(home, nowhere, "some plain words", "issuer seal --keys " + plain).exit() ==
        ExitCode::kOk);

  // A key that is neither there nor sealed is missing.
  std::filesystem::remove(home + "/issuer/govern.age");
  const auto missing = run_in(home, nowhere, "some plain words", "issuer seal --keys " + plain);
  REQUIRE(missing.failure() != nullptr);
  CHECK(says(missing.failure()->message, "govern.key"));

  REQUIRE(run_in(home, endpoints, "some plain words", "issuer init").exit() == ExitCode::kOk);
  Context context;
  context.home = home;
  CHECK(stored_profile(context)->institution == office.ledger.nodes.at(0).id);
  CHECK(run_in(home, endpoints, "some plain words", "issuer init").exit() == ExitCode::kUsage);
}

// Root, govern and credential keys of one institution were sealed and erased beside the issue key
// of another.
TEST_CASE("a home takes the keys of one institution, and names the file of another one's") {
  Office office;
  write_plain_keys(office);
  const auto& endpoints = office.ledger.context.endpoints;
  const auto& other = office.ledger.nodes.at(1);
  const auto plain = office.path("plain"), home = office.path("new-home");
  std::filesystem::create_directories(home);
  const auto put = [&](const char* purpose, KeyPurpose of, const SecretKey& key) {
    const auto file = plain + "/" + purpose + ".key";
    std::filesystem::remove(file);
    REQUIRE(write_key_file(file, of, key).ok());
  };
  const auto why = [&](const std::string& words) {
    const auto outcome = run_in(home, endpoints, "some plain words", words);
    REQUIRE(outcome.failure() != nullptr);
    CHECK(outcome.exit() == ExitCode::kUsage);
    CHECK_FALSE(std::filesystem::exists(home + "/issuer/issuer.json"));
    return outcome.failure()->message;
  };
  const auto in_plain = "issuer init --keys " + plain;

  put("govern", KeyPurpose::kGovern, other.govern);
  auto text = why(in_plain);
  CHECK(says(text, "the key in " + plain + "/govern.key is that of "));
  CHECK(says(text, to_text(other.id)));
  CHECK(says(text, "nothing was sealed, and no plain key was erased"));
  CHECK_FALSE(std::filesystem::exists(home + "/issuer/root.age"));
  CHECK(std::filesystem::exists(plain + "/root.key"));

  put("govern", KeyPurpose::kGovern, SecretKey::generate(SignatureAlgorithm::kBip340));
  CHECK(says(why(in_plain), "govern.key is nobody's on this ledger"));

  // Sealed before there was a ledger to compare them with.
  put("govern", KeyPurpose::kGovern, other.govern);
  REQUIRE(run_in(home, {}, "some plain words", "issuer seal --keep --keys " + plain).exit() ==
          ExitCode::kOk);
  text = why("issuer init");
  CHECK(says(text, "the key in the vault " + home + "/issuer/govern.age is that of "));
  CHECK(says(text, to_text(other.id)));

  put("govern", KeyPurpose::kGovern, office.ledger.nodes.at(0).govern);
  std::filesystem::remove(home + "/issuer/govern.age");
  REQUIRE(run_in(home, {}, "some plain words", "issuer seal --keep --keys " + plain).exit() ==
          ExitCode::kOk);
  CHECK(run_in(home, endpoints, "some plain words", "issuer init").exit() == ExitCode::kOk);
}

// "ends … from 2023-01-01" was said of what ended that day for nobody but the agency itself.
TEST_CASE("whoever ends an accreditation reads from which day on it has ended") {
  constexpr std::size_t kAgency = 2;
  Office office;
  const auto& agency = office.ledger.nodes.at(kAgency);
  std::filesystem::remove(office.path("issuer/govern.age"));
  office.seal(KeyPurpose::kGovern, agency.govern);
  office.write("issuer/issuer.json", Json{{"chain", to_text(office.ledger.nodes.chain())},
                                          {"institution", to_text(agency.id)},
                                          {"name", "Agency"},
                                          {"domain", "agency.example"}}
                                         .dump());
  const auto about = to_text(office.ledger.id(1));
  const auto today = day_text(office.ledger.context.now_ms());

  (void)office.done("accreditation grant " + about + " --from 2024-01-01 --yes");
  CHECK(says(office.done("accreditation withdraw " + about + " --from 2023-01-01 --yes"),
             "ends 1 accreditation of " + about + " from " + today +
                 ", the day of this end; for your own nodes from 2023-01-01"));

  (void)office.done("accreditation grant " + about + " --from 2024-01-01 --yes --amount 60");
  CHECK(says(office.done("accreditation withdraw " + about + " --yes"),
             "ends 1 accreditation of " + about + " from " + today + "\n"));
}

// "14 of them belong to nobody" was said of 13, and of a learner who was erased.
TEST_CASE("what is left of an erased learner is not called nobody's") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  (void)office.done("issuer erase --yes --batch spring --student S1");
  CHECK(says(office.done("issuer batch resume spring"), "learners who were erased"));
}

TEST_CASE("a dry run says the first learner to programs too") {
  Office office;
  const auto list = office.write("c.csv", "student,given_name,grade\nS1,Ada,1.3\n");
  const auto said = office.answer("issuer batch issue --dry-run --achievement 1.1 --csv " + list);
  CHECK(said["first"]["student"] == "S1");
  CHECK(said["first"]["states"]["grade"] == "1.3");
}

// They were sent again and purged as they were, with exit code 0.
TEST_CASE("a damaged claim file is named, written anew while that can be, and never purged") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\nS3,Cy\n");
  const auto claims = batch_path(office.ledger.context, "spring") + "/claims/";
  const auto claim = [&](const std::string& student) { return claims + student + ".testamur.age"; };
  const auto damage = [&] {
    std::filesystem::resize_file(claim("S1"), 0);
    std::filesystem::copy_file(claim("S3"), claim("S2"),
                               std::filesystem::copy_options::overwrite_existing);
  };
  const auto good = read_file(claim("S3"), 100'000).value();

  damage();
  for (const auto& words : {"issuer batch codes spring", "issuer batch list"}) {
    const auto said = office.done(words);
    CHECK(says(said, "2 damaged (\"S1\", \"S2\")"));
    CHECK(says(said, "issuer batch resume spring"));
  }
  (void)office.done("issuer batch codes spring --csv " + office.path("merge.csv"));
  const auto merge = std::string(as_text(read_file(office.path("merge.csv"), 100'000).value()));
  CHECK(says(merge, "valid,damaged"));
  CHECK(says(merge, "valid,there"));
  CHECK(says(office.done("issuer show --student S1"), "(damaged)"));
  office.refused("issuer batch purge --yes spring", "of \"S1\", \"S2\"", ExitCode::kFailure);

  (void)office.done("issuer resend --student S1 --batch spring --out " + office.path("again"));
  CHECK(read_file(office.path("again"), 100'000).value() ==
        read_file(claim("S1"), 100'000).value());
  CHECK_FALSE(read_file(claim("S1"), 100'000).value().empty());
  CHECK_FALSE(office.answer("issuer batch resume spring")["already"].get<bool>());
  CHECK(read_file(claim("S2"), 100'000).value() != good);
  CHECK(read_file(claim("S3"), 100'000).value() == good);
  CHECK_FALSE(says(office.done("issuer batch list"), "damaged ("));
  (void)office.done("issuer batch purge --yes spring");

  damage();
  office.refused("issuer resend --student S1 --batch spring --out " + office.path("later"),
                 "is damaged, and cannot be written again", ExitCode::kFailure);
  CHECK_FALSE(std::filesystem::exists(office.path("later")));
  office.refused("issuer batch resume spring", "\"S1\", \"S2\"", ExitCode::kFailure);
}

// One batch of its own, and a home said nothing any more of those that its copy had issued.
TEST_CASE("places that another home used are asked about once, and said wherever they matter") {
  Office office;
  const auto batches = office.path("issuer/batches/");
  office.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  // As if a copy of this home had issued it.
  std::filesystem::rename(batches + "spring", office.path("away"));
  const auto list = office.write("autumn.csv", "student,given_name\nS1,Ada\nS3,Cy\n");
  const std::string issue =
      "issuer batch issue --yes --achievement 1.1 --name autumn --csv " + list;
  office.refused(issue, "16 places on the ledger that no register of this home has");
  office.refused(issue, "--issued-elsewhere");
  CHECK(says(office.done(issue + " --dry-run"), "16 places"));
  CHECK(says(office.done(issue + " --dry-run"), "refused unless --issued-elsewhere"));
  (void)office.done(issue + " --issued-elsewhere");

  // It lies below the last register now, and is known.
  const auto more = office.write("more.csv", "student,given_name\nS4,Di\n");
  const std::string next = "issuer batch issue --yes --achievement 1.1 --csv " + more;
  // Who says so again has answered already; a colleague may say it too.
  CHECK(says(office.done(next + " --dry-run --issued-elsewhere"), "16 places"));
  CHECK(says(office.done(next + " --dry-run"), "16 places"));
  for (const std::string words : {"issuer list", "issuer show --student S1"}) {
    CHECK(says(office.done(words), "do not cover 16 places"));
    CHECK(office.answer(words)["places_elsewhere"] == 16);
  }
  CHECK(office.answer("issuer status revoke --yes --student S1")["places_elsewhere"] == 16);

  // A new one is asked about again.
  std::filesystem::rename(batches + "autumn", office.path("away-too"));
  office.refused(next, "32 places on the ledger");
  office.refused(next, "16 of them since");
  std::filesystem::rename(office.path("away"), batches + "spring");
  std::filesystem::rename(office.path("away-too"), batches + "autumn");
  (void)office.done(next);
  CHECK(office.answer("issuer list")["places_elsewhere"] == 0);
}

TEST_CASE("what was erased, purged, discarded or stopped is no place of another home") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  (void)office.done("issuer erase --yes --batch spring --student S1");
  (void)office.done("issuer batch purge --yes spring");
  office.stop_before_sending("lost", "S8");
  office.issue("autumn", "student,given_name\nS3,Cy\n");
  CHECK(office.answer("issuer list")["places_elsewhere"] == 0);
  REQUIRE(office.folder("lost").set_transaction({}).ok());
  (void)office.done("issuer batch discard --yes lost");
  office.issue("winter", "student,given_name\nS4,Di\n");
  CHECK(office.answer("issuer list")["places_elsewhere"] == 0);
}

TEST_CASE("a learner whose zeros were lost holds the award already") {
  Office office;
  office.issue("z1", "student,given_name,family_name\n0012,Ann,Bell\n");
  const auto list = office.write("z2.csv", "student,given_name,family_name\n12,Ann,Bell\n");
  const std::string issue = "issuer batch issue --yes --achievement 1.1 --name z2 --csv " + list;
  office.refused(issue, "0012, Ann Bell");
  office.refused(issue, "--again");
  const auto said = office.done(issue + " --again");
  CHECK(says(said, "held already"));
  CHECK_FALSE(says(said, "are different learners"));
  const auto other = office.write("z3.csv", "student,given_name,family_name\n012,Bo,Alm\n");
  CHECK(says(office.done("issuer batch issue --yes --achievement 1.1 --name z3 --csv " + other),
             "are different learners"));
}

TEST_CASE("a correction that states less than the wrong award has to be meant") {
  Office office;
  office.issue("spring",
               "student,given_name,family_name,grade,award_date\nS1,Ada,Ekman,B,2026-06-30\n");
  const auto list = office.write("c.csv", "student,given_name,family_name\nS1,Ada,Ekmann\n");
  const std::string correct = "issuer correct --yes --student S1 --batch spring --csv " + list;
  office.refused(correct, "does not state 2 things");
  office.refused(correct, "--drop");
  CHECK(says(office.answer(correct + " --dry-run")["warnings"].dump(), "does not state 2 things"));
  const auto full = office.write("f.csv",
                                 "student,given_name,family_name,grade,award_date\n"
                                 "S1,Ada,Ekmann,B,2026-06-30\n");
  office.refused("issuer correct --yes --drop --student S1 --batch spring --csv " + full,
                 "--drop would have no effect");
  (void)office.done(correct + " --drop");
  CHECK(says(office.done("issuer show --student S1"), "no date of award (issued "));
}

// A pasted line gave the award of one learner to another, in silence.
TEST_CASE("a correction with another learner's name is doubted, and refused with nobody to ask") {
  Office office;
  office.issue("spring",
               "student,given_name,family_name,birthdate\nS1,Ada,Ekman,2001-02-03\n"
               "S2,Bo,Alm,2002-03-04\n");
  const std::string correct = "issuer correct --yes --student S1 --batch spring --csv ";
  const auto pasted =
      office.write("p.csv", "student,given_name,family_name,birthdate\nS1,Bo,Alm,2002-03-04\n");
  office.refused(correct + pasted, "is that of learner \"S2\" of batch spring");
  CHECK(says(office.done(correct + pasted + " --dry-run"), "is it the row of another learner?"));
  const auto stranger =
      office.write("s.csv", "student,given_name,family_name,birthdate\nS1,Cy,Dahl,2003-04-05\n");
  office.refused(correct + stranger, "family name and birth date all change");

  // One that stays is enough, and a correction of a correction is the next one of the batch.
  for (const std::string family : {"Ekmann", "Eckmann"}) {
    const auto list = office.write(
        "f.csv", "student,given_name,family_name,birthdate\nS1,Ada," + family + ",2001-02-03\n");
    const std::string batch = family == "Ekmann" ? "spring" : "spring-correction-1";
    (void)office.done("issuer correct --yes --student S1 --batch " + batch + " --csv " + list);
  }
  CHECK(office.award("S1")["batch"] == "spring-correction-2");
}

TEST_CASE("a batch that waits signed by a key that was rotated since can only be given up") {
  Office office;
  office.stop_before_sending("lost", "S8");
  (void)office.done("key rotate --yes credential");
  const auto why = office.why("issuer batch resume lost", ExitCode::kFailure);
  CHECK(says(why, "batch lost cannot be issued any more"));
  CHECK(says(why, "testamur issuer batch discard lost gives it up"));
  CHECK_FALSE(says(why, "goes on with it"));
  CHECK_FALSE(says(office.done("issuer batch list"), "goes on with it"));
}

TEST_CASE("a home from before a rotation says which key was replaced, before it signs") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\n");
  const auto vault = office.path("issuer/issue.age");
  std::filesystem::copy_file(vault, office.path("old.age"));
  (void)office.done("key rotate --yes issue");
  std::filesystem::copy_file(office.path("old.age"), vault,
                             std::filesystem::copy_options::overwrite_existing);
  const auto list = office.write("next.csv", "student,given_name\nS2,Bo\n");
  for (const auto& words :
       {"issuer batch issue --yes --achievement 1.1 --name next --csv " + list,
        std::string("issuer status suspend --yes --student S1 --reason correction")}) {
    office.refused(words, "this home signs with the issue key tmk1", ExitCode::kFailure);
    office.refused(words, "testamur key add issue", ExitCode::kFailure);
  }
}

TEST_CASE("who revokes what was superseded reads which command takes the successor") {
  Office office;
  office.issue("spring", "student,given_name,family_name\nS1,Ada,Ekman\nS2,Bo,Ek\n");
  const auto row = office.write("row.csv", "student,given_name,family_name\nS1,Ada,Ekmann\n");
  (void)office.done("issuer correct --yes --student S1 --batch spring --csv " + row);
  const auto table = office.write("t.csv", "student,batch\nS1,spring\nS2,spring\n");
  const std::string takes =
      "testamur issuer status revoke --student S1 --batch spring-correction-1";
  CHECK(says(office.done("issuer status revoke --yes --csv " + table), takes));
  CHECK(
      says(office.why("issuer status revoke --yes --student S1 --batch spring", ExitCode::kFailure),
           takes));
  (void)office.done("issuer status revoke --yes --student S1 --batch spring-correction-1");
  CHECK_FALSE(
      says(office.why("issuer status revoke --yes --student S1 --batch spring", ExitCode::kFailure),
           takes));
}

// An older copy of the home was put back, and other learners got the places of its stopped batch.
TEST_CASE("a batch that was never sent changes nobody's award, whoever has its places now") {
  Office office;
  office.stop_before_sending("lost", "S8");
  const auto batches = office.path("issuer/batches/");
  std::filesystem::rename(batches + "lost", office.path("away"));
  std::filesystem::remove_all(office.path("issuer/next_index.json"));
  office.issue("spring", "student,given_name\nS1,Ada\n");
  // As in the copy, which knows nothing of it.
  std::filesystem::rename(batches + "spring", office.path("elsewhere"));
  std::filesystem::rename(office.path("away"), batches + "lost");
  const auto before = office.entries();

  const auto index = office.award("S8")["indexes"][0].dump();
  for (const auto& words :
       {std::string("issuer status revoke --yes --batch lost --all"),
        std::string("issuer status suspend --yes --student S8 --reason correction"),
        "issuer status suspend --yes --reason correction --index " + index}) {
    office.refused(words, "was stopped before it was sent", ExitCode::kUnknown);
  }
  CHECK(office.entries() == before);

  // It can only be given up, and is.
  const auto why = office.why("issuer batch resume lost", ExitCode::kFailure);
  CHECK(says(why, "has other awards of this institution at its places"));
  CHECK_FALSE(says(why, "goes on with it"));
  CHECK_FALSE(says(office.done("issuer batch list"), "goes on with it"));
  // Beside the batch that has its places it is no copy of that one.
  std::filesystem::rename(office.path("elsewhere"), batches + "spring");
  CHECK(office.status("S1") == "valid");
  office.refused("issuer status revoke --yes --batch lost --all", "was stopped before it was sent",
                 ExitCode::kUnknown);
  (void)office.done("issuer batch discard --yes lost");
  CHECK(office.status("S1") == "valid");
}

TEST_CASE("a folder of a batch and its copy are named, and neither is acted on") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\nS2,Bo\n");
  const auto batches = office.path("issuer/batches/");
  std::filesystem::copy(batches + "spring", batches + "spring-old",
                        std::filesystem::copy_options::recursive);
  const auto before = office.entries();
  for (const auto& words :
       {"issuer erase --yes --batch spring --student S1", "issuer list", "issuer show --student S1",
        "issuer batch list", "issuer status revoke --yes --student S1 --batch spring"}) {
    office.refused(words, "one folder is a copy of the other", ExitCode::kFailure);
    office.refused(words, "spring-old", ExitCode::kFailure);
  }
  CHECK(office.entries() == before);
  std::filesystem::rename(batches + "spring-old", office.path("away"));
  (void)office.done("issuer erase --yes --batch spring --student S1");
}

TEST_CASE("a class under other learners' whole names is refused where nobody can be asked") {
  Office office;
  const std::string header = "student,given_name,family_name\n";
  office.issue("one", header + "X1,Ann,Ab\nX2,Ben,Bc\n");
  const auto sorted = office.write("two.csv", header + "X1,Ben,Bc\nX2,Ann,Ab\n");
  const std::string issue = "issuer batch issue --yes --again --achievement 1.1 --name two --csv ";
  office.refused(issue + sorted, "neither given nor family name is the register's for 2 learners");
  office.refused(issue + sorted, "Nothing was issued");
  // A name that is new in part is a marriage, and only warned of.
  office.issue("three", header + "X1,Ann,Married\n", " --again");
  CHECK(says(office.done("issuer show --student X1"), "made out to  Ann Ab"));
}

// The list of a shuffled class was refused when it came right, after the wrong awards were revoked.
TEST_CASE("awards under wrong names that were taken back are no word on who the learners are") {
  Office office;
  const std::string header = "student,given_name,family_name\n";
  office.issue("wrong", header + "X1,Ben,Bc\nX2,Ann,Ab\n");
  const auto right = office.write("right.csv", header + "X1,Ann,Ab\nX2,Ben,Bc\n");
  const std::string issue =
      "issuer batch issue --yes --again --achievement 1.1 --name right --csv " + right;
  office.refused(issue, "neither given nor family name");
  (void)office.done("issuer status revoke --yes --batch wrong --all");
  const auto said = office.done(issue);
  CHECK_FALSE(says(said, "the register knows"));
}

// Of two homes that had both finished it, the second was sent from resume to discard and back.
TEST_CASE("a batch that another copy of the home sent is noted, proven and delivered") {
  Office office;
  office.stop_before_sending("lost", "S8");
  const auto folder = office.path("issuer/batches/lost");
  std::filesystem::copy(folder, office.path("copy"), std::filesystem::copy_options::recursive);
  (void)office.done("issuer batch resume lost");
  const auto entries = office.entries();

  // The copy holds the same signed transaction, or one of its own that the ledger never took.
  for (const bool is_signed : {true, false}) {
    std::filesystem::remove_all(folder);
    std::filesystem::copy(office.path("copy"), folder, std::filesystem::copy_options::recursive);
    if (!is_signed) REQUIRE(office.folder("lost").set_transaction({}).ok());
    CHECK(
        says(office.why("issuer batch discard --yes lost", ExitCode::kUsage), "batch resume lost"));
    const auto said = office.done("issuer batch resume lost");
    CHECK(says(said, "is on the ledger already, sent from another") != is_signed);
    CHECK(office.entries() == entries);
    CHECK(office.folder("lost").batch().committed);
    CHECK(office.status("S8") == "valid");
    CHECK(std::filesystem::exists(folder + "/claims"));
    CHECK_FALSE(says(office.done("issuer batch resume lost"), "another home"));
  }

  // What was taken back meanwhile is not to be handed out.
  (void)office.done("issuer status revoke --yes --batch lost --all");
  std::filesystem::remove_all(folder);
  std::filesystem::copy(office.path("copy"), folder, std::filesystem::copy_options::recursive);
  CHECK(says(office.done("issuer batch resume lost"), "no longer in force: S8 (revoked)"));
}

TEST_CASE("an award that a theft of keys made void is held by nobody") {
  Office office;
  office.issue("spring", "student,given_name\nS1,Ada\n");
  const auto old =
      key_id(KeyPurpose::kCredential, office.ledger.nodes.at(0).credential.public_key());
  (void)office.done("key add --yes credential");
  (void)office.done("key retire --yes --compromised-since 2020-01-01 " + to_text(old));
  CHECK(office.status("S1") == "void");
  const auto again = office.why("key retire --yes --compromised-since 2020-01-01 " + to_text(old),
                                ExitCode::kUsage);
  CHECK(says(again, "is retired already"));
  CHECK_FALSE(says(again, "--compromised-since"));
  const auto list = office.write("again.csv", "student,given_name\nS1,Ada\n");
  (void)office.done("issuer batch issue --yes --achievement 1.1 --name again --csv " + list);
  CHECK(office.answer("issuer list --status valid")["count"] == 1);
}

}  // namespace testamur::wallet
