// A decoded transaction: an immutable snapshot of the carried bytes and of what they say.
//
// Decoding is strict and happens once: a Transaction in hand has a valid form and carries its
// content as a plain value; whether it may be committed depends on the state (ledger/execute.h).
// What is signed: BIP-340 over the 32 bytes of the transaction id, by the key that a signature
// names. Safe to share between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "ledger/pages.h"
#include "ledger/tx/content.h"
#include "ledger/tx/rejection.h"

namespace testamur::ledger::tx {

struct SignatureEntry {
  KeyId key;
  Signature signature;
};

// 16 random bytes that make two transactions with the same contents different.
using Nonce = FixedBytes<16, struct NonceTag>;

// Who speaks, and until when: what every body begins with, and the ledger that its id is for.
struct Envelope {
  ChainId chain;
  InstitutionId author;
  Nonce nonce;
  std::uint64_t valid_until_ms = 0;
};

class Transaction {
 public:
  struct Parts;  // what decode() assembles
  explicit Transaction(Parts&& parts);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // The full bytes, signatures included: what blocks carry and what the payload digest covers.
  ByteView encoded() const { return encoded_; }
  // The signed part, within encoded().
  ByteView body() const { return ByteView(encoded_).subspan(body_begin_, body_size_); }
  // The encoded message of the kind, within body(): what records of publications keep.
  ByteView payload() const { return ByteView(encoded_).subspan(payload_begin_, payload_size_); }

  const TransactionId& id() const { return id_; }
  const InstitutionId& author() const { return author_; }
  Kind kind() const { return kind_; }
  std::uint64_t valid_until_ms() const { return valid_until_ms_; }
  std::span<const SignatureEntry> signatures() const { return signatures_; }
  std::span<const Signature> possession_proofs() const { return possession_proofs_; }
  // What it costs to execute, in the units of the block's weight budget (docs/formats/kinds.md).
  std::uint64_t weight() const { return weight_; }
  // What it says. Hash lists are views of encoded().
  const Content& content() const { return content_; }
  // The first of its texts that the rule for texts (common/text.h) refuses. Part of validity from
  // protocol version kTextRuleSince on; what came before replays by the narrower rule of
  // form_check.h.
  const std::optional<Rejection>& text_fault() const { return text_fault_; }

 private:
  Bytes encoded_;
  std::size_t body_begin_, body_size_, payload_begin_, payload_size_;
  TransactionId id_;
  InstitutionId author_;
  Kind kind_;
  std::uint64_t valid_until_ms_;
  std::uint64_t weight_;
  std::vector<SignatureEntry> signatures_;
  std::vector<Signature> possession_proofs_;
  Content content_;
  std::optional<Rejection> text_fault_;
};

inline constexpr std::uint16_t kTextRuleSince = 3;  // protocol version

using SharedTransaction = std::shared_ptr<const Transaction>;

// H_tag(transaction, chain id || body)
TransactionId transaction_id(const ChainId& chain, ByteView body);

// The transaction, or the first rule that its bytes break. `carried` may be anything.
std::variant<SharedTransaction, Rejection> decode(const ChainId& chain, Bytes carried);

// The first rule that a body breaks by itself, without signatures and state; nothing when it has a
// valid form.
std::optional<Rejection> check_body(ByteView body);

// What a body says, before it has signatures: what people are asked to sign. Its views are of the
// bytes that it was decoded from, which must outlive it.
struct DecodedBody {
  InstitutionId author;
  Kind kind{};
  std::uint64_t valid_until_ms = 0;
  Content content;
  ByteView payload;  // the encoded message of the kind
};
std::variant<DecodedBody, Rejection> decode_body(ByteView body);

// The message GovernancePropose, as a node shows it; nothing where it breaks a rule of form.
std::optional<ProposalContent> decode_proposal_message(ByteView message);

// The indexes that an issue takes; nothing for kinds that issue nothing.
std::optional<IndexRun> issued_run(const Transaction& transaction);

// No transaction, whatever its kind, is larger (the block limit of 2 MiB is a parameter; this bound
// needs no state).
inline constexpr std::size_t kCarriedLimitBytes = 640 * 1024;

}  // namespace testamur::ledger::tx
