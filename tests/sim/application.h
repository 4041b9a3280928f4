// The seams of a simulated node: what it executes and where its journal lives. A simulation plugs in the opaque
// ToyLedger and the modelled disk of sim_journal.h; the real executor, store and journal fit the same places.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "consensus/driver.h"
#include "consensus/engine.h"
#include "tests/sim/random.h"

namespace testamur::sim {

using TransactionNumber = std::uint64_t;

// A finalized block as one node gives it to another.
struct StoredBlock {
  std::shared_ptr<const Bytes> header;
  std::shared_ptr<const Bytes> body;
  std::optional<consensus::FinalityProof> proof;  // of this very block
};

class Application {
 public:
  virtual ~Application() = default;

  virtual consensus::HeaderFacts read_header(const Bytes& header) const = 0;
  virtual bool body_matches(const Bytes& header, const Bytes& body) const = 0;
  // Whether blocks can be built and validated on this one: it is the last applied, or was validated and not given up.
  virtual bool has_state(const BlockId& block) const = 0;
  // `clock_ms` is this node's own wall clock, which may be wrong.
  virtual consensus::BuiltBlock build(const consensus::BuildRequest& request, const InstitutionId& proposer,
                                      std::uint64_t clock_ms) = 0;
  virtual consensus::Validation validate(const consensus::BlockPtr& block, std::uint64_t clock_ms) = 0;
  virtual void commit(const consensus::Commit& commit) = 0;
  virtual void abandon(const BlockId& block) = 0;
  virtual consensus::ValidatorSet validators_after(const Bytes& header) const = 0;

  virtual void submit(TransactionNumber transaction) = 0;
  virtual std::vector<TransactionNumber> pending() const = 0;
  virtual bool is_committed(TransactionNumber transaction) const = 0;
  virtual std::uint64_t last_block_time_ms() const = 0;

  virtual Height height() const = 0;
  virtual std::optional<StoredBlock> block_at(Height height) const = 0;
  // The last block whose effects are applied, as the engine wants it.
  virtual consensus::Tip tip() const = 0;

  // Everything applied so far survives a crash from now on; the height that does.
  virtual Height sync() = 0;
  virtual std::unique_ptr<Application> backup() const = 0;
  // The machine died: any suffix of what was applied since sync() is gone, and all that was only in memory.
  virtual void crash(Random& random) = 0;
};

}  // namespace testamur::sim
