// The real network of docs: 5,881 people of the Bitcoin OTC market, 35,592 signed ratings over five
// years (Kumar et al., ICDM 2016). A rating r > 0 is trust of amount 12 r with depth 1 (r < 5) or
// 2; r < 0 is distrust.
#include <chrono>
#include <cstdio>
#include <map>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "tests/trust/random_world.h"
#include "trust/table.h"

namespace testamur::trust::test {
namespace {

constexpr std::uint64_t kDates = 10;
constexpr std::uint64_t kViewpoints = 100;

struct Rating {
  std::uint64_t from, to, time_ms;
  int value;
};

std::vector<Rating> read_ratings(const std::string& text) {
  std::vector<Rating> ratings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    Rating r{};
    unsigned long long from = 0, to = 0, time = 0;
    if (std::sscanf(line.c_str(), "%llu,%llu,%d,%llu", &from, &to, &r.value, &time) != 4) continue;
    r.from = from;
    r.to = to;
    r.time_ms = time * 1000;
    ratings.push_back(r);
  }
  return ratings;
}

InstitutionId person(std::uint64_t n) {
  Encoder out;
  out.u64(n);
  return InstitutionId::prefix_of(sha256(out.bytes()).view());
}

Statement statement_of(const Rating& rating, std::uint64_t order, Height height) {
  Statement s;
  Encoder out;
  out.u64(order);
  s.id = StatementId{sha256(out.bytes()).bytes};
  s.truster = person(rating.from);
  s.subject = person(rating.to);
  s.kind = rating.value < 0 ? Kind::kDistrust : Kind::kTrust;
  if (rating.value > 0) s.amount = static_cast<std::uint8_t>(12 * rating.value);
  if (rating.value > 0) s.depth = rating.value < 5 ? 1 : 2;
  s.valid_from_ms = rating.time_ms;
  s.commit = {LogIndex{order}, height, rating.time_ms, {}};
  return s;
}

class Network {
 public:
  explicit Network(const std::vector<Rating>& ratings) {
    for (const Rating& rating : ratings) add(rating);
  }
  History history;
  std::vector<AsOf> dates;  // of every block

