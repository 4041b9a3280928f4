// Which ledgers a home trusts, and how it follows them: each by its genesis record, the changes of
// its validator set, and the newest checkpoint that it has seen final.
//
// A home trusts one ledger at a time (the *current* one) and those that this one continues. The
// first ledger that it is shown is taken, unless trust() was given a record; any other is refused,
// and a recovery of the current one until it is accepted by name. What a node then says about
// checkpoints is proven, never believed. One thread.
//
// Folder: <chain tmn1…>/{genesis.bin, changes.bin, newest.bin} and current
// (docs/formats/ledger-folder.md). Public data; who may write to the folder decides what is
// trusted. Programs that use one home at once write one after the other (.lock): none undoes what
// another has followed or forgotten meanwhile.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/genesis.h"
#include "ledger/proofs/light.h"
#include "wallet/client/client.h"
#include "wallet/keystore/home_lock.h"

namespace testamur::wallet {

struct TrustedLedger {
  ledger::Genesis genesis;
  ledger::LightClient client;
  std::vector<ledger::SetChange> changes;    // from its first epoch on, all that were followed
  std::optional<ledger::Checkpoint> newest;  // the highest that was seen final
};

// Why a ledger is not followed. `name` is permanent: unreachable, forged_genesis,
// forged_set_change, forged_checkpoint, forged_recovery, fork, other_ledger, recovery_not_accepted,
// recovery_cuts_off, ledger_folder; from wallet/cli/flow/follow_ledger.h also usage and home.
struct LedgerFailure {
  std::string name;
  std::string message;
  bool unreachable() const { return name == "unreachable"; }
  // Somebody lies, or two histories were certified: asking again later does not help.
  bool forged() const { return name.starts_with("forged") || name == "fork"; }
};
using LedgerOutcome = std::optional<LedgerFailure>;  // nothing: all well

class LedgerTrust {
 public:
  explicit LedgerTrust(std::string folder) : folder_(std::move(folder)) {}

  // Reads the folder; an absent one is no failure. Everything in it is verified again.
  LedgerOutcome load();
  // The home belongs to this ledger: as long as nothing is trusted yet, only this ledger, or a
  // recovery of it that was accepted, is taken.
  void expect(const ChainId& chain) { expected_ = chain; }
  // Null while nothing is trusted.
  const TrustedLedger* current() const;
  const TrustedLedger* find(const ChainId& chain) const;
  // The trusted ledger that a reference names.
  const TrustedLedger* find(const Reference& reference) const;
  // The ledger that goes on where `chain` ended, as far as recoveries were accepted; `chain` itself
  // where it did not.
  ChainId successor(ChainId chain) const;

  // The ledger and those that it continues, the newest first; empty where it is not trusted.
  std::vector<const TrustedLedger*> history(const ChainId& chain) const;

  // Trusts the ledger of a record that a person vouches for. A recovery needs to be accepted as in
  // follow().
  LedgerOutcome trust(const ledger::Genesis& genesis, const std::optional<ChainId>& accepted);
  // Brings the current ledger up to what the node has; trusts the node's ledger where none is
  // trusted yet (`is_first` tells). `accepted` names a recovery that a person has decided to
  // follow.
  LedgerOutcome follow(Client& client, const std::optional<ChainId>& accepted);
  bool is_first() const { return is_first_; }
  // Lets go of a ledger and of those that it continues: nothing of them is trusted or known any
  // more, and another one may be taken. Cut off anywhere, the folder is
  // read as before and the rest can be forgotten.
  // Precondition: it is trusted, and none that is trusted continues it.
  LedgerOutcome forget(const ChainId& chain);

  // A checkpoint of an answer proven under the current ledger. The very first block has none
  // and is compared with the genesis record.
  LedgerOutcome verify_checkpoint(const CheckpointAnswer& checkpoint) const;

 private:
  LedgerOutcome load_one(const std::string& name);
  LedgerOutcome adopt(const ledger::Genesis& genesis);
  LedgerOutcome adopt_first(const ledger::Genesis& genesis, const std::optional<ChainId>& accepted);
  LedgerOutcome accept(const ledger::Genesis& recovery, const std::optional<ChainId>& accepted);
  LedgerOutcome advance(Client& client, TrustedLedger& ledger);
  LedgerOutcome follow_changes(Client& client, TrustedLedger& ledger, Epoch until,
                               SetChangesAnswer& answer);
  LedgerOutcome take_newest(Client& client, TrustedLedger& ledger, ledger::Checkpoint checkpoint);
  Result<HomeLock> hold(const std::string& doing) const;
  LedgerOutcome check_unchanged(const std::optional<ChainId>& wanted) const;
  LedgerOutcome save(const TrustedLedger& ledger);
  LedgerOutcome write(const TrustedLedger& ledger);
  LedgerOutcome write_current() const;

  std::string folder_;
  std::map<ChainId, TrustedLedger> ledgers_;
  std::set<ChainId> stored_;  // were in the folder when it was read or written last
  std::optional<ChainId> current_;
  std::optional<ChainId> expected_;
  bool is_first_ = false;
};

// The ledger that a folder trusts now, unverified; nothing where none is trusted yet.
Result<std::optional<ChainId>> ledger_trusted_in(const std::string& folder);

// The newest block that the home has seen final: a proof under an older one tells only how it was
// then.
Height floor_of(const LedgerTrust& trust);

}  // namespace testamur::wallet
