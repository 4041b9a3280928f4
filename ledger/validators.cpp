#include "ledger/validators.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger {

namespace {

RecordName entry_name() {
  return {static_cast<std::uint16_t>(tx::RegistryKind::kValidators),
          tx::registry_id_of_validators()};
}

std::uint64_t last_seq(const StateReader& state) {
  const auto head = Registry(state).head(entry_name());
  TM_CHECK(head, "a state without a validator set was not begun by a genesis");
  return head->last;
}

CertifyingSet read_set(const StateReader& state, std::uint64_t seq) {
  const auto record = Registry(state).record(entry_name(), seq);
  TM_CHECK(record, "the registry head of the validator sets names a record that is not there");
  auto set = CertifyingSet::decode(record->body);
  TM_CHECK(set.ok(), "a validator set in the registry is damaged:", set.message());
  return std::move(set).value();
}

}  // namespace

CertifyingSet read_validators(const StateReader& state) { return read_set(state, last_seq(state)); }

Epoch read_epoch(const StateReader& state) { return Epoch{last_seq(state) - 1}; }

std::optional<CertifyingSet> validators_of_epoch(const StateReader& state, Epoch epoch) {
  if (epoch > read_epoch(state)) return std::nullopt;
  return read_set(state, epoch.value + 1);
}

KeyId consensus_key_id(const CertifyingSet::Member& member) {
  return key_id(KeyPurpose::kConsensus, {SignatureAlgorithm::kBip340, to_bytes(member.key.view())});
}

std::optional<KeyId> seat_of(const StateReader& state, const InstitutionId& institution) {
  const auto set = read_validators(state);
  const auto found =
      std::ranges::find(set.members(), institution, &CertifyingSet::Member::institution);
  if (found == set.members().end()) return std::nullopt;
  return consensus_key_id(*found);
}

}  // namespace testamur::ledger
