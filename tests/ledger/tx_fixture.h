// A small ledger with known keys: two validators, an issuer, an accreditor and a listed
// institution. Tests build real transactions with it, and commit them in blocks of their own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/check.h"
#include "ledger/execute.h"
#include "ledger/genesis.h"
#include "ledger/state.h"
#include "ledger/tx/build.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/publications.h"
#include "ledger/tx/records/statements.h"
#include "ledger/tx/state_writer.h"
#include "tests/ledger/core_support.h"

namespace testamur::test {

namespace tx = ledger::tx;
using tx::Rejection;
using tx::RejectionCode;
using tx::SharedTransaction;

// The BIP-340 key whose secret is the SHA-256 of its name; `algorithm` for the others.
SecretKey key_named(const std::string& name,
                    SignatureAlgorithm algorithm = SignatureAlgorithm::kBip340);

struct Actor {
  std::string name;
  InstitutionId id;
  std::shared_ptr<const SecretKey> root, issue, govern, consensus;

  const SecretKey& key(KeyPurpose purpose) const;
  KeyId key_of(KeyPurpose purpose) const { return key_id(purpose, key(purpose).public_key()); }
};

inline constexpr std::uint64_t kGenesisTimeMs = 1'800'000'000'000;

ledger::GenesisParty party_named(const std::string& name, tx::InstitutionClass institution_class,
                                 const std::string& domain);
// Proves the possession of every key of the party, whose keys are the named ones.
void prove_keys(ledger::GenesisParty& party, const std::string& name);
// The unsorted input, as an operator would write it.
ledger::GenesisInput sample_genesis_input();
// Sorted, checked and signed by the founders.
ledger::Genesis sample_genesis(ledger::GenesisInput input = sample_genesis_input());

// A complete achievement with the elements that the law asks for.
tx::AchievementContent sample_achievement(std::uint32_t number = 1, std::uint16_t version = 1);
// An issuer with root, issue and govern keys of that name, for a validator to register.
tx::InstitutionRegisterContent registration_of(const std::string& name, const std::string& domain);
tx::StatementContent trust_in(const InstitutionId& subject, std::uint16_t slot = 0);
tx::StatementContent distrust_of(const InstitutionId& subject, std::uint16_t slot = 0);
tx::StatementContent end_of(const InstitutionId& subject, std::uint16_t slot = 0);
tx::StatementContent end_of(const InstitutionId& subject, std::vector<TransactionId> names);
tx::StatementContent void_of(const InstitutionId& subject, std::vector<TransactionId> names);
tx::StatementContent accredit(const InstitutionId& subject, std::uint16_t slot = 0);

// The code of a refusal; nothing when there was none.
std::optional<RejectionCode> code(const std::optional<Rejection>& rejection);

class TestLedger {
 public:
  explicit TestLedger(ledger::GenesisInput input = sample_genesis_input());

  const ChainId& chain() const { return genesis_.chain; }
  const ledger::Genesis& genesis() const { return genesis_; }
  ledger::MemoryState& state() { return state_; }
  ledger::BlockContext next_block() const;
  ledger::SignatureVerifier& verifier() { return verifier_; }

  // A fresh nonce each time, valid for ten minutes.
  tx::Envelope envelope(const InstitutionId& author);
  // Built and signed by the author's key of that purpose. The contents must have a valid form.
  template <class Content>
  SharedTransaction make(const Actor& author, const Content& content, KeyPurpose purpose) {
    return sign(tx::build(envelope(author.id), content), author, purpose);
  }
  SharedTransaction sign(tx::Built built, const Actor& signer, KeyPurpose purpose);
  // Signed by the sponsor, with the possession proofs of the keys of that name.
  SharedTransaction registration(const Actor& sponsor, const std::string& name,
                                 const tx::InstitutionRegisterContent& content);
  // Commits it; the new institution with its keys.
  Actor join(const Actor& sponsor, const std::string& name, const std::string& domain);
  SharedTransaction issue(const Actor& issuer, std::uint64_t first_index, std::size_t count,
                          const AchievementId& achievement);

  // One block with this transaction. On a refusal nothing changes, and the state is compared to
  // prove it.
  std::optional<Rejection> commit(const SharedTransaction& transaction);
  // A block with all of them, which must be valid.
  ledger::Roots commit_all(const std::vector<SharedTransaction>& transactions);
  template <class Content>
  std::optional<Rejection> commit(const Actor& author, const Content& content, KeyPurpose purpose) {
    return commit(make(author, content, purpose));
  }
  // Publishes achievement 1.1 of the actor.
  AchievementId publish(const Actor& actor, std::uint32_t number = 1);

  // A block without a transaction that does what the effect of a vote would.
  void take_effect(const std::function<void(tx::StateWriter&)>& effect);
  void set_standing(const InstitutionId& institution, tx::Standing standing);
  void put_succession(const tx::SuccessionContent& content);
  void change_institution(const InstitutionId& institution,
                          const std::function<void(tx::InstitutionRecord&)>& change);

  void pass_ms(std::uint64_t ms) { time_ms_ += ms; }
  std::uint64_t time_ms() const { return time_ms_; }
  Height height() const { return height_; }

  Actor aurora, borealis;  // validators
  Actor cygnus;            // issuer
  Actor agency;            // accreditor
  Actor draco;             // listed, without keys

 private:
  ledger::Genesis genesis_;
  ledger::MemoryState state_;
  ledger::PlainVerifier verifier_;
  Height height_;
  std::uint64_t time_ms_;
  std::uint64_t nonces_ = 0;
};

}  // namespace testamur::test
