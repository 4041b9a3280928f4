// Commands as they are typed, against a real node, up to where a vault would be opened: what says
// nothing new or would have no effect is refused by name.
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/wallet/program.h"
#include "tests/wallet/trust_fixture.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/draft.h"
#include "wallet/cli/flow/proven_commit.h"
#include "wallet/cli/flow/statement_warnings.h"
#include "wallet/client/outbox.h"
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

// A node that keeps a transaction to itself and says "committed" would else have it forgotten.
TEST_CASE("what a node calls committed is on the ledger where its log proves it") {
  Office office;
  const auto said = office.ledger.trust(0, 1);
  const auto other = office.ledger.distrust(1, 0);
  office.ledger.settle();
  auto& client = office.ledger.client;
  const auto id = TransactionId::from(said.view()).value();

  LedgerTrust trust(office.ledger.context.path("proven"));
  const auto answer = client.inclusion(id);
  REQUIRE(std::holds_alternative<InclusionAnswer>(answer));
  const auto& shown = std::get<InclusionAnswer>(answer);
  CHECK_FALSE(why_not_proven(shown, trust, id).empty());  // nothing is trusted yet
  REQUIRE_FALSE(trust.follow(client, std::nullopt));
  INFO(why_not_proven(shown, trust, id));
  REQUIRE(why_not_proven(shown, trust, id).empty());

  // Each part of the proof by itself.
  const auto fails = [&](const auto& change) {
    auto changed = shown;
    change(changed);
    return !why_not_proven(changed, trust, id).empty();
  };
  CHECK(fails([](auto& each) { each.leaf.reset(); }));
  CHECK(fails([](auto& each) { each.checkpoint.reset(); }));
  CHECK(fails([](auto& each) { each.leaf->index.value += 1; }));
  CHECK(fails([](auto& each) { each.leaf->time_ms += 1; }));
  CHECK(fails([](auto& each) { each.leaf->author = InstitutionId{}; }));
  CHECK(fails([](auto& each) { each.leaf->height.value += 1'000'000; }));
  CHECK(fails([](auto& each) { each.path.push_back(Hash256{}); }));
  CHECK(fails([](auto& each) { each.path.pop_back(); }));
  CHECK(fails([](auto& each) { each.checkpoint->header.back() ^= 1; }));
  CHECK(fails([](auto& each) { each.checkpoint->certificate.back() ^= 1; }));
  // The proof of another transaction, which is as good as this one.
  const auto theirs = client.inclusion(TransactionId::from(other.view()).value());
  CHECK_FALSE(why_not_proven(std::get<InclusionAnswer>(theirs), trust, id).empty());

  const auto unknown = client.inclusion(TransactionId::prefix_of(Bytes(32, 7)));
  REQUIRE(std::holds_alternative<CallError>(unknown));
  CHECK(std::get<CallError>(unknown).kind == CallFailure::kNotFound);
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
  CHECK(
      says(office.why(0, "governance vote " + to_text(proposal) + " yes --yes", ExitCode::kFailure),
           "the voting has ended: it has passed"));
}

TEST_CASE("what the ledger would refuse of governance is refused before a vault is opened") {
  Office office;
  const auto why = [&](std::size_t institution, const std::string& words) {
    return office.why(institution, "governance " + words + " --yes", ExitCode::kFailure);
  };
  CHECK(says(why(0, "propose lift " + office.of(1)), "has the standing \"good\""));
  CHECK(says(why(0, "propose admission " + office.of(kAgency) + " --class accreditor"),
             "of the class accreditor already"));
  CHECK(says(why(0, "propose protocol 1 --height 1000"), "activated already"));
  CHECK(says(why(0, "propose suspend " + office.of(1) + " --voting-ends +9000d"), "--voting-ends"));
  CHECK(says(why(1, "propose suspend " + office.of(0)), "only an institution with a seat"));
}

