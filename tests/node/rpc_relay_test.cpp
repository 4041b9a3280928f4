// What a caller may begin at the API: counted from frames, bounded by connection, caller and all,
// and never for good.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <random>
#include <set>
#include <utility>

#include "node/api/api_relay.h"
#include "node/api/open_streams.h"
#include "node/api/stream_counter.h"
#include "node/api/tls_files.h"
#include "node/rpc/call_gate.h"
#include "tests/node/api_call.h"
#include "tests/node/http2_frames.h"
#include "tests/node/rpc_client.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::node {
namespace {

using test::append;
using test::FrameType;
using test::http2_frame;
using test::kEndStream;

CallerKey caller(int last) { return caller_of("ipv4:192.0.2." + std::to_string(last) + ":5000"); }

struct Told final : StreamCounter::Listener {
  std::size_t room = 1'000, begun = 0, ends = 0, cancels = 0;
  std::vector<std::size_t> headers;         // bytes of those that began, in order
  std::multiset<std::size_t> open_headers;  // of those that have not ended
  bool may_begin(std::size_t header_bytes) override {
    if (room == 0) return false;
    --room;
    ++begun;
    headers.push_back(header_bytes);
    open_headers.insert(header_bytes);
    return true;
  }
  void close(std::size_t header_bytes) {
    const auto open = open_headers.find(header_bytes);
    REQUIRE(open != open_headers.end());
    open_headers.erase(open);
  }
  void ended(std::size_t header_bytes) override {
    close(header_bytes);
    ++ends;
  }
  void cancelled(std::size_t header_bytes) override {
    close(header_bytes);
    ++cancels;
  }
};

Bytes three_requests() {
  Bytes all = test::preface();
  append(all, http2_frame(FrameType::kSettings, 0, 0));
  append(all, http2_frame(FrameType::kHeaders, test::kEndHeaders, 1, Bytes(20, 1)));
  append(all, http2_frame(FrameType::kData, kEndStream, 1, Bytes(300, 2)));
  append(all, http2_frame(FrameType::kHeaders, test::kEndHeaders, 3, Bytes(20, 1)));
  append(all, http2_frame(FrameType::kRstStream, 0, 3, Bytes(4, 0)));
  append(all, http2_frame(FrameType::kHeaders, test::kEndHeaders | kEndStream, 5, Bytes(9, 1)));
  return all;
}

TEST_CASE("requests are counted from the heads of frames, however they are cut on their way") {
  const auto bytes = three_requests();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{10}, bytes.size()}) {
    CAPTURE(piece);
    StreamCounter counter;
    Told told;
    Bytes waiting;
    std::size_t passed = 0;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      append(waiting, to_bytes(ByteView(bytes).subspan(at, std::min(piece, bytes.size() - at))));
      const auto count = counter.from_client(waiting, told);
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
      passed += count;
    }
    CHECK(passed == bytes.size());
    CHECK(told.begun == 3);
    CHECK(told.headers == std::vector<std::size_t>{20, 20, 9});
    CHECK(told.cancels == 1);
    CHECK(counter.open() == 2);
    CHECK(counter.incomplete() == 0);

    Bytes answers = http2_frame(FrameType::kHeaders, test::kEndHeaders, 1, Bytes(30, 1));
    append(answers,
           http2_frame(FrameType::kHeaders, test::kEndHeaders | kEndStream, 1, Bytes(8, 1)));
    append(answers, http2_frame(FrameType::kRstStream, 0, 5, Bytes(4, 0)));
    append(answers, http2_frame(FrameType::kRstStream, 0, 5, Bytes(4, 0)));
    for (std::size_t at = 0; at < answers.size(); at += piece) {
      counter.from_server(ByteView(answers).subspan(at, std::min(piece, answers.size() - at)),
                          told);
    }
    CHECK(told.ends == 2);
    CHECK(told.open_headers.empty());
    CHECK(counter.open() == 0);
    CHECK(counter.server_at_rest());
  }
}

TEST_CASE(
    "a request that finds no room stays behind with all that follows, and begins when it is given "
    "again") {
  const auto bytes = three_requests();
  StreamCounter counter;
  Told told;
  told.room = 1;

  const auto first = counter.from_client(bytes, told);
  CHECK(told.begun == 1);
  CHECK(first < bytes.size());

  CHECK(counter.from_client(ByteView(bytes).subspan(first), told) == 0);

  told.room = 9;
  CHECK(counter.from_client(ByteView(bytes).subspan(first), told) == bytes.size() - first);
  CHECK(told.begun == 3);
}

