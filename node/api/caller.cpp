#include "node/api/caller.h"

#include <algorithm>

#include "common/bytes.h"

namespace testamur::node {

namespace ip = boost::asio::ip;

namespace {

constexpr std::string_view kSocketName = "testamur-";

// gRPC writes the brackets of an IPv6 address as a URI does.
std::string without_escapes(std::string text) {
  for (const auto& [escape, plain] :
       {std::pair{"%5B", "["}, std::pair{"%5D", "]"}, std::pair{"%25", "%"}}) {
    const auto at = text.find(escape);
    if (at != std::string::npos) text.replace(at, 3, plain);
  }
  return text;
}

}  // namespace

std::string socket_name(const CallerKey& caller, const std::string& unique) {
  return std::string(kSocketName) + to_hex(caller) + "-" + unique;
}

CallerKey caller_of(const std::string& peer) {
  const auto colon = peer.find(':');
  if (peer.starts_with("unix-abstract:") &&
      peer.compare(colon + 1, kSocketName.size(), kSocketName) == 0) {
    CallerKey key{};
    const auto bytes =
        from_hex(std::string_view(peer).substr(colon + 1 + kSocketName.size(), 2 * key.size()));
    if (bytes && bytes->size() == key.size()) std::copy(bytes->begin(), bytes->end(), key.begin());
    return key;
  }
  if (colon == std::string::npos || !peer.starts_with("ipv")) return {};

  const auto parsed = parse_host_port(without_escapes(peer.substr(colon + 1)));
  if (!parsed.ok()) return {};
  // A link-local address names its interface behind a percent sign; the network part says enough.
  const auto host = parsed->host.substr(0, parsed->host.find('%'));
  boost::system::error_code failure;
  const auto address = ip::make_address(host, failure);
  return failure ? CallerKey{} : net::key_of(address);
}

CallerKey caller_of(const ip::address& address) { return net::key_of(address); }

std::string to_text(const CallerKey& caller) {
  if (caller == CallerKey{}) return "this machine";

  ip::address_v6::bytes_type bytes{};
  std::copy(caller.begin(), caller.end(), bytes.begin());
  const ip::address_v6 address(bytes);
  if (address.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address).to_string();
  return address.to_string() + "/64";
}

}  // namespace testamur::node
