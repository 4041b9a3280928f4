// The institutions of a simulated ledger: seeded keys, the genesis, and real signed transactions by
// number. The same numbers give the same bytes in every run and process (signatures without
// auxiliary randomness).
//
// Made once a process for each size and shared by all runs; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/keys.h"
#include "ledger/genesis.h"
#include "ledger/tx/build.h"
#include "ledger/tx/transaction.h"

namespace testamur::sim {

// A number stands for one transaction. Below 2^56 it issues a few credentials or updates an
// institution, valid whatever else was committed once the issuer's achievement is published; flags
// make others out of it.
using TransactionNumber = std::uint64_t;
inline constexpr TransactionNumber kPublish = TransactionNumber{1}
                                              << 63;  // | institution: publishes its achievement
inline constexpr TransactionNumber kRival = TransactionNumber{1}
                                            << 62;  // | n: another batch for the indexes of n
inline constexpr TransactionNumber kRevoke = TransactionNumber{1}
                                             << 61;  // | n: revokes what n issued
inline constexpr TransactionNumber kLarge = TransactionNumber{1}
                                            << 60;  // | n: issues 512 credentials (16 KiB)

inline constexpr TransactionNumber kOther = TransactionNumber{1} << 57;

inline constexpr std::uint64_t kGenesisTimeMs = 1'800'000'000'000;

Signature sign_fixed(const SecretKey& key, const Hash256& message);

struct Institution {
  InstitutionId id;
  SecretKey root, issue, govern, consensus, transport;
};

class Institutions {
 public:
  // The first `validators` of `total` certify from genesis on; in the order of their ids, so that a
  // node's number is its validator index. The others are of validator class and observe.
  static Institutions& of(std::size_t validators, std::size_t total);
  Institutions(std::size_t validators, std::size_t total);

  std::size_t size() const { return all_.size(); }
  std::size_t validators() const { return validators_; }
  const Institution& at(std::size_t number) const { return all_.at(number); }
  const ledger::Genesis& genesis() const { return *genesis_; }

  std::size_t author(TransactionNumber number) const;
  // Signed, to be valid from `now_ms` (a wall clock) on for at least half an hour.
  const ledger::tx::SharedTransaction& transaction(TransactionNumber number, std::uint64_t now_ms);
  // Which number it was made for.
  std::optional<TransactionNumber> number_of(const TransactionId& id) const;
  // Any other transaction of an institution, signed with its key of that purpose. `nonce`: its own
  // in the run.
  template <class Content>
  ledger::tx::SharedTransaction make(std::size_t author, const Content& content, KeyPurpose purpose,
                                     TransactionNumber nonce, std::uint64_t now_ms) const {
    return finish(build(envelope(author, kOther | nonce, now_ms), content), key(author, purpose),
                  purpose);
  }

 private:
  ledger::tx::Envelope envelope(std::size_t author, TransactionNumber number,
                                std::uint64_t now_ms) const;
  const SecretKey& key(std::size_t number, KeyPurpose purpose) const;
  ledger::tx::SharedTransaction finish(const ledger::tx::Built& built, const SecretKey& key,
                                       KeyPurpose purpose) const;
  ledger::tx::SharedTransaction make_numbered(TransactionNumber number, std::uint64_t now_ms) const;

  std::size_t validators_;
  std::vector<Institution> all_;
  std::unique_ptr<ledger::Genesis> genesis_;
  std::map<std::pair<TransactionNumber, std::uint64_t>, ledger::tx::SharedTransaction> made_;
  std::unordered_map<TransactionId, TransactionNumber> numbers_;
};

}  // namespace testamur::sim
