// A ledger of numbers: each may be committed once. State = a running hash; validity = the header's root and no number
// twice. Numbers with the top bit set replace the validator set by the members in their low 31 bits and seal the epoch.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "tests/sim/application.h"

namespace testamur::sim {

// Everybody who may ever be a validator; bit i of a member mask is members[i].
struct Membership {
  std::vector<consensus::Validator> members;
  consensus::ValidatorSet set_of(std::uint32_t mask) const;
};
inline constexpr TransactionNumber kSetChange = TransactionNumber{1} << 63;

struct ToyHeader {
  Epoch epoch;
  View view;
  Height height;
  BlockId parent;
  InstitutionId proposer;
  bool filler = false;
  std::uint64_t time_ms = 0;
  Hash256 payload;
  Hash256 root;
  std::uint32_t next_members = 0;  // not 0 = sealing (or a filler above)
};
Bytes encode(const ToyHeader& header);
std::optional<ToyHeader> decode_toy_header(ByteView bytes);

class ToyLedger final : public Application {
 public:
  ToyLedger(Membership membership, std::uint32_t genesis_members);

  consensus::HeaderFacts read_header(const Bytes& header) const override;
  bool body_matches(const Bytes& header, const Bytes& body) const override;
  bool has_state(const BlockId& block) const override { return header_of(block) != nullptr; }
  consensus::BuiltBlock build(const consensus::BuildRequest& request, const InstitutionId& proposer,
                              std::uint64_t clock_ms) override;
  consensus::Validation validate(const consensus::BlockPtr& block, std::uint64_t clock_ms) override;
  void commit(const consensus::Commit& commit) override;
  void abandon(const BlockId& block) override { branches_.erase(block); }
  consensus::ValidatorSet validators_after(const Bytes& header) const override;
  void submit(TransactionNumber transaction) override;
  std::vector<TransactionNumber> pending() const override { return {pool_.begin(), pool_.end()}; }
  bool is_committed(TransactionNumber transaction) const override { return committed_.contains(transaction); }
  std::uint64_t last_block_time_ms() const override { return chain_.back().header.time_ms; }
  Height height() const override { return chain_.back().header.height; }
  std::optional<StoredBlock> block_at(Height height) const override;
  consensus::Tip tip() const override;
  std::unique_ptr<Application> backup() const override { return std::make_unique<ToyLedger>(*this); }
  Height sync() override;
  void crash(Random& random) override;

 private:
  struct Branch {
    ToyHeader header;
    std::vector<TransactionNumber> transactions;
  };
  struct Applied {
    BlockId id;
    ToyHeader header;
    std::vector<TransactionNumber> transactions;
    StoredBlock stored;
  };
  const ToyHeader* header_of(const BlockId& id) const;
  bool is_used(TransactionNumber transaction, BlockId above) const;
  void apply(const consensus::BlockPtr& block);

  Membership membership_;
  std::uint32_t genesis_members_;
  std::vector<Applied> chain_;  // by height; [0] = genesis
  std::size_t synced_ = 1;      // that many survive a crash
  std::map<BlockId, Branch> branches_;
  std::set<TransactionNumber> committed_;
  std::set<TransactionNumber> pool_;
};

}  // namespace testamur::sim
