// host:port in text, and the address of a connection as the gate counts it. Pure; any thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "common/result.h"
#include "node/net/inbound_gate.h"

namespace testamur::node::net {

struct HostPort {
  std::string host;
  std::string port;  // decimal, 0..65535
};
// host:port, or [v6]:port.
Result<HostPort> parse_host_port(std::string_view text);

AddressKey key_of(const boost::asio::ip::address& address);
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace testamur::node::net
