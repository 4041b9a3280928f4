// The beginning of an id names one thing or nothing.
#include "wallet/cli/short_id.h"

#include "tests/support/catch.h"
#include "wallet/cli/context.h"
#include "wallet/cli/flow/awards/award_register.h"

namespace testamur::wallet {
namespace {

std::string id_of(std::uint8_t first, std::uint8_t last = 0) {
  InstitutionId id;
  id.bytes[0] = first;
  id.bytes[15] = last;
  return to_text(id);
}

const std::vector<std::string> kKnown{id_of(1), id_of(2), id_of(3, 1), id_of(3, 2)};

}  // namespace

TEST_CASE("a beginning is told from a whole id, right or mistyped, and from anything else") {
  const auto whole = id_of(1);
  CHECK(is_short_id(whole.substr(0, 12), "tmi"));
  CHECK(is_short_id(whole.substr(0, 12) + "\u2026", "tmi"));
  CHECK(is_short_id("tmi1", "tmi"));
  CHECK_FALSE(is_short_id(whole, "tmi"));
  auto mistyped = whole;
  mistyped.back() = mistyped.back() == 'q' ? 'p' : 'q';
  CHECK_FALSE(is_short_id(mistyped, "tmi"));
  CHECK_FALSE(is_short_id(whole.substr(0, 12), "tmk"));
  CHECK_FALSE(is_short_id("tmi1 uni.example", "tmi"));
  CHECK_FALSE(is_short_id("uni.example", "tmi"));
  CHECK_FALSE(is_short_id("", "tmi"));
  CHECK(is_short_hex("0123abcd", 32));
  CHECK_FALSE(is_short_hex(std::string(32, 'a'), 32));
  CHECK_FALSE(is_short_hex("spring", 32));
}

TEST_CASE("a beginning that means one is completed, one that means several or none is refused") {
  const auto complete = [](const std::string& typed) {
    return complete_id("--by", typed, "tmi", kKnown);
  };
  CHECK(*complete(id_of(1).substr(0, 12)) == id_of(1));
  CHECK(*complete(id_of(2).substr(0, 13) + "\u2026") == id_of(2));

  const auto several = complete(id_of(3).substr(0, 14));
  REQUIRE_FALSE(several.ok());
  CHECK(several.failure().exit == ExitCode::kUsage);
  CHECK(several.message().find(id_of(3, 1)) != std::string::npos);
  CHECK(several.message().find(id_of(3, 2)) != std::string::npos);
  CHECK(several.message().find(id_of(1)) == std::string::npos);

  CHECK(complete(id_of(9).substr(0, 12)).failure().exit == ExitCode::kUnknown);

  // One character fewer than is asked for names nobody, not even the only one.
  const auto few = complete_id("--by", id_of(1).substr(0, 11), "tmi", {id_of(1)});
  REQUIRE_FALSE(few.ok());
  CHECK(few.failure().exit == ExitCode::kUsage);
  CHECK(few.message().find("at least 8 characters after tmi1") != std::string::npos);

  // Listed twice it is one all the same.
  CHECK(complete_id("--by", id_of(1).substr(0, 12), "tmi", {id_of(1), id_of(1)}).ok());
}

TEST_CASE("an achievement of this home may be named by the beginning of its institution") {
  InstitutionId own;
  own.bytes[0] = 1;
  const auto whole = id_of(1) + "/7.2";
  CHECK(to_text(*achievement_named(whole, own)) == whole);
  CHECK(to_text(*achievement_named(id_of(1).substr(0, 12) + "\u2026/7.2", own)) == whole);
  CHECK_FALSE(achievement_named(id_of(2).substr(0, 12) + "/7.2", own).ok());
  CHECK_FALSE(achievement_named(id_of(1).substr(0, 9) + "/7.2", own).ok());
}

TEST_CASE("a beginning is found wherever it stands in a word, and a whole id or a file is none") {
  const auto whole = id_of(1);
  const auto begun = whole.substr(0, 14);
  for (const auto& word : {begun, "--subject=" + begun, begun + "/1.1", whole + "," + begun,
                           "urn:testamur:1:tmn1abcdefgh:" + begun + ":5"}) {
    INFO(word);
    CHECK(find_short_id(word) == begun);
  }
  CHECK(find_short_id("tmk1abcdefgh") == "tmk1abcdefgh");
  CHECK(find_short_id("tmx1abcdefgh") == "tmx1abcdefgh");

  // The reference itself names its ledger by a beginning.
  for (const auto& word : {whole, whole + "/1.1", std::string("class.csv"), std::string("--yes"),
                           std::string(), "urn:testamur:1:tmn1abcdefgh:" + whole + ":5"}) {
    INFO(word);
    CHECK(find_short_id(word).empty());
  }
}

TEST_CASE("with --yes a beginning decides nothing, for nobody reads whose it is") {
  Context context;
  context.typed = {"trust", "grant", id_of(1).substr(0, 14), "--amount", "60"};
  CHECK(refuse_short_ids_unasked(context).ok());

  context.yes = true;
  const auto refused = refuse_short_ids_unasked(context);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.failure().exit == ExitCode::kUsage);
  CHECK(refused.message().find(id_of(1).substr(0, 14)) != std::string::npos);

  context.typed[2] = id_of(1);
  CHECK(refuse_short_ids_unasked(context).ok());
}

}  // namespace testamur::wallet
