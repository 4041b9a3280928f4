// host:port in text, and whether an address is this machine's own. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace testamur::node {

struct HostPort {
  std::string host;  // without brackets
  std::string port;  // decimal, 0..65535
};
// host:port, or [v6]:port.
Result<HostPort> parse_host_port(std::string_view text);

// Whether a host is this machine and cannot be another: `localhost`, or an address of 127.0.0.0/8
// or ::1 in figures. A name that only looks like one ("127.example.org") is not.
bool is_loopback_host(const std::string& host);

}  // namespace testamur::node
