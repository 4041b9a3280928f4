// From an intention to its end: said in plain words, asked, then signed and sent, or written as a draft for others to
// sign. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ledger/tx/build.h"
#include "wallet/cli/context.h"
#include "wallet/cli/draft.h"
#include "wallet/cli/key_files.h"
#include "wallet/cli/plain_words.h"

namespace testamur::wallet {

// --draft and --send-by, which every command takes that may need more signatures than this home holds.
struct DraftOptions {
  std::string file;     // empty: sign here and send now
  std::string send_by;  // a time (dates.h); empty: an hour from now
};

// What a command wants done.
struct Order {
  std::string command;  // for the outbox and for --json
  ledger::tx::UnsignedTransaction transaction;
  std::vector<DraftSigner> signers;
  std::vector<HeldKey> keys;       // at hand besides the vaults of this home
  std::function<ExitCode()> keep;  // stores a fresh key durably, once the person agreed and before anything leaves
  std::string words;               // plain words; the first line is the headline
  std::vector<std::string> warnings;
  Json facts = Json::object();  // joins the JSON answer
};

// For a transaction that is sent now or, when it is drafted, by --send-by. A failure was printed.
struct Prepared {
  ExitCode code = ExitCode::kOk;
  ledger::tx::Envelope envelope;
};
Prepared prepare(Context& context, Client& client, const IssuerProfile& profile, const DraftOptions& options);

// Prints words and warnings, asks, signs with this home's vaults and the order's keys, sends and reports; or writes the
// draft. `done` is added to what is printed at the end.
ExitCode carry_out(Context& context, Client& client, const ChainId& chain, Order order, const DraftOptions& options,
                   const std::string& done);

// Signs with every key of the home's vaults that the draft asks for. The failure was printed.
ExitCode sign_with_vaults(Context& context, Draft& draft, bool only_what_is_missing);

// What a person reads before being asked, on standard error.
void show_words(const Context& context, const std::string& words, const std::vector<std::string>& warnings);

}  // namespace testamur::wallet
