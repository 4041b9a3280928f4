// Bad input over the API: each kind of mistake gives its named code, and nothing is lost or
// committed by it.
#include "node/rpc/services/services.h"
#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

struct Submission {
  RunningNodes nodes{1, {}, 1};
  ApiCaller api{nodes.at(0).node->api_port()};
  AchievementId achievement = nodes.publish(0, 0);

  // The refusal of a transaction, as (canonical code, detail code).
  std::pair<grpc::StatusCode, std::string> refusal(const Bytes& carried) {
    auto status = api.submit(carried);
    CHECK_FALSE(status.error_message().empty());
    return {status.error_code(), detail_of(status).code()};
  }
};
using Refusal = std::pair<grpc::StatusCode, std::string>;
constexpr auto kForm = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kState = grpc::StatusCode::FAILED_PRECONDITION;

TEST_CASE("each mistake in a submitted transaction is refused by its name") {
  Submission s;
  REQUIRE(s.api.commit(s.nodes.batch(0, s.achievement, 0, 10)).state() ==
          v1::TRANSACTION_STATE_COMMITTED);
  auto height = s.nodes.at(0).node->chain().head()->header.height;
  auto good = s.nodes.batch(0, s.achievement, 10, 10);

  // A transaction for another ledger has another id, which its signature does not cover.
  auto envelope = s.nodes.envelope(0);
  envelope.chain.bytes[0] ^= 1;
  tx::IssueListedContent content{s.achievement, IssuerIndex{50}, {RunningNodes::commitment(0, 50)}};
  CHECK(s.refusal(s.nodes.sign(0, KeyPurpose::kIssue, tx::build(envelope, content))) ==
        Refusal{kState, "bad_signature"});

  auto forged = good;
  forged.back() ^= 1;
  CHECK(s.refusal(forged) == Refusal{kState, "bad_signature"});

  CHECK(s.refusal(s.nodes.batch(0, s.achievement, 5, 10)) == Refusal{kState, "index_overlap"});

  auto stranger = s.nodes.envelope(0);
  stranger.author.bytes.fill(7);
  CHECK(s.refusal(s.nodes.sign(0, KeyPurpose::kIssue, tx::build(stranger, content))) ==
        Refusal{kState, "unknown_author"});

  // The other institution signs in the first one's name, with its own key.
  CHECK(s.refusal(s.nodes.sign(1, KeyPurpose::kIssue, tx::build(s.nodes.envelope(0), content))) ==
        Refusal{kState, "key_of_another"});
  // Nobody can even address another's credential: indexes are the author's own.
  tx::StatusChangeContent revoke{tx::StatusAction::kRevoke, tx::StatusReason::kWithdrawn,
                                 std::vector<IssuerIndex>{IssuerIndex{3}}};
  CHECK(s.refusal(s.nodes.sign(1, KeyPurpose::kIssue, tx::build(s.nodes.envelope(1), revoke))) ==
        Refusal{kState, "unknown_index"});
  CHECK(s.refusal(s.nodes.sign(0, KeyPurpose::kGovern, tx::build(s.nodes.envelope(0), content))) ==
        Refusal{kState, "key_purpose"});

  auto expired = s.nodes.envelope(0);
  expired.valid_until_ms = 1;
  CHECK(s.refusal(s.nodes.sign(0, KeyPurpose::kIssue, tx::build(expired, content))) ==
        Refusal{kState, "expired"});
  auto distant = s.nodes.envelope(0);
  distant.valid_until_ms += 24ull * 3600 * 1000;
  CHECK(s.refusal(s.nodes.sign(0, KeyPurpose::kIssue, tx::build(distant, content))) ==
        Refusal{kState, "valid_too_long"});

  CHECK(s.refusal(Bytes(good.begin(), good.end() - 5)) == Refusal{kForm, "truncated"});
  CHECK(s.refusal({}).first == kForm);
  CHECK(s.refusal(Bytes(700'000, 1)) == Refusal{kForm, "too_large"});
  CHECK(s.refusal(Bytes(100, 0xff)).first == kForm);
  auto tail = good;
  tail.push_back(0);
  CHECK(s.refusal(tail).first == kForm);

  CHECK(s.nodes.at(0).node->chain().head()->header.height == height);
  CHECK(s.api.commit(good).state() == v1::TRANSACTION_STATE_COMMITTED);
}

TEST_CASE("submitting a committed transaction again answers committed, with its place") {
  Submission s;
  auto carried = s.nodes.batch(0, s.achievement, 0, 1);
  auto outcome = s.api.commit(carried);
  v1::SubmitResponse again;
  REQUIRE(s.api.submit(carried, &again).ok());
  CHECK(again.state() == v1::TRANSACTION_STATE_COMMITTED);
  CHECK(again.committed().height() == outcome.committed().height());
  CHECK(again.committed().log_index() == outcome.committed().log_index());
}

TEST_CASE("a request beyond the message limit is refused before it is read") {
  Submission s;
  auto status = s.api.submit(Bytes(5u << 20, 1));
  CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("of many submitted at once each has its own result") {
  Submission s;
  v1::SubmitManyRequest request;
  request.add_transactions(bytes_of(s.nodes.batch(0, s.achievement, 0, 2)));
  request.add_transactions("nonsense");
  request.add_transactions(bytes_of(s.nodes.batch(0, s.achievement, 2, 2)));
  grpc::ClientContext context;
  v1::SubmitManyResponse response;
  REQUIRE(s.api.ledger->SubmitMany(&context, request, &response).ok());
  REQUIRE(response.results_size() == 3);
  CHECK(response.results(0).state() == v1::TRANSACTION_STATE_PENDING);
  CHECK(response.results(1).state() == v1::TRANSACTION_STATE_REJECTED);
  CHECK(response.results(1).error().number() != 0);
  CHECK(response.results(2).state() == v1::TRANSACTION_STATE_PENDING);

  v1::AwaitCommitsRequest wait;
  wait.add_ids(response.results(0).id());
  wait.add_ids(response.results(2).id());
  grpc::ClientContext waiting;
  auto stream = s.api.ledger->AwaitCommits(&waiting, wait);
  v1::AwaitCommitsResponse ended;
  int committed = 0;
  while (stream->Read(&ended))
    committed += ended.outcome().state() == v1::TRANSACTION_STATE_COMMITTED;
  CHECK(stream->Finish().ok());
  CHECK(committed == 2);
}

// Found by scripts/chaos: a node whose clock was an hour ahead refused as expired what the ledger
// could still commit, and a client that came to it when its own node had died took that for the
// end.
TEST_CASE("a node whose clock is ahead does not call a transaction expired") {
  constexpr std::uint64_t kHead = 1'800'000'000'000, kHour = 3'600'000;
  CHECK(submission_time_ms(kHead, kHead + kHour, kHead + 600'000) == kHead + 600'000);
  CHECK(submission_time_ms(kHead, kHead + kHour, kHead - 1) ==
        kHead);  // expired by the ledger's own time
  CHECK(submission_time_ms(kHead, kHead - kHour, kHead + 600'000) == kHead);
  CHECK(submission_time_ms(kHead, kHead + 1'000, kHead + 2 * kHour) ==
        kHead + 1'000);  // too long stays too long
}

TEST_CASE("waiting for what never comes ends at the caller's deadline") {
  Submission s;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  v1::AwaitCommitRequest request;
  request.set_id(std::string(32, 'x'));
  v1::AwaitCommitResponse response;
  CHECK(s.api.ledger->AwaitCommit(&context, request, &response).error_code() ==
        grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_CASE("a transaction is found again with its bytes") {
  Submission s;
  auto carried = s.nodes.batch(0, s.achievement, 0, 1);
  auto outcome = s.api.commit(carried);

  grpc::ClientContext context;
  v1::GetTransactionRequest request;
  request.set_id(outcome.id());
  v1::GetTransactionResponse response;
  REQUIRE(s.api.ledger->GetTransaction(&context, request, &response).ok());

  CHECK(response.outcome().state() == v1::TRANSACTION_STATE_COMMITTED);
  CHECK(response.transaction() == bytes_of(carried));

  grpc::ClientContext unknown;
  request.set_id(std::string(32, 'x'));
  REQUIRE(s.api.ledger->GetTransaction(&unknown, request, &response).ok());
  CHECK(response.outcome().state() == v1::TRANSACTION_STATE_UNKNOWN);
}

}  // namespace
}  // namespace testamur::node
