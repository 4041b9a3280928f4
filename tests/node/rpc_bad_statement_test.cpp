// What is no statement is refused by name at the API, whoever built the bytes; and questions that
// are none.
#include "testamur/v1/transaction.pb.h"
#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

// Universities 0 and 1; 2 is a quality agency.
struct Saying {
  RunningNodes nodes{1, {}, 2, 1};
  ApiCaller api{nodes.at(0).node->api_port()};

  std::string id(std::size_t index) { return bytes_of(nodes.at(index).id.view()); }
  // A body as somebody without our builder would write it; `change` sets the kind.
  grpc::Status submit(std::size_t by, const std::function<void(v1::TransactionBody&)>& change) {
    const auto envelope = nodes.envelope(by);
    v1::TransactionBody body;
    body.set_author(id(by));
    body.set_nonce(bytes_of(envelope.nonce.view()));
    body.set_valid_until_ms(envelope.valid_until_ms);
    change(body);
    std::string text;
    REQUIRE(body.SerializeToString(&text));
    const Bytes bytes = to_bytes(as_bytes(text));
    const tx::UnsignedTransaction built{bytes, tx::transaction_id(nodes.chain(), bytes)};
    return api.submit(nodes.sign(by, KeyPurpose::kGovern, built));
  }
  void refused(std::size_t by, const std::function<void(v1::TransactionBody&)>& change,
               const std::string& code, const std::string& field) {
    CAPTURE(code);
    const auto status = submit(by, change);
    const auto detail = detail_of(status);
    CHECK_FALSE(status.ok());
    CHECK(detail.code() == code);
    CHECK(detail.field().find(field) != std::string::npos);
    CHECK_FALSE(detail.rule().empty());
  }
  v1::RecognitionTrust& trust(v1::TransactionBody& body, std::size_t of) {
    auto& statement = *body.mutable_recognition_trust();
    statement.set_subject(id(of));
    statement.set_amount(120);
    statement.set_valid_from_ms(1);
    return statement;
  }
  v1::AccreditationAccredit& accredit(v1::TransactionBody& body, std::size_t of) {
    auto& statement = *body.mutable_accreditation_accredit();
    statement.set_subject(id(of));
    statement.set_amount(120);
    statement.set_valid_from_ms(1);
    statement.set_scheme(v1::QUALITY_ASSURANCE_SCHEME_ESG);
    return statement;
  }
};

TEST_CASE("a statement that breaks a rule is refused by the rule's name and field") {
  Saying s;

  s.refused(
      0, [&](auto& body) { s.trust(body, 1).set_subject(std::string(16, 'x')); },
      "unknown_institution", "subject");
  s.refused(0, [&](auto& body) { s.trust(body, 0); }, "about_itself", "subject");
  s.refused(0, [&](auto& body) { s.trust(body, 1).set_amount(121); }, "field_range", "amount");
  s.refused(0, [&](auto& body) { s.trust(body, 1).set_depth(8); }, "field_range", "depth");

  s.refused(
      0,
      [&](auto& body) {
        s.trust(body, 1).mutable_scope()->set_isced_fields(std::string(16, '\0'));
      },
      "empty_mask", "isced_fields");
  s.refused(
      0,
      [&](auto& body) {
        std::string beyond_the_table(16, '\0');
        beyond_the_table[10] = 1;
        s.trust(body, 1).mutable_scope()->set_isced_fields(beyond_the_table);
      },
      "mask_bits", "scope");

  s.refused(
      0,
      [&](auto& body) {
        auto& statement = s.trust(body, 1);
        statement.set_valid_from_ms(2'000);
        statement.set_valid_until_ms(1'000);
      },
      "interval_empty", "valid_until_ms");

  s.refused(0, [&](auto& body) { s.accredit(body, 1); }, "author_class", "");
  s.refused(2, [&](auto& body) { s.accredit(body, 2); }, "about_itself", "subject");

  s.refused(
      0,
      [&](auto& body) {
        auto& end = *body.mutable_recognition_end();
        end.set_subject(s.id(1));
        end.set_valid_from_ms(1);
      },
      "nothing_to_end", "");
}

TEST_CASE("trust in a circle is taken and gives nobody anything") {
  Saying s;

  const auto committed = [&](std::size_t by, std::size_t of) {
    tx::StatementContent content;
    content.subject = s.nodes.at(of).id;
    content.amount = 120;
    content.depth = 7;
    content.valid_from_ms = 1;
    const auto outcome = s.api.commit(
        s.nodes.sign(by, KeyPurpose::kGovern, tx::build(s.nodes.envelope(by), content)));
    REQUIRE(outcome.state() == v1::TRANSACTION_STATE_COMMITTED);
    return outcome.committed().height();
  };

  committed(1, 2);
  s.api.await_decisions(committed(2, 1));

  v1::DecideRequest request;
  request.set_issuer_id(s.id(1));
  grpc::ClientContext context;
  v1::DecideResponse response;
  REQUIRE(s.api.trust->Decide(&context, request, &response).ok());

  CHECK(response.decision().outcome() == v1::DECISION_OUTCOME_REFUSE);
  CHECK(response.decision().amount() == 0);
}

TEST_CASE(
    "questions that are none are refused by field; who is unknown or later than today gets a named "
    "refusal") {
  Saying s;

  const auto ask = [&](const std::function<void(v1::DecideRequest&)>& change) {
    v1::DecideRequest request;
    request.set_issuer_id(s.id(1));
    change(request);
    grpc::ClientContext context;
    v1::DecideResponse response;
    const auto status = s.api.trust->Decide(&context, request, &response);
    return status.ok() ? response.decision().failed_rule() : detail_of(status).field();
  };

  CHECK(ask([](auto& request) { request.set_issuer_id("short"); }) == "issuer_id");
  CHECK(ask([](auto& request) { request.set_viewpoint_id("short"); }) == "viewpoint_id");
  CHECK(ask([](auto& request) { request.set_issuer_id(std::string(16, 'x')); }) == "unknown");
  CHECK(ask([](auto& request) { request.set_at_time_ms(~std::uint64_t{0} >> 1); }) == "future");

  CHECK(ask([](auto& request) { request.mutable_point()->add_fields("9999"); }) == "point.fields");
  CHECK(ask([](auto& request) { request.mutable_point()->add_fields("0699"); }) == "point.fields");
  CHECK(ask([](auto& request) { request.mutable_point()->add_levels(9); }) == "point.levels");
  CHECK(ask([](auto& request) { request.mutable_point()->add_award_types("medal"); }) ==
        "point.award_types");
  CHECK(ask([](auto& request) { request.set_purpose("fun"); }) == "purpose");

  CHECK(ask([](auto& request) { request.set_as_of_height(1'000'000); }) == "as_of_height");
  CHECK(ask([](auto& request) { request.mutable_policy()->set_path_floor(121); }) ==
        "policy.path_floor");
  CHECK(ask([](auto& request) { request.mutable_policy()->set_path_floor(256 + 40); }) ==
        "policy.path_floor");
  CHECK(ask([](auto& request) { request.mutable_policy()->add_vetoers("short"); }) ==
        "policy.vetoers");
}

}  // namespace
}  // namespace testamur::node
