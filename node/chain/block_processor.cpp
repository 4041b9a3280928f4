// A block is built and judged by the same steps: find the parent's state, execute, fill in the
// header that must follow. A branch is kept only after it was executed, so the state above every
// kept branch can be read, and a final block that was voted for is not executed again. Both ways
// fill the header by child_header() and filler_header(): what this node builds is what it accepts.
#include "node/chain/block_processor.h"

#include <algorithm>

#include "ledger/protocol.h"
#include "node/chain/block_body.h"

namespace testamur::node {

namespace tx = ledger::tx;
using consensus::Validation;
using consensus::Verdict;

namespace {

constexpr std::uint64_t kClockLeadMs = 10'000;  // voting rule: how far a header may be ahead
constexpr std::size_t kUnfinalizedLimitBytes =
    std::size_t{64} << 20;  // voting rule: deltas above the last final block
constexpr std::size_t kLeastBlockBytes = 64 * 1024;

Hash256 payload_digest_of(const TransactionList& transactions) {
  std::vector<ByteView> carried;
  carried.reserve(transactions.size());
  for (const auto& transaction : transactions) carried.push_back(transaction->encoded());
  return ledger::payload_digest(carried);
}

const Hash256& empty_payload_digest() {
  static const Hash256 kDigest = ledger::payload_digest({});
  return kDigest;
}

}  // namespace

consensus::HeaderFacts header_facts(const Bytes& bytes) {
  consensus::HeaderFacts facts;
  facts.id = ledger::block_id(ByteView(bytes));
  auto header = ledger::decode_header(bytes);
  if (!header.ok()) return facts;

  facts.well_formed = true;
  facts.epoch = header->epoch;
  facts.view = header->view;
  facts.height = header->height;
  facts.parent = header->parent;
  facts.proposer = header->proposer;
  facts.empty = header->payload_digest == empty_payload_digest();

  // A filler repeats its parent's header and with it the seal, but it seals nothing itself.
  facts.sealing = header->seals_epoch() && !header->filler;
  facts.filler = header->filler;
  return facts;
}

namespace {

bool knows_children_of(const ledger::StateReader& state, const ledger::Header& parent) {
  return ledger::protocol_version_at(state, parent.height.next()) <= ledger::kNewestProtocol;
}

}  // namespace

bool BlockProcessor::beyond_known_protocol() const {
  return !knows_children_of(*base_->state, base_->header);
}

void BlockProcessor::set_base(HeadPtr head) {
  base_ = std::move(head);
  unfinalized_.set_base(base_->block);
  unfinalized_.drop_up_to(base_->header.height);
}

std::optional<BlockProcessor::Parent> BlockProcessor::parent_of(const BlockId& block) const {
  if (!unfinalized_.reaches_base(block)) return std::nullopt;
  Parent parent{base_->header, unfinalized_.path(block)};
  if (!parent.path.empty()) parent.header = parent.path.back()->header;
  return parent;
}

ledger::Header BlockProcessor::child_header(const Parent& parent,
                                            const ledger::BlockContext& context,
                                            const ledger::BlockEffects& effects) const {
  ledger::Header header = parent.header;
  header.protocol_version = context.protocol_version;
  header.height = context.height;
  header.parent = context.parent;
  header.payload_digest = empty_payload_digest();
  header.roots = effects.roots;
  header.parameters = effects.parameters;
  if (parent.header.seals_epoch()) header.validator_set = parent.header.next_validator_set;
  header.next_validator_set = effects.next_validator_set;
  header.filler = false;
  return header;
}

ledger::Header BlockProcessor::filler_header(const Parent& parent) const {
  ledger::Header header = parent.header;
  header.parent = ledger::block_id(parent.header);
  header.payload_digest = empty_payload_digest();
  header.filler = true;
  return header;
}

TransactionList BlockProcessor::choose(const Parent& parent, ledger::BlockExecutor& executor,
                                       std::size_t limit_bytes) {
  TransactionList chosen;
  std::size_t size = 0;
  std::size_t refused = 0;
  mempool_.select([&](const tx::SharedTransaction& transaction) {
    auto carried = transaction->encoded().size() + kBodyOverheadBytes;
    if (contains(parent.path, transaction->id())) return Mempool::Pick::kNext;
    if (!chosen.empty() && size + carried > limit_bytes) return Mempool::Pick::kStop;
    auto rejection = executor.add(transaction);
    if (!rejection) {
      chosen.push_back(transaction);
      size += carried;
      return Mempool::Pick::kNext;
    }
    if (rejection->code == tx::RejectionCode::kBlockFull) return Mempool::Pick::kStop;
    mempool_.mark_for_recheck(transaction->id());
    // A flood of transactions that fit no state must not hold up the block.
    return ++refused > 1000 ? Mempool::Pick::kStop : Mempool::Pick::kNext;
  });
  return chosen;
}

consensus::BuiltBlock BlockProcessor::keep(ExecutedBlock executed) {
  auto header = std::make_shared<const Bytes>(ledger::encode(executed.header));
  auto body = std::make_shared<const Bytes>(encode_body(executed.transactions));
  executed.id = ledger::block_id(ByteView(*header));
  unfinalized_.add(std::move(executed));
  counters_.blocks_built.add();
  return {std::move(header), std::move(body)};
}

std::optional<consensus::BuiltBlock> BlockProcessor::build(const consensus::BuildRequest& request) {
  const TimedSection timed(counters_.build);
  auto parent = parent_of(request.parent);
  if (!parent) return std::nullopt;

  // Others refuse a block whose time lies before its parent's, so a slow clock does not count.
  auto time_ms = std::max(parent->header.time_ms, clock_.now_ms());
  ExecutedBlock executed;

  // A filler has the state of the sealing block on which it stands.
  if (request.filler) {
    executed.header = filler_header(*parent);
    executed.delta = std::make_shared<const ledger::Delta>();
  } else {
    const ledger::Overlay state(*base_->state, deltas(parent->path));
    if (!knows_children_of(state, parent->header)) return std::nullopt;

    const auto context = ledger::context_above(state, parent->header, time_ms);
    ledger::BlockExecutor executor(state, context, verifier_);

    // Above the limit validators vote for blocks without transactions only (see validate()).
    const bool over_limit = size_bytes(parent->path) > kUnfinalizedLimitBytes;
    if (!request.empty && !over_limit) {
      // Each halving is a block that was too large to be agreed on in time. After five of them a
      // block holds a single transaction, however slow the validators are.
      auto limit = std::min<std::size_t>(
          options_.block_bytes, executor.parameters()[ledger::Parameter::kBlockLimitBytes]);
      limit = std::max(limit >> std::min(request.halvings, 20u),
                       request.halvings > 5 ? 0 : kLeastBlockBytes);
      executed.transactions = choose(*parent, executor, limit);
    }

    auto effects = executor.finish();
    executed.header = child_header(*parent, context, effects);
    executed.delta = std::move(effects.delta);
    executed.header.payload_digest = payload_digest_of(executed.transactions);
  }

  executed.header.epoch = request.epoch;
  executed.header.view = request.view;
  executed.header.proposer = options_.self;
  executed.header.time_ms = time_ms;
  return keep(std::move(executed));
}

PreparedBody BlockProcessor::prepare_body(const ledger::StateReader& state,
                                          const Hash256& payload_digest, ByteView body) const {
  PreparedBody prepared;
  auto parts = split_body(body);
  // A body that does not hash to the header's digest is a false copy, no fault of the proposer.
  if (!parts.ok() || ledger::payload_digest(*parts) != payload_digest) return prepared;

  prepared.matches = true;
  prepared.transactions.reserve(parts->size());
  for (auto part : *parts) {
    // What waits in the mempool was decoded and its signatures were verified when it came.
    auto known = mempool_.find_encoded(part);
    if (known == nullptr) {
      const TimedSection timed(counters_.decode);
      auto decoded = tx::decode(options_.chain, to_bytes(part));
      if (const auto* rejection = std::get_if<tx::Rejection>(&decoded)) {
        prepared.malformed = to_text(*rejection);
        return prepared;
      }
      known = std::get<tx::SharedTransaction>(std::move(decoded));

      // The results stay in the verifier's cache, where the execution finds them.
      for (const auto& check : ledger::signature_checks(state, *known)) {
        verifier_.verify(check.public_key, check.message.view(), check.signature);
      }
    }
    prepared.transactions.push_back(std::move(known));
  }

  return prepared;
}

std::size_t BlockProcessor::count_unknown(ByteView body) const {
  auto parts = split_body(body);
  if (!parts.ok()) return 0;
  return static_cast<std::size_t>(
      std::count_if(parts->begin(), parts->end(),
                    [this](ByteView part) { return mempool_.find_encoded(part) == nullptr; }));
}

Validation BlockProcessor::invalid(std::string why) {
  last_refusal_ = std::move(why);
  return {Verdict::kInvalid, 0};
}

Validation BlockProcessor::execute_and_compare(const ledger::Header& header, const BlockId& id,
                                               const Parent& parent, const PreparedBody& body) {
  ledger::Header expected;
  ExecutedBlock executed;
  if (header.filler) {
    if (!body.transactions.empty()) return invalid("a filler carries transactions");
    if (!parent.header.seals_epoch())
      return invalid("a filler stands on a block that seals nothing");
    expected = filler_header(parent);
    executed.delta = std::make_shared<const ledger::Delta>();
  } else {
    const ledger::Overlay state(*base_->state, deltas(parent.path));
    // Not the leader's fault: this build must not judge the block, and stops when its parent is
    // final.
    if (!knows_children_of(state, parent.header)) {
      last_refusal_ = "it is of a protocol version that this build does not know";
      return {Verdict::kRefused, 0};
    }
    const auto context = ledger::context_above(state, parent.header, header.time_ms);
    auto result = ledger::execute(state, context, body.transactions, verifier_);
    if (const auto* bad = std::get_if<ledger::BlockRejection>(&result)) {
      return invalid("transaction " + std::to_string(bad->position) + ": " +
                     to_text(bad->rejection));
    }
    auto& effects = std::get<ledger::BlockEffects>(result);
    expected = child_header(parent, context, effects);
    executed.delta = std::move(effects.delta);
  }
  expected.epoch = header.epoch;
  expected.view = header.view;
  expected.proposer = header.proposer;
  expected.time_ms = header.time_ms;
  expected.payload_digest = header.payload_digest;
  if (expected != header) {
    const bool roots = expected.roots == header.roots;
    return invalid(roots ? "the header does not follow from its parent"
                         : "the roots differ from those of the header");
  }
  executed.id = id;
  executed.header = header;
  executed.transactions = body.transactions;
  unfinalized_.add(std::move(executed));
  return {Verdict::kValid, 0};
}

Validation BlockProcessor::validate(const consensus::Block& block, const PreparedBody& body,
                                    std::uint64_t now_engine_ms) {
  const TimedSection timed(counters_.validate);
  auto header = ledger::decode_header(*block.proposal.header);
  if (!header.ok()) return invalid(header.message());
  if (!body.matches) return {Verdict::kBadCopy, 0};
  auto parent = parent_of(header->parent);
  if (!parent) return {Verdict::kRefused, 0};
  if (header->time_ms < parent->header.time_ms)
    return invalid("the header's time lies before its parent's");

  // Executed before: the block is valid, though this may be another copy of it than the one that
  // was executed.
  auto validation = Validation{Verdict::kValid, 0};
  if (unfinalized_.find(block.facts.id) == nullptr) {
    if (!body.malformed.empty()) return invalid(body.malformed);
    if (!body.transactions.empty() && size_bytes(parent->path) > kUnfinalizedLimitBytes)
      return {Verdict::kRefused, 0};
    validation = execute_and_compare(*header, block.facts.id, *parent, body);
  }

  // Only now: others may certify a block whose time has not come here, and build on it.
  auto latest = std::max(parent->header.time_ms, clock_.now_ms() + kClockLeadMs);
  if (validation.verdict == Verdict::kValid && header->time_ms > latest) {
    return {Verdict::kNotYet, now_engine_ms + (header->time_ms - latest)};
  }
  return validation;
}

Status BlockProcessor::execute_final(const consensus::Block& block) {
  // It was executed when this node judged it, and the result is kept.
  if (unfinalized_.find(block.facts.id) != nullptr) return {};

  const TimedSection timed(counters_.validate);
  auto header = ledger::decode_header(*block.proposal.header);
  if (!header.ok()) return header.failure();

  // Without its parent's state nothing can be said of it: finality comes in order.
  auto parent = parent_of(header->parent);
  if (!parent)
    return error("its parent " + header->parent.hex() + " is not the last finalized block");

  auto body = prepare_body(*base_->state, header->payload_digest, *block.proposal.body);
  if (!body.matches) return error("its body does not hash to the header's payload digest");
  if (!body.malformed.empty()) return error(body.malformed);

  auto validation = execute_and_compare(*header, block.facts.id, *parent, body);
  if (validation.verdict != Verdict::kValid) return error(last_refusal_);
  return {};
}

}  // namespace testamur::node
