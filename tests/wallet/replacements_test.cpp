// Which award took the place of which: told where it is known, and of nobody else's.
#include "wallet/cli/flow/awards/replacements.h"

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

PlacedAward award(const char* of, std::uint32_t number, std::uint64_t index,
                  bool superseded = false) {
  return {of, AchievementId{InstitutionId{}, number, 1}, index, superseded, 0, false};
}
using Found = std::map<std::size_t, std::size_t>;

}  // namespace

TEST_CASE(
    "a superseded award may be replaced by the only later one of its learner and achievement") {
  CHECK(replacements({award("S1", 1, 5, true), award("S1", 1, 40)}) == Found{{0, 1}});

  // Of two later ones nobody can say which it is.
  CHECK(replacements({award("S1", 1, 60), award("S1", 1, 5, true), award("S1", 1, 40, true)}) ==
        Found{{2, 0}});
  CHECK(replacements({award("S1", 1, 60), award("S1", 1, 5, true), award("S1", 1, 40)}).empty());

  auto next_version = award("S1", 1, 40);
  next_version.achievement.version = 2;
  CHECK(replacements({award("S1", 1, 5, true), next_version}) == Found{{0, 1}});
}

TEST_CASE("an award that is in force replaces nothing of another learner, achievement or time") {
  CHECK(replacements({award("S1", 1, 5), award("S1", 1, 40)}).empty());
  CHECK(replacements({award("S1", 1, 5, true), award("S2", 1, 40)}).empty());
  CHECK(replacements({award("S1", 1, 5, true), award("S1", 2, 40)}).empty());
  CHECK(replacements({award("S1", 1, 50, true), award("S1", 1, 40)}).empty());
  CHECK(replacements({award("S1", 1, 5, true)}).empty());
  CHECK(replacements({}).empty());

  // One of the same class list, and one that was taken back.
  auto old = award("S1", 1, 10, true), beside = award("S1", 1, 13), fresh = award("S1", 1, 42);
  old.issue = beside.issue = 7;
  fresh.issue = 8;
  CHECK(replacements({old, beside, fresh}) == Found{{0, 2}});
  CHECK(replacements({old, beside}).empty());
  fresh.revoked = true;
  CHECK(replacements({old, beside, fresh}).empty());
}

}  // namespace testamur::wallet
