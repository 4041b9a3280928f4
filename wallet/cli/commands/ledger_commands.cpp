// ledger: which ledger this home trusts, and following it.
#include "wallet/cli/flow/follow_ledger.h"

#include <algorithm>
#include <memory>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/open_wallet.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/option.h"
#include "wallet/cli/short_id.h"
#include "wallet/credential/credential.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxRecordBytes = 64u << 20;

Json ledger_json(const TrustedLedger& ledger, bool current) {
  Json json{{"chain", to_text(ledger.genesis.chain)},
            {"current", current},
            {"epoch", ledger.client.epoch().value},
            {"validators", ledger.client.set().size()},
            {"set_changes", ledger.changes.size()}};
  if (ledger.newest) {
    json["newest_height"] = ledger.newest->header.height.value;
    json["newest_time_ms"] = ledger.newest->header.time_ms;
  }
  if (ledger.genesis.content.continues)
    json["continues"] = to_text(ledger.genesis.content.continues->chain());
  return json;
}

std::string ledger_text(const TrustedLedger& ledger) {
  std::string text = toned(Tone::kStrong, to_text(ledger.genesis.chain)) + "\n  epoch " +
                     std::to_string(ledger.client.epoch().value) + ", " +
                     std::to_string(ledger.client.set().size()) + " validators, " +
                     std::to_string(ledger.changes.size()) + " changes of the set followed\n";
  if (ledger.newest) {
    text += "  newest block seen final: " + std::to_string(ledger.newest->header.height.value) +
            " of " + time_text(ledger.newest->header.time_ms) + "\n";
  }
  if (ledger.genesis.content.continues) {
    text += "  continues " + to_text(ledger.genesis.content.continues->chain()) + "\n";
  }
  return text;
}

Reply shown(const LedgerTrust& trust) {
  Json all = Json::array();
  std::string text;

  const auto* current = trust.current();
  if (current != nullptr) {
    for (const auto* ledger : trust.history(current->genesis.chain)) {
      all.push_back(ledger_json(*ledger, ledger == current));
      text += ledger_text(*ledger);
    }
  }

  if (all.empty())
    text =
        "no ledger is trusted yet: the first that a node shows will be, or testamur ledger "
        "trust FILE\n";
  return Reply{Json{{"ledgers", std::move(all)}}, std::move(text)};
}

Outcome show_trusted(Context& context) {
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = trust.load()) return failure_of(*problem);
  return shown(trust);
}

Outcome trust_record(Context& context, const std::string& file) {
  TM_TRY(const auto bytes, or_exit(ExitCode::kUsage, read_file(file, kMaxRecordBytes)));
  auto genesis = ledger::decode_genesis(bytes);
  if (!genesis.ok()) {
    // A file of another kind is a mistake of who named it; a record that does not hold is a
    // forgery.
    const bool is_record = ledger::decode_genesis_draft(bytes).ok();
    return Failure{is_record ? ExitCode::kInvalid : ExitCode::kUsage,
                   file + ": " + genesis.message()};
  }
  TM_TRY(const auto accepted, or_exit(ExitCode::kUsage, accepted_recovery(context)));
  LedgerTrust trust(context.path("ledgers"));
  auto problem = trust.load();
  if (!problem) problem = trust.trust(*genesis, accepted);
  if (problem && problem->name == "other_ledger") {
    const std::string current = to_text(trust.current()->genesis.chain);
    problem->message = file + " is the record of another ledger, " + to_text(genesis->chain) +
                       ", than this home trusts, " + current +
                       ": use another --home for it, or let that one go first (testamur ledger "
                       "forget " +
                       current + ")";
  }
  if (problem) return failure_of(*problem);
  return shown(trust);
}

Outcome follow(Context& context) {
  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = follow_ledger(context, client, trust)) return failure_of(*problem);
  return shown(trust);
}

// ---- forget

// The ledger that a person names, as one that this home trusts and that none goes on from.
Attempt<ChainId> ledger_to_forget(const LedgerTrust& trust, const std::string& typed) {
  std::string text = typed;
  const auto* followed = trust.current();
  if (is_short_id(typed, "tmn")) {
    if (followed == nullptr)
      return Failure{ExitCode::kUnknown, "this home trusts no ledger: there is none to forget"};
    std::vector<std::string> ids;
    for (const auto* ledger : trust.history(followed->genesis.chain))
      ids.push_back(to_text(ledger->genesis.chain));
    TM_TRY(text, complete_id("ledger", typed, "tmn", ids));
  }
  TM_TRY(const auto chain, parse_chain_id(text));

  if (trust.find(chain) == nullptr) {
    const auto* current = trust.current();
    return Failure{ExitCode::kUnknown,
                   "this home does not trust " + typed + "; it trusts " +
                       (current == nullptr ? "no ledger" : to_text(current->genesis.chain))};
  }

  if (const auto heir = trust.successor(chain); heir != chain) {
    return error(typed + " goes on as " + to_text(heir) +
                 ", and what was issued on it is proven under both: forget " + to_text(heir) +
                 ", and both go");
  }
  return chain;
}

