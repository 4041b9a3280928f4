#include "tests/fuzz/peer_steps.h"

#include <bit>

#include "consensus/values/codec.h"
#include "node/net/tls.h"
#include "node/net/wire.h"
#include "tests/fuzz/target.h"
#include "tests/sim/byzantine_node.h"

namespace testamur::fuzz {

namespace net = node::net;
using consensus::Act;
using sim::TransactionNumber;

namespace {

// Small, so that a sequence can fill them.
constexpr node::Mempool::Limits kPool{.bytes = 256u << 10, .transactions = 300, .per_author = 120};
constexpr std::size_t kWaitingFrames = 64;
constexpr std::size_t kWaitingBytes = 1u << 20;
constexpr std::size_t kUnreleasedBytes = 2u << 20;

constexpr std::size_t kMostSteps = 48;
constexpr std::size_t kHeardMost = 64;
constexpr std::size_t kMostSubmitted = 12;
constexpr std::uint64_t kPatienceMs = 120'000;
constexpr std::uint64_t kReleasedWithinMs = 1'000;
// Numbers of what the liar and the observer write, and of what honest nodes submit: few, because
// transactions are made once a process.
constexpr TransactionNumber kNumbers = 64;
constexpr TransactionNumber kFirstSubmitted = 1'000;

Hash256 zero() { return {}; }

net::Pin pin_of(const sim::Institution& institution) {
  return net::pin_of(institution.transport.public_key());
}

}  // namespace

sim::SimulationConfig PeerSteps::config() {
  sim::SimulationConfig config;
  config.nodes = kHonest + 1;
  config.spare_nodes = 1;
  config.profile = *sim::find_profile("calm");
  config.adjust = [](sim::NodeSettings& settings) {
    settings.mempool = kPool;
    settings.honest = settings.number < kHonest;
    settings.counts = settings.honest;
  };
  return config;
}

PeerSteps::PeerSteps(ByteView input)
    : steps_(input), simulation_(config()), next_submitted_(kFirstSubmitted) {
  const auto& institutions = simulation_.institutions();
  for (const auto number : {kLiar, kObserver}) {
    speakers_.push_back({{institutions.at(number).id, pin_of(institutions.at(number))}, false});
  }
  net::Origin stranger;
  stranger.institution.bytes.fill(7);
  stranger.pin.bytes.fill(7);
  speakers_.push_back({stranger, true});
  sides_.resize(kHonest);
}

void PeerSteps::run() {
  start();
  for (std::size_t i = 0; i < kMostSteps && !steps_.at_end(); ++i) {
    step();
    check();
  }
  check_calm();
}

void PeerSteps::start() {
  simulation_.network().set_filter([this](const sim::Packet& packet) {
    if (auto message = sim::message_in(packet)) {
      heard_.push_back(std::move(*message));
      if (heard_.size() > kHeardMost) heard_.pop_front();
    }
    return packet.from != kLiar || !liar_is_mute_;
  });
  simulation_.calm_network();
  simulation_.start_all();
  for (std::size_t i = 0; i < kHonest; ++i) open_side(i);

  // So that there are blocks, an achievement of the liar and one of an honest institution.
  for (const TransactionNumber number : {TransactionNumber{0}, TransactionNumber{kLiar}})
    simulation_.submit(0, number);
  const auto founded = [this] {
    return simulation_.node(0).is_committed(TransactionNumber{kLiar});
  };
  law(simulation_.run_until(founded, kPatienceMs), "a calm network does not begin");
}

void PeerSteps::open_side(std::size_t number) {
  auto& at = simulation_.node(number);
  const auto& own = simulation_.institutions().at(number);
  net::NetworkConfig config;
  config.chain = simulation_.institutions().genesis().chain;
  config.institution = own.id;
  config.limits.waiting_frames = kWaitingFrames;
  config.limits.waiting_bytes = kWaitingBytes;
  // By the machine's clock, which no sequence waits for.
  config.limits.others_units_per_second = 0;
  for (const auto& speaker : speakers_) {
    if (speaker.is_stranger)
      config.peers.push_back({"192.0.2.1:1", speaker.origin.pin, speaker.origin.institution});
  }
  auto& side = sides_[number];
  side.leases.assign(speakers_.size(), {});
  side.table = std::make_shared<net::PeerTable>(
      io_, config, net::make_tls_context(own.transport).value(), pin_of(own), at.clock,
      net::NetworkHooks{
          [&at](const net::Pin& pin) { return at.is_up() ? at.admission(pin) : net::Admission(); },
          at.receiver(), [&at](std::function<void()> task) { at.post(std::move(task)); }});
  side.table->start(nullptr);
  at.on_refused = [table = side.table.get()](const net::Origin& from, net::Refusal refusal,
                                             std::uint64_t count, std::uint64_t units) {
    table->note(from, refusal, count, units);
  };
  for (const auto& speaker : speakers_) {
    if (speaker.is_stranger) greet(number, speaker);
  }
}

// Down and up again, with a hello that says anything.
void PeerSteps::greet(std::size_t number, const Speaker& speaker) {
  net::Hello hello{simulation_.institutions().genesis().chain,
                   net::kPeerProtocol,
                   Epoch{steps_.below(3)},
                   {},
                   speaker.origin.institution,
                   "anything"};
  if (!heard_.empty()) {
    const auto message = heard_message();
    if (const auto* certificate = std::get_if<consensus::Certificate>(&message))
      hello.finalization = consensus::encode(*certificate);
  }
  auto& at = simulation_.node(number);
  at.post([&at, hello, origin = speaker.origin] {
    at.receiver().on_peer_down(origin, "again");
    at.receiver().on_peer_up(origin, hello);
  });
}

void PeerSteps::step() {
  switch (steps_.below(16)) {
    case 0:
    case 1:
    case 2: return advance();
    case 3:
    case 4: return submit();
    case 5: return crash();
    case 6: return change_hello();
    case 7: return toggle_liar();
    default: return speak();
  }
}

void PeerSteps::advance() {
  static constexpr std::uint64_t kTimes[] = {1, 3, 10, 40, 150, 600, 2'500, 10'000};
  simulation_.run_for_ms(kTimes[steps_.below(std::size(kTimes))]);
}

void PeerSteps::submit() {
  if (submitted_.size() == kMostSubmitted) return;
  const auto through = steps_.below(kHonest);
  // Of the authors of honest nodes only: the liar may use up its own share.
  do {
    ++next_submitted_;
  } while (next_submitted_ % (kHonest + 1) == kLiar || next_submitted_ % 8 == 3);
  submitted_.emplace_back(through, next_submitted_);
  simulation_.submit(through, next_submitted_);
}

// One honest node loses its power and comes back at once.
void PeerSteps::crash() {
  const auto number = steps_.below(kHonest);
  auto& at = simulation_.node(number);
  at.on_refused = {};
  sides_[number].table->stop();
  sides_[number] = {};
  at.crash();
  simulation_.start(at);
  if (!at.is_up()) return;
  open_side(number);
  // What a client has not seen committed it submits again.
  for (const auto& [through, transaction] : submitted_) {
    if (through == number) simulation_.submit(number, transaction);
  }
}

void PeerSteps::change_hello() {
  greet(steps_.below(kHonest), speakers_[steps_.below(speakers_.size())]);
}

// The liar's own chain is heard by the others, or only what the input says for it.
void PeerSteps::toggle_liar() { liar_is_mute_ = !liar_is_mute_; }

void PeerSteps::speak() {
  const auto speaker = steps_.below(speakers_.size());
  for (auto left = 1 + steps_.below(4); left > 0; --left) {
    const auto frame = next_frame();
    const bool damaged = steps_.chance(16);
    const auto times = steps_.chance(6) ? 2 * kWaitingFrames : 1;
    // To one, or the same to all.
    const auto to = steps_.below(kHonest + 1);
    for (std::size_t number = 0; number < kHonest; ++number) {
      for (std::size_t i = 0; i < times && (to == number || to == kHonest); ++i)
        give(number, speaker, frame, damaged);
    }
  }
}

std::size_t PeerSteps::unreleased(Side& side, std::size_t speaker) const {
  auto& leases = side.leases[speaker];
  std::erase_if(leases, [](const auto& lease) { return lease.first.expired(); });
  std::size_t bytes = 0;
  for (const auto& lease : leases) bytes += lease.second;
  return bytes;
}

// As a session does: decoded, priced, leased, and nothing more is read while too much is not
// released.
void PeerSteps::give(std::size_t to, std::size_t speaker, const net::Frame& frame, bool damaged) {
  auto& side = sides_[to];
  const auto& origin = speakers_[speaker].origin;
  if (!side.table || !side.table->admission(origin.pin).ok()) return;
  if (unreleased(side, speaker) > kUnreleasedBytes) return;

  auto encoded = to_bytes(ByteView(*net::encode(frame)).subspan(4));
  if (damaged) steps_.damage(encoded);
  auto decoded = net::decode_wire(encoded);
  if (!decoded.ok()) return;  // a real link would end here and be made again
  std::visit(
      [&](auto& content) {
        if constexpr (std::is_constructible_v<net::Frame, decltype(content)>) {
          net::Frame given(std::move(content));
          const auto cost = net::cost_of(given);
          auto lease = std::make_shared<const int>(0);
          side.leases[speaker].emplace_back(lease, cost.bytes_kept);
          side.table->deliver(origin, std::move(given), cost, std::move(lease));
        }
      },
      *decoded);
}

net::Frame PeerSteps::next_frame() {
  switch (steps_.below(8)) {
    case 0:
    case 1: return some_transactions();
    case 2: return some_request();
    case 3: return some_response();
    case 4: return net::ConsensusMessage{to_bytes(steps_.bytes(steps_.below(64)))};
    default: {
      auto bytes = consensus::encode(some_message());
      if (steps_.chance(16)) steps_.damage(bytes);
      return net::ConsensusMessage{std::move(bytes)};
    }
  }
}

net::Transactions PeerSteps::some_transactions() {
  net::Transactions frame;
  for (auto left = 1 + steps_.below(6); left > 0; --left) {
    frame.transactions.push_back(one_transaction());
    if (steps_.chance(40)) steps_.damage(frame.transactions.back());
  }
  // The same ones many times over, or a great many that differ in one byte.
  if (steps_.chance(24)) {
    const auto first = frame.transactions.front();
    for (std::size_t i = 0; i < 200 && !first.empty(); ++i) {
      auto other = first;
      other[i % other.size()] ^= static_cast<std::uint8_t>(i);
      frame.transactions.push_back(std::move(other));
    }
  }
  return frame;
}

Bytes PeerSteps::one_transaction() {
  auto& institutions = simulation_.institutions();
  const auto now_ms = simulation_.node(0).clock.now_ms();
  const auto number = kHonest + (kHonest + 1) * steps_.below(kNumbers);
  static constexpr TransactionNumber kKinds[] = {0,           sim::kRival,   sim::kRevoke,
                                                 sim::kLarge, sim::kPublish, 0};
  const auto kind = kKinds[steps_.below(std::size(kKinds))];
  switch (steps_.below(8)) {
    case 0:
      if (!submitted_.empty()) {
        const auto honest = submitted_[steps_.below(submitted_.size())].second;
        return to_bytes(institutions.transaction(honest, now_ms)->encoded());
      }
      [[fallthrough]];
    case 1: return to_bytes(steps_.bytes(steps_.below(80)));
    case 2: {
      ledger::tx::StatementContent content;
      content.subject = institutions.at(steps_.below(institutions.size())).id;
      content.kind = ledger::tx::StatementKind::kDistrust;
      content.reason = ledger::tx::StatementReason::kQualityConcern;
      const auto author = steps_.chance(128) ? kLiar : kObserver;
      if (content.subject == institutions.at(author).id) return {};
      return to_bytes(institutions
                          .make(author, content, KeyPurpose::kGovern, steps_.below(kNumbers),
                                steps_.chance(32) ? steps_.near(now_ms) % (2 * now_ms) : now_ms)
                          ->encoded());
    }
    default:
      return to_bytes(
          institutions.transaction(kind | (kind == sim::kPublish ? kLiar : number), now_ms)
              ->encoded());
  }
}

net::BlockRequest PeerSteps::some_request() {
  const auto height = simulation_.node(0).is_up() ? simulation_.node(0).height().value : 0;
  return {Height{steps_.near(steps_.below(height + 1))},
          static_cast<std::uint32_t>(1 + steps_.below(net::kMaxBlocksPerRequest))};
}

// Real blocks, with what is proven of them exchanged or changed.
net::BlockResponse PeerSteps::some_response() {
  const auto& from = simulation_.node(0);
  net::BlockResponse response;
  const auto first = steps_.below(from.height().value + 1);
  response.first = Height{steps_.near(first)};
  response.highest = Height{steps_.near(from.height().value)};
  const auto state = from.state();
  for (std::uint64_t i = 0; i <= steps_.below(4); ++i) {
    net::Block block;
    const Height height{first + i};
    block.header = state->header(height).value_or(Bytes{});
    block.body = state->body(steps_.chance(32) ? Height{first} : height).value_or(Bytes{});
    block.certificate = state->certificate(height).value_or(Bytes{});
    if (steps_.chance(48)) {
      if (auto header = ledger::decode_header(block.header); header.ok())
        block.header = ledger::encode(changed(*header));
    }
    if (steps_.chance(32)) steps_.damage(block.body);
    if (steps_.chance(32)) steps_.damage(block.certificate);
    response.blocks.push_back(std::move(block));
  }
  return response;
}

consensus::Message PeerSteps::some_message() {
  if (heard_.empty() || steps_.chance(64)) return made_message();
  auto message = heard_message();
  if (auto* proposal = std::get_if<consensus::Proposal>(&message)) return changed(*proposal);
  if (auto* certificate = std::get_if<consensus::Certificate>(&message))
    return changed(*certificate);
  if (auto* vote = std::get_if<consensus::Vote>(&message)) {
    const auto seat = static_cast<std::uint8_t>(steps_.chance(32) ? steps_.u8() : kLiar);
    const auto& liar = simulation_.node(kLiar);
    if (liar.is_up() && !steps_.chance(48)) {
      return liar.signed_vote(changed(vote->statement), seat);
    }
    steps_.damage_fixed(vote->signature);
  }
  return message;
}

// Rather what was said last: what is settled says nothing any more.
consensus::Message PeerSteps::heard_message() {
  const auto newest = std::min<std::size_t>(heard_.size(), 1U << steps_.below(7));
  return heard_[heard_.size() - 1 - steps_.below(newest)];
}

consensus::Message PeerSteps::made_message() {
  const auto status = simulation_.node(steps_.below(kHonest)).status();
  const Epoch epoch{steps_.near(status.epoch.value)};
  const View view{steps_.near(status.view.value)};
  switch (steps_.below(7)) {
    case 0: return consensus::CertificateRequest{epoch, view, View{steps_.near(view.value)}};
    case 1: return consensus::BlockRequest{epoch, view, status.committed_block};
    case 2:
      return consensus::Presence{epoch, view, View{steps_.near(status.finalized_view.value)},
                                 Height{steps_.near(status.committed_height.value)}};
    case 3: {
      consensus::QuarantineQuery query{epoch, zero()};
      steps_.damage_fixed(query.nonce);
      return query;
    }
    case 4: return made_answer();
    case 5: return made_sealing();
    default: {
      const auto act = static_cast<Act>(2 + steps_.below(3));
      const bool nullify = act == Act::kNullify;
      const consensus::Statement statement{act, epoch, view,
                                           nullify ? View{} : View{steps_.near(view.value)},
                                           nullify ? BlockId{} : status.committed_block};
      return simulation_.node(kLiar).signed_vote(statement, kLiar);
    }
  }
}

consensus::Statement PeerSteps::changed(consensus::Statement statement) {
  statement.view = View{steps_.near(statement.view.value)};
  if (steps_.chance(24)) statement.epoch = Epoch{steps_.near(statement.epoch.value)};
  if (steps_.chance(48)) statement.act = static_cast<Act>(2 + steps_.below(3));
  if (statement.act == Act::kNullify) {
    statement.parent_view = {};
    statement.block = {};
  } else {
    statement.parent_view = View{steps_.near(statement.parent_view.value)};
    steps_.damage_fixed(statement.block);
  }
  return statement;
}

consensus::Certificate PeerSteps::changed(consensus::Certificate certificate) {
  if (steps_.chance(64)) certificate.statement = changed(certificate.statement);
  if (steps_.chance(32) && !certificate.signatures.empty())
    steps_.damage_fixed(certificate.signatures[steps_.below(certificate.signatures.size())]);
  // One signer more or less: what does not fit its signatures has no encoding.
  if (steps_.chance(32)) {
    certificate.signers ^= 1U << steps_.below(32);
    certificate.signatures.resize(static_cast<std::size_t>(std::popcount(certificate.signers)));
  }
  return certificate;
}

ledger::Header PeerSteps::changed(ledger::Header header) {
  header.time_ms = steps_.near(header.time_ms);
  header.height = Height{steps_.near(header.height.value)};
  header.view = View{steps_.near(header.view.value)};
  switch (steps_.below(12)) {
    case 0: header.epoch = Epoch{steps_.near(header.epoch.value)}; break;
    case 1: header.filler = !header.filler; break;
    case 2: header.next_validator_set = header.validator_set; break;
    case 3: header.roots.page_count = steps_.near(header.roots.page_count); break;
    case 4: header.roots.log_size = steps_.near(header.roots.log_size); break;
    case 5: header.protocol_version = steps_.u16(); break;
    case 6: steps_.damage_fixed(header.parent); break;
    case 7: steps_.damage_fixed(header.payload_digest); break;
    case 8: steps_.damage_fixed(header.proposer); break;
    default: break;
  }
  return header;
}

// The liar's own proposal: its view, its signature, and a header and body near those of another.
consensus::Proposal PeerSteps::changed(consensus::Proposal proposal) {
  const auto& liar = simulation_.node(kLiar);
  auto header = ledger::decode_header(*proposal.header);
  if (!header.ok() || !liar.is_up() || steps_.chance(48)) return proposal;
  if (steps_.chance(96)) {
    auto body = *proposal.body;
    if (steps_.chance(64)) {
      steps_.damage(body);
    } else {
      std::vector<Bytes> transactions;
      for (auto left = steps_.below(4); left > 0; --left) transactions.push_back(one_transaction());
      Encoder made;
      for (const auto& each : transactions) made.sized(each);
      body = made.take();
      const std::vector<ByteView> views(transactions.begin(), transactions.end());
      header->payload_digest = ledger::payload_digest(views);
    }
    proposal.body = std::make_shared<const Bytes>(std::move(body));
  }
  if (steps_.chance(128)) {
    const auto view = View{steps_.near(liar.status().view.value)};
    proposal.view = header->view = view;
    header->proposer = liar.id();
  }
  if (steps_.chance(64)) proposal.parent_view = View{steps_.near(proposal.parent_view.value)};
  if (steps_.chance(64)) *header = changed(*header);
  sim::sign_again(liar, proposal, *header);
  return proposal;
}

consensus::SealingFinality PeerSteps::made_sealing() {
  const auto& from = simulation_.node(0);
  consensus::SealingFinality sealing;
  auto header = from.head();
  if (steps_.chance(128)) header.next_validator_set = header.validator_set;
  sealing.epoch = Epoch{steps_.near(header.epoch.value)};
  sealing.header = std::make_shared<const Bytes>(ledger::encode(changed(header)));
  if (const auto stored = from.state()->certificate(from.height())) {
    if (auto proof = consensus::decode_finality_proof(*stored)) sealing.proof = *proof;
  }
  if (!sealing.proof.certificate)
    sealing.proof.certificate = std::make_shared<const consensus::Certificate>();
  if (steps_.chance(64)) sealing.proof.links.push_back(sealing.header);
  return sealing;
}

consensus::QuarantineAnswer PeerSteps::made_answer() {
  consensus::QuarantineAnswer answer;
  answer.epoch = Epoch{steps_.near(0)};
  for (const auto& message : heard_) {
    if (const auto* query = std::get_if<consensus::QuarantineQuery>(&message))
      answer.nonce = query->nonce;
    if (const auto* certificate = std::get_if<consensus::Certificate>(&message))
      answer.highest = *certificate;
    if (const auto* vote = std::get_if<consensus::Vote>(&message); vote && steps_.chance(32))
      answer.votes.push_back(*vote);
  }
  if (answer.highest && steps_.chance(64)) answer.highest = changed(*answer.highest);
  answer.holds_notarized_sealing = steps_.chance(64);
  answer.responder = steps_.chance(32) ? steps_.u8() : kLiar;
  answer.signature = simulation_.node(kLiar).sign(
      consensus::signing_digest(simulation_.institutions().genesis().chain, answer));
  return answer;
}

void PeerSteps::check() {
  if (simulation_.checker().violation()) throw LawBroken(*simulation_.checker().violation());
  for (std::size_t i = 0; i < kHonest; ++i) check_node(i);
}

void PeerSteps::check_node(std::size_t number) {
  const auto& at = simulation_.node(number);
  law(at.is_up(), "an honest node is down");
  const auto& pool = at.mempool();
  law(pool.size() <= kPool.transactions, "the mempool holds too many");
  law(pool.size_bytes() <= kPool.bytes, "the mempool holds too many bytes");

  const auto status = at.status();
  const auto& held = status.holdings;
  const auto open = status.view.value - std::min(status.finalized_view, status.view).value;
  const auto bound = consensus::holdings_bound(
      kHonest + 1, std::max<std::uint64_t>(open, consensus::kCalmUnfinalizedViews));
  law(held.views <= bound.views, "too many views are held");
  law(held.blocks <= bound.blocks, "too many blocks are held");
  law(held.block_bytes <= bound.block_bytes, "too many bytes of blocks are held");
  law(held.wanted <= bound.wanted, "too many blocks are wanted");
  law(held.votes <= bound.votes, "too many votes are held");
  law(held.claims <= bound.claims, "too many claims are held");

  auto& side = sides_[number];
  for (std::size_t i = 0; i < speakers_.size(); ++i) {
    // One frame may be read beyond it.
    law(unreleased(side, i) <= kUnreleasedBytes + 2 * net::kMaxFrameBytes + (1u << 20),
        "a node keeps more of one peer than it reads");
  }
  law(side.table->admission(speakers_.front().origin.pin).ok(), "a member is shut out");
}

// The hostile peers stop, and everything that honest nodes were given commits on all of them.
void PeerSteps::check_calm() {
  liar_is_mute_ = true;
  simulation_.calm();
  for (std::size_t i = 0; i < kHonest; ++i) {
    const auto probe = ++next_submitted_ * 8 * (kHonest + 1) + i;
    submitted_.emplace_back(i, probe);
    simulation_.submit(i, probe);
  }
  // And what anybody has told to be committed: a block may be on its way to the others.
  const auto all_have = [this] {
    for (std::size_t i = 0; i < kHonest; ++i) {
      const auto& at = simulation_.node(i);
      for (const auto& [through, number] : submitted_) {
        if (!at.is_committed(number)) return false;
      }
      for (const auto& id : simulation_.checker().acknowledged()) {
        if (!at.is_committed(id)) return false;
      }
    }
    return true;
  };
  const bool goes_on = simulation_.run_until(all_have, kPatienceMs);
  check();
  if (!goes_on) throw LawBroken("the chain does not go on:" + simulation_.where_everybody_is());

  // What came a moment ago may still be looked at.
  const auto all_released = [this] {
    for (auto& side : sides_) {
      for (std::size_t speaker = 0; speaker < speakers_.size(); ++speaker) {
        if (unreleased(side, speaker) != 0) return false;
      }
    }
    return true;
  };
  law(simulation_.run_until(all_released, kReleasedWithinMs), "what a peer sent is never released");
}

}  // namespace testamur::fuzz
