// A small ledger of four validators and an observer, and what somebody who may connect to its nodes
// says to them: a validator that lies, an institution without a seat, and a stranger whose key an
// operator has pinned. Nodes, chains and their clocks are those of tests/sim; what peers say comes
// in through the node's own frames, fair queue and conduct (node/net), as after a handshake.
//
// The input decides every step (steps.h). One thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "node/net/peer_table.h"
#include "tests/fuzz/steps.h"
#include "tests/sim/simulation.h"

namespace testamur::fuzz {

class PeerSteps {
 public:
  explicit PeerSteps(ByteView input);

  // All steps of the input, then calm; throws LawBroken.
  void run();

 private:
  static constexpr std::size_t kHonest = 3;  // nodes 0 to 2
  static constexpr std::size_t kLiar = 3;
  static constexpr std::size_t kObserver = 4;

  struct Speaker {
    node::net::Origin origin;
    bool is_stranger = false;
  };
  // A node's side of what its peers send.
  struct Side {
    std::shared_ptr<node::net::PeerTable> table;
    // Of each speaker: what was given to the node and is not released yet, with its bytes.
    std::vector<std::vector<std::pair<std::weak_ptr<const void>, std::size_t>>> leases;
  };

  static sim::SimulationConfig config();
  void start();
  void open_side(std::size_t number);
  void greet(std::size_t number, const Speaker& speaker);
  void step();
  void advance();
  void submit();
  void crash();
  void change_hello();
  void toggle_liar();

  void speak();
  void give(std::size_t to, std::size_t speaker, const node::net::Frame& frame, bool damaged);
  node::net::Frame next_frame();
  node::net::Transactions some_transactions();
  Bytes one_transaction();
  node::net::BlockRequest some_request();
  node::net::BlockResponse some_response();
  consensus::Message some_message();
  consensus::Message heard_message();
  consensus::Message made_message();
  consensus::Proposal changed(consensus::Proposal proposal);
  ledger::Header changed(ledger::Header header);
  consensus::Statement changed(consensus::Statement statement);
  consensus::Certificate changed(consensus::Certificate certificate);
  consensus::SealingFinality made_sealing();
  consensus::QuarantineAnswer made_answer();

  void check();
  void check_node(std::size_t number);
  void check_calm();
  std::size_t unreleased(Side& side, std::size_t speaker) const;

  Steps steps_;
  boost::asio::io_context io_;  // nothing runs on it: no sockets
  sim::Simulation simulation_;
  std::vector<Speaker> speakers_;
  std::vector<Side> sides_;
  std::deque<consensus::Message> heard_;
  std::vector<Bytes> known_transactions_;
  std::vector<std::pair<std::size_t, sim::TransactionNumber>> submitted_;  // of honest nodes
  sim::TransactionNumber next_submitted_;
  bool liar_is_mute_ = false;
};

}  // namespace testamur::fuzz
