// Which node of each institution sends the votes of its consensus key, by the transport key that it
// shows. A consensus key belongs to one node: where another one votes with it beside the first, or
// asks what it may have voted for, the key was copied, and two nodes with one key sign twice.
//
// The second one's question is not answered while the first one votes, so that a copy does not
// leave quarantine beside its original. And whose node is there without voting: a seat whose key is
// lost looks alive to whoever only asks for connections. Belongs to the chain's strand.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "consensus/values/message.h"
#include "node/net/network.h"

namespace testamur::node {

class VotingNodes {
 public:
  // A node that voted in this time is there: two heartbeats of a ledger that leaves them as they
  // are.
  static constexpr std::uint64_t kVotesNowMs = 60'000;
  // A node that was replaced does not come back; two that vote by turns do, within this time.
  static constexpr std::uint64_t kReturnsMs = 600'000;
  // How long two nodes are told of after one of them was heard last beside the other.
  static constexpr std::uint64_t kToldMs = 120'000;

  explicit VotingNodes(const InstitutionId& self) : self_(self) {}

  struct Heard {
    bool answer = true;       // false: it asks for a key with which another node votes
    bool begins_two = false;  // nothing was known until now of a second node
  };
  // Notes who sent a message. `votes_here`: this node holds the key of its own institution's seat.
  Heard hear(const net::Origin& from, const consensus::Message& message, bool votes_here,
             std::uint64_t now_ms);

  struct Two {
    InstitutionId institution;
    std::uint64_t ms_ago = 0;  // that one was heard beside the other
  };
  // The institutions of whose key two nodes are at work.
  std::vector<Two> two_at_work(std::uint64_t now_ms) const;

  // A block became final here.
  void note_commit(std::uint64_t now_ms);
  // Whether an institution's node was heard all the while, and no vote of it came with the last
  // kIdleBlocks blocks that are final for long enough, while another one's came with each. False
  // where fewer became final in this epoch, or some by votes that did not come here: then nobody
  // can say. One vote that is late is none: a node does not vote for what is final already.
  bool is_idle(const InstitutionId& institution, std::uint64_t now_ms) const;
  static constexpr std::size_t kIdleBlocks = 3;
  // A vote comes with its block, or as much before or after it as networks and pauses take.
  static constexpr std::uint64_t kAroundMs = 10'000;
  static constexpr std::uint64_t kSettlesMs = 3'000;

 private:
  struct Voter {
    Epoch epoch;   // the newest that it voted in: in the next one another key may sit
    net::Pin pin;  // that voted last
    std::uint64_t voted_ms = 0;
    std::optional<net::Pin> before;  // that voted before it, until changed_ms
    std::uint64_t changed_ms = 0;
  };
  // Whether a second node is heard beside the first.
  bool is_second(const net::Origin& from, const consensus::Vote* vote, bool votes_here,
                 std::uint64_t now_ms);
  bool comes_back(const net::Origin& from, Epoch epoch, std::uint64_t now_ms);

  const InstitutionId self_;
  std::map<InstitutionId, Voter> voters_;  // one for each that ever voted: bounded by the registry
  std::map<InstitutionId, std::uint64_t> two_ms_;
  // Since when a node of an institution has been heard without a gap of kVotesNowMs.
  struct Presence {
    std::uint64_t since_ms = 0, last_ms = 0;
  };
  void note_presence(const InstitutionId& institution, std::uint64_t now_ms);
  std::map<InstitutionId, Presence> present_;
  struct Commit {
    std::uint64_t at_ms = 0;
    bool by_votes = false;  // votes of others came here with it
  };
  // Of this epoch, kSettlesMs apart: one more than are looked at, for the newest has to settle.
  std::deque<Commit> commits_;
  std::uint64_t last_vote_ms_ = 0;
  Epoch epoch_;
};

}  // namespace testamur::node
