// f colluding validators: they share their keys, what each of them hears, and one strategy. Each
// runs the production engine on the truth; what leaves its machine, and what its engine is told,
// the strategy decides.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "node/net/wire.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/strategies.h"

namespace testamur::sim {

class Adversary;

class ColludingNode final : public SimNode {
 public:
  ColludingNode(NodeSettings settings, Timeline& timeline, Network& network, Checker& checker,
                Random random, Adversary& adversary);

  void broadcast(const consensus::Message& message) override;
  void send(const InstitutionId& to, const consensus::Message& message) override;
  void receive(const Packet& packet) override;
  bool frame_leaves(std::size_t to, const node::net::EncodedFrame& frame) override;

  // On this member's own links. To whom it has none nothing goes.
  void say(std::size_t to, const consensus::Message& message) { transmit(to, message); }
  void say_to_all(const consensus::Message& message);
  void say_to_honest(const consensus::Message& message);
  void say_later(std::uint64_t delay_us, std::size_t to, const consensus::Message& message);
  void say_frame(std::size_t to, const node::net::Frame& frame);
  // One final block of that height, as soon as it is there after a while.
  void answer_later(std::uint64_t delay_us, std::size_t to, Height height);
  // The truth, once, to one node: what the engine wanted said.
  void pass_on(std::size_t to, const consensus::Message& message) { transmit(to, message); }

  Adversary& adversary() { return adversary_; }
  using SimNode::random;

 private:
  bool withholds(const consensus::Message& message) const;

  Adversary& adversary_;
};

// Who sits where in one epoch, as a member's engine knows it.
struct Seats {
  Epoch epoch;
  std::vector<std::size_t> numbers;  // by validator index; a node's number
  std::size_t leader(View view) const {
    return numbers.at((epoch.value + view.value) % numbers.size());
  }
  std::optional<std::uint8_t> index_of(std::size_t number) const;
};

// A body of so many unknown transactions that it takes a while to see that they are none.
std::shared_ptr<const Bytes> junk_body(ColludingNode& self, std::size_t transactions = 64);

// The header of the same block without its transactions; nothing where its parent is not known well
// enough for that.
std::optional<ledger::Header> emptied(ColludingNode& self, const consensus::Proposal& proposal);

class Adversary {
 public:
  Adversary(Institutions& institutions, Timeline& timeline, Random random, Strategy strategy,
            std::set<std::size_t> members);

  bool is_member(std::size_t number) const { return numbers_.contains(number); }
  void join(ColludingNode& member) { members_[member.number()] = &member; }
  ColludingNode* member(std::size_t number) const;
  const Strategy& strategy() const { return strategy_; }
  Votes votes() const { return votes_; }
  void set_votes(Votes votes) { votes_ = votes; }

  // How slow the timely network is: the adversary owns it.
  void set_delta_us(std::uint64_t delta_us) { delta_us_ = delta_us; }
  std::uint64_t delta_us() const { return delta_us_; }

  // f of the honest, always the same: those who are told something else. The others are enough for
  // a quorum.
  const std::vector<std::size_t>& victims() const { return victims_; }
  bool is_victim(std::size_t number) const;
  const std::vector<std::size_t>& honest() const { return honest_; }

  const Seats& seats(const ColludingNode& through);
  // The next view above `view` that a member leads, and that member.
  std::pair<View, ColludingNode*> next_led(const ColludingNode& through, View view);
  // Signed as the leader of its view, who is a member.
  consensus::Proposal signed_proposal(const ColludingNode& leader,
                                      consensus::Proposal proposal) const;
  // With a header of its own.
  consensus::Proposal signed_proposal(const ColludingNode& leader, consensus::Proposal proposal,
                                      const ledger::Header& header) const;
  consensus::Vote vote_of(ColludingNode& member, const consensus::Statement& statement);

  // What all members know, the newest some hundred of each.
  void learn(ColludingNode& member, const consensus::Message& message);
  const consensus::Proposal* proposal(const BlockId& block) const;
  bool is_ours(const consensus::Proposal& proposal) const;
  // A certificate of this statement, if the votes heard and the members' own are enough.
  std::optional<consensus::Certificate> certificate(ColludingNode& through,
                                                    const consensus::Statement& statement);
  const std::deque<consensus::Message>& heard() const { return heard_; }
  const consensus::Message* something_old(Random& random) const;

  // Notes of strategies: withheld blocks, inventions.
  std::map<BlockId, consensus::Proposal>& inventions() { return inventions_; }
  std::set<BlockId>& withheld() { return withheld_; }
  std::set<std::tuple<int, Epoch, View>>& done() { return done_; }
  std::map<View, consensus::Certificate>& kept_certificates() { return kept_certificates_; }

  void tick();
  std::uint64_t lies() const { return lies_; }
  void count_lie() { ++lies_; }

 private:
  Institutions& institutions_;
  Timeline& timeline_;
  Random random_;
  Strategy strategy_;
  Votes votes_ = Votes::kForOwnBlocks;
  std::set<std::size_t> numbers_;
  std::map<std::size_t, ColludingNode*> members_;
  std::vector<std::size_t> honest_;
  std::vector<std::size_t> victims_;
  Seats seats_;
  std::deque<BlockId> proposal_order_;
  std::map<BlockId, consensus::Proposal> proposals_;
  std::map<consensus::Statement, std::map<std::uint8_t, Signature>> heard_votes_;
  std::deque<consensus::Message> heard_;
  std::deque<consensus::Message> old_;  // one in a while, kept for long
  std::uint64_t delta_us_ = 2'000;
  std::uint64_t learned_ = 0;
  std::map<BlockId, consensus::Proposal> inventions_;
  std::set<BlockId> withheld_;
  std::set<std::tuple<int, Epoch, View>> done_;
  std::map<View, consensus::Certificate> kept_certificates_;
  std::uint64_t lies_ = 0;
};

}  // namespace testamur::sim
