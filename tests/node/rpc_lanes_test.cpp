// Where a call's work is done: on the thread that read it, or in a turn of the workers.
//
// The service is the node's own, over the chain of a running node, in a server of the test's. Its
// workers are kept busy, so a call that takes a turn waits until the test lets them go.
#include <array>
#include <future>

#include "node/config/genesis_file.h"
#include "node/rpc/services/services.h"
#include "tests/node/api_call.h"
#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

constexpr std::size_t kWorkers = 3;

// One call may wait for a turn: that one does is seen from there being no room for another.
CallLimits one_may_wait() {
  CallLimits limits;
  limits.held[static_cast<std::size_t>(Held::kQueued)] = {1, 2};
  return limits;
}

StoreOptions fresh_store() {
  StoreOptions options;
  options.create_if_missing = true;
  return options;
}

template <class T>
T must(Result<T> result) {
  INFO(result.message());
  REQUIRE(result.ok());
  return std::move(result).value();
}

class BusyWorkers {
 public:
  BusyWorkers() {
    recognition.start(chain.head());
    service = make_verify_service(context);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service.get());
    server = builder.BuildAndStart();
    stub = std::make_unique<grpc::GenericStub>(grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));

    // One caller never has all workers: each is kept by another one.
    const auto until = let_go.get_future().share();
    for (std::size_t i = 0; i < kWorkers; ++i) {
      queue.post(caller_of("ipv4:192.0.2." + std::to_string(i) + ":1"), [until] { until.wait(); });
    }
  }
  ~BusyWorkers() {
    let_them_go();
    server->Shutdown();
    queue.stop();
    recognition.stop();
  }
  void let_them_go() {
    if (!std::exchange(gone, true)) let_go.set_value();
  }

  // Institution `index` lists a commitment, in a page of its own.
  void list(std::size_t index, std::uint64_t first, const Hash256& commitment) {
    const tx::IssueListedContent content{achievements[index], IssuerIndex{first}, {commitment}};
    const auto carried =
        nodes.sign(index, KeyPurpose::kIssue, tx::build(nodes.envelope(index), content));
    REQUIRE(nodes.commit(0, carried).state == Outcome::State::kCommitted);
  }

  // Asks for a commitment of institution 0: whether it is answered while the workers are busy. One
  // that is not is answered when they are let go.
  bool is_answered_at_once(const Hash256& commitment) {
    v1::CheckHashRequest request;
    request.set_commitment(bytes_of(commitment.view()));
    request.set_issuer_id(bytes_of(nodes.at(0).id.view()));
    request.mutable_options()->set_omit_decisions(true);
    ApiCall call(*stub, "/testamur.v1.VerifyService/CheckHash", std::chrono::minutes(2));
    REQUIRE(call.write(request.SerializeAsString(), true));

    std::optional<std::string> answer;
    bool waits = false;
    while (!answer && !waits) {
      answer = call.read(std::chrono::milliseconds(1));
      CallGate::Holding place;
      waits = !answer && !gate.hold(caller, Held::kQueued, 1, place).ok();
    }
    if (waits) {
      let_them_go();
      answer = call.read(std::chrono::minutes(2));
    }
    REQUIRE(answer);
    v1::CheckHashResponse response;
    REQUIRE(response.ParseFromString(*answer));
    CHECK(response.finding() == v1::FINDING_FOUND);
    return !waits;
  }

  RunningNodes nodes{1, {}, 1};
  std::array<AchievementId, 2> achievements = {nodes.publish(0, 0), nodes.publish(1, 0)};
  Chain& chain = nodes.at(0).node->chain();
  const CallerKey caller = caller_of("ipv4:127.0.0.1:1");

  // What a service borrows. Nothing is kept in this store; the ledger is the chain's.
  SystemClock clock;
  std::unique_ptr<Log> log = Log::silent();
  TemporaryDirectory directory;
  std::unique_ptr<FileSystem> files = make_posix_file_system();
  ledger::Genesis genesis = must(load_genesis(nodes.at(0).config.genesis));
  std::unique_ptr<Store> store =
      must(Store::open((directory.path() / "store").string(), fresh_store()));
  Counters counters;
  Overload overload;
  CallGate gate{one_may_wait(), overload};
  CallQueue queue{kWorkers};
  OpenCalls open{gate};
  IssuedCount issued;
  RegistryCache registry;
  Recognition recognition{nodes.at(0).id, nodes.at(0).config.policy, {}};
  NodeKeys keys{*files, nodes.at(0).config};
  EvidenceKeeper evidence{*files, (directory.path() / "evidence").string(), clock, *log};
  ServiceContext context{chain,
                         genesis,
                         nullptr,
                         *store,
                         clock,
                         *log,
                         counters,
                         CallParts{gate, queue, open},
                         overload,
                         issued,
                         registry,
                         recognition,
                         keys,
                         evidence,
                         nullptr,
                         nodes.at(0).id,
                         Mempool::Limits{},
                         "test",
                         0,
                         {},
                         0};

  std::unique_ptr<grpc::Service> service;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<grpc::GenericStub> stub;
  std::promise<void> let_go;
  bool gone = false;
};

}  // namespace

TEST_CASE("a caller with at most eight calls open has its short ones answered at once") {
  const auto commitment = sha256(as_bytes("one"));
  for (const std::size_t others : {kShortCalls - 1, kShortCalls}) {
    CAPTURE(others);
    BusyWorkers busy;
    busy.list(0, 1, commitment);
    std::vector<CallGate::Holding> held(others);
    for (auto& each : held) REQUIRE(busy.gate.hold(busy.caller, Held::kCalls, 1, each).ok());
    // With its own one it is eight, or nine.
    CHECK(busy.is_answered_at_once(commitment) == (others == 7));
  }
}

TEST_CASE("a commitment is looked for at once in at most four pages") {
  const auto commitment = sha256(as_bytes("one"));
  for (const std::uint64_t of_others : {3, 4}) {
    CAPTURE(of_others);
    BusyWorkers busy;
    for (std::uint64_t i = 0; i < of_others; ++i) busy.list(1, i, commitment);
    busy.list(0, 1, commitment);
    CHECK(busy.is_answered_at_once(commitment) == (of_others == 3));
  }
}

}  // namespace testamur::node
