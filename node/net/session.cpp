// Everything of a session runs on its strand, except what its header names; the state only goes
// forward: TLS, hello, up, ending, closed. At most one read and one write are under way. end() may
// be called from within any step, so whoever goes on after a call that may end the session looks at
// the state again. A session that ends still writes its goodbye, until a deadline closes the
// socket.
#include "node/net/session.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "common/check.h"

namespace testamur::node::net {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kReadBytes = 32u << 10;    // two TLS records
constexpr std::size_t kGatherBytes = 64u << 10;  // small frames written together
constexpr int kUnsentLowWaterBytes =
    128 << 10;  // beyond this frames wait in our queue, where votes overtake
constexpr std::size_t kMaxControlFrames = 64;
constexpr std::size_t kControlFramesPerSecond = 1'000;
constexpr std::uint32_t kGoodbyeTimeoutMs = 1'000;

// A large send buffer of the kernel would hold back votes behind what was written before them.
void set_socket_options(asio::ip::tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
#ifdef TCP_NOTSENT_LOWAT
  using UnsentLowWater = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
  socket.set_option(UnsentLowWater(kUnsentLowWaterBytes), ignored);
#endif
}

std::uint64_t microseconds(std::chrono::steady_clock::duration time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

std::string quoted(const std::string& text) {
  std::string clean;
  for (const char c : text) clean.push_back(c >= ' ' && c <= '~' ? c : '?');
  return clean;
}

}  // namespace

// The session may be gone when the receiver lets go of a frame.
struct Session::LeaseToken {
  std::weak_ptr<Session> session;
  std::size_t size;
  LeaseToken(std::weak_ptr<Session> of, std::size_t bytes) : session(std::move(of)), size(bytes) {}
  LeaseToken(const LeaseToken&) = delete;
  LeaseToken& operator=(const LeaseToken&) = delete;
  ~LeaseToken() {
    if (const auto alive = session.lock()) alive->release(size);
  }
};

Session::Session(Socket socket, asio::ssl::context& tls, SessionSetup setup, const Limits& limits,
                 const Clock& clock, std::shared_ptr<SessionHost> host)
    : stream_(std::move(socket), tls),
      deadline_(stream_.get_executor()),
      watch_(stream_.get_executor()),
      setup_(std::move(setup)),
      limits_(limits),
      clock_(clock),
      host_(std::move(host)),
      read_buffer_(kReadBytes),
      splitter_(kMaxHelloFrameBytes),
      queue_(limits.queue) {
  TM_CHECK(setup_.dialled == setup_.expected.has_value());
  check_.expected = setup_.expected;
  check_.refuse = [this](const Pin& shown) { return judge(shown); };
}

const Pin& Session::pin() const {
  if (setup_.expected) return *setup_.expected;
  static const Pin kNone;
  return check_.shown ? *check_.shown : kNone;
}

void Session::start() {
  asio::dispatch(stream_.get_executor(), [self = shared_from_this()] {
    if (self->state_ != State::kTls) return;
    set_socket_options(self->stream_.next_layer());
    attach(self->stream_.native_handle(), self->check_);
    self->arm_deadline(self->limits_.handshake_timeout_ms, "no handshake within the time limit");
    const auto side =
        self->dialled() ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
    self->stream_.async_handshake(side,
                                  [self](error_code failure) { self->handshake_done(failure); });
  });
}

std::string Session::judge(const Pin& shown) const {
  if (setup_.expected && shown != *setup_.expected) {
    return "the node at " + address() + " shows the key " + shown.hex() + ", expected is " +
           setup_.expected->hex();
  }
  // Refused after the handshake, in which it proves that it has the key, or fails.
  if (!dialled() && host_->is_own(shown)) return {};

  const auto admitted = host_->admission(shown);
  return admitted ? std::string() : "key " + shown.hex() + ": " + admitted.message();
}

void Session::arm_deadline(std::uint32_t after_ms, const char* reason) {
  deadline_.expires_after(milliseconds(after_ms));
  deadline_.async_wait([self = shared_from_this(), reason](error_code failure) {
    if (failure || self->state_ == State::kUp) return;
    if (self->state_ != State::kEnding) self->end(reason, std::nullopt);
    self->close_socket();
  });
}

void Session::handshake_done(error_code failure) {
  if (state_ != State::kTls) return;

  if (failure) {
    tls_failed_ = true;
    return end(refused_for_its_key() ? check_.refusal : describe(failure), std::nullopt);
  }

  tls_done_ = true;

  if (host_->is_own(pin())) {
    has_own_key_ = true;
    const auto reason = "key " + pin().hex() + " is this node's own";
    return end(reason, Goodbye{GoodbyeReason::kNotAdmitted, reason});
  }

  // Who dialled speaks first; the other side says hello when it keeps the connection (decision
  // 0700).
  if (dialled()) {
    if (!host_->begin_dialled(*this)) {
      return end("another connection to this node is in use",
                 Goodbye{GoodbyeReason::kDuplicate, ""});
    }
    say(host_->own_hello());
  }

  // Saying hello may have ended the session.
  if (state_ == State::kTls) state_ = State::kHello;
  read();
}

void Session::read() {
  if (reading_ || state_ == State::kClosed) return;
  if (state_ == State::kUp && unreleased_bytes_ >= limits_.inbound_bytes) {
    paused_ = true;
    // A release between the two looks has not seen paused_ and will not call again.
    if (unreleased_bytes_ >= limits_.inbound_bytes) return;
    paused_ = false;
  }
  reading_ = true;
  stream_.async_read_some(asio::buffer(read_buffer_),
                          [self = shared_from_this()](error_code failure, std::size_t size) {
                            self->read_done(failure, size);
                          });
}

void Session::read_done(error_code failure, std::size_t size) {
  reading_ = false;
  if (failure) {
    if (state_ != State::kEnding && state_ != State::kClosed) end(describe(failure), std::nullopt);
    close_socket();
    return;
  }
  heard_at_ = Steady::now();
  heard_at_ms_ = clock_.now_ms();
  bytes_in_ += size;
  if (state_ == State::kHello || state_ == State::kUp) split(ByteView(read_buffer_).first(size));
  read();
}

void Session::split(ByteView input) {
  while (const auto frame = splitter_.next(input)) {
    handle(*frame);
    if (state_ != State::kHello && state_ != State::kUp) return;
  }
  if (splitter_.failed()) {
    end("it sent a frame of no or too great a length",
        Goodbye{GoodbyeReason::kProtocol, "length of a frame"});
  }
}

void Session::handle(ByteView protobuf) {
  auto frame = decode_wire(protobuf);
  if (!frame) {
    return end("it sent " + frame.message(), Goodbye{GoodbyeReason::kProtocol, frame.message()});
  }
  if (const auto* goodbye = std::get_if<Goodbye>(&*frame)) {
    displaced_ = goodbye->reason == GoodbyeReason::kDuplicate;
    return end("the other side: " + quoted(goodbye->text), std::nullopt);
  }
  if (state_ == State::kHello) return handle_hello(*frame);
  handle_up(std::move(frame).value());
}

void Session::handle_hello(const WireFrame& frame) {
  const auto* hello = std::get_if<Hello>(&frame);
  if (hello == nullptr) {
    return end("its first frame is no hello",
               Goodbye{GoodbyeReason::kProtocol, "the first frame must be a hello"});
  }

  auto refusal = judge(*hello);
  if (!refusal) {
    {
      const std::lock_guard lock(software_mutex_);
      software_ = quoted(hello->software);
    }

    // All is set before take(), which announces the connection: its status may be asked for at
    // once.
    up_since_ = heard_at_ = wrote_at_ = pinged_at_ = Steady::now();
    connected_since_ms_ = clock_.now_ms();
    refusal = host_->take(*this, *hello);
  }

  if (refusal) return end(refusal->text, refusal);
  if (state_ != State::kHello) return;

  // Only now frames may be large: a stranger could make us keep no more than a hello.
  state_ = State::kUp;
  splitter_.set_max_frame_bytes(kMaxFrameBytes);
  deadline_.cancel();

  // The hello of the accepting side tells the other one that this connection is kept.
  if (!dialled()) say(host_->own_hello());
  watch();
}

std::optional<Goodbye> Session::judge(const Hello& hello) const {
  const auto own = host_->own_hello();
  if (hello.chain != own.chain) {
    return Goodbye{GoodbyeReason::kWrongChain,
                   "different chains: " + to_text(own.chain) + " is not " + to_text(hello.chain)};
  }
  const auto known = host_->admission(pin());
  if (!known) return Goodbye{GoodbyeReason::kNotAdmitted, known.message()};
  if (hello.institution != *known) {
    return Goodbye{GoodbyeReason::kNotAdmitted, "the key belongs to " + to_text(*known) +
                                                    ", not to " + to_text(hello.institution)};
  }
  return std::nullopt;
}

// An honest node pings every few seconds and answers as often.
bool Session::too_much_control() {
  if (heard_at_ - control_since_ > milliseconds(1'000)) {
    control_since_ = heard_at_;
    control_heard_ = 0;
  }
  if (++control_heard_ <= kControlFramesPerSecond) return false;
  end("it pings without pause", Goodbye{GoodbyeReason::kLimit, "too many pings"});
  return true;
}

void Session::handle_up(WireFrame frame) {
  // The bytes count until the receiver lets go of the frame, not only until it was handed over:
  // what waits for signature checks is in memory too (decision 0702).
  const auto give = [&](Frame content) {
    const auto cost = cost_of(content);
    unreleased_bytes_ += cost.bytes_kept;
    auto lease = std::make_shared<const LeaseToken>(weak_from_this(), cost.bytes_kept);
    host_->deliver(origin_, std::move(content), cost, std::move(lease));
  };

  std::visit(
      [&](auto& content) {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, Ping>) {
          if (too_much_control()) return;
          say(Pong{content.nonce});
        } else if constexpr (std::is_same_v<Content, Pong>) {
          if (too_much_control()) return;
          if (content.nonce == ping_nonce_)
            round_trip_us_ = microseconds(Steady::now() - pinged_at_);
        } else if constexpr (std::is_same_v<Content, Hello>) {
          end("it sent a second hello", Goodbye{GoodbyeReason::kProtocol, "a second hello"});
        } else if constexpr (!std::is_same_v<Content, Goodbye>) {
          give(Frame(std::move(content)));
        }
      },
      frame);
}

void Session::release(std::size_t size) {
  const auto before = unreleased_bytes_.fetch_sub(size);
  TM_CHECK(before >= size, "before:", before, "size:", size);
  if (!paused_ || before - size >= limits_.inbound_bytes) return;
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (!self->paused_.exchange(false)) return;
    self->heard_at_ = Steady::now();  // silence was ours
    self->read();
  });
}

