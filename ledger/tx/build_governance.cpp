#include "ledger/tx/build_governance.h"

#include "common/check.h"
#include "ledger/tx/body_codec.h"
#include "ledger/tx/content.h"
#include "ledger/tx/governance_codec.h"

namespace testamur::ledger::tx {

namespace {

template <class Content, class Message>
Built build_kind(const Envelope& envelope, const Content& content,
                 Message* (v1::TransactionBody::*kind)()) {
  v1::TransactionBody body;
  body.set_author(to_string(envelope.author.view()));
  body.set_nonce(to_string(envelope.nonce.view()));
  body.set_valid_until_ms(envelope.valid_until_ms);
  write(content, *(body.*kind)());
  UnsignedTransaction transaction;
  transaction.body.resize(body.ByteSizeLong());
  TM_CHECK(
      body.SerializeToArray(transaction.body.data(), static_cast<int>(transaction.body.size())),
      "a message was not serialized");
  DecodedBody decoded;
  if (auto rejection = decode_body(transaction.body, decoded)) return *rejection;
  transaction.id = transaction_id(envelope.chain, transaction.body);
  return transaction;
}

}  // namespace

Built build(const Envelope& envelope, const ProposalContent& content) {
  return build_kind(envelope, content, &v1::TransactionBody::mutable_governance_propose);
}
Built build(const Envelope& envelope, const VoteContent& content) {
  return build_kind(envelope, content, &v1::TransactionBody::mutable_governance_vote);
}
Built build(const Envelope& envelope, const ReadyContent& content) {
  return build_kind(envelope, content, &v1::TransactionBody::mutable_ready);
}
Built build(const Envelope& envelope, const EvidenceContent& content) {
  return build_kind(envelope, content, &v1::TransactionBody::mutable_evidence);
}

}  // namespace testamur::ledger::tx
