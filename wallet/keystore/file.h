// Reading and replacing small files safely. Any thread; two writers of one path must agree among
// themselves.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"

namespace testamur::wallet {

// Fails on a missing file, anything but a regular file, or more than `max_bytes`; the message names
// path and cause.
Result<Bytes> read_file(const std::string& path, std::size_t max_bytes);

// The paths of what a folder holds, sorted; fails on one that cannot be read to its end. No other
// function walks a folder: the walk of the standard library throws half way.
Result<std::vector<std::string>> list_folder(const std::string& folder);
bool is_folder(const std::string& path);
bool is_regular_file(const std::string& path);
// Whether anything stands under this name, a link that points nowhere included. What cannot be
// looked at counts as there, so that whoever reads it is told why not.
bool is_there(const std::string& path);

enum class Overwrite : std::uint8_t { kAllowed, kRefused };
// The file holds either its old contents or exactly `contents`, whatever happens: a temporary file
// beside it (mode 0600), synced, then renamed over `path`, then the directory synced. With kRefused
// an existing file is a failure and stays.
Status write_file_atomically(const std::string& path, ByteView contents, Overwrite overwrite);

// The same for a file of the home whose loss would be final: what it held before stays beside it
// under the name of previous_version(), in place before the new contents are. Precondition: the
// file exists.
Status write_file_keeping_previous(const std::string& path, ByteView contents);
std::string previous_version(const std::string& path);
// The same where what it held before is to be gone: once the new contents are there no version of
// before is left, nor what a death has left of writing one. These go first, so that a crash in the
// middle leaves the file as it was, without a previous version. Nobody else may write it meanwhile.
Status write_file_forgetting_previous(const std::string& path, ByteView contents);
// Removes a file durably. A missing file is no error.
Status remove_file(const std::string& path);

// A file that a person asked for by name: an option --out, a backup, a draft, a picture. Nothing
// that is there is lost by it. A destination that belongs to the home (wallet.age, issuer/ and so
// on, also by another name of the same file) is always refused; so is a file that exists, unless
// its contents are these already, `force` is set, or `holds_no_more` says of its contents that they
// are an older file of the same kind which holds nothing beyond the new one. A device or a pipe is
// written to as it is; behind a symbolic link the file that it points to is replaced.
struct OutputRules {
  std::string home;  // empty: no home to guard
  bool force = false;
  std::function<bool(ByteView existing)> holds_no_more;  // empty: never
};
struct OutputError {
  bool refused = false;  // by these rules; else the system failed
  std::string message;
};
// Whether the file may be written, without writing it: for commands that must not act before they
// know.
std::optional<OutputError> check_output(const std::string& path, ByteView contents,
                                        const OutputRules& rules);
// Whole, durable and with mode 0600, or not at all.
std::optional<OutputError> write_output(const std::string& path, ByteView contents,
                                        const OutputRules& rules);

}  // namespace testamur::wallet
