// An institution with a transport key, an issue key and no seat, which does one bad thing to one
// node as fast as it can.
//
//   peer_attacker --config NODE/testamurd.toml --keys DIR --peer HOST:PORT --pin HEX --of TMI
//   --attack NAME --seconds N
//
// --peer, --pin and --of: the node that is attacked, and its institution. Prints what it sent and
// how often it was disconnected, after N seconds or on SIGTERM. --attack list names the attacks.
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "common/check.h"
#include "common/clock.h"
#include "consensus/values/codec.h"
#include "files/key_file.h"
#include "ledger/tx/build.h"
#include "node/config/config.h"
#include "node/config/genesis_file.h"
#include "node/net/network.h"
#include "tests/support/plain_key_file.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

constexpr std::size_t kQueuedBytes = 2u << 20;  // before it waits for the node to read

std::atomic<bool> asked_to_end = false;  // by SIGTERM

class Attacker final : public net::Receiver {
 public:
  Attacker(const ChainId& chain, const InstitutionId& self, SecretKey issue)
      : chain_(chain),
        self_(self),
        issue_(std::move(issue)),
        stranger_(SecretKey::generate(SignatureAlgorithm::kBip340)) {}

  void attach(net::Network& network) { network_ = &network; }
  void choose(const std::string& attack) {
    const auto found = attacks().find(attack);
    TM_CHECK(found != attacks().end(), "no attack is called", attack);
    step_ = found->second;
    keeps_leases_ = attack == "unread_blocks";
  }

  void on_peer_up(const net::Origin& from, const net::Hello&) override {
    std::lock_guard lock(mutex_);
    victim_ = from.pin;
    changed_.notify_all();
  }
  void on_peer_down(const net::Origin&, const std::string&) override {
    std::lock_guard lock(mutex_);
    victim_.reset();
    leases_.clear();
    ++disconnected_;
  }
  void on_frame(const net::Origin&, net::Frame frame, net::Lease lease) override {
    std::lock_guard lock(mutex_);
    if (keeps_leases_) leases_.push_back(std::move(lease));
    if (auto* transactions = std::get_if<net::Transactions>(&frame))
      seen_ = std::move(transactions->transactions);
    changed_.notify_all();
  }

