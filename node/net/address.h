// The address of a connection as the gate counts it, and as text. Pure; any thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "common/address.h"
#include "node/net/inbound_gate.h"

namespace testamur::node::net {

AddressKey key_of(const boost::asio::ip::address& address);
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace testamur::node::net