 private:
  void add(const Rating& rating) {
    if (dates.empty() || rating.time_ms > dates.back().today_ms)
      dates.push_back({Height{dates.size() + 1}, rating.time_ms, {}});
    const Height height = dates.back().height;
    ++order_;
    for (const std::uint64_t n : {rating.from, rating.to}) {
      if (!history.find(person(n)))
        history.add_party(person(n), {LogIndex{order_}, height, rating.time_ms, {}});
    }
    REQUIRE_FALSE(history.append(statement_of(rating, order_, height)).has_value());
  }
  std::uint64_t order_ = 0;
};

// All decisions of the viewpoints at the dates, as the ledger stood at `as_of`, or on each date
// itself.
std::vector<std::vector<Outcome>> decisions(const Network& network, const std::vector<AsOf>& dates,
                                            bool as_of_last) {
  std::vector<std::vector<Outcome>> all;
  Sweep sweep;
  Policy policy;

  for (const AsOf& date : dates) {
    Query query;
    query.as_of = as_of_last ? network.dates.back() : date;
    query.at_time_ms = date.today_ms;

    const auto set = compile(network.history, query.as_of, query.at_time_ms, query.point, policy);
    for (std::uint64_t v = 0; v < kViewpoints; ++v) {
      query.viewpoint = network.history.id_of(static_cast<PartyIndex>(v * 7));
      Work work(TableMaker::kRefreshWork);
      auto& known = all.emplace_back();
      for (const auto& outcome : sweep.run(network.history, set, query, policy, work)) {
        // A real network is no slow one: what a refresh may cost suffices for all of it.
        REQUIRE(outcome.has_value());
        known.push_back(*outcome);
      }
    }
  }
  return all;
}

TEST_CASE("the real network: a hundred viewpoints at ten dates decide alike when replayed") {
  const auto path = testamur::test::shared_file("data/trust-network-bitcoin-otc.csv");
  if (!path) return;
  const auto ratings = read_ratings(testamur::test::read_file(*path));
  REQUIRE(ratings.size() == 35'592);
  const Network network(ratings);
  REQUIRE(network.history.party_count() == 5'881);
  std::vector<AsOf> dates;
  for (std::uint64_t i = 1; i <= kDates; ++i)
    dates.push_back(network.dates[network.dates.size() * i / kDates - 1]);

  const auto start = std::chrono::steady_clock::now();
  const auto first = decisions(network, dates, false);
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  std::map<Outcome, std::size_t> counts;
  for (const auto& outcomes : first) {
    for (const Outcome outcome : outcomes) ++counts[outcome];
  }
  std::printf(
      "bitcoin-otc: %zu decisions in %lld ms, history %.1f MB: %zu accepted, %zu refused, %zu "
      "blocked\n",
      first.size() * first[0].size(), static_cast<long long>(taken.count()),
      static_cast<double>(network.history.memory_bytes()) / 1e6, counts[Outcome::kAccept],
      counts[Outcome::kRefuse], counts[Outcome::kBlocked]);
  CHECK(counts[Outcome::kAccept] > 10'000);
  CHECK(counts[Outcome::kBlocked] > 100);

  // Replayed: a history that ends at the date gives the same answers as the whole one as of that
  // date.
  std::vector<Rating> until;
  for (const Rating& rating : ratings) {
    if (rating.time_ms <= dates[4].today_ms) until.push_back(rating);
  }
  const Network early(until);
  const auto replayed = decisions(early, {dates[4]}, false);
  for (std::uint64_t v = 0; v < kViewpoints; ++v) {
    const auto& whole = first[4 * kViewpoints + v];
    for (std::size_t t = 0; t < replayed[v].size(); ++t) {
      if (replayed[v][t] != whole[t]) FAIL("viewpoint " << v << ", issuer " << t);
    }
  }
  // Today's knowledge of the same dates differs by nothing but today's blocks.
  const auto later = decisions(network, dates, true);
  std::size_t differ = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    for (std::size_t t = 0; t < first[i].size(); ++t) {
      if (first[i][t] == later[i][t] || later[i][t] == Outcome::kBlocked) continue;
      ++differ;
      if (first[i][t] == Outcome::kRefuse) FAIL("an old refusal became an acceptance");
    }
  }
  std::printf(
      "bitcoin-otc: %zu old acceptances refused today, because a carrier is blocked today\n",
      differ);
}

TEST_CASE("the real network: the sweep equals single decisions") {
  const auto path = testamur::test::shared_file("data/trust-network-bitcoin-otc.csv");
  if (!path) return;
  const Network network(read_ratings(testamur::test::read_file(*path)));

  Query query;
  query.as_of = network.dates.back();
  query.at_time_ms = query.as_of.today_ms;

  Policy policy;
  Sweep sweep;
  Random random(5);
  const auto set = compile(network.history, query.as_of, query.at_time_ms, query.point, policy);

  for (int i = 0; i < 20; ++i) {
    query.viewpoint =
        network.history.id_of(static_cast<PartyIndex>(random.below(network.history.party_count())));
    policy.independent_paths = 1 + static_cast<std::uint32_t>(i % 3);

    Work work(TableMaker::kRefreshWork);
    const auto outcomes = sweep.run(network.history, set, query, policy, work);
    for (int j = 0; j < 40; ++j) {
      const auto t = static_cast<PartyIndex>(random.below(outcomes.size()));
      query.issuer = network.history.id_of(t);

      CAPTURE(i, t);
      if (decide(network.history, query, policy).outcome != outcomes[t])
        FAIL("sweep and decision differ");
    }
  }
}

}  // namespace
}  // namespace testamur::trust::test
