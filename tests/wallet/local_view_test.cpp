// The recognition network as a wallet fetches it, from a node and from a file: the same decisions
// as the node's.
#include "wallet/cli/flow/local_view.h"

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/wallet/trust_fixture.h"
#include "trust/decide.h"
#include "trust/presets.h"
#include "wallet/cli/commands/explain_command.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;
using test::SpeakingLedger;

trust::Decision decide_here(GraphSource& source, const InstitutionId& viewpoint,
                            const InstitutionId& issuer, const trust::Policy& policy,
                            const std::vector<trust::Assumption>& assume = {}) {
  auto view = fetch_local_view(source, viewpoint, {issuer}, policy, assume);
  INFO(view.message());
  REQUIRE(view.ok());
  trust::Query query;
  query.viewpoint = viewpoint;
  query.issuer = issuer;
  query.as_of = view->as_of;
  query.at_time_ms = view->as_of.today_ms;
  query.assume = assume;
  return trust::decide(view->history, query, policy);
}

TEST_CASE(
    "a local view decides as the node does, for every viewpoint and issuer, and so does a graph "
    "file") {
  SpeakingLedger ledger(7);
  ledger.trust(0, 1, 120, 2);
  ledger.trust(1, 2, 60, 1);
  ledger.trust(1, 3, 120, 0);
  ledger.trust(2, 4, 120, 0);
  ledger.trust(0, 2, 60, 1);
  ledger.trust(4, 5, 120, 0);
  ledger.distrust(2, 3);
  ledger.distrust(0, 5);

  const auto first = ledger.trust(3, 4, 90, 1);
  tx::StatementContent end;
  end.kind = tx::StatementKind::kEnd;
  end.names = {first};
  ledger.say(3, 4, end);
  ledger.accredit(6, 4);
  ledger.settle();

  auto text = collect_graph(ledger.client);
  INFO(text.message());
  REQUIRE(text.ok());
  const auto path = ledger.context.path("graph.json");
  REQUIRE(write_file_atomically(path, as_bytes(*text), Overwrite::kAllowed).ok());
  auto file = FileGraph::read(path);
  INFO(file.message());
  REQUIRE(file.ok());

  NodeGraph node(ledger.client);
  std::size_t accepted = 0;
  for (std::size_t viewpoint = 0; viewpoint < 7; ++viewpoint) {
    for (std::size_t issuer = 0; issuer < 7; ++issuer) {
      CAPTURE(viewpoint);
      CAPTURE(issuer);

      DecideQuery query;
      query.viewpoint = ledger.id(viewpoint);
      query.issuer = ledger.id(issuer);
      auto answer = ledger.client.decide(query);
      REQUIRE(std::holds_alternative<Json>(answer));
      const Json said = std::get<Json>(answer)["decision"];

      for (GraphSource* source :
           {static_cast<GraphSource*>(&node), static_cast<GraphSource*>(&*file)}) {
        const auto here = decide_here(*source, ledger.id(viewpoint), ledger.id(issuer), {});
        CHECK(said["outcome"] == std::string(to_text(here.outcome)));
        CHECK(said["amount"] == here.amount);
        CHECK(said["independent_paths"] == here.independent_paths);
        CHECK(said["accredited_amount"] == here.accredited_amount);
      }
      accepted += said["outcome"] == "accept" ? 1 : 0;
    }
  }

  // A graph in which everybody or nobody is accepted would compare nothing.
  CHECK(accepted > 7);
  CHECK(accepted < 30);
}

TEST_CASE("a policy without an institution decides by its own statements, and a vetoer counts") {
  SpeakingLedger ledger(4);
  ledger.trust(0, 1);
  ledger.settle();
  NodeGraph node(ledger.client);

  trust::Policy policy;
  CHECK(decide_here(node, trust::local_viewpoint(), ledger.id(1), policy).amount == 0);

  trust::Statement friendly;
  friendly.subject = ledger.id(0);
  friendly.amount = 120;
  friendly.depth = 1;
  friendly.id = trust::local_statement_id({}, friendly);
  policy.local.push_back(friendly);
  CHECK(decide_here(node, trust::local_viewpoint(), ledger.id(1), policy).outcome ==
        trust::Outcome::kAccept);

  policy.vetoers = {ledger.id(2)};
  ledger.distrust(2, 1);
  ledger.settle();
  CHECK(decide_here(node, trust::local_viewpoint(), ledger.id(1), policy).outcome ==
        trust::Outcome::kBlocked);
}

TEST_CASE("what is assumed widens the search as if it were said") {
  SpeakingLedger ledger(4);
  ledger.trust(1, 2);
  ledger.settle();
  NodeGraph node(ledger.client);
  CHECK(decide_here(node, ledger.id(0), ledger.id(2), {}).amount == 0);
  const trust::Assumption assumed{ledger.id(0), ledger.id(1), trust::Kind::kTrust, 120, 1};
  CHECK(decide_here(node, ledger.id(0), ledger.id(2), {}, {assumed}).amount == 120);
}

TEST_CASE("what a compromised key said counts as annulled") {
  SpeakingLedger ledger(4);
  ledger.trust(0, 1);
  ledger.settle();

  NodeGraph node(ledger.client);
  CHECK(decide_here(node, ledger.id(0), ledger.id(1), {}).amount == 120);

  const auto key = key_id(KeyPurpose::kGovern, ledger.nodes.at(0).govern.public_key());
  auto fresh = SecretKey::generate(SignatureAlgorithm::kBip340);
  const auto possession = possession_message(ledger.nodes.chain(), ledger.id(0),
                                             KeyPurpose::kGovern, fresh.public_key());

  ledger.commit(
      0, KeyPurpose::kRoot,
      tx::build(ledger.nodes.envelope(0), tx::KeyAddContent{KeyPurpose::kGovern, fresh.public_key(),
                                                            fresh.sign(possession.view())}));
  ledger.commit(0, KeyPurpose::kRoot,
                tx::build(ledger.nodes.envelope(0), tx::KeyRetireContent{key, 1}));
  ledger.settle();

  CHECK(decide_here(node, ledger.id(0), ledger.id(1), {}).amount == 0);
}

TEST_CASE("a damaged graph file is refused with its cause and never decides") {
  SpeakingLedger ledger(3);
  ledger.trust(0, 1);
  ledger.settle();

  const auto good = collect_graph(ledger.client).value();
  const auto path = ledger.context.path("graph.json");

  const auto refused = [&](const std::string& from, const std::string& to, const std::string& why) {
    CAPTURE(to);
    auto text = good;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);

    text.replace(at, from.size(), to);
    REQUIRE(write_file_atomically(path, as_bytes(text), Overwrite::kAllowed).ok());
    auto file = FileGraph::read(path);
    if (!file.ok()) {
      CHECK(file.message().find(why) != std::string::npos);
      return;
    }

    const auto view = fetch_local_view(*file, ledger.id(0), {ledger.id(1)}, {});
    CHECK_FALSE(view.ok());
    CHECK(view.message().find(why) != std::string::npos);
  };

  refused("testamur-graph-1", "testamur-graph-9", "no graph file");
  refused("\"statements\":", "\"said\":", "statements");
  refused("\"amount\":120", "\"amount\":\"much\"", "another form");
  refused("\"amount\":120", "\"amount\":121", "statement");
  refused("}", "", "byte");
}

}  // namespace
}  // namespace testamur::wallet
