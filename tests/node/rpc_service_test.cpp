// Registry, trust, status, streams, limits: the rest of the API.
#include "common/address.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "node/rpc/call.h"
#include "node/rpc/server.h"
#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

struct Served {
  RunningNodes nodes{1, {}, 1};
  ApiCaller api{nodes.at(0).node->api_port()};
};

TEST_CASE("an institution is found by id and by domain, with its keys") {
  Served s;
  v1::GetInstitutionRequest request;
  request.set_domain("university1.example");
  request.set_with_history(true);
  grpc::ClientContext context;
  v1::GetInstitutionResponse response;
  REQUIRE(s.api.registry->GetInstitution(&context, request, &response).ok());
  CHECK(response.institution().name().id_text() == to_text(s.nodes.at(1).id));
  CHECK(response.institution().institution_class() == v1::INSTITUTION_CLASS_ISSUER);
  CHECK_FALSE(response.institution().validator());
  CHECK(response.institution().keys_size() == 6);
  CHECK(response.institution().history_size() == 1);
  CHECK(response.as_of().time_ms() > 0);

  request.set_domain("nowhere.example");
  grpc::ClientContext second;
  CHECK(s.api.registry->GetInstitution(&second, request, &response).error_code() ==
        grpc::StatusCode::NOT_FOUND);
  v1::GetInstitutionRequest mistyped;
  mistyped.set_id_text(to_text(s.nodes.at(1).id) + "q");
  grpc::ClientContext third;
  auto status = s.api.registry->GetInstitution(&third, mistyped, &response);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(detail_of(status).field() == "id_text");
}

// The carried bytes of a registration by university 0, and the new institution's id.
std::pair<Bytes, InstitutionId> registration(Served& s, const SecretKey& root,
                                             const std::string& domain) {
  tx::InstitutionRegisterContent content;
  content.facts.legal_names = {{"en", "University Lyra"}};
  content.facts.country = "AT";
  content.facts.domain = domain;
  content.keys = {{KeyPurpose::kRoot, root.public_key()}};
  auto body = std::get<tx::UnsignedTransaction>(tx::build(s.nodes.envelope(0), content));
  auto id = tx::registered_id(body.id, content);
  auto message = possession_message(s.nodes.chain(), id, KeyPurpose::kRoot, root.public_key());
  auto sponsor = tx::sign(body, KeyPurpose::kGovern, s.nodes.at(0).govern);
  return {tx::attach(body, {sponsor}, {root.sign(message.view())}), id};
}

TEST_CASE(
    "an institution is shown with its sponsor, its policy, its successions and its standing over "
    "time") {
  Served s;
  auto committed = [&](Bytes carried) {
    CHECK(s.api.commit(std::move(carried)).state() == v1::TRANSACTION_STATE_COMMITTED);
  };
  auto root = SecretKey::generate(SignatureAlgorithm::kBip340);
  auto [carried, lyra] = registration(s, root, "lyra.example");
  committed(carried);
  tx::PolicyContent policy{RunningNodes::commitment(0, 1),
                           "https://university1.example/policy.toml"};
  committed(s.nodes.sign(1, KeyPurpose::kGovern, tx::build(s.nodes.envelope(1), policy)));
  tx::SuccessionContent merger{tx::SuccessionKind::kMerge, true, lyra, {s.nodes.at(1).id}, {lyra}};
  committed(s.nodes.sign(1, KeyPurpose::kRoot, tx::build(s.nodes.envelope(1), merger)));
  auto envelope = s.nodes.envelope(1);
  envelope.author = lyra;
  auto agreed = std::get<tx::UnsignedTransaction>(tx::build(envelope, merger));
  committed(tx::attach_signed(agreed, KeyPurpose::kRoot, root));

  v1::GetInstitutionRequest request;
  request.set_domain("university1.example");
  request.set_with_history(true);
  grpc::ClientContext context;
  v1::GetInstitutionResponse closed, heir;
  REQUIRE(s.api.registry->GetInstitution(&context, request, &closed).ok());
  CHECK(closed.institution().standing() == v1::INSTITUTION_STANDING_CLOSED);
  REQUIRE(closed.institution().history_size() == 2);
  CHECK(closed.institution().history(1).standing() == v1::INSTITUTION_STANDING_CLOSED);
  CHECK(closed.institution().history(1).transaction_id() == bytes_of(agreed.id.view()));
  REQUIRE(closed.institution().policies_size() == 1);
  CHECK(closed.institution().policies(0).url() == policy.url);
  CHECK_FALSE(closed.institution().has_sponsor());
  request.set_domain("lyra.example");
  grpc::ClientContext second;
  REQUIRE(s.api.registry->GetInstitution(&second, request, &heir).ok());
  CHECK(heir.institution().sponsor().id_text() == to_text(s.nodes.at(0).id));
  REQUIRE(heir.institution().successions_size() == 2);
  CHECK_FALSE(heir.institution().successions(0).effective());
  const auto& effective = heir.institution().successions(1);
  CHECK(effective.effective());
  CHECK(effective.kind() == v1::SUCCESSION_KIND_MERGE);
  CHECK(effective.heir().id_text() == to_text(lyra));
  CHECK(effective.predecessors(0).standing() == v1::INSTITUTION_STANDING_CLOSED);
  CHECK(effective.anchor().transaction_id() == bytes_of(agreed.id.view()));
}

