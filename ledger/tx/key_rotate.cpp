#include "ledger/tx/key_rotate.h"

#include "common/check.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/key_rules.h"

namespace testamur::ledger::tx::key_rotate {

namespace {

struct Rotation {
  KeyId retired;
  key_rules::NewKey key;
};

std::optional<Rejection> read_rotation(const v1::TransactionBody& body, Rotation& rotation) {
  const auto& message = body.key_rotate();
  FormCheck check;
  check.length("retired_key_id", message.retired_key_id().size(), KeyId::kSize,
               FormCheck::Presence::kRequired);
  if (check.failed()) return within("key_rotate", check.result());
  rotation.retired = fixed_from<KeyId>(message.retired_key_id());
  return within("key_rotate",
                key_rules::read_new_key(message.key(), message.possession_proof(), rotation.key));
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  Rotation rotation;
  return read_rotation(body, rotation);
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  Rotation rotation;
  TM_CHECK(!read_rotation(transaction.message(), rotation), "a decoded rotation lost its form");
  const auto& author = transaction.author();
  if (auto rejection = key_rules::check_retirement(view, author, rotation.retired, true)) {
    rejection->field = "key_rotate.retired_key_id";
    return rejection;
  }
  if (view.key(rotation.retired)->purpose != rotation.key.purpose) {
    return Rejection{RejectionCode::kFieldConflict,
                     "key_rotate.key.purpose",
                     "it differs from the retired key's",
                     {}};
  }
  return within("key_rotate", key_rules::check_new_key(view, author, rotation.key, true));
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  Rotation rotation;
  TM_CHECK(!read_rotation(transaction.message(), rotation), "a decoded rotation lost its form");
  const auto retired = read_key(writer.state(), rotation.retired);
  writer.add_key(writer.author(), rotation.key.purpose, rotation.key.key);
  writer.retire_key(retired->added, 0);
}

}  // namespace testamur::ledger::tx::key_rotate
