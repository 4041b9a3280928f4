// Who calls: the address of a connection as everything that is bounded by caller counts it.
//
// One IPv4 address, or one /64 of IPv6 (whoever has one address of it has them all). Callers over a
// unix socket are one. Behind a proxy all are the proxy: docs/operating.md. Pure; any thread.
#pragma once

#include <string>

#include "node/net/address.h"

namespace testamur::node {

using CallerKey = net::AddressKey;

// Of gRPC's text for a peer: "unix-abstract:" with a socket_name(), "ipv4:192.0.2.1:5000" or
// "ipv6:%5B2001:db8::1%5D:5000"; anything else is the one local caller.
CallerKey caller_of(const std::string& peer);
// The name that a socket gets which gRPC is given for a connection of this caller: gRPC tells it
// for the peer, and caller_of() reads it back. `unique` keeps two of them apart.
std::string socket_name(const CallerKey& caller, const std::string& unique);
// Of a socket's address.
CallerKey caller_of(const boost::asio::ip::address& address);
// For people: "192.0.2.1", "2001:db8:0:1::/64", "this machine".
std::string to_text(const CallerKey& caller);

}  // namespace testamur::node
