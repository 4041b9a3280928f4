// A changing validator set in real nodes: adding, removing, replacing a key, restarting in the
// middle, catching up, evidence, and a protocol version that the build does not know.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include "files/key_file.h"
#include "ledger/proofs/light.h"
#include "ledger/protocol.h"
#include "ledger/tx/build.h"
#include "ledger/tx/records/governance.h"
#include "ledger/validators.h"
#include "node/chain/validator_sets.h"
#include "node/main/preflight.h"
#include "node/rpc/admin_client.h"
#include "node/validator/evidence_keeper.h"
#include "node/validator/node_keys.h"
#include "node/validator/ready.h"
#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace fs = std::filesystem;
namespace tx = ledger::tx;

// Decisions take effect with a block, so the heartbeat must not be slow.
const std::vector<std::pair<std::string, std::uint64_t>> kQuick = {{"heartbeat_ms", 300}};

// What the institutions decide together.
struct Assembly {
  RunningNodes& nodes;

  Outcome said(std::size_t index, std::size_t through, KeyPurpose purpose,
               const tx::Built& built) const {
    return nodes.commit(through, nodes.sign(index, purpose, built));
  }

  // Proposed by the first voter; every voter approves; returns when it is in effect at the node
  // `through`.
  TransactionId decide(const std::vector<std::size_t>& voters, std::size_t through,
                       tx::ProposedAction action) const {
    auto head = nodes.at(through).node->chain().head();
    tx::ProposalContent content{head->header.time_ms + 600'000, 0, std::move(action)};
    auto built = tx::build(nodes.envelope(voters.front()), content);
    auto id = std::get<tx::UnsignedTransaction>(built).id;

    REQUIRE(said(voters.front(), through, KeyPurpose::kGovern, built).state ==
            Outcome::State::kCommitted);

    for (auto voter : voters) {
      auto proposal = tx::read_proposal(*nodes.at(through).node->chain().head()->state, id);
      if (proposal->status() != tx::ProposalStatus::kOpen) break;
      auto vote = tx::build(nodes.envelope(voter), tx::VoteContent{id, true, false});
      REQUIRE(said(voter, through, KeyPurpose::kGovern, vote).state == Outcome::State::kCommitted);
    }

    nodes.await_state(through, [&id](const Snapshot& state) {
      return tx::read_proposal(state, id)->status() == tx::ProposalStatus::kInEffect;
    });
    return id;
  }

  std::vector<SecretKey> consensus_keys(std::size_t index) const {
    auto files = make_posix_file_system();
    auto keys = NodeKeys(*files, nodes.at(index).config).consensus_keys();
    REQUIRE(keys.ok());
    return std::move(keys).value();
  }

  // The institution's node declares itself ready.
  ReadyStatement declare_ready(std::size_t index) const {
    SystemClock clock;
    auto head = nodes.at(index).node->chain().head();
    auto ready =
        make_ready(*head, nodes.chain(), nodes.at(index).id, consensus_keys(index), "test", clock);
    INFO(ready.message());
    REQUIRE(ready.ok());
    REQUIRE(nodes.commit(index, to_bytes(ready->transaction->encoded())).state ==
            Outcome::State::kCommitted);
    return std::move(*ready);
  }

  // The present set with some members left out and some added or replaced.
  tx::SetChangeContent next_set(std::size_t at, const std::vector<std::size_t>& leaving,
                                const std::vector<std::pair<std::size_t, tx::Seat>>& coming) const {
    auto state = nodes.at(at).node->chain().head()->state;
    std::map<InstitutionId, tx::Seat> seats;
    const auto set = ledger::read_validators(*state);
    for (const auto& member : set.members()) {
      seats[member.institution] = {member.institution, ledger::consensus_key_id(member), {}};
    }
    for (auto index : leaving) seats.erase(nodes.at(index).id);
    for (const auto& [index, seat] : coming) seats[nodes.at(index).id] = seat;
    tx::SetChangeContent content;
    for (const auto& [id, seat] : seats) content.seats.push_back(seat);
    return content;
  }

  void await_epoch(std::size_t at, std::uint64_t epoch) const {
    nodes.await_state(
        at, [epoch](const Snapshot& state) { return ledger::read_epoch(state).value >= epoch; });
  }

  ChainStatus status(std::size_t at) const {
    std::promise<ChainStatus> told;
    nodes.at(at).node->chain().status(
        [&told](ChainStatus status) { told.set_value(std::move(status)); });
    return told.get_future().get();
  }
};

// Four validators, and a fifth institution with an observer that becomes one.
struct Network {
  RunningNodes nodes{4, kQuick, 1};
  Assembly assembly{nodes};
  AchievementId achievement = nodes.publish(0, 0);
  std::uint64_t next_index = 1;

