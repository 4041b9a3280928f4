// Nodes are made by the code of init and join, and a node that is stopped keeps directory and
// ports, so that it comes back as itself. Whatever does not come about within the patience of a
// test fails with why_nothing_moves().
#include "tests/node/running_nodes.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <iostream>
#include <stdexcept>

#include "files/durable_file.h"
#include "files/key_file.h"
#include "node/main/init.h"

namespace testamur::node {

namespace fs = std::filesystem;
namespace tx = ledger::tx;

namespace {

constexpr auto kPatience = std::chrono::minutes(2);
constexpr std::uint64_t kValidMs = 10 * 60 * 1000;

// Ports that are free now, below the range from which the system takes those of outgoing
// connections: a node that is down for a moment finds its port free again.
std::vector<int> free_ports(std::size_t count) {
  std::vector<int> sockets, ports;
  while (ports.size() < count) {
    auto noise = random_fixed<FixedBytes<2, struct PortTag>>();
    int port = 10'000 + (noise.bytes[0] * 256 + noise.bytes[1]) % 20'000;

    int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));

    sockets.push_back(descriptor);  // held open together, so that all differ
    if (::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
      ports.push_back(port);
  }

  for (int descriptor : sockets) ::close(descriptor);
  return ports;
}

// Ends the test that drives the nodes, whatever it is run by.
[[noreturn]] void fail(const std::string& cause) { throw std::runtime_error(cause); }

template <class T>
T must(Result<T> result) {
  if (!result.ok()) fail(result.message());
  return std::move(result).value();
}

void must(const Status& status) {
  if (!status.ok()) fail(status.message());
}

}  // namespace

RunningNodes::RunningNodes(std::size_t count,
                           std::vector<std::pair<std::string, std::uint64_t>> parameters,
                           std::size_t without_node, std::size_t accreditors) {
  auto ports = free_ports(count);
  std::vector<fs::path> files;
  std::vector<ledger::GenesisParty> parties;

  for (std::size_t i = 0; i < count + without_node; ++i) {
    auto name = "university" + std::to_string(i);

    InitOptions options;
    options.directory = directory_.path() / name;
    options.facts.legal_names = {{"en", "University " + std::to_string(i)}};
    options.facts.country = "AT";
    options.facts.domain = name + ".example";
    options.observer = i >= count;
    options.accreditor = i >= count + without_node - accreditors;

    options.api_address = "127.0.0.1:0";
    if (i < count) options.peer_address = "127.0.0.1:" + std::to_string(ports[i]);
    options.issuer_keys = directory_.path() / (name + "-keys");

    parties.push_back(must(init_node(options)));
    const auto id = ledger::party_id(parties.back());

    auto key = [&](KeyPurpose purpose) {
      return must(
          read_key_file(options.issuer_keys / (std::string(to_text(purpose)) + ".key"), purpose));
    };

    universities_.push_back(University{id,
                                       key(KeyPurpose::kRoot),
                                       key(KeyPurpose::kIssue),
                                       key(KeyPurpose::kGovern),
                                       key(KeyPurpose::kCredential),
                                       {},
                                       nullptr});

    files.push_back(options.directory / "party.toml");
  }

  ledger::Parameters chosen;
  for (const auto& [name, value] : parameters)
    must(chosen.set(ledger::find_parameter(name)->id, value));

  std::vector<const SecretKey*> roots;
  for (std::size_t i = 0; i < count; ++i) roots.push_back(&universities_[i].root);

  auto genesis = must(found_ledger(std::move(parties), roots, clock_.now_ms(), chosen));
  chain_ = genesis.chain;

  auto record = directory_.path() / "genesis.bin";
  must(write_file(record, ledger::encode(genesis)));
  record_ = record;
  parties_ = files;

  for (std::size_t i = 0; i < count; ++i) {
    auto directory = directory_.path() / ("university" + std::to_string(i));
    must(join_ledger(directory / "testamurd.toml", record, files));
    universities_[i].config = must(load_config(directory / "testamurd.toml"));
    start(i);
  }
}

void RunningNodes::begin_observer(std::size_t index) {
  auto directory = directory_.path() / ("university" + std::to_string(index));
  must(join_ledger(directory / "testamurd.toml", record_, parties_));
  auto& config = universities_[index].config;
  config = must(load_config(directory / "testamurd.toml"));
  config.peer_listen = "127.0.0.1:" + std::to_string(free_ports(1).front());
  start(index);
}

RunningNodes::~RunningNodes() {
  for (auto& university : universities_) {
    if (university.node) university.node->stop();
  }
}

void RunningNodes::start(std::size_t index) {
  auto fatal = [](const std::string& cause) {
    std::cerr << "fatal: " << cause << std::endl;
    std::abort();
  };
  auto& university = universities_[index];
  university.node = must(Node::start({university.config, clock_, *log_, fatal, [] {}}));
}

