// The one way from an intention to the ledger: describe, confirm, sign, then send or write the
// draft. Every command that changes the ledger takes it, so that plain words, warnings, the
// question, --yes, --draft, --send-by, --json and advice are the same everywhere.
//
// Nothing lasting happens before the person has agreed: fresh keys are kept, drafts written and
// bytes sent after that, and an option that nobody read is refused before. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ledger/tx/build.h"
#include "ledger/tx/transaction.h"
#include "wallet/cli/context.h"
#include "wallet/cli/description/description_context.h"
#include "wallet/cli/description/transaction_description.h"
#include "wallet/cli/files/draft.h"
#include "wallet/cli/files/key_files.h"
#include "wallet/cli/given.h"

namespace testamur::wallet {

// --draft and --send-by.
struct DraftOptions {
  Given<std::string> file;     // empty: sign here and send now
  Given<std::string> send_by;  // a time (dates.h); empty: an hour from now
};

// This home's institution, and where it stands.
struct IssuerSession {
  Context& context;
  Client client;
  IssuerProfile profile;
  std::vector<ledger::tx::SharedTransaction>
      pending;  // of an acting session: signed here, not known to have ended
};
Attempt<IssuerSession> open_issuer_session(Context& context);
// The same for who is about to change the ledger: it holds the home until the command ends, for
// what it looks at (the next slot, what is said already) must not be looked at by two at once.
// `doing` is what a second program is told.
Attempt<IssuerSession> open_acting_session(Context& context, const std::string& doing);

// This machine's time, or the ledger's where the clock here is behind it.
std::uint64_t now_with_ledger(const Context& context, const std::optional<AsOf>& as_of);

// What a person reads before being asked.
struct Description {
  std::string
      text;  // plain words; the first line is the headline. They go into drafts' and outbox' notes
  std::string details;  // shown and never stored: may name learners
  std::vector<std::string> warnings;
  Json facts = Json::object();  // joins the JSON answer
};

struct TransactionRequest {
  std::string command;  // for the outbox
  KeyPurpose purpose =
      KeyPurpose::kGovern;  // keys of which purpose of this home's institution sign
  std::function<ledger::tx::Built(const ledger::tx::Envelope&)> make;
  // After this time it would say nothing, or the ledger refuse it; 0: never. `of_use_text` says
  // why: "the voting ends". A draft that cannot be sent before is refused, one that can be late is
  // warned of.
  std::uint64_t of_use_until_ms = 0;
  std::string of_use_text;
  std::vector<HeldKey> keys;            // at hand besides the vaults of this home
  std::function<Attempt<void>()> keep;  // stores a fresh key durably, once the person agreed
  Description description;              // its text is added after the transaction's own
  // May add to the description what is known once it is built.
  std::function<Attempt<void>(const ledger::tx::UnsignedTransaction&, const DescriptionContext&,
                              Description&)>
      complete_description;
  std::string done;                     // for people, when it is committed
  std::string id_name = "transaction";  // what its id is called in the answer
};
// Says the words, asks, signs with this home's vaults and the request's keys, sends and waits; or
// writes the draft.
Outcome confirm_sign_send(IssuerSession& session, TransactionRequest request,
                          const DraftOptions& options);
// The same for commands that have no drafts.
Outcome confirm_sign_send(IssuerSession& session, TransactionRequest request);

// Says the words of it and ends: nothing is asked, signed, kept or sent.
Outcome say_only(IssuerSession& session, TransactionRequest request);

// ---- its parts, for commands that send something of their own

// Shows the description on standard error, unless --quiet or --json, then asks, unless --yes. Fails
// with 3 when the person does not agree, and before that with 2 when an option was typed that has
// no effect. `undone` = "sent", …
Attempt<void> confirm_description(const Context& context, const Description& description,
                                  const std::string& question, const std::string& undone);

// A fresh nonce, and an end of validity ten minutes after the later of our clock and the node's
// newest block.
Attempt<ledger::tx::Envelope> fresh_envelope(Context& context, Client& client, const ChainId& chain,
                                             const InstitutionId& author);
// The ledger that a node says it serves, for people.
std::string chain_text(const StatusAnswer& status);
Attempt<ledger::tx::UnsignedTransaction> built_or_failure(ledger::tx::Built built);

struct Submitted {
  TransactionId id;
  Shown outcome;  // the TransactionOutcome
};
// Writes the bytes to the outbox and sends them until they have ended. `note` says what they are
// for.
Attempt<Submitted> submit_signed(Context& context, Client& client, const TransactionId& id,
                                 ByteView carried, Json note);

// Signs with every key of the home's vaults that the draft asks for.
Attempt<void> sign_with_vaults(Context& context, Draft& draft, bool only_what_is_missing);

}  // namespace testamur::wallet
