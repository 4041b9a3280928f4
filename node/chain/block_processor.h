// Where blocks are built, checked and executed.
//
// Belongs to the chain's strand, except prepare_body(), which any thread may call. Holds the
// executed unfinalized blocks (UnfinalizedBlocks) over the last finalized state; finality is
// decided elsewhere and comes in by set_base().
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/clock.h"
#include "consensus/driver.h"
#include "ledger/execute.h"
#include "node/chain/counters.h"
#include "node/chain/mempool.h"
#include "node/chain/unfinalized_blocks.h"
#include "node/store/store.h"

namespace testamur::node {

// The state after the last finalized block, for readers on any thread.
struct Head {
  std::shared_ptr<const Snapshot> state;
  ledger::Header header;
  BlockId block;
};
using HeadPtr = std::shared_ptr<const Head>;

// The transactions of a body, decoded, and their signatures verified into the cache.
struct PreparedBody {
  bool matches = false;   // the body hashes to the header's payload digest
  std::string malformed;  // why a transaction has no valid form; empty when all have one
  TransactionList transactions;
};

class BlockProcessor {
 public:
  struct Options {
    ChainId chain;
    InstitutionId self;
    std::size_t block_bytes = 2u << 20;
  };
  BlockProcessor(const Options& options, const Clock& clock, Mempool& mempool,
                 ledger::SignatureVerifier& verifier, Counters& counters)
      : options_(options),
        clock_(clock),
        mempool_(mempool),
        verifier_(verifier),
        counters_(counters) {}

  // The last finalized block moved to `head`; blocks at or below its height are dropped.
  void set_base(HeadPtr head);
  const Head& base() const { return *base_; }

  // Chooses transactions and executes them. Nothing when the parent's state is not here.
  std::optional<consensus::BuiltBlock> build(const consensus::BuildRequest& request);

  // Any thread; `state` serves to find the keys of signatures.
  PreparedBody prepare_body(const ledger::StateReader& state, const Hash256& payload_digest,
                            ByteView body) const;
  // How many transactions of the body are not in the mempool, so that their signatures must be
  // verified first.
  std::size_t count_unknown(ByteView body) const;

  // `now_engine_ms`: the engine's clock, in which a retry is told.
  consensus::Validation validate(const consensus::Block& block, const PreparedBody& body,
                                 std::uint64_t now_engine_ms);
  // Executes a block that is final; fails when it is not valid: then this node and the quorum
  // disagree.
  Status execute_final(const consensus::Block& block);

  const ExecutedBlock* executed(const BlockId& block) const { return unfinalized_.find(block); }
  void forget(const BlockId& block) { unfinalized_.remove(block); }
  // Whether the children of the last finalized block are of a protocol version that this build does
  // not know.
  bool beyond_known_protocol() const;
  // Why the last validate() said invalid.
  const std::string& last_refusal() const { return last_refusal_; }

 private:
  struct Parent {
    ledger::Header header;
    std::vector<const ExecutedBlock*> path;
  };
  std::optional<Parent> parent_of(const BlockId& block) const;
  TransactionList choose(const Parent& parent, ledger::BlockExecutor& executor,
                         std::size_t limit_bytes);
  ledger::Header child_header(const Parent& parent, const ledger::BlockContext& context,
                              const ledger::BlockEffects& effects) const;
  ledger::Header filler_header(const Parent& parent) const;
  consensus::BuiltBlock keep(ExecutedBlock executed);
  consensus::Validation execute_and_compare(const ledger::Header& header, const BlockId& id,
                                            const Parent& parent, const PreparedBody& body);
  consensus::Validation invalid(std::string why);

  Options options_;
  const Clock& clock_;
  Mempool& mempool_;
  ledger::SignatureVerifier& verifier_;
  Counters& counters_;
  HeadPtr base_;
  UnfinalizedBlocks unfinalized_;
  std::string last_refusal_;
};

// Reads what consensus needs to know of a header.
consensus::HeaderFacts header_facts(const Bytes& header);

}  // namespace testamur::node
