#include "node/net/dial.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace testamur::node::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Dial::Dial(asio::io_context& io, std::chrono::milliseconds timeout, Done done)
    : strand_(asio::make_strand(io)),
      timer_(strand_),
      resolver_(strand_),
      socket_(strand_),
      timeout_(timeout),
      done_(std::move(done)) {}

void Dial::start(std::string address, std::chrono::milliseconds delay) {
  asio::post(strand_, [self = shared_from_this(), address = std::move(address), delay] {
    self->timer_.expires_after(delay);
    self->timer_.async_wait([self, address](error_code failure) {
      if (!failure && self->done_) self->resolve(address);
    });
  });
}

void Dial::cancel() {
  asio::post(strand_, [self = shared_from_this()] {
    self->done_ = nullptr;
    self->timer_.cancel();
    self->resolver_.cancel();
    error_code ignored;
    self->socket_.close(ignored);
  });
}

void Dial::resolve(const std::string& address) {
  connecting_ = true;
  const auto target = parse_host_port(address);
  if (!target) return finish(target.failure());
  timer_.expires_after(timeout_);
  timer_.async_wait([self = shared_from_this()](error_code failure) {
    if (!failure) self->finish(error("no answer within the time limit"));
  });
  // All names are resolved by one thread of Asio: an address in digits must not wait behind a slow
  // name server.
  error_code not_digits;
  const auto digits = asio::ip::make_address(target->host, not_digits);
  if (!not_digits) {
    const auto port = static_cast<std::uint16_t>(std::stoul(target->port));
    return connect(tcp::resolver::results_type::create(tcp::endpoint(digits, port), target->host,
                                                       target->port));
  }
  resolver_.async_resolve(
      target->host, target->port,
      [self = shared_from_this(), host = target->host](error_code failure, auto endpoints) {
        if (!self->done_) return;
        if (failure) return self->finish(error(host + ": " + failure.message()));
        self->connect(endpoints);
      });
}

void Dial::connect(const tcp::resolver::results_type& endpoints) {
  asio::async_connect(socket_, endpoints,
                      [self = shared_from_this()](error_code failure, const tcp::endpoint&) {
                        if (!self->done_) return;
                        if (failure) return self->finish(error(failure.message()));
                        self->finish(std::move(self->socket_));
                      });
}

void Dial::finish(Result<tcp::socket> result) {
  if (!done_) return;
  const auto done = std::exchange(done_, nullptr);
  timer_.cancel();
  resolver_.cancel();
  if (!result) {
    error_code ignored;
    socket_.close(ignored);
  }
  done(*this, std::move(result));
}

}  // namespace testamur::node::net
