// Somebody who has copied a node's directory: connects with its transport key and signs two
// notarize votes for one view with its consensus key.
//
//   thief --config NODE/testamurd.toml --peer HOST:PORT --pin HEX --of TMI
//
// --peer, --pin and --of: the node that is lied to, and its institution. Ends when both votes are
// on their way; prints the view of each try. The ledger is in its first epoch.
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
#include "consensus/values/codec.h"
#include "files/key_file.h"
#include "ledger/validators.h"
#include "node/config/config.h"
#include "node/config/genesis_file.h"
#include "node/net/network.h"

namespace testamur::node {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);

// The victim's hello says how far it is. The real node takes the connection back soon, so each one
// is used at once.
class Thief final : public net::Receiver {
 public:
  Thief(const SecretKey& key, const ChainId& chain, const InstitutionId& self,
        const consensus::ValidatorSet& set)
      : key_(key), chain_(chain), self_(self), set_(set) {}

  void attach(net::Network& network) { network_ = &network; }
  std::future<void> done() { return done_.get_future(); }

  void on_peer_up(const net::Origin& from, const net::Hello& hello) override {
    auto finalized = consensus::decode_certificate(hello.finalization);
    View view{(finalized ? finalized->statement.view.value : 0) + kViewsAhead};

    // Two votes of one validator for two blocks in one view: the contradiction that evidence is
    // made of.
    for (int i = 0; i < 2; ++i) {
      consensus::Statement statement{consensus::Act::kNotarize, Epoch{0}, view,
                                     View{view.value - 1}, random_fixed<BlockId>()};
      consensus::Vote vote{statement, *set_.index_of(self_), {}};
      vote.signature =
          key_.sign(consensus::signing_digest(chain_, set_.digest(), statement).view());
      network_->send(
          from.pin, net::Priority::kVote,
          net::Frame(net::ConsensusMessage{consensus::encode(consensus::Message(vote))}));
    }

    std::cout << view.value << std::endl;
    connected_ = true;
  }
  void on_peer_down(const net::Origin&, const std::string&) override { finish(); }
  void on_frame(const net::Origin&, net::Frame, net::Lease) override { finish(); }
  void on_refusal(const std::string& address, const std::string& reason) override {
    std::cerr << address << ": " << reason << std::endl;
  }

 private:
  static constexpr std::uint64_t kViewsAhead =
      32;  // within the views of which a node keeps votes (consensus/limits.h)

  void finish() {
    if (!connected_ || finished_) return;
    finished_ = true;
    done_.set_value();
  }

  const SecretKey& key_;
  const ChainId chain_;
  const InstitutionId self_;
  const consensus::ValidatorSet set_;
  net::Network* network_ = nullptr;
  std::promise<void> done_;
  bool connected_ = false;
  bool finished_ = false;
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
  Thief thief(consensus_key, genesis.chain, *config.institution, first_set(genesis));
  net::NetworkConfig settings;
  settings.chain = genesis.chain;
  settings.institution = *config.institution;
  settings.software = "copy";
  settings.peers = {{given["--peer"], *net::Pin::from(*from_hex(given["--pin"])),
                     parse_institution_id(given["--of"]).value()}};
  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  boost::asio::io_context strand;
  auto strand_work = boost::asio::make_work_guard(strand);
  SystemClock clock;
  auto network = net::Network::start(
      io, settings, transport_key, clock,
      {[](const net::Pin&) { return net::Admission::unknown(); }, thief,
       [&strand](std::function<void()> task) { boost::asio::post(strand, std::move(task)); }});
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
  return said ? 0 : 1;
}

}  // namespace
}  // namespace testamur::node

int main(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  return testamur::node::run(std::move(given));
}