// Two that were signed before either was committed took one slot, and one of them counted for
// nothing: by drafts, by a ledger that stood still, by two programs at once.
TEST_CASE("no two accreditations of an agency take one slot") {
  Office office;
  auto& ledger = office.ledger;
  tx::StatementContent content;
  content.kind = tx::StatementKind::kAccredit;
  content.accreditation = true;
  content.subject = ledger.id(1);
  content.amount = 120;
  content.scheme = tx::QualityScheme::kEsg;
  content.valid_from_ms = ledger.nodes.at(0).node->chain().head()->header.time_ms;

  // Signed, and not known to have ended.
  const auto built =
      std::get<tx::UnsignedTransaction>(tx::build(ledger.nodes.envelope(kAgency), content));
  const Outbox outbox(ledger.context.path("outbox"));
  REQUIRE(outbox
              .put({built.id,
                    tx::attach_signed(built, KeyPurpose::kGovern, ledger.nodes.at(kAgency).govern),
                    Json{{"says", "an accreditation"}}})
              .ok());

  const std::string grant = "accreditation grant " + office.of(1) + " --yes";
  CHECK(says(office.why(kAgency, grant, ExitCode::kUsage), "waits in the outbox"));
  CHECK(says(office.why(kAgency, grant, ExitCode::kUsage), to_text(built.id)));

  const auto file = ledger.context.path("draft.json");
  const auto drafted = office.type(kAgency, grant + " --field 0613 --draft " + file);
  INFO((drafted.failure() == nullptr ? "" : drafted.failure()->message));
  REQUIRE(drafted.reply() != nullptr);
  const auto draft = read_draft(file);
  REQUIRE(draft.ok());
  const auto body = decoded_body(*draft);
  const auto& other = std::get<tx::StatementContent>(body.content);
  CHECK(other.slot != content.slot);

  // What was drafted for a slot is not sent once another one has taken it.
  const auto author = ledger.id(kAgency);
  const auto is_free = [&](const tx::StatementContent& said, const TransactionId& itself) {
    const auto refused = refuse_taken_slot(ledger.client, author, said, itself);
    if (!refused.ok()) CHECK(refused.failure().exit == ExitCode::kUsage);
    return refused.ok();
  };
  CHECK(is_free(content, built.id));
  ledger.commit(kAgency, KeyPurpose::kGovern, tx::Built(built));
  ledger.settle();
  CHECK(is_free(content, built.id));
  CHECK_FALSE(is_free(content, TransactionId{}));
  CHECK(is_free(other, TransactionId{}));
}

TEST_CASE("a recognition that begins later is withdrawn, and only what has ended has ended") {
  Office office;
  auto& ledger = office.ledger;
  tx::StatementContent coming;
  coming.kind = tx::StatementKind::kTrust;
  coming.subject = ledger.id(1);
  coming.amount = 60;
  coming.valid_from_ms = 1'893'456'000'000;  // 2030
  ledger.say(0, 1, coming);
  ledger.settle();

  const std::string about = office.of(1) + " --yes";
  const auto again = "trust grant " + about + " --from 2030-01-01 --amount 60 --depth 0";
  CHECK(says(office.why(0, again, ExitCode::kUsage), "stands already"));

  // On to the vault, which this home has not.
  for (const auto* words : {"trust withdraw ", "trust withdraw --from 2030-01-01 "}) {
    const auto outcome = office.type(0, words + about);
    REQUIRE(outcome.failure() != nullptr);
    CHECK_FALSE(says(outcome.failure()->message, "already"));
  }
  const auto warned = [&](const tx::StatementContent& content) {
    const auto ever =
        std::get<StatementsAnswer>(ledger.client.statements(ledger.id(0), ledger.id(1), true));
    const auto warnings = recognition_warnings(ledger.client, ever, content, 1);
    REQUIRE(warnings.ok());
    REQUIRE(warnings->size() == 1);
    return warnings->front();
  };
  auto other = coming;
  other.amount = 61;
  CHECK(says(warned(other), "it takes the place, from 2030-01-01 on, of"));
  // Whoever is asked reads that nothing would change, and not that something is replaced.
  CHECK(says(warned(coming), "this stands already, and nothing would change"));

  tx::StatementContent end;
  end.kind = tx::StatementKind::kEnd;
  end.valid_from_ms = ledger.nodes.at(0).node->chain().head()->header.time_ms;
  ledger.say(0, 1, end);
  ledger.settle();
  const auto outcome = office.type(0, "trust withdraw " + about);
  REQUIRE(outcome.reply() != nullptr);
  CHECK(outcome.reply()->json["already"] == true);
}

TEST_CASE("an accreditation is ended by the institution that it is of") {
  Office office;
  const auto other = office.ledger.accredit(kAgency, 0);
  office.ledger.accredit(kAgency, 1);
  office.ledger.settle();
  CHECK(says(office.why(kAgency,
                        "accreditation withdraw " + office.of(1) + " --statement " +
                            to_text(other) + " --yes",
                        ExitCode::kUsage),
             "is no accreditation of " + office.of(1)));
}

