// Accepts TCP connections and hands each over, with a strand of its own as executor. Goes on after
// passing errors of the system (too many open files). Thread-safe.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "common/result.h"

namespace testamur::node::net {

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  using Accepted = std::function<void(boost::asio::ip::tcp::socket)>;
  // Listens on host:port; nothing is accepted before start().
  static Result<std::shared_ptr<Listener>> open(boost::asio::io_context& io,
                                                const std::string& address);

  void start(Accepted accepted);
  void stop();
  std::uint16_t port() const { return port_; }

 private:
  explicit Listener(boost::asio::io_context& io);
  Status bind(const std::string& address);
  void accept();

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  Accepted accepted_;
  std::uint16_t port_ = 0;
};

}  // namespace testamur::node::net
