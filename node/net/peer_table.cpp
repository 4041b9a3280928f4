// One mutex guards who is dialled, connected and admitted; another one the queue to the receiver.
// What holds between the functions: an admission is judged under the mutex under which the
// connection is entered, so a change of the registry followed by recheck_admissions() misses none
// (decision 0701); a peer has at most one of a dial, a dialled session and a connection that is up;
// Up is queued before any frame of a connection and Down after all of them. Sessions are started
// without the mutex, because they call the table.
#include "node/net/peer_table.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include "node/net/address.h"
#include "node/net/link_rule.h"

namespace testamur::node::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

namespace {

// A connection that lasted this long was no failure: the next dial starts from the shortest delay.
constexpr auto kLasted = milliseconds(10'000);
// Of two nodes with one key the one that was sent away dials again within this time, ...
constexpr auto kRivalry = milliseconds(300'000);
// ... mostly much sooner: after as long without a change one of the two is gone.
constexpr auto kRivalryTold = milliseconds(60'000);
// What resume-voting asks is told for longer: a copy that rests for a minute is not destroyed.
constexpr auto kDisplacedTold = milliseconds(120'000);
constexpr std::uint64_t kInboundRefusalEveryMs = 1'000;
// What was refused of an address for one reason is news again after as long without it.
constexpr std::uint64_t kRefusalKnownMs = 900'000;
constexpr std::size_t kKnownRefusals = 256;
// How seldom a key is looked for where another one of its institution answers.
constexpr auto kElsewhere = milliseconds(300'000);

// Uniform in [0, bound].
std::uint64_t random_up_to(std::uint64_t bound) {
  std::array<std::uint8_t, 8> raw;
  fill_random(raw);
  return Decoder(raw).u64() % (bound + 1);
}

std::uint64_t steady_ms() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<milliseconds>(Steady::now().time_since_epoch()).count());
}

}  // namespace

PeerTable::PeerTable(asio::io_context& io, NetworkConfig config, asio::ssl::context tls,
                     const Pin& own_pin, const Clock& clock, NetworkHooks hooks)
    : io_(io),
      config_(std::move(config)),
      tls_(std::move(tls)),
      own_pin_(own_pin),
      clock_(clock),
      directory_(std::move(hooks.directory)),
      receiver_(hooks.receiver),
      post_(std::move(hooks.post)),
      gate_(std::make_shared<InboundGate>(config_.limits)),
      hello_{config_.chain, kPeerProtocol, Epoch{}, {}, config_.institution, config_.software},
      inbound_({config_.limits.waiting_frames, config_.limits.waiting_bytes,
                config_.limits.others_units_per_second, config_.limits.others_units_per_second}),
      pace_(asio::make_strand(io)) {}

void PeerTable::start(std::shared_ptr<Listener> listener) {
  listener_ = std::move(listener);
  if (listener_) {
    listener_->start(
        [self = shared_from_this()](tcp::socket socket) { self->accepted(std::move(socket)); });
  }
  set_peers({});
}

void PeerTable::stop() {
  const Goodbye stopping{GoodbyeReason::kStopping, "the node is stopping"};
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  stopped_ = true;
  if (listener_) listener_->stop();

  for (auto& [pin, peer] : peers_) {
    stop_dialling(peer);
    if (peer.up) peer.up->close(stopping);
  }
  for (const auto& handshake : handshakes_) {
    if (const auto session = handshake.lock()) session->close(stopping);
  }

  peers_.clear();
  handshakes_.clear();

  // The pace has a timer, which belongs to a strand of its own.
  asio::post(pace_.get_executor(), [self = shared_from_this()] { self->pace_.cancel(); });
}

void PeerTable::set_position(Epoch epoch, Bytes finalization) {
  TM_CHECK(finalization.size() <= kMaxFinalizationBytes, "bytes:", finalization.size());
  const std::lock_guard lock(mutex_);
  hello_.epoch = epoch;
  hello_.finalization = std::move(finalization);
}

Hello PeerTable::own_hello() const {
  const std::lock_guard lock(mutex_);
  return hello_;
}

void PeerTable::set_peers(std::vector<PeerAddress> listed) {
  // The addresses of the configuration come last and so take the place of what the registry lists.
  listed.insert(listed.end(), config_.peers.begin(), config_.peers.end());
  std::map<Pin, PeerAddress> targets;
  for (auto& address : listed) targets.insert_or_assign(address.pin, std::move(address));
  targets.erase(own_pin_);

  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;

    std::vector<std::string> left;
    for (auto& [pin, peer] : peers_) {
      if (peer.target && !targets.contains(pin)) {
        left.push_back(peer.target->address);
        peer.target.reset();
        stop_dialling(peer);
      }
    }

    std::erase_if(peers_,
                  [](const auto& entry) { return !entry.second.target && !entry.second.up; });

    for (const auto& [pin, address] : targets) {
      auto& peer = peers_[pin];
      if (peer.target != address) peer.rests_until = {};
      if (peer.target != address && peer.dial) stop_dialling(peer);
      peer.target = address;
      dial_next(pin, peer);
    }
    for (const auto& address : left) wake_all(address);
  }

  // A key that is listed no more may be one that only the list admitted: its connection ends.
  recheck_admissions();
}

void PeerTable::recheck_admissions() {
  const Goodbye goodbye{GoodbyeReason::kNotAdmitted, "the transport key is not admitted any more"};
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  for (auto& [pin, peer] : peers_) {
    const auto admitted = admission_locked(pin);
    if (peer.up && (!admitted || *admitted != peer.up->origin().institution))
      peer.up->close(goodbye);
    if (peer.dialling && !admitted) peer.dialling->close(goodbye);
    dial_next(pin, peer);
  }
}

Result<InstitutionId> PeerTable::admission(const Pin& pin) const {
  const std::lock_guard lock(mutex_);
  return admission_locked(pin);
}

Result<InstitutionId> PeerTable::admission_locked(const Pin& pin) const {
  if (stopped_) return error("the node is stopping");
  if (pin == own_pin_) return error("this is our own key");

  const auto said = directory_(pin);
  if (said.kind == Admission::Kind::kRefused)
    return error("retired, or its institution is not in good standing");
  auto institution = said.institution;

  // A node that is behind does not know new keys yet: whom its operator pinned it lets in.
  if (said.kind == Admission::Kind::kUnknown) {
    const auto found = peers_.find(pin);
    const bool listed = found != peers_.end() && found->second.target;
    if (!listed) return error("not a transport key of any institution that we know");
    institution = found->second.target->institution;
  }

  // A member is never shut out for its conduct: its vote may be needed (decision 1120).
  const auto wait_ms = said.member ? 0 : shut_out_ms(institution);
  if (wait_ms == 0) return institution;
  return error("disconnected for " + std::to_string(wait_ms / 1000 + 1) +
               " more seconds, because of what the institution's nodes sent");
}

template <class Chosen>
std::size_t PeerTable::send_to(const Chosen& chosen, Priority priority, const EncodedFrame& frame) {
  std::size_t count = 0;
  const std::lock_guard lock(mutex_);
  for (const auto& [pin, peer] : peers_) {
    if (!peer.up || !chosen(peer.up->origin())) continue;
    peer.up->enqueue(priority, frame);
    ++count;
  }
  return count;
}

bool PeerTable::send(const InstitutionId& to, Priority priority, const EncodedFrame& frame) {
  return send_to([&](const Origin& origin) { return origin.institution == to; }, priority, frame) >
         0;
}

bool PeerTable::send(const Pin& to, Priority priority, const EncodedFrame& frame) {
  return send_to([&](const Origin& origin) { return origin.pin == to; }, priority, frame) > 0;
}

std::size_t PeerTable::broadcast(Priority priority, const EncodedFrame& frame) {
  return send_to([](const Origin&) { return true; }, priority, frame);
}

std::vector<PeerStatus> PeerTable::peers() const {
  std::vector<PeerStatus> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [pin, peer] : peers_) all.push_back(status_of(pin, peer));
  }
  std::sort(all.begin(), all.end(), [](const PeerStatus& a, const PeerStatus& b) {
    return std::tie(a.institution, a.pin) < std::tie(b.institution, b.pin);
  });
  return all;
}