TEST_CASE("what waits in the outbox is listed in its words, and can be forgotten") {
  Office office;
  const Outbox outbox(office.ledger.context.path("outbox"));
  CHECK(says(office.type(0, "outbox list").reply()->text, "nothing waits"));
  const auto id = TransactionId::prefix_of(Bytes(32, 7));
  REQUIRE(outbox.put({id, Bytes(5, 1), Json{{"says", "University 0 revokes 3"}}}).ok());

  const auto list = office.type(0, "outbox list");
  REQUIRE(list.reply() != nullptr);
  CHECK(says(list.reply()->text, "University 0 revokes 3"));
  CHECK(list.reply()->json["waiting"][0]["transaction"] == to_text(id));

  const auto none = to_text(TransactionId::prefix_of(Bytes(32, 8)));
  CHECK(office.type(0, "outbox discard " + none + " --yes").exit() == ExitCode::kUnknown);
  CHECK(office.type(0, "outbox discard " + to_text(id) + " --yes").exit() == ExitCode::kOk);
  CHECK(outbox.list()->empty());

  // What a killed program left of it is swept away, and nothing else.
  REQUIRE(outbox.put({id, Bytes(5, 1), Json::object()}).ok());
  const auto orphan = office.ledger.context.path("outbox/orphan.json");
  REQUIRE(write_file_atomically(orphan, as_bytes(std::string("{}")), Overwrite::kAllowed).ok());
  outbox.sweep();
  CHECK_FALSE(is_there(orphan));
  CHECK(outbox.list()->size() == 1);
}

TEST_CASE("nobody carries round a draft of what is over before it can be sent") {
  Office office;
  const auto file = office.ledger.context.path("late.json");
  const std::string late = " --yes --draft " + file + " --send-by +10d";
  const auto tomorrow = date_text(office.ledger.context.now_ms() + 24 * kHourMs);
  CHECK(says(office.why(0, "governance propose suspend " + office.of(1) + late, ExitCode::kUsage),
             "the voting ends on"));
  CHECK(
      says(office.why(0, "trust grant " + office.of(1) + " --amount 60 --until " + tomorrow + late,
                      ExitCode::kUsage),
           "what it says ends on"));
  CHECK_FALSE(is_there(file));

  // In time, and just in time.
  const auto outcome =
      office.type(0, "governance propose suspend " + office.of(1) + late + " --voting-ends +20d");
  REQUIRE(outcome.reply() != nullptr);
  CHECK(is_there(file));
  const auto close = office.type(0, "governance propose suspend " + office.of(1) +
                                        " --yes --force --draft " + file + " --voting-ends +10m");
  REQUIRE(close.reply() != nullptr);
  CHECK(says(close.reply()->json.dump(), "send it before that"));
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

  // What has conditions counts for no more than what has none.
  REQUIRE(write_file_atomically(
              file,
              as_bytes("agency,report_id,activity,activity_type,status,decision,valid_from,"
                       "valid_to,institution[1].name_official,institution[1].country,"
                       "institution[1].website_link,link[1]\nAAQ,R1,audit,institutional,1,2,"
                       "2024-01-01,2031-12-31,University of Vienna,AT,https://univie.ac.at,"
                       "https://aaq.example/r1\n"),
              Overwrite::kAllowed)
              .ok());
  CHECK(says(office.why(kAgency, words + " --amount 40", ExitCode::kUsage),
             "--conditional-amount 60 is more than --amount 40"));
}

// The look-alike was listed for good by an import that nobody was asked about.
TEST_CASE("with --yes an import lists nobody who may be there already") {
  Office office;
  tx::InstitutionFacts listed;
  listed.legal_names = {{"en", "University of Geneva"}};
  listed.country = "CH";
  listed.domain = "unige.example";
  office.ledger.commit(
      kAgency, KeyPurpose::kGovern,
      tx::build(office.ledger.nodes.envelope(kAgency), tx::InstitutionListContent{listed}));
  office.ledger.settle();

  const auto file = office.ledger.context.path("reports.csv");
  const auto write = [&](const std::string& name, const std::string& site) {
    const std::string text =
        "agency,activity,activity_type,status,decision,valid_from,valid_to,institution[1].name_"
        "official,institution[1].country,institution[1].website_link\n"
        "AAQ,audit,institutional,1,1,2024-01-01,2031-12-31," +
        name + ",CH," + site + "\n";
    REQUIRE(write_file_atomically(file, as_bytes(text), Overwrite::kAllowed).ok());
  };
  const std::string words = "accreditation import " + file + " --agency AAQ";
  for (const auto& [name, site] : {std::pair("Univeristy of Geneva", "geneva.example"),
                                   std::pair("The Other School", "www2.unige.example")}) {
    write(name, site);
    const auto why = office.why(kAgency, words + " --yes", ExitCode::kUsage);
    CHECK(says(why, "is it the same institution?"));
    CHECK(says(why, "testamur institution list"));
    const auto plan = office.type(kAgency, words + " --yes --dry-run");
    REQUIRE(plan.reply() != nullptr);
    CHECK(says(plan.reply()->text, "1 row: 1 institution to list, 1 accreditation to send"));
  }

  // To list one by itself is to say that it is another one: it is warned of.
  FactsFile facts{office};
  listed.legal_names = {{"en", "Univeristy of Geneva"}};
  listed.domain = "geneva.example";
  facts.write(listed);
  CHECK(says(facts.drafted(kAgency, "institution list " + facts.path)["warnings"].dump(),
             "its name is by a letter that of University of Geneva"));
}

