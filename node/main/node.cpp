// What a node is made of, in the order in which it is opened: the ledger's data, the chain, which
// says who is admitted, the network, and the API last, when there is something to answer with.
// stop() ends the calls first, because one that is under way needs the chain to answer it, and the
// network before the chain to which it posts.
#include "node/main/node.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <thread>

#include "common/address.h"
#include "files/paths.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"
#include "node/api/descriptors.h"
#include "node/chain/journal_reach.h"
#include "node/config/genesis_file.h"
#include "node/main/preflight.h"
#include "node/rpc/metrics_server.h"
#include "node/rpc/server.h"
#include "node/validator/evidence_keeper.h"
#include "node/validator/node_keys.h"
#include "node/validator/vote_note_writer.h"

namespace testamur::node {

namespace fs = std::filesystem;
namespace asio = boost::asio;

namespace {

std::size_t thread_count(std::uint64_t configured) {
  if (configured != 0) return configured;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

}  // namespace

struct Node::Parts {
  explicit Parts(NodeParts given)
      : config(given.config), clock(given.clock), log(given.log), hooks(std::move(given)) {}

  const NodeConfig& config;
  const Clock& clock;
  Log& log;
  NodeParts hooks;
  Counters counters;
  std::unique_ptr<FileSystem> files = make_posix_file_system();
  std::unique_ptr<FileLock> lock;
  std::optional<ledger::Genesis> genesis;
  std::optional<SecretKey> transport_key;
  InstitutionId self;
  std::unique_ptr<Store> store;
  std::unique_ptr<Journal> journal;
  JournalContents journal_contents;
  std::unique_ptr<Chain> chain;
  asio::io_context io;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> io_work;
  std::thread io_thread;
  std::unique_ptr<net::Network> network;
  DescriptorPlan descriptors;
  Overload overload{[this](Limit limit, std::uint64_t refused, const CallerKey& caller) {
    log.warn("overload",
             {{"limit", name_of(limit)}, {"refused", refused}, {"mostly_of", to_text(caller)}});
  }};
  IssuedCount issued;
  std::optional<CallGate> gate;
  std::optional<CallQueue> queue;
  std::optional<OpenCalls> open_calls;
  RegistryCache registry;
  std::optional<Recognition> recognition;
  std::uint64_t recognition_listener = 0;
  std::unique_ptr<DecisionLog> decisions;
  std::optional<ServiceContext> services;
  std::unique_ptr<ApiServer> api;
  std::unique_ptr<MetricsServer> metrics;
  bool started = false;
  bool stopped = false;
  HeldVotes held_votes;                // as the start found them
  std::atomic<bool> may_vote = false;  // with the keys that are here; the strand changes it

  std::optional<NodeKeys> keys;
  std::optional<VoteNoteWriter> vote_note;
  std::optional<EvidenceKeeper> evidence;
  std::mutex peers_mutex;  // guards the two below
  std::vector<PeerEntry> listed_peers;
  std::uint64_t registry_changes = 0;