PeerStatus PeerTable::status_of(const Pin& pin, const Peer& peer) const {
  PeerStatus status;
  status.pin = pin;
  status.dropped = peer.dropped;
  status.refused = peer.refused;
  if (is_told(peer.taken_over)) {
    status.taken_over = peer.taken_over.count;
    status.taken_from = peer.taken_over.from;
    status.taken_ms_ago = ms_since(peer.taken_over);
  }

  if (peer.target) {
    status.institution = peer.target->institution;
    status.address = peer.target->address;
  }

  if (peer.up) {
    status.institution = peer.up->origin().institution;
    status.state = PeerState::kConnected;
    peer.up->describe_into(status);
  } else if (peer.dialling || (peer.dial && peer.dial->connecting())) {
    status.state = PeerState::kConnecting;
  }
  return status;
}

InboundCounters PeerTable::inbound() const {
  const std::lock_guard lock(mutex_);
  auto counters = counters_;
  for (const auto& [institution, rivalry] : displaced_at_) {
    const auto ago_ms = ms_since(rivalry);
    if (rivalry.count != 0 && ago_ms <= static_cast<std::uint64_t>(kDisplacedTold.count()))
      counters.displaced_at.push_back({institution, rivalry.count, ago_ms});
  }
  if (own_key_seen_.count != 0) counters.own_key_ms_ago = ms_since(own_key_seen_);
  return counters;
}

