// Corrections that were begun and whose old award is not known to be superseded: a note beside the
// batches, issuer/corrections/<new batch>.json, written before the new batch is and removed when
// the old award is superseded. So a command that was cut off in between is finished and not done
// twice. One thread; whoever writes holds the home.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wallet/cli/context.h"
#include "wallet/cli/flow/award_targets.h"

namespace testamur::wallet {

struct OpenCorrection {
  std::string batch;      // the new one
  std::string old_batch;  // of the award whose place it takes
  std::uint64_t old_index = 0;
};

// Durable when it returns.
Attempt<void> note_correction(const Context& context, const OpenCorrection& correction);
// The old award is superseded, or the new one will never be. Absent notes are no error.
void forget_correction(const Context& context, const std::string& batch);
// These awards ended, by whatever command: nothing is left to do of their corrections, and a new
// one that ended takes nothing's place.
void forget_corrections_of(const Context& context, const std::vector<AwardRecord>& awards);

// By name of the new batch; a note without its batch is none. Fails where one cannot be read.
Attempt<std::vector<OpenCorrection>> open_corrections(const Context& context);
// The one of this award.
Attempt<std::optional<OpenCorrection>> open_correction_of(const Context& context,
                                                          const AwardRecord& award);

// "spring-correction-1 was to take the place of index 7 of spring, which is still to be superseded:
// give the same command again, or …".
std::string to_text(const OpenCorrection& correction);

}  // namespace testamur::wallet
