#include "node/net/listener.h"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>

#include "node/net/address.h"

namespace testamur::node::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kPauseAfterError = std::chrono::milliseconds(100);

}  // namespace

Listener::Listener(asio::io_context& io)
    : io_(io), acceptor_(asio::make_strand(io)), pause_(acceptor_.get_executor()) {}

Result<std::shared_ptr<Listener>> Listener::open(asio::io_context& io, const std::string& address) {
  std::shared_ptr<Listener> listener(new Listener(io));
  TM_TRY_STATUS(listener->bind(address));
  return listener;
}

Status Listener::bind(const std::string& address) {
  TM_TRY(const auto target, parse_host_port(address));
  error_code failure;
  const auto found =
      tcp::resolver(io_).resolve(target.host, target.port, tcp::resolver::passive, failure);
  if (failure || found.empty())
    return error("cannot listen on " + address + ": " + failure.message());

  const tcp::endpoint endpoint = *found.begin();

  acceptor_.open(endpoint.protocol(), failure);
  // A node that is started again must not wait until the system has forgotten its old connections.
  if (!failure) acceptor_.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor_.bind(endpoint, failure);
  if (!failure) acceptor_.listen(asio::socket_base::max_listen_connections, failure);
  if (!failure) port_ = acceptor_.local_endpoint(failure).port();

  if (failure) return error("cannot listen on " + address + ": " + failure.message());
  return {};
}

void Listener::start(Accepted accepted) {
  asio::post(acceptor_.get_executor(),
             [self = shared_from_this(), accepted = std::move(accepted)]() mutable {
               self->accepted_ = std::move(accepted);
               self->accept();
             });
}

void Listener::accept() {
  acceptor_.async_accept(asio::make_strand(io_),
                         [self = shared_from_this()](error_code failure, tcp::socket socket) {
                           if (!self->acceptor_.is_open()) return;
                           if (!failure) {
                             self->accepted_(std::move(socket));
                             return self->accept();
                           }
                           self->pause_.expires_after(kPauseAfterError);
                           self->pause_.async_wait([self](error_code cancelled) {
                             if (!cancelled && self->acceptor_.is_open()) self->accept();
                           });
                         });
}

void Listener::stop() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
    error_code ignored;
    self->acceptor_.close(ignored);
    self->pause_.cancel();
    self->accepted_ = nullptr;
  });
}

}  // namespace testamur::node::net
