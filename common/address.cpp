#include "common/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>

namespace testamur::inline common {

Result<HostPort> parse_host_port(std::string_view text) {
  const auto refuse = [&] {
    return error("'" + std::string(text) + "' is not host:port or [v6]:port");
  };

  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);

  // An IPv6 address without brackets leaves open where the port begins.
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return refuse();
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();
  }

  std::uint16_t number = 0;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (host.empty() || problem != std::errc{} || end != port.data() + port.size()) return refuse();
  return HostPort{std::string(host), std::to_string(number)};
}

bool is_loopback_host(const std::string& host) {
  if (host == "localhost") return true;

  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;

  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&v6) || mapped;
}

bool is_unspecified_host(const std::string& host) {
  if (host == "*") return true;  // as other programs write it
  // Shorter forms of the same address ("0") are read by inet_aton, as by whoever would dial it.
  in_addr v4{};
  if (::inet_aton(host.c_str(), &v4) == 1) return v4.s_addr == 0;

  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6) &&
                      (v6.s6_addr[12] | v6.s6_addr[13] | v6.s6_addr[14] | v6.s6_addr[15]) == 0;
  return IN6_IS_ADDR_UNSPECIFIED(&v6) || mapped;
}

std::optional<std::string> dialling_problem(std::string_view address) {
  const auto parsed = parse_host_port(address);
  if (!parsed.ok()) return parsed.message();
  const auto quoted = "\"" + std::string(address) + "\"";
  if (is_unspecified_host(parsed->host))
    return quoted +
           " can be listened on, but nobody can dial it: write a name or address under "
           "which others reach this machine";
  if (parsed->port == "0") return quoted + " has no port that others could dial";
  return std::nullopt;
}

bool is_loopback(std::string_view address) {
  const auto parsed = parse_host_port(address);
  return parsed.ok() && is_loopback_host(parsed->host);
}

}  // namespace testamur::inline common