std::optional<std::uint64_t> copy_ms_ago(const InboundCounters& seen, const Witnesses& witnesses,
                                         std::uint64_t within_ms) {
  std::vector<std::uint64_t> said;
  for (const auto& each : seen.displaced_at) {
    const bool is_one =
        std::ranges::find(witnesses.others, each.institution) != witnesses.others.end();
    if (is_one && each.times >= InboundCounters::kRivalTimes && each.ms_ago < within_ms)
      said.push_back(each.ms_ago);
  }

  std::optional<std::uint64_t> last;
  if (seen.own_key_ms_ago && *seen.own_key_ms_ago < within_ms) last = seen.own_key_ms_ago;
  if (said.size() >= std::max<std::size_t>(witnesses.needed, 1)) {
    const auto newest = *std::ranges::min_element(said);
    last = std::min(last.value_or(newest), newest);
  }
  return last;
}

void PeerTable::tell(std::function<void(Receiver&)> what) {
  post_([self = shared_from_this(), what = std::move(what)] {
    if (!self->stopped_) what(self->receiver_);
  });
}

void PeerTable::deliver(const Origin& from, Frame frame, const Cost& cost, Lease lease) {
  const auto rank = rank_of(directory_(from.pin));
  std::unique_lock lock(inbound_mutex_);
  Event event{from, Arrived{std::move(frame), std::move(lease)}};
  if (inbound_.push({from.institution, rank}, cost.units(), cost.bytes_kept, std::move(event)))
    return schedule_pump();
  lock.unlock();
  note(from, Refusal::kQueueFull, 1, 0);
}

// What became of a connection is never lost; of a node that went down the requests have nobody left
// to answer.
void PeerTable::enqueue(Event event) {
  const auto from = event.from;
  const auto rank = rank_of(directory_(from.pin));
  const std::lock_guard lock(inbound_mutex_);
  if (std::holds_alternative<Down>(event.what)) {
    inbound_.erase_if(from.institution, [&](const Event& waiting) {
      const auto* arrived = std::get_if<Arrived>(&waiting.what);
      return arrived != nullptr && waiting.from.pin == from.pin &&
             !std::holds_alternative<ConsensusMessage>(arrived->frame);
    });
  }
  inbound_.push({from.institution, rank}, 0, 0, std::move(event), FairQueue<Event>::Bound::kAlways);
  schedule_pump();
}

void PeerTable::schedule_pump() {
  if (pump_posted_ || stopped_) return;
  const auto wait_ms = inbound_.wait_ms(steady_ms());
  if (!wait_ms) return;
  if (*wait_ms > 0) return arm_pace(*wait_ms);
  pump_posted_ = true;
  post_([self = shared_from_this()] { self->pump(); });
}

