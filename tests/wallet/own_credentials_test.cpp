// A learner's names for credentials: each means one, and giving one changes nothing else.
#include "wallet/cli/flow/own_credentials.h"

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"

namespace testamur::wallet {
namespace {

StoredCredential stored_at(std::uint64_t index) {
  auto fixture = test::make_fixture();
  auto contents = fixture.contents;
  contents.head.reference = make_reference(fixture.chain, fixture.issuer, IssuerIndex{index});
  StoredCredential stored;
  stored.sd_jwt = issue_credential(contents, fixture.chain, fixture.issuer_key)->sd_jwt;
  stored.holder_key.derived_index = static_cast<std::uint32_t>(index);
  stored.title = "as the claim file had it";
  stored.imported_at_ms = index;
  stored.receipt = {1, 2, 3};
  return stored;
}

std::string reference_at(std::uint64_t index) {
  const auto fixture = test::make_fixture();
  return to_text(make_reference(fixture.chain, fixture.issuer, IssuerIndex{index}));
}

WalletContents two() {
  auto wallet = make_wallet(1);
  wallet.credentials.push_back(stored_at(41));
  wallet.credentials.push_back(stored_at(42));
  return wallet;
}

std::string bytes_of(const WalletContents& wallet) {
  return std::string(encode_wallet(wallet).value().text());
}

}  // namespace

TEST_CASE("a credential is found by its reference and by its name, and the only one by nothing") {
  auto wallet = two();
  REQUIRE(rename_credential(wallet, reference_at(42), "security").ok());
  CHECK(*find_credential(wallet, "security") == &wallet.credentials[1]);
  CHECK(*find_credential(wallet, reference_at(42)) == &wallet.credentials[1]);
  CHECK(*find_credential(wallet, reference_at(41)) == &wallet.credentials[0]);

  CHECK(find_credential(wallet, "safety").failure().exit == ExitCode::kUnknown);
  CHECK(find_credential(wallet, "securit").failure().exit == ExitCode::kUnknown);
  CHECK(find_credential(wallet, "").failure().exit == ExitCode::kUsage);
  wallet.credentials.pop_back();
  CHECK(*find_credential(wallet, "") == &wallet.credentials[0]);
  wallet.credentials.pop_back();
  CHECK(find_credential(wallet, "").failure().exit == ExitCode::kUnknown);
}

// As the terminal and the documents show it.
TEST_CASE("a reference whose ids were cut short is found where it means one") {
  const auto wallet = two();
  const auto whole = reference_at(42);
  const auto chain = whole.find("tmn1");
  const auto issuer = whole.find("tmi1");
  const auto cut = [&](std::size_t kept, const std::string& index) {
    return "urn:testamur:1:" + whole.substr(chain, 4 + kept) +
           "\u2026:" + whole.substr(issuer, 4 + kept) + "\u2026:" + index;
  };
  CHECK(*find_credential(wallet, cut(8, "42")) == &wallet.credentials[1]);
  CHECK(*find_credential(wallet, cut(8, "41")) == &wallet.credentials[0]);
  CHECK_FALSE(find_credential(wallet, cut(8, "4")).ok());
  CHECK_FALSE(find_credential(wallet, cut(7, "42")).ok());
  CHECK_FALSE(find_credential(wallet, "urn:testamur:1:42").ok());
}

TEST_CASE("a rename changes the name and nothing else, and is kept by vault and backup") {
  auto wallet = two();
  const auto before = bytes_of(wallet);
  CHECK(before.find("\"name\"") == std::string::npos);
  REQUIRE(rename_credential(wallet, reference_at(41), "statistics").ok());
  REQUIRE(rename_credential(wallet, "statistics", "Zoe\xcc\x88's award").ok());

  // In the form of letters in which it is looked for.
  CHECK(wallet.credentials[0].name == "Zo\xc3\xab's award");
  CHECK(find_credential(wallet, "Zoe\xcc\x88's award").ok());
  CHECK(find_credential(wallet, "statistics").failure().exit == ExitCode::kUnknown);

  const auto again = decode_wallet(encode_wallet(wallet).value().view());
  REQUIRE(again.ok());
  CHECK(again->credentials[0].name == wallet.credentials[0].name);
  CHECK(again->credentials[1].name.empty());
  wallet.credentials[0].name.clear();
  CHECK(bytes_of(wallet) == before);
}

TEST_CASE("a name that is taken, hidden or no name is refused, and nothing changes") {
  auto wallet = two();
  REQUIRE(rename_credential(wallet, reference_at(42), "security").ok());
  const auto before = bytes_of(wallet);
  const auto refused = [&](const std::string& name, const std::string& part) {
    const auto renamed = rename_credential(wallet, reference_at(41), name);
    REQUIRE_FALSE(renamed.ok());
    INFO(renamed.message());
    CHECK(renamed.failure().exit == ExitCode::kUsage);
    CHECK(renamed.message().find(part) != std::string::npos);
    CHECK(bytes_of(wallet) == before);
  };

  refused("security", "another credential is called \"security\"");
  refused("Security", "which is nearly");
  refused("secur\xd1\x96ty", "which is nearly");  // a Cyrillic letter
  refused("", "is empty");
  refused("sec\xe2\x80\x8burity", "U+200B");
  refused("line\nbreak", "U+000A");
  refused(" security2", "at character 1");
  refused("URN:testamur:1:x", "begins as a reference does");
  refused(reference_at(41), "begins as a reference does");
  refused(std::string(101, 'x'), "longer than 100 bytes");
  refused("\xff", "UTF-8");

  CHECK(rename_credential(wallet, "security", "security").failure().exit == ExitCode::kUsage);
  CHECK(rename_credential(wallet, "nobody", "x").failure().exit == ExitCode::kUnknown);
  CHECK(rename_credential(wallet, "", "x").failure().exit == ExitCode::kUnknown);
  CHECK(bytes_of(wallet) == before);

  // The case of one's own name may change.
  CHECK(rename_credential(wallet, "security", "Security").ok());
}

TEST_CASE("what was shown to whom is told of each credential, and of one that is gone") {
  auto wallet = two();
  wallet.grants.push_back({reference_at(42), "https://employer.example", {"title"}, 10, 0});
  wallet.grants.push_back({reference_at(43), "ACME", {}, 10, 0});
  const auto shown = grants_of(wallet, reference_at(42));
  REQUIRE(shown.size() == 1);
  CHECK(grant_text(wallet, shown[0], false).find("claims       title") != std::string::npos);
  CHECK(grant_text(wallet, shown[0], false).find(reference_at(42)) != std::string::npos);
  CHECK(grant_text(wallet, shown[0], true).find(reference_at(42)) == std::string::npos);
  const auto gone = grants_of(wallet, reference_at(43));
  CHECK(grant_text(wallet, gone[0], false).find("no more in the wallet") != std::string::npos);
  CHECK(grant_text(wallet, gone[0], false).find("only that the award exists") != std::string::npos);
  CHECK(grant_json(wallet, gone[0])["in_wallet"] == false);
}

}  // namespace testamur::wallet
