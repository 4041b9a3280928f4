// The chain and its peers: what is sent, what arrives, who is admitted.
#include <algorithm>

#include "consensus/codec.h"
#include "ledger/log.h"
#include "ledger/tx/registry_records.h"
#include "node/chain/block_body.h"
#include "node/chain/chain_core.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kTransactionFrameBytes = 1u << 20;

net::Priority priority_of(const consensus::Message& message) {
  return consensus::urgency(message) == consensus::Urgency::kVote ? net::Priority::kVote : net::Priority::kBlock;
}

// Whether every signature whose key the state knows is valid. What names an unknown key may become valid later.
bool signatures_hold(const ledger::StateReader& state, const tx::Transaction& transaction,
                     ledger::SignatureVerifier& verifier) {
  for (const auto& check : ledger::signature_checks(state, transaction)) {
    if (!verifier.verify(check.public_key, check.message.view(), check.signature)) return false;
  }
  return true;
}

}  // namespace

net::EncodedFrame Chain::Core::encode_message(const consensus::Message& message) {
  TimedSection timed(counters_.encode);
  auto frame = net::encode(net::Frame(net::ConsensusMessage{consensus::encode(message)}));
  counters_.frames_out.add();
  counters_.bytes_out.add(frame->size());
  return frame;
}

void Chain::Core::send(const InstitutionId& to, const consensus::Message& message) {
  if (network_ != nullptr) network_->send(to, priority_of(message), encode_message(message));
}

void Chain::Core::broadcast(const consensus::Message& message) {
  if (network_ != nullptr) network_->broadcast(priority_of(message), encode_message(message));
}

void Chain::Core::broadcast_transactions(const TransactionList& transactions) {
  if (network_ == nullptr) return;
  net::Transactions frame;
  std::size_t bytes = 0;
  auto flush = [&] {
    if (frame.transactions.empty()) return;
    auto encoded = net::encode(net::Frame(std::move(frame)));
    counters_.frames_out.add();
    counters_.bytes_out.add(encoded->size());
    network_->broadcast(net::Priority::kTransaction, encoded);
    frame = {};
    bytes = 0;
  };
  for (const auto& transaction : transactions) {
    frame.transactions.push_back(to_bytes(transaction->carried()));
    bytes += transaction->carried().size();
    if (bytes >= kTransactionFrameBytes || frame.transactions.size() >= net::kMaxTransactionsPerFrame) flush();
  }
  flush();
}

void Chain::Core::catch_up(const consensus::CertificatePtr& target) {
  (void)target;  // the peers say how far they are
  fetcher_.want(workshop_.base().header.height, engine_now_ms());
}

void Chain::Core::on_peer_up(const net::Origin& from, const net::Hello& hello) {
  if (stopped_) return;
  log_.info("peer_up", {{"institution", to_text(from.institution)}, {"software", hello.software}});
  fetcher_.peer_up(from);
  auto certificate = consensus::decode_certificate(hello.finalization);
  event([&] {
    if (certificate) engine_->on_message(from.institution, consensus::Message(*certificate));
    broadcast_transactions(mempool_.oldest(net::kMaxTransactionsPerFrame, kTransactionFrameBytes));
  });
}

void Chain::Core::on_peer_down(const net::Origin& from, const std::string& reason) {
  if (stopped_) return;
  log_.info("peer_down", {{"institution", to_text(from.institution)}, {"reason", reason}});
  fetcher_.peer_down(from);
}

void Chain::Core::on_frame(const net::Origin& from, net::Frame frame, net::Lease lease) {
  if (stopped_) return;
  counters_.frames_in.add();
  if (auto* message = std::get_if<net::ConsensusMessage>(&frame)) {
    on_consensus(from, *message);
  } else if (auto* transactions = std::get_if<net::Transactions>(&frame)) {
    on_transactions(std::move(*transactions), std::move(lease));
  } else if (auto* request = std::get_if<net::BlockRequest>(&frame)) {
    on_block_request(from, *request);
  } else if (auto* response = std::get_if<net::BlockResponse>(&frame)) {
    on_block_response(from, std::move(*response), std::move(lease));
  }
}