TEST_CASE("days of a statement that cannot be meant are refused, whatever the command") {
  Office office;
  office.ledger.accredit(kAgency, 1);
  office.ledger.settle();
  const std::string about = office.of(1) + " --yes ";
  for (const auto* words :
       {"trust grant %--amount 60 --from 2926-01-01", "trust grant %--amount 60 --until 2926-12-31",
        "trust distrust %--until 2926-12-31", "trust withdraw %--from 2926-01-01"}) {
    std::string typed = words;
    typed.replace(typed.find('%'), 1, about);
    CHECK(says(office.why(0, typed, ExitCode::kUsage), "2926 is "));
  }
  for (const auto* words :
       {"accreditation grant %--from 2926-01-01", "accreditation grant %--until 2926-12-31",
        "accreditation withdraw %--from 1971-01-01"}) {
    std::string typed = words;
    typed.replace(typed.find('%'), 1, about);
    CHECK(says(office.why(kAgency, typed, ExitCode::kUsage), "is the year right?"));
  }
}

// The trust before a distrust was taken for what comes back.
TEST_CASE("who distrusts, and who withdraws it, reads that the trust before does not come back") {
  Office office;
  FactsFile drafts{office};
  auto& ledger = office.ledger;
  const auto trusted = ledger.trust(0, 1, 120);
  ledger.settle();
  const auto warnings = [&](const std::string& words) {
    return drafts.drafted(0, words + office.of(1))["warnings"].dump();
  };
  CHECK(says(warnings("trust distrust "),
             "to withdraw this distrust later does not bring that trust back"));
  CHECK_FALSE(says(warnings("trust withdraw "), "does not come back"));

  ledger.distrust(0, 1);
  ledger.settle();
  for (int twice = 0; twice < 2; ++twice) {
    const auto said = warnings("trust withdraw ");
    CHECK(says(said, "what stood before the distrust does not come back; grant it again"));
    CHECK(says(said, to_text(trusted)));
    tx::StatementContent distrust;
    distrust.kind = tx::StatementKind::kDistrust;
    distrust.reason = tx::StatementReason::kFraud;
    ledger.say(0, 1, distrust);
    ledger.settle();
  }

  // What had been withdrawn before the distrust would not stand without it.
  tx::StatementContent end;
  end.kind = tx::StatementKind::kEnd;
  ledger.say(0, 1, end);
  ledger.distrust(0, 1);
  ledger.settle();
  CHECK_FALSE(says(warnings("trust withdraw "), "does not come back"));
}

TEST_CASE("an accreditation is ended once, and the day is said from which it has ended") {
  Office office;
  FactsFile drafts{office};
  auto& ledger = office.ledger;
  const std::string withdraw = "accreditation withdraw " + office.of(1);
  CHECK(says(office.why(kAgency, withdraw + " --yes", ExitCode::kUsage), "never accredited"));

  const auto said = ledger.accredit(kAgency, 1);
  ledger.settle();
  tx::StatementContent end;
  end.kind = tx::StatementKind::kEnd;
  end.accreditation = true;
  end.names = {said};
  end.valid_from_ms = 1'672'531'200'000;  // 2023-01-01
  ledger.say(kAgency, 1, end);
  ledger.settle();

  const auto draft = " --yes --draft " + ledger.context.path("again.json");
  for (const std::string from : {"", " --from 2024-01-01", " --from 2030-01-01"}) {
    CHECK(
        says(office.why(kAgency, withdraw + from + draft, ExitCode::kUsage), "has ended already"));
    CHECK(says(office.why(kAgency, withdraw + from + " --statement " + to_text(said) + draft,
                          ExitCode::kUsage),
               "has ended already"));
  }
  // Ended from an earlier day on, it says something: to the agency's own nodes.
  CHECK(says(drafts.drafted(kAgency, withdraw + " --from 2022-01-01")["warnings"].dump(),
             to_text(said)));

  // One that ends on a day to come holds today: when it ends is said.
  end.names = {ledger.accredit(kAgency, 1)};
  ledger.settle();
  end.valid_from_ms = 1'893'456'000'000;  // 2030-01-01
  ledger.say(kAgency, 1, end);
  ledger.settle();
  CHECK(says(office.why(kAgency, withdraw + " --from 2031-01-01" + draft, ExitCode::kUsage),
             "ends on 2029-12-31 already"));
}

