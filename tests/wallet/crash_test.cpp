// A program that dies at any write, sync or change of a name leaves a home that goes on: tried at
// every one of them.
//
// The calls of the system that change a disk are counted here, in the test's own program, and the
// one that is asked for ends the process or fails as on a full disk. Nothing in the code under test
// knows of it.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/credential/batch_folder.h"
#include "wallet/credential/claim_file.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/vault.h"

namespace {

enum class Fault : std::uint8_t { kNone, kDies, kDiskIsFull, kOneSyncFails };
Fault fault = Fault::kNone;
long calls_left = 0;

constexpr int kDied = 42;

// Whether the call that is about to happen fails.
bool strikes(bool needs_space) {
  if (fault == Fault::kNone || fault == Fault::kOneSyncFails) return false;
  if (fault == Fault::kDiskIsFull && !needs_space) return false;
  if (--calls_left != 0) return fault == Fault::kDiskIsFull && calls_left < 0;
  if (fault == Fault::kDies) ::_exit(kDied);
  return true;
}

// A disk that loses what it was given says so once, and only here: what follows goes well.
bool sync_strikes() { return fault == Fault::kOneSyncFails && --calls_left == 0; }

template <class Function>
Function next_of(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int full() {
  errno = ENOSPC;
  return -1;
}

}  // namespace

extern "C" {
ssize_t write(int file, const void* bytes, size_t size) {
  static const auto next = next_of<ssize_t (*)(int, const void*, size_t)>("write");
  return strikes(true) ? full() : next(file, bytes, size);
}
int fsync(int file) {
  static const auto next = next_of<int (*)(int)>("fsync");
  if (sync_strikes()) {
    errno = EIO;
    return -1;
  }
  return strikes(true) ? full() : next(file);
}
int rename(const char* from, const char* to) noexcept {
  static const auto next = next_of<int (*)(const char*, const char*)>("rename");
  return strikes(true) ? full() : next(from, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  static const auto next =
      next_of<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  return strikes(true) ? full() : next(from_folder, from, to_folder, to, flags);
}
int link(const char* from, const char* to) noexcept {
  static const auto next = next_of<int (*)(const char*, const char*)>("link");
  return strikes(true) ? full() : next(from, to);
}
int unlink(const char* path) noexcept {
  static const auto next = next_of<int (*)(const char*)>("unlink");
  return strikes(false) ? full() : next(path);
}
}

namespace testamur::wallet {
namespace {

namespace fs = std::filesystem;

constexpr int kLowWork = 2;
SecretBytes secret(std::string_view text) { return SecretBytes::copy_of(text); }

enum class Ended : std::uint8_t { kDied, kReturned };
// Runs the act in a process of its own, which ends at the n-th call.
Ended run_until(long call, const std::function<void()>& act) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);

  if (child == 0) {
    calls_left = call;
    fault = Fault::kDies;
    act();
    fault = Fault::kNone;
    ::_exit(0);
  }

  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));

  REQUIRE((WEXITSTATUS(status) == kDied || WEXITSTATUS(status) == 0));
  return WEXITSTATUS(status) == kDied ? Ended::kDied : Ended::kReturned;
}

// Tries call after call until the act gets through; how many there were.
long at_every_call(const std::function<void(long)>& prepare, const std::function<void()>& act,
                   const std::function<void(long, Ended)>& check) {
  for (long call = 1;; ++call) {
    prepare(call);
    const Ended ended = run_until(call, act);
    INFO("died at call " << call);
    check(call, ended);
    if (ended == Ended::kReturned) return call - 1;
    REQUIRE(call < 1000);
  }
}

std::string contents_of(const std::string& path, const char* passphrase = "pass") {
  const auto opened = Vault::open(path, secret(passphrase));
  return opened.ok() ? std::string(as_text(opened.vault->contents()))
                     : "cannot be opened: " + opened.failure->message;
}

std::vector<ClassRow> rows_of(int count) {
  std::vector<ClassRow> rows;
  for (int i = 0; i < count; ++i) {
    ClassRow row;
    row.student = "s" + std::to_string(i);
    row.claims[ClaimId::kGivenName] = std::string("Ada");
    rows.push_back(std::move(row));
  }
  return rows;
}

Batch make_batch(const test::Fixture& fixture, int students) {
  BatchPlan plan;
  plan.chain = fixture.chain;
  plan.issuer = fixture.issuer;
  plan.issuer_domain = "university.example";
  plan.issuer_name = "University";
  plan.credential_key = fixture.issuer_key_id;
  plan.achievement = {fixture.issuer, 1, 1};
  plan.first_index = IssuerIndex{1};
  plan.issued_at_s = 1'780'000'000;
  plan.common[ClaimId::kTitle] = std::string("Statistics");
  return build_batch(plan, rows_of(students), {}, fixture.issuer_key).value();
}

