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

TEST_CASE("loopback is an address in figures or exactly localhost, never what a name begins with") {
  for (const char* own : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[0:0:0:0:0:0:0:1]:1",
                          "[::ffff:127.0.0.1]:1", "localhost:1"}) {
    CAPTURE(own);
    CHECK(is_loopback(own));
  }
  for (const char* other : {"127.evil.test:1", "127.0.0.1.evil.test:1", "localhost.evil.test:1",
                            "LOCALHOST.:1", "127.1:1", "0.0.0.0:1", "[::]:1", "[::2]:1",
                            "[::ffff:10.0.0.1]:1", "10.127.0.0:1", "127.0.0.1", "::1", ""}) {
    CAPTURE(other);
    CHECK_FALSE(is_loopback(other));
  }
}

}  // namespace testamur
