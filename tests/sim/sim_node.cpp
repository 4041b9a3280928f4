#include "tests/sim/sim_node.h"

#include <algorithm>

#include "common/check.h"
#include "consensus/values/codec.h"
#include "ledger/log.h"
#include "node/chain/journal_reach.h"
#include "node/net/wire.h"
#include "node/store/vote_store.h"
#include "tests/sim/quiet_env.h"
#include "tests/support/faulty_rocksdb.h"

namespace testamur::sim {

namespace net = node::net;
using consensus::Act;

namespace {

constexpr char kJournalDirectory[] = "/data/journal";
constexpr char kStoreDirectory[] = "/data/store";

// Transactions are verified once a process, whatever node or run asks: the answer is the same.
node::SignatureCache& verified_transactions() {
  static node::SignatureCache cache{1u << 22};
  return cache;
}

}  // namespace

Signature toy_sign(const consensus::ConsensusKey& key, const Hash256& digest) {
  const Hash256 half = Sha256{}.update(key.view()).update(digest.view()).finish();
  Signature signature;
  std::copy(half.bytes.begin(), half.bytes.end(), signature.bytes.begin());
  std::copy(half.bytes.begin(), half.bytes.end(), signature.bytes.begin() + 32);
  return signature;
}

// The production chain; what passes through its hands is watched, and what it says goes through the
// node.
class SimNode::Watched final : public node::Chain::Core {
 public:
  Watched(node::ChainOptions options, node::ChainParts parts, SimNode& node)
      : node::Chain::Core(std::move(options), std::move(parts), node.runtime_), node_(node) {}

  Signature sign(const Hash256& digest) override { return node_.sign(digest); }
  bool verify(const consensus::ConsensusKey& key, const Hash256& digest,
              const Signature& signature) override {
    if (node_.settings_.real_signatures) return node::Chain::Core::verify(key, digest, signature);
    return toy_sign(key, digest) == signature;
  }
  void send(const InstitutionId& to, const consensus::Message& message) override {
    node_.send(to, message);
  }
  void broadcast(const consensus::Message& message) override { node_.broadcast(message); }
  void persist(consensus::RecordGroup group) override {
    const std::uint64_t sequence = group.sequence;
    node::Chain::Core::persist(std::move(group));
    if (node_.settings_.lying_disk) engine().on_synced(sequence);
  }
  void build(const consensus::BuildRequest& request) override {
    if (request.halvings > 0) node_.checker_.marks().hit("a block of half size");
    node::Chain::Core::build(request);
  }
  void resend_pending() override {
    node_.checker_.marks().hit("a view's timer fires");
    node::Chain::Core::resend_pending();
  }
  void commit(const consensus::Commit& commit) override {
    const Height before = head()->header.height;
    node::Chain::Core::commit(commit);
    if (node_.env_) node_.env_->wait_until_quiet();
    if (commit.proof.certificate) node_.checker_.certified(*commit.proof.certificate);
    for (std::size_t i = 0; i < commit.blocks.size(); ++i) {
      const auto& block = *commit.blocks[i];
      if (block.facts.height <= before) continue;
      node_.checker_.committed(node_.number(), block.facts.height, block.facts.id,
                               *block.proposal.header);
      node_.mark_finality(block.facts, i + 1 == commit.blocks.size() && commit.proof.links.empty());
    }
  }
  void misbehaviour(const consensus::Evidence& evidence) override {
    ++node_.evidence_seen_;
    const auto encoded = consensus::encode(evidence);
    if (!consensus::decode_evidence(encoded))
      node_.checker_.violated("evidence does not survive its encoding");
    node_.checker_.observe(encoded);
    node::Chain::Core::misbehaviour(evidence);
  }
  void quarantine(bool active) override {
    node_.checker_.marks().hit(active ? "quarantine entered" : "quarantine ended by the others");
    node::Chain::Core::quarantine(active);
  }
  Hash256 fresh_nonce() override {
    Hash256 nonce;
    for (auto& byte : nonce.bytes) byte = static_cast<std::uint8_t>(node_.random_.next());
    return nonce;
  }
  void notice(const std::string& text) override {
    if (text.starts_with("epoch ")) node_.checker_.marks().hit("an epoch begins");
    if (text.find("of this key") != std::string::npos ||
        text.find("a certificate of view") != std::string::npos) {
      node_.checker_.marks().hit("an own vote is shown to its key");
    }
    if (node_.log) node_.log(node_.name() + ": " + text);
  }

