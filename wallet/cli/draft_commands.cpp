// sign and send: transactions that several people sign, also on machines without a network.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "wallet/cli/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/draft.h"
#include "wallet/cli/key_files.h"
#include "wallet/cli/look_around.h"
#include "wallet/cli/output.h"
#include "wallet/cli/signing.h"
#include "wallet/cli/submit.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

struct SignOptions {
  std::string file;
  std::string out;
  std::vector<std::string> key_directories;
};

std::string open_text(const Draft& draft) {
  std::string text;
  for (const auto& line : missing(draft)) text += "  " + line + "\n";
  if (text.empty())
    return "  it is complete: testamur send FILE, between " + moment_text(valid_from_ms(draft)) + " and " +
           moment_text(valid_until_ms(draft)) + "\n";
  return text;
}

std::string time_words(const Draft& draft) {
  return "\nThe ledger takes it from " + moment_text(valid_from_ms(draft)) + " to " +
         moment_text(valid_until_ms(draft)) + ".\nTransaction " + to_text(draft.transaction.id) + " of the ledger " +
         to_text(draft.chain);
}

// The ledger that this home belongs to, if it belongs to one.
Status check_chain(const Context& context, const Draft& draft) {
  const std::string file = context.path("issuer/issuer.json");
  if (!std::filesystem::exists(file)) return {};
  TM_TRY(const auto profile, stored_profile(context));
  if (profile.chain == draft.chain) return {};
  return error("the draft is for the ledger " + to_text(draft.chain) + ", but this home belongs to " +
               to_text(profile.chain));
}

ExitCode sign_with_directories(Context& context, const SignOptions& options, Draft& draft) {
  for (const auto& directory : options.key_directories) {
    auto keys = read_key_directory(directory);
    if (!keys.ok()) return fail(context, ExitCode::kUsage, "--keys: " + keys.message());
    for (const auto& held : *keys) sign_draft(draft, held.purpose, held.key);
  }
  return ExitCode::kOk;
}

std::size_t proofs_in(const Draft& draft) {
  return static_cast<std::size_t>(
      std::ranges::count_if(draft.proofs, [](const auto& entry) { return entry.proof.has_value(); }));
}

