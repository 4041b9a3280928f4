// All that people read of transactions before they sign or send one: an example of every kind and
// action, through the bytes that are signed, compared with description_words.txt word for word.
#include <map>
#include <set>

#include "ledger/tx/build.h"
#include "ledger/tx/consensus_statement.h"
#include "ledger/tx/kinds.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "wallet/cli/description/transaction_description.h"

using namespace testamur;
using namespace testamur::wallet;
namespace tx = ledger::tx;

namespace {

constexpr std::uint64_t kNoon = 1'796'126'400'000;  // 2026-12-01 12:00 UTC
constexpr std::uint64_t kHourMs = 3'600'000;
constexpr std::uint64_t kMidnight = kNoon + 12 * kHourMs;

InstitutionId party(std::uint8_t number) { return InstitutionId::prefix_of(Bytes(16, number)); }
KeyId key(std::uint8_t number) { return KeyId::prefix_of(Bytes(16, number)); }
TransactionId transaction(std::uint8_t number) {
  return TransactionId::prefix_of(Bytes(32, number));
}

PublicKey public_key(SignatureAlgorithm algorithm) {
  return SecretKey::from_bytes(algorithm, Bytes(32, 7)).value().public_key();
}
tx::KeyAddContent new_key(KeyPurpose purpose,
                          SignatureAlgorithm algorithm = SignatureAlgorithm::kBip340) {
  return {purpose, public_key(algorithm), Signature::prefix_of(Bytes(64, 1))};
}

// What a node knows: the names of most, a set of four, some parameters.
DescriptionContext known() {
  DescriptionContext context;
  for (std::uint8_t i = 1; i <= 4; ++i) {
    context.validators.push_back({party(i), key(static_cast<std::uint8_t>(100 + i)), {}});
    context.names[to_text(party(i))] = "University " + std::to_string(i);
  }
  context.names[to_text(party(50))] = "Testland Institute";
  context.keys[to_text(key(9))] = "issue";
  context.parameters = {{"transport_overlap_ms", 7 * 24 * kHourMs},
                        {"compromise_window_ms", 24 * kHourMs},
                        {"root_veto_window_ms", 12 * kHourMs},
                        {"root_replacement_delay_ms", 5 * kHourMs},
                        {"heartbeat_ms", 30'000},
                        {"trust_slots_limit", 4}};
  return context;
}

// ---- examples

tx::InstitutionFacts facts() {
  return {{{"de", "Hochschule Neustadt"}, {"en", "Neustadt University"}},
          "AT",
          "neustadt.example",
          "05gq02987",
          "AT0001",
          "529900T8BM49AURSDO55",
          "1234",
          party(4)};
}
// Without an English name and without identifiers.
tx::InstitutionFacts few_facts() {
  return {{{"de", "Hochschule Neustadt"}, {"fr", "Haute école"}},
          "AT",
          "neustadt.example",
          {},
          {},
          {},
          {},
          {}};
}

tx::InstitutionRegisterContent registration() {
  const auto bip340 = public_key(SignatureAlgorithm::kBip340);
  return {
      facts(),
      {{KeyPurpose::kRoot, bip340}, {KeyPurpose::kIssue, bip340}, {KeyPurpose::kGovern, bip340}},
      1,
      {}};
}
tx::InstitutionRegisterContent registration_of_listed() {
  auto content = registration();
  content.listed = party(50);
  return content;
}

tx::SuccessionContent succession(tx::SuccessionKind kind, std::vector<InstitutionId> predecessors,
                                 std::vector<InstitutionId> successors, InstitutionId heir,
                                 bool closes = true) {
  return {kind, closes, heir, std::move(predecessors), std::move(successors)};
}
tx::SuccessionContent merge() {
  return succession(tx::SuccessionKind::kMerge, {party(1), party(2)}, {party(50)}, party(50));
}
tx::SuccessionContent split_that_closes() {
  return succession(tx::SuccessionKind::kSplit, {party(1)}, {party(3), party(50)}, party(3));
}
tx::SuccessionContent split_that_goes_on() {
  return succession(tx::SuccessionKind::kSplit, {party(1)}, {party(3), party(60)}, {}, false);
}
tx::SuccessionContent rename() {
  return succession(tx::SuccessionKind::kRename, {party(1)}, {party(50)}, party(50));
}
tx::SuccessionContent custody() {
  return succession(tx::SuccessionKind::kCustody, {party(1)}, {party(2)}, {});
}

tx::AchievementContent achievement(std::uint32_t ects_hundredths, std::uint8_t eqf_level,
                                   std::vector<InstitutionId> awarding_bodies) {
  tx::AchievementContent content;
  content.number = 77;
  content.version = 2;
  content.titles = {{"de", "Sichere Systeme"}, {"en", "Secure systems"}};
  content.ects_hundredths = ects_hundredths;
  content.eqf_level = eqf_level;
  content.awarding_bodies = std::move(awarding_bodies);
  return content;
}
tx::AchievementContent achievement_without_english() {
  auto content = achievement(250, 0, {});
  content.titles = {{"de", "Sichere Systeme"}, {"fr", "Systèmes sûrs"}};
  return content;
}

tx::HashList hashes(std::size_t count) {
  std::vector<Hash256> list;
  for (std::size_t i = 0; i < count; ++i)
    list.push_back(Hash256::prefix_of(Bytes(32, static_cast<std::uint8_t>(i + 1))));
  return list;
}

std::vector<IssuerIndex> indexes(std::initializer_list<std::uint64_t> values) {
  std::vector<IssuerIndex> list;
  for (const auto value : values) list.push_back(IssuerIndex{value});
  return list;
}

tx::StatementContent statement(tx::StatementKind kind, bool accreditation = false) {
  tx::StatementContent content;
  content.kind = kind;
  content.accreditation = accreditation;
  content.subject = party(2);
  return content;
}
tx::StatementContent trust_to_depth(std::uint8_t depth) {
  auto content = statement(tx::StatementKind::kTrust);
  content.amount = 90;
  content.depth = depth;
  content.valid_from_ms = kNoon;
  return content;
}
trust::Scope whole_scope() {
  trust::Scope scope;
  scope.fields = trust::parse_field("0613").value();
  scope.levels = std::uint8_t{0b1010'0000};
  scope.award_types = std::uint16_t{1};
  scope.purposes = std::uint8_t{1};
  scope.achievements = std::vector<trust::AchievementName>{{party(2), 77}};
  return scope;
}
tx::StatementContent trust_for_a_scope() {
  auto content = trust_to_depth(0);
  content.slot = 3;
  content.scope = whole_scope();
  content.valid_until_ms = kMidnight;
  return content;
}
tx::StatementContent distrust() {
  auto content = statement(tx::StatementKind::kDistrust);
  content.slot = 2;
  content.scope.levels = std::uint8_t{1};
  content.valid_from_ms = kNoon;
  content.valid_until_ms = kNoon + kHourMs;
  return content;
}
tx::StatementContent end_of_slot(std::uint16_t slot) {
  auto content = statement(tx::StatementKind::kEnd);
  content.slot = slot;
  content.valid_from_ms = kNoon;
  return content;
}
tx::StatementContent accreditation(const std::string& url) {
  auto content = statement(tx::StatementKind::kAccredit, true);
  content.amount = 120;
  content.slot = 4;
  content.valid_from_ms = kNoon;
  content.valid_until_ms = kMidnight;
  content.scheme = tx::QualityScheme::kEsg;
  content.report_url = url;
  return content;
}
// An agency of agencies, by a report that is named and digested.
tx::StatementContent accreditation_of_an_agency() {
  auto content = accreditation("https://agency.example/report");
  content.depth = 2;
  content.scheme = tx::QualityScheme::kEqavet;
  content.evidence_digest = sha256(as_bytes(std::string("report")));
  return content;
}
tx::StatementContent with_reason(tx::StatementContent content, tx::StatementReason reason) {
  content.reason = reason;
  return content;
}
tx::StatementContent naming(tx::StatementContent content) {
  content.names = {transaction(1), transaction(2)};
  if (content.kind == tx::StatementKind::kEnd) content.valid_from_ms = kNoon;
  return content;
}

tx::ProposalContent proposal(tx::ProposedAction action, std::uint64_t effective_ms = 0) {
  return {kNoon, effective_ms, std::move(action)};
}
tx::Seat seat(std::uint8_t number, std::uint8_t consensus) {
  return {party(number), key(consensus), transaction(8)};
}
// University 2 has a new key, 4 leaves, the Testland Institute joins.
tx::SetChangeContent set_change() {
  return {{seat(1, 101), seat(2, 202), seat(3, 103), seat(50, 150)}};
}
tx::SetChangeContent set_in_force() {
  return {{seat(1, 101), seat(2, 102), seat(3, 103), seat(4, 104)}};
}

tx::EvidenceContent evidence() {
  using Act = tx::ConsensusStatement::Act;
  return {party(2),
          encode(tx::ConsensusStatement{
              Act::kNullify, Epoch{3}, View{9}, {}, {}, Signature::prefix_of(Bytes(64, 1))}),
          encode(tx::ConsensusStatement{Act::kFinalize, Epoch{3}, View{9}, View{8},
                                        BlockId::prefix_of(Bytes(32, 5)),
                                        Signature::prefix_of(Bytes(64, 2))})};
}

// ---- the table

struct Example {
  std::string title;
  tx::Content content;
};

using Examples = std::vector<Example>;

void add_institutions(Examples& table) {
  table.push_back({"a registration", registration()});
  table.push_back({"a registration of a listed institution", registration_of_listed()});
  table.push_back({"new facts", tx::InstitutionUpdateContent{facts()}});
  table.push_back({"new facts, few", tx::InstitutionUpdateContent{few_facts()}});
  table.push_back({"leaving", tx::InstitutionLeaveContent{}});
  table.push_back({"listing", tx::InstitutionListContent{few_facts()}});
  table.push_back({"merger", merge()});
  table.push_back({"split that closes", split_that_closes()});
  table.push_back({"split that goes on", split_that_goes_on()});
  table.push_back({"rename", rename()});
  table.push_back({"custody", custody()});
}

void add_keys(Examples& table) {
  const auto ed25519 = SignatureAlgorithm::kEd25519;
  const auto p256 = SignatureAlgorithm::kEcdsaP256;
  table.push_back({"a root key", new_key(KeyPurpose::kRoot)});
  table.push_back({"an issue key", new_key(KeyPurpose::kIssue)});
  table.push_back({"a govern key", new_key(KeyPurpose::kGovern)});
  table.push_back({"a consensus key", new_key(KeyPurpose::kConsensus)});
  table.push_back({"a transport key", new_key(KeyPurpose::kTransport, ed25519)});
  table.push_back({"a credential key", new_key(KeyPurpose::kCredential, p256)});
  table.push_back({"a cosign key", new_key(KeyPurpose::kCosign, ed25519)});
  table.push_back({"rotation", tx::KeyRotateContent{key(9), new_key(KeyPurpose::kIssue)}});
  table.push_back({"rotation of a transport key",
                   tx::KeyRotateContent{key(8), new_key(KeyPurpose::kTransport, ed25519)}});
  table.push_back({"retirement", tx::KeyRetireContent{key(9), 0}});
  table.push_back({"retirement after a compromise", tx::KeyRetireContent{key(8), kNoon}});
}

void add_publications(Examples& table) {
  table.push_back({"an achievement", achievement(300, 6, {})});
  table.push_back({"a joint achievement", achievement(205, 0, {party(1), party(2)})});
  table.push_back({"an achievement without credits", achievement(0, 0, {party(1)})});
  table.push_back({"an achievement without an English title", achievement_without_english()});
  table.push_back({"co-signing", tx::AchievementCosignContent{{party(2), 77, 2}}});
  table.push_back({"retiring an achievement", tx::AchievementRetireContent{77, 2}});
  table.push_back(
      {"a policy", tx::PolicyContent{Hash256::prefix_of(Bytes(32, 6)), "https://a.example/p"}});
  table.push_back(
      {"a policy without a place", tx::PolicyContent{Hash256::prefix_of(Bytes(32, 6)), ""}});
  table.push_back(
      {"a rule", tx::RuleContent{5, 1, {{"en", "Stack"}}, Hash256::prefix_of(Bytes(32, 6)), ""}});
}

void add_credentials(Examples& table) {
  const AchievementId awarded{party(1), 77, 2};
  table.push_back({"issuing", tx::IssueListedContent{awarded, IssuerIndex{120}, hashes(2)}});
  table.push_back(
      {"issuing by pages", tx::IssueAnchoredContent{awarded, IssuerIndex{256}, 130, hashes(2)}});

  using enum tx::StatusReason;
  table.push_back({"revoking a list", tx::StatusChangeContent{tx::StatusAction::kRevoke,
                                                              kCorrection, indexes({4, 5, 6, 9})}});
  table.push_back({"superseding one",
                   tx::StatusChangeContent{tx::StatusAction::kSupersede, kReplaced, indexes({4})}});
  table.push_back({"suspending ranges",
                   tx::StatusChangeContent{tx::StatusAction::kSuspend, kNotClaimed,
                                           std::vector<tx::IndexRangeContent>{
                                               {IssuerIndex{10}, 5}, {IssuerIndex{20}, 1}}}});
  table.push_back({"reinstating many",
                   tx::StatusChangeContent{tx::StatusAction::kReinstate, kKeyCompromise,
                                           tx::IndexBitmap{IssuerIndex{1000}, Bytes{0x05, 0x80}}}});
  table.push_back({"revoking what was withdrawn",
                   tx::StatusChangeContent{tx::StatusAction::kRevoke, kWithdrawn, indexes({1})}});
  table.push_back(
      {"revoking for an issuer that closed",
       tx::StatusChangeContent{tx::StatusAction::kRevoke, kIssuerClosed, indexes({0})}});
}

void add_statements(Examples& table) {
  table.push_back({"trust", trust_to_depth(0)});
  table.push_back({"trust to depth 1", trust_to_depth(1)});
  table.push_back({"trust to depth 3", trust_to_depth(3)});
  table.push_back({"trust for a scope", trust_for_a_scope()});
  table.push_back({"distrust", distrust()});
  table.push_back({"an end", end_of_slot(0)});
  table.push_back({"an end of another slot", end_of_slot(2)});
  table.push_back({"an end that names", naming(statement(tx::StatementKind::kEnd))});
  table.push_back({"a void", naming(statement(tx::StatementKind::kVoid))});
  table.push_back({"accreditation", accreditation("https://agency.example/report")});
  table.push_back({"accreditation without a report", accreditation("")});
  table.push_back({"accreditation of an agency", accreditation_of_an_agency()});
  table.push_back(
      {"trust with a reason", with_reason(trust_to_depth(0), tx::StatementReason::kAgreement)});
  table.push_back({"distrust with a reason", with_reason(distrust(), tx::StatementReason::kFraud)});
  table.push_back({"the end of a slot with a reason",
                   with_reason(end_of_slot(2), tx::StatementReason::kQualityConcern)});
  table.push_back({"an end of accreditations", naming(statement(tx::StatementKind::kEnd, true))});
  table.push_back({"a void of accreditations", naming(statement(tx::StatementKind::kVoid, true))});
}

void add_governance(Examples& table) {
  using enum tx::InstitutionClass;
  const auto add = [&table](std::string title, tx::ProposedAction action, std::uint64_t when = 0) {
    table.push_back({"proposed: " + std::move(title), proposal(std::move(action), when)});
  };
  add("issuer", tx::AdmissionContent{party(50), kIssuer, true});
  add("accreditor", tx::AdmissionContent{party(50), kAccreditor, false});
  add("validator", tx::AdmissionContent{party(50), kValidator, false}, kNoon + kHourMs);
  add("set", set_change());
  add("set as it is", set_in_force());
  add("parameters", tx::ParameterChangeContent{{{ledger::Parameter::kTrustSlotsLimit, 8},
                                                {ledger::Parameter::kHeartbeatMs, 10'000},
                                                {ledger::Parameter::kVotingTimeLimitMs, kHourMs}}});
  add("protocol", tx::ProtocolActivationContent{3, Height{900}});
  add("root", tx::RootReplacementContent{party(3), public_key(SignatureAlgorithm::kBip340),
                                         Signature::prefix_of(Bytes(64, 1))});
  add("suspension of a validator", tx::SuspensionContent{party(2), false});
  add("suspension", tx::SuspensionContent{party(50), false});
  add("end of a suspension", tx::SuspensionContent{party(2), true});
  add("merger", merge());
  add("split", split_that_goes_on());
  add("rename", rename());
  add("custody", custody());

  table.push_back({"a yes", tx::VoteContent{transaction(8), true, false}});
  table.push_back({"a no", tx::VoteContent{transaction(8), false, false}});
  table.push_back({"a veto", tx::VoteContent{transaction(8), false, true}});
  table.push_back({"ready", tx::ReadyContent{key(101), "1.2.3", 2, Height{77},
                                             BlockId::prefix_of(Bytes(32, 5))}});
  table.push_back({"evidence", evidence()});
}

Examples examples() {
  Examples table;
  add_institutions(table);
  add_keys(table);
  add_publications(table);
  add_credentials(table);
  add_statements(table);
  add_governance(table);
  return table;
}

tx::UnsignedTransaction built(const Example& example) {
  const tx::Envelope envelope{ChainId::prefix_of(Bytes(32, 7)), party(1),
                              tx::Nonce::prefix_of(Bytes(16, 9)), kNoon};
  auto made = tx::build(envelope, example.content);
  const auto* rejection = std::get_if<tx::Rejection>(&made);
  INFO(example.title << ": " << (rejection == nullptr ? "" : to_text(*rejection)));
  REQUIRE(rejection == nullptr);
  return std::get<tx::UnsignedTransaction>(std::move(made));
}

tx::DecodedBody decoded(const tx::UnsignedTransaction& transaction) {
  auto body = tx::decode_body(transaction.body);
  REQUIRE(std::holds_alternative<tx::DecodedBody>(body));
  return std::get<tx::DecodedBody>(std::move(body));
}

std::string described(const Example& example, const DescriptionContext& context) {
  const auto transaction = built(example);
  return describe_transaction(decoded(transaction), context);
}

// The parts of the file by their titles: a title stands alone in a line after "== ".
std::map<std::string, std::string> pinned() {
  std::map<std::string, std::string> words;
  std::string text = test::read_file(test::source_file("tests/wallet/description_words.txt"));
  for (std::size_t at = text.find("== "); at != std::string::npos;) {
    const auto line_end = text.find('\n', at);
    const auto next = text.find("\n== ", line_end);
    const auto end = next == std::string::npos ? text.size() : next + 1;
    words[text.substr(at + 3, line_end - at - 3)] = text.substr(line_end + 1, end - line_end - 1);
    at = next == std::string::npos ? next : next + 1;
  }
  return words;
}

}  // namespace

TEST_CASE("what people read of a transaction is these words and no others") {
  const auto words = pinned();
  const auto context = known();
  std::size_t compared = 0;
  for (const auto& example : examples()) {
    CAPTURE(example.title);
    const auto found = words.find(example.title);
    CHECK(found != words.end());
    if (found != words.end()) CHECK(described(example, context) + "\n" == found->second);
    ++compared;

    // Without a node: the same by ids, and durations that are those of most ledgers.
    const auto alone = words.find(example.title + ", without a node");
    if (alone == words.end()) continue;
    CHECK(described(example, {}) + "\n" == alone->second);
    ++compared;
  }
  CHECK(compared == words.size());
}

TEST_CASE("every kind that a ledger takes and every action of a proposal has its example") {
  std::set<tx::Kind> kinds;
  std::set<std::size_t> actions;
  for (const auto& example : examples()) {
    const auto transaction = built(example);
    kinds.insert(decoded(transaction).kind);
    if (const auto* proposed = std::get_if<tx::ProposalContent>(&example.content))
      actions.insert(proposed->action.index());
  }

  for (const auto& row : tx::kind_rows()) {
    CAPTURE(tx::name(row.kind));
    CHECK(kinds.contains(row.kind));
  }
  CHECK(actions.size() == std::variant_size_v<tx::ProposedAction>);
}
