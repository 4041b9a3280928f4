#include "node/net/address.h"

#include <algorithm>

namespace testamur::node::net {

AddressKey key_of(const boost::asio::ip::address& address) {
  AddressKey key{};
  // A mapped address is the same host as the plain one and must not have a budget of its own.
  if (address.is_v4() || address.to_v6().is_v4_mapped()) {
    const auto v4 = address.is_v4() ? address.to_v4()
                                    : boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped,
                                                                       address.to_v6());
    key[10] = key[11] = 0xff;
    const auto bytes = v4.to_bytes();
    std::copy(bytes.begin(), bytes.end(), key.begin() + 12);
    return key;
  }

  // Of IPv6 the first 64 bits: whoever has one such network may use any address in it.
  const auto bytes = address.to_v6().to_bytes();
  std::copy_n(bytes.begin(), 8, key.begin());
  return key;
}

std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint) {
  const auto host = endpoint.address().to_string();
  const auto port = ":" + std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]" + port : host + port;
}

}  // namespace testamur::node::net
