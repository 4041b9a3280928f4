// What a person at a terminal sees and types: prompts, confirmations, colours, progress.
//
// Prompts appear only on a terminal; without one a question is answered "no" and a missing
// passphrase is an error. Colour only on a terminal and without NO_COLOR. Progress goes to standard
// error. One thread.
//
// Nothing else in the wallet writes to standard output or standard error (scripts/lint.py), but
// the line of busy_line.h, which steps aside for all of this: put() makes visible what names,
// claims, answers of nodes and files hold for a terminal to obey (common/visible.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "wallet/cli/busy_line.h"
#include "wallet/keystore/secret_bytes.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

bool input_is_terminal();
bool output_is_terminal();
bool use_color();

enum class Stream : std::uint8_t { kOut, kError };
// Text for people, as it stands but for what must not reach a terminal.
void put(Stream stream, std::string_view text);
// One JSON value, indented, and a line end.
void put_json(Stream stream, const Json& value);

enum class Tone : std::uint8_t { kGood, kBad, kDoubt, kQuiet, kStrong };
// The text in the colour of its meaning once put() writes it, or unchanged where there is no
// colour. The marks for it are other ones in every run, so that nobody's text can hold them.
std::string toned(Tone tone, std::string_view text);

// A secret that is asked for where no option gives it.
struct SecretQuestion {
  std::string prompt;
  std::string what;     // "the claim code"
  std::string options;  // that give it in the place of a terminal: "--code-file"
  // Of a secret that people write in several lines: whether that is all of it. Lines are read until
  // then, or to an empty one.
  std::function<bool(std::string_view)> is_whole = {};
};
SecretQuestion passphrase_question(const std::string& prompt);

// A line typed without echo, or several. What was typed beyond it goes to nobody: a shell would
// take the rest of a secret for commands, and show it. Fails without a terminal, and says what was
// to be asked and which options give it.
Result<SecretBytes> ask_secret(const SecretQuestion& question);
// Asked twice, at least so many bytes.
inline constexpr std::size_t kMinNewSecretBytes = 8;
Result<SecretBytes> ask_new_secret(const SecretQuestion& question);
// Whether the person typed y or yes.
bool confirm(const std::string& question);
// What is said after a no: "nothing was erased", and where nobody could be asked what to give.
std::string nothing_was(const std::string& done);

// The first line of a file or of an inherited descriptor, without its line end.
Result<SecretBytes> read_secret_file(const std::string& path);
// Says on standard error where others of the machine may open a file that holds a secret.
void warn_of_open_secret(const std::string& path);
Result<SecretBytes> read_secret_descriptor(int descriptor);

// One line on standard error that is redrawn in place; on anything but a terminal, one line at the
// end.
class Progress {
 public:
  Progress(std::string what, std::uint64_t total, bool silent);
  ~Progress();
  void advance(std::uint64_t to);

 private:
  void draw(bool last);
  std::string what_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  int drawn_percent_ = -1;
  bool silent_;
  std::optional<BusyLinePause> aside_;
};

}  // namespace testamur::wallet