// What of this home is of no use without its ledgers.
Attempt<std::vector<std::string>> needs_of_issuer(
    const Context& context, const std::vector<const TrustedLedger*>& ledgers) {
  TM_TRY(const auto own, or_exit(ExitCode::kFailure, home_ledger(context)));
  const bool is_own = own && std::ranges::any_of(ledgers, [&](const auto* ledger) {
                        return ledger->genesis.chain == *own;
                      });
  if (!is_own) return std::vector<std::string>{};
  return std::vector<std::string>{"its institution is registered there (issuer/issuer.json)"};
}

std::vector<std::string> needs_of_wallet(const WalletContents& wallet,
                                         const std::vector<const TrustedLedger*>& ledgers) {
  const auto held = std::ranges::count_if(wallet.credentials, [&](const auto& stored) {
    const auto view = read_credential(stored.sd_jwt);
    // One that cannot be read may be of it.
    return !view.ok() || std::ranges::any_of(ledgers, [&](const auto* ledger) {
      return view->head.reference.is_of_chain(ledger->genesis.chain);
    });
  });
  if (held == 0) return {};
  return {"its wallet holds " + std::to_string(held) +
          (held == 1 ? " credential of it" : " credentials of it")};
}

// What nobody has afterwards who asks about it again.
std::string loss_text(const LedgerTrust& trust, const ChainId& chain) {
  std::string text = "This home lets the ledger " + to_text(chain) + " go:\n";
  for (const auto* ledger : trust.history(chain)) text += ledger_text(*ledger);
  return text +
         "What was proven is forgotten: that this ledger is the right one, its validators, and its "
         "newest block,\nagainst which an older state or another history would be told. The next "
         "ledger that a node shows\nwill be trusted as the first.";
}

Outcome forget(Context& context, const std::string& typed) {
  TM_TRY_STATUS(hold_home(context, "ledger forget"));
  LedgerTrust trust(context.path("ledgers"));
  if (const auto problem = trust.load()) return failure_of(*problem);
  TM_TRY(const auto chain, ledger_to_forget(trust, typed));

  const auto ledgers = trust.history(chain);
  TM_TRY(auto needs, needs_of_issuer(context, ledgers));
  if (is_there(wallet_file(context))) {
    // Only the opened vault tells, and who forces it need not open it.
    if (*context.force) {
      needs.push_back("its wallet was not opened, and may hold credentials of it");
    } else {
      auto wallet = OpenWallet::open(context);
      if (!wallet) return wallet.code();
      const auto held = needs_of_wallet(wallet.contents(), ledgers);
      needs.insert(needs.end(), held.begin(), held.end());
    }
  }

  if (!needs.empty() && !*context.force) {
    std::string text;
    for (const auto& need : needs) text += (text.empty() ? "" : ", and ") + need;
    return Failure{ExitCode::kUsage, "this home needs the ledger " + typed + ": " + text +
                                         ". Use another --home for another ledger, or say --force; "
                                         "nothing was forgotten"};
  }

  TM_TRY_STATUS(confirm_description(context, {loss_text(trust, chain), {}, std::move(needs), {}},
                                    "Forget it?", "forgotten"));

  Json chains = Json::array();
  for (const auto* ledger : ledgers) chains.push_back(to_text(ledger->genesis.chain));
  if (const auto problem = trust.forget(chain)) return failure_of(*problem);
  return Reply{Json{{"forgotten", std::move(chains)}},
               "forgot " + to_text(chain) +
                   (trust.current() == nullptr ? "; this home trusts no ledger now\n" : "\n")};
}

}  // namespace

void add_ledger_commands(Command app, Context& context, Run& run) {
  auto ledger = app.add_subcommand("ledger", "Which ledger this home trusts");
  ledger.require_subcommand(1);
  auto file = std::make_shared<Given<std::string>>();
  ledger.add_subcommand("show", "What is trusted, and how far it was followed")
      .callback([&context, &run] { run = [&context] { return show_trusted(context); }; });
  ledger.add_subcommand("follow", "Follow the validator sets to the newest block")
      .callback([&context, &run] { run = [&context] { return follow(context); }; });
  auto named = std::make_shared<Given<std::string>>();
  auto forgetting = ledger.add_subcommand(
      "forget", "Trust a ledger no more, for example one of a trial; asks, and says what is lost");
  option(forgetting, "chain", *named, "Id (tmn1…), as testamur ledger show has it").required();
  show_example(forgetting, "testamur ledger forget tmn1…");
  forgetting.callback(
      [&context, &run, named] { run = [&context, named] { return forget(context, *named); }; });
  auto trusting =
      ledger.add_subcommand("trust",
                            "Trust the ledger of a genesis record that you have from an "
                            "institution");
  option(trusting, "file", *file, "Genesis record").required();
  trusting.callback(
      [&context, &run, file] { run = [&context, file] { return trust_record(context, *file); }; });
}

}  // namespace testamur::wallet