TEST_CASE("lists are given page by page") {
  Served s;
  v1::ListInstitutionsRequest request;
  request.set_page_size(1);

  grpc::ClientContext context;
  v1::ListInstitutionsResponse first, second;
  REQUIRE(s.api.registry->ListInstitutions(&context, request, &first).ok());
  CHECK(first.institutions_size() == 1);

  request.set_page_token(first.next_page_token());
  grpc::ClientContext next;
  REQUIRE(s.api.registry->ListInstitutions(&next, request, &second).ok());
  CHECK(second.institutions_size() == 1);
  CHECK(second.next_page_token().empty());
  CHECK(first.institutions(0).name().id() != second.institutions(0).name().id());

  request.set_page_token("elsewhere");
  grpc::ClientContext bad;
  CHECK_FALSE(s.api.registry->ListInstitutions(&bad, request, &second).ok());
}

TEST_CASE("an achievement, its versions and the issuer's used indexes can be read") {
  Served s;
  auto achievement = s.nodes.publish(0, 0);
  REQUIRE(s.api.commit(s.nodes.batch(0, achievement, 5, 3)).state() ==
          v1::TRANSACTION_STATE_COMMITTED);
  REQUIRE(s.api.commit(s.nodes.batch(0, achievement, 8, 2)).state() ==
          v1::TRANSACTION_STATE_COMMITTED);
  v1::GetAchievementRequest request;
  request.set_id_text(to_text(achievement));
  grpc::ClientContext context;
  v1::GetAchievementResponse response;
  REQUIRE(s.api.registry->GetAchievement(&context, request, &response).ok());
  CHECK(response.achievement().issuable());
  CHECK(response.achievement().point().fields(0) == "0613");
  CHECK(response.versions_size() == 1);

  v1::GetIssuerIndexesRequest indexes;
  indexes.set_issuer_id(bytes_of(s.nodes.at(0).id.view()));
  grpc::ClientContext second;
  v1::GetIssuerIndexesResponse used;
  REQUIRE(s.api.registry->GetIssuerIndexes(&second, indexes, &used).ok());
  REQUIRE(used.used_size() == 1);
  CHECK(used.used(0).first() == 5);
  CHECK(used.used(0).count() == 5);
  CHECK(used.next_free() == 10);
}

struct Trusting : Served {
  void say(tx::StatementKind kind, std::uint8_t amount, std::uint8_t depth) {
    tx::StatementContent content;
    content.kind = kind;
    content.subject = nodes.at(1).id;
    content.amount = amount;
    content.depth = depth;
    content.valid_from_ms = 1;
    auto carried = nodes.sign(0, KeyPurpose::kGovern, tx::build(nodes.envelope(0), content));
    auto outcome = api.commit(carried);
    REQUIRE(outcome.state() == v1::TRANSACTION_STATE_COMMITTED);
    api.await_decisions(outcome.committed().height());
  }
  v1::Decision decide() {
    v1::DecideRequest request;
    request.set_issuer_id(bytes_of(nodes.at(1).id.view()));
    grpc::ClientContext context;
    v1::DecideResponse response;
    auto status = api.trust->Decide(&context, request, &response);
    INFO(status.error_message());
    REQUIRE(status.ok());
    return response.decision();
  }
};