void RunningNodes::stop(std::size_t index) {
  universities_[index].node->stop();
  universities_[index].node.reset();
}

tx::Envelope RunningNodes::envelope(std::size_t index) const {
  return {chain_, universities_[index].id, random_fixed<tx::Nonce>(), clock_.now_ms() + kValidMs};
}

Bytes RunningNodes::sign(std::size_t index, KeyPurpose purpose, const tx::Built& built) const {
  if (const auto* rejection = std::get_if<tx::Rejection>(&built)) fail(to_text(*rejection));
  const auto& university = universities_[index];
  const auto& key = purpose == KeyPurpose::kIssue  ? university.issue
                    : purpose == KeyPurpose::kRoot ? university.root
                                                   : university.govern;
  return tx::attach_signed(std::get<tx::UnsignedTransaction>(built), purpose, key);
}

AchievementId RunningNodes::publish(std::size_t index, std::size_t through) {
  tx::AchievementContent content;
  content.number = 1;
  content.version = 1;
  content.titles = {{"en", "Logic"}};
  content.award_kind = tx::AwardKind::kKnowledge;
  content.ects_hundredths = 300;
  content.eqf_level = 6;
  content.isced_fields = {613};
  auto outcome =
      commit(through, sign(index, KeyPurpose::kGovern, tx::build(envelope(index), content)));
  if (outcome.state != Outcome::State::kCommitted) fail("an achievement is not committed");
  return {universities_[index].id, 1, 1};
}

Hash256 RunningNodes::commitment(std::size_t index, std::uint64_t number) {
  return sha256(Encoder().u64(index).u64(number).bytes());
}

Bytes RunningNodes::batch(std::size_t index, const AchievementId& achievement, std::uint64_t first,
                          std::size_t count) const {
  std::vector<Hash256> commitments;
  for (std::size_t i = 0; i < count; ++i) commitments.push_back(commitment(index, first + i));
  const tx::IssueListedContent content{achievement, IssuerIndex{first}, std::move(commitments)};
  return sign(index, KeyPurpose::kIssue, tx::build(envelope(index), content));
}

void RunningNodes::submit(std::size_t through, Bytes carried) {
  auto decoded = tx::decode(chain_, std::move(carried));
  if (const auto* rejection = std::get_if<tx::Rejection>(&decoded)) fail(to_text(*rejection));
  universities_[through].node->chain().submit({std::get<tx::SharedTransaction>(decoded)}, nullptr);
}

Outcome RunningNodes::commit(std::size_t through, Bytes carried) {
  auto decoded = tx::decode(chain_, carried);
  if (const auto* rejection = std::get_if<tx::Rejection>(&decoded)) fail(to_text(*rejection));
  submit(through, std::move(carried));
  return await(through, std::get<tx::SharedTransaction>(decoded)->id());
}

std::string RunningNodes::why_nothing_moves() {
  std::string text = "nothing moves:";

  for (auto& university : universities_) {
    if (!university.node) continue;

    std::promise<ChainStatus> told;
    university.node->chain().status([&told](const ChainStatus& status) { told.set_value(status); });
    auto status = told.get_future().get();

    text += "\n" + to_text(university.id) + " view " + std::to_string(status.engine.view.value) +
            " notarized " + std::to_string(status.engine.notarized_view.value) + " finalized " +
            std::to_string(status.engine.finalized_view.value) + " height " +
            std::to_string(status.engine.committed_height.value) + " pool " +
            std::to_string(status.pool_transactions) +
            (status.engine.pending ? " pending " : " idle ") +
            std::to_string(status.engine.in_view_ms) + " ms in view; " + status.engine.waiting_for;
  }

  return text;
}

Outcome RunningNodes::await(std::size_t at, const TransactionId& id) {
  auto ended = std::make_shared<std::promise<Outcome>>();
  auto future = ended->get_future();
  universities_[at].node->chain().await(
      id, [ended](const TransactionId&, const Outcome& outcome) { ended->set_value(outcome); });
  if (future.wait_for(kPatience) != std::future_status::ready) fail(why_nothing_moves());
  return future.get();
}

void RunningNodes::await_height(std::size_t at, Height height) {
  await_state(at, [height](const Snapshot& state) { return state.height() >= height; });
}

void RunningNodes::await_state(std::size_t at, const std::function<bool(const Snapshot&)>& wanted) {
  auto reached = std::make_shared<std::promise<void>>();
  auto future = reached->get_future();
  auto& chain = universities_[at].node->chain();
  auto told = std::make_shared<std::atomic<bool>>(false);
  auto tell = [reached, told, wanted](const HeadPtr& head) {
    if (!*told && wanted(*head->state) && !told->exchange(true)) reached->set_value();
  };
  auto listener = chain.listen(tell);
  tell(chain.head());
  if (future.wait_for(kPatience) != std::future_status::ready) fail(why_nothing_moves());
  chain.unlisten(listener);
}

}  // namespace testamur::node
