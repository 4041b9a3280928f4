// Verdicts over the API, and that what is said to be proven can be proven without trusting the
// node.
#include "consensus/values/codec.h"
#include "ledger/log.h"
#include "ledger/proofs/merkle.h"
#include "ledger/proofs/receipt.h"
#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

struct Verifying {
  RunningNodes nodes{1, {}, 1};
  ApiCaller api{nodes.at(0).node->api_port()};
  AchievementId achievement = nodes.publish(0, 0);
  std::uint64_t issued_at = api.commit(nodes.batch(0, achievement, 100, 300)).committed().height();

  void change(tx::StatusAction action, std::uint64_t index) {
    tx::StatusChangeContent content{action, tx::StatusReason::kWithdrawn,
                                    std::vector<IssuerIndex>{IssuerIndex{index}}};
    auto carried = nodes.sign(0, KeyPurpose::kIssue, tx::build(nodes.envelope(0), content));
    REQUIRE(api.commit(carried).state() == v1::TRANSACTION_STATE_COMMITTED);
  }
  // The validators of the genesis, as a verifier would pin them.
  ledger::LightClient light_client() {
    grpc::ClientContext context;
    v1::GetParametersResponse parameters;
    REQUIRE(api.registry->GetParameters(&context, {}, &parameters).ok());

    auto genesis = ledger::decode_genesis(as_bytes(parameters.genesis_record()));
    REQUIRE(genesis.ok());
    CHECK(genesis->chain == nodes.chain());

    std::vector<ledger::CertifyingSet::Member> members;
    for (const auto& validator : parameters.validators()) {
      ledger::CertifyingSet::Member member;
      member.institution = *InstitutionId::from(as_bytes(validator.institution_id()));
      std::memcpy(member.key.bytes.data(), validator.public_key().data(), 32);
      members.push_back(member);
    }

    return {genesis->chain, Epoch{0}, ledger::CertifyingSet::make(members).value()};
  }
};

TEST_CASE("a listed hash is found with issuer, achievement, anchor, status and decisions") {
  Verifying v;
  auto answer = v.api.check(RunningNodes::commitment(0, 350).view());

  CHECK(answer.finding() == v1::FINDING_FOUND);
  CHECK_FALSE(answer.contents_checked());
  CHECK_FALSE(answer.holder_checked());
  REQUIRE(answer.slots_size() == 1);

  const auto& slot = answer.slots(0);
  CHECK(slot.issuer().name_now() == "University 0");
  CHECK(slot.issuer().name_then() == "University 0");
  CHECK(slot.issuer_index() == 350);
  CHECK(slot.achievement().titles(0).text() == "Logic");
  CHECK(slot.achievement().ects_hundredths() == 300);
  CHECK(slot.anchor().height() == v.issued_at);

  CHECK(slot.status().status() == v1::CREDENTIAL_STATUS_VALID);
  CHECK(slot.status().effective_status() == v1::CREDENTIAL_STATUS_VALID);
  CHECK(slot.status().since().height() == v.issued_at);
  CHECK(slot.key().state() == v1::KEY_STATE_ACTIVE);

  REQUIRE(slot.decisions_size() == 2);
  CHECK(slot.decisions(0).point() == v1::DECISION_POINT_AT_ANCHOR);
  CHECK(slot.decisions(1).point() == v1::DECISION_POINT_TODAY);
  CHECK(slot.decisions(1).outcome() == v1::DECISION_OUTCOME_ACCEPT);
  CHECK(slot.decisions(1).policy_digest().size() == 32);

  CHECK(answer.as_of().height() >= v.issued_at);
  CHECK(answer.checkpoint().height() == answer.as_of().height());
}

TEST_CASE("a hash that nobody listed is not listed") {
  Verifying v;
  auto answer = v.api.check(sha256(as_bytes("nobody")).view());
  CHECK(answer.finding() == v1::FINDING_NOT_LISTED);
  CHECK(answer.slots_size() == 0);
}

TEST_CASE("a revocation, a suspension and its end show in the next check, with reason and place") {
  Verifying v;
  auto commitment = RunningNodes::commitment(0, 101);

  v.change(tx::StatusAction::kSuspend, 101);
  CHECK(v.api.check(commitment.view()).slots(0).status().status() ==
        v1::CREDENTIAL_STATUS_SUSPENDED);

  v.change(tx::StatusAction::kReinstate, 101);
  CHECK(v.api.check(commitment.view()).slots(0).status().status() == v1::CREDENTIAL_STATUS_VALID);

  v.change(tx::StatusAction::kRevoke, 101);
  auto status = v.api.check(commitment.view()).slots(0).status();
  CHECK(status.status() == v1::CREDENTIAL_STATUS_REVOKED);
  CHECK(status.reason() == v1::STATUS_REASON_WITHDRAWN);
  CHECK(status.since().height() > v.issued_at);

  CHECK(v.api.check(RunningNodes::commitment(0, 102).view()).slots(0).status().status() ==
        v1::CREDENTIAL_STATUS_VALID);
}