TEST_CASE("what begins later is listed beside what is in force, and said to begin later") {
  Office office;
  auto& ledger = office.ledger;
  tx::StatementContent coming;
  coming.kind = tx::StatementKind::kTrust;
  coming.amount = 60;
  coming.valid_from_ms = 1'893'456'000'000;  // 2030
  const auto trust = ledger.say(0, 1, coming);
  coming.slot = 1;
  const auto replaced = ledger.say(0, 1, coming);
  coming.kind = tx::StatementKind::kEnd;
  coming.amount = 0;
  ledger.say(0, 1, coming);  // of the same slot and day: nothing of it will hold
  ledger.settle();

  const auto list = [&](const std::string& more) {
    const auto outcome = office.type(0, "registry statements --by " + office.of(0) + more);
    REQUIRE(outcome.reply() != nullptr);
    return *outcome.reply();
  };
  const auto now = list("");
  CHECK(says(now.text, "begins later: "));
  CHECK(says(now.text, to_text(trust)));
  CHECK_FALSE(says(now.text, to_text(replaced)));
  CHECK(now.json["begin_later"] == Json::array({to_text(trust)}));
  CHECK_FALSE(says(list(" --history").text, "begins later"));
}

TEST_CASE("an address of the web that stands for an institution is answered with its domain") {
  Office office;
  FactsFile facts{office};
  const auto domain = facts.of(1).domain;
  for (const std::string& typed :
       {"https://" + domain, "https://www." + domain + "/en/", "www." + domain, domain + "/"}) {
    const auto outcome = office.type(0, "registry statements --about " + typed);
    REQUIRE(outcome.failure() != nullptr);
    CHECK(says(outcome.failure()->message, "did you mean " + domain + "?"));
    const auto shown = office.type(0, "registry institution " + typed);
    REQUIRE(shown.failure() != nullptr);
    CHECK(says(shown.failure()->message, "did you mean " + domain + "?"));
  }
  const auto outcome = office.type(0, "registry statements --about unknown.example");
  REQUIRE(outcome.failure() != nullptr);
  CHECK_FALSE(says(outcome.failure()->message, "did you mean"));
}

TEST_CASE("a decision of the own institution is told as its own, and one of others is not") {
  Office office;
  const auto explained = [&](std::size_t at_home_of, const std::string& more) {
    const auto outcome = office.type(at_home_of, "trust explain " + office.of(1) + more);
    REQUIRE(outcome.reply() != nullptr);
    return outcome.reply()->json["policy_text"].get<std::string>();
  };
  CHECK(explained(0, "") == "by your institution's own policy");
  CHECK(explained(0, " --viewpoint " + office.of(0)) == "by your institution's own policy");
  CHECK(explained(1, "") == "by its own policy, not yours");
  CHECK(says(explained(1, " --viewpoint " + office.of(1)), "publishes none"));
}

// Of reports that were refused for something else it was said that none is of the agency.
TEST_CASE("--agency is said to name nobody only where no row of the file has the name") {
  Office office;
  const auto file = office.ledger.context.path("reports.csv");
  REQUIRE(write_file_atomically(
              file, as_bytes("agency,activity,status,decision,valid_from\nBQA,audit,1,1,never\n"),
              Overwrite::kAllowed)
              .ok());
  const auto plan = [&](const std::string& agency) {
    const auto outcome =
        office.type(kAgency, "accreditation import " + file + " --dry-run --agency " + agency);
    REQUIRE(outcome.reply() != nullptr);
    return outcome.reply()->text;
  };
  CHECK_FALSE(says(plan("BQA"), "--agency"));
  CHECK(says(plan("AAQ"), "--agency: no report of the file is of \"AAQ\""));
}

}  // namespace testamur::wallet
