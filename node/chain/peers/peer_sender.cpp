#include "node/chain/peers/peer_sender.h"

#include <utility>

#include "consensus/values/codec.h"

namespace testamur::node {

namespace {

net::Priority priority_of(const consensus::Message& message) {
  return consensus::urgency(message) == consensus::Urgency::kVote ? net::Priority::kVote
                                                                  : net::Priority::kBlock;
}

}  // namespace

net::EncodedFrame PeerSender::counted(const net::Frame& frame) {
  auto encoded = net::encode(frame);
  counters_.frames_out.add();
  counters_.bytes_out.add(encoded->size());
  return encoded;
}

net::EncodedFrame PeerSender::encode(const consensus::Message& message) {
  const TimedSection timed(counters_.encode);
  return counted(net::Frame(net::ConsensusMessage{consensus::encode(message)}));
}

void PeerSender::send(const InstitutionId& to, const consensus::Message& message) {
  if (network_ != nullptr) network_->send(to, priority_of(message), encode(message));
}

void PeerSender::broadcast(const consensus::Message& message) {
  if (network_ != nullptr) network_->broadcast(priority_of(message), encode(message));
}

// Few frames, each within what a receiver accepts.
std::vector<net::EncodedFrame> PeerSender::frames_of(const TransactionList& transactions) {
  std::vector<net::EncodedFrame> frames;
  net::Transactions frame;
  std::size_t bytes = 0;
  const auto finish = [&] {
    if (frame.transactions.empty()) return;
    frames.push_back(counted(net::Frame(std::move(frame))));
    frame = {};
    bytes = 0;
  };

  for (const auto& transaction : transactions) {
    frame.transactions.push_back(to_bytes(transaction->encoded()));
    bytes += transaction->encoded().size();
    if (bytes >= kTransactionFrameBytes ||
        frame.transactions.size() >= net::kMaxTransactionsPerFrame)
      finish();
  }
  finish();
  return frames;
}

template <class To>
void PeerSender::send_frames(const To& to, const TransactionList& transactions) {
  if (network_ == nullptr) return;
  for (const auto& frame : frames_of(transactions))
    network_->send(to, net::Priority::kTransaction, frame);
}

void PeerSender::send(const net::Pin& to, const TransactionList& transactions) {
  send_frames(to, transactions);
}

void PeerSender::send(const InstitutionId& to, const TransactionList& transactions) {
  send_frames(to, transactions);
}

void PeerSender::broadcast(const TransactionList& transactions) {
  if (network_ == nullptr) return;
  for (const auto& frame : frames_of(transactions))
    network_->broadcast(net::Priority::kTransaction, frame);
}

bool PeerSender::ask(const net::Pin& to, const net::BlockRequest& request) {
  return network_ != nullptr && network_->send(to, net::Priority::kBlock, net::Frame(request));
}

std::size_t PeerSender::answer(const net::Pin& to, net::BlockResponse response) {
  const auto frame = counted(net::Frame(std::move(response)));
  if (network_ != nullptr) network_->send(to, net::Priority::kBlock, frame);
  return frame->size();
}

std::optional<std::size_t> PeerSender::unread_bytes(const net::Pin& of) const {
  return network_ != nullptr ? network_->queued_bytes(of) : std::nullopt;
}

void PeerSender::note(const net::Origin& from, net::Refusal refusal, std::uint64_t count,
                      std::uint64_t units) {
  if (network_ != nullptr && (count != 0 || units != 0))
    network_->note(from, refusal, count, units);
}

void PeerSender::set_position(const consensus::Certificate& finalization) {
  if (network_ != nullptr)
    network_->set_position(finalization.statement.epoch, consensus::encode(finalization));
}

void PeerSender::recheck_admissions() {
  if (network_ != nullptr) network_->recheck_admissions();
}

}  // namespace testamur::node
