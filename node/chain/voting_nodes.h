// Which node of each institution sends the votes of its consensus key, by the transport key that it
// shows. A consensus key belongs to one node: where another one votes with it beside the first, or
// asks what it may have voted for, the key was copied, and two nodes with one key sign twice.
//
// The second one's question is not answered while the first one votes, so that a copy does not
// leave quarantine beside its original. And whose node is there without voting: a seat whose key is
// lost looks alive to whoever only asks for connections. Belongs to the chain's strand.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "consensus/message.h"
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
  // Whether nothing was heard of an institution's vote around the newest block that is final for
  // long enough, while another one's was heard. False where no block became final, or none by votes
  // that came here: then nobody can say.
  bool is_idle(const InstitutionId& institution, std::uint64_t now_ms) const;
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
  // Of commits: one that all votes have had time to follow, and one that waits to be it. They come
  // by the hundred a second, and are told apart only as far as that.
  std::optional<std::uint64_t> settled_ms_, candidate_ms_;
};

}  // namespace testamur::node