  void run(std::chrono::seconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!asked_to_end && std::chrono::steady_clock::now() < end) {
      const auto victim = this->victim();
      const auto queued = victim ? network_->queued_bytes(*victim) : std::nullopt;
      if (!queued || *queued > kQueuedBytes) {
        pause(std::chrono::milliseconds(1));
        continue;
      }
      step_(*this);
    }
    std::lock_guard lock(mutex_);
    std::cout << "sent " << sent_ << " disconnected " << disconnected_ << std::endl;
  }

  using Step = std::function<void(Attacker&)>;
  static const std::map<std::string, Step>& attacks();

 private:
  // Until something of the network happens, or this long.
  void pause(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most);
  }
  std::optional<net::Pin> victim() {
    std::lock_guard lock(mutex_);
    return victim_;
  }
  void send(net::Priority priority, const net::Frame& frame) {
    const auto victim = this->victim();
    if (victim && network_->send(*victim, priority, frame)) ++sent_;
  }
  void send(std::vector<Bytes> transactions) {
    send(net::Priority::kTransaction, net::Frame(net::Transactions{std::move(transactions)}));
  }
  void send(const consensus::Message& message) {
    send(net::Priority::kVote, net::Frame(net::ConsensusMessage{consensus::encode(message)}));
  }

  Bytes issue(const SecretKey& key, std::uint64_t first_index, std::size_t count,
              std::uint64_t valid_for_ms) {
    const tx::Envelope envelope{chain_, self_, random_fixed<tx::Nonce>(),
                                SystemClock{}.now_ms() + valid_for_ms};
    const tx::IssueListedContent content{{self_, 1, 1},
                                         IssuerIndex{first_index},
                                         std::vector<Hash256>(count, random_fixed<Hash256>())};
    return tx::attach_signed(std::get<tx::UnsignedTransaction>(tx::build(envelope, content)),
                             KeyPurpose::kIssue, key);
  }
  std::vector<Bytes> issues(const SecretKey& key, std::size_t how_many,
                            std::uint64_t valid_for_ms = 600'000) {
    std::vector<Bytes> all;
    for (std::size_t i = 0; i < how_many; ++i)
      all.push_back(issue(key, sent_ * how_many + i, 1, valid_for_ms));
    return all;
  }
  static std::vector<Bytes> with_last_byte_changed(std::vector<Bytes> all) {
    for (auto& one : all) one.back() ^= 1U;
    return all;
  }

  // The last byte of a transaction is one of its last signature: the same id under a signature that
  // does not hold.
  void shadow() {
    std::vector<Bytes> seen;
    {
      std::lock_guard lock(mutex_);
      seen.swap(seen_);
    }
    if (seen.empty()) return pause(std::chrono::milliseconds(1));
    send(with_last_byte_changed(std::move(seen)));
  }
  void vote_for_others() {
    consensus::Statement statement{consensus::Act::kNotarize, Epoch{0}, View{sent_ / 4 + 1},
                                   View{sent_ / 4}, random_fixed<BlockId>()};
    send(consensus::Message(consensus::Vote{statement, static_cast<std::uint8_t>(sent_ % 4),
                                            random_fixed<Signature>()}));
  }
  void answer_unasked() {
    net::BlockResponse response{Height{1}, {}, Height{1'000'000'000}};
    for (int i = 0; i < 8; ++i)
      response.blocks.push_back({Bytes(300, 1), Bytes(100'000, 2), Bytes(500, 3)});
    send(net::Priority::kBlock, net::Frame(response));
  }

  const ChainId chain_;
  const InstitutionId self_;
  const SecretKey issue_, stranger_;
  net::Network* network_ = nullptr;
  Step step_;
  bool keeps_leases_ = false;
  std::uint64_t sent_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<net::Pin> victim_;
  std::vector<net::Lease> leases_;
  std::vector<Bytes> seen_;
  std::uint64_t disconnected_ = 0;
};

const std::map<std::string, Attacker::Step>& Attacker::attacks() {
  static const std::map<std::string, Step> kAttacks = {
      {"unknown_keys", [](Attacker& a) { a.send(a.issues(a.stranger_, 64)); }},
      {"far_validity", [](Attacker& a) { a.send(a.issues(a.issue_, 64, 20ULL * 3'600'000)); }},
      {"bad_signatures",
       [](Attacker& a) { a.send(with_last_byte_changed(a.issues(a.issue_, 64))); }},
      {"shadowing", [](Attacker& a) { a.shadow(); }},
      {"same_range", [](Attacker& a) { a.send({a.issue(a.issue_, 7, 16'384, 600'000)}); }},
      {"many_pending", [](Attacker& a) { a.send(a.issues(a.issue_, 256)); }},
      {"no_transactions", [](Attacker& a) { a.send(std::vector<Bytes>(4'096, Bytes(40, 7))); }},
      {"block_requests",
       [](Attacker& a) {
         a.send(net::Priority::kBlock,
                net::Frame(net::BlockRequest{Height{1}, net::kMaxBlocksPerRequest}));
       }},
      {"unread_blocks",
       [](Attacker& a) {
         a.send(net::Priority::kBlock,
                net::Frame(net::BlockRequest{Height{1}, net::kMaxBlocksPerRequest}));
         a.pause(std::chrono::milliseconds(2));
       }},
      {"unasked_blocks", [](Attacker& a) { a.answer_unasked(); }},
      {"consensus_block_requests",
       [](Attacker& a) {
         a.send(consensus::Message(
             consensus::BlockRequest{Epoch{0}, View{a.sent_ + 1}, random_fixed<BlockId>()}));
       }},
      {"certificate_requests",
       [](Attacker& a) {
         a.send(
             consensus::Message(consensus::CertificateRequest{Epoch{0}, View{1}, View{1'000'000}}));
       }},
      {"false_votes", [](Attacker& a) { a.vote_for_others(); }},
      {"presence",
       [](Attacker& a) {
         a.send(consensus::Message(consensus::Presence{
             Epoch{0}, View{1'000'000'000}, View{1'000'000'000}, Height{1'000'000'000}}));
       }},
      {"malformed_messages",
       [](Attacker& a) {
         a.send(net::Priority::kVote,
                net::Frame(net::ConsensusMessage{Bytes(200, static_cast<std::uint8_t>(a.sent_))}));
       }},
      {"every_frame",
       [](Attacker& a) {
         auto next = attacks().begin();
         std::advance(next, static_cast<std::ptrdiff_t>(a.sent_ % (attacks().size() - 1)));
         if (next->first == "every_frame" || next->first == "shadowing")
           next = attacks().find("unknown_keys");
         next->second(a);
       }},
  };
  return kAttacks;
}

int run(std::map<std::string, std::string> given) {
  if (given["--attack"] == "list") {
    for (const auto& [name, step] : Attacker::attacks()) std::cout << name << "\n";
    return 0;
  }
  auto config = load_config(given["--config"]).value();
  auto genesis = load_genesis(config.genesis).value();
  auto transport_key = read_key_file(config.transport_key, KeyPurpose::kTransport).value();
  Attacker attacker(genesis.chain, *config.institution,
                    test::read_plain_key(given["--keys"], "issue"));
  attacker.choose(given["--attack"]);

  net::NetworkConfig settings;
  settings.chain = genesis.chain;
  settings.institution = *config.institution;
  settings.software = "attacker";
  settings.limits.reconnect_max_ms = 200;
  settings.peers = {{given["--peer"], *net::Pin::from(*from_hex(given["--pin"])),
                     parse_institution_id(given["--of"]).value()}};
  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  boost::asio::io_context strand;
  auto strand_work = boost::asio::make_work_guard(strand);
  SystemClock clock;
  auto network = net::Network::start(
      io, settings, transport_key, clock,
      {[](const net::Pin&) { return net::Admission::unknown(); }, attacker,
       [&strand](std::function<void()> task) { boost::asio::post(strand, std::move(task)); }});
  TM_CHECK(network.ok(), network.message());
  attacker.attach(**network);
  std::thread sockets([&io] { io.run(); });
  std::thread tasks([&strand] { strand.run(); });
  attacker.run(std::chrono::seconds(std::stoll(given["--seconds"])));

  (*network)->stop();
  work.reset();
  sockets.join();
  strand_work.reset();
  strand.stop();
  tasks.join();
  return 0;
}

}  // namespace
}  // namespace testamur::node

int main(int argc, char** argv) {
  std::signal(SIGTERM, [](int) { testamur::node::asked_to_end = true; });
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  return testamur::node::run(std::move(given));
}
