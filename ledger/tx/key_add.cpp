#include "ledger/tx/key_add.h"

#include "common/check.h"
#include "ledger/tx/key_rules.h"

namespace testamur::ledger::tx::key_add {

namespace {

std::optional<Rejection> read_key(const v1::TransactionBody& body, key_rules::NewKey& key) {
  return within("key_add", key_rules::read_new_key(body.key_add().key(),
                                                   body.key_add().possession_proof(), key));
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  key_rules::NewKey key;
  return read_key(body, key);
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  key_rules::NewKey key;
  TM_CHECK(!read_key(transaction.message(), key), "a decoded key lost its form");
  return within("key_add", key_rules::check_new_key(view, transaction.author(), key, false));
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  key_rules::NewKey key;
  TM_CHECK(!read_key(transaction.message(), key), "a decoded key lost its form");
  writer.add_key(writer.author(), key.purpose, key.key);
}

}  // namespace testamur::ledger::tx::key_add
