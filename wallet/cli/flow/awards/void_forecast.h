// What becomes void when a key is retired as compromised: found in the log before anybody is asked.
// One thread, as the client.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/pages.h"
#include "wallet/client/client.h"

namespace testamur::wallet {

struct VoidForecast {
  std::uint64_t issuances = 0;
  std::uint64_t unread =
      0;  // of these, the node does not hold the transaction: how many credentials is not known
  std::uint64_t credentials = 0;
  std::uint64_t statements = 0;             // recognitions and accreditations
  std::uint64_t status_changes = 0;         // these stand
  std::uint64_t others = 0;                 // achievements, votes, …: these stand
  std::uint64_t first_ms = 0, last_ms = 0;  // of what becomes void
  std::string by_word_of;  // whose log it is; the word of that node and no proof (decision 1140)
  std::vector<ledger::IndexRun> runs;  // index ranges of the issuances, in the order of the log
};

// Reads the log from `since_ms` on, as the node shows it: nothing of this is proven. Fails where
// the node does not show an entry that its own log has.
Called<VoidForecast> forecast_void(Client& client, const ChainId& chain, const KeyId& key,
                                   std::uint64_t since_ms);
// Sentences, of which the last says on whose word they rest.
std::string to_text(const VoidForecast& forecast);
Json to_json(const VoidForecast& forecast);

}  // namespace testamur::wallet
