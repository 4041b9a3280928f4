// What a home believes of a node: nothing that is not proven. The node here says whatever a test
// wants it to say.
#include "wallet/client/ledger_trust.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <span>

#include "ledger/ledger_state.h"
#include "testamur/v1/ledger_service.grpc.pb.h"
#include "testamur/v1/log_service.grpc.pb.h"
#include "testamur/v1/registry_service.grpc.pb.h"
#include "testamur/v1/rpc_status.pb.h"
#include "tests/ledger/tx_finality.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"

namespace testamur::wallet {
namespace {

using ledger::CertifyingSet;
using ledger::Checkpoint;
using test::TestLedger;

std::string raw(ByteView bytes) { return std::string(as_text(bytes)); }

// Answers with what its fields hold.
class ScriptedNode final : public v1::LedgerService::Service,
                           public v1::LogService::Service,
                           public v1::RegistryService::Service {
 public:
  ChainId chain;
  Bytes genesis;
  Epoch first_epoch;  // of changes.front()
  std::vector<ledger::SetChange> changes;
  std::optional<Checkpoint> newest;
  std::vector<Hash256> consistency;

  ScriptedNode() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(static_cast<v1::LedgerService::Service*>(this));
    builder.RegisterService(static_cast<v1::LogService::Service*>(this));
    builder.RegisterService(static_cast<v1::RegistryService::Service*>(this));
    server_ = builder.BuildAndStart();
  }
  ~ScriptedNode() override { server_->Shutdown(); }
  Client client() const {
    return Client(ClientOptions{{"127.0.0.1:" + std::to_string(port_)}, 10'000, ""});
  }

  // How often it is busy yet, and when it says to come again.
  int busy = 0;
  int calls = 0;
  std::uint64_t retry_after_ms = 1;

  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::GetStatusResponse* out) override {
    ++calls;
    if (busy > 0) {
      --busy;
      v1::ErrorDetail detail;
      detail.set_code("rate_limit");
      detail.set_retry_after_ms(retry_after_ms);
      v1::RpcStatus packed;
      packed.add_details()->PackFrom(detail);
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "busy", packed.SerializeAsString()};
    }
    out->set_chain_id(raw(chain.view()));
    return grpc::Status::OK;
  }
  grpc::Status GetParameters(grpc::ServerContext*, const v1::GetParametersRequest*,
                             v1::GetParametersResponse* out) override {
    out->set_genesis_record(raw(genesis));
    return grpc::Status::OK;
  }
  grpc::Status GetSetChanges(grpc::ServerContext*, const v1::GetSetChangesRequest* asked,
                             v1::GetSetChangesResponse* out) override {
    out->set_epoch(first_epoch.value + changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (first_epoch.value + i < asked->from_epoch()) continue;
      if (static_cast<std::uint32_t>(out->changes_size()) == asked->limit()) break;
      Encoder bytes;
      ledger::encode(bytes, changes[i]);
      out->add_changes()->set_change(raw(bytes.bytes()));
    }
    if (newest) out->set_checkpoint(raw(ledger::encode(*newest)));
    return grpc::Status::OK;
  }
  grpc::Status GetConsistencyProof(grpc::ServerContext*, const v1::GetConsistencyProofRequest*,
                                   v1::GetConsistencyProofResponse* out) override {
    for (const auto& hash : consistency) out->add_path(raw(hash.view()));
    return grpc::Status::OK;
  }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// A ledger of two validators, and a node that shows it truly until it is told otherwise.
struct World {
  TestLedger ledger;
  ScriptedNode node;
  test::TemporaryFolder home;
  CertifyingSet set = ledger::genesis_set(ledger.genesis().content).value();

