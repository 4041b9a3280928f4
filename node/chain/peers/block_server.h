// Serving finalized blocks to nodes that lack them: aside, one request at a time, members of the
// validator set first, all others together at a bounded pace.
//
// Owns the requests that wait, at most kRequestsPerNode of a node. request() and forget() are
// called on the chain's strand, close() by any thread; the work itself runs aside (runtime.h).
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "node/chain/block_processor.h"
#include "node/chain/peers/peer_sender.h"
#include "node/chain/runtime.h"
#include "node/net/fair_queue.h"

namespace testamur::node {

class BlockServer {
 public:
  // `head`: the last finalized state, from any thread. All are borrowed.
  BlockServer(Runtime& runtime, PeerSender& sender, std::function<HeadPtr()> head);

  // Queues a request, or refuses it at its sender's cost.
  void request(const net::Origin& from, net::Rank rank, const net::BlockRequest& request);
  void forget(const net::Origin& from);  // it is gone, and so are its requests
  void close();                          // nothing more is begun

 private:
  struct Job {
    net::Origin from;
    net::BlockRequest request;
  };
  void serve_next();
  void serve(const Job& job);

  Runtime& runtime_;
  PeerSender& sender_;
  const std::function<HeadPtr()> head_;

  std::mutex mutex_;  // guards all below
  net::FairQueue<Job> queue_;
  std::map<net::Pin, std::size_t> waiting_;  // requests, by node
  bool serving_ = false;
  bool closing_ = false;
};

}  // namespace testamur::node
