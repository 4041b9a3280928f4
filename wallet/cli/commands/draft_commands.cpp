// sign and send: transactions that several people sign, also on machines without a network.
#include <algorithm>
#include <memory>

#include "ledger/tx/kinds.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/files/draft.h"
#include "wallet/cli/files/key_files.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/drafted_awards.h"
#include "wallet/cli/flow/proven_commit.h"
#include "wallet/cli/flow/statement_warnings.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/terminal.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct SignOptions {
  Given<std::string> file;
  Given<std::string> out;
  Given<std::vector<std::string>> key_directories;
};

std::string open_text(const Draft& draft) {
  std::string text;
  for (const auto& line : missing(draft)) text += "  " + line + "\n";
  if (text.empty())
    return "  it is complete: testamur send FILE, between " + moment_text(valid_from_ms(draft)) +
           " and " + moment_text(valid_until_ms(draft)) + "\n";
  return text;
}

std::string describe_time(const Draft& draft) {
  return "\nThe ledger takes it from " + moment_text(valid_from_ms(draft)) + " to " +
         moment_text(valid_until_ms(draft)) + ".\nTransaction " + to_text(draft.transaction.id) +
         " of the ledger " + to_text(draft.chain);
}

// The ledger that this home belongs to, if it belongs to one.
Status check_chain(const Context& context, const Draft& draft) {
  const std::string file = context.path("issuer/issuer.json");
  if (!is_there(file)) return {};
  TM_TRY(const auto profile, stored_profile(context));
  if (profile.chain == draft.chain) return {};
  return error("the draft is for the ledger " + to_text(draft.chain) +
               ", but this home belongs to " + to_text(profile.chain));
}

Attempt<void> sign_with_directories(const SignOptions& options, Draft& draft) {
  for (const auto& directory : *options.key_directories) {
    auto keys = read_key_directory(directory);
    if (!keys.ok()) return Failure{ExitCode::kUsage, "--keys: " + keys.message()};
    for (const auto& held : *keys) sign_draft(draft, held.purpose, held.key);
  }
  return {};
}

std::size_t proofs_in(const Draft& draft) {
  return static_cast<std::size_t>(std::ranges::count_if(
      draft.proofs, [](const auto& entry) { return entry.proof.has_value(); }));
}

// A final act names whom it hits, whoever signs or sends it.
Attempt<std::string> whom_it_hits(Context& context, const tx::DecodedBody& body, bool may_skip) {
  const auto* change = std::get_if<tx::StatusChangeContent>(&body.content);
  if (change == nullptr) return std::string{};
  return drafted_awards(context, *change, may_skip);
}

Outcome sign_file(Context& context, const SignOptions& options) {
  const std::string file = options.file;
  const std::string out = options.out->empty() ? file : *options.out;
  TM_TRY(auto draft, read_draft(file));
  TM_TRY_STATUS(check_chain(context, draft));
  const std::string description_text =
      describe_transaction(decoded_body(draft), description_context_of(draft));
  if (context.now_ms() > valid_until_ms(draft)) {
    return Failure{ExitCode::kFailure, "its time has passed: the ledger took it until " +
                                           moment_text(valid_until_ms(draft)) +
                                           "; let it be drafted anew"};
  }
  const HoldsNoMore is_replaced = [&](ByteView) { return out == file; };
  if (out != file) TM_TRY_STATUS(may_save_named_file(context, out));
  const auto before = draft.signatures.size() + proofs_in(draft);
  TM_TRY_STATUS(sign_with_directories(options, draft));
  TM_TRY(const auto whom, whom_it_hits(context, decoded_body(draft), false));
  TM_TRY_STATUS(confirm_description(
      context, {description_text + describe_time(draft), whom, {}, {}}, "Sign this?", "signed"));
  TM_TRY_STATUS(sign_with_vaults(context, draft, false));

  const auto added = draft.signatures.size() + proofs_in(draft) - before;
  if (added == 0) {
    return Failure{
        ExitCode::kFailure,
        "nothing was signed: this home holds no key that the draft waits for\n" + open_text(draft)};
  }
  // Where no other file is named the draft that was read is replaced: it only grew.
  TM_TRY_STATUS(save_named_file(context, out, as_bytes(draft_text(draft)), is_replaced));
  return Reply{Json{{"draft", out},
                    {"says", description_text},
                    {"added", added},
                    {"missing", missing(draft)},
                    {"transaction", to_text(draft.transaction.id)}},
               whom + "signed with " + std::to_string(added) + (added == 1 ? " key; " : " keys; ") +
                   out + " was written\n" + open_text(draft)};
}

// The files of one transaction, put together.
Result<Draft> gather(const std::vector<std::string>& files) {
  TM_TRY(auto draft, read_draft(files.front()));
  for (std::size_t i = 1; i < files.size(); ++i) {
    TM_TRY(const auto copy, read_draft(files[i]));
    TM_TRY_STATUS(merge(draft, copy));
  }
  return draft;
}

