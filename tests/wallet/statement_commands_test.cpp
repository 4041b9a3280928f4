// Commands as they are typed, against a real node, up to where a vault would be opened: what says
// nothing new or would have no effect is refused by name.
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/wallet/program.h"
#include "tests/wallet/trust_fixture.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;
using test::SpeakingLedger;

constexpr std::size_t kAgency = 2;
constexpr std::uint64_t kHourMs = 3'600'000;

struct Office {
  SpeakingLedger ledger{3};

  // What the institution's office reads that types this.
  Outcome type(std::size_t institution, const std::string& words) {
    Program program;
    program.context.home = ledger.context.home;
    program.context.endpoints = ledger.context.endpoints;
    program.context.json = program.context.quiet = true;

    const Json profile{{"chain", to_text(ledger.nodes.chain())},
                       {"institution", to_text(ledger.id(institution))},
                       {"name", "University"},
                       {"domain", "university.example"}};
    std::filesystem::create_directories(program.context.path("issuer"));
    REQUIRE(write_file_atomically(program.context.path("issuer/issuer.json"),
                                  as_bytes(profile.dump()), Overwrite::kAllowed)
                .ok());

    program.app.parse(words);
    return program.run();
  }
  std::string why(std::size_t institution, const std::string& words, ExitCode exit) {
    const auto outcome = type(institution, words);
    INFO(words);
    REQUIRE(outcome.failure() != nullptr);
    INFO(outcome.failure()->message);
    CHECK(outcome.exit() == exit);
    return outcome.failure()->message;
  }
  std::string of(std::size_t index) { return to_text(ledger.id(index)); }
};

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

struct FactsFile {
  Office& office;
  std::string path = office.ledger.context.path("facts.toml");

  tx::InstitutionFacts of(std::size_t index) {
    return std::get<InstitutionAnswer>(
               office.ledger.client.institution(office.ledger.id(index), false))
        .facts;
  }
  void write(const tx::InstitutionFacts& facts, const std::string& more = "") {
    std::string text = "country = \"" + facts.country + "\"\ndomain = \"" + facts.domain + "\"\n";
    if (!facts.lei.empty()) text += "lei = \"" + facts.lei + "\"\n";
    text += more + "[legal_names]\n";
    for (const auto& name : facts.legal_names) text += name.language + " = \"" + name.text + "\"\n";
    REQUIRE(write_file_atomically(path, as_bytes(text), Overwrite::kAllowed).ok());
  }
  // Described and written as a draft: no vault is asked for.
  Json drafted(std::size_t institution, const std::string& words) {
    const auto draft = office.ledger.context.path("draft.json");
    std::filesystem::remove(draft);
    const auto outcome = office.type(institution, words + " --yes --draft " + draft);
    INFO((outcome.failure() != nullptr ? outcome.failure()->message : ""));
    REQUIRE(outcome.reply() != nullptr);
    return outcome.reply()->json;
  }
};

}  // namespace

TEST_CASE("with --yes, nobody says what the ledger says already") {
  Office office;
  const auto accredited = office.ledger.accredit(kAgency, 1);
  const auto trusted = office.ledger.trust(0, 1);
  const auto distrusted = office.ledger.distrust(1, 0);
  office.ledger.settle();

  auto text =
      office.why(kAgency, "accreditation grant " + office.of(1) + " --yes", ExitCode::kUsage);
  CHECK(says(text, "stands already"));
  CHECK(says(text, to_text(accredited)));

  // In another slot too.
  for (const char* slot : {"0", "5"}) {
    text = office.why(
        0, "trust grant " + office.of(1) + " --amount 120 --depth 0 --yes --slot " + slot,
        ExitCode::kUsage);
    CHECK(says(text, to_text(trusted)));
  }
  CHECK(says(office.why(1, "trust distrust " + office.of(0) + " --yes", ExitCode::kUsage),
             to_text(distrusted)));

  // What says something else goes on to the vault, which this home has not.
  for (const char* more : {"--field 0613", "--amount 60", "--scheme eqavet"}) {
    const auto outcome =
        office.type(kAgency, "accreditation grant " + office.of(1) + " --yes " + more);
    REQUIRE(outcome.failure() != nullptr);
    CHECK_FALSE(says(outcome.failure()->message, "stands already"));
  }
}

