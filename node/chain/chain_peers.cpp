// The chain and its peers: what is sent, what arrives, who is admitted.
#include <algorithm>
#include <utility>

#include "consensus/codec.h"
#include "ledger/validators.h"
#include "node/chain/chain_core.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kTransactionFrameBytes = 1u << 20;

net::Priority priority_of(const consensus::Message& message) {
  return consensus::urgency(message) == consensus::Urgency::kVote ? net::Priority::kVote : net::Priority::kBlock;
}

constexpr std::size_t kJudgedAtOnce = 64;            // transactions: some milliseconds
constexpr std::size_t kRequestsPerNode = 2;          // block requests that wait
constexpr std::size_t kUnreadBytes = 4u << 20;       // more than this unread, and a node is served nothing
constexpr std::uint64_t kServeAgainAtLeastMs = 100;  // however long the pace says, so that a stop is not waited for
constexpr std::size_t kRequestBudgets = 4'096;
constexpr std::uint64_t kSignatureUnits = 50;
constexpr std::uint64_t kMilliPerBlock = 1'000;  // cost of a request of consensus
constexpr std::uint64_t kMilliPerCertificates = 200;

// Why a transaction is refused, as its sender pays for it.
net::Refusal refusal_of(const tx::SharedTransaction& transaction, tx::RejectionCode code) {
  if (transaction == nullptr) return net::Refusal::kMalformedTransaction;
  switch (code) {
    case tx::RejectionCode::kExpired:
    case tx::RejectionCode::kValidTooLong: return net::Refusal::kFarValidity;
    case tx::RejectionCode::kBadSignature: return net::Refusal::kBadSignature;
    case tx::RejectionCode::kUnknownAuthor:
    case tx::RejectionCode::kAuthorNotInGoodStanding:
    case tx::RejectionCode::kAuthorClass:
    case tx::RejectionCode::kUnknownKey:
    case tx::RejectionCode::kKeyOfAnother:
    case tx::RejectionCode::kKeyPurpose:
    case tx::RejectionCode::kKeyRetired:
    case tx::RejectionCode::kSignatureThreshold: return net::Refusal::kUnknownSigner;
    default: return net::Refusal::kNotPermitted;
  }
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

template <class Send>
void Chain::Core::send_transactions(const TransactionList& transactions, const Send& send) {
  if (network_ == nullptr) return;
  net::Transactions frame;
  std::size_t bytes = 0;
  auto flush = [&] {
    if (frame.transactions.empty()) return;
    auto encoded = net::encode(net::Frame(std::move(frame)));
    counters_.frames_out.add();
    counters_.bytes_out.add(encoded->size());
    send(encoded);
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

void Chain::Core::broadcast_transactions(const TransactionList& transactions) {
  send_transactions(transactions, [this](const net::EncodedFrame& frame) {
    network_->broadcast(net::Priority::kTransaction, frame);
  });
}

void Chain::Core::note(const net::Origin& from, net::Refusal refusal, std::uint64_t count, std::uint64_t units) {
  if (network_ != nullptr && (count != 0 || units != 0)) network_->note(from, refusal, count, units);
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
    fetcher_.on_tick(workshop_.base().header.height, engine_now_ms());
    // To the one that came, and only if it can build blocks: whoever reconnects again and again must not make us send.
    if (rank_of(from) != net::Rank::kMember) return;
    send_transactions(
        mempool_.oldest(net::kMaxTransactionsPerFrame, kTransactionFrameBytes, Mempool::Which::kReady),
        [&](const net::EncodedFrame& frame) { network_->send(from.pin, net::Priority::kTransaction, frame); });
  });
}

void Chain::Core::on_peer_down(const net::Origin& from, const std::string& reason) {
  if (stopped_) return;
  log_.info("peer_down", {{"institution", to_text(from.institution)}, {"reason", reason}});
  fetcher_.peer_down(from);
  std::lock_guard lock(aside_mutex_);
  serve_queue_.erase_if(from.institution, [&](const ServeJob& job) { return job.from.pin == from.pin; });
  requests_.erase(from.pin);
}

void Chain::Core::on_frame(const net::Origin& from, net::Frame frame, net::Lease lease) {
  if (stopped_) return;
  counters_.frames_in.add();
  if (auto* message = std::get_if<net::ConsensusMessage>(&frame)) {
    on_consensus(from, *message);
  } else if (auto* transactions = std::get_if<net::Transactions>(&frame)) {
    on_transactions(from, std::move(*transactions), lease);
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
    note(from, net::Refusal::kMalformedMessage);
    log_.warn("message_malformed",
              {{"institution", to_text(from.institution)}, {"size", static_cast<std::uint64_t>(message.bytes.size())}});
    return;
  }
  if (!may_ask(from, *decoded)) return note(from, net::Refusal::kConsensusRequests);
  if (const auto* presence = std::get_if<consensus::Presence>(&*decoded);
      presence && rank_of(from) == net::Rank::kMember) {
    peer_heights_[from.institution] = presence->finalized_height;
  }
  bad_signatures_ = 0;
  event([&] { engine_->on_message(from.institution, *decoded); });
  note(from, net::Refusal::kBadSignature, bad_signatures_, kSignatureUnits * bad_signatures_);
}

// A request of 55 bytes makes the strand encode a block of 2 MiB: so a member may ask for as many as a node that was
// cut off needs, and anybody else for a few.
bool Chain::Core::may_ask(const net::Origin& from, const consensus::Message& message) {
  const bool block = std::holds_alternative<consensus::BlockRequest>(message);
  const bool asks = block || std::holds_alternative<consensus::CertificateRequest>(message) ||
                    std::holds_alternative<consensus::QuarantineQuery>(message);
  if (!asks) return true;

  const bool member = rank_of(from) == net::Rank::kMember;
  const std::uint64_t burst = (member ? 64 : 8) * kMilliPerBlock;
  const std::uint64_t per_second = (member ? 32 : 4) * kMilliPerBlock;
  const auto now = engine_now_ms();
  if (request_budgets_.size() >= kRequestBudgets) {
    std::erase_if(request_budgets_, [&](const auto& entry) { return now - entry.second.filled_at_ms > 60'000; });
    if (request_budgets_.size() >= kRequestBudgets && !member) return false;
  }
  auto& budget = request_budgets_.try_emplace(from.institution, RequestBudget{burst, now}).first->second;
  budget.milli_tokens = std::min(
      burst, budget.milli_tokens + std::min<std::uint64_t>(now - budget.filled_at_ms, 60'000) * per_second / 1000);
  budget.filled_at_ms = now;

  const auto cost = block ? kMilliPerBlock : kMilliPerCertificates;
  if (budget.milli_tokens < cost) return false;
  budget.milli_tokens -= cost;
  return true;
}

void Chain::Core::on_transactions(const net::Origin& from, net::Transactions frame, const net::Lease& lease) {
  if (beyond_protocol_) return;
  const auto rank = rank_of(from);
  std::uint64_t refused = 0;
  std::size_t start = 0;
  {
    std::lock_guard lock(aside_mutex_);
    auto& all = frame.transactions;
    for (std::size_t at = 0; at < all.size(); at += kJudgedAtOnce) {
      const auto end = std::min(at + kJudgedAtOnce, all.size());
      VerifyJob job{from, {}, lease};
      std::size_t bytes = 0;
      for (auto i = at; i < end; ++i) {
        bytes += all[i].size();
        job.carried.push_back(std::move(all[i]));
      }
      if (!verify_queue_.push({from.institution, rank}, 60 * (end - at), bytes, std::move(job))) refused += end - at;
    }
    for (; verifying_ < options_.verify_threads && start < verify_queue_.size(); ++verifying_) ++start;
  }
  note(from, net::Refusal::kQueueFull, refused);
  for (; start > 0; --start) runtime_.post_aside([this] { verify_next(); });
}

// Aside. One job at a time, whoever's turn it is.
void Chain::Core::verify_next() {
  std::optional<VerifyJob> job;
  {
    std::lock_guard lock(aside_mutex_);
    if (!closing_) job = verify_queue_.pop(runtime_.now_ms());
    if (!job) {
      --verifying_;
      return;
    }
  }
  const auto from = job->from;
  auto lease = job->lease;
  auto judged = std::make_shared<const Judged>(judge(std::move(*job)));
  post([this, from, judged, lease = std::move(lease)] { take_from_peer(from, *judged); });
  runtime_.post_aside([this] { verify_next(); });
}

Chain::Core::Judged Chain::Core::judge(VerifyJob job) {
  Judged judged;
  auto admission = admission_now();
  for (auto& carried : job.carried) {
    if (mempool_.find_carried(carried)) continue;
    auto admitted = admission.admit(std::move(carried));
    const bool checked =
        admitted.verdict == AdmissionResult::Verdict::kReady || admitted.verdict == AdmissionResult::Verdict::kNotYet;
    if (checked) judged.extra_units += kSignatureUnits * (admitted.transaction->signatures().size() - 1);
    switch (admitted.verdict) {
      case AdmissionResult::Verdict::kReady: judged.ready.push_back(std::move(admitted.transaction)); break;
      case AdmissionResult::Verdict::kNotYet: judged.not_yet.push_back(std::move(admitted.transaction)); break;
      case AdmissionResult::Verdict::kCommitted: break;
      case AdmissionResult::Verdict::kRefused:
        // What became invalid on its way, after the sender's last block, is nobody's fault.
        if (admitted.rejection->code == tx::RejectionCode::kReplay) break;
        ++judged.refused.at(static_cast<std::size_t>(refusal_of(admitted.transaction, admitted.rejection->code)));
        break;
    }
  }
  return judged;
}

void Chain::Core::take_from_peer(const net::Origin& from, const Judged& judged) {
  if (stopped_) return;
  std::size_t added = 0;
  auto over_share = add_from_peer(judged.ready, Mempool::Fit::kReady, added);
  over_share += add_from_peer(judged.not_yet, Mempool::Fit::kHeld, added);
  counters_.transactions_from_peers.add(judged.ready.size() + judged.not_yet.size());

  // While blocks are fetched our state is old, and what it does not know is no sign of anything.
  const bool behind = fetcher_.target() > workshop_.base().header.height;
  for (std::size_t i = 0; i < judged.refused.size(); ++i) {
    const auto refusal = static_cast<net::Refusal>(i);
    const bool certain = refusal == net::Refusal::kMalformedTransaction || refusal == net::Refusal::kBadSignature;
    if (!behind || certain) note(from, refusal, judged.refused[i]);
  }
  note(from, net::Refusal::kPoolShare, over_share, judged.extra_units);
  if (added == 0) return;
  arrived_ = true;
  event([] {});
}

std::size_t Chain::Core::add_from_peer(const TransactionList& transactions, Mempool::Fit fit, std::size_t& added) {
  std::size_t refused = 0;
  const auto now = parts_.clock.now_ms();
  for (const auto& transaction : transactions) {
    const auto result = mempool_.add(transaction, now, false, fit);
    if (result == Mempool::Added::kFull || result == Mempool::Added::kAuthorFull) ++refused;
    if (result != Mempool::Added::kNew) continue;
    ++added;
    recheck_on_arrival(transaction);
  }
  return refused;
}

void Chain::Core::on_block_request(const net::Origin& from, const net::BlockRequest& request) {
  bool start = false;
  {
    std::lock_guard lock(aside_mutex_);
    auto& waiting = requests_[from.pin];
    if (waiting >= kRequestsPerNode || !serve_queue_.push({from.institution, rank_of(from)}, 0, 0, {from, request})) {
      return note(from, net::Refusal::kBlockRequests);
    }
    ++waiting;
    start = !std::exchange(serving_, true);
  }
  if (start) runtime_.post_aside([this] { serve_next(); });
}

// Aside, one request at a time. What is paced is looked at again when it may be served.
void Chain::Core::serve_next() {
  std::optional<ServeJob> job;
  std::uint64_t wait_ms = 0;
  {
    std::lock_guard lock(aside_mutex_);
    if (!closing_) job = serve_queue_.pop(runtime_.now_ms());
    if (!job) {
      const auto wait = closing_ ? std::nullopt : serve_queue_.wait_ms(runtime_.now_ms());
      serving_ = wait.has_value();
      if (!wait) return;
      wait_ms = std::clamp<std::uint64_t>(*wait, 1, kServeAgainAtLeastMs);
    } else if (auto waiting = requests_.find(job->from.pin); waiting != requests_.end() && --waiting->second == 0) {
      requests_.erase(waiting);
    }
  }
  if (job) serve(*job);
  runtime_.post_aside([this] { serve_next(); }, wait_ms);
}

void Chain::Core::serve(const ServeJob& job) {
  const auto unread = network_ != nullptr ? network_->queued_bytes(job.from.pin) : std::nullopt;
  if (!unread) return;
  if (*unread > kUnreadBytes) return note(job.from, net::Refusal::kNotReading);

  auto frame = net::encode(net::Frame(serve_blocks(*head_.load()->state, job.request)));
  counters_.frames_out.add();
  counters_.bytes_out.add(frame->size());
  network_->send(job.from.pin, net::Priority::kBlock, frame);
  std::lock_guard lock(aside_mutex_);
  serve_queue_.charge(job.from.institution, 1 + frame->size() / 1024);
}

// The signatures of fetched blocks are verified aside; the strand then finds them in the cache.
void Chain::Core::on_block_response(const net::Origin& from, net::BlockResponse response, net::Lease lease) {
  if (!fetcher_.asked(from.pin)) return note(from, net::Refusal::kUnaskedBlocks);
  runtime_.post_aside([this, from, response = std::make_shared<net::BlockResponse>(std::move(response)),
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

// The members of the current set, and of the one before it while its epoch is served: until the next one has a final
// block.
std::set<InstitutionId> Chain::Core::seated(const Snapshot& state) const {
  std::set<InstitutionId> seated;
  const auto set = ledger::read_validators(state);
  for (const auto& member : set.members()) seated.insert(member.institution);
  if (!workshop_.base().header.seals_epoch()) return seated;
  const auto ending = ledger::validators_of_epoch(state, Epoch{ledger::read_epoch(state).value - 1});
  for (const auto& member : ending->members()) seated.insert(member.institution);
  return seated;
}

}  // namespace testamur::node
