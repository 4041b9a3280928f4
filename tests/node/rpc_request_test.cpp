// What a request says is answered or refused by name: nothing of it is cut to a width, left out or
// taken for another question. And what a node answers its operator is checked likewise.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>

#include "node/rpc/admin_client.h"
#include "node/rpc/decision_log.h"
#include "testamur/bounded_requests.h"
#include "testamur/v1/admin_service.grpc.pb.h"
#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/node/temporary_directory.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

struct Asking {
  RunningNodes nodes{1, {}, 1};
  ApiCaller api{nodes.at(0).node->api_port()};

  std::string id() { return bytes_of(nodes.at(0).id.view()); }
};

// The field that a call was refused for; empty: it was answered.
template <class Stub, class Request, class Response>
std::string refused(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request) {
  grpc::ClientContext context;
  Response response;
  const auto status = (stub.*method)(&context, request, &response);
  if (status.ok()) return "";
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  return detail_of(status).field();
}

// Calls a method with these bytes as its request.
grpc::Status call_with(grpc::Channel& channel, const google::protobuf::MethodDescriptor& method,
                       const std::string& bytes) {
  const std::string name = "/" + method.service()->full_name() + "/" + method.name();
  const grpc::internal::RpcMethod called(name.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  return grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      &channel, called, &context, request, &response);
}

// Every method that takes one request is called with these bytes, and names this mistake.
void check_refused_by_all(grpc::Channel& channel, const std::string& bytes,
                          const std::string& rule) {
  for (const auto* file :
       {v1::SubmitRequest::descriptor()->file(), v1::CheckHashRequest::descriptor()->file(),
        v1::DecideRequest::descriptor()->file(), v1::GetInstitutionRequest::descriptor()->file(),
        v1::GetCheckpointRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto& method = *file->service(s)->method(m);
        if (method.client_streaming()) continue;
        CAPTURE(method.full_name());
        const auto status = call_with(channel, method, bytes);
        CAPTURE(status.error_message());
        CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
        CHECK(status.error_message().starts_with(rule));
      }
    }
  }
}