TEST_CASE("a role lost from its beginning is proposed of an accreditor, and refused of any other") {
  Office office;
  const std::string begin = "governance propose admission ";
  const std::string end = " --class validator --retroactive --yes";
  CHECK(says(office.why(0, begin + office.of(1) + end, ExitCode::kUsage),
             "--retroactive would have no effect here"));

  const auto outcome = office.type(0, begin + office.of(kAgency) + end);
  REQUIRE(outcome.failure() != nullptr);
  CHECK_FALSE(says(outcome.failure()->message, "--retroactive"));
}

TEST_CASE("who was voted a role that begins later reads when, and not only that it is not there") {
  Office office;
  auto& nodes = office.ledger.nodes;
  CHECK(says(office.why(1, "accreditation grant " + office.of(0) + " --yes", ExitCode::kFailure),
             "has not the role of an accreditor: the validators give it"));

  const auto now_ms = nodes.at(0).node->chain().head()->header.time_ms;
  const tx::ProposalContent content{
      now_ms + kHourMs, now_ms + 2 * kHourMs,
      tx::AdmissionContent{office.ledger.id(1), tx::InstitutionClass::kAccreditor}};
  const auto proposal =
      office.ledger.commit(0, KeyPurpose::kGovern, tx::build(nodes.envelope(0), content));
  office.ledger.commit(0, KeyPurpose::kGovern,
                       tx::build(nodes.envelope(0), tx::VoteContent{proposal, true, false}));

  const auto text =
      office.why(1, "accreditation grant " + office.of(0) + " --yes", ExitCode::kFailure);
  CHECK(says(text, "has not the role of an accreditor yet"));
  CHECK(says(text, to_text(proposal)));
  CHECK(says(text, "takes effect with the first block at or after"));

  // Who proposes the same once more is pointed to that one; nobody votes twice or without a seat.
  const auto again =
      office.why(0, "governance propose admission " + office.of(1) + " --class accreditor --yes",
                 ExitCode::kUsage);
  CHECK(says(again, "the same is proposed already"));
  CHECK(says(again, to_text(proposal)));
  CHECK(says(office.why(0, "governance vote " + to_text(proposal) + " yes --yes", ExitCode::kUsage),
             "the voting is over: it has passed"));
}

TEST_CASE("what the ledger would refuse of governance is refused before a vault is opened") {
  Office office;
  const auto why = [&](std::size_t institution, const std::string& words) {
    return office.why(institution, "governance " + words + " --yes", ExitCode::kUsage);
  };
  CHECK(says(why(0, "propose lift " + office.of(1)), "has the standing \"good\""));
  CHECK(says(why(0, "propose admission " + office.of(kAgency) + " --class accreditor"),
             "of the class accreditor already"));
  CHECK(says(why(0, "propose protocol 1 --height 1000"), "activated already"));
  CHECK(says(why(0, "propose suspend " + office.of(1) + " --voting-ends +9000d"), "--voting-ends"));
  CHECK(says(why(1, "propose suspend " + office.of(0)), "only an institution with a seat"));
}

TEST_CASE("an institution's new facts are not those of another, and not those of now") {
  Office office;
  FactsFile file{office};
  const auto why = [&](const tx::InstitutionFacts& facts) {
    file.write(facts);
    return office.why(0, "institution update " + file.path + " --yes", ExitCode::kUsage);
  };

  const auto own = file.of(0), other = file.of(1);
  CHECK(says(why(own), "nothing would change"));
  auto taken = own;
  taken.domain = other.domain;
  CHECK(says(why(taken), "the domain " + other.domain + " is that of"));
  taken = own;
  taken.country = other.country;
  taken.legal_names = other.legal_names;
  CHECK(says(why(taken), "is that of"));
}