void Chain::Core::on_consensus(const net::Origin& from, const net::ConsensusMessage& message) {
  TimedSection timed(counters_.consensus);
  auto decoded = consensus::decode_message(message.bytes);
  if (!decoded) {
    log_.warn("message_malformed",
              {{"institution", to_text(from.institution)}, {"size", static_cast<std::uint64_t>(message.bytes.size())}});
    return;
  }
  if (const auto* presence = std::get_if<consensus::Presence>(&*decoded)) {
    peer_heights_[from.institution] = presence->finalized_height;
  }
  event([&] { engine_->on_message(from.institution, *decoded); });
}

void Chain::Core::on_transactions(net::Transactions frame, net::Lease lease) {
  post_to_pool([this, frame = std::make_shared<net::Transactions>(std::move(frame)), lease = std::move(lease),
                state = workshop_.base().state] {
    TransactionList fresh;
    for (auto& carried : frame->transactions) {
      if (mempool_.find_carried(carried)) continue;
      TimedSection timed(counters_.decode);
      auto decoded = tx::decode(parts_.genesis.chain, std::move(carried));
      auto* transaction = std::get_if<tx::SharedTransaction>(&decoded);
      if (transaction == nullptr || ledger::Log(*state).find((*transaction)->id())) continue;
      if (signatures_hold(*state, **transaction, verifier_)) fresh.push_back(std::move(*transaction));
    }
    post([this, fresh = std::move(fresh), lease] { take_from_peer(fresh); });
  });
}

void Chain::Core::on_block_request(const net::Origin& from, const net::BlockRequest& request) {
  post_to_pool([this, pin = from.pin, request, state = workshop_.base().state] {
    if (network_ != nullptr) network_->send(pin, net::Priority::kBlock, net::Frame(serve_blocks(*state, request)));
  });
}

// The signatures of fetched blocks are verified on the pool; the strand then finds them in the cache.
void Chain::Core::on_block_response(const net::Origin& from, net::BlockResponse response, net::Lease lease) {
  post_to_pool([this, from, response = std::make_shared<net::BlockResponse>(std::move(response)),
                lease = std::move(lease), state = workshop_.base().state] {
    for (const auto& block : response->blocks) {
      auto header = ledger::decode_header(block.header);
      if (header.ok()) workshop_.prepare_body(*state, header->payload_digest, block.body);
    }
    post([this, from, response, lease] {
      event([&] {
        auto height = workshop_.base().header.height;
        if (fetcher_.on_response(from, *response, height, engine_now_ms())) {
          log_.info("caught_up", {{"from", height.value},
                                  {"to", workshop_.base().header.height.value},
                                  {"peer", to_text(from.institution)}});
        }
        fetcher_.on_tick(workshop_.base().header.height, engine_now_ms());
      });
    });
  });
}

void Chain::Core::refresh_directory(const Snapshot& state) {
  auto directory = std::make_shared<std::map<net::Pin, net::Admission>>();
  auto epoch = ledger::read_epoch(state);
  auto members = ledger::read_validators(state).members();
  if (workshop_.base().header.seals_epoch()) {  // the epoch before is served until the next one has a final block
    auto ending = ledger::validators_of_epoch(state, Epoch{epoch.value - 1})->members();
    members.insert(members.end(), ending.begin(), ending.end());
  }
  auto count = tx::institution_count(state);
  for (std::uint64_t ordinal = 0; ordinal < count; ++ordinal) {
    auto institution = tx::read_institution(state, tx::institution_at_ordinal(state, ordinal));
    if (!institution) continue;
    bool good = institution->standing == tx::Standing::kGood ||
                std::any_of(members.begin(), members.end(),
                            [&](const auto& member) { return member.institution == institution->id; });
    for (const auto& id : tx::keys_of(state, institution->id)) {
      auto key = tx::read_key(state, id);
      if (!key || key->added.purpose != KeyPurpose::kTransport) continue;
      bool admitted = good && !key->retired;
      (*directory)[net::pin_of(key->added.key)] =
          admitted ? net::Admission::admitted(institution->id) : net::Admission::refused();
    }
  }
  directory_.store(std::move(directory));
}

net::Admission Chain::Core::admission(const net::Pin& pin) const {
  auto directory = directory_.load();
  if (!directory) return net::Admission::unknown();
  auto found = directory->find(pin);
  return found == directory->end() ? net::Admission::unknown() : found->second;
}

}  // namespace testamur::node
