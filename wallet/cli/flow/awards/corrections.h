// Corrections by their notes: issuer/corrections/<new batch>.json beside the batches, written
// before the new batch is. A note is open until the old award is known to be superseded, so that a
// command which was cut off in between is finished and not done twice; then it stays, for the
// ledger says that an award is superseded and not by what. One thread; whoever writes holds the
// home.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wallet/cli/context.h"
#include "wallet/cli/flow/awards/award_targets.h"

namespace testamur::wallet {

struct Correction {
  std::string batch;      // the new one
  std::string old_batch;  // of the award whose place it takes
  std::uint64_t old_index = 0;
  bool done = false;  // the old one is superseded
};

// Durable when it returns.
Attempt<void> note_correction(const Context& context, const Correction& correction);
// The new award will never be. An absent note is no error.
void forget_correction(const Context& context, const std::string& batch);
// These awards ended, by whatever command: what was to take a superseded one's place has taken it,
// and a new one that ended takes nothing's place.
void settle_corrections_of(const Context& context, const std::vector<AwardRecord>& awards,
                           bool are_superseded);

// Open or not, by name of the new batch; a note without its batch is none. Fails where one cannot
// be read.
Attempt<std::vector<Correction>> corrections(const Context& context);
// Those that are open.
Attempt<std::vector<Correction>> open_corrections(const Context& context);
// Whether the award is the one whose place a correction takes.
bool is_its(const Correction& correction, const AwardRecord& award);
// The open one of this award.
Attempt<std::optional<Correction>> open_correction_of(const Context& context,
                                                      const AwardRecord& award);

// "spring-correction-1 was to take the place of index 7 of spring, which is still to be superseded:
// give the same command again, or …".
std::string to_text(const Correction& correction);

}  // namespace testamur::wallet
