// Places of this institution on the ledger that no batch of this home has: another home of it
// issues too, or this one has lost registers. Who holds what by them cannot be seen from here, so
// that a class may be issued twice and an award revoked beside another one. Places that nobody took
// (of a batch that was discarded) are not used on the ledger and are none of them; those of
// learners who were erased, and those that fill a small class up, are in their batch. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wallet/cli/flow/awards/award_targets.h"

namespace testamur::wallet {

// [first, first + count).
using Places = IndexRange;

// Those of `used` that lie in none of `held`, ascending; whatever the order of `held`, and where
// its members overlap. Pure.
std::vector<Places> places_beside(const std::vector<Places>& used, std::vector<Places> held);
std::uint64_t count_of(const std::vector<Places>& places);

// The places that `used`, by the node's word, has beside the batches of this home.
Attempt<std::vector<Places>> places_elsewhere(const Context& context,
                                              std::span<const age::Identity> identities,
                                              const std::vector<Places>& used);

// Those that somebody has said to know of, and from now on these too. Whoever writes holds the home
// lock.
Attempt<std::vector<Places>> known_places_elsewhere(const Context& context);
Status note_places_elsewhere(const Context& context, const std::vector<Places>& places);

// One line for whoever looks at the registers, with the number for programs; nothing where they
// cover all places. What cannot be asked is left out, for the statuses say so already.
struct Coverage {
  std::uint64_t elsewhere = 0;
  std::string text;
};
Coverage coverage_of(Context& context, std::span<const age::Identity> identities);

}  // namespace testamur::wallet