void Session::enqueue(Priority priority, EncodedFrame frame) {
  {
    const std::lock_guard lock(queue_mutex_);
    queue_.push(priority, std::move(frame));
    if (pump_due_) return;
    pump_due_ = true;
  }
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->pump(); });
}

void Session::say(const WireFrame& frame) {
  if (control_.size() >= kMaxControlFrames) {
    if (state_ != State::kEnding) end("it asks and does not read", std::nullopt);
    return;
  }
  control_.push_back(encode_wire(frame));
  pump();
}

void Session::pump() {
  if (writing_ || !tls_done_ || state_ == State::kClosed) return;
  if (!gather()) {
    if (state_ != State::kEnding) return;
    error_code ignored;
    stream_.next_layer().shutdown(Socket::shutdown_send, ignored);
    return;
  }
  writing_ = true;
  wrote_at_ = Steady::now();
  write();
}

// Fills unwritten_ with what goes next; false when nothing waits.
bool Session::gather() {
  // Pings and goodbyes are few, and late ones end the connection.
  batch_.clear();
  while (!control_.empty()) {
    batch_.push_back(std::move(control_.front()));
    control_.pop_front();
  }

  if (state_ == State::kUp) {
    const std::lock_guard lock(queue_mutex_);
    queue_.take(kGatherBytes, batch_);
    // Under the lock: whoever queues a frame after this must post a pump of its own.
    if (batch_.empty()) pump_due_ = false;
  }

  if (batch_.empty()) return false;

  // A single frame, a block for example, is written from where it lies.
  if (batch_.size() == 1) {
    unwritten_ = *batch_.front();
    return true;
  }

  // Small frames go out together: each write costs a TLS record and a system call.
  gathered_.clear();
  for (const auto& frame : batch_) gathered_.insert(gathered_.end(), frame->begin(), frame->end());
  unwritten_ = gathered_;
  return true;
}

