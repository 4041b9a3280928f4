// The chain and its peers: what is sent, what arrives, who is admitted. The network has charged
// each frame to its sender before it comes here (decision 1120); what turns out dearer is charged
// by note(). Transactions and fetched blocks are checked aside and come back as tasks of the
// strand, by when the chain may have stopped or moved on.
#include <algorithm>
#include <utility>

#include "consensus/values/codec.h"
#include "ledger/validators.h"
#include "node/chain/chain_core.h"

namespace testamur::node {

void Chain::Core::send(const InstitutionId& to, const consensus::Message& message) {
  sender_.send(to, message);
}

void Chain::Core::broadcast(const consensus::Message& message) { sender_.broadcast(message); }

// The certificate is not needed: the peers say how far they are, and prove it with what they send.
void Chain::Core::catch_up(const consensus::CertificatePtr& /*target*/) {
  fetcher_.want(processor_.base().header.height, engine_now_ms());
}

bool Chain::Core::deliver(const consensus::FinalizedChain& chain) {
  const auto status = engine_->on_finalized_externally(chain);
  if (!status.ok()) log_.warn("catch_up_refused", {{"cause", status.message()}});
  return status.ok();
}

void Chain::Core::on_peer_up(const net::Origin& from, const net::Hello& hello) {
  if (stopped_) return;
  log_.info("peer_up", {{"institution", to_text(from.institution)}, {"software", hello.software}});
  // Of before it came back: its clock may have been set meanwhile.
  peer_clocks_.forget(from.institution);
  fetcher_.peer_up(from);
  const auto certificate = consensus::decode_certificate(hello.finalization);
  event([&] {
    // How far it is may be news.
    if (certificate) engine_->on_message(from.institution, consensus::Message(*certificate));
    fetcher_.on_tick(processor_.base().header.height, engine_now_ms());

    // What waits goes to the one that came, and only if it can build blocks: whoever reconnects
    // again and again must not make us send.
    if (rank_of(from) != net::Rank::kMember) return;
    sender_.send(from.pin,
                 transactions_.mempool().oldest(net::kMaxTransactionsPerFrame,
                                                kTransactionFrameBytes, Mempool::Which::kReady));
  });
}

void Chain::Core::on_peer_down(const net::Origin& from, const std::string& reason) {
  if (stopped_) return;
  log_.info("peer_down", {{"institution", to_text(from.institution)}, {"reason", reason}});
  peer_clocks_.forget(from.institution);
  fetcher_.peer_down(from);
  block_server_.forget(from);
}

void Chain::Core::on_refusal(const std::string& address, const std::string& reason) {
  if (stopped_) return;
  log_.info("peer_refused", {{"address", address}, {"cause", reason}});
}

void Chain::Core::on_frame(const net::Origin& from, net::Frame frame, net::Lease lease) {
  if (stopped_) return;
  parts_.counters.frames_in.add();
  if (auto* message = std::get_if<net::ConsensusMessage>(&frame)) {
    on_consensus(from, *message);
  } else if (auto* transactions = std::get_if<net::Transactions>(&frame)) {
    on_transactions(from, std::move(*transactions), lease);
  } else if (auto* request = std::get_if<net::BlockRequest>(&frame)) {
    block_server_.request(from, rank_of(from), *request);
  } else if (auto* response = std::get_if<net::BlockResponse>(&frame)) {
    on_block_response(from, std::move(*response), std::move(lease));
  }
}

void Chain::Core::on_consensus(const net::Origin& from, const net::ConsensusMessage& message) {
  const TimedSection timed(parts_.counters.consensus);
  const auto decoded = consensus::decode_message(message.bytes);
  if (!decoded) {
    sender_.note(from, net::Refusal::kMalformedMessage);
    log_.warn("message_malformed", {{"institution", to_text(from.institution)},
                                    {"size", static_cast<std::uint64_t>(message.bytes.size())}});
    return;
  }

  // Before it costs anything: a copied key is not told what it may have voted for.
  const auto heard = voting_nodes_.hear(from, *decoded, keys_.votes(), engine_now_ms());
  if (heard.begins_two) log_.error("two_nodes_vote", {{"institution", to_text(from.institution)}});
  if (!heard.answer) return;

  // Only these two depend on who sent it; votes and proposals, of which there are many, are not
  // looked up.
  const auto is_member = [&] { return rank_of(from) == net::Rank::kMember; };
  if (RequestBudgets::asks(*decoded) &&
      !request_budgets_.allow(from.institution, is_member(), *decoded, engine_now_ms())) {
    return sender_.note(from, net::Refusal::kConsensusRequests);
  }
  note_position(from, *decoded);

  event([&] { engine_->on_message(from.institution, *decoded); });
}

// For an operator: how far a validator is, and what its clock shows.
void Chain::Core::note_position(const net::Origin& from, const consensus::Message& message) {
  const auto* presence = std::get_if<consensus::Presence>(&message);
  const auto* proposal = std::get_if<consensus::Proposal>(&message);
  if (presence != nullptr && rank_of(from) == net::Rank::kMember) {
    peer_heights_[from.institution] = presence->finalized_height;
    peer_clocks_.stands_at(from.institution, {presence->epoch, presence->view});
  }
  if (proposal == nullptr) return;

  // What another one's proposal says of its clock is as old as the detour. A filler has its sealing
  // block's time.
  const auto header = ledger::decode_header(*proposal->header);
  if (!header.ok() || header->filler || header->proposer != from.institution) return;
  peer_clocks_.proposed(from.institution, {header->epoch, header->view}, header->time_ms,
                        clocks_now());
}

// It pays for the time that this took, whoever's message made the engine look.
void Chain::Core::false_signature(const InstitutionId& from) {
  const auto pin = peer_directory_.pin_of(from);
  if (pin) sender_.note({from, *pin}, net::Refusal::kBadSignature, 1, kSignatureUnits);
}

void Chain::Core::on_transactions(const net::Origin& from, net::Transactions frame,
                                  const net::Lease& lease) {
  if (beyond_protocol_) return;
  const auto refused = intake_.push(from, rank_of(from), std::move(frame), lease);
  sender_.note(from, net::Refusal::kQueueFull, refused);
}

void Chain::Core::on_judged(const net::Origin& from, const TransactionIntake::Judged& judged) {
  if (stopped_) return;
  const auto ready = transactions_.take_from_peer(judged.ready, Mempool::Fit::kReady);
  const auto not_yet = transactions_.take_from_peer(judged.not_yet, Mempool::Fit::kDeferred);
  parts_.counters.transactions_from_peers.add(judged.ready.size() + judged.not_yet.size());

  // While blocks are fetched our state is old, and what it does not know is no sign of anything.
  const bool behind = fetcher_.target() > processor_.base().header.height;
  for (std::size_t i = 0; i < judged.refused.size(); ++i) {
    const auto refusal = static_cast<net::Refusal>(i);
    const bool certain =
        refusal == net::Refusal::kMalformedTransaction || refusal == net::Refusal::kBadSignature;
    if (!behind || certain) sender_.note(from, refusal, judged.refused[i]);
  }
  sender_.note(from, net::Refusal::kPoolShare, ready.over_share + not_yet.over_share,
               judged.extra_units);

  if (ready.added + not_yet.added == 0) return;
  pending_report_.note_arrival();
  event([] {});
}

// The signatures of fetched blocks are verified aside; the strand then finds them in the cache.
void Chain::Core::on_block_response(const net::Origin& from, net::BlockResponse response,
                                    net::Lease lease) {
  if (!fetcher_.awaits(from.pin)) return sender_.note(from, net::Refusal::kUnaskedBlocks);

  runtime_.post_aside([this, from,
                       response = std::make_shared<net::BlockResponse>(std::move(response)),
                       lease = std::move(lease), state = processor_.base().state] {
    for (const auto& block : response->blocks) {
      const auto header = ledger::decode_header(block.header);
      if (header.ok()) processor_.prepare_body(*state, header->payload_digest, block.body);
    }

    post([this, from, response, lease] {
      event([&] {
        const auto height = processor_.base().header.height;
        if (fetcher_.on_response(from, *response, height)) {
          log_.info("caught_up", {{"from", height.value},
                                  {"to", processor_.base().header.height.value},
                                  {"peer", to_text(from.institution)}});
        }

        // The fetcher knows now what is still lacking: the next request does not wait for its
        // timer.
        fetcher_.on_tick(processor_.base().header.height, engine_now_ms());
      });
    });
  });
}

// The members of the current set, and of the one before it while its epoch is served: until the
// next one has a final block.
std::set<InstitutionId> Chain::Core::seated(const Snapshot& state) const {
  std::set<InstitutionId> seated;
  const auto set = ledger::read_validators(state);
  for (const auto& member : set.members()) seated.insert(member.institution);
  if (!processor_.base().header.seals_epoch()) return seated;

  const auto ending =
      ledger::validators_of_epoch(state, Epoch{ledger::read_epoch(state).value - 1});
  for (const auto& member : ending->members()) seated.insert(member.institution);
  return seated;
}

}  // namespace testamur::node
