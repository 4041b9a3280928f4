#include "ledger/tx/build.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/tx/wire/codec.h"

namespace testamur::ledger::tx {

namespace {

// What the message of the kind could not carry would be lost in silence: a statement's amount
// beside its end, an heir in a custody. Other contents have no field that their message lacks.
std::optional<Rejection> unwritable(const Envelope& envelope, const Content& content) {
  if (const auto* statement = std::get_if<StatementContent>(&content)) {
    return form_error(*statement, envelope.author);
  }
  const auto* proposal = std::get_if<ProposalContent>(&content);
  const auto* succession = proposal != nullptr ? std::get_if<SuccessionContent>(&proposal->action)
                                               : std::get_if<SuccessionContent>(&content);
  return succession != nullptr ? form_error(*succession) : std::nullopt;
}

}  // namespace

Built build(const Envelope& envelope, const Content& content) {
  if (auto rejection = unwritable(envelope, content)) return *rejection;
  return reopen(envelope.chain, wire::write_body(envelope, content));
}

Built reopen(const ChainId& chain, Bytes body) {
  if (auto rejection = check_body(body)) return *rejection;
  const auto id = transaction_id(chain, body);
  return UnsignedTransaction{std::move(body), id};
}

Bytes attach(const UnsignedTransaction& transaction, std::vector<SignatureEntry> signatures,
             const std::vector<Signature>& possession_proofs) {
  TM_CHECK(!signatures.empty(), "a transaction without a signature");
  std::ranges::sort(signatures, {}, &SignatureEntry::key);
  return wire::join(transaction.body, signatures, possession_proofs);
}

SignatureEntry sign(const UnsignedTransaction& transaction, KeyPurpose purpose,
                    const SecretKey& key) {
  return {key_id(purpose, key.public_key()), key.sign(transaction.id.view())};
}

Bytes attach_signed(const UnsignedTransaction& transaction, KeyPurpose purpose,
                    const SecretKey& key) {
  return attach(transaction, {sign(transaction, purpose, key)});
}

}  // namespace testamur::ledger::tx
