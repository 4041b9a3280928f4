// Readers of successions: what an institution agreed to, and what took effect with it as a party.
//
// Registry kind 7, under the id of every party, so that one history proof shows all successions of
// an institution, or that there was none (docs/formats/kinds.md). Pure; any thread that may read
// the given state.
#pragma once

#include <optional>
#include <vector>

#include "ledger/tx/content.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger::tx {

enum class SuccessionEvent : std::uint8_t { kConsent = 1, kEffective = 2 };
struct SuccessionRecord {
  RecordPlace at;
  Cause cause;
  InstitutionId institution;  // under whose id it stands
  SuccessionEvent event = SuccessionEvent::kConsent;
  SuccessionContent content;
};

Bytes encode(const SuccessionRecord& record);
Result<SuccessionRecord> decode_succession(const InstitutionId& institution, const RecordPlace& at,
                                           ByteView body);
// The canonical bytes of a succession, as records carry them.
Bytes encode(const SuccessionContent& content);

// Oldest first.
std::vector<SuccessionRecord> successions_of(const StateReader& state,
                                             const InstitutionId& institution);
// The record of that number. Precondition: there is one.
SuccessionRecord succession_record(const StateReader& state, const InstitutionId& institution,
                                   std::uint64_t seq);
// Header time of the block in which the party agreed to exactly this, while it is not in effect.
std::optional<std::uint64_t> read_consent(const StateReader& state,
                                          const SuccessionContent& content,
                                          const InstitutionId& party);

}  // namespace testamur::ledger::tx