  World() {
    node.chain = ledger.chain();
    node.genesis = ledger::encode(ledger.genesis());
  }
  ledger::Header next_header(std::uint64_t view) {
    ledger::Header header;
    header.chain = ledger.chain();
    header.height = ledger.height();
    header.view = View{view};
    header.time_ms = ledger.time_ms();
    header.roots = ledger::read_roots(ledger.state());
    header.validator_set = set.digest();
    header.parameters = ledger::parameters_digest(ledger::read_parameters(ledger.state()));
    return header;
  }
  Checkpoint certified(const ledger::Header& header) {
    return {header, test::finalize(header, set, {"aurora", "borealis"})};
  }
  // One more block with one transaction, shown with the proof that the log only grew.
  void grow() {
    const auto before = ledger.height() == Height{0} ? 0 : ledger::Log(ledger.state()).size();
    const auto number = static_cast<std::uint32_t>(ledger.height().value + 1);
    ledger.publish(ledger.aurora, number);
    node.newest = certified(next_header(ledger.height().value));
    node.consistency.clear();
    if (before > 0) node.consistency = ledger::Log(ledger.state()).consistency(before, before + 1);
  }
  std::string follow(const std::optional<ChainId>& accepted = std::nullopt) {
    LedgerTrust trust(home.file("ledgers"));
    if (auto problem = trust.load()) return problem->name;
    auto client = node.client();
    const auto problem = trust.follow(client, accepted);
    return problem ? problem->name : "";
  }
  Height newest_trusted() {
    LedgerTrust trust(home.file("ledgers"));
    REQUIRE_FALSE(trust.load());
    return trust.current()->newest->header.height;
  }
};

ledger::Genesis recovery_of(World& world, const Checkpoint& last, std::size_t signers = 2) {
  ledger::GenesisInput input;

  input.time_ms = last.header.time_ms + 1'000;
  input.continues = ledger::make_continues(world.ledger.state(), last, world.set).value();
  input.validators = {{world.ledger.aurora.id, world.ledger.aurora.key_of(KeyPurpose::kConsensus)}};
  auto genesis = ledger::draft_genesis(std::move(input));

  const auto message = ledger::founder_message(genesis.chain);
  const test::Actor* actors[] = {&world.ledger.aurora, &world.ledger.borealis};

  for (const auto* actor : std::span(actors).first(signers)) {
    genesis.signatures.push_back(
        {actor->key_of(KeyPurpose::kRoot), actor->root->sign(message.view())});
  }

  std::ranges::sort(genesis.signatures, {}, &ledger::FounderSignature::root_key);
  return genesis;
}

void show(World& world, const ledger::Genesis& genesis) {
  world.node.chain = genesis.chain;
  world.node.genesis = ledger::encode(genesis);
  world.node.first_epoch = ledger::genesis_epoch(genesis);
}

// A home that follows a ledger of one block, whose node now shows a recovery of it.
ledger::Genesis recovery_shown(World& world) {
  world.grow();
  REQUIRE(world.follow() == "");
  auto recovery = recovery_of(world, *world.node.newest);
  show(world, recovery);
  world.node.newest.reset();
  return recovery;
}

}  // namespace

TEST_CASE("who is asked to wait waits once, and for a while that a person bears") {
  ScriptedNode node;
  node.chain.bytes.fill(1);
  auto client = node.client();
  node.busy = 1;
  CHECK(std::holds_alternative<StatusAnswer>(client.status()));
  CHECK(node.calls == 2);

  // Busy again: the person is told, with the code and exit code of a node that cannot be asked now.
  node.busy = 2;
  const auto twice = client.status();
  REQUIRE(std::holds_alternative<CallError>(twice));
  CHECK(std::get<CallError>(twice).kind == CallFailure::kOverloaded);
  CHECK(std::get<CallError>(twice).code == "rate_limit");
  CHECK(node.calls == 4);

  for (const std::uint64_t wait_ms : {std::uint64_t{0}, std::uint64_t{5'001}, UINT64_MAX}) {
    node.calls = 0;
    node.busy = 1;
    node.retry_after_ms = wait_ms;
    CHECK(std::holds_alternative<CallError>(client.status()));
    CHECK(node.calls == 1);
  }
}

TEST_CASE("a home trusts the first ledger that it is shown, follows it, and no other afterwards") {
  World world;
  CHECK(world.follow() == "");
  world.grow();
  CHECK(world.follow() == "");
  CHECK(world.newest_trusted() == Height{1});
  world.grow();
  CHECK(world.follow() == "");
  CHECK(world.newest_trusted() == Height{2});
  World other;
  world.node.chain = other.node.chain;
  world.node.genesis = other.node.genesis;
  CHECK(world.follow() == "other_ledger");
}

TEST_CASE("a genesis record that was changed, or is another ledger's, is refused") {
  World world;
  world.node.genesis[12] ^= 1;
  CHECK(world.follow() == "forged_genesis");
  World other;
  world.node.genesis = other.node.genesis;
  CHECK(world.follow() == "forged_genesis");
}

TEST_CASE("a block that the set did not make final is refused, and what was trusted stays") {
  World world;
  world.grow();
  REQUIRE(world.follow() == "");
  const auto honest = *world.node.newest;
  world.grow();
  world.node.newest->proof.finalization.signatures[0].bytes[7] ^= 1;
  CHECK(world.follow() == "forged_checkpoint");
  world.node.newest = {honest.header,
                       test::finalize(honest.header, world.set, {"aurora"})};  // too few
  CHECK(world.follow() == "forged_checkpoint");
  CHECK(world.newest_trusted() == Height{1});
}

TEST_CASE("two certified histories are a fork, whichever way they show") {
  World world;
  world.grow();
  world.grow();
  REQUIRE(world.follow() == "");

  const auto honest = *world.node.newest;
  auto header = honest.header;
  header.view = View{99};
  world.node.newest = world.certified(header);
  CHECK(world.follow() == "fork");  // another block at the same height

  header = honest.header;
  header.height = header.height.next();
  header.roots.log_size -= 1;
  world.node.newest = world.certified(header);
  CHECK(world.follow() == "fork");  // a shorter log

  header.roots = honest.header.roots;
  header.roots.log_root.bytes[0] ^= 1;
  world.node.newest = world.certified(header);
  CHECK(world.follow() == "fork");  // another log of the same length

  world.grow();
  world.node.consistency[0].bytes[0] ^= 1;
  CHECK(world.follow() == "fork");  // a longer log that does not begin as the known one
  CHECK(world.newest_trusted() == honest.header.height);
}

TEST_CASE("a node that is behind is no liar") {
  World world;
  world.grow();
  const auto behind = *world.node.newest;
  world.grow();
  REQUIRE(world.follow() == "");
  world.node.newest = behind;
  CHECK(world.follow() == "");
  CHECK(world.newest_trusted() == Height{2});
}

TEST_CASE("a home follows a change of the set that its own set certified, and remembers it") {
  World world;

  world.grow();
  const auto next = CertifyingSet::make({world.set.members()[0]}).value();
  auto sealing = world.next_header(5);
  sealing.next_validator_set = next.digest();

  world.node.newest.reset();
  world.node.changes = {{{sealing, test::finalize(sealing, world.set, {"aurora"})}, next}};
  CHECK(world.follow() == "forged_set_change");

  world.node.changes = {
      {world.certified(sealing), CertifyingSet::make({world.set.members()[1]}).value()}};
  CHECK(world.follow() == "forged_set_change");  // not the set that the block commits

  world.node.changes = {{world.certified(sealing), next}};
  CHECK(world.follow() == "");

  // The home remembers the change: the node need not tell it again.
  world.node.changes.clear();
  world.node.first_epoch = Epoch{1};
  CHECK(world.follow() == "");

  LedgerTrust trust(world.home.file("ledgers"));
  REQUIRE_FALSE(trust.load());
  CHECK(trust.current()->client.epoch() == Epoch{1});
  CHECK(trust.current()->client.set().digest() == next.digest());
}

TEST_CASE(
    "a recovery is refused until it is accepted by its id, and then the home goes on with it") {
  World world;
  const auto recovery = recovery_shown(world);
  const auto old = world.ledger.chain();

  CHECK(world.follow() == "recovery_not_accepted");
  CHECK(world.follow(old) == "recovery_not_accepted");

  CHECK(world.follow(recovery.chain) == "");
  CHECK(world.follow() == "");

  LedgerTrust trust(world.home.file("ledgers"));
  REQUIRE_FALSE(trust.load());
  CHECK(trust.current()->genesis.chain == recovery.chain);
  CHECK(trust.successor(old) == recovery.chain);
  CHECK(trust.find(make_reference(old, InstitutionId{}, IssuerIndex{1}))->genesis.chain == old);
}

TEST_CASE("a recovery that undoes a block that was seen final is refused, told or not") {
  World world;
  world.grow();
  const auto recovery = recovery_of(world, *world.node.newest);
  world.grow();
  REQUIRE(world.follow() == "");
  show(world, recovery);
  world.node.newest.reset();
  CHECK(world.follow(recovery.chain) == "recovery_cuts_off");
}

TEST_CASE("a recovery of blocks that never were is refused, told or not") {
  World world;
  world.grow();
  REQUIRE(world.follow() == "");
  // By a set of the forger's own.
  const auto key = test::key_named("aurora/consensus").public_key();
  world.set = CertifyingSet::make({{world.ledger.aurora.id,
                                    *decltype(CertifyingSet::Member::key)::from(key.bytes)}})
                  .value();
  world.grow();
  auto last = *world.node.newest;
  last.proof = test::finalize(last.header, world.set, {"aurora", "borealis"});
  const auto recovery = recovery_of(world, last, 1);
  show(world, recovery);
  world.node.newest.reset();
  CHECK(world.follow(recovery.chain) == "forged_recovery");
}

TEST_CASE("a home that belongs to a ledger takes no other as its first") {
  World world;
  World other;
  auto client = world.node.client();
  LedgerTrust trust(world.home.file("ledgers"));
  trust.expect(other.ledger.chain());
  const auto problem = trust.follow(client, std::nullopt);
  REQUIRE(problem);
  CHECK(problem->name == "other_ledger");
  CHECK(trust.current() == nullptr);
}

// Of ledgers; the lock stays.
bool nothing_left(const World& world) {
  const auto ledgers = std::filesystem::directory_iterator(world.home.file("ledgers"));
  return std::ranges::all_of(ledgers,
                             [](const auto& entry) { return entry.path().filename() == ".lock"; });
}

// A home that was used for a trial could not be used for anything else.
TEST_CASE("a home that lets its ledger go keeps nothing of it, and takes another as its first") {
  World world;
  world.grow();
  REQUIRE(world.follow() == "");
  {
    LedgerTrust trust(world.home.file("ledgers"));
    REQUIRE_FALSE(trust.load());
    REQUIRE_FALSE(trust.forget(world.ledger.chain()));
    CHECK(trust.current() == nullptr);
    CHECK(trust.find(world.ledger.chain()) == nullptr);
  }
  CHECK(nothing_left(world));

  World other;
  world.node.chain = other.node.chain;
  world.node.genesis = other.node.genesis;
  world.node.newest.reset();
  CHECK(world.follow() == "");
}

TEST_CASE("what a ledger continues goes with it") {
  World world;
  const auto recovery = recovery_shown(world);
  const auto old = world.ledger.chain();
  REQUIRE(world.follow(recovery.chain) == "");

  LedgerTrust trust(world.home.file("ledgers"));
  REQUIRE_FALSE(trust.load());
  const auto history = trust.history(recovery.chain);
  REQUIRE(history.size() == 2);
  CHECK(history[0]->genesis.chain == recovery.chain);
  CHECK(history[1]->genesis.chain == old);
  CHECK(trust.history(old).size() == 1);
  REQUIRE_FALSE(trust.forget(recovery.chain));
  CHECK(trust.find(old) == nullptr);
  CHECK(nothing_left(world));
}

TEST_CASE("forgetting that was cut off anywhere leaves a home that is read, and is done again") {
  const std::vector<std::string> steps{"current", "newest.bin", "genesis.bin"};
  for (std::size_t done = 1; done <= steps.size(); ++done) {
    CAPTURE(done);
    World world;
    world.grow();
    REQUIRE(world.follow() == "");
    const auto ledgers = world.home.path() / "ledgers";
    const auto folder = ledgers / to_text(world.ledger.chain());
    for (std::size_t i = 0; i < done; ++i)
      REQUIRE(std::filesystem::remove((i == 0 ? ledgers : folder) / steps[i]));

    LedgerTrust trust(ledgers.string());
    REQUIRE_FALSE(trust.load());
    CHECK(trust.current() == nullptr);
    const bool is_there = trust.find(world.ledger.chain()) != nullptr;
    CHECK(is_there == (done < 3));
    if (is_there) REQUIRE_FALSE(trust.forget(world.ledger.chain()));

    // The empty folder stands in nobody's way, least of all in that of the same ledger.
    CHECK(world.follow() == "");
    CHECK(world.newest_trusted() == Height{1});
  }
}

TEST_CASE("what another program has accepted while a person was asked is not forgotten with it") {
  World world;
  const auto recovery = recovery_shown(world);
  const auto old = world.ledger.chain();
  LedgerTrust forgetting(world.home.file("ledgers"));
  REQUIRE_FALSE(forgetting.load());
  REQUIRE(forgetting.find(old) != nullptr);

  REQUIRE(world.follow(recovery.chain) == "");
  const auto problem = forgetting.forget(old);
  REQUIRE(problem);
  CHECK(problem->message.find(to_text(recovery.chain)) != std::string::npos);
  LedgerTrust after(world.home.file("ledgers"));
  REQUIRE_FALSE(after.load());
  CHECK(after.current()->genesis.chain == recovery.chain);
  CHECK(after.find(old) != nullptr);
}

// Cut off where a file cannot be removed, one after the other, in the order that is really taken.
TEST_CASE(
    "forgetting that stops at any file leaves a ledger that is proven as far as it is there") {
  for (const std::string stop : {"newest.bin", "changes.bin", "genesis.bin"}) {
    CAPTURE(stop);
    World world;
    world.grow();
    const auto next = CertifyingSet::make({world.set.members()[0]}).value();
    auto sealing = world.next_header(5);
    sealing.next_validator_set = next.digest();
    world.node.newest.reset();
    world.node.changes = {{world.certified(sealing), next}};
    REQUIRE(world.follow() == "");

    // The newest block is of the epoch that only the changes prove.
    world.node.changes.clear();
    world.node.first_epoch = Epoch{1};
    auto later = world.next_header(1);
    later.epoch = Epoch{1};
    later.height = later.height.next();
    later.validator_set = next.digest();
    world.node.newest = {later, test::finalize(later, next, {"aurora"})};
    world.node.consistency = ledger::Log(world.ledger.state()).consistency(1, 1);
    REQUIRE(world.follow() == "");

    const auto chain = world.ledger.chain();
    const auto folder = world.home.path() / "ledgers" / to_text(chain);
    LedgerTrust trust(world.home.file("ledgers"));
    REQUIRE_FALSE(trust.load());

    // A folder of that name is what no file's removal removes.
    const auto aside = world.home.path() / "aside";
    std::filesystem::rename(folder / stop, aside);
    std::filesystem::create_directory(folder / stop);
    const auto failed = trust.forget(chain);
    REQUIRE(failed);
    std::filesystem::remove(folder / stop);
    std::filesystem::rename(aside, folder / stop);

    LedgerTrust again(world.home.file("ledgers"));
    const auto problem = again.load();
    CHECK((problem ? problem->message : "") == "");
    REQUIRE(again.find(chain) != nullptr);
    CHECK_FALSE(again.forget(chain));
  }
}

// Two programs at one home: each has read it before the other wrote.
TEST_CASE("what another program forgets or follows meanwhile is neither made anew nor undone") {
  World world;
  REQUIRE(world.follow() == "");
  const auto ledgers = world.home.file("ledgers");
  auto client = world.node.client();

  LedgerTrust slow(ledgers), forgetting(ledgers);
  REQUIRE_FALSE(slow.load());
  REQUIRE_FALSE(forgetting.load());
  REQUIRE_FALSE(forgetting.forget(world.ledger.chain()));
  world.grow();
  const auto problem = slow.follow(client, std::nullopt);
  REQUIRE(problem);
  CHECK(problem->name == "ledger_folder");
  CHECK(problem->message.find("ledger forget") != std::string::npos);
  CHECK(nothing_left(world));

  // The one that asked first, and of a node that is behind, writes last.
  LedgerTrust late(ledgers);
  REQUIRE_FALSE(late.load());
  REQUIRE(world.follow() == "");
  LedgerTrust behind(ledgers);
  REQUIRE_FALSE(behind.load());
  world.grow();
  REQUIRE(world.follow() == "");
  const auto older = world.node.newest;
  const auto proof = world.node.consistency;
  world.grow();
  REQUIRE(world.follow() == "");
  world.node.newest = older;
  world.node.consistency = proof;
  CHECK_FALSE(behind.follow(client, std::nullopt));
  CHECK(world.newest_trusted() == older->header.height.next());

  // And one that had found no ledger takes no other one.
  World other;
  world.node.chain = other.node.chain;
  world.node.genesis = other.node.genesis;
  world.node.newest.reset();
  const auto refused = late.follow(client, std::nullopt);
  REQUIRE(refused);
  CHECK(refused->name == "ledger_folder");
  LedgerTrust still(ledgers);
  REQUIRE_FALSE(still.load());
  CHECK(still.current()->genesis.chain == world.ledger.chain());
}

TEST_CASE("a damaged folder is named and trusted in nothing") {
  World world;
  world.grow();
  REQUIRE(world.follow() == "");
  const auto record = world.home.path() / "ledgers" / to_text(world.ledger.chain()) / "newest.bin";
  {
    std::fstream file(record, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('\x7f');
  }
  CHECK(world.follow() == "ledger_folder");
}

TEST_CASE("a checkpoint in an answer is proven under the ledger that is trusted") {
  World world;
  world.grow();
  LedgerTrust trust(world.home.file("ledgers"));
  auto client = world.node.client();
  REQUIRE_FALSE(trust.follow(client, std::nullopt));
  const auto& newest = *world.node.newest;
  Encoder proof;
  ledger::encode(proof, newest.proof);
  const ByteView certificate =
      ByteView(proof.bytes()).first(proof.bytes().size() - 2);  // without the count of links
  const CheckpointAnswer answer{ledger::encode(newest.header), {}, to_bytes(certificate)};
  CHECK_FALSE(trust.verify_checkpoint(answer));
  auto changed = answer;
  auto header = newest.header;
  header.time_ms += 1;
  changed.header = ledger::encode(header);
  CHECK(trust.verify_checkpoint(changed)->name == "forged_checkpoint");
  changed = answer;
  changed.certificate.clear();
  CHECK(trust.verify_checkpoint(changed)->name == "forged_checkpoint");
  // The first block of a ledger has no certificate and needs none; nobody else's block is that.
  const auto first = ledger::build_genesis_state(world.ledger.genesis()).header;
  changed.header = ledger::encode(first);
  CHECK_FALSE(trust.verify_checkpoint(changed));
}

// Its height and view were enough: a node could show any roots as those of the first block.
TEST_CASE("a first block without certificate is the one that the genesis record makes") {
  World world;
  LedgerTrust trust(world.home.file("ledgers"));
  auto client = world.node.client();
  REQUIRE_FALSE(trust.follow(client, std::nullopt));

  const auto first = ledger::build_genesis_state(world.ledger.genesis()).header;
  const auto verdict = [&](const ledger::Header& header) {
    const auto problem = trust.verify_checkpoint({ledger::encode(header), {}, {}});
    return problem ? problem->name : "";
  };
  CHECK(verdict(first) == "");

  auto changed = first;
  changed.time_ms += 1;
  CHECK(verdict(changed) == "forged_checkpoint");
  changed = first;
  changed.roots.page_root.bytes[0] ^= 1;
  CHECK(verdict(changed) == "forged_checkpoint");
  changed = first;
  changed.roots.registry_root.bytes[0] ^= 1;
  CHECK(verdict(changed) == "forged_checkpoint");
}

TEST_CASE("the first block of a recovery is, but for the registry, what its record makes") {
  World world;
  world.grow();
  const auto recovery = recovery_of(world, *world.node.newest);
  const auto first = ledger::build_recovery_state(recovery, world.ledger.state()).value().header;
  show(world, recovery);
  world.node.newest.reset();
  LedgerTrust trust(world.home.file("ledgers"));
  auto client = world.node.client();
  REQUIRE_FALSE(trust.follow(client, std::nullopt));

  const auto verdict = [&](const ledger::Header& header) {
    const auto problem = trust.verify_checkpoint({ledger::encode(header), {}, {}});
    return problem ? problem->name : "";
  };
  CHECK(verdict(first) == "");

  auto changed = first;
  changed.time_ms += 1;
  CHECK(verdict(changed) == "forged_checkpoint");
  changed = first;
  changed.roots.page_root.bytes[0] ^= 1;
  CHECK(verdict(changed) == "forged_checkpoint");
}

}  // namespace testamur::wallet