TEST_CASE("what a key issued at or after its compromise is void, whatever its slot says") {
  Verifying v;
  auto key = key_id(KeyPurpose::kIssue, v.nodes.at(0).issue.public_key());

  auto fresh = SecretKey::generate(SignatureAlgorithm::kBip340);
  auto possession =
      possession_message(v.nodes.chain(), v.nodes.at(0).id, KeyPurpose::kIssue, fresh.public_key());
  tx::KeyAddContent add{KeyPurpose::kIssue, fresh.public_key(), fresh.sign(possession.view())};

  REQUIRE(v.api.commit(v.nodes.sign(0, KeyPurpose::kRoot, tx::build(v.nodes.envelope(0), add)))
              .state() == v1::TRANSACTION_STATE_COMMITTED);

  tx::KeyRetireContent retire{key, 1};
  REQUIRE(v.api.commit(v.nodes.sign(0, KeyPurpose::kRoot, tx::build(v.nodes.envelope(0), retire)))
              .state() == v1::TRANSACTION_STATE_COMMITTED);

  // The slot itself keeps its status; what counts follows from the key.
  auto slot = v.api.check(RunningNodes::commitment(0, 100).view()).slots(0);
  CHECK(slot.status().status() == v1::CREDENTIAL_STATUS_VALID);
  CHECK(slot.status().effective_status() == v1::CREDENTIAL_STATUS_VOID);
  CHECK(slot.status().effective_cause() == "key");
  CHECK(slot.key().state() == v1::KEY_STATE_COMPROMISED);
}

TEST_CASE("a reference finds its slot, and one of another ledger is refused") {
  Verifying v;
  v1::CheckReferenceRequest request;
  request.set_reference(
      to_text(make_reference(v.nodes.chain(), v.nodes.at(0).id, IssuerIndex{399})));
  grpc::ClientContext context;
  v1::CheckReferenceResponse response;
  REQUIRE(v.api.verify->CheckReference(&context, request, &response).ok());
  CHECK(response.finding() == v1::FINDING_FOUND);
  CHECK(response.slot().commitment() == bytes_of(RunningNodes::commitment(0, 399).view()));
  CHECK(response.slot().reference() == request.reference());

  request.set_reference(
      to_text(make_reference(v.nodes.chain(), v.nodes.at(0).id, IssuerIndex{400})));
  grpc::ClientContext second;
  REQUIRE(v.api.verify->CheckReference(&second, request, &response).ok());
  CHECK(response.finding() == v1::FINDING_NOT_LISTED);

  request.set_reference(to_text(make_reference(ChainId{}, v.nodes.at(0).id, IssuerIndex{399})));
  grpc::ClientContext third;
  auto status = v.api.verify->CheckReference(&third, request, &response);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(detail_of(status).field() == "reference");
}