void Session::write() {
  stream_.async_write_some(asio::buffer(unwritten_.data(), unwritten_.size()),
                           [self = shared_from_this()](error_code failure, std::size_t size) {
                             self->write_done(failure, size);
                           });
}

void Session::write_done(error_code failure, std::size_t size) {
  // A session that ends only had its goodbye to write.
  if (failure) {
    writing_ = false;
    if (state_ != State::kEnding && state_ != State::kClosed) end(describe(failure), std::nullopt);
    close_socket();
    return;
  }

  wrote_at_ = Steady::now();
  bytes_out_ += size;
  unwritten_ = unwritten_.subspan(size);
  if (!unwritten_.empty()) return write();

  writing_ = false;
  batch_.clear();
  pump();
}

void Session::watch() {
  const auto every = std::clamp<std::uint32_t>(limits_.ping_interval_ms / 4, 5, 1'000);
  watch_.expires_after(milliseconds(every));
  watch_.async_wait([self = shared_from_this()](error_code failure) {
    if (failure || self->state_ != State::kUp) return;
    self->watch_once(Steady::now());
    if (self->state_ == State::kUp) self->watch();
  });
}

void Session::watch_once(Steady::time_point now) {
  if (writing_ && now - wrote_at_ > milliseconds(limits_.write_timeout_ms)) {
    end("it takes no data", std::nullopt);
    return close_socket();
  }
  if (!paused_ && now - heard_at_ > milliseconds(limits_.idle_timeout_ms)) {
    end("nothing heard from it", std::nullopt);
    return close_socket();
  }
  if (now - pinged_at_ > milliseconds(limits_.ping_interval_ms)) {
    pinged_at_ = now;
    say(Ping{++ping_nonce_});
  }
}

void Session::close(Goodbye why) {
  asio::post(stream_.get_executor(),
             [self = shared_from_this(), why = std::move(why)] { self->end(why.text, why); });
}

void Session::end(const std::string& reason, std::optional<Goodbye> goodbye) {
  if (state_ == State::kEnding || state_ == State::kClosed) return;
  state_ = State::kEnding;
  watch_.cancel();
  host_->ended(*this, reason);
  arm_deadline(kGoodbyeTimeoutMs, "");
  if (tls_failed_) return drain_raw();
  if (!goodbye || !tls_done_) return close_socket();
  if (goodbye->text.size() > kMaxGoodbyeTextBytes) goodbye->text.resize(kMaxGoodbyeTextBytes);
  control_.push_back(encode_wire(*goodbye));
  pump();
  read();  // until the other side has closed too: closing before would discard the goodbye
}

// After a failed handshake: the alert is out; wait until the other side has closed, so that it can
// read it.
void Session::drain_raw() {
  error_code ignored;
  auto& socket = stream_.next_layer();
  socket.shutdown(Socket::shutdown_send, ignored);
  socket.async_read_some(asio::buffer(read_buffer_),
                         [self = shared_from_this()](error_code failure, std::size_t) {
                           if (failure) return self->close_socket();
                           self->drain_raw();
                         });
}

void Session::close_socket() {
  if (state_ == State::kClosed) return;
  TM_CHECK(state_ == State::kEnding);
  state_ = State::kClosed;
  deadline_.cancel();
  watch_.cancel();
  error_code ignored;
  stream_.next_layer().close(ignored);
  setup_.place.reset();
}

std::size_t Session::queued_bytes() const {
  const std::lock_guard lock(queue_mutex_);
  return queue_.bytes();
}

void Session::describe_into(PeerStatus& status) const {
  status.address = address();
  status.dialled_by_us = dialled();
  status.connected_since_ms = connected_since_ms_;
  status.last_heard_ms = heard_at_ms_;
  status.round_trip_us = round_trip_us_;
  status.bytes_in = bytes_in_;
  status.bytes_out = bytes_out_;

  {
    const std::lock_guard lock(software_mutex_);
    status.software = software_;
  }

  const std::lock_guard lock(queue_mutex_);
  status.queued_frames = queue_.frames();
  status.queued_bytes = queue_.bytes();
  for (std::size_t i = 0; i < kPriorities; ++i) status.dropped[i] += queue_.dropped()[i];
}

}  // namespace testamur::node::net
