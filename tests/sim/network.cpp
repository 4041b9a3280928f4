#include "tests/sim/network.h"

#include "consensus/values/codec.h"
#include "node/net/wire.h"

namespace testamur::sim {

namespace net = node::net;

namespace {

std::optional<net::WireFrame> frame_in(const Packet& packet) {
  auto frame = net::decode_wire(ByteView(*packet.bytes).subspan(4));
  if (!frame.ok()) return std::nullopt;
  return std::move(frame).value();
}

}  // namespace

std::optional<consensus::Message> message_in(const Packet& packet) {
  const auto frame = frame_in(packet);
  const auto* message = frame ? std::get_if<net::ConsensusMessage>(&*frame) : nullptr;
  return message == nullptr ? std::nullopt : consensus::decode_message(message->bytes);
}

std::optional<consensus::Vote> vote_in(const Packet& packet) {
  const auto message = message_in(packet);
  if (!message || !std::holds_alternative<consensus::Vote>(*message)) return std::nullopt;
  return std::get<consensus::Vote>(*message);
}

bool is_about(const Packet& packet, consensus::Act act) {
  const auto message = message_in(packet);
  if (!message) return false;
  if (const auto* vote = std::get_if<consensus::Vote>(&*message)) return vote->statement.act == act;
  const auto* certificate = std::get_if<consensus::Certificate>(&*message);
  return certificate != nullptr && certificate->statement.act == act;
}

bool is_proposal(const Packet& packet) {
  const auto message = message_in(packet);
  return message && std::holds_alternative<consensus::Proposal>(*message);
}

bool is_transactions(const Packet& packet) {
  const auto frame = frame_in(packet);
  return frame && std::holds_alternative<net::Transactions>(*frame);
}

bool is_catch_up(const Packet& packet) {
  const auto frame = frame_in(packet);
  return frame && (std::holds_alternative<net::BlockRequest>(*frame) ||
                   std::holds_alternative<net::BlockResponse>(*frame));
}

void Network::cut(std::size_t from, std::size_t to, bool cut) {
  if (cut) {
    cuts_.insert({from, to});
  } else {
    cuts_.erase({from, to});
  }
}

std::uint64_t Network::delay(const Packet& packet) {
  std::uint64_t delay = weather_.delay_us + random_.below(weather_.jitter_us + 1) +
                        packet.bytes->size() * weather_.us_per_byte;
  if (random_.chance(weather_.tail_per_mille)) {
    marks_.hit("a packet is late");
    delay *= random_.between(2, 200);
  }
  return delay;
}

void Network::deliver_later(const Packet& packet, std::uint64_t delay_us) {
  timeline_.after(delay_us, [this, packet] {
    if (!cuts_.contains({packet.from, packet.to})) deliver_(packet);
  });
}

void Network::send(Packet packet) {
  ++sent_;
  if (cuts_.contains({packet.from, packet.to}) || (filter_ && !filter_(packet))) return;
  if (schedule_) {
    const auto delay_us = schedule_(packet);
    if (delay_us) deliver_later(packet, *delay_us);
    return;
  }
  if (random_.chance(weather_.loss_per_mille)) return marks_.hit("a packet is lost");
  if (random_.chance(weather_.corrupt_per_mille) && !packet.bytes->empty()) {
    marks_.hit("a packet is changed");
    Bytes changed = *packet.bytes;
    changed[random_.below(changed.size())] ^= static_cast<std::uint8_t>(random_.between(1, 255));
    packet.bytes = std::make_shared<const Bytes>(std::move(changed));
  }
  deliver_later(packet, delay(packet));
  if (!random_.chance(weather_.duplicate_per_mille)) return;
  marks_.hit("a packet comes twice");
  deliver_later(packet, delay(packet));
}

}  // namespace testamur::sim
