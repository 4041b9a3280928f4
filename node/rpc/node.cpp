#include "node/rpc/node.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "node/config/genesis_file.h"
#include "node/config/key_file.h"
#include "node/rpc/metrics.h"
#include "node/rpc/server.h"
#include "node/store/vote_store.h"

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
  explicit Parts(NodeParts given) : config(given.config), clock(given.clock), log(given.log), hooks(std::move(given)) {}

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
  std::optional<CallGate> gate;
  RegistryCache registry;
  std::optional<Recognition> recognition;
  std::optional<ServiceContext> services;
  std::unique_ptr<ApiServer> api;
  std::unique_ptr<MetricsServer> metrics;
  bool stopped = false;

  Status open_files();
  Status open_chain();
  Status open_network();
  Status open_api();
};

Status Node::Parts::open_files() {
  if (auto status = files->create_directory(config.data_dir.string()); !status.ok()) return status;
  TM_TRY(lock, files->lock((config.data_dir / "lock").string()));
  TM_TRY(genesis, load_genesis(config.genesis));
  if (config.institution) self = *config.institution;
  StoreOptions options;
  options.create_if_missing = true;
  options.block_cache_bytes = config.store_cache_bytes;
  options.stop = hooks.fatal;
  TM_TRY(store, Store::open(store_directory(config.data_dir).string(), std::move(options)));
  return {};
}

Status Node::Parts::open_chain() {
  ChainOptions options;
  options.self = self;
  options.timing.base_ms = config.base_timeout_ms;
  options.block_bytes = config.block_bytes;
  options.mempool = {config.mempool_bytes, config.mempool_transactions, config.mempool_per_issuer};
  options.verify_threads = thread_count(config.verify_threads);
  bool validator = std::any_of(genesis->content.validators.begin(), genesis->content.validators.end(),
                               [this](const auto& seat) { return seat.institution == self; });
  auto directory = journal_directory(config.data_dir).string();
  ConsensusPublicKey public_key;
  if (validator) {
    TM_TRY(options.consensus_key, read_key_file(config.consensus_key, KeyPurpose::kConsensus));
    public_key = *ConsensusPublicKey::from(options.consensus_key->public_key().bytes);
  }
  TM_TRY(auto identity, read_vote_store_identity(*files, directory));
  if (!identity) {
    // A key without its vote store may have voted: it starts in quarantine.
    std::optional<QuarantineReason> reason;
    if (validator) reason = QuarantineReason::kNoVoteStore;
    TM_TRY_STATUS(create_vote_store(*files, directory, random_fixed<JournalId>(), public_key, reason));
  }
  if (validator) {
    TM_TRY(auto reason, quarantine(*files, directory, public_key));
    if (reason) log.warn("quarantine", {{"reason", to_text(*reason)}});
    options.quarantine = reason.has_value();
  }
  TM_TRY(journal, Journal::open(*files, directory, {}, collect_records(journal_contents)));
  auto quarantine_changed = [this, directory, public_key](bool active) {
    auto known = quarantine(*files, directory, public_key);
    if (active && known.ok() && known->has_value()) return;  // for the reason that stands there already
    auto status = active ? begin_quarantine(*files, directory, QuarantineReason::kOwnVoteSeen)
                         : end_quarantine(*files, directory);
    if (!status.ok()) hooks.fatal("the quarantine flag cannot be written: " + status.message());
  };
  chain = std::make_unique<Chain>(std::move(options), ChainParts{*genesis, *store, *journal, clock, log, counters,
                                                                 hooks.fatal, quarantine_changed});
  return {};
}

Status Node::Parts::open_network() {
  if (config.peer_listen.empty() && config.peers.empty()) return {};
  TM_TRY(transport_key, read_key_file(config.transport_key, KeyPurpose::kTransport));
  net::NetworkConfig settings;
  settings.chain = genesis->chain;
  settings.institution = self;
  settings.listen = config.peer_listen;
  settings.software = std::string(kSoftware);
  for (const auto& peer : config.peers) {
    net::PeerAddress address{peer.address, {}, peer.institution};
    if (peer.pin) {
      address.pin = *net::Pin::from(peer.pin->view());
      settings.peers.push_back(address);
      continue;
    }
    // Without a pin the transport keys of the genesis count.
    for (const auto& party : genesis->content.parties) {
      if (ledger::party_id(party) != peer.institution) continue;
      for (const auto& key : party.keys) {
        if (key.purpose != KeyPurpose::kTransport) continue;
        address.pin = net::pin_of(key.key);
        settings.peers.push_back(address);
      }
    }
  }
  io_work.emplace(io.get_executor());
  TM_TRY(network, net::Network::start(io, std::move(settings), *transport_key, clock, chain->directory(),
                                      chain->receiver(), chain->post()));
  chain->attach(*network);
  return {};
}

Status Node::Parts::open_api() {
  gate.emplace(config.api.rate_per_second, config.api.rate_burst);
  recognition.emplace(self, config.policy);
  services.emplace(
      ServiceContext{*chain, *genesis, network.get(), *store, clock, log, counters, *gate, registry, *recognition, self,
                     Mempool::Limits{config.mempool_bytes, config.mempool_transactions, config.mempool_per_issuer},
                     std::string(kSoftware), clock.now_ms(), hooks.request_stop});
  TM_TRY(api, ApiServer::start(config.api, *services));
  if (!config.metrics_listen.empty()) {
    TM_TRY(metrics, MetricsServer::start(config.metrics_listen, *services));
  }
  return {};
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() { stop(); }

Result<std::unique_ptr<Node>> Node::start(NodeParts given) {
  std::unique_ptr<Node> node(new Node(std::make_unique<Parts>(std::move(given))));
  auto& parts = *node->parts_;
  TM_TRY_STATUS(parts.open_files());
  TM_TRY_STATUS(parts.open_chain());
  TM_TRY_STATUS(parts.open_network());
  TM_TRY_STATUS(parts.chain->start(std::move(parts.journal_contents)));
  parts.io_thread = std::thread([&parts] { parts.io.run(); });
  TM_TRY_STATUS(parts.open_api());
  parts.log.info("serving", {{"chain", to_text(parts.genesis->chain)},
                             {"institution", to_text(parts.self)},
                             {"api_port", parts.api->port()},
                             {"peer_port", static_cast<int>(node->peer_port())},
                             {"height", parts.chain->head()->header.height.value}});
  return node;
}

void Node::stop() {
  auto& parts = *parts_;
  if (parts.stopped) return;
  parts.stopped = true;
  parts.metrics.reset();
  // Calls end first: a call under way needs the chain to answer it.
  if (parts.chain) parts.chain->drain();
  if (parts.api) parts.api->stop();
  if (parts.network) parts.network->stop();
  if (parts.chain) parts.chain->stop();
  // The stopped network closes its sockets on this thread and then leaves it nothing to do.
  parts.io_work.reset();
  if (parts.io_thread.joinable()) parts.io_thread.join();
  parts.network.reset();
  if (parts.store) {
    auto status = parts.store->sync_wal();
    if (!status.ok()) parts.log.error("store_sync_failed", {{"cause", status.message()}});
  }
  parts.log.info("stopped", {});
}

Chain& Node::chain() { return *parts_->chain; }
Counters& Node::counters() { return parts_->counters; }
int Node::api_port() const { return parts_->api ? parts_->api->port() : 0; }
std::uint16_t Node::peer_port() const { return parts_->network ? parts_->network->listen_port() : 0; }

}  // namespace testamur::node
