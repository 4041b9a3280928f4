// Files that a person asked for, and the lock of a home: what is there is never lost by an output.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/home_lock.h"

namespace testamur::wallet {
namespace {

namespace fs = std::filesystem;

void put(const std::string& path, std::string_view text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}
std::string text_of(const std::string& path) {
  return std::string(as_text(read_file(path, 1'000'000).value()));
}

struct Home {
  test::TemporaryFolder folder;
  std::string path = folder.file("home");
  std::string vault = path + "/wallet.age";
  std::string root_key = path + "/issuer/root.age";
  Home() {
    put(vault, "vault");
    put(root_key, "root key");
    put(path + "/issuer/batches/spring/batch.age", "batch");
  }
  OutputRules rules(bool force = false) const { return {path, force, {}}; }
  // Refused even with force, and nothing of the home has changed.
  void expect_refused(const std::string& file) const {
    INFO(file);
    for (const bool force : {false, true}) {
      const auto failure = write_output(file, as_bytes("output"), rules(force));
      REQUIRE(failure.has_value());
      CHECK(failure->refused);
      CHECK(failure->message.find(file) != std::string::npos);
    }
    CHECK(text_of(vault) == "vault");
    CHECK(text_of(root_key) == "root key");
    CHECK(text_of(path + "/issuer/batches/spring/batch.age") == "batch");
  }
};

bool has_temporary_files(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().string().ends_with(".tmp")) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("no output is written over a file of the home, under whatever name it is given") {
  const Home home;
  home.expect_refused(home.vault);
  home.expect_refused(home.root_key);
  home.expect_refused(home.path + "/../home/./wallet.age");
  home.expect_refused(home.path + "/issuer/batches/spring/batch.age");

  fs::create_symlink(home.vault, home.folder.file("link"));
  home.expect_refused(home.folder.file("link"));
  fs::create_hard_link(home.root_key, home.folder.file("second-name"));
  home.expect_refused(home.folder.file("second-name"));
  fs::create_directory_symlink(home.path, home.folder.file("other-home"));
  home.expect_refused(home.folder.file("other-home") + "/issuer/root.age");

  fs::create_symlink(home.path + "/outbox/new.tx", home.folder.file("dangling"));
  home.expect_refused(home.folder.file("dangling"));
}

TEST_CASE("no output takes a name that the home will need") {
  const Home home;
  for (const char* name : {"/config.toml", "/issuer/govern.age", "/ledgers/current",
                           "/wallet.age.previous", "/.lock", "/outbox/x.json"}) {
    home.expect_refused(home.path + name);
    CHECK_FALSE(fs::exists(home.path + name));
  }
  CHECK_FALSE(
      write_output(home.path + "/backup-2026.age", as_bytes("output"), home.rules()).has_value());
}

TEST_CASE("a file that exists is replaced only when that is asked, or nothing is lost by it") {
  const Home home;
  const std::string file = home.folder.file("out");
  CHECK_FALSE(write_output(file, as_bytes("first"), home.rules()).has_value());
  const auto refused = write_output(file, as_bytes("second"), home.rules());
  REQUIRE(refused.has_value());
  CHECK(refused->refused);
  CHECK(refused->message ==
        file + " exists already and is not overwritten: name another file, or say --force");
  CHECK(text_of(file) == "first");
  CHECK(check_output(file, as_bytes("second"), home.rules()).has_value());
  CHECK(text_of(file) == "first");

  CHECK_FALSE(write_output(file, as_bytes("first"), home.rules()).has_value());
  CHECK_FALSE(write_output(file, as_bytes("second"), home.rules(true)).has_value());
  CHECK(text_of(file) == "second");

  OutputRules older = home.rules();
  older.holds_no_more = [](ByteView existing) { return as_text(existing) == "second"; };
  CHECK_FALSE(write_output(file, as_bytes("third"), older).has_value());
  CHECK(write_output(file, as_bytes("fourth"), older).has_value());
  CHECK(text_of(file) == "third");
}

TEST_CASE("a written file is private, whole, and the target of a link rather than in its place") {
  const Home home;
  put(home.folder.file("target"), "");
  fs::create_symlink(home.folder.file("target"), home.folder.file("link"));
  REQUIRE_FALSE(write_output(home.folder.file("link"), as_bytes("text"), home.rules()).has_value());
  CHECK(fs::is_symlink(home.folder.file("link")));
  CHECK(text_of(home.folder.file("target")) == "text");
  struct stat information {};
  REQUIRE(::stat(home.folder.file("target").c_str(), &information) == 0);
  CHECK((information.st_mode & 0777) == 0600);
  CHECK_FALSE(has_temporary_files(home.folder.path()));
}

TEST_CASE("a full disk, a folder and a missing folder are told, and nothing stays behind") {
  const Home home;
  const auto full = write_output("/dev/full", as_bytes("text"), home.rules());
  REQUIRE(full.has_value());
  CHECK_FALSE(full->refused);
  CHECK(full->message == "cannot write /dev/full: No space left on device");
  CHECK_FALSE(write_output("/dev/null", as_bytes("text"), home.rules()).has_value());
  CHECK(fs::is_character_file("/dev/null"));
  CHECK(fs::is_character_file("/dev/full"));

  const auto folder = write_output(home.folder.path().string(), as_bytes("text"), home.rules());
  REQUIRE(folder.has_value());
  CHECK(folder->refused);
  const auto missing =
      write_output(home.folder.file("no/such/dir/file"), as_bytes("text"), home.rules());
  REQUIRE(missing.has_value());
  CHECK_FALSE(missing->refused);
  CHECK(write_output("", as_bytes("text"), home.rules()).has_value());
}

TEST_CASE("programs that change one home at once lose nothing") {
  const test::TemporaryFolder folder;
  const std::string home = folder.file("home"), counter = home + "/wallet.age";
  put(counter, "0");
  constexpr int kPrograms = 8, kTurns = 25;

  std::vector<pid_t> children;
  for (int i = 0; i < kPrograms; ++i) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      bool good = true;
      for (int turn = 0; turn < kTurns; ++turn) {
        const auto lock = HomeLock::take(home, "count", 600'000, {});
        good = good && lock.ok();
        const int next = std::stoi(text_of(counter)) + 1;
        good = good &&
               write_file_atomically(counter, as_bytes(std::to_string(next)), Overwrite::kAllowed)
                   .ok();
      }
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
  CHECK(text_of(counter) == std::to_string(kPrograms * kTurns));
}

TEST_CASE("who waits is told who holds the home, and a holder that is gone holds nothing") {
  const test::TemporaryFolder folder;
  const std::string home = folder.file("home");
  std::optional<HomeLock> held = HomeLock::take(home, "issuer batch issue", 0, {}).value();
  std::string told;
  const auto refused =
      HomeLock::take(home, "second", 0, [&](const std::string& holder) { told = holder; });
  REQUIRE_FALSE(refused.ok());
  CHECK(told == "process " + std::to_string(::getpid()) + " (testamur issuer batch issue)");
  CHECK(refused.message().find(told) != std::string::npos);
  held.reset();
  CHECK(HomeLock::take(home, "third", 0, {}).ok());

  put(home + "/.lock", std::string(5000, '\x1b'));
  const auto strange = HomeLock::take(home, "fourth", 0, {});
  CHECK(strange.ok());
}

TEST_CASE("a folder is walked to its end or named with its cause, and nothing is thrown") {
  const test::TemporaryFolder folder;
  for (const char* name : {"b", "a", "c"}) std::ofstream(folder.file(name)) << name;
  CHECK(list_folder(folder.path().string()).value() ==
        std::vector{folder.file("a"), folder.file("b"), folder.file("c")});

  for (const auto& wrong : {folder.file("none"), folder.file("a")}) {
    const auto listed = list_folder(wrong);
    REQUIRE_FALSE(listed.ok());
    CHECK(listed.message().starts_with("cannot read the folder " + wrong + ": "));
  }

  // What cannot be looked at counts as there: who reads it says why it cannot be.
  CHECK(is_there(folder.file("a")));
  CHECK_FALSE(is_there(folder.file("none")));
  CHECK_FALSE(is_there(folder.file("a/below")));
  std::filesystem::create_symlink("nowhere", folder.file("link"));
  CHECK(is_there(folder.file("link")));
  CHECK(is_there(folder.file(std::string(5'000, 'x'))));
}

}  // namespace testamur::wallet
