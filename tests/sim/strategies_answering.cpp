// What members forward, answer, claim and ask for.
#include "consensus/values/codec.h"
#include "tests/sim/adversary.h"
#include "tests/sim/strategies.h"

namespace testamur::sim {

using consensus::Act;
using consensus::Message;
using consensus::Proposal;
namespace net = node::net;

namespace {

// Everybody's proposal is passed on with another body: at once, and then so that a junk copy is
// just being looked at when the true one comes.
bool forward_junk(ColludingNode& self, std::size_t, const Message& message) {
  const auto* proposal = std::get_if<Proposal>(&message);
  if (proposal == nullptr) return true;
  auto junk = *proposal;
  junk.body = junk_body(self);
  auto& adversary = self.adversary();
  adversary.count_lie();
  self.say_to_honest(junk);
  constexpr std::uint64_t kCopies = 8;
  for (std::uint64_t i = 0; i < kCopies; ++i) {
    const std::uint64_t early_us = adversary.delta_us() / 15 * (kCopies - i) / kCopies;
    for (const std::size_t to : adversary.honest())
      self.say_later(adversary.delta_us() - early_us, to, junk);
  }
  return true;
}

void answer_junk(ColludingNode& self, std::size_t to, const Message& message) {
  const auto* proposal = std::get_if<Proposal>(&message);
  if (proposal == nullptr) return self.say(to, message);
  auto junk = *proposal;
  junk.body = junk_body(self);
  self.say(to, junk);
}

// A chain of blocks that never were, of views so far ahead that nothing finishes them. Its end is
// shown; whoever asks for the parents is given them.
void invent_chain(ColludingNode& self) {
  auto& adversary = self.adversary();
  if (adversary.heard().empty() || !self.random().chance(250)) return;
  const auto [tip_view, tip_leader] = adversary.next_led(self, self.status().view);
  if (tip_leader == nullptr) return;
  auto& inventions = adversary.inventions();
  if (inventions.size() > 2'000) inventions.clear();
  auto header = self.head();
  const auto body = junk_body(self, 1365);
  const std::size_t n = adversary.seats(self).numbers.size();
  Proposal last;
  constexpr std::size_t kLength = 24;
  for (std::size_t i = 0; i <= kLength; ++i) {
    const bool tip = i == kLength;
    const View far =
        tip ? tip_view : View{tip_view.value + n * (100 + i + self.random().below(1000) * kLength)};
    header.parent = i == 0 ? BlockId{} : node::header_facts(*last.header).id;
    header.view = far;
    header.height = header.height.next();
    header.proposer = tip_leader->id();
    header.payload_digest.bytes[i % 32] ^= static_cast<std::uint8_t>(1 + self.random().below(255));
    Proposal next;
    next.epoch = self.engine_epoch();
    header.epoch = next.epoch;
    next.view = far;
    next.parent_view = View{tip ? tip_view.value - 1 : far.value - 1};
    next.body = body;
    last = adversary.signed_proposal(*tip_leader, std::move(next), header);
    inventions[node::header_facts(*last.header).id] = last;
  }
  adversary.count_lie();
  self.say_to_honest(last);
}

bool give_inventions(ColludingNode& self, std::size_t from, const Message& message) {
  const auto* request = std::get_if<consensus::BlockRequest>(&message);
  if (request == nullptr) return true;
  const auto found = self.adversary().inventions().find(request->block);
  if (found == self.adversary().inventions().end()) return true;
  self.say(from, found->second);
  return false;
}

// --- Answers.

Message other_than(ColludingNode& self, const Message& truth) {
  if (const auto* proposal = std::get_if<Proposal>(&truth)) {
    auto other = *proposal;
    if (self.random().chance(500)) {
      other.body = junk_body(self, self.random().below(64));
    } else {
      other.parent_view = View{self.random().below(other.view.value)};
    }
    return other;
  }
  if (const auto* certificate = std::get_if<consensus::Certificate>(&truth)) {
    auto other = *certificate;
    switch (self.random().below(4)) {
      case 0: other.statement.view = other.statement.view + self.random().between(1, 1000); break;
      case 1: other.statement.act = Act::kFinalize; break;
      case 2: other.statement.block.bytes[7] ^= 1; break;
      default: other.signatures.back().bytes[3] ^= 1; break;
    }
    return other;
  }
  if (const auto* sealing = std::get_if<consensus::SealingFinality>(&truth)) {
    auto other = *sealing;
    Bytes header = *sealing->header;
    header[header.size() / 2] ^= 1;
    other.header = std::make_shared<const Bytes>(std::move(header));
    return other;
  }
  return truth;
}

void answer_falsely(ColludingNode& self, std::size_t to, const Message& message) {
  self.adversary().count_lie();
  self.say(to, other_than(self, message));
}

// Whatever is asked for is answered with something else before the truth could come.
bool answer_something_else(ColludingNode& self, std::size_t from, const Message& message) {
  const bool asks = std::holds_alternative<consensus::BlockRequest>(message) ||
                    std::holds_alternative<consensus::CertificateRequest>(message);
  if (!asks) return true;
  const Message* old = self.adversary().something_old(self.random());
  if (old != nullptr) self.say(from, other_than(self, *old));
  self.adversary().count_lie();
  return self.random().chance(500);
}

// Signed by its member, as an answer must be.
void say_answer(ColludingNode& self, std::size_t to, consensus::QuarantineAnswer answer) {
  answer.signature =
      self.sign(consensus::signing_digest(self.settings().institutions->genesis().chain, answer));
  self.say(to, answer);
}

bool lie_in_quarantine(ColludingNode& self, std::size_t from, const Message& message) {
  const auto* query = std::get_if<consensus::QuarantineQuery>(&message);
  if (query == nullptr) return true;
  self.adversary().count_lie();
  consensus::QuarantineAnswer answer{.epoch = query->epoch, .nonce = query->nonce};
  answer.responder = self.adversary().seats(self).index_of(self.number()).value_or(0);
  if (self.random().chance(500)) {
    answer.holds_notarized_sealing = true;
  } else {
    answer.epoch = query->epoch.next();
  }
  for (const auto& heard : self.adversary().heard()) {
    const auto* certificate = std::get_if<consensus::Certificate>(&heard);
    if (certificate && certificate->statement.epoch == answer.epoch) answer.highest = *certificate;
  }
  say_answer(self, from, std::move(answer));
  return false;
}

void lie_in_answer(ColludingNode& self, std::size_t to, const Message& message) {
  const auto* answer = std::get_if<consensus::QuarantineAnswer>(&message);
  if (answer == nullptr) return self.say(to, message);
  auto other = *answer;
  other.holds_notarized_sealing = true;
  say_answer(self, to, std::move(other));
}

// It is everywhere at once: far ahead, far behind, in another epoch.
void claim_anything(ColludingNode& self) {
  for (const std::size_t to : self.adversary().honest()) {
    consensus::Presence presence{self.engine_epoch(), self.status().view, self.head().view,
                                 self.head().height};
    switch (self.random().below(4)) {
      case 0: presence.finalized_height = Height{std::uint64_t{1} << 60}; break;
      case 1: presence.view = presence.finalized_view = View{std::uint64_t{1} << 60}; break;
      case 2: presence.epoch = Epoch{std::uint64_t{1} << 40}; break;
      default: presence = {}; break;
    }
    self.say(to, presence);
  }
  self.adversary().count_lie();
}

// --- Floods.

void flood_requests(ColludingNode& self) {
  auto& adversary = self.adversary();
  const auto epoch = self.engine_epoch();
  const auto view = self.status().view;
  Hash256 nonce;
  for (auto& byte : nonce.bytes) byte = static_cast<std::uint8_t>(self.random().next());
  BlockId last = ledger::block_id(self.head());
  for (const std::size_t to : adversary.honest()) {
    for (int i = 0; i < 8; ++i) {
      self.say(to, consensus::BlockRequest{epoch, view, last});
      self.say(to, consensus::CertificateRequest{epoch, View{1}, View{~std::uint64_t{0} >> 1}});
      self.say(to, consensus::CertificateRequest{epoch, View{view.value > 60 ? view.value - 60 : 1},
                                                 view});
      self.say(to, consensus::QuarantineQuery{epoch, nonce});
    }
    self.say_frame(to, net::BlockRequest{Height{1}, net::kMaxBlocksPerRequest});
  }
  adversary.count_lie();
}

// --- Old things, and other people's.

void replay(ColludingNode& self) {
  for (int i = 0; i < 8; ++i) {
    const Message* old = self.adversary().something_old(self.random());
    if (old == nullptr) return;
    const auto& honest = self.adversary().honest();
    self.say(honest[self.random().below(honest.size())], *old);
  }
  self.adversary().count_lie();
}

Message changed(ColludingNode& self, const Message& message) {
  if (const auto* vote = std::get_if<consensus::Vote>(&message)) {
    auto other = *vote;
    switch (self.random().below(3)) {
      case 0: other.voter = static_cast<std::uint8_t>((other.voter + 1) % 32); break;
      case 1: other.statement.view = other.statement.view.next(); break;
      default: other.statement.block.bytes[0] ^= 1; break;
    }
    return other;
  }
  return other_than(self, message);
}

bool forward_changed(ColludingNode& self, std::size_t, const Message& message) {
  if (!self.random().chance(300)) return true;
  self.adversary().count_lie();
  const auto& honest = self.adversary().honest();
  for (int i = 0; i < 2; ++i)
    self.say(honest[self.random().below(honest.size())], changed(self, message));
  return true;
}

void answer_slowly(ColludingNode& self, std::size_t to, const Message& message) {
  self.adversary().count_lie();
  self.say_later(self.random().between(500'000, 4'000'000), to, message);
}

// Blocks by height: says that it has far more, and gives nothing, or somebody else's.
bool lie_in_catch_up(ColludingNode& self, std::size_t to, const net::WireFrame& frame) {
  const auto* response = std::get_if<net::BlockResponse>(&frame);
  if (response == nullptr) return true;
  self.adversary().count_lie();
  auto other = *response;
  other.highest = Height{std::uint64_t{1} << 60};
  switch (self.random().below(3)) {
    case 0: other.blocks.clear(); break;
    case 1:
      for (auto& block : other.blocks) block.body.assign(64, 7);
      break;
    default: return false;
  }
  self.say_frame(to, other);
  return false;
}

// Blocks by height: the truth, one block an answer, just before the asker would ask somebody else.
// While it claims a height that nobody has, those who have nothing to show fail in the asker's
// eyes, and this member never does.
bool drip_blocks(ColludingNode& self, std::size_t to, const net::WireFrame& frame) {
  const auto* response = std::get_if<net::BlockResponse>(&frame);
  if (response == nullptr) return true;
  self.adversary().count_lie();
  self.answer_later(1'900'000 - self.adversary().delta_us(), to, response->first);
  return false;
}

void claim_a_height(ColludingNode& self) {
  const consensus::Presence presence{self.engine_epoch(), self.status().view, self.head().view,
                                     Height{std::uint64_t{1} << 60}};
  self.say_to_honest(presence);
}

}  // namespace

std::vector<Strategy> answering_strategies() {
  return {
      {"junk-forwarder",
       "passes everybody's proposals on with junk bodies",
       {},
       answer_junk,
       forward_junk},
      {"invented-parents",
       "shows blocks whose parents it invents when asked",
       {},
       {},
       give_inventions,
       {},
       invent_chain},
      {"false-answers",
       "answers every request with something false",
       {},
       answer_falsely,
       answer_something_else},
      {"lies-in-quarantine",
       "claims a sealing block or a later epoch to restored nodes",
       {},
       lie_in_answer,
       lie_in_quarantine},
      {"false-presence", "claims heights, views and epochs", {}, {}, {}, {}, claim_anything},
      {"lies-in-catch-up",
       "claims blocks that it does not give",
       {},
       {},
       {},
       lie_in_catch_up,
       claim_anything},
      {"drips-catch-up",
       "gives blocks one by one, as slowly as is borne",
       {},
       {},
       {},
       drip_blocks,
       claim_a_height},
      {"floods-requests",
       "asks for everything, hundreds of times a second",
       {},
       {},
       {},
       {},
       flood_requests},
      {"replays", "repeats old messages, its own and others'", {}, {}, {}, {}, replay},
      {"changed-forwards", "passes others' messages on, changed", {}, {}, forward_changed},
      {"answers-slowly", "answers after up to four seconds", {}, answer_slowly},
  };
}

}  // namespace testamur::sim
