// How the node is doing, for `testamur node status`: who is missing, whose clock is off, why
// nothing moves.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "node/rpc/services/services.h"
#include "testamur/v1/ledger_service.pb.h"

namespace testamur::node {

// What the chain's strand says of itself, copied at most twenty times a second however many ask.
class StatusBoard {
 public:
  using Copy = std::shared_ptr<const ChainStatus>;

  explicit StatusBoard(Chain& chain) : chain_(chain) {}
  // Calls back once: at once with a fresh copy, or from the strand. Any thread.
  void ask(const std::function<void(const Copy&)>& callback);

 private:
  struct Shared {
    std::mutex mutex;
    Copy copy;
    std::chrono::steady_clock::time_point copied;
    std::vector<std::function<void(const Copy&)>> waiting;  // not empty: the strand has been asked
  };
  Chain& chain_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

// What stands in the way, most important first, of a status that is filled but for that. An
// observer that is in step has no obstacle in whom it does not hear.
void fill_obstacles(const ChainStatus& chain, std::uint64_t heartbeat_ms,
                    v1::GetStatusResponse& out);
// Of a node without the voting key of an institution that has a seat: empty where another node is
// heard of that votes with it, which is no obstacle but a second node's purpose.
std::string idle_seat_obstacle(const ChainStatus& chain, const InstitutionId& self);
// That two nodes are at work with one consensus key: `own`, this node's.
std::string two_voters_obstacle(const VotingNodes::Two& two, bool own, const std::string& name);
// That the clocks of most validators are behind this one; empty: they are not.
std::string own_clock_obstacle(const ChainStatus& chain);

// What a node in quarantine has of the earlier votes of its key, when resume-voting is asked for.
struct ShownVotes {
  const ChainStatus& chain;
  Height height;  // of its newest block
  // How long the other validators have been connected, whose time it takes to show them.
  std::vector<std::uint64_t> connected_ms;
  bool remembers_later = false;  // what lies beside the key (vote_note.h)
};
// Why no vote is resumed before others could show what the key voted for; empty: they could, or
// the node votes alone. Nothing is lost: without another validator no block becomes final.
std::string unshown_votes_refusal(const ShownVotes& shown);
// A node in quarantine asks about once a second: as long after a connection it has been answered
// by whoever answers.
inline constexpr std::uint64_t kShowsVotesMs = 5'000;

void fill_status(const ServiceContext& context, const ChainStatus& chain,
                 v1::GetStatusResponse& out);

}  // namespace testamur::node
