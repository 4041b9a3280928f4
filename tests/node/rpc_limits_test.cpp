// What callers may ask for and hold: the rules by themselves, without a node.
#include <google/protobuf/descriptor.h>

#include <condition_variable>
#include <set>

#include "common/address.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "node/api/connections.h"
#include "node/api/descriptors.h"
#include "node/api/library_logs.h"
#include "node/rpc/call.h"
#include "node/rpc/server.h"
#include "testamur/v1/admin_service.pb.h"
#include "testamur/v1/governance_service.pb.h"
#include "testamur/v1/ledger_service.pb.h"
#include "testamur/v1/log_service.pb.h"
#include "testamur/v1/registry_service.pb.h"
#include "testamur/v1/trust_service.pb.h"
#include "testamur/v1/verify_service.pb.h"
#include "tests/node/rpc_client.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::node {
namespace {

const std::vector<const google::protobuf::FileDescriptor*> kFiles = {
    v1::SubmitRequest::descriptor()->file(),
    v1::CheckHashRequest::descriptor()->file(),
    v1::DecideRequest::descriptor()->file(),
    v1::GetInstitutionRequest::descriptor()->file(),
    v1::GetCheckpointRequest::descriptor()->file(),
    v1::GetValidatorsRequest::descriptor()->file(),
    v1::SetLogLevelRequest::descriptor()->file(),
    grpc::reflection::v1::ServerReflectionRequest::descriptor()->file()};

CallerKey caller(int last) { return caller_of("ipv4:192.0.2." + std::to_string(last) + ":5000"); }

std::string section_api_of_limits() {
  const auto page = test::read_file(test::source_file("docs/limits.md"));
  const auto begin = page.find("\n## API\n");
  REQUIRE(begin != std::string::npos);
  return page.substr(begin, page.find("\n## ", begin + 4) - begin);
}

TEST_CASE("every method of every service declares its cost, and docs/limits.md repeats it") {
  const auto page = section_api_of_limits();
  std::set<std::string> known;

  for (const auto* file : kFiles) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto* method = file->service(s)->method(m);
        const auto& cost = cost_of(method->service()->name(), method->name());
        known.insert(method->service()->name() + "." + method->name());

        CAPTURE(method->full_name());
        const auto row = "| `" + method->service()->name() + "." + method->name() + "` | " +
                         std::to_string(cost.calls) + " | " + std::string(to_text(cost.lane)) +
                         " |";
        CHECK(page.find(row) != std::string::npos);
      }
    }
  }

  // And the other way round: no row for a method that is gone.
  for (const auto& cost : call_costs())
    CHECK(known.contains(std::string(cost.service) + "." + std::string(cost.method)));
}

TEST_CASE("every limit that refuses is named in docs/limits.md") {
  const auto page = section_api_of_limits();
  for (std::size_t i = 0; i < kLimitCount; ++i) {
    const auto name = "`" + std::string(name_of(static_cast<Limit>(i))) + "`";
    CAPTURE(name);
    CHECK(page.find(name) != std::string::npos);
  }
}

TEST_CASE("a caller is an address of IPv4, or a network of IPv6") {
  CHECK(caller_of("ipv4:192.0.2.1:5000") == caller_of("ipv4:192.0.2.1:5001"));
  CHECK(caller_of("ipv4:192.0.2.1:5000") != caller_of("ipv4:192.0.2.2:5000"));
  CHECK(caller_of("ipv6:%5B2001:db8:0:7::1%5D:5000") ==
        caller_of("ipv6:%5B2001:db8:0:7:ffff::2%5D:9"));
  CHECK(caller_of("ipv6:[2001:db8:0:7::1]:5000") != caller_of("ipv6:[2001:db8:0:8::1]:5000"));
  CHECK(caller_of("ipv6:[::ffff:192.0.2.1]:5000") == caller_of("ipv4:192.0.2.1:5000"));
  CHECK(to_text(caller_of("ipv6:[2001:db8:0:7::1]:5000")) == "2001:db8:0:7::/64");
  CHECK(to_text(caller_of("ipv4:192.0.2.1:5000")) == "192.0.2.1");
  CHECK(to_text(caller_of("unix:")) == "this machine");
}

