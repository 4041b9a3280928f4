// Everything that the consensus engine needs from the outside.
//
// Thread rule: the engine calls these from inside its own calls, on its one thread. Implementations
// must not block; they may answer (Engine::on_built, on_validated, on_synced, ...) at once, from
// inside the call, or later on the same thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "consensus/values/message.h"
#include "consensus/values/record.h"
#include "consensus/values/types.h"
#include "consensus/values/validator_set.h"

namespace testamur::consensus {

// One block to be built on `parent`.
struct BuildRequest {
  std::uint64_t id = 0;  // goes back in on_built
  Epoch epoch;
  View view;
  View parent_view;
  BlockId
      parent;  // the header's parent; the driver holds its state (finalized, or validated as valid)
  bool empty = false;   // no transactions (a voting limit is reached)
  bool filler = false;  // `parent` is a sealing block or a filler: build a filler
  unsigned halvings =
      0;  // use at most the normal block size >> halvings, but room for one transaction
};

struct BuiltBlock {
  std::shared_ptr<const Bytes> header;
  std::shared_ptr<const Bytes> body;
};

enum class Verdict : std::uint8_t {
  kValid = 1,
  kInvalid = 2,  // never valid, under its own header: the leader's fault
  kBadCopy = 3,  // the body does not hash to the header's payload digest: this copy is dropped,
                 // nothing is remembered
  kNotYet =
      4,  // valid, but a voting rule asks to wait: ask again at `retry_at_ms` of the engine's clock
  kRefused =
      5,  // valid, but over a voting limit: ask again when the last finalized block has moved
};
struct Validation {
  Verdict verdict = Verdict::kValid;
  std::uint64_t retry_at_ms = 0;
};

// Blocks that are now final, durable in the journal together with `proof`, in ascending height; the
// first one's parent is the last committed block. `proof` proves the last block; for the ones
// before, their headers are the links.
struct Commit {
  std::vector<BlockPtr> blocks;
  FinalityProof proof;
};

class Driver {
 public:
  virtual ~Driver() = default;

  // Reads a header; pure, cheap, never fails: what is not a header has well_formed = false and only
  // an id.
  virtual HeaderFacts read_header(const Bytes& header) = 0;

  // Does the body hash to the header's payload digest? Pure. Asked only of bodies that were not
  // validated.
  virtual bool body_matches(const Bytes& header, const Bytes& body) = 0;

  // Answered by Engine::on_built(request.id, block), or nothing when no block can be built.
  virtual void build(const BuildRequest& request) = 0;

  // Is this block valid on its parent, which is finalized or was validated before? Answered by
  // Engine::on_validated(block id). The engine has checked epoch, view, proposer, height, parent
  // link and the sealing and filler flags. Where the answer comes later, the block or its parent
  // may meanwhile have been committed or given up: an answer is then not needed.
  virtual void validate(const BlockPtr& block) = 0;

  // BIP-340 with this node's consensus key. Called only on a node that is a validator.
  virtual Signature sign(const Hash256& digest) = 0;
  virtual bool verify(const ConsensusKey& key, const Hash256& digest,
                      const Signature& signature) = 0;

  // Append the group to the journal and sync it. Answered by Engine::on_synced(group.sequence).
  virtual void persist(RecordGroup group) = 0;

  // Messages may be lost, repeated, delayed and reordered. `to` is an institution; unknown or
  // unconnected ones are skipped.
  virtual void send(const InstitutionId& to, const Message& message) = 0;
  // To every other validator of the current (and, when known, the next) set and to connected
  // observers.
  virtual void broadcast(const Message& message) = 0;

  // Apply these blocks. On return they are applied, or the driver has stopped the node (other roots
  // than the header's). During Engine::start blocks may be committed that the store already holds:
  // those are skipped by height.
  virtual void commit(const Commit& commit) = 0;
  // This block will never be final: its delta may go.
  virtual void abandon(const BlockId& block) = 0;
  // The validator set that a committed sealing block gives to the next epoch.
  virtual ValidatorSet next_validators(const BlockPtr& sealing) = 0;

  // `target` proves a finalized block whose ancestors the engine lacks: fetch blocks by height, in
  // the background, and hand them over by Engine::on_finalized_externally. Called again (with the
  // newest target) while the gap remains.
  virtual void catch_up(const CertificatePtr& target) = 0;

  // Views were given up: send the oldest pending transactions to all validators again. At most once
  // a third of the skip time, however many views end so.
  virtual void resend_pending() = 0;

  // The leader of the view has not proposed, though something is pending here, and perhaps here
  // alone: send it the oldest pending transactions, few of them. Once a view, after half a timeout
  // unit.
  virtual void forward_pending(const InstitutionId& leader) = 0;

  // A signature that came by this peer's own link is false, and it cost time to see that. Votes are
  // checked when a quorum needs them, so that it may be seen while another peer's message is
  // handled.
  virtual void false_signature(const InstitutionId& from) = 0;
  virtual void misbehaviour(const Evidence& evidence) = 0;
  // 32 fresh random bytes (quarantine).
  virtual Hash256 fresh_nonce() = 0;
  // The node entered quarantine, or left it (the floor, or the command's record, is durable). The
  // journal remembers it too.
  virtual void quarantine(bool active) = 0;
  // Something an operator should know (entering and leaving quarantine, new epoch, own key seen
  // elsewhere).
  virtual void notice(const std::string& text) = 0;
};

}  // namespace testamur::consensus
