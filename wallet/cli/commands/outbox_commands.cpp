// outbox: what was signed and is not known to have ended. To look at it, to go on with it, to
// forget it.
#include <algorithm>
#include <memory>

#include "common/visible.h"
#include "ledger/tx/transaction.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/option.h"
#include "wallet/cli/short_id.h"
#include "wallet/cli/terminal.h"
#include "wallet/client/outbox.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct DiscardOptions {
  Given<std::string> transaction;
};

// What it says, in the words that were agreed to; learners are not named in them.
std::string says(const OutboxEntry& entry) {
  const auto note = entry.note.find("says");
  if (note != entry.note.end() && note->is_string()) return note->get<std::string>();
  const auto command = entry.note.find("command");
  if (command != entry.note.end() && command->is_string())
    return "made by testamur " + command->get<std::string>();
  return "it does not say what it was for";
}

// Until when a ledger takes it; nothing where this home does not know of which ledger it is.
std::optional<std::uint64_t> ends_ms(const Context& context, const OutboxEntry& entry) {
  const auto profile = stored_profile(context);
  if (!profile.ok()) return std::nullopt;
  const auto decoded = tx::decode(profile->chain, entry.carried);
  const auto* transaction = std::get_if<tx::SharedTransaction>(&decoded);
  if (transaction == nullptr) return std::nullopt;
  return (*transaction)->valid_until_ms();
}

std::string entry_text(const Context& context, const OutboxEntry& entry) {
  const auto until_ms = ends_ms(context, entry);
  std::string when = "until when the ledger takes it is not known";
  if (until_ms)
    when = *until_ms < context.now_ms() ? "its time passed on " + moment_text(*until_ms) +
                                              ": it is on the ledger by then, or never"
                                        : "the ledger takes it until " + moment_text(*until_ms);
  return to_text(entry.id) + "  " + when + "\n  " + visible(says(entry)) + "\n";
}

Json entry_json(const Context& context, const OutboxEntry& entry) {
  const auto until_ms = ends_ms(context, entry);
  return Json{{"transaction", to_text(entry.id)},
              {"says", says(entry)},
              {"valid_until_ms", until_ms ? Json(*until_ms) : Json(nullptr)}};
}

Attempt<std::vector<OutboxEntry>> entries_of(const Context& context) {
  return or_exit(ExitCode::kFailure, Outbox(context.path("outbox")).list());
}

Outcome list(Context& context) {
  TM_TRY(const auto entries, entries_of(context));
  std::string text;
  Json json = Json::array();
  for (const auto& entry : entries) {
    text += entry_text(context, entry);
    json.push_back(entry_json(context, entry));
  }
  if (entries.empty()) text = "nothing waits in the outbox\n";
  return Reply{Json{{"waiting", std::move(json)}}, std::move(text)};
}

Outcome resume(Context& context) {
  TM_TRY_STATUS(hold_home(context, "outbox resume"));
  Outbox(context.path("outbox")).sweep();
  TM_TRY(const auto entries, entries_of(context));

  Client client = context.client();
  Json ended = Json::array();
  ExitCode code = ExitCode::kOk;
  std::string text;

  for (const auto& entry : entries) {
    if (!context.quiet && !context.json) put(Stream::kError, entry_text(context, entry));
    const auto sent = submit_signed(context, client, entry.id, entry.carried, entry.note);
    if (sent.ok()) {
      ended.push_back(to_text(entry.id));
      text += to_text(entry.id) + ": committed. " + visible(says(entry)) + "\n";
      continue;
    }
    // One that fails does not keep the others: each has its own end of validity.
    code = worse(code, sent.failure().exit);
    text += to_text(entry.id) + ": " + sent.message() + "\n";
  }

  return Reply{Json{{"committed", ended}, {"exit_code", static_cast<int>(code)}},
               text + std::to_string(ended.size()) + " of " + std::to_string(entries.size()) +
                   " transactions in the outbox are committed\n",
               code};
}

// Forgetting is all that can be done here: bytes that have reached a node may still be committed.
Outcome discard(Context& context, const DiscardOptions& options) {
  TM_TRY_STATUS(hold_home(context, "outbox discard"));
  TM_TRY(const auto entries, entries_of(context));
  std::vector<std::string> ids;
  for (const auto& entry : entries) ids.push_back(to_text(entry.id));
  std::string id = options.transaction;
  if (is_short_id(id, "tmx")) {
    TM_TRY(id, complete_id("transaction", id, "tmx", ids, "testamur outbox list"));
  }
  const auto found = std::ranges::find(ids, id);
  if (found == ids.end())
    return Failure{ExitCode::kUnknown,
                   in_quotes(id) + " does not wait in the outbox (testamur outbox list)"};

  const auto& entry = entries[static_cast<std::size_t>(found - ids.begin())];
  Description description{
      "Forget this signed transaction?\n" + entry_text(context, entry), {}, {}, {}};
  description.warnings.push_back(
      "if its bytes have reached a node, it may be committed all the same until its time has "
      "passed: look at the ledger before you say the same again");
  TM_TRY_STATUS(confirm_description(context, description, "Forget it?", "forgotten"));
  Outbox(context.path("outbox")).remove(entry.id);
  return Reply{entry_json(context, entry), "forgotten: " + id + "\n"};
}

}  // namespace

void add_outbox_commands(Command app, Context& context, Run& run) {
  auto outbox = app.add_subcommand("outbox", "Signed transactions that have not ended");
  outbox.require_subcommand(1);
  outbox.add_subcommand("list", "What waits, in words, and until when the ledger takes it")
      .callback([&context, &run] { run = [&context] { return list(context); }; });
  outbox.add_subcommand("resume", "Send the same bytes again until they have ended")
      .callback([&context, &run] { run = [&context] { return resume(context); }; });
  auto options = std::make_shared<DiscardOptions>();
  auto discarding = outbox.add_subcommand(
      "discard", "Forget one of them; what has reached a node may still be committed");
  option(discarding, "transaction", options->transaction, "Id (tmx…)").required();
  discarding.callback([&context, &run, options] {
    run = [&context, options] { return discard(context, *options); };
  });
}

}  // namespace testamur::wallet
