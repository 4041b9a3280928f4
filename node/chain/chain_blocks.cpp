// What the consensus engine asks of the node: building, validating, signing, committing. Blocks
// above the last final one live in the block processor alone; only commit() and what it calls
// change the head, the store and the mempool, and readers see a block before a caller is told of
// it.
#include "consensus/values/codec.h"
#include "ledger/protocol.h"
#include "node/chain/block_body.h"
#include "node/chain/chain_core.h"

namespace testamur::node {

namespace {

constexpr std::size_t kPrepareInline =
    8;  // unknown transactions that are decoded on the strand; more go to the pool

}  // namespace

bool Chain::Core::body_matches(const Bytes& header, const Bytes& body) {
  auto decoded = ledger::decode_header(header);
  auto parts = split_body(body);
  return decoded.ok() && parts.ok() && ledger::payload_digest(*parts) == decoded->payload_digest;
}

void Chain::Core::build(const consensus::BuildRequest& request) {
  engine_->on_built(request.id, processor_.build(request));
}

void Chain::Core::validate(const consensus::BlockPtr& block) {
  const auto header = ledger::decode_header(*block->proposal.header);
  const auto payload = header.ok() ? header->payload_digest : Hash256{};

  // Little work is done here, so that an empty ledger's blocks wait for no other thread.
  const bool executed = processor_.executed(block->facts.id) != nullptr;
  if (executed || processor_.count_unknown(*block->proposal.body) <= kPrepareInline) {
    // What was executed needs no decoding again, but its other copies may be false.
    const auto body =
        executed
            ? PreparedBody{body_matches(*block->proposal.header, *block->proposal.body), {}, {}}
            : processor_.prepare_body(*processor_.base().state, payload, *block->proposal.body);
    engine_->on_validated(block->facts.id, processor_.validate(*block, body, engine_now_ms()));
    return;
  }

  // Signatures are verified in the pool, the state's rules on the strand: only there is the
  // parent's state.
  runtime_.post_to_pool([this, block, payload, state = processor_.base().state] {
    const auto body = std::make_shared<PreparedBody>(
        processor_.prepare_body(*state, payload, *block->proposal.body));
    post([this, block, body] { event([&] { finish_validation(block, *body); }); });
  });
}

void Chain::Core::finish_validation(const consensus::BlockPtr& block, const PreparedBody& body) {
  auto validation = processor_.validate(*block, body, engine_now_ms());
  if (validation.verdict == consensus::Verdict::kInvalid) {
    log_.warn("block_invalid", {{"height", block->facts.height.value},
                                {"proposer", to_text(block->facts.proposer)},
                                {"cause", processor_.last_refusal()}});
  }
  engine_->on_validated(block->facts.id, validation);
}

bool Chain::Core::verify(const consensus::ConsensusKey& key, const Hash256& digest,
                         const Signature& signature) {
  return verifier_.verify(key.view(), digest.view(), signature);
}

void Chain::Core::persist(consensus::RecordGroup group) { writer_->submit(std::move(group)); }

// The engine commits again what the journal proves; the store may hold it already.
void Chain::Core::commit(const consensus::Commit& commit) {
  for (std::size_t i = 0; i < commit.blocks.size(); ++i) {
    const auto& block = *commit.blocks[i];
    if (block.facts.height <= processor_.base().header.height) continue;
    if (beyond_protocol_) return;  // the journal keeps it for the build that knows its version

    // The proof is the last block's: of the others the headers after them are links to it.
    consensus::FinalityProof proof;
    proof.certificate = commit.proof.certificate;
    for (std::size_t later = i + 1; later < commit.blocks.size(); ++later) {
      proof.links.push_back(commit.blocks[later]->proposal.header);
    }
    proof.links.insert(proof.links.end(), commit.proof.links.begin(), commit.proof.links.end());
    apply_block(block, proof);
  }
  if (commit.proof.certificate) sender_.set_position(*commit.proof.certificate);
  voting_nodes_.note_commit(engine_now_ms());
}

void Chain::Core::apply_block(const consensus::Block& block,
                              const consensus::FinalityProof& proof) {
  const auto applied = committer_.apply(block, proof);
  if (!applied) return;

  // Readers must see the block before a caller is told that it is committed: it may ask for what it
  // just wrote.
  committer_.publish(applied->head);
  transactions_.settle(applied->block, applied->first_log_index);
  watch_protocol();

  // Only after an epoch's first final block is the old key useless to us and dangerous to
  // everybody.
  if (applied->first_of_epoch) end_unused_keys();

  const auto& state = *applied->head->state;
  if (peer_directory_.follow(state, *applied->block.delta, seated(state)))
    sender_.recheck_admissions();
  const auto& header = applied->block.header;
  log_.debug("block_committed",
             {{"height", header.height.value},
              {"view", header.view.value},
              {"transactions", static_cast<std::uint64_t>(applied->block.transactions.size())}});
}

// The sealing block is applied: its state names them.
consensus::ValidatorSet Chain::Core::next_validators(const consensus::BlockPtr& sealing) {
  const auto& base = processor_.base();
  TM_CHECK(base.block == sealing->facts.id, "an epoch ends with a block that is not applied");
  auto set = ledger::read_validators(*base.state);
  TM_CHECK(set.digest() == base.header.next_validator_set,
           "the state's validators are not those that its block names");
  auto validators = to_validator_set(set);
  keys_.begin_epoch(validators);
  log_.info("epoch", {{"epoch", ledger::read_epoch(*base.state).value},
                      {"validators", static_cast<std::uint64_t>(validators.size())},
                      {"sealed_at", base.header.height.value},
                      {"votes_here", keys_.votes()}});
  return validators;
}

// Old rules stay in the code, new ones cannot be guessed: before the first block of a version that
// this build does not know everything ends but reading.
void Chain::Core::watch_protocol() {
  const auto& base = processor_.base();
  auto stop = ledger::protocol_stop(*base.state);
  if (!stop) return;

  // The operator is told as soon as the registry names the version, before its first block, and
  // once only.
  if (stop->record.version != warned_protocol_) {
    warned_protocol_ = stop->record.version;
    log_.error("protocol_unknown", {{"version", static_cast<std::uint64_t>(stop->record.version)},
                                    {"from_height", stop->record.from.value},
                                    {"known", static_cast<std::uint64_t>(ledger::kNewestProtocol)},
                                    {"cause", stop->text()}});
  }

  if (beyond_protocol_ || !processor_.beyond_known_protocol()) return;
  beyond_protocol_ = true;
  log_.error("stopped_before_protocol",
             {{"height", base.header.height.value}, {"cause", stop->text()}});

  // Nothing ends here any more: whoever waits for it must not wait until the node stops.
  transactions_.commit_waiters().release_all();
}

// A key that certified earlier epochs, but not the one whose first block is final, has signed for
// the last time.
void Chain::Core::end_unused_keys() {
  const auto& base = processor_.base();
  while (const auto over = keys_.erase_unused(*base.state, base.header)) {
    engine_->set_keys(keys_.public_keys());
    log_.info("consensus_key_over", {{"key", to_text(key_id(KeyPurpose::kConsensus, *over))}});
    if (parts_.key_is_over) parts_.key_is_over(*over);
  }
}

void Chain::Core::misbehaviour(const consensus::Evidence& evidence) {
  parts_.counters.misbehaviour.add();
  log_.error("misbehaviour", {{"validator", to_text(evidence.validator)},
                              {"view", evidence.first.view.value},
                              {"evidence", to_hex(consensus::encode(evidence))}});
  if (parts_.misbehaviour) parts_.misbehaviour(evidence);
}

void Chain::Core::quarantine(bool active) {
  log_.warn("quarantine", {{"active", active}});
  if (parts_.quarantine_changed) parts_.quarantine_changed(active);
}

void Chain::Core::notice(const std::string& text) { log_.info("consensus", {{"notice", text}}); }

}  // namespace testamur::node
