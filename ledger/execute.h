// Executing a block: transactions, one after the other, over the state of its parent.
//
// BlockExecutor is the same for a proposer (which leaves out what is rejected) and a validator (for
// which any rejection makes the block invalid). It never asks a clock: times come from the header.
// One thread at a time; the parent state must outlive the executor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "ledger/header.h"
#include "ledger/parameters.h"
#include "ledger/state.h"
#include "ledger/tx/rejection.h"
#include "ledger/tx/transaction.h"

namespace testamur::ledger {

// One BIP-340 verification. The node answers from its cache; a plain implementation is
// PlainVerifier.
class SignatureVerifier {
 public:
  virtual ~SignatureVerifier() = default;
  virtual bool verify(ByteView public_key32, ByteView message32, const Signature& signature) = 0;
};
class PlainVerifier final : public SignatureVerifier {
 public:
  bool verify(ByteView public_key32, ByteView message32, const Signature& signature) override;
};

struct BlockContext {
  ChainId chain;
  Height height;              // of the block
  std::uint64_t time_ms = 0;  // its header time
  std::uint16_t protocol_version =
      1;  // must be protocol_version_at(parent state, height), and known to this build
  BlockId
      parent{};  // id of the parent's header; zero (in tests only): nobody can refer to that block
};
// The context of the block above `parent`, whose state is `state`; `time_ms` is not before the
// parent's.
BlockContext context_above(const StateReader& state, const Header& parent, std::uint64_t time_ms);

// What remains to be put in a header, and the writes.
struct BlockEffects {
  std::shared_ptr<const Delta> delta;
  Roots roots;
  Hash256 parameters;          // digest after the block
  Hash256 next_validator_set;  // of read_validators(after); zero unless the block changed the set
                               // and so seals
};

class BlockExecutor {
 public:
  // Begins a block and puts into effect what votes decided and is due. Aborts where the context
  // names another protocol version than the state, or one that this build does not know.
  BlockExecutor(const StateReader& parent, const BlockContext& context,
                SignatureVerifier& verifier);
  ~BlockExecutor();
  BlockExecutor(const BlockExecutor&) = delete;
  BlockExecutor& operator=(const BlockExecutor&) = delete;

  // Executes one more transaction; nothing when it is part of the block now. On a rejection the
  // state is as before. kBlockFull: it did not fit any more; nothing is wrong with it.
  std::optional<tx::Rejection> add(const tx::SharedTransaction& transaction);

  // Whether add() would take it, apart from the room that is left. Nothing changes.
  std::optional<tx::Rejection> check(const tx::SharedTransaction& transaction);

  std::size_t count() const;
  std::size_t size_bytes() const;  // of the carried bytes of what was added
  std::uint64_t weight() const;
  const Parameters& parameters() const;

  // Ends the block and returns what its header has to say. Called once; nothing may be called
  // after.
  BlockEffects finish();

 private:
  struct Block;
  std::unique_ptr<Block> block_;
};

// Where and why a block is invalid.
struct BlockRejection {
  std::size_t position = 0;
  tx::Rejection rejection;
};
// A whole block, as a validator executes it: its effects, or the first transaction that is
// rejected.
std::variant<BlockEffects, BlockRejection> execute(
    const StateReader& parent, const BlockContext& context,
    std::span<const tx::SharedTransaction> transactions, SignatureVerifier& verifier);

// Whether `transaction` could be committed alone in a block of this context (the mempool's
// question).
std::optional<tx::Rejection> check(const StateReader& parent, const BlockContext& context,
                                   const tx::SharedTransaction& transaction,
                                   SignatureVerifier& verifier);

// The verifications that a transaction needs in this state, so that they can be made ahead of time
// on other threads. A signature by a key that the state does not know is left out.
struct SignatureCheck {
  std::array<std::uint8_t, 32> public_key;
  Hash256 message;
  Signature signature;
};
std::vector<SignatureCheck> signature_checks(const StateReader& state,
                                             const tx::Transaction& transaction);

}  // namespace testamur::ledger
