#include "tests/sim/network.h"

namespace testamur::sim {

void Network::cut(std::size_t from, std::size_t to, bool cut) {
  if (cut) {
    cuts_.insert({from, to});
  } else {
    cuts_.erase({from, to});
  }
}

std::uint64_t Network::delay(const Packet& packet) {
  std::uint64_t delay =
      weather_.delay_us + random_.below(weather_.jitter_us + 1) + packet.bytes->size() * weather_.us_per_byte;
  if (random_.chance(weather_.tail_per_mille)) delay *= random_.between(2, 200);
  return delay;
}

void Network::deliver_later(const Packet& packet) {
  timeline_.after(delay(packet), [this, packet] {
    if (!cuts_.contains({packet.from, packet.to})) deliver_(packet);
  });
}

void Network::send(Packet packet) {
  ++sent_;
  if (cuts_.contains({packet.from, packet.to}) || (filter_ && !filter_(packet))) return;
  if (random_.chance(weather_.loss_per_mille)) return;
  // (Transactions of the toy ledger are not signed: a changed one would be another valid one.)
  const bool signed_content = packet.channel != Channel::kTransactions && !packet.bytes->empty();
  if (random_.chance(weather_.corrupt_per_mille) && signed_content) {
    Bytes changed = *packet.bytes;
    changed[random_.below(changed.size())] ^= static_cast<std::uint8_t>(random_.between(1, 255));
    packet.bytes = std::make_shared<const Bytes>(std::move(changed));
  }
  deliver_later(packet);
  if (random_.chance(weather_.duplicate_per_mille)) deliver_later(packet);
}

}  // namespace testamur::sim
