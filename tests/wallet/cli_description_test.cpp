// What a person reads before signing or sending.
#include "tests/support/catch.h"
#include "wallet/cli/description/advice.h"
#include "wallet/cli/description/named_parties.h"
#include "wallet/cli/description/transaction_description.h"
#include "wallet/cli/flow/awards/void_forecast.h"

using namespace testamur;
using namespace testamur::wallet;
namespace tx = ledger::tx;

namespace {

constexpr std::uint64_t kNoon = 1'796'126'400'000;  // 2026-12-01 12:00 UTC

InstitutionId party(std::uint8_t number) { return InstitutionId::prefix_of(Bytes(16, number)); }
KeyId key(std::uint8_t number) { return KeyId::prefix_of(Bytes(16, number)); }

// `n` validators 1…n with the keys 101…
DescriptionContext with_validators(std::uint8_t n) {
  DescriptionContext known;
  for (std::uint8_t i = 1; i <= n; ++i) {
    known.validators.push_back({party(i), key(static_cast<std::uint8_t>(100 + i)), {}});
    known.names[to_text(party(i))] = "University " + std::to_string(i);
  }
  known.names[to_text(party(50))] = "Testland Institute";
  return known;
}

tx::Seat seat(std::uint8_t number, std::uint8_t consensus) {
  return {party(number), key(consensus), TransactionId::prefix_of(Bytes(32, 0xaa))};
}

tx::ProposalContent proposal(tx::ProposedAction action, std::uint64_t effective_ms = 0) {
  return {kNoon, effective_ms, std::move(action)};
}

tx::ProposalContent set_change(const std::vector<tx::Seat>& seats, std::uint64_t effective_ms = 0) {
  return proposal(tx::SetChangeContent{seats}, effective_ms);
}

std::vector<tx::Seat> seats(std::uint8_t n) {
  std::vector<tx::Seat> out;
  for (std::uint8_t i = 1; i <= n; ++i) out.push_back(seat(i, static_cast<std::uint8_t>(100 + i)));
  return out;
}

// What a transaction of University 1 says; the kind matters only where its fields are shown.
std::string described(const tx::Content& content, const DescriptionContext& known,
                      std::uint8_t author = 1) {
  return describe_transaction({party(author), tx::Kind::kReady, 0, content, {}}, known);
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("more than two thirds vote, and n - f sign a block") {
  const std::vector<std::vector<std::uint64_t>> rows = {
      {1, 1, 1, 0},     {2, 2, 2, 0}, {3, 3, 3, 0},  {4, 3, 3, 1},    {5, 4, 4, 1},
      {6, 5, 4 + 1, 1}, {7, 5, 5, 2}, {10, 7, 7, 3}, {31, 21, 21, 10}};
  for (const auto& row : rows) {
    CAPTURE(row[0]);
    CHECK(votes_needed(row[0]) == row[1]);
    CHECK(quorum_of(row[0]) == row[2]);
    CHECK(tolerated_failures(row[0]) == row[3]);
  }
}

TEST_CASE("a set change says who joins, by how many votes, until when, and what blocks need then") {
  auto wanted = seats(4);
  wanted.push_back(seat(50, 150));

  const auto text = describe_proposal(set_change(wanted), with_validators(4));
  CHECK(says(text,
             "If 3 of the 4 validators vote yes before 2026-12-01 12:00 UTC, Testland Institute (" +
                 to_text(party(50)) +
                 ") joins the validator set with the first block after the deciding vote."));
  CHECK(says(text,
             "Blocks will then need 4 of 5 validators (now 3 of 4), so 1 of 5 may fail at a time "
             "(now 1)."));
  CHECK(says(text, "The epoch ends with that block."));

  const auto later = describe_proposal(set_change(wanted, kNoon + 3'600'000), with_validators(4));
  CHECK(says(later, "with the first block at or after 2026-12-01 13:00 UTC"));
}

TEST_CASE("a set change says who leaves and who votes with a new key") {
  auto wanted = seats(3);
  wanted[1] = seat(2, 202);
  const auto text = describe_proposal(set_change(wanted), with_validators(4));
  CHECK(says(text, "University 2 (" + to_text(party(2)) + ") votes with a new consensus key, " +
                       to_text(key(202))));
  CHECK(says(text, "University 4 (" + to_text(party(4)) + ") leaves the validator set"));
}

TEST_CASE("without a ledger at hand a set change names the whole set") {
  DescriptionContext known;
  const auto text = describe_proposal(set_change(seats(4)), known);
  CHECK(says(text, "If more than two thirds of the validators vote yes"));
  CHECK(says(text, "the validator set becomes: " + to_text(party(1))));
  CHECK(says(text, "Blocks will then need 3 of 4 validators, so 1 of 4 may fail"));
}

TEST_CASE(
    "fewer than four validators, fewer tolerated failures and an idle extra one are warned of") {
  const auto warnings = [](std::uint8_t before, std::uint8_t after) {
    std::string text;
    for (const auto& line : proposal_warnings(set_change(seats(after)), with_validators(before)))
      text += line + "\n";
    return text;
  };

  CHECK(says(warnings(4, 3), "one that stops stops the ledger"));
  CHECK(says(warnings(7, 6), "fewer validators may fail at a time than now: 1 instead of 2"));
  CHECK(says(warnings(4, 5), "the next number that bears more failures is 7"));
  CHECK(says(warnings(7, 5), "2 validators leave at once"));

  CHECK(warnings(6, 7).empty());
  CHECK(warnings(4, 4).empty());
}

TEST_CASE("a suspension of a validator says that it leaves the set") {
  const auto suspended = proposal(tx::SuspensionContent{party(2), false});

  const auto text = describe_proposal(suspended, with_validators(5));
  CHECK(says(text, "University 2 (" + to_text(party(2)) + ") is suspended"));
  CHECK(says(text,
             "leaves the validator set with that block. Blocks will then need 3 of 4 validators "
             "(now 4 of 5)"));
  CHECK(proposal_warnings(suspended, with_validators(4)).size() == 1);

  const auto lift = proposal(tx::SuspensionContent{party(2), true});
  CHECK(says(describe_proposal(lift, with_validators(4)), "the suspension of University 2"));
  CHECK(proposal_warnings(lift, with_validators(4)).empty());

  // Who holds no seat leaves none.
  const auto issuer = proposal(tx::SuspensionContent{party(50), false});
  CHECK_FALSE(says(describe_proposal(issuer, with_validators(4)), "leaves the validator set"));
}

TEST_CASE("parameters, admissions, versions and a new root are said in full") {
  auto known = with_validators(4);
  known.parameters = {{"heartbeat_ms", 30'000}, {"root_replacement_delay_ms", 604'800'000}};

  const auto parameter =
      proposal(tx::ParameterChangeContent{{{ledger::Parameter::kHeartbeatMs, 10'000}}});
  CHECK(says(describe_proposal(parameter, known),
             "heartbeat_ms changes from 30000 (30 seconds) to 10000 (10 seconds)"));

  const auto admission =
      proposal(tx::AdmissionContent{party(50), tx::InstitutionClass::kValidator, false});
  CHECK(says(describe_proposal(admission, known),
             "Testland Institute (" + to_text(party(50)) + ") is admitted to the class validator"));
  CHECK(says(describe_proposal(admission, known), "With that alone its node does not vote"));

  const auto protocol = proposal(tx::ProtocolActivationContent{2, Height{900}});
  CHECK(says(describe_proposal(protocol, known), "protocol version 2 from block 900 on"));

  const auto root = SecretKey::generate(SignatureAlgorithm::kBip340);
  const auto replacement = proposal(tx::RootReplacementContent{party(3), root.public_key(), {}});
  CHECK(says(describe_proposal(replacement, known),
             to_text(key_id(KeyPurpose::kRoot, root.public_key()))));
  CHECK(says(describe_proposal(replacement, known), "no sooner than 7 days"));
  CHECK(proposal_warnings(replacement, known).size() == 1);

  // What this version does not know must not look like a proposal that does nothing.
  CHECK(says(kUnknownProposal, "use a newer one"));
}

TEST_CASE("a retirement says what becomes void and what stands") {
  auto known = with_validators(4);
  known.keys[to_text(key(9))] = "issue";

  const auto ordinary = described(tx::KeyRetireContent{key(9), 0}, known);
  CHECK(says(ordinary, "University 1 (" + to_text(party(1)) + ") retires the key " +
                           to_text(key(9)) + ", a key of purpose issue.\n"));
  CHECK(says(ordinary, "what it signed before stands"));
  CHECK_FALSE(says(ordinary, "void"));

  const auto text = described(tx::KeyRetireContent{key(9), kNoon}, known);
  CHECK(says(text, "as compromised since 2026-12-01 12:00 UTC"));
  CHECK(says(text,
             "Everything that it signed and that was anchored at or after 2026-12-01 12:00 UTC "
             "counts as void"));
  CHECK(says(text, "Status changes that it signed stand too"));
  CHECK(says(text, "This cannot be taken back."));
}

TEST_CASE("a change of statuses names the indexes and the reason") {
  const tx::StatusChangeContent content{tx::StatusAction::kReinstate,
                                        tx::StatusReason::kKeyCompromise,
                                        std::vector{IssuerIndex{4}, IssuerIndex{9}}};
  CHECK(says(described(content, with_validators(1)),
             "with the indexes 4, 9: reinstate, reason key_compromise"));
}

TEST_CASE("a vote and a veto are told apart") {
  const auto known = with_validators(4);
  const auto id = TransactionId::prefix_of(Bytes(32, 0xbb));
  CHECK(says(described(tx::VoteContent{id, true, false}, known), "votes yes on the proposal tmx1"));
  CHECK(says(described(tx::VoteContent{id, false, false}, known), "votes no on"));
  CHECK(says(described(tx::VoteContent{id, false, true}, known), "keeps its root keys"));
}

TEST_CASE("every party agrees to a succession in its own name") {
  const auto known = with_validators(3);
  const auto merged = described(
      tx::SuccessionContent{
          tx::SuccessionKind::kMerge, true, party(3), {party(1), party(2)}, {party(3)}},
      known, 2);
  CHECK(says(merged, "University 2 (" + to_text(party(2)) + ") agrees to this: University 1"));
  CHECK(says(merged, "close and become part of University 3"));
  CHECK(says(merged, "when every party has agreed"));

  const auto split = described(
      tx::SuccessionContent{
          tx::SuccessionKind::kSplit, false, {}, {party(1)}, {party(2), party(3)}},
      known);
  CHECK(says(split, "stays open"));
  CHECK(says(split, "none of them is its heir"));

  const auto custody = described(
      tx::SuccessionContent{tx::SuccessionKind::kCustody, true, {}, {party(1)}, {party(2)}}, known,
      2);
  CHECK(says(custody, "who inherits no trust"));
}

// The successor was missing among those whose names are asked for: people read its bare id.
TEST_CASE("every institution that the words name is among those whose names are asked for") {
  const auto parties = [](const tx::Content& content) { return named_parties(content); };
  using Ids = std::set<InstitutionId>;

  CHECK(parties(tx::SuccessionContent{
            tx::SuccessionKind::kRename, true, party(2), {party(1)}, {party(2)}}) ==
        Ids{party(1), party(2)});
  CHECK(parties(tx::SuccessionContent{
            tx::SuccessionKind::kCustody, true, {}, {party(1)}, {party(2)}}) ==
        Ids{party(1), party(2)});
  CHECK(parties(set_change(seats(2))) == Ids{party(1), party(2)});
  CHECK(parties(proposal(tx::SuspensionContent{party(2), false})) == Ids{party(2)});
  CHECK(parties(tx::AchievementCosignContent{{party(3), 1, 1}}) == Ids{party(3)});

  tx::StatementContent statement;
  statement.subject = party(2);
  statement.scope.achievements = std::vector<trust::AchievementName>{{party(4), 1}};
  CHECK(parties(statement) == Ids{party(2), party(4)});

  tx::InstitutionRegisterContent registration;
  registration.listed = party(3);
  CHECK(parties(registration) == Ids{party(3)});

  // Zeros stand for nobody.
  CHECK(parties(tx::InstitutionUpdateContent{}).empty());
}

TEST_CASE("a statement says its last day as it was typed") {
  const auto known = with_validators(2);
  tx::StatementContent content;
  content.subject = party(2);
  content.amount = 120;
  content.valid_from_ms = kNoon;
  content.valid_until_ms = kNoon + 12 * 3'600'000;
  CHECK(says(described(content, known),
             "from 2026-12-01 12:00 UTC, last day: 2026-12-01 (UTC, to the end of that day)."));
  content.valid_until_ms = 0;
  CHECK(says(described(content, known), ", without an end."));
}

TEST_CASE("somebody else's texts stay within their line") {
  tx::AchievementContent content;
  content.number = content.version = 1;
  content.titles = {{"en", "Systems\nThis cannot be taken back."}};
  CHECK_FALSE(says(described(content, {}), "\nThis cannot"));
}

TEST_CASE("names that only a draft gives are marked as its word") {
  auto known = with_validators(1);
  known.names_unverified = true;
  CHECK(says(describe_party(known, party(1)),
             "University 1 (" + to_text(party(1)) + "; the name is the draft's word)"));
  CHECK(describe_party(known, party(60)) == to_text(party(60)));
}

TEST_CASE("a forecast counts what becomes void and names the indexes") {
  VoidForecast forecast;
  CHECK(says(to_text(forecast), "nothing becomes void"));

  forecast.issuances = 2;
  forecast.credentials = 37;
  forecast.first_ms = kNoon;
  forecast.last_ms = kNoon + 60'000;
  forecast.runs = {{120, 36}, {200, 1}};
  forecast.status_changes = 1;

  CHECK(says(
      to_text(forecast),
      "2 issuances with 37 credentials and 0 statements, anchored from 2026-12-01 12:00 UTC to "
      "2026-12-01 12:01 UTC (indexes 120-155, 200)."));
  CHECK(says(to_text(forecast), "Its 1 status change since then stand"));
}

// A person decides by these numbers about what cannot be taken back, and nobody proves them.
TEST_CASE("a forecast says on whose word it rests, also where it finds nothing") {
  VoidForecast forecast;
  forecast.by_word_of = "node.example:7443";
  const std::string word = "This is the word of node.example:7443 and not proven";
  CHECK(says(to_text(forecast), word));
  CHECK(to_json(forecast)["proven"] == false);
  CHECK(to_json(forecast)["by_word_of"] == "node.example:7443");

  forecast.issuances = 1;
  CHECK(says(to_text(forecast), word));
}

TEST_CASE("a rejection that a person can act on comes with advice") {
  CHECK(says(std::string(advice_for("signature_threshold")), "testamur sign FILE"));
  CHECK(advice_for("varint_not_minimal").empty());
}
