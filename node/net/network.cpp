#include "node/net/network.h"

#include "node/net/peer_table.h"

namespace testamur::node::net {
namespace {

class TableNetwork final : public Network {
 public:
  explicit TableNetwork(std::shared_ptr<PeerTable> table) : table_(std::move(table)) {}
  ~TableNetwork() override { table_->stop(); }

  void set_position(Epoch epoch, Bytes finalization) override {
    table_->set_position(epoch, std::move(finalization));
  }
  void set_peers(std::vector<PeerAddress> peers) override { table_->set_peers(std::move(peers)); }
  void recheck_admissions() override { table_->recheck_admissions(); }
  bool send(const InstitutionId& to, Priority priority, const EncodedFrame& frame) override {
    return table_->send(to, priority, frame);
  }
  bool send(const Pin& to, Priority priority, const EncodedFrame& frame) override {
    return table_->send(to, priority, frame);
  }
  std::size_t broadcast(Priority priority, const EncodedFrame& frame) override {
    return table_->broadcast(priority, frame);
  }
  void note(const Origin& from, Refusal refusal, std::uint64_t count,
            std::uint64_t units) override {
    table_->note(from, refusal, count, units);
  }
  std::vector<PeerConduct> conduct() const override { return table_->conduct(); }
  std::array<std::uint64_t, kRefusals> refused() const override { return table_->refused(); }
  std::optional<std::size_t> queued_bytes(const Pin& of) const override {
    return table_->queued_bytes(of);
  }
  std::vector<PeerStatus> peers() const override { return table_->peers(); }
  InboundCounters inbound() const override { return table_->inbound(); }
  Pin pin() const override { return table_->own_pin(); }
  std::uint16_t listen_port() const override { return table_->listen_port(); }
  void stop() override { table_->stop(); }

 private:
  const std::shared_ptr<PeerTable> table_;
};

Status check_config(const NetworkConfig& config) {
  if (config.software.size() > kMaxSoftwareBytes)
    return error("the software name is longer than 64 bytes");
  for (const auto& peer : config.peers) {
    const auto parsed = parse_host_port(peer.address);
    if (!parsed) return error("peer " + to_text(peer.institution) + ": " + parsed.message());
  }
  if (config.limits.queue.bytes < 2 * kMaxFrameBytes)
    return error("limits.queue.bytes is less than two frames");
  return {};
}

}  // namespace

Rank rank_of(const Admission& admission) {
  if (admission.kind != Admission::Kind::kAdmitted) return Rank::kStranger;
  return admission.member ? Rank::kMember : Rank::kInstitution;
}

std::string_view to_text(PeerState state) {
  switch (state) {
    case PeerState::kWaiting: return "waiting";
    case PeerState::kConnecting: return "connecting";
    case PeerState::kConnected: return "connected";
  }
  return "unknown";
}

Result<std::unique_ptr<Network>> Network::start(boost::asio::io_context& io, NetworkConfig config,
                                                const SecretKey& transport_key, const Clock& clock,
                                                NetworkHooks hooks) {
  TM_TRY_STATUS(check_config(config));
  TM_TRY(auto tls, make_tls_context(transport_key));

  // Without an address the node only dials: it may stand behind a firewall.
  std::shared_ptr<Listener> listener;
  if (!config.listen.empty()) {
    TM_TRY(listener, Listener::open(io, config.listen));
  }

  auto table =
      std::make_shared<PeerTable>(io, std::move(config), std::move(tls),
                                  pin_of(transport_key.public_key()), clock, std::move(hooks));
  // Not in the constructor: the table hands out shared pointers to itself.
  table->start(std::move(listener));
  return std::unique_ptr<Network>(std::make_unique<TableNetwork>(std::move(table)));
}

}  // namespace testamur::node::net