TEST_CASE("a recognition on the ledger turns the node's decision, a distrust blocks") {
  Trusting s;
  auto before = s.decide();
  CHECK(before.outcome() == v1::DECISION_OUTCOME_REFUSE);
  CHECK(before.failed_rule() == "amount");
  s.say(tx::StatementKind::kTrust, 120, 0);
  auto trusted = s.decide();
  CHECK(trusted.outcome() == v1::DECISION_OUTCOME_ACCEPT);
  CHECK(trusted.amount() == 120);
  REQUIRE(trusted.paths_size() == 1);
  CHECK(trusted.paths(0).hops(0).subject().name_now() == "University 1");
  s.say(tx::StatementKind::kDistrust, 0, 0);
  CHECK(s.decide().outcome() == v1::DECISION_OUTCOME_BLOCKED);

  v1::ListStatementsRequest request;
  request.set_truster_id(bytes_of(s.nodes.at(0).id.view()));
  request.set_with_history(true);
  grpc::ClientContext context;
  v1::ListStatementsResponse statements;
  REQUIRE(s.api.registry->ListStatements(&context, request, &statements).ok());
  REQUIRE(statements.statements_size() == 2);
  CHECK_FALSE(statements.statements(0).in_force());
  CHECK(statements.statements(1).in_force());

  grpc::ClientContext graph_context;
  v1::GraphResponse graph;
  REQUIRE(s.api.trust->Graph(&graph_context, {}, &graph).ok());
  CHECK(graph.statements_size() == 1);
  CHECK(graph.institutions_size() == 2);
}

TEST_CASE("a list of statements holds what was just committed, however far decisions are behind") {
  constexpr int kSubjects = 24;  // more than are taken in at once
  RunningNodes nodes(1, {}, kSubjects);
  ApiCaller api(nodes.at(0).node->api_port());

  v1::ListStatementsRequest request;
  request.set_truster_id(bytes_of(nodes.at(0).id.view()));
  request.set_with_history(true);

  for (int said = 1; said <= kSubjects; ++said) {
    tx::StatementContent content;
    content.subject = nodes.at(static_cast<std::size_t>(said)).id;
    content.amount = 120;
    content.valid_from_ms = 1;
    auto carried = nodes.sign(0, KeyPurpose::kGovern, tx::build(nodes.envelope(0), content));
    REQUIRE(api.commit(carried).state() == v1::TRANSACTION_STATE_COMMITTED);

    grpc::ClientContext context;
    v1::ListStatementsResponse statements;
    REQUIRE(api.registry->ListStatements(&context, request, &statements).ok());
    REQUIRE(statements.statements_size() == said);
  }
}

TEST_CASE("paths explains a refusal and names what would change it") {
  Trusting s;
  v1::PathsRequest request;
  request.mutable_query()->set_issuer_id(bytes_of(s.nodes.at(1).id.view()));
  grpc::ClientContext context;
  v1::PathsResponse response;
  REQUIRE(s.api.trust->Paths(&context, request, &response).ok());
  CHECK(response.decision().outcome() == v1::DECISION_OUTCOME_REFUSE);
  REQUIRE(response.decision().remedies_size() > 0);
  CHECK(response.decision().remedies(0).find("University 0 trusts University 1") !=
        std::string::npos);
}

TEST_CASE("the status names the ledger, the node's role and an empty list of obstacles") {
  Served s;
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  REQUIRE(s.api.ledger->GetStatus(&context, {}, &status).ok());
  CHECK(status.chain_id_text() == to_text(s.nodes.chain()));
  CHECK(status.institution().name_now() == "University 0");
  CHECK(status.role() == v1::NODE_ROLE_VALIDATOR);
  CHECK(status.consensus().quorum() == 1);
  CHECK(status.obstacles_size() == 0);
}

TEST_CASE("an institution that the policy names and the ledger does not know is an obstacle") {
  RunningNodes nodes{1, {}, 1};
  nodes.stop(0);
  const auto stranger = random_fixed<InstitutionId>();
  auto& config = nodes.at(0).config;
  config.policy.vetoers = {nodes.at(1).id};
  config.decision_viewpoints = {stranger};
  nodes.start(0);
  ApiCaller api{nodes.at(0).node->api_port()};
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  REQUIRE(api.ledger->GetStatus(&context, {}, &status).ok());
  REQUIRE(status.obstacles_size() == 1);
  CHECK(status.obstacles(0).starts_with("decisions.viewpoints names " + to_text(stranger)));
}