  // One more credential, committed at one node and then known at another.
  void issue(std::size_t through) {
    auto outcome = nodes.commit(through, nodes.batch(0, achievement, next_index++, 1));
    REQUIRE(outcome.state == Outcome::State::kCommitted);
  }

  void add_fifth() {
    nodes.begin_observer(4);
    nodes.await_height(4, nodes.at(0).node->chain().head()->header.height);
    assembly.decide({0, 1, 2}, 0,
                    tx::AdmissionContent{nodes.at(4).id, tx::InstitutionClass::kValidator, false});
    nodes.await_height(4, nodes.at(0).node->chain().head()->header.height);
    auto ready = assembly.declare_ready(4);
    nodes.await_height(0, nodes.at(4).node->chain().head()->header.height);
    tx::Seat seat{nodes.at(4).id, ready.key, ready.transaction->id()};
    assembly.decide({0, 1, 2}, 0, assembly.next_set(0, {}, {{4, seat}}));
    assembly.await_epoch(4, 1);
  }
};

TEST_CASE("an observer becomes a validator and a validator an observer, both without a restart") {
  Network net;
  net.add_fifth();
  net.issue(4);
  CHECK(net.assembly.status(4).engine.voting == consensus::VotingState::kActive);
  CHECK(net.assembly.status(4).engine.validators == 5);

  // Four of the five must agree: with one down the new vote is needed.
  net.nodes.stop(3);
  net.issue(0);
  net.nodes.start(3);

  auto key_file = net.nodes.at(1).config.consensus_key;
  CHECK(fs::exists(key_file));
  net.assembly.decide({0, 2, 3, 4}, 0, net.assembly.next_set(0, {1}, {}));
  net.issue(4);
  net.nodes.await_height(1, net.nodes.at(4).node->chain().head()->header.height);
  auto gone = net.assembly.status(1);
  CHECK(gone.engine.voting == consensus::VotingState::kObserver);
  CHECK(gone.engine.epoch == Epoch{2});
  CHECK_FALSE(fs::exists(key_file));  // the first block of an epoch without it is final
  CHECK(fs::exists(net.nodes.at(0).config.consensus_key));

  // All ledgers are the same.
  auto height = net.nodes.at(0).node->chain().head()->header.height;
  for (std::size_t i = 0; i < 5; ++i) {
    net.nodes.await_height(i, height);
    CHECK(net.nodes.at(i).node->chain().head()->state->header(height) ==
          net.nodes.at(0).node->chain().head()->state->header(height));
  }
}

TEST_CASE("a light client follows both changes from the genesis set, from what any node tells") {
  Network net;
  auto genesis =
      *ledger::validators_of_epoch(*net.nodes.at(0).node->chain().head()->state, Epoch{0});
  net.add_fifth();
  net.assembly.decide({0, 2, 3, 4}, 0, net.assembly.next_set(0, {1}, {}));
  net.issue(0);
  net.nodes.await_height(4, net.nodes.at(0).node->chain().head()->header.height);
  ApiCaller api(net.nodes.at(4).node->api_port());
  ledger::LightClient client(net.nodes.chain(), Epoch{0}, genesis);
  grpc::ClientContext context;
  v1::GetSetChangesRequest request;
  v1::GetSetChangesResponse response;
  REQUIRE(api.log->GetSetChanges(&context, request, &response).ok());
  REQUIRE(response.changes_size() == 2);
  CHECK(response.epoch() == 2);
  CHECK(response.validators_size() == 4);
  auto checkpoint = ledger::decode_checkpoint(as_bytes(response.checkpoint()));
  REQUIRE(checkpoint.ok());
  CHECK_FALSE(client.verify(*checkpoint).ok());  // of an epoch that it does not know yet
  for (const auto& change : response.changes()) {
    Decoder bytes(as_bytes(change.change()));
    auto decoded = ledger::decode_set_change(bytes);
    REQUIRE(decoded.has_value());
    auto followed = client.follow(*decoded);
    INFO(followed.message());
    CHECK(followed.ok());
  }
  CHECK(client.epoch() == Epoch{2});
  CHECK(client.verify(*checkpoint).ok());

  request.set_from_epoch(2);
  grpc::ClientContext later;
  v1::GetSetChangesResponse none;
  REQUIRE(api.log->GetSetChanges(&later, request, &none).ok());
  CHECK(none.changes_size() == 0);
  request.set_from_epoch(3);
  grpc::ClientContext beyond;
  CHECK(api.log->GetSetChanges(&beyond, request, &none).error_code() ==
        grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("nodes start again in any epoch, and one that slept through two changes catches up") {
  Network net;
  net.nodes.stop(3);

  net.add_fifth();
  net.assembly.decide({0, 2, 4, 1}, 0, net.assembly.next_set(0, {1}, {}));
  net.issue(0);
  net.nodes.await_height(4, net.nodes.at(0).node->chain().head()->header.height);

  net.nodes.start(3);
  net.nodes.await_height(3, net.nodes.at(0).node->chain().head()->header.height);
  CHECK(net.assembly.status(3).engine.epoch == Epoch{2});

  for (std::size_t i = 0; i < 5; ++i) net.nodes.stop(i);
  for (std::size_t i = 0; i < 5; ++i) net.nodes.start(i);

  net.issue(3);
  net.issue(4);

  CHECK(net.assembly.status(0).engine.epoch == Epoch{2});
  CHECK(net.assembly.status(1).engine.voting == consensus::VotingState::kObserver);
}

TEST_CASE("a validator replaces its consensus key: the new one votes, the old one is erased") {
  RunningNodes nodes(1, kQuick);
  Assembly assembly{nodes};
  auto achievement = nodes.publish(0, 0);
  auto files = make_posix_file_system();
  NodeKeys keys(*files, nodes.at(0).config);
  auto fresh = keys.make(KeyPurpose::kConsensus);
  REQUIRE(fresh.ok());
  CHECK_FALSE(fresh->already_there);
  auto next_file = nodes.at(0).config.consensus_key.string() + ".next";
  CHECK(fs::exists(next_file));
  CHECK(keys.make(KeyPurpose::kConsensus)->already_there);
  auto public_key = fresh->key.public_key();
  auto proof = fresh->key.sign(
      possession_message(nodes.chain(), nodes.at(0).id, KeyPurpose::kConsensus, public_key).view());
  nodes.at(0).node->chain().add_consensus_key(std::move(fresh->key));

  // The ledger does not know it yet.
  SystemClock clock;
  auto early = make_ready(*nodes.at(0).node->chain().head(), nodes.chain(), nodes.at(0).id,
                          assembly.consensus_keys(0), "test", clock);
  // It signed for the key that votes already, and said that all was well.
  INFO(early.message());
  REQUIRE_FALSE(early.ok());
  CHECK(early.message().find(to_text(key_id(KeyPurpose::kConsensus, public_key))) !=
        std::string::npos);
  CHECK(early.message().find("testamur key add consensus --public FILE") != std::string::npos);
  auto added =
      tx::build(nodes.envelope(0), tx::KeyAddContent{KeyPurpose::kConsensus, public_key, proof});
  REQUIRE(assembly.said(0, 0, KeyPurpose::kRoot, added).state == Outcome::State::kCommitted);
  auto ready = assembly.declare_ready(0);
  CHECK_FALSE(ready.seated);
  CHECK(ready.key == key_id(KeyPurpose::kConsensus, public_key));
  tx::Seat seat{nodes.at(0).id, ready.key, ready.transaction->id()};
  assembly.decide({0}, 0, assembly.next_set(0, {}, {{0, seat}}));
  REQUIRE(nodes.commit(0, nodes.batch(0, achievement, 1, 1)).state == Outcome::State::kCommitted);
  CHECK(assembly.status(0).voting_key == public_key);
  CHECK_FALSE(fs::exists(next_file));  // it took the name of the old one
  CHECK(read_key_file(nodes.at(0).config.consensus_key, KeyPurpose::kConsensus)->public_key() ==
        public_key);

  nodes.stop(0);
  nodes.start(0);
  REQUIRE(nodes.commit(0, nodes.batch(0, achievement, 2, 1)).state == Outcome::State::kCommitted);
  CHECK(assembly.status(0).engine.voting == consensus::VotingState::kActive);
}

// The genesis names the key before it, which an empty store takes for the one that sits; and what
// was followed without a key was refused to it afterwards as the data of another node.
TEST_CASE("a validator that lost its data after its key was replaced follows first, then votes") {
  RunningNodes nodes(4, kQuick);
  Assembly assembly{nodes};
  auto achievement = nodes.publish(0, 0);
  auto& config = nodes.at(0).config;
  auto files = make_posix_file_system();
  NodeKeys keys(*files, config);
  auto fresh = keys.make(KeyPurpose::kConsensus);
  REQUIRE(fresh.ok());
  const auto public_key = fresh->key.public_key();
  const auto proof = fresh->key.sign(
      possession_message(nodes.chain(), nodes.at(0).id, KeyPurpose::kConsensus, public_key).view());
  nodes.at(0).node->chain().add_consensus_key(std::move(fresh->key));
  const auto added =
      tx::build(nodes.envelope(0), tx::KeyAddContent{KeyPurpose::kConsensus, public_key, proof});
  REQUIRE(assembly.said(0, 0, KeyPurpose::kRoot, added).state == Outcome::State::kCommitted);
  const auto ready = assembly.declare_ready(0);
  const tx::Seat seat{nodes.at(0).id, ready.key, ready.transaction->id()};
  assembly.decide({0, 1, 2}, 0, assembly.next_set(0, {}, {{0, seat}}));
  REQUIRE(nodes.commit(0, nodes.batch(0, achievement, 1, 1)).state == Outcome::State::kCommitted);
  nodes.await_height(1, nodes.at(0).node->chain().head()->header.height);
  nodes.stop(0);
  fs::remove_all(config.data_dir);

  const auto key_file = config.consensus_key;
  const auto votes_again = [&] {
    SystemClock clock;
    const auto found = preflight_all(config, clock);
    INFO(found.status().message());
    CHECK(found.ok());
    nodes.start(0);
    assembly.await_epoch(0, 1);
  };
  SECTION("with its key") { votes_again(); }
  SECTION("with its key, after it had followed without one") {
    config.consensus_key.clear();
    nodes.start(0);
    assembly.await_epoch(0, 1);
    nodes.stop(0);
    config.consensus_key = key_file;
    SystemClock clock;
    const auto notes = preflight_all(config, clock).notes;
    CHECK(std::ranges::any_of(notes, [](const auto& note) {
      return note.find("Never while another node runs with this key") != std::string::npos;
    }));
    votes_again();
  }

  // It votes again once the ledger has come past what its key may have voted for.
  const auto is_voting = [&] {
    return assembly.status(0).engine.voting == consensus::VotingState::kActive;
  };
  for (std::uint64_t batch = 2; batch < 30 && !is_voting(); ++batch)
    REQUIRE(nodes.commit(1, nodes.batch(0, achievement, batch, 1)).state ==
            Outcome::State::kCommitted);
  CHECK(is_voting());
  CHECK(assembly.status(0).voting_key == public_key);
}

// Two votes of one key for two blocks of one view.
consensus::Evidence two_votes(const RunningNodes& nodes, const InstitutionId& thief,
                              const SecretKey& key, const ledger::CertifyingSet& set, View view) {
  consensus::Evidence evidence;
  evidence.validator = thief;
  evidence.set_digest = set.digest();
  for (auto* half : {&evidence.first, &evidence.second}) {
    *half = {consensus::Act::kNotarize, Epoch{0}, view, View{view.value - 1},
             random_fixed<BlockId>()};
    auto& signature =
        half == &evidence.first ? evidence.first_signature : evidence.second_signature;
    signature = key.sign(consensus::signing_digest(nodes.chain(), set.digest(), *half).view());
  }
  return evidence;
}

// Where the votes of all are needed, the floor that quarantine leaves is never passed: nothing said
// so, and the command said that there was nothing to do.
TEST_CASE("a validator below its floor says so, and votes by the command alone") {
  RunningNodes nodes(2);
  Assembly assembly{nodes};
  const auto achievement = nodes.publish(0, 0);
  REQUIRE(nodes.commit(0, nodes.batch(0, achievement, 1, 1)).state == Outcome::State::kCommitted);
  nodes.await_height(1, nodes.at(0).node->chain().head()->header.height);
  for (const std::size_t each : {0U, 1U}) nodes.stop(each);
  fs::remove_all(nodes.at(0).config.data_dir);
  const auto resume = [&] {
    return admin_resume_voting(nodes.at(0).config.api.admin_socket.string(), std::nullopt);
  };

  // Nobody is there who could show what its key has voted for.
  nodes.start(0);
  const auto alone = resume();
  CHECK_FALSE(alone.ok());
  CHECK(alone.message().find("no other validator is connected") != std::string::npos);
  CHECK(alone.message().find("(.votes) says") != std::string::npos);
  CHECK(assembly.status(0).engine.voting == consensus::VotingState::kQuarantine);

  nodes.start(1);
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (assembly.status(0).engine.voting != consensus::VotingState::kFloored)
    REQUIRE(std::chrono::steady_clock::now() < until);
  ApiCaller api(nodes.at(0).node->api_port());
  grpc::ClientContext context;
  v1::GetStatusResponse said;
  REQUIRE(api.ledger->GetStatus(&context, {}, &said).ok());
  CHECK(said.role() == v1::NODE_ROLE_QUARANTINED);
  CHECK(std::ranges::any_of(said.obstacles(), [](const auto& each) {
    return each.starts_with("this node does not vote yet: it votes again from view ");
  }));

  const auto resumed = resume();
  INFO(resumed.message());
  REQUIRE(resumed.ok());
  CHECK(nodes.commit(1, nodes.batch(0, achievement, 2, 1)).state == Outcome::State::kCommitted);
  const auto again = resume();
  CHECK(again.message().find("is in no quarantine") != std::string::npos);
}

TEST_CASE("evidence is kept on disk and handed in until the ledger holds it, once") {
  RunningNodes nodes(1, kQuick);
  Assembly assembly{nodes};
  auto files = make_posix_file_system();
  TemporaryDirectory directory;
  SystemClock clock;
  auto log = Log::silent();
  auto keys = assembly.consensus_keys(0);
  auto head = nodes.at(0).node->chain().head();
  auto evidence =
      two_votes(nodes, nodes.at(0).id, keys[0], ledger::read_validators(*head->state), View{70});
  {
    EvidenceKeeper keeper(*files, directory.path().string(), clock, *log);
    REQUIRE(keeper.load().ok());
    CHECK_FALSE(keeper.anything_due());
    keeper.keep(evidence);
    keeper.keep(evidence);
    CHECK(keeper.size() == 1);
  }
  EvidenceKeeper keeper(*files, directory.path().string(), clock, *log);
  REQUIRE(keeper.load().ok());
  REQUIRE(keeper.size() == 1);
  CHECK(in_words(keeper.all()[0].evidence) == "voted to notarize two blocks in one view");
  CHECK(keeper.anything_due());
  auto due = keeper.due(*head->state, head->header, nodes.chain(), nodes.at(0).id, keys);
  REQUIRE(due.size() == 1);
  CHECK_FALSE(keeper.anything_due());  // for a minute
  REQUIRE(nodes.commit(0, to_bytes(due[0]->encoded())).state == Outcome::State::kCommitted);

  EvidenceKeeper later(*files, directory.path().string(), clock, *log);
  REQUIRE(later.load().ok());
  head = nodes.at(0).node->chain().head();
  CHECK(later.due(*head->state, head->header, nodes.chain(), nodes.at(0).id, keys).empty());
  CHECK_FALSE(later.anything_due());
  CHECK(tx::evidence_count(*head->state) == 1);
  for (std::uint64_t view = 100; view < 150; ++view) {
    later.keep(two_votes(nodes, nodes.at(0).id, keys[0], ledger::read_validators(*head->state),
                         View{view}));
  }
  CHECK(later.size() == EvidenceKeeper::kPerKey);
}

TEST_CASE("a file among the evidence that cannot be read as such is named in the log") {
  TemporaryDirectory directory;
  const auto evidence = directory.path() / "evidence";
  fs::create_directory(evidence);
  std::ofstream(evidence / "short") << "1234567";
  std::ofstream(evidence / "damaged") << std::string(100, 'x');
  fs::create_directory(evidence / "unreadable");

  Log::Options options;
  options.file = (directory.path() / "log").string();
  auto log = std::move(Log::open(options)).value();
  auto files = make_posix_file_system();
  SystemClock clock;
  EvidenceKeeper keeper(*files, evidence.string(), clock, *log);
  REQUIRE(keeper.load().ok());
  CHECK(keeper.size() == 0);

  log->flush();
  std::ifstream in(options.file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  for (const auto* name : {"short", "damaged", "unreadable"}) {
    CAPTURE(name);
    CHECK(text.find("event=evidence_unreadable file=" + (evidence / name).string() + " cause=") !=
          std::string::npos);
  }
}

TEST_CASE(
    "a node stops before the first block of a version that it does not know, and goes on reading") {
  RunningNodes nodes(1, kQuick);
  Assembly assembly{nodes};
  auto achievement = nodes.publish(0, 0);
  REQUIRE(nodes.commit(0, nodes.batch(0, achievement, 1, 1)).state == Outcome::State::kCommitted);
  auto unknown = static_cast<std::uint16_t>(ledger::kNewestProtocol + 1);
  auto keys = assembly.consensus_keys(0);
  auto head = nodes.at(0).node->chain().head();
  auto declared =
      tx::build(nodes.envelope(0),
                tx::ReadyContent{key_id(KeyPurpose::kConsensus, keys[0].public_key()),
                                 "a later build", unknown, head->header.height, head->block});
  auto carried = tx::attach_signed(std::get<tx::UnsignedTransaction>(declared),
                                   KeyPurpose::kConsensus, keys[0]);
  REQUIRE(nodes.commit(0, carried).state == Outcome::State::kCommitted);
  Height from{nodes.at(0).node->chain().head()->header.height.value + 12};
  assembly.decide({0}, 0, tx::ProtocolActivationContent{unknown, from});
  ApiCaller api(nodes.at(0).node->api_port());
  auto status = [&api] {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    REQUIRE(api.ledger->GetStatus(&context, {}, &response).ok());
    return response;
  };
  auto before = status();
  CHECK(before.activating_protocol() == unknown);
  CHECK(before.activation_height() == from.value);
  REQUIRE(before.obstacles_size() > 0);
  CHECK(before.obstacles(0).starts_with("upgrade this node"));
  nodes.await_height(0, from - 1);
  auto stopped = status();
  CHECK(stopped.as_of().height() == from.value - 1);
  REQUIRE(stopped.obstacles_size() == 1);
  CHECK(stopped.obstacles(0).starts_with("stopped"));
  v1::SubmitResponse response;
  CHECK(api.submit(nodes.batch(0, achievement, 2, 1), &response).error_code() ==
        grpc::StatusCode::UNAVAILABLE);
  CHECK(api.check(RunningNodes::commitment(0, 1).view()).slots_size() == 1);

  head.reset();  // no snapshot outlives its store
  nodes.stop(0);
  nodes.start(0);  // as a service manager would
  CHECK(nodes.at(0).node->chain().stopped_before_protocol());
  CHECK(nodes.at(0).node->chain().head()->header.height.next() == from);
}

}  // namespace
}  // namespace testamur::node
