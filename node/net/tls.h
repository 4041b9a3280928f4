// TLS 1.3 between nodes: both sides show a self-signed Ed25519 certificate made at start; of it
// only the public key counts, as SHA-256 of its SubjectPublicKeyInfo, and that its owner signed the
// handshake (RFC 8446 section 4.4.3). Names, dates, serial numbers and signatures in certificates
// are not looked at. No other version, no other signature scheme, no resumption, no tickets, no
// early data.
//
// Thread rule: a context may be used by any number of connections on any thread; a PinCheck belongs
// to one connection.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <optional>
#include <string>

#include "common/keys.h"
#include "common/result.h"
#include "node/net/network.h"

namespace testamur::node::net {

// Fails unless the key is an Ed25519 key.
Result<boost::asio::ssl::context> make_tls_context(const SecretKey& transport_key);

// Decides during the handshake on the key that the other side shows. It must outlive the SSL
// object.
struct PinCheck {
  // Empty: go on. Otherwise the reason for refusing.
  std::function<std::string(const Pin&)> refuse;
  std::optional<Pin> expected;  // set where this side dialled: the one key that may answer
  std::optional<Pin> shown;
  std::string refusal;
};
void attach(SSL* connection, PinCheck& check);

// What went wrong, for people; TLS alerts are translated into what they mean between nodes.
std::string describe(const boost::system::error_code& failure);

}  // namespace testamur::node::net