TEST_CASE("blocks are streamed from a height to the head") {
  Served s;
  auto achievement = s.nodes.publish(0, 0);
  auto carried = s.nodes.batch(0, achievement, 0, 1);
  s.api.commit(carried);

  v1::StreamBlocksRequest request;
  request.set_with_transactions(true);
  request.set_stop_at_head(true);

  grpc::ClientContext context;
  auto stream = s.api.ledger->StreamBlocks(&context, request);
  v1::StreamBlocksResponse block;
  std::uint64_t height = 0;
  bool found = false;

  while (stream->Read(&block)) {
    CHECK(block.checkpoint().height() == height++);
    for (const auto& each : block.transactions()) found |= each == bytes_of(carried);
  }

  CHECK(stream->Finish().ok());
  CHECK(height >= 3);
  CHECK(found);
}

TEST_CASE("a stream of blocks goes on when a new one is committed") {
  Served s;
  v1::StreamBlocksRequest request;
  request.set_from_height(1);
  grpc::ClientContext context;
  auto stream = s.api.ledger->StreamBlocks(&context, request);
  s.nodes.publish(0, 0);
  v1::StreamBlocksResponse block;
  REQUIRE(stream->Read(&block));
  CHECK(block.checkpoint().height() == 1);
  CHECK(block.transaction_count() == 1);
  context.TryCancel();
}

TEST_CASE("reflection of version 1 describes each service that it lists, and nothing else") {
  namespace reflection = grpc::reflection::v1;
  Served s;
  auto stub = reflection::ServerReflection::NewStub(s.api.channel);
  grpc::ClientContext context;
  auto stream = stub->ServerReflectionInfo(&context);
  const auto ask = [&](const reflection::ServerReflectionRequest& request) {
    reflection::ServerReflectionResponse response;
    REQUIRE(stream->Write(request));
    REQUIRE(stream->Read(&response));
    CHECK(response.original_request().SerializeAsString() == request.SerializeAsString());
    return response;
  };

  reflection::ServerReflectionRequest request;
  request.set_list_services("*");
  const auto list = ask(request).list_services_response();
  CHECK(list.service_size() == 8);
  for (const auto& service : list.service()) {
    CAPTURE(service.name());
    request.set_file_containing_symbol(service.name());
    const auto described = ask(request).file_descriptor_response();
    google::protobuf::FileDescriptorProto file;
    REQUIRE(described.file_descriptor_proto_size() > 0);
    REQUIRE(file.ParseFromString(described.file_descriptor_proto(0)));
    CHECK(service.name() == file.package() + "." + file.service(0).name());
    request.set_file_by_filename(file.name());
    CHECK(ask(request).file_descriptor_response().file_descriptor_proto_size() ==
          described.file_descriptor_proto_size());
  }

  request.set_file_containing_symbol("testamur.v1.Nothing");
  CHECK(ask(request).error_response().error_code() == grpc::StatusCode::NOT_FOUND);
  request.set_all_extension_numbers_of_type("testamur.v1.CheckHashRequest");
  CHECK(ask(request).error_response().error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(ask({}).error_response().error_code() == grpc::StatusCode::INVALID_ARGUMENT);

  request.set_file_containing_symbol(std::string(513, 'x'));
  REQUIRE(stream->Write(request));
  reflection::ServerReflectionResponse none;
  CHECK_FALSE(stream->Read(&none));
  CHECK(stream->Finish().error_code() != grpc::StatusCode::OK);
}

// What nobody knows is kept when it is decoded: a request of half a megabyte would take several.
TEST_CASE("a question to reflection with more fields than any has is refused undecoded") {
  namespace reflection = grpc::reflection::v1;
  Served s;
  auto stub = reflection::ServerReflection::NewStub(s.api.channel);
  reflection::ServerReflectionRequest request;
  auto* unknown = request.GetReflection()->MutableUnknownFields(&request);
  for (int i = 0; i < 140'000; ++i) unknown->AddLengthDelimited(2047);
  grpc::ClientContext context;
  auto stream = stub->ServerReflectionInfo(&context);
  REQUIRE(stream->Write(request));
  reflection::ServerReflectionResponse none;
  CHECK_FALSE(stream->Read(&none));
  const auto status = stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message().starts_with("too_many_fields"));
}

TEST_CASE("TLS is off by itself on loopback addresses only") {
  CHECK(is_loopback("127.0.0.1:7601"));
  CHECK(is_loopback("localhost:7601"));
  CHECK(is_loopback("[::1]:7601"));
  CHECK_FALSE(is_loopback("0.0.0.0:7601"));
  CHECK_FALSE(is_loopback("node.example.org:7601"));
  CHECK_FALSE(is_loopback("[::]:7601"));
}

}  // namespace
}  // namespace testamur::node
