// A node on another continent is slow and not absent: what its bytes need to get here is no reason
// to call it silent.
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <thread>

#include "tests/support/catch.h"
#include "tests/wallet/trust_fixture.h"

namespace testamur::wallet {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kOneWay = std::chrono::milliseconds(250);

// Carries bytes in one direction, each piece after kOneWay.
class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  Pipe(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to)
      : from_(std::move(from)), to_(std::move(to)), timer_(from_->get_executor()) {}

  void read() {
    from_->async_read_some(asio::buffer(bytes_), [self = shared_from_this()](auto failure, auto n) {
      if (failure) return self->close();
      self->timer_.expires_after(kOneWay);
      self->timer_.async_wait([self, n](auto) { self->write(n); });
    });
  }

 private:
  void write(std::size_t n) {
    asio::async_write(*to_, asio::buffer(bytes_, n),
                      [self = shared_from_this()](auto failure, auto) {
                        if (failure) return self->close();
                        self->read();
                      });
  }
  void close() {
    boost::system::error_code ignored;
    to_->shutdown(tcp::socket::shutdown_both, ignored);
  }

  std::shared_ptr<tcp::socket> from_, to_;
  asio::steady_timer timer_;
  std::array<char, 65'536> bytes_{};
};

// A way to a node that takes a quarter of a second in each direction.
class LongWay {
 public:
  explicit LongWay(std::uint16_t port)
      : node_(asio::ip::address_v4::loopback(), port),
        acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~LongWay() {
    io_.stop();
    thread_.join();
  }
  std::string endpoint() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

 private:
  void accept() {
    auto here = std::make_shared<tcp::socket>(io_);
    acceptor_.async_accept(*here, [this, here](auto failure) {
      if (failure) return;
      auto there = std::make_shared<tcp::socket>(io_);
      there->connect(node_);
      std::make_shared<Pipe>(here, there)->read();
      std::make_shared<Pipe>(there, here)->read();
      accept();
    });
  }

  asio::io_context io_;
  tcp::endpoint node_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a node that is a quarter of a second away answers") {
  test::SpeakingLedger ledger{2};
  const LongWay way(ledger.nodes.at(0).node->api_port());
  Client client(ClientOptions{{way.endpoint()}, 20'000, ""});
  const auto status = client.status();
  if (const auto* failure = std::get_if<CallError>(&status)) INFO(failure->message);
  CHECK(std::holds_alternative<StatusAnswer>(status));
}

}  // namespace testamur::wallet
