// Fetching finalized blocks that this node lacks, and serving them to others.
//
// BlockFetcher belongs to the chain's strand: one request at a time, another peer after a failure
// or a timeout. How far a peer says it is counts only while it shows it: whoever answers with
// nothing new, or not at all, is no more believed, and when nobody is left the fetcher rests until
// it is wanted again. Serving is a function of a snapshot and runs on any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "consensus/engine.h"
#include "node/net/network.h"
#include "node/store/store.h"

namespace testamur::node {

class BlockFetcher {
 public:
  struct Hooks {
    // Sends a request to one node; false: it is not connected.
    std::function<bool(const net::Pin&, const net::BlockRequest&)> send;
    // Whether the blocks hold.
    std::function<bool(const consensus::FinalizedChain&)> deliver;
  };
  explicit BlockFetcher(Hooks hooks) : hooks_(std::move(hooks)) {}

  void peer_up(const net::Origin& peer) { peers_[peer.pin] = {}; }
  void peer_down(const net::Origin& peer);
  // Blocks after `committed` are wanted. While a request is under way nothing is sent.
  void want(Height committed, std::uint64_t now_ms);
  // An answer; delivered when it is of a node that was asked and its last block carries a proof.
  // One that comes after another node was asked is worth as much: whoever serves many makes each of
  // them wait. Returns whether it brought blocks.
  bool on_response(const net::Origin& from, const net::BlockResponse& response, Height committed);
  void on_tick(Height committed, std::uint64_t now_ms);
  // Whether an answer of this node is waited for.
  bool asked(const net::Pin& pin) const { return asked_ == pin; }
  // Whether it was asked and has not answered, however long ago.
  bool awaits(const net::Pin& pin) const;
  // When on_tick wants to be called; nothing while idle.
  std::optional<std::uint64_t> wake_at_ms() const;
  // The highest height that a peer has told and not failed to show; 0 when not behind.
  Height target() const;

 private:
  struct Peer {
    std::uint64_t failures = 0;  // in a row
    Height claim;             // how far it says it is; 0: it has shown nothing beyond what we have
    bool exhausted = false;   // asked since the last progress, without any
    unsigned unanswered = 0;  // requests
  };
  void ask_next(Height committed, std::uint64_t now_ms);
  // Whether it is the answer to the request under way.
  bool count_answer(const net::Pin& pin, Peer& peer);
  // An answer without blocks that hold.
  void note_fruitless(const net::Pin& pin, const net::BlockResponse& response, Height committed);
  void exhaust(const net::Pin& pin);  // it has no more, as it says
  void fail(const net::Pin& pin);     // it did not answer, or not with what was asked for
  void rest_if_exhausted();

  Hooks hooks_;
  std::map<net::Pin, Peer> peers_;
  std::optional<net::Pin> asked_;
  // The network knows of a new connection before this does: what was asked last may have gone over
  // the one that is told of only now, and is answered there.
  std::optional<net::Pin> maybe_asked_;
  std::uint64_t asked_at_ms_ = 0;
  net::Pin last_asked_;
  bool wanted_ = false;
};

// Up to `request.count` blocks of one epoch from a snapshot, about 2 MiB; the last one carries its
// finality.
net::BlockResponse serve_blocks(const Snapshot& snapshot, const net::BlockRequest& request);

// The blocks of a response with the proof of the last; fails when they do not decode.
Result<consensus::FinalizedChain> chain_of(const net::BlockResponse& response);

}  // namespace testamur::node
