#include "ledger/proofs/light.h"

namespace testamur::ledger {

void encode(Encoder& out, const SetChange& change) {
  encode(out, change.sealing);
  out.raw(change.next.encode());
}

std::optional<SetChange> decode_set_change(Decoder& in) {
  auto sealing = decode_checkpoint(in);
  auto next = decode_certifying_set(in);
  if (!in.ok() || !next) return std::nullopt;
  return SetChange{std::move(sealing), std::move(*next)};
}

LightClient::LightClient(const ChainId& chain, Epoch epoch, CertifyingSet set) : chain_(chain) {
  sets_.emplace(epoch, std::move(set));
}

Status LightClient::follow(const SetChange& change) {
  const auto& header = change.sealing.header;
  if (!header.seals_epoch()) return error("set change: the block seals no epoch");
  if (header.next_validator_set != change.next.digest()) {
    return error("set change: the sealing block commits another set");
  }
  TM_TRY_STATUS(verify(change.sealing));
  const auto [known, added] = sets_.emplace(header.epoch.next(), change.next);
  if (!added && known->second.digest() != change.next.digest()) {
    return error("set change: epoch " + std::to_string(header.epoch.value) +
                 " was sealed with two different sets");
  }
  return {};
}

Status LightClient::verify(const Checkpoint& checkpoint) const {
  const auto set = sets_.find(checkpoint.header.epoch);
  if (set == sets_.end()) {
    return error("checkpoint: of epoch " + std::to_string(checkpoint.header.epoch.value) +
                 ", whose validators are not known here (known: " +
                 std::to_string(sets_.begin()->first.value) + " to " +
                 std::to_string(sets_.rbegin()->first.value) + ")");
  }
  return verify_checkpoint(chain_, set->second, checkpoint);
}

}  // namespace testamur::ledger
