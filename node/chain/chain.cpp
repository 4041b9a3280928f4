// The life of the chain: what it starts from, what is done after each event, its timer, and the
// functions of Chain, which hand their work to the strand. Three things hold between the functions:
// the store is read before the journal, because it says in which epoch and above which block the
// engine begins; every event of the engine ends in after_event(), so that the mempool's claims and
// the timer are never older than the last event; after stop() nothing is handled any more.
#include "node/chain/chain.h"

#include <algorithm>
#include <future>

#include "consensus/values/codec.h"
#include "node/chain/chain_core.h"
#include "node/chain/journal_reach.h"

namespace testamur::node {

namespace {

constexpr std::size_t kCachedSignatures = 1u << 20;
constexpr std::uint64_t kNever = ~std::uint64_t{0};
constexpr std::uint64_t kLongestSleepMs = 60'000;  // whatever nobody has named a time for

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
      if (auto record = consensus::decode_finality_record(bytes))
        return {record->epoch, record->view};
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

Chain::Core::Core(ChainOptions options, ChainParts parts, Runtime& runtime)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      log_(parts_.log),
      runtime_(runtime),
      sender_(parts_.counters),
      own_signatures_(kCachedSignatures),
      verifier_(parts_.signatures != nullptr ? *parts_.signatures : own_signatures_,
                parts_.counters),
      // The lifecycle keeps a reference to processor_, which is made after it, and does not use it
      // yet.
      transactions_(options_.mempool,
                    {runtime, parts_.clock, parts_.counters, sender_, verifier_, processor_}),
      processor_({parts_.genesis.chain, options_.self, options_.block_bytes}, parts_.clock,
                 transactions_.mempool(), verifier_, parts_.counters),
      committer_(parts_, processor_),
      fetcher_({[this](const net::Pin& pin, const net::BlockRequest& request) {
                  return sender_.ask(pin, request);
                },
                [this](const consensus::FinalizedChain& chain) { return deliver(chain); }}),
      intake_(runtime, options_.verify_threads,
              {[this] { return admission_now(); },
               [this](ByteView carried) {
                 return transactions_.mempool().find_encoded(carried) != nullptr;
               },
               [this](const net::Origin& from, const TransactionIntake::Judged& judged) {
                 on_judged(from, judged);
               }}),
      block_server_(runtime, sender_, [this] { return head(); }),
      voting_nodes_(options_.self),
      maintenance_(runtime, parts_.store,
                   [this](const Status& synced, Epoch epoch, View view) {
                     prune_journal(synced, epoch, view);
                   }),
      keys_(options_.self, std::move(options_.consensus_keys)) {
  // keys_ erases a key that is over; no copy of it may stay in the options.
  options_.consensus_keys.clear();
}

Chain::Core::~Core() = default;

// The store must hold the ledger of the genesis record; an empty one begins with it.
Status Chain::Core::apply_genesis() {
  const auto& continues = parts_.genesis.content.continues;
  TM_TRY_STATUS(check_store_ledger(parts_.genesis, *parts_.store.snapshot()));
  if (parts_.store.applied_height()) return {};

  // The record of a recovery holds no state: it goes on from the store of the old ledger.
  if (continues) {
    return error(
        "a recovered ledger begins with the store of the old one: testamurd recover --from BACKUP");
  }

  auto genesis = ledger::build_genesis_state(parts_.genesis);
  return parts_.store.apply({Height{0}, ledger::encode(genesis.header), {}, {}, *genesis.delta});
}

// Where the store stands: its last block, the epoch of the block's children and who certifies them.
Result<consensus::Tip> Chain::Core::tip_of(const Snapshot& state) const {
  auto height = state.height().value_or(Height{});
  auto stored = state.header(height);
  if (!stored)
    return error("the store holds no header of its own height " + std::to_string(height.value));
  TM_TRY(auto header, ledger::decode_header(*stored));

  // A block writes the header and the state in one batch. If they name different validators, the
  // engine would count the votes of a set that did not certify this block.
  auto set = ledger::read_validators(state);
  auto epoch = header.seals_epoch() ? header.epoch.next() : header.epoch;
  const auto& expected = header.seals_epoch() ? header.next_validator_set : header.validator_set;
  if (ledger::read_epoch(state) != epoch || set.digest() != expected) {
    return error("the validators in the store's state are not those that its header at height " +
                 std::to_string(height.value) +
                 " names: the store is damaged, restore or fetch it again");
  }

  // Peers that are still in the epoch before are answered with how it ended.
  consensus::Tip tip{epoch, to_validator_set(set), header_facts(*stored), {}, {}};
  if (epoch > Epoch{0}) tip.previous = end_of_epoch(state, Epoch{epoch.value - 1});

  // Block 0 has no proof: nobody agreed on it, the genesis record states it.
  if (auto certificate = state.certificate(height)) {
    if (auto proof = consensus::decode_finality_proof(*certificate))
      tip.finalization = proof->certificate;
  }
  return tip;
}

void Chain::Core::start_writer(std::vector<RecordMark> marks) {
  JournalWriter::Hooks hooks;
  hooks.post = [this](std::function<void()> task) { post(std::move(task)); };
  hooks.synced = [this](std::uint64_t sequence) { event([&] { engine_->on_synced(sequence); }); };
  hooks.failed = [this](const std::string& cause) { parts_.fatal("the journal failed: " + cause); };
  hooks.aside = [this](std::function<void()> task) { runtime_.post_to_pool(std::move(task)); };
  hooks.wake = parts_.journal_wake;
  writer_ = std::make_unique<JournalWriter>(parts_.journal, std::move(marks), std::move(hooks),
                                            parts_.counters);
}

void Chain::Core::start_engine(consensus::Tip tip) {
  consensus::EngineConfig config;
  config.chain = parts_.genesis.chain;
  config.self = options_.self;
  config.more_keys = keys_.public_keys();
  config.timing = options_.timing;
  keys_.begin_epoch(tip.validators);
  engine_ = std::make_unique<consensus::Engine>(config, std::move(tip), *this);
}

Status Chain::Core::start(JournalContents journal) {
  // The store first: it says where the engine begins, and who is admitted.
  TM_TRY_STATUS(apply_genesis());
  const auto state = parts_.store.snapshot();
  TM_TRY(auto tip, tip_of(*state));
  TM_TRY(auto header, ledger::decode_header(*state->header(tip.block.height)));
  committer_.publish(std::make_shared<const Head>(Head{state, header, tip.block.id}));
  peer_directory_.read(*state, seated(*state));
  watch_protocol();

  // Then the journal: what it proves final above the store is committed again, inside start().
  start_writer(std::move(journal.marks));
  start_engine(std::move(tip));
  for (const auto& [kind, bytes] : journal.records) TM_TRY_STATUS(engine_->restore(kind, bytes));
  TM_TRY_STATUS(engine_->start(options_.quarantine, engine_now_ms()));

  // A crash may have come between an epoch's first final block and the end of the old key.
  end_unused_keys();
  log_.info("chain_started",
            {{"height", head()->header.height.value},
             {"epoch", engine_->status().epoch.value},
             {"journal_records", static_cast<std::uint64_t>(journal.records.size())},
             {"voting", consensus::to_text(engine_->status().voting)}});
  maintenance_.start();
  after_event();
  return {};
}

void Chain::Core::stop() {
  stopped_ = true;
  intake_.close();
  block_server_.close();
  transactions_.stop();
  committer_.stop();
}

void Chain::Core::finish_writes() {
  if (writer_) writer_->stop();
}

void Chain::Core::after_event() {
  if (beyond_protocol_) return parts_.counters.votes.set(0);

  // What a build has just refused must not be called pending.
  transactions_.recheck_marked();
  update_pending();
  maintenance_.sync_if_due(processor_.base().header);
  note_voting();
  arm_timer();
}

// Who restores a second validator waits for this one's vote: quarantine's end is not yet it.
void Chain::Core::note_voting() {
  const auto now = engine_->voting_state();
  if (now == voting_) return;
  const bool was_kept =
      voting_ == consensus::VotingState::kQuarantine || voting_ == consensus::VotingState::kFloored;
  voting_ = now;
  if (was_kept && now == consensus::VotingState::kActive) log_.info("votes_again");
  parts_.counters.votes.set(now == consensus::VotingState::kActive ? 1 : 0);
}

void Chain::Core::update_pending() {
  const bool transactions = transactions_.mempool().any_ready();
  const bool heartbeat = parts_.clock.now_ms() >= committer_.heartbeat_at_ms();
  if (pending_report_.is_news(transactions, heartbeat))
    engine_->on_pending_changed(transactions, heartbeat);
}

void Chain::Core::arm_timer() {
  const auto now = engine_now_ms();
  auto at = std::min(engine_->wake_at_ms(), now + kLongestSleepMs);
  if (const auto fetch = fetcher_.wake_at_ms()) at = std::min(at, *fetch);

  // The heartbeat is due by the wall clock, the timer runs by the other.
  const auto wall = parts_.clock.now_ms();
  const auto heartbeat = committer_.heartbeat_at_ms();
  if (!pending_report_.heartbeat_told())
    at = std::min(at, now + (heartbeat > wall ? heartbeat - wall : 0));

  at = std::max(at, now + 1);
  if (at == armed_for_ms_) return;
  armed_for_ms_ = at;
  runtime_.arm(at, [this] {
    if (stopped_) return;
    armed_for_ms_ = kNever;
    event([this] { fetcher_.on_tick(processor_.base().header.height, engine_now_ms()); });
  });
}

// Up to the block of this epoch and view the store holds everything for good, and the journal is
// not needed.
void Chain::Core::prune_journal(const Status& synced, Epoch epoch, View view) {
  if (stopped_) return;
  if (!synced.ok()) return parts_.fatal("the store cannot be synced: " + synced.message());
  writer_->prune(engine_->live_records(), epoch, view);
}

void Chain::Core::submit(const TransactionList& transactions,
                         const std::function<void(std::vector<Mempool::Added>)>& done) {
  if (!transactions_.submit(transactions, done)) return;
  pending_report_.note_arrival();
  event([] {});
}

ChainStatus Chain::Core::status() const {
  const Mempool& mempool = transactions_.mempool();
  ChainStatus status;
  status.engine = engine_->status();
  status.pool_transactions = mempool.size();
  status.pool_bytes = mempool.size_bytes();
  status.pool_capacity_bytes = mempool.limits().bytes;
  status.oldest_arrival_ms = mempool.oldest_arrival_ms();
  status.catch_up_target = fetcher_.target();
  status.last_commit_ms = committer_.last_commit_ms();
  status.clock_offsets_ms = peer_clocks_.offsets_ms(clocks_now());
  status.stopped_before_protocol = beyond_protocol_;
  status.peer_heights.assign(peer_heights_.begin(), peer_heights_.end());
  status.voting_key = keys_.voting_key();
  status.two_voters = voting_nodes_.two_at_work(engine_now_ms());
  for (const auto& peer : status.engine.peers) {
    if (!peer.self && voting_nodes_.is_idle(peer.id, engine_now_ms()))
      status.idle_voters.push_back(peer.id);
  }
  return status;
}

void Chain::Core::add_consensus_key(SecretKey key) {
  keys_.add(std::move(key));
  event([this] { engine_->set_keys(keys_.public_keys()); });
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
  core_->post([core = core_.get()] { core->transactions().commit_waiters().release_all(); });
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
  core_->post([core = core_.get(), transactions = std::move(transactions), done = std::move(done)] {
    core->submit(transactions, done);
  });
}

CommitWaiters::Ticket Chain::await(const TransactionId& id, CommitWaiters::Callback callback) {
  auto ticket = core_->next_ticket();
  core_->post([core = core_.get(), ticket, id, callback = std::move(callback)]() mutable {
    core->transactions().await(ticket, id, std::move(callback), false);
  });
  return ticket;
}

void Chain::cancel(CommitWaiters::Ticket ticket, const TransactionId& id) {
  core_->post([core = core_.get(), ticket, id] {
    core->transactions().commit_waiters().cancel(ticket, id);
  });
}

class Chain::Awaited {
 public:
  std::vector<TransactionId> ids;
  HeadPtr seen;
  CommitWaiters::Callback callback;
  CommitWaiters::Ticket ticket = 0;
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
    core.transactions().await(awaited->ticket, awaited->ids[awaited->next], awaited->callback,
                              same_state);
  }
  if (awaited->next == awaited->ids.size() || awaited->given_up) return;
  core.post([&core, awaited] { await_slice(core, awaited); });
}

void cancel_slice(Chain::Core& core, const std::shared_ptr<Chain::Awaited>& awaited) {
  for (std::size_t i = 0; i < kAwaitSlice && awaited->next > 0; ++i) {
    core.transactions().commit_waiters().cancel(awaited->ticket, awaited->ids[--awaited->next]);
  }
  if (awaited->next > 0) core.post([&core, awaited] { cancel_slice(core, awaited); });
}

}  // namespace

std::shared_ptr<Chain::Awaited> Chain::await(std::vector<TransactionId> ids, HeadPtr seen,
                                             CommitWaiters::Callback callback) {
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

void Chain::look_up(const TransactionId& id,
                    std::function<void(Outcome, ledger::tx::SharedTransaction)> callback) {
  core_->post([core = core_.get(), id, callback = std::move(callback)] {
    core->transactions().look_up(id, callback);
  });
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
    core->committer().add_listener(id, std::move(listener));
  });
  return id;
}

void Chain::unlisten(std::uint64_t listener) {
  core_->post([core = core_.get(), listener] { core->committer().remove_listener(listener); });
}

}  // namespace testamur::node
