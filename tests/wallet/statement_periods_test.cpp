// When an accreditation holds, as a person reads it: nothing that has ended is listed as standing.
#include "wallet/cli/flow/statement_periods.h"

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kNow = 1'000;

InstitutionId institution(std::uint8_t number) {
  InstitutionId id;
  id.bytes[0] = number;
  return id;
}

trust::StatementId id_of(std::uint8_t number) {
  trust::StatementId id;
  id.bytes[0] = number;
  return id;
}

StatementAnswer statement(std::uint8_t number, trust::Kind kind, std::uint64_t from_ms,
                          std::uint64_t until_ms = 0) {
  StatementAnswer said;
  said.id = id_of(number);
  said.truster.id = institution(1);
  said.subject.id = institution(2);
  said.kind = kind;
  said.amount = 120;
  said.depth = 0;
  said.scope.emplace();
  said.valid_from_ms = from_ms;
  said.valid_until_ms = until_ms;
  said.slot = 0;
  said.scheme = kind == trust::Kind::kAccredit ? trust::Scheme::kEsg : trust::Scheme::kNone;
  said.names_whole = true;
  said.anchor.emplace();
  said.key.emplace();
  said.in_force = true;
  return said;
}

StatementAnswer naming(StatementAnswer said, std::uint8_t number) {
  said.names = {id_of(number)};
  return said;
}

Hold hold_of(std::uint8_t number, const std::vector<StatementAnswer>& statements) {
  StatementsAnswer answer;
  answer.statements = statements;
  for (const auto& period : accreditation_periods(answer, kNow)) {
    if (period.statement.id == id_of(number)) return period.hold;
  }
  FAIL("it is not listed");
  return Hold::kUnknown;
}

}  // namespace

TEST_CASE("an accreditation stands from its first day to its end, and not an instant longer") {
  const auto alone = [](std::uint64_t from_ms, std::uint64_t until_ms) {
    return hold_of(1, {statement(1, trust::Kind::kAccredit, from_ms, until_ms)});
  };
  CHECK(alone(kNow, 0) == Hold::kStands);
  CHECK(alone(kNow, kNow + 1) == Hold::kStands);
  CHECK(alone(kNow + 1, 0) == Hold::kLater);
  CHECK(alone(1, kNow) == Hold::kEnded);
}

TEST_CASE("what ends it counts from its own day on, unless it was annulled itself") {
  const auto accredited = statement(1, trust::Kind::kAccredit, 1);
  auto gone = accredited;
  gone.in_force = false;
  const auto end_at = [](std::uint64_t from_ms) {
    return naming(statement(2, trust::Kind::kEnd, from_ms), 1);
  };
  CHECK(hold_of(1, {gone, end_at(kNow)}) == Hold::kEnded);
  CHECK(hold_of(1, {accredited, end_at(kNow + 1)}) == Hold::kStands);
  const auto annulling = naming(statement(3, trust::Kind::kVoid, 1), 2);
  CHECK(hold_of(1, {accredited, end_at(kNow), annulling}) == Hold::kStands);

  // Of two ends the earlier one counts, in whatever order they are listed.
  auto second = end_at(kNow + 9);
  second.id = id_of(4);
  CHECK(hold_of(1, {gone, end_at(kNow), second}) == Hold::kEnded);
  CHECK(hold_of(1, {gone, second, end_at(kNow)}) == Hold::kEnded);

  // Ended before it began, it will never hold.
  auto never = statement(1, trust::Kind::kAccredit, kNow + 50);
  never.in_force = false;
  CHECK(hold_of(1, {never, end_at(kNow + 50)}) == Hold::kEnded);
  CHECK(hold_of(1, {gone, naming(statement(3, trust::Kind::kVoid, 1), 1)}) == Hold::kEnded);

  // A node that counts what was ended knows why the end does not count; the list does not say.
  CHECK(hold_of(1, {accredited, end_at(kNow)}) == Hold::kUnknown);
  CHECK(hold_of(1, {accredited, naming(statement(3, trust::Kind::kVoid, 1), 1)}) == Hold::kUnknown);

  // What may have ended it, and does not say when, or is of an unknown kind.
  auto dateless = end_at(kNow + 9);
  dateless.valid_from_ms.reset();
  CHECK(hold_of(1, {accredited, dateless}) == Hold::kUnknown);
  auto strange = end_at(kNow + 9);
  strange.kind.reset();
  CHECK(hold_of(1, {accredited, strange}) == Hold::kUnknown);
}

TEST_CASE("one that the node does not count, or does not say in full, does not stand") {
  auto fallen = statement(1, trust::Kind::kAccredit, 1);
  fallen.in_force = false;
  CHECK(hold_of(1, {fallen}) == Hold::kNotCounted);

  auto lost = statement(1, trust::Kind::kAccredit, 1);
  lost.scope.reset();
  CHECK(hold_of(1, {lost}) == Hold::kUnknown);
  lost = statement(1, trust::Kind::kAccredit, 1);
  lost.kind.reset();
  CHECK(hold_of(1, {lost}) == Hold::kUnknown);
}

TEST_CASE("what stands is listed first, and statements of another kind are not listed") {
  StatementsAnswer answer;
  answer.statements = {
      statement(1, trust::Kind::kAccredit, 1, 2), statement(2, trust::Kind::kTrust, 1),
      statement(3, trust::Kind::kAccredit, 9'000), statement(4, trust::Kind::kAccredit, 8),
      statement(5, trust::Kind::kAccredit, 7)};
  std::vector<trust::StatementId> order;
  for (const auto& period : accreditation_periods(answer, kNow))
    order.push_back(period.statement.id);
  CHECK(order == std::vector{id_of(5), id_of(4), id_of(3), id_of(1)});
}

}  // namespace testamur::wallet