TEST_CASE("a caller's rate is its own, and what its answers cost delays its next calls") {
  Overload overload;
  CallLimits limits;
  limits.rate_per_second = 1;
  limits.burst = 10;
  CallGate gate(limits, overload);
  CHECK(gate.admit(caller(1), 10).ok());
  const auto refused = gate.admit(caller(1), 5);
  CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(detail_of(refused).code() == "rate_limit");
  CHECK(detail_of(refused).retry_after_ms() > 0);
  CHECK(gate.admit(caller(2), 5).ok());

  gate.charge(caller(2), 1'000'000);
  const auto later = gate.admit(caller(2), 1);
  CHECK_FALSE(later.ok());
  // Never longer than it takes to fill the bucket from its lowest.
  CHECK(detail_of(later).retry_after_ms() <= 2 * 10'000);
}

TEST_CASE(
    "a call that costs more than the bucket holds takes all of it, and is not refused for ever") {
  Overload overload;
  CallLimits limits;
  limits.rate_per_second = 1;
  limits.burst = 10;
  CallGate gate(limits, overload);
  CHECK(gate.admit(caller(1), 1'000).ok());
  CHECK_FALSE(gate.admit(caller(1), 1).ok());
}

// 1,199 connections were turned away, and the log said nothing.
TEST_CASE("refusals are reported when they begin, and then once a minute with their number") {
  std::vector<std::pair<Limit, std::uint64_t>> said;
  Overload overload([&](Limit limit, std::uint64_t refused, const CallerKey& mostly) {
    said.emplace_back(limit, refused);
    CHECK(mostly == caller(1));
  });
  for (std::uint64_t i = 0; i < 1'199; ++i)
    overload.note(Limit::kApiConnections, caller(1), 1'000 + i);
  CHECK(said == std::vector{std::pair{Limit::kApiConnections, std::uint64_t{1}}});

  // Another limit is another report.
  overload.note(Limit::kRate, caller(1), 5'000);
  CHECK(said.size() == 2);

  overload.note(Limit::kApiConnections, caller(1), 61'000);
  REQUIRE(said.size() == 3);
  CHECK(said.back() == std::pair{Limit::kApiConnections, std::uint64_t{1'199}});
}

// Each mistake of a caller was a line of gRPC's on standard error: 30 MB a second.
TEST_CASE("what gRPC writes by itself is so many lines a second, and the rest is counted") {
  LineBudget budget;
  std::size_t written = 0;
  for (int i = 0; i < 1'000; ++i)
    written += budget.take("Error parsing metadata", 5'000 + i % 900) != "";
  CHECK(written == LineBudget::kLinesASecond);
  const auto next = budget.take("a line\nthat breaks", 6'000);
  CHECK(next.find("990 lines before it were left out") != std::string::npos);
  CHECK(next.find('\n') == std::string::npos);
  CHECK(budget.take(std::string(1 << 20, 'x'), 6'000).size() <= LineBudget::kLineBytes + 10);
  CHECK(budget.take("another", 6'000) == "another");
}

// A field that is sent twice keeps the room of the larger one: 4 MiB that counted as nothing.
TEST_CASE("what a request takes in memory counts, and not what it says") {
  v1::AwaitCommitRequest small;
  small.set_id(std::string(32, 'x'));
  CHECK(memory_of(small, false) == 0);
  v1::AwaitCommitRequest large;
  REQUIRE(large.MergeFromString("\x0a\x80\x80\x80\x01" + std::string(2u << 20, 'x')));
  REQUIRE(large.MergeFromString("\x0a\x20" + std::string(32, 'x')));
  CHECK(large.ByteSizeLong() < 100);
  CHECK(memory_of(large, false) >= 2u << 20);
}

TEST_CASE("no error is longer than a few lines, whatever is put into it") {
  const std::string name(3'900'000, 'a');
  std::string other;
  while (other.size() < 5'000) other += "ü";
  for (const auto& text : {name, other, " " + other}) {
    for (const auto& status :
         {invalid_argument(text, text), not_found(text, text), unavailable(text, text),
          over_limit(text, 1, 2), version_out_of_range(text), failed(text)}) {
      CHECK(status.error_message().size() < 1'100);
      CHECK(status.error_details().size() < 5'000);
      // What is cut in the middle of a character is no text any more.
      const auto detail = detail_of(status);
      CHECK_FALSE(detail.code().empty());
      CHECK(detail.field() + detail.rule() != text + text);
    }
  }
  CHECK(not_found("id", "the ledger does not know it").error_message() ==
        "the ledger does not know it");
}

TEST_CASE("what a caller holds is bounded for itself and for all, and comes back when it goes") {
  Overload overload;
  CallLimits limits;
  limits.held[static_cast<std::size_t>(Held::kStreams)] = {2, 3};
  CallGate gate(limits, overload);

  CallGate::Holding a, b, c, d;
  CHECK(gate.hold(caller(1), Held::kStreams, 1, a).ok());
  CHECK(gate.hold(caller(1), Held::kStreams, 1, b).ok());

  const auto own = gate.hold(caller(1), Held::kStreams, 1, c);
  CHECK(detail_of(own).code() == "streams");
  CHECK(detail_of(own).limit() == 2);

  CHECK(gate.hold(caller(2), Held::kStreams, 1, c).ok());
  CHECK(detail_of(gate.hold(caller(3), Held::kStreams, 1, d)).limit() == 3);

  a = {};
  CHECK(gate.hold(caller(3), Held::kStreams, 1, d).ok());
}

TEST_CASE("no caller may hold more than half of what all may") {
  for (const auto& bound : CallLimits{}.held) CHECK(2 * bound.per_caller <= bound.total);
}

TEST_CASE("a million addresses take no more memory than four thousand") {
  Overload overload;
  CallLimits limits;
  limits.rate_per_second = 1;
  limits.burst = 2;

  CallGate gate(limits, overload);

  for (int i = 0; i < 20'000; ++i) {
    CallerKey key{};
    key[0] = 0x20;
    key[1] = static_cast<std::uint8_t>(i >> 8);
    key[2] = static_cast<std::uint8_t>(i);
    (void)gate.admit(key, 2);
  }

  CHECK(gate.callers() <= CallGate::kMaxCallers + 1);
}

TEST_CASE("the status names the limit that refuses and who is refused most") {
  Overload overload;
  CHECK(overload.obstacles(1'000).empty());
  for (int i = 0; i < 100; ++i) overload.note(Limit::kStreams, caller(7), 2'000);
  for (int i = 0; i < 20; ++i) overload.note(Limit::kStreams, caller(i + 20), 2'000);
  const auto now = overload.obstacles(3'000);
  REQUIRE(now.size() == 1);
  CHECK(now[0].find("streams") != std::string::npos);
  CHECK(now[0].find("192.0.2.7") != std::string::npos);
  CHECK(now[0].find("120") != std::string::npos);
  CHECK(overload.obstacles(2'000 + 61'000).empty());
}

TEST_CASE("a caller that holds most connections gives way to one that holds fewer") {
  Connections book({4, 4});
  const auto busy = [](Connections::Id) { return std::uint64_t{0}; };
  for (Connections::Id id = 1; id <= 4; ++id) CHECK(book.enter(id, caller(1), busy).enters);
  const auto entry = book.enter(5, caller(2), busy);
  CHECK(entry.enters);
  CHECK(entry.leaves == Connections::Id{1});
  CHECK(book.size() == 4);
  CHECK(book.of(caller(1)) == 3);
  // Nobody need be asked for that.
  CHECK(book.is_full_for(caller(2)));
  // Two that hold alike do not push each other out: only what is idle goes.
  CHECK(book.enter(6, caller(2), busy).enters);
  CHECK_FALSE(book.enter(7, caller(1), busy).enters);
  CHECK(book.enter(7, caller(1),
                   [](Connections::Id id) { return id == 3 ? Connections::kIdleMs : 0; })
            .leaves == Connections::Id{3});
}

TEST_CASE("a caller has its own places, of which the longest idle one goes") {
  Connections book({10, 2});
  const auto idle = [](Connections::Id id) { return id * 10'000; };
  const auto busy = [](Connections::Id) { return std::uint64_t{0}; };
  CHECK(book.enter(1, caller(1), idle).enters);
  CHECK(book.enter(2, caller(1), idle).enters);
  CHECK_FALSE(book.enter(3, caller(1), busy).enters);
  CHECK_FALSE(book.enter(3, caller(1), nullptr).enters);
  CHECK(book.enter(3, caller(1), idle).leaves == Connections::Id{2});
  CHECK(book.of(caller(1)) == 2);
}

TEST_CASE("connections never take the descriptors that store and journal need") {
  for (std::uint64_t limit : {256, 512, 1'024, 4'096, 65'536}) {
    for (bool loopback : {false, true}) {
      const auto plan = share_out(limit, 30'000, loopback);
      CAPTURE(limit, loopback);
      REQUIRE(plan.ok());

      CHECK(plan->reserve >= std::min<std::uint64_t>(1'024, limit / 2));
      CHECK(plan->reserve + plan->peers + plan->metrics.total + 3 * plan->api.total <= limit);
      CHECK(plan->api.total >= 16);
      CHECK(plan->api.per_caller <= plan->api.total);
    }
  }

  CHECK(share_out(65'536, 512, false)->api.per_caller == 128);
  CHECK_FALSE(share_out(255, 512, false).ok());
}

TEST_CASE("loopback is an address, not what a name begins with") {
  CHECK(is_loopback("127.0.0.1:7601"));
  CHECK(is_loopback("127.1.2.3:7601"));
  CHECK(is_loopback("[::1]:7601"));
  CHECK(is_loopback("localhost:7601"));
  for (const char* other :
       {"127.evil.test:7601", "0.0.0.0:7601", "[::]:7601", "localhost.evil.test:7601",
        "10.0.0.1:7601", "[::2]:1", "127.0.0.1", ""}) {
    CAPTURE(other);
    CHECK_FALSE(is_loopback(other));
  }
}

TEST_CASE("rates are limited by default where strangers can call, and not on loopback") {
  ApiConfig config;
  config.listen = "0.0.0.0:7601";
  config.rate_burst = 2'000;
  CHECK(call_limits(config).rate_per_second == kRateOffLoopback);
  config.listen = "127.0.0.1:7601";
  CHECK(call_limits(config).rate_per_second == 0);
  config.rate_per_second = 7;
  CHECK(call_limits(config).rate_per_second == 7);
}

TEST_CASE("callers are served one after the other, however much one of them asks for") {
  CallQueue queue(2);
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> order;
  std::atomic<bool> go = false;
  // One worker is kept busy by a third caller; the other one takes turns.
  queue.post(caller(3), [&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return go.load(); });
  });
  const auto record = [&](int who) {
    return [&, who] {
      std::lock_guard lock(mutex);
      order.push_back(who);
      changed.notify_all();
    };
  };
  std::atomic<bool> first = false;
  queue.post(caller(1), [&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return first.load(); });
  });
  for (int i = 0; i < 100; ++i) queue.post(caller(1), record(1));
  queue.post(caller(2), record(2));
  {
    std::lock_guard lock(mutex);
    first = true;
  }
  changed.notify_all();
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return order.size() == 101; });
    go = true;
  }
  changed.notify_all();
  queue.stop();
  const auto second = std::ranges::find(order, 2) - order.begin();
  CHECK(second <= 2);
}

TEST_CASE("an answer takes its first part whatever its size, and ends before it grows too large") {
  AnswerRoom room(10);
  CHECK(room.take(100));
  CHECK_FALSE(room.take(1));
  AnswerRoom other(10);
  CHECK(other.take(6));
  CHECK(other.take(4));
  CHECK_FALSE(other.take(1));
}

}  // namespace
}  // namespace testamur::node