 private:
  SimNode& node_;
};

// The node's side of its connections.
class SimNode::Links final : public net::Network {
 public:
  explicit Links(SimNode& node) : node_(node) {}
  void set_position(Epoch, Bytes finalization) override {
    node_.position_ = std::move(finalization);
  }
  void set_peers(std::vector<net::PeerAddress>) override {}  // everybody is dialled anyway
  void recheck_admissions() override {
    node_.runtime_.later(0, [this] {
      const auto linked = node_.linked_;
      for (const std::size_t peer : linked) {
        if (!node_.admits(*node_.peers_.at(peer))) node_.unlink(peer);
      }
    });
  }
  bool send(const InstitutionId& to, net::Priority, const net::EncodedFrame& frame) override {
    bool any = false;
    for (const std::size_t peer : node_.linked_) {
      if (node_.peers_.at(peer)->id() == to) any |= put(peer, frame);
    }
    return any;
  }
  bool send(const net::Pin& to, net::Priority, const net::EncodedFrame& frame) override {
    for (const std::size_t peer : node_.linked_) {
      if (node_.peers_.at(peer)->pin_ == to) return put(peer, frame);
    }
    return false;
  }
  std::size_t broadcast(net::Priority, const net::EncodedFrame& frame) override {
    for (const std::size_t peer : node_.linked_) put(peer, frame);
    return node_.linked_.size();
  }
  std::vector<net::PeerStatus> peers() const override { return {}; }
  net::InboundCounters inbound() const override { return {}; }
  net::Pin pin() const override { return node_.pin_; }
  std::uint16_t listen_port() const override { return 0; }
  void stop() override {}
  // Whoever is honest is never taken for one that lies or asks too much, whatever others do.
  void note(const net::Origin& from, net::Refusal refusal, std::uint64_t count,
            std::uint64_t units) override {
    if (node_.on_refused) node_.on_refused(from, refusal, count, units);
    if (count == 0 || !node_.settings_.honest) return;

    // Links neither change nor repeat anything: profiles that do it test something else.
    const auto& marks = node_.checker_.marks();
    if (marks.count("a packet is changed") + marks.count("a packet comes twice") > 0) return;
    const bool certain = refusal == net::Refusal::kBadSignature ||
                         refusal == net::Refusal::kConsensusRequests ||
                         refusal == net::Refusal::kUnaskedBlocks;
    if (!certain) return;
    for (const auto& [number, peer] : node_.peers_) {
      if (peer->id() != from.institution || !peer->settings_.honest) continue;
      node_.checker_.violated(node_.name() + " blames the honest " + peer->name() + ": " +
                              std::string(net::to_text(refusal)));
    }
  }

