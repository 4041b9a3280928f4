#include "ledger/ledger_state.h"

namespace testamur::ledger {

LedgerState::LedgerState(Overlay& overlay, Height height, std::uint64_t time_ms)
    : overlay_(overlay),
      height_(height),
      time_ms_(time_ms),
      log_size_before_(Log{overlay}.size()),
      page_count_before_(Pages{overlay}.count()) {}

LogIndex LedgerState::append_log(std::uint16_t kind, const InstitutionId& author, const KeyId& key,
                                 const TransactionId& id) {
  return ledger::append_log(overlay_, {LogIndex{}, height_, time_ms_, kind, author, key, id});
}

bool LedgerState::issue_listed(const BatchOrigin& origin, std::span<const Commitment> commitments,
                               std::size_t max_intervals) {
  const IndexRun run{origin.first_index.value, commitments.size()};
  if (!reserve_indexes(overlay_, origin.issuer, run, max_intervals)) return false;
  append_listed(overlay_, origin, commitments);
  return true;
}

bool LedgerState::issue_anchored(const BatchOrigin& origin, std::uint64_t count,
                                 std::span<const Hash256> page_roots, std::size_t max_intervals) {
  if (!reserve_indexes(overlay_, origin.issuer, {origin.first_index.value, count}, max_intervals))
    return false;
  append_anchored(overlay_, origin, count, page_roots);
  return true;
}

BatchOrigin LedgerState::origin(const InstitutionId& issuer, const KeyId& key,
                                const AchievementId& achievement, IssuerIndex first_index) const {
  return {issuer, key, achievement, next_log_index(), height_, time_ms_, first_index};
}

void LedgerState::set_status(const StatusPlan& plan, LogIndex log_index, std::uint8_t reason) {
  apply_status(overlay_, plan, log_index, reason);
}

std::uint64_t LedgerState::put_record(const RecordName& name, Bytes body) {
  return ledger::put_record(overlay_, name, {height_, time_ms_, std::move(body)});
}

Roots LedgerState::seal() {
  hash_log(overlay_, log_size_before_);
  hash_pages(overlay_, page_count_before_);
  hash_registry(overlay_);
  return read_roots(overlay_);
}

Roots read_roots(const StateReader& state) {
  const Log log{state};
  const Pages pages{state};
  Roots roots;
  roots.log_size = log.size();
  roots.log_root = log.root(roots.log_size);
  roots.page_count = pages.count();
  roots.page_root = pages.root();
  roots.registry_root = Registry{state}.root();
  return roots;
}

}  // namespace testamur::ledger
