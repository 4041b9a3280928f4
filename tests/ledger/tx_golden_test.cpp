// The bytes that ledger/tx hashes, signs and stores, against tests/vectors/ledger_tx.json, which
// tests/ledger/tx_golden.py computes from the documented formats alone.
#include <nlohmann/json.hpp>
#include <set>

#include "ledger/tx/kinds.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/publications.h"
#include "ledger/tx/records/record.h"
#include "ledger/tx/records/statements.h"
#include "ledger/tx/records/successions.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::test {

namespace {

const nlohmann::json& vectors() {
  static const auto json =
      nlohmann::json::parse(read_file(source_file("tests/vectors/ledger_tx.json")));
  return json;
}

std::string hex_of(const char* section, const char* name) {
  return vectors()[section][name].get<std::string>();
}

const auto kAuthor = counting<InstitutionId>(0x20);
const auto kSubject = counting<InstitutionId>(0x40);
constexpr std::uint64_t kFrom = 1'800'000'000'000;
constexpr std::uint64_t kUntil = 1'800'000'600'000;

tx::Envelope envelope() {
  return {counting<ChainId>(0x00), kAuthor, counting<tx::Nonce>(0x60), kUntil};
}

template <class Content>
void check_body(const char* name, const Content& content) {
  INFO(name);
  const auto built = tx::build(envelope(), content);
  const auto* rejection = std::get_if<Rejection>(&built);
  INFO((rejection != nullptr ? to_text(*rejection) : ""));
  REQUIRE(rejection == nullptr);
  const auto& transaction = std::get<tx::UnsignedTransaction>(built);
  const auto& golden = vectors()["bodies"][name];
  CHECK(to_hex(transaction.body) == golden["body"].get<std::string>());
  CHECK(transaction.id.hex() == golden["id"].get<std::string>());
}

tx::InstitutionFacts golden_facts() {
  return {{{"de", "Universit\xC3\xA4t Gold"}, {"en", "Golden University"}},
          "AT",
          "gold.example",
          "05gq02987",
          "AT0001",
          "529900T8BM49AURSDO55",
          "DEQARINST0001",
          kSubject};
}

tx::AchievementContent golden_achievement() {
  auto content = sample_achievement(7, 2);
  content.review_due_ms = 1'894'608'000'000;
  content.teaches = {kSubject};
  content.assesses = {kAuthor};
  content.awarding_bodies = {kAuthor, kSubject};
  return content;
}

tx::SuccessionContent golden_split() {
  return {tx::SuccessionKind::kSplit,
          true,
          kSubject,
          {kAuthor},
          {kSubject, counting<InstitutionId>(0xA0)}};
}

tx::PolicyContent golden_policy() {
  return {counting<Hash256>(0x80), "https://aurora.example/policy.toml"};
}

tx::RuleContent golden_rule() {
  return {
      3, 1, {{"en", "A degree in parts"}}, counting<Hash256>(0x80), "https://aurora.example/rule"};
}

tx::StatementContent golden_trust() {
  tx::StatementContent content;
  content.subject = kSubject;
  content.slot = 3;
  content.amount = 120;
  content.depth = 2;
  content.scope.fields = trust::FieldMask::bit(3) | trust::FieldMask::bit(70);
  content.scope.levels = std::uint8_t{0b0110'0000};
  content.scope.award_types = std::uint16_t{1};
  content.scope.purposes = std::uint8_t{2};
  content.scope.achievements = {{kSubject, 1}, {kSubject, 7}};
  content.valid_from_ms = kFrom;
  content.valid_until_ms = kUntil;
  content.reason = tx::StatementReason::kAgreement;
  content.evidence_digest = counting<Hash256>(0x80);
  return content;
}

tx::StatementContent golden_accreditation() {
  tx::StatementContent content;
  content.kind = tx::StatementKind::kAccredit;
  content.accreditation = true;
  content.subject = kSubject;
  content.slot = 9;
  content.amount = 60;
  content.depth = 1;
  content.valid_from_ms = kFrom;
  content.scheme = tx::QualityScheme::kEqavet;
  content.evidence_digest = counting<Hash256>(0x80);
  content.report_url = "https://agency.example/r";
  return content;
}

tx::StatementContent naming(tx::StatementKind kind, bool accreditation,
                            tx::StatementReason reason) {
  tx::StatementContent content;
  content.kind = kind;
  content.accreditation = accreditation;
  content.subject = kSubject;
  if (kind == tx::StatementKind::kEnd) content.valid_from_ms = kFrom;
  content.reason = reason;
  content.names = {counting<TransactionId>(0x80), counting<TransactionId>(0x90)};
  return content;
}

const tx::Cause kCause{counting<TransactionId>(0x80), counting<KeyId>(0xA0), LogIndex{77}};

template <class Record>
void check_record(const char* name, const Record& record) {
  INFO(name);
  CHECK(to_hex(encode(record)) == hex_of("records", name));
}

}  // namespace

TEST_CASE("golden: bodies and ids of every active kind") {
  const AchievementId achievement{kAuthor, 7, 2};
  const PublicKey key{SignatureAlgorithm::kBip340,
                      *from_hex(vectors()["new_key"].get<std::string>())};
  const tx::KeyAddContent added{KeyPurpose::kIssue, key, counting<Signature>(0x01)};
  check_body("institution_update", tx::InstitutionUpdateContent{golden_facts()});
  tx::InstitutionRegisterContent registration;
  registration.facts = golden_facts();
  registration.keys = {{KeyPurpose::kRoot, key}, {KeyPurpose::kIssue, key}};
  registration.listed = counting<InstitutionId>(0xA0);
  check_body("institution_register", registration);
  check_body("institution_leave", tx::InstitutionLeaveContent{});
  check_body("institution_list", tx::InstitutionListContent{golden_facts()});
  using enum tx::SuccessionKind;
  const auto third = counting<InstitutionId>(0xA0);
  check_body("succession_merge",
             tx::SuccessionContent{kMerge, true, kAuthor, {kSubject, third}, {kAuthor}});
  check_body("succession_split", golden_split());
  check_body("succession_rename",
             tx::SuccessionContent{kRename, true, kSubject, {kAuthor}, {kSubject}});
  check_body("succession_custody",
             tx::SuccessionContent{kCustody, true, {}, {kAuthor}, {kSubject}});
  check_body("policy_publish", golden_policy());
  check_body("rule_publish", golden_rule());
  check_body("key_add", added);
  check_body("key_rotate", tx::KeyRotateContent{counting<KeyId>(0xA0), added});
  check_body("key_retire", tx::KeyRetireContent{counting<KeyId>(0xA0), kFrom});
  check_body("achievement_publish", golden_achievement());
  check_body("achievement_cosign", tx::AchievementCosignContent{achievement});
  check_body("achievement_retire", tx::AchievementRetireContent{7, 2});
  check_body("issue_listed", tx::IssueListedContent{achievement, IssuerIndex{1'000}, hashes(0, 3)});
  check_body("issue_anchored",
             tx::IssueAnchoredContent{achievement, IssuerIndex{1'000}, 257, hashes(0, 3)});
  tx::StatusChangeContent change;
  change.reason = tx::StatusReason::kReplaced;
  change.target = std::vector<IssuerIndex>{IssuerIndex{0}, IssuerIndex{5}, IssuerIndex{300}};
  check_body("status_list", change);
  change = {tx::StatusAction::kReinstate, tx::StatusReason::kWithdrawn,
            std::vector<tx::IndexRangeContent>{{IssuerIndex{0}, 5}, {IssuerIndex{9}, 1'000}}};
  check_body("status_ranges", change);
  change = {tx::StatusAction::kSupersede, tx::StatusReason::kCorrection,
            tx::IndexBitmap{IssuerIndex{64}, {0x00, 0x81}}};
  check_body("status_bulk", change);
  check_body("recognition_trust", golden_trust());
  tx::StatementContent distrust;
  distrust.kind = tx::StatementKind::kDistrust;
  distrust.subject = kSubject;
  distrust.valid_from_ms = kFrom;
  distrust.reason = tx::StatementReason::kQualityConcern;
  check_body("recognition_distrust", distrust);
  check_body("recognition_end",
             naming(tx::StatementKind::kEnd, false, tx::StatementReason::kReview));
  check_body("recognition_void",
             naming(tx::StatementKind::kVoid, false, tx::StatementReason::kFraud));
  check_body("accreditation_accredit", golden_accreditation());
  check_body("accreditation_end",
             naming(tx::StatementKind::kEnd, true, tx::StatementReason::kNone));
  check_body("accreditation_void",
             naming(tx::StatementKind::kVoid, true, tx::StatementReason::kKeyCompromise));
}

TEST_CASE(
    "golden: of every body, what was decoded builds the same bytes again: contents lose nothing") {
  std::set<tx::Kind> kinds;
  for (const auto& [name, golden] : vectors()["bodies"].items()) {
    INFO(name);
    const auto body = from_hex(golden["body"].get<std::string>()).value();
    const auto id = tx::transaction_id(envelope().chain, body);
    const std::vector<Signature> proofs(name == "institution_register" ? 2 : 0);
    auto decoded =
        tx::decode(envelope().chain, tx::attach({body, id}, {{counting<KeyId>(0xA0), {}}}, proofs));
    REQUIRE(std::holds_alternative<SharedTransaction>(decoded));
    const auto& transaction = *std::get<SharedTransaction>(decoded);

    const auto built = tx::build(envelope(), transaction.content());
    REQUIRE(std::holds_alternative<tx::UnsignedTransaction>(built));
    CHECK(std::get<tx::UnsignedTransaction>(built).body == body);
    kinds.insert(transaction.kind());
  }
  CHECK(kinds.size() == tx::kind_rows().size());
}

TEST_CASE("golden: carried bytes, and what decoding makes of them") {
  const auto built = tx::build(envelope(), tx::AchievementRetireContent{7, 2});
  const auto carried = tx::attach(std::get<tx::UnsignedTransaction>(built),
                                  {{counting<KeyId>(0xA0), counting<Signature>(0x01)}});
  CHECK(to_hex(carried) == vectors()["carried"].get<std::string>());
  const auto decoded = tx::decode(envelope().chain, carried);
  const auto& transaction = *std::get<SharedTransaction>(decoded);
  CHECK(transaction.kind() == tx::Kind::kAchievementRetire);
  CHECK(transaction.author() == kAuthor);
  CHECK(transaction.valid_until_ms() == kUntil);
  CHECK(to_hex(transaction.payload()) == "08071002");
  CHECK(transaction.signatures()[0].key == counting<KeyId>(0xA0));
  CHECK(transaction.weight() == 90);
}

TEST_CASE("golden: bodies of registry records") {
  tx::InstitutionRecord institution;
  institution.cause = kCause;
  institution.institution_class = tx::InstitutionClass::kValidator;
  institution.standing = tx::Standing::kSuspended;
  institution.root_threshold = 3;
  institution.retroactive = true;
  institution.sponsor = kAuthor;
  institution.facts = golden_facts();
  check_record("institution", institution);

  tx::KeyRecord key;
  key.cause = kCause;
  key.institution = kAuthor;
  key.purpose = KeyPurpose::kIssue;
  key.key = {SignatureAlgorithm::kBip340, *from_hex(vectors()["new_key"].get<std::string>())};
  check_record("key_added", key);

  key.event = tx::KeyEvent::kRetired;
  key.compromised_since_ms = kFrom;
  check_record("key_retired", key);

  tx::AchievementRecord achievement;
  achievement.cause = kCause;
  achievement.actor = kAuthor;
  achievement.content = golden_achievement();
  check_record("achievement_published", achievement);
  achievement.event = tx::AchievementEvent::kRetired;
  check_record("achievement_retired", achievement);

  tx::StatementRecord statement;
  statement.cause = kCause;
  statement.content = golden_trust();
  check_record("trust", statement);
  statement.content = naming(tx::StatementKind::kVoid, false, tx::StatementReason::kFraud);
  check_record("void", statement);
  statement.content = golden_accreditation();
  check_record("accredit", statement);

  check_record(
      "succession",
      tx::SuccessionRecord{{}, kCause, kAuthor, tx::SuccessionEvent::kEffective, golden_split()});
  check_record("policy", tx::PolicyRecord{{}, kCause, kAuthor, golden_policy()});
  check_record("rule", tx::RuleRecord{{}, kCause, kAuthor, golden_rule()});
}

TEST_CASE(
    "golden: registry records decode to what was encoded, and nothing shorter, longer or changed "
    "passes unseen") {
  const auto body = *from_hex(hex_of("records", "trust"));

  const tx::RecordPlace at{1, Height{2}, kFrom};
  const auto record = tx::decode_statement(kAuthor, kSubject, at, body);

  REQUIRE(record.ok());
  CHECK(record->content == golden_trust());
  CHECK(record->id == kCause.transaction);

  const auto institution =
      tx::decode_institution(kAuthor, at, *from_hex(hex_of("records", "institution")));
  REQUIRE(institution.ok());
  CHECK(institution->facts == golden_facts());

  const auto succession =
      tx::decode_succession(kAuthor, at, *from_hex(hex_of("records", "succession")));
  REQUIRE(succession.ok());
  CHECK(succession->content == golden_split());

  CHECK(tx::decode_policy(kAuthor, at, *from_hex(hex_of("records", "policy")))->content ==
        golden_policy());
  CHECK(tx::decode_rule(kAuthor, at, *from_hex(hex_of("records", "rule")))->content.number == 3);

  const auto achievement = tx::decode_achievement(
      {kAuthor, 7, 2}, at, *from_hex(hex_of("records", "achievement_published")));
  REQUIRE(achievement.ok());
  CHECK(achievement->content == golden_achievement());

  for (std::size_t size = 0; size < body.size(); ++size) {
    CHECK_FALSE(tx::decode_statement(kAuthor, kSubject, at, ByteView(body).first(size)).ok());
  }

  auto longer = body;
  longer.push_back(0);
  CHECK_FALSE(tx::decode_statement(kAuthor, kSubject, at, longer).ok());

  for (std::size_t i = 0; i < body.size(); ++i) {
    auto changed = body;
    changed[i] ^= 0x10;
    const auto decoded = tx::decode_statement(kAuthor, kSubject, at, changed);
    if (decoded.ok() && encode(*decoded) != changed) FAIL("byte " << i << " has two meanings");
  }
}

TEST_CASE("golden: parameters, their bytes and digest, pin every standard value") {
  const ledger::Parameters standard;
  CHECK(to_hex(encode(standard)) == hex_of("parameters", "bytes"));
  CHECK(parameters_digest(standard).hex() == hex_of("parameters", "digest"));
  CHECK(ledger::decode_parameters(encode(standard)).value() == standard);
}

TEST_CASE(
    "golden: a recovery record signed elsewhere is accepted, and gives this chain id, these roots "
    "and this block") {
  const auto bytes = *from_hex(hex_of("recovery", "record"));
  const auto recovery = ledger::decode_genesis(bytes);

  INFO(recovery.message());
  REQUIRE(recovery.ok());

  CHECK(recovery->chain.hex() == hex_of("recovery", "chain"));
  CHECK(encode(*recovery) == bytes);

  const auto old = ledger::decode_genesis(*from_hex(hex_of("genesis", "record"))).value();
  CHECK(ledger::verify_continuation(*recovery, ledger::make_light_client(old)).ok());

  ledger::MemoryState state;
  state.apply(*ledger::build_genesis_state(old).delta);
  const auto built = ledger::build_recovery_state(*recovery, state);
  INFO(built.message());
  REQUIRE(built.ok());

  CHECK(built->header.roots.registry_root.hex() == hex_of("recovery", "registry_root"));
  CHECK(built->block.hex() == hex_of("recovery", "block"));
}

TEST_CASE(
    "golden: a genesis record signed elsewhere is accepted, and gives this chain id and these "
    "roots") {
  const auto bytes = *from_hex(hex_of("genesis", "record"));
  const auto genesis = ledger::decode_genesis(bytes);

  INFO(genesis.message());
  REQUIRE(genesis.ok());

  CHECK(genesis->chain.hex() == hex_of("genesis", "chain"));
  CHECK(encode(*genesis) == bytes);

  const auto state = ledger::build_genesis_state(*genesis);
  CHECK(state.header.roots.registry_root.hex() == hex_of("genesis", "registry_root"));
  CHECK(state.header.validator_set.hex() == hex_of("genesis", "validator_set"));
  CHECK(state.header.parameters.hex() == hex_of("parameters", "digest"));
  CHECK(state.header.time_ms == kGenesisTimeMs);
}

TEST_CASE(
    "the documents name every rejection code, every active kind and every parameter, with its "
    "number") {
  const auto page = [](const char* name) {
    return read_file(source_file(std::string("docs/formats/") + name));
  };
  const auto row = [](std::uint64_t number, std::string_view name) {
    return "| " + std::to_string(number) + " | `" + std::string(name) + "` |";
  };

  const auto transaction = page("transaction.md");
  std::size_t codes = 0;
  for (std::uint16_t number = 1; number < 1'000; ++number) {
    const auto name_of_code = name(static_cast<RejectionCode>(number));
    if (name_of_code == "unknown") continue;
    ++codes;
    CAPTURE(number);
    CHECK(transaction.find(row(number, name_of_code)) != std::string::npos);
  }
  CHECK(codes >= 90);

  const auto kinds = page("kinds.md");
  for (const auto& kind : tx::kind_rows()) {
    CHECK(kinds.find(row(static_cast<std::uint64_t>(kind.kind), name(kind.kind))) !=
          std::string::npos);
  }

  const auto parameters = page("parameters.md");
  for (const auto& parameter : ledger::parameter_rows()) {
    CHECK(parameters.find(row(static_cast<std::uint64_t>(parameter.id), parameter.name)) !=
          std::string::npos);
  }
}

}  // namespace testamur::test
