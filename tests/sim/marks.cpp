#include "tests/sim/marks.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::sim {

const std::vector<std::string>& Marks::all() {
  static const std::vector<std::string> kAll{
      // what nodes say
      "says proposal", "says vote", "says certificate", "says certificate request",
      "says block request", "says presence", "says quarantine query", "says quarantine answer",
      "says sealing finality", "nullify after its own notarize",
      "nullify after showing its own proposal", "finalize in a view that others nullified",
      "an own vote is sent again after a restart", "an empty block", "a filler",
      "a block of half size",
      // what is final, and how
      "final by its own certificate", "final by a descendant",
      "sealing block final by its own certificate", "sealing block final through a filler",
      "two validators hold different certificates of one block", "an epoch begins",
      "blocks come by catch-up", "a transaction waits for another", "one of two rivals is refused",
      // liveness
      "a view's timer fires", "the timeout unit grew", "a validator is taken for silent",
      // disks and restarts
      "power lost during a journal write", "an unsynced group survives",
      "an unsynced group is lost", "blocks are applied again from the journal",
      "the journal is pruned", "a damaged journal stops the node by name",
      "damage where nothing was written",
      // lost votes
      "quarantine entered", "quarantine ended by the others", "below its floor",
      "an own vote is shown to its key", "a restored backup", "a wiped disk",
      // faults and liars
      "a packet is lost", "a packet comes twice", "a packet is changed", "a packet is late",
      "a one-way partition", "everybody crashes", "a node is paused", "a clock jumps",
      "a clock drifts", "misbehaviour is proven", "a liar proposes twice",
      "a liar forges a certificate", "a liar sends garbage", "a liar repeats something old",
      "a twin speaks", "a set change is proposed"};
  return kAll;
}

void Marks::hit(const std::string& name) {
  TM_CHECK(std::find(all().begin(), all().end(), name) != all().end(), "no such mark:", name);
  ++counts_[name];
}

void Marks::add(const Marks& other) {
  for (const auto& [name, count] : other.counts_) counts_[name] += count;
}

std::uint64_t Marks::count(const std::string& name) const {
  const auto found = counts_.find(name);
  return found == counts_.end() ? 0 : found->second;
}

std::vector<std::string> Marks::never() const {
  std::vector<std::string> names;
  for (const auto& name : all()) {
    if (count(name) == 0) names.push_back(name);
  }
  return names;
}

}  // namespace testamur::sim