  // Of what is stored: a failure is told as one of the data.
  template <class T>
  Result<T> stored(Result<T> opened) const {
    if (!opened.ok() && hooks.data_failed) hooks.data_failed();
    return opened;
  }
  Status open_files();
  Status open_chain();
  Status judge_votes(NodeKeys::Consensus& found);
  Status open_network();
  Status open_api();
  Status check_own_seat() const;
  void keep_quarantine(const std::string& directory, bool active);
  std::vector<net::PeerAddress> addresses_of(const std::vector<PeerEntry>& peers) const;
  void dial(const std::vector<PeerEntry>& peers);
  void hand_in_evidence(const HeadPtr& head);
  void follow_registry(const HeadPtr& head);
  // The steps of stop(), in this order; each may find that its part was never opened.
  void end_calls();
  void end_chain();
  void end_recognition();
  void end_network();
  void sync_store();
};

Status Node::Parts::open_files() {
  TM_TRY(descriptors, plan_descriptors(config.api.max_connections, is_loopback(config.api.listen)));
  if (auto status = files->create_directory(config.data_dir.string()); !status.ok()) return status;
  TM_TRY(lock, files->lock((config.data_dir / "lock").string()));
  TM_TRY(genesis, load_genesis(config.genesis));
  if (config.institution) self = *config.institution;
  // Before a folder is made that would stay behind.
  if (!is_there(store_directory(config.data_dir) / "CURRENT"))
    TM_TRY_STATUS(check_seat_of_genesis(config, *genesis));
  StoreOptions options;
  options.create_if_missing = true;
  options.block_cache_bytes = config.store_cache_bytes;
  options.stop = hooks.fatal;
  TM_TRY(store, stored(Store::open(store_directory(config.data_dir).string(), std::move(options))));
  return {};
}

Status Node::Parts::open_chain() {
  ChainOptions options;
  options.self = self;
  options.timing.base_ms = config.base_timeout_ms;
  options.block_bytes = config.block_bytes;
  options.mempool = {config.mempool_bytes, config.mempool_transactions, config.mempool_per_issuer};
  options.verify_threads = thread_count(config.verify_threads);

  keys.emplace(*files, config);
  TM_TRY(auto consensus, keys->open_consensus());
  auto directory = journal_directory(config.data_dir).string();
  TM_TRY(const auto identity, read_vote_store_identity(*files, directory));
  held_votes.used = identity && identity->used;
  TM_TRY(journal, stored(Journal::open(*files, directory, {}, collect_records(journal_contents))));
  vote_note.emplace(*keys, log, [this]() -> std::optional<std::uint64_t> {
    if (!may_vote) return std::nullopt;
    return journal->group_count();
  });
  TM_TRY_STATUS(judge_votes(consensus));

  if (consensus.quarantine) log.warn("quarantine", {{"reason", to_text(*consensus.quarantine)}});
  options.quarantine = consensus.quarantine.has_value();
  held_votes.quarantine = consensus.quarantine;
  options.consensus_keys = std::move(consensus.keys);

  ChainParts parts{*genesis, *store, *journal, clock, log, counters, hooks.fatal, {}};
  parts.quarantine_changed = [this, directory](bool active) { keep_quarantine(directory, active); };

  // Loaded before the chain runs: the engine may find misbehaviour with its first event.
  evidence.emplace(*files, (config.data_dir / "evidence").string(), clock, log);
  TM_TRY_STATUS(evidence->load());
  parts.misbehaviour = [this](const consensus::Evidence& seen) {
    evidence->keep(seen);
    hand_in_evidence(chain->head());
  };

  parts.key_is_over = [this](const PublicKey& key) {
    auto status = keys->erase_consensus(key);
    if (!status.ok()) log.error("key_not_erased", {{"cause", status.message()}});
  };

  chain = std::make_unique<Chain>(std::move(options), std::move(parts));
  return {};
}

// Whether the votes that are here are all that the keys ever gave. Who put an earlier copy back is
// asked by nobody else: the flag is durable before anything that hides the gap is written.
Status Node::Parts::judge_votes(NodeKeys::Consensus& found) {
  const auto state = store->snapshot();
  TM_TRY_STATUS(check_store_ledger(*genesis, *state));
  const bool reaches = reaches_store(journal_contents, *state, *genesis);

  if (!found.keys.empty() && !found.quarantine) {
    TM_TRY(auto reason, keys->later_votes(journal->group_count()));
    if (!reaches) reason = QuarantineReason::kBehindStore;
    found.quarantine = reason;
    const auto directory = journal_directory(config.data_dir).string();
    if (reason) TM_TRY_STATUS(begin_quarantine(*files, directory, *reason));
  }

  if (!reaches) TM_TRY_STATUS(name_newest_block(*journal, journal_contents, *state));
  may_vote = !found.quarantine;
  if (may_vote) vote_note->write(journal->group_count());
  return {};
}

Status Node::Parts::check_own_seat() const {
  TM_TRY(const auto held, keys->consensus_keys());
  std::vector<PublicKey> own;
  for (const auto& key : held) own.push_back(key.public_key());
  const auto& header = chain->head()->header;
  const auto newest_ms = header.height == first_height(*genesis) ? std::optional<std::uint64_t>{}
                                                                 : std::optional(header.time_ms);
  const auto set = ledger::read_validators(*chain->head()->state);
  const bool may_lag = seat_may_lag(held_votes, newest_ms, clock.now_ms());
  if (may_lag && !check_seat(config, set, own, false).ok())
    log.warn("key_has_no_seat_yet", {{"key", config.consensus_key.string()}});
  return check_seat(config, set, own, may_lag);
}

void Node::Parts::keep_quarantine(const std::string& directory, bool active) {
  auto known = is_quarantined(*files, directory);
  // The flag belongs to the keys: without one that is here nobody knows what it may have voted for.
  const auto held = keys->consensus_keys();
  if (!active && (!held.ok() || held->empty())) return;
  may_vote = !active;
  if (active && known.ok() && *known) return;  // for the reason that stands there already

  // Before the first vote: an older vote store of the key must not vote from then on.
  if (!active) vote_note->write(journal->group_count());
  auto status = active ? begin_quarantine(*files, directory, QuarantineReason::kOwnVoteSeen)
                       : end_quarantine(*files, directory);
  if (!status.ok()) hooks.fatal("the quarantine flag cannot be written: " + status.message());
}

Status Node::Parts::open_network() {
  if (config.peer_listen.empty() && config.peers.empty()) return {};

  auto state = store->snapshot();
  // Of the key in use and the one that waits, the one that the ledger knows is shown to peers.
  TM_TRY(transport_key, keys->open_transport([&state](const PublicKey& key) {
    using enum NodeKeys::Known;
    if (!state->height()) return kNot;
    const auto known = ledger::tx::read_key(*state, key_id(KeyPurpose::kTransport, key));
    if (!known) return kNot;
    return known->retired ? kRetired : kValid;
  }));

  const auto& shown = transport_key->public_key();
  if (state->height()) {
    const auto known = ledger::tx::read_key(*state, key_id(KeyPurpose::kTransport, shown));
    if (known) TM_TRY_STATUS(check_transport_holder(config, shown, known->added.institution));
  }

  net::NetworkConfig settings;
  settings.chain = genesis->chain;
  settings.institution = self;
  settings.listen = config.peer_listen;
  settings.software = std::string(kSoftware);
  settings.limits.inbound_total =
      std::min<std::size_t>(settings.limits.inbound_total, descriptors.peers);

  // The network's threads run until told otherwise, also while there is no connection yet.
  io_work.emplace(io.get_executor());
  TM_TRY(network, net::Network::start(
                      io, std::move(settings), *transport_key, clock,
                      net::NetworkHooks{chain->directory(), chain->receiver(), chain->post()}));

  chain->attach(*network);
  return {};
}

// Without a pin the transport keys count that the ledger lists for the institution now.
std::vector<net::PeerAddress> Node::Parts::addresses_of(const std::vector<PeerEntry>& peers) const {
  std::vector<net::PeerAddress> addresses;
  auto head = chain->head();

  for (const auto& peer : peers) {
    if (peer.pin) {
      addresses.push_back({peer.address, *net::Pin::from(peer.pin->view()), peer.institution});
      continue;
    }

    for (const auto& id : ledger::tx::keys_of(*head->state, peer.institution)) {
      auto key = ledger::tx::read_key(*head->state, id);
      if (!key || key->added.purpose != KeyPurpose::kTransport || key->retired) continue;
      addresses.push_back({peer.address, net::pin_of(key->added.key), peer.institution});
    }
  }
  return addresses;
}

Status Node::Parts::open_api() {
  gate.emplace(call_limits(config.api), overload);
  queue.emplace(std::clamp<std::size_t>(std::thread::hardware_concurrency() + 1, 3, 8));
  open_calls.emplace(*gate);
  recognition.emplace(self, config.policy, config.decision_viewpoints);
  recognition->start(chain->head());
  recognition_listener = chain->listen([this](const HeadPtr& head) { recognition->follow(head); });
  // Behind the listener on the chain's strand: what was finalized in between.
  chain->status([this](const ChainStatus&) { recognition->follow(chain->head()); });
  if (config.decision_files != 0) {
    TM_TRY(decisions, DecisionLog::open({decisions_directory(config.data_dir),
                                         config.decision_file_bytes, config.decision_files},
                                        clock, log));
  }
  services.emplace(ServiceContext{
      *chain,
      *genesis,
      network.get(),
      *store,
      clock,
      log,
      counters,
      CallParts{*gate, *queue, *open_calls},
      overload,
      issued,
      registry,
      *recognition,
      *keys,
      *evidence,
      decisions.get(),
      self,
      Mempool::Limits{config.mempool_bytes, config.mempool_transactions, config.mempool_per_issuer},
      std::string(kSoftware),
      clock.now_ms(),
      hooks.request_stop,
      0});
  TM_TRY(api, ApiServer::start(config.api, descriptors.api, *services));
  if (!config.metrics_listen.empty()) {
    TM_TRY(metrics, MetricsServer::start(config.metrics_listen, descriptors.metrics, *services));
  }
  return {};
}

// On the strand. A peer without a pin answers with the keys that its institution has by now.
void Node::Parts::follow_registry(const HeadPtr& head) {
  auto changes =
      ledger::tx::registry_change_count(*head->state) + ledger::tx::institution_count(*head->state);
  std::vector<PeerEntry> listed;
  {
    const std::lock_guard held(peers_mutex);
    if (changes == registry_changes) return;
    registry_changes = changes;
    listed = listed_peers;
  }
  dial(listed);
}

// On the strand. What the ledger does not hold yet is handed in, again and again.
void Node::Parts::hand_in_evidence(const HeadPtr& head) {
  if (head == nullptr || !evidence->anything_due()) return;
  auto held = keys->consensus_keys();
  if (!held.ok()) return;
  auto transactions = evidence->due(*head->state, head->header, genesis->chain, self, *held);
  if (!transactions.empty()) chain->submit(std::move(transactions), nullptr);
}

void Node::Parts::dial(const std::vector<PeerEntry>& listed) {
  if (!network) return;
  {
    const std::lock_guard held(peers_mutex);
    listed_peers = listed;
  }
  auto addresses = addresses_of(listed);
  log.info("peers_dialled", {{"addresses", static_cast<std::uint64_t>(addresses.size())}});
  network->set_peers(std::move(addresses));
}

void Node::Parts::end_calls() {
  metrics.reset();
  if (chain) chain->drain();
  if (api) api->stop();
  if (queue) queue->stop();
}

void Node::Parts::end_chain() {
  if (network) network->stop();
  if (chain && recognition) chain->unlisten(recognition_listener);
  if (chain) chain->stop();

  // A copy of the vote store that was made before is older from now on.
  if (vote_note) vote_note->stop();
  if (started && may_vote) vote_note->write(journal->group_count());
}

void Node::Parts::end_recognition() {
  if (recognition) recognition->stop();
  if (!decisions) return;
  auto status = decisions->flush();
  if (!status.ok()) log.error("decision_log_failed", {{"cause", status.message()}});
}

// The stopped network closes its sockets on io_thread and then leaves it nothing to do.
void Node::Parts::end_network() {
  io_work.reset();
  if (io_thread.joinable()) io_thread.join();
  network.reset();
}

void Node::Parts::sync_store() {
  if (!store) return;
  auto status = store->sync_wal();
  if (!status.ok()) log.error("store_sync_failed", {{"cause", status.message()}});
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() { stop(); }

Result<std::unique_ptr<Node>> Node::start(NodeParts given) {
  std::unique_ptr<Node> node(new Node(std::make_unique<Parts>(std::move(given))));
  auto& parts = *node->parts_;
  TM_TRY_STATUS(parts.open_files());
  TM_TRY_STATUS(parts.open_chain());
  TM_TRY_STATUS(parts.open_network());
  const bool begun = parts.store->applied_height().has_value();
  const auto chain_started = parts.chain->start(std::move(parts.journal_contents));
  TM_TRY_STATUS(begun ? parts.stored(chain_started) : chain_started);
  // Not before: after a power cut the journal brings the store to the set that counts.
  TM_TRY_STATUS(parts.check_own_seat());
  parts.started = true;
  parts.vote_note->begin();
  parts.dial(parts.config.peers);
  parts.chain->listen([&parts](const HeadPtr& head) {
    parts.hand_in_evidence(head);
    parts.follow_registry(head);
  });
  parts.io_thread = std::thread([&parts] { parts.io.run(); });
  TM_TRY_STATUS(parts.open_api());
  parts.log.info("serving",
                 {{"chain", to_text(parts.genesis->chain)},
                  {"institution", to_text(parts.self)},
                  {"api_port", parts.api->port()},
                  {"peer_port", static_cast<int>(node->peer_port())},
                  {"open_files", parts.descriptors.limit},
                  {"api_connections", static_cast<std::uint64_t>(parts.descriptors.api.total)},
                  {"height", parts.chain->head()->header.height.value}});
  return node;
}

void Node::stop() {
  auto& parts = *parts_;
  if (parts.stopped) return;
  parts.stopped = true;

  // Calls end first: a call under way needs the chain to answer it.
  parts.end_calls();
  parts.end_chain();
  parts.end_recognition();
  parts.end_network();
  parts.sync_store();
  parts.log.info("stopped", {});
}

Status Node::reload_peers() {
  auto& parts = *parts_;
  TM_TRY(auto config, load_config(parts.config.file));
  parts.dial(config.peers);
  // Who changes a key and sends the signal would else believe that it counts.
  if (const auto keys = changed_keys(parts.config, config); !keys.empty())
    parts.log.warn("restart_needed", {{"keys", keys}});
  // Whoever renews a certificate, too.
  if (const auto files = parts.api->changed_tls_files(); !files.empty()) {
    parts.log.warn("restart_needed", {{"files", files},
                                      {"cause",
                                       "changed on disk since the start, and this node still "
                                       "serves what was there then: restart it"}});
  }
  return {};
}

Chain& Node::chain() { return *parts_->chain; }
Counters& Node::counters() { return parts_->counters; }
int Node::api_port() const { return parts_->api ? parts_->api->port() : 0; }
std::uint16_t Node::peer_port() const {
  return parts_->network ? parts_->network->listen_port() : 0;
}

}  // namespace testamur::node
