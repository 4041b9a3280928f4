// Institutions from TOML, their registration as a draft, and edits of the validator set.
#include <algorithm>

#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/accreditation/doubtful_names.h"
#include "wallet/cli/commands/proposals.h"
#include "wallet/cli/description/facts_changes.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/draft.h"
#include "wallet/cli/files/institution_file.h"
#include "wallet/keystore/file.h"

using namespace testamur;
using namespace testamur::wallet;
using testamur::test::TemporaryFolder;
namespace tx = ledger::tx;

namespace {

const ChainId kChain = ChainId::prefix_of(Bytes(32, 7));
InstitutionId party(std::uint8_t number) { return InstitutionId::prefix_of(Bytes(16, number)); }

constexpr const char* kFacts =
    "country = \"TL\"\ndomain = \"testland.example\"\n[legal_names]\nen = \"Testland Institute\"\n";

std::string party_toml(const SecretKey& root, const SecretKey& transport) {
  return std::string(
             "institution = \"tmi1old\"\nclass = \"issuer\"\nroot_threshold = 1\npeer_address = "
             "\"127.0.0.1:1\"\n") +
         kFacts + "[[key]]\npurpose = \"transport\"\nalgorithm = \"ed25519\"\npublic_key = \"" +
         to_hex(transport.public_key().bytes) +
         "\"\npossession = \"00\"\n[[key]]\npurpose = \"root\"\nalgorithm = \"bip340\"\npublic_key "
         "= \"" +
         to_hex(root.public_key().bytes) + "\"\n";
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

std::string why(const TemporaryFolder& folder, const std::string& content, bool with_keys) {
  const auto file = folder.file("party.toml");
  REQUIRE(write_file_atomically(file, as_bytes(content), Overwrite::kAllowed).ok());
  return with_keys ? read_institution_file(file).message() : read_facts_file(file).message();
}

std::vector<tx::Seat> seats(std::uint8_t n) {
  std::vector<tx::Seat> out;
  for (std::uint8_t i = 1; i <= n; ++i)
    out.push_back({party(i), KeyId::prefix_of(Bytes(16, i)), TransactionId{}});
  return out;
}

}  // namespace

TEST_CASE("a party file of a node's first steps is what a registration reads") {
  const TemporaryFolder folder;
  const auto root = SecretKey::generate(SignatureAlgorithm::kBip340);
  const auto transport = SecretKey::generate(SignatureAlgorithm::kEd25519);
  const auto file = folder.file("party.toml");
  REQUIRE(
      write_file_atomically(file, as_bytes(party_toml(root, transport)), Overwrite::kRefused).ok());
  const auto content = read_institution_file(file);
  INFO(content.message());
  REQUIRE(content.ok());
  CHECK(content->facts.domain == "testland.example");
  REQUIRE(content->keys.size() == 2);
  CHECK(content->keys[0].purpose == KeyPurpose::kRoot);  // in the order of the ledger
  CHECK(content->root_threshold == 1);

  SECTION("and its draft waits for the sponsor's signature and the proof of each key") {
    const auto sponsor = SecretKey::generate(SignatureAlgorithm::kBip340);
    const tx::Envelope envelope{kChain, party(1), tx::Nonce::prefix_of(Bytes(16, 3)),
                                1'764'000'000'000};
    const auto built = tx::build(envelope, *content);
    REQUIRE(std::holds_alternative<tx::UnsignedTransaction>(built));
    Draft draft =
        begin_draft(kChain, std::get<tx::UnsignedTransaction>(built),
                    {{party(1), KeyPurpose::kGovern, 1, {sponsor.public_key()}}}, 3'600'000, {});
    CHECK(missing(draft).size() == 3);
    CHECK(sign_draft(draft, KeyPurpose::kRoot, root));
    CHECK(sign_draft(draft, KeyPurpose::kTransport, transport));
    auto carried_over = parse_draft(draft_text(draft), "draft");
    REQUIRE(carried_over.ok());
    CHECK(missing(*carried_over).size() == 1);
    CHECK(sign_draft(*carried_over, KeyPurpose::kGovern, sponsor));
    CHECK(missing(*carried_over).empty());
    const auto decoded = tx::decode(kChain, carried(*carried_over));
    REQUIRE(std::holds_alternative<tx::SharedTransaction>(decoded));
    const auto& transaction = *std::get<tx::SharedTransaction>(decoded);
    REQUIRE(transaction.possession_proofs().size() == 2);
    const auto message =
        possession_message(kChain, InstitutionId::prefix_of(transaction.id().view()),
                           KeyPurpose::kRoot, root.public_key());
    CHECK(verify(root.public_key(), message.view(), transaction.possession_proofs()[0]));
  }
}

TEST_CASE("a mistake in an institution's file is named with its line and key") {
  const TemporaryFolder folder;
  const auto root = SecretKey::generate(SignatureAlgorithm::kBip340);
  const auto transport = SecretKey::generate(SignatureAlgorithm::kEd25519);
  const auto party_text = party_toml(root, transport);

  CHECK(why(folder, kFacts, false).empty());
  CHECK(says(why(folder, "country = \n", false), ":1: not TOML"));
  CHECK(says(why(folder, std::string("colour = \"red\"\n") + kFacts, false),
             ":1: colour: is not a known key"));
  CHECK(says(why(folder, std::string("root_threshold = 1\n") + kFacts, false),
             "only a registration has keys"));

  CHECK(says(why(folder, std::string("ror = 7\n") + kFacts, false),
             ":1: ror: must be a text in quotes"));
  CHECK(says(
      why(folder, "country = \"tl\"\ndomain = \"t.example\"\n[legal_names]\nen = \"T\"\n", false),
      ":1: country: "));
  CHECK(says(why(folder, "country = \"TL\"\ndomain = \"t.example\"\n", false), "legal_names"));
  CHECK(says(why(folder, std::string("parent = \"tmi1x\"\n") + kFacts, false), "parent"));

  CHECK(says(why(folder, kFacts, true), "a registration needs its public keys"));

  auto bad = party_text;
  bad.replace(bad.find("\"bip340\""), 8, "\"rsa\"");
  CHECK(says(why(folder, bad, true), "algorithm"));
  bad = party_text;
  bad.replace(bad.find("root_threshold = 1"), 18, "root_threshold = 0");
  CHECK(says(why(folder, bad, true), "root_threshold: must lie between 1 and 255"));

  CHECK(says(read_facts_file(folder.file("none.toml")).message(), "none.toml"));
}

TEST_CASE("a validator is added, replaced or removed, and the seats stay in order") {
  const tx::Seat fifth{party(5), KeyId::prefix_of(Bytes(16, 55)),
                       TransactionId::prefix_of(Bytes(32, 1))};

  const auto more = edit_set(seats(4), {fifth, std::nullopt}, true);
  REQUIRE(more.ok());
  CHECK(more->seats.size() == 5);
  CHECK(more->seats.back() == fifth);

  const tx::Seat second{party(2), KeyId::prefix_of(Bytes(16, 22)),
                        TransactionId::prefix_of(Bytes(32, 2))};
  const auto other_key = edit_set(seats(4), {second, std::nullopt}, false);
  REQUIRE(other_key.ok());
  CHECK(other_key->seats.size() == 4);
  CHECK(other_key->seats[1] == second);

  CHECK(std::ranges::is_sorted(other_key->seats, {}, &tx::Seat::institution));

  const auto less = edit_set(seats(4), {std::nullopt, party(2)}, false);
  REQUIRE(less.ok());
  CHECK(less->seats.size() == 3);
}

TEST_CASE("an edit of the set that makes no sense says what to do instead") {
  const tx::Seat again{party(1), KeyId::prefix_of(Bytes(16, 99)), TransactionId{}};
  CHECK(
      says(edit_set(seats(4), {again, std::nullopt}, true).message(), "use validator-set replace"));
  const tx::Seat fifth{party(5), KeyId::prefix_of(Bytes(16, 55)), TransactionId{}};
  CHECK(says(edit_set(seats(4), {fifth, std::nullopt}, false).message(), "use validator-set add"));
  const tx::Seat same{party(1), KeyId::prefix_of(Bytes(16, 1)), TransactionId{}};
  CHECK(says(edit_set(seats(4), {same, std::nullopt}, false).message(), "has this key already"));
  CHECK(says(edit_set(seats(4), {std::nullopt, party(9)}, false).message(), "has no seat"));
  CHECK(says(edit_set(seats(1), {std::nullopt, party(1)}, false).message(), "last validator"));
}

// Such entries were passed over in silence, and the registration had fewer keys than its file.
TEST_CASE("every entry of key is a table, and the threshold a number") {
  const TemporaryFolder folder;
  CHECK(says(why(folder, std::string("key = [5]\n") + kFacts, true),
             ":1: key: must be a list of tables, [[key]]"));
  CHECK(says(why(folder, std::string("root_threshold = true\nkey = []\n") + kFacts, true),
             ":1: root_threshold: must be a whole number"));
}

TEST_CASE("what becomes other of an institution's facts is told by name, old and new") {
  tx::InstitutionFacts before;
  before.legal_names = {{"de", "Hochschule"}, {"en", "School"}};
  before.country = "AT";
  before.domain = "a.example";
  before.ror = "05gq02987";
  before.parent = party(3);
  CHECK(facts_changes(before, before).empty());

  auto after = before;
  after.legal_names = {{"en", "School\u202E"}, {"fr", "École"}};
  after.domain = "b.example";
  after.ror.clear();
  after.lei = "529900T8BM49AURSDO55";
  after.parent = {};
  const auto lines = facts_changes(before, after);
  CHECK(lines == std::vector<std::string>{
                     "domain: a.example -> b.example", "name (de): \"Hochschule\" is dropped",
                     "name (en): \"School\" -> \"School\\u{202e}\"",
                     "parent: " + to_text(party(3)) + " is dropped", "ror: 05gq02987 is dropped",
                     "lei: 529900T8BM49AURSDO55 is added", "name (fr): \"École\" is added"});
}

TEST_CASE("two entries agree where a name, the domain or a number is the same") {
  tx::InstitutionFacts one;
  one.legal_names = {{"en", "School"}};
  one.domain = "a.example";
  one.deqar = "DEQARINST00500";
  tx::InstitutionFacts other;
  other.legal_names = {{"de", "Schule"}};
  other.domain = "b.example";
  CHECK_FALSE(facts_agree(one, other));
  other.deqar = "DEQARINST0500";
  CHECK(facts_agree(one, other));
  other.deqar = "DEQARINST0501";
  CHECK_FALSE(facts_agree(one, other));
  other.legal_names = {{"de", "SCHOOL "}};
  CHECK(facts_agree(one, other));
}

// "test" and "see row above" were refused in a report and taken from a file.
TEST_CASE("a legal name that hardly is one is asked about, in every language") {
  const auto doubts = [](const std::string& name) {
    tx::InstitutionFacts facts;
    facts.legal_names = {{"de", name}, {"en", "University of Graz"}};
    return doubts_about_names(facts);
  };
  for (const char* name : {"test", "xxx", "123", "Universit?t Graz", "see row above", "Summe"}) {
    CAPTURE(name);
    REQUIRE(doubts(name).size() == 1);
    CHECK(says(doubts(name)[0], std::string("\"") + name + "\""));
    CHECK(says(doubts(name)[0], "It stays on the ledger for good"));
  }
  for (const char* name : {"Universität Graz", "42 Wien", "Paris 8", "大学"}) {
    CAPTURE(name);
    CHECK(doubts(name).empty());
  }
}

TEST_CASE("an institution is shown with its numbers, its other names and what it belongs to") {
  InstitutionAnswer answer;
  answer.name.id = party(1);
  answer.name.name_now = "School";
  answer.facts.legal_names = {{"de", "Schule"}, {"en", "School"}};
  answer.facts.deqar = "DEQARINST0500";
  answer.facts.lei = "529900T8BM49AURSDO55";
  answer.facts.parent = party(3);
  answer.parent_known = answer.keys_whole = true;
  const auto text = institution_text(answer);
  for (const auto& part : {std::string("name (de) Schule"), std::string("name (en) School"),
                           std::string("deqar DEQARINST0500"),
                           std::string("lei 529900T8BM49AURSDO55"), "parent " + to_text(party(3))})
    CHECK(says(text, part));
  CHECK_FALSE(says(text, "ror"));

  // Lost on the way is not none.
  answer.parent_known = false;
  CHECK(says(institution_text(answer), "parent unknown"));
}
