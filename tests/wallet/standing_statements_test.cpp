// To say what is said already is told, and refused where nobody is asked.
#include "wallet/cli/flow/standing_statements.h"

#include "tests/support/catch.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/statement_periods.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::uint64_t kNow = 1'000;

template <class Id>
Id id_of(std::uint8_t number) {
  Id id;
  id.bytes[0] = number;
  return id;
}

tx::StatementContent content(tx::StatementKind kind) {
  tx::StatementContent said;
  said.kind = kind;
  said.accreditation = kind == tx::StatementKind::kAccredit;
  said.subject = id_of<InstitutionId>(2);
  said.amount = kind == tx::StatementKind::kDistrust ? 0 : 120;
  said.scope.fields = trust::parse_field("0613").value();
  said.scheme = said.accreditation ? trust::Scheme::kEsg : trust::Scheme::kNone;
  said.valid_from_ms = kNow;
  return said;
}

// The same as the ledger shows it.
StatementAnswer answer_of(const tx::StatementContent& content, std::uint64_t from_ms = 1,
                          std::uint64_t until_ms = 0) {
  StatementAnswer said;
  said.id = id_of<trust::StatementId>(7);
  said.truster.id = id_of<InstitutionId>(1);
  said.subject.id = content.subject;
  said.kind = static_cast<trust::Kind>(content.kind);
  said.amount = content.amount;
  said.depth = content.depth;
  said.scope = content.scope;
  said.valid_from_ms = from_ms;
  said.valid_until_ms = until_ms;
  said.slot = 3;
  said.scheme = content.scheme;
  said.names_whole = true;
  said.anchor.emplace();
  said.key.emplace();
  said.in_force = true;
  return said;
}

bool is_said(const tx::StatementContent& content, const StatementAnswer& standing) {
  StatementsAnswer answer;
  answer.statements = {standing};
  return !said_already(content, standing_alike(answer, content, kNow)).empty();
}

}  // namespace

TEST_CASE("what stands already is told by id, first day and last day") {
  const auto accredit = content(tx::StatementKind::kAccredit);
  const auto standing = answer_of(accredit, 1, 86'400'000ULL * 365);
  const auto warnings = said_already_warnings({standing});
  REQUIRE(warnings.size() == 1);
  INFO(warnings.front());
  CHECK(warnings.front().find(to_text(standing.id)) != std::string::npos);
  CHECK(warnings.front().find("first day: 1970-01-01") != std::string::npos);
  CHECK(warnings.front().find("last day: 1970-12-31") != std::string::npos);
  CHECK(said_already_warnings({answer_of(accredit)}).front().find("last day: open") !=
        std::string::npos);
}

TEST_CASE("an end says what it ends and from which day, and shows no slot that it does not have") {
  auto end = answer_of(content(tx::StatementKind::kEnd), 86'400'000ULL * 31, 0);
  const auto says = [&](const std::string& part) {
    UNSCOPED_INFO(statement_text(end));
    return statement_text(end).find(part) != std::string::npos;
  };
  CHECK(says("ends what it said of"));
  CHECK(says(" in slot 3, from 1970-02-01 on"));
  CHECK_FALSE(says("last day"));

  end.names = {id_of<trust::StatementId>(8), id_of<trust::StatementId>(9)};
  end.slot = 0;
  CHECK(says(to_text(end.names[0]) + ", " + to_text(end.names[1]) + ")"));
  CHECK_FALSE(says("slot"));

  // What the node leaves out is not nothing.
  end.names_whole = false;
  CHECK(says("and perhaps others"));
  end.names.clear();
  CHECK(says("in statements that are not shown"));
  end.valid_from_ms.reset();
  CHECK(says("from unknown on"));
}

TEST_CASE("one's own award is told without the numbers of a rule that had no say") {
  DecisionAnswer decision;
  decision.outcome = Acceptance::kAccept;
  decision.viewpoint.id = decision.issuer.id = id_of<InstitutionId>(1);
  decision.required_amount = 120;
  CHECK(decision_text(decision, "", false).find("it is its own award") != std::string::npos);
  CHECK(decision_text(decision, "", false).find("amount") == std::string::npos);
  // Of a refusal, of another's award and of nobody's the numbers are said.
  decision.outcome = Acceptance::kRefuse;
  CHECK(decision_text(decision, "", false).find("amount 0 of 120") != std::string::npos);
  decision.outcome = Acceptance::kAccept;
  decision.issuer.id = id_of<InstitutionId>(2);
  CHECK(decision_text(decision, "", false).find("amount 0 of 120") != std::string::npos);
  decision.viewpoint.id = decision.issuer.id = InstitutionId{};
  CHECK(decision_text(decision, "", false).find("amount 0 of 120") != std::string::npos);
}

