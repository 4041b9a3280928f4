// What must be true before a node begins: shared by `testamurd run` and `testamurd check-config`.
//
// Nothing is opened for good and nothing is changed, but a file that is written and removed again
// to see that there is room. Every problem is one sentence: what cannot be done, why, and what to
// do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "ledger/genesis.h"
#include "ledger/validators.h"
#include "node/config/config.h"
#include "node/store/store.h"
#include "node/store/vote_store.h"

namespace testamur::node {

struct Preflight {
  std::vector<std::string> problems;
  std::vector<std::string> notes;  // no problem, but perhaps not what was meant
  bool disk = false;  // one of them is a disk that takes no more or damaged data: exit code 70
  bool running =
      false;  // a node runs on this directory: its ports and its store were not looked at

  bool ok() const { return problems.empty(); }
  Status status() const;  // all problems, one a line
};
// Files, keys, certificate, addresses, descriptors and disk.
Preflight preflight(const NodeConfig& config, const Clock& clock);
// That, and whether the stored ledger and the keys fit together; opens the store when no node runs
// on it.
Preflight preflight_all(const NodeConfig& config, const Clock& clock);

// Whether a node holds the data directory now.
bool is_running(const NodeConfig& config);

// Whether an address can be listened on; `key` of the configuration names it in the failure. An
// empty one listens nowhere. Without `free` its port is not tried.
Status check_listen(const std::string& key, const std::string& address, bool free);

// Whether addresses that one machine listens on have ports of their own; `keys` name them.
struct Listening {
  std::string key, address;
};
Status check_ports_apart(const std::vector<Listening>& all);

// Whether a transport key is this institution's, where the ledger knows whose it is. Peers would
// take every message of the node as that of the other.
Status check_transport_holder(const NodeConfig& config, const PublicKey& key,
                              const std::optional<InstitutionId>& holder);

// Whether the node's consensus keys are those of its institution's seat, and of no other's. A node
// that the ledger calls a validator and that cannot vote would be missed by nobody until a second
// one fails. `may_lag`: another key may sit by now than the set says.
Status check_seat(const NodeConfig& config, const ledger::CertifyingSet& set,
                  const std::vector<PublicKey>& keys, bool may_lag);

// How the votes that are here began.
struct HeldVotes {
  std::optional<QuarantineReason> quarantine;
  bool used = false;  // something was voted, or followed, beside them
};
// Whether the key that sits may have been replaced since the newest block that is stored: after a
// loss of data the node follows first, and votes once the set in force has its key.
// `newest_ms`: of that block; nothing: the store has no block but the first one of its ledger.
bool seat_may_lag(const HeldVotes& votes, const std::optional<std::uint64_t>& newest_ms,
                  std::uint64_t now_ms);
// check_seat() where there is no store yet: only the genesis can be asked. Changes nothing.
Status check_seat_of_genesis(const NodeConfig& config, const ledger::Genesis& genesis);

}  // namespace testamur::node
