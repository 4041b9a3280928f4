// What colluding validators do in place of the truth, by the names that stories, profiles and the
// table of docs/consensus.md use.
//
// A strategy is up to five functions; one that is absent tells the truth. `self` is the member
// whose engine speaks or whose link a message came by; through it a strategy reaches what the whole
// adversary knows.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "consensus/values/message.h"
#include "node/net/wire.h"

namespace testamur::sim {

class ColludingNode;

// Which of its engine's votes a liar gives at all, where its strategy does not decide that. Without
// a liar's vote a quorum takes every honest one, so giving few does the most harm.
enum class Votes : std::uint8_t { kForOwnBlocks, kNone, kAll };

struct Strategy {
  std::string name;
  std::string what;  // in a few words, for the table
  // The engine says this to everybody, or to one.
  std::function<void(ColludingNode& self, const consensus::Message&)> broadcast = {};
  std::function<void(ColludingNode& self, std::size_t to, const consensus::Message&)> send = {};
  // A member hears this; false: its engine does not.
  std::function<bool(ColludingNode& self, std::size_t from, const consensus::Message&)> hear = {};
  // Any other frame that a member's node sends; false: it does not leave.
  std::function<bool(ColludingNode& self, std::size_t to, const node::net::WireFrame&)> frame = {};
  // Every 20 ms.
  std::function<void(ColludingNode& self)> tick = {};
  bool decides_votes = false;
  bool silent = false;  // says nothing at all: what the others are measured against
};

// All of them, "mix" last: another one for each turn of views, by chance.
const std::vector<Strategy>& strategies();
const Strategy* find_strategy(const std::string& name);

// The parts of strategies().
std::vector<Strategy> leading_strategies();
std::vector<Strategy> voting_strategies();
std::vector<Strategy> entering_strategies();
std::vector<Strategy> answering_strategies();

}  // namespace testamur::sim
