#include "wallet/client/decode.h"
#include "wallet/client/decode_parts.h"

namespace testamur::wallet {

using namespace parts;

StatusAnswer decode(const v1::GetStatusResponse& answer) {
  StatusAnswer status;
  status.chain = id_of<ChainId>(answer.chain_id());
  for (const auto& continued : answer.continues()) {
    if (const auto chain = id_of<ChainId>(continued.chain_id())) status.continues.push_back(*chain);
  }
  status.institution = party_from(answer.institution());
  status.as_of = as_of_from(answer.has_as_of(), answer.as_of());

  status.role = word(answer.role(), *v1::NodeRole_descriptor());
  status.software_version = answer.software_version();
  status.protocol_version = answer.protocol_version();
  const auto& consensus = answer.consensus();
  status.epoch = consensus.epoch();
  status.view = consensus.view();
  status.validators = consensus.validators();
  status.quorum = consensus.quorum();
  status.reachable = consensus.reachable();
  status.log_size = answer.log_size();
  status.commitments = answer.commitments();
  status.waiting = answer.pool().transactions();
  for (const auto& peer : answer.peers()) {
    std::optional<Height> height;
    if (peer.has_finalized_height()) height = Height{peer.finalized_height()};
    status.peers.push_back(
        {party_from(peer.institution()), peer.connected(), height, peer.last_error()});
  }
  status.obstacles.assign(answer.obstacles().begin(), answer.obstacles().end());

  status.policy_digest = to_hex(as_bytes(answer.policy().digest()));
  status.published_policy_digest = to_hex(as_bytes(answer.policy().published_digest()));
  status.policy_published_ms = answer.policy().published().time_ms();
  status.shown = Shown(answer);
  return status;
}

SetChangesAnswer decode(const v1::GetSetChangesResponse& answer) {
  SetChangesAnswer changes;
  for (const auto& change : answer.changes())
    changes.changes.push_back(to_bytes(as_bytes(change.change())));
  changes.epoch = Epoch{answer.epoch()};
  changes.checkpoint = to_bytes(as_bytes(answer.checkpoint()));
  return changes;
}

TransactionState state_from(v1::TransactionState state) {
  switch (state) {
    case v1::TRANSACTION_STATE_PENDING: return TransactionState::kPending;
    case v1::TRANSACTION_STATE_COMMITTED: return TransactionState::kCommitted;
    case v1::TRANSACTION_STATE_REJECTED: return TransactionState::kRejected;
    case v1::TRANSACTION_STATE_EXPIRED: return TransactionState::kExpired;
    case v1::TRANSACTION_STATE_UNKNOWN: return TransactionState::kNeverSeen;
    default: return TransactionState::kUnknown;
  }
}

TransactionAnswer decode(const v1::GetTransactionResponse& answer) {
  return {state_from(answer.outcome().state()), to_bytes(as_bytes(answer.transaction()))};
}

LogEntriesAnswer decode(const v1::GetEntriesResponse& answer) {
  LogEntriesAnswer entries;
  for (const auto& entry : answer.entries())
    entries.leaves.push_back(to_bytes(as_bytes(entry.leaf())));
  entries.log_size = answer.log_size();
  return entries;
}

ParametersAnswer decode(const v1::GetParametersResponse& answer) {
  ParametersAnswer parameters;
  for (const auto& row : answer.parameters()) parameters.values[row.name()] = row.value();
  parameters.validators_whole = answer.validators_size() > 0;
  for (const auto& view : answer.validators()) {
    const auto id = id_of<InstitutionId>(view.institution_id());
    const auto key = PublicKey{SignatureAlgorithm::kBip340, to_bytes(as_bytes(view.public_key()))};
    const bool is_read = id && is_valid(key);
    parameters.validators_whole = parameters.validators_whole && is_read;
    if (is_read) parameters.validators.push_back({*id, key});
  }
  parameters.shown = Shown(answer);
  return parameters;
}

IndexesAnswer decode(const v1::GetIssuerIndexesResponse& answer) {
  std::uint64_t end = 0;
  bool ascending = true;
  for (const auto& run : answer.used()) {
    ascending = ascending && run.count() > 0 && run.first() >= end &&
                run.count() <= UINT64_MAX - run.first();
    end = run.first() + run.count();
  }
  // An index that is given twice is one of two credentials for ever, so that both say the same or
  // neither counts.
  IndexesAnswer indexes;
  if (ascending && answer.next_free() == end) {
    indexes.next_free = end;
    for (const auto& run : answer.used()) indexes.used.push_back({run.first(), run.count()});
  }
  indexes.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  return indexes;
}

}  // namespace testamur::wallet
