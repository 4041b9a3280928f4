// A list comes in pages, whole and from one node, or not at all.
#include <grpcpp/grpcpp.h>

#include <memory>

#include "testamur/v1/registry_service.grpc.pb.h"
#include "tests/support/catch.h"
#include "wallet/client/client.h"

namespace testamur::wallet {
namespace {

// Lists institutions in so many pages of so many entries; falls silent after some of them.
class ListingNode final : public v1::RegistryService::Service {
 public:
  int pages = 1;
  int entries = 1;
  int answers_left = -1;  // below zero: it never falls silent
  std::uint64_t height = 0;
  std::vector<std::string> asked;  // by which tokens

  ListingNode() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~ListingNode() override { server_->Shutdown(); }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

  grpc::Status ListInstitutions(grpc::ServerContext*, const v1::ListInstitutionsRequest* request,
                                v1::ListInstitutionsResponse* out) override {
    asked.push_back(request->page_token());
    if (answers_left == 0) return {grpc::StatusCode::UNAVAILABLE, "gone"};
    if (answers_left > 0) --answers_left;

    const int page = request->page_token().empty() ? 0 : std::stoi(request->page_token());
    for (int i = 0; i < entries; ++i) out->add_institutions();
    out->mutable_as_of()->set_height(height);
    out->mutable_as_of()->set_time_ms(1);
    if (page + 1 < pages) out->set_next_page_token(std::to_string(page + 1));
    return grpc::Status::OK;
  }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

Client client_of(const std::vector<const ListingNode*>& nodes) {
  ClientOptions options;
  for (const auto* node : nodes) options.endpoints.push_back(node->endpoint());
  return Client(std::move(options));
}

}  // namespace

TEST_CASE("a list is as long as all its pages") {
  ListingNode node;
  node.pages = 3;
  node.entries = 2;
  auto client = client_of({&node});
  const auto answer = client.institutions();
  REQUIRE(std::holds_alternative<InstitutionsAnswer>(answer));
  CHECK(std::get<InstitutionsAnswer>(answer).institutions.size() == 6);
  CHECK(node.asked == std::vector<std::string>{"", "1", "2"});
}

// The rest came from whoever answered then, as of the block of the first.
TEST_CASE("a list whose node falls silent is begun again at another, and none is mixed of two") {
  ListingNode silent;
  silent.pages = 3;
  silent.entries = 5;
  silent.answers_left = 1;
  silent.height = 10;
  ListingNode other;
  other.pages = 2;
  other.entries = 1;
  other.height = 20;

  auto client = client_of({&silent, &other});
  const auto answer = client.institutions();
  REQUIRE(std::holds_alternative<InstitutionsAnswer>(answer));
  const auto& list = std::get<InstitutionsAnswer>(answer);
  CHECK(list.institutions.size() == 2);
  REQUIRE(list.as_of.has_value());
  CHECK(list.as_of->height == Height{20});
  CHECK(other.asked == std::vector<std::string>{"", "1"});
  CHECK(client.answering() == other.endpoint());

  ListingNode alone;
  alone.pages = 2;
  alone.answers_left = 1;
  auto lonely = client_of({&alone});
  const auto failed = lonely.institutions();
  REQUIRE(std::holds_alternative<CallError>(failed));
  CHECK(std::get<CallError>(failed).kind == CallFailure::kUnreachable);
}

TEST_CASE("a list without end is refused by name before it fills the memory") {
  ListingNode node;
  node.pages = 1'000'000;
  node.entries = 100'000;
  auto client = client_of({&node});
  const auto answer = client.institutions();
  REQUIRE(std::holds_alternative<CallError>(answer));
  CHECK(std::get<CallError>(answer).code == "list_too_long");
  CHECK(node.asked.size() == 11);

  // Nor is one answer.
  ListingNode at_once;
  at_once.pages = 1;
  at_once.entries = 300'000;
  auto other = client_of({&at_once});
  const auto large = other.institutions();
  REQUIRE(std::holds_alternative<CallError>(large));
  CHECK(std::get<CallError>(large).code == "answer_too_large");
}

}  // namespace testamur::wallet
