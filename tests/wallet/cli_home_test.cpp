// What a home says of itself is read whole or is an error: a damaged one belongs to an institution
// all the same.
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/cli/context.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

struct Home {
  testamur::test::TemporaryFolder folder;
  Context context;

  Home() {
    context.home = folder.path().string();
    context.quiet = true;
    std::filesystem::create_directories(context.path("issuer"));
  }
  void profile(const std::string& text) const {
    REQUIRE(write_file_atomically(context.path("issuer/issuer.json"), as_bytes(text),
                                  Overwrite::kAllowed)
                .ok());
  }
};

const ChainId kChain = ChainId::prefix_of(Bytes(32, 7));

std::string profile_of(const std::string& chain) {
  return "{\"chain\":\"" + chain + "\",\"institution\":\"" +
         to_text(InstitutionId::prefix_of(Bytes(16, 3))) + "\",\"name\":\"\",\"domain\":\"\"}";
}

}  // namespace

TEST_CASE("a home without an institution belongs to no ledger, one with it to its own") {
  Home home;
  REQUIRE(home_ledger(home.context).ok());
  CHECK(*home_ledger(home.context) == std::nullopt);
  home.profile(profile_of(to_text(kChain)));
  REQUIRE(home_ledger(home.context).ok());
  CHECK(*home_ledger(home.context) == kChain);
}

// It read as "no institution", and the first ledger that any node showed was trusted.
TEST_CASE("a damaged profile is an error with its path, and no ledger is followed") {
  for (const auto& damaged : {std::string{}, std::string("{"), profile_of("tmn1"),
                              profile_of(to_text(kChain)).substr(0, 40)}) {
    Home home;
    home.profile(damaged);
    const auto file = home.context.path("issuer/issuer.json");
    const auto chain = home_ledger(home.context);
    REQUIRE_FALSE(chain.ok());
    CHECK(chain.message().find(file) != std::string::npos);

    Client client(ClientOptions{});
    LedgerTrust trust(home.context.path("ledgers"));
    const auto problem = follow_ledger(home.context, client, trust);
    REQUIRE(problem);
    CHECK(problem->name == "home");
    CHECK(failure_of(*problem).exit == ExitCode::kFailure);
    CHECK(failure_of(*problem).message.find(file) != std::string::npos);
  }
}

}  // namespace testamur::wallet
