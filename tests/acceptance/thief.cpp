// Somebody who has copied a node's directory: connects with its transport key and signs two notarize votes for one view
// with its consensus key.
//
//   thief --config NODE/testamurd.toml --peer HOST:PORT --pin HEX --of TMI --views-ahead N
//
// --peer, --pin and --of: the node that is lied to, and its institution. Ends when both votes are on their way; prints
// the view.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include "common/check.h"
#include "common/clock.h"
#include "consensus/codec.h"
#include "ledger/validators.h"
#include "node/config/config.h"
#include "node/config/genesis_file.h"
#include "node/config/key_file.h"
#include "node/net/network.h"

namespace testamur::node {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);

// Waits for the victim's presence, which says where it stands, and answers with the two votes.
class Thief final : public net::Receiver {
 public:
  Thief(const SecretKey& key, const ChainId& chain, const InstitutionId& self, std::uint64_t views_ahead)
      : key_(key), chain_(chain), self_(self), views_ahead_(views_ahead) {}

  void attach(net::Network& network) { network_ = &network; }
  std::future<View> done() { return done_.get_future(); }

  void on_peer_up(const net::Origin&, const net::Hello&) override {}
  void on_peer_down(const net::Origin&, const std::string&) override {}
  void on_refusal(const std::string& address, const std::string& reason) override {
    std::cerr << address << ": " << reason << std::endl;
  }
  void on_frame(const net::Origin& from, net::Frame frame, net::Lease) override {
    const auto* message = std::get_if<net::ConsensusMessage>(&frame);
    auto decoded = message != nullptr ? consensus::decode_message(message->bytes) : std::nullopt;
    const auto* presence = decoded ? std::get_if<consensus::Presence>(&*decoded) : nullptr;
    if (presence == nullptr || heard_ == kTimes) return;
    // The real node and this one take the connection from each other: said again, it arrives.
    if (heard_++ == 0) lie(*presence);
    for (const auto& vote : votes_) {
      network_->send(from.pin, net::Priority::kVote,
                     net::Frame(net::ConsensusMessage{consensus::encode(consensus::Message(vote))}));
    }
    if (heard_ == kTimes) done_.set_value(votes_.front().statement.view);
  }

  void know(consensus::ValidatorSet set) { set_ = std::move(set); }

 private:
  static constexpr int kTimes = 3;

  void lie(const consensus::Presence& presence) {
    View view{presence.view.value + views_ahead_};
    for (int i = 0; i < 2; ++i) {
      consensus::Statement statement{consensus::Act::kNotarize, presence.epoch, view, View{view.value - 1},
                                     random_fixed<BlockId>()};
      consensus::Vote vote{statement, *set_->index_of(self_), {}};
      vote.signature = key_.sign(consensus::signing_digest(chain_, set_->digest(), statement).view());
      votes_.push_back(vote);
    }
  }

  const SecretKey& key_;
  const ChainId chain_;
  const InstitutionId self_;
  const std::uint64_t views_ahead_;
  std::optional<consensus::ValidatorSet> set_;
  net::Network* network_ = nullptr;
  std::promise<View> done_;
  std::vector<consensus::Vote> votes_;
  int heard_ = 0;
};

consensus::ValidatorSet first_set(const ledger::Genesis& genesis) {
  ledger::MemoryState beginning;
  beginning.apply(*ledger::build_genesis_state(genesis).delta);
  std::vector<consensus::Validator> validators;
  const auto set = ledger::read_validators(beginning);
  for (const auto& member : set.members()) {
    validators.push_back({member.institution, *consensus::ConsensusKey::from(member.key.view())});
  }
  return *consensus::ValidatorSet::make(std::move(validators));
}

int run(std::map<std::string, std::string> given) {
  auto config = load_config(given["--config"]).value();
  auto genesis = load_genesis(config.genesis).value();
  auto consensus_key = read_key_file(config.consensus_key, KeyPurpose::kConsensus).value();
  auto transport_key = read_key_file(config.transport_key, KeyPurpose::kTransport).value();
  Thief thief(consensus_key, genesis.chain, *config.institution, std::stoull(given["--views-ahead"]));
  thief.know(first_set(genesis));
  net::NetworkConfig settings;
  settings.chain = genesis.chain;
  settings.institution = *config.institution;
  settings.software = "copy";
  settings.peers = {
      {given["--peer"], *net::Pin::from(*from_hex(given["--pin"])), parse_institution_id(given["--of"]).value()}};
  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  boost::asio::io_context strand;
  auto strand_work = boost::asio::make_work_guard(strand);
  SystemClock clock;
  auto network = net::Network::start(
      io, settings, transport_key, clock, [](const net::Pin&) { return net::Admission::unknown(); }, thief,
      [&strand](std::function<void()> task) { boost::asio::post(strand, std::move(task)); });
  TM_CHECK(network.ok(), network.message());
  thief.attach(**network);
  auto done = thief.done();
  std::thread sockets([&io] { io.run(); });
  std::thread tasks([&strand] { strand.run(); });
  bool said = done.wait_for(kPatience) == std::future_status::ready;
  // The goodbye is written after the votes.
  (*network)->stop();
  work.reset();
  sockets.join();
  strand_work.reset();
  strand.stop();
  tasks.join();
  if (!said) return 1;
  std::cout << done.get().value << std::endl;
  return 0;
}

}  // namespace
}  // namespace testamur::node

int main(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  return testamur::node::run(std::move(given));
}
