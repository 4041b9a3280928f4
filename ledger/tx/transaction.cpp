// From carried bytes to a Transaction, once. Invariant: a Transaction exists only where every rule
// of form has passed, so that whoever holds one asks nothing but the state.
#include "ledger/tx/transaction.h"

#include "ledger/tx/form_check.h"
#include "ledger/tx/kinds.h"
#include "ledger/tx/wire/codec.h"

namespace testamur::ledger::tx {

namespace {

// More keys than any threshold asks for.
constexpr std::size_t kSignaturesLimit = 64;

bool may_sign_alone(const KindRow& row) { return !is_one_of(row.signers, KeyPurpose::kRoot); }

std::optional<Rejection> check_signatures(std::span<const SignatureEntry> signatures,
                                          const KindRow& row) {
  FormCheck check;
  const auto count = signatures.size();
  check
      .require(count >= 1 && count <= kSignaturesLimit, RejectionCode::kSignatureCount,
               "signatures", std::to_string(count) + " signatures")
      .require(!may_sign_alone(row) || count <= 1, RejectionCode::kSignatureCount, "signatures",
               "this kind is signed by one key");

  // Another order would be a second encoding of the same transaction.
  for (std::size_t i = 1; i < count; ++i) {
    check.require(signatures[i - 1].key < signatures[i].key, RejectionCode::kNotSorted,
                  FormCheck::element("signatures", i), "signatures ascend by key id");
  }
  return check.result();
}

// One for each key that a registration brings, in their order; whether they verify, the state
// decides.
std::optional<Rejection> check_possession_proofs(std::size_t count, const Content& content) {
  const auto* registration = std::get_if<InstitutionRegisterContent>(&content);
  const auto keys = registration == nullptr ? 0 : registration->keys.size();
  FormCheck check;
  check
      .require(registration != nullptr || count == 0, RejectionCode::kFieldConflict,
               "possession_proofs", "this kind registers no institution")
      .require(count == keys, RejectionCode::kPossession, "possession_proofs",
               std::to_string(count) + " for " + std::to_string(keys) + " keys");
  return check.result();
}

std::optional<Rejection> read_active_body(ByteView bytes, wire::Body& body) {
  if (auto rejection = wire::scan_body(bytes, body)) return rejection;

  // What a reserved kind says, its message only decides when it becomes active.
  if (!is_active(body.kind)) {
    return Rejection{RejectionCode::kKindNotActive, std::string(name(body.kind)), "", {}};
  }
  return wire::read_body(bytes, body);
}

}  // namespace

struct Transaction::Parts {
  Bytes carried;
  wire::SignedBody split;  // views of carried
  wire::Body body;         // likewise
  TransactionId id;
  std::uint64_t weight = 0;
};

// Views of the carried bytes stay valid: moving a vector keeps its elements where they are.
Transaction::Transaction(Parts&& parts)
    : body_begin_(static_cast<std::size_t>(parts.split.body.data() - parts.carried.data())),
      body_size_(parts.split.body.size()),
      payload_begin_(static_cast<std::size_t>(parts.body.payload.data() - parts.carried.data())),
      payload_size_(parts.body.payload.size()),
      id_(parts.id),
      author_(parts.body.author),
      kind_(parts.body.kind),
      valid_until_ms_(parts.body.valid_until_ms),
      weight_(parts.weight),
      signatures_(std::move(parts.split.signatures)),
      possession_proofs_(std::move(parts.split.possession_proofs)),
      content_(std::move(parts.body.content)),
      text_fault_(std::move(parts.body.text_fault)) {
  // Last: the offsets above are measured while the bytes are still with the parts.
  encoded_ = std::move(parts.carried);
}

TransactionId transaction_id(const ChainId& chain, ByteView body) {
  return TransactionId{tags::kTransaction(chain.view(), body).bytes};
}

std::optional<Rejection> check_body(ByteView body) {
  wire::Body decoded;
  return read_active_body(body, decoded);
}

std::variant<DecodedBody, Rejection> decode_body(ByteView body) {
  wire::Body decoded;
  if (auto rejection = read_active_body(body, decoded)) return *rejection;
  return DecodedBody{decoded.author, decoded.kind, decoded.valid_until_ms,
                     std::move(decoded.content), decoded.payload};
}

std::optional<ProposalContent> decode_proposal_message(ByteView message) {
  ProposalContent content;
  return wire::decode(message, content) ? std::optional(std::move(content)) : std::nullopt;
}

std::variant<SharedTransaction, Rejection> decode(const ChainId& chain, Bytes carried) {
  if (carried.size() > kCarriedLimitBytes) {
    return Rejection{RejectionCode::kTooLarge, "", std::to_string(carried.size()) + " bytes", {}};
  }
  Transaction::Parts parts;
  parts.carried = std::move(carried);
  auto& [bytes, split, body, id, weight] = parts;
  if (auto rejection = wire::split(bytes, split)) return *rejection;
  if (auto rejection = prefixed("body", read_active_body(split.body, body))) return *rejection;

  // Only now is the kind known, and with it who may sign.
  const auto& row = *find_row(body.kind);
  if (auto rejection = check_signatures(split.signatures, row)) return *rejection;
  if (auto rejection = check_possession_proofs(split.possession_proofs.size(), body.content)) {
    return *rejection;
  }
  id = transaction_id(chain, split.body);
  weight = weight_of(row, body.content, split.signatures.size());
  return std::make_shared<const Transaction>(std::move(parts));
}

std::optional<IndexRun> issued_run(const Transaction& transaction) {
  if (const auto* listed = std::get_if<IssueListedContent>(&transaction.content())) {
    return IndexRun{listed->first_index.value, listed->commitments.size()};
  }
  if (const auto* anchored = std::get_if<IssueAnchoredContent>(&transaction.content())) {
    return IndexRun{anchored->first_index.value, anchored->count};
  }
  return std::nullopt;
}

}  // namespace testamur::ledger::tx
