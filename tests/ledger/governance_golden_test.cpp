// The bytes of governance that are hashed, signed and stored, against tests/vectors/ledger_tx.json,
// which tests/ledger/tx_golden.py computes from the documented formats alone.
#include <nlohmann/json.hpp>

#include "ledger/tx/consensus_statement.h"
#include "tests/ledger/governance_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::test {

namespace {

const nlohmann::json& vectors() {
  static const auto json =
      nlohmann::json::parse(read_file(source_file("tests/vectors/ledger_tx.json")));
  return json;
}

const auto kAuthor = counting<InstitutionId>(0x20);
const auto kSubject = counting<InstitutionId>(0x40);
constexpr std::uint64_t kFrom = 1'800'000'000'000;
constexpr std::uint64_t kUntil = 1'800'000'600'000;
const auto kFirstKey = counting<KeyId>(0xA0);
const auto kProposal = counting<TransactionId>(0x80);

template <class Content>
void check_body(const std::string& name, const Content& content) {
  INFO(name);
  const auto built =
      tx::build({counting<ChainId>(0x00), kAuthor, counting<tx::Nonce>(0x60), kUntil}, content);
  const auto* rejection = std::get_if<Rejection>(&built);
  INFO((rejection != nullptr ? to_text(*rejection) : ""));
  REQUIRE(rejection == nullptr);
  const auto& transaction = std::get<tx::UnsignedTransaction>(built);
  const auto& golden = vectors()["bodies"][name];
  CHECK(to_hex(transaction.body) == golden["body"].get<std::string>());
  CHECK(transaction.id.hex() == golden["id"].get<std::string>());
}

tx::SetChangeContent golden_set() {
  return {
      {{kAuthor, kFirstKey, {}}, {kSubject, counting<KeyId>(0xA1), counting<TransactionId>(0x80)}}};
}

tx::ReadyContent golden_ready() {
  return {kFirstKey, "1.2.3", 2, Height{77}, counting<BlockId>(0xB0)};
}

tx::EvidenceContent golden_evidence() {
  using Act = tx::ConsensusStatement::Act;
  return {kSubject,
          encode(tx::ConsensusStatement{
              Act::kNullify, Epoch{3}, View{9}, {}, {}, counting<Signature>(0x11)}),
          encode(tx::ConsensusStatement{Act::kFinalize, Epoch{3}, View{9}, View{8},
                                        counting<BlockId>(0xB0), counting<Signature>(0x01)})};
}

template <class Record>
void check_record(const char* name, const Record& record) {
  INFO(name);
  CHECK(to_hex(encode(record)) == vectors()["records"][name].get<std::string>());
}

// Every byte of a record has one meaning, and none can be missing or added.
template <class Decode>
void check_strict(const char* name, const Decode& decode) {
  INFO(name);

  const auto body = *from_hex(vectors()["records"][name].get<std::string>());
  const auto record = decode(body);
  REQUIRE(record.ok());
  CHECK(encode(*record) == body);

  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK_FALSE(decode(Bytes(body.begin(), body.begin() + long(size))).ok());

  auto longer = body;
  longer.push_back(0);
  CHECK_FALSE(decode(longer).ok());

  for (std::size_t i = 0; i < body.size(); ++i) {
    auto changed = body;
    changed[i] ^= 0x10;
    const auto decoded = decode(changed);
    CAPTURE(i);
    CHECK((!decoded.ok() || encode(*decoded) == changed));
  }
}

}  // namespace

TEST_CASE("golden: bodies and ids of proposals, votes, ready and evidence") {
  const PublicKey key{SignatureAlgorithm::kBip340,
                      *from_hex(vectors()["new_key"].get<std::string>())};
  const auto propose = [](tx::ProposedAction action) {
    return tx::ProposalContent{kUntil, kFrom, std::move(action)};
  };
  check_body("propose_admission",
             propose(tx::AdmissionContent{kSubject, tx::InstitutionClass::kIssuer, true}));
  check_body("propose_validator_set", propose(golden_set()));
  check_body("propose_parameters", propose(tx::ParameterChangeContent{
                                       {{ledger::Parameter::kHeartbeatMs, 20'000},
                                        {ledger::Parameter::kEffectiveDelayLimitMs, 86'400'000}}}));
  check_body("propose_protocol", propose(tx::ProtocolActivationContent{2, Height{1'000}}));
  check_body("propose_root_replacement",
             propose(tx::RootReplacementContent{kSubject, key, counting<Signature>(0x01)}));
  check_body("propose_suspension", propose(tx::SuspensionContent{kSubject, false}));
  check_body("propose_suspension_lifted", propose(tx::SuspensionContent{kSubject, true}));
  check_body("propose_succession",
             propose(tx::SuccessionContent{
                 tx::SuccessionKind::kRename, true, kSubject, {kAuthor}, {kSubject}}));
  check_body("vote", tx::VoteContent{kProposal, true, false});
  check_body("veto", tx::VoteContent{kProposal, false, true});
  check_body("ready", golden_ready());
  check_body("evidence", golden_evidence());
}

TEST_CASE("golden: bodies of the registry records of governance") {
  const tx::Cause cause{kProposal, kFirstKey, LogIndex{77}};

  tx::ProposalRecord proposal;
  proposal.cause = cause;
  proposal.actor = kAuthor;
  proposal.content = {kUntil, kFrom, golden_set()};
  check_record("proposed", proposal);

  proposal.event = tx::ProposalEvent::kApproved;
  check_record("approved", proposal);
  proposal.event = tx::ProposalEvent::kPassed;
  proposal.actor = {};
  proposal.due_ms = kUntil;
  check_record("passed", proposal);

  proposal.event = tx::ProposalEvent::kVoid;
  proposal.due_ms = 0;
  proposal.reason = RejectionCode::kReadyLapsed;
  check_record("proposal_void", proposal);

  check_record("ready", tx::ReadyRecord{{}, cause, kAuthor, golden_ready()});
  check_record("evidence", tx::EvidenceRecord{{}, cause, kAuthor, {}, golden_evidence()});
  check_record("protocol", ledger::ProtocolRecord{2, Height{1'000}});
}

TEST_CASE(
    "golden: records of governance decode to what was encoded, and nothing else passes unseen") {
  const tx::RecordPlace at{1, Height{2}, kFrom};
  for (const char* name : {"proposed", "approved", "passed", "proposal_void"}) {
    check_strict(name, [&](const Bytes& body) { return tx::decode_proposal(kProposal, at, body); });
  }
  check_strict("ready", [&](const Bytes& body) { return tx::decode_ready(kFirstKey, at, body); });
  check_strict("evidence", [&](const Bytes& body) { return tx::decode_evidence({}, at, body); });
}

}  // namespace testamur::test
