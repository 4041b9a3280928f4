#include "tests/sim/sim_node.h"

#include <algorithm>

#include "common/check.h"
#include "consensus/codec.h"

namespace testamur::sim {

using consensus::Act;

Signature toy_sign(const consensus::ConsensusKey& key, const Hash256& digest) {
  const Hash256 half = Sha256{}.update(key.view()).update(digest.view()).finish();
  Signature signature;
  std::copy(half.bytes.begin(), half.bytes.end(), signature.bytes.begin());
  std::copy(half.bytes.begin(), half.bytes.end(), signature.bytes.begin() + 32);
  return signature;
}

SimNode::SimNode(NodeSettings settings, Timeline& timeline, Network& network, Checker& checker, Random random,
                 std::unique_ptr<Application> application)
    : settings_(std::move(settings)),
      timeline_(timeline),
      network_(network),
      checker_(checker),
      random_(random),
      application_(std::move(application)) {}

void SimNode::later(std::uint64_t delay_us, std::function<void()> what) {
  timeline_.after(delay_us, [this, life = life_, what = std::move(what)] {
    if (!engine_ || life != life_) return;
    if (is_paused()) return later(paused_until_us_ - timeline_.now_us(), what);
    what();
  });
}

template <class Event>
void SimNode::event(Event&& handle) {
  engine_->on_tick(timeline_.now_ms());
  handle();
  write_journal();
  schedule_wake();
}

void SimNode::schedule_wake() {
  const std::uint64_t wanted = engine_->wake_at_ms();
  if (wake_ms_ > timeline_.now_ms() && wake_ms_ <= wanted) return;
  wake_ms_ = wanted;
  timeline_.at(wanted * 1000, [this, life = life_, wanted] {
    if (!engine_ || life != life_ || wake_ms_ != wanted) return;
    wake_ms_ = 0;
    if (is_paused())
      return later(paused_until_us_ - timeline_.now_us(), [this] { event([this] { update_pending(); }); });
    event([this] { update_pending(); });
  });
}

std::uint64_t SimNode::clock_ms() const {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(timeline_.now_ms() + 1'000'000'000) + clock_offset_ms);
}

void SimNode::start(bool quarantine) {
  TM_CHECK(!engine_);
  ++life_;
  wake_ms_ = 0;
  in_quarantine_ = false;
  engine_ = std::make_unique<consensus::Engine>(settings_.engine, application_->tip(), *this);
  for (const auto& entry : journal_.entries()) {
    const Status restored = engine_->restore(entry.kind, entry.bytes);
    if (!restored.ok()) checker_.violated("node " + std::to_string(number()) + ": " + restored.message());
  }
  const Status started = engine_->start(quarantine, timeline_.now_ms());
  if (!started.ok())
    return checker_.violated("node " + std::to_string(number()) + " cannot start: " + started.message());
  if (application_->height() < acknowledged_) {
    checker_.violated("node " + std::to_string(number()) + " acknowledged height " +
                      std::to_string(acknowledged_.value) + " and came back at " +
                      std::to_string(application_->height().value));
  }
  event([this] { update_pending(); });
}

void SimNode::crash() {
  paused_until_us_ = 0;
  engine_.reset();
  journal_.crash(random_);
  application_->crash(random_);
}

void SimNode::wipe(std::unique_ptr<Application> fresh) {
  TM_CHECK(!engine_);
  application_ = std::move(fresh);
  journal_.wipe();
  acknowledged_ = Height{0};
}

void SimNode::restore(Backup backup) {
  TM_CHECK(!engine_);
  application_ = std::move(backup.application);
  journal_ = std::move(backup.journal);
  acknowledged_ = Height{0};
}

void SimNode::sync_and_prune() {
  const Height synced = application_->sync();
  const auto tip = application_->tip();
  if (!engine_) return;
  const View finalized = tip.block.epoch == tip.epoch ? tip.block.view : View{0};
  journal_.prune(synced, tip.epoch, finalized, engine_->live_records());
}

void SimNode::receive(const Packet& packet) {
  if (!engine_) return;
  if (is_paused()) return later(paused_until_us_ - timeline_.now_us(), [this, packet] { receive(packet); });
  const auto& bytes = *packet.bytes;
  event([&] {
    switch (packet.channel) {
      case Channel::kConsensus:
        if (const auto message = consensus::decode_message(bytes))
          engine_->on_message(settings_.everybody[packet.from], *message);
        break;
      case Channel::kTransactions: {
        Decoder in{bytes};
        while (in.remaining() >= 8) application_->submit(in.u64());
        update_pending();
        break;
      }
      case Channel::kBlockRequest: answer_block_request(packet); break;
      case Channel::kBlockResponse: take_blocks(packet); break;
    }
  });
}

void SimNode::submit(TransactionNumber transaction) {
  if (!engine_) return;
  event([&] {
    application_->submit(transaction);
    update_pending();
  });
  broadcast_transactions({transaction});
}

void SimNode::update_pending() {
  const bool heartbeat = clock_ms() >= application_->last_block_time_ms() + settings_.heartbeat_ms;
  engine_->on_pending_changed(!application_->pending().empty(), heartbeat);
}

void SimNode::broadcast_transactions(const std::vector<TransactionNumber>& transactions) {
  Encoder out;
  for (const auto transaction : transactions) out.u64(transaction);
  const auto bytes = std::make_shared<const Bytes>(out.take());
  for (std::size_t to = 0; to < settings_.everybody.size(); ++to) {
    if (to != number()) network_.send({number(), to, Channel::kTransactions, bytes});
  }
}

void SimNode::resend_pending() {
  auto transactions = application_->pending();
  if (transactions.size() > 64) transactions.resize(64);
  if (!transactions.empty()) broadcast_transactions(transactions);
}

void SimNode::build(const consensus::BuildRequest& request) {
  const auto work = [this, request] {
    engine_->on_built(request.id, application_->build(request, settings_.engine.self, clock_ms()));
  };
  if (settings_.work_us == 0 || random_.chance(300)) return work();
  later(random_.between(1, settings_.work_us), [this, work, request] {
    if (application_->has_state(request.parent)) return event(work);
    event([&] { engine_->on_built(request.id, std::nullopt); });  // given up meanwhile
  });
}

void SimNode::validate(const consensus::BlockPtr& block) {
  const auto work = [this, block] {
    auto verdict = application_->validate(block, clock_ms());
    if (verdict.verdict == consensus::Verdict::kNotYet) verdict.retry_at_ms += timeline_.now_ms();
    engine_->on_validated(block->facts.id, verdict);
  };
  if (settings_.work_us == 0 || random_.chance(300)) return work();
  // By then the block may have been decided and its parent applied or given up.
  later(random_.between(1, settings_.work_us), [this, work, block] {
    if (application_->has_state(block->facts.parent)) event(work);
  });
}

bool SimNode::verify(const consensus::ConsensusKey& key, const Hash256& digest, const Signature& signature) {
  return toy_sign(key, digest) == signature;
}

void SimNode::persist(consensus::RecordGroup group) {
  const std::uint64_t sequence = group.sequence;
  journal_.append(std::move(group));
  if (settings_.lying_disk) engine_->on_synced(sequence);
}

void SimNode::write_journal() {
  if (!journal_.begin_write()) return;
  later(settings_.sync_us + random_.below(settings_.sync_jitter_us + 1), [this] {
    const std::uint64_t sequence = journal_.end_write();
    event([&] { engine_->on_synced(sequence); });
  });
}

void SimNode::transmit(std::size_t to, const consensus::Message& message) {
  auto bytes = std::make_shared<const Bytes>(consensus::encode(message));
  network_.send({number(), to, Channel::kConsensus, std::move(bytes)});
}

void SimNode::check_said(const consensus::Message& message) {
  if (!settings_.honest) return;
  if (const auto* proposal = std::get_if<consensus::Proposal>(&message)) {
    const auto facts = application_->read_header(*proposal->header);
    if (facts.proposer == settings_.engine.self) {
      checker_.said(number(), {Act::kPropose, proposal->epoch, proposal->view, proposal->parent_view, facts.id});
    }
  }
  if (const auto* vote = std::get_if<consensus::Vote>(&message)) {
    checker_.said(number(), vote->statement);
    const auto durable = [&](const JournalEntry& entry) {
      if (entry.kind != consensus::RecordKind::kVote) return false;
      const auto record = consensus::decode_vote_record(entry.bytes);
      return record && record->vote == *vote;
    };
    const auto& entries = journal_.entries();
    if (std::none_of(entries.rbegin(), entries.rend(), durable)) {
      checker_.violated("node " + std::to_string(number()) + " let a vote out before it was durable");
    }
  }
}

void SimNode::send(const InstitutionId& to, const consensus::Message& message) {
  check_said(message);
  for (std::size_t i = 0; i < settings_.everybody.size(); ++i) {
    if (settings_.everybody[i] == to && i != number()) transmit(i, message);
  }
}

void SimNode::broadcast(const consensus::Message& message) {
  check_said(message);
  auto bytes = std::make_shared<const Bytes>(consensus::encode(message));
  for (std::size_t i = 0; i < settings_.everybody.size(); ++i) {
    if (i != number()) network_.send({number(), i, Channel::kConsensus, bytes});
  }
}

void SimNode::commit(const consensus::Commit& commit) {
  const Height before = application_->height();
  application_->commit(commit);
  last_commit_us = timeline_.now_us();
  for (const auto& block : commit.blocks) {
    checker_.committed(number(), block->facts.height, block->facts.id);
    if (block->facts.height <= before) continue;
    Decoder in{*block->proposal.body};
    while (in.remaining() >= 8) checker_.acknowledged(in.u64());
  }
  acknowledged_ = std::max(acknowledged_, application_->height());
  later(0, [this] { event([this] { update_pending(); }); });
}

consensus::ValidatorSet SimNode::next_validators(const consensus::BlockPtr& sealing) {
  return application_->validators_after(*sealing->proposal.header);
}

void SimNode::catch_up(const consensus::CertificatePtr&) {
  std::size_t to = random_.below(settings_.everybody.size());
  if (to == number()) to = (to + 1) % settings_.everybody.size();
  Encoder out;
  out.u64(application_->height().next());
  network_.send({number(), to, Channel::kBlockRequest, std::make_shared<const Bytes>(out.take())});
}

// Up to 16 blocks of one epoch and the proof of the last, through the next block that has a proof of its own.
void SimNode::answer_block_request(const Packet& packet) {
  Decoder in{*packet.bytes};
  Height at{in.u64()};
  Encoder out;
  std::vector<StoredBlock> blocks;
  std::optional<consensus::FinalityProof> proof;
  for (auto block = application_->block_at(at); block; block = application_->block_at(at)) {
    const auto epoch = [&](const StoredBlock& stored) { return application_->read_header(*stored.header).epoch; };
    if (!blocks.empty() && (epoch(*block) != epoch(blocks.front()) || (blocks.size() >= 16 && proof))) break;
    blocks.push_back(*block);
    proof = block->proof;
    at = at.next();
  }
  while (!blocks.empty() && !blocks.back().proof) blocks.pop_back();
  if (blocks.empty()) return;
  std::size_t sent = std::min<std::size_t>(blocks.size(), 16);
  proof = blocks.back().proof;
  std::vector<std::shared_ptr<const Bytes>> links;
  for (std::size_t i = sent; i < blocks.size(); ++i) links.push_back(blocks[i].header);
  links.insert(links.end(), proof->links.begin(), proof->links.end());
  proof->links = std::move(links);
  out.u32(static_cast<std::uint32_t>(sent));
  for (std::size_t i = 0; i < sent; ++i) out.sized(*blocks[i].header).sized(*blocks[i].body);
  out.raw(consensus::encode(*proof));
  network_.send({number(), packet.from, Channel::kBlockResponse, std::make_shared<const Bytes>(out.take())});
}

void SimNode::take_blocks(const Packet& packet) {
  Decoder in{*packet.bytes};
  consensus::FinalizedChain chain;
  const std::size_t count = in.u32();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const auto header = in.sized(consensus::kMaxHeaderBytes);
    const auto body = in.sized(consensus::kMaxBodyBytes);
    chain.blocks.push_back(
        {std::make_shared<const Bytes>(to_bytes(header)), std::make_shared<const Bytes>(to_bytes(body))});
  }
  auto proof = consensus::decode_finality_proof(in.raw(in.remaining()));
  if (!in.ok() || !proof) return;
  chain.proof = std::move(*proof);
  const Status taken = engine_->on_finalized_externally(chain);
  if (!taken.ok()) notice("catch-up: " + taken.message());
}

void SimNode::misbehaviour(const consensus::Evidence& evidence) {
  ++evidence_seen_;
  const auto encoded = consensus::encode(evidence);
  if (!consensus::decode_evidence(encoded)) checker_.violated("evidence does not survive its encoding");
  checker_.observe(encoded);
}

Hash256 SimNode::fresh_nonce() {
  Hash256 nonce;
  for (auto& byte : nonce.bytes) byte = static_cast<std::uint8_t>(random_.next());
  return nonce;
}

void SimNode::notice(const std::string& text) {
  if (log) log("node " + std::to_string(number()) + ": " + text);
}

}  // namespace testamur::sim