TEST_CASE("a bulk answer agrees with single ones, in the order of the request") {
  Verifying v;
  v.change(tx::StatusAction::kRevoke, 120);

  v1::CheckBulkRequest request;
  std::vector<Hash256> asked;
  for (std::uint64_t i : {120u, 7u, 399u, 100u}) asked.push_back(RunningNodes::commitment(0, i));
  for (const auto& each : asked) request.mutable_commitments()->append(bytes_of(each.view()));

  grpc::ClientContext context;
  v1::CheckBulkResponse response;
  REQUIRE(v.api.verify->CheckBulk(&context, request, &response).ok());
  REQUIRE(response.verdicts_size() == 4);
  CHECK(response.issuers_size() == 1);

  for (int i = 0; i < 4; ++i) {
    auto single = v.api.check(asked[static_cast<std::size_t>(i)].view());
    CAPTURE(i);
    REQUIRE(response.verdicts(i).finding() == single.finding());
    if (single.slots_size() == 0) continue;

    CHECK(response.verdicts(i).slots(0).status() == single.slots(0).status().status());
    CHECK(response.verdicts(i).slots(0).issuer_index() == single.slots(0).issuer_index());
    CHECK(response.verdicts(i).slots(0).today() == single.slots(0).decisions(1).outcome());
  }

  request.set_commitments(std::string(33, 'x'));
  grpc::ClientContext second;
  CHECK(v.api.verify->CheckBulk(&second, request, &response).error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("a stream answers each request in order") {
  Verifying v;
  grpc::ClientContext context;
  auto stream = v.api.verify->CheckStream(&context);

  for (std::uint64_t i : {100u, 5u, 101u}) {
    v1::CheckStreamRequest request;
    request.set_commitments(bytes_of(RunningNodes::commitment(0, i).view()));
    REQUIRE(stream->Write(request));

    v1::CheckStreamResponse response;
    REQUIRE(stream->Read(&response));
    CHECK(response.answer().verdicts(0).finding() ==
          (i < 100 ? v1::FINDING_NOT_LISTED : v1::FINDING_FOUND));
  }

  stream->WritesDone();
  CHECK(stream->Finish().ok());
}

TEST_CASE("a receipt proves the slot offline, from the genesis alone") {
  Verifying v;
  grpc::ClientContext context;

  v1::GetReceiptRequest request;
  request.set_commitment(bytes_of(RunningNodes::commitment(0, 250).view()));
  v1::GetReceiptResponse response;
  REQUIRE(v.api.verify->GetReceipt(&context, request, &response).ok());
  REQUIRE(response.receipts_size() == 1);

  auto receipt = ledger::decode_receipt(as_bytes(response.receipts(0).receipt()));
  INFO(receipt.message());
  REQUIRE(receipt.ok());

  auto client = v.light_client();
  auto proven = ledger::verify_receipt(*receipt, client);
  INFO(proven.message());
  CHECK(proven.ok());
  CHECK(receipt->slot.issuer_index() == IssuerIndex{250});

  // Revoked in the receipt alone, its proof no longer fits.
  receipt->slot.statuses.set(receipt->slot.position, ledger::CredentialStatus::kRevoked);
  CHECK_FALSE(ledger::verify_receipt(*receipt, client).ok());
}

TEST_CASE("inclusion and consistency proofs of the log hold under a checkpoint") {
  Verifying v;
  v.change(tx::StatusAction::kRevoke, 100);
  grpc::ClientContext context;
  v1::GetInclusionProofRequest request;
  request.set_log_index(1);
  v1::GetInclusionProofResponse proof;
  REQUIRE(v.api.log->GetInclusionProof(&context, request, &proof).ok());
  ledger::merkle::Path path;
  for (const auto& hash : proof.path()) path.push_back(*Hash256::from(as_bytes(hash)));
  auto root = ledger::merkle::root_from_path(ledger::merkle::leaf_hash(as_bytes(proof.leaf())),
                                             proof.log_index(), proof.tree_size(), path);
  REQUIRE(root.has_value());
  CHECK(bytes_of(root->view()) == proof.root());
  CHECK(proof.checkpoint().log_root() == proof.root());

  grpc::ClientContext second;
  v1::GetConsistencyProofRequest consistency;
  consistency.set_old_size(1);
  v1::GetConsistencyProofResponse grown;
  REQUIRE(v.api.log->GetConsistencyProof(&second, consistency, &grown).ok());
  ledger::merkle::Path steps;
  for (const auto& hash : grown.path()) steps.push_back(*Hash256::from(as_bytes(hash)));
  CHECK(ledger::merkle::verify_consistency(grown.old_size(), grown.new_size(), steps,
                                           *Hash256::from(as_bytes(grown.old_root())),
                                           *Hash256::from(as_bytes(grown.new_root()))));
}

TEST_CASE("a segment answers how many slots it hides among") {
  Verifying v;

  grpc::ClientContext context;
  v1::GetSegmentRequest request;
  request.set_first_page(0);
  request.set_page_count(2);
  v1::GetSegmentResponse response;

  REQUIRE(v.api.verify->GetSegment(&context, request, &response).ok());
  CHECK(response.pages_size() == 2);
  CHECK(response.slots() == 256);

  request.set_page_count(5000);
  grpc::ClientContext second;
  auto status = v.api.verify->GetSegment(&second, request, &response);
  CHECK(detail_of(status).limit() == 1024);
  CHECK(detail_of(status).actual() == 5000);
}

TEST_CASE("the explanation says in sentences what the verdict says in fields") {
  Verifying v;
  grpc::ClientContext context;

  v1::ExplainRequest request;
  request.set_commitment(bytes_of(RunningNodes::commitment(0, 100).view()));
  v1::ExplainResponse response;
  REQUIRE(v.api.verify->Explain(&context, request, &response).ok());

  CHECK(response.finding() == v1::FINDING_FOUND);
  std::string all;
  for (const auto& line : response.lines()) all += line.topic() + ": " + line.text() + "\n";
  INFO(all);

  CHECK(all.find("issuer: University 0 anchored it at height") != std::string::npos);
  CHECK(all.find("status: the status is valid") != std::string::npos);
  CHECK(all.find("recognition: ") != std::string::npos);
}

}  // namespace
}  // namespace testamur::node
