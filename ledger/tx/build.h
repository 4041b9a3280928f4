// Building and signing transactions: the client's side of ledger/tx, in the same strict form that
// nodes demand.
//
// build() is deterministic: the same envelope and contents give the same bytes. Lists are taken as
// they are: what is unsorted or out of range is refused with the same code a node would give.
// Protobuf stays behind this header. Pure (the caller brings nonce, times and keys); any thread.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "ledger/tx/facts.h"
#include "ledger/tx/rejection.h"
#include "ledger/tx/transaction.h"

namespace testamur::ledger::tx {

struct Envelope {
  ChainId chain;
  InstitutionId author;
  Nonce nonce;
  std::uint64_t valid_until_ms = 0;
};

struct IssueListedContent {
  AchievementId achievement;
  IssuerIndex first_index;
  std::vector<Hash256> commitments;  // of first_index, first_index + 1, …
};

// Only the page roots are published: RFC 6962 roots over 128 commitments each, the last over what
// is left.
struct IssueAnchoredContent {
  AchievementId achievement;
  IssuerIndex first_index;
  std::uint64_t count = 0;
  std::vector<Hash256> page_roots;
};

struct IndexRangeContent {
  IssuerIndex first;
  std::uint64_t count = 0;
};
struct IndexBitmap {
  IssuerIndex first;
  Bytes bits;  // bit i (byte i / 8, least significant first) addresses first + i
};
struct StatusChangeContent {
  StatusAction action = StatusAction::kRevoke;
  StatusReason reason = StatusReason::kCorrection;
  // Ascending indexes, ascending disjoint ranges, or a bitmap.
  std::variant<std::vector<IssuerIndex>, std::vector<IndexRangeContent>, IndexBitmap> target;
};

struct AchievementCosignContent {
  AchievementId achievement;
};
struct AchievementRetireContent {
  std::uint32_t number = 0;
  std::uint16_t version = 0;
};
struct InstitutionUpdateContent {
  InstitutionFacts facts;
};
struct InstitutionListContent {
  InstitutionFacts facts;
};
struct InstitutionRegisterContent {
  struct Key {
    KeyPurpose purpose = KeyPurpose::kRoot;
    PublicKey key;
  };
  InstitutionFacts facts;
  std::vector<Key>
      keys;  // ascending by (purpose, key id); each proves its possession beside the body
  std::uint8_t root_threshold = 1;
  InstitutionId listed;  // the listed institution that gets these keys; zero: a new one
};
// The id that the institution has or gets: what its possession proofs sign.
InstitutionId registered_id(const TransactionId& transaction,
                            const InstitutionRegisterContent& content);
struct InstitutionLeaveContent {};
struct KeyAddContent {
  KeyPurpose purpose = KeyPurpose::kIssue;
  PublicKey key;
  Signature possession;  // over possession_message(chain, author, purpose, key)
};
struct KeyRotateContent {
  KeyId retired;
  KeyAddContent added;
};
struct KeyRetireContent {
  KeyId key;
  std::uint64_t compromised_since_ms = 0;  // 0: an ordinary retirement
};

// A body and the id that its signers sign (32 bytes, BIP-340).
struct UnsignedTransaction {
  Bytes body;
  TransactionId id;
};
using Built = std::variant<UnsignedTransaction, Rejection>;

Built build(const Envelope& envelope, const IssueListedContent& content);
Built build(const Envelope& envelope, const IssueAnchoredContent& content);
Built build(const Envelope& envelope, const StatusChangeContent& content);
Built build(const Envelope& envelope, const AchievementContent& content);
Built build(const Envelope& envelope, const AchievementCosignContent& content);
Built build(const Envelope& envelope, const AchievementRetireContent& content);
Built build(const Envelope& envelope, const StatementContent& content);
Built build(const Envelope& envelope, const InstitutionUpdateContent& content);
Built build(const Envelope& envelope, const InstitutionListContent& content);
Built build(const Envelope& envelope, const InstitutionRegisterContent& content);
Built build(const Envelope& envelope, const InstitutionLeaveContent& content);
Built build(const Envelope& envelope, const SuccessionContent& content);
Built build(const Envelope& envelope, const PolicyContent& content);
Built build(const Envelope& envelope, const RuleContent& content);
Built build(const Envelope& envelope, const KeyAddContent& content);
Built build(const Envelope& envelope, const KeyRotateContent& content);
Built build(const Envelope& envelope, const KeyRetireContent& content);

// A body that somebody else built, once it has passed what a node checks of a body: what a signer
// opens before signing.
Built reopen(const ChainId& chain, Bytes body);

// The carried bytes. Signatures are put in order here. At least one. A registration has a
// possession proof for each of its keys, in their order: a signature over possession_message(chain,
// registered_id(), purpose, key).
Bytes attach(const UnsignedTransaction& transaction, std::vector<SignatureEntry> signatures,
             const std::vector<Signature>& possession_proofs = {});
// One signature by a BIP-340 key of this purpose.
SignatureEntry sign(const UnsignedTransaction& transaction, KeyPurpose purpose,
                    const SecretKey& key);
// The usual case: one signer.
Bytes attach_signed(const UnsignedTransaction& transaction, KeyPurpose purpose,
                    const SecretKey& key);

}  // namespace testamur::ledger::tx
