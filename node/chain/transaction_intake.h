// Judging the transactions that peers bring: aside, in parts of some milliseconds, fair among
// institutions, members of the validator set first.
//
// Owns what waits to be judged. push() is called on the chain's strand, close() by any thread;
// judging runs aside on an immutable state, and the result comes back on the strand (runtime.h).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "node/chain/admission.h"
#include "node/chain/runtime.h"
#include "node/net/fair_queue.h"
#include "node/net/frame.h"

namespace testamur::node {

class TransactionIntake {
 public:
  struct Judged {
    TransactionList ready, not_yet;
    std::array<std::uint64_t, net::kRefusals> refused{};
    std::uint64_t extra_units = 0;  // signatures beyond the one that a transaction was charged for
  };
  struct Hooks {
    std::function<Admission()> admission;                                   // any thread
    std::function<bool(ByteView carried)> is_known;                         // any thread
    std::function<void(const net::Origin& from, const Judged&)> on_judged;  // on the strand
  };
  // So many parts are judged at once.
  TransactionIntake(Runtime& runtime, std::size_t workers, Hooks hooks);

  // Takes the transactions of a frame; returns how many of them found no room in their sender's
  // line. The lease is held until they have been judged.
  std::uint64_t push(const net::Origin& from, net::Rank rank, net::Transactions frame,
                     const net::Lease& lease);
  void close();  // nothing more is begun

 private:
  struct Job {
    net::Origin from;
    std::vector<Bytes> carried;
    net::Lease lease;
  };
  void judge_next();
  Judged judge(Job job);

  Runtime& runtime_;
  const std::size_t workers_;
  const Hooks hooks_;

  std::mutex mutex_;  // guards all below
  net::FairQueue<Job> queue_;
  std::size_t judging_ = 0;  // tasks under way
  bool closing_ = false;
};

// What a signature costs its sender, in the units of the network's shares.
inline constexpr std::uint64_t kSignatureUnits = 50;

}  // namespace testamur::node