void PeerTable::arm_pace(std::uint64_t after_ms) {
  if (pace_armed_) return;
  pace_armed_ = true;
  asio::post(pace_.get_executor(), [self = shared_from_this(), after_ms] {
    if (self->stopped_) return;
    self->pace_.expires_after(milliseconds(after_ms));
    self->pace_.async_wait([self](boost::system::error_code cancelled) {
      const std::lock_guard lock(self->inbound_mutex_);
      self->pace_armed_ = false;
      if (!cancelled) self->schedule_pump();
    });
  });
}

// On the receiver's strand.
void PeerTable::pump() {
  std::optional<Event> event;
  {
    const std::lock_guard lock(inbound_mutex_);
    event = inbound_.pop(steady_ms());
  }
  if (event && !stopped_) give(std::move(*event));
  const std::lock_guard lock(inbound_mutex_);
  pump_posted_ = false;
  schedule_pump();
}

void PeerTable::give(Event event) {
  if (auto* up = std::get_if<Up>(&event.what)) return receiver_.on_peer_up(event.from, up->hello);
  if (auto* down = std::get_if<Down>(&event.what))
    return receiver_.on_peer_down(event.from, down->reason);
  auto& arrived = std::get<Arrived>(event.what);
  receiver_.on_frame(event.from, std::move(arrived.frame), std::move(arrived.lease));
}

void PeerTable::note(const Origin& from, Refusal refusal, std::uint64_t count,
                     std::uint64_t units) {
  const auto rank = rank_of(directory_(from.pin));
  bool shut = false;
  {
    const std::lock_guard lock(inbound_mutex_);
    if (units != 0) inbound_.charge(from.institution, units);
    shut = conduct_.note(from.institution, rank, refusal, count, steady_ms());
  }
  if (shut) shut_out(from.institution, refusal);
}

void PeerTable::shut_out(const InstitutionId& institution, Refusal refusal) {
  const Goodbye goodbye{GoodbyeReason::kLimit,
                        "disconnected for a while: " + std::string(to_text(refusal))};
  const std::lock_guard lock(mutex_);
  for (auto& [pin, peer] : peers_) {
    if (peer.up && peer.up->origin().institution == institution) peer.up->close(goodbye);
  }
}

std::uint64_t PeerTable::shut_out_ms(const InstitutionId& institution) const {
  const std::lock_guard lock(inbound_mutex_);
  return conduct_.shut_out_ms(institution, steady_ms());
}

std::vector<PeerConduct> PeerTable::conduct() const {
  const std::lock_guard lock(inbound_mutex_);
  return conduct_.recent(steady_ms());
}

std::array<std::uint64_t, kRefusals> PeerTable::refused() const {
  const std::lock_guard lock(inbound_mutex_);
  return conduct_.totals();
}

std::optional<std::size_t> PeerTable::queued_bytes(const Pin& of) const {
  const std::lock_guard lock(mutex_);
  const auto found = peers_.find(of);
  if (found == peers_.end() || !found->second.up) return std::nullopt;
  return found->second.up->queued_bytes();
}

std::shared_ptr<Session> PeerTable::make_session(tcp::socket socket, SessionSetup setup) {
  return std::make_shared<Session>(std::move(socket), tls_, std::move(setup), config_.limits,
                                   clock_, shared_from_this());
}

void PeerTable::accepted(tcp::socket socket) {
  boost::system::error_code failure;
  const auto endpoint = socket.remote_endpoint(failure);
  if (failure || stopped_) return;

  // What an address costs is bounded before TLS, which is the dear part of a handshake.
  const auto entry = gate_->enter(key_of(endpoint.address()), steady_ms());
  if (entry.verdict != InboundGate::Verdict::kEnter) {
    const std::lock_guard lock(mutex_);
    ++counters_.rate_limited;
    const bool fast = entry.verdict == InboundGate::Verdict::kTooFast;
    return note_inbound_refusal(to_text(endpoint),
                                fast ? "too many handshakes a second" : "too many connections");
  }

  const auto session =
      make_session(std::move(socket), {false, std::nullopt, to_text(endpoint), entry.place});
  make_room_for_handshake(session);
  session->start();
}

