// What this node sends to others, and what it tells the network of them.
//
// Owns the connection to the network, which a ledger of one node lacks: everything then goes
// nowhere. Frames are counted here. After attach() any thread may call; what the network promises
// holds (node/net/network.h).
#pragma once

#include <cstdint>
#include <vector>

#include "consensus/values/message.h"
#include "ledger/tx/transaction.h"
#include "node/chain/counters.h"
#include "node/net/network.h"

namespace testamur::node {

// Transactions are sent in frames of about so many bytes.
inline constexpr std::size_t kTransactionFrameBytes = 1u << 20;

class PeerSender {
 public:
  using TransactionList = std::vector<ledger::tx::SharedTransaction>;

  explicit PeerSender(Counters& counters) : counters_(counters) {}
  // Before anything is sent; `network` is borrowed.
  void attach(net::Network& network) { network_ = &network; }
  bool attached() const { return network_ != nullptr; }

  void send(const InstitutionId& to, const consensus::Message& message);
  void broadcast(const consensus::Message& message);
  void send(const net::Pin& to, const TransactionList& transactions);
  void send(const InstitutionId& to, const TransactionList& transactions);
  void broadcast(const TransactionList& transactions);

  // False: the node is not connected, nothing was sent.
  bool ask(const net::Pin& to, const net::BlockRequest& request);
  // Returns the size of the frame.
  std::size_t answer(const net::Pin& to, net::BlockResponse response);
  // What waits to be written to a node; nothing when it is not connected.
  std::optional<std::size_t> unread_bytes(const net::Pin& of) const;

  // Something of a node was refused `count` times and cost `units`: it pays (Network::note).
  void note(const net::Origin& from, net::Refusal refusal, std::uint64_t count = 1,
            std::uint64_t units = 0);
  // What the next hellos say.
  void set_position(const consensus::Certificate& finalization);
  // After the directory has changed: connections that are not admitted any more end.
  void recheck_admissions();

 private:
  net::EncodedFrame encode(const consensus::Message& message);
  net::EncodedFrame counted(const net::Frame& frame);
  std::vector<net::EncodedFrame> frames_of(const TransactionList& transactions);
  template <class To>
  void send_frames(const To& to, const TransactionList& transactions);

  Counters& counters_;
  net::Network* network_ = nullptr;
};

}  // namespace testamur::node