TEST_CASE("a request with more fields than any has is refused before it is decoded") {
  Asking a;
  std::string unknown;
  for (int i = 0; i < 140'000; ++i) unknown += std::string("\xfa\x7f\0", 3);  // field 2047, empty
  check_refused_by_all(*a.api.channel, unknown, "too_many_fields");

  // A group, which holds any number of fields and is one to whoever skips it.
  std::string group("\xfb\x7f", 2);
  for (int i = 0; i < 140'000; ++i) group += std::string("\xfb\x7f\xfc\x7f", 4);
  check_refused_by_all(*a.api.channel, group + std::string("\xfc\x7f", 2), "too_many_fields");

  // What lies in a message of the request counts too, and so do numbers that come packed.
  v1::DecideRequest decide;
  decide.set_issuer_id(a.id());
  for (int i = 0; i < 140'000; ++i) decide.mutable_point()->add_fields("");
  const auto& method = *v1::DecideRequest::descriptor()
                            ->file()
                            ->FindServiceByName("TrustService")
                            ->FindMethodByName("Decide");
  CHECK(call_with(*a.api.channel, method, decide.SerializeAsString())
            .error_message()
            .starts_with("too_many_fields"));
  decide.clear_point();
  for (int i = 0; i < 140'000; ++i) decide.mutable_point()->add_levels(1);
  CHECK(call_with(*a.api.channel, method, decide.SerializeAsString())
            .error_message()
            .starts_with("too_many_fields"));
}

// A domain of 3.9 MB came back in the message of the error and in its details.
TEST_CASE("a text that is too long to be one is refused before it is decoded, wherever it stands") {
  Asking a;
  v1::GetInstitutionRequest institution;
  const auto domain = [&](std::size_t bytes) {
    institution.set_domain(std::string(bytes, 'a'));
    grpc::ClientContext context;
    v1::GetInstitutionResponse response;
    return a.api.registry->GetInstitution(&context, institution, &response);
  };
  CHECK(domain(proto::kMaxTextBytes).error_code() == grpc::StatusCode::NOT_FOUND);
  for (const std::size_t bytes : {std::size_t{proto::kMaxTextBytes} + 1, std::size_t{3'900'000}}) {
    const auto status = domain(bytes);
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(detail_of(status).code() == "text_too_long");
    CHECK(detail_of(status).limit() == proto::kMaxTextBytes);
    CHECK(status.error_message().size() + status.error_details().size() < 1'000);
  }

  v1::DecideRequest decide;
  decide.set_issuer_id(a.id());
  decide.mutable_point()->add_fields(std::string(2'000, '0'));
  grpc::ClientContext context;
  v1::DecideResponse decision;
  CHECK(detail_of(a.api.trust->Decide(&context, decide, &decision)).code() == "text_too_long");
}

// gRPC called it a method that does not exist, and nobody paid for it.
TEST_CASE("bytes that are no request are refused by name") {
  Asking a;
  for (const std::string& bytes :
       {std::string("\x0a\x7fx"), std::string("\x0b\x0b"), std::string("\xff")})
    check_refused_by_all(*a.api.channel, bytes, "malformed_request");

  v1::CheckReferenceRequest request;
  request.set_reference("urn:\xff");
  const auto& method = *v1::CheckReferenceRequest::descriptor()
                            ->file()
                            ->FindServiceByName("VerifyService")
                            ->FindMethodByName("CheckReference");
  const auto status = call_with(*a.api.channel, method, request.SerializePartialAsString());
  CHECK(status.error_message().starts_with("malformed_request"));
}

TEST_CASE("a request that is compressed is refused: a few bytes of it could be gigabytes") {
  Asking a;
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::CheckReferenceRequest request;
  request.set_reference(std::string(2 << 20, 'x'));
  v1::CheckReferenceResponse response;
  const auto status = a.api.verify->CheckReference(&context, request, &response);
  CHECK(status.error_code() == grpc::StatusCode::UNIMPLEMENTED);
}

TEST_CASE("a version beyond 16 bits is no other version") {
  Asking a;
  const auto achievement = a.nodes.publish(0, 0);
  v1::GetAchievementRequest request;
  request.set_institution_id(a.id());
  request.set_number(achievement.number);
  request.set_version(achievement.version);
  const auto ask = [&] {
    return refused(*a.api.registry, &v1::RegistryService::Stub::GetAchievement, request);
  };
  CHECK(ask() == "");
  request.set_version(65'536 + achievement.version);
  CHECK(ask() == "version");

  v1::DecideRequest decide;
  decide.set_issuer_id(a.id());
  decide.mutable_achievement()->set_institution_id(a.id());
  decide.mutable_achievement()->set_number(achievement.number);
  decide.mutable_achievement()->set_version(65'536 + achievement.version);
  CHECK(refused(*a.api.trust, &v1::TrustService::Stub::Decide, decide) == "achievement.version");
}

TEST_CASE("a question of several points, or with a policy of too many parts, is refused by field") {
  Asking a;
  const auto ask = [&](const std::function<void(v1::DecideRequest&)>& change) {
    v1::DecideRequest request;
    request.set_issuer_id(a.id());
    change(request);
    return refused(*a.api.trust, &v1::TrustService::Stub::Decide, request);
  };
  CHECK(ask([](auto& request) {
          for (int i = 0; i < 3; ++i) request.mutable_policy()->add_ceilings(100);
        }) == "");
  CHECK(ask([](auto& request) {
          for (int i = 0; i < 4; ++i) request.mutable_policy()->add_ceilings(100);
        }) == "policy.ceilings");
  CHECK(ask([](auto& request) {
          request.mutable_point()->add_levels(6);
          request.mutable_point()->add_levels(7);
        }) == "point.levels");
  CHECK(ask([](auto& request) {
          request.mutable_point()->add_award_types("degree");
          request.mutable_point()->add_award_types("degree");
        }) == "point.award_types");
  CHECK(ask([](auto& request) {
          request.mutable_point()->add_purposes("employment");
          request.mutable_point()->add_purposes("employment");
        }) == "point.purposes");
  CHECK(ask([](auto& request) {
          request.set_purpose("study");
          request.mutable_point()->add_purposes("employment");
        }) == "point.purposes");
  CHECK(ask([](auto& request) { request.mutable_point()->add_achievements(); }) ==
        "point.achievements");
}

TEST_CASE("a graph of more steps or of another time than is shown is refused by field") {
  Asking a;
  v1::GraphRequest request;
  const auto ask = [&] { return refused(*a.api.trust, &v1::TrustService::Stub::Graph, request); };
  request.set_hops(3);
  CHECK(ask() == "");
  request.set_hops(4);
  CHECK(ask() == "hops");
  request.set_hops(1);
  request.set_at_time_ms(1);
  CHECK(ask() == "at_time_ms");
}

TEST_CASE("an id of another length beside a good one is refused and not left out") {
  Asking a;
  v1::ListStatementsRequest statements;
  statements.set_subject_id(a.id());
  const auto list = [&] {
    return refused(*a.api.registry, &v1::RegistryService::Stub::ListStatements, statements);
  };
  CHECK(list() == "");
  statements.set_truster_id("short");
  CHECK(list() == "truster_id");
  statements.set_truster_id(a.id());
  statements.set_subject_id("short");
  CHECK(list() == "subject_id");

  v1::GetReceiptRequest receipt;
  receipt.set_issuer_id(a.id());
  receipt.set_commitment(std::string(31, 'c'));
  CHECK(refused(*a.api.verify, &v1::VerifyService::Stub::GetReceipt, receipt) == "commitment");
  v1::ExplainRequest explain;
  explain.set_reference("none");
  explain.set_commitment(std::string(31, 'c'));
  CHECK(refused(*a.api.verify, &v1::VerifyService::Stub::Explain, explain) == "commitment");
}

// A node of another version on an admin socket.
class OtherNode final : public v1::AdminService::Service {
 public:
  OtherNode() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket(), grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    TM_CHECK(server_ != nullptr);
  }
  std::string socket() const { return (directory_.path() / "admin.sock").string(); }

  std::uint32_t algorithm = 1;
  std::string count = "7";

 private:
  grpc::Status NewKey(grpc::ServerContext*, const v1::NewKeyRequest*,
                      v1::NewKeyResponse* response) override {
    response->set_institution_id(std::string(InstitutionId::kSize, 'i'));
    response->set_chain_id(std::string(ChainId::kSize, 'c'));
    response->set_algorithm(algorithm);
    return grpc::Status::OK;
  }
  grpc::Status ExportDecisions(grpc::ServerContext*, const v1::ExportDecisionsRequest*,
                               v1::ExportDecisionsResponse* response) override {
    response->set_header(std::string(DecisionLog::header()));
    for (int i = 0; i < 2; ++i)
      response->add_rows("h,k,v,i,f,l,a,p,d,1,2,policy,accept,none,60," + count);
    return grpc::Status::OK;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_CASE("an algorithm that a newer node names is not taken for one of ours") {
  OtherNode node;
  CHECK(admin_new_key(node.socket(), "consensus").ok());
  node.algorithm = 257;
  CHECK(admin_new_key(node.socket(), "consensus").message().find("gave no key") !=
        std::string::npos);
}

TEST_CASE("a count that is no number, or whose sum is none, is refused and not added up") {
  OtherNode node;
  const auto exported = admin_export_decisions(node.socket(), {});
  REQUIRE(exported.ok());
  CHECK(exported->ends_with(",60,14\n"));
  for (const auto* count : {"", "x", "7x", "-1", "18446744073709551615", "18446744073709551616"}) {
    CAPTURE(count);
    node.count = count;
    CHECK(admin_export_decisions(node.socket(), {}).message().find("a row of another form") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace testamur::node
