#include "ledger/tx/build.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/tx/body_codec.h"
#include "ledger/tx/content.h"

namespace testamur::ledger::tx {

namespace {

v1::TransactionBody begin(const Envelope& envelope) {
  v1::TransactionBody body;
  body.set_author(to_string(envelope.author.view()));
  body.set_nonce(to_string(envelope.nonce.view()));
  body.set_valid_until_ms(envelope.valid_until_ms);
  return body;
}

template <class Message>
Bytes serialize(const Message& message) {
  Bytes bytes(message.ByteSizeLong());
  TM_CHECK(message.SerializeToArray(bytes.data(), static_cast<int>(bytes.size())),
           "a message was not serialized");
  return bytes;
}

Built finish(const Envelope& envelope, const v1::TransactionBody& body) {
  return reopen(envelope.chain, serialize(body));
}

void write_key(const KeyAddContent& content, v1::KeyDescription& description,
               std::string& possession) {
  write(content.purpose, content.key, description);
  possession = to_string(content.possession.view());
}

}  // namespace

Built build(const Envelope& envelope, const IssueListedContent& content) {
  auto body = begin(envelope);
  auto& message = *body.mutable_issue_listed();
  write(content.achievement, *message.mutable_achievement());
  message.set_first_index(content.first_index.value);
  auto& commitments = *message.mutable_commitments();
  commitments.reserve(content.commitments.size() * Hash256::kSize);
  for (const auto& commitment : content.commitments) commitments += as_text(commitment.view());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const IssueAnchoredContent& content) {
  auto body = begin(envelope);
  auto& message = *body.mutable_issue_anchored();
  write(content.achievement, *message.mutable_achievement());
  message.set_first_index(content.first_index.value);
  message.set_count(content.count);
  for (const auto& root : content.page_roots) *message.mutable_page_roots() += as_text(root.view());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const StatusChangeContent& content) {
  auto body = begin(envelope);
  auto& message = *body.mutable_status_change();
  message.set_action(static_cast<v1::StatusAction>(content.action));
  message.set_reason(static_cast<v1::StatusReason>(content.reason));
  if (const auto* list = std::get_if<std::vector<IssuerIndex>>(&content.target)) {
    auto& indexes = *message.mutable_list()->mutable_indexes();
    for (const auto index : *list) indexes.Add(index.value);
  } else if (const auto* ranges = std::get_if<std::vector<IndexRangeContent>>(&content.target)) {
    auto& target = *message.mutable_ranges();
    for (const auto& range : *ranges) {
      auto& entry = *target.add_ranges();
      entry.set_first(range.first.value);
      entry.set_count(range.count);
    }
  } else {
    const auto& bulk = std::get<IndexBitmap>(content.target);
    message.mutable_bulk()->set_first(bulk.first.value);
    message.mutable_bulk()->set_bitmap(to_string(bulk.bits));
  }
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const AchievementContent& content) {
  auto body = begin(envelope);
  write(content, *body.mutable_achievement_publish());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const AchievementCosignContent& content) {
  auto body = begin(envelope);
  write(content.achievement, *body.mutable_achievement_cosign()->mutable_achievement());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const AchievementRetireContent& content) {
  auto body = begin(envelope);
  body.mutable_achievement_retire()->set_number(content.number);
  body.mutable_achievement_retire()->set_version(content.version);
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const StatementContent& content) {
  // What the message of this kind could not carry would be lost without a word.
  if (auto rejection = form_error(content, envelope.author)) return *rejection;
  auto body = begin(envelope);
  write_statement(content, body);
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const InstitutionUpdateContent& content) {
  auto body = begin(envelope);
  write(content.facts, *body.mutable_institution_update()->mutable_facts());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const InstitutionListContent& content) {
  auto body = begin(envelope);
  write(content.facts, *body.mutable_institution_list()->mutable_facts());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const InstitutionRegisterContent& content) {
  auto body = begin(envelope);
  write(content, *body.mutable_institution_register());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const InstitutionLeaveContent&) {
  auto body = begin(envelope);
  body.mutable_institution_leave();
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const SuccessionContent& content) {
  // What the message of this kind could not carry would be lost without a word.
  if (auto rejection = form_error(content)) return *rejection;
  auto body = begin(envelope);
  write_succession(content, body);
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const PolicyContent& content) {
  auto body = begin(envelope);
  write(content, *body.mutable_policy_publish());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const RuleContent& content) {
  auto body = begin(envelope);
  write(content, *body.mutable_rule_publish());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const KeyAddContent& content) {
  auto body = begin(envelope);
  auto& message = *body.mutable_key_add();
  write_key(content, *message.mutable_key(), *message.mutable_possession_proof());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const KeyRotateContent& content) {
  auto body = begin(envelope);
  auto& message = *body.mutable_key_rotate();
  message.set_retired_key_id(to_string(content.retired.view()));
  write_key(content.added, *message.mutable_key(), *message.mutable_possession_proof());
  return finish(envelope, body);
}

Built build(const Envelope& envelope, const KeyRetireContent& content) {
  auto body = begin(envelope);
  body.mutable_key_retire()->set_key_id(to_string(content.key.view()));
  body.mutable_key_retire()->set_compromised_since_ms(content.compromised_since_ms);
  return finish(envelope, body);
}

Built reopen(const ChainId& chain, Bytes body) {
  DecodedBody decoded;
  if (auto rejection = decode_body(body, decoded)) return *rejection;
  const auto id = transaction_id(chain, body);
  return UnsignedTransaction{std::move(body), id};
}

InstitutionId registered_id(const TransactionId& transaction,
                            const InstitutionRegisterContent& content) {
  return content.listed.is_zero() ? InstitutionId::prefix_of(transaction.view()) : content.listed;
}

Bytes attach(const UnsignedTransaction& transaction, std::vector<SignatureEntry> signatures,
             const std::vector<Signature>& possession_proofs) {
  TM_CHECK(!signatures.empty(), "a transaction without a signature");
  std::ranges::sort(signatures, {}, &SignatureEntry::key);
  v1::SignedTransaction carried;
  carried.set_body(to_string(transaction.body));
  for (const auto& entry : signatures) {
    auto& signature = *carried.add_signatures();
    signature.set_key_id(to_string(entry.key.view()));
    signature.set_signature(to_string(entry.signature.view()));
  }
  for (const auto& proof : possession_proofs)
    carried.add_possession_proofs(to_string(proof.view()));
  return serialize(carried);
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
