#include "ledger/tx/records/record.h"

#include "ledger/tx/records/tables.h"

namespace testamur::ledger::tx {

Bytes registry_id(const InstitutionId& institution) { return to_bytes(institution.view()); }
Bytes registry_id(const KeyId& key) { return to_bytes(key.view()); }
Bytes registry_id(const AchievementId& achievement) {
  return Encoder()
      .fixed(achievement.institution)
      .u32(achievement.number)
      .u16(achievement.version)
      .take();
}
Bytes registry_id(const InstitutionId& truster, const InstitutionId& subject) {
  return Encoder().fixed(truster).fixed(subject).take();
}
Bytes registry_id_of_parameters() { return {0}; }
Bytes registry_id_of_validators() { return {0}; }
Bytes registry_id_of_protocol() { return {0}; }
Bytes registry_id_of_predecessors() { return {0}; }

std::uint64_t registry_change_count(const StateReader& state) {
  return list_size(state, kChangeList);
}
RegistryChange registry_change_at_ordinal(const StateReader& state, std::uint64_t ordinal) {
  const auto entry = list_entry(state, kChangeList, ordinal);
  Decoder in(entry);
  RegistryChange change;
  change.kind = static_cast<RegistryKind>(in.u16());
  change.institution = in.fixed<InstitutionId>();
  change.key = in.fixed<KeyId>();
  change.seq = in.u64();
  return change;
}

}  // namespace testamur::ledger::tx
