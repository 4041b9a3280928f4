#include "wallet/cli/signing.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "wallet/cli/dates.h"
#include "wallet/cli/look_around.h"
#include "wallet/cli/output.h"
#include "wallet/cli/submit.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::uint64_t kStandardWindowMs = 3'600'000;
// Less than the window, so that a draft can be sent at once too.
constexpr std::uint64_t kMarginMs = 60'000;

std::uint64_t window_of(Client& client) {
  auto answer = client.parameters();
  if (!std::holds_alternative<Json>(answer)) return kStandardWindowMs;
  for (const auto& row : std::get<Json>(answer).value("parameters", Json::array())) {
    if (row.value("name", "") == "validity_window_ms") return row.value("value", kStandardWindowMs);
  }
  return kStandardWindowMs;
}

ExitCode write_draft(Context& context, const Draft& draft, const Order& order, const std::string& file) {
  if (const ExitCode written = write_named_file(context, file, as_bytes(draft_text(draft))); written != ExitCode::kOk)
    return written;
  std::string next;
  for (const auto& line : missing(draft)) next += "  " + line + "\n";
  next += "  they run: testamur sign " + file + "\n  then:     testamur send " + file + ", between " +
          moment_text(valid_from_ms(draft)) + " and " + moment_text(valid_until_ms(draft)) + "\n";
  Json json = order.facts;
  json.update({{"draft", file},
               {"says", order.words},
               {"warnings", order.warnings},
               {"missing", missing(draft)},
               {"transaction", to_text(draft.transaction.id)},
               {"send_from_ms", valid_from_ms(draft)},
               {"send_until_ms", valid_until_ms(draft)}});
  print(context, json, "nothing was sent; the draft is in " + file + "\n" + next);
  return ExitCode::kOk;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += (out.empty() ? "" : "; ") + line;
  return out;
}

// The vaults of this home that hold keys which the draft still waits for, opened one after the other.
ExitCode sign_with_vault(Context& context, Draft& draft, KeyPurpose purpose, bool only_what_is_missing) {
  const std::string file = context.path("issuer/" + std::string(to_text(purpose)) + ".age");
  if (!std::filesystem::exists(file)) return ExitCode::kOk;
  auto opened = open_issuer_keys(context, purpose);
  if (!opened.keys) return opened.code;
  for (const auto& key : opened.keys->keys) {
    if (only_what_is_missing && missing(draft).empty()) break;
    sign_draft(draft, purpose, key);
  }
  return ExitCode::kOk;
}

}  // namespace

Prepared prepare(Context& context, Client& client, const IssuerProfile& profile, const DraftOptions& options) {
  auto envelope = fresh_envelope(context, client, profile.chain, profile.institution);
  if (!envelope.ok()) return {fail(context, ExitCode::kUnreachable, envelope.message()), {}};
  if (!options.send_by.empty()) {
    const auto until_ms = parse_time(options.send_by, context.now_ms());
    if (!until_ms.ok()) return {fail(context, ExitCode::kUsage, "--send-by: " + until_ms.message()), {}};
    if (*until_ms <= context.now_ms()) return {fail(context, ExitCode::kUsage, "--send-by: that time has passed"), {}};
    if (options.file.empty()) {
      return {
          fail(context, ExitCode::kUsage, "--send-by belongs to --draft FILE: without it the transaction is sent now"),
          {}};
    }
    envelope->valid_until_ms = *until_ms;
  } else if (!options.file.empty()) {
    envelope->valid_until_ms = context.now_ms() + window_of(client) - kMarginMs;
  }
  return {ExitCode::kOk, *envelope};
}

void show_words(const Context& context, const std::string& words, const std::vector<std::string>& warnings) {
  if (context.json || context.quiet) return;
  const auto end = words.find('\n');
  std::string text =
      toned(Tone::kStrong, words.substr(0, end)) + (end == std::string::npos ? "" : words.substr(end)) + "\n";
  for (const auto& warning : warnings) text += toned(Tone::kDoubt, "Think of it twice: ") + warning + "\n";
  put(Stream::kError, text);
}

ExitCode sign_with_vaults(Context& context, Draft& draft, bool only_what_is_missing) {
  for (std::uint8_t value = 1; purpose_from(value); ++value) {
    const auto purpose = *purpose_from(value);
    if (!asks_for(draft, purpose) || (only_what_is_missing && missing(draft).empty())) continue;
    const ExitCode code = sign_with_vault(context, draft, purpose, only_what_is_missing);
    if (code != ExitCode::kOk) return code;
  }
  return ExitCode::kOk;
}

ExitCode carry_out(Context& context, Client& client, const ChainId& chain, Order order, const DraftOptions& options,
                   const std::string& done) {
  Names names;
  Draft draft = begin_draft(chain, order.transaction, order.signers, window_of(client), names);
  auto around = look_around(client, view_of(draft));
  if (auto* failure = std::get_if<CallError>(&around)) return fail(context, *failure);
  draft.names = std::get<Surroundings>(around).names;
  show_words(context, order.words, order.warnings);
  for (const auto& held : order.keys) sign_draft(draft, held.purpose, held.key);
  const bool drafted = !options.file.empty();
  if (!context.yes && !confirm(drafted ? "Write this as a draft?" : "Send this?")) {
    return fail(context, ExitCode::kCancelled, "nothing was sent (without a terminal, give --yes)");
  }
  if (order.keep) {
    const ExitCode kept = order.keep();
    if (kept != ExitCode::kOk) return kept;
  }
  if (drafted) return write_draft(context, draft, order, options.file);
  const ExitCode code = sign_with_vaults(context, draft, true);
  if (code != ExitCode::kOk) return code;
  if (const auto open = missing(draft); !open.empty()) {
    return fail(context, ExitCode::kFailure,
                "nothing was sent: this home does not hold all that must sign: " + joined(open) +
                    "; write it with --draft FILE, let them run testamur sign FILE, then testamur send FILE");
  }
  const auto sent = submit_signed(context, client, draft.transaction.id, carried(draft),
                                  Json{{"command", order.command}, {"says", order.words}});
  if (sent.code != ExitCode::kOk) return sent.code;
  Json json = order.facts;
  json.update({{"transaction", to_text(sent.id)},
               {"says", order.words},
               {"warnings", order.warnings},
               {"outcome", sent.outcome}});
  print(context, json, done + "\n  transaction " + to_text(sent.id) + "\n");
  return ExitCode::kOk;
}

}  // namespace testamur::wallet
