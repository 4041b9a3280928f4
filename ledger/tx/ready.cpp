#include "ledger/tx/ready.h"

#include "common/check.h"
#include "ledger/recent_blocks.h"
#include "ledger/tx/content.h"
#include "ledger/tx/governance_codec.h"
#include "ledger/tx/governance_records.h"

namespace testamur::ledger::tx::ready {

namespace {

ReadyContent ready_of(const Transaction& transaction) {
  ReadyContent content;
  const auto form = read(transaction.message().ready(), content);
  TM_CHECK(!form, "a decoded ready lost its form");
  return content;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  ReadyContent content;
  return within("ready", read(body.ready(), content));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto content = ready_of(transaction);
  if (transaction.signatures().front().key != content.consensus_key) {
    return Rejection{
        RejectionCode::kReadyKey, "ready.consensus_key_id", to_text(content.consensus_key), {}};
  }
  const auto known = read_recent_block(view.state, content.checkpoint_height);
  const auto height = std::to_string(content.checkpoint_height.value);
  // The block that is being executed has no id yet.
  if (!known || known->id.is_zero() || known->id != content.checkpoint) {
    return Rejection{
        RejectionCode::kCheckpointUnknown, "ready.checkpoint_id", "height " + height, {}};
  }
  const auto age_ms = view.time_ms - known->time_ms;
  const auto limit_ms = view.limit(Parameter::kReadyCheckpointAgeMs);
  if (age_ms > limit_ms) {
    return Rejection{RejectionCode::kCheckpointOld,
                     "ready.checkpoint_height",
                     std::to_string(age_ms) + " ms old, at most " + std::to_string(limit_ms),
                     {}};
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  ReadyRecord record;
  record.cause = writer.cause();
  record.institution = writer.author();
  record.content = ready_of(transaction);
  const auto& key = record.content.consensus_key;
  const auto seq =
      writer.put_record(Privilege::kReady, RegistryKind::kReady, registry_id(key), encode(record));
  writer.tables().put(kReadyIds, transaction.id().view(), Encoder().fixed(key).u64(seq).take());
}

}  // namespace testamur::ledger::tx::ready
