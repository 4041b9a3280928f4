// One reader of host:port for whoever listens and whoever dials, and one answer to "is it this
// machine", on which it hangs whether anything is said in clear.
#include "common/address.h"

#include "tests/support/catch.h"

namespace testamur {

TEST_CASE("host and port are read where it is plain which is which") {
  CHECK(parse_host_port("ledger.test:7601")->host == "ledger.test");
  CHECK(parse_host_port("[::1]:7601")->host == "::1");
  CHECK(parse_host_port("[::1]:7601")->port == "7601");
  for (const char* wrong : {"::1:7601", "::1", "ledger.test", "ledger.test:", ":7601", "[]:7601",
                            "[ledger.test]:7601", "ledger.test:+80", "ledger.test:65536",
                            "ledger.test:7601 ", "https://ledger.test:7601", ""}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_host_port(wrong).ok());
  }
}

// The client speaks in clear to these addresses and to no others (wallet/client/client.cpp), so a
// neighbour that is taken for one of them is a credential in somebody else's hands.
TEST_CASE("loopback is an address in figures or exactly localhost, never what a name begins with") {
  struct Row {
    const char* address;
    bool own;
  };
  const Row rows[] = {
      {"127.0.0.1:1", true},
      {"127.9.9.9:1", true},
      {"127.255.255.255:1", true},
      {"[::1]:1", true},
      {"[0:0:0:0:0:0:0:1]:1", true},
      {"[::ffff:127.0.0.1]:1", true},
      {"localhost:1", true},

      // Names, whoever owns them.
      {"127.evil.test:1", false},
      {"127.0.0.1.evil.test:1", false},
      {"localhost.evil.test:1", false},
      {"localhost.:1", false},
      {"LOCALHOST:1", false},
      {" localhost:1", false},
      {"localhost@evil.test:1", false},

      // Figures that are read in more than one way.
      {"127.1:1", false},
      {"127.0.0.01:1", false},
      {"127.0.0.1.:1", false},
      {"2130706433:1", false},
      {"0x7f.0.0.1:1", false},

      // Every address of this machine, or another machine's.
      {"0.0.0.0:1", false},
      {"[::]:1", false},
      {"[::2]:1", false},
      {"[::ffff:10.0.0.1]:1", false},
      {"[::127.0.0.1]:1", false},
      {"10.127.0.0:1", false},
      {"128.0.0.1:1", false},

      // No host and port: what would be dialled is somebody else's guess.
      {"127.0.0.1", false},
      {"localhost", false},
      {"::1", false},
      {"[::1]", false},
      {"::ffff:127.0.0.1", false},
      {"unix:/tmp/socket", false},
      {"unix:127.0.0.1:1", false},
      {"dns:localhost:1", false},
      {"ipv4:127.0.0.1:1", false},
      {"dns:///127.0.0.1:1", false},
      {"", false},
  };
  for (const auto& [address, own] : rows) {
    CAPTURE(address);
    CHECK(is_loopback(address) == own);
  }
}

}  // namespace testamur
