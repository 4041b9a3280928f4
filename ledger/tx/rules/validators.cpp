// What consensus keys say, and what is said against them: ready declarations and evidence.
#include <algorithm>

#include "ledger/recent_blocks.h"
#include "ledger/tx/consensus_statement.h"
#include "ledger/tx/records/governance.h"
#include "ledger/tx/records/record.h"
#include "ledger/tx/records/tables.h"
#include "ledger/tx/rules/rules.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::rules {

namespace {

Rejection refuse(const Transaction& transaction, RejectionCode code, std::string_view field,
                 std::string detail) {
  return {code, path_of(transaction, field), std::move(detail), {}};
}

// The seat of the accused in the epoch of the statements; nothing when there is none.
std::optional<CertifyingSet::Member> accused(const CertifyingSet& set,
                                             const InstitutionId& institution) {
  const auto found =
      std::ranges::find(set.members(), institution, &CertifyingSet::Member::institution);
  if (found == set.members().end()) return std::nullopt;
  return *found;
}

EvidenceName name_of(const CertifyingSet::Member& member, const ConsensusStatement& statement) {
  return {consensus_key_id(member), statement.epoch, statement.view};
}

}  // namespace

// ---- ready

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const ReadyContent& content) {
  // Only whoever holds the key can say that its node is there.
  if (transaction.signatures().front().key != content.consensus_key) {
    return refuse(transaction, RejectionCode::kReadyKey, "consensus_key_id",
                  to_text(content.consensus_key));
  }

  // That it names a recent block shows that its node follows the ledger. The block that is being
  // executed has no id yet.
  const auto known = read_recent_block(view.state, content.checkpoint_height);
  if (!known || known->id.is_zero() || known->id != content.checkpoint) {
    return refuse(transaction, RejectionCode::kCheckpointUnknown, "checkpoint_id",
                  "height " + std::to_string(content.checkpoint_height.value));
  }
  const auto age_ms = view.time_ms - known->time_ms;
  const auto limit_ms = view.limit(Parameter::kReadyCheckpointAgeMs);
  if (age_ms > limit_ms) {
    return refuse(transaction, RejectionCode::kCheckpointOld, "checkpoint_height",
                  std::to_string(age_ms) + " ms old, at most " + std::to_string(limit_ms));
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction& transaction, const ReadyContent& content) {
  ReadyRecord record;
  record.cause = writer.cause();
  record.institution = writer.author();
  record.content = content;
  const auto& key = content.consensus_key;
  const auto seq =
      writer.put_record(Privilege::kReady, RegistryKind::kReady, registry_id(key), encode(record));
  writer.tables().put(kReadyIds, transaction.id().view(), Encoder().fixed(key).u64(seq).take());
}

// ---- evidence: a consensus key signed two statements of one view that no honest key signs both.
// That they contradict each other is a matter of form (wire/governance.cpp); whose key it was, and
// that it signed them, of the state.

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const EvidenceContent& content) {
  const auto first = decode_signed_statement(content.first);
  const auto second = decode_signed_statement(content.second);
  const auto set = validators_of_epoch(view.state, first->epoch);
  const auto member = set ? accused(*set, content.institution) : std::nullopt;
  if (!member) {
    return refuse(transaction, RejectionCode::kNoSuchSeat, "institution",
                  to_text(content.institution) + " in epoch " + std::to_string(first->epoch.value));
  }

  // One record a key, epoch and view: further pairs of the same misbehaviour say nothing new.
  const auto name = name_of(*member, *first);
  if (read_evidence(view.state, name)) {
    return refuse(transaction, RejectionCode::kEvidenceKnown, "first",
                  "view " + std::to_string(name.view.value));
  }

  const auto set_digest = set->digest();
  const auto holds = [&](const ConsensusStatement& statement) {
    const auto message = signing_digest(view.chain, set_digest, statement);
    return verify_bip340(member->key.view(), message.view(), statement.signature);
  };
  const auto unsigned_statement = [&](std::string_view field) {
    return refuse(transaction, RejectionCode::kEvidenceSignature, field,
                  to_text(name.consensus_key));
  };
  if (!holds(*first)) return unsigned_statement("first");
  if (!holds(*second)) return unsigned_statement("second");
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction&, const EvidenceContent& content) {
  const auto statement = decode_signed_statement(content.first);
  const auto set = validators_of_epoch(writer.state(), statement->epoch);
  EvidenceRecord record;
  record.cause = writer.cause();
  record.accuser = writer.author();
  record.content = content;
  record.name = name_of(*accused(*set, content.institution), *statement);
  auto id = registry_id(record.name);
  append_to_list(writer.tables(), kEvidenceList, id);
  writer.put_record(Privilege::kEvidence, RegistryKind::kEvidence, std::move(id), encode(record));
}

}  // namespace testamur::ledger::tx::rules