// gRPC 1.51 keeps what comes in CONTINUATION frames before any limit of its own, and reads it anew
// with each piece: three connections kept everybody else from the API.
// 40 connections that sent PINGs and read nothing filled a node's memory with gigabytes of answers.
TEST_CASE("frames that want an answer wait for those before them, and nothing else does") {
  for (const auto type : {FrameType::kPing, FrameType::kSettings}) {
    const auto frame = http2_frame(type, 0, 0, type == FrameType::kPing ? Bytes(8, 7) : Bytes{});
    const auto answer =
        http2_frame(type, test::kAck, 0, type == FrameType::kPing ? Bytes(8, 7) : Bytes{});
    Told told;
    StreamCounter counter;
    const auto begun = test::preface();
    CHECK(counter.from_client(begun, told) == begun.size());

    Bytes many;
    for (std::size_t i = 0; i < 1'000; ++i) append(many, frame);
    const auto passed = StreamCounter::kMostUnanswered * frame.size();
    CHECK(counter.from_client(many, told) == passed);
    CHECK(counter.from_client(many, told) == 0);

    // Each answer lets one more pass; the client's own answers are none.
    counter.from_server(answer, told);
    counter.from_server(answer, told);
    CHECK(counter.from_client(many, told) == 2 * frame.size());
    CHECK(counter.from_client(answer, told) == answer.size());
    CHECK(counter.from_client(many, told) == 0);
    const auto request =
        http2_frame(FrameType::kHeaders, test::kEndHeaders | kEndStream, 1, Bytes(9, 1));
    CHECK(counter.from_client(request, told) == request.size());
    CHECK(told.begun == 1);
    CHECK_FALSE(counter.broken());
  }
}

TEST_CASE("the headers of one request are bounded in bytes and in frames, whatever they declare") {
  const auto passes = [](std::size_t frames, std::size_t bytes_each, bool ended = true) {
    StreamCounter counter;
    Told told;
    Bytes bytes = test::preface();
    for (std::size_t i = 0; i < frames; ++i) {
      const std::uint8_t flags = ended && i + 1 == frames ? test::kEndHeaders : 0;
      append(bytes, i == 0
                        ? http2_frame(FrameType::kHeaders, flags, 1, Bytes(bytes_each, 1))
                        : http2_frame(static_cast<FrameType>(9), flags, 1, Bytes(bytes_each, 1)));
    }
    append(bytes, http2_frame(FrameType::kHeaders, test::kEndHeaders, 3, Bytes(20, 1)));
    const bool all = counter.from_client(bytes, told) == bytes.size();
    CHECK(all != counter.broken());
    CHECK(all != counter.has_too_long_headers());
    // How long a block of several frames will be is not known when it begins.
    if (all)
      CHECK(told.headers.front() == (frames == 1 ? bytes_each : StreamCounter::kHeaderBytes));
    return all;
  };
  CHECK(passes(1, 16'000));
  CHECK(passes(2, 8'000));
  CHECK(passes(StreamCounter::kHeaderFrames, 100));
  CHECK_FALSE(passes(2, 16'000));
  CHECK_FALSE(passes(1, StreamCounter::kHeaderBytes + 1));
  CHECK_FALSE(passes(StreamCounter::kHeaderFrames + 1, 0));
  CHECK_FALSE(passes(200, 1, false));
}

// gRPC keeps the trailers of a request beside its headers: the same again, and no request of gRPC
// has them.
TEST_CASE("headers that begin no request end the connection, and other protocols do not pass") {
  Told told;
  for (const std::uint32_t stream : {7, 5, 8, 0}) {  // trailers, an older one, an even one, none
    CAPTURE(stream);
    StreamCounter counter;
    Bytes bytes = test::preface();
    append(bytes, http2_frame(FrameType::kHeaders, test::kEndHeaders, 7, Bytes(20, 1)));
    append(bytes, http2_frame(FrameType::kRstStream, 0, 9));
    CHECK(counter.from_client(bytes, told) == bytes.size());
    CHECK(counter.incomplete() == 1);
    const auto more = http2_frame(FrameType::kHeaders, test::kEndHeaders | kEndStream, stream);
    CHECK(counter.from_client(more, told) == 0);
    CHECK(counter.has_too_long_headers());
  }
  CHECK(told.begun == 4);
  CHECK(told.cancels == 0);

  StreamCounter other;
  CHECK(other.from_client(as_bytes("GET / HTTP/1.1\r\nHost: a-node\r\n\r\n"), told) == 0);
  CHECK(other.broken());
}

// Bounds in requests without headers; `per_connection` as it is.
StreamLimits limits_of(std::size_t total, std::size_t per_caller, std::size_t per_connection,
                       std::size_t reserve = 0, std::size_t small = 0) {
  constexpr auto each = OpenStreams::kRequestBytes;
  return {total * each, per_caller * each, reserve * each, small * each, per_connection};
}

TEST_CASE(
    "requests are bounded for a connection, for a caller and for all, and those given up count for "
    "as long as gRPC may be at them") {
  OpenStreams streams(limits_of(6, 4, 3));
  using Room = OpenStreams::Room;
  streams.enter(1, caller(1));
  streams.enter(2, caller(1));
  streams.enter(3, caller(2));
  for (int i = 0; i < 3; ++i) CHECK(streams.begin(1, 0) == Room::kYes);
  CHECK(streams.begin(1, 0) == Room::kConnectionFull);
  CHECK(streams.begin(2, 0) == Room::kYes);
  CHECK(streams.begin(2, 0) == Room::kCallerFull);
  CHECK(streams.begin(3, 0) == Room::kYes);
  CHECK(streams.begin(3, 0) == Room::kYes);
  CHECK(streams.begin(3, 0) == Room::kAllFull);

  streams.end(1, 0);
  CHECK(streams.begin(3, 0) == Room::kYes);
  // What is cancelled, or was open when its connection ended, is still on gRPC's hands.
  streams.cancel(1, 0, 1'000);
  CHECK(streams.begin(2, 0) == Room::kAllFull);
  streams.leave(3, 1'000);
  CHECK(streams.bytes() == 6 * OpenStreams::kRequestBytes);
  streams.forget(1'000 + OpenStreams::kLingerMs - 1);
  CHECK(streams.bytes() == 6 * OpenStreams::kRequestBytes);
  streams.forget(1'200 + OpenStreams::kLingerMs);
  CHECK(streams.bytes() == 2 * OpenStreams::kRequestBytes);
  CHECK(streams.bytes_of(caller(2)) == 0);

  // Who was ended for others gives room sooner, whatever else lingers.
  streams.leave(1, 20'000);
  streams.leave(2, 20'000, OpenStreams::kEndedLingerMs);
  streams.forget(20'200 + OpenStreams::kEndedLingerMs);
  CHECK(streams.bytes() == OpenStreams::kRequestBytes);
}

// 440 entries of metadata, a byte each, took four times what a request counted as.
TEST_CASE("a request counts by the bytes of its headers, each of which may be an entry") {
  CHECK(OpenStreams::cost_of(0) == OpenStreams::kRequestBytes);
  CHECK(OpenStreams::cost_of(40) ==
        OpenStreams::kRequestBytes + std::size_t{40} * OpenStreams::kEntryBytes);
  // gRPC takes no more entries than its bound of metadata has room for.
  const auto most = OpenStreams::cost_of(OpenStreams::kMostEntries);
  CHECK(OpenStreams::cost_of(StreamCounter::kHeaderBytes) == most);
  CHECK(most > OpenStreams::kMetadataBytes + OpenStreams::kRequestBytes);

  OpenStreams streams({4 * most, 2 * most, 0, 0, 100});
  using Room = OpenStreams::Room;
  streams.enter(1, caller(1));
  streams.enter(2, caller(2));
  CHECK(streams.begin(1, 16'000) == Room::kYes);
  CHECK(streams.begin(1, 16'000) == Room::kYes);
  CHECK(streams.begin(1, 0) == Room::kCallerFull);
  CHECK(streams.begin(2, 100) == Room::kYes);
  CHECK(streams.bytes_of(caller(2)) == OpenStreams::cost_of(100));
  streams.end(2, 100);
  CHECK(streams.bytes_of(caller(2)) == 0);
  streams.cancel(1, 16'000, 1'000);
  streams.end(1, 16'000);
  CHECK(streams.bytes() == most);
  streams.leave(1, 1'000);
  streams.forget(2'000 + OpenStreams::kLingerMs);
  CHECK(streams.bytes() == 0);
}

// Whatever callers begin, answer, cancel and leave in any order.
TEST_CASE("what is counted never goes above its bounds, and is nothing when all is over") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto limits = limits_of(40, 15, 9, 10, 3);
    OpenStreams streams(limits);
    std::map<OpenStreams::Id, std::vector<std::size_t>> open;
    OpenStreams::Id next = 0;
    std::uint64_t now_ms = 0;
    for (int step = 0; step < 3'000; ++step) {
      now_ms += random() % 2'000;
      streams.forget(now_ms);
      if (open.size() < 6) {
        ++next;
        streams.enter(next, caller(static_cast<int>(next % 4)));
        open[next];
      }
      auto& [id, headers] = *std::next(open.begin(), static_cast<long>(random() % open.size()));
      const auto what = random() % 8;
      if (what < 5) {
        const auto bytes = random() % 300;
        if (streams.begin(id, bytes) == OpenStreams::Room::kYes) headers.push_back(bytes);
      } else if (what < 7 && !headers.empty()) {
        what == 5 ? streams.end(id, headers.back()) : streams.cancel(id, headers.back(), now_ms);
        headers.pop_back();
      } else if (what == 7 && random() % 8 == 0) {
        streams.leave(id, now_ms);
        open.erase(id);
      }
      CHECK(streams.bytes() <= limits.total_bytes + limits.reserve_bytes);
      std::size_t sum = 0;
      for (int i = 0; i < 4; ++i) {
        CHECK(streams.bytes_of(caller(i)) <= limits.caller_bytes);
        sum += streams.bytes_of(caller(i));
      }
      CHECK(sum == streams.bytes());
    }
    for (const auto& [id, headers] : open) streams.leave(id, now_ms);
    streams.forget(now_ms + 2 * OpenStreams::kLingerMs);
    CHECK(streams.bytes() == 0);
  }
}

// Three addresses that gave up what they began, or held it, kept everybody else out.
TEST_CASE("where others hold all, a caller that holds little still finds room") {
  OpenStreams streams(limits_of(6, 3, 9, 2, 1));
  using Room = OpenStreams::Room;
  for (OpenStreams::Id id = 1; id <= 5; ++id) streams.enter(id, caller(static_cast<int>(id)));
  for (OpenStreams::Id id = 1; id <= 2; ++id) {
    for (int i = 0; i < 3; ++i) CHECK(streams.begin(id, 0) == Room::kYes);
  }
  CHECK(streams.begin(3, 0) == Room::kYes);
  CHECK(streams.begin(3, 0) == Room::kAllFull);  // it holds no little any more
  CHECK(streams.begin(4, 0) == Room::kYes);
  CHECK(streams.begin(5, 0) == Room::kAllFull);
  streams.end(4, 0);
  CHECK(streams.begin(5, 0) == Room::kYes);
}

TEST_CASE("all that may have begun takes less than the law grants an attack, with room beside it") {
  constexpr StreamLimits limits;
  CHECK(limits.total_bytes + limits.reserve_bytes <= 96u << 20);
  CHECK(3 * limits.caller_bytes <= limits.total_bytes);
  CHECK(8 * limits.small_bytes <= limits.reserve_bytes);
  // A hundred calls given up in a minute, each the first of its connection, are little.
  const auto lingering = 100 * OpenStreams::kLingerMs / 60'000 + 1;
  CHECK(lingering * OpenStreams::cost_of(400) <= limits.caller_bytes / 4);
}

TEST_CASE(
    "who begins requests and does not send them gives way to who holds less, and to himself after "
    "a while") {
  OpenStreams streams(limits_of(8, 6, 6));
  using Room = OpenStreams::Room;
  streams.enter(1, caller(1));
  streams.enter(2, caller(1));
  streams.enter(3, caller(2));
  for (int i = 0; i < 4; ++i) CHECK(streams.begin(1, 0) == Room::kYes);
  for (int i = 0; i < 2; ++i) CHECK(streams.begin(2, 0) == Room::kYes);
  for (int i = 0; i < 2; ++i) CHECK(streams.begin(3, 0) == Room::kYes);
  const auto stuck = [](OpenStreams::Id id) { return id == 2 ? std::size_t{2} : std::size_t{0}; };
  const auto moving = [](OpenStreams::Id) { return std::size_t{0}; };

  // The largest caller's connection with most requests that only it could move on; at once, for it
  // holds three times as much.
  CHECK(streams.begin(3, 0) == Room::kAllFull);
  CHECK(streams.in_the_way(3, Room::kAllFull, false, stuck) == OpenStreams::Id{2});
  // What gRPC is at moves on by itself.
  CHECK_FALSE(streams.in_the_way(3, Room::kAllFull, true, moving));
  // Of its own caller nobody goes at once.
  CHECK(streams.begin(1, 0) == Room::kCallerFull);
  CHECK_FALSE(streams.in_the_way(1, Room::kCallerFull, false, stuck));
  CHECK(streams.in_the_way(1, Room::kCallerFull, true, stuck) == OpenStreams::Id{2});
  CHECK_FALSE(streams.in_the_way(1, Room::kConnectionFull, true, stuck));
  CHECK(streams.in_the_way(2, Room::kConnectionFull, true, stuck) == OpenStreams::Id{2});
}

TEST_CASE("the caller is in the name of gRPC's socket, and is read back from it") {
  for (const auto& each : {caller(7), caller_of("ipv6:[2001:db8:0:7::1]:5000"), CallerKey{}}) {
    CHECK(caller_of("unix-abstract:" + socket_name(each, "00ff-12")) == each);
  }
  CHECK(caller_of("unix-abstract:testamur-short") == CallerKey{});
  CHECK(caller_of("unix-abstract:something-else") == CallerKey{});
}

// A relay whose both sides are the test's; it hears what the system tells of its descriptors, as
// the listener would let it hear.
struct Relayed {
  using Side = ApiRelay::Side;

  explicit Relayed(const StreamLimits& limits = {}, SSL_CTX* tls = nullptr) : streams(limits) {
    const auto ends = make_pair();
    client = ends.first;
    streams.enter(1, caller(1));
    watch(ends.second, Side::kClient, kChanges | EPOLLOUT, EPOLL_CTL_ADD);
    relay.emplace(1, ends.second, tls, streams, [this] { return connect(); }, 0);
  }
  ~Relayed() {
    relay.reset();
    for (const int each : {client, server, poll}) {
      if (each >= 0) ::close(each);
    }
  }
  static std::pair<int, int> make_pair() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    return {pair[0], pair[1]};
  }
  void watch(int descriptor, Side side, std::uint32_t events, int how) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = static_cast<std::uint64_t>(side);
    REQUIRE(::epoll_ctl(poll, how, descriptor, &event) == 0);
  }
  int connect() {
    const auto ends = make_pair();
    server = ends.first;
    watch(ends.second, Side::kGrpc, kChanges, EPOLL_CTL_ADD);
    return ends.second;
  }
  ApiRelay::State pump(std::uint64_t now_ms = 1) {
    hear();
    auto state = relay->pump(now_ms);
    while (state == ApiRelay::State::kAgain || (state == ApiRelay::State::kIdle && hear()))
      state = relay->pump(now_ms);
    return state;
  }
  // Whether there was anything to hear.
  bool hear() {
    if (relay->wants_room() != asks_room) {
      asks_room = !asks_room;
      watch(relay->grpc_descriptor(), Side::kGrpc, asks_room ? kChanges | EPOLLOUT : kChanges,
            EPOLL_CTL_MOD);
    }
    epoll_event events[4];
    const int count = ::epoll_wait(poll, events, 4, 0);
    for (int i = 0; i < count; ++i)
      relay->told(static_cast<Side>(events[i].data.u64), events[i].events);
    return count > 0;
  }
  static void send(int to, const Bytes& bytes) {
    REQUIRE(::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  static Bytes receive(int from) {
    Bytes bytes(1 << 16);
    const auto count = ::recv(from, bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }

  static constexpr std::uint32_t kChanges = EPOLLIN | EPOLLRDHUP | EPOLLET;

  OpenStreams streams;
  int poll = ::epoll_create1(EPOLL_CLOEXEC);
  int client = -1, server = -1;
  bool asks_room = false;
  std::optional<ApiRelay> relay;
};

TEST_CASE("gRPC hears of a connection when it speaks HTTP/2, and gets every byte that may go on") {
  Relayed r;
  const auto bytes = three_requests();
  Relayed::send(r.client, to_bytes(ByteView(bytes).first(10)));
  CHECK(r.pump() == ApiRelay::State::kIdle);
  CHECK(r.server < 0);
  CHECK_FALSE(r.relay->is_late(ApiRelay::kBeginMs));
  CHECK(r.relay->is_late(ApiRelay::kBeginMs + 1));
  Relayed::send(r.client, to_bytes(ByteView(bytes).subspan(10)));
  CHECK(r.pump() == ApiRelay::State::kIdle);
  CHECK(Relayed::receive(r.server) == bytes);
  CHECK_FALSE(r.relay->is_late(ApiRelay::kBeginMs + 1));

  const auto answer = http2_frame(FrameType::kHeaders, kEndStream, 1, Bytes(5, 1));
  Relayed::send(r.server, answer);
  CHECK(r.pump() == ApiRelay::State::kIdle);
  CHECK(Relayed::receive(r.client) == answer);
  // One open, one cancelled lately.
  CHECK(r.streams.bytes_of(caller(1)) == OpenStreams::cost_of(20) + OpenStreams::cost_of(9));
  ::close(std::exchange(r.server, -1));
  CHECK(r.pump() == ApiRelay::State::kOver);
}

TEST_CASE("a connection whose headers go on and on ends") {
  Relayed r;
  Bytes bytes = test::preface();
  append(bytes, http2_frame(FrameType::kHeaders, 0, 1, Bytes(16'000, 1)));
  for (int i = 0; i < 2; ++i)
    append(bytes, http2_frame(static_cast<FrameType>(9), 0, 1, Bytes(16'000, 1)));
  Relayed::send(r.client, bytes);
  CHECK(r.pump() == ApiRelay::State::kOver);
}

TEST_CASE("other protocols end before gRPC hears of them") {
  Relayed r;
  Relayed::send(r.client, to_bytes(as_bytes("GET /")));
  CHECK(r.pump() == ApiRelay::State::kOver);
  CHECK(r.server < 0);
}

TEST_CASE(
    "a connection without room is not read, says since when, and goes on when there is room") {
  Relayed r(limits_of(8, 8, 2));
  Bytes bytes = test::preface();
  for (std::uint32_t stream = 1; stream <= 5; stream += 2)
    append(bytes, http2_frame(FrameType::kHeaders, test::kEndHeaders, stream));
  Relayed::send(r.client, bytes);
  CHECK(r.pump(5) == ApiRelay::State::kIdle);
  CHECK(Relayed::receive(r.server).size() == bytes.size() - 9);
  CHECK(r.relay->waits() == OpenStreams::Room::kConnectionFull);
  CHECK(r.relay->waits_since_ms() == 5);
  CHECK(r.relay->stuck() == 2);
  CHECK(r.pump(9) == ApiRelay::State::kIdle);
  CHECK(r.relay->waits_since_ms() == 5);

  Relayed::send(r.server, http2_frame(FrameType::kRstStream, 0, 1, Bytes(4, 0)));
  CHECK(r.pump(10) == ApiRelay::State::kIdle);
  CHECK(Relayed::receive(r.server).size() == 9);
  CHECK(r.relay->waits() == OpenStreams::Room::kYes);
}

TEST_CASE("who does not read is not read from, and is late in the end") {
  Relayed r;
  Relayed::send(r.client, test::preface());
  r.pump();
  // More than the system's buffers and the relay hold.
  const Bytes chunk = http2_frame(FrameType::kData, 0, 1, Bytes(16'000, 1));
  std::size_t refused = 0;
  for (int i = 0; i < 1'000 && refused < 3; ++i) {
    refused = ::send(r.server, chunk.data(), chunk.size(), MSG_NOSIGNAL) < 0 ? refused + 1 : 0;
    r.pump(7);
  }
  CHECK(refused == 3);
  CHECK(r.relay->is_unread());
  CHECK_FALSE(r.relay->is_late(7 + ApiRelay::kUnreadMs));
  CHECK(r.relay->is_late(8 + ApiRelay::kUnreadMs));
  (void)Relayed::receive(r.client);
  r.pump(100);
  CHECK_FALSE(r.relay->is_late(8 + ApiRelay::kUnreadMs));
}

// One end of the relay, read and written without waiting: how many bytes, or none.
struct End {
  std::function<std::ptrdiff_t(ByteView)> put;
  std::function<std::ptrdiff_t(std::span<std::uint8_t>)> take;
};

End plain(int socket) {
  return {
      [socket](ByteView bytes) { return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); },
      [socket](std::span<std::uint8_t> into) {
        return ::recv(socket, into.data(), into.size(), 0);
      }};
}

// What goes in at one end, in pieces and only as fast as it is taken, comes out at the other; the
// relay moves only when the system tells it something.
void carry(Relayed& r, const End& from, const End& to, const Bytes& all, std::mt19937_64& random) {
  std::size_t sent = 0;
  Bytes come;
  for (int idle = 0; come.size() < all.size() && idle < 100; ++idle) {
    const auto piece = std::min<std::size_t>(1 + random() % 40'000, all.size() - sent);
    const auto count = piece == 0 ? 0 : from.put(ByteView(all).subspan(sent, piece));
    if (count > 0) sent += static_cast<std::size_t>(count);
    if (r.hear()) r.pump(1);
    if (random() % 3 == 0) continue;

    Bytes taken(1 + random() % 60'000);
    const auto got = to.take(taken);
    if (got <= 0) continue;
    idle = 0;
    taken.resize(static_cast<std::size_t>(got));
    append(come, taken);
  }
  CHECK(come.size() == all.size());
  CHECK(come == all);
}

// More than the buffers of both sockets and the relay hold.
Bytes much(std::mt19937_64& random) {
  Bytes all;
  while (all.size() < 2'000'000)
    append(all, http2_frame(FrameType::kData, 0, 1, Bytes(random() % 16'000, 7)));
  return all;
}

TEST_CASE("no byte is left behind when a side is read only after it was told of") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Relayed r;
    Relayed::send(r.client, test::preface());
    r.pump();
    CHECK(Relayed::receive(r.server) == test::preface());

    const auto all = much(random);
    carry(r, plain(r.client), plain(r.server), all, random);
    carry(r, plain(r.server), plain(r.client), all, random);

    // Said in one breath with the end: both are heard.
    const auto last = http2_frame(FrameType::kData, 0, 1, Bytes(20'000, 9));
    Relayed::send(r.client, last);
    ::shutdown(r.client, SHUT_WR);
    CHECK(r.pump() == ApiRelay::State::kIdle);
    CHECK(Relayed::receive(r.server) == last);
    Relayed::send(r.server, last);
    ::close(std::exchange(r.server, -1));
    CHECK(r.pump() == ApiRelay::State::kOver);
    CHECK(Relayed::receive(r.client) == last);
  }
}

// A certificate for node.example, made for one test.
ApiConfig with_certificate(const std::filesystem::path& folder, ApiConfig config = {}) {
  const auto base = (folder / "api").string();
  const auto command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=node.example "
      "-addext "
      "subjectAltName=DNS:node.example -days 2 -keyout " +
      base + ".key -out " + base + ".pem 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  config.tls = TlsMode::kOn;
  config.certificate = base + ".pem";
  config.private_key = base + ".key";
  return config;
}

// The caller's end of a relay that speaks TLS.
class TlsEnd {
 public:
  explicit TlsEnd(int socket) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_mode(context_.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ssl_.reset(SSL_new(context_.get()));
    static constexpr unsigned char kH2[] = {2, 'h', '2'};
    SSL_set_alpn_protos(ssl_.get(), kH2, sizeof kH2);
    SSL_set_fd(ssl_.get(), socket);
    SSL_set_connect_state(ssl_.get());
  }
  void shake_hands(Relayed& r) {
    while (SSL_do_handshake(ssl_.get()) != 1) {
      if (r.hear()) REQUIRE(r.pump() == ApiRelay::State::kIdle);
    }
  }
  End end() {
    return {[this](ByteView bytes) -> std::ptrdiff_t { return put(bytes); },
            [this](std::span<std::uint8_t> into) -> std::ptrdiff_t {
              return SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()));
            }};
  }

 private:
  // In records shorter than what the relay reads at once, so that several wait behind each other.
  std::ptrdiff_t put(ByteView bytes) {
    std::size_t written = 0;
    while (written < bytes.size()) {
      const auto size = refused_ != 0 ? refused_ : std::min(kRecord, bytes.size() - written);
      // What was refused is to be said again as it was.
      if (written + size > bytes.size()) break;
      const bool taken = SSL_write(ssl_.get(), bytes.data() + written, static_cast<int>(size)) > 0;
      refused_ = taken ? 0 : size;
      if (!taken) break;
      written += size;
    }
    return static_cast<std::ptrdiff_t>(written);
  }

  static constexpr std::size_t kRecord = 6'000;
  TlsContext context_;
  openssl::Owned<SSL, SSL_free> ssl_;
  std::size_t refused_ = 0;
};

// A read of TLS brings one record, and what lies behind it in OpenSSL's memory is told by no
// descriptor.
TEST_CASE("no byte is left behind of a caller that speaks TLS") {
  TemporaryDirectory folder;
  const auto files = read_tls_files(with_certificate(folder.path()), SystemClock().now_ms());
  REQUIRE(files.ok());
  const auto context = make_api_tls(**files);
  REQUIRE(context.ok());

  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Relayed r({}, context->get());
    TlsEnd client(r.client);
    client.shake_hands(r);
    REQUIRE(client.end().put(test::preface()) > 0);
    r.pump();
    CHECK(Relayed::receive(r.server) == test::preface());

    const auto all = much(random);
    carry(r, client.end(), plain(r.server), all, random);
    carry(r, plain(r.server), client.end(), all, random);
  }
}

// Begins calls on a node and sends nothing of their requests, without keeping to any of its
// settings.
class HalfRequests {
 public:
  explicit HalfRequests(int port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);

    Bytes bytes = test::preface();
    append(bytes, http2_frame(FrameType::kSettings, 0, 0));

    // Two hundred and fifty requests that begin and never end.
    const auto headers = test::call_headers("/testamur.v1.VerifyService/CheckHash");
    for (std::uint32_t i = 0; i < 250; ++i) {
      append(bytes, http2_frame(FrameType::kHeaders, test::kEndHeaders, 2 * i + 1, headers));
    }

    REQUIRE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  ~HalfRequests() { ::close(socket_); }
  // Blocks until the node ends the connection.
  void await_end() const {
    char buffer[4096];
    while (::recv(socket_, buffer, sizeof buffer, 0) > 0) {
    }
  }

 private:
  int socket_;
};

TEST_CASE(
    "requests that are begun and not sent are bounded, named, and end when others need the room") {
  RunningNodes nodes(1);
  const int port = nodes.at(0).node->api_port();
  std::vector<std::unique_ptr<HalfRequests>> all;
  for (int i = 0; i < 20; ++i) all.push_back(std::make_unique<HalfRequests>(port));
  // Each stands at its hundredth request; the node waits for room, and then ends the worst.
  all.front()->await_end();

  ApiCaller api(port);
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  const auto answered = api.ledger->GetStatus(&context, {}, &status);
  INFO(answered.error_message());
  REQUIRE(answered.ok());
  bool named = false;
  for (const auto& obstacle : status.obstacles())
    named = named || obstacle.find("api_streams") != std::string::npos;
  CHECK(named);
}

// gRPC's own reflection had 32 threads for all: who held as many streams kept everybody from it.
TEST_CASE(
    "of reflection, under either name, a caller has its share of streams and leaves the rest") {
  RunningNodes nodes(1);
  const int port = nodes.at(0).node->api_port();
  grpc::GenericStub stub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  std::size_t answered = 0, refused = 0;
  std::vector<std::unique_ptr<ApiCall>> open;
  for (int i = 0; i < 64; ++i) {
    const std::string version = i % 2 == 0 ? "v1" : "v1alpha";
    open.push_back(std::make_unique<ApiCall>(
        stub, "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
        std::chrono::minutes(2)));
    // "list_services" of anything.
    open.back()->write(std::string("\x3a\x01*"), false);
    if (open.back()->read(std::chrono::minutes(2))) {
      ++answered;
    } else {
      const auto status = open.back()->finish(std::chrono::minutes(2));
      REQUIRE(status);
      CHECK(detail_of(*status).code() == "streams");
      ++refused;
    }
  }
  const auto bound = CallLimits{}.held.at(static_cast<std::size_t>(Held::kStreams));
  CHECK(answered == bound.per_caller);
  CHECK(refused == 64 - answered);
  CHECK(4 * bound.per_caller <= bound.total);

  ApiCaller api(port);
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  CHECK(api.ledger->GetStatus(&context, {}, &status).ok());
}

TEST_CASE(
    "the API is served over TLS with HTTP/2 agreed on, large requests whole, and what is no TLS "
    "ends") {
  TemporaryDirectory folder;
  RunningNodes nodes(1);
  nodes.stop(0);
  auto& config = nodes.at(0).config.api;
  config = with_certificate(folder.path(), config);
  nodes.start(0);

  const auto address = "127.0.0.1:" + std::to_string(nodes.at(0).node->api_port());
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = test::read_file(config.certificate);
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("node.example");
  const auto verify = v1::VerifyService::NewStub(
      grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments));
  grpc::ClientContext context;
  // More than the relay holds, there and back.
  v1::CheckBulkRequest request;
  request.set_commitments(std::string(std::size_t{32} * 16'384, '\1'));
  v1::CheckBulkResponse response;
  const auto answer = verify->CheckBulk(&context, request, &response);
  INFO(answer.error_message());
  CHECK(answer.ok());
  CHECK(response.verdicts_size() == 16'384);
  HalfRequests(nodes.at(0).node->api_port()).await_end();
}

}  // namespace
}  // namespace testamur::node