 private:
  bool put(std::size_t to, const net::EncodedFrame& frame) {
    if (!node_.linked_.contains(to)) return false;
    if (!node_.frame_leaves(to, frame)) return true;
    node_.network_.send({node_.number(), to, frame, node_.link_numbers_.at(to)});
    return true;
  }
  SimNode& node_;
};

SimNode::SimNode(NodeSettings settings, Timeline& timeline, Network& network, Checker& checker,
                 Random random)
    : clock(timeline, kGenesisTimeMs),
      settings_(std::move(settings)),
      timeline_(timeline),
      network_(network),
      checker_(checker),
      random_(random),
      runtime_(timeline, random_.fork(), settings_.pool_us),
      key_(*consensus::ConsensusKey::from(
          settings_.institutions->at(settings_.seat).consensus.public_key().bytes)),
      pin_(net::pin_of(settings_.institutions->at(settings_.seat).transport.public_key())) {
  wipe();
  // As `testamurd init` does: the key and its vote store are made together.
  auto status =
      node::create_vote_store(disk_->file_system(), kJournalDirectory,
                              node::JournalId::prefix_of(fresh_nonce_for_journal().view()),
                              *node::ConsensusPublicKey::from(key_.view()));
  TM_CHECK(status.ok(), status.message());
}

SimNode::~SimNode() { close(); }

void SimNode::close() {
  runtime_.forget_everything();
  core_.reset();
  links_.reset();
  journal_.reset();
  rocks_.reset();
  if (env_) env_->wait_until_quiet();  // RocksDB does not wait for the last lines of its jobs
  writing_ = false;
  crashing_ = false;
}

Status SimNode::open_store() {
  if (settings_.store == StoreKind::kMemory) return {};
  node::StoreOptions options;
  options.create_if_missing = true;
  options.write_buffer_bytes = 8u << 20;
  options.block_cache_bytes = 1u << 20;
  options.stop = [this](const std::string& cause) { fatal(cause); };
  options.env = env_.get();
  TM_TRY(rocks_, node::Store::open(kStoreDirectory, std::move(options)));
  env_->wait_until_quiet();
  return {};
}

// What testamurd does at its start (node/main/node.cpp), on this disk.
Status SimNode::open() {
  auto& files = disk_->file_system();
  const auto public_key = *node::ConsensusPublicKey::from(key_.view());
  TM_TRY_STATUS(open_store());
  TM_TRY(const auto identity, node::read_vote_store_identity(files, kJournalDirectory));
  if (!identity) {
    TM_TRY_STATUS(node::create_vote_store(
        files, kJournalDirectory, node::JournalId::prefix_of(fresh_nonce_for_journal().view()),
        public_key, node::QuarantineReason::kNoVoteStore));
  }
  std::optional<node::QuarantineReason> reason;
  if (!key_is_over_) {
    TM_TRY(reason, node::quarantine(files, kJournalDirectory, public_key));
  }
  contents_ = {};
  TM_TRY(journal_, node::Journal::open(files, kJournalDirectory, settings_.journal,
                                       node::collect_records(contents_)));
  if (in_flight_since_) {
    const bool survived = journal_->end_position() > *in_flight_since_;
    checker_.marks().hit(survived ? "an unsynced group survives" : "an unsynced group is lost");
    in_flight_since_.reset();
  }

  node::ChainOptions options;
  options.self = id();
  if (!key_is_over_) {
    options.consensus_keys.push_back(
        SecretKey::from_bytes(SignatureAlgorithm::kBip340,
                              settings_.institutions->at(settings_.seat).consensus.secret_bytes())
            .value());
  }
  options.timing = settings_.timing;
  options.block_bytes = settings_.block_bytes;
  options.mempool = settings_.mempool;
  options.quarantine = reason.has_value();
  node::BlockStore& store = rocks_ ? static_cast<node::BlockStore&>(*rocks_) : *memory_;
  // Only a vote store that was put back falls short of the ledger: no crash of an honest node may
  // look like it.
  const auto& genesis = settings_.institutions->genesis();
  if (!node::reaches_store(contents_, *store.snapshot(), genesis)) {
    if (!reason && !key_is_over_)
      checker_.violated(name() + " came back with a journal that does not reach its store");
    TM_TRY_STATUS(node::name_newest_block(*journal_, contents_, *store.snapshot()));
  }

  node::ChainParts parts{settings_.institutions->genesis(),
                         store,
                         *journal_,
                         clock,
                         *silent_,
                         counters_,
                         [this](const std::string& cause) { fatal(cause); },
                         [this](bool active) { quarantine_changed(active); }};
  parts.signatures = &verified_transactions();
  parts.journal_wake = [this] { pace_journal(); };
  parts.key_is_over = [this](const PublicKey&) { key_is_over_ = true; };
  core_ = std::make_unique<Watched>(std::move(options), std::move(parts), *this);
  links_ = std::make_unique<Links>(*this);
  core_->attach(*links_);
  core_->committer().add_listener(1, [this](const node::HeadPtr& head) { note_committed(head); });
  starting_ = true;
  auto status = core_->start(contents_);
  starting_ = false;
  return status;
}

Status SimNode::start() {
  TM_CHECK(!core_);
  ++life_;
  noted_ = 0;
  committed_.clear();
  committed_ids_.clear();
  position_.clear();
  if (auto status = open(); !status.ok()) {
    close();
    return status;
  }
  note_committed(core_->head());
  if (height() < acknowledged_) {
    checker_.violated(name() + " acknowledged height " + std::to_string(acknowledged_.value) +
                      " and came back at " + std::to_string(height().value));
  }
  check_nothing_forgotten();
  return {};
}

// Whatever this key has said above what is final, the journal knows.
void SimNode::check_nothing_forgotten() {
  if (!settings_.honest) return;
  const auto status = this->status();
  for (const auto& statement :
       checker_.recorded_votes(number(), status.epoch, status.finalized_view)) {
    const bool known =
        std::any_of(contents_.records.begin(), contents_.records.end(), [&](const auto& record) {
          if (record.first != consensus::RecordKind::kVote) return false;
          const auto vote = consensus::decode_vote_record(record.second);
          return vote && vote->vote.statement == statement;
        });
    if (known) continue;
    checker_.violated(name() + " let a vote out before it was durable: to " +
                      consensus::to_text(statement.act) + " in view " +
                      std::to_string(statement.view.value));
  }
}

// Power is lost while the disk writes, or between two writes.
void SimNode::crash() {
  TM_CHECK(core_ != nullptr);
  crashing_ = true;
  const std::uint64_t seed = random_.next();
  if (writing_ && random_.chance(700)) {
    in_flight_since_ = journal_->end_position();
    disk_->crash_after(random_.between(1, random_.chance(800) ? 2 : 8), seed);
    core_->writer().finish();
    checker_.marks().hit("power lost during a journal write");
  }
  disk_->crash(seed);
  const auto linked = linked_;
  for (const std::size_t peer : linked) unlink(peer);
  close();
  if (memory_) memory_->crash(random_);
  disk_->restart();
  crashing_ = false;
}

void SimNode::wipe() {
  TM_CHECK(!core_);
  env_.reset();
  disk_ = std::make_unique<test::FaultyDisk>();
  TM_CHECK(disk_->file_system().create_directory(kJournalDirectory).ok());
  if (settings_.store == StoreKind::kReal) {
    env_ = std::make_unique<QuietEnv>(test::make_faulty_env(*disk_));
  } else {
    memory_ = std::make_unique<MemoryStore>();
  }
  acknowledged_ = Height{0};
  in_flight_since_.reset();
  checker_.mark_disk_lost(number());
}

SimNode::Backup SimNode::backup() const {
  return {disk_->image(), memory_ ? memory_->copy() : nullptr};
}

void SimNode::roll_back(const Backup& backup) {
  wipe();
  disk_->restore_image(backup.disk);
  if (backup.store) memory_ = backup.store->copy();
}

void SimNode::lose_votes() {
  TM_CHECK(!core_);
  for (const auto& path : disk_->paths()) {
    if (path.starts_with(kJournalDirectory)) disk_->erase(path);
  }
  acknowledged_ = Height{0};  // what the store had not synced is gone with it
  checker_.mark_disk_lost(number());
}

void SimNode::restore(const Backup& backup) {
  roll_back(backup);
  lose_votes();
  auto status = node::create_vote_store(
      disk_->file_system(), kJournalDirectory,
      node::JournalId::prefix_of(fresh_nonce_for_journal().view()),
      *node::ConsensusPublicKey::from(key_.view()), node::QuarantineReason::kRestored);
  TM_CHECK(status.ok(), status.message());
}

bool SimNode::damage_journal(std::uint64_t seed) {
  std::vector<std::string> segments;
  for (const auto& path : disk_->paths()) {
    if (path.ends_with(".seg")) segments.push_back(path);
  }
  if (segments.empty()) return false;
  Random random{seed};
  const auto& path = segments[random.below(segments.size())];
  disk_->flip_bit(path, random.below(disk_->size(path)), static_cast<unsigned>(random.below(8)));
  return true;
}

Hash256 SimNode::fresh_nonce_for_journal() {
  return sha256(Encoder{}.u64(random_.next()).u64(number()).bytes());
}

void SimNode::pace_journal() {
  if (writing_ || !core_->writer().begin()) return;
  writing_ = true;
  runtime_.later(settings_.sync_us + random_.below(settings_.sync_jitter_us + 1), [this] {
    core_->writer().finish();
    writing_ = false;
    pace_journal();
  });
}

void SimNode::fatal(const std::string& cause) {
  if (!crashing_ && settings_.counts) checker_.violated(name() + " stops: " + cause);
}

void SimNode::quarantine_changed(bool active) {
  auto& files = disk_->file_system();
  const auto known = node::is_quarantined(files, kJournalDirectory);
  if (active && known.ok() && *known) return;
  const auto status = active ? node::begin_quarantine(files, kJournalDirectory,
                                                      node::QuarantineReason::kOwnVoteSeen)
                             : node::end_quarantine(files, kJournalDirectory);
  if (!status.ok()) fatal("the quarantine flag cannot be written: " + status.message());
}

// Which transactions the new blocks hold; none twice.
void SimNode::note_committed(const node::HeadPtr& head) {
  const ledger::Log leaves(*head->state);
  for (; noted_ < head->header.roots.log_size; ++noted_) {
    const auto leaf = leaves.leaf(LogIndex{noted_});
    if (!leaf)
      return checker_.violated(name() + " has a log that lacks leaf " + std::to_string(noted_));
    if (!committed_ids_.insert(leaf->transaction).second)
      checker_.violated(name() + " committed a transaction twice");
    if (const auto known = settings_.institutions->number_of(leaf->transaction))
      committed_.insert(*known);
    if (settings_.counts) checker_.acknowledged(leaf->transaction);
  }
  acknowledged_ = std::max(acknowledged_, head->header.height);
  if (pending() > 0 && !core_->transactions().mempool().any_ready())
    checker_.marks().hit("a transaction waits for another");
  if (on_committed) on_committed();
}

Hash256 SimNode::set_digest() const {
  const auto& header = head();
  return header.seals_epoch() ? header.next_validator_set : header.validator_set;
}

Hash256 SimNode::journal_digest() const {
  Sha256 digest;
  for (const auto& path : disk_->paths()) {
    if (path.ends_with(".seg")) digest.update(disk_->content(path));
  }
  return digest.finish();
}

std::set<View> SimNode::journaled_views(Act act, View above) const {
  std::set<View> views;
  if (!journal_) return views;
  // The disk's words, not the engine's: the segments are read as a restart would.
  test::FaultyDisk copy;
  TM_CHECK(copy.file_system().create_directory(kJournalDirectory).ok());
  copy.restore_image(disk_->image());
  node::JournalContents contents;
  auto journal = node::Journal::open(copy.file_system(), kJournalDirectory, settings_.journal,
                                     node::collect_records(contents));
  if (!journal.ok()) return views;
  for (const auto& [kind, bytes] : contents.records) {
    if (kind != consensus::RecordKind::kVote) continue;
    const auto vote = consensus::decode_vote_record(bytes);
    if (vote && vote->vote.statement.act == act && vote->vote.statement.view > above) {
      views.insert(vote->vote.statement.view);
    }
  }
  return views;
}

void SimNode::receive(const Packet& packet) {
  if (!core_ || !linked_.contains(packet.from)) return;

  // What was under way ends with its connection: a node that restarts gets no answer to what it
  // asked before.
  if (packet.link != 0 && packet.link != link_numbers_.at(packet.from)) return;

  auto frame = net::decode_wire(
      ByteView(*packet.bytes).subspan(std::min<std::size_t>(4, packet.bytes->size())));
  if (!frame.ok()) return;  // a real link would end here and be made again
  net::Frame content;
  if (auto* message = std::get_if<net::ConsensusMessage>(&*frame)) {
    content = std::move(*message);
  } else if (auto* transactions = std::get_if<net::Transactions>(&*frame)) {
    content = std::move(*transactions);
  } else if (auto* request = std::get_if<net::BlockRequest>(&*frame)) {
    content = *request;
  } else if (auto* response = std::get_if<net::BlockResponse>(&*frame)) {
    if (!response->blocks.empty()) checker_.marks().hit("blocks come by catch-up");
    content = std::move(*response);
  } else {
    return;
  }
  runtime_.post([this, origin = peers_.at(packet.from)->origin(),
                 frame = std::make_shared<net::Frame>(std::move(content))] {
    core_->on_frame(origin, std::move(*frame), nullptr);
  });
}

void SimNode::submit(TransactionNumber number) {
  if (!core_) return;
  const std::uint64_t now_ms = std::max(clock.now_ms(), head().time_ms);
  const TransactionNumber publish = kPublish | settings_.institutions->author(number);
  if (number != publish && !is_committed(publish))
    submit(settings_.institutions->transaction(publish, now_ms));
  submit(settings_.institutions->transaction(number, now_ms));
}

void SimNode::submit(const ledger::tx::SharedTransaction& transaction) {
  if (core_) core_->submit({transaction}, {});
}

net::Origin SimNode::origin() const { return {id(), pin_}; }

net::Hello SimNode::hello() const {
  return {settings_.institutions->genesis().chain,
          net::kPeerProtocol,
          head().epoch,
          position_,
          id(),
          "testamur-sim"};
}

bool SimNode::admits(const SimNode& other) const {
  return core_->admission(other.pin_).kind == net::Admission::Kind::kAdmitted;
}

void SimNode::link(SimNode& other) {
  if (!core_ || !other.core_ || linked_.contains(other.number())) return;
  if (!admits(other) || !other.admits(*this)) return;
  linked_.insert(other.number());
  other.linked_.insert(number());
  const std::uint64_t link = std::max(link_numbers_[other.number()], other.link_numbers_[number()]);
  link_numbers_[other.number()] = other.link_numbers_[number()] = link + 1;
  peers_[other.number()] = &other;
  other.peers_[number()] = this;
  runtime_.post(
      [this, from = other.origin(), hello = other.hello()] { core_->on_peer_up(from, hello); });
  other.runtime_.post(
      [&other, from = origin(), hello = hello()] { other.core_->on_peer_up(from, hello); });
}

void SimNode::unlink(std::size_t peer) {
  if (linked_.erase(peer) == 0) return;
  auto* other = peers_.at(peer);
  other->linked_.erase(number());
  if (!crashing_)
    runtime_.post([this, from = other->origin()] { core_->on_peer_down(from, "ended"); });
  if (other->core_)
    other->runtime_.post([other, from = origin()] { other->core_->on_peer_down(from, "ended"); });
}

Signature SimNode::sign(const Hash256& digest) const {
  if (settings_.real_signatures)
    return sign_fixed(settings_.institutions->at(settings_.seat).consensus, digest);
  return toy_sign(key_, digest);
}

consensus::Vote SimNode::signed_vote(const consensus::Statement& statement,
                                     std::uint8_t voter) const {
  return {statement, voter,
          sign(consensus::signing_digest(settings_.institutions->genesis().chain, set_digest(),
                                         statement))};
}

void SimNode::mark_finality(const consensus::HeaderFacts& facts, bool directly) {
  auto& marks = checker_.marks();
  if (facts.empty) marks.hit("an empty block");
  if (facts.sealing)
    marks.hit(directly ? "sealing block final by its own certificate"
                       : "sealing block final through a filler");
  marks.hit(directly ? "final by its own certificate" : "final by a descendant");
  if (starting_) marks.hit("blocks are applied again from the journal");
}

void SimNode::mark_statement(const consensus::Message& message) {
  static constexpr const char* kSays[] = {
      "says proposal",        "says vote",     "says certificate",      "says certificate request",
      "says block request",   "says presence", "says quarantine query", "says quarantine answer",
      "says sealing finality"};
  checker_.marks().hit(kSays[message.index()]);
  if (const auto* proposal = std::get_if<consensus::Proposal>(&message)) {
    if (node::header_facts(*proposal->header).filler) checker_.marks().hit("a filler");
  }
  if (!settings_.honest && settings_.number != settings_.seat)
    checker_.marks().hit("a twin speaks");
}

void SimNode::record_statements(const consensus::Message& message) {
  mark_statement(message);
  if (!settings_.honest) return;
  if (const auto* proposal = std::get_if<consensus::Proposal>(&message)) {
    const auto facts = node::header_facts(*proposal->header);
    if (facts.proposer == id()) {
      checker_.record_signature(
          number(), life_,
          {Act::kPropose, proposal->epoch, proposal->view, proposal->parent_view, facts.id});
    }
  }
  if (const auto* vote = std::get_if<consensus::Vote>(&message))
    checker_.record_signature(number(), life_, vote->statement);
}

void SimNode::transmit_bytes(std::size_t to, Bytes consensus_message) {
  if (!linked_.contains(to)) return;
  network_.send(
      {number(), to, net::encode(net::Frame(net::ConsensusMessage{std::move(consensus_message)}))});
}

void SimNode::transmit(std::size_t to, const consensus::Message& message) {
  transmit_bytes(to, consensus::encode(message));
}

bool SimNode::loses(const consensus::Message& message) {
  if (finalize_loss_per_mille == 0) return false;
  const auto* vote = std::get_if<consensus::Vote>(&message);
  const auto* certificate = std::get_if<consensus::Certificate>(&message);
  const bool finalizes = (vote && vote->statement.act == Act::kFinalize) ||
                         (certificate && certificate->statement.act == Act::kFinalize);
  return finalizes && random_.chance(finalize_loss_per_mille);
}

void SimNode::send(const InstitutionId& to, const consensus::Message& message) {
  record_statements(message);
  if (loses(message)) return;
  core_->node::Chain::Core::send(to, message);
}

void SimNode::broadcast(const consensus::Message& message) {
  record_statements(message);
  if (finalize_loss_per_mille == 0) return core_->node::Chain::Core::broadcast(message);
  const auto linked = linked_;
  for (const std::size_t peer : linked) {
    if (!loses(message)) transmit(peer, message);
  }
}

}  // namespace testamur::sim
