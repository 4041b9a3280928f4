// The executor: one block's transactions over the state of its parent. Invariants: every check
// stands before the first write, so that a refused transaction leaves nothing behind (decision
// 0302); limits are those of the parent state; proposers, validators and mempools run the same
// functions, so that none accepts what another refuses.
#include "ledger/execute.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/governance.h"
#include "ledger/ledger_state.h"
#include "ledger/protocol.h"
#include "ledger/recent_blocks.h"
#include "ledger/tx/rules/rules.h"
#include "ledger/validators.h"

namespace testamur::ledger {

namespace {

using tx::Rejection;
using tx::RejectionCode;
using tx::Transaction;

// Blocks are remembered for this many times the age that a checkpoint may have, so that a
// checkpoint which is somewhat too old is refused as too old and not as unknown.
constexpr std::uint64_t kRecentBlocksKept = 2;

Rejection refuse(RejectionCode code, std::string field = {}, std::string detail = {}) {
  return {code, std::move(field), std::move(detail), {}};
}

}  // namespace

BlockContext context_above(const StateReader& state, const Header& parent, std::uint64_t time_ms) {
  const auto height = parent.height.next();
  return {parent.chain, height, time_ms, protocol_version_at(state, height), block_id(parent)};
}

bool PlainVerifier::verify(ByteView public_key32, ByteView message32, const Signature& signature) {
  return verify_bip340(public_key32, message32, signature);
}

// What the block has done so far. Nothing is written before every check of a transaction has
// passed, and applying never fails, so a rejected transaction leaves no trace.
struct BlockExecutor::Block {
  Block(const StateReader& parent, const BlockContext& its_context, SignatureVerifier& its_verifier)
      : context(its_context),
        verifier(its_verifier),
        parameters(read_parameters(parent)),
        epoch(read_epoch(parent)),
        overlay(parent),
        ledger(overlay, its_context.height, its_context.time_ms) {
    // Callers look at the version first (protocol_stop), so that a mismatch here is a bug.
    const auto version = protocol_version_at(parent, its_context.height);
    TM_CHECK(its_context.protocol_version == version,
             "the context of a block names another protocol version:", its_context.protocol_version,
             version);
    TM_CHECK(version <= kNewestProtocol,
             "a block of a protocol version that this build does not know:", version);

    note_block(overlay, its_context.height, its_context.time_ms, its_context.parent,
               kRecentBlocksKept * parameters[Parameter::kReadyCheckpointAgeMs]);

    // What votes decided holds for the block's first transaction already (decision 0900).
    take_effect(ledger, cache, parameters, its_context.chain, version);
  }

  std::optional<Rejection> check_envelope(const Transaction& transaction) const;
  std::optional<Rejection> check_author(const Transaction& transaction, const tx::KindRow& row);
  std::optional<Rejection> check_signers(const Transaction& transaction, const tx::KindRow& row,
                                         KeyPurpose& purpose);
  std::optional<Rejection> check(const Transaction& transaction, tx::rules::Plan& plan);
  std::optional<Rejection> check_room(const Transaction& transaction) const;
  void apply(const Transaction& transaction, const tx::rules::Plan& plan);

