#include "ledger/tx/key_retire.h"

#include "ledger/tx/form_check.h"
#include "ledger/tx/key_rules.h"

namespace testamur::ledger::tx::key_retire {

namespace {

KeyId id_of(const v1::TransactionBody& body) {
  return fixed_from<KeyId>(body.key_retire().key_id());
}

// These are rotated in the open and prove nothing about credentials.
bool may_be_compromised(KeyPurpose purpose) {
  return purpose != KeyPurpose::kConsensus && purpose != KeyPurpose::kTransport &&
         purpose != KeyPurpose::kCosign;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  FormCheck check;
  check.length("key_retire.key_id", body.key_retire().key_id().size(), KeyId::kSize,
               FormCheck::Presence::kRequired);
  return check.result();
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto& body = transaction.message();
  const auto key = id_of(body);
  if (auto rejection = key_rules::check_retirement(view, transaction.author(), key, false)) {
    return within("key_retire", std::move(rejection));
  }
  const auto since_ms = body.key_retire().compromised_since_ms();
  const std::string field = "key_retire.compromised_since_ms";
  if (since_ms > view.time_ms)
    return Rejection{RejectionCode::kCompromisedInFuture, field, std::to_string(since_ms), {}};
  if (since_ms != 0 && !may_be_compromised(view.key(key)->purpose)) {
    return Rejection{
        RejectionCode::kFieldConflict, field, "it does not apply to keys of this purpose", {}};
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  const auto& body = transaction.message();
  const auto key = read_key(writer.state(), id_of(body));
  writer.retire_key(key->added, body.key_retire().compromised_since_ms());
}

}  // namespace testamur::ledger::tx::key_retire
