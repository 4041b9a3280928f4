// When an accreditation holds, as a person reads it: nothing that has ended is listed as standing.
#include "wallet/cli/flow/statement_periods.h"

#include "tests/support/catch.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/statement_warnings.h"

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

// The list said "last day: open" of what was withdrawn already, from a day to come on.
TEST_CASE("what is withdrawn or replaced from a day to come on is told so wherever it is listed") {
  constexpr std::uint64_t kJune = 1'811'808'000'000;  // 2027-06-01
  StatementsAnswer ever;
  ever.statements = {statement(1, trust::Kind::kAccredit, 1),
                     naming(statement(2, trust::Kind::kEnd, kJune), 1),
                     statement(3, trust::Kind::kTrust, 1), statement(4, trust::Kind::kEnd, kJune),
                     statement(5, trust::Kind::kAccredit, 1)};
  for (std::size_t i = 0; i < ever.statements.size(); ++i)
    ever.statements[i].anchor->log_index = LogIndex{i};
  const auto text = [&](std::size_t at) {
    return statement_text(ever.statements[at], withdrawals_in(ever));
  };
  for (const std::size_t at : {0U, 2U}) {
    CAPTURE(at);
    CHECK(text(at).ends_with("last day: open, withdrawn from 2027-06-01 on  " +
                             to_text(ever.statements[at].id)));
  }
  CHECK(text(4) == statement_text(ever.statements[4]));

  // Another trust takes its place, and withdraws nothing.
  ever.statements[3].kind = trust::Kind::kTrust;
  CHECK(text(2).find("replaced from 2027-06-01 on") != std::string::npos);
  CHECK(text(3) == statement_text(ever.statements[3]));

  // Of its own last day nothing is withdrawn.
  ever.statements[0].valid_until_ms = kJune;
  CHECK(text(0) == statement_text(ever.statements[0]));
}

// Whoever withdrew one of two was told that it had ended, and the institution stood as before.
TEST_CASE("an end beside which as much stands for all of it is told what stands") {
  StatementsAnswer ever;
  ever.statements = {
      statement(1, trust::Kind::kAccredit, 1), statement(2, trust::Kind::kAccredit, 1),
      statement(3, trust::Kind::kAccredit, 1), statement(4, trust::Kind::kAccredit, 1)};
  ever.statements[0].amount = 60;
  ever.statements[2].amount = 40;             // less
  ever.statements[3].valid_until_ms = 5'000;  // not as long
  ledger::tx::StatementContent end;
  end.kind = ledger::tx::StatementKind::kEnd;
  end.accreditation = true;
  end.names = {id_of(1)};
  end.valid_from_ms = kNow;
  const auto lines = [&] {
    return still_stands_lines(what_stands_instead(ever, end, kNow), end.names.size());
  };
  REQUIRE(lines().size() == 1);
  CHECK(lines()[0] == "still stands with 120 for all of it: " + to_text(id_of(2)));

  // It begins after the one that is ended, and before the end: nothing changes either.
  ever.statements[1].valid_from_ms = 500;
  CHECK(lines().size() == 1);
  ever.statements[1].valid_from_ms = kNow + 1;
  CHECK(lines().empty());
  ever.statements[1].valid_from_ms = 1;
  end.names.push_back(id_of(2));
  CHECK(lines().empty());
}

}  // namespace testamur::wallet
