// One attempt to reach an address: wait, resolve, connect. Ends in one call of `done` on the
// attempt's strand, unless it was cancelled first. Thread-safe.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "node/net/address.h"

namespace testamur::node::net {

class Dial : public std::enable_shared_from_this<Dial> {
 public:
  // A connected socket, or why there is none.
  using Done = std::function<void(const Dial&, Result<boost::asio::ip::tcp::socket>)>;

  Dial(boost::asio::io_context& io, std::chrono::milliseconds timeout, Done done);
  void start(std::string address, std::chrono::milliseconds delay);
  void cancel();
  // The waiting is over.
  bool connecting() const { return connecting_; }

 private:
  void resolve(const std::string& address);
  void connect(const boost::asio::ip::tcp::resolver::results_type& endpoints);
  void finish(Result<boost::asio::ip::tcp::socket> result);

  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  const std::chrono::milliseconds timeout_;
  Done done_;  // empty once finished or cancelled
  std::atomic<bool> connecting_ = false;
};

}  // namespace testamur::node::net
