// A ledger of n validators with candidates beside them, whose blocks have real headers that its
// validators can finalize.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/governance.h"
#include "ledger/proofs/light.h"
#include "ledger/protocol.h"
#include "ledger/tx/build.h"
#include "ledger/tx/records/governance.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/validators.h"
#include "tests/ledger/tx_fixture.h"

namespace testamur::test {

inline constexpr std::uint64_t kMinuteMs = 60'000;
inline constexpr std::uint64_t kHourMs = 60 * kMinuteMs;
inline constexpr std::uint64_t kDayMs = 24 * kHourMs;

class GovernedLedger {
 public:
  struct Block {
    ledger::Header header;
    ledger::CertifyingSet set;  // that certifies it
    std::vector<SharedTransaction> transactions;
  };

  // n validators "v0" … and as many of class validator without a seat, "c0" …, each with a
  // consensus key; an issuer, an accreditor, and a listed institution.
  explicit GovernedLedger(std::size_t validators, std::size_t candidates = 1,
                          const ledger::Parameters& parameters = {});

  std::vector<Actor> validators, candidates;
  Actor issuer, agency, listed;

  const ledger::MemoryState& state() const { return state_; }
  const ChainId& chain() const { return genesis_.chain; }
  const ledger::Genesis& genesis() const { return genesis_; }
  const ledger::Header& head() const { return blocks_.back().header; }
  const std::vector<Block>& blocks() const { return blocks_; }
  std::uint64_t time_ms() const { return head().time_ms + ahead_ms_; }
  // The next block is so much later.
  void pass_ms(std::uint64_t ms) { ahead_ms_ += ms; }

  tx::Envelope envelope(const InstitutionId& author);
  template <class Content>
  SharedTransaction make(const Actor& author, const Content& content,
                         KeyPurpose purpose = KeyPurpose::kGovern) {
    return sign(tx::build(envelope(author.id), content), purpose, author.key(purpose));
  }
  SharedTransaction sign(const tx::Built& built, KeyPurpose purpose, const SecretKey& key);

  // One block a second after the last, with what is valid of these; the first refusal, if any. A
  // refused transaction leaves no block.
  std::optional<Rejection> commit(const std::vector<SharedTransaction>& transactions);
  std::optional<Rejection> commit(const SharedTransaction& transaction) {
    return commit(std::vector{transaction});
  }
  // An empty block. Returns its header.
  const ledger::Header& block();

  // Whose voting lasts a day, in effect once passed.
  tx::ProposalContent proposal(tx::ProposedAction action, std::uint64_t effective_ms = 0) const;
  TransactionId propose(const Actor& author, const tx::ProposalContent& content);
  TransactionId propose(tx::ProposedAction action, std::uint64_t effective_ms = 0) {
    return propose(validators[0], proposal(std::move(action), effective_ms));
  }
  std::optional<RejectionCode> vote(const Actor& voter, const TransactionId& id,
                                    bool approve = true);
  // By as many of the current validators, in their order, as it takes.
  void approve(const TransactionId& id);
  // Proposed, approved, and one empty block later.
  TransactionId decide(tx::ProposedAction action);
  tx::ProposalStatus status(const TransactionId& id) const { return proposal_state(id).status(); }
  // Of a void proposal.
  RejectionCode reason(const TransactionId& id) const;
  tx::ProposalState proposal_state(const TransactionId& id) const;

  // Of the actor's consensus key, with the head as checkpoint.
  tx::ReadyContent ready_of(const Actor& actor, std::uint16_t protocol_version = 1) const;
  TransactionId declare_ready(const Actor& actor, std::uint16_t protocol_version = 1);
  // The seats of now, and one more, or one less.
  tx::SetChangeContent seats() const;
  tx::SetChangeContent with(const Actor& actor, const TransactionId& ready) const;
  tx::SetChangeContent without(const Actor& actor) const;
  // Gives the actor a consensus key of that name.
  void add_consensus_key(Actor& actor, const std::string& name);

  bool sits(const Actor& actor) const { return ledger::seat_of(state_, actor.id).has_value(); }
  std::size_t set_size() const { return ledger::read_validators(state_).size(); }
  tx::InstitutionRecord institution(const Actor& actor) const {
    return *tx::read_institution(state_, actor.id);
  }

  // A quorum's finality of a block, by its own certificate.
  ledger::FinalityProof finalize(const Block& block) const;

 private:
  Actor make_actor(const std::string& name, const InstitutionId& id) const;
  void append(const ledger::BlockContext& context, const ledger::BlockEffects& effects,
              const std::vector<SharedTransaction>& transactions);

  ledger::Genesis genesis_;
  ledger::MemoryState state_;
  ledger::PlainVerifier verifier_;
  std::vector<Block> blocks_;
  std::map<Bytes, std::shared_ptr<const SecretKey>> consensus_keys_;  // by public key
  std::uint64_t ahead_ms_ = 0;
  std::uint64_t nonces_ = 0;
};

}  // namespace testamur::test
