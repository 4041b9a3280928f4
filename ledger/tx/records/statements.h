// What institutions say of each other: recognition and accreditation. records/record.h says what
// records are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/result.h"
#include "ledger/state.h"
#include "ledger/tx/content.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger::tx {

struct StatementRecord {
  RecordPlace at;
  Cause cause;
  TransactionId id;  // of the statement = its transaction
  InstitutionId truster;
  StatementContent content;  // names its subject, kind, slot, scope and interval
};
Bytes encode(const StatementRecord& record);
Result<StatementRecord> decode_statement(const InstitutionId& truster, const InstitutionId& subject,
                                         const RecordPlace& at, ByteView body);

// All that `truster` has said of `subject`, in ledger order.
std::vector<StatementRecord> statements_between(const StateReader& state,
                                                const InstitutionId& truster,
                                                const InstitutionId& subject);
std::optional<StatementRecord> read_statement(const StateReader& state, const TransactionId& id);

// In ledger order, by ordinal from 0.
std::uint64_t statement_count(const StateReader& state);
StatementRecord statement_at_ordinal(const StateReader& state, std::uint64_t ordinal);

}  // namespace testamur::ledger::tx
