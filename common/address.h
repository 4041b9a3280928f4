// host:port in text, and whether an address is this machine's own. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace testamur::inline common {

struct HostPort {
  std::string host;  // without brackets
  std::string port;  // decimal, 0..65535
};
// host:port, or [v6]:port.
Result<HostPort> parse_host_port(std::string_view text);

// Whether a host is this machine and cannot be another: exactly `localhost`, or in figures an
// address of 127.0.0.0/8 (also as ::ffff:127.0.0.1) or ::1. A name that only looks like one
// ("127.example.org") is not: whoever owns it would be spoken to in clear.
bool is_loopback_host(const std::string& host);
// The same of host:port; what is no host:port is not this machine.
bool is_loopback(std::string_view address);
// Whether a host names all addresses of a machine (0.0.0.0, ::): it can be listened on and never
// dialled.
bool is_unspecified_host(const std::string& host);
// Why nobody can dial a host:port that is announced to others; nothing where somebody may.
std::optional<std::string> dialling_problem(std::string_view address);

}  // namespace testamur::inline common
