// What every command is given: global options, the home directory, how to reach nodes and open
// vaults. A command is a function (Context&, its options) -> Outcome, and main prints it. One
// thread.
//
// Home: $TESTAMUR_HOME, else ~/.testamur
//   config.toml              endpoints, tls_root (optional; --endpoint overrides)
//   wallet.age               a learner's vault; beside it wallet.age.previous, what it held before
//   wallet.keys              which of its keys were given out, for a vault that is put back
//   issuer/<purpose>.age     an issuer's vaults: root, issue, govern, credential
//   issuer/party.toml        its public facts and keys, as the genesis ceremony reads them
//   issuer/issuer.json       what was learnt at registration: chain, institution
//   issuer/batches/<name>/   one batch each: state, claim files, codes, register
//   outbox/                  signed transactions that have not ended
//   ledgers/                 the ledgers that are trusted, as far as they were followed
//   .lock                    who changes the home now (wallet/keystore/home_lock.h)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/keys.h"
#include "common/result.h"
#include "wallet/cli/exit_code.h"
#include "wallet/cli/given.h"
#include "wallet/cli/outcome.h"
#include "wallet/cli/terminal.h"
#include "wallet/client/client.h"
#include "wallet/keystore/home_lock.h"
#include "wallet/keystore/issuer_keys.h"
#include "wallet/keystore/strict_json.h"
#include "wallet/keystore/vault.h"

namespace testamur::wallet {

class CommandTree;

struct Context {
  const CommandTree* commands = nullptr;  // whose options were typed; set by main
  std::vector<std::string> typed;         // the words of the command line; set by main
  std::string home;
  std::vector<std::string> endpoints;
  std::string tls_root;   // a path, as it was given
  std::string tls_roots;  // and what the file holds, after read_config()
  std::string passphrase_file;
  int passphrase_fd = -1;
  bool json = false;
  std::string accept_recovery;  // chain id of a recovery that a person has decided to follow
  bool yes = false;             // no confirmation
  Given<bool> force;            // a file that is there may be replaced: wallet/cli/files/output.h
  bool quiet = false;           // no progress
  std::uint64_t timeout_ms = 30'000;      // for a commit; no call to a node takes longer either
  std::optional<SecretBytes> passphrase;  // once asked, for all vaults of one command
  std::optional<HomeLock>
      lock;  // held until the command ends: lock_home of wallet/cli/files/output.h

  mutable bool clock_told = false;  // that this machine's clock and a node's differ
  // What people are told on standard error beside an answer that a node gave, and programs in the
  // answer: that another node took over, whose clock differs.
  mutable std::vector<std::string> notices;

  std::string path(const std::string& relative) const;
  // Asks the nodes of the ledger of this home, where it has one.
  Client client() const;
  std::uint64_t now_ms() const;
};

// host:port, with a port that can be dialled: 0 is one to listen on. `where` begins the failure.
Status check_endpoint(const std::string& text, const std::string& where);
// Fills endpoints and tls_root from config.toml where the command line gave none. A missing file is
// no error.
Status read_config(Context& context);

// The ledger on which this home's institution was registered; nothing in a home without one. Fails
// on a file that cannot be read: such a home belongs to a ledger all the same, and must not take
// the first that it is shown.
Result<std::optional<ChainId>> home_ledger(const Context& context);
// The ledger that this home asks about: the one that it trusts now, else that of its institution.
Result<std::optional<ChainId>> ledger_of_home(const Context& context);

// That the clock of a node and this machine's differ by more than a minute, and what follows from
// it; empty: they do not. Said at most once a command, when a node first gives its status.
std::string clocks_apart(const std::string& endpoint, std::uint64_t node_ms, std::uint64_t own_ms);

// Prints "error: …" to standard error, or {"error": …} to standard output with --json.
ExitCode fail(const Context& context, ExitCode code, const std::string& message);
ExitCode fail(const Context& context, const CallError& failure);
ExitCode fail(const Context& context, const VaultError& failure);
// Prints how a command ended, once, and gives the exit code.
ExitCode report(const Context& context, const Outcome& outcome);
// Fails with exit code 2 when an option was typed that nobody has read so far: it would have no
// effect. Asked before the first lasting effect of a command, and before its answer is printed.
Attempt<void> refuse_unread_options(const Context& context);
// Fails with exit code 2 when nobody is to be asked (--yes) and the beginning of an id was typed:
// what it means comes from one node, and only a person who reads the question sees the whole of it.
// Asked before every act that a person confirms.
Attempt<void> refuse_short_ids_unasked(const Context& context);
// Prints one JSON value with --json, with the notices as its member `notices`, else the text.
void print(const Context& context, const Json& value, const std::string& text);

// The passphrase of existing vaults, from file, descriptor or terminal; asked once a command.
Result<SecretBytes> existing_passphrase(Context& context, const std::string& what);
Result<SecretBytes> new_passphrase(Context& context, const std::string& what);

Failure failure_of(const VaultError& vault);
// The issuer's vault of one purpose, opened.
Attempt<IssuerKeys> open_issuer_keys(Context& context, KeyPurpose purpose);

// The institution meant by an id (tmi…) or a domain.
Called<InstitutionAnswer> find_institution(Client& client, const std::string& id_or_domain,
                                           bool with_history);
// Its id. `what` names the option or argument in the failure.
Attempt<InstitutionId> institution_named(Client& client, const std::string& what,
                                         const std::string& id_or_domain);

// What this home knows of its own institution.
struct IssuerProfile {
  ChainId chain;
  InstitutionId institution;
  std::string name;
  std::string domain;
};
// From issuer/issuer.json alone; no node is asked.
Result<IssuerProfile> stored_profile(const Context& context);
// The same, or on a machine of its own (of one holder of keys, say) by ids (text) that are given,
// and then kept there.
Result<IssuerProfile> profile_here_or(const Context& context, const std::string& chain,
                                      const std::string& institution);
// From issuer/issuer.json; name and domain are asked of a node where the file has none.
Attempt<IssuerProfile> issuer_profile(Context& context, Client& client);
// What the person named, or the institution of this home.
Attempt<std::string> named_or_own(Context& context, Client& client, const std::string& named);

}  // namespace testamur::wallet
