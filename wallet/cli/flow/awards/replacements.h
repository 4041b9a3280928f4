// Which award may have taken the place of which. The ledger says that one is superseded, and not by
// what; where no register says it either (corrections.h), the awards that are known here leave at
// most a guess. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/ids.h"

namespace testamur::wallet {

struct PlacedAward {
  std::string of;  // whose it is: awards of different people never replace each other
  AchievementId achievement;
  std::uint64_t index = 0;  // the issuer's; a later award has a higher one
  bool superseded = false;
  // Orders the transactions that issued them; two of one transaction never replace each other. 0:
  // not known.
  std::uint64_t issue = 0;
  bool revoked = false;  // one that was taken back takes nobody's place
};

// By the position of each superseded award that of the only one which may have taken its place: a
// later award of the same achievement, in any version, to the same person. None where several are
// known: people hold an achievement twice, and are corrected twice.
std::map<std::size_t, std::size_t> replacements(const std::vector<PlacedAward>& awards);

}  // namespace testamur::wallet
