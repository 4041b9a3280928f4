// The statement `ready`: this node follows the ledger and is about to vote with a new consensus
// key. Any thread.
#pragma once

#include <vector>

#include "common/clock.h"
#include "ledger/tx/transaction.h"
#include "node/chain/block_processor.h"

namespace testamur::node {

struct ReadyStatement {
  KeyId key;
  ledger::tx::SharedTransaction transaction;
  std::uint16_t protocol_version = 0;
  Height checkpoint;
  std::uint64_t lifetime_ms = 0;
  bool seated =
      false;  // the key sits in the set already: the statement only declares the protocol version
};

// With the key among `keys` that is registered for `self` and sits in no set yet; where there is
// none, with the one that sits in the set, unless another one waits that the ledger does not know.
// Fails with what to do first.
Result<ReadyStatement> make_ready(const Head& head, const ChainId& chain, const InstitutionId& self,
                                  const std::vector<SecretKey>& keys, const std::string& software,
                                  const Clock& clock);

}  // namespace testamur::node
