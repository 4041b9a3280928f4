#include "ledger/tx/transaction.h"

#include "common/check.h"
#include "ledger/tx/body_codec.h"
#include "ledger/tx/content.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/wire_scanner.h"

namespace testamur::ledger::tx {

namespace {

using Presence = FormCheck::Presence;

// More keys than any threshold asks for.
constexpr std::size_t kSignaturesLimit = 64;

const WireGrammar& body_grammar() {
  static const WireGrammar grammar(*v1::TransactionBody::descriptor());
  return grammar;
}

const WireGrammar& carried_grammar() {
  static const WireGrammar grammar(*v1::SignedTransaction::descriptor());
  return grammar;
}

std::optional<Rejection> read_signature(ByteView bytes, const std::string& path,
                                        SignatureEntry& entry) {
  FormCheck check;
  ByteView key;
  ByteView signature;
  StrictFields fields(bytes);
  while (const auto field = fields.next()) (field->number == 1 ? key : signature) = field->bytes;
  check.length(path + ".key_id", key.size(), KeyId::kSize, Presence::kRequired)
      .length(path + ".signature", signature.size(), Signature::kSize, Presence::kRequired);
  if (check.failed()) return check.result();
  entry = {KeyId::prefix_of(key), Signature::prefix_of(signature)};
  return std::nullopt;
}

bool may_sign_alone(const KindRules& rules) { return !is_one_of(rules.signers, KeyPurpose::kRoot); }

std::optional<Rejection> check_signatures(std::span<const SignatureEntry> signatures,
                                          const KindRules& rules) {
  FormCheck check;
  const auto count = signatures.size();
  check
      .require(count >= 1 && count <= kSignaturesLimit, RejectionCode::kSignatureCount,
               "signatures", std::to_string(count) + " signatures")
      .require(!may_sign_alone(rules) || count <= 1, RejectionCode::kSignatureCount, "signatures",
               "this kind is signed by one key");
  for (std::size_t i = 1; i < count; ++i) {
    check.require(signatures[i - 1].key < signatures[i].key, RejectionCode::kNotSorted,
                  FormCheck::element("signatures", i), "signatures ascend by key id");
  }
  return check.result();
}

// One for each key that a registration brings, in their order; whether they verify, the state
// decides.
std::optional<Rejection> check_possession_proofs(std::size_t count,
                                                 const v1::TransactionBody& body) {
  FormCheck check;
  const auto keys = static_cast<std::size_t>(body.institution_register().keys_size());
  check
      .require(body.has_institution_register() || count == 0, RejectionCode::kFieldConflict,
               "possession_proofs", "this kind registers no institution")
      .require(count == keys, RejectionCode::kPossession, "possession_proofs",
               std::to_string(count) + " for " + std::to_string(keys) + " keys");
  return check.result();
}

}  // namespace

struct Transaction::Parts {
  Bytes carried;
  ByteView body;
  DecodedBody decoded;
  TransactionId id;
  std::vector<SignatureEntry> signatures;
  std::vector<Signature> possession_proofs;
};

Transaction::Transaction(Parts&& parts)
    : body_begin_(static_cast<std::size_t>(parts.body.data() - parts.carried.data())),
      body_size_(parts.body.size()),
      payload_begin_(static_cast<std::size_t>(parts.decoded.payload.data() - parts.carried.data())),
      payload_size_(parts.decoded.payload.size()),
      id_(parts.id),
      author_(fixed_from<InstitutionId>(parts.decoded.message->author())),
      kind_(parts.decoded.rules->kind),
      valid_until_ms_(parts.decoded.message->valid_until_ms()),
      weight_(kWeightBase + kWeightSignature * parts.signatures.size()),
      signatures_(std::move(parts.signatures)),
      possession_proofs_(std::move(parts.possession_proofs)),
      message_(std::move(parts.decoded.message)) {
  if (parts.decoded.rules->weight != nullptr) weight_ += parts.decoded.rules->weight(*message_);
  carried_ = std::move(parts.carried);
}

Transaction::~Transaction() = default;

TransactionId transaction_id(const ChainId& chain, ByteView body) {
  return TransactionId{tags::kTransaction(chain.view(), body).bytes};
}

std::optional<Rejection> decode_body(ByteView bytes, DecodedBody& body) {
  if (auto rejection = body_grammar().scan(bytes)) return rejection;
  std::uint32_t last = 0;
  StrictFields fields(bytes);
  while (const auto field = fields.next()) {
    last = field->number;
    body.payload = field->bytes;
  }
  // The kinds have the highest numbers, so a kind is the last field if there is one.
  constexpr std::uint32_t kFirstKind = 10;
  if (last < kFirstKind) return Rejection{RejectionCode::kNoKind, "kind", "", {}};
  const auto kind = static_cast<Kind>(last);
  body.rules = find_rules(kind);
  if (body.rules == nullptr)
    return Rejection{RejectionCode::kKindNotActive, std::string(name(kind)), "", {}};
  body.message = std::make_unique<v1::TransactionBody>();
  if (!body.message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Rejection{RejectionCode::kUnparsable, "body", "", {}};
  }
  FormCheck check;
  check.length("author", body.message->author().size(), InstitutionId::kSize, Presence::kRequired)
      .length("nonce", body.message->nonce().size(), Nonce::kSize, Presence::kRequired)
      .require(body.message->valid_until_ms() != 0, RejectionCode::kFieldMissing, "valid_until_ms");
  if (check.failed()) return check.result();
  return body.rules->check_form(*body.message);
}

std::variant<SharedTransaction, Rejection> decode(const ChainId& chain, Bytes carried) {
  if (carried.size() > kCarriedLimitBytes) {
    return Rejection{RejectionCode::kTooLarge, "", std::to_string(carried.size()) + " bytes", {}};
  }
  if (auto rejection = carried_grammar().scan(carried)) return *rejection;
  Transaction::Parts parts;
  parts.carried = std::move(carried);
  StrictFields fields(parts.carried);
  while (const auto field = fields.next()) {
    if (field->number == 1) parts.body = field->bytes;
    if (field->number == 2) {
      SignatureEntry entry;
      const auto path = FormCheck::element("signatures", parts.signatures.size());
      if (auto rejection = read_signature(field->bytes, path, entry)) return *rejection;
      parts.signatures.push_back(entry);
    }
    if (field->number == 3) {
      const auto proof = Signature::from(field->bytes);
      if (!proof)
        return Rejection{RejectionCode::kFieldLength, "possession_proofs", "64 bytes each", {}};
      parts.possession_proofs.push_back(*proof);
    }
  }
  if (parts.body.empty()) return Rejection{RejectionCode::kFieldMissing, "body", "", {}};
  if (auto rejection = within("body", decode_body(parts.body, parts.decoded))) return *rejection;
  if (auto rejection = check_signatures(parts.signatures, *parts.decoded.rules)) return *rejection;
  if (auto rejection =
          check_possession_proofs(parts.possession_proofs.size(), *parts.decoded.message))
    return *rejection;
  parts.id = transaction_id(chain, parts.body);
  return std::make_shared<const Transaction>(std::move(parts));
}

}  // namespace testamur::ledger::tx
