#include "ledger/tx/evidence.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/tx/consensus_statement.h"
#include "ledger/tx/content.h"
#include "ledger/tx/governance_codec.h"
#include "ledger/tx/governance_records.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::evidence {

namespace {

EvidenceContent evidence_of(const Transaction& transaction) {
  EvidenceContent content;
  const auto form = read(transaction.message().evidence(), content);
  TM_CHECK(!form, "a decoded evidence lost its form");
  return content;
}

Rejection refuse(RejectionCode code, const char* field, std::string detail) {
  return {code, std::string("evidence.") + field, std::move(detail), {}};
}

// The seat of the accused in the epoch of the statements; nothing when there is none.
std::optional<CertifyingSet::Member> accused(const StateReader& state,
                                             const EvidenceContent& content, Epoch epoch) {
  const auto set = validators_of_epoch(state, epoch);
  if (!set) return std::nullopt;
  const auto found =
      std::ranges::find(set->members(), content.institution, &CertifyingSet::Member::institution);
  if (found == set->members().end()) return std::nullopt;
  return *found;
}

EvidenceName name_of(const CertifyingSet::Member& member, const ConsensusStatement& statement) {
  return {consensus_key_id(member), statement.epoch, statement.view};
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  EvidenceContent content;
  return within("evidence", read(body.evidence(), content));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto content = evidence_of(transaction);
  const auto first = decode_signed_statement(content.first);
  const auto second = decode_signed_statement(content.second);
  const auto member = accused(view.state, content, first->epoch);
  if (!member) {
    return refuse(RejectionCode::kNoSuchSeat, "institution",
                  to_text(content.institution) + " in epoch " + std::to_string(first->epoch.value));
  }
  const auto name = name_of(*member, *first);
  if (read_evidence(view.state, name)) {
    return refuse(RejectionCode::kEvidenceKnown, "first",
                  "view " + std::to_string(name.view.value));
  }
  const auto set_digest = validators_of_epoch(view.state, first->epoch)->digest();
  const auto holds = [&](const ConsensusStatement& statement) {
    const auto message = signing_digest(view.chain, set_digest, statement);
    return verify_bip340(member->key.view(), message.view(), statement.signature);
  };
  if (!holds(*first))
    return refuse(RejectionCode::kEvidenceSignature, "first", to_text(name.consensus_key));
  if (!holds(*second))
    return refuse(RejectionCode::kEvidenceSignature, "second", to_text(name.consensus_key));
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  EvidenceRecord record;
  record.cause = writer.cause();
  record.accuser = writer.author();
  record.content = evidence_of(transaction);
  const auto statement = decode_signed_statement(record.content.first);
  record.name = name_of(*accused(writer.state(), record.content, statement->epoch), *statement);
  auto id = registry_id(record.name);
  append_to_list(writer.tables(), kEvidenceList, id);
  writer.put_record(Privilege::kEvidence, RegistryKind::kEvidence, std::move(id), encode(record));
}

}  // namespace testamur::ledger::tx::evidence
