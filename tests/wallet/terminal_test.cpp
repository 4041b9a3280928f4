// What is pasted at a prompt for a secret: the whole of it belongs to the question, and nothing of
// it to whoever reads the terminal next.
#include "wallet/cli/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <sstream>
#include <thread>

#include "tests/support/catch.h"
#include "wallet/keystore/bip39.h"

namespace testamur::wallet {
namespace {

// Standard input is a terminal for as long as it lives.
class TerminalInput {
 public:
  TerminalInput() : master_(posix_openpt(O_RDWR | O_NOCTTY)), before_(dup(STDIN_FILENO)) {
    REQUIRE(master_ >= 0);
    REQUIRE(grantpt(master_) == 0);
    REQUIRE(unlockpt(master_) == 0);
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    REQUIRE(slave >= 0);
    dup2(slave, STDIN_FILENO);
    close(slave);
  }
  ~TerminalInput() {
    dup2(before_, STDIN_FILENO);
    close(before_);
    close(master_);
  }
  TerminalInput(const TerminalInput&) = delete;
  TerminalInput& operator=(const TerminalInput&) = delete;

  // Once somebody asks for a secret, which is when the echo is off.
  std::thread paste(std::string text) const {
    return std::thread([master = master_, text = std::move(text)] {
      for (termios now{}; tcgetattr(master, &now) == 0 && (now.c_lflag & ECHO) != 0;)
        std::this_thread::yield();
      (void)!write(master, text.data(), text.size());
    });
  }
  static bool has_more() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return poll(&input, 1, 0) == 1;
  }

 private:
  int master_;
  int before_;
};

std::string a_line_each(const SecretBytes& words) {
  std::string text{words.text()};
  for (auto& c : text) c = c == ' ' ? '\n' : c;
  return text + "\n";
}

}  // namespace

// The first line was read, and 23 secret words went to the shell, which printed and kept them.
TEST_CASE("words that are pasted a line each are read to the last, and nothing stays behind") {
  const auto entropy = make_recovery_entropy();
  const auto words = words_from_entropy(entropy.view());
  TerminalInput terminal;
  auto pasting = terminal.paste(a_line_each(words) + "and more\n");
  const auto typed = ask_secret({"Words: ", "the words", "--words-file", [](std::string_view text) {
                                   return count_words(text) >= kRecoveryWords;
                                 }});
  pasting.join();
  REQUIRE(typed.ok());
  CHECK(equal(entropy_from_words(typed->text()).value().view(), entropy.view()));
  CHECK_FALSE(TerminalInput::has_more());
}

TEST_CASE("an empty line ends a list of words that is too short") {
  TerminalInput terminal;
  auto pasting = terminal.paste("abandon\nabandon\n\nabandon\n");
  const auto typed =
      ask_secret({"Words: ", "the words", "--words-file", [](std::string_view) { return false; }});
  pasting.join();
  REQUIRE(typed.ok());
  CHECK(typed->text() == "abandon\nabandon");
  CHECK_FALSE(TerminalInput::has_more());
}

TEST_CASE("of what is pasted at a prompt for one line, the rest reaches nobody") {
  TerminalInput terminal;
  auto pasting = terminal.paste("correct horse\nbattery\nstaple\n");
  const auto typed = ask_secret({"Passphrase: ", "the passphrase", "--passphrase-file"});
  pasting.join();
  REQUIRE(typed.ok());
  CHECK(typed->text() == "correct horse");
  CHECK_FALSE(TerminalInput::has_more());
}

}  // namespace testamur::wallet