void PeerTable::make_room_for_handshake(const std::shared_ptr<Session>& session) {
  const std::lock_guard lock(mutex_);
  ++counters_.accepted;

  std::erase_if(handshakes_, [](const auto& entry) {
    const auto alive = entry.lock();
    return !alive || !alive->handshaking();
  });

  // The oldest gives way: whoever connects and then says nothing keeps nobody out.
  if (handshakes_.size() >= config_.limits.handshakes) {
    if (const auto oldest = handshakes_.front().lock()) {
      oldest->close({GoodbyeReason::kLimit, "too many handshakes at once"});
    }
    handshakes_.pop_front();
  }

  handshakes_.push_back(session);
}

void PeerTable::connected(const Pin& pin, const Dial& dial, Result<tcp::socket> socket) {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    // The table may have given this dial up while it was under way.
    const auto found = peers_.find(pin);
    if (stopped_ || found == peers_.end() || found->second.dial.get() != &dial) return;

    auto& peer = found->second;
    peer.dial.reset();

    if (!socket) {
      ++peer.failures;
      note_refusal(peer, socket.message());
      return dial_next(pin, peer);
    }

    session = make_session(std::move(socket).value(), {true, pin, peer.target->address, nullptr});
    peer.dialling = session;
    peer.spoken = false;
  }
  session->start();
}

bool PeerTable::begin_dialled(Session& session) {
  const std::lock_guard lock(mutex_);
  const auto found = peers_.find(session.pin());
  if (stopped_ || found == peers_.end() || found->second.dialling.get() != &session) return false;
  found->second.spoken = true;
  return true;
}

bool PeerTable::takes_dialled_by_peer(const Pin& pin, const Peer& peer) const {
  LinkSituation now{own_pin_ < pin, peer.dialling && peer.spoken, std::nullopt};
  if (peer.up) {
    const auto settled =
        milliseconds(2 * (config_.limits.connect_timeout_ms + config_.limits.handshake_timeout_ms));
    now.existing = {peer.up->dialled(), Steady::now() - peer.up->up_since() > settled};
  }
  return takes_inbound(now);
}

// A member keeps its place however many nodes it has: the bound is against strangers.
bool PeerTable::has_place_for(const Pin& pin, const InstitutionId& institution) const {
  const auto nodes = std::count_if(peers_.begin(), peers_.end(), [&](const auto& entry) {
    return entry.first != pin && entry.second.up &&
           entry.second.up->origin().institution == institution;
  });
  return directory_(pin).member ||
         static_cast<std::size_t>(nodes) < config_.limits.nodes_per_institution;
}

// An accepted connection that is refused for cause is counted and told like one that fails before;
// ended() knows it no more.
Goodbye PeerTable::refuse(const Session& session, GoodbyeReason reason, const std::string& why) {
  if (!session.dialled())
    note_failed_handshake(session, why, reason == GoodbyeReason::kNotAdmitted);
  return {reason, why};
}

std::optional<Goodbye> PeerTable::take(Session& session, const Hello& hello) {
  const Goodbye duplicate{GoodbyeReason::kDuplicate,
                          "another connection between the two nodes is in use"};
  const std::lock_guard lock(mutex_);
  if (stopped_) return Goodbye{GoodbyeReason::kStopping, "the node is stopping"};
  const auto& pin = session.pin();

  // Under the mutex, so that a change of the registry finds either no connection or this one.
  const auto institution = admission_locked(pin);
  if (!institution) return refuse(session, GoodbyeReason::kNotAdmitted, institution.message());

  auto& peer = peers_[pin];
  if (!has_place_for(pin, *institution)) {
    forget_if_idle(pin);
    return refuse(session, GoodbyeReason::kLimit, "too many nodes of one institution");
  }

  // Dials cross, most of all when all nodes start at once: both sides must keep the same connection
  // (decision 0700).
  if (session.dialled() ? peer.dialling.get() != &session : !takes_dialled_by_peer(pin, peer)) {
    forget_if_idle(pin);
    return duplicate;
  }

  // A node that restarts has closed its connection, or lost it once; two with one key go on.
  if (peer.up && !peer.up->dialled() && !session.dialled()) {
    note_rival(peer.taken_over);
    peer.taken_over.from = peer.up->address();
  }

  if (session.dialled()) peer.dialling.reset();
  stop_dialling(peer);
  if (peer.up) {
    peer.up->close(duplicate);
    take_down(peer, "replaced by a newer connection");
  }

  // The session knows its origin before Up is queued, and Up comes before its first frame.
  peer.up = session.shared_from_this();
  peer.refused.clear();
  const Origin origin{*institution, pin};
  session.set_origin(origin);
  enqueue({origin, Up{hello}});
  return std::nullopt;
}