  BlockContext context;
  SignatureVerifier& verifier;
  Parameters parameters;  // of the parent state: what this block changes holds for its children
  Epoch epoch;            // of this block
  Overlay overlay;
  LedgerState ledger;
  tx::RecordCache cache;
  std::size_t count = 0;
  std::size_t size_bytes = 0;
  std::uint64_t weight = 0;
};

std::optional<Rejection> BlockExecutor::Block::check_envelope(
    const Transaction& transaction) const {
  const auto until = transaction.valid_until_ms();
  if (context.time_ms > until) {
    return refuse(
        RejectionCode::kExpired, "valid_until_ms",
        std::to_string(until) + " is before the block's time " + std::to_string(context.time_ms));
  }

  const auto window = parameters[Parameter::kValidityWindowMs];
  if (until - context.time_ms > window) {
    return refuse(
        RejectionCode::kValidTooLong, "valid_until_ms",
        std::to_string(until - context.time_ms) + " ms ahead, at most " + std::to_string(window));
  }

  if (ledger.is_committed(transaction.id())) return refuse(RejectionCode::kReplay);
  return std::nullopt;
}

std::optional<Rejection> BlockExecutor::Block::check_author(const Transaction& transaction,
                                                            const tx::KindRow& row) {
  const auto* author = cache.institution(overlay, transaction.author());
  if (author == nullptr)
    return refuse(RejectionCode::kUnknownAuthor, "author", to_text(transaction.author()));
  if (author->standing != tx::Standing::kGood) {
    return refuse(RejectionCode::kAuthorNotInGoodStanding, "author", to_text(transaction.author()));
  }
  if (!tx::is_one_of(row.authors, author->institution_class)) {
    return refuse(RejectionCode::kAuthorClass, "author", std::string(name(row.kind)));
  }
  return std::nullopt;
}

std::optional<Rejection> BlockExecutor::Block::check_signers(const Transaction& transaction,
                                                             const tx::KindRow& row,
                                                             KeyPurpose& purpose) {
  // Signatures cost most and come last: whose keys they are and how many is compared first.
  const auto signatures = transaction.signatures();
  for (const auto& signature : signatures) {
    const auto* key = cache.key(overlay, signature.key);
    const auto refuse_key = [&](RejectionCode code) {
      return refuse(code, "signatures", to_text(signature.key));
    };
    if (key == nullptr) return refuse_key(RejectionCode::kUnknownKey);
    if (key->institution != transaction.author()) return refuse_key(RejectionCode::kKeyOfAnother);
    if (!tx::is_one_of(row.signers, key->purpose)) return refuse_key(RejectionCode::kKeyPurpose);

    // A kind that admits two purposes is signed by keys of one: the rules ask which
    // (StateView::signer).
    if (&signature != signatures.data() && key->purpose != purpose)
      return refuse_key(RejectionCode::kKeyPurpose);

    if (key->retired) return refuse_key(RejectionCode::kKeyRetired);
    purpose = key->purpose;
  }

  // Roots sign by exactly the threshold, other keys alone; further signatures would only cost work.
  const auto needed = purpose == KeyPurpose::kRoot
                          ? cache.institution(overlay, transaction.author())->root_threshold
                          : std::uint8_t{1};
  if (signatures.size() != needed) {
    return refuse(RejectionCode::kSignatureThreshold, "signatures",
                  std::to_string(signatures.size()) + " instead of " + std::to_string(needed));
  }

  for (const auto& signature : signatures) {
    const auto* key = cache.key(overlay, signature.key);
    if (!verifier.verify(key->bip340, transaction.id().view(), signature.signature)) {
      return refuse(RejectionCode::kBadSignature, "signatures", to_text(signature.key));
    }
  }
  return std::nullopt;
}

std::optional<Rejection> BlockExecutor::Block::check_room(const Transaction& transaction) const {
  const auto size_limit = parameters[Parameter::kBlockLimitBytes];
  const auto weight_limit = parameters[Parameter::kBlockLimitWeight];

  // What fits into no block under these parameters is told so; what only finds this one full may
  // come in the next.
  const bool alone_too_large =
      transaction.weight() > weight_limit || transaction.encoded().size() > size_limit;
  if (alone_too_large) {
    return refuse(RejectionCode::kLimit, "",
                  "weight " + std::to_string(transaction.weight()) + ", a block bears " +
                      std::to_string(weight_limit));
  }

  if (size_bytes + transaction.encoded().size() > size_limit ||
      weight + transaction.weight() > weight_limit) {
    return refuse(RejectionCode::kBlockFull);
  }
  return std::nullopt;
}

std::optional<Rejection> BlockExecutor::Block::check(const Transaction& transaction,
                                                     tx::rules::Plan& plan) {
  const auto* row = tx::find_row(transaction.kind());
  TM_CHECK(row != nullptr, "a decoded transaction of an inactive kind");
  if (row->since > context.protocol_version) {
    return refuse(RejectionCode::kLaterProtocol, std::string(name(row->kind)),
                  "version " + std::to_string(row->since) + ", in force is " +
                      std::to_string(context.protocol_version));
  }
  if (context.protocol_version >= tx::kTextRuleSince && transaction.text_fault()) {
    return transaction.text_fault();
  }
  if (auto rejection = check_envelope(transaction)) return rejection;
  if (auto rejection = check_author(transaction, *row)) return rejection;
  KeyPurpose purpose = KeyPurpose::kRoot;
  if (auto rejection = check_signers(transaction, *row, purpose)) return rejection;

  const tx::StateView view{overlay,        cache,           parameters, context.chain,
                           context.height, context.time_ms, purpose,    context.protocol_version};
  if (context.protocol_version >= tx::rules::kAuthorBudgetSince) {
    if (auto rejection = tx::rules::check_author_budget(view, transaction)) return rejection;
  }
  return tx::rules::check(view, transaction, plan);
}

void BlockExecutor::Block::apply(const Transaction& transaction, const tx::rules::Plan& plan) {
  const auto* row = tx::find_row(transaction.kind());
  const auto& first_key = transaction.signatures().front().key;
  const auto index = ledger.append_log(static_cast<std::uint16_t>(transaction.kind()),
                                       transaction.author(), first_key, transaction.id());

  tx::StateWriter writer(ledger, cache, {transaction.id(), first_key, index}, transaction.author());
  tx::rules::apply(writer, transaction, plan);

  // A rule that writes more than its kind declares is a bug, and every node stops before it
  // spreads.
  TM_CHECK(tx::covers(row->privileges, writer.used()),
           "a kind wrote what it must not:", name(row->kind));

  if (context.protocol_version >= tx::rules::kAuthorBudgetSince) {
    tx::rules::count_author_bytes(overlay, transaction, context.time_ms);
  }

  ++count;
  size_bytes += transaction.encoded().size();
  weight += transaction.weight();
}

BlockExecutor::BlockExecutor(const StateReader& parent, const BlockContext& context,
                             SignatureVerifier& verifier)
    : block_(std::make_unique<Block>(parent, context, verifier)) {}
BlockExecutor::~BlockExecutor() = default;

std::optional<Rejection> BlockExecutor::add(const tx::SharedTransaction& transaction) {
  tx::rules::Plan plan;
  if (auto rejection = block_->check_room(*transaction)) return rejection;
  if (auto rejection = block_->check(*transaction, plan)) return rejection;
  block_->apply(*transaction, plan);
  return std::nullopt;
}

std::optional<Rejection> BlockExecutor::check(const tx::SharedTransaction& transaction) {
  tx::rules::Plan plan;
  auto rejection = block_->check_room(*transaction);
  if (rejection && rejection->code != RejectionCode::kBlockFull) return rejection;
  return block_->check(*transaction, plan);
}

std::size_t BlockExecutor::count() const { return block_->count; }
std::size_t BlockExecutor::size_bytes() const { return block_->size_bytes; }
std::uint64_t BlockExecutor::weight() const { return block_->weight; }
const Parameters& BlockExecutor::parameters() const { return block_->parameters; }

BlockEffects BlockExecutor::finish() {
  BlockEffects effects;
  effects.roots = block_->ledger.seal();
  effects.parameters = parameters_digest(read_parameters(block_->overlay));
  if (read_epoch(block_->overlay) != block_->epoch) {
    effects.next_validator_set = read_validators(block_->overlay).digest();
  }
  effects.delta = block_->overlay.take();
  return effects;
}

std::variant<BlockEffects, BlockRejection> execute(
    const StateReader& parent, const BlockContext& context,
    std::span<const tx::SharedTransaction> transactions, SignatureVerifier& verifier) {
  BlockExecutor executor(parent, context, verifier);
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    if (auto rejection = executor.add(transactions[i]))
      return BlockRejection{i, std::move(*rejection)};
  }
  return executor.finish();
}

std::optional<Rejection> check(const StateReader& parent, const BlockContext& context,
                               const tx::SharedTransaction& transaction,
                               SignatureVerifier& verifier) {
  if (context.protocol_version > kNewestProtocol) {
    return refuse(RejectionCode::kLaterProtocol, "",
                  "this build does not know the protocol version in force");
  }
  return BlockExecutor(parent, context, verifier).check(transaction);
}

std::vector<SignatureCheck> signature_checks(const StateReader& state,
                                             const Transaction& transaction) {
  std::vector<SignatureCheck> checks;
  tx::RecordCache cache;
  for (const auto& signature : transaction.signatures()) {
    const auto* key = cache.key(state, signature.key);
    if (key == nullptr) continue;
    checks.push_back({key->bip340, Hash256{transaction.id().bytes}, signature.signature});
  }
  return checks;
}

}  // namespace testamur::ledger
