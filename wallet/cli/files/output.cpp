#include "wallet/cli/files/output.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "wallet/cli/files/named_stream.h"
#include "wallet/cli/option.h"
#include "wallet/keystore/bip39.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kWaitMs = 600'000;

Attempt<void> attempt(const std::optional<OutputError>& failure) {
  if (!failure) return {};
  return Failure{failure->refused ? ExitCode::kUsage : ExitCode::kFailure, failure->message};
}

// Nothing gives recovery words back: they are no file that somebody means to replace.
Attempt<void> keep_words(const std::string& file) {
  constexpr std::size_t kMaxWordsBytes = 4096;
  if (!is_regular_file(file)) return {};
  auto held = read_file(file, kMaxWordsBytes);
  if (!held.ok()) return {};
  const SecretBytes words{std::move(held).value()};
  if (!entropy_from_words(words.text()).ok()) return {};
  return error(file +
               " holds the recovery words of a wallet, which nothing gives back, and is not "
               "written over: name another file");
}

// Where a file is, whatever it is called. Nothing where there is none, and for pipes and devices,
// which hold nothing.
std::optional<std::pair<dev_t, ino_t>> place_of(const std::string& file) {
  struct stat information {};
  if (::stat(file.c_str(), &information) != 0 || !S_ISREG(information.st_mode)) return std::nullopt;
  return std::pair{information.st_dev, information.st_ino};
}

// Folders that are read whole.
bool is_read_folder(const std::string& option) {
  return option == "--requests" || option == "--keys";
}
bool lies_in(const std::string& folder, const std::pair<dev_t, ino_t>& place) {
  const auto entries = list_folder(folder);
  return entries.ok() && std::ranges::any_of(*entries, [&](const std::string& entry) {
           return place_of(entry) == place;
         });
}

// What a command reads is not replaced by what it writes, not even with --force: a second name for
// one file is a slip. Whatever was typed and names this file, but for the output itself, counts as
// read, so that no command has to say what its inputs are.
Attempt<void> keep_inputs(const Context& context, const std::string& file) {
  const auto place = place_of(file);
  if (!place || context.commands == nullptr) return {};

  bool is_output_named = false;
  for (const auto& [name, value] : typed_values(*context.commands)) {
    if (is_read_folder(name) && lies_in(value, *place)) {
      return error(file + " is in " + value + ", which " + name +
                   " reads: it would be replaced by what is written; name another file");
    }
    if (place_of(value) != place) continue;
    if (value == file && !is_output_named) {
      is_output_named = true;
      continue;
    }
    return error(file + " is named twice in this command, also as " + value + " (" + name +
                 "): what is read there would be replaced by what is written; name another file");
  }
  return {};
}

ExitCode printed(const Context& context, const Attempt<void>& ended) {
  return ended.ok() ? ExitCode::kOk : report(context, ended.failure());
}

}  // namespace

Attempt<void> save_named_file(const Context& context, const std::string& file, ByteView contents,
                              const HoldsNoMore& holds_no_more) {
  TM_TRY_STATUS(keep_words(file));
  TM_TRY_STATUS(keep_inputs(context, file));
  return attempt(
      write_output(file, contents, OutputRules{context.home, context.force, holds_no_more}));
}

Attempt<void> may_save_named_file(const Context& context, const std::string& file) {
  TM_TRY_STATUS(keep_words(file));
  TM_TRY_STATUS(keep_inputs(context, file));
  return attempt(check_output(file, {}, OutputRules{context.home, context.force, {}}));
}

ExitCode write_named_file(Context& context, const std::string& file, ByteView contents,
                          const HoldsNoMore& holds_no_more) {
  return printed(context, save_named_file(context, file, contents, holds_no_more));
}

ExitCode check_named_file(Context& context, const std::string& file) {
  return printed(context, may_save_named_file(context, file));
}

Attempt<void> NamedStream::open(const Context& context, const std::string& file) {
  TM_TRY_STATUS(keep_words(file));
  TM_TRY_STATUS(keep_inputs(context, file));
  return attempt(stream_.open(file, OutputRules{context.home, context.force, {}}));
}
Attempt<void> NamedStream::write(std::string_view piece) {
  return attempt(stream_.write(as_bytes(piece)));
}
Attempt<void> NamedStream::finish() { return attempt(stream_.finish()); }

Status write_home_file(const Context& context, const std::string& name, ByteView contents) {
  return write_file_atomically(context.path(name), contents, Overwrite::kAllowed);
}

ExitCode after_output(ExitCode code) {
  const auto failure = standard_output_failure();
  if (!failure) return code;
  // Whoever gives the command again would do a second time what is done.
  const bool is_done = code == ExitCode::kOk;
  put(Stream::kError,
      "testamur: the result cannot be printed: " + *failure +
          (is_done ? ". The command itself came to its end: what it was to do is done\n" : "\n"));
  return is_done ? ExitCode::kFailure : code;
}

Attempt<void> hold_home(Context& context, const std::string& doing) {
  if (context.lock) return {};
  auto taken = HomeLock::take(context.home, doing, kWaitMs, [&context](const std::string& holder) {
    if (!context.quiet)
      put(Stream::kError, "testamur: waiting for " + holder + ", which holds this home\n");
  });
  if (!taken.ok()) return Failure{ExitCode::kFailure, taken.message()};
  context.lock = std::move(taken).value();
  return {};
}

ExitCode lock_home(Context& context, const std::string& doing) {
  return printed(context, hold_home(context, doing));
}

}  // namespace testamur::wallet