TEST_CASE("the same again says nothing new, in whatever slot, of every kind") {
  for (const auto kind :
       {tx::StatementKind::kTrust, tx::StatementKind::kDistrust, tx::StatementKind::kAccredit}) {
    CAPTURE(static_cast<int>(kind));
    CHECK(is_said(content(kind), answer_of(content(kind))));
  }
}

// A distrust in slot 5 was to be lifted by the words that stood in slot 0 already; a trust that was
// to end next year was to go on.
TEST_CASE("the same words are something new where they change what holds in their slot, or will") {
  auto trust = content(tx::StatementKind::kTrust);
  const auto same = answer_of(trust);
  auto blocked = answer_of(content(tx::StatementKind::kDistrust));
  blocked.id = id_of<trust::StatementId>(8);
  blocked.slot = 5;
  auto end = answer_of(trust);
  end.id = id_of<trust::StatementId>(9);
  end.kind = trust::Kind::kEnd;
  end.in_force = false;
  end.valid_from_ms = kNow + 1;
  end.slot = 3;

  StatementsAnswer answer;
  answer.statements = {same, blocked};
  CHECK_FALSE(said_already(trust, standing_alike(answer, trust, kNow)).empty());
  trust.slot = 5;
  CHECK(said_already(trust, standing_alike(answer, trust, kNow)).empty());

  // What ends tomorrow does not say what is to go on without an end, in whatever slot.
  answer.statements = {same, end};
  CHECK(said_already(trust, standing_alike(answer, trust, kNow)).empty());
  trust.slot = 3;
  CHECK(said_already(trust, standing_alike(answer, trust, kNow)).empty());
  answer.statements[1].slot.reset();
  CHECK(said_already(trust, standing_alike(answer, trust, kNow)).empty());
}

TEST_CASE(
    "what begins later is said already, and is replaced, ended and found like what holds now") {
  constexpr std::uint64_t kLater = 100'000;
  auto trust = content(tx::StatementKind::kTrust);
  trust.slot = 3;
  trust.valid_from_ms = kLater;
  auto coming = answer_of(trust, kLater);
  coming.in_force = false;
  StatementsAnswer answer;
  answer.statements = {coming};
  CHECK_FALSE(said_already(trust, standing_alike(answer, trust, kNow)).empty());

  // Now it would begin earlier, which is something new.
  trust.valid_from_ms = kNow;
  CHECK(said_already(trust, standing_alike(answer, trust, kNow)).empty());

  REQUIRE(recognition_periods(answer, 3, kNow).size() == 1);
  CHECK(recognition_periods(answer, 3, kNow).front().from_ms == kLater);
  CHECK(recognition_periods(answer, 4, kNow).empty());
}

TEST_CASE("of a slot the last in the order of the ledger governs from its first day on") {
  const auto at = [](std::uint8_t id, std::uint64_t index, std::uint64_t from_ms,
                     std::uint64_t until_ms, tx::StatementKind kind) {
    auto said = answer_of(content(kind), from_ms, until_ms);
    said.id = id_of<trust::StatementId>(id);
    said.anchor->log_index = LogIndex{index};
    return said;
  };
  const auto periods = [](std::vector<StatementAnswer> list, std::uint64_t from_ms) {
    StatementsAnswer answer;
    answer.statements = std::move(list);
    std::vector<std::tuple<int, std::uint64_t, std::uint64_t>> found;
    for (const auto& each : recognition_periods(answer, 3, from_ms))
      found.emplace_back(each.statement.id.bytes[0], each.from_ms, each.over_ms);
    return found;
  };
  using Periods = std::vector<std::tuple<int, std::uint64_t, std::uint64_t>>;
  const auto kTrust = tx::StatementKind::kTrust;

  // Listed newest first, as nodes do: the later one in the ledger governs from its own day.
  CHECK(periods({at(2, 9, 50, 0, kTrust), at(1, 5, 10, 0, kTrust)}, 1) ==
        Periods{{1, 10, 50}, {2, 50, trust::kOpenEnd}});
  // What was to begin in 50 is replaced by what was said after it and begins in 20.
  CHECK(periods({at(1, 5, 50, 0, kTrust), at(2, 9, 20, 0, kTrust)}, 1) ==
        Periods{{2, 20, trust::kOpenEnd}});
  // An end that was said later ends what was to begin later, too.
  auto end = at(3, 12, 20, 0, kTrust);
  end.kind = trust::Kind::kEnd;
  CHECK(periods({at(1, 5, 50, 0, kTrust), end}, 1).empty());
  // One that was said before a new grant ends nothing of that.
  end.anchor->log_index = LogIndex{1};
  CHECK(periods({at(1, 5, 50, 0, kTrust), end}, 1) == Periods{{1, 50, trust::kOpenEnd}});
  // Its own last day.
  CHECK(periods({at(1, 5, 10, 30, kTrust)}, 29) == Periods{{1, 10, 30}});
  CHECK(periods({at(1, 5, 10, 30, kTrust)}, 30).empty());
  // What cannot be read may govern.
  auto unknown = at(4, 7, 60, 0, kTrust);
  unknown.kind.reset();
  unknown.valid_from_ms.reset();
  CHECK(periods({unknown}, 1) == Periods{{4, 0, trust::kOpenEnd}});
}

