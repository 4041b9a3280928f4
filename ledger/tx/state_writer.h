// What a kind may do while a block is executed: the writes of one transaction. Private to ledger/.
//
// A writer notes which privileges were used, so that after each transaction they can be compared
// with those that the kind declares (kinds.h). One thread at a time.
#pragma once

#include <cstdint>
#include <span>

#include "common/ids.h"
#include "ledger/ledger_state.h"
#include "ledger/tx/kinds.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/publications.h"
#include "ledger/tx/records/record.h"
#include "ledger/tx/state_view.h"

namespace testamur::ledger::tx {

// The writes of one transaction.
class StateWriter {
 public:
  StateWriter(LedgerState& ledger, RecordCache& cache, const Cause& cause,
              const InstitutionId& author)
      : ledger_(ledger), cache_(cache), cause_(cause), author_(author) {}

  const Cause& cause() const { return cause_; }
  const InstitutionId& author() const { return author_; }
  const StateReader& state() const { return ledger_.overlay(); }
  std::uint64_t time_ms() const { return ledger_.time_ms(); }

  // Each of these writes what its name says together with the rows that follow from it (lists,
  // indexes, counts, identifiers), and notes the privilege that it used. Records name the writer's
  // cause.
  void put_institution(InstitutionRecord record);
  void set_standing(const InstitutionId& institution, Standing standing);
  // Precondition: the key was never registered.
  void add_key(const InstitutionId& institution, KeyPurpose purpose, const PublicKey& key);
  void retire_key(const KeyRecord& added, std::uint64_t compromised_since_ms);
  void put_achievement(const AchievementId& id, AchievementEvent event, ByteView published);
  // Appends the statement and what counts it.
  void put_statement(const StatementContent& content);
  void issue_listed(const AchievementId& achievement, IssuerIndex first_index,
                    std::span<const Commitment> commitments);
  void issue_anchored(const AchievementId& achievement, IssuerIndex first_index,
                      std::uint64_t count, std::span<const Hash256> page_roots);
  void set_status(const StatusPlan& plan, StatusReason reason);
  // The author agrees to it.
  void put_consent(const SuccessionContent& content);
  // It takes effect: a record under each party, and predecessors that it closes are closed.
  void put_succession(const SuccessionContent& content);
  void put_policy(const PolicyContent& content);
  void put_rule(const RuleContent& content);
  // One more among the author's statement changes of the day.
  void count_change();
  // A record of a kind that has no method of its own here. Returns its sequence number.
  std::uint64_t put_record(Privilege privilege, RegistryKind kind, Bytes id, Bytes body);
  // For derived rows that follow from such records.
  Overlay& tables() { return ledger_.overlay(); }

  Privilege used() const { return used_; }

 private:
  std::uint64_t put(RegistryKind kind, Bytes id, Bytes body);
  void follow_change(RegistryKind kind, const InstitutionId& institution, const KeyId& key,
                     std::uint64_t seq);
  BatchOrigin begin_issue(const AchievementId& achievement, IssuerIndex first_index);
  void count_statement(const StatementContent& content);

  LedgerState& ledger_;
  RecordCache& cache_;
  Cause cause_;
  InstitutionId author_;
  Privilege used_ = Privilege::kNone;
};

}  // namespace testamur::ledger::tx
