// What a node answers to callers who ask for more than anybody needs: bounded, and never less true.
#include <set>

#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

// Two institutions; the second lists what the first has issued.
struct Copied {
  RunningNodes nodes{1, {}, 1};
  ApiCaller api{nodes.at(0).node->api_port()};
  AchievementId own = nodes.publish(0, 0);

  std::string issuer(std::size_t index) { return bytes_of(nodes.at(index).id.view()); }
  void list(std::size_t index, std::uint64_t first, std::vector<Hash256> commitments) {
    const tx::IssueListedContent content{own, IssuerIndex{first}, std::move(commitments)};
    const auto carried =
        nodes.sign(index, KeyPurpose::kIssue, tx::build(nodes.envelope(index), content));
    REQUIRE(api.commit(carried).state() == v1::TRANSACTION_STATE_COMMITTED);
  }
  v1::CheckHashResponse check(const Hash256& commitment, const std::string& of = {}) {
    grpc::ClientContext context;
    v1::CheckHashRequest request;
    request.set_commitment(bytes_of(commitment.view()));
    request.set_issuer_id(of);
    v1::CheckHashResponse response;
    REQUIRE(api.verify->CheckHash(&context, request, &response).ok());
    return response;
  }
};

TEST_CASE(
    "a commitment that is listed ten thousand times is answered small, and the worst of its slots "
    "is shown") {
  Copied c;
  const auto commitment = sha256(as_bytes("one"));
  c.list(0, 1, std::vector<Hash256>(10'000, commitment));
  tx::StatusChangeContent content{tx::StatusAction::kRevoke, tx::StatusReason::kWithdrawn,
                                  std::vector<IssuerIndex>{IssuerIndex{7'000}}};
  REQUIRE(c.api.commit(c.nodes.sign(0, KeyPurpose::kIssue, tx::build(c.nodes.envelope(0), content)))
              .state() == v1::TRANSACTION_STATE_COMMITTED);

  for (const auto& of : {std::string(), c.issuer(0)}) {
    const auto answer = c.check(commitment, of);
    CHECK(answer.finding() == v1::FINDING_FOUND);
    CHECK(answer.slots_size() == 16);
    CHECK(answer.other_slots() == 10'000 - 16);
    CHECK(answer.slots(0).issuer_index() == 7'000);
    CHECK(answer.slots(0).status().status() == v1::CREDENTIAL_STATUS_REVOKED);
    CHECK(answer.ByteSizeLong() < 64 * 1024);
  }
  const auto of_nobody = c.check(commitment, std::string(16, '\1'));
  CHECK(of_nobody.finding() == v1::FINDING_NOT_LISTED);
  CHECK(of_nobody.slots_size() == 0);
  CHECK(of_nobody.other_slots() == 10'000);
}

TEST_CASE("a bulk check answers a repeated commitment each time it is named, in order") {
  Copied c;
  const auto known = sha256(as_bytes("known"));
  const auto unknown = sha256(as_bytes("unknown"));
  c.list(0, 1, {known});

  v1::CheckBulkRequest request;
  for (int i = 0; i < 1'000; ++i)
    request.mutable_commitments()->append(bytes_of((i % 3 == 0 ? unknown : known).view()));

  for (const auto& of : {std::string(), c.issuer(0), std::string(16, '\1')}) {
    request.set_issuer_id(of);
    grpc::ClientContext context;
    v1::CheckBulkResponse response;
    REQUIRE(c.api.verify->CheckBulk(&context, request, &response).ok());
    REQUIRE(response.verdicts_size() == 1'000);
    const bool of_another = of == std::string(16, '\1');

    for (int i = 0; i < 1'000; ++i) {
      const bool found = i % 3 != 0 && !of_another;
      CHECK(response.verdicts(i).finding() == (found ? v1::FINDING_FOUND : v1::FINDING_NOT_LISTED));
      CHECK(response.verdicts(i).other_slots() == (i % 3 != 0 && of_another ? 1u : 0u));
    }
  }
}

TEST_CASE("an id that is awaited a thousand times in one call is told once") {
  Copied c;
  const auto carried = c.nodes.batch(0, c.own, 1, 1);
  v1::SubmitResponse submitted;
  REQUIRE(c.api.submit(carried, &submitted).ok());

  v1::AwaitCommitsRequest request;
  for (int i = 0; i < 1'000; ++i) request.add_ids(submitted.id());

  grpc::ClientContext context;
  auto stream = c.api.ledger->AwaitCommits(&context, request);
  v1::AwaitCommitsResponse response;
  int told = 0;

  while (stream->Read(&response)) {
    ++told;
    CHECK(response.outcome().id() == submitted.id());
    CHECK(response.outcome().state() == v1::TRANSACTION_STATE_COMMITTED);
  }

  CHECK(stream->Finish().ok());
  CHECK(told == 1);
}

// A turn makes several messages, which gRPC may keep together: none is lost, doubled or late.
TEST_CASE("of many awaited ids each is told once, also when they came before the question") {
  Copied c;
  v1::SubmitManyRequest many;
  for (std::uint64_t i = 0; i < 300; ++i)
    many.add_transactions(bytes_of(c.nodes.batch(0, c.own, 1 + i, 1)));
  v1::SubmitManyResponse submitted;
  {
    grpc::ClientContext context;
    REQUIRE(c.api.ledger->SubmitMany(&context, many, &submitted).ok());
  }

  v1::AwaitCommitsRequest request;
  std::set<std::string> expected;
  for (const auto& result : submitted.results()) {
    request.add_ids(result.id());
    expected.insert(result.id());
  }
  REQUIRE(expected.size() == 300);

  for (int round = 0; round < 2; ++round) {
    grpc::ClientContext context;
    auto stream = c.api.ledger->AwaitCommits(&context, request);
    v1::AwaitCommitsResponse response;
    std::set<std::string> told;
    while (stream->Read(&response)) {
      CHECK(told.insert(response.outcome().id()).second);
      CHECK(response.outcome().state() == v1::TRANSACTION_STATE_COMMITTED);
    }
    CHECK(stream->Finish().ok());
    CHECK(told == expected);
  }

  // Whoever hangs up in the middle leaves the others what they had.
  grpc::ClientContext leaving;
  auto stream = c.api.ledger->AwaitCommits(&leaving, request);
  v1::AwaitCommitsResponse response;
  REQUIRE(stream->Read(&response));
  leaving.TryCancel();
  CHECK(stream->Finish().error_code() == grpc::StatusCode::CANCELLED);
}

TEST_CASE("the entries of the log end by bytes, and go on where they ended") {
  Copied c;

  for (std::uint64_t i = 0; i < 4; ++i) {
    std::vector<Hash256> many;
    for (std::uint64_t k = 0; k < 10'000; ++k)
      many.push_back(RunningNodes::commitment(0, i * 10'000 + k));
    c.list(0, 1 + i * 10'000, std::move(many));
  }

  std::set<std::uint64_t> seen;
  std::size_t pages = 0;
  v1::GetEntriesRequest request;
  request.set_count(1'000);
  request.set_with_transactions(true);

  for (;;) {
    grpc::ClientContext context;
    v1::GetEntriesResponse response;
    REQUIRE(c.api.log->GetEntries(&context, request, &response).ok());
    CHECK(response.ByteSizeLong() < (2u << 20));
    ++pages;

    for (const auto& entry : response.entries()) {
      CHECK(seen.insert(entry.log_index()).second);
      CHECK_FALSE(entry.transaction().empty());
    }

    request.set_first(response.next());
    if (response.next() >= response.log_size()) break;
    REQUIRE(response.entries_size() > 0);
  }

  CHECK(pages > 1);
  CHECK(seen.size() == request.first());
}

TEST_CASE("a page of a list names the next one, and all pages together hold everything once") {
  RunningNodes nodes(1, {}, 6);
  ApiCaller api(nodes.at(0).node->api_port());

  std::set<std::string> seen;
  v1::ListInstitutionsRequest request;
  request.set_page_size(2);

  do {
    grpc::ClientContext context;
    v1::ListInstitutionsResponse response;
    REQUIRE(api.registry->ListInstitutions(&context, request, &response).ok());
    CHECK(response.institutions_size() <= 2);
    for (const auto& each : response.institutions()) CHECK(seen.insert(each.name().id()).second);

    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());

  CHECK(seen.size() == 7);
}

TEST_CASE("streams that nobody reads are bounded for one caller, and the refusal names the limit") {
  Copied c;
  v1::StreamBlocksRequest request;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::StreamBlocksResponse>>> open;
  grpc::Status refused;
  for (int i = 0; i < 64 && refused.ok(); ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    auto stream = c.api.ledger->StreamBlocks(contexts.back().get(), request);
    v1::StreamBlocksResponse block;
    if (stream->Read(&block)) {
      open.push_back(std::move(stream));
    } else {
      refused = stream->Finish();
    }
  }
  CHECK(open.size() == 16);
  CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(detail_of(refused).code() == "streams");
  CHECK(detail_of(refused).limit() == 16);

  // Others are served meanwhile, and the status says what is going on.
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  REQUIRE(c.api.ledger->GetStatus(&context, {}, &status).ok());
  bool named = false;
  for (const auto& obstacle : status.obstacles())
    named = named || obstacle.find("streams") != std::string::npos;
  CHECK(named);
  for (auto& each : contexts) each->TryCancel();
  for (auto& stream : open) (void)stream->Finish();
}

}  // namespace
}  // namespace testamur::node
