// How fast the trust engine is: 100,000 institutions, 1,000,000 statements, heavy-tailed. Prints
// one JSON object.
//   trust_bench [institutions [statements]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "trust/decide.h"
#include "trust/table.h"

namespace testamur::trust {
namespace {

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// SplitMix64.
class Random {
 public:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_ = 42;
};

InstitutionId id_of(std::uint64_t n) {
  InstitutionId id;
  for (std::size_t i = 0; i < 8; ++i)
    id.bytes[i] = static_cast<std::uint8_t>((n * 0x9e3779b97f4a7c15U) >> (8 * i));
  for (std::size_t i = 0; i < 8; ++i) id.bytes[8 + i] = static_cast<std::uint8_t>(n >> (8 * i));
  return id;
}

constexpr std::uint64_t kStart = 1'700'000'000'000;

class Bench {
 public:
  Bench(std::uint64_t parties, std::uint64_t statements) : parties_(parties) {
    for (std::uint64_t i = 0; i < parties; ++i) history_.add_party(id_of(i), commit(), false);
    // A hub with 10,000 friends, a typical viewpoint with fifty, the rest with a heavy tail in both
    // directions.
    const std::uint64_t hub_friends = std::min<std::uint64_t>(10'000, parties / 2);
    for (std::uint64_t i = 0; i < hub_friends; ++i) say(0, 1 + random_.below(parties - 1));
    for (int i = 0; i < 50; ++i) say(1, popular());
    while (history_.statement_count() < statements) say(2 + skewed(2, parties - 2), popular());
  }

  void run() {
    std::printf("{\n  \"institutions\": %llu,\n  \"statements\": %llu,\n", number(parties_),
                number(history_.statement_count()));
    compile_graph();
    sweeps("typical", 1, 20);
    sweeps("hub_10000_friends", 0, 5);
    cached();
    exact();
    fresh_tables();
    std::printf("  \"history_mb\": %.1f\n}\n", static_cast<double>(history_.memory_bytes()) / 1e6);
  }

 private:
  static unsigned long long number(std::uint64_t n) { return static_cast<unsigned long long>(n); }

  Commit commit() {
    ++order_;
    return {LogIndex{order_}, Height{1 + order_ / 1000}, kStart + order_ / 1000 * 1000, {}};
  }
  // A number below n, small ones far more often.
  std::uint64_t skewed(unsigned power, std::uint64_t n) {
    double r = random_.unit();
    double x = r;
    for (unsigned i = 1; i < power; ++i) x *= r;
    return static_cast<std::uint64_t>(x * static_cast<double>(n));
  }
  std::uint64_t popular() { return (skewed(3, parties_) * 7919 + 3) % parties_; }

  void say(std::uint64_t from, std::uint64_t to) {
    if (from == to) return;

    Statement s;
    s.truster = id_of(from);
    s.subject = id_of(to);
    s.commit = commit();

    for (std::size_t i = 0; i < 8; ++i)
      s.id.bytes[i] = static_cast<std::uint8_t>((order_ * 0x9e3779b97f4a7c15U) >> (8 * i));
    for (std::size_t i = 0; i < 8; ++i)
      s.id.bytes[8 + i] = static_cast<std::uint8_t>(order_ >> (8 * i));
    s.valid_from_ms = s.commit.time_ms;

    constexpr std::uint8_t kAmounts[] = {120, 120, 120, 60, 60, 60, 40, 30};
    constexpr std::uint8_t kDepths[] = {0, 0, 0, 1, 1, 1, 2, 2};
    s.amount = kAmounts[random_.below(8)];
    s.depth = kDepths[random_.below(8)];

    if (random_.below(8) == 0) s.scope.fields = FieldMask{~std::uint64_t{0}, 0};
    if (random_.below(100) == 0) {
      s.kind = Kind::kDistrust;
      s.amount = s.depth = 0;
    }

    history_.append(s);
  }

  AsOf now() const { return {Height{1 + order_ / 1000}, kStart + order_ / 1000 * 1000, {}}; }
  Query query(std::uint64_t viewpoint, std::uint64_t issuer) const {
    Query q;
    q.viewpoint = id_of(viewpoint);
    q.issuer = id_of(issuer);
    q.point.fields = FieldMask::bit(42);
    q.as_of = now();
    q.at_time_ms = q.as_of.today_ms;
    return q;
  }

  void compile_graph() {
    const auto start = Clock::now();
    graphs_ = compile(history_, now(), now().today_ms, query(1, 2).point, policy_);
    std::printf("  \"compile_ms\": %.1f,\n  \"arcs\": %zu,\n  \"graph_mb\": %.1f,\n",
                ms_since(start), graphs_.trust.arc_count(),
                static_cast<double>(graphs_.trust.memory_bytes()) / 1e6);
  }

  void sweeps(const char* name, std::uint64_t viewpoint, int times) {
    Sweep sweep;
    std::vector<double> taken;
    std::size_t accepted = 0;

    for (int i = 0; i < times; ++i) {
      const auto start = Clock::now();
      Work work(TableMaker::kRefreshWork);
      const auto outcomes = sweep.run(history_, graphs_, query(viewpoint, 0), policy_, work);
      taken.push_back(ms_since(start));
      accepted =
          static_cast<std::size_t>(std::count(outcomes.begin(), outcomes.end(), Outcome::kAccept));
    }

    std::sort(taken.begin(), taken.end());
    std::printf(
        "  \"sweep_%s_ms\": %.2f,\n  \"sweep_%s_best_ms\": %.2f,\n  \"sweep_%s_accepts\": %zu,\n",
        name, taken[taken.size() / 2], name, taken.front(), name, accepted);
  }

  void cached() {
    TableMaker maker(id_of(1), query(1, 0).point, policy_);
    GraphCache cache;
    const auto table = maker.refresh(history_, now(), cache);

    std::vector<PartyIndex> order(1 << 20);
    for (auto& issuer : order) issuer = static_cast<PartyIndex>(random_.below(parties_));
    const std::uint64_t at = now().today_ms;
    std::size_t accepted = 0;

    // The figure covers the look-ups only, over issuers in an order that no cache foresees.
    const auto start = Clock::now();
    for (int round = 0; round < 20; ++round) {
      for (const PartyIndex issuer : order)
        accepted += *table->find(issuer, at) == Outcome::kAccept ? 1 : 0;
    }

    const double ns = ms_since(start) * 1e6 / (20.0 * static_cast<double>(order.size()));
    std::printf("  \"cached_ns\": %.2f,\n  \"cached_check\": %zu,\n  \"table_mb\": %.2f,\n", ns,
                accepted, static_cast<double>(table->memory_bytes()) / 1e6);
  }

  void exact() {
    std::vector<double> taken;
    for (int i = 0; i < 2'000; ++i) {
      const Query q = query(random_.below(parties_), random_.below(parties_));
      const auto start = Clock::now();
      decide(history_, q, policy_);
      taken.push_back(ms_since(start) * 1e6);
    }
    percentiles("decide_explained_ns", taken);
  }

  static void percentiles(const char* name, std::vector<double>& taken) {
    std::sort(taken.begin(), taken.end());
    std::printf("  \"%s_p50\": %.0f,\n  \"%s_p99\": %.0f,\n  \"%s_max\": %.0f,\n", name,
                taken[taken.size() / 2], name, taken[taken.size() * 99 / 100], name, taken.back());
  }

  // One statement changes; how long until a hundred viewpoints have a fresh table.
  void fresh_tables() {
    std::vector<TableMaker> makers;
    GraphCache cache;
    for (std::uint64_t v = 1; v <= 100; ++v)
      makers.emplace_back(id_of(v), query(v, 0).point, policy_);
    for (auto& maker : makers) maker.refresh(history_, now(), cache);
    order_ += 1000;
    say(5'000 % parties_, 7'000 % parties_);
    cache.clear();
    const auto start = Clock::now();
    for (auto& maker : makers) maker.refresh(history_, now(), cache);
    std::printf("  \"change_to_100_fresh_tables_ms\": %.0f,\n", ms_since(start));
  }

  std::uint64_t parties_;
  History history_;
  Policy policy_;
  GraphSet graphs_;
  Random random_;
  std::uint64_t order_ = 0;
};

}  // namespace
}  // namespace testamur::trust

int main(int argc, char** argv) {
  const std::uint64_t parties = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::uint64_t statements = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  testamur::trust::Bench(parties, statements).run();
}
