// What the consensus engine asks of the node: building, validating, signing, committing.
#include "consensus/codec.h"
#include "ledger/protocol.h"
#include "node/chain/block_body.h"
#include "node/chain/chain_core.h"

namespace testamur::node {

namespace {

constexpr std::size_t kPrepareInline = 8;  // unknown transactions that are decoded on the strand; more go to the pool
constexpr std::uint64_t kMaintainEveryMs = 5'000;
constexpr std::uint64_t kMaintainEveryBlocks = 1'000;

}  // namespace

bool Chain::Core::body_matches(const Bytes& header, const Bytes& body) {
  auto decoded = ledger::decode_header(header);
  auto parts = split_body(body);
  return decoded.ok() && parts.ok() && ledger::payload_digest(*parts) == decoded->payload_digest;
}

void Chain::Core::build(const consensus::BuildRequest& request) {
  engine_->on_built(request.id, workshop_.build(request));
}

void Chain::Core::validate(const consensus::BlockPtr& block) {
  auto header = ledger::decode_header(*block->proposal.header);
  if (header.ok()) note_clock(block->facts, header->time_ms);
  auto payload = header.ok() ? header->payload_digest : Hash256{};
  bool executed = workshop_.executed(block->facts.id) != nullptr;
  if (executed || workshop_.count_unknown(*block->proposal.body) <= kPrepareInline) {
    // What was executed needs no decoding again, but its other copies may be false.
    auto body = executed ? PreparedBody{body_matches(*block->proposal.header, *block->proposal.body), {}, {}}
                         : workshop_.prepare_body(*workshop_.base().state, payload, *block->proposal.body);
    engine_->on_validated(block->facts.id, workshop_.validate(*block, body, engine_now_ms()));
    return;
  }
  post_to_pool([this, block, payload, state = workshop_.base().state] {
    auto body = std::make_shared<PreparedBody>(workshop_.prepare_body(*state, payload, *block->proposal.body));
    post([this, block, body] { event([&] { finish_validation(block, *body); }); });
  });
}

void Chain::Core::finish_validation(const consensus::BlockPtr& block, const PreparedBody& body) {
  auto validation = workshop_.validate(*block, body, engine_now_ms());
  if (validation.verdict == consensus::Verdict::kInvalid) {
    log_.warn("block_invalid", {{"height", block->facts.height.value},
                                {"proposer", to_text(block->facts.proposer)},
                                {"cause", workshop_.last_refusal()}});
  }
  engine_->on_validated(block->facts.id, validation);
}

// A header's time is its proposer's clock, or its parent's time where that is later.
void Chain::Core::note_clock(const consensus::HeaderFacts& facts, std::uint64_t header_time_ms) {
  clock_offsets_ms_[facts.proposer] =
      static_cast<std::int64_t>(header_time_ms) - static_cast<std::int64_t>(parts_.clock.now_ms());
}

Signature Chain::Core::sign(const Hash256& digest) {
  TM_CHECK(signing_key_ != nullptr, "an observer was asked to sign");
  return signing_key_->sign(digest.view());
}

bool Chain::Core::verify(const consensus::ConsensusKey& key, const Hash256& digest, const Signature& signature) {
  const bool valid = verifier_.verify(key.view(), digest.view(), signature);
  bad_signatures_ += valid ? 0 : 1;
  return valid;
}

void Chain::Core::persist(consensus::RecordGroup group) { writer_->submit(std::move(group)); }

void Chain::Core::commit(const consensus::Commit& commit) {
  for (std::size_t i = 0; i < commit.blocks.size(); ++i) {
    const auto& block = *commit.blocks[i];
    if (block.facts.height <= workshop_.base().header.height) continue;
    if (beyond_protocol_) return;  // the journal keeps it for the build that knows its version
    consensus::FinalityProof proof;
    proof.certificate = commit.proof.certificate;
    for (std::size_t later = i + 1; later < commit.blocks.size(); ++later) {
      proof.links.push_back(commit.blocks[later]->proposal.header);
    }
    proof.links.insert(proof.links.end(), commit.proof.links.begin(), commit.proof.links.end());
    apply_block(block, proof);
  }
  if (network_ != nullptr && commit.proof.certificate) {
    network_->set_position(commit.proof.certificate->statement.epoch, consensus::encode(*commit.proof.certificate));
  }
}

void Chain::Core::apply_block(const consensus::Block& block, const consensus::FinalityProof& proof) {
  auto height = block.facts.height;
  if (auto status = workshop_.execute_final(block); !status.ok()) {
    parts_.fatal("block " + std::to_string(height.value) + " is final but not valid here: " + status.message() +
                 "; this node's state differs from the quorum's, do not restart it on this data directory");
    return;
  }
  const auto* branch = workshop_.executed(block.facts.id);
  TM_CHECK(branch != nullptr, "an executed block has no branch", height.value);
  LogIndex first_log_index{workshop_.base().header.roots.log_size};
  {
    TimedSection timed(counters_.apply);
    auto certificate = consensus::encode(proof);
    auto status =
        parts_.store.apply({height, *block.proposal.header, *block.proposal.body, certificate, *branch->delta});
    if (!status.ok()) {
      parts_.fatal("block " + std::to_string(height.value) + " cannot be stored: " + status.message());
      return;
    }
  }
  auto settled = *branch;  // outlives the move of the base
  bool first_of_epoch = settled.header.epoch != workshop_.base().header.epoch;
  auto head = std::make_shared<const Head>(Head{parts_.store.snapshot(), settled.header, settled.id});
  for (const auto& change : settled.delta->changes(ledger::Table::kPageCommitments)) {
    if (change.value) counters_.commitments_listed.add(change.value->size() / 32);
  }
  last_commit_ms_ = parts_.clock.now_ms();
  counters_.blocks_committed.add();
  publish(head);
  settle_block(settled, first_log_index);
  settle_others(settled.header);
  watch_protocol();
  if (first_of_epoch) end_unused_keys();
  if (peer_directory_.follow(*head->state, *settled.delta, seated(*head->state)) && network_ != nullptr) {
    network_->recheck_admissions();
  }
  log_.debug("block_committed", {{"height", height.value},
                                 {"view", settled.header.view.value},
                                 {"transactions", static_cast<std::uint64_t>(settled.transactions.size())}});
}

void Chain::Core::publish(HeadPtr head) {
  if (head->header.parameters != parameters_digest_) {
    parameters_digest_ = head->header.parameters;
    heartbeat_interval_ms_ = ledger::read_parameters(*head->state)[ledger::Parameter::kHeartbeatMs];
  }
  workshop_.set_base(head);
  head_.store(head);
  for (const auto& [id, listener] : listeners_) listener(head);
}

// The sealing block is applied: its state names them.
consensus::ValidatorSet Chain::Core::next_validators(const consensus::BlockPtr& sealing) {
  const auto& base = workshop_.base();
  TM_CHECK(base.block == sealing->facts.id, "an epoch ends with a block that is not applied");
  auto set = ledger::read_validators(*base.state);
  TM_CHECK(set.digest() == base.header.next_validator_set, "the state's validators are not those that its block names");
  auto validators = to_validator_set(set);
  signing_key_ = voting_key(validators);
  log_.info("epoch", {{"epoch", ledger::read_epoch(*base.state).value},
                      {"validators", static_cast<std::uint64_t>(validators.size())},
                      {"sealed_at", base.header.height.value},
                      {"votes_here", signing_key_ != nullptr}});
  return validators;
}

// Old rules stay in the code, new ones cannot be guessed: before the first block of a version that this build does not
// know everything ends but reading.
void Chain::Core::watch_protocol() {
  const auto& base = workshop_.base();
  auto stop = ledger::protocol_stop(*base.state);
  if (!stop) return;
  if (stop->record.version != warned_protocol_) {
    warned_protocol_ = stop->record.version;
    log_.error("protocol_unknown", {{"version", static_cast<std::uint64_t>(stop->record.version)},
                                    {"from_height", stop->record.from.value},
                                    {"known", static_cast<std::uint64_t>(ledger::kNewestProtocol)},
                                    {"cause", stop->text()}});
  }
  if (beyond_protocol_ || !workshop_.beyond_known_protocol()) return;
  beyond_protocol_ = true;
  log_.error("stopped_before_protocol", {{"height", base.header.height.value}, {"cause", stop->text()}});
  outcomes_.drop_all();
}

// A key that certified earlier epochs, but not the one whose first block is final, has signed for the last time.
void Chain::Core::end_unused_keys() {
  const auto& base = workshop_.base();
  if (base.header.seals_epoch()) return;
  for (auto key = keys_.begin(); key != keys_.end();) {
    auto public_key = key->public_key();
    if (&*key == signing_key_ || !certified_before(*base.state, *consensus::ConsensusKey::from(public_key.bytes))) {
      ++key;
      continue;
    }
    key = keys_.erase(key);
    engine_->set_keys(own_keys());
    log_.info("consensus_key_over", {{"key", to_text(key_id(KeyPurpose::kConsensus, public_key))}});
    if (parts_.key_is_over) parts_.key_is_over(public_key);
  }
}

void Chain::Core::misbehaviour(const consensus::Evidence& evidence) {
  counters_.misbehaviour.add();
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

// The journal is pruned only below the height that was read before a successful sync of the store.
void Chain::Core::maintain() {
  const auto& header = workshop_.base().header;
  auto now = engine_now_ms();
  if (maintaining_ || header.height == maintained_height_ || header.height == Height{0}) return;
  if (now - maintained_at_ms_ < kMaintainEveryMs &&
      header.height.value - maintained_height_.value < kMaintainEveryBlocks) {
    return;
  }
  maintaining_ = true;
  maintained_at_ms_ = now;
  maintained_height_ = header.height;
  post_to_pool([this, epoch = header.epoch, view = header.view] {
    auto status = parts_.store.sync_wal();
    post([this, status, epoch, view] {
      maintaining_ = false;
      if (stopped_) return;
      if (!status.ok()) {
        parts_.fatal("the store cannot be synced: " + status.message());
        return;
      }
      writer_->prune(engine_->live_records(), epoch, view);
    });
  });
}

}  // namespace testamur::node