void PeerTable::note_rival(Rivalry& rivalry) {
  rivalry.count = is_over(rivalry) ? 1 : rivalry.count + 1;
  rivalry.last = Steady::now();
}

bool PeerTable::is_over(const Rivalry& rivalry) {
  return rivalry.count == 0 || Steady::now() - rivalry.last > kRivalry;
}

bool PeerTable::is_told(const Rivalry& rivalry) {
  return rivalry.count != 0 && Steady::now() - rivalry.last <= kRivalryTold;
}

std::uint64_t PeerTable::ms_since(const Rivalry& rivalry) {
  const auto since = std::chrono::duration_cast<milliseconds>(Steady::now() - rivalry.last);
  return static_cast<std::uint64_t>(since.count());
}

void PeerTable::take_down(Peer& peer, const std::string& reason) {
  PeerStatus last;
  peer.up->describe_into(last);
  for (std::size_t i = 0; i < kPriorities; ++i) peer.dropped[i] += last.dropped[i];
  enqueue({peer.up->origin(), Down{reason}});
  peer.up.reset();
}

void PeerTable::stop_dialling(Peer& peer) {
  if (peer.dial) peer.dial->cancel();
  peer.dial.reset();
  if (peer.dialling)
    peer.dialling->close({GoodbyeReason::kDuplicate, "another connection is in use"});
  peer.dialling.reset();
  peer.spoken = false;
}

void PeerTable::fail_dialling(Peer& peer, const Session& session) {
  peer.dialling.reset();
  peer.spoken = false;
  ++peer.failures;

  // Of two dials that cross the other one is up; here nothing is.
  if (session.displaced() && !peer.up && peer.target)
    note_rival(displaced_at_[peer.target->institution]);
  rest_if_elsewhere(peer, session);
}

// An institution has several keys while it replaces one, and with a second node, and mostly one
// address here: all but one of them are looked for in vain there, and its node hears each attempt.
void PeerTable::rest_if_elsewhere(Peer& peer, const Session& session) {
  const auto& shown = session.shown();
  if (!peer.target || !shown || *shown == peer.target->pin) return;
  const auto said = directory_(*shown);
  if (said.kind != Admission::Kind::kAdmitted || said.institution != peer.target->institution)
    return;
  peer.rests_until = Steady::now() + kElsewhere;

  // The one that answers there now may be one that rests itself: a node took its new key.
  const auto there = peers_.find(*shown);
  if (there != peers_.end()) wake(*shown, there->second, peer.target->address);
}

void PeerTable::wake(const Pin& pin, Peer& peer, const std::string& address) {
  if (!peer.target || peer.target->address != address || peer.rests_until <= Steady::now()) return;
  peer.rests_until = {};
  peer.failures = 0;
  if (peer.dial) peer.dial->cancel();
  peer.dial.reset();
  dial_next(pin, peer);
}

void PeerTable::wake_all(const std::string& address) {
  for (auto& [pin, peer] : peers_) wake(pin, peer, address);
}

void PeerTable::end_connection(Peer& peer, const Session& session, const std::string& reason) {
  take_down(peer, reason);
  // Who comes back there may show another key of its institution.
  if (peer.target) wake_all(peer.target->address);

  // A peer that accepts and closes at once is dialled more and more seldom.
  peer.failures = Steady::now() - session.up_since() > kLasted ? 0 : peer.failures + 1;
  if (session.displaced()) note_rival(displaced_at_[session.origin().institution]);
}

void PeerTable::ended(Session& session, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  const auto pin = session.pin();

  const auto found = peers_.find(pin);
  const bool was_up = found != peers_.end() && found->second.up.get() == &session;
  const bool was_dialling = found != peers_.end() && found->second.dialling.get() == &session;

  // Until its hello was judged an accepted connection is nobody's: the listener counts it. One that
  // take() refused was counted there, but for duplicates, which two dials that cross always make.
  if (!session.dialled() && !was_up && session.up_since() == Steady::time_point{}) {
    const bool for_its_key = session.refused_for_its_key();
    if (session.has_own_key()) {
      ++counters_.own_key;
      note_rival(own_key_seen_);
    }
    note_failed_handshake(session, reason, for_its_key);
  }

  if (!was_up && !was_dialling) return;
  auto& peer = found->second;
  if (was_up) {
    end_connection(peer, session, reason);
  } else {
    fail_dialling(peer, session);
  }

  note_refusal(peer, reason);
  dial_next(pin, peer);
  forget_if_idle(pin);
}