Attempt<void> check_time(Context& context, Client& client, const Draft& draft) {
  TM_TRY(const auto answer, asked(client.status()));
  if (answer.chain != draft.chain) {
    return Failure{ExitCode::kUnknown,
                   "the node serves another ledger (" + chain_text(answer) +
                       ") than the draft is for (" + to_text(draft.chain) + ")",
                   "other_ledger"};
  }

  // A clock that is behind does not count: the ledger goes by its own time.
  const auto now_ms = now_with_ledger(context, answer.as_of);

  const std::string from = moment_text(valid_from_ms(draft));
  const std::string until = moment_text(valid_until_ms(draft));

  if (now_ms > valid_until_ms(draft)) {
    return Failure{ExitCode::kFailure,
                   "its time has passed: the ledger took it until " + until + "; draft it anew"};
  }
  if (now_ms < valid_from_ms(draft)) {
    return Failure{ExitCode::kFailure, "it is too early: the ledger takes it from " + from +
                                           " to " + until + "; send it then"};
  }
  return {};
}

// What is on the ledger is not sent again, whether its time has passed or not.
Attempt<bool> was_sent(Client& client, const Draft& draft) {
  auto known = client.transaction(draft.transaction.id);
  if (const auto* failure = std::get_if<CallError>(&known)) {
    if (failure->kind == CallFailure::kNotFound) return false;
    return failure_of(*failure);
  }
  return std::get<TransactionAnswer>(known).state == TransactionState::kCommitted;
}

Reply sent_reply(const Draft& draft, const std::string& says, const std::string& whom, Json outcome,
                 bool already) {
  const auto body = decoded_body(draft);
  const auto id = to_text(draft.transaction.id);
  Json json{{"transaction", id},
            {"says", says},
            {"kind", tx::name(body.kind)},
            {"already", already},
            {"outcome", std::move(outcome)}};
  std::string text = already ? "it is on the ledger already; nothing was sent\n" : "committed\n";
  if (body.kind == tx::Kind::kInstitutionRegister) {
    const auto institution = to_text(registered_id(draft));
    json["institution"] = institution;
    text += "  the new institution is " + institution + "\n";
  }
  return Reply{std::move(json), text + whom + "  transaction " + id + "\n", ExitCode::kOk, already};
}

// What has changed since it was drafted is said again, by what the ledger says now.
Attempt<Description> describe_now(Context& context, Client& client, const Draft& draft,
                                  const tx::DecodedBody& body) {
  TM_TRY(const auto known, asked(fetch_description_context(client, body)));
  Description description{describe_transaction(body, known), {}, {}, {}};
  if (const auto* statement = std::get_if<tx::StatementContent>(&body.content)) {
    TM_TRY_STATUS(refuse_taken_slot(client, body.author, *statement, draft.transaction.id));
    TM_TRY(description.warnings,
           statement_warnings(client, body.author, *statement, context.now_ms()));
  }
  TM_TRY(description.details, whom_it_hits(context, body, true));
  if (const auto* proposal = std::get_if<tx::ProposalContent>(&body.content))
    description.warnings = proposal_warnings(*proposal, known);
  return description;
}

Outcome send_files(Context& context, const Given<std::vector<std::string>>& files) {
  TM_TRY(const auto draft, gather(files));
  if (!missing(draft).empty()) {
    return Failure{ExitCode::kFailure, "it is not complete, nothing was sent\n" + open_text(draft)};
  }
  Client client = context.client();
  const auto body = decoded_body(draft);
  TM_TRY(const bool already, was_sent(client, draft));
  if (already) {
    TM_TRY_STATUS(expect_on_ledger(context, client, draft.transaction.id, carried(draft)));
    return sent_reply(draft, describe_transaction(body, description_context_of(draft)), {}, nullptr,
                      true);
  }

  TM_TRY_STATUS(check_time(context, client, draft));
  TM_TRY(const auto description, describe_now(context, client, draft, body));
  const auto& description_text = description.text;
  TM_TRY_STATUS(confirm_description(context, description, "Send this?", "sent"));

  TM_TRY(const auto sent, submit_signed(context, client, draft.transaction.id, carried(draft),
                                        Json{{"command", "send"}, {"says", description_text}}));
  return sent_reply(draft, description_text, description.details, sent.outcome.json(), false);
}

}  // namespace

void add_draft_commands(Command app, Context& context, Run& run) {
  auto options = std::make_shared<SignOptions>();
  auto sign =
      app.add_subcommand("sign", "Sign a draft with the keys of this home; no network is needed");
  option(sign, "file", options->file, "The draft").required();
  option(sign, "--out", options->out, "Write the signed draft there (default: into the same file)");
  option(sign, "--keys", options->key_directories,
         "A directory of plain key files of `testamurd init`")
      .allow_extra_args(false);
  sign.callback([&context, &run, options] {
    run = [&context, options] { return sign_file(context, *options); };
  });

  auto files = std::make_shared<Given<std::vector<std::string>>>();
  auto send = app.add_subcommand(
      "send", "Send a draft that is complete; copies signed apart are put together");
  option(send, "file", *files, "The draft, or its signed copies").required();
  send.callback(
      [&context, &run, files] { run = [&context, files] { return send_files(context, *files); }; });
}

}  // namespace testamur::wallet
