// What the commands of institutions and governance have in common: a content, who signs it, and its plain words. One
// thread.
#pragma once

#include <functional>
#include <string>

#include "wallet/cli/look_around.h"
#include "wallet/cli/signing.h"

namespace testamur::wallet {

// This home's institution, where it stands.
struct Desk {
  Context& context;
  Client client;
  IssuerProfile profile;
  ExitCode code = ExitCode::kOk;  // a failure was printed
};
Desk sit_down(Context& context);

// Builds by `make` from a fresh envelope, says the words, and carries out: keys of `purpose` of this home's institution
// sign.
struct Errand {
  std::string command;
  KeyPurpose purpose = KeyPurpose::kGovern;
  std::function<ledger::tx::Built(const ledger::tx::Envelope&)> make;
  std::vector<HeldKey> keys;
  std::string done;        // for people, when it is committed
  std::string more_words;  // after the plain words
  Json facts = Json::object();
  // May add words, warnings and facts once it is built.
  std::function<void(const ledger::tx::UnsignedTransaction&, const Surroundings&, Order&)> look;
};
ExitCode run_errand(Desk& desk, Errand errand, const DraftOptions& options);

}  // namespace testamur::wallet
