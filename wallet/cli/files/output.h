// Where results go: files that a person named, and standard output. No output destroys what is
// there, and none is called done that did not arrive (wallet/keystore/file.h has the rules for
// files). One thread.
#pragma once

#include <functional>
#include <string>

#include "common/standard_streams.h"
#include "wallet/cli/context.h"
#include "wallet/cli/outcome.h"

namespace testamur::wallet {

// Whether an older file of the same kind holds nothing beyond the new one, and may be replaced
// without being asked.
using HoldsNoMore = std::function<bool(ByteView existing)>;

// Writes a file that a person named, which is none that the same command reads. Exit code 2 where
// the rules refuse it, 1 where the system failed; the cause was printed. Every --out, backup, draft
// and picture goes through here.
ExitCode write_named_file(Context& context, const std::string& file, ByteView contents,
                          const HoldsNoMore& holds_no_more = {});
// The same question before anything is done: for commands that act first and write then.
ExitCode check_named_file(Context& context, const std::string& file);
// Both for commands that hand on how they end.
Attempt<void> save_named_file(const Context& context, const std::string& file, ByteView contents,
                              const HoldsNoMore& holds_no_more = {});
Attempt<void> may_save_named_file(const Context& context, const std::string& file);

// A file of the home itself, by its name there; it replaces what it held.
Status write_home_file(const Context& context, const std::string& name, ByteView contents);

// Call last in main(): exit code 1 where the result did not arrive.
ExitCode after_output(ExitCode code);

// Holds the home's lock until the command ends; taking it twice is once. Every command that reads,
// derives and writes back takes it before it reads. Waits for another program, says for whom, and
// fails with exit code 1 after ten minutes.
ExitCode lock_home(Context& context, const std::string& doing);
Attempt<void> hold_home(Context& context, const std::string& doing);

}  // namespace testamur::wallet