// From wherever the folder stands to its end; false where there was no batch yet.
bool carry_on(const std::string& path, const age::Identity& identity) {
  auto folder = BatchFolder::open(path, {&identity, 1});
  if (!folder.ok()) {
    REQUIRE(folder.message() == "there is no batch in " + path);
    return false;
  }
  if (folder->batch().transaction.empty()) REQUIRE(folder->set_transaction({1, 2, 3}).ok());
  REQUIRE(folder->set_committed().ok());
  REQUIRE(folder->deliver().ok());
  return true;
}

void expect_complete(const std::string& path, const age::Identity& identity, std::size_t students) {
  auto folder = BatchFolder::open(path, {&identity, 1}).value();

  const auto list =
      open_register(read_file((fs::path(path) / "register.age").string(), 1'000'000).value(),
                    {&identity, 1})
          .value();
  const auto codes =
      open_codes(read_file((fs::path(path) / "codes.age").string(), 1'000'000).value(),
                 {&identity, 1})
          .value();

  REQUIRE(folder.batch().awards.size() == students);
  REQUIRE(list.rows.size() == students);
  REQUIRE(codes.size() == students);

  for (std::size_t i = 0; i < students; ++i) {
    const auto& award = folder.batch().awards[i];
    CHECK(find_student(list, award.student)->slots.front().index.value == 1 + award.position);
    CHECK(equal(codes[i].code.view(), award.claim_code.view()));

    const auto file =
        (fs::path(path) / "claims" / (award.file_name + std::string(kClaimFileSuffix))).string();
    const auto claim = open_claim_file(read_file(file, 1'000'000).value(), award.claim_code.text());
    REQUIRE(claim.claim.has_value());
    CHECK(claim.claim->sd_jwt == award.sd_jwt);
  }
}

}  // namespace

TEST_CASE(
    "a vault that dies while it is saved holds what it held or what was saved, at every call") {
  const testamur::test::TemporaryFolder folder;
  std::string path;

  const long calls = at_every_call(
      [&](long call) {
        path = folder.file("wallet-" + std::to_string(call) + ".age");
        auto made = Vault::create(path, secret("pass"), as_bytes("one"), kLowWork);
        REQUIRE(made.ok());
        REQUIRE_FALSE(made.vault->save(as_bytes("two")));
      },
      [&] {
        auto opened = Vault::open(path, secret("pass"));
        if (opened.vault->save(as_bytes("three"))) ::_exit(1);
      },
      [&](long, Ended ended) {
        const std::string held = contents_of(path);
        CHECK((held == "three" || (ended == Ended::kDied && held == "two")));

        const std::string before = contents_of(previous_version(path));
        CHECK((before == "two" || (ended == Ended::kDied && before == "one")));

        // Whatever the crash left behind, the next save is an ordinary one.
        auto again = Vault::open(path, secret("pass"));
        CHECK_FALSE(again.vault->save(as_bytes("four")));
        CHECK(contents_of(path) == "four");
      });

  CHECK(calls >= 6);
}

TEST_CASE("a full disk at any call of a save leaves the vault as it was, and says so") {
  const testamur::test::TemporaryFolder folder;
  bool through = false;
  for (long call = 1; !through; ++call) {
    INFO("full from call " << call);

    const auto path = folder.file("wallet-" + std::to_string(call) + ".age");
    auto made = Vault::create(path, secret("pass"), as_bytes("one"), kLowWork);
    REQUIRE(made.ok());

    calls_left = call;
    fault = Fault::kDiskIsFull;
    const auto failure = made.vault->save(as_bytes("two"));
    fault = Fault::kNone;

    through = !failure.has_value();
    if (failure) CHECK(failure->message.find("No space left on device") != std::string::npos);

    const auto held = contents_of(path);
    CHECK((held == "two" || (!through && held == "one")));
    REQUIRE(call < 100);
  }
}

TEST_CASE("a sync that fails is a save that fails, whatever goes well after it") {
  const testamur::test::TemporaryFolder folder;
  long syncs = 0;
  for (bool through = false; !through; ++syncs) {
    INFO("the sync that fails: " << syncs + 1);

    const auto path = folder.file("wallet-" + std::to_string(syncs) + ".age");
    auto made = Vault::create(path, secret("pass"), as_bytes("one"), kLowWork);
    REQUIRE(made.ok());

    calls_left = syncs + 1;
    fault = Fault::kOneSyncFails;
    const auto failure = made.vault->save(as_bytes("two"));
    fault = Fault::kNone;

    through = calls_left > 0;  // it never struck
    CHECK(failure.has_value() == !through);
    if (failure) CHECK(failure->message.find("Input/output error") != std::string::npos);
    const auto held = contents_of(path);
    CHECK((held == "two" || (!through && held == "one")));
    REQUIRE(syncs < 20);
  }
  CHECK(syncs >= 3);  // the file, its folder, and once without a fault
}