ExitCode sign_file(Context& context, const SignOptions& options) {
  auto draft = read_draft(options.file);
  if (!draft.ok()) return fail(context, ExitCode::kUsage, draft.message());
  if (auto right = check_chain(context, *draft); !right.ok()) return fail(context, ExitCode::kUsage, right.message());
  const std::string words = plain_words(view_of(*draft), surroundings_of(*draft));
  if (context.now_ms() > valid_until_ms(*draft)) {
    return fail(context, ExitCode::kFailure,
                "its time has passed: the ledger took it until " + moment_text(valid_until_ms(*draft)) +
                    "; let it be drafted anew");
  }
  show_words(context, words + time_words(*draft), {});
  if (!context.yes && !confirm("Sign this?")) {
    return fail(context, ExitCode::kCancelled, "nothing was signed (without a terminal, give --yes)");
  }
  const auto before = draft->signatures.size() + proofs_in(*draft);
  ExitCode code = sign_with_directories(context, options, *draft);
  if (code == ExitCode::kOk) code = sign_with_vaults(context, *draft, false);
  if (code != ExitCode::kOk) return code;
  const auto added = draft->signatures.size() + proofs_in(*draft) - before;
  if (added == 0) {
    return fail(context, ExitCode::kFailure,
                "nothing was signed: this home holds no key that the draft waits for\n" + open_text(*draft));
  }
  const std::string out = options.out.empty() ? options.file : options.out;
  // Where no other file is named the draft that was read is replaced: it only grew.
  const HoldsNoMore grown = [&options](ByteView) { return options.out.empty() || options.out == options.file; };
  if (const ExitCode written = write_named_file(context, out, as_bytes(draft_text(*draft)), grown);
      written != ExitCode::kOk) {
    return written;
  }
  print(context,
        Json{{"draft", out},
             {"says", words},
             {"added", added},
             {"missing", missing(*draft)},
             {"transaction", to_text(draft->transaction.id)}},
        "signed with " + std::to_string(added) + (added == 1 ? " key; " : " keys; ") + out + " was written\n" +
            open_text(*draft));
  return ExitCode::kOk;
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

ExitCode check_time(Context& context, Client& client, const Draft& draft) {
  auto status = client.status();
  if (auto* failure = std::get_if<CallError>(&status)) return fail(context, *failure);
  const Json& answer = std::get<Json>(status);
  if (answer.value("chain_id", "") != draft.chain.hex()) {
    return fail(context, ExitCode::kUsage,
                "the node serves another ledger (" + answer.value("chain_id_text", "") + ") than the draft is for (" +
                    to_text(draft.chain) + ")");
  }
  const auto ledger_ms = answer.value("as_of", Json::object()).value("time_ms", std::uint64_t{0});
  const auto now_ms = std::max(context.now_ms(), ledger_ms);
  if (now_ms > valid_until_ms(draft)) {
    return fail(
        context, ExitCode::kFailure,
        "its time has passed: the ledger took it until " + moment_text(valid_until_ms(draft)) + "; draft it anew");
  }
  if (now_ms < valid_from_ms(draft)) {
    return fail(context, ExitCode::kFailure,
                "it is too early: the ledger takes it from " + moment_text(valid_from_ms(draft)) + " to " +
                    moment_text(valid_until_ms(draft)) + "; send it then");
  }
  return ExitCode::kOk;
}

ExitCode send_files(Context& context, const std::vector<std::string>& files) {
  auto draft = gather(files);
  if (!draft.ok()) return fail(context, ExitCode::kUsage, draft.message());
  if (const auto open = missing(*draft); !open.empty()) {
    return fail(context, ExitCode::kFailure, "it is not complete, nothing was sent\n" + open_text(*draft));
  }
  Client client = context.client();
  const ExitCode in_time = check_time(context, client, *draft);
  if (in_time != ExitCode::kOk) return in_time;
  const auto body = view_of(*draft);
  auto around = look_around(client, body);
  if (auto* failure = std::get_if<CallError>(&around)) return fail(context, *failure);
  const std::string words = plain_words(body, std::get<Surroundings>(around));
  show_words(context, words, {});
  if (!context.yes && !confirm("Send this?")) {
    return fail(context, ExitCode::kCancelled, "nothing was sent (without a terminal, give --yes)");
  }
  const auto sent = submit_signed(context, client, draft->transaction.id, carried(*draft),
                                  Json{{"command", "send"}, {"says", words}});
  if (sent.code != ExitCode::kOk) return sent.code;
  Json json{{"transaction", to_text(sent.id)}, {"says", words}, {"kind", body.kind}, {"outcome", sent.outcome}};
  std::string more;
  if (body.kind == "institution_register") {
    const auto id = to_text(registered_id(*draft));
    json["institution"] = id;
    more = "  the new institution is " + id + "\n";
  }
  print(context, json, "committed\n" + more + "  transaction " + to_text(sent.id) + "\n");
  return ExitCode::kOk;
}

}  // namespace

void add_draft_commands(CLI::App& app, Context& context, Run& run) {
  auto options = std::make_shared<SignOptions>();
  auto* sign = app.add_subcommand("sign", "Sign a draft with the keys of this home; no network is needed");
  sign->add_option("file", options->file, "The draft")->required();
  sign->add_option("--out", options->out, "Write the signed draft there (default: into the same file)");
  sign->add_option("--keys", options->key_directories, "A directory of plain key files of `testamurd init`")
      ->allow_extra_args(false);
  sign->callback([&context, &run, options] { run = [&context, options] { return sign_file(context, *options); }; });

  auto files = std::make_shared<std::vector<std::string>>();
  auto* send = app.add_subcommand("send", "Send a draft that is complete; copies signed apart are put together");
  send->add_option("file", *files, "The draft, or its signed copies")->required();
  send->callback([&context, &run, files] { run = [&context, files] { return send_files(context, *files); }; });
}

}  // namespace testamur::wallet
