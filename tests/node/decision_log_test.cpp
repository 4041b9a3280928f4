// The log of decisions: counting, files, filters, bounds.
#include "node/rpc/decision_log.h"

#include <filesystem>
#include <fstream>

#include "tests/node/file_limit.h"
#include "tests/node/temporary_directory.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHour = 1'796'169'600'000;  // 2026-12-02T00Z

InstitutionId party(std::uint8_t number) {
  InstitutionId id;
  id.bytes.fill(number);
  return id;
}

struct Logged {
  TemporaryDirectory directory;
  ManualClock clock{kHour + 1'234'567};
  std::unique_ptr<Log> silent = Log::silent();
  DecisionLog::Options options{directory.path() / "decisions", 65'536, 3};
  std::unique_ptr<DecisionLog> log = open();

  std::unique_ptr<DecisionLog> open() {
    return std::move(DecisionLog::open(options, clock, *silent)).value();
  }
  static DecisionEntry entry(std::uint8_t issuer,
                             trust::Outcome outcome = trust::Outcome::kAccept) {
    DecisionEntry made;

    made.kind = DecisionKind::kVerdict;
    made.viewpoint = party(1);
    made.issuer = party(issuer);

    made.point.fields = trust::parse_field("0613").value();
    made.point.level = 6;
    made.point.achievement = trust::AchievementName{party(issuer), 77};

    made.at_time_ms = kHour - 1;
    made.outcome = outcome;
    made.rule = outcome == trust::Outcome::kAccept ? trust::Rule::kNone : trust::Rule::kAmount;
    made.amount = 60;
    return made;
  }
  std::vector<std::string> rows(const DecisionFilter& filter = {}) {
    std::vector<std::string> all;
    std::string from;
    do {
      auto page = log->read(filter, from, 2);
      REQUIRE(page.ok());
      CHECK(page->rows.size() <= 2);
      all.insert(all.end(), page->rows.begin(), page->rows.end());
      from = page->next;
    } while (!from.empty());
    return all;
  }
  std::size_t file_count() {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(options.directory), {}));
  }
};

TEST_CASE("equal decisions of an hour are one row with a count and the heights that answered") {
  Logged l;
  l.log->add(Logged::entry(2), Height{7});
  l.log->add(Logged::entry(2), Height{5}, 40);
  const auto rows = l.rows();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0] == "2026-12-02T00Z,verdict," + to_text(party(1)) + "," + to_text(party(2)) +
                       ",0613,6,,,2026-12-01,5,7," + Hash256{}.hex() + ",accept,none,60,41");
}

TEST_CASE(
    "what differs in issuer, outcome or hour is told apart, and neither minute nor achievement is "
    "kept") {
  Logged l;
  l.log->add(Logged::entry(2), Height{1});
  l.log->add(Logged::entry(3), Height{1});
  l.log->add(Logged::entry(2, trust::Outcome::kRefuse), Height{1});
  l.clock.advance_ms(3'600'000);
  l.log->add(Logged::entry(2), Height{1});
  auto other = Logged::entry(2);
  other.point.achievement->number = 78;
  l.log->add(other, Height{1});
  CHECK(l.rows().size() == 4);
}

TEST_CASE("what could not be written is counted on and written once when there is room again") {
  Logged l;
  l.log->add(Logged::entry(2), Height{1});
  REQUIRE(l.log->flush().ok());
  l.log->add(Logged::entry(2), Height{3}, 4);
  l.log->add(Logged::entry(3), Height{3});
  {
    // Room for the first row and the beginning of the second.
    const auto size = fs::file_size(l.options.directory / "decisions-000001.csv");
    const FileLimit full(size + (size - DecisionLog::header().size()) + 20);
    const auto status = l.log->flush();
    CHECK(status.message().find("is the disk full?") != std::string::npos);
  }
  l.log->add(Logged::entry(2), Height{2}, 5);

  const auto rows = l.rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].ends_with(",60,1"));
  CHECK(rows[1].find(",2026-12-01,2,3,") != std::string::npos);
  CHECK(rows[1].ends_with(",60,9"));
  CHECK(rows[2].ends_with(",60,1"));
}

TEST_CASE("an export is narrowed by issuer, scope, outcome and time") {
  Logged l;
  l.log->add(Logged::entry(2), Height{1});
  l.log->add(Logged::entry(3, trust::Outcome::kRefuse), Height{1});

  l.clock.advance_ms(3 * 3'600'000);
  l.log->add(Logged::entry(4), Height{1});

  DecisionFilter filter;
  filter.issuer = party(3);
  CHECK(l.rows(filter).size() == 1);

  filter = {};
  filter.outcome = "accept";
  CHECK(l.rows(filter).size() == 2);

  filter = {};
  filter.fields = trust::parse_field("06").value();
  CHECK(l.rows(filter).size() == 3);
  filter.fields = trust::parse_field("0511").value();
  CHECK(l.rows(filter).empty());

  filter = {};
  filter.from_ms = kHour + 3'600'000;
  CHECK(l.rows(filter).size() == 1);

  filter = {};
  filter.to_ms = kHour + 3'600'000;
  CHECK(l.rows(filter).size() == 2);

  CHECK_FALSE(l.log->read({}, "elsewhere", 2).ok());
}

TEST_CASE("files are followed by the next when full, and the oldest go") {
  Logged l;
  for (int round = 0; round < 40; ++round) {
    for (std::uint8_t issuer = 0; issuer < 60; ++issuer)
      l.log->add(Logged::entry(issuer), Height{1});
    l.clock.advance_ms(3'600'000);
    REQUIRE(l.log->flush().ok());
  }
  CHECK(l.file_count() == 3);
  for (const auto& entry : fs::directory_iterator(l.options.directory))
    CHECK(entry.file_size() < 2 * 65'536);
  CHECK(l.rows().size() > 60);
}

TEST_CASE("half a line that a crash left is skipped, and what follows is whole") {
  Logged l;
  l.log->add(Logged::entry(2), Height{1});
  REQUIRE(l.log->flush().ok());
  std::ofstream(l.options.directory / "decisions-000001.csv", std::ios::app)
      << "2026-12-02T00Z,verdict,tmi1";
  l.log.reset();
  l.log = l.open();
  l.log->add(Logged::entry(3), Height{1});
  CHECK(l.rows().size() == 2);
  CHECK(l.file_count() == 1);
}

TEST_CASE("beyond the bound of combinations what is not told apart is still counted") {
  Logged l;
  l.options.file_bytes = 64U << 20;
  l.log.reset();
  l.log = l.open();

  auto entry = Logged::entry(2);
  constexpr std::uint32_t kAsked = 200'000;
  for (std::uint32_t i = 0; i < kAsked; ++i) {
    entry.amount = i;
    l.log->add(entry, Height{1});
  }

  std::uint64_t counted = 0;
  std::string from;
  do {
    auto page = l.log->read({}, from, 1'000'000);
    for (const auto& row : page->rows) counted += std::stoull(row.substr(row.rfind(',') + 1));
    from = page->next;
  } while (!from.empty());

  CHECK(counted == kAsked);
}

}  // namespace
}  // namespace testamur::node