TEST_CASE("who changes an institution's facts reads the old and the new, and what is dropped") {
  Office office;
  FactsFile file{office};
  auto facts = file.of(0);
  const auto old = facts;
  facts.domain = "new-name.example";
  facts.lei = "529900T8BM49AURSDO55";
  facts.legal_names = {{"de", "Neue Universit\u00E4t"}};
  file.write(facts);
  const auto json = file.drafted(0, "institution update " + file.path);
  const std::string said = json["says"];
  CHECK(says(said, "What changes:"));
  CHECK(says(said, "domain: " + old.domain + " -> new-name.example"));
  CHECK(says(said, "lei: 529900T8BM49AURSDO55 is added"));
  CHECK(says(said, "name (de): \"Neue Universit\u00E4t\" is added"));
  CHECK(says(said, "name (" + old.legal_names[0].language + "): \"" + old.legal_names[0].text +
                       "\" is dropped"));
  CHECK(json["changes"].size() == 4);
}

// Its entry and its accreditations went to whoever was registered in its name.
TEST_CASE("nobody registers as a listed institution with which nothing agrees") {
  Office office;
  FactsFile file{office};
  tx::InstitutionFacts listed;
  listed.legal_names = {{"en", "Listed School"}};
  listed.country = "CH";
  listed.domain = "listed.example";
  listed.lei = "529900T8BM49AURSDO55";
  const auto id = to_text(InstitutionId::prefix_of(
      office.ledger
          .commit(0, KeyPurpose::kGovern,
                  tx::build(office.ledger.nodes.envelope(0), tx::InstitutionListContent{listed}))
          .view()));
  office.ledger.settle();

  const auto key = SecretKey::generate(SignatureAlgorithm::kBip340).public_key();
  const std::string keys = "root_threshold = 1\n";
  const auto write = [&](const tx::InstitutionFacts& facts) {
    file.write(facts, keys);
    const auto raw = read_file(file.path, 1 << 16).value();
    const std::string whole = std::string(as_text(raw)) +
                              "[[key]]\npurpose = \"root\"\nalgorithm = \"bip340\"\n"
                              "public_key = \"" +
                              to_hex(key.bytes) + "\"\n";
    REQUIRE(write_file_atomically(file.path, as_bytes(whole), Overwrite::kAllowed).ok());
  };
  const std::string words = "institution register " + file.path + " --listed " + id;

  auto stranger = listed;
  stranger.legal_names = {{"en", "Another School"}};
  stranger.domain = "another.example";
  stranger.lei.clear();
  write(stranger);
  CHECK(says(office.why(0, words + " --yes", ExitCode::kUsage), "neither a name nor the domain"));

  auto abroad = listed;
  abroad.country = "FR";
  write(abroad);
  CHECK(says(office.why(0, words + " --yes", ExitCode::kUsage), "is in CH"));

  auto same = listed;
  same.domain = "school.example";
  same.lei.clear();
  write(same);
  const auto warnings = file.drafted(0, words)["warnings"].dump();
  CHECK(says(warnings, "domain: listed.example -> school.example"));
  CHECK(says(warnings, "lei: 529900T8BM49AURSDO55 is dropped"));

  // A name that stands abroad is said, not refused.
  listed.country = "FR";
  listed.domain = "ecole.example";
  listed.lei.clear();
  file.write(listed);
  CHECK(says(file.drafted(0, "institution list " + file.path)["warnings"].dump(),
             "in another country"));
}

TEST_CASE("an import's amounts are those of a grant, and a column nearly read is named whole") {
  Office office;
  const auto file = office.ledger.context.path("reports.csv");
  const std::string words = "accreditation import " + file + " --dry-run";
  const auto why = [&](const std::string& columns, const std::string& more) {
    REQUIRE(write_file_atomically(file, as_bytes(columns + "\nAAQ,1\n"), Overwrite::kAllowed).ok());
    return office.why(kAgency, words + more, ExitCode::kUsage);
  };
  CHECK(says(why("agency,decision", " --amount 0"), "--amount is 1 to 120, not 0"));
  CHECK(says(why("agency,decision", " --amount 121"), "--amount is 1 to 120, not 121"));
  CHECK(says(why("agency,decision", " --conditional-amount 0"),
             "--conditional-amount is 1 to 120, not 0"));
  CHECK(says(why("agency,institution[1].name_oficial", ""), "institution[1].name_oficial"));
}

}  // namespace testamur::wallet
