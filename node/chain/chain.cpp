#include "node/chain/chain.h"

#include <algorithm>
#include <future>

#include "consensus/codec.h"
#include "ledger/log.h"
#include "node/chain/chain_core.h"

namespace testamur::node {

namespace {

constexpr std::size_t kCachedSignatures = 1u << 20;
constexpr std::size_t kRememberedOutcomes = 1u << 16;
constexpr std::uint64_t kNever = ~std::uint64_t{0};
constexpr std::size_t kWaitingBlockRequests = 64;  // of one institution
// Blocks for all who are no members together: KiB a second.
constexpr std::uint64_t kServedUnitsPerSecond = 16 * 1024;
constexpr std::uint64_t kServedUnitsBurst = 8 * 1024;

std::pair<Epoch, View> named_view(consensus::RecordKind kind, ByteView bytes) {
  switch (kind) {
    case consensus::RecordKind::kBlock:
      if (auto record = consensus::decode_block_record(bytes)) return {record->epoch, record->view};
      break;
    case consensus::RecordKind::kCertificate:
      if (auto record = consensus::decode_certificate_record(bytes))
        return {record->statement.epoch, record->statement.view};
      break;
    case consensus::RecordKind::kVote:
      if (auto record = consensus::decode_vote_record(bytes)) {
        return {record->vote.statement.epoch, record->vote.statement.view};
      }
      break;
    case consensus::RecordKind::kFinality:
      if (auto record = consensus::decode_finality_record(bytes)) return {record->epoch, record->view};
      break;
    default: break;
  }
  return {Epoch{0}, View{0}};
}

}  // namespace

Journal::Replay collect_records(JournalContents& contents) {
  return [&contents](const JournalPosition& position, std::uint8_t type, ByteView bytes) -> Status {
    auto kind = static_cast<consensus::RecordKind>(type);
    auto [epoch, view] = named_view(kind, bytes);
    contents.records.emplace_back(kind, to_bytes(bytes));
    contents.marks.push_back({epoch, view, position});
    return {};
  };
}

std::optional<Outcome> committed_outcome(const Snapshot& state, const TransactionId& id) {
  ledger::Log log(state);
  auto index = log.find(id);
  auto leaf = index ? log.leaf(*index) : std::nullopt;
  if (!leaf) return std::nullopt;
  Outcome outcome;
  outcome.state = Outcome::State::kCommitted;
  outcome.height = leaf->height;
  outcome.time_ms = leaf->time_ms;
  outcome.log_index = *index;
  // The leaves of a block are consecutive; the log size before it stands in its parent's header.
  if (auto parent = leaf->height > Height{0} ? state.header(leaf->height - 1) : std::nullopt) {
    if (auto header = ledger::decode_header(*parent); header.ok()) {
      outcome.index_in_block = static_cast<std::uint32_t>(index->value - header->roots.log_size);
    }
  }
  return outcome;
}

Chain::Core::Core(ChainOptions options, ChainParts parts, Runtime& runtime)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      counters_(parts_.counters),
      log_(parts_.log),
      runtime_(runtime),
      mempool_(options_.mempool),
      own_signatures_(kCachedSignatures),
      verifier_(parts_.signatures != nullptr ? *parts_.signatures : own_signatures_, counters_),
      workshop_({parts_.genesis.chain, options_.self, options_.block_bytes}, parts_.clock, mempool_, verifier_,
                counters_),
      outcomes_(kRememberedOutcomes),
      fetcher_({[this](const net::Pin& pin, const net::BlockRequest& request) {
                  return network_ != nullptr && network_->send(pin, net::Priority::kBlock, net::Frame(request));
                },
                [this](const consensus::FinalizedChain& chain) {
                  auto status = engine_->on_finalized_externally(chain);
                  if (!status.ok()) log_.warn("catch_up_refused", {{"cause", status.message()}});
                  return status.ok();
                }}),
      verify_queue_({}),
      serve_queue_({kWaitingBlockRequests, 1u << 20, kServedUnitsPerSecond, kServedUnitsBurst}) {
  for (auto& key : options_.consensus_keys) keys_.push_back(std::move(key));
  options_.consensus_keys.clear();
}

Chain::Core::~Core() = default;

// The store must hold the ledger of the genesis record; an empty one begins with it.
Status Chain::Core::apply_genesis() {
  const auto& continues = parts_.genesis.content.continues;
  if (auto applied = parts_.store.applied_height()) {
    auto state = parts_.store.snapshot();
    auto first = continues ? continues->last.header.height.next() : Height{0};
    auto stored = state->header(first);
    auto header = stored ? ledger::decode_header(*stored) : Result<ledger::Header>(error("missing"));
    auto newest = state->header(*applied);
    auto head = newest ? ledger::decode_header(*newest) : Result<ledger::Header>(error("missing"));
    if (header.ok() && header->chain == parts_.genesis.chain && head.ok() && head->chain == parts_.genesis.chain) {
      return {};
    }
    if (continues) {
      return error("the data directory does not hold the ledger that the recovery " + to_text(parts_.genesis.chain) +
                   " continues, as it goes on: testamurd recover --genesis FILE makes it so");
    }
    return error("the data directory holds another ledger than the genesis record's: remove one of them");
  }
  if (continues) {
    return error("a recovered ledger begins with the store of the old one: testamurd recover --from BACKUP");
  }
  auto genesis = ledger::build_genesis_state(parts_.genesis);
  return parts_.store.apply({Height{0}, ledger::encode(genesis.header), {}, {}, *genesis.delta});
}

// Where the store stands: its last block, the epoch of the block's children and who certifies them.
Result<consensus::Tip> Chain::Core::tip_of(const Snapshot& state) const {
  auto height = state.height().value_or(Height{});
  auto stored = state.header(height);
  if (!stored) return error("the store holds no header of its own height " + std::to_string(height.value));
  TM_TRY(auto header, ledger::decode_header(*stored));
  auto set = ledger::read_validators(state);
  auto epoch = header.seals_epoch() ? header.epoch.next() : header.epoch;
  const auto& expected = header.seals_epoch() ? header.next_validator_set : header.validator_set;
  if (ledger::read_epoch(state) != epoch || set.digest() != expected) {
    return error("the validators in the store's state are not those that its header at height " +
                 std::to_string(height.value) + " names: the store is damaged, restore or fetch it again");
  }
  consensus::Tip tip{epoch, to_validator_set(set), header_facts(*stored), {}, {}};
  if (epoch > Epoch{0}) tip.previous = end_of_epoch(state, Epoch{epoch.value - 1});
  if (auto certificate = state.certificate(height)) {
    if (auto proof = consensus::decode_finality_proof(*certificate)) tip.finalization = proof->certificate;
  }
  return tip;
}

const SecretKey* Chain::Core::voting_key(const consensus::ValidatorSet& set) const {
  auto index = set.index_of(options_.self);
  if (!index) return nullptr;
  for (const auto& key : keys_) {
    if (equal(key.public_key().bytes, set.at(*index).key.view())) return &key;
  }
  return nullptr;
}

void Chain::Core::start_engine(consensus::Tip tip) {
  consensus::EngineConfig config;
  config.chain = parts_.genesis.chain;
  config.self = options_.self;
  config.more_keys = own_keys();
  config.timing = options_.timing;
  signing_key_ = voting_key(tip.validators);
  engine_ = std::make_unique<consensus::Engine>(config, std::move(tip), *this);
}

Status Chain::Core::start(JournalContents journal) {
  TM_TRY_STATUS(apply_genesis());
  auto state = parts_.store.snapshot();
  TM_TRY(auto tip, tip_of(*state));
  auto height = tip.block.height;
  TM_TRY(auto header, ledger::decode_header(*state->header(height)));
  publish(std::make_shared<const Head>(Head{state, header, tip.block.id}));
  peer_directory_.read(*state, seated(*state));
  watch_protocol();

  writer_ = std::make_unique<JournalWriter>(
      parts_.journal, std::move(journal.marks),
      JournalWriter::Hooks{[this](std::function<void()> task) { post(std::move(task)); },
                           [this](std::uint64_t sequence) { event([&] { engine_->on_synced(sequence); }); },
                           [this](const std::string& cause) { parts_.fatal("the journal failed: " + cause); },
                           [this](std::function<void()> task) { post_to_pool(std::move(task)); }, parts_.journal_wake},
      counters_);

  start_engine(std::move(tip));
  for (const auto& [kind, bytes] : journal.records) TM_TRY_STATUS(engine_->restore(kind, bytes));
  TM_TRY_STATUS(engine_->start(options_.quarantine, engine_now_ms()));
  end_unused_keys();
  log_.info("chain_started", {{"height", head()->header.height.value},
                              {"epoch", engine_->status().epoch.value},
                              {"journal_records", static_cast<std::uint64_t>(journal.records.size())},
                              {"voting", consensus::to_text(engine_->status().voting)}});
  maintained_at_ms_ = engine_now_ms();
  after_event();
  return {};
}

void Chain::Core::stop() {
  stopped_ = true;
  closing_ = true;
  outcomes_.drop_all();
  listeners_.clear();
}

void Chain::Core::finish_writes() {
  if (writer_) writer_->stop();
}

void Chain::Core::after_event() {
  if (beyond_protocol_) return;
  recheck_suspects();
  update_pending();
  maintain();
  arm_timer();
}

std::uint64_t Chain::Core::heartbeat_at_ms() const { return workshop_.base().header.time_ms + heartbeat_interval_ms_; }

bool Chain::Core::heartbeat_due() const { return parts_.clock.now_ms() >= heartbeat_at_ms(); }

void Chain::Core::update_pending() {
  bool transactions = mempool_.any_ready();
  bool heartbeat = heartbeat_due();
  bool news = transactions != told_transactions_ || heartbeat != told_heartbeat_ || (arrived_ && transactions);
  if (!news) return;
  told_transactions_ = transactions;
  told_heartbeat_ = heartbeat;
  arrived_ = false;
  engine_->on_pending_changed(transactions, heartbeat);
}

void Chain::Core::arm_timer() {
  auto now = engine_now_ms();
  auto at = engine_->wake_at_ms();
  if (auto fetch = fetcher_.wake_at_ms()) at = std::min(at, *fetch);
  auto wall = parts_.clock.now_ms();
  auto heartbeat = heartbeat_at_ms();
  if (!told_heartbeat_) at = std::min(at, now + (heartbeat > wall ? heartbeat - wall : 0));
  at = std::min(at, now + 60'000);
  at = std::max(at, now + 1);
  if (at == armed_for_ms_) return;
  armed_for_ms_ = at;
  runtime_.arm(at, [this] {
    if (stopped_) return;
    armed_for_ms_ = kNever;
    event([this] { fetcher_.on_tick(workshop_.base().header.height, engine_now_ms()); });
  });
}

ChainStatus Chain::Core::status() const {
  ChainStatus status;
  status.engine = engine_->status();
  status.pool_transactions = mempool_.size();
  status.pool_bytes = mempool_.size_bytes();
  status.pool_capacity_bytes = mempool_.limits().bytes;
  status.oldest_arrival_ms = mempool_.oldest_arrival_ms();
  status.catch_up_target = fetcher_.target();
  status.last_commit_ms = last_commit_ms_;
  status.clock_offsets_ms.assign(clock_offsets_ms_.begin(), clock_offsets_ms_.end());
  status.stopped_before_protocol = beyond_protocol_;
  status.peer_heights.assign(peer_heights_.begin(), peer_heights_.end());
  if (signing_key_ != nullptr) status.voting_key = signing_key_->public_key();
  return status;
}

void Chain::Core::add_consensus_key(SecretKey key) {
  keys_.push_back(std::move(key));
  event([this] { engine_->set_keys(own_keys()); });
}

std::vector<consensus::ConsensusKey> Chain::Core::own_keys() const {
  std::vector<consensus::ConsensusKey> keys;
  for (const auto& key : keys_) keys.push_back(*consensus::ConsensusKey::from(key.public_key().bytes));
  return keys;
}

void Chain::Core::resume_voting() {
  event([this] { engine_->resume_voting(); });
}

Chain::Chain(ChainOptions options, ChainParts parts)
    : runtime_(std::make_unique<ThreadRuntime>(std::max<std::size_t>(options.verify_threads, 1))),
      core_(std::make_unique<Core>(std::move(options), std::move(parts), *runtime_)) {}
Chain::~Chain() { stop(); }

net::Receiver& Chain::receiver() { return *core_; }
net::Post Chain::post() {
  return [core = core_.get()](std::function<void()> task) { core->post(std::move(task)); };
}
net::Directory Chain::directory() {
  return [core = core_.get()](const net::Pin& pin) { return core->admission(pin); };
}
void Chain::attach(net::Network& network) { core_->attach(network); }

Status Chain::start(JournalContents journal) {
  std::promise<Status> done;
  runtime_->post([this, &done, &journal] {
    try {
      done.set_value(core_->start(std::move(journal)));
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  return done.get_future().get();
}

void Chain::drain() {
  core_->post([core = core_.get()] { core->outcomes().drop_all(); });
}

void Chain::stop() {
  if (stopped_) return;
  stopped_ = true;
  std::promise<void> done;
  runtime_->post([this, &done] {
    core_->stop();
    done.set_value();
  });
  done.get_future().get();
  runtime_->join_pool();
  core_->finish_writes();
  runtime_->stop();
}

bool Chain::stopped_before_protocol() const { return core_->stopped_before_protocol(); }
HeadPtr Chain::head() const { return core_->head(); }
Admission Chain::admission() const { return core_->admission_now(); }
ledger::SignatureVerifier& Chain::verifier() { return core_->verifier(); }

void Chain::submit(std::vector<ledger::tx::SharedTransaction> transactions,
                   std::function<void(std::vector<Mempool::Added>)> done) {
  core_->post([core = core_.get(), transactions = std::move(transactions), done = std::move(done)]() mutable {
    core->submit(std::move(transactions), done);
  });
}

Outcomes::Ticket Chain::await(const TransactionId& id, Outcomes::Callback callback) {
  auto ticket = core_->next_ticket();
  core_->post([core = core_.get(), ticket, id, callback = std::move(callback)]() mutable {
    core->await(ticket, id, std::move(callback));
  });
  return ticket;
}

void Chain::cancel(Outcomes::Ticket ticket, const TransactionId& id) {
  core_->post([core = core_.get(), ticket, id] { core->outcomes().cancel(ticket, id); });
}

class Chain::Awaited {
 public:
  std::vector<TransactionId> ids;
  HeadPtr seen;
  Outcomes::Callback callback;
  Outcomes::Ticket ticket = 0;
  std::atomic<bool> given_up = false;
  std::size_t next = 0;  // of the strand: those before are waited for
};

namespace {

constexpr std::size_t kAwaitSlice = 256;

void await_slice(Chain::Core& core, const std::shared_ptr<Chain::Awaited>& awaited) {
  const auto end = std::min(awaited->ids.size(), awaited->next + kAwaitSlice);
  // What the caller has looked up in this very state need not be looked up again.
  const bool same_state = core.head() == awaited->seen;
  for (; awaited->next < end && !awaited->given_up; ++awaited->next) {
    core.await(awaited->ticket, awaited->ids[awaited->next], awaited->callback, same_state);
  }
  if (awaited->next == awaited->ids.size() || awaited->given_up) return;
  core.post([&core, awaited] { await_slice(core, awaited); });
}

void cancel_slice(Chain::Core& core, const std::shared_ptr<Chain::Awaited>& awaited) {
  for (std::size_t i = 0; i < kAwaitSlice && awaited->next > 0; ++i) {
    core.outcomes().cancel(awaited->ticket, awaited->ids[--awaited->next]);
  }
  if (awaited->next > 0) core.post([&core, awaited] { cancel_slice(core, awaited); });
}

}  // namespace

std::shared_ptr<Chain::Awaited> Chain::await(std::vector<TransactionId> ids, HeadPtr seen,
                                             Outcomes::Callback callback) {
  auto awaited = std::make_shared<Awaited>();
  awaited->ids = std::move(ids);
  awaited->seen = std::move(seen);
  awaited->callback = std::move(callback);
  awaited->ticket = core_->next_ticket();
  core_->post([core = core_.get(), awaited] { await_slice(*core, awaited); });
  return awaited;
}

void Chain::cancel(std::shared_ptr<Awaited> awaited) {
  // Nothing is taken from here on; what was taken before goes.
  awaited->given_up = true;
  core_->post([core = core_.get(), awaited = std::move(awaited)] { cancel_slice(*core, awaited); });
}

void Chain::look_up(const TransactionId& id, std::function<void(Outcome, ledger::tx::SharedTransaction)> callback) {
  core_->post([core = core_.get(), id, callback = std::move(callback)] { core->look_up(id, callback); });
}

void Chain::status(std::function<void(ChainStatus)> callback) {
  core_->post([core = core_.get(), callback = std::move(callback)] { callback(core->status()); });
}

void Chain::resume_voting() {
  core_->post([core = core_.get()] { core->resume_voting(); });
}

void Chain::add_consensus_key(SecretKey key) {
  auto shared = std::make_shared<SecretKey>(std::move(key));
  core_->post([core = core_.get(), shared] { core->add_consensus_key(std::move(*shared)); });
}

std::uint64_t Chain::listen(HeadListener listener) {
  auto id = core_->next_ticket();
  core_->post([core = core_.get(), id, listener = std::move(listener)]() mutable {
    core->add_listener(id, std::move(listener));
  });
  return id;
}

void Chain::unlisten(std::uint64_t listener) {
  core_->post([core = core_.get(), listener] { core->remove_listener(listener); });
}

}  // namespace testamur::node