// How many files of the folder begin with the vault's name: it, what it was, what is half written.
int versions_of(const std::string& path) {
  int versions = 0;
  for (const auto& each : fs::directory_iterator(fs::path(path).parent_path()))
    versions += each.path().filename().string().starts_with(fs::path(path).filename().string());
  return versions;
}

TEST_CASE("a vault that erases dies with all as it was or with no previous version left") {
  const testamur::test::TemporaryFolder folder;
  std::string path;

  at_every_call(
      [&](long call) {
        path = folder.file("wallet-" + std::to_string(call) + ".age");
        auto made = Vault::create(path, secret("pass"), as_bytes("secret"), kLowWork);
        REQUIRE_FALSE(made.vault->save(as_bytes("secret and more")));
        // As an earlier death between two steps of a write leaves it.
        fs::copy_file(path, previous_version(path) + ".0123456789abcdef.tmp");
      },
      [&] {
        auto opened = Vault::open(path, secret("pass"));
        if (opened.vault->save_and_forget(as_bytes("erased"))) ::_exit(1);
      },
      [&](long, Ended ended) {
        const auto held = contents_of(path);
        CHECK((held == "erased" || (ended == Ended::kDied && held == "secret and more")));
        // Whoever repeats the command finds nothing to erase, and nothing else would.
        if (held == "erased") CHECK(versions_of(path) == 1);
      });
}

TEST_CASE("a passphrase that changes dies with the old one, or with nothing that it opens") {
  const testamur::test::TemporaryFolder folder;
  std::string path;

  at_every_call(
      [&](long call) {
        path = folder.file("wallet-" + std::to_string(call) + ".age");
        auto made = Vault::create(path, secret("pass"), as_bytes("one"), kLowWork);
        REQUIRE_FALSE(made.vault->save(as_bytes("two")));
      },
      [&] {
        auto opened = Vault::open(path, secret("pass"));
        if (opened.vault->change_passphrase(secret("new"))) ::_exit(1);
      },
      [&](long, Ended ended) {
        const bool is_new = Vault::open(path, secret("new")).ok();
        CHECK((is_new || (ended == Ended::kDied && Vault::open(path, secret("pass")).ok())));
        if (is_new) CHECK(versions_of(path) == 1);
      });
}

TEST_CASE("a batch that dies at any call is carried on to every learner's claim file") {
  const auto fixture = test::make_fixture();
  const auto identity = age::Identity::generate();
  const testamur::test::TemporaryFolder folder;
  std::string path;
  const auto whole = [&] {
    auto made = BatchFolder::create(path, make_batch(fixture, 3), identity.recipient());
    if (!made.ok() || !made->set_transaction({1, 2, 3}).ok() || !made->set_committed().ok() ||
        !made->deliver().ok())
      ::_exit(1);
  };
  const long calls = at_every_call(
      [&](long call) { path = folder.file("batch-" + std::to_string(call)); }, whole,
      [&](long, Ended) {
        if (!carry_on(path, identity)) {
          // What was left before there was a batch is no hindrance to another try.
          REQUIRE(BatchFolder::create(path, make_batch(fixture, 3), identity.recipient()).ok());
          REQUIRE(carry_on(path, identity));
        }
        expect_complete(path, identity, 3);
      });
  CHECK(calls >= 20);
}

TEST_CASE("a learner whose erasure dies at any call is erased by the next try") {
  const auto fixture = test::make_fixture();
  const auto identity = age::Identity::generate();
  const testamur::test::TemporaryFolder folder;
  std::string path;
  int left = 0;  // how often a death left something to erase

  at_every_call(
      [&](long call) {
        path = folder.file("batch-" + std::to_string(call));
        auto made = BatchFolder::create(path, make_batch(fixture, 3), identity.recipient()).value();
        REQUIRE(made.set_committed().ok());
        REQUIRE(made.deliver().ok());
      },
      [&] {
        auto opened = BatchFolder::open(path, {&identity, 1});
        if (!opened->erase("s1").ok()) ::_exit(1);
      },
      [&](long, Ended ended) {
        auto opened = BatchFolder::open(path, {&identity, 1}).value();

        // Where the state still holds the learner the second try gets through; where it does not
        // there was nothing left to do, and it says so.
        const bool is_left = std::ranges::find(opened.batch().awards, "s1", &Award::student) !=
                             opened.batch().awards.end();
        CHECK(opened.erase("s1").ok() == is_left);
        if (is_left) ++left;
        if (ended == Ended::kReturned) CHECK_FALSE(is_left);

        const auto list =
            open_register(read_file((fs::path(path) / "register.age").string(), 1'000'000).value(),
                          {&identity, 1});
        CHECK(find_student(*list, "s1") == nullptr);
        const auto codes = open_codes(
            read_file((fs::path(path) / "codes.age").string(), 1'000'000).value(), {&identity, 1});
        CHECK(std::ranges::find(*codes, "s1", &ClaimCodeRow::student) == codes->end());
        expect_complete(path, identity, 2);
      });
  CHECK(left > 3);
}

}  // namespace testamur::wallet
