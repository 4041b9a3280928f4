#include "node/net/address.h"

#include <algorithm>
#include <charconv>

namespace testamur::node::net {

Result<HostPort> parse_host_port(std::string_view text) {
  const auto refuse = [&] { return error("'" + std::string(text) + "' is not host:port or [v6]:port"); };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();
  }
  std::uint16_t number = 0;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (host.empty() || problem != std::errc{} || end != port.data() + port.size()) return refuse();
  return HostPort{std::string(host), std::to_string(number)};
}

AddressKey key_of(const boost::asio::ip::address& address) {
  AddressKey key{};
  if (address.is_v4() || address.to_v6().is_v4_mapped()) {
    const auto v4 = address.is_v4() ? address.to_v4()
                                    : boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
    key[10] = key[11] = 0xff;
    const auto bytes = v4.to_bytes();
    std::copy(bytes.begin(), bytes.end(), key.begin() + 12);
    return key;
  }
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