void PeerTable::forget_if_idle(const Pin& pin) {
  const auto found = peers_.find(pin);
  if (!found->second.target && !found->second.up) peers_.erase(found);
}

void PeerTable::note_refusal(Peer& peer, const std::string& reason) {
  if (peer.refused == reason || !peer.target) return;
  peer.refused = reason;
  tell([address = peer.target->address, reason](Receiver& receiver) {
    receiver.on_refusal(address, reason);
  });
}

void PeerTable::note_inbound_refusal(const std::string& address, const std::string& reason) {
  counters_.last_refusal = address + ": " + reason;
  const auto now_ms = steady_ms();
  if (now_ms - refusal_told_at_ms_ < kInboundRefusalEveryMs) return;
  if (!is_news(address, reason, now_ms)) return;
  refusal_told_at_ms_ = now_ms;
  tell([address, reason](Receiver& receiver) { receiver.on_refusal(address, reason); });
}

// Each attempt comes from another port. Who comes with ever new reasons is bounded by the rate.
bool PeerTable::is_news(const std::string& address, const std::string& reason,
                        std::uint64_t now_ms) {
  if (known_refusals_.size() >= kKnownRefusals) {
    std::erase_if(known_refusals_,
                  [now_ms](const auto& each) { return each.second + kRefusalKnownMs <= now_ms; });
    if (known_refusals_.size() >= kKnownRefusals) known_refusals_.clear();
  }
  const auto host = address.substr(0, address.rfind(':'));
  const auto [known, first] = known_refusals_.try_emplace({host, reason}, now_ms);
  const bool lapsed = known->second + kRefusalKnownMs <= now_ms;
  known->second = now_ms;
  return first || lapsed;
}

void PeerTable::note_failed_handshake(const Session& session, const std::string& reason,
                                      bool for_its_key) {
  ++counters_.failed_handshakes;
  if (for_its_key) ++counters_.unknown_keys;
  note_inbound_refusal(session.address(), reason);
}

void PeerTable::dial_next(const Pin& pin, Peer& peer) {
  if (!peer.target || peer.up || peer.dial || peer.dialling) return;
  const auto shut_ms = directory_(pin).member ? 0 : shut_out_ms(peer.target->institution);
  // A key that is refused now is dialled again when recheck_admissions() finds it admitted.
  if (const auto admitted = admission_locked(pin); !admitted && shut_ms == 0) {
    return note_refusal(peer, admitted.message());
  }
  peer.dial = std::make_shared<Dial>(
      io_, milliseconds(config_.limits.connect_timeout_ms),
      [table = weak_from_this(), pin](const Dial& dial, Result<tcp::socket> socket) {
        const auto alive = table.lock();
        if (alive) alive->connected(pin, dial, std::move(socket));
      });
  const auto rest = std::chrono::duration_cast<milliseconds>(peer.rests_until - Steady::now());
  const auto delay = milliseconds(shut_ms) + delay_before(pin, peer);
  peer.dial->start(peer.target->address, std::max(delay, rest));
}

milliseconds PeerTable::delay_before(const Pin& pin, const Peer& peer) {
  const std::uint64_t shortest = config_.limits.reconnect_min_ms;
  // At the first attempt the node with the smaller pin goes ahead, so that dials seldom cross.
  if (peer.failures == 0)
    return milliseconds(own_pin_ < pin ? 0 : shortest / 2 + random_up_to(shortest / 2));
  const std::uint64_t doubled = shortest << std::min<std::uint32_t>(peer.failures - 1, 20);
  const std::uint64_t bound = std::min<std::uint64_t>(doubled, config_.limits.reconnect_max_ms);
  return milliseconds(bound / 2 + random_up_to(bound / 2));
}

}  // namespace testamur::node::net
