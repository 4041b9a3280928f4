#include "node/chain/validator_sets.h"

#include <algorithm>

#include "common/check.h"
#include "consensus/values/codec.h"
#include "ledger/registry.h"
#include "ledger/tx/records/record.h"

namespace testamur::node {

namespace {

ledger::RecordName record_name() {
  return {static_cast<std::uint16_t>(ledger::tx::RegistryKind::kValidators),
          ledger::tx::registry_id_of_validators()};
}

bool holds(const ledger::CertifyingSet& set, const consensus::ConsensusKey& key) {
  return std::any_of(set.members().begin(), set.members().end(),
                     [&key](const auto& member) { return member.key.bytes == key.bytes; });
}

}  // namespace

std::optional<Height> sealing_height(const ledger::StateReader& state, Epoch epoch) {
  auto record = ledger::Registry(state).record(record_name(), epoch.value + 2);
  if (!record) return std::nullopt;
  return record->from_height;
}

std::optional<consensus::SealingFinality> end_of_epoch(const Snapshot& state, Epoch epoch) {
  auto height = sealing_height(state, epoch);
  auto header = height ? state.header(*height) : std::nullopt;
  auto certificate = header ? state.certificate(*height) : std::nullopt;
  auto proof = certificate ? consensus::decode_finality_proof(*certificate) : std::nullopt;
  if (!proof || !proof->certificate) return std::nullopt;
  return consensus::SealingFinality{epoch, std::make_shared<const Bytes>(std::move(*header)),
                                    std::move(*proof)};
}

std::optional<ledger::SetChange> set_change(const Snapshot& state, Epoch epoch) {
  auto next = ledger::validators_of_epoch(state, epoch.next());
  auto height = sealing_height(state, epoch);
  if (!next || !height) return std::nullopt;
  auto header = state.header(*height);
  auto certificate = state.certificate(*height);
  if (!header || !certificate) return std::nullopt;
  // The bytes of both formats are the same: docs/formats/certificate-proof.md.
  Bytes joined = *header;
  joined.insert(joined.end(), certificate->begin(), certificate->end());
  auto checkpoint = ledger::decode_checkpoint(joined);
  if (!checkpoint.ok()) return std::nullopt;
  return ledger::SetChange{std::move(*checkpoint), std::move(*next)};
}

consensus::ValidatorSet to_validator_set(const ledger::CertifyingSet& set) {
  std::vector<consensus::Validator> validators;
  for (const auto& member : set.members()) {
    validators.push_back({member.institution, *consensus::ConsensusKey::from(member.key.view())});
  }
  auto made = consensus::ValidatorSet::make(std::move(validators));
  TM_CHECK(made.ok(), "a recorded validator set is none:", made.message());
  TM_CHECK(made->digest() == set.digest(), "two digests of one validator set");
  return *made;
}

bool certified_before(const ledger::StateReader& state, const consensus::ConsensusKey& key) {
  auto newest = ledger::read_epoch(state);
  for (Epoch epoch; epoch < newest; epoch = epoch.next()) {
    if (auto set = ledger::validators_of_epoch(state, epoch); set && holds(*set, key)) return true;
  }
  return false;
}

}  // namespace testamur::node