TEST_CASE("another scope, amount, depth, report, reason or day is something new") {
  for (const auto kind : {tx::StatementKind::kTrust, tx::StatementKind::kAccredit}) {
    CAPTURE(static_cast<int>(kind));
    const auto standing = answer_of(content(kind), 10);
    const auto is_new = [&](const std::function<void(tx::StatementContent&)>& change) {
      auto said = content(kind);
      change(said);
      return !is_said(said, standing);
    };
    CHECK(is_new([](auto& said) { said.scope.fields = trust::parse_field("06").value(); }));
    CHECK(is_new([](auto& said) { said.scope.levels = 1; }));
    CHECK(is_new([](auto& said) { said.amount = 60; }));
    CHECK(is_new([](auto& said) { said.depth = 1; }));
    CHECK(is_new([](auto& said) { said.valid_from_ms = 5; }));
    CHECK(is_new([](auto& said) { said.report_url = "https://agency.example/2"; }));
    CHECK(is_new([](auto& said) { said.reason = tx::StatementReason::kReview; }));
  }

  auto other_scheme = content(tx::StatementKind::kAccredit);
  other_scheme.scheme = trust::Scheme::kEqavet;
  CHECK_FALSE(is_said(other_scheme, answer_of(content(tx::StatementKind::kAccredit))));
}

TEST_CASE(
    "a longer time is something new, and a shorter one only where it takes the place of the one "
    "before") {
  for (const auto kind : {tx::StatementKind::kTrust, tx::StatementKind::kAccredit}) {
    CAPTURE(static_cast<int>(kind));
    auto said = content(kind);
    CHECK_FALSE(is_said(said, answer_of(said, 1, 5'000)));
    said.valid_until_ms = 5'000;
    CHECK(is_said(said, answer_of(said, 1, 5'000)));
    CHECK(is_said(said, answer_of(said, 1, 9'000)) == said.accreditation);
  }
}

TEST_CASE("what has ended, is not counted or is not known stands in nobody's way") {
  const auto accredit = content(tx::StatementKind::kAccredit);
  auto fallen = answer_of(accredit);
  fallen.in_force = false;
  CHECK_FALSE(is_said(accredit, fallen));

  StatementsAnswer ended;
  auto end = answer_of(accredit);
  end.kind = trust::Kind::kEnd;
  end.names = {end.id};
  end.id = id_of<trust::StatementId>(8);
  end.valid_from_ms = 500;
  end.scheme = trust::Scheme::kNone;
  auto standing = answer_of(accredit);
  standing.in_force = false;
  ended.statements = {standing, end};
  CHECK(standing_alike(ended, accredit, kNow).empty());

  // One that is to be withdrawn later stands until then only: the new one goes on.
  ended.statements[0].in_force = true;
  ended.statements[1].valid_from_ms = 9'000;
  const auto alike = standing_alike(ended, accredit, kNow);
  REQUIRE(alike.size() == 1);
  CHECK(alike.front().over_ms == 9'000);
  CHECK_FALSE(says_nothing_new(accredit, alike.front()));

  const auto trust = content(tx::StatementKind::kTrust);
  auto without_days = answer_of(trust);
  without_days.valid_until_ms.reset();
  CHECK_FALSE(is_said(trust, without_days));
}

TEST_CASE("with --yes, what is said already is refused by id; what is not goes through") {
  Context context;
  context.yes = true;
  CHECK(refuse_said_already(context, {}).ok());

  const auto standing = answer_of(content(tx::StatementKind::kTrust));
  const auto refused = refuse_said_already(context, {standing});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.failure().exit == ExitCode::kUsage);
  CHECK(refused.message().find(to_text(standing.id)) != std::string::npos);
  CHECK(refused.failure().facts["stands_already"] == Json::array({to_text(standing.id)}));
}

}  // namespace testamur::wallet
