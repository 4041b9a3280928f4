// All that leaves for a terminal goes through put(), which spells out what a terminal would obey
// and turns only our own marks into colours (decision 1141). Secrets are read byte by byte, so that
// nothing beyond their line is taken from a descriptor that others may read on.
#include "wallet/cli/terminal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/hash.h"
#include "common/typed_word.h"
#include "common/visible.h"
#include "wallet/cli/busy_line.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxSecretBytes = 1024;
constexpr int kBarWidth = 30;

// Turns the echo off for as long as it lives.
class NoEcho {
 public:
  NoEcho() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    active_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool active_ = false;
};

// Reads up to the first line end, byte by byte so that nothing more is taken from the descriptor.
Result<SecretBytes> read_line(int descriptor, const std::string& what) {
  const BusyLinePause typing;
  SecretBytes buffer(kMaxSecretBytes);
  std::size_t size = 0;

  while (size < kMaxSecretBytes) {
    std::uint8_t byte = 0;

    const ssize_t got = read(descriptor, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error("cannot read " + what + ": " + std::strerror(errno));
    if (got == 0 || byte == '\n') break;
    buffer.writable()[size++] = byte;
  }

  if (size == kMaxSecretBytes)
    return error(what + " is longer than " + std::to_string(kMaxSecretBytes - 1) + " bytes");

  // A file that was written on Windows ends its lines with CR and LF.
  if (size > 0 && buffer.view()[size - 1] == '\r') --size;
  return SecretBytes::copy_of(buffer.view().first(size));
}

}  // namespace

bool input_is_terminal() { return isatty(STDIN_FILENO) == 1; }
bool output_is_terminal() { return isatty(STDOUT_FILENO) == 1; }
bool use_color() {
  const char* no_color = std::getenv("NO_COLOR");
  return output_is_terminal() && (no_color == nullptr || *no_color == '\0');
}

namespace {

std::string_view tone_code(Tone tone) {
  switch (tone) {
    case Tone::kGood: return "32";
    case Tone::kBad: return "31;1";
    case Tone::kDoubt: return "33";
    case Tone::kQuiet: return "2";
    case Tone::kStrong: return "1";
  }
  return "0";
}

// Between it and the next 'm' stands the number of a colour.
const std::string& tone_mark() {
  static const std::string mark =
      "\x1e" + to_hex(random_fixed<FixedBytes<16, struct ToneTag>>().view()) + ":";
  return mark;
}

void write_raw(Stream stream, std::string_view text) {
  const BusyLinePause aside;
  std::fwrite(text.data(), 1, text.size(), stream == Stream::kOut ? stdout : stderr);
}

}  // namespace

std::string toned(Tone tone, std::string_view text) {
  if (!use_color()) return std::string(text);
  return tone_mark() + std::string(tone_code(tone)) + "m" + std::string(text) + tone_mark() + "0m";
}

void put(Stream stream, std::string_view text) {
  const auto& mark = tone_mark();
  while (!text.empty()) {
    const auto at = text.find(mark);
    write_raw(stream, visible(text.substr(0, at)));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + mark.size());
    const auto end = text.find('m') + 1;
    write_raw(stream, "\x1b[" + std::string(text.substr(0, end)));
    text.remove_prefix(end);
  }
}

void put_json(Stream stream, const Json& value) {
  write_raw(stream, visible_json(value.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n");
}

SecretQuestion passphrase_question(const std::string& prompt) {
  return {prompt, "the passphrase", "--passphrase-file or --passphrase-fd"};
}

namespace {

Result<SecretBytes> read_lines(const SecretQuestion& question) {
  TM_TRY(auto all, read_line(STDIN_FILENO, question.what));
  if (!question.is_whole) return Result<SecretBytes>(std::move(all));
  while (!question.is_whole(all.text())) {
    TM_TRY(const auto line, read_line(STDIN_FILENO, question.what));
    if (line.empty()) break;
    SecretBytes longer(all.size() + 1 + line.size());
    const auto room = longer.writable();
    std::ranges::copy(all.view(), room.begin());
    room[all.size()] = '\n';
    std::ranges::copy(line.view(), room.subspan(all.size() + 1).begin());
    all = std::move(longer);
  }
  return Result<SecretBytes>(std::move(all));
}

}  // namespace

Result<SecretBytes> ask_secret(const SecretQuestion& question) {
  if (!input_is_terminal()) {
    return error("there is no terminal to ask for " + question.what + ": give " + question.options);
  }
  const BusyLinePause aside;
  const NoEcho quiet;  // before the question, which may be answered before it is read
  put(Stream::kError, question.prompt);
  std::fflush(stderr);
  auto secret = read_lines(question);
  put(Stream::kError, "\n");
  return secret;
}

Result<SecretBytes> ask_new_secret(const SecretQuestion& question) {
  TM_TRY(auto first, ask_secret(question));
  if (first.size() < kMinNewSecretBytes) return error("a passphrase has at least 8 characters");
  TM_TRY(auto second, ask_secret({"Again: ", question.what, question.options}));
  if (!equal_in_constant_time(first.view(), second.view()))
    return error("the two are not the same");
  return first;
}

bool confirm(const std::string& question) {
  if (!input_is_terminal()) return false;
  const BusyLinePause aside;
  // What was typed before the question was there to be read is no answer to it.
  ::tcflush(STDIN_FILENO, TCIFLUSH);
  put(Stream::kError, question + " [y/N] ");
  std::fflush(stderr);
  auto line = read_line(STDIN_FILENO, "the answer");
  return line.ok() && (line->text() == "y" || line->text() == "Y" || line->text() == "yes");
}

std::string nothing_was(const std::string& done) {
  return "nothing was " + done + (input_is_terminal() ? "" : " (without a terminal, give --yes)");
}

void warn_of_open_secret(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return;
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) == 0) return;
  put(Stream::kError, "testamur: note: others of this machine may open " + path +
                          ", which is a secret: chmod 600 " + typed_word(path) + "\n");
}

Result<SecretBytes> read_secret_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return error("cannot open " + path + ": " + std::strerror(errno));
  warn_of_open_secret(path);
  auto secret = read_line(descriptor, path);
  close(descriptor);
  return secret;
}

Result<SecretBytes> read_secret_descriptor(int descriptor) {
  return read_line(descriptor, "descriptor " + std::to_string(descriptor));
}

Progress::Progress(std::string what, std::uint64_t total, bool silent)
    : what_(std::move(what)), total_(total), silent_(silent) {
  if (!silent) aside_.emplace();
  if (isatty(STDERR_FILENO) == 1) draw(false);
}
Progress::~Progress() { draw(true); }

void Progress::advance(std::uint64_t to) {
  done_ = to;
  if (isatty(STDERR_FILENO) == 1) draw(false);
}

void Progress::draw(bool last) {
  if (silent_) return;
  const bool terminal = isatty(STDERR_FILENO) == 1;

  const int percent = total_ == 0 ? 100 : static_cast<int>(done_ * 100 / total_);

  if (!last && percent == drawn_percent_) return;
  drawn_percent_ = percent;

  if (!terminal) {
    put(Stream::kError,
        what_ + ": " + std::to_string(done_) + " of " + std::to_string(total_) + "\n");
    return;
  }

  const int filled = percent * kBarWidth / 100;
  const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                          std::string(static_cast<std::size_t>(kBarWidth - filled), '.');

  write_raw(Stream::kError, "\r" + one_line(what_) + " [" + bar + "] " + std::to_string(percent) +
                                " %" + (last ? "\n" : ""));
  std::fflush(stderr);
}

}  // namespace testamur::wallet
