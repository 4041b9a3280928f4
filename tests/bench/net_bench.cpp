// Round trip and throughput of two networks on loopback, both on one io_context with two threads.
// Prints one JSON object.
//   net_bench [seconds for each measurement, default 1]
#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "node/net/network.h"

namespace testamur::bench {
namespace {

using namespace node::net;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

// Counts what comes; answers votes with votes if told to.
class Node final : public Receiver {
 public:
  Node(boost::asio::io_context& io, const InstitutionId& id, const SecretKey& key, bool echo,
       Directory directory)
      : echo_(echo) {
    NetworkConfig config;
    config.institution = id;
    config.listen = "127.0.0.1:0";
    auto post = [strand = boost::asio::make_strand(io)](std::function<void()> task) {
      boost::asio::post(strand, std::move(task));
    };
    auto started =
        Network::start(io, config, key, clock_, {std::move(directory), *this, std::move(post)});
    TM_CHECK(started.ok(), started.message());
    network_ = std::move(started).value();
  }

  void on_peer_up(const Origin&, const Hello&) override { count(up_); }
  void on_peer_down(const Origin&, const std::string&) override {}
  void on_frame(const Origin& from, Frame frame, Lease) override {
    const auto* vote = std::get_if<ConsensusMessage>(&frame);
    if (echo_ && vote != nullptr && vote->bytes.size() == kVoteBytes) {
      network_->send(from.pin, Priority::kVote, frame);
    }
    count(received_);
  }

  void wait_up() { wait(up_, 1); }
  void wait_received(std::uint64_t count) { wait(received_, count); }
  std::uint64_t received() const { return received_; }
  Network& network() { return *network_; }

  static constexpr std::size_t kVoteBytes = 300;

 private:
  void count(std::atomic<std::uint64_t>& counter) {
    std::lock_guard lock(mutex_);
    ++counter;
    changed_.notify_all();
  }
  void wait(const std::atomic<std::uint64_t>& counter, std::uint64_t at_least) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return counter >= at_least; });
  }

  const bool echo_;
  SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::uint64_t> up_ = 0, received_ = 0;
  std::unique_ptr<Network> network_;
};

void round_trips(Node& a, Node& b, double seconds) {
  std::vector<double> microseconds;
  const auto vote = encode(ConsensusMessage{Bytes(Node::kVoteBytes, 1)});

  const auto start = Steady::now();
  while (seconds_since(start) < seconds) {
    const auto sent = Steady::now();
    const auto answers = a.received() + 1;
    a.network().send(b.network().pin(), Priority::kVote, vote);
    a.wait_received(answers);
    microseconds.push_back(seconds_since(sent) * 1e6);
  }

  std::sort(microseconds.begin(), microseconds.end());
  const auto at = [&](double part) {
    return microseconds[static_cast<std::size_t>(part * double(microseconds.size() - 1))];
  };

  std::printf("  \"round_trip\": {\"count\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}",
              microseconds.size(), at(0.5), at(0.99));
}

void throughput(Node& a, Node& b, const char* name, const Frame& frame, double seconds) {
  const auto encoded = encode(frame);
  // Below what a queue holds, so that nothing is dropped.
  const std::uint64_t window = std::clamp<std::uint64_t>((8u << 20) / encoded->size(), 4, 8192);
  const auto before = b.received();
  std::uint64_t sent = 0;
  const auto start = Steady::now();
  while (seconds_since(start) < seconds) {
    for (std::uint64_t i = 0; i < window / 2; ++i, ++sent)
      a.network().broadcast(Priority::kTransaction, encoded);
    if (sent > window) b.wait_received(before + sent - window);
  }
  b.wait_received(before + sent);
  const double elapsed = seconds_since(start);
  std::printf(",\n  \"%s\": {\"frame_bytes\": %zu, \"frames_per_s\": %.0f, \"mb_per_s\": %.1f}",
              name, encoded->size(), double(sent) / elapsed,
              double(sent * encoded->size()) / elapsed / 1e6);
}

void run(double seconds) {
  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { io.run(); });

  {
    const SecretKey keys[] = {SecretKey::generate(SignatureAlgorithm::kEd25519),
                              SecretKey::generate(SignatureAlgorithm::kEd25519)};
    InstitutionId ids[2];
    ids[0].bytes.fill(1);
    ids[1].bytes.fill(2);
    const Directory directory = [&ids, first = pin_of(keys[0].public_key())](const Pin& pin) {
      return Admission::admitted(ids[pin == first ? 0 : 1]);
    };

    Node b(io, ids[1], keys[1], true, directory);
    Node a(io, ids[0], keys[0], false, directory);
    a.network().set_peers(
        {{"127.0.0.1:" + std::to_string(b.network().listen_port()), b.network().pin(), ids[1]}});
    a.wait_up();

    std::printf("{\n");
    round_trips(a, b, seconds);
    throughput(a, b, "one_transaction_a_frame", Transactions{{Bytes(350, 7)}}, seconds);
    throughput(a, b, "hundred_transactions_a_frame",
               Transactions{std::vector<Bytes>(100, Bytes(350, 7))}, seconds);
    throughput(a, b, "blocks_of_1_mib", ConsensusMessage{Bytes(1u << 20, 7)}, seconds);
    std::printf("\n}\n");

    a.network().stop();
    b.network().stop();
    work.reset();
    for (auto& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace testamur::bench

int main(int argc, char** argv) { testamur::bench::run(argc > 1 ? std::atof(argv[1]) : 1.0); }
