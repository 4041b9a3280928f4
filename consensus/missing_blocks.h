// Blocks that are needed and not there: of whom to ask for each, and when.
//
// An entry is known by its block id alone: nobody's idea of its view changes when it is asked for
// or of whom. Those who claim to hold a block (voters, signers of its certificate) are asked first,
// the ones that failed least before the others, one at first and then two at a time; who sent a
// false copy of a block is not asked for it again. Private to consensus/. One thread.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "common/ids.h"
#include "consensus/limits.h"

namespace testamur::consensus {

using ValidatorBits = std::uint32_t;  // bit i = validator i

struct MissingBlock {
  View view;  // where it is said to stand: a hint for the answerer, no more
  bool certain =
      false;  // a certificate or an own vote names it or a descendant: nobody can have invented it
  ValidatorBits holders = 0;
  ValidatorBits liars = 0;  // sent a false copy of it
  ValidatorBits asked = 0;  // in this round of asking
  ValidatorBits just_asked = 0;
  unsigned times_asked = 0;
  std::uint64_t ask_at_ms = 0;
  bool needed = false;  // since the last begin_round
};

class MissingBlocks {
 public:
  // Needs are stated anew after every event: begin, need() for each, end forgets what is no longer
  // needed.
  void begin_round();
  // `at_once`: its own sender cannot still be on the way.
  void need(const BlockId& block, View view, bool certain, ValidatorBits holders,
            std::uint64_t ask_at_ms);
  void end_round();

  // A false copy came from `liar`: the next one is asked for elsewhere at once.
  void false_copy(const BlockId& block, View view, ValidatorBits liar, std::uint64_t now_ms);
  // It is there. Returns whom it was last asked of.
  void arrived(const BlockId& block) { blocks_.erase(block); }
  void clear() { blocks_.clear(); }

  const MissingBlock* find(const BlockId& block) const;
  // For every block that is due, the least asked first: whom to ask now. `askable`: validators that
  // are up and not this node. `failures`: by validator, how often it was asked lately and did not
  // deliver; counted on. `ask` returns false where nothing more may be asked of a validator now.
  void ask_due(std::uint64_t now_ms, std::uint64_t patience_ms, ValidatorBits askable,
               std::vector<unsigned>& failures,
               const std::function<bool(const BlockId&, View, std::size_t validator)>& ask);
  std::uint64_t wake_at_ms(std::uint64_t otherwise) const;
  std::size_t size() const { return blocks_.size(); }

 private:
  // Of whom a block is asked next; nothing: of nobody now.
  static std::optional<std::size_t> next_to_ask(MissingBlock& missing, ValidatorBits askable,
                                                ValidatorBits refused,
                                                const std::vector<unsigned>& failures);

  std::map<BlockId, MissingBlock> blocks_;
};

}  // namespace testamur::consensus
