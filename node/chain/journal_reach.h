// Whether a node's vote store is as new as the ledger beside it (decision 1200).
//
// A block is in the store only after its finality was synced in the journal, and pruning writes the
// newest finality anew, so that an honest journal names the view of the store's newest block or a
// later one, wherever a crash comes. One that does not was put back from an earlier copy, or stands
// beside a store that it did not fill: votes may be missing from it. Before the chain starts; one
// thread.
#pragma once

#include "common/result.h"
#include "ledger/genesis.h"
#include "node/chain/chain.h"

namespace testamur::node {

// Of the block that follows from the record, for which nobody votes.
Height first_height(const ledger::Genesis& genesis);

// Also where the store holds no block that anybody voted for: none, or the first of its ledger.
bool reaches_store(const JournalContents& journal, const Snapshot& store,
                   const ledger::Genesis& genesis);

// Lets a journal that does not reach the store name its newest block, durably, as if it had
// journaled it: from then on it must reach that far. Call after the quarantine flag is durable.
Status name_newest_block(Journal& journal, JournalContents& contents, const Snapshot& store);

// Whether a store holds the ledger of the record, as it goes on; an empty one may begin it.
Status check_store_ledger(const ledger::Genesis& genesis, const Snapshot& store);

}  // namespace testamur::node
