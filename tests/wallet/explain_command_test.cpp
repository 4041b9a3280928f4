// trust explain decided by the caller: policy file, what if, drawings.
#include "wallet/cli/commands/explain_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "tests/support/catch.h"
#include "tests/wallet/trust_fixture.h"
#include "wallet/cli/flow/graph_source.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

using test::SpeakingLedger;

struct Answer {
  ExitCode code = ExitCode::kFailure;
  Json json;
};

// 0 trusts 1 with depth 1; 1 trusts 2; nobody knows 3.
struct Explaining {
  SpeakingLedger ledger{5};
  OwnQuestion question;
  std::string policy_file;
  std::string graph_file;

  Explaining() {
    ledger.trust(0, 1, 60, 1);
    ledger.trust(1, 2, 120, 0);
    ledger.settle();
    question.viewpoint = ledger.id(0);
    question.issuer = ledger.id(2);
  }
  std::string file(const char* name) { return ledger.context.path(name); }
  std::string text(const std::string& path) {
    return std::string(as_text(read_file(path, 1 << 20).value()));
  }
  std::string policy(const std::string& keys) {
    const auto path = file("policy.toml");
    REQUIRE(write_file_atomically(path, as_bytes("[policy]\n" + keys), Overwrite::kAllowed).ok());
    return path;
  }
  // What the command prints with --json.
  Answer ask() {
    const auto path = file("printed");

    // The command prints to standard output, which goes to a file for the time of the call.
    std::fflush(stdout);
    const int kept = ::dup(1);
    const int out = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ::dup2(out, 1);

    const auto files = read_own_files(ledger.context, policy_file, graph_file);
    const auto code = files.ok()
                          ? explain_by_own_policy(ledger.context, ledger.client, question, *files)
                          : fail(ledger.context, ExitCode::kUsage, files.message());
    std::fflush(stdout);
    ::dup2(kept, 1);
    ::close(kept);
    ::close(out);

    auto json = parse_strict_json(text(path));
    INFO(json.message());
    REQUIRE(json.ok());
    return {code, *json};
  }
};

TEST_CASE("the policy file decides, and the answer names its digest") {
  Explaining e;

  auto answer = e.ask();
  CHECK(answer.code == ExitCode::kNotAccepted);
  CHECK(answer.json["amount"] == 60);
  CHECK(answer.json["deficit"] == 60);
  CHECK(answer.json["remedies"].size() > 0);

  e.policy_file = e.policy("threshold = 60\n");
  answer = e.ask();
  CHECK(answer.code == ExitCode::kOk);
  CHECK(answer.json["own_policy"] == true);

  trust::Policy policy;
  policy.threshold = 60;
  CHECK(answer.json["policy_digest"] == trust::digest(policy).hex());

  CHECK(answer.json["paths"][0]["arcs"][1]["subject"] == "University 2");
  CHECK(answer.json["hypothetical"] == false);
}

TEST_CASE("what is assumed is marked as such and can turn the answer") {
  Explaining e;
  e.question.assume = {"me:" + to_text(e.ledger.id(2)) + ":60:0"};

  auto answer = e.ask();
  CHECK(answer.code == ExitCode::kOk);
  CHECK(answer.json["hypothetical"] == true);

  e.question.assume = {"me:university2.example:60:0"};  // a domain will do
  CHECK(e.ask().code == ExitCode::kOk);

  for (const char* bad : {"me:x", "me:university2.example:121:0", "me:university2.example:60:8",
                          "me:university2.example:much:0"}) {
    CAPTURE(bad);
    e.question.assume = {bad};
    CHECK(e.ask().code == ExitCode::kUsage);
  }

  e.question.assume = {"me:nobody.example:60:0"};
  CHECK(e.ask().code == ExitCode::kUnknown);
}

TEST_CASE("drawings hold every institution on a path by name, and the statements between them") {
  Explaining e;

  e.question.svg = e.file("why.svg");
  e.question.dot = e.file("why.dot");
  e.ask();

  const auto svg = e.text(e.question.svg);
  CHECK(svg.starts_with("<svg xmlns="));
  CHECK(svg.ends_with("</svg>\n"));

  const auto dot = e.text(e.question.dot);
  CHECK(dot.starts_with("digraph trust {"));

  for (const char* name : {"University 0", "University 1", "University 2"}) {
    CAPTURE(name);
    CHECK(svg.find(name) != std::string::npos);
    CHECK(dot.find(name) != std::string::npos);
  }

  // University 3 stands on no path.
  CHECK(svg.find("University 3") == std::string::npos);
  CHECK(svg.find("<title>tmx1") != std::string::npos);

  CHECK(dot.find("style=dashed, color=red") != std::string::npos);
}

TEST_CASE("a graph file answers as the node does, and a policy that is wrong is a usage error") {
  Explaining e;
  const auto path = e.file("graph.json");
  const auto graph = collect_graph(e.ledger.client);
  REQUIRE(graph.ok());
  REQUIRE(write_file_atomically(path, as_bytes(*graph), Overwrite::kAllowed).ok());
  const auto from_node = e.ask();
  e.graph_file = path;
  const auto from_file = e.ask();
  CHECK(from_file.json["amount"] == from_node.json["amount"]);
  CHECK(from_file.json["cut"] == from_node.json["cut"]);
  e.policy_file = e.policy("threshold = 0\n");
  CHECK(e.ask().code == ExitCode::kUsage);
}

}  // namespace
}  // namespace testamur::wallet
