// What a home and a command line say of nodes: read whole, or refused by file, line and value
// before anything is dialled.
#include <fstream>

#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/cli/context.h"
#include "wallet/client/tls_roots.h"

namespace testamur::wallet {
namespace {

constexpr const char* kRoot =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARugAwIBAgIUaBfXHSuglMaG1Uo/feuq3QhX/JkwCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjkxMTQ2MjRaGA8yMTI2MTEwNTExNDYy\n"
    "NFowDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN2Y\n"
    "Tg7C3HLX0sEJH3u3bSw0VQ36sETO4p8zymXhZRX/pIk+p/1901kFYbMkPNkszkLU\n"
    "YU7x1unjvTyJsBxxK0ujUzBRMB0GA1UdDgQWBBQTOGeqL7gOXKKVgmKBL2FbqdT7\n"
    "ojAfBgNVHSMEGDAWgBQTOGeqL7gOXKKVgmKBL2FbqdT7ojAPBgNVHRMBAf8EBTAD\n"
    "AQH/MAoGCCqGSM49BAMCA0gAMEUCIH+mVLj94WuiMQLowitY5Njdg7oG4kquOlLW\n"
    "cwERmx+HAiEA8eToEmlrA71uqEYWhJeNea2GzQ/MmVGzCyXAyVSFP+Y=\n"
    "-----END CERTIFICATE-----\n";

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

struct Home {
  test::TemporaryFolder folder;
  Context context;

  Home() { context.home = folder.path().string(); }
  std::string file() const { return folder.file("config.toml"); }
  std::string failure_of(const std::string& text) {
    write(file(), text + "\n");
    const auto read = read_config(context);
    return read.ok() ? "" : read.message();
  }
};

}  // namespace

TEST_CASE("a configuration is read whole") {
  Home home;
  const auto root = home.folder.file("root.pem");
  write(root, std::string("the root of our nodes\n") + kRoot + kRoot);
  CHECK(home.failure_of("endpoints = [\"ledger.test:7601\", \"[::1]:7601\"]\ntls_root = \"" + root +
                        "\"") == "");
  CHECK(home.context.endpoints == std::vector<std::string>{"ledger.test:7601", "[::1]:7601"});
  CHECK(home.context.tls_roots.find(kRoot) != std::string::npos);
}

TEST_CASE("an endpoint that cannot be dialled is refused by line, key and value") {
  for (const char* wrong : {"::1:7601", "ledger.test", "ledger.test:0", "ledger.test:65536",
                            "ledger.test:+80", "https://ledger.test:1", "a@ledger.test:1"}) {
    CAPTURE(wrong);
    Home home;
    const auto said = home.failure_of(std::string("endpoints = [\"") + wrong + "\"]");
    CHECK(said.find("config.toml, line 1: endpoints: \"" + std::string(wrong) + "\"") !=
          std::string::npos);

    Home typed;
    typed.context.endpoints = {wrong};
    CHECK(read_config(typed.context).message().starts_with("--endpoint: \""));
  }
}

TEST_CASE(
    "roots that hold no certificate are refused: the system's would be believed in their place") {
  const std::string whole = kRoot;
  const std::string broken = whole.substr(0, 100) + whole.substr(140);
  for (const std::string& pem :
       {std::string(), std::string("hello\n"), broken, whole + broken,
        whole.substr(0, whole.size() / 2),
        std::string("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")}) {
    CAPTURE(pem);
    CHECK_FALSE(check_tls_roots(pem).ok());

    Home home;
    const auto root = home.folder.file("root.pem");
    write(root, pem);
    const auto said = home.failure_of("\ntls_root = \"" + root + "\"");
    CHECK(said.find("config.toml, line 2: tls_root: " + root) != std::string::npos);

    Home typed;
    typed.context.tls_root = root;
    CHECK(read_config(typed.context).message().starts_with("--tls-root: " + root));
  }
  CHECK(check_tls_roots(whole).ok());
}

TEST_CASE("a folder in the place of the configuration is named with its cause") {
  Home home;
  std::filesystem::create_directory(home.file());
  CHECK(read_config(home.context).message() == home.file() + " is not a file");
}

// A clock that is ahead makes what holds look old or over, and a holder's proof unusable.
TEST_CASE("a clock that differs from a node's by more than a minute is told, whichever is ahead") {
  constexpr std::uint64_t kNow = 1'700'000'000'000, kMinute = 60'000;
  CHECK(clocks_apart("node:7601", kNow, kNow).empty());
  CHECK(clocks_apart("node:7601", kNow + kMinute, kNow).empty());
  const auto ahead = clocks_apart("node:7601", kNow, kNow + 3 * kMinute + 400);
  CHECK(ahead.starts_with("this machine's clock is 3 minutes ahead of that of \"node:7601\""));
  // As the node says it in the same answer, where it said 3 hours and this 2.
  CHECK(clocks_apart("node:7601", kNow + 179 * kMinute, kNow).find(" 3 hours behind that of") !=
        std::string::npos);
  const auto behind = clocks_apart("node:7601", kNow + 25 * 60 * kMinute + 7, kNow);
  CHECK(behind.starts_with("this machine's clock is 25 hours behind that of"));
  CHECK(behind.find("set it (NTP)") != std::string::npos);
}

}  // namespace testamur::wallet
